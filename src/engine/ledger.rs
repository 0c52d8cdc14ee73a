//! Counts of what is over, each fading at its own half-life.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::decay::Decayed;
use super::tight::push_tight;
use crate::model::{Span, Time};

/// What a ledger counts. Stored: never reorder, only add at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ledger {
    /// Closed failures: 0 if quickly solved, 0.5 if within the limit, 1 if late or never.
    FailuresResolved,
    /// Broken promises.
    PromiseBroken,
    /// Failures after a recovery: 1, or 1.5 if similar or soon.
    DoubleDeviation,
    /// Contacts given up.
    ContactAbandoned,
    /// Transfers and repeated contacts.
    Effort,
    /// The last survey: detractor 0.6, promoter -0.5.
    Survey,
    /// Mentions of competitors, their offers, exports.
    Competitor,
    /// Denied disputes.
    DisputeDenied,
    /// A declared wish to leave.
    Intent,
    /// Referrals and references.
    Advocacy,
    /// A punctual payer fell behind: 0.4, and 0.5 for being pressed on top.
    Payment,
    /// An instalment of a payment plan was kept.
    PlanKept,
    /// Incidents: 0.5 each while the customer was not told, 0.15 once they were.
    Incident,
}

impl Ledger {
    /// Its half-life.
    pub const fn half_life(self) -> Span {
        Span::days(match self {
            Ledger::FailuresResolved => 30,
            Ledger::PromiseBroken => 60,
            Ledger::DoubleDeviation => 45,
            Ledger::ContactAbandoned => 14,
            Ledger::Effort => 14,
            Ledger::Survey => 60,
            Ledger::Competitor => 21,
            Ledger::DisputeDenied => 45,
            Ledger::Intent => 30,
            Ledger::Advocacy => 180,
            Ledger::Payment => 30,
            Ledger::PlanKept => 60,
            Ledger::Incident => 30,
        })
    }
}

/// The ledgers of one customer that hold anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledgers {
    entries: ThinVec<(Ledger, Decayed)>,
}

impl Ledgers {
    /// Adds `amount` as of `time`; what has faded to nothing is dropped.
    pub fn add(&mut self, ledger: Ledger, amount: f64, time: Time, event_id: &str) {
        if let Some((_, entry)) = self.entries.iter_mut().find(|(l, _)| *l == ledger) {
            entry.add(amount, time, ledger.half_life(), event_id);
            if libm::fabs(entry.value) < 1e-6 {
                self.entries.retain(|(l, _)| *l != ledger);
            }
        } else if amount != 0.0 {
            let entry = Decayed { value: amount, at: time, since: time, event_id: event_id.into() };
            push_tight(&mut self.entries, (ledger, entry));
            self.entries.sort_by_key(|(l, _)| *l);
        }
    }

    /// Takes back `amount` that was added as of `time`.
    pub fn take_back(&mut self, ledger: Ledger, amount: f64, time: Time) {
        if let Some((_, entry)) = self.entries.iter_mut().find(|(l, _)| *l == ledger) {
            let faded = super::decay::fade(amount, entry.at - time, ledger.half_life());
            entry.value -= faded;
            if entry.value < 1e-6 {
                self.entries.retain(|(l, _)| *l != ledger);
            }
        }
    }

    /// Replaces what the ledger holds, unless it is newer.
    pub fn set(&mut self, ledger: Ledger, value: f64, time: Time, event_id: &str) {
        if self.get(ledger).is_some_and(|entry| entry.at > time) {
            return;
        }
        self.clear(ledger);
        self.add(ledger, value, time, event_id);
    }

    /// Forgets what the ledger holds.
    pub fn clear(&mut self, ledger: Ledger) {
        self.entries.retain(|(l, _)| *l != ledger);
    }

    /// What the ledger holds, if anything.
    pub fn get(&self, ledger: Ledger) -> Option<&Decayed> {
        self.entries.iter().find(|(l, _)| *l == ledger).map(|(_, entry)| entry)
    }

    /// The value at `time`; 0 if the ledger holds nothing.
    pub fn value(&self, ledger: Ledger, time: Time) -> f64 {
        self.get(ledger).map_or(0.0, |entry| entry.value_at(time, ledger.half_life()))
    }

    /// Takes in what the ledgers of the same customer under another name hold.
    pub fn absorb(&mut self, other: Ledgers) {
        for (ledger, entry) in other.entries {
            match ledger {
                // What was said last counts, not how often.
                Ledger::Survey | Ledger::Intent | Ledger::PlanKept => {
                    self.set(ledger, entry.value, entry.at, &entry.event_id)
                }
                _ => self.add(ledger, entry.value, entry.at, &entry.event_id),
            }
        }
    }

    /// Whether nothing is held at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether anything is held that speaks against the customer's staying and has not faded to less than a hundredth.
    pub fn weigh_on(&self, time: Time) -> bool {
        let weighs = |(ledger, entry): &(Ledger, Decayed)| {
            !matches!(ledger, Ledger::Advocacy | Ledger::PlanKept)
                && entry.value > 0.0
                && time - entry.at < Span(7 * ledger.half_life().0)
        };
        self.entries.iter().any(weighs)
    }
}
