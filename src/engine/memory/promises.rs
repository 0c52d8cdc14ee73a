//! How the steps of a promise change it.

use super::{Changes, PromiseChange};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::grievance::make_room;
use crate::engine::promise::{Breach, Promise, PromiseState, due_soon_at};
use crate::engine::tight::push_tight;
use crate::model::event::PromiseData;
use crate::model::{Event, EventType, Span, Time};

pub(super) fn promise(cx: &mut Context<'_>, event: &Event<'_>, data: &PromiseData<'_>, changes: &mut Changes) {
    let time = event.time;
    let id = event.object_id(&data.promise_id);
    let rules = &cx.rules.promises;
    let due = |cx: &Context<'_>| data.due.unwrap_or_else(|| cx.business(time, rules.default_length));
    let grace = data.grace_s.map_or(rules.grace, |s| Span((s.max(0.0) * 1_000.0) as i64));
    let quote = data.text.as_deref().filter(|_| cx.rules.alerts.quotes);
    let found = cx.c.rare.promises.iter().position(|p| &*p.id == id);
    let index = found.unwrap_or_else(|| {
        make_room(&mut cx.c.rare.promises, |p| !p.is_pending());
        push_tight(
            &mut cx.c.rare.promises,
            Promise {
                id: id.into(),
                made: None,
                renegotiated: None,
                due: Time::MAX,
                due_given: false,
                grace,
                due_soon: Time::MAX,
                due_soon_told: false,
                state: PromiseState::Open,
                state_at: time,
                breach: None,
                by: None,
                broken_at: None,
                reported: None,
                ledger_at: None,
            },
        );
        cx.c.rare.promises.len() - 1
    });
    let promise = &mut cx.c.rare.promises[index];
    if promise.by.is_none() {
        promise.by = data.by.as_deref().map(Into::into);
    }
    let change = match event.event_type {
        EventType::PromiseMade => {
            // The same object made twice changes nothing but a missing due time.
            let again = cx.c.rare.promises[index].made.is_some();
            if again
                && (cx.c.rare.promises[index].due_given
                    || data.due.is_none()
                    || !cx.c.rare.promises[index].is_pending())
            {
                return;
            }
            let due = due(cx);
            let promise = &mut cx.c.rare.promises[index];
            let made = promise.made.get_or_insert_with(|| Fact::new(event, quote)).time;
            if promise.renegotiated.is_none() {
                (promise.due, promise.grace, promise.due_given) = (due, grace, data.due.is_some());
                promise.due_soon = due_soon_at(made, due, rules);
            }
            match promise.state {
                PromiseState::Open => Some(PromiseChange::Made),
                PromiseState::Kept if promise.state_at > promise.deadline() => Some(PromiseChange::MadeKeptLate),
                PromiseState::Kept | PromiseState::Cancelled => None,
            }
        }
        EventType::PromiseRenegotiated => {
            let due = due(cx);
            let promise = &mut cx.c.rare.promises[index];
            if promise.renegotiated.as_ref().is_some_and(|r| r.time > time) || promise.state != PromiseState::Open {
                return;
            }
            let in_time = time <= promise.deadline();
            promise.renegotiated = Some(Fact::new(event, quote));
            (promise.due, promise.due_given) = (due, true);
            promise.grace = data.grace_s.map_or(promise.grace, |_| grace);
            promise.due_soon = due_soon_at(time, due, rules);
            promise.due_soon_told = false;
            promise.state_at = time;
            Some(if in_time { PromiseChange::Renegotiated } else { PromiseChange::RenegotiatedLate })
        }
        EventType::PromiseKept => {
            let promise = &mut cx.c.rare.promises[index];
            if promise.state != PromiseState::Open || matches!(promise.breach, Some(Breach::Declared(at)) if at > time)
            {
                return;
            }
            let in_time = time <= promise.deadline();
            promise.state = PromiseState::Kept;
            promise.state_at = time;
            Some(match promise.breach {
                Some(Breach::Passed) if in_time => PromiseChange::KeptAfterAll,
                Some(_) => PromiseChange::KeptLate,
                None if in_time => PromiseChange::Kept,
                None => PromiseChange::KeptLate,
            })
        }
        EventType::PromiseBroken => {
            let promise = &mut cx.c.rare.promises[index];
            if promise.breach.is_some() || promise.state != PromiseState::Open {
                return;
            }
            promise.breach = Some(Breach::Declared(time));
            if promise.made.is_none() {
                promise.made = Some(Fact::new(event, quote));
            }
            promise.state_at = time;
            Some(PromiseChange::Declared)
        }
        _ => {
            let promise = &mut cx.c.rare.promises[index];
            if promise.state != PromiseState::Open {
                return;
            }
            promise.state = PromiseState::Cancelled;
            promise.state_at = time;
            let after_all = promise.breach == Some(Breach::Passed) && time <= promise.deadline();
            Some(if after_all { PromiseChange::KeptAfterAll } else { PromiseChange::Cancelled })
        }
    };
    if let Some(change) = change {
        changes.promise = Some((cx.c.rare.promises[index].id.clone(), change));
    }
}
