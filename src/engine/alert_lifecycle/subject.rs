//! Whose alerts they are: the life cycle is the same for a customer and for a cohort of many.

use thin_vec::ThinVec;

use super::{LiveAlert, Mute};
use crate::engine::context::Context;
use crate::engine::rules::Rules;
use crate::model::alert::{Band, Risk, Severity};
use crate::model::{Kind, Scope, Time};

/// Who has alerts.
pub trait Subject: Sized {
    /// Its alerts, live and lately closed.
    fn alerts(&self) -> &ThinVec<LiveAlert>;

    /// The same, to be changed.
    fn alerts_mut(&mut self) -> &mut ThinVec<LiveAlert>;

    /// How many alerts were opened before; the next call gives one more.
    fn next_number(&mut self) -> u32;

    /// Whether somebody called the kind, or this object of it, a false alarm that still counts at `now`.
    fn is_muted(&mut self, kind: Kind, object: Option<&str>, now: Time) -> bool;

    /// Remembers a false alarm.
    fn mute(&mut self, mute: Mute);

    /// The beginning of its dedup keys.
    fn key(&self) -> &str;

    /// As its alerts name it.
    fn scope(&self) -> Scope;

    /// How many distinct customers an alert of `kind` is about, where that can be more than one.
    fn members(&self, kind: Kind) -> Option<u32>;

    /// Its time zone, if known.
    fn timezone(&self) -> Option<&str>;

    /// Who looks after it before anybody else, if known.
    fn owner(&self) -> Option<&str>;

    /// What would be lost, if known.
    fn value(&self) -> Option<f64>;

    /// The band its score stands in.
    fn band(&self) -> Band;

    /// Name of the largest part of its score.
    fn top_factor(&self, rules: &Rules, now: Time) -> Option<&'static str>;

    /// What the alert's severity should be at `now`.
    fn severity(&self, rules: &Rules, now: Time, alert: &LiveAlert) -> Severity;

    /// The alert that keeps this one quiet.
    fn inhibitor(&self, alert: &LiveAlert) -> Option<Box<str>>;

    /// Whether an alert about many holds any of them.
    fn is_held(&self) -> bool;

    /// Its score at the context's time, if it has one.
    fn risk(cx: &mut Context<'_, Self>) -> Option<Risk>;

    /// From now on somebody hears of its band.
    fn is_heard(cx: &mut Context<'_, Self>);
}
