//! What becomes of two memories when two customers turn out to be one.

use super::customer::Customer;
use super::grievance::{ITEMS_MAX, REPAIRS_MAX};
use super::memory::care;
use super::rare::RareParts;
use super::rules::Rules;
use super::silence::Life;
use super::usage::midnight;
use crate::model::Time;

impl Customer {
    /// Takes in everything of `other`, who is the same person. What only one of the two can have, such as a segment,
    /// stays as it is here; limits hold as ever.
    pub(super) fn absorb(&mut self, other: Customer, rules: &Rules) {
        self.account_id = self.account_id.take().or(other.account_id);
        self.highest = self.highest.max(other.highest);
        self.recent.absorb(other.recent, rules.dedupe.ids_per_customer);
        self.life.absorb(other.life);
        self.panes.absorb(other.panes);
        if let Some(parts) = other.rare.into_parts() {
            self.rare.absorb(parts);
        }
        self.repairs.extend(other.repairs);
        self.repairs.sort_by_key(|repair| repair.at());
        let beyond = self.repairs.len().saturating_sub(REPAIRS_MAX);
        self.repairs.drain(..beyond);
        self.ledgers.absorb(other.ledgers);
        self.sentiment = self.sentiment.take().or(other.sentiment);
        match (&mut self.profile, other.profile) {
            (Some(own), Some(theirs)) => own.fill(*theirs),
            (own @ None, theirs) => *own = theirs,
            (Some(_), None) => {}
        }
        self.last_human = self.last_human.max(other.last_human);
        self.last_answered = self.last_answered.max(other.last_answered);
        self.unanswered_surveys = self.unanswered_surveys.max(other.unanswered_surveys);
        self.returned = self.returned.max(other.returned);
        care::merge(&mut self.sends, other.sends, |fact| fact.time);
        self.first_seen = self.first_seen.min(other.first_seen);
        // Looked at anew at the next midnight.
        if self.cooling_at.min(other.cooling_at) < Time::MAX {
            self.cooling_at = midnight(self.highest.day() + 1);
        }
        if !self.is_gone() {
            self.life.arm(&rules.silence);
        }
    }
}

impl RareParts {
    /// Takes in the other's parts: items that both have stay as they are here.
    fn absorb(&mut self, other: RareParts) {
        for complaint in other.complaints {
            if self.complaints.len() < ITEMS_MAX && self.complaints.iter().all(|c| c.id != complaint.id) {
                self.complaints.push(complaint);
            }
        }
        for failure in other.failures {
            let is_same = |f: &super::grievance::Failure| f.kind == failure.kind && f.object == failure.object;
            if self.failures.len() < ITEMS_MAX && !self.failures.iter().any(is_same) {
                self.failures.push(failure);
            }
        }
        for promise in other.promises {
            if self.promises.len() < ITEMS_MAX && self.promises.iter().all(|p| p.id != promise.id) {
                self.promises.push(promise);
            }
        }
        self.abandoned.extend(other.abandoned);
        self.abandoned.sort_by_key(|fact| fact.time);
        let beyond = self.abandoned.len().saturating_sub(ITEMS_MAX);
        self.abandoned.drain(..beyond);
        let later = |own: &super::customer::Probation, theirs: &super::customer::Probation| {
            theirs.resolved.time > own.resolved.time
        };
        self.probation = match (self.probation.take(), other.probation) {
            (Some(own), Some(theirs)) => Some(if later(&own, &theirs) { theirs } else { own }),
            (own, theirs) => own.or(theirs),
        };
        match (&mut self.care, other.care) {
            (Some(own), Some(theirs)) => own.absorb(*theirs),
            (own @ None, Some(theirs)) => own.get_or_insert_default().absorb(*theirs),
            (_, None) => {}
        }
        self.mutes.extend(other.mutes);
        self.mutes.truncate(ITEMS_MAX);
        self.intent_cleared = self.intent_cleared.max(other.intent_cleared);
    }
}

impl Life {
    /// Takes in the signs of the same person under another name.
    fn absorb(&mut self, other: Life) {
        let Some(theirs) = other.last else { return };
        let Some(own) = self.last.take() else {
            *self = Life { last: Some(theirs), ..other };
            return;
        };
        let shift = |days: u64, by: i64| u32::try_from(by).ok().and_then(|by| days.checked_shl(by)).unwrap_or(0);
        let newest = own.time.day().max(theirs.time.day());
        let (own_days, their_days) = (
            shift(self.days, i64::from(newest - own.time.day())),
            shift(other.days, i64::from(newest - theirs.time.day())),
        );
        // Days that both were active are one; what lies further back cannot be told apart any more.
        let both = (own_days & their_days).count_ones();
        self.first = self.first.min(other.first);
        self.repeats = (self.repeats + other.repeats + 1).saturating_sub(both);
        self.days = own_days | their_days;
        self.last = Some(if theirs.time > own.time { theirs } else { own });
    }
}
