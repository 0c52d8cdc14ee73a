//! Invoices: which are owed, which are late, and how punctual the customer has been.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::plans::Plan;
use super::{Money, of_invoice};
use crate::engine::fact::Fact;
use crate::engine::grievance::make_room;
use crate::engine::rules::HardshipRules;
use crate::engine::tight::push_tight;
use crate::model::event::BillingData;
use crate::model::{Event, EventType, Span, Time};

/// An invoice, owed or lately settled. `Time::MAX` stands for "not" and "not known".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    /// Hash of its id.
    pub id: u64,
    /// The event that issued it, while it is owed.
    pub issued: Option<Fact>,
    /// The first event that called it overdue, while it is owed.
    pub overdue: Option<Fact>,
    /// What was billed.
    pub amount: Option<f64>,
    /// When it falls due.
    pub due: Time,
    /// When it became late: its time passed, or somebody called it overdue before.
    pub late_at: Time,
    /// When it was paid, or credited in full.
    pub settled: Time,
    /// When a plan took it over.
    pub covered: Time,
    /// How it counts among the customer's past invoices: paid in time or not; none before that is known.
    pub noted: Option<bool>,
    /// Whether an alert has spoken of it.
    pub told: bool,
}

impl Invoice {
    fn new(id: u64) -> Invoice {
        Invoice {
            id,
            issued: None,
            overdue: None,
            amount: None,
            due: Time::MAX,
            late_at: Time::MAX,
            settled: Time::MAX,
            covered: Time::MAX,
            noted: None,
            told: false,
        }
    }

    /// The last instant at which it is paid in time.
    pub fn deadline(&self, grace: Span) -> Time {
        self.due + grace
    }

    /// When its time passes, if it can.
    pub fn pending(&self, grace: Span) -> Option<Time> {
        let open = self.settled == Time::MAX && self.covered == Time::MAX && self.noted.is_none();
        (open && self.due < Time::MAX).then(|| self.deadline(grace))
    }

    /// Whether it is late and still owed, with no plan for it.
    pub fn is_late(&self) -> bool {
        self.late_at < Time::MAX && self.settled == Time::MAX && self.covered == Time::MAX
    }

    /// When it fell due as far as it is known.
    pub fn fell_due(&self) -> Time {
        if self.due < Time::MAX { self.due } else { self.late_at }
    }

    /// The latest time known of it, payment apart.
    pub(super) fn last_known(&self) -> Time {
        let facts = self.facts().map(|f| f.time).max().unwrap_or(Time::MIN);
        if self.fell_due() < Time::MAX { facts.max(self.fell_due()) } else { facts }
    }

    /// What shows it.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.issued.iter().chain(&self.overdue)
    }

    /// Takes in what is known of it under another name of the customer.
    fn absorb(&mut self, other: Invoice) {
        self.amount = self.amount.or(other.amount);
        self.due = if self.due < Time::MAX { self.due } else { other.due };
        self.late_at = self.late_at.min(other.late_at);
        self.settled = self.settled.min(other.settled);
        self.covered = self.covered.min(other.covered);
        self.told |= other.told;
        if self.late_at >= self.settled.min(self.covered) {
            self.late_at = Time::MAX;
        }
        if self.settled == Time::MAX {
            self.issued = self.issued.take().or(other.issued);
            self.overdue = self.overdue.take().or(other.overdue);
        } else {
            (self.issued, self.overdue) = (None, None);
        }
    }

    /// A plan of that time covers it.
    fn cover(&mut self, at: Time, past: &mut Past) {
        self.covered = self.covered.min(at);
        if self.covered <= self.late_at {
            self.late_at = Time::MAX;
        }
        // Its own due time no longer counts if it had not passed.
        if self.noted == Some(false) && self.late_at == Time::MAX {
            past.forget(self.due, false);
            self.noted = None;
        }
    }
}

/// How many invoices fell due, and how many were not paid in time, by UTC day of their due times, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// 16 bits of days since 1970, 8 of invoices, 8 of those that were late.
    days: ThinVec<u32>,
}

/// Days remembered; beyond it the two oldest become one.
const DAYS_MAX: usize = 96;

impl Past {
    fn pack(day: u32, due: u32, late: u32) -> u32 {
        day << 16 | due.min(255) << 8 | late.min(255)
    }

    fn parts(day: u32) -> (u32, u32, u32) {
        (day >> 16, day >> 8 & 255, day & 255)
    }

    fn day(time: Time) -> u32 {
        time.day().clamp(0, i32::from(u16::MAX)) as u32
    }

    fn note(&mut self, due: Time, on_time: bool) {
        self.add(Past::day(due), 1, u32::from(!on_time));
    }

    /// Takes in the invoices of the same customer under another name.
    fn absorb(&mut self, other: Past) {
        for day in other.days {
            let (day, due, late) = Past::parts(day);
            self.add(day, due, late);
        }
    }

    fn add(&mut self, day: u32, due: u32, late: u32) {
        let place = self.days.iter().position(|d| d >> 16 >= day).unwrap_or(self.days.len());
        match self.days.get_mut(place).filter(|d| **d >> 16 == day) {
            Some(known) => {
                let (_, n, l) = Past::parts(*known);
                *known = Past::pack(day, n + due, l + late);
            }
            None => {
                push_tight(&mut self.days, 0);
                self.days[place..].rotate_right(1);
                self.days[place] = Past::pack(day, due, late);
            }
        }
        if self.days.len() > DAYS_MAX {
            let (_, n, l) = Past::parts(self.days.remove(0));
            let (day, n2, l2) = Past::parts(self.days[0]);
            self.days[0] = Past::pack(day, n + n2, l + l2);
        }
    }

    fn forget(&mut self, due: Time, on_time: bool) {
        let day = Past::day(due);
        if let Some(known) = self.days.iter_mut().find(|d| **d >> 16 == day) {
            let (_, n, l) = Past::parts(*known);
            *known = Past::pack(day, n.saturating_sub(1), l.saturating_sub(u32::from(!on_time)));
        }
        self.days.retain(|d| *d >> 8 & 255 > 0);
    }

    /// Forgets what fell due more than `memory` before `now`.
    pub(super) fn prune(&mut self, now: Time, memory: Span) {
        let first = Past::day(now - memory);
        self.days.retain(|d| *d >> 16 >= first);
    }

    /// Whether the invoices that fell due on earlier days than `due` show a punctual payer.
    pub fn is_punctual(&self, due: Time, rules: &HardshipRules) -> bool {
        let (first, last) = (Past::day(due - rules.memory), Past::day(due));
        let within = self.days.iter().map(|d| Past::parts(*d)).filter(|(day, ..)| (first..last).contains(day));
        let (all, late) = within.fold((0, 0), |(all, late), (_, n, l)| (all + n, late + l));
        const ROUNDING: f64 = 1e-9;
        all >= rules.invoices && f64::from(all - late.min(all)) >= rules.on_time_share * f64::from(all) - ROUNDING
    }
}

impl Money {
    fn invoice(&mut self, id: u64) -> &mut Invoice {
        let index = self.invoices.iter().position(|i| i.id == id).unwrap_or_else(|| {
            make_room(&mut self.invoices, |i| i.settled < Time::MAX);
            push_tight(&mut self.invoices, Invoice::new(id));
            self.invoices.len() - 1
        });
        &mut self.invoices[index]
    }

    /// An invoice was issued, paid, credited or called overdue.
    pub(super) fn bill(&mut self, event: &Event<'_>, data: &BillingData<'_>, grace: Span) {
        let (time, id) = (event.time, of_invoice(event, data));
        if event.event_type == EventType::CreditIssued {
            // Only a credit that leaves nothing to pay settles an invoice.
            let whole = |i: &Invoice| i.amount.zip(data.amount).is_some_and(|(owed, given)| given >= owed);
            if !self.invoices.iter().any(|i| i.id == id && whole(i)) {
                return;
            }
        }
        let invoice = self.invoice(id);
        if invoice.due == Time::MAX {
            invoice.due = data.due.unwrap_or(Time::MAX);
        }
        match event.event_type {
            EventType::InvoiceIssued => {
                invoice.amount = invoice.amount.or(data.amount);
                if invoice.settled == Time::MAX && invoice.issued.is_none() {
                    invoice.issued = Some(Fact::new(event, None));
                }
            }
            EventType::InvoiceOverdue => {
                if time < invoice.settled {
                    invoice.late_at = invoice.late_at.min(time);
                    let earlier = invoice.overdue.as_ref().is_none_or(|known| time < known.time);
                    if invoice.settled == Time::MAX && earlier {
                        invoice.overdue = Some(Fact::new(event, None));
                    }
                }
            }
            _ => {
                invoice.settled = invoice.settled.min(time);
                if invoice.settled <= invoice.late_at {
                    invoice.late_at = Time::MAX;
                }
                (invoice.issued, invoice.overdue) = (None, None);
            }
        }
        // A plan that was agreed since takes in what had fallen due.
        let owed_since = time.max(invoice.fell_due());
        let agreed = self.plans.iter().map(Plan::agreed_at).filter(|at| *at >= owed_since).min();
        if let Some(at) = agreed {
            // If its time had passed by then it was late before.
            self.pass(Time(at.0 - 1), Some(id), grace);
        }
        if let Some(at) = agreed
            && let Some(invoice) = self.invoices.iter_mut().find(|i| i.id == id)
        {
            invoice.cover(at, &mut self.past);
        }
        self.note(id, grace);
    }

    /// Counts a settled invoice among those of the past.
    fn note(&mut self, id: u64, grace: Span) {
        let Some(invoice) = self.invoices.iter_mut().find(|i| i.id == id) else { return };
        if invoice.settled == Time::MAX || invoice.due == Time::MAX {
            return;
        }
        let on_time = invoice.settled <= invoice.deadline(grace);
        if invoice.noted == Some(on_time) {
            return;
        }
        if let Some(before) = invoice.noted.replace(on_time) {
            self.past.forget(invoice.due, before);
        }
        self.past.note(invoice.due, on_time);
    }

    /// The time of invoices has passed by `upto`: of all, or of that one.
    pub fn pass(&mut self, upto: Time, only: Option<u64>, grace: Span) {
        let chosen = |i: &&mut Invoice| only.is_none_or(|id| i.id == id);
        for invoice in self.invoices.iter_mut().filter(chosen) {
            if let Some(deadline) = invoice.pending(grace).filter(|deadline| *deadline <= upto) {
                invoice.late_at = invoice.late_at.min(deadline);
                invoice.noted = Some(false);
                self.past.note(invoice.due, false);
            }
        }
    }

    /// A plan was agreed: it covers what had fallen due by then, and the invoice that it names.
    pub(super) fn cover(&mut self, at: Time, named: Option<u64>) {
        for invoice in self.invoices.iter_mut().filter(|i| i.settled > at) {
            if invoice.fell_due() <= at || named == Some(invoice.id) {
                invoice.cover(at, &mut self.past);
            }
        }
    }

    /// Takes in the invoices of the same customer under another name; what both know is one.
    pub(super) fn absorb_invoices(&mut self, theirs: ThinVec<Invoice>, past: Past, grace: Span) {
        self.past.absorb(past);
        for invoice in theirs {
            let Some(known) = self.invoices.iter_mut().find(|known| known.id == invoice.id) else {
                make_room(&mut self.invoices, |i| i.settled < Time::MAX);
                push_tight(&mut self.invoices, invoice);
                continue;
            };
            match (known.noted, invoice.noted) {
                (Some(_), Some(twice)) => self.past.forget(invoice.due, twice),
                (None, theirs) => known.noted = theirs,
                (Some(_), None) => {}
            }
            let id = known.id;
            known.absorb(invoice);
            self.note(id, grace);
        }
    }

    /// Whether an invoice that fell due at `due` is the first lapse of a punctual payer.
    pub fn is_first_lapse(&self, invoice: &Invoice, rules: &HardshipRules) -> bool {
        self.past.is_punctual(invoice.fell_due(), rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;

    fn day(n: i64) -> Time {
        Time(0) + Span::days(n)
    }

    #[test]
    fn a_punctual_payer_has_six_invoices_of_two_years_with_nine_in_ten_paid_in_time() {
        let rules = Rules::default().money.hardship;
        for (in_time, late, gap, punctual) in [
            (6, 0, 30, true),
            (5, 0, 30, false),
            (9, 1, 30, true),
            (8, 1, 30, false),
            (0, 6, 30, false),
            (12, 0, 121, true),
            (12, 0, 140, false),
        ] {
            let mut past = Past::default();
            let count = in_time + late;
            for n in 0..count {
                past.note(day(gap * (n + 1)), n >= late);
            }
            let due = day(gap * (count + 1));
            assert_eq!(past.is_punctual(due, &rules), punctual, "{in_time} {late} {gap}");
        }
    }

    #[test]
    fn invoices_of_the_same_day_and_of_later_days_are_not_earlier_ones() {
        let rules = Rules::default().money.hardship;
        let mut past = Past::default();
        for n in 0..6 {
            past.note(day(30 * n), true);
        }
        assert!(!past.is_punctual(day(150), &rules));
        assert!(past.is_punctual(day(151), &rules));
        past.forget(day(0), true);
        assert!(!past.is_punctual(day(151), &rules));
    }

    #[test]
    fn many_days_are_merged_and_none_is_lost() {
        let rules = Rules::default().money.hardship;
        let mut past = Past::default();
        for n in (0..300).rev() {
            past.note(day(n), n % 20 != 0);
        }
        assert_eq!(past.days.len(), DAYS_MAX);
        let all: u32 = past.days.iter().map(|d| Past::parts(*d).1).sum();
        assert_eq!(all, 300);
        assert!(past.days.is_sorted());
        assert!(past.is_punctual(day(300), &rules));
        past.prune(day(2_000), rules.memory);
        assert!(past.days.is_empty());
    }
}
