//! Disputes about a bill and how they were decided.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::{Money, invoice_hash};
use crate::engine::fact::Fact;
use crate::engine::ledger::{Ledger, Ledgers};
use crate::engine::tight::{merge_in_order, push_tight};
use crate::model::event::{BillingData, Outcome};
use crate::model::{Event, EventType, Span, Time};

/// Disputes remembered.
const DISPUTES_MAX: usize = 24;
/// Openings remembered, to tell who disputes again and again.
const OPENINGS_MAX: usize = 16;
/// A decided dispute is remembered this long.
const REMEMBERED: Span = Span::days(60);

/// A dispute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispute {
    /// Its id.
    pub id: Box<str>,
    /// Hash of the invoice that it names.
    pub invoice: Option<u64>,
    /// Hash of its correlation id.
    correlation: Option<u64>,
    /// The event that opened it; none while only later steps have arrived.
    pub opened: Option<Fact>,
    /// What it is about, in the customer's currency.
    pub amount: Option<f64>,
    /// The decision against the customer.
    pub denied: Option<Fact>,
    /// Last decision for the customer; `Time::MIN` if none.
    pub righted: Time,
    /// First decision of any kind; `Time::MAX` if none.
    pub decided: Time,
    /// First credit for it; `Time::MAX` if none.
    pub credited: Time,
    /// Whether a decision for the customer was counted in their trust.
    righted_counted: bool,
    /// Whether an alert has spoken of the decision against the customer.
    pub told: bool,
}

/// What a step of a dispute means for the customer's trust and score.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Denied for the first time, and it stands.
    Denied,
    /// Denied for the first time, but decided otherwise since.
    DeniedOnce,
    /// Decided for the customer for the first time; when it had been denied before, if it had.
    Righted(Option<Time>),
}

impl Dispute {
    fn new(id: &str) -> Dispute {
        Dispute {
            id: id.into(),
            invoice: None,
            correlation: None,
            opened: None,
            amount: None,
            denied: None,
            righted: Time::MIN,
            decided: Time::MAX,
            credited: Time::MAX,
            righted_counted: false,
            told: false,
        }
    }

    /// Whether the customer was contradicted, and nothing was done about it.
    pub fn is_contradicted(&self) -> bool {
        self.credited == Time::MAX && self.denied.as_ref().is_some_and(|denied| denied.time > self.righted)
    }

    /// Whether it lay undecided at `time`.
    pub fn is_open_at(&self, time: Time) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.time <= time) && time < self.decided.min(self.credited)
    }

    /// Whether it may be about that invoice: one that names none may be about any.
    pub fn may_be_about(&self, invoice: u64) -> bool {
        self.invoice.is_none_or(|own| own == invoice)
    }

    /// When it began, as far as it is known.
    pub fn began(&self) -> Time {
        self.opened.as_ref().map_or(self.decided, |opened| opened.time)
    }

    /// Whether its denial counts in the score.
    fn is_counted(&self) -> bool {
        self.denied.as_ref().is_some_and(|denied| !self.righted_counted || denied.time > self.righted)
    }

    /// Takes in what is known of it under another name of the customer.
    fn absorb(&mut self, other: Dispute) {
        self.invoice = self.invoice.or(other.invoice);
        self.correlation = self.correlation.or(other.correlation);
        self.opened = self.opened.take().or(other.opened);
        self.amount = self.amount.or(other.amount);
        self.denied = self.denied.take().or(other.denied);
        self.righted = self.righted.max(other.righted);
        self.decided = self.decided.min(other.decided);
        self.credited = self.credited.min(other.credited);
        self.righted_counted |= other.righted_counted;
        self.told |= other.told;
    }

    fn decide(&mut self, event: &Event<'_>, outcome: Outcome) -> Option<Verdict> {
        let time = event.time;
        self.decided = self.decided.min(time);
        match outcome {
            Outcome::Denied => {
                let anew = self.denied.as_ref().is_some_and(|d| d.time < self.righted && self.righted < time);
                let first = self.denied.is_none();
                if first || anew {
                    self.denied = Some(Fact::new(event, None));
                    self.told = false;
                }
                first.then_some(if time > self.righted { Verdict::Denied } else { Verdict::DeniedOnce })
            }
            Outcome::Upheld | Outcome::Goodwill => {
                self.righted = self.righted.max(time);
                let before = self.denied.as_ref().map(|d| d.time).filter(|at| *at <= self.righted);
                let first = !std::mem::replace(&mut self.righted_counted, true);
                first.then_some(Verdict::Righted(before))
            }
        }
    }
}

impl Money {
    /// A dispute was opened or decided. Returns its id, and what that means.
    pub(super) fn dispute(&mut self, event: &Event<'_>, data: &BillingData<'_>) -> (Box<str>, Option<Verdict>) {
        let id: Box<str> = event.object_id(&data.dispute_id).into();
        let index = self.disputes.iter().position(|d| d.id == id).unwrap_or_else(|| {
            if self.disputes.len() >= DISPUTES_MAX {
                let over = self.disputes.iter().position(|d| d.decided < Time::MAX).unwrap_or(0);
                self.disputes.remove(over);
            }
            push_tight(&mut self.disputes, Dispute::new(&id));
            self.disputes.len() - 1
        });
        let dispute = &mut self.disputes[index];
        dispute.invoice = dispute.invoice.or(data.invoice_id.as_deref().map(invoice_hash));
        dispute.correlation = dispute.correlation.or(event.correlation_id.as_deref().map(invoice_hash));
        dispute.amount = dispute.amount.or(data.amount);
        let verdict = match (event.event_type, data.outcome) {
            (EventType::DisputeDecided, Some(outcome)) => dispute.decide(event, outcome),
            (EventType::DisputeDecided, None) => None,
            _ => {
                if dispute.opened.is_none() {
                    dispute.opened = Some(Fact::new(event, None));
                    push_tight(&mut self.disputed, event.time);
                    self.disputed.sort();
                    if self.disputed.len() > OPENINGS_MAX {
                        self.disputed.remove(0);
                    }
                }
                None
            }
        };
        (id, verdict)
    }

    /// A credit was issued: the disputes it is for, by their own id, their case or their invoice. Returns their ids.
    pub(super) fn credit(&mut self, event: &Event<'_>, data: &BillingData<'_>) -> Vec<Box<str>> {
        let case = event.correlation_id.as_deref();
        let (case_hash, invoice) = (case.map(invoice_hash), data.invoice_id.as_deref().map(invoice_hash));
        let mut ids = Vec::new();
        for dispute in self.disputes.iter_mut().filter(|d| d.began() <= event.time) {
            let named = [data.dispute_id.as_deref(), case].into_iter().flatten().any(|id| *id == *dispute.id);
            let same_case = case_hash.is_some() && dispute.correlation == case_hash;
            let same_invoice = data.dispute_id.is_none() && invoice.is_some() && dispute.invoice == invoice;
            if named || same_case || same_invoice {
                dispute.credited = dispute.credited.min(event.time);
                ids.push(dispute.id.clone());
            }
        }
        ids
    }

    /// Takes in the disputes of the same customer under another name. What both know was counted twice: that is taken back.
    pub(super) fn absorb_disputes(&mut self, theirs: ThinVec<Dispute>, opened: ThinVec<Time>, ledgers: &mut Ledgers) {
        let twice = |at: &Time| theirs.iter().any(|d| d.began() == *at && self.disputes.iter().any(|o| o.id == d.id));
        let opened = opened.into_iter().filter(|at| !twice(at)).collect();
        merge_in_order(&mut self.disputed, opened, OPENINGS_MAX, |at| *at);
        for dispute in theirs {
            match self.disputes.iter_mut().find(|known| known.id == dispute.id) {
                Some(known) => {
                    let counted = u8::from(known.is_counted()) + u8::from(dispute.is_counted());
                    known.absorb(dispute);
                    let denied = known.denied.as_ref().map_or(Time::MIN, |denied| denied.time);
                    for _ in u8::from(known.is_counted())..counted {
                        ledgers.take_back(Ledger::DisputeDenied, 1.0, denied);
                    }
                }
                None => {
                    if self.disputes.len() >= DISPUTES_MAX {
                        let over = self.disputes.iter().position(|d| d.decided < Time::MAX).unwrap_or(0);
                        self.disputes.remove(over);
                    }
                    push_tight(&mut self.disputes, dispute);
                }
            }
        }
    }

    /// How many other disputes were opened within `window` before one that began at `began`.
    pub fn disputes_before(&self, began: Time, window: Span) -> usize {
        self.disputed.iter().filter(|at| (began - window..began).contains(*at)).count()
    }

    pub(super) fn prune_disputes(&mut self, now: Time, window: Span) {
        let last = |d: &Dispute| d.righted.max(d.denied.as_ref().map_or(Time::MIN, |f| f.time));
        self.disputes.retain(|d| d.decided == Time::MAX || now - last(d) <= REMEMBERED);
        self.disputed.retain(|at| now - *at <= Span(window.0 + REMEMBERED.0));
    }
}
