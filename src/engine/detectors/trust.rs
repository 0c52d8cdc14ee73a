//! M18, TRUST_LOW: the company's word has lost more with this customer than it has gained. Fast to lose, slow to regain.

use thin_vec::ThinVec;

use super::Detector;
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::money::trust::{Hit, LossKind};
use crate::engine::memory::money::{present, trust};
use crate::engine::memory::{Changes, PromiseChange};
use crate::engine::rules::Rules;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::{Data, Scalar};
use crate::model::{Event, EventType, Kind, Span, Time};

const KIND: Kind = Kind::TrustLow;

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

/// A notice after the limit shows that it has passed without one.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let Data::Service(data) = &event.data else { return };
    if event.event_type != EventType::IncidentNotified {
        return;
    }
    let id = event.object_id(&data.incident_id);
    let Some(trust) = cx.c.money.as_ref().and_then(|m| m.trust.as_ref()) else { return };
    let hit = trust.incidents.iter().find(|h| &*h.id == id);
    let Some(due) = hit.and_then(|h| h.pending(&cx.rules.money.trust)) else { return };
    if due < event.time {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| undisclosed(cx, due, Some(id)));
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    match &event.data {
        Data::Promise(_) => {
            if let Some((id, change)) = &changes.promise {
                promise(cx, event, id, *change);
            }
        }
        Data::Delivery(data) if event.event_type == EventType::DeliveryMismatched => {
            mismatch(cx, event, event.object_id(&data.order_id), [&data.expected, &data.actual]);
        }
        Data::Billing(data) if event.event_type == EventType::BillingDiscrepancy => {
            let own = if data.order_id.is_some() { &data.order_id } else { &data.invoice_id };
            mismatch(cx, event, event.object_id(own), [&data.expected, &data.actual]);
        }
        Data::Billing(_) if !changes.disputes.is_empty() => weigh(cx, event.time),
        Data::Service(_) if matches!(event.event_type, EventType::IncidentNotified | EventType::IncidentAffected) => {
            weigh(cx, event.time);
        }
        _ if changes.moved.is_some() => weigh(cx, event.time),
        _ => {}
    }
}

fn promise(cx: &mut Context<'_>, event: &Event<'_>, id: &str, change: PromiseChange) {
    let rules = &cx.rules.money.trust;
    match change {
        PromiseChange::Kept => trust(cx).gain(1.0, event.time, rules),
        // It was taken back too if it was cancelled in time; only keeping it gains trust.
        PromiseChange::KeptAfterAll if event.event_type == EventType::PromiseKept => {
            trust(cx).gain(1.0, event.time, rules);
        }
        // It had been taken for kept in time.
        PromiseChange::MadeKeptLate => {
            let Some(promise) = cx.c.rare.promises.iter().find(|p| &*p.id == id) else { return };
            let (kept, deadline, fact) = (promise.state_at, promise.deadline(), promise.made.clone());
            let trust = trust(cx);
            trust.gain(-1.0, kept, rules);
            trust.lose(LossKind::Promise, id, deadline, fact);
        }
        PromiseChange::KeptAfterAll
        | PromiseChange::Made
        | PromiseChange::Renegotiated
        | PromiseChange::RenegotiatedLate
        | PromiseChange::KeptLate
        | PromiseChange::Declared
        | PromiseChange::Cancelled => return,
    }
    weigh(cx, event.time);
}

fn mismatch(cx: &mut Context<'_>, event: &Event<'_>, object: &str, values: [&Option<Scalar<'_>>; 2]) {
    let [expected, actual] = values;
    if expected.is_some() && expected == actual {
        return;
    }
    if trust(cx).lose(LossKind::Mismatch, object, event.time, Some(Fact::new(event, None))) {
        weigh(cx, event.time);
    }
}

/// The promise `id` was broken at `at`.
pub(super) fn promise_broken(cx: &mut Context<'_>, id: &str, made: Option<Fact>, at: Time) {
    if trust(cx).lose(LossKind::Promise, id, at, made) {
        weigh(cx, at);
    }
}

/// The promise `id` was not broken after all.
pub(super) fn forgiven(cx: &mut Context<'_>, id: &str, time: Time) {
    let Some(money) = present(cx) else { return };
    if money.trust.as_mut().is_some_and(|trust| trust.forgive(LossKind::Promise, id)) {
        weigh(cx, time);
    }
}

/// Opens, keeps or closes the alert by what was lost and gained.
fn weigh(cx: &mut Context<'_>, time: Time) {
    let now = cx.now;
    let rules = &cx.rules.money.trust;
    let Some(trust) = cx.c.money.as_mut().and_then(|m| m.trust.as_mut()) else { return };
    let (fell, rose) = (std::mem::take(&mut trust.fell), std::mem::take(&mut trust.forgiven));
    const ROUNDING: f64 = 1e-9;
    let low = |deficit: f64| deficit >= rules.low - ROUNDING;
    let deficit = trust.deficit(now, rules);
    let trust = &*trust;
    let since = cx.c.alerts.iter().find(|a| a.is_live() && a.is(KIND, None)).map(|a| a.first_event_time);
    let is_low = low(deficit);
    match since {
        None if !(fell && is_low) => return,
        // Something that stood against the company is taken back: it was not low when that was told.
        Some(since) if rose && !is_low && !low(trust.deficit(since, rules)) => {
            cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
        }
        Some(_) if deficit < rules.recovered => cx.clear(KIND, None, Reason::ConditionFalse, rules.hold, time),
        _ => {
            let evidence: ThinVec<Fact> = shown(trust.losses.iter().filter_map(|l| l.fact.as_ref()));
            let first = trust.losses.first().map(|l| l.at);
            let facts = Facts { count: Some(trust.losses.len() as u32), since: first, ..Facts::default() };
            let expires_at = since.is_none().then_some(now + rules.expires_after);
            let raise = Raise::new(KIND, None, Severity::Warning, time);
            cx.raise(Raise { evidence, facts, expires_at, ..raise });
        }
    }
    look_ahead(cx);
}

/// Each fact once, by time.
fn shown<'f>(facts: impl Iterator<Item = &'f Fact>) -> ThinVec<Fact> {
    let mut shown: ThinVec<Fact> = ThinVec::new();
    for fact in facts {
        if !shown.iter().any(|s| s.is_same(fact)) {
            shown.push(fact.clone());
        }
    }
    shown.sort_by_key(|f| f.time);
    shown
}

/// Sets when the level must be looked at again.
fn look_ahead(cx: &mut Context<'_>) {
    let (now, rules) = (cx.now, &cx.rules.money.trust);
    let is_live = cx.c.live(KIND, None).is_some();
    let Some(trust) = present(cx).and_then(|m| m.trust.as_mut()) else { return };
    trust.turns_at = is_live.then(|| trust.crosses(rules.recovered, now, rules)).filter(|at| *at < Time::MAX);
}

/// The limit to tell of incidents has passed: of that one, or of all.
fn undisclosed(cx: &mut Context<'_>, upto: Time, only: Option<&str>) {
    let rules = &cx.rules.money.trust;
    let Some(trust) = present(cx).and_then(|m| m.trust.as_mut()) else { return };
    let is_due = |h: &Hit| only.is_none_or(|id| id == &*h.id) && h.pending(rules).is_some_and(|due| due <= upto);
    let mut due: Vec<(Box<str>, Option<Fact>)> = Vec::new();
    for hit in trust.incidents.iter_mut().filter(|h| is_due(h)) {
        hit.missed = true;
        due.push((hit.id.clone(), hit.fact.clone()));
    }
    due.sort_by(|a, b| a.0.cmp(&b.0));
    for (id, fact) in due {
        let at = fact.as_ref().map_or(upto, |f| f.time + rules.disclose_within);
        trust.lose(LossKind::Incident, &id, at, fact);
    }
    weigh(cx, upto);
}

fn deadline(c: &Customer, rules: &Rules) -> Time {
    let Some(trust) = c.money.as_ref().and_then(|m| m.trust.as_ref()) else { return Time::MAX };
    let hits = trust.incidents.iter().filter_map(|h| h.pending(&rules.money.trust));
    hits.chain(trust.turns_at).min().unwrap_or(Time::MAX)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    undisclosed(cx, due, None);
    look_ahead(cx);
}
