//! What is known of a customer in straits: what they declared, how they were pressed, and the alert's own thread.

use serde::{Deserialize, Serialize};

use super::Money;
use super::invoices::Invoice;
use crate::engine::fact::Fact;
use crate::engine::ledger::{Ledger, Ledgers};
use crate::engine::rules::HardshipRules;
use crate::model::{Event, EventType, Span, Time};

/// A customer in straits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hardship {
    /// Hardship was declared.
    pub declared: Option<Declared>,
    /// The last letter that pressed for payment.
    pub dunned: Option<Fact>,
    /// The last time service was cut off against the customer's will.
    pub suspended: Option<Fact>,
    /// What the alert stands on.
    pub episode: Option<Episode>,
}

/// Somebody declared hardship.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declared {
    /// The last declaration.
    pub fact: Fact,
    /// A plan was agreed or what was late was paid; `Time::MAX` if not.
    pub ended: Time,
    /// Whether an alert has spoken of it.
    pub told: bool,
}

impl Declared {
    /// Whether it holds at `time`.
    pub fn stands_at(&self, time: Time, rules: &HardshipRules) -> bool {
        self.fact.time <= time && time < self.ended && time <= self.fact.time + rules.expires_after
    }
}

/// Why the alert was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The invoice with this hash was late.
    Invoice(u64),
    /// Hardship was declared.
    Declared,
}

/// One hardship, from its first fact until what was late is paid or planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Why.
    pub cause: Cause,
    /// Time of the fact that began it.
    pub since: Time,
    /// When being pressed on top was counted in the score; `Time::MAX` if it was not.
    pub pressed_at: Time,
    /// When the guardrails must be renewed.
    pub limits_until: Time,
    /// The silence that was told of; `Time::MIN` if none.
    pub silence_told: Time,
}

/// In the score: a punctual payer is late; and is pressed for it.
pub const LATE: f64 = 0.4;
/// See [`LATE`].
pub const PRESSED: f64 = 0.5;

impl Episode {
    /// It should not have been, or was counted twice: neither should its part of the score.
    pub fn take_back(&self, ledgers: &mut Ledgers) {
        if self.cause != Cause::Declared {
            ledgers.take_back(Ledger::Payment, LATE, self.since);
            if self.pressed_at < Time::MAX {
                ledgers.take_back(Ledger::Payment, PRESSED, self.pressed_at);
            }
        }
    }
}

impl Hardship {
    /// Takes in the straits of the same customer under another name. They are in them once.
    pub(super) fn absorb(&mut self, other: Hardship, ledgers: &mut Ledgers) {
        let at = |fact: &Option<Fact>| fact.as_ref().map(|fact| fact.time);
        let declared = |declared: &Option<Declared>| declared.as_ref().map(|d| d.fact.time);
        if declared(&other.declared) > declared(&self.declared) {
            self.declared = other.declared;
        }
        if at(&other.dunned) > at(&self.dunned) {
            self.dunned = other.dunned;
        }
        if at(&other.suspended) > at(&self.suspended) {
            self.suspended = other.suspended;
        }
        match (&self.episode, other.episode) {
            (Some(_), Some(twice)) => twice.take_back(ledgers),
            (None, theirs) => self.episode = theirs,
            (Some(_), None) => {}
        }
    }
}

/// A declaration, a letter or a cut is remembered this long at least.
const REMEMBERED: Span = Span::days(90);

impl Money {
    /// Hardship was declared, the customer was pressed, or cut off.
    pub(super) fn strain(&mut self, event: &Event<'_>) {
        let hardship = self.hardship.get_or_insert_default();
        let fact = Fact::new(event, None);
        let newer = |known: &Option<Fact>| known.as_ref().is_none_or(|known| known.time <= fact.time);
        match event.event_type {
            EventType::HardshipDeclared if hardship.declared.as_ref().is_none_or(|d| d.fact.time < fact.time) => {
                hardship.declared = Some(Declared { fact, ended: Time::MAX, told: false });
            }
            EventType::DunningSent if newer(&hardship.dunned) => hardship.dunned = Some(fact),
            EventType::ServiceSuspended if newer(&hardship.suspended) => hardship.suspended = Some(fact),
            _ => {}
        }
    }

    /// A plan or the payment of all that was late ends what was declared before it.
    fn relieve(&mut self, at: Time) {
        if let Some(declared) = self.hardship.as_mut().and_then(|h| h.declared.as_mut())
            && declared.fact.time <= at
        {
            declared.ended = declared.ended.min(at);
        }
    }

    /// What was late may have been paid, or a plan agreed, after a declaration that is known only now.
    pub(super) fn end_declared(&mut self) {
        let Some(declared) = self.hardship.as_ref().and_then(|h| h.declared.as_ref()) else { return };
        let from = declared.fact.time;
        let agreed = self.plans.iter().filter_map(|p| p.agreed.as_ref()).map(|f| f.time);
        let all_paid = !self.invoices.iter().any(Invoice::is_late);
        let paid_late = |i: &&Invoice| all_paid && i.settled < Time::MAX && i.fell_due() < i.settled;
        let paid = self.invoices.iter().filter(paid_late).map(|i| i.settled);
        if let Some(at) = agreed.chain(paid).filter(|at| *at >= from).min() {
            self.relieve(at);
        }
    }

    /// What was declared and stands at `time`.
    pub fn declared_at(&self, time: Time, rules: &HardshipRules) -> Option<&Fact> {
        let declared = self.hardship.as_ref()?.declared.as_ref()?;
        declared.stands_at(time, rules).then_some(&declared.fact)
    }

    /// The thread of the alert.
    pub fn episode(&self) -> Option<&Episode> {
        self.hardship.as_ref()?.episode.as_ref()
    }

    /// Ends the thread of the alert.
    pub fn end_episode(&mut self) -> Option<Episode> {
        self.hardship.as_mut()?.episode.take()
    }

    /// Forgets what is old; the alert's thread not before the alert ends.
    pub(super) fn prune_hardship(&mut self, now: Time, is_live: bool, rules: &HardshipRules) {
        let Some(hardship) = &mut self.hardship else { return };
        let kept = REMEMBERED.max(rules.expires_after);
        let old = |fact: &Fact| now - fact.time > kept;
        if hardship.episode.as_ref().is_some_and(|e| !is_live && now - e.since > kept) {
            hardship.episode = None;
        }
        if hardship.episode.is_none() {
            hardship.declared.take_if(|d| old(&d.fact));
            hardship.dunned.take_if(|f| old(f));
            hardship.suspended.take_if(|f| old(f));
        }
        if **hardship == Hardship::default() {
            self.hardship = None;
        }
    }
}
