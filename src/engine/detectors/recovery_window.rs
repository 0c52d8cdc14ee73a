//! M11, RECOVERY_WINDOW: the first failure in a long time was put right, and the customer says so: thank them, once.

use thin_vec::thin_vec;

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::grievance::CaseState;
use crate::engine::ledger::Ledger;
use crate::engine::memory::amends::Amends;
use crate::engine::memory::quality::{is_content, other_failed};
use crate::engine::memory::{CaseChange, Changes};
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

/// Something that failed and was put right, and whose customer is content.
struct Recovery {
    object: Box<str>,
    opened: Fact,
    resolved: Fact,
    confirmed: Fact,
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    let reopened = matches!(changes.complaint, Some((_, CaseChange::Opened | CaseChange::Reopened)));
    if reopened || changes.failure.is_some() {
        failed(cx, event.time);
    }
    if changes.moved.is_some() {
        failed_otherwise(cx, event.time);
    }
    match (&event.data, event.event_type) {
        (Data::Complaint(_), _) => {
            let id = changes.complaint.as_ref().map(|(id, _)| id);
            if let Some(recovery) = id.and_then(|id| of_complaint(cx, id)) {
                weigh(cx, recovery);
            }
        }
        (Data::Feedback(data), EventType::SurveyAnswered) if is_content(data) => {
            let Some(about) = event.correlation_id.as_deref() else { return };
            let cases = cx.c.rare.complaints.iter().filter(|c| c.is_about(Some(about), None));
            let cases: Vec<Recovery> = cases.filter_map(|c| of_complaint(cx, &c.id)).collect();
            let recoveries = cases.into_iter().chain(on_the_spot(cx, about, event)).collect::<Vec<_>>();
            for recovery in recoveries {
                weigh(cx, recovery);
            }
        }
        (Data::Care(_), EventType::CareGesture) => thanked(cx, event.time),
        (Data::Care(data), EventType::CareOutreach) if data.by.as_deref() == Some("human") => thanked(cx, event.time),
        _ => {}
    }
}

/// The complaint `id`, if it is solved and the customer agreed in time.
fn of_complaint(cx: &Context<'_>, id: &str) -> Option<Recovery> {
    let case = cx.c.rare.complaints.iter().find(|c| &*c.id == id && c.state == CaseState::Resolved)?;
    let (opened, resolved, confirmed) = (case.opened.clone()?, case.solved.clone()?, case.confirmed.clone()?);
    Some(Recovery { object: case.id.clone(), opened, resolved, confirmed })
}

/// The failure that nobody filed, if it was made good on the spot and `event` says that the customer is content.
fn on_the_spot(cx: &Context<'_>, about: &str, event: &Event<'_>) -> Option<Recovery> {
    let failures = cx.c.rare.failures.iter().filter(|f| f.is_about(Some(about), Some(about)));
    let amends = &cx.c.rare.quality.as_ref()?.amends;
    let mut found = failures.filter_map(|failure| {
        let by: &Amends = amends.iter().find(|amends| Some(amends.fact.time) == failure.closed)?;
        Some(Recovery {
            object: failure.object.clone(),
            opened: failure.fact.clone(),
            resolved: by.fact.clone(),
            confirmed: Fact::new(event, None),
        })
    });
    found.next_back()
}

/// Opens the alert unless it comes too late, the failure was not the first, or the customer was thanked within the year.
fn weigh(cx: &mut Context<'_>, recovery: Recovery) {
    let rules = &cx.rules.quality.recovery;
    let (opened, resolved, confirmed) = (recovery.opened.time, recovery.resolved.time, recovery.confirmed.time);
    let quality = cx.c.rare.quality.as_deref();
    let within = (resolved..=resolved + rules.confirmed_within).contains(&confirmed);
    let last = quality.and_then(|quality| quality.thanked);
    let thanked = last.is_some_and(|at| (confirmed - at).0.abs() < rules.at_most_every.0);
    // Known late: somebody has been in touch with them since.
    let gesture = |amends: &Amends| !amends.is_apology && amends.fact.time >= confirmed;
    let touched = cx.c.last_human > confirmed || quality.is_some_and(|quality| quality.amends.iter().any(gesture));
    let from = opened - rules.first_failure_in;
    if !within || thanked || touched || failed_between(cx.c, &recovery.object, from, cx.now) {
        return;
    }
    let facts = Facts { since: Some(resolved), days: Some(super::whole_days(opened, resolved)), ..Facts::default() };
    let expires_at = Some(cx.now + rules.expires_after);
    let mut evidence = thin_vec![recovery.opened, recovery.resolved, recovery.confirmed];
    evidence.sort_by_key(|fact| fact.time);
    let raise = Raise::new(Kind::RecoveryWindow, Some(&recovery.object), Severity::Info, confirmed);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
    cx.c.rare.quality.get_or_insert_default().thanked = Some(confirmed);
}

/// Whether anything but `object` has failed after `from` and until `until`; a promise not kept is a failure too.
fn failed_between(c: &Customer, object: &str, from: Time, until: Time) -> bool {
    let broken = c.ledgers.get(Ledger::PromiseBroken).is_some_and(|broken| broken.at > from && broken.at <= until);
    broken || other_failed(c, object, from, until)
}

/// The live alerts: what each is about, since when that had failed, and when the customer was content.
fn live(cx: &Context<'_>) -> Vec<(Box<str>, Time, Time)> {
    let live = cx.c.alerts.iter().filter(|a| a.is_live() && a.kind == Kind::RecoveryWindow);
    live.filter_map(|a| Some((a.object.clone()?, a.evidence.first()?.time, a.first_event_time))).collect()
}

/// Something else has failed: there is nothing to be thanked for.
pub(super) fn failed(cx: &mut Context<'_>, time: Time) {
    for (object, opened, content) in live(cx) {
        if time <= opened - cx.rules.quality.recovery.first_failure_in {
            continue;
        }
        // It failed before they were content: this was not the first failure.
        let reason = if time <= content { Reason::LateFact } else { Reason::ConditionFalse };
        cx.clear(Kind::RecoveryWindow, Some(&object), reason, Span::ZERO, time);
        if let Some(quality) = &mut cx.c.rare.quality
            && reason == Reason::LateFact
        {
            quality.thanked = None;
        }
    }
}

/// Something else had failed under another name of the customer.
fn failed_otherwise(cx: &mut Context<'_>, time: Time) {
    for (object, opened, content) in live(cx) {
        let from = opened - cx.rules.quality.recovery.first_failure_in;
        let reason = match () {
            () if failed_between(cx.c, &object, from, content) => Reason::LateFact,
            () if failed_between(cx.c, &object, from, cx.now) => Reason::ConditionFalse,
            () => continue,
        };
        cx.clear(Kind::RecoveryWindow, Some(&object), reason, Span::ZERO, time);
    }
}

/// A person has been in touch since, or there was a gesture.
fn thanked(cx: &mut Context<'_>, time: Time) {
    for (object, _, content) in live(cx) {
        if time >= content {
            cx.clear(Kind::RecoveryWindow, Some(&object), Reason::SourceClosed, Span::ZERO, time);
        }
    }
}
