//! M42, ONBOARDING_STALLED: somebody came because of a need, and a month later has used and bought nothing.

use thin_vec::thin_vec;

use super::{Detector, ends, whole_days};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::memory::Changes;
use crate::engine::memory::market::{Start, forget_start, is_use};
use crate::engine::rules::Rules;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::{Event, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

const KIND: Kind = Kind::OnboardingStalled;

fn start(c: &Customer) -> Option<&Start> {
    c.rare.market.as_deref()?.start.as_ref()
}

/// A use after the time to start shows that it has passed.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    if !is_use(event.event_type) {
        return;
    }
    let due = deadline(cx.c, cx.rules);
    if due < event.time {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| on_deadline(cx, due));
    }
}

/// The first use or purchase: a start, in time or late.
fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    if !is_use(event.event_type) {
        return;
    }
    let Some(start) = start(cx.c) else { return };
    let in_time = event.time <= start.created.time + cx.rules.market.onboarding.after;
    let reason = if in_time { Reason::LateFact } else { Reason::SourceClosed };
    forget_start(&mut cx.c.rare);
    cx.clear(KIND, None, reason, Span::ZERO, event.time);
}

fn deadline(c: &Customer, rules: &Rules) -> Time {
    match start(c) {
        Some(start) if !start.missed && !c.is_gone() => start.created.time + rules.market.onboarding.after,
        _ => Time::MAX,
    }
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let rules = &cx.rules.market.onboarding;
    let Some(market) = cx.c.rare.present().and_then(|parts| parts.market.as_mut()) else { return };
    let Some(start) = &mut market.start else { return };
    start.missed = true;
    let created = start.created.clone();
    let facts = Facts {
        since: Some(created.time),
        days: Some(whole_days(created.time, due)),
        name: cx.c.profile.as_ref().and_then(|p| p.need.clone()),
        ..Facts::default()
    };
    let expires_at = ends(cx, KIND, None, rules.expires_after);
    let raise = Raise::new(KIND, None, Severity::Info, due);
    cx.raise(Raise { evidence: thin_vec![created], facts, expires_at, ..raise });
}
