//! M34, FORCED_CONTACT: the service was cut off so that the customer had to call.

use thin_vec::thin_vec;

use super::{Detector, ends, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::{LiveAlert, Raise};
use crate::engine::context::Context;
use crate::engine::memory::Changes;
use crate::engine::memory::market::cuts::{Call, calls_after, is_call};
use crate::model::alert::{Facts, Reason, Severity, Status};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

const KIND: Kind = Kind::ForcedContact;

/// The cut and the contact arrive in either order.
fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if changes.moved.is_some() {
        merged(cx, event.time);
    }
    match (event.event_type, &event.data) {
        (EventType::ContactStarted, Data::Contact(data)) if is_call(event, data) => {
            look(cx, event.time, event.time);
        }
        (EventType::ServiceSuspended, _) => {
            let window = cx.rules.market.forced_contact.window;
            look(cx, event.time, event.time + window);
        }
        (EventType::ServiceRestored, _) => restored(cx, event.time),
        _ => {}
    }
}

/// A service may have been cut off, or restored, under another name of the customer.
fn merged(cx: &mut Context<'_>, time: Time) {
    let window = cx.rules.market.forced_contact.window;
    let Some(cuts) = cx.c.rare.market.as_deref().map(|market| &market.cuts) else { return };
    let told = |call: &Call| cx.c.alerts.iter().any(|a| a.is(KIND, Some(&call.object)));
    let untold: Vec<Call> = cx.c.calls.iter().filter(|call| !told(call)).cloned().collect();
    let over = |a: &&LiveAlert| a.kind == KIND && a.is_live() && cuts.forced(a.first_event_time, window).is_none();
    let over: Vec<Option<Box<str>>> = cx.c.alerts.iter().filter(over).map(|a| a.object.clone()).collect();
    for object in over {
        cx.clear(KIND, object.as_deref(), Reason::SourceClosed, Span::ZERO, time);
    }
    for call in untold {
        forced(cx, &call);
    }
}

/// Looks at the contacts from `from` to `to`, both inclusive: which of them was forced?
fn look(cx: &mut Context<'_>, from: Time, to: Time) {
    if cx.c.rare.market.is_none() {
        return; // No cut is known.
    }
    let calls: Vec<Call> = calls_after(cx.c, from, to - from).cloned().collect();
    for call in calls {
        forced(cx, &call);
    }
}

fn forced(cx: &mut Context<'_>, call: &Call) {
    let rules = &cx.rules.market.forced_contact;
    let Some(market) = cx.c.rare.market.as_deref() else { return };
    let Some(cut) = market.cuts.forced(call.fact.time, rules.window) else { return };
    let facts = Facts { since: Some(cut.time), ..Facts::default() };
    let evidence = thin_vec![cut.clone(), call.fact.clone()];
    let expires_at = ends(cx, KIND, Some(&call.object), rules.expires_after);
    let time = call.fact.time;
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, Some(&call.object), Severity::Error, time) });
}

/// The service is back: after the contact, or, as is known only now, before it.
fn restored(cx: &mut Context<'_>, time: Time) {
    let window = cx.rules.market.forced_contact.window;
    let told = |a: &&LiveAlert| a.kind == KIND && (a.is_live() || a.status == Status::Expired);
    let alerts: Vec<(Option<Box<str>>, Time, Time)> =
        cx.c.alerts
            .iter()
            .filter(told)
            .map(|a| (a.object.clone(), a.first_event_time, a.facts.since.unwrap_or(a.first_event_time)))
            .collect();
    for (object, called, cut) in alerts {
        let still = cx.c.rare.market.as_deref().is_some_and(|market| market.cuts.was_forced(called, window));
        let reason = match () {
            () if time < cut => continue,
            () if time >= called => Reason::SourceClosed,
            () if still => continue,
            () => Reason::LateFact,
        };
        cx.clear(KIND, object.as_deref(), reason, Span::ZERO, time);
    }
}
