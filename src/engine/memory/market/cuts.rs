//! Services cut off and restored, and contacts that a cut may have forced.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::market;
use super::prices::insert;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::rules::ForcedContactRules;
use crate::engine::tight::merge_in_order;
use crate::model::event::{ContactData, Direction, ServiceData};
use crate::model::{Event, EventType, Span, Time};

/// Cuts, restorations and contacts remembered, each; beyond it the oldest goes.
const CUTS_MAX: usize = 8;

/// Services cut off and restored. Each in order of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cuts {
    /// `service.suspended`, but not at the customer's own request.
    suspended: ThinVec<Fact>,
    /// `service.restored`.
    restored: ThinVec<Time>,
}

/// A contact that the customer began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Its id.
    pub object: Box<str>,
    /// The event.
    pub fact: Fact,
}

impl Cuts {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.suspended.is_empty() && self.restored.is_empty()
    }

    /// Takes in what happened to the same customer under another name.
    pub(super) fn absorb(&mut self, other: Cuts) {
        merge_in_order(&mut self.suspended, other.suspended, CUTS_MAX, |s| s.time);
        merge_in_order(&mut self.restored, other.restored, CUTS_MAX, |r| *r);
    }

    /// The cut that forced a contact at `time`: not longer ago than the window, and not over by now.
    pub fn forced(&self, time: Time, window: Span) -> Option<&Fact> {
        let over = |s: &Fact| self.restored.iter().any(|r| *r >= s.time);
        self.suspended.iter().rev().find(|s| s.time <= time && time - s.time <= window && !over(s))
    }

    /// The same, whether or not the service was restored by now or later.
    pub fn was_forced(&self, time: Time, window: Span) -> bool {
        let over = |s: &Fact| self.restored.iter().any(|r| (s.time..time).contains(r));
        self.suspended.iter().any(|s| s.time <= time && time - s.time <= window && !over(s))
    }

    /// Before this a contact is too old to be joined: contacts are many, so twice the window unless a cut is known.
    fn oldest_call(&self, now: Time, rules: &ForcedContactRules) -> Time {
        let more = if self.suspended.is_empty() { rules.window } else { rules.expires_after };
        now - rules.window - more
    }

    /// Forgets what is too old to be joined.
    fn prune(&mut self, now: Time, rules: &ForcedContactRules) {
        let old = now - rules.window - rules.expires_after;
        if self.suspended.first().is_some_and(|s| s.time < old) {
            self.suspended.retain(|s| s.time >= old);
        }
        if self.restored.first().is_some_and(|r| *r < old) {
            self.restored.retain(|r| *r >= old);
        }
    }
}

/// Takes in the contacts of the same customer under another name.
pub fn absorb_calls(own: &mut ThinVec<Call>, mut theirs: ThinVec<Call>) {
    theirs.retain(|call| own.iter().all(|known| known.object != call.object));
    merge_in_order(own, theirs, CUTS_MAX, |c| c.fact.time);
}

/// The contacts of `c` that a cut at `time` may have forced.
pub fn calls_after(c: &Customer, time: Time, window: Span) -> impl Iterator<Item = &Call> {
    c.calls.iter().filter(move |c| c.fact.time >= time && c.fact.time - time <= window)
}

static NONE: Cuts = Cuts { suspended: ThinVec::new(), restored: ThinVec::new() };

fn cuts(c: &Customer) -> &Cuts {
    c.rare.market.as_deref().map_or(&NONE, |market| &market.cuts)
}

/// Forgets cuts and contacts that are too old to be joined.
pub(super) fn prune(c: &mut Customer, rules: &ForcedContactRules) {
    let now = c.highest;
    if !c.calls.is_empty() {
        let old = cuts(c).oldest_call(now, rules);
        if c.calls.first().is_some_and(|call| call.fact.time < old) {
            c.calls.retain(|call| call.fact.time >= old);
        }
    }
    if let Some(market) = c.rare.present().and_then(|parts| parts.market.as_deref_mut()) {
        market.cuts.prune(now, rules);
    }
}

/// The customer began a contact.
pub(super) fn contact(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>) {
    if !is_call(event, data) {
        return;
    }
    let rules = &cx.rules.market.forced_contact;
    if event.time < cuts(cx.c).oldest_call(cx.c.highest, rules) {
        return; // It would be forgotten at once.
    }
    let call = Call { object: event.object_id(&data.contact_id).into(), fact: Fact::new(event, None) };
    insert(&mut cx.c.calls, call, |c| c.fact.time, CUTS_MAX);
}

/// Whether the customer began a contact by it.
pub fn is_call(event: &Event<'_>, data: &ContactData<'_>) -> bool {
    event.event_type == EventType::ContactStarted && data.direction != Some(Direction::Outbound)
}

/// A service was cut off or restored.
pub(super) fn service(cx: &mut Context<'_>, event: &Event<'_>, data: &ServiceData<'_>) {
    match event.event_type {
        EventType::ServiceSuspended if data.cause.as_deref() != Some("customer_request") => {
            insert(&mut market(&mut cx.c.rare).cuts.suspended, Fact::new(event, None), |s| s.time, CUTS_MAX);
        }
        EventType::ServiceRestored => {
            insert(&mut market(&mut cx.c.rare).cuts.restored, event.time, |r| *r, CUTS_MAX);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::tests::fact_at;

    #[test]
    fn a_contact_is_forced_by_a_cut_within_a_day_that_was_not_over() {
        let hour = |n: i64| Time(0) + Span::hours(n);
        let window = Span::hours(24);
        for (cut, restored, call, forced, was_forced) in [
            (0, None, 24, true, true),
            (0, None, 25, false, false),
            (0, None, 0, true, true),
            (5, None, 4, false, false),
            (0, Some(2), 3, false, false),
            (0, Some(3), 3, false, true),
            (0, Some(9), 3, false, true),
            (3, Some(2), 5, true, true),
        ] {
            let cuts = Cuts {
                suspended: [fact_at(hour(cut))].into_iter().collect(),
                restored: restored.map(hour).into_iter().collect(),
            };
            let got = (cuts.forced(hour(call), window).is_some(), cuts.was_forced(hour(call), window));
            assert_eq!(got, (forced, was_forced), "cut {cut}, restored {restored:?}, call {call}");
        }
    }
}
