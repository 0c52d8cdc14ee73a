//! How an event changes what is remembered of a customer, before any detector looks at it.

use super::context::Context;
use super::customer::{Probation, Profile};
use super::fact::Fact;
use super::grievance::{CaseState, Complaint, Failure, FailureKind, REPAIRS_MAX, Repair, TOMBSTONE, make_room};
use super::ledger::Ledger;
use super::promise::{Breach, Promise, PromiseState, due_soon_at};
use super::sentiment_track::Sentiment;
use super::tight::push_tight;
use super::window::Series;
use crate::model::event::{
    BillingData, ComplaintData, ComplaintSeverity, ContactData, Data, Direction, FeedbackData, Metric, OrderData,
    Outcome, ProfileData, PromiseData, Renewal,
};
use crate::model::{Event, EventType, Span, Time};

/// What an event did to memory, for the detectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// A complaint's case moved: its id, and how.
    pub complaint: Option<(Box<str>, CaseChange)>,
    /// A failure that nobody filed happened: its object.
    pub failure: Option<Box<str>>,
    /// Objects of failures that were made good.
    pub repaired: Vec<Box<str>>,
    /// A promise moved: its id, and how.
    pub promise: Option<(Box<str>, PromiseChange)>,
    /// Complaints that were answered by this event for the first time.
    pub answered: Vec<Box<str>>,
    /// A person of the company answered or reached out.
    pub human: bool,
    /// The customer gave up a contact.
    pub abandoned: bool,
    /// The survey was answered in the detractor range.
    pub detractor: bool,
    /// A probation began.
    pub probation: bool,
}

/// How a complaint's case moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseChange {
    /// It was opened and is open.
    Opened,
    /// It was opened again.
    Reopened,
    /// It was solved.
    Solved,
    /// The customer took it back.
    Withdrawn,
    /// A step that leaves it as it stands.
    Step,
}

/// How a promise moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseChange {
    /// It was made and its time runs.
    Made,
    /// It was made, and it is known by now that it was kept, late.
    MadeKeptLate,
    /// A new time was agreed before the old one had passed.
    Renegotiated,
    /// A new time was agreed after it was broken.
    RenegotiatedLate,
    /// Kept in time.
    Kept,
    /// Kept, but late.
    KeptLate,
    /// Kept or taken back in time, but it had been taken for broken.
    KeptAfterAll,
    /// Reported broken.
    Declared,
    /// Taken back.
    Cancelled,
}

/// Takes `event` into the memory of the customer, whose `highest` includes the event's time if it is believed.
pub fn take(cx: &mut Context<'_>, event: &Event<'_>) -> Changes {
    let mut changes = Changes::default();
    let newest = cx.c.highest;
    prune(cx, newest);
    if event.is_sign_of_life() {
        cx.c.life.sign(Fact::new(event, None), &cx.rules.silence);
        if cx.c.is_gone() {
            cx.c.life.disarm();
        }
    }
    cx.c.panes.count(Series::of(event.event_type), event.time, newest);
    if event.account_id.is_some() && event.account_id.as_deref() != cx.c.account_id.as_deref() {
        cx.c.account_id = event.account_id.as_deref().map(Into::into);
    }
    match &event.data {
        Data::Complaint(data) => complaint(cx, event, data, &mut changes),
        Data::Contact(data) => contact(cx, event, data, &mut changes),
        Data::Feedback(data) => feedback(cx, event, data, &mut changes),
        Data::Promise(data) => promise(cx, event, data, &mut changes),
        Data::Purchase(_) if event.event_type == EventType::PurchaseCompleted => purchase(cx, event.time),
        Data::Delivery(data) => delivery(cx, event, data, &mut changes),
        Data::Billing(data) => billing(cx, event, data, &mut changes),
        Data::Account(data) => {
            let since = data.since.or((event.event_type == EventType::AccountCreated).then_some(event.time));
            if let Some(since) = since {
                let profile = cx.c.profile.get_or_insert_default();
                profile.since = Some(profile.since.map_or(since, |known| known.min(since)));
            }
            match event.event_type {
                EventType::AccountCancellationRequested => intent(cx, event),
                EventType::AccountContractEnding if data.renewal == Some(Renewal::Declined) => intent(cx, event),
                EventType::AccountCancellationWithdrawn | EventType::AccountRenewed => intent_cleared(cx, event.time),
                EventType::AccountReactivated => {
                    intent_cleared(cx, event.time);
                    comes_back(cx, event.time);
                }
                EventType::AccountCancelled => leaves(cx, event.time),
                _ => {}
            }
        }
        Data::Competitor(_) => {
            if event.event_type == EventType::PortOutRequested {
                intent(cx, event);
            }
            cx.c.ledgers.add(Ledger::Competitor, 1.0, event.time, &event.id);
        }
        Data::Care(data) => {
            if event.event_type == EventType::CareOutreach && data.by.as_deref() == Some("human") {
                human(cx, event.time, &mut changes);
            }
            if matches!(event.event_type, EventType::ReferralMade | EventType::ReferenceGiven) {
                cx.c.ledgers.add(Ledger::Advocacy, 1.0, event.time, &event.id);
            }
        }
        Data::Profile(data) => profile(cx, event.time, data),
        Data::Outcome(_) if event.event_type == EventType::OutcomeRetained => intent_cleared(cx, event.time),
        Data::Outcome(_) => leaves(cx, event.time),
        _ => {}
    }
    changes
}

/// Forgets what is closed and old.
fn prune(cx: &mut Context<'_>, now: Time) {
    let old = |at: Time| now - at > TOMBSTONE;
    cx.c.complaints.retain(|c| c.is_open() || !old(c.state_at));
    cx.c.failures.retain(|f| f.closed.is_none_or(|at| !old(at)));
    let ended = |p: &Promise| if p.due == Time::MAX { p.state_at } else { p.state_at.max(p.deadline()) };
    cx.c.promises.retain(|p| p.is_pending() || !old(ended(p)));
    cx.c.repairs.retain(|r| !old(r.at()));
    let over = |p: &Probation| now > p.resolved.time + cx.rules.probation.length + cx.rules.time.out_of_orderness;
    if cx.c.probation.as_deref().is_some_and(over) {
        cx.c.probation = None;
    }
}

fn human(cx: &mut Context<'_>, time: Time, changes: &mut Changes) {
    cx.c.last_human = cx.c.last_human.max(time);
    changes.human = true;
}

/// The customer has bought, or was taken back: they are here as of `time`.
fn comes_back(cx: &mut Context<'_>, time: Time) {
    let was_gone = cx.c.is_gone();
    cx.c.returned = cx.c.returned.max(time);
    if was_gone && !cx.c.is_gone() {
        cx.c.life.arm(&cx.rules.silence);
    }
}

/// The customer has left as of `time`.
fn leaves(cx: &mut Context<'_>, time: Time) {
    cx.c.left = cx.c.left.max(time);
    if cx.c.is_gone() {
        cx.c.life.disarm();
    }
}

fn intent(cx: &mut Context<'_>, event: &Event<'_>) {
    if cx.c.intent_cleared < event.time {
        cx.c.ledgers.set(Ledger::Intent, 1.0, event.time, &event.id);
    }
}

fn intent_cleared(cx: &mut Context<'_>, time: Time) {
    cx.c.intent_cleared = cx.c.intent_cleared.max(time);
    if cx.c.ledgers.get(Ledger::Intent).is_some_and(|intent| intent.at <= time) {
        cx.c.ledgers.clear(Ledger::Intent);
    }
}

fn feel(cx: &mut Context<'_>, value: Option<f64>, event: &Event<'_>) {
    if let Some(value) = value.filter(|v| (-1.0..=1.0).contains(v)) {
        let sentiment = cx.c.sentiment.get_or_insert_with(|| Box::new(Sentiment::new(event.time)));
        sentiment.add(value, event.time, &event.id);
    }
}

/// Limits of a complaint that runs from `started`.
fn limits(cx: &Context<'_>, severity: ComplaintSeverity, started: Time) -> (Time, Time) {
    let rules = &cx.rules.complaints;
    let (answer, resolve) = match severity {
        ComplaintSeverity::Minor => (rules.acknowledge, rules.resolve_minor),
        ComplaintSeverity::Normal => (rules.acknowledge, rules.resolve_normal),
        ComplaintSeverity::Major => (rules.acknowledge_major, rules.resolve_major),
    };
    (cx.business(started, answer), cx.business(started, resolve))
}

fn complaint(cx: &mut Context<'_>, event: &Event<'_>, data: &ComplaintData<'_>, changes: &mut Changes) {
    let time = event.time;
    let id = event.object_id(&data.complaint_id);
    feel(cx, data.sentiment, event);
    let quote = data.text.as_deref().filter(|_| cx.rules.alerts.quotes);
    let fact = Fact::new(event, quote);
    let found = cx.c.complaints.iter().position(|c| &*c.id == id);
    let known = found.is_some();
    let index = found.unwrap_or_else(|| {
        let severity = data.severity.unwrap_or(ComplaintSeverity::Normal);
        let (answer_due, resolve_due) = limits(cx, severity, time);
        make_room(&mut cx.c.complaints, |c| !c.is_open());
        push_tight(
            &mut cx.c.complaints,
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
                answer_due,
                resolve_due,
                answered: None,
                answer_missed: false,
                resolve_missed: false,
                last_step: None,
                reopened: false,
                closed_weight: 0.0,
            },
        );
        cx.c.complaints.len() - 1
    });
    let case = &mut cx.c.complaints[index];
    if case.correlation.is_none() {
        case.correlation = event.correlation_id.as_deref().map(Into::into);
    }
    if case.incident.is_none() {
        case.incident = data.incident_id.as_deref().map(Into::into);
    }
    case.category = case.category.or(data.category);
    let mut change = CaseChange::Step;
    match event.event_type {
        EventType::ComplaintOpened => {
            if case.opened.is_some() {
                return; // The same object opened twice changes nothing but missing fields.
            }
            case.opened = Some(fact);
            if let Some(severity) = data.severity.filter(|_| known) {
                case.severity = severity;
            }
            let (severity, is_open) = (case.severity, case.is_open());
            // A reopening that came before its cause: the limits go on running from it.
            if !(case.reopened && case.started > time) {
                let (answer_due, resolve_due) = limits(cx, severity, time);
                let case = &mut cx.c.complaints[index];
                (case.started, case.answer_due, case.resolve_due) = (time, answer_due, resolve_due);
            }
            change = if is_open { CaseChange::Opened } else { CaseChange::Step };
            let (id, opened) = (&cx.c.complaints[index].id, &cx.c.complaints[index].opened);
            if let Some(probation) = cx.c.probation.as_mut().filter(|p| p.complaint == *id) {
                probation.opened = opened.clone();
            }
            if !is_open {
                // It was solved before it was known: what its closing counts for can be told now.
                recount_closing(cx, index);
            }
        }
        EventType::ComplaintReopened => {
            if time >= case.state_at || !known {
                let was_closed = case.state != CaseState::Open;
                let (weight, at, severity) = (case.closed_weight, case.state_at, case.severity);
                let (answer_due, resolve_due) = limits(cx, severity, time);
                if was_closed && weight > 0.0 {
                    cx.c.ledgers.take_back(Ledger::FailuresResolved, weight, at);
                }
                let case = &mut cx.c.complaints[index];
                (case.state, case.state_at, case.closed_weight, case.reopened) = (CaseState::Open, time, 0.0, true);
                (case.started, case.answer_due, case.resolve_due) = (time, answer_due, resolve_due);
                (case.answered, case.answer_missed, case.resolve_missed) = (None, false, false);
                change = CaseChange::Reopened;
            }
            cx.c.complaints[index].last_step = Some(fact);
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
                    let probation = Probation {
                        complaint: case.id.clone(),
                        opened: case.opened.clone(),
                        resolved: fact.clone(),
                        category: case.category,
                        purchases: 0,
                    };
                    if cx.c.probation.as_ref().is_none_or(|p| p.resolved.time <= time) {
                        cx.c.probation = Some(Box::new(probation));
                        changes.probation = true;
                    }
                }
                recount_closing(cx, index);
            }
            cx.c.complaints[index].last_step = Some(fact);
        }
        EventType::ComplaintAcknowledged
        | EventType::ComplaintAssessed
        | EventType::ComplaintInvestigating
        | EventType::ComplaintResponded => {
            answer(case, time, changes);
            if case.last_step.as_ref().is_none_or(|s| s.time <= time) {
                case.last_step = Some(fact);
            }
            // A written response answers this complaint only; it is not a talk.
            changes.human |= event.event_type == EventType::ComplaintResponded;
        }
        _ => {
            if case.last_step.as_ref().is_none_or(|s| s.time <= time) {
                case.last_step = Some(fact);
            }
        }
    }
    changes.complaint = Some((cx.c.complaints[index].id.clone(), change));
}

/// The first answer since the case was opened.
fn answer(case: &mut Complaint, time: Time, changes: &mut Changes) {
    if time < case.started {
        return;
    }
    if case.answered.is_none_or(|at| time < at) {
        case.answered = Some(time);
        changes.answered.push(case.id.clone());
    }
}

/// Counts a closed complaint among the closed failures: not at all if it was solved quickly, half within its limit.
fn recount_closing(cx: &mut Context<'_>, index: usize) {
    let case = &cx.c.complaints[index];
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
    cx.c.complaints[index].closed_weight = weight;
}

fn contact(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>, changes: &mut Changes) {
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

fn answered_contact(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>, changes: &mut Changes) {
    for case in &mut cx.c.complaints {
        if case.is_about(event.correlation_id.as_deref(), data.complaint_id.as_deref()) {
            answer(case, event.time, changes);
        }
    }
}

fn abandoned(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>, changes: &mut Changes) {
    let rules = &cx.rules.abandonment;
    if data.wait_s.is_some_and(|s| s * 1_000.0 < rules.min_wait.0 as f64) {
        return;
    }
    let answered = cx.c.last_answered;
    if answered >= event.time && answered - event.time <= rules.answered_within {
        return; // Answered within the hour, which was known before.
    }
    let at = cx.c.abandoned.partition_point(|f| f.time <= event.time);
    let same = |other: Option<&Fact>| other.is_some_and(|f| (event.time - f.time).0.abs() < rules.same_attempt.0);
    if same(at.checked_sub(1).and_then(|i| cx.c.abandoned.get(i))) || same(cx.c.abandoned.get(at)) {
        return;
    }
    let fact = Fact::new(event, data.text.as_deref().filter(|_| cx.rules.alerts.quotes));
    cx.c.abandoned.insert(at, fact);
    let oldest = cx.c.highest - rules.window;
    cx.c.abandoned.retain(|f| f.time > oldest);
    if cx.c.abandoned.len() > super::grievance::ITEMS_MAX {
        cx.c.abandoned.remove(0);
    }
    cx.c.ledgers.add(Ledger::ContactAbandoned, 1.0, event.time, &event.id);
    changes.abandoned = true;
}

/// Answered within an hour: the attempts before it were not given up after all.
fn uncount_abandoned(cx: &mut Context<'_>, time: Time) {
    let within = cx.rules.abandonment.answered_within;
    let (kept, gone): (Vec<Fact>, Vec<Fact>) =
        cx.c.abandoned.drain(..).partition(|f| f.time > time || time - f.time > within);
    cx.c.abandoned = kept.into_iter().collect();
    for fact in gone {
        cx.c.ledgers.take_back(Ledger::ContactAbandoned, 1.0, fact.time);
    }
}

/// Where a value lies on its scale, 0 the worst and 1 the best; none without a value or with an empty scale.
pub fn standing(data: &FeedbackData<'_>, value: f64) -> Option<f64> {
    let (default_min, default_max) = match data.metric {
        Some(Metric::Nps) => (0.0, 10.0),
        Some(Metric::Ces) => (1.0, 7.0),
        Some(Metric::Csat) | None => (1.0, 5.0),
    };
    let (min, max) = (data.scale_min.unwrap_or(default_min), data.scale_max.unwrap_or(default_max));
    if max <= min {
        return None;
    }
    let share = ((value - min) / (max - min)).clamp(0.0, 1.0);
    Some(if data.higher_is_better == Some(false) { 1.0 - share } else { share })
}

fn feedback(cx: &mut Context<'_>, event: &Event<'_>, data: &FeedbackData<'_>, changes: &mut Changes) {
    feel(cx, data.sentiment, event);
    match event.event_type {
        EventType::SurveySent => cx.c.unanswered_surveys = cx.c.unanswered_surveys.saturating_add(1),
        EventType::SurveyAnswered => {
            cx.c.unanswered_surveys = 0;
            let Some(standing) = data.value.and_then(|value| standing(data, value)) else { return };
            // NPS: 0..=6 detractors, 9 and 10 promoters; others: lowest 40 % and highest 20 % of the scale.
            let (low, high) = if data.metric == Some(Metric::Nps) { (0.6, 0.9) } else { (0.4, 0.8) };
            const ROUNDING: f64 = 1e-9;
            changes.detractor = standing <= low + ROUNDING;
            let value = match () {
                () if changes.detractor => 0.6,
                () if standing >= high - ROUNDING => -0.5,
                () => 0.0,
            };
            cx.c.ledgers.set(Ledger::Survey, value, event.time, &event.id);
        }
        _ => {}
    }
}

fn purchase(cx: &mut Context<'_>, time: Time) {
    let rules = &cx.rules.probation;
    if let Some(probation) = &mut cx.c.probation
        && time >= probation.resolved.time + rules.purchases_after
    {
        probation.purchases += 1;
        if probation.purchases >= rules.purchases {
            cx.c.probation = None;
        }
    }
    comes_back(cx, time);
}

fn delivery(cx: &mut Context<'_>, event: &Event<'_>, data: &OrderData<'_>, changes: &mut Changes) {
    let object = event.object_id(&data.order_id).to_owned();
    let kind = match event.event_type {
        EventType::DeliveryLate => FailureKind::Late,
        EventType::DeliveryFailed => FailureKind::Failed,
        EventType::DeliveryMismatched => {
            if data.expected.is_some() && data.expected == data.actual {
                return;
            }
            FailureKind::Mismatched
        }
        _ => {
            return repair(cx, event, data.order_id.as_deref(), event.correlation_id.as_deref(), changes);
        }
    };
    failure(cx, event, kind, &object, changes);
}

fn billing(cx: &mut Context<'_>, event: &Event<'_>, data: &BillingData<'_>, changes: &mut Changes) {
    match event.event_type {
        EventType::CreditIssued => {
            repair(cx, event, data.order_id.as_deref(), event.correlation_id.as_deref(), changes);
        }
        EventType::DisputeDecided if data.outcome == Some(Outcome::Denied) => {
            cx.c.ledgers.add(Ledger::DisputeDenied, 1.0, event.time, &event.id);
        }
        _ => {}
    }
}

/// A failure that nobody filed: an open item until it is made good.
fn failure(cx: &mut Context<'_>, event: &Event<'_>, kind: FailureKind, object: &str, changes: &mut Changes) {
    if cx.c.failures.iter().any(|f| f.kind == kind && &*f.object == object && f.closed.is_none()) {
        return; // The same object again: no second failure.
    }
    let correlation = event.correlation_id.as_deref();
    let about = |r: &&Repair| r.is_about(object) || correlation.is_some_and(|id| r.is_about(id));
    let closed = cx.c.repairs.iter().filter(about).map(|r| r.at()).find(|at| *at >= event.time);
    make_room(&mut cx.c.failures, |f| f.closed.is_some());
    let failure = Failure {
        object: object.into(),
        correlation: correlation.map(Into::into),
        kind,
        fact: Fact::new(event, None),
        closed,
    };
    match closed {
        Some(at) => close_failure_in_ledger(cx, &failure, at),
        None => changes.failure = Some(object.into()),
    }
    push_tight(&mut cx.c.failures, failure);
}

/// What makes failures of the same order or correlation good.
fn repair(
    cx: &mut Context<'_>,
    event: &Event<'_>,
    object: Option<&str>,
    correlation: Option<&str>,
    changes: &mut Changes,
) {
    for id in [object, correlation].into_iter().flatten() {
        push_tight(&mut cx.c.repairs, Repair::new(id, event.time));
    }
    while cx.c.repairs.len() > REPAIRS_MAX {
        cx.c.repairs.remove(0);
    }
    for index in 0..cx.c.failures.len() {
        let failure = &mut cx.c.failures[index];
        if failure.closed.is_none() && failure.fact.time <= event.time && failure.is_about(object, correlation) {
            failure.closed = Some(event.time);
            changes.repaired.push(failure.object.clone());
            let failure = failure.clone();
            close_failure_in_ledger(cx, &failure, event.time);
        }
    }
}

fn close_failure_in_ledger(cx: &mut Context<'_>, failure: &Failure, at: Time) {
    let took = cx.calendar.between(failure.fact.time, at, cx.c.timezone());
    let weight = if took <= cx.rules.complaints.quick { 0.0 } else { 0.5 };
    if weight > 0.0 {
        cx.c.ledgers.add(Ledger::FailuresResolved, weight, at, failure.fact.event_id());
    }
}

fn promise(cx: &mut Context<'_>, event: &Event<'_>, data: &PromiseData<'_>, changes: &mut Changes) {
    let time = event.time;
    let id = event.object_id(&data.promise_id);
    let rules = &cx.rules.promises;
    let due = |cx: &Context<'_>| data.due.unwrap_or_else(|| cx.business(time, rules.default_length));
    let grace = data.grace_s.map_or(rules.grace, |s| Span((s.max(0.0) * 1_000.0) as i64));
    let quote = data.text.as_deref().filter(|_| cx.rules.alerts.quotes);
    let found = cx.c.promises.iter().position(|p| &*p.id == id);
    let index = found.unwrap_or_else(|| {
        make_room(&mut cx.c.promises, |p| !p.is_pending());
        push_tight(
            &mut cx.c.promises,
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
                ledger_at: None,
            },
        );
        cx.c.promises.len() - 1
    });
    let change = match event.event_type {
        EventType::PromiseMade => {
            // The same object made twice changes nothing but a missing due time.
            let again = cx.c.promises[index].made.is_some();
            if again && (cx.c.promises[index].due_given || data.due.is_none() || !cx.c.promises[index].is_pending()) {
                return;
            }
            let due = due(cx);
            let promise = &mut cx.c.promises[index];
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
            let promise = &mut cx.c.promises[index];
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
            let promise = &mut cx.c.promises[index];
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
            let promise = &mut cx.c.promises[index];
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
            let promise = &mut cx.c.promises[index];
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
        changes.promise = Some((cx.c.promises[index].id.clone(), change));
    }
}

fn profile(cx: &mut Context<'_>, time: Time, data: &ProfileData<'_>) {
    let profile: &mut Profile = cx.c.profile.get_or_insert_default();
    // An older profile only fills what is missing.
    let newer = time >= profile.at;
    fn put<T>(field: &mut Option<T>, value: Option<T>, newer: bool) {
        if value.is_some() && (newer || field.is_none()) {
            *field = value;
        }
    }
    let owned = |text: &Option<crate::model::event::Text<'_>>| text.as_deref().map(Box::<str>::from);
    put(&mut profile.locale, owned(&data.locale), newer);
    put(&mut profile.timezone, owned(&data.timezone), newer);
    put(&mut profile.segment, owned(&data.segment), newer);
    put(&mut profile.owner, owned(&data.owner), newer);
    put(&mut profile.need, owned(&data.need), newer);
    put(&mut profile.value, data.value, newer);
    put(&mut profile.value_decile, data.value_decile.map(|d| d.clamp(0.0, 10.0) as u8), newer);
    put(&mut profile.products, data.products.map(|p| p.0), newer);
    put(&mut profile.since, data.since, newer);
    profile.at = profile.at.max(time);
}
