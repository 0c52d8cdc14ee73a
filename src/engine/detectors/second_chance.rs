//! M09, SECOND_CHANCE: a complaint, or a bad mark in a survey, is a second chance: a person answers the same day.

use thin_vec::{ThinVec, thin_vec};

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::memory::{CaseChange, Changes};
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if changes.human {
        answered(cx, event);
    }
    match (&event.data, &changes.complaint) {
        (_, Some((id, CaseChange::Opened))) => open_for_complaint(cx, event, id),
        (_, Some((id, CaseChange::Solved | CaseChange::Withdrawn))) => {
            cx.clear(Kind::SecondChance, Some(id), Reason::SourceClosed, Span::ZERO, event.time);
        }
        (Data::Feedback(data), None) if changes.detractor => {
            let quote = data.comment.as_deref().or(data.text.as_deref()).filter(|_| cx.rules.alerts.quotes);
            let voice = Fact::new(event, quote);
            let id = event.object_id(&data.survey_id).to_owned();
            open(cx, event, &id, voice, FactWord::Survey, None);
        }
        _ => {}
    }
}

/// A person has spoken with the customer: every voice raised before is answered, but a written response to one
/// complaint answers only that one.
fn answered(cx: &mut Context<'_>, event: &Event<'_>) {
    let own = match &event.data {
        Data::Complaint(data) if event.event_type == EventType::ComplaintResponded => {
            Some(event.object_id(&data.complaint_id))
        }
        _ => None,
    };
    let heard: Vec<Box<str>> =
        cx.c.alerts
            .iter()
            .filter(|a| a.is_live() && a.kind == Kind::SecondChance && a.event_time <= event.time)
            .filter_map(|a| a.object.clone())
            .filter(|object| own.is_none_or(|own| own == &**object))
            .collect();
    for object in heard {
        cx.clear(Kind::SecondChance, Some(&object), Reason::SourceClosed, Span::ZERO, event.time);
    }
}

fn open_for_complaint(cx: &mut Context<'_>, event: &Event<'_>, id: &str) {
    let Some(case) = cx.c.rare.complaints.iter().find(|c| &*c.id == id) else { return };
    let Some(voice) = case.opened.clone() else { return };
    if case.answer_missed || case.resolve_missed {
        return; // COMPLAINT_STALLED speaks for it.
    }
    // `responded` may have come before its cause.
    let responded = case.last_step.as_ref().is_some_and(|s| s.type_name() == "complaint.responded");
    if responded {
        return;
    }
    let incident = case.incident.clone();
    open(cx, event, id, voice, FactWord::Complaint, incident);
}

fn open(cx: &mut Context<'_>, event: &Event<'_>, id: &str, voice: Fact, word: FactWord, incident: Option<Box<str>>) {
    // A person has spoken with the customer since: the voice is answered already. Their own answer to another matter
    // before it does not count.
    if cx.c.last_human > event.time {
        return;
    }
    let rules = &cx.rules.second_chance;
    let loyal = cx.c.since().is_some_and(|since| event.time - since >= rules.error_tenure);
    let (act_by, expires_at) = (ActBy::Business(rules.act_by), Some(cx.now + rules.expires_after));
    let error = loyal || cx.is_top_value();
    cx.raise(Raise {
        kind: Kind::SecondChance,
        object: Some(id),
        floor: if error { Severity::Error } else { Severity::Warning },
        event_time: event.time,
        evidence: thin_vec![voice],
        facts: Facts { since: Some(event.time), word: Some(word), ..Facts::default() },
        act_by,
        expires_at,
        incident,
        limits: ThinVec::new(),
        folded: None,
    });
}
