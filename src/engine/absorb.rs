//! What becomes of two memories when two customers turn out to be one.
//!
//! Items go on as they stand. What was counted of the same thing under both names is taken back once. Then each record says
//! what it knows of the other's items: what it repaired, apologised for, answered.

use thin_vec::ThinVec;

use super::alert_lifecycle::{CLOSED_MAX, Mute};
use super::context::Context;
use super::customer::{Customer, Probation};
use super::grievance::{Complaint, Failure, ITEMS_MAX, REPAIRS_MAX, make_room};
use super::ledger::{Ledger, Ledgers};
use super::memory::market::cuts::absorb_calls;
use super::memory::{Changes, Moved, merged};
use super::promise::Promise;
use super::rare::{Rare, RareParts};
use super::rules::Rules;
use super::silence::Life;
use super::tight::{merge_in_order, push_tight};
use super::usage::midnight;
use crate::model::Time;
use crate::model::event::Dimension;

impl Context<'_> {
    /// Takes in everything of `other`, who is the same person, and what each of the two says of the other.
    pub(super) fn absorb(&mut self, other: Customer) -> Changes {
        let items = items(&other.rare);
        let theirs = other.rare.probation.clone();
        let told: Vec<Dimension> = alarms(self.c).chain(alarms(&other)).collect();
        self.c.absorb(other, self.rules);
        let probation = theirs.is_some() && self.c.rare.probation == theirs;
        let fallen = alarms(self.c).filter(|dimension| !told.contains(dimension)).collect();
        merged(self, Moved { items, probation, fallen })
    }
}

/// The dimensions of service in which the alarm was given.
fn alarms(c: &Customer) -> impl Iterator<Item = Dimension> {
    let scores = c.rare.quality.iter().flat_map(|quality| &quality.scores);
    scores.filter(|(_, scores)| scores.is_alarm()).map(|(dimension, _)| *dimension)
}

/// What a detector may have to look at again: the ids of everything that moves.
fn items(rare: &Rare) -> Vec<Box<str>> {
    let complaints = rare.complaints.iter().map(|c| &c.id);
    let failures = rare.failures.iter().map(|f| &f.object);
    let promises = rare.promises.iter().map(|p| &p.id);
    let quality = rare.quality.iter().flat_map(|quality| quality.objects());
    complaints.chain(failures).chain(promises).chain(quality).cloned().collect()
}

impl Customer {
    /// Takes in everything of `other`, who is the same person. What only one of the two can have, such as a segment,
    /// stays as it is here; limits hold as ever.
    fn absorb(&mut self, other: Customer, rules: &Rules) {
        self.account_id = self.account_id.take().or(other.account_id);
        self.highest = self.highest.max(other.highest);
        self.recent.absorb(other.recent, rules.dedupe.ids_per_customer);
        // Who goes on under one of the names has not left.
        let left = match (self.is_gone(), self.returned, other.rare.left > other.returned) {
            (true, _, false) => other.rare.left,
            (false, _, true) => self.rare.left,
            _ => self.rare.left.max(other.rare.left),
        };
        self.life.absorb(other.life, rules);
        self.panes.absorb(other.panes);
        merge_in_order(&mut self.repairs, other.repairs, REPAIRS_MAX, |repair| repair.at());
        self.ledgers.absorb(other.ledgers);
        if let Some(parts) = other.rare.into_parts() {
            self.rare.absorb(parts, &mut self.ledgers, rules);
        }
        if self.rare.left != left {
            self.rare.left = left;
        }
        match (&mut self.sentiment, other.sentiment) {
            (Some(own), Some(theirs)) => own.absorb(*theirs),
            (own @ None, theirs) => *own = theirs,
            (Some(_), None) => {}
        }
        match (&mut self.profile, other.profile) {
            (Some(own), Some(theirs)) => own.fill(*theirs),
            (own @ None, theirs) => *own = theirs,
            (Some(_), None) => {}
        }
        self.last_human = self.last_human.max(other.last_human);
        self.last_answered = self.last_answered.max(other.last_answered);
        self.unanswered_surveys = self.unanswered_surveys.max(other.unanswered_surveys);
        self.returned = self.returned.max(other.returned);
        absorb_calls(&mut self.calls, other.calls);
        if let Some(theirs) = other.money {
            self.money.get_or_insert_default().absorb(*theirs, &mut self.ledgers, &rules.money);
        }
        merge_in_order(&mut self.sends, other.sends, ITEMS_MAX, |fact| fact.time);
        self.asked.absorb(other.asked);
        self.not_good = self.not_good.max(other.not_good);
        self.first_seen = self.first_seen.min(other.first_seen);
        // Looked at anew at the next midnight.
        if self.cooling_at.min(other.cooling_at) < Time::MAX {
            self.cooling_at = midnight(self.highest.day() + 1);
        }
        if self.is_gone() {
            self.life.disarm();
        }
        self.agree();
    }

    /// What was said last under either name holds under both.
    fn agree(&mut self) {
        let (consent, not_good) = (self.profile.as_ref().map_or(Time::MIN, |p| p.consent_at), self.not_good);
        let Some(rare) = self.rare.present() else { return };
        let cleared = rare.intent_cleared;
        if let Some(care) = &mut rare.care {
            care.opted_out.take_if(|out| out.fact.time <= consent);
        }
        if let Some(standing) = &mut rare.standing {
            standing.good.take_if(|good| good.fact.time < not_good);
        }
        if self.ledgers.get(Ledger::Intent).is_some_and(|intent| intent.at <= cleared) {
            self.ledgers.clear(Ledger::Intent);
        }
    }
}

impl RareParts {
    /// Takes in the other's parts.
    fn absorb(&mut self, other: RareParts, ledgers: &mut Ledgers, rules: &Rules) {
        let quality = &rules.quality;
        for complaint in other.complaints {
            match self.complaints.iter_mut().find(|known| known.id == complaint.id) {
                Some(known) => known.absorb(complaint, ledgers),
                None => {
                    make_room(&mut self.complaints, |c: &Complaint| !c.is_open());
                    push_tight(&mut self.complaints, complaint);
                }
            }
        }
        for failure in other.failures {
            let is_same = |f: &&mut Failure| f.kind == failure.kind && f.object == failure.object;
            match self.failures.iter_mut().find(is_same) {
                // Made good under either name; the sum of a closing that both counted fades.
                Some(known) => known.closed = known.closed.or(failure.closed.filter(|at| *at >= known.fact.time)),
                None => {
                    make_room(&mut self.failures, |f: &Failure| f.closed.is_some());
                    push_tight(&mut self.failures, failure);
                }
            }
        }
        for promise in other.promises {
            match self.promises.iter_mut().find(|known| known.id == promise.id) {
                Some(known) => known.absorb(promise, ledgers),
                None => {
                    make_room(&mut self.promises, |p: &Promise| !p.is_pending());
                    push_tight(&mut self.promises, promise);
                }
            }
        }
        merge_in_order(&mut self.abandoned, other.abandoned, ITEMS_MAX, |fact| fact.time);
        let later = |own: &Probation, theirs: &Probation| theirs.resolved.time > own.resolved.time;
        self.probation = match (self.probation.take(), other.probation) {
            (Some(own), Some(theirs)) => Some(if later(&own, &theirs) { theirs } else { own }),
            (own, theirs) => own.or(theirs),
        };
        absorb_mutes(&mut self.mutes, other.mutes);
        self.intent_cleared = self.intent_cleared.max(other.intent_cleared);
        if let Some(theirs) = other.quality {
            self.quality.get_or_insert_default().absorb(*theirs, quality);
        }
        if let Some(theirs) = other.market {
            self.market.get_or_insert_default().absorb(*theirs, ledgers);
        }
        if let Some(theirs) = other.care {
            self.care.get_or_insert_default().absorb(*theirs);
        }
        if let Some(theirs) = other.standing {
            self.standing.get_or_insert_default().absorb(*theirs);
        }
        if let Some(theirs) = other.cohorts {
            self.cohorts.get_or_insert_default().absorb(*theirs, ledgers);
        }
    }
}

/// What is not to be told again under either name: the longer one of two counts, and of too many those that last longest.
fn absorb_mutes(own: &mut ThinVec<Mute>, theirs: ThinVec<Mute>) {
    merge_in_order(own, theirs, usize::MAX, Mute::until);
    let mut kept: ThinVec<Mute> = ThinVec::new();
    for mute in own.drain(..).rev() {
        if kept.len() < CLOSED_MAX && !kept.iter().any(|known| known.is_same(&mute)) {
            push_tight(&mut kept, mute);
        }
    }
    kept.reverse();
    *own = kept;
}

impl Life {
    /// Takes in the signs of the same person under another name. A silence that was told of where the last sign was given
    /// is not told of again before the next one.
    fn absorb(&mut self, other: Life, rules: &Rules) {
        let Some(theirs) = other.last.clone() else { return };
        let Some(own) = self.last.clone() else {
            *self = other;
            return;
        };
        let latest = if theirs.time > own.time { &other } else { &*self };
        let told = latest.silent_at == Time::MAX && latest.due(&rules.silence).is_some();
        let shift = |days: u64, by: i64| u32::try_from(by).ok().and_then(|by| days.checked_shl(by)).unwrap_or(0);
        let newest = own.time.day().max(theirs.time.day());
        let (own_days, their_days) = (
            shift(self.days, i64::from(newest - own.time.day())),
            shift(other.days, i64::from(newest - theirs.time.day())),
        );
        // Days that both were active are one; what lies further back cannot be told apart any more.
        let both = (own_days & their_days).count_ones();
        let before = latest.due(&rules.silence);
        self.first = self.first.min(other.first);
        self.repeats = (self.repeats + other.repeats + 1).saturating_sub(both);
        self.days = own_days | their_days;
        self.last = Some(if theirs.time > own.time { theirs } else { own });
        self.arm(&rules.silence);
        if told && before.is_some_and(|before| self.silent_at <= before) {
            self.disarm();
        }
    }
}
