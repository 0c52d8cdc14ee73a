//! M24, PAYMENT_HARDSHIP: a punctual payer falls behind, or hardship was declared. Help, do not press.

use thin_vec::{ThinVec, thin_vec};

use super::{Detector, whole_days};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::ledger::Ledger;
use crate::engine::memory::Changes;
use crate::engine::memory::money::hardship::{Cause, Episode, LATE, PRESSED};
use crate::engine::memory::money::invoices::Invoice;
use crate::engine::memory::money::{Money, of_invoice, present};
use crate::engine::rules::{HardshipRules, Rules};
use crate::model::alert::{FactWord, Facts, Guardrail, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

const KIND: Kind = Kind::PaymentHardship;

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

/// A step of an invoice after its time shows that it has passed unpaid; a plan does for every invoice.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let Data::Billing(data) = &event.data else { return };
    let only = match event.event_type {
        EventType::InvoicePaid
        | EventType::InvoiceOverdue
        | EventType::InvoiceIssued
        | EventType::CreditIssued
        | EventType::DunningSent => Some(of_invoice(event, data)),
        EventType::PlanAgreed => None,
        _ => return,
    };
    while let Some(due) = next_due(cx.c, cx.rules, only).filter(|due| *due < event.time) {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| pass(cx, due, only));
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    let moved = changes.moved.is_some();
    if moved || matches!(event.data, Data::Billing(_)) || event.event_type == EventType::ServiceSuspended {
        weigh(cx, event.time);
    }
}

/// When the time of an invoice passes next, of that one or of any.
fn next_due(c: &Customer, rules: &Rules, only: Option<u64>) -> Option<Time> {
    let money = c.money.as_ref()?;
    let chosen = money.invoices.iter().filter(|i| only.is_none_or(|id| i.id == id));
    chosen.filter_map(|i| i.pending(rules.money.hardship.grace)).min()
}

fn pass(cx: &mut Context<'_>, upto: Time, only: Option<u64>) {
    let grace = cx.rules.money.hardship.grace;
    if let Some(money) = present(cx) {
        money.pass(upto, only, grace);
    }
    weigh(cx, upto);
}

/// When the guardrails run out although the alert goes on.
fn renewal(c: &Customer) -> Option<Time> {
    let episode = c.money.as_ref()?.episode()?;
    let until = episode.limits_until;
    c.live(KIND, None).filter(|alert| alert.expires_at.is_none_or(|end| until < end)).map(|_| until)
}

fn deadline(c: &Customer, rules: &Rules) -> Time {
    if c.money.is_none() {
        return Time::MAX;
    }
    next_due(c, rules, None).into_iter().chain(renewal(c)).min().unwrap_or(Time::MAX)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    if next_due(cx.c, cx.rules, None).is_some_and(|next| next <= due) {
        pass(cx, due, None);
    }
    if renewal(cx.c).is_some_and(|until| until <= due) {
        raise(cx, due, true);
    }
}

/// Whether what the episode stands on was never so, as is known at `time`.
fn is_wrong(money: &Money, episode: &Episode, time: Time, rules: &HardshipRules) -> bool {
    let Cause::Invoice(id) = episode.cause else { return false };
    let Some(invoice) = money.invoices.iter().find(|i| i.id == id) else { return false };
    invoice.late_at == Time::MAX || time <= episode.since && !money.is_first_lapse(invoice, rules)
}

/// The first fact that can open the alert, of those not told of yet or of all; and when it was so.
fn cause(money: &Money, now: Time, rules: &HardshipRules, untold: bool) -> Option<(Time, Cause)> {
    let lapses = |i: &&Invoice| i.is_late() && !(untold && i.told) && money.is_first_lapse(i, rules);
    let late = money.invoices.iter().filter(lapses).map(|i| (i.late_at, Cause::Invoice(i.id))).min_by_key(|c| c.0);
    let declared = money.hardship.as_ref().and_then(|h| h.declared.as_ref());
    let declared = declared.filter(|d| d.stands_at(now, rules) && !(untold && d.told));
    let declared = declared.map(|d| (d.fact.time, Cause::Declared));
    late.into_iter().chain(declared).min_by_key(|c| c.0)
}

/// Opens, raises or closes the alert by what is owed and declared.
fn weigh(cx: &mut Context<'_>, time: Time) {
    let (now, rules) = (cx.now, &cx.rules.money.hardship);
    let live = cx.c.live(KIND, None).is_some();
    let Some(money) = present(cx) else { return };
    let wrong = money.episode().is_some_and(|episode| is_wrong(money, episode, time, rules));
    if wrong {
        let ended = money.end_episode();
        let other = cause(money, now, rules, false);
        if let Some(episode) = ended {
            take_back(cx, &episode);
        }
        return match other {
            Some(other) => begin(cx, other, time),
            None => {
                cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
                cx.clear(Kind::HardshipSilent, None, Reason::LateFact, Span::ZERO, time);
            }
        };
    }
    let stands = money.invoices.iter().any(Invoice::is_late) || money.declared_at(now, rules).is_some();
    if !stands {
        if live || money.episode().is_some() {
            money.end_episode();
            cx.clear(KIND, None, Reason::SourceClosed, Span::ZERO, time);
            cx.clear(Kind::HardshipSilent, None, Reason::SourceClosed, Span::ZERO, time);
        }
    } else if live {
        raise(cx, time, false);
    } else if let Some(cause) = cause(money, now, rules, true) {
        begin(cx, cause, time);
    }
}

/// Begins an episode and tells of it.
fn begin(cx: &mut Context<'_>, (since, cause): (Time, Cause), time: Time) {
    let Some(money) = present(cx) else { return };
    let episode = Episode { cause, since, pressed_at: Time::MAX, limits_until: Time::MIN, silence_told: Time::MIN };
    money.hardship.get_or_insert_default().episode = Some(episode);
    if let Cause::Invoice(id) = cause {
        let invoice = money.invoices.iter().find(|i| i.id == id);
        let event_id = invoice.and_then(|i| i.facts().last()).map_or("", Fact::event_id).to_owned();
        cx.count(Ledger::Payment, LATE, since, &event_id);
    }
    raise(cx, time, false);
}

/// The episode should not have been: neither should its part of the score.
fn take_back(cx: &mut Context<'_>, episode: &Episode) {
    episode.take_back(&mut cx.c.ledgers);
    cx.remember();
}

/// Being pressed on top of being late counts once in the score.
fn count_pressure(cx: &mut Context<'_>) {
    let Some(hardship) = present(cx).and_then(|m| m.hardship.as_mut()) else { return };
    let (Some(episode), Some(dunned)) = (&mut hardship.episode, &hardship.dunned) else { return };
    if episode.cause != Cause::Declared && episode.pressed_at == Time::MAX && dunned.time > episode.since {
        episode.pressed_at = dunned.time;
        let (at, id) = (dunned.time, dunned.event_id().to_owned());
        cx.count(Ledger::Payment, PRESSED, at, &id);
    }
}

/// Tells of the episode, or confirms it. `renew`: the guardrails have run out and hold anew.
fn raise(cx: &mut Context<'_>, time: Time, renew: bool) {
    count_pressure(cx);
    let (now, rules) = (cx.now, &cx.rules.money.hardship);
    let told: Option<ThinVec<Fact>> = cx.c.live(KIND, None).map(|a| a.evidence.clone());
    let Some(money) = present(cx) else { return };
    let late = || money.invoices.iter().filter(|i| i.is_late());
    let Some(hardship) = &money.hardship else { return };
    let Some(episode) = &hardship.episode else { return };
    let declared = hardship.declared.as_ref().filter(|d| d.stands_at(now, rules)).map(|d| &d.fact);
    let pressed = [&hardship.dunned, &hardship.suspended].into_iter().flatten().filter(|f| f.time > episode.since);
    let floor = if pressed.clone().next().is_some() { Severity::Error } else { Severity::Warning };
    let mut evidence: ThinVec<Fact> = late().flat_map(Invoice::facts).chain(declared).chain(pressed).cloned().collect();
    evidence.sort_by_key(|f| f.time);
    let due = late().map(Invoice::fell_due).min();
    let facts = Facts {
        count: Some(late().count() as u32).filter(|n| *n > 0),
        since: Some(due.unwrap_or(episode.since).min(episode.since)),
        due,
        days: due.map(|due| whole_days(due, now)),
        word: Some(if episode.cause == Cause::Declared { FactWord::Declared } else { FactWord::InvoiceLate }),
        ..Facts::default()
    };
    let news = told.as_ref() != Some(&evidence);
    let until = if news || renew { now + rules.guardrail } else { episode.limits_until };
    let event_time = if told.is_none() { episode.since } else { time };
    tell(money, until);
    let limits = thin_vec![(Guardrail::NoDunning, Some(until)), (Guardrail::NoSuspension, Some(until))];
    let expires_at = told.is_none().then_some(now + rules.expires_after);
    let raise = Raise::new(KIND, None, floor, event_time);
    cx.raise(Raise { evidence, facts, limits, expires_at, ..raise });
}

/// The alert speaks of everything there is by now, and its guardrails hold until then.
fn tell(money: &mut Money, until: Time) {
    for invoice in money.invoices.iter_mut().filter(|i| i.is_late()) {
        invoice.told = true;
    }
    if let Some(hardship) = &mut money.hardship {
        if let Some(declared) = &mut hardship.declared {
            declared.told = true;
        }
        if let Some(episode) = &mut hardship.episode {
            episode.limits_until = until;
        }
    }
}
