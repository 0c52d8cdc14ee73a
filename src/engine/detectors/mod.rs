//! One file per mechanism of the domain: when its alerts open, rise and close. Each is a row of `DETECTORS`.

mod abandonment;
mod accumulation;
mod admission;
mod advocates;
mod anniversary;
mod blind_spot;
mod cancellation;
mod changes;
mod churn_risk;
mod competitor;
mod conduct;
mod cooling;
mod deals;
mod disputes;
mod double_deviation;
mod due_soon;
mod dunning;
mod forced_contact;
mod hardship;
mod hardship_silent;
mod loyalty;
mod marketing;
mod merged;
mod mismatch;
mod needs;
mod neglect;
mod onboarding;
mod plans;
mod promises;
mod quality_drop;
mod recovery_window;
mod referrals;
mod reviews;
mod second_chance;
mod silence;
mod stalled;
mod standing;
mod trust;
mod value_gap;

pub use merged::{end_what_is_over, goes_on};
pub use standing::{catch_up, hindsight, judge, judge_ends, judged_at};

use thin_vec::ThinVec;

use super::alert_lifecycle::{EVIDENCE_MAX, LiveAlert};
use super::context::Context;
use super::customer::Customer;
use super::fact::Fact;
use super::memory::Changes;
use super::rules::Rules;
use crate::model::alert::Status;
use crate::model::{Event, EventType, Kind, Span, Time};

/// What a mechanism watches.
pub struct Detector {
    /// Before the event changes anything: tells of deadlines that it shows to have passed.
    pub settle: fn(&mut Context<'_>, &Event<'_>),
    /// After memory has taken the event in.
    pub on_event: fn(&mut Context<'_>, &Event<'_>, &Changes),
    /// The earliest deadline; `Time::MAX` without one.
    pub deadline: fn(&Customer, &Rules) -> Time,
    /// That deadline has come; every object that is due then is told of, in order of their ids.
    pub on_deadline: fn(&mut Context<'_>, Time),
}

fn settle_nothing(_: &mut Context<'_>, _: &Event<'_>) {}

fn no_deadline(_: &Customer, _: &Rules) -> Time {
    Time::MAX
}

fn on_no_deadline(_: &mut Context<'_>, _: Time) {}

/// Every mechanism. What keeps others quiet comes first, but after what it ends; then the order of kinds.
pub const DETECTORS: &[Detector] = &[
    cancellation::DETECTOR,
    recovery_window::DETECTOR,
    double_deviation::DETECTOR,
    accumulation::DETECTOR,
    stalled::DETECTOR,
    admission::DETECTOR,
    second_chance::DETECTOR,
    silence::DETECTOR,
    blind_spot::DETECTOR,
    competitor::DETECTOR,
    value_gap::DETECTOR,
    loyalty::DETECTOR,
    needs::DETECTOR,
    cooling::DETECTOR,
    neglect::DETECTOR,
    anniversary::DETECTOR,
    deals::DETECTOR,
    marketing::DETECTOR,
    promises::DETECTOR,
    disputes::DETECTOR,
    trust::DETECTOR,
    reviews::DETECTOR,
    hardship::DETECTOR,
    hardship_silent::DETECTOR,
    plans::DETECTOR,
    referrals::DETECTOR,
    abandonment::DETECTOR,
    mismatch::DETECTOR,
    forced_contact::DETECTOR,
    conduct::DETECTOR,
    quality_drop::DETECTOR,
    due_soon::DETECTOR,
    onboarding::DETECTOR,
    changes::DETECTOR,
    dunning::DETECTOR,
];

/// The alert of `kind` and `object` that is live or has expired: what a late fact may retract.
fn told<'c>(c: &'c Customer, kind: Kind, object: Option<&str>) -> Option<&'c LiveAlert> {
    c.alerts.iter().find(|a| (a.is_live() || a.status == Status::Expired) && a.is(kind, object))
}

/// When an alert that is raised now ends by itself: `after` its opening. None where it is live: that stays as it is.
fn ends(cx: &Context<'_>, kind: Kind, object: Option<&str>, after: Span) -> Option<Time> {
    cx.c.live(kind, object).is_none().then_some(cx.now + after)
}

/// Days between two times, whole ones.
fn whole_days(from: Time, to: Time) -> u32 {
    ((to - from).0.max(0) / 86_400_000) as u32
}

/// The newest facts of a list in order of time, as many as an alert shows.
fn newest(mut facts: ThinVec<Fact>) -> ThinVec<Fact> {
    let beyond = facts.len().saturating_sub(EVIDENCE_MAX);
    facts.drain(..beyond);
    facts
}

/// Whether by this event the customer has left.
fn has_left(event: &Event<'_>) -> bool {
    matches!(event.event_type, EventType::AccountCancelled | EventType::OutcomeChurned)
}
