//! One step of one customer: what detectors see, and where their effects go.

use super::Effect;
use super::calendar::Calendar;
use super::customer::Customer;
use super::ledger::Ledger;
use super::risk::{assess, update_band};
use super::rules::Rules;
use crate::model::alert::Risk;
use crate::model::{Span, Time};

/// The customer, or the cohort, under an event or a timer.
pub struct Context<'a, S = Customer> {
    /// Limits and delays.
    pub rules: &'a Rules,
    /// Business hours.
    pub calendar: &'a Calendar,
    /// Whose step it is.
    pub c: &'a mut S,
    /// Stream time of the step: the highest event time processed for the customer, or the timer's due time if later.
    pub now: Time,
    /// Where effects go.
    pub effects: &'a mut Vec<Effect>,
    /// The score at `now`, once it was needed.
    risk: Option<Risk>,
}

impl<'a, S> Context<'a, S> {
    /// A step at `now`.
    pub fn new(
        rules: &'a Rules,
        calendar: &'a Calendar,
        c: &'a mut S,
        now: Time,
        effects: &'a mut Vec<Effect>,
    ) -> Context<'a, S> {
        Context { rules, calendar, c, now, effects, risk: None }
    }

    /// Runs `step` at another stream time: a deadline that the event at hand shows to have passed.
    pub fn at(&mut self, now: Time, step: impl FnOnce(&mut Context<'a, S>)) {
        let then = std::mem::replace(&mut self.now, now);
        self.risk = None;
        step(self);
        self.now = then;
        self.risk = None;
    }
}

impl Context<'_> {
    /// The score at `now`.
    pub fn risk(&mut self) -> &Risk {
        let (customer, rules, now) = (&*self.c, self.rules, self.now);
        self.risk.get_or_insert_with(|| assess(customer, rules, now))
    }

    /// What the customer's memory holds has changed by a fact: the score and its band follow.
    pub fn remember(&mut self) {
        self.risk = None;
        update_band(self.c, self.rules, self.now, true);
    }

    /// Adds to a ledger; the score and its band follow.
    pub fn count(&mut self, ledger: Ledger, amount: f64, time: Time, event_id: &str) {
        self.c.ledgers.add(ledger, amount, time, event_id);
        self.remember();
    }

    /// The end of `span` of business time after `start`, in the customer's time zone.
    pub fn business(&self, start: Time, span: Span) -> Time {
        self.calendar.add(start, span, self.c.timezone())
    }
}
