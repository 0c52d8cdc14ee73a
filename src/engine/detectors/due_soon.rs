//! M45, COMPLAINT_DUE_SOON: most of the time to solve a complaint is over. Act before it is late.

use super::Detector;
use super::stalled::opening_and_last_step;
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::grievance::Complaint;
use crate::engine::memory::{CaseChange, Changes};
use crate::engine::rules::Rules;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

fn is_waiting(case: &Complaint) -> bool {
    !case.soon_told && case.is_open()
}

/// A solution after that time shows that it has passed without one.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let Data::Complaint(data) = &event.data else { return };
    if !matches!(
        event.event_type,
        EventType::ComplaintResolved | EventType::ComplaintClosed | EventType::ComplaintWithdrawn
    ) {
        return;
    }
    let id = event.object_id(&data.complaint_id);
    let Some(case) = cx.c.rare.complaints.iter().find(|c| &*c.id == id) else { return };
    let due = case.soon_due;
    if is_waiting(case) && due < event.time {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| soon(cx, id));
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    let Some((id, CaseChange::Solved | CaseChange::Withdrawn)) = &changes.complaint else { return };
    let Some(case) = cx.c.rare.complaints.iter().find(|c| c.id == *id && !c.is_open()) else { return };
    let reason = if event.time <= case.soon_due { Reason::LateFact } else { Reason::SourceClosed };
    cx.clear(Kind::ComplaintDueSoon, Some(id), reason, Span::ZERO, event.time);
}

fn deadline(c: &Customer, _: &Rules) -> Time {
    c.rare.complaints.iter().filter(|c| is_waiting(c)).map(|c| c.soon_due).min().unwrap_or(Time::MAX)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let is_due = |c: &&Complaint| is_waiting(c) && c.soon_due <= due;
    let mut ids: Vec<Box<str>> = cx.c.rare.complaints.iter().filter(is_due).map(|c| c.id.clone()).collect();
    ids.sort();
    for id in ids {
        soon(cx, &id);
    }
}

/// The time of the complaint `id` is nearly over.
fn soon(cx: &mut Context<'_>, id: &str) {
    let Some(case) = cx.c.rare.complaints.iter_mut().find(|c| &*c.id == id) else { return };
    case.soon_told = true;
    let (soon, limit) = (case.soon_due, case.resolve_due);
    if limit <= cx.now {
        return; // Known too late: COMPLAINT_STALLED speaks for it.
    }
    let facts = Facts {
        since: Some(case.started),
        due: Some(limit),
        days: Some(super::whole_days(case.started, soon)),
        ..Facts::default()
    };
    let (evidence, incident) = (opening_and_last_step(case), case.incident.clone());
    let raise = Raise::new(Kind::ComplaintDueSoon, Some(id), Severity::Info, soon);
    cx.raise(Raise { evidence, facts, incident, act_by: ActBy::At(limit), expires_at: Some(limit), ..raise });
}
