//! M30, M31, CONTACT_ABANDONED: the customer hung up or walked out, more than once, or with a complaint open.

use super::{Detector, settle_nothing};
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use thin_vec::ThinVec;

use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::{CaseChange, Changes};
use crate::engine::rules::Rules;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle: settle_nothing, on_event, deadline, on_deadline };

fn is_live(c: &Customer) -> bool {
    c.live(Kind::ContactAbandoned, None).is_some()
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if event.event_type == EventType::ContactAnswered {
        let Some(opened) = cx.c.live(Kind::ContactAbandoned, None).map(|a| a.first_event_time) else { return };
        if opened <= event.time {
            close(cx, Reason::SourceClosed, event.time);
        } else if !holds(cx, counted(cx, opened).count()) {
            // Answered before it was given up too often: there was nothing to tell.
            cx.clear(Kind::ContactAbandoned, None, Reason::LateFact, Span::ZERO, event.time);
        }
        return;
    }
    if changes.moved.is_some() {
        let live = cx.c.live(Kind::ContactAbandoned, None);
        if live.is_some_and(|alert| alert.first_event_time <= cx.c.last_answered) {
            return close(cx, Reason::SourceClosed, event.time);
        }
    }
    let opened = matches!(changes.complaint, Some((_, CaseChange::Opened | CaseChange::Reopened)));
    if changes.abandoned || opened || changes.moved.is_some() {
        weigh(cx, event.time);
    }
}

/// The attempts given up in the window that ends at `end`.
fn counted<'c>(cx: &'c Context<'_>, end: Time) -> impl Iterator<Item = &'c Fact> {
    let window = cx.rules.abandonment.window;
    cx.c.rare.abandoned.iter().filter(move |f| f.time > end - window && f.time <= end)
}

fn holds(cx: &Context<'_>, count: usize) -> bool {
    count >= cx.rules.abandonment.count || count >= 1 && cx.c.open_complaints().next().is_some()
}

/// Opens or raises the alert by the attempts given up in the window that ends with the last of them, or at `time`.
fn weigh(cx: &mut Context<'_>, time: Time) {
    let rules = &cx.rules.abandonment;
    let window = rules.window;
    let time = cx.c.rare.abandoned.last().map_or(time, |last| last.time.max(time));
    let mut evidence: ThinVec<Fact> = counted(cx, time).cloned().collect();
    let count = evidence.len();
    if !holds(cx, count) {
        return;
    }
    let complaint = cx.c.open_complaints().next().and_then(|c| c.voice().cloned());
    let repeated = count >= rules.count;
    let last = evidence.last().map_or(time, |f| f.time);
    let since = evidence.first().map(|f| f.time);
    if let Some(complaint) = complaint {
        evidence.push(complaint);
        evidence.sort_by_key(|f| f.time);
    }
    let word = if repeated { FactWord::Repeated } else { FactWord::OpenComplaint };
    let floor = if count >= rules.error_count { Severity::Error } else { Severity::Warning };
    cx.raise(Raise {
        kind: Kind::ContactAbandoned,
        object: None,
        floor,
        event_time: time,
        evidence,
        facts: Facts { count: Some(count as u32), since, word: Some(word), ..Facts::default() },
        act_by: ActBy::Severity,
        expires_at: Some(last + window),
        incident: None,
        limits: ThinVec::new(),
        folded: None,
    });
}

/// Closes the alert; counts start anew.
fn close(cx: &mut Context<'_>, reason: Reason, time: Time) {
    cx.clear(Kind::ContactAbandoned, None, reason, Span::ZERO, time);
    cx.c.rare.abandoned.clear();
}

fn deadline(c: &Customer, rules: &Rules) -> Time {
    match c.rare.abandoned.last() {
        Some(last) if is_live(c) => last.time + rules.abandonment.window,
        _ => Time::MAX,
    }
}

/// None for as long as the window.
fn on_deadline(cx: &mut Context<'_>, due: Time) {
    close(cx, Reason::ConditionFalse, due);
}
