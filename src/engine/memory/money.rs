//! Money between a company and a customer: invoices, plans, disputes, and trust in the company's word.

pub mod disputes;
pub mod dunning;
pub mod hardship;
pub mod invoices;
pub mod plans;
pub mod trust;

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::Changes;
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::grievance::TOMBSTONE;
use crate::engine::hash::hash64;
use crate::engine::ledger::{Ledger, Ledgers};
use crate::engine::rules::MoneyRules;
use crate::model::event::{BillingData, Data};
use crate::model::{Event, EventType, Kind, Time};
use disputes::{Dispute, Verdict};
use dunning::Dunned;
use hardship::Hardship;
use invoices::{Invoice, Past};
use plans::Plan;
use trust::{LossKind, Notice, Trust};

/// Invoices, plans, disputes, trust. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Money {
    /// Invoices owed and lately settled, in order of arrival.
    pub invoices: ThinVec<Invoice>,
    /// Invoices that have fallen due.
    pub past: Past,
    /// Straits, if there are any.
    pub hardship: Option<Box<Hardship>>,
    /// Invoices that the customer was pressed for.
    pub dunned: ThinVec<Dunned>,
    /// Payment plans, in order of arrival.
    pub plans: ThinVec<Plan>,
    /// Disputes, in order of arrival.
    pub disputes: ThinVec<Dispute>,
    /// When disputes were opened, in order of time.
    pub disputed: ThinVec<Time>,
    /// The ledger of trust, if anything was lost or gained.
    pub trust: Option<Box<Trust>>,
}

impl Money {
    /// Takes in what is owed and promised between the company and the same customer under another name.
    pub(in crate::engine) fn absorb(&mut self, other: Money, ledgers: &mut Ledgers, rules: &MoneyRules) {
        self.absorb_invoices(other.invoices, other.past, rules.hardship.grace);
        if let Some(theirs) = other.hardship {
            self.hardship.get_or_insert_default().absorb(*theirs, ledgers);
        }
        self.absorb_dunned(other.dunned);
        self.absorb_plans(other.plans);
        self.absorb_disputes(other.disputes, other.disputed, ledgers);
        if let Some(theirs) = other.trust {
            self.trust.get_or_insert_default().absorb(*theirs, &rules.trust);
        }
        self.end_declared();
    }
}

/// How ids of invoices and other objects of money are remembered.
pub fn invoice_hash(id: &str) -> u64 {
    hash64(id.as_bytes(), 0x6d6f_6e65)
}

/// The invoice that an event is about.
pub fn of_invoice(event: &Event<'_>, data: &BillingData<'_>) -> u64 {
    invoice_hash(event.object_id(&data.invoice_id))
}

/// Takes the event in.
pub(super) fn take(cx: &mut Context<'_>, event: &Event<'_>, changes: &mut Changes) {
    match &event.data {
        Data::Billing(data) => {
            prune(cx);
            billing(cx, event, data, changes);
        }
        Data::Service(data) => match event.event_type {
            EventType::ServiceSuspended if data.cause.as_deref() != Some("customer_request") => {
                money(cx).strain(event);
            }
            EventType::IncidentAffected => {
                let id = event.object_id(&data.incident_id);
                let notice = trust(cx).affected(event, id);
                told(cx, notice, id, event.time);
            }
            EventType::IncidentNotified => {
                let id = event.object_id(&data.incident_id);
                let rules = &cx.rules.money.trust;
                let notice = trust(cx).notified(id, event.time, rules);
                told(cx, notice, id, event.time);
            }
            _ => {}
        },
        Data::Promise(_) => prune(cx),
        _ => {}
    }
}

fn money<'c>(cx: &'c mut Context<'_>) -> &'c mut Money {
    cx.c.money.get_or_insert_default()
}

/// The customer's ledger of trust, to be changed.
pub fn trust<'c>(cx: &'c mut Context<'_>) -> &'c mut Trust {
    money(cx).trust.get_or_insert_default()
}

/// The customer's money, if there is anything to change.
pub fn present<'c>(cx: &'c mut Context<'_>) -> Option<&'c mut Money> {
    cx.c.money.as_deref_mut()
}

/// Forgets what is old.
fn prune(cx: &mut Context<'_>) {
    let (rules, now) = (&cx.rules.money, cx.c.highest);
    let in_hardship = cx.c.live(Kind::PaymentHardship, None).is_some();
    let unpaid = cx.rules.time.late_limit;
    let Some(money) = &mut cx.c.money else { return };
    money.invoices.retain(|i| match i.settled {
        Time::MAX => now - i.last_known() <= unpaid,
        at => now - at.max(i.last_known()) <= TOMBSTONE,
    });
    money.past.prune(now - unpaid, rules.hardship.memory);
    money.prune_hardship(now, in_hardship, &rules.hardship);
    money.prune_dunned(now);
    money.prune_plans(now, &rules.plans);
    money.prune_disputes(now, rules.disputes.repeat_window);
    money.prune_trust(now, &rules.trust);
    if **money == Money::default() {
        cx.c.money = None;
    }
}

fn billing(cx: &mut Context<'_>, event: &Event<'_>, data: &BillingData<'_>, changes: &mut Changes) {
    let (time, grace) = (event.time, cx.rules.money.hardship.grace);
    match event.event_type {
        EventType::InvoiceIssued | EventType::InvoiceOverdue => money(cx).bill(event, data, grace),
        EventType::InvoicePaid => {
            let money = money(cx);
            money.bill(event, data, grace);
            money.calm(event.object_id(&data.invoice_id), time);
        }
        EventType::CreditIssued => {
            if let Some(money) = present(cx) {
                money.bill(event, data, grace);
                money.calm(event.object_id(&data.invoice_id), time);
                changes.disputes = money.credit(event, data);
            }
        }
        EventType::DunningSent => {
            let money = money(cx);
            money.dun(event, event.object_id(&data.invoice_id));
            money.strain(event);
        }
        EventType::HardshipDeclared => money(cx).strain(event),
        EventType::PlanAgreed | EventType::InstalmentKept | EventType::InstalmentMissed => {
            let money = money(cx);
            changes.plan = Some(money.plan(event, data));
            if event.event_type == EventType::PlanAgreed {
                money.cover(time, data.invoice_id.as_deref().map(invoice_hash));
            }
            if event.event_type == EventType::InstalmentKept {
                cx.c.ledgers.set(Ledger::PlanKept, 1.0, time, &event.id);
            }
        }
        EventType::DisputeOpened | EventType::DisputeDecided => {
            let (id, verdict) = money(cx).dispute(event, data);
            if let Some(verdict) = verdict {
                decided(cx, event, &id, verdict);
            }
            changes.disputes = vec![id];
        }
        _ => return,
    }
    if let Some(money) = present(cx) {
        money.end_declared();
    }
}

/// What a decision does to the score and to trust.
fn decided(cx: &mut Context<'_>, event: &Event<'_>, id: &str, verdict: Verdict) {
    let (time, rules) = (event.time, &cx.rules.money.trust);
    match verdict {
        Verdict::Denied => cx.c.ledgers.add(Ledger::DisputeDenied, 1.0, time, &event.id),
        Verdict::Righted(Some(denied)) => cx.c.ledgers.take_back(Ledger::DisputeDenied, 1.0, denied),
        Verdict::DeniedOnce | Verdict::Righted(None) => {}
    }
    match verdict {
        Verdict::Denied | Verdict::DeniedOnce => {
            trust(cx).lose(LossKind::Dispute, id, time, Some(Fact::new(event, None)));
        }
        Verdict::Righted(_) => trust(cx).gain(1.0, time, rules),
    }
}

/// What a notice about an incident does to trust.
fn told(cx: &mut Context<'_>, notice: Option<Notice>, id: &str, at: Time) {
    let rules = &cx.rules.money.trust;
    let Some(notice) = notice else { return };
    let trust = trust(cx);
    trust.gain(1.0, at, rules);
    if notice == Notice::InTimeAfterAll {
        trust.forgive(LossKind::Incident, id);
    }
}
