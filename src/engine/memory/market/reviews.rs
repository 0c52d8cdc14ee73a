//! Public reviews: how they rate, how they sound, and whether anybody replied.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::market;
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::memory::standing;
use crate::engine::rules::ReviewRules;
use crate::engine::tight::push_tight;
use crate::model::event::{ContactData, Direction, FeedbackData};
use crate::model::{Event, EventType, Time};

/// Reviews remembered; beyond it the oldest goes.
const REVIEWS_MAX: usize = 16;
/// Rounding of a share of a scale.
const ROUNDING: f64 = 1e-9;

/// A public review, or what is known of it before it arrives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Its id.
    pub id: Box<str>,
    correlation: Option<Box<str>>,
    /// Whether it names no review: a good rating then replaces every older one.
    nameless: bool,
    /// The event with its last wording; `None` while only a reply or a score has arrived.
    pub fact: Option<Fact>,
    /// Where the rating lies on its scale, 0 the worst and 1 the best.
    rating: Option<f64>,
    /// How it sounds by its own word, -1..=1.
    sentiment: Option<f64>,
    /// How a scorer found that it sounds, and when.
    scored: Option<(f64, Time)>,
    /// Most readers it was said to have.
    pub reach: f64,
    /// Last reply; `Time::MIN` without one.
    pub replied: Time,
    /// When anything of it was last heard.
    heard: Time,
}

/// What a review says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A bad rating.
    BadRating,
    /// No rating, and it sounds bad.
    SoundsBad,
    /// Neither.
    Fine,
}

impl Review {
    /// Whether a contact or a score with this correlation belongs to it.
    pub fn is_about(&self, correlation: &str) -> bool {
        &*self.id == correlation || self.correlation.as_deref() == Some(correlation)
    }

    /// What it says. A rating wins over how it sounds, and its own word over a scorer's.
    pub fn verdict(&self, rules: &ReviewRules) -> Verdict {
        let sounds = self.sentiment.or(self.scored.map(|(score, _)| score));
        match (self.rating, sounds) {
            (Some(rating), _) if rating <= rules.low + ROUNDING => Verdict::BadRating,
            (None, Some(sentiment)) if sentiment <= rules.sentiment => Verdict::SoundsBad,
            _ => Verdict::Fine,
        }
    }

    /// Takes in what is known of the same review under another name: its last wording counts.
    fn absorb(&mut self, other: Review) {
        let posted = |review: &Review| review.fact.as_ref().map(|fact| fact.time);
        if posted(&other) > posted(self) {
            (self.fact, self.rating, self.sentiment) = (other.fact, other.rating, other.sentiment);
        }
        if other.scored.map(|(_, at)| at) > self.scored.map(|(_, at)| at) {
            self.scored = other.scored;
        }
        self.correlation = self.correlation.take().or(other.correlation);
        self.reach = self.reach.max(other.reach);
        self.replied = self.replied.max(other.replied);
        self.heard = self.heard.max(other.heard);
    }

    /// When that became known.
    pub fn judged_at(&self) -> Time {
        let posted = self.fact.as_ref().map_or(Time::MIN, |f| f.time);
        match self.scored {
            Some((_, at)) if self.rating.is_none() && self.sentiment.is_none() => posted.max(at),
            _ => posted,
        }
    }
}

/// Takes in the reviews of the same customer under another name.
pub(super) fn absorb(own: &mut ThinVec<Review>, theirs: ThinVec<Review>) {
    for review in theirs {
        match own.iter_mut().find(|known| known.id == review.id) {
            Some(known) => known.absorb(review),
            None => {
                if own.len() >= REVIEWS_MAX {
                    own.remove(0);
                }
                push_tight(own, review);
            }
        }
    }
}

/// Whether the review at `index` was replied to, or the customer thinks better by now.
pub fn is_settled(reviews: &[Review], index: usize, rules: &ReviewRules) -> bool {
    let Some(posted) = reviews[index].fact.as_ref().map(|f| f.time) else { return false };
    let newer = |r: &Review| r.fact.as_ref().is_some_and(|f| f.time > posted);
    let better = |r: &Review| r.nameless && r.rating.is_some() && r.verdict(rules) == Verdict::Fine;
    reviews[index].replied >= posted || reviews.iter().any(|r| better(r) && newer(r))
}

/// A review, a reply to one, or a score of one. The detector finds it by `place`.
pub(super) fn feedback(cx: &mut Context<'_>, event: &Event<'_>, data: &FeedbackData<'_>) {
    match event.event_type {
        EventType::ReviewPosted => posted(cx, event, data),
        EventType::ReviewReplied if data.review_id.is_some() || event.correlation_id.is_some() => {
            let review = find_or_make(cx, event, data);
            review.replied = review.replied.max(event.time);
        }
        EventType::SentimentScored if data.review_id.is_some() || place(cx, event, data).is_some() => {
            let score = data.sentiment.or(data.value).filter(|s| (-1.0..=1.0).contains(s));
            if let Some(score) = score {
                let review = find_or_make(cx, event, data);
                if review.scored.is_none_or(|(_, at)| at <= event.time) {
                    review.scored = Some((score, event.time));
                }
            }
        }
        _ => {}
    }
}

fn posted(cx: &mut Context<'_>, event: &Event<'_>, data: &FeedbackData<'_>) {
    let quote = data.text.as_deref().or(data.comment.as_deref()).filter(|_| cx.rules.alerts.quotes);
    let fact = Fact::new(event, quote);
    let review = find_or_make(cx, event, data);
    review.reach = review.reach.max(data.reach.unwrap_or(0.0));
    if review.fact.as_ref().is_some_and(|newer| newer.time > event.time) {
        return; // An older wording.
    }
    review.fact = Some(fact);
    review.rating = data.rating.and_then(|rating| standing(data, rating));
    review.sentiment = data.sentiment.filter(|s| (-1.0..=1.0).contains(s));
    if review.correlation.is_none() {
        review.correlation = event.correlation_id.as_deref().map(Into::into);
    }
}

/// The company wrote or called about a review.
pub(super) fn contact(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>) {
    if data.direction != Some(Direction::Outbound) {
        return;
    }
    let Some(correlation) = event.correlation_id.as_deref() else { return };
    let Some(market) = cx.c.rare.present().and_then(|parts| parts.market.as_mut()) else { return };
    for review in market.reviews.iter_mut().filter(|r| r.is_about(correlation)) {
        review.replied = review.replied.max(event.time);
    }
}

/// Where the review stands that the event is about.
pub fn place(cx: &Context<'_>, event: &Event<'_>, data: &FeedbackData<'_>) -> Option<usize> {
    let reviews = &cx.c.rare.market.as_deref()?.reviews;
    let id = event.object_id(&data.review_id);
    let correlation = event.correlation_id.as_deref().filter(|_| data.review_id.is_none());
    reviews
        .iter()
        .position(|r| &*r.id == id)
        .or_else(|| correlation.and_then(|correlation| reviews.iter().position(|r| r.is_about(correlation))))
}

fn find_or_make<'c>(cx: &'c mut Context<'_>, event: &Event<'_>, data: &FeedbackData<'_>) -> &'c mut Review {
    let found = place(cx, event, data);
    let oldest = cx.c.highest - cx.rules.market.reviews.expires_after - cx.rules.alerts.reopen_within;
    let reviews = &mut market(&mut cx.c.rare).reviews;
    let index = found.unwrap_or_else(|| {
        reviews.retain(|r| r.heard >= oldest);
        if reviews.len() >= REVIEWS_MAX {
            reviews.remove(0);
        }
        let review = Review {
            id: event.object_id(&data.review_id).into(),
            correlation: event.correlation_id.as_deref().map(Into::into),
            nameless: data.review_id.is_none() && event.correlation_id.is_none(),
            fact: None,
            rating: None,
            sentiment: None,
            scored: None,
            reach: 0.0,
            replied: Time::MIN,
            heard: event.time,
        };
        push_tight(reviews, review);
        reviews.len() - 1
    });
    let review = &mut reviews[index];
    review.heard = review.heard.max(event.time);
    review
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_wins_over_how_a_review_sounds() {
        let rules = ReviewRules::default();
        for (rating, sentiment, scored, want) in [
            (Some(0.25), None, None, Verdict::BadRating),
            (Some(0.4), Some(0.9), None, Verdict::BadRating),
            (Some(0.5), Some(-0.9), None, Verdict::Fine),
            (None, Some(-0.5), None, Verdict::SoundsBad),
            (None, Some(-0.4), Some(-0.9), Verdict::Fine),
            (None, None, Some(-0.9), Verdict::SoundsBad),
            (None, None, None, Verdict::Fine),
        ] {
            let review = Review {
                id: "r".into(),
                correlation: None,
                nameless: false,
                fact: None,
                rating,
                sentiment,
                scored: scored.map(|score| (score, Time(5))),
                reach: 0.0,
                replied: Time::MIN,
                heard: Time(0),
            };
            assert_eq!(review.verdict(&rules), want, "{rating:?} {sentiment:?} {scored:?}");
        }
    }
}
