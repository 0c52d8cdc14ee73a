//! M08, NEGLECT: taken for granted. A customer of long standing who is still there, and for half a year no word of care.

use thin_vec::ThinVec;

use super::{Detector, ends, has_left, whole_days};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::care::untouched_since;
use crate::engine::memory::touch::touch;
use crate::engine::rules::Rules;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::{Event, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

const KIND: Kind = Kind::Neglect;

/// A touch comes too late for what was due before it; and the time to tell of is that of the first sign of life.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    if !event.is_sign_of_life() && !touch(event).relational && !has_left(event) {
        return;
    }
    let due = deadline(cx.c, cx.rules);
    if due < event.time {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| on_deadline(cx, due));
    }
}

/// When the customer has been without a touch for too long.
fn untouched_until(c: &Customer, rules: &Rules) -> Time {
    let Some(since) = c.since() else { return Time::MAX };
    (since + rules.care.neglect.tenure).max(untouched_since(c) + rules.care.neglect.untouched)
}

/// Told once after each touch, and only of those who are still there: at the time when it has been too long, or with the
/// first sign of life after it.
fn deadline(c: &Customer, rules: &Rules) -> Time {
    let due = untouched_until(c, rules);
    let told = || c.rare.care.as_deref().is_some_and(|care| care.neglect_told >= untouched_since(c));
    let Some(last) = c.life.last.as_ref().filter(|_| due != Time::MAX && !c.is_gone() && !told()) else {
        return Time::MAX;
    };
    if last.time + rules.care.neglect.alive < due { Time::MAX } else { due.max(last.time) }
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let since = untouched_since(cx.c);
    let care = cx.c.rare.care.get_or_insert_default();
    care.neglect_told = since;
    let evidence: ThinVec<Fact> = care.last_touch.iter().cloned().collect();
    let word = if evidence.is_empty() { FactWord::SinceStart } else { FactWord::SinceTouch };
    let facts = Facts { since: Some(since), days: Some(whole_days(since, due)), word: Some(word), ..Facts::default() };
    let expires_at = ends(cx, KIND, None, cx.rules.care.neglect.expires_after);
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, None, Severity::Info, due) });
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    if !touch(event).relational {
        return;
    }
    let Some(told) = cx.c.rare.care.as_deref().map(|care| care.neglect_told).filter(|told| *told > Time::MIN) else {
        return;
    };
    let known = cx.c.alerts.iter().find(|a| a.is(KIND, None)).map(|a| a.event_time);
    match known {
        Some(opened) if event.time > opened => {
            cx.clear(KIND, None, Reason::SourceClosed, Span::ZERO, event.time);
        }
        // A touch that was known only now: it had not been that long.
        Some(_) if event.time > told => cx.clear(KIND, None, Reason::LateFact, Span::ZERO, event.time),
        _ => {}
    }
}
