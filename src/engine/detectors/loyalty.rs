//! M20, LOYALTY_PENALTY: a customer of a year or more pays more than a newcomer does.

use super::{Detector, ends, told};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::memory::Changes;
use crate::engine::memory::market::prices::{Prices, customer_since};
use crate::engine::rules::{LoyaltyRules, Rules};
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

const KIND: Kind = Kind::LoyaltyPenalty;

fn tells_a_price(event: &Event<'_>) -> bool {
    matches!(&event.data, Data::Account(data) if data.price.is_some() || data.new_customer_price.is_some())
}

fn prices(c: &mut Customer) -> Option<&mut Prices> {
    c.rare.present()?.market.as_deref_mut().map(|market| &mut market.prices)
}

/// A price after the anniversary shows that the first year ended with the gap that was known.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let due = deadline(cx.c, cx.rules);
    if due < event.time && tells_a_price(event) {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| on_deadline(cx, due));
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    let Some(market) = cx.c.rare.market.as_deref() else { return };
    if !market.prices.is_known() {
        return;
    }
    let anniversary = customer_since(cx.c) + cx.rules.market.loyalty.tenure;
    if tells_a_price(event) || changes.moved.is_some() || anniversary != market.prices.anniversary {
        weigh(cx, event.time, anniversary);
    }
}

/// Whether there was a gap at `at`, for customers whose first year ended at `anniversary`.
fn held(c: &Customer, at: Time, anniversary: Time, rules: &LoyaltyRules) -> bool {
    let prices = c.rare.market.as_deref().map(|market| &market.prices);
    let gap = prices.and_then(|prices| prices.newcomer_gap(at, rules));
    anniversary <= at && gap.is_some_and(|gap| gap.reaches(rules.gap_warning))
}

/// Opens, raises or closes the alert by the gap that is known now; before the anniversary that waits.
fn weigh(cx: &mut Context<'_>, time: Time, anniversary: Time) {
    let rules = &cx.rules.market.loyalty;
    let Some(prices) = prices(cx.c) else { return };
    prices.anniversary = anniversary;
    prices.check_at = Time::MAX;
    let gap = prices.newcomer_gap(Time::MAX, rules).filter(|gap| gap.reaches(rules.gap_warning));
    let (gap_at, checked) = (gap.map(|gap| gap.at), prices.checked);
    let first = told(cx.c, KIND, None).map(|a| a.first_event_time);
    let never_was = first.is_some_and(|at| time < at && !held(cx.c, at, anniversary, rules))
        // Who became a customer later than was thought was not loyal then, whenever that is told.
        || first.is_some_and(|at| at < anniversary);
    if never_was {
        cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
    }
    let Some(gap_at) = gap_at else {
        return cx.clear(KIND, None, Reason::ConditionFalse, Span::ZERO, time);
    };
    if gap_at >= anniversary || cx.c.live(KIND, None).is_some() {
        open(cx, gap_at.max(anniversary));
    } else if let Some(prices) = self::prices(cx.c)
        && checked != anniversary
    {
        prices.check_at = anniversary;
    }
}

fn deadline(c: &Customer, _: &Rules) -> Time {
    let Some(market) = c.rare.market.as_deref() else { return Time::MAX };
    if c.is_gone() { Time::MAX } else { market.prices.check_at }
}

/// The first year is over.
fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let Some(prices) = prices(cx.c) else { return };
    (prices.check_at, prices.checked) = (Time::MAX, due);
    open(cx, due);
}

fn open(cx: &mut Context<'_>, event_time: Time) {
    let rules = &cx.rules.market.loyalty;
    let prices = cx.c.rare.market.as_deref().map(|market| &market.prices);
    let gap = prices.and_then(|prices| prices.newcomer_gap(Time::MAX, rules));
    let Some(gap) = gap.filter(|gap| gap.reaches(rules.gap_warning) && !cx.c.is_gone()) else { return };
    let floor = if gap.reaches(rules.gap_error) { Severity::Error } else { Severity::Warning };
    let facts = Facts { percent: Some(gap.percent()), since: Some(gap.at), ..Facts::default() };
    let evidence = gap.evidence();
    let expires_at = ends(cx, KIND, None, rules.expires_after);
    let event_time = event_time.min(cx.now);
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, None, floor, event_time) });
}
