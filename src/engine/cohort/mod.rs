//! The second stage: what concerns many customers at once, keyed by what they have in common.
//!
//! ```text
//!  stage of the customers ── CohortFact ──▶ settle ─▶ memory and condition ─▶ life cycle ── Alert ──▶
//!            ▲                                                                        │
//!            └────────────────────── Hold, to each member ◀───────────────────────────┘
//! ```
//!
//! `tell` what the stage of the customers sends · `fact` the form it has · `incident` `site` `team` (`reliability`,
//! `treatment`) `account` what is known and when alerts open and close · `members` who is in it · `hold` what goes back.
//!
//! **Invariant:** a fact has its effect once however often it comes, since each names its event, promise or customer; and
//! a `Hold` says how things stand, not what changed. Both may be repeated.

mod account;
mod clocks;
mod fact;
mod hold;
mod incident;
mod members;
mod reliability;
mod site;
mod state;
mod team;
pub(super) mod tell;
mod treatment;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use clocks::Clocks;
pub use fact::{Became, CohortFact, Command, Did, Happened};
pub use hold::{Cause, HOLDS_MAX, Held, Hold, Holds};
pub use members::MEMBERS_MAX;
pub use state::{Cohort, Memory};

use fact::who;

use super::alert_lifecycle::{self, LiveAlert};
use super::calendar::Calendar;
use super::context::Context;
use super::rules::Rules;
use super::{Effect, Step, TIMERS_PER_STEP};
use crate::engine::Outcome;
use crate::model::{CohortKey, Kind, Partition, Time};

/// What people did lately with a cohort's alerts, remembered so that a repeat has no effect.
const COMMANDS_MAX: usize = 16;

/// The cohorts of one partition.
///
/// They are few and have much to remember, so they lie in an ordered map: its order is that of timers of one instant.
pub struct Cohorts {
    rules: Arc<Rules>,
    calendar: Calendar,
    /// How far time has come: the least of the senders'.
    clock: Option<Time>,
    cohorts: BTreeMap<CohortKey, Cohort>,
    timers: BTreeSet<(Time, CohortKey)>,
    changed: Vec<CohortKey>,
    gone: Vec<CohortKey>,
}

impl Cohorts {
    /// A stage without cohorts.
    pub fn new(rules: Arc<Rules>) -> Cohorts {
        let calendar = Calendar::new(&rules.calendar);
        Cohorts {
            rules,
            calendar,
            clock: None,
            cohorts: BTreeMap::new(),
            timers: BTreeSet::new(),
            changed: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// How far time has come; none before the first word of it.
    pub fn clock(&self) -> Option<Time> {
        self.clock
    }

    /// How many cohorts are remembered.
    pub fn len(&self) -> usize {
        self.cohorts.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.cohorts.is_empty()
    }

    /// Lets a fact from partition `sender` of the customers have its effect. Time does not move by it: see
    /// [`Cohorts::advance`].
    pub fn apply(&mut self, sender: Partition, fact: &CohortFact, effects: &mut Vec<Effect>) {
        if !self.cohorts.contains_key(&fact.cohort) {
            // Nothing is known, so there is nothing to forget, to rename, to take back or to be commanded.
            if matches!(
                fact.what,
                Happened::Forget | Happened::Became(_) | Happened::Command(_) | Happened::AtRisk(false)
            ) {
                return;
            }
            self.cohorts.insert(fact.cohort.clone(), Cohort::new(fact.cohort.clone()));
        }
        let cohort = self.cohorts.get_mut(&fact.cohort).expect("just seen or put there");
        let highest = cohort.highest.max(fact.at);
        let mut cx = Context::new(&self.rules, &self.calendar, cohort, highest, effects);
        match cx.c.memory {
            Memory::Incident(_) => incident::settle(&mut cx, fact),
            Memory::Site(_) => site::settle(&mut cx, fact),
            Memory::Team(_) | Memory::Account(_) => {}
        }
        cx.c.highest = highest;
        match &fact.what {
            Happened::Command(given) => command(&mut cx, given, fact),
            happened => on_fact(&mut cx, sender, fact, happened),
        }
        cx.settle_all(fact.at);
        tell_members(&mut cx);
        self.touch(&fact.cohort);
    }

    /// Moves time to `to`, if that is ahead, and fires every timer due by then, at most so many in one call.
    pub fn advance(&mut self, to: Time, effects: &mut Vec<Effect>) -> Step {
        let clock = self.clock.map_or(to, |clock| clock.max(to));
        self.clock = Some(clock);
        let mut fired = 0;
        while let Some((due, key)) = self.timers.first().cloned().filter(|(due, _)| *due <= clock) {
            if fired == TIMERS_PER_STEP {
                return Step::Again;
            }
            fired += 1;
            self.timers.pop_first();
            self.fire(&key, due, effects);
        }
        Step::Done(Outcome::Applied)
    }

    /// A time not later than that of the earliest timer.
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Fires every deadline of a cohort that is due by `due`.
    fn fire(&mut self, key: &CohortKey, due: Time, effects: &mut Vec<Effect>) {
        let rules = &*self.rules;
        let Some(cohort) = self.cohorts.get_mut(key) else { return };
        cohort.queued = Time::MAX;
        let mut rounds = 0;
        loop {
            if cohort.forget_at(rules) <= due {
                self.cohorts.remove(key);
                self.gone.push(key.clone());
                return;
            }
            let next = next_deadline(cohort, rules);
            if next > due {
                break;
            }
            rounds += 1;
            assert!(rounds < 100_000, "a deadline does not move on");
            let now = cohort.highest.max(next);
            cohort.highest = now;
            let mut cx = Context::new(rules, &self.calendar, cohort, now, effects);
            on_deadline(&mut cx, next);
            while let Some((index, timer)) = next_alert_timer(cx.c, rules, next) {
                cx.alert_timer(index, timer, next);
            }
            cx.settle_all(next);
            tell_members(&mut cx);
        }
        self.touch(key);
    }

    /// A cohort has changed: remembers that, and sees to its timer.
    fn touch(&mut self, key: &CohortKey) {
        let Some(cohort) = self.cohorts.get_mut(key) else { return };
        if !cohort.changed {
            cohort.changed = true;
            self.changed.push(key.clone());
        }
        self.queue(key);
    }

    fn queue(&mut self, key: &CohortKey) {
        let Some(cohort) = self.cohorts.get_mut(key) else { return };
        let next = next_deadline(cohort, &self.rules).min(cohort.forget_at(&self.rules));
        if next == cohort.queued {
            return;
        }
        self.timers.remove(&(cohort.queued, key.clone()));
        cohort.queued = next;
        if next < Time::MAX {
            self.timers.insert((next, key.clone()));
        }
    }

    /// Whether any cohort changed since the last `take_changed`.
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty() || !self.gone.is_empty()
    }

    /// Hands each cohort changed since the last call to `write`: first those that are gone, then the others in the order
    /// of their first change.
    pub fn take_changed(&mut self, write: &mut dyn FnMut(&CohortKey, Option<&Cohort>)) {
        for key in self.gone.drain(..) {
            if !self.cohorts.contains_key(&key) {
                write(&key, None);
            }
        }
        for key in std::mem::take(&mut self.changed) {
            if let Some(cohort) = self.cohorts.get_mut(&key).filter(|cohort| cohort.changed) {
                cohort.changed = false;
                write(&key, Some(cohort));
            }
        }
    }

    /// Puts a cohort back as the changelog had it. Only before the first input.
    pub fn restore(&mut self, cohort: Cohort) {
        self.cohorts.insert(cohort.key.clone(), cohort);
    }

    /// Removes a cohort as a tombstone in the changelog says. Only before the first input.
    pub fn restore_gone(&mut self, key: &CohortKey) {
        self.cohorts.remove(key);
    }

    /// Ends the restore: time and timers come back; nothing fires until the next input.
    pub fn restored(&mut self, clock: Option<Time>) {
        self.clock = clock;
        for key in self.cohorts.keys().cloned().collect::<Vec<_>>() {
            self.queue(&key);
        }
    }

    /// Every cohort, in order of the keys.
    pub fn each_cohort(&self, visit: &mut dyn FnMut(&Cohort)) {
        self.cohorts.values().for_each(visit);
    }
}

fn on_fact(cx: &mut Context<'_, Cohort>, sender: Partition, fact: &CohortFact, happened: &Happened) {
    match (&mut cx.c.memory, happened) {
        (Memory::Incident(_), _) => incident::on_fact(cx, sender, fact),
        (Memory::Site(_), _) => site::on_fact(cx, sender, fact),
        (Memory::Account(_), _) => account::on_fact(cx, sender, fact),
        (Memory::Team(team), Happened::Became(became)) => {
            let (from, into) = (fact.who(), who(&became.into));
            team.promises.rename(from, into, &became.promises);
            team.treatment.rename(from, into);
        }
        (Memory::Team(team), Happened::Forget) => {
            team.promises.forget(fact.who());
            team.treatment.forget(fact.who());
        }
        (Memory::Team(_), Happened::Promise { id, kept }) => reliability::on_fact(cx, fact, *id, *kept),
        (Memory::Team(_), Happened::Treated { grave }) => treatment::on_fact(cx, fact, *grave),
        (Memory::Team(_), _) => {}
    }
}

/// The earliest deadline of a cohort; `Time::MAX` without one.
fn next_deadline(cohort: &Cohort, rules: &Rules) -> Time {
    let alerts = cohort.alerts.iter().filter_map(|a| a.next_timer(rules.alerts.update_interval));
    let alerts = alerts.map(|(due, _)| due).min().unwrap_or(Time::MAX);
    conditions(cohort, rules).map(|(due, _)| due).into_iter().min().unwrap_or(Time::MAX).min(alerts)
}

/// The deadlines of a cohort's conditions, in the order of their kinds.
fn conditions(cohort: &Cohort, rules: &Rules) -> [(Time, Kind); 2] {
    let rules = &rules.cohorts;
    let never = (Time::MAX, Kind::Conduct);
    match &cohort.memory {
        Memory::Incident(incident) => [(incident.deadline(&rules.incidents), Kind::IncidentUndisclosed), never],
        Memory::Site(site) => [(site.deadline(&rules.hotspot), Kind::Hotspot), never],
        Memory::Team(team) => [
            (reliability::deadline(cohort, &team.promises, &rules.reliability), Kind::PromiseReliability),
            (treatment::deadline(cohort, &team.treatment, &rules.conduct), Kind::Conduct),
        ],
        Memory::Account(_) => [never, never],
    }
}

/// Conditions due by `due` are looked at.
fn on_deadline(cx: &mut Context<'_, Cohort>, due: Time) {
    for (at, kind) in conditions(cx.c, cx.rules) {
        match kind {
            _ if at > due => {}
            Kind::IncidentUndisclosed => incident::on_deadline(cx, due),
            Kind::Hotspot => site::on_deadline(cx, due),
            Kind::PromiseReliability => reliability::on_deadline(cx, due),
            _ => treatment::on_deadline(cx, due),
        }
    }
}

/// The first deadline due by `due` of the cohort's live alerts, by (due, kind, timer).
fn next_alert_timer(cohort: &Cohort, rules: &Rules, due: Time) -> Option<(usize, alert_lifecycle::AlertTimer)> {
    let timers = cohort.alerts.iter().enumerate().filter_map(|(index, alert): (usize, &LiveAlert)| {
        let (at, timer) = alert.next_timer(rules.alerts.update_interval)?;
        (at <= due).then_some((at, alert.kind, timer, index))
    });
    timers.min().map(|(_, _, timer, index)| (index, timer))
}

/// Members whom a live alert concerns and who do not know yet are told, and all who know once it is over.
fn tell_members(cx: &mut Context<'_, Cohort>) {
    let kind = match cx.c.memory {
        Memory::Incident(_) => Kind::IncidentUndisclosed,
        Memory::Site(_) => Kind::Hotspot,
        Memory::Team(_) | Memory::Account(_) => return,
    };
    let tell = if kind == Kind::Hotspot { site::tell } else { incident::tell };
    let live: Option<Box<str>> = cx.c.live(kind).map(|alert| alert.alert_id(cx.c.key.as_str()).into());
    if cx.c.holding != live
        && let Some(over) = cx.c.holding.take()
    {
        tell(cx, &over, false);
    }
    if let Some(id) = &live {
        tell(cx, id, true);
    }
    cx.c.holding = live;
}

/// A person did something with an alert of the cohort.
fn command(cx: &mut Context<'_, Cohort>, given: &Command, fact: &CohortFact) {
    let hash = fact.who();
    if cx.c.commands.contains(hash) {
        return;
    }
    cx.c.commands.insert(hash, fact.at, COMMANDS_MAX, cx.rules.dedupe.max_age);
    let key = cx.c.key.as_str();
    let named = |a: &LiveAlert| a.alert_id(key) == *given.alert || a.dedup_key(key) == *given.alert;
    let Some(index) = cx.c.alerts.iter().position(|a| a.is_live() && named(a)) else { return };
    let command = match &given.what {
        Did::Acknowledge => alert_lifecycle::Command::Acknowledge,
        Did::Snooze(until) => alert_lifecycle::Command::Snooze(*until),
        Did::Unsnooze => alert_lifecycle::Command::Unsnooze,
        Did::Assign(owner) => alert_lifecycle::Command::Assign(owner),
        Did::Resolve => alert_lifecycle::Command::Resolve,
        Did::Dismiss(reason) => alert_lifecycle::Command::Dismiss(*reason),
    };
    cx.command(index, command, fact.at);
}
