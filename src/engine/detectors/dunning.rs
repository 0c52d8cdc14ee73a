//! M44, DUNNING_PRESSURE: the customer is pressed for payment too hard: twice, or while there is reason to wait.

use thin_vec::{ThinVec, thin_vec};

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::money::dunning::Dunned;
use crate::engine::memory::money::{Money, invoice_hash, present};
use crate::engine::rules::MoneyRules;
use crate::model::alert::{FactWord, Facts, Guardrail, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, Kind, Span, Time};

const KIND: Kind = Kind::DunningPressure;

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if !matches!(event.data, Data::Billing(_)) && changes.moved.is_none() {
        return;
    }
    let Some(money) = &cx.c.money else { return };
    let mut ids: Vec<Box<str>> = money.dunned.iter().map(|d| d.id.clone()).collect();
    ids.sort();
    for id in ids {
        weigh(cx, &id, event.time);
    }
}

/// A letter that was too much.
struct Pressure {
    time: Time,
    word: FactWord,
    /// Why it was.
    reason: Fact,
}

/// The letters since the last payment or plan that were too much, oldest first.
fn pressures(money: &Money, dunned: &Dunned, from: Time, rules: &MoneyRules) -> Vec<Pressure> {
    let invoice = invoice_hash(&dunned.id);
    let counted = || dunned.sent.iter().filter(move |f| f.time > from);
    let too_much = |letter: &Fact| {
        let at = letter.time;
        let dispute = money.disputes.iter().find(|d| d.may_be_about(invoice) && d.is_open_at(at));
        let plan = || money.plans.iter().find(|p| p.is_kept_at(at, &rules.plans));
        let before = || {
            let near = |f: &&Fact| !f.is_same(letter) && f.time <= at && at - f.time <= rules.dunning.window;
            counted().rfind(near)
        };
        let (word, reason) = if let Some(opened) = dispute.and_then(|d| d.opened.as_ref()) {
            (FactWord::WhileDisputed, opened)
        } else if let Some(agreed) = plan().and_then(|p| p.agreed.as_ref()) {
            (FactWord::WhilePlanKept, agreed)
        } else if let Some(declared) = money.declared_at(at, &rules.hardship) {
            (FactWord::WhileHardship, declared)
        } else {
            (FactWord::Twice, before()?)
        };
        Some(Pressure { time: at, word, reason: reason.clone() })
    };
    counted().filter_map(too_much).collect()
}

/// Opens, confirms or closes the alert of the invoice `id`.
fn weigh(cx: &mut Context<'_>, id: &str, time: Time) {
    let rules = &cx.rules.money;
    let Some(money) = &cx.c.money else { return };
    let Some(place) = money.dunned.iter().position(|d| &*d.id == id) else { return };
    let dunned = &money.dunned[place];
    let from = dunned.calm.max(money.planned_at());
    let pressures = pressures(money, dunned, from, rules);
    let Some(last) = pressures.last() else {
        let Some(alert) = cx.c.alerts.iter().find(|a| a.is(KIND, Some(id))) else { return };
        let reason = if from >= alert.first_event_time { Reason::SourceClosed } else { Reason::LateFact };
        return cx.clear(KIND, Some(id), reason, Span::ZERO, time);
    };
    let told = cx.c.live(KIND, Some(id)).map(|a| (a.evidence.clone(), a.limits.clone()));
    if told.is_none() && last.time <= dunned.told {
        return;
    }
    let letters = || dunned.sent.iter().filter(|f| f.time > from);
    let mut evidence: ThinVec<Fact> = letters().cloned().collect();
    for Pressure { reason, .. } in &pressures {
        if !evidence.iter().any(|e| e.is_same(reason)) {
            evidence.push(reason.clone());
        }
    }
    evidence.sort_by_key(|f| f.time);
    let facts = Facts {
        count: Some(letters().count() as u32),
        since: letters().next().map(|f| f.time),
        word: Some(last.word),
        ..Facts::default()
    };
    let fresh = pressures.iter().find(|p| p.time > dunned.told);
    let event_time = if told.is_none() { fresh.map_or(last.time, |p| p.time) } else { last.time };
    let last = last.time;
    let limits = match told {
        Some((before, limits)) if before == evidence => limits,
        _ => thin_vec![(Guardrail::NoDunning, Some(cx.now + rules.dunning.guardrail))],
    };
    let expires_at = cx.c.live(KIND, Some(id)).is_none().then_some(cx.now + rules.dunning.expires_after);
    if let Some(money) = present(cx) {
        money.dunned[place].told = last;
    }
    let raise = Raise::new(KIND, Some(id), Severity::Warning, event_time);
    cx.raise(Raise { evidence, facts, limits, expires_at, ..raise });
}
