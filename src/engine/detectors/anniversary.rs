//! M21, ANNIVERSARY_DUE and ANNIVERSARY_MISSED: the day on which the relation began comes round; it passed without a word.

use thin_vec::ThinVec;

use super::{Detector, has_left};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::anniversary::{Phase, Rhythm};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector {
    settle,
    on_event,
    deadline: |c, _| c.profile.as_ref().map_or(Time::MAX, |p| p.anniversary.next),
    on_deadline,
};

/// A word that comes after the time at which it was due or missed.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    if event.event_type != EventType::AnniversaryRecognised && !has_left(event) {
        return;
    }
    loop {
        let due = cx.c.profile.as_ref().map_or(Time::MAX, |p| p.anniversary.next);
        if due >= event.time {
            return;
        }
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| on_deadline(cx, due));
    }
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let (rules, calendar) = (&cx.rules.care.anniversary, cx.calendar);
    let Some(profile) = &mut cx.c.profile else { return };
    let Some(since) = profile.since else {
        profile.anniversary.next = Time::MAX;
        return;
    };
    let timezone = profile.timezone.clone();
    let rhythm = Rhythm { rules, calendar, timezone: timezone.as_deref(), since };
    if !profile.anniversary.is_due(&rhythm, due) {
        return;
    }
    let (year, phase) = profile.anniversary.step();
    profile.anniversary.take_step(&rhythm);
    let evidence: ThinVec<Fact> = profile.anniversary.said_by.iter().cloned().collect();
    let object = year.to_string();
    if phase == Phase::Missed {
        cx.clear(Kind::AnniversaryDue, Some(&object), Reason::Superseded, Span::ZERO, due);
    }
    let recognised = cx.c.rare.care.as_deref().map_or(Time::MIN, |care| care.recognised);
    if cx.c.is_gone() || recognised >= rhythm.recognisable_from(year) {
        return;
    }
    let facts = Facts {
        count: u32::try_from(rhythm.years(year)).ok(),
        since: Some(since),
        due: Some(rhythm.anniversary(year)),
        ..Facts::default()
    };
    let (kind, expires_at) = match phase {
        Phase::Due => (Kind::AnniversaryDue, rhythm.due(year, Phase::Missed)),
        Phase::Missed => (Kind::AnniversaryMissed, cx.now + rules.missed_expires_after),
    };
    let raise = Raise::new(kind, Some(&object), Severity::Info, due);
    cx.raise(Raise { evidence, facts, expires_at: Some(expires_at), ..raise });
}

/// A recognition answers every anniversary it can stand for. One that was in time but known late takes back what was told.
fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    if event.event_type != EventType::AnniversaryRecognised {
        return;
    }
    let days = Span::days(i64::from(cx.rules.care.anniversary.recognised_days) + 1);
    let answered: Vec<(Kind, Option<Box<str>>, Time)> =
        cx.c.alerts
            .iter()
            .filter(|a| matches!(a.kind, Kind::AnniversaryDue | Kind::AnniversaryMissed))
            .filter(|a| a.facts.due.is_some_and(|day| event.time > day - days))
            .map(|a| (a.kind, a.object.clone(), a.event_time))
            .collect();
    for (kind, year, told) in answered {
        let reason = if event.time <= told { Reason::LateFact } else { Reason::SourceClosed };
        cx.clear(kind, year.as_deref(), reason, Span::ZERO, event.time);
    }
}
