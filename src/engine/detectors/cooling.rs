//! M07, RELATIONSHIP_COOLING: the customer uses less than half of what they did, and nobody has come by for long.
//!
//! Use falls by time alone, at a midnight. `cooling_at` of the customer is never later than the first midnight at which it
//! has, so that one timer stands for all the days in between; each use in its turn puts nothing nearer but the midnight
//! from which it counts for the time before.

use thin_vec::ThinVec;

use super::{Detector, ends, has_left};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::care::{Counted, present};
use crate::engine::memory::touch::touch;
use crate::engine::usage::{RIPENS, Usage, is_low, midnight, percent_left};
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline: |c, _| c.cooling_at, on_deadline: look };

const KIND: Kind = Kind::RelationshipCooling;

/// What comes after the midnight does not change what stood then.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    if cx.c.cooling_at >= event.time {
        return;
    }
    if event.event_type == EventType::UsageActivity || is_personal(event) || has_left(event) {
        while cx.c.cooling_at < event.time {
            let due = cx.c.cooling_at;
            let now = cx.c.highest.max(due);
            cx.at(now, |cx| look(cx, due));
        }
    }
}

/// A touch that is not commercial, by a person.
fn is_personal(event: &Event<'_>) -> bool {
    let touch = touch(event);
    touch.relational && touch.personal
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    if event.event_type == EventType::UsageActivity {
        used(cx, event.time);
        if touch_ran_out(cx) {
            review(cx, event.time);
        }
    } else if is_personal(event) {
        touched(cx, event.time);
    } else if event.event_type == EventType::AccountMerged || event.is_sign_of_life() && waits(cx.c) {
        review(cx, event.time);
    }
}

fn told(c: &Customer) -> Option<Counted> {
    c.rare.care.as_deref()?.cooling_told
}

fn waits(c: &Customer) -> bool {
    c.rare.care.as_deref().is_some_and(|care| care.cooling_waits)
}

fn tell(cx: &mut Context<'_>, told: Option<Counted>) {
    if let Some(care) = present(cx) {
        care.cooling_told = told;
    }
}

fn used(cx: &mut Context<'_>, time: Time) {
    let ripe = midnight(time.day() + RIPENS);
    cx.c.cooling_at = cx.c.cooling_at.min(ripe.max(midnight(cx.c.highest.day() + 1)));
    if told(cx.c).is_some_and(|told| time < told.at) {
        recount(cx, time);
    }
    // A late one may have counted for the time before all along.
    if ripe <= cx.now || told(cx.c).is_some() || waits(cx.c) || cx.c.live(KIND, None).is_some() {
        review(cx, time);
    }
}

/// A use from before the alert was known only now: perhaps there was nothing to tell.
fn recount(cx: &mut Context<'_>, time: Time) {
    let Some(mut counted) = told(cx.c) else { return };
    let ago = counted.at.day() - time.day();
    if ago < RIPENS {
        counted.part += 1;
    } else {
        counted.whole += 1;
    }
    if is_low(counted.part, counted.whole, &cx.rules.care.cooling) {
        tell(cx, Some(counted));
    } else {
        tell(cx, None);
        cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
        arm(cx, cx.now.day());
    }
}

/// Somebody came by: there is nothing to tell for a while, or there was not.
fn touched(cx: &mut Context<'_>, time: Time) {
    let untouched = cx.rules.care.cooling.untouched;
    let live = cx.c.live(KIND, None).map(|a| a.first_event_time);
    let Some(opened) = live.or(told(cx.c).map(|told| told.at)) else { return };
    if time > opened {
        cx.clear(KIND, None, Reason::SourceClosed, Span::ZERO, time);
    } else if time > opened - untouched {
        cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
    } else {
        return;
    }
    tell(cx, None);
    arm(cx, cx.now.day());
}

/// A midnight has come.
fn look(cx: &mut Context<'_>, due: Time) {
    weigh(cx, due.day(), due);
    arm(cx, due.day());
}

/// Use is looked at during the day.
fn review(cx: &mut Context<'_>, time: Time) {
    let today = cx.now.day();
    weigh(cx, today, time);
    arm(cx, today);
}

/// Whether the last touch has become too old since the midnight: use that was low already is told at the next event.
fn touch_ran_out(cx: &Context<'_>) -> bool {
    let Some(care) = cx.c.rare.care.as_deref() else { return false };
    let ran_out = care.last_personal + cx.rules.care.cooling.untouched;
    midnight(cx.now.day()) < ran_out && ran_out <= cx.now
}

fn untouched(c: &Customer, untouched: Span, time: Time) -> bool {
    let last = c.rare.care.as_deref().map_or(Time::MIN, |care| care.last_personal);
    last + untouched <= time
}

/// Opens, keeps or closes the alert by the use at the midnight of `day`.
fn weigh(cx: &mut Context<'_>, day: i32, time: Time) {
    let rules = &cx.rules.care.cooling;
    let usage = Usage::until(&cx.c.panes, day);
    let live = cx.c.live(KIND, None);
    if let Some(holding) = live.map(|a| a.hold_until.is_some()) {
        if usage.has_recovered(day, rules) {
            tell(cx, None);
            cx.clear(KIND, None, Reason::ConditionFalse, rules.hold, time);
        } else if holding {
            raise(cx, &usage, day, time);
        }
        return;
    }
    if told(cx.c).is_some() {
        // It was told, and is over: not again before use has recovered.
        if usage.has_recovered(day, rules) {
            tell(cx, None);
        }
        return;
    }
    let falls = usage.is_low(day, rules) && untouched(cx.c, rules.untouched, time) && !cx.c.is_gone();
    let gone_quiet = falls && cx.c.live(Kind::SilentDeparture, None).is_some();
    if gone_quiet != waits(cx.c) {
        cx.c.rare.care.get_or_insert_default().cooling_waits = gone_quiet;
    }
    if falls && !gone_quiet {
        raise(cx, &usage, day, time);
    }
}

fn raise(cx: &mut Context<'_>, usage: &Usage, day: i32, time: Time) {
    let (recent, before) = (usage.recent(day), usage.before(day));
    let evidence: ThinVec<Fact> = cx.c.life.last.iter().cloned().collect();
    let facts = Facts {
        count: Some(recent),
        since: evidence.first().map(|f| f.time),
        percent: percent_left(recent, before),
        ..Facts::default()
    };
    cx.c.rare.care.get_or_insert_default().cooling_told = Some(Counted { at: time, whole: before, part: recent });
    let expires_at = ends(cx, KIND, None, cx.rules.care.cooling.expires_after);
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, None, Severity::Info, time) });
}

/// Sets the next midnight at which something changes if nothing more happens.
fn arm(cx: &mut Context<'_>, day: i32) {
    let rules = &cx.rules.care.cooling;
    let usage = Usage::until(&cx.c.panes, day);
    let live = cx.c.live(KIND, None);
    let holding = live.is_some_and(|a| a.hold_until.is_some());
    let next = match () {
        () if waits(cx.c) || cx.c.is_gone() => None,
        () if holding => usage.first_after(day, |u, d| !u.has_recovered(d, rules)),
        () if live.is_some() || told(cx.c).is_some() => usage.first_after(day, |u, d| u.has_recovered(d, rules)),
        () => usage.first_after(day, |u, d| u.is_low(d, rules) && untouched(cx.c, rules.untouched, midnight(d))),
    };
    cx.c.cooling_at = next.map_or(Time::MAX, midnight);
}
