//! M06, NEEDS_DRIFT: one need after the other is declined, or one while the customer uses less and less.

use thin_vec::ThinVec;

use super::{Detector, ends, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::care::{Declined, present};
use crate::engine::memory::touch::touch;
use crate::engine::rules::Rules;
use crate::engine::usage::{Usage, percent_left};
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle: settle_nothing, on_event, deadline, on_deadline };

const KIND: Kind = Kind::NeedsDrift;

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    if cx.c.rare.care.is_none() {
        return;
    }
    match event.event_type {
        EventType::FeatureRequestDeclined | EventType::AccountMerged => declined(cx, event.time),
        EventType::FeatureRequestAccepted => answered(cx, event.time),
        EventType::CareOutreach if touch(event).asks => answered(cx, event.time),
        // Use may have fallen, or risen again, since the last look.
        _ => used(cx, event.time),
    }
}

/// Declined requests within the window that ends at `end`, oldest first.
fn within<'c>(c: &'c Customer, rules: &Rules, end: Time) -> impl Iterator<Item = &'c Declined> {
    let window = rules.care.needs.window;
    let all = c.rare.care.as_deref().map_or(&[][..], |care| &care.declined);
    all.iter().filter(move |d| d.fact.time > end - window && d.fact.time <= end)
}

/// Why the condition holds for what was declined up to `end`, with the use of today.
fn holds(cx: &Context<'_>, end: Time) -> Option<FactWord> {
    match within(cx.c, cx.rules, end).count() {
        0 => None,
        n if n >= cx.rules.care.needs.count => Some(FactWord::Declined),
        _ => {
            let today = cx.now.day();
            let low = Usage::until(&cx.c.panes, today).is_low(today, &cx.rules.care.cooling);
            low.then_some(FactWord::DeclinedAndUnused)
        }
    }
}

/// The newest declined request, unless a need was met or asked about since.
fn unanswered(cx: &Context<'_>) -> Option<Time> {
    let care = cx.c.rare.care.as_deref()?;
    care.declined.last().map(|d| d.fact.time).filter(|newest| *newest > care.needs_answered)
}

fn declined(cx: &mut Context<'_>, time: Time) {
    let Some(newest) = unanswered(cx) else { return };
    if let Some(word) = holds(cx, newest) {
        raise(cx, word, newest, time);
    }
}

fn used(cx: &mut Context<'_>, time: Time) {
    if cx.c.rare.care.as_deref().is_none_or(|care| care.declined.is_empty()) {
        return;
    }
    let end = cx.now;
    if cx.c.live(KIND, None).is_some() {
        review(cx, end, time);
        return;
    }
    let told = cx.c.rare.care.as_deref().map_or(Time::MIN, |care| care.needs_told);
    if unanswered(cx).is_some_and(|newest| newest > told)
        && let Some(word) = holds(cx, end)
    {
        raise(cx, word, end, time);
    }
}

/// A live alert stays as long as its condition holds, and for a while after.
fn review(cx: &mut Context<'_>, end: Time, time: Time) {
    match holds(cx, end) {
        Some(word) => raise(cx, word, end, time),
        None => cx.clear(KIND, None, Reason::ConditionFalse, cx.rules.care.needs.hold, time),
    }
}

/// A need was met, or somebody asked: what was declined before is answered. If that was before the last one was declined,
/// and leaves too few, there was nothing to tell.
fn answered(cx: &mut Context<'_>, time: Time) {
    let Some(raised) = cx.c.live(KIND, None).map(|a| a.event_time) else { return };
    if time >= raised {
        cx.clear(KIND, None, Reason::SourceClosed, Span::ZERO, time);
    } else if holds(cx, raised).is_none() {
        cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
    }
}

fn raise(cx: &mut Context<'_>, word: FactWord, end: Time, time: Time) {
    let evidence: ThinVec<Fact> = within(cx.c, cx.rules, end).map(|d| d.fact.clone()).collect();
    if let (Some(newest), Some(care)) = (evidence.last(), present(cx)) {
        care.needs_told = care.needs_told.max(newest.time);
    }
    let today = cx.now.day();
    let usage = (word == FactWord::DeclinedAndUnused).then(|| Usage::until(&cx.c.panes, today));
    let facts = Facts {
        count: Some(evidence.len() as u32),
        since: evidence.first().map(|f| f.time),
        word: Some(word),
        percent: usage.and_then(|u| percent_left(u.recent(today), u.before(today))),
        name: cx.c.profile.as_ref().and_then(|p| p.need.clone()),
        ..Facts::default()
    };
    let expires_at = ends(cx, KIND, None, cx.rules.care.needs.expires_after);
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, None, Severity::Info, time) });
}

/// When one that counts leaves the window.
fn deadline(c: &Customer, rules: &Rules) -> Time {
    let Some(care) = c.rare.care.as_deref() else { return Time::MAX };
    if care.declined.is_empty() {
        return Time::MAX;
    }
    let Some(alert) = c.live(KIND, None).filter(|a| a.hold_until.is_none()) else { return Time::MAX };
    let needed = if alert.facts.word == Some(FactWord::Declined) { rules.care.needs.count } else { 1 };
    let left = care.declined.iter().rev().nth(needed - 1);
    left.map_or(Time::MAX, |d| d.fact.time + rules.care.needs.window)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    review(cx, due, due);
}
