//! What was given is not what was signed: orders and bills, and what put them right. Each counts as a broken promise.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::market;
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::grievance::{REPAIRS_MAX, Repair, TOMBSTONE, make_room};
use crate::engine::ledger::{Ledger, Ledgers};
use crate::engine::memory::Changes;
use crate::engine::tight::{merge_in_order, push_tight};
use crate::model::event::{BillingData, CareData, OrderData, Scalar};
use crate::model::{Event, EventType, Time};

/// What was given is not what was signed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mismatches {
    /// In order of arrival.
    pub list: ThinVec<Mismatch>,
    /// The last gestures, for a mismatch that arrives after them. Other repairs are remembered for all failures.
    gestures: ThinVec<Repair>,
}

/// What was given is not what was signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The order, or the bill.
    pub object: Box<str>,
    correlation: Option<Box<str>>,
    /// The event.
    pub fact: Fact,
    /// The last event that said so again while it was open: a repair that turns out to lie before it does not help.
    again: Option<Fact>,
    /// Whether it was a bill.
    pub billed: bool,
    /// When it was put right; `None` while it is not.
    pub closed: Option<Time>,
}

impl Mismatches {
    /// Takes in those of the same customer under another name. What both know was counted twice: that is taken back.
    pub(super) fn absorb(&mut self, other: Mismatches, ledgers: &mut Ledgers) {
        for mismatch in other.list {
            match self.list.iter_mut().find(|known| known.object == mismatch.object) {
                Some(known) => {
                    ledgers.take_back(Ledger::PromiseBroken, 1.0, mismatch.fact.time);
                    known.closed = known.closed.or(mismatch.closed);
                    if mismatch.fact.time < known.fact.time {
                        known.fact = mismatch.fact;
                    }
                }
                None => {
                    make_room(&mut self.list, |m| m.closed.is_some());
                    push_tight(&mut self.list, mismatch);
                }
            }
        }
        merge_in_order(&mut self.gestures, other.gestures, REPAIRS_MAX, |gesture| gesture.at());
    }
}

/// Two records of one customer: what the other one put right. Returns the objects.
pub(in crate::engine::memory) fn merged(cx: &mut Context<'_>) -> Vec<Box<str>> {
    let mut right = Vec::new();
    let Some(rare) = cx.c.rare.present() else { return right };
    let Some(market) = &mut rare.market else { return right };
    let Mismatches { list, gestures } = &mut market.mismatches;
    for mismatch in list.iter_mut().filter(|m| m.closed.is_none()) {
        let about = |r: &&Repair| {
            r.is_about(&mismatch.object) || mismatch.correlation.as_deref().is_some_and(|id| r.is_about(id))
        };
        let since = mismatch.again.as_ref().unwrap_or(&mismatch.fact).time;
        let repairs = cx.c.repairs.iter().chain(&*gestures).filter(about).map(|r| r.at());
        mismatch.closed = repairs.filter(|at| *at >= since).min();
        if mismatch.closed.is_some() {
            right.push(mismatch.object.clone());
        }
    }
    right
}

/// Whether both are known and agree.
fn agree(expected: &Option<Scalar<'_>>, actual: &Option<Scalar<'_>>) -> bool {
    expected.is_some() && expected == actual
}

/// A delivery is not what was ordered, or all of it came.
pub(super) fn delivery(cx: &mut Context<'_>, event: &Event<'_>, data: &OrderData<'_>, changes: &mut Changes) {
    match event.event_type {
        EventType::DeliveryMismatched if !agree(&data.expected, &data.actual) => {
            let object = event.object_id(&data.order_id).to_owned();
            mismatch(cx, event, &object, false, changes);
        }
        EventType::DeliveryCompleted => put_right(cx, event, [data.order_id.as_deref(), None], changes),
        _ => {}
    }
}

/// A bill is not what was agreed, or was credited.
pub(super) fn billing(cx: &mut Context<'_>, event: &Event<'_>, data: &BillingData<'_>, changes: &mut Changes) {
    match event.event_type {
        EventType::BillingDiscrepancy if !agree(&data.expected, &data.actual) => {
            let own = data.order_id.as_ref().or(data.invoice_id.as_ref()).cloned();
            let object = event.object_id(&own).to_owned();
            mismatch(cx, event, &object, true, changes);
        }
        EventType::CreditIssued => {
            put_right(cx, event, [data.order_id.as_deref(), data.invoice_id.as_deref()], changes);
        }
        _ => {}
    }
}

/// A gesture about an order.
pub(super) fn care(cx: &mut Context<'_>, event: &Event<'_>, data: &CareData<'_>, changes: &mut Changes) {
    if event.event_type != EventType::CareGesture {
        return;
    }
    let ids = [data.order_id.as_deref(), event.correlation_id.as_deref()];
    for id in ids.into_iter().flatten() {
        let gestures = &mut market(&mut cx.c.rare).mismatches.gestures;
        push_tight(gestures, Repair::new(id, event.time));
        if gestures.len() > REPAIRS_MAX {
            gestures.remove(0);
        }
    }
    put_right(cx, event, [data.order_id.as_deref(), None], changes);
}

fn mismatch(cx: &mut Context<'_>, event: &Event<'_>, object: &str, billed: bool, changes: &mut Changes) {
    let lapsed = cx.c.highest - cx.rules.grievances.failure_lapses_after;
    let correlation = event.correlation_id.as_deref();
    let about = |r: &&Repair| r.is_about(object) || correlation.is_some_and(|id| r.is_about(id));
    let gestures = cx.c.rare.market.iter().flat_map(|market| &market.mismatches.gestures);
    let repairs = cx.c.repairs.iter().chain(gestures).filter(about).map(|r| r.at());
    let closed = repairs.filter(|at| *at >= event.time).min();
    let now = cx.c.highest;
    let mismatches = &mut market(&mut cx.c.rare).mismatches;
    let old = |m: &Mismatch| m.fact.time < lapsed || m.closed.is_some_and(|at| now - at > TOMBSTONE);
    mismatches.list.retain(|m| !old(m));
    if let Some(open) = mismatches.list.iter_mut().find(|m| &*m.object == object && m.closed.is_none()) {
        // The same object again: not broken twice.
        let fact = Fact::new(event, None);
        let later = if fact.time < open.fact.time { std::mem::replace(&mut open.fact, fact) } else { fact };
        if open.again.as_ref().is_none_or(|again| again.time <= later.time) {
            open.again = Some(later);
        }
        return;
    }
    make_room(&mut mismatches.list, |m| m.closed.is_some());
    let correlation = correlation.map(Into::into);
    let fact = Fact::new(event, None);
    push_tight(
        &mut mismatches.list,
        Mismatch { object: object.into(), correlation, fact, again: None, billed, closed },
    );
    cx.c.ledgers.add(Ledger::PromiseBroken, 1.0, event.time, &event.id);
    changes.mismatch = Some(object.into());
}

/// What puts right everything that is about the same object or correlation.
fn put_right(cx: &mut Context<'_>, event: &Event<'_>, objects: [Option<&str>; 2], changes: &mut Changes) {
    let Some(market) = cx.c.rare.present().and_then(|parts| parts.market.as_mut()) else { return };
    let [order, bill] = objects;
    let ids = [order, bill, event.correlation_id.as_deref()];
    for mismatch in market.mismatches.list.iter_mut().filter(|m| m.closed.is_none() && m.fact.time <= event.time) {
        let own = |id: &str| id == &*mismatch.object || mismatch.correlation.as_deref() == Some(id);
        if !ids.into_iter().flatten().any(own) {
            continue;
        }
        match mismatch.again.take_if(|again| again.time > event.time) {
            Some(again) => {
                // It was put right in between, and went wrong a second time.
                cx.c.ledgers.add(Ledger::PromiseBroken, 1.0, again.time, again.event_id());
                mismatch.fact = again;
            }
            None => {
                mismatch.closed = Some(event.time);
                changes.rectified.push(mismatch.object.clone());
            }
        }
    }
}
