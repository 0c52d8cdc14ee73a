//! M25, HARDSHIP_SILENT: one who cannot pay and is ashamed goes quiet. Open a door.

use thin_vec::ThinVec;

use super::{Detector, whole_days};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::money::invoices::Invoice;
use crate::engine::memory::money::present;
use crate::engine::rules::Rules;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::{Event, Kind, Span, Time};

const KIND: Kind = Kind::HardshipSilent;

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

/// Since when nothing was heard of a customer in hardship; none if they are in none, or have left.
fn quiet_since(c: &Customer) -> Option<Time> {
    let episode = c.money.as_ref()?.episode()?;
    if c.is_gone() || c.live(Kind::PaymentHardship, None).is_none() {
        return None;
    }
    let sign = c.life.last.as_ref().map_or(Time::MIN, |last| last.time);
    Some(episode.since.max(sign))
}

/// When the silence will have lasted too long, unless that was told.
fn too_long_at(c: &Customer, rules: &Rules) -> Option<Time> {
    let at = quiet_since(c)? + rules.money.hardship.silent_after;
    let told = c.money.as_ref()?.episode()?.silence_told;
    (at > told).then_some(at)
}

/// A sign of life after the time at which the silence was too long shows that it was.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    if cx.c.money.is_none() || !event.is_sign_of_life() {
        return;
    }
    if let Some(due) = too_long_at(cx.c, cx.rules).filter(|due| *due < event.time) {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| silent(cx, due));
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    if !event.is_sign_of_life() {
        return;
    }
    let Some(told) = cx.c.live(KIND, None).map(|a| a.event_time) else { return };
    if event.time > told {
        cx.clear(KIND, None, Reason::ConditionFalse, Span::ZERO, event.time);
    } else if too_long_at(cx.c, cx.rules).is_some_and(|at| at > told) {
        // They had shown themselves before it was too long: there was no such silence.
        cx.clear(KIND, None, Reason::LateFact, Span::ZERO, event.time);
    }
}

fn deadline(c: &Customer, rules: &Rules) -> Time {
    if c.money.is_none() {
        return Time::MAX;
    }
    // It ends with the hardship, at once, whatever ended that.
    if is_orphan(c) { Time::MIN } else { too_long_at(c, rules).unwrap_or(Time::MAX) }
}

fn is_orphan(c: &Customer) -> bool {
    c.live(KIND, None).is_some() && c.live(Kind::PaymentHardship, None).is_none()
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    if is_orphan(cx.c) {
        cx.clear(KIND, None, Reason::ConditionFalse, Span::ZERO, cx.now);
    } else if let Some(at) = too_long_at(cx.c, cx.rules).filter(|at| *at <= due) {
        silent(cx, at);
    }
}

fn silent(cx: &mut Context<'_>, due: Time) {
    let Some(since) = quiet_since(cx.c) else { return };
    let expires_at = cx.c.live(Kind::PaymentHardship, None).and_then(|a| a.expires_at);
    let last = cx.c.life.last.clone();
    let Some(money) = present(cx) else { return };
    if let Some(episode) = money.hardship.as_mut().and_then(|h| h.episode.as_mut()) {
        episode.silence_told = due;
    }
    let late = money.invoices.iter().filter(|i| i.is_late());
    let declared = money.hardship.as_ref().and_then(|h| h.declared.as_ref()).map(|d| d.fact.clone());
    let mut evidence: ThinVec<Fact> = late.filter_map(|i| i.facts().next().cloned()).collect();
    for fact in declared.into_iter().chain(last) {
        if !evidence.iter().any(|e| e.is_same(&fact)) {
            evidence.push(fact);
        }
    }
    evidence.sort_by_key(|f| f.time);
    let late = money.invoices.iter().filter(|i| i.is_late()).map(Invoice::fell_due).min();
    let facts = Facts { since: Some(since), due: late, days: Some(whole_days(since, due)), ..Facts::default() };
    let raise = Raise::new(KIND, None, Severity::Warning, due);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
}
