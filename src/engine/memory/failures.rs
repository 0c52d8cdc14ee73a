//! Failures that nobody filed, and what makes them good.

use super::amends::{made_good_before, recovered};
use super::{Changes, quality};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::grievance::{Failure, FailureKind, REPAIRS_MAX, Repair, make_room};
use crate::engine::ledger::Ledger;
use crate::engine::tight::push_tight;
use crate::model::event::{BillingData, OrderData};
use crate::model::{Event, EventType, Time};

pub(super) fn delivery(cx: &mut Context<'_>, event: &Event<'_>, data: &OrderData<'_>, changes: &mut Changes) {
    let object = event.object_id(&data.order_id).to_owned();
    let kind = match event.event_type {
        EventType::DeliveryLate => FailureKind::Late,
        EventType::DeliveryFailed => FailureKind::Failed,
        EventType::DeliveryMismatched => {
            if data.expected.is_some() && data.expected == data.actual {
                return;
            }
            FailureKind::Mismatched
        }
        _ => {
            return repair(cx, event, data.order_id.as_deref(), event.correlation_id.as_deref(), changes);
        }
    };
    failure(cx, event, kind, &object, changes);
}

pub(super) fn billing(cx: &mut Context<'_>, event: &Event<'_>, data: &BillingData<'_>, changes: &mut Changes) {
    if event.event_type == EventType::CreditIssued {
        repair(cx, event, data.order_id.as_deref(), event.correlation_id.as_deref(), changes);
    }
}

/// A failure that nobody filed: an open item until it is made good.
pub(super) fn failure(cx: &mut Context<'_>, event: &Event<'_>, kind: FailureKind, object: &str, changes: &mut Changes) {
    let failure = Failure {
        object: object.into(),
        correlation: event.correlation_id.as_deref().map(Into::into),
        kind,
        fact: Fact::new(event, None),
        closed: None,
    };
    open_failure(cx, failure, changes);
}

/// Takes in a failure, which may have been made good before it was known.
pub(super) fn open_failure(cx: &mut Context<'_>, mut failure: Failure, changes: &mut Changes) {
    let same = |kind: FailureKind| kind == failure.kind || kind.is_contact() && failure.kind.is_contact();
    if cx.c.rare.failures.iter().any(|f| same(f.kind) && f.object == failure.object && f.closed.is_none()) {
        return; // The same object again: no second failure.
    }
    quality::note_failure(cx.c, &failure.object, failure.fact.time);
    failure.closed = made_good(cx, &failure, changes);
    make_room(&mut cx.c.rare.failures, |f| f.closed.is_some());
    match failure.closed {
        Some(at) => close_failure_in_ledger(cx, &failure, at),
        None => changes.failure = Some(failure.object.clone()),
    }
    push_tight(&mut cx.c.rare.failures, failure);
}

/// When `failure` was made good, as is known already.
pub(super) fn made_good(cx: &mut Context<'_>, failure: &Failure, changes: &mut Changes) -> Option<Time> {
    let about =
        |r: &&Repair| r.is_about(&failure.object) || failure.correlation.as_deref().is_some_and(|id| r.is_about(id));
    let repaired = cx.c.repairs.iter().filter(about).map(|r| r.at()).find(|at| *at >= failure.fact.time);
    if repaired.is_some() {
        return repaired;
    }
    let amends = made_good_before(cx, failure)?;
    let at = amends.time;
    recovered(cx, failure, amends, changes);
    Some(at)
}

/// What makes failures of the same order or correlation good.
pub(super) fn repair(
    cx: &mut Context<'_>,
    event: &Event<'_>,
    object: Option<&str>,
    correlation: Option<&str>,
    changes: &mut Changes,
) {
    for id in [object, correlation].into_iter().flatten() {
        push_tight(&mut cx.c.repairs, Repair::new(id, event.time));
    }
    while cx.c.repairs.len() > REPAIRS_MAX {
        cx.c.repairs.remove(0);
    }
    for index in 0..cx.c.rare.failures.len() {
        let failure = &mut cx.c.rare.failures[index];
        if failure.closed.is_none() && failure.fact.time <= event.time && failure.is_about(object, correlation) {
            failure.closed = Some(event.time);
            changes.repaired.push(failure.object.clone());
            let failure = failure.clone();
            close_failure_in_ledger(cx, &failure, event.time);
        }
    }
}

pub(super) fn close_failure_in_ledger(cx: &mut Context<'_>, failure: &Failure, at: Time) {
    let took = cx.calendar.between(failure.fact.time, at, cx.c.timezone());
    let weight = if took <= cx.rules.complaints.quick { 0.0 } else { 0.5 };
    if weight > 0.0 {
        cx.c.ledgers.add(Ledger::FailuresResolved, weight, at, failure.fact.event_id());
    }
}
