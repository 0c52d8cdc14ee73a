//! M19, PUBLIC_DETRACTION: a bad review in public is replied to in public, and put right in private.

use thin_vec::thin_vec;

use super::{Detector, ends, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::memory::Changes;
use crate::engine::memory::market::reviews::{Verdict, is_settled, place};
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::{Data, Direction};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

const KIND: Kind = Kind::PublicDetraction;

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    let count = cx.c.rare.market.as_deref().map_or(0, |market| market.reviews.len());
    if count == 0 {
        return;
    }
    match (event.event_type, &event.data) {
        (EventType::ReviewPosted | EventType::ReviewReplied | EventType::SentimentScored, Data::Feedback(data)) => {
            if let Some(index) = place(cx, event, data) {
                judge(cx, index, event);
            }
            // A good rating that names no review settles every older one.
            if event.event_type == EventType::ReviewPosted {
                for index in 0..count {
                    settle_older(cx, index, event.time);
                }
            }
        }
        (_, Data::Contact(data)) if data.direction == Some(Direction::Outbound) => {
            let Some(correlation) = event.correlation_id.as_deref() else { return };
            for index in 0..count {
                let review = cx.c.rare.market.as_deref().map(|market| &market.reviews[index]);
                if review.is_some_and(|r| r.is_about(correlation)) {
                    judge(cx, index, event);
                }
            }
        }
        _ => {}
    }
}

/// Closes the alert about a review that is settled by now.
fn settle_older(cx: &mut Context<'_>, index: usize, time: Time) {
    let rules = &cx.rules.market.reviews;
    let Some(reviews) = cx.c.rare.market.as_deref().map(|market| &market.reviews) else { return };
    if is_settled(reviews, index, rules) {
        let id = reviews[index].id.clone();
        cx.clear(KIND, Some(&id), Reason::SourceClosed, Span::ZERO, time);
    }
}

/// Opens or closes the alert about a review by what is known of it.
fn judge(cx: &mut Context<'_>, index: usize, event: &Event<'_>) {
    let rules = &cx.rules.market.reviews;
    let Some(reviews) = cx.c.rare.market.as_deref().map(|market| &market.reviews) else { return };
    let review = &reviews[index];
    let Some(fact) = review.fact.clone() else { return };
    let id = review.id.clone();
    let word = match review.verdict(rules) {
        Verdict::BadRating => FactWord::Rating,
        Verdict::SoundsBad => FactWord::Sentiment,
        Verdict::Fine => {
            let posted = event.event_type == EventType::ReviewPosted;
            let reason = if posted { Reason::SourceClosed } else { Reason::ConditionFalse };
            return cx.clear(KIND, Some(&id), reason, Span::ZERO, event.time);
        }
    };
    if is_settled(reviews, index, rules) {
        return cx.clear(KIND, Some(&id), Reason::SourceClosed, Span::ZERO, event.time);
    }
    let floor = if review.reach >= rules.error_reach { Severity::Error } else { Severity::Warning };
    let facts = Facts { since: Some(fact.time), word: Some(word), ..Facts::default() };
    let event_time = review.judged_at().min(cx.now);
    let expires_at = ends(cx, KIND, Some(&id), rules.expires_after);
    let raise = Raise::new(KIND, Some(&id), floor, event_time);
    cx.raise(Raise { evidence: thin_vec![fact], facts, expires_at, ..raise });
}
