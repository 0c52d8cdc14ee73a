//! How the steps of a complaint change its case.

use super::amends::{apology_since, push_in_order};
use super::quality::{confirm, note_failure};
use super::{CaseChange, Changes, feel};
use crate::engine::context::Context;
use crate::engine::customer::Probation;
use crate::engine::fact::Fact;
use crate::engine::grievance::{CaseState, Complaint, RESPONSES_MAX, make_room};
use crate::engine::ledger::Ledger;
use crate::engine::tight::push_tight;
use crate::model::event::{Category, ComplaintData, ComplaintSeverity};
use crate::model::{Event, EventType, Span, Time};
use thin_vec::ThinVec;

/// Limits of a complaint that runs from a time.
#[derive(Clone, Copy)]
struct Limits {
    answer: Time,
    soon: Time,
    resolve: Time,
}

impl Limits {
    fn from(cx: &Context<'_>, severity: ComplaintSeverity, started: Time) -> Limits {
        let rules = &cx.rules.complaints;
        let (answer, resolve) = match severity {
            ComplaintSeverity::Minor => (rules.acknowledge, rules.resolve_minor),
            ComplaintSeverity::Normal => (rules.acknowledge, rules.resolve_normal),
            ComplaintSeverity::Major => (rules.acknowledge_major, rules.resolve_major),
        };
        let soon = Span((resolve.0 as f64 * rules.due_soon_share) as i64);
        Limits {
            answer: cx.business(started, answer),
            soon: cx.business(started, soon),
            resolve: cx.business(started, resolve),
        }
    }

    /// `case` runs from `started`.
    fn start(self, case: &mut Complaint, started: Time) {
        case.started = started;
        (case.answer_due, case.soon_due, case.resolve_due) = (self.answer, self.soon, self.resolve);
    }
}

pub(super) fn complaint(cx: &mut Context<'_>, event: &Event<'_>, data: &ComplaintData<'_>, changes: &mut Changes) {
    let time = event.time;
    let id = event.object_id(&data.complaint_id);
    feel(cx, data.sentiment, event);
    let quote = data.text.as_deref().filter(|_| cx.rules.alerts.quotes);
    let thanks_from = cx.rules.complaints.thanks_from;
    let fact = Fact::new(event, quote);
    let found = cx.c.rare.complaints.iter().position(|c| &*c.id == id);
    let known = found.is_some();
    let index = found.unwrap_or_else(|| {
        let severity = data.severity.unwrap_or(ComplaintSeverity::Normal);
        let limits = Limits::from(cx, severity, time);
        make_room(&mut cx.c.rare.complaints, |c| !c.is_open());
        push_tight(
            &mut cx.c.rare.complaints,
            Complaint {
                id: id.into(),
                opened: None,
                correlation: event.correlation_id.as_deref().map(Into::into),
                incident: data.incident_id.as_deref().map(Into::into),
                severity,
                category: data.category,
                state: CaseState::Open,
                state_at: time,
                started: time,
                answer_due: limits.answer,
                soon_due: limits.soon,
                resolve_due: limits.resolve,
                admission_due: Time::MAX,
                answered: None,
                answer_missed: false,
                soon_told: false,
                resolve_missed: false,
                admission_missed: false,
                admitted: false,
                responses: ThinVec::new(),
                solved: None,
                confirmed: None,
                last_step: None,
                reopened: false,
                closed_weight: 0.0,
            },
        );
        cx.c.rare.complaints.len() - 1
    });
    let case = &mut cx.c.rare.complaints[index];
    if case.correlation.is_none() {
        case.correlation = event.correlation_id.as_deref().map(Into::into);
    }
    if case.incident.is_none() {
        case.incident = data.incident_id.as_deref().map(Into::into);
    }
    case.category = case.category.or(data.category);
    if data.admission == Some(true) {
        case.admitted = true;
        case.responses.clear();
    }
    let mut change = CaseChange::Step;
    match event.event_type {
        EventType::ComplaintOpened => {
            if case.opened.is_some() {
                owe_admission(cx, index);
                return; // The same object opened twice changes nothing but missing fields.
            }
            case.opened = Some(fact);
            if let Some(severity) = data.severity.filter(|_| known) {
                case.severity = severity;
            }
            let (severity, is_open) = (case.severity, case.is_open());
            // A reopening that came before its cause: the limits go on running from it.
            if !(case.reopened && case.started > time) {
                let limits = Limits::from(cx, severity, time);
                limits.start(&mut cx.c.rare.complaints[index], time);
            }
            note_failure(cx.c, id, time);
            if apology_since(cx.c, time, false, id, event.correlation_id.as_deref()) {
                cx.c.rare.complaints[index].admitted = true;
            }
            change = if is_open { CaseChange::Opened } else { CaseChange::Step };
            let rare = &mut *cx.c.rare;
            let case = &rare.complaints[index];
            if let Some(probation) = rare.probation.as_mut().filter(|p| p.complaint == case.id) {
                probation.opened = case.opened.clone();
            }
            if !is_open {
                // It was solved before it was known: what its closing counts for can be told now.
                recount_closing(cx, index);
            }
        }
        // A thank-you on a closed case is none that anybody has to work on.
        EventType::ComplaintReopened if data.sentiment.is_some_and(|s| s >= thanks_from) => {
            last_step(case, fact);
        }
        EventType::ComplaintReopened => {
            if time >= case.state_at || !known {
                let was_closed = case.state != CaseState::Open;
                let (weight, at, severity) = (case.closed_weight, case.state_at, case.severity);
                let limits = Limits::from(cx, severity, time);
                if was_closed && weight > 0.0 {
                    cx.c.ledgers.take_back(Ledger::FailuresResolved, weight, at);
                }
                let case = &mut cx.c.rare.complaints[index];
                (case.state, case.state_at, case.closed_weight, case.reopened) = (CaseState::Open, time, 0.0, true);
                limits.start(case, time);
                (case.answered, case.answer_missed, case.resolve_missed) = (None, false, false);
                (case.soon_told, case.solved, case.confirmed) = (false, None, None);
                if was_closed {
                    (case.admission_due, case.admission_missed) = (Time::MAX, false);
                }
                note_failure(cx.c, id, time);
                change = CaseChange::Reopened;
            }
            cx.c.rare.complaints[index].last_step = Some(fact);
        }
        EventType::ComplaintResolved | EventType::ComplaintClosed | EventType::ComplaintWithdrawn => {
            answer(case, time, changes);
            let withdrawn = event.event_type == EventType::ComplaintWithdrawn;
            if case.state == CaseState::Open && (!case.reopened || time >= case.started) {
                case.state = if withdrawn { CaseState::Withdrawn } else { CaseState::Resolved };
                // Two clocks may disagree: it ends at the earliest with its opening.
                case.state_at = time.max(case.started);
                change = if withdrawn { CaseChange::Withdrawn } else { CaseChange::Solved };
                if !withdrawn {
                    case.solved = Some(fact.clone());
                    let probation = Probation {
                        complaint: case.id.clone(),
                        opened: case.opened.clone(),
                        resolved: fact.clone(),
                        category: case.category,
                        purchases: 0,
                    };
                    if cx.c.rare.probation.as_ref().is_none_or(|p| p.resolved.time <= time) {
                        cx.c.rare.probation = Some(Box::new(probation));
                        changes.probation = true;
                    }
                }
                recount_closing(cx, index);
            } else if case.state == CaseState::Resolved && !withdrawn && (case.started..case.state_at).contains(&time) {
                solved_before(cx, index, &fact);
            }
            cx.c.rare.complaints[index].last_step = Some(fact);
        }
        EventType::ComplaintAcknowledged
        | EventType::ComplaintAssessed
        | EventType::ComplaintInvestigating
        | EventType::ComplaintResponded => {
            answer(case, time, changes);
            // A written response answers this complaint only; it is not a talk.
            let responded = event.event_type == EventType::ComplaintResponded;
            changes.human |= responded;
            if responded && !case.admitted {
                push_in_order(&mut case.responses, fact.clone(), RESPONSES_MAX, |fact| fact.time);
            }
            last_step(case, fact);
        }
        EventType::ComplaintConfirmed => {
            confirm(case, fact.clone());
            last_step(case, fact);
        }
        _ => last_step(case, fact),
    }
    owe_admission(cx, index);
    changes.complaint = Some((cx.c.rare.complaints[index].id.clone(), change));
}

/// Sets when somebody must have said sorry, once it is known that what went wrong was more than a trifle, and ours.
fn owe_admission(cx: &mut Context<'_>, index: usize) {
    let case = &cx.c.rare.complaints[index];
    let ours = matches!(
        case.category,
        Some(Category::CoreFailure | Category::EncounterFailure | Category::ResponseFailure | Category::Ethics)
    );
    let open = case.opened.is_some() || case.reopened;
    if case.admission_due == Time::MAX && ours && open && case.severity >= ComplaintSeverity::Normal {
        let due = cx.business(case.started, cx.rules.quality.admission.limit);
        cx.c.rare.complaints[index].admission_due = due;
    }
}

/// It had been solved before, as is known only now.
fn solved_before(cx: &mut Context<'_>, index: usize, fact: &Fact) {
    let rare = &mut *cx.c.rare;
    let case = &mut rare.complaints[index];
    if let Some(probation) = rare.probation.as_mut().filter(|p| p.complaint == case.id) {
        probation.resolved = fact.clone();
    }
    let (weight, at) = (std::mem::take(&mut case.closed_weight), case.state_at);
    (case.state_at, case.solved) = (fact.time, Some(fact.clone()));
    if weight > 0.0 {
        cx.c.ledgers.take_back(Ledger::FailuresResolved, weight, at);
    }
    recount_closing(cx, index);
}

/// The last step that is known, by event time.
fn last_step(case: &mut Complaint, fact: Fact) {
    if case.last_step.as_ref().is_none_or(|s| s.time <= fact.time) {
        case.last_step = Some(fact);
    }
}

/// The first answer since the case was opened.
pub(super) fn answer(case: &mut Complaint, time: Time, changes: &mut Changes) {
    if time < case.started {
        return;
    }
    if case.answered.is_none_or(|at| time < at) {
        case.answered = Some(time);
        changes.answered.push(case.id.clone());
    }
}

/// Counts a closed complaint among the closed failures: not at all if it was solved quickly, half within its limit.
pub(super) fn recount_closing(cx: &mut Context<'_>, index: usize) {
    let case = &cx.c.rare.complaints[index];
    if case.opened.is_none() && !case.reopened {
        return; // Its opening has not arrived: how long it took is not known.
    }
    let took = cx.calendar.between(case.started, case.state_at, cx.c.timezone());
    let weight = match () {
        () if took <= cx.rules.complaints.quick => 0.0,
        () if case.state_at <= case.resolve_due => 0.5,
        () => 1.0,
    };
    let (at, before) = (case.state_at, case.closed_weight);
    let id = case.opened.as_ref().map_or_else(String::new, |f| f.event_id().to_owned());
    if before > 0.0 {
        cx.c.ledgers.take_back(Ledger::FailuresResolved, before, at);
    }
    if weight > 0.0 {
        cx.c.ledgers.add(Ledger::FailuresResolved, weight, at, &id);
    }
    cx.c.rare.complaints[index].closed_weight = weight;
}
