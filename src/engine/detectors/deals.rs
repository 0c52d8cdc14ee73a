//! M22, DEAL_PRONE: loyalty that is bought. Nearly every touch is money, or nearly every purchase is at a discount.

use thin_vec::ThinVec;

use super::{Detector, ends, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::care::{Counted, Touched, present};
use crate::engine::memory::touch::touch;
use crate::engine::rules::Rules;
use crate::engine::usage::midnight;
use crate::engine::window::Series;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::{Data, Family};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle: settle_nothing, on_event, deadline, on_deadline };

const KIND: Kind = Kind::DealProne;
const PURCHASES: Series = Series::family(Family::Purchase);

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    let Some(care) = cx.c.rare.care.as_deref() else { return };
    let (basis, bought) = match &event.data {
        Data::Purchase(data) if event.event_type == EventType::PurchaseCompleted => {
            if care.bargains.is_empty() {
                return;
            }
            (FactWord::Purchases, data.discount.is_some_and(|discount| discount > 0.0))
        }
        Data::Account(_) if event.event_type == EventType::AccountMerged => {
            merged(cx, event.time);
            return;
        }
        Data::Care(_) => match touch(event) {
            touch if touch.care => (FactWord::Touches, touch.monetary),
            _ => return,
        },
        _ => return,
    };
    if let Some(word) = live_word(cx.c) {
        if word == basis && care.deals_told.is_some_and(|told| event.time <= told.at) {
            recount(cx, bought, event.time);
        }
        if cx.c.live(KIND, None).is_some() {
            review(cx, event.time);
        }
    } else if bought && opens(&count(cx.c, cx.rules, basis, cx.now), cx.rules, basis) {
        raise(cx, basis, event.time);
    }
}

/// Two records of one person have become one: what is counted of both may be more, or of other sorts.
fn merged(cx: &mut Context<'_>, time: Time) {
    if live_word(cx.c).is_some() {
        review(cx, time);
        return;
    }
    let bases = [FactWord::Touches, FactWord::Purchases];
    let basis = bases.into_iter().find(|basis| opens(&count(cx.c, cx.rules, *basis, cx.now), cx.rules, *basis));
    if let Some(basis) = basis {
        raise(cx, basis, time);
    }
}

/// On what the live alert stands.
fn live_word(c: &Customer) -> Option<FactWord> {
    c.live(KIND, None).and_then(|a| a.facts.word)
}

/// Days of the window in which purchases are counted.
fn days(rules: &Rules) -> i32 {
    (rules.care.deals.window.0 / Span::days(1).0) as i32
}

/// Touches of the window that ends at `end`.
fn touches<'c>(c: &'c Customer, rules: &Rules, end: Time) -> impl Iterator<Item = &'c Touched> {
    let window = rules.care.deals.window;
    let all = c.rare.care.as_deref().map_or(&[][..], |care| &care.touches);
    all.iter().filter(move |t| t.fact.time > end - window && t.fact.time <= end)
}

fn count(c: &Customer, rules: &Rules, basis: FactWord, end: Time) -> Counted {
    if basis == FactWord::Touches {
        let whole = touches(c, rules, end).count() as u32;
        let part = touches(c, rules, end).filter(|t| t.monetary).count() as u32;
        return Counted { at: end, whole, part };
    }
    let days = days(rules);
    let (whole, part) = (c.panes.sum(PURCHASES, end, days), c.panes.sum(Series::DISCOUNTED, end, days));
    Counted { at: end, whole, part }
}

fn share(counted: &Counted) -> f64 {
    f64::from(counted.part) / f64::from(counted.whole.max(1))
}

fn opens(counted: &Counted, rules: &Rules, basis: FactWord) -> bool {
    let rules = &rules.care.deals;
    let least = if basis == FactWord::Touches { rules.touches as u32 } else { rules.purchases };
    counted.whole >= least && share(counted) >= rules.share
}

/// A touch or purchase from before the alert was known only now: perhaps there was nothing to tell.
fn recount(cx: &mut Context<'_>, bought: bool, time: Time) {
    let rules = &cx.rules.care.deals;
    let Some(care) = present(cx) else { return };
    let Some(told) = care.deals_told.as_mut().filter(|told| time > told.at - rules.window) else { return };
    told.whole += 1;
    told.part += u32::from(bought);
    if share(told) < rules.share {
        care.deals_told = None;
        cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
    }
}

/// The live alert stays while its share is not much lower, and for a while after.
fn review(cx: &mut Context<'_>, time: Time) {
    let Some(basis) = live_word(cx.c) else { return };
    let rules = &cx.rules.care.deals;
    if share(&count(cx.c, cx.rules, basis, cx.now)) >= rules.recovered {
        raise(cx, basis, time);
    } else {
        cx.clear(KIND, None, Reason::ConditionFalse, rules.hold, time);
    }
}

fn raise(cx: &mut Context<'_>, basis: FactWord, time: Time) {
    let counted = count(cx.c, cx.rules, basis, cx.now);
    let evidence: ThinVec<Fact> = if basis == FactWord::Touches {
        touches(cx.c, cx.rules, cx.now).map(|t| t.fact.clone()).collect()
    } else {
        cx.c.rare.care.as_deref().map_or_else(ThinVec::new, |care| care.bargains.clone())
    };
    let evidence = super::newest(evidence);
    let expires_at = ends(cx, KIND, None, cx.rules.care.deals.expires_after);
    if expires_at.is_some()
        && let Some(care) = present(cx)
    {
        care.deals_told = Some(counted);
    }
    let facts = Facts {
        count: Some(counted.whole),
        since: evidence.first().map(|f| f.time),
        percent: Some(libm::round(share(&counted) * 100.0) as u32),
        word: Some(basis),
        ..Facts::default()
    };
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, None, Severity::Info, time) });
}

/// When the first touch or purchase leaves the window.
fn deadline(c: &Customer, rules: &Rules) -> Time {
    if c.rare.care.as_deref().is_none_or(|care| care.deals_told.is_none()) {
        return Time::MAX;
    }
    match live_word(c) {
        Some(FactWord::Touches) => {
            touches(c, rules, c.highest).next().map_or(Time::MAX, |t| t.fact.time + rules.care.deals.window)
        }
        Some(_) => {
            let days = days(rules);
            c.panes.earliest(PURCHASES, c.highest, days).map_or(Time::MAX, |day| midnight(day + days))
        }
        None => Time::MAX,
    }
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    review(cx, due);
}
