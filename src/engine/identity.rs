//! Customers whose identity ends: merged into another, or erased.
//!
//! Of a merged customer only a sign remains that shows the way to the survivor; of an erased one a mark of when, so that
//! events from before come too late to bring anything back.

use super::alert_lifecycle::LiveAlert;
use super::cohort;
use super::context::Context;
use super::customer::Customer;
use super::dedup::id_hash;
use super::detectors::{self, DETECTORS};
use super::timer::Slot;
use super::{Effect, Engine};
use crate::model::alert::Reason;
use crate::model::event::Data;
use crate::model::{CustomerKey, Event, Kind, Span, Time};

/// Signs followed one after the other: merges of merges.
const SIGNS_MAX: usize = 16;

impl Engine {
    /// The customer that `found` stands for: the survivor if it was merged; `self.key` is theirs then.
    pub(super) fn follow(&mut self, mut found: Option<Slot>) -> Option<Slot> {
        for _ in 0..SIGNS_MAX {
            let Some(into) = found.and_then(|slot| self.customers.get(slot).rare.merged_into.clone()) else { break };
            self.key.clear();
            self.key.push_str(into.as_str());
            found = self.customers.find(&self.key);
        }
        found
    }

    /// Whether an event of `time` comes from before the erasure of the customer at `slot`.
    pub(super) fn is_erased(&self, slot: Slot, time: Time) -> bool {
        time < self.customers.get(slot).rare.erased_at
    }

    /// Forgets the customer named by `self.key`: what is left is when.
    pub(super) fn erase(&mut self, event: &Event<'_>, effects: &mut Vec<Effect>) {
        let key = CustomerKey::from_written(&self.key);
        let Some(slot) = self.customers.find(key.as_str()) else { return };
        let (rules, calendar) = self.rules.of(self.customers.get(slot));
        let customer = self.customers.get_mut(slot);
        let now = customer.highest.max(event.time);
        Context::new(rules, calendar, customer, now, effects).close_all(Reason::Erased, event.time);
        cohort::tell::of_erasure(customer, event, effects);
        let dedupe = &self.rules.general().dedupe;
        let (hash, capacity, age) = (id_hash(event), dedupe.ids_per_customer, dedupe.max_age);
        self.leave(slot, Customer::new(key), |left| {
            // The same request again must not erase who comes after.
            left.recent.insert(hash, event.time, capacity, age);
            left.highest = event.time;
            left.rare.erased_at = event.time;
        });
    }

    /// Puts what is left of a customer in its place and returns the rest.
    fn leave(&mut self, slot: Slot, mut left: Customer, mark: impl FnOnce(&mut Customer)) -> Customer {
        mark(&mut left);
        let customer = self.customers.get_mut(slot);
        (left.changed, left.queued) = (customer.changed, customer.queued);
        let rest = std::mem::replace(customer, left);
        self.touch(slot);
        rest
    }

    /// Whether nothing but the mark of an erasure is left, which no event can be too late for any more at `due`.
    pub(super) fn is_mark_over(&self, slot: Slot, due: Time) -> bool {
        let customer = self.customers.get(slot);
        mark_ends(customer, self.rules.general().time.late_limit) <= due
            && customer.highest == customer.rare.erased_at
            && customer.recent.len() <= 1
    }

    /// Forgets the mark of an erasure too.
    pub(super) fn forget_mark(&mut self, slot: Slot) {
        let key = self.customers.get(slot).key.clone();
        self.customers.remove(&key);
        self.gone.push(key);
    }

    /// Moves everything of the customer at `slot` to the survivor that the event names. Nothing happens without a
    /// survivor, or where this engine cannot know them: the survivor of another partition has their own.
    pub(super) fn merge(&mut self, slot: Slot, event: &Event<'_>, effects: &mut Vec<Effect>) {
        let Data::Account(data) = &event.data else { return };
        let Some(into) = data.into.as_deref().filter(|into| !into.is_empty()) else { return };
        let from_key = self.customers.get(slot).key.clone();
        let into_key = CustomerKey::new(&event.tenant, into);
        self.key.clear();
        self.key.push_str(into_key.as_str());
        let found = self.customers.find(&self.key);
        let found = self.follow(found);
        let survivor_key = CustomerKey::from_written(&self.key);
        if survivor_key == from_key || found.is_none() && !self.is_whole {
            return;
        }
        let (rules, calendar) = self.rules.of(self.customers.get(slot));
        let customer = self.customers.get_mut(slot);
        let now = customer.highest.max(event.time);
        let mut moving: Vec<LiveAlert> = customer.alerts.iter().filter(|a| a.is_live()).cloned().collect();
        // First what others stand on, or what keeps them quiet.
        moving.sort_by_key(|alert| !matches!(alert.kind, Kind::CancellationIntent | Kind::PaymentHardship));
        Context::new(rules, calendar, customer, now, effects).close_all(Reason::Merged, event.time);
        let rest = self.leave(slot, Customer::new(from_key), |left| {
            left.highest = now;
            left.rare.merged_into = Some(survivor_key.clone());
        });
        let slot = found.unwrap_or_else(|| self.customers.insert(Customer::new(survivor_key)));
        let (rules, calendar) = self.rules.of(self.customers.get(slot));
        let customer = self.customers.get_mut(slot);
        let now = customer.highest.max(rest.highest).max(event.time);
        let mut cx = Context::new(rules, calendar, customer, now, effects);
        let known = cohort::tell::Known::of(&rest);
        let changes = cx.absorb(rest);
        cx.c.highest = now;
        cohort::tell::of_merge(&mut cx, &known, event.time);
        cx.remember();
        detectors::end_what_is_over(&mut cx, event.time);
        for alert in moving {
            if detectors::goes_on(&cx, &alert) {
                cx.adopt(alert);
            }
        }
        for detector in DETECTORS {
            (detector.on_event)(&mut cx, event, &changes);
        }
        cx.quieten(event.time);
        cx.settle_all(event.time);
        detectors::judge(&mut cx, event.time);
        cohort::tell::of_deadline(&mut cx, event.time);
        self.touch(slot);
    }
}

/// When the mark of an erasure may go; `Time::MAX` without one.
pub(super) fn mark_ends(customer: &Customer, late_limit: Span) -> Time {
    match customer.rare.erased_at {
        Time::MIN => Time::MAX,
        at => at + late_limit,
    }
}
