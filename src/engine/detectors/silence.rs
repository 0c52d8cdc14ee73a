//! M03, SILENT_DEPARTURE: most leave without a word. One timer per customer, at their own rhythm.

use thin_vec::ThinVec;

use super::Detector;
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::{Event, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle, on_event, deadline: |c, _| c.life.silent_at, on_deadline: silent };

/// A sign of life after the time at which the silence was too long shows that it was.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let due = cx.c.life.silent_at;
    if due < event.time && event.is_sign_of_life() {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| silent(cx, due));
    }
}

fn silent(cx: &mut Context<'_>, due: Time) {
    cx.c.life.disarm();
    if cx.c.is_gone() {
        return;
    }
    cx.remember();
    let evidence: ThinVec<Fact> = cx.c.life.last.iter().cloned().collect();
    let last = evidence.first().map_or(due, |f| f.time);
    let facts = Facts {
        count: Some(cx.c.life.repeats + 1),
        since: Some(last),
        days: Some(super::whole_days(last, due)),
        ..Facts::default()
    };
    cx.raise(Raise {
        kind: Kind::SilentDeparture,
        object: None,
        floor: Severity::Warning,
        event_time: due,
        evidence,
        facts,
        act_by: ActBy::Severity,
        expires_at: Some(cx.now + cx.rules.silence.expires_after),
        incident: None,
        limits: ThinVec::new(),
        folded: None,
    });
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    if !event.is_sign_of_life() {
        return;
    }
    let Some(alert) = cx.c.live(Kind::SilentDeparture, None) else { return };
    // A sign that had come before the silence was too long, but was known only now: there was no such silence.
    let reason = if event.time <= alert.event_time { Reason::LateFact } else { Reason::ConditionFalse };
    let known_better = event.time <= alert.event_time && cx.c.life.silent_at <= alert.event_time;
    if !known_better {
        cx.clear(Kind::SilentDeparture, None, reason, Span::ZERO, event.time);
    }
}
