//! One file per mechanism of the domain: when its alerts open, rise and close. Each is a row of `DETECTORS`.

mod abandonment;
mod accumulation;
mod cancellation;
mod disputes;
mod double_deviation;
mod dunning;
mod hardship;
mod hardship_silent;
mod plans;
mod promises;
mod second_chance;
mod silence;
mod stalled;
mod trust;

use super::context::Context;
use super::customer::Customer;
use super::memory::Changes;
use super::rules::Rules;
use crate::model::{Event, Time};

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

/// Every mechanism. What keeps others quiet comes first; then the order of kinds.
pub const DETECTORS: &[Detector] = &[
    cancellation::DETECTOR,
    double_deviation::DETECTOR,
    accumulation::DETECTOR,
    stalled::DETECTOR,
    second_chance::DETECTOR,
    silence::DETECTOR,
    promises::DETECTOR,
    disputes::DETECTOR,
    trust::DETECTOR,
    hardship::DETECTOR,
    hardship_silent::DETECTOR,
    plans::DETECTOR,
    abandonment::DETECTOR,
    dunning::DETECTOR,
];

/// Days between two times, whole ones.
fn whole_days(from: Time, to: Time) -> u32 {
    ((to - from).0.max(0) / 86_400_000) as u32
}
