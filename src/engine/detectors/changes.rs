//! M43, CHANGE_UNANNOUNCED: the price goes up, or the customer gets less, and nobody said so in time.

use thin_vec::thin_vec;

use super::{Detector, ends, no_deadline, on_no_deadline, settle_nothing, told};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::memory::Changes;
use crate::engine::memory::market::Market;
use crate::engine::memory::market::changes::{TermChange, explains};
use crate::engine::memory::market::prices::{percent, share};
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

const KIND: Kind = Kind::ChangeUnannounced;

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    let relevant = match &event.data {
        Data::Account(_) => true,
        Data::Care(data) => explains(event, data),
        _ => false,
    };
    let Some(market) = cx.c.rare.market.as_deref().filter(|_| relevant) else { return };
    for index in 0..market.changes.list.len() {
        look(cx, index, event.time);
    }
}

/// What is known of a change by now.
struct View {
    /// The price before it, if known.
    before: Option<f64>,
    /// Whether it is one for the worse; none if that cannot be told yet.
    worse: Option<FactWord>,
    /// Whether the old terms are back.
    is_back: bool,
    /// Whether somebody spoke of it.
    explained: bool,
}

fn view(market: &Market, change: &TermChange) -> View {
    let time = change.fact.time;
    let before = change.before.or_else(|| market.prices.own_before(time)).or(change.seen_before);
    let up = change.price.zip(before).is_some_and(|(price, before)| price > before);
    let price_is_back = before.zip(market.prices.lowest_since(time)).is_some_and(|(before, since)| since <= before);
    let worse = match () {
        () if up => Some(FactWord::PriceUp),
        () if change.scope_down => Some(FactWord::ScopeDown),
        () => None,
    };
    let is_back = (!up || price_is_back) && (!change.scope_down || market.changes.scope_is_back(change));
    View { before, worse, is_back, explained: market.changes.explained >= time }
}

/// Opens, closes or retracts the alert about a change.
fn look(cx: &mut Context<'_>, index: usize, time: Time) {
    let Some(market) = cx.c.rare.market.as_deref() else { return };
    let change = &market.changes.list[index];
    let view = view(market, change);
    let (change, was_told) = (change.clone(), change.told);
    let object = Some(&*change.object);
    let Some(word) = view.worse else {
        let known = change.price.is_none() || view.before.is_some();
        if known && told(cx.c, KIND, object).is_some() {
            // What was paid before it is known better now: it never was for the worse.
            cx.clear(KIND, object, Reason::LateFact, Span::ZERO, time);
        }
        return;
    };
    if was_told {
        if view.is_back || view.explained {
            cx.clear(KIND, object, Reason::SourceClosed, Span::ZERO, time);
        }
        return;
    }
    if let Some(market) = cx.c.rare.present().and_then(|parts| parts.market.as_mut()) {
        let change = &mut market.changes.list[index];
        (change.told, change.seen_before) = (true, view.before);
    }
    if view.is_back || view.explained || cx.c.is_gone() {
        return;
    }
    let rise = change.price.zip(view.before).filter(|(_, before)| word == FactWord::PriceUp && *before > 0.0);
    let facts = Facts {
        since: Some(change.fact.time),
        days: Some(change.days),
        percent: rise.map(|(price, before)| percent(share(price, before))),
        word: Some(word),
        ..Facts::default()
    };
    let (event_time, evidence) = (change.fact.time, thin_vec![change.fact.clone()]);
    let expires_at = ends(cx, KIND, object, cx.rules.market.changes.expires_after);
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, object, Severity::Warning, event_time) });
}
