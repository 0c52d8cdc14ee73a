//! M23, MARKETING_FATIGUE: more is sold to the customer than said to them; or they have said themselves that it is enough.

use thin_vec::{ThinVec, thin_vec};

use super::{Detector, ends, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::care::{Counted, OptOut, present};
use crate::engine::memory::touch::touch;
use crate::engine::rules::{MarketingRules, Rules};
use crate::engine::usage::midnight;
use crate::engine::window::Series;
use crate::model::alert::{FactWord, Facts, Guardrail, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle: settle_nothing, on_event, deadline, on_deadline };

const KIND: Kind = Kind::MarketingFatigue;

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    let time = event.time;
    match (event.event_type, cx.c.rare.care.as_deref().and_then(|care| care.opted_out.as_ref())) {
        // Sent all the same, or said again: said once more.
        (
            EventType::Unsubscribed | EventType::SpamReported | EventType::MarketingSent | EventType::AccountMerged,
            Some(out),
        ) if time >= out.fact.time => {
            opted_out(cx, time);
        }
        (EventType::Unsubscribed | EventType::SpamReported, _) => {}
        (EventType::AccountMerged, None) => {
            // They have agreed again under another name.
            agreed(cx, time);
            sent(cx, time);
        }
        (EventType::MarketingSent, None) => sent(cx, time),
        (EventType::ProfileUpserted, None) if matches!(&event.data, Data::Profile(p) if p.consent == Some(true)) => {
            agreed(cx, time);
        }
        _ if touch(event).personal => touched(cx, time),
        _ => {}
    }
}

fn live_word(c: &Customer) -> Option<FactWord> {
    c.live(KIND, None).and_then(|a| a.facts.word)
}

/// Sends and touches in the window that ends at `end`.
fn count(c: &Customer, rules: &MarketingRules, end: Time) -> Counted {
    let part = sends(c, rules, end).count() as u32;
    Counted { at: end, whole: c.panes.sum(Series::TENDED, end, days(rules)), part }
}

fn sends<'c>(c: &'c Customer, rules: &MarketingRules, end: Time) -> impl Iterator<Item = &'c Fact> {
    let window = rules.window;
    c.sends.iter().filter(move |f| f.time > end - window && f.time <= end)
}

/// Days of the window in which touches are counted.
fn days(rules: &MarketingRules) -> i32 {
    (rules.window.0 / Span::days(1).0) as i32
}

/// Sends for each touch; none counts as one.
fn ratio(counted: &Counted) -> f64 {
    f64::from(counted.part) / f64::from(counted.whole.max(1))
}

fn sent(cx: &mut Context<'_>, time: Time) {
    if live_word(cx.c).is_some() {
        review(cx, time);
        return;
    }
    // Late ones are counted with those that came after them.
    let end = sends(cx.c, &cx.rules.care.marketing, cx.now).last().map_or(time, |f| f.time);
    let counted = count(cx.c, &cx.rules.care.marketing, end);
    if ratio(&counted) >= cx.rules.care.marketing.per_touch {
        too_much(cx, counted, time);
    }
}

/// A person came to the customer, perhaps before there was anything to tell.
fn touched(cx: &mut Context<'_>, time: Time) {
    if live_word(cx.c) != Some(FactWord::TooMuch) {
        return;
    }
    let rules = &cx.rules.care.marketing;
    if let Some(care) = present(cx)
        && let Some(told) = care.marketing_told.as_mut().filter(|t| time <= t.at && time > t.at - rules.window)
    {
        told.whole += 1;
        if ratio(told) < rules.per_touch {
            care.marketing_told = None;
            cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
            return;
        }
    }
    review(cx, time);
}

/// The live alert stays while there is not much less, and for a while after; said by the customer it stays.
fn review(cx: &mut Context<'_>, time: Time) {
    if live_word(cx.c) != Some(FactWord::TooMuch) {
        return;
    }
    let rules = &cx.rules.care.marketing;
    let counted = count(cx.c, rules, cx.now);
    if ratio(&counted) >= rules.recovered {
        too_much(cx, counted, time);
    } else {
        cx.clear(KIND, None, Reason::ConditionFalse, rules.hold, time);
    }
}

fn too_much(cx: &mut Context<'_>, counted: Counted, time: Time) {
    let evidence = super::newest(sends(cx.c, &cx.rules.care.marketing, counted.at).cloned().collect());
    if cx.c.live(KIND, None).is_none() {
        cx.c.rare.care.get_or_insert_default().marketing_told = Some(counted);
    }
    let facts = Facts {
        count: Some(counted.part),
        since: evidence.first().map(|f| f.time),
        word: Some(FactWord::TooMuch),
        ..Facts::default()
    };
    raise(cx, evidence, facts, true, time);
}

/// The customer wants no marketing: with what was sent all the same.
fn opted_out(cx: &mut Context<'_>, time: Time) {
    let Some(care) = cx.c.rare.care.as_deref() else { return };
    let Some(OptOut { fact, spam }) = care.opted_out.clone() else { return };
    let (opposed, word) = (fact.time, if spam { FactWord::SpamReported } else { FactWord::Unsubscribed });
    let mut evidence = thin_vec![fact];
    evidence.extend(cx.c.sends.iter().filter(|f| f.time > opposed).cloned());
    let count = evidence.len() as u32 - 1;
    let facts =
        Facts { count: (count > 0).then_some(count), since: Some(opposed), word: Some(word), ..Facts::default() };
    raise(cx, evidence, facts, spam, time);
}

/// Marketing pauses for a while, or until the customer agrees to it again.
fn raise(cx: &mut Context<'_>, evidence: ThinVec<Fact>, facts: Facts, for_a_while: bool, time: Time) {
    let rules = &cx.rules.care.marketing;
    let opened = cx.c.live(KIND, None).map_or(cx.now, |a| a.opened_at);
    let limits = thin_vec![(Guardrail::PauseMarketing, for_a_while.then_some(opened + rules.pause))];
    let expires_at = ends(cx, KIND, None, rules.expires_after);
    cx.raise(Raise { evidence, facts, expires_at, limits, ..Raise::new(KIND, None, Severity::Info, time) });
}

/// The customer has agreed again.
fn agreed(cx: &mut Context<'_>, time: Time) {
    if matches!(live_word(cx.c), Some(FactWord::Unsubscribed | FactWord::SpamReported)) {
        cx.clear(KIND, None, Reason::SourceClosed, Span::ZERO, time);
    }
}

/// When the first send or touch leaves the window.
fn deadline(c: &Customer, rules: &Rules) -> Time {
    if c.rare.care.as_deref().is_none_or(|care| care.marketing_told.is_none()) {
        return Time::MAX;
    }
    if live_word(c) != Some(FactWord::TooMuch) {
        return Time::MAX;
    }
    let rules = &rules.care.marketing;
    let send = sends(c, rules, c.highest).next().map_or(Time::MAX, |f| f.time + rules.window);
    let days = days(rules);
    let touch = c.panes.earliest(Series::TENDED, c.highest, days).map_or(Time::MAX, |day| midnight(day + days));
    send.min(touch)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    review(cx, due);
}
