//! What an event means: `(state, input) -> (state, effects)`.
//!
//! **Invariant:** no I/O, no clock, no randomness, no logging, no configuration file, and it cannot fail. The same
//! inputs in the same order give the same effects, byte for byte: replay, simulation and bug reports lean on it.
//!
//! ```text
//! event ─▶ seen before? ─▶ watermark ─▶ timers due before it ─▶ deadlines it shows to have passed (settle)
//!       ─▶ memory ─▶ score and band ─▶ detectors ─▶ alert life cycle ─▶ what stands on both ─▶ effects ─▶ next timer
//! ```

mod absorb;
mod ahead;
pub mod alert_lifecycle;
mod anniversary;
pub mod calendar;
pub mod cohort;
mod context;
pub mod customer;
mod cusum;
mod decay;
mod dedup;
mod detectors;
mod fact;
mod grievance;
mod hash;
mod identity;
mod ledger;
mod memory;
mod promise;
mod rare;
pub mod registry;
pub mod risk;
pub mod rules;
mod sentiment_track;
mod silence;
mod store;
mod tight;
mod timer;
mod usage;
mod watermark;
mod window;

use std::sync::Arc;

pub use ahead::AHEAD;
pub use cohort::{Cohort, CohortFact, Cohorts, Hold};
pub use customer::Customer;
pub use hash::hash64;
pub use rules::Rules;
pub use watermark::Clock;

use ahead::Ahead;
use alert_lifecycle::{Command, LiveAlert};
use context::Context;
use dedup::id_hash;
use detectors::DETECTORS;
use rules::RuleBook;
use store::Store;
use timer::{Slot, TimerQueue};

use crate::model::alert::Reason;
use crate::model::event::Data;
use crate::model::{Alert, CustomerKey, Event, EventType, Partition, Span, Time, customer::write_key};

/// What the engine wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell subscribers about a transition of an alert.
    Alert(Box<Alert>),
    /// Tell a cohort what concerns it; from the stage of the customers.
    Cohort(Box<CohortFact>),
    /// Tell a customer, in this partition, whether an alert of a cohort holds theirs; from the stage of the cohorts.
    Hold(Partition, Box<Hold>),
}

impl Effect {
    /// The alert, if it is one.
    pub fn into_alert(self) -> Option<Box<Alert>> {
        match self {
            Effect::Alert(alert) => Some(alert),
            Effect::Cohort(_) | Effect::Hold(..) => None,
        }
    }
}

/// What became of an event. `consumed = applied + duplicate + too late + filtered` (+ dead, decided before the engine).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It had its effect.
    Applied,
    /// It had its effect although the watermark had passed its time.
    AppliedLate,
    /// It had its effect but did not move time: too far ahead of the watermark or the wall clock.
    AppliedAhead,
    /// Seen before: no effect.
    Duplicate,
    /// Further behind the watermark than the limit: no effect.
    TooLate,
    /// About nobody, or about an alert that is not known: no effect but on time.
    Filtered,
}

/// How far one call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// As many timers as one call may fire have fired; ship the effects and call again with the same input.
    Again,
    /// The input is done.
    Done(Outcome),
}

/// Timers that one call fires at most.
pub const TIMERS_PER_STEP: usize = 1_000;

/// The customers of one partition.
pub struct Engine {
    rules: RuleBook,
    clock: Clock,
    /// Latest event time that may move the watermark; none without a wall clock.
    latest: Option<Time>,
    customers: Store,
    timers: TimerQueue,
    changed: Vec<Slot>,
    gone: Vec<CustomerKey>,
    /// Reused for looking up a customer.
    key: String,
    /// Reused for the customers due at one instant.
    due: Vec<Slot>,
    ahead: Ahead,
    /// Whether every customer of the input is here: then one that is not known yet is new.
    is_whole: bool,
}

impl Engine {
    /// An engine without customers, for one of several partitions.
    pub fn of_many(rules: Arc<Rules>) -> Engine {
        Engine { is_whole: false, ..Engine::new(rules) }
    }

    /// An engine without customers, for all of an input.
    pub fn new(rules: Arc<Rules>) -> Engine {
        Engine {
            rules: RuleBook::new(rules),
            clock: Clock::default(),
            latest: None,
            customers: Store::default(),
            timers: TimerQueue::default(),
            changed: Vec::new(),
            gone: Vec::new(),
            key: String::new(),
            due: Vec::new(),
            ahead: Ahead::default(),
            is_whole: true,
        }
    }

    /// The watermark.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// How many customers are remembered.
    pub fn customers(&self) -> usize {
        self.customers.len()
    }

    /// Says whose events probably come next, at most [`AHEAD`] of them. It makes their turn quicker and changes nothing.
    pub fn expect<'k>(&mut self, customer_ids: impl Iterator<Item = &'k [u8]>) {
        self.ahead.expect(&self.customers, &mut self.key, customer_ids);
    }

    /// Up to when timers fire before the event has its effect, this included; none if it has none or time has no beginning.
    pub fn time_before(&mut self, event: &Event<'_>) -> Option<Time> {
        self.key.clear();
        write_key(&mut self.key, &event.tenant, &event.customer_id);
        let found = if event.customer_id.is_empty() { None } else { self.customers.find(&self.key) };
        let found = self.follow(found);
        if found.is_some_and(|slot| self.customers.get(slot).recent.contains(id_hash(event))) {
            return None;
        }
        let mut clock = self.clock;
        clock.observe(event.time, &self.rules.general().time, self.latest);
        clock.watermark.map(|watermark| watermark.min(Time(event.time.0 - 1)))
    }

    /// Fires what was due before the event, then applies the event. Effects are appended to `effects`.
    pub fn apply(&mut self, event: &Event<'_>, effects: &mut Vec<Effect>) -> Step {
        let about_nobody = event.customer_id.is_empty();
        let mut found = None;
        if !about_nobody {
            self.key.clear();
            write_key(&mut self.key, &event.tenant, &event.customer_id);
            found = self.customers.find(&self.key);
            found = self.follow(found);
        }
        let hash = id_hash(event);
        if found.is_some_and(|slot| self.customers.get(slot).recent.contains(hash)) {
            return Step::Done(Outcome::Duplicate);
        }
        let late = self.clock.watermark.is_some_and(|w| event.time < w);
        let believed = self.clock.observe(event.time, &self.rules.general().time, self.latest);
        let watermark = self.clock.watermark.unwrap_or(Time::MIN);
        // At one instant events come before timers.
        if self.fire(watermark.min(Time(event.time.0 - 1)), TIMERS_PER_STEP, effects) {
            return Step::Again;
        }
        if event.time < watermark - self.rules.general().time.late_limit {
            return Step::Done(Outcome::TooLate);
        }
        let (before, clock) = (effects.len(), watermark.min(Time(event.time.0 - 1)));
        let latest = if believed { Time::MAX } else { watermark };
        // What is about nobody, or about an alert of many, is for a cohort alone.
        let for_cohort = match (found, cohort::tell::commanded(event)) {
            _ if about_nobody => Some(cohort::tell::of_nobody(event, self.rules.general(), effects)),
            (None, Some(cohort)) => Some(cohort::tell::of_command(event, cohort, effects)),
            (Some(_) | None, _) => None,
        };
        if let Some(told) = for_cohort {
            stamp(&mut effects[before..], clock, latest);
            self.fire(watermark, TIMERS_PER_STEP, effects);
            return Step::Done(match () {
                () if !told => Outcome::Filtered,
                () if late => Outcome::AppliedLate,
                () if !believed => Outcome::AppliedAhead,
                () => Outcome::Applied,
            });
        }
        if event.event_type == EventType::CustomerErased {
            self.erase(event, effects);
            stamp(&mut effects[before..], clock, latest);
            return Step::Done(Outcome::Applied);
        }
        // Timers remove nobody but those of whom only the mark of an erasure is left.
        if found.is_some_and(|slot| self.customers.try_get(slot).is_none_or(|c| c.key.as_str() != self.key)) {
            found = None;
        }
        if found.is_some_and(|slot| self.is_erased(slot, event.time)) {
            return Step::Done(Outcome::TooLate);
        }
        let slot = match found {
            Some(slot) => slot,
            None => self.customers.insert(Customer::new(CustomerKey::from_written(&self.key))),
        };
        let mut known = self.happen(slot, event, believed, hash, effects);
        if !known && let Some(cohort) = cohort::tell::commanded(event) {
            known = cohort::tell::of_command(event, cohort, effects);
        }
        if event.event_type == EventType::AccountMerged {
            self.merge(slot, event, effects);
        }
        stamp(&mut effects[before..], clock, latest);
        self.fire(watermark, TIMERS_PER_STEP, effects);
        Step::Done(match () {
            () if !known => Outcome::Filtered,
            () if late => Outcome::AppliedLate,
            () if !believed => Outcome::AppliedAhead,
            () => Outcome::Applied,
        })
    }

    /// Lets an event happen to a customer. False if it names an alert that is not known.
    fn happen(&mut self, slot: Slot, event: &Event<'_>, believed: bool, hash: u64, effects: &mut Vec<Effect>) -> bool {
        let dedupe = &self.rules.general().dedupe;
        let (rules, calendar) = self.rules.of(self.customers.get(slot));
        let customer = self.customers.get_mut(slot);
        // A time that is not believed does not move the customer's own time, whatever it does to the event's alerts.
        let time = if believed { event.time } else { self.clock.watermark.unwrap_or(event.time) };
        let highest = customer.highest.max(time);
        customer.recent.insert(hash, time, dedupe.ids_per_customer, dedupe.max_age);
        let now = highest.max(event.time);
        let mut cx = Context::new(rules, calendar, customer, now, effects);
        detectors::catch_up(&mut cx, highest);
        let hindsight = detectors::hindsight(&cx, event.time);
        for detector in DETECTORS {
            (detector.settle)(&mut cx, event);
        }
        cx.c.highest = highest;
        let changes = memory::take(&mut cx, event);
        cx.remember();
        for detector in DETECTORS {
            (detector.on_event)(&mut cx, event, &changes);
        }
        let known = match &event.data {
            Data::Alert(_) => command(&mut cx, event),
            _ => true,
        };
        detectors::judge_ends(&mut cx, event.time, &hindsight);
        cx.settle_all(event.time);
        detectors::judge(&mut cx, event.time);
        cohort::tell::of_event(&mut cx, event);
        self.touch(slot);
        known
    }

    /// Moves the watermark to `to`, if that is ahead, and fires every timer due by then: idle partitions, `--until`.
    pub fn advance(&mut self, to: Time, effects: &mut Vec<Effect>) -> Step {
        self.clock.advance(to);
        if self.fire(self.clock.watermark.unwrap_or(to), TIMERS_PER_STEP, effects) {
            return Step::Again;
        }
        Step::Done(Outcome::Applied)
    }

    /// The wall clock, for `max_future_skew`; without a call there is no such limit.
    pub fn observe_wall_clock(&mut self, now: Time) {
        self.latest = Some(now + self.rules.general().time.max_future_skew);
    }

    /// A time not later than that of the earliest timer.
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.peek()
    }

    /// Fires timers due by `upto`, in order of (due, customer, kind, object), at most `limit` and those of the same
    /// instant. Returns whether more are due.
    fn fire(&mut self, upto: Time, limit: usize, effects: &mut Vec<Effect>) -> bool {
        let mut fired = 0;
        while let Some((due, slot)) = self.timers.pop(upto) {
            self.due.clear();
            self.take_due(due, slot);
            while let Some((_, slot)) = self.timers.pop(due) {
                self.take_due(due, slot);
            }
            let mut slots = std::mem::take(&mut self.due);
            slots.sort_by(|a, b| self.customers.get(*a).key.cmp(&self.customers.get(*b).key));
            for &slot in &slots {
                self.fire_customer(slot, due, effects);
            }
            fired += slots.len();
            self.due = slots;
            if fired >= limit && self.timers.peek().is_some_and(|next| next <= upto) {
                return true;
            }
        }
        false
    }

    /// Decides about an entry that came up: due now, put off, or stale.
    fn take_due(&mut self, due: Time, slot: Slot) {
        let Some(customer) = self.customers.try_get(slot) else { return };
        if customer.queued != due {
            return;
        }
        let next = next_deadline(customer, self.rules.of(customer).0);
        let customer = self.customers.get_mut(slot);
        if next <= due {
            customer.queued = Time::MAX;
            self.due.push(slot);
        } else {
            customer.queued = next;
            if next < Time::MAX {
                self.timers.push(next, slot);
            }
        }
    }

    /// Fires every deadline of a customer that is due by `due`.
    fn fire_customer(&mut self, slot: Slot, due: Time, effects: &mut Vec<Effect>) {
        if self.is_mark_over(slot, due) {
            return self.forget_mark(slot);
        }
        let (rules, calendar) = self.rules.of(self.customers.get(slot));
        let customer = self.customers.get_mut(slot);
        // Each round passes at least one deadline, and a deadline moves on when it has passed.
        let mut rounds = 0;
        loop {
            let next = next_deadline(customer, rules);
            if next > due {
                break;
            }
            rounds += 1;
            assert!(rounds < 100_000, "a deadline does not move on");
            let now = customer.highest.max(next);
            customer.highest = now;
            if identity::mark_ends(customer, rules.time.late_limit) <= next {
                customer.rare.erased_at = Time::MIN;
            }
            let mut cx = Context::new(rules, calendar, customer, now, effects);
            if cx.c.band.due(rules.alerts.deescalate_band_after) <= next {
                risk::update_band(cx.c, rules, next, false);
            }
            for detector in DETECTORS {
                if (detector.deadline)(cx.c, rules) <= next {
                    (detector.on_deadline)(&mut cx, next);
                }
            }
            while let Some((index, timer)) = next_alert_timer(cx.c, rules, next) {
                cx.alert_timer(index, timer, next);
            }
            detectors::judge_ends(&mut cx, next, &[]);
            cx.settle_all(next);
            detectors::judge(&mut cx, next);
            let before = cx.effects.len();
            cohort::tell::of_deadline(&mut cx, next);
            stamp(&mut cx.effects[before..], Time(due.0.saturating_sub(1)), Time::MAX);
            stamp(&mut cx.effects[before..], due - Span(1), Time::MAX);
        }
        self.touch(slot);
    }

    /// A cohort's alert begins or ceases to hold those of a customer. Nothing happens if they are not known.
    pub fn hold(&mut self, hold: &Hold, effects: &mut Vec<Effect>) {
        self.key.clear();
        self.key.push_str(hold.customer.as_str());
        let found = self.customers.find(&self.key);
        let Some(slot) = self.follow(found) else { return };
        let (rules, calendar) = self.rules.of(self.customers.get(slot));
        let customer = self.customers.get_mut(slot);
        let now = customer.highest.max(hold.at);
        Context::new(rules, calendar, customer, now, effects).take_hold(hold);
        self.touch(slot);
    }

    /// A customer has changed: remembers that, and sees to its timer.
    fn touch(&mut self, slot: Slot) {
        let customer = self.customers.get_mut(slot);
        customer.rare.tidy();
        customer.band.tidy();
        if !customer.changed {
            customer.changed = true;
            self.changed.push(slot);
        }
        self.queue(slot);
    }

    /// Puts a customer into the timer queue, unless it stands there early enough.
    fn queue(&mut self, slot: Slot) {
        let customer = self.customers.get(slot);
        let next = next_deadline(customer, self.rules.of(customer).0);
        let customer = self.customers.get_mut(slot);
        if next < customer.queued {
            customer.queued = next;
            self.timers.push(next, slot);
        }
        // Stale entries are those of customers whose deadline came nearer.
        if self.timers.len() > 2 * self.customers.len() + 1_024 {
            let customers = &self.customers;
            self.timers.retain(|due, slot| customers.try_get(slot).is_some_and(|c| c.queued == due));
        }
    }

    /// Whether any customer changed since the last `take_changed`.
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty() || !self.gone.is_empty()
    }

    /// How many customers changed since the last `take_changed`, at most.
    pub fn changed(&self) -> usize {
        self.changed.len() + self.gone.len()
    }

    /// Hands each customer changed since the last call to `write`: first those that are gone, then the others in the
    /// order of their first change.
    pub fn take_changed(&mut self, write: &mut dyn FnMut(&CustomerKey, Option<&Customer>)) {
        for key in self.gone.drain(..) {
            write(&key, None);
        }
        for slots in std::mem::take(&mut self.changed).chunks(AHEAD) {
            ahead::look_at(&self.customers, slots);
            for &slot in slots {
                if self.customers.try_get(slot).is_some_and(|c| c.changed) {
                    let customer = self.customers.get_mut(slot);
                    customer.changed = false;
                    write(&customer.key, Some(customer));
                }
            }
        }
    }

    /// Puts a customer back as the changelog had them, replacing what was there. Only before the first input.
    pub fn restore(&mut self, customer: Customer) {
        match self.customers.find(customer.key.as_str()) {
            Some(slot) => *self.customers.get_mut(slot) = customer,
            None => {
                self.customers.insert(customer);
            }
        }
    }

    /// Removes a customer as a tombstone in the changelog says. Only before the first input.
    pub fn restore_gone(&mut self, key: &CustomerKey) {
        self.customers.remove(key);
    }

    /// Ends the restore: the watermark and the timers come back; nothing fires until the next input.
    pub fn restored(&mut self, clock: Clock) {
        self.clock = clock;
        let slots: Vec<Slot> = self.customers.iter().map(|(slot, _)| slot).collect();
        for slot in slots {
            self.queue(slot);
        }
    }

    /// Every customer, in no particular order.
    pub fn each_customer(&self, visit: &mut dyn FnMut(&Customer)) {
        for (_, customer) in self.customers.iter() {
            visit(customer);
        }
    }
}

/// Writes into facts for cohorts how far this stage's time had come. A time that is not believed moves nothing there
/// either: nothing happens after `latest`.
fn stamp(effects: &mut [Effect], clock: Time, latest: Time) {
    for effect in effects {
        if let Effect::Cohort(fact) = effect {
            fact.clock = clock;
            fact.at = fact.at.min(latest);
        }
    }
}

/// The earliest deadline of a customer; `Time::MAX` without one.
fn next_deadline(customer: &Customer, rules: &Rules) -> Time {
    let mut earliest = customer.band.due(rules.alerts.deescalate_band_after).min(detectors::judged_at(customer, rules));
    earliest = earliest.min(identity::mark_ends(customer, rules.time.late_limit));
    for detector in DETECTORS {
        earliest = earliest.min((detector.deadline)(customer, rules));
    }
    for alert in customer.alerts.iter().filter(|a| a.is_live()) {
        if let Some((due, _)) = alert.next_timer(rules.alerts.update_interval) {
            earliest = earliest.min(due);
        }
    }
    earliest
}

/// The first deadline due by `due` of the customer's live alerts, by (due, kind, object, timer).
fn next_alert_timer(c: &Customer, rules: &Rules, due: Time) -> Option<(usize, alert_lifecycle::AlertTimer)> {
    let timers = c.alerts.iter().enumerate().filter_map(|(index, alert): (usize, &LiveAlert)| {
        let (at, timer) = alert.next_timer(rules.alerts.update_interval)?;
        (at <= due).then_some((at, alert.kind, alert.object.as_deref(), timer, index))
    });
    timers.min().map(|(_, _, _, timer, index)| (index, timer))
}

/// The reason a person may give for a dismissal; any other word is a false alarm. Those that mean more than words to
/// the life cycle, such as a late fact or an erasure, are not theirs to give.
fn dismissal(word: Option<&str>) -> Reason {
    match word.and_then(Reason::parse) {
        Some(reason @ (Reason::Human | Reason::ConditionFalse | Reason::SourceClosed | Reason::Superseded)) => reason,
        _ => Reason::FalsePositive,
    }
}

/// What a person did with an alert. False if it is not known.
fn command(cx: &mut Context<'_>, event: &Event<'_>) -> bool {
    let Data::Alert(data) = &event.data else { return false };
    let key = cx.c.key.as_str();
    let named = |a: &LiveAlert| {
        data.alert_id.as_deref().is_some_and(|id| a.alert_id(key) == id)
            || data.dedup_key.as_deref().is_some_and(|dedup| a.dedup_key(key) == dedup)
    };
    let Some(index) = cx.c.alerts.iter().position(|a| a.is_live() && named(a)) else { return false };
    let command = match event.event_type {
        EventType::AlertAcknowledged => Command::Acknowledge,
        EventType::AlertSnoozed => Command::Snooze(data.until),
        EventType::AlertUnsnoozed => Command::Unsnooze,
        EventType::AlertAssigned => match data.owner.as_deref().or(data.by.as_deref()) {
            Some(owner) => Command::Assign(owner),
            None => return false,
        },
        EventType::AlertResolved => Command::Resolve,
        _ => Command::Dismiss(dismissal(data.reason.as_deref())),
    };
    cx.command(index, command, event.time);
    true
}
