//! What the company has promised a customer, and until when.

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::ledger::{Ledger, Ledgers};
use super::rules::PromiseRules;
use crate::model::{Span, Time};

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PromiseState {
    /// Neither kept nor cancelled; `Promise::broken` tells whether its time has passed.
    Open,
    /// Kept at the time in `state_at`, in time or late.
    Kept,
    /// Taken back.
    Cancelled,
}

/// Why a promise counts as broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Breach {
    /// Its time passed.
    Passed,
    /// Somebody reported it broken at that time.
    Declared(Time),
}

/// A promise to a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// Its id.
    pub id: Box<str>,
    /// The event that made it; `None` while only later steps have arrived.
    pub made: Option<Fact>,
    /// The last renegotiation.
    pub renegotiated: Option<Fact>,
    /// When it is due.
    pub due: Time,
    /// Whether an event said so; otherwise `due` is the default.
    pub due_given: bool,
    /// Grace after `due`.
    pub grace: Span,
    /// When it begins to be due soon.
    pub due_soon: Time,
    /// Whether that has passed and was told.
    pub due_soon_told: bool,
    /// How it stands.
    pub state: PromiseState,
    /// Event time of the step that made `state`.
    pub state_at: Time,
    /// Whether and why it counts as broken under its present due time.
    pub breach: Option<Breach>,
    /// Who made it.
    pub by: Option<Box<str>>,
    /// When it was first seen to be broken, unless a late fact showed that it was not; a new due time does not mend that.
    pub broken_at: Option<Time>,
    /// What whoever made it was last told: kept in time; broken; none: it has not fallen due.
    pub reported: Option<bool>,
    /// When it was counted in the ledger of broken promises, to be taken back if a late fact shows that it was kept in time.
    pub ledger_at: Option<Time>,
}

impl Promise {
    /// The last instant at which it is kept in time.
    pub fn deadline(&self) -> Time {
        self.due + self.grace
    }

    /// Takes in what is known of the same promise under another name of the customer: when it is due is known where it was
    /// made, and how it ended where it did. It was broken once.
    pub fn absorb(&mut self, mut other: Promise, ledgers: &mut Ledgers) {
        let agreed = |p: &Promise| p.renegotiated.as_ref().or(p.made.as_ref()).map(|fact| fact.time);
        if agreed(&other) > agreed(self) {
            std::mem::swap(self, &mut other);
        }
        if let Some(twice) = other.ledger_at.filter(|_| self.ledger_at.is_some()) {
            ledgers.take_back(Ledger::PromiseBroken, 1.0, twice);
        }
        if self.state == PromiseState::Open {
            (self.state, self.state_at) = (other.state, self.state_at.max(other.state_at));
        }
        self.made = self.made.take().or(other.made);
        self.by = self.by.take().or(other.by);
        self.due_soon_told |= other.due_soon_told;
        self.breach = self.breach.or(other.breach);
        self.broken_at = self.broken_at.or(other.broken_at);
        self.reported = self.reported.or(other.reported);
        self.ledger_at = self.ledger_at.or(other.ledger_at);
    }

    /// Whether it had been taken for broken, but ended in time as is known now.
    pub fn ended_in_time(&self) -> bool {
        self.state != PromiseState::Open && self.breach == Some(Breach::Passed) && self.state_at <= self.deadline()
    }

    /// Whether its time can still pass.
    pub fn is_pending(&self) -> bool {
        self.state == PromiseState::Open
            && self.breach.is_none()
            && (self.made.is_some() || self.renegotiated.is_some())
    }
}

/// When a promise of this length begins to be due soon: a share of its length before due, within limits, and not before
/// it was made.
pub fn due_soon_at(from: Time, due: Time, rules: &PromiseRules) -> Time {
    let share = Span(libm::round((due - from).0 as f64 * rules.due_soon_share) as i64);
    let before = share.max(rules.due_soon_min).min(rules.due_soon_max);
    (due - before).max(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;

    #[test]
    fn a_promise_is_due_soon_a_fifth_of_its_length_before_due() {
        let rules = Rules::default().promises;
        let hours = |n| Time(0) + Span::hours(n);
        for (length, due_soon) in [
            (Span::hours(10), hours(8)),
            (Span::days(10), hours(9 * 24)),
            (Span::minutes(30), Time(0) + Span::minutes(15)),
            (Span::minutes(10), Time(0)),
        ] {
            assert_eq!(due_soon_at(Time(0), Time(0) + length, &rules), due_soon, "{length:?}");
        }
    }
}
