//! M02, COMPLAINT_STALLED: a complaint waits too long, first for an answer, then for a solution. Limits are business
//! time from the opening, and again from a reopening.

use thin_vec::ThinVec;

use super::Detector;
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::grievance::{CaseState, Complaint};
use crate::engine::memory::{CaseChange, Changes};
use crate::engine::rules::Rules;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::{Data, Direction};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

/// Which limits an event would answer.
enum Answers<'a> {
    Nothing,
    First { complaint_id: Option<&'a str>, correlation: Option<&'a str> },
    Both { complaint_id: &'a str },
}

impl Answers<'_> {
    /// Whether the event answers a limit of `case`.
    fn concern(&self, case: &Complaint) -> bool {
        match self {
            Answers::Nothing => false,
            Answers::Both { complaint_id } => *complaint_id == &*case.id,
            Answers::First { complaint_id, correlation } => case.is_about(*correlation, *complaint_id),
        }
    }
}

fn answers<'a>(event: &'a Event<'_>) -> Answers<'a> {
    match (&event.data, event.event_type) {
        (
            Data::Complaint(data),
            EventType::ComplaintResolved | EventType::ComplaintClosed | EventType::ComplaintWithdrawn,
        ) => Answers::Both { complaint_id: event.object_id(&data.complaint_id) },
        (
            Data::Complaint(data),
            EventType::ComplaintAcknowledged
            | EventType::ComplaintAssessed
            | EventType::ComplaintInvestigating
            | EventType::ComplaintResponded,
        ) => Answers::First { complaint_id: Some(event.object_id(&data.complaint_id)), correlation: None },
        (Data::Contact(data), EventType::ContactAnswered | EventType::ContactMessage) => {
            let answers = event.event_type == EventType::ContactAnswered || data.direction == Some(Direction::Outbound);
            if !answers {
                return Answers::Nothing;
            }
            Answers::First { complaint_id: data.complaint_id.as_deref(), correlation: event.correlation_id.as_deref() }
        }
        _ => Answers::Nothing,
    }
}

/// An answer after its limit shows that the limit has passed without one.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let answers = answers(event);
    let both = match answers {
        Answers::Nothing => return,
        Answers::First { .. } => false,
        Answers::Both { .. } => true,
    };
    let passed: ThinVec<(Box<str>, bool, Time)> = cx
        .c
        .rare
        .complaints
        .iter()
        .filter(|c| c.is_open() && answers.concern(c))
        .flat_map(|c| {
            let first = (misses_answer(c) && c.answer_due < event.time).then(|| (c.id.clone(), false, c.answer_due));
            let second =
                (both && !c.resolve_missed && c.resolve_due < event.time).then(|| (c.id.clone(), true, c.resolve_due));
            first.into_iter().chain(second)
        })
        .collect();
    for (id, second, due) in passed {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| miss(cx, &id, second, due));
    }
}

fn misses_answer(c: &Complaint) -> bool {
    c.is_open() && c.answered.is_none() && !c.answer_missed
}

fn misses_solution(c: &Complaint) -> bool {
    c.is_open() && !c.resolve_missed
}

/// A limit of the complaint `id` has passed.
fn miss(cx: &mut Context<'_>, id: &str, second: bool, due: Time) {
    let Some(case) = cx.c.rare.complaints.iter_mut().find(|c| &*c.id == id) else { return };
    if second {
        case.resolve_missed = true;
    } else {
        case.answer_missed = true;
    }
    cx.remember();
    // One conversation about one complaint.
    cx.clear(Kind::SecondChance, Some(id), Reason::Superseded, Span::ZERO, due);
    cx.clear(Kind::NoAdmission, Some(id), Reason::Superseded, Span::ZERO, due);
    if second {
        cx.clear(Kind::ComplaintDueSoon, Some(id), Reason::Superseded, Span::ZERO, due);
    }
    tell(cx, id, due);
}

/// Tells how the complaint `id` stands, as of `time`; it has missed a limit.
pub(super) fn tell(cx: &mut Context<'_>, id: &str, time: Time) {
    let Some(case) = cx.c.rare.complaints.iter().find(|c| &*c.id == id) else { return };
    let (floor, word, due) = match case.resolve_missed {
        true => (Severity::Error, FactWord::StageResolve, case.resolve_due),
        false => (Severity::Warning, FactWord::StageAcknowledge, case.answer_due),
    };
    let facts = Facts {
        since: Some(case.started),
        due: Some(due),
        days: Some(super::whole_days(case.started, due)),
        word: Some(word),
        ..Facts::default()
    };
    let (evidence, incident) = (opening_and_last_step(case), case.incident.clone());
    let folded = case.lacks_admission().then_some(Kind::NoAdmission);
    let raise = Raise::new(Kind::ComplaintStalled, Some(id), floor, time);
    cx.raise(Raise { evidence, facts, incident, folded, ..raise });
}

/// What an alert about a complaint shows of it.
pub(super) fn opening_and_last_step(case: &Complaint) -> ThinVec<Fact> {
    let mut evidence: ThinVec<Fact> = case.opened.iter().chain(&case.last_step).cloned().collect();
    evidence.sort_by_key(|f| f.time);
    evidence
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    for id in &changes.answered {
        let Some(case) = cx.c.rare.complaints.iter_mut().find(|c| c.id == *id) else { continue };
        if case.resolve_missed || !case.answer_missed {
            continue; // The second limit is not mended by an answer.
        }
        let in_time = event.time <= case.answer_due;
        if in_time {
            case.answer_missed = false;
        }
        let reason = if in_time { Reason::LateFact } else { Reason::SourceClosed };
        cx.clear(Kind::ComplaintStalled, Some(id), reason, Span::ZERO, event.time);
    }
    if changes.moved.is_some() {
        answered_otherwise(cx, event.time);
    }
    let Some((id, CaseChange::Solved | CaseChange::Withdrawn)) = &changes.complaint else { return };
    let Some(case) = cx.c.rare.complaints.iter().find(|c| c.id == *id && c.state != CaseState::Open) else { return };
    // Solved in time after all, and nothing else was missed: the alert should not have been.
    let late = case.resolve_missed && event.time <= case.resolve_due && !case.answer_missed;
    let reason = if late { Reason::LateFact } else { Reason::SourceClosed };
    cx.clear(Kind::ComplaintStalled, Some(id), reason, Span::ZERO, event.time);
}

/// Closes what waits for a first answer that was given under another name of the customer.
fn answered_otherwise(cx: &mut Context<'_>, time: Time) {
    let answered = |c: &&Complaint| c.is_open() && c.answer_missed && !c.resolve_missed && c.answered.is_some();
    let ids: Vec<Box<str>> = cx.c.rare.complaints.iter().filter(answered).map(|c| c.id.clone()).collect();
    for id in ids {
        cx.clear(Kind::ComplaintStalled, Some(&id), Reason::SourceClosed, Span::ZERO, time);
    }
}

fn deadline(c: &Customer, _: &Rules) -> Time {
    let mut earliest = Time::MAX;
    for case in &c.rare.complaints {
        if misses_answer(case) {
            earliest = earliest.min(case.answer_due);
        }
        if misses_solution(case) {
            earliest = earliest.min(case.resolve_due);
        }
    }
    earliest
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let mut passed: Vec<(Box<str>, bool)> = Vec::new();
    for case in &cx.c.rare.complaints {
        if misses_answer(case) && case.answer_due <= due {
            passed.push((case.id.clone(), false));
        }
        if misses_solution(case) && case.resolve_due <= due {
            passed.push((case.id.clone(), true));
        }
    }
    passed.sort();
    for (id, second) in passed {
        miss(cx, &id, second, due);
    }
}
