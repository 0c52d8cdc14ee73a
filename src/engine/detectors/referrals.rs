//! M27, REFERRAL_OPPORTUNITY: a glad customer of some years is asked for a reference, once, and not while anything is open.

use thin_vec::thin_vec;

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::{Changes, Mark, ROUNDING, standing, survey_mark};
use crate::engine::risk::log_odds_without;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::{Data, FeedbackData};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

const KIND: Kind = Kind::ReferralOpportunity;

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    match (event.event_type, &event.data) {
        (EventType::SurveyAnswered, Data::Feedback(data)) if survey_mark(data) == Some(Mark::Promoter) => {
            glad(cx, event, FactWord::Promoter, data.comment.as_deref().or(data.text.as_deref()));
        }
        (EventType::ReviewPosted, Data::Feedback(data)) if is_top_review(cx, data) => {
            glad(cx, event, FactWord::Review, data.text.as_deref().or(data.comment.as_deref()));
        }
        (EventType::AccountRenewed, _) => glad(cx, event, FactWord::Renewed, None),
        (EventType::ReferralAsked | EventType::ReferralMade | EventType::ReferenceGiven, _) => asked(cx, event),
        _ if changes.complaint.is_some() || changes.failure.is_some() => open_item(cx, event.time),
        _ => {}
    }
}

fn is_top_review(cx: &Context<'_>, data: &FeedbackData<'_>) -> bool {
    let share = data.rating.and_then(|rating| standing(data, rating));
    share.is_some_and(|share| share >= 1.0 - cx.rules.standing.referrals.review_share - ROUNDING)
}

fn has_open_item(c: &Customer) -> bool {
    c.open_complaints().next().is_some() || c.open_failures().next().is_some()
}

/// The customer is glad. Asks for a reference if they are safe, known for long enough, and nothing else matters now.
fn glad(cx: &mut Context<'_>, event: &Event<'_>, word: FactWord, quote: Option<&str>) {
    let rules = &cx.rules.standing.referrals;
    let answer = event.event_type == EventType::SurveyAnswered;
    let asked_at = if answer { cx.c.asked.last_but(event) } else { cx.c.asked.last() };
    let asked = asked_at > Time::MIN && asked_at > event.time - rules.interval;
    let other = cx.c.alerts.iter().any(|a| a.is_live() && a.severity >= Severity::Warning);
    if cx.c.is_gone() || asked || other || has_open_item(cx.c) || cx.c.tenure(event.time) < rules.tenure {
        return;
    }
    // What is known of a hardship never decides whom we ask.
    if log_odds_without(cx.c, cx.rules, cx.now, &["payment", "plan_kept"]) >= cx.rules.score.model.intercept() {
        return;
    }
    let voice = Fact::new(event, quote.filter(|_| cx.rules.alerts.quotes));
    let expires_at = Some(cx.now + rules.expires_after);
    let facts = Facts { since: Some(event.time), word: Some(word), ..Facts::default() };
    let raise = Raise::new(KIND, None, Severity::Info, event.time);
    cx.raise(Raise { evidence: thin_vec![voice], facts, expires_at, ..raise });
}

/// They were asked, or came by themselves: it is done. Asked shortly before they were glad, they should be left in peace.
fn asked(cx: &mut Context<'_>, event: &Event<'_>) {
    let Some(alert) = cx.c.live(KIND, None) else { return };
    let (opened, interval) = (alert.first_event_time, cx.rules.standing.referrals.interval);
    let reason = match () {
        () if event.time >= opened => Reason::SourceClosed,
        () if event.event_type == EventType::ReferralAsked && event.time > opened - interval => Reason::LateFact,
        () => return,
    };
    cx.clear(KIND, None, reason, Span::ZERO, event.time);
}

/// Something is open: this is no time to ask. If it was open before they were glad, there was no such time.
fn open_item(cx: &mut Context<'_>, time: Time) {
    let Some(opened) = cx.c.live(KIND, None).map(|a| a.first_event_time) else { return };
    if has_open_item(cx.c) {
        let reason = if time <= opened { Reason::LateFact } else { Reason::ConditionFalse };
        cx.clear(KIND, None, reason, Span::ZERO, time);
    }
}
