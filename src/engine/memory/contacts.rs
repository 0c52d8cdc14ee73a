//! What contacts leave behind: answers, effort, attempts given up, ends that solved nothing.

use super::complaints::answer;
use super::failures::{failure, repair};
use super::{Changes, feel, human};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::grievance::{FailureKind, ITEMS_MAX};
use crate::engine::ledger::Ledger;
use crate::model::event::{ContactData, Direction};
use crate::model::{Event, EventType, Time};

pub(super) fn contact(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>, changes: &mut Changes) {
    let time = event.time;
    let correlation = event.correlation_id.as_deref();
    feel(cx, data.sentiment, event);
    let outbound = data.direction == Some(Direction::Outbound);
    match event.event_type {
        EventType::ContactStarted if !outbound => {
            // Asking again about something that is still open.
            let again = cx.c.open_complaints().next().is_some()
                || cx.c.open_failures().any(|f| f.kind == FailureKind::Unresolved);
            if again {
                cx.c.ledgers.add(Ledger::Effort, 1.0, time, &event.id);
            }
        }
        EventType::ContactTransferred => cx.c.ledgers.add(Ledger::Effort, 1.0, time, &event.id),
        EventType::ContactAnswered => {
            answered_contact(cx, event, data, changes);
            human(cx, time, changes);
            cx.c.last_answered = cx.c.last_answered.max(time);
            uncount_abandoned(cx, time);
        }
        EventType::ContactMessage if outbound => {
            answered_contact(cx, event, data, changes);
            if data.auto != Some(true) {
                human(cx, time, changes);
            }
        }
        EventType::ContactAbandoned => abandoned(cx, event, data, changes),
        EventType::ContactEnded => match data.resolved {
            Some(true) => repair(cx, event, data.contact_id.as_deref(), correlation, changes),
            Some(false) => {
                let object = data.contact_id.as_deref().or(correlation).unwrap_or(&event.id).to_owned();
                failure(cx, event, FailureKind::Unresolved, &object, changes);
            }
            None => {}
        },
        _ => {}
    }
}

pub(super) fn answered_contact(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>, changes: &mut Changes) {
    let Some(rare) = cx.c.rare.present() else { return };
    for case in &mut rare.complaints {
        if case.is_about(event.correlation_id.as_deref(), data.complaint_id.as_deref()) {
            answer(case, event.time, changes);
        }
    }
}

pub(super) fn abandoned(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>, changes: &mut Changes) {
    let rules = &cx.rules.abandonment;
    if data.wait_s.is_some_and(|s| s * 1_000.0 < rules.min_wait.0 as f64) {
        return;
    }
    let answered = cx.c.last_answered;
    if answered >= event.time && answered - event.time <= rules.answered_within {
        return; // Answered within the hour, which was known before.
    }
    let at = cx.c.rare.abandoned.partition_point(|f| f.time <= event.time);
    let same = |other: Option<&Fact>| other.is_some_and(|f| (event.time - f.time).0.abs() < rules.same_attempt.0);
    if same(at.checked_sub(1).and_then(|i| cx.c.rare.abandoned.get(i))) || same(cx.c.rare.abandoned.get(at)) {
        return;
    }
    let fact = Fact::new(event, data.text.as_deref().filter(|_| cx.rules.alerts.quotes));
    cx.c.rare.abandoned.insert(at, fact);
    let oldest = cx.c.highest - rules.window;
    cx.c.rare.abandoned.retain(|f| f.time > oldest);
    if cx.c.rare.abandoned.len() > ITEMS_MAX {
        cx.c.rare.abandoned.remove(0);
    }
    cx.c.ledgers.add(Ledger::ContactAbandoned, 1.0, event.time, &event.id);
    changes.abandoned = true;
}

/// Answered within an hour: the attempts before it were not given up after all.
pub(super) fn uncount_abandoned(cx: &mut Context<'_>, time: Time) {
    let within = cx.rules.abandonment.answered_within;
    let Some(rare) = cx.c.rare.present() else { return };
    let (kept, gone): (Vec<Fact>, Vec<Fact>) =
        rare.abandoned.drain(..).partition(|f| f.time > time || time - f.time > within);
    rare.abandoned = kept.into_iter().collect();
    for fact in gone {
        cx.c.ledgers.take_back(Ledger::ContactAbandoned, 1.0, fact.time);
    }
}
