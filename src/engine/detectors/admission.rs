//! M13, NO_ADMISSION: something went wrong that is ours to answer for, and nobody has said sorry. While COMPLAINT_STALLED
//! speaks for the complaint, saying sorry is one more step of its action.

use thin_vec::ThinVec;

use super::{Detector, stalled};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::grievance::Complaint;
use crate::engine::memory::Changes;
use crate::engine::memory::amends::Amends;
use crate::engine::rules::Rules;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

fn is_waiting(case: &Complaint) -> bool {
    case.admission_due < Time::MAX && !case.admission_missed && !case.admitted && case.is_open()
}

/// What would have been in time comes after the limit, and so shows that it has passed.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let passed = |case: &Complaint| is_waiting(case) && case.admission_due < event.time;
    let mut ids: Vec<Box<str>> = Vec::new();
    match &event.data {
        Data::Complaint(data) => {
            let ends = matches!(
                event.event_type,
                EventType::ComplaintResolved | EventType::ComplaintClosed | EventType::ComplaintWithdrawn
            );
            if ends || data.admission == Some(true) {
                let id = event.object_id(&data.complaint_id);
                ids.extend(cx.c.rare.complaints.iter().find(|c| &*c.id == id && passed(c)).map(|c| c.id.clone()));
            }
        }
        Data::Care(_) => {
            let Some(apology) = Amends::of(event).filter(|amends| amends.is_apology) else { return };
            let meant = |case: &&Complaint| apology.is_meant_for(cx.c, &case.id, case.correlation.as_deref());
            ids.extend(cx.c.rare.complaints.iter().filter(|c| passed(c)).filter(meant).map(|c| c.id.clone()));
            ids.sort();
        }
        _ => return,
    }
    for id in ids {
        let Some(due) = cx.c.rare.complaints.iter().find(|c| c.id == id).map(|c| c.admission_due) else { continue };
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| miss(cx, &id));
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if event.event_type == EventType::CareApology || changes.moved.is_some() {
        let admitted = |case: &&Complaint| case.admission_missed && case.admitted;
        let ids: Vec<Box<str>> = cx.c.rare.complaints.iter().filter(admitted).map(|c| c.id.clone()).collect();
        for id in ids {
            settled(cx, &id, event.time);
        }
    }
    if let Some((id, _)) = &changes.complaint {
        settled(cx, id, event.time);
    }
    for id in &changes.answered {
        // COMPLAINT_STALLED may have closed by the answer: it no longer speaks for what is still owed.
        let owed = cx.c.rare.complaints.iter().any(|c| c.id == *id && c.lacks_admission());
        if owed && cx.c.live(Kind::ComplaintStalled, Some(id)).is_none() {
            tell(cx, id, event.time);
        }
    }
}

/// Closes what was told about the complaint `id` if nothing is owed any more.
fn settled(cx: &mut Context<'_>, id: &str, time: Time) {
    let Some(case) = cx.c.rare.complaints.iter_mut().find(|c| &*c.id == id) else { return };
    if !case.admission_missed || case.lacks_admission() {
        return;
    }
    let in_time = time <= case.admission_due;
    if in_time {
        case.admission_missed = false;
    }
    let reason = if in_time { Reason::LateFact } else { Reason::SourceClosed };
    cx.clear(Kind::NoAdmission, Some(id), reason, Span::ZERO, time);
    if cx.c.live(Kind::ComplaintStalled, Some(id)).is_some_and(|alert| alert.folded == Some(Kind::NoAdmission)) {
        stalled::tell(cx, id, time);
    }
}

fn deadline(c: &Customer, _: &Rules) -> Time {
    c.rare.complaints.iter().filter(|c| is_waiting(c)).map(|c| c.admission_due).min().unwrap_or(Time::MAX)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let is_due = |c: &&Complaint| is_waiting(c) && c.admission_due <= due;
    let mut ids: Vec<Box<str>> = cx.c.rare.complaints.iter().filter(is_due).map(|c| c.id.clone()).collect();
    ids.sort();
    for id in ids {
        miss(cx, &id);
    }
}

/// The limit for saying sorry has passed.
fn miss(cx: &mut Context<'_>, id: &str) {
    let Some(case) = cx.c.rare.complaints.iter_mut().find(|c| &*c.id == id) else { return };
    case.admission_missed = true;
    let due = case.admission_due;
    if cx.c.live(Kind::ComplaintStalled, Some(id)).is_some() {
        stalled::tell(cx, id, due);
    } else {
        tell(cx, id, due);
    }
}

/// Tells that nobody has said sorry for the complaint `id`.
fn tell(cx: &mut Context<'_>, id: &str, time: Time) {
    let Some(case) = cx.c.rare.complaints.iter().find(|c| &*c.id == id) else { return };
    let mut evidence: ThinVec<Fact> = case.voice().into_iter().chain(&case.responses).cloned().collect();
    evidence.sort_by_key(|f| f.time);
    let facts = Facts {
        since: Some(case.started),
        due: Some(case.admission_due),
        days: Some(super::whole_days(case.started, time)),
        count: Some(case.responses.len() as u32).filter(|n| *n > 0),
        ..Facts::default()
    };
    let incident = case.incident.clone();
    let expires_at = Some(cx.now + cx.rules.quality.admission.expires_after);
    let raise = Raise::new(Kind::NoAdmission, Some(id), Severity::Info, time);
    cx.raise(Raise { evidence, facts, incident, expires_at, ..raise });
}
