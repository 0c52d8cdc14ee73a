//! M15, PROMISE_RELIABILITY: a team promises more than it keeps.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::fact::CohortFact;
use super::state::Cohort;
use super::team::{name, team};
use crate::engine::alert_lifecycle::{EVIDENCE_MAX, Raise};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::rules::ReliabilityRules;
use crate::engine::tight::push_tight;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::{Kind, Span, Time};

const KIND: Kind = Kind::PromiseReliability;

/// Promises remembered one by one, so that a late fact corrects them; the oldest beyond it only count.
const OUTCOMES_MAX: usize = 512;

/// How the promises of a team ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Promises {
    /// In order of time.
    outcomes: ThinVec<Outcome>,
    /// What is older than those, by UTC day: day, kept, broken.
    days: ThinVec<(i32, u32, u32)>,
}

/// How one promise ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Outcome {
    /// The promise, as a number.
    id: u64,
    /// The customer, as a number.
    who: u64,
    /// When it fell due, or was kept or broken before.
    at: Time,
    kept: bool,
    /// The event that made a broken one.
    fact: Option<Fact>,
}

/// Promises that fell due within the window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Share {
    due: u32,
    kept: u32,
}

impl Share {
    fn add(&mut self, kept: u32, broken: u32) {
        self.due += kept + broken;
        self.kept += kept;
    }

    fn kept(self) -> f64 {
        f64::from(self.kept) / f64::from(self.due.max(1))
    }

    /// Whether it is below `share`, of promises enough to tell.
    fn is_below(self, share: f64, rules: &ReliabilityRules) -> bool {
        self.due as usize >= rules.promises && self.kept() < share
    }
}

impl Promises {
    /// How many distinct customers were promised something that broke.
    pub(super) fn customers(&self) -> u32 {
        let mut who: Vec<u64> = self.outcomes.iter().filter(|o| !o.kept).map(|o| o.who).collect();
        who.sort_unstable();
        who.dedup();
        who.len() as u32
    }

    /// When it will be forgotten.
    pub(super) fn empty_at(&self, rules: &ReliabilityRules) -> Time {
        let counted = self.days.last().map(|(day, ..)| Time(0) + Span::days(i64::from(*day) + 1));
        let last = self.outcomes.last().map(|o| o.at).max(counted);
        last.map_or(Time::MIN, |last| last + rules.window)
    }

    /// The share of the window that ends at `end`.
    fn share(&self, end: Time, rules: &ReliabilityRules) -> Share {
        let start = end - rules.window;
        let mut share = Share::default();
        for &(day, kept, broken) in &self.days {
            if (start.day() + 1..=end.day()).contains(&day) {
                share.add(kept, broken);
            }
        }
        for outcome in self.outcomes.iter().filter(|o| o.at > start && o.at <= end) {
            share.add(u32::from(outcome.kept), u32::from(!outcome.kept));
        }
        share
    }

    fn last(&self) -> Option<Time> {
        self.outcomes.last().map(|o| o.at)
    }

    /// Takes in how a promise stands. Whether that takes back a broken one; none if it is no news.
    fn take(&mut self, fact: &CohortFact, id: u64, kept: Option<bool>) -> Option<bool> {
        let known = self.outcomes.iter().position(|o| o.id == id);
        if known.map(|index| self.outcomes[index].kept) == kept {
            return None;
        }
        let before = known.map(|index| self.outcomes.remove(index));
        if let Some(kept) = kept {
            let place = self.outcomes.partition_point(|o| o.at <= fact.at);
            let outcome = Outcome { id, who: fact.who(), at: fact.at, kept, fact: (!kept).then(|| fact.fact.clone()) };
            push_tight(&mut self.outcomes, outcome);
            self.outcomes[place..].rotate_right(1);
        }
        if self.outcomes.len() > OUTCOMES_MAX {
            let oldest = self.outcomes.remove(0);
            let (day, kept) = (oldest.at.day(), u32::from(oldest.kept));
            let place = self.days.partition_point(|(known, ..)| *known < day);
            if self.days.get(place).is_none_or(|(known, ..)| *known != day) {
                self.days.insert(place, (day, 0, 0));
            }
            self.days[place].1 += kept;
            self.days[place].2 += 1 - kept;
        }
        Some(before.is_some_and(|before| !before.kept))
    }

    fn prune(&mut self, now: Time, rules: &ReliabilityRules) {
        // Late facts may still tell of the window before: what has left it stays for as long again.
        let start = now - rules.window - rules.window;
        self.outcomes.retain(|o| o.at > start);
        self.days.retain(|(day, ..)| *day > start.day());
    }

    /// When the next promise leaves the window that ends at `now`.
    fn next_leaves(&self, now: Time, rules: &ReliabilityRules) -> Time {
        let start = now - rules.window;
        let day = self.days.iter().map(|(day, ..)| Time(0) + Span::days(i64::from(*day) + 1)).find(|end| *end > start);
        let one = self.outcomes.iter().map(|o| o.at).find(|at| *at > start);
        match (day, one) {
            (None, None) => Time::MAX,
            (Some(at), None) | (None, Some(at)) => at + rules.window,
            (Some(day), Some(one)) => day.min(one) + rules.window,
        }
    }

    fn evidence(&self, end: Time, rules: &ReliabilityRules) -> ThinVec<Fact> {
        let start = end - rules.window;
        let broken = self.outcomes.iter().filter(|o| !o.kept && o.at > start && o.at <= end);
        let facts: ThinVec<Fact> = broken.filter_map(|o| o.fact.clone()).collect();
        facts.iter().skip(facts.len().saturating_sub(EVIDENCE_MAX)).cloned().collect()
    }

    /// A customer is known by another name from now on, and their promises too. What was promised under both counts once.
    pub(super) fn rename(&mut self, from: u64, into: u64, promises: &[(u64, u64)]) {
        for &(old, new) in promises {
            let known = self.outcomes.iter().any(|o| o.id == new);
            self.outcomes.retain(|o| !(known && o.id == old));
            for outcome in self.outcomes.iter_mut().filter(|o| o.id == old) {
                outcome.id = new;
            }
        }
        for outcome in self.outcomes.iter_mut().filter(|o| o.who == from) {
            outcome.who = into;
        }
    }

    /// Forgets a customer: what they were promised still counts.
    pub(super) fn forget(&mut self, who: u64) {
        for outcome in self.outcomes.iter_mut().filter(|o| o.who == who) {
            (outcome.who, outcome.fact) = (0, None);
        }
    }
}

/// A promise has fallen due, or stands otherwise than was told.
pub(super) fn on_fact(cx: &mut Context<'_, Cohort>, fact: &CohortFact, id: u64, kept: Option<bool>) {
    let rules = &cx.rules.cohorts.reliability;
    let opened = cx.c.live(KIND).map(|alert| alert.first_event_time);
    let Some(team) = team(cx) else { return };
    let Some(taken_back) = team.promises.take(fact, id, kept) else { return };
    let end = team.promises.last().map_or(fact.at, |last| last.max(fact.at));
    // By what is known now it was never so bad, and is not now.
    if let Some(opened) = opened.filter(|_| taken_back)
        && [opened, end].into_iter().all(|end| !team.promises.share(end, rules).is_below(rules.share, rules))
    {
        return cx.clear(KIND, None, Reason::LateFact, Span::ZERO, fact.at);
    }
    weigh(cx, end, fact.at);
}

/// When the alert must be looked at again though nothing happens.
pub(super) fn deadline(cohort: &Cohort, promises: &Promises, rules: &ReliabilityRules) -> Time {
    if cohort.live(KIND).is_none() { Time::MAX } else { promises.next_leaves(cohort.highest, rules) }
}

/// A promise has left the window.
pub(super) fn on_deadline(cx: &mut Context<'_, Cohort>, due: Time) {
    let rules = &cx.rules.cohorts.reliability;
    if let Some(team) = team(cx) {
        team.promises.prune(due, rules);
    }
    weigh(cx, due, due);
}

/// Opens, raises or closes the alert by the share of the window that ends at `end`.
fn weigh(cx: &mut Context<'_, Cohort>, end: Time, time: Time) {
    let rules = &cx.rules.cohorts.reliability;
    let (now, is_live, name) = (cx.now, cx.c.live(KIND).is_some(), name(cx));
    let Some(team) = team(cx) else { return };
    let share = team.promises.share(end, rules);
    // Once told, it takes more to be good again.
    let least = if is_live { rules.clear_share } else { rules.share };
    if !share.is_below(least, rules) {
        return cx.clear(KIND, None, Reason::ConditionFalse, rules.hold, time);
    }
    let evidence = team.promises.evidence(end, rules);
    let floor = if share.kept() < rules.error_share { Severity::Error } else { Severity::Warning };
    let facts = Facts {
        count: Some(share.due),
        percent: Some(libm::floor(share.kept() * 100.0) as u32),
        since: Some(end - rules.window),
        name,
        ..Facts::default()
    };
    cx.raise(Raise {
        evidence,
        facts,
        expires_at: (!is_live).then(|| now + rules.expires_after),
        ..Raise::new(KIND, None, floor, time)
    });
}
