//! M14, PROMISE_DUE_SOON and PROMISE_BROKEN: a promise is nearly due; a promise was not kept.

use thin_vec::ThinVec;

use super::{Detector, double_deviation, recovery_window, trust};
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::ledger::Ledger;
use crate::engine::memory::{Changes, PromiseChange};
use crate::engine::promise::{Breach, Promise};
use crate::engine::rules::Rules;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

/// A step after the deadline shows that it has passed without the promise being kept.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let Data::Promise(data) = &event.data else { return };
    if !matches!(
        event.event_type,
        EventType::PromiseKept | EventType::PromiseRenegotiated | EventType::PromiseCancelled
    ) {
        return;
    }
    let id = event.object_id(&data.promise_id);
    let Some(promise) = cx.c.rare.promises.iter().find(|p| &*p.id == id) else { return };
    let due = promise.deadline();
    if promise.is_pending() && due < event.time {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| broken(cx, id, Breach::Passed, due));
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if changes.moved.is_some() {
        // Kept in time under one name, and taken for broken under the other.
        let ended = cx.c.rare.promises.iter().filter(|p| p.ended_in_time());
        let ids: Vec<Box<str>> = ended.map(|p| p.id.clone()).collect();
        for id in ids {
            forgive(cx, &id, event.time);
        }
    }
    let Some((id, change)) = &changes.promise else { return };
    let time = event.time;
    match change {
        // The timer tells of it, also when it was known only after its time.
        PromiseChange::Made => {}
        PromiseChange::MadeKeptLate => {
            let at = cx.c.rare.promises.iter().find(|p| p.id == *id).map_or(time, Promise::deadline);
            cx.count(Ledger::PromiseBroken, 1.0, at, &event.id);
        }
        PromiseChange::Renegotiated => {
            cx.clear(Kind::PromiseDueSoon, Some(id), Reason::SourceClosed, Span::ZERO, time);
            forgive(cx, id, time);
        }
        PromiseChange::RenegotiatedLate => {
            // The new time may be kept or broken once more; the alert stays until it is kept.
            if let Some(promise) = cx.c.rare.promises.iter_mut().find(|p| p.id == *id) {
                promise.breach = None;
            }
        }
        PromiseChange::Kept | PromiseChange::KeptLate | PromiseChange::Cancelled => {
            cx.clear(Kind::PromiseDueSoon, Some(id), Reason::SourceClosed, Span::ZERO, time);
            cx.clear(Kind::PromiseBroken, Some(id), Reason::SourceClosed, Span::ZERO, time);
        }
        PromiseChange::KeptAfterAll => {
            cx.clear(Kind::PromiseDueSoon, Some(id), Reason::SourceClosed, Span::ZERO, time);
            forgive(cx, id, time);
        }
        PromiseChange::Declared => broken(cx, id, Breach::Declared(time), time),
    }
}

/// It was not broken after all: what it cost in trust is taken back, and what was told of it.
fn forgive(cx: &mut Context<'_>, id: &str, time: Time) {
    let Some(promise) = cx.c.rare.promises.iter_mut().find(|p| &*p.id == id) else { return };
    (promise.breach, promise.broken_at) = (None, None);
    if let Some(at) = promise.ledger_at.take() {
        cx.c.ledgers.take_back(Ledger::PromiseBroken, 1.0, at);
        double_deviation::forgive(cx, id);
        trust::forgiven(cx, id, time);
        cx.remember();
    }
    cx.clear(Kind::PromiseBroken, Some(id), Reason::LateFact, Span::ZERO, time);
    cx.clear(Kind::DoubleDeviation, Some(id), Reason::LateFact, Span::ZERO, time);
}

fn deadline(c: &Customer, _: &Rules) -> Time {
    let mut earliest = Time::MAX;
    for promise in c.rare.promises.iter().filter(|p| p.is_pending()) {
        if !promise.due_soon_told {
            earliest = earliest.min(promise.due_soon);
        }
        earliest = earliest.min(promise.deadline());
    }
    earliest
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let pending = |cx: &Context<'_>, is_due: &dyn Fn(&Promise) -> bool| {
        let mut ids: Vec<Box<str>> =
            cx.c.rare.promises.iter().filter(|p| p.is_pending() && is_due(p)).map(|p| p.id.clone()).collect();
        ids.sort();
        ids
    };
    for id in pending(cx, &|p| !p.due_soon_told && p.due_soon <= due && p.deadline() > due) {
        due_soon(cx, &id);
    }
    for id in pending(cx, &|p| p.deadline() <= due) {
        broken(cx, &id, Breach::Passed, due);
    }
}

fn due_soon(cx: &mut Context<'_>, id: &str) {
    let Some(promise) = cx.c.rare.promises.iter_mut().find(|p| &*p.id == id) else { return };
    promise.due_soon_told = true;
    let promise = promise.clone();
    cx.raise(Raise {
        kind: Kind::PromiseDueSoon,
        object: Some(id),
        floor: Severity::Info,
        event_time: promise.due_soon,
        evidence: evidence(&promise),
        facts: facts(&promise, None),
        act_by: ActBy::At(promise.due),
        expires_at: Some(promise.deadline()),
        incident: None,
        limits: ThinVec::new(),
        folded: None,
    });
}

/// The promise `id` was not kept.
fn broken(cx: &mut Context<'_>, id: &str, breach: Breach, at: Time) {
    let Some(promise) = cx.c.rare.promises.iter_mut().find(|p| &*p.id == id) else { return };
    promise.breach = Some(breach);
    promise.due_soon_told = true;
    promise.ledger_at = Some(at);
    promise.broken_at.get_or_insert(at);
    let promise = promise.clone();
    let event_id = promise.made.as_ref().map_or("", Fact::event_id);
    cx.count(Ledger::PromiseBroken, 1.0, at, event_id);
    cx.clear(Kind::PromiseDueSoon, Some(id), Reason::Superseded, Span::ZERO, at);
    let word = if breach == Breach::Passed { FactWord::PromiseDue } else { FactWord::PromiseDeclared };
    recovery_window::failed(cx, at);
    double_deviation::promise_broken(cx, id);
    trust::promise_broken(cx, id, promise.made.clone(), at);
    cx.raise(Raise {
        kind: Kind::PromiseBroken,
        object: Some(id),
        floor: Severity::Error,
        event_time: at,
        evidence: evidence(&promise),
        facts: facts(&promise, Some(word)),
        act_by: ActBy::Severity,
        expires_at: Some(cx.now + cx.rules.promises.broken_expires_after),
        incident: None,
        limits: ThinVec::new(),
        folded: None,
    });
}

fn evidence(promise: &Promise) -> ThinVec<Fact> {
    let mut evidence: ThinVec<Fact> = promise.made.iter().chain(&promise.renegotiated).cloned().collect();
    evidence.sort_by_key(|f| f.time);
    evidence
}

fn facts(promise: &Promise, word: Option<FactWord>) -> Facts {
    let due = Some(promise.due).filter(|due| *due != Time::MAX);
    Facts { since: promise.made.as_ref().map(|f| f.time), due, word, ..Facts::default() }
}
