//! How an event changes what is remembered of a customer, before any detector looks at it.

pub mod amends;
pub mod care;
pub mod cohorts;
mod complaints;
mod contacts;
mod failures;
pub mod market;
mod merged;
pub mod money;
mod promises;
pub mod quality;
pub mod standing;
pub mod touch;

use super::context::Context;
use super::customer::{Probation, Profile};
use super::cusum::Verdict;
use super::fact::Fact;
use super::grievance::TOMBSTONE;
use super::ledger::Ledger;
use super::promise::Promise;
use super::sentiment_track::Sentiment;
use super::window::Series;
use crate::model::event::{Data, Dimension, FeedbackData, Metric, ProfileData, Renewal};
use crate::model::{Event, EventType, Time};
use complaints::complaint;
use contacts::contact;
use failures::{billing, delivery};
pub use merged::merged;
use promises::promise;

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
    /// The last official word on the customer is a bad one: what is wrong is known.
    pub bad_word: bool,
    /// A contact was scored: in which dimension, and what that makes of the customer's baseline.
    pub scored: Option<(Dimension, Verdict)>,
    /// What was given is not what was signed: the order or bill, once each time. It counts as a broken promise.
    pub mismatch: Option<Box<str>>,
    /// Orders and bills that were put right.
    pub rectified: Vec<Box<str>>,
    /// The payment plan that moved.
    pub plan: Option<Box<str>>,
    /// Disputes that moved.
    pub disputes: Vec<Box<str>>,
    /// Another record turned out to be of the same customer.
    pub moved: Option<Moved>,
}

/// What came from another record of the same customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moved {
    /// Complaints, failures, promises, waits and scored contacts, by their ids.
    pub items: Vec<Box<str>>,
    /// Whether the recovery whose probation runs did.
    pub probation: bool,
    /// Dimensions of service in which the scores of both together have fallen, and those of neither alone.
    pub fallen: Vec<Dimension>,
}

impl Moved {
    /// Whether the item called `object` came from there.
    pub fn has(&self, object: &str) -> bool {
        self.items.iter().any(|item| &**item == object)
    }
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
    cx.c.first_seen = cx.c.first_seen.min(event.time);
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
    quality::take(cx, event, &mut changes);
    market::take(cx, event, &mut changes);
    care::take(cx, event, &mut changes);
    money::take(cx, event, &mut changes);
    standing::take(cx, event, &mut changes);
    cohorts::take(cx, event);
    changes
}

/// Forgets what is closed and old.
fn prune(cx: &mut Context<'_>, now: Time) {
    let old = |at: Time| now - at > TOMBSTONE;
    cx.c.repairs.retain(|r| !old(r.at()));
    let Some(rare) = cx.c.rare.present() else { return };
    rare.complaints.retain(|c| c.is_open() || !old(c.state_at));
    rare.failures.retain(|f| f.closed.is_none_or(|at| !old(at)));
    let ended = |p: &Promise| if p.due == Time::MAX { p.state_at } else { p.state_at.max(p.deadline()) };
    rare.promises.retain(|p| p.is_pending() || !old(ended(p)));
    let over = |p: &Probation| now > p.resolved.time + cx.rules.probation.length + cx.rules.time.out_of_orderness;
    if rare.probation.as_deref().is_some_and(over) {
        rare.probation = None;
    }
    if rare.quality.as_mut().is_some_and(|quality| !quality.prune(&cx.rules.quality, now)) {
        rare.quality = None;
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
    cx.c.rare.left = cx.c.rare.left.max(time);
    if cx.c.is_gone() {
        cx.c.life.disarm();
    }
}

fn intent(cx: &mut Context<'_>, event: &Event<'_>) {
    if cx.c.rare.intent_cleared < event.time {
        cx.c.ledgers.set(Ledger::Intent, 1.0, event.time, &event.id);
    }
}

fn intent_cleared(cx: &mut Context<'_>, time: Time) {
    cx.c.rare.intent_cleared = cx.c.rare.intent_cleared.max(time);
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

/// What the answer to a survey says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// NPS 0..=6; the lowest 40 % of another scale.
    Detractor,
    /// Between the two.
    Passive,
    /// NPS 9 and 10; the highest 20 % of another scale.
    Promoter,
}

/// Rounding of a share of a scale.
pub const ROUNDING: f64 = 1e-9;

/// The mark of an answered survey; none without a value on a scale.
pub fn survey_mark(data: &FeedbackData<'_>) -> Option<Mark> {
    let standing = data.value.and_then(|value| standing(data, value))?;
    let (low, high) = if data.metric == Some(Metric::Nps) { (0.6, 0.9) } else { (0.4, 0.8) };
    Some(match () {
        () if standing <= low + ROUNDING => Mark::Detractor,
        () if standing >= high - ROUNDING => Mark::Promoter,
        () => Mark::Passive,
    })
}

fn feedback(cx: &mut Context<'_>, event: &Event<'_>, data: &FeedbackData<'_>, changes: &mut Changes) {
    // A scorer may call its reading `value`.
    let scored = (event.event_type == EventType::SentimentScored).then_some(data.value).flatten();
    feel(cx, data.sentiment.or(scored), event);
    match event.event_type {
        EventType::SurveySent => cx.c.unanswered_surveys = cx.c.unanswered_surveys.saturating_add(1),
        EventType::SurveyAnswered => {
            cx.c.unanswered_surveys = 0;
            let Some(mark) = survey_mark(data) else { return };
            changes.detractor = mark == Mark::Detractor;
            let value = match mark {
                Mark::Detractor => 0.6,
                Mark::Passive => 0.0,
                Mark::Promoter => -0.5,
            };
            cx.c.ledgers.set(Ledger::Survey, value, event.time, &event.id);
        }
        _ => {}
    }
}

fn purchase(cx: &mut Context<'_>, time: Time) {
    let rules = &cx.rules.probation;
    if let Some(rare) = cx.c.rare.present()
        && let Some(probation) = &mut rare.probation
        && time >= probation.resolved.time + rules.purchases_after
    {
        probation.purchases += 1;
        if probation.purchases >= rules.purchases {
            rare.probation = None;
        }
    }
    comes_back(cx, time);
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
