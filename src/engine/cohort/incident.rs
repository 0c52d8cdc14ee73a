//! M16, INCIDENT_UNDISCLOSED: customers are affected by an incident and nobody told them in time.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::fact::{CohortFact, Happened, who};
use super::hold::Cause;
use super::members::Members;
use super::state::{Cohort, Memory};
use crate::engine::alert_lifecycle::{EVIDENCE_MAX, Raise};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::rules::IncidentRules;
use crate::engine::tight::push_tight;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::cohort::Common;
use crate::model::{CustomerKey, Kind, Partition, Span, Time};

const KIND: Kind = Kind::IncidentUndisclosed;

/// An incident is remembered this long after its last fact, so that late ones find it.
const REMEMBERED: Span = Span::days(30);

/// What is known of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// When it began, if anybody said so.
    opened: Option<Time>,
    /// When the first customer was affected.
    first_affected: Option<Time>,
    /// When everybody was told.
    told_all: Option<Time>,
    /// Its last fact.
    last: Time,
    /// Its customers.
    pub(super) members: Members<Own>,
    /// Beyond those known by id: how often a customer was affected, and how often told.
    beyond: (u32, u32),
    /// Limit for telling those beyond, and whether it was seen to pass; `Time::MAX` without any.
    beyond_due: Time,
    beyond_missed: bool,
    /// The first events by which customers were affected, with who it was, in order of time.
    evidence: ThinVec<(u64, Fact)>,
}

impl Default for Incident {
    fn default() -> Incident {
        Incident {
            opened: None,
            first_affected: None,
            told_all: None,
            last: Time::MIN,
            members: Members::default(),
            beyond: (0, 0),
            beyond_due: Time::MAX,
            beyond_missed: false,
            evidence: ThinVec::new(),
        }
    }
}

/// What is known of one customer of an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// When they were first affected; none while they only have something that belongs to it.
    affected: Option<Time>,
    /// When they were first told.
    told: Option<Time>,
    /// The limit for telling them was seen to pass.
    missed: bool,
}

/// Until when somebody affected at `affected` must have been told of an incident that began at `began`.
fn limit(began: Option<Time>, affected: Time, rules: &IncidentRules) -> Time {
    let first = began.unwrap_or(affected) + rules.disclose_within;
    if affected < first { first } else { affected + rules.later_within }
}

impl Own {
    /// Takes in what is known of the same customer under another name.
    fn join(&mut self, other: Own) {
        let first = |one: Option<Time>, two: Option<Time>| one.into_iter().chain(two).min();
        self.affected = first(self.affected, other.affected);
        self.told = first(self.told, other.told);
        self.missed |= other.missed;
    }

    fn is_untold(&self) -> bool {
        self.affected.is_some() && self.told.is_none()
    }
}

impl Incident {
    /// How many distinct customers are affected; beyond those known by id each event counts.
    pub fn affected(&self) -> u32 {
        self.members.iter().filter(|own| own.affected.is_some()).count() as u32 + self.beyond.0
    }

    /// When it will be forgotten.
    pub(super) fn empty_at(&self) -> Time {
        self.last + REMEMBERED
    }

    /// When it began, as far as is known.
    fn began(&self) -> Option<Time> {
        self.opened.or(self.first_affected)
    }

    fn is_untold_beyond(&self) -> bool {
        self.beyond.0 > self.beyond.1 && self.told_all.is_none()
    }

    /// The earliest limit that has not been seen to pass.
    pub(super) fn deadline(&self, rules: &IncidentRules) -> Time {
        let waiting = self.members.iter().filter(|own| own.is_untold() && !own.missed);
        let first = waiting.filter_map(|own| own.affected).map(|affected| limit(self.began(), affected, rules)).min();
        let beyond = if self.is_untold_beyond() && !self.beyond_missed { self.beyond_due } else { Time::MAX };
        first.unwrap_or(Time::MAX).min(beyond)
    }

    /// Sees every limit pass that is due by `due`.
    fn pass(&mut self, due: Time, rules: &IncidentRules) {
        let began = self.began();
        let limit = |affected| limit(began, affected, rules);
        for own in self.members.iter_mut() {
            own.missed |= own.is_untold() && own.affected.is_some_and(|affected| limit(affected) <= due);
        }
        self.beyond_missed |= self.is_untold_beyond() && self.beyond_due <= due;
    }

    /// What was seen to pass may not have, by what is known now at `now`.
    fn correct(&mut self, now: Time, rules: &IncidentRules) {
        let began = self.began();
        let limit = |affected| limit(began, affected, rules);
        for own in self.members.iter_mut().filter(|own| own.missed) {
            let Some(due) = own.affected.map(limit) else { continue };
            own.missed = own.told.map_or(now >= due, |told| told > due);
        }
    }

    /// A customer is known by another name from now on: told under either they know of it.
    fn rename(&mut self, from: &CustomerKey, into: &CustomerKey) {
        self.members.rename(from, into, Own::join);
        let (from, into) = (who(from), who(into));
        let known = self.evidence.iter().any(|(who, _)| *who == into);
        if known {
            self.evidence.retain(|(who, _)| *who != from);
        }
        for (who, _) in self.evidence.iter_mut().filter(|(who, _)| *who == from) {
            *who = into;
        }
    }

    fn take(&mut self, sender: Partition, fact: &CohortFact, rules: &IncidentRules) {
        let at = fact.at;
        self.last = self.last.max(at);
        if let (Happened::Became(became), Some(customer)) = (&fact.what, &fact.customer) {
            return self.rename(customer, &became.into);
        }
        let told_all = self.told_all;
        let own = fact.customer.as_ref().map(|key| self.members.get_or_insert(key, sender));
        match (&fact.what, own) {
            (Happened::IncidentOpened, _) => self.opened = Some(self.opened.map_or(at, |known| known.min(at))),
            (Happened::Affected, Some(Some(own))) => {
                let known = own.affected.is_some();
                own.affected = Some(own.affected.map_or(at, |known| known.min(at)));
                if let Some(told) = told_all {
                    own.told = Some(own.told.map_or(told, |own| own.min(told)));
                }
                self.is_affected(fact, !known);
            }
            (Happened::Affected, Some(None)) => {
                self.beyond.0 += 1;
                self.is_affected(fact, true);
                self.beyond_due = self.beyond_due.min(limit(self.began(), at, rules));
            }
            (Happened::Notified, Some(Some(own))) => own.told = Some(own.told.map_or(at, |known| known.min(at))),
            (Happened::Notified, Some(None)) => self.beyond.1 += 1,
            (Happened::NotifiedAll, _) => {
                self.told_all = Some(self.told_all.map_or(at, |known| known.min(at)));
                for own in self.members.iter_mut() {
                    own.told = Some(own.told.map_or(at, |known| known.min(at)));
                }
                self.beyond_missed &= at > self.beyond_due;
            }
            (Happened::Forget, _) => {
                if let Some(customer) = &fact.customer {
                    self.members.remove(customer);
                    self.evidence.retain(|(who, _)| *who != fact.who());
                }
            }
            _ => {}
        }
    }

    fn is_affected(&mut self, fact: &CohortFact, first: bool) {
        self.first_affected = Some(self.first_affected.map_or(fact.at, |known| known.min(fact.at)));
        if first {
            let place = self.evidence.partition_point(|(_, known)| known.time <= fact.at);
            if place < EVIDENCE_MAX {
                push_tight(&mut self.evidence, (fact.who(), fact.fact.clone()));
                self.evidence[place..].rotate_right(1);
                self.evidence.truncate(EVIDENCE_MAX);
            }
        }
    }
}

fn incident<'c>(cx: &'c mut Context<'_, Cohort>) -> Option<&'c mut Incident> {
    match &mut cx.c.memory {
        Memory::Incident(incident) => Some(incident),
        Memory::Site(_) | Memory::Team(_) | Memory::Account(_) => None,
    }
}

/// A word after a limit shows that the limit has passed without it.
pub(super) fn settle(cx: &mut Context<'_, Cohort>, fact: &CohortFact) {
    let rules = &cx.rules.cohorts.incidents;
    let Some(incident) = incident(cx) else { return };
    let due = match (&fact.what, &fact.customer) {
        (Happened::NotifiedAll, _) => incident.deadline(rules),
        (Happened::Notified, Some(key)) => {
            let began = incident.began();
            let own = incident.members.get(key).filter(|own| own.is_untold() && !own.missed);
            own.and_then(|own| own.affected).map_or(Time::MAX, |affected| limit(began, affected, rules))
        }
        _ => return,
    };
    if due < fact.at {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| on_deadline(cx, due));
    }
}

/// Takes the fact in.
pub(super) fn on_fact(cx: &mut Context<'_, Cohort>, sender: Partition, fact: &CohortFact) {
    let (rules, now) = (&cx.rules.cohorts.incidents, cx.now);
    let Some(incident) = incident(cx) else { return };
    incident.take(sender, fact, rules);
    incident.correct(now, rules);
    // A limit opens the alert, nothing else; a fact changes or closes it.
    if cx.c.live(KIND).is_some() {
        let erased = fact.what == Happened::Forget;
        weigh(cx, fact.at, if erased { Reason::SourceClosed } else { Reason::LateFact });
    }
}

/// A limit has passed.
pub(super) fn on_deadline(cx: &mut Context<'_, Cohort>, due: Time) {
    let rules = &cx.rules.cohorts.incidents;
    let Some(incident) = incident(cx) else { return };
    incident.pass(due, rules);
    weigh(cx, due, Reason::LateFact);
}

/// Opens, raises or closes the alert by who has not been told; for the reason `never` if nobody waited too long.
fn weigh(cx: &mut Context<'_, Cohort>, time: Time, never: Reason) {
    let rules = &cx.rules.cohorts.incidents;
    let (now, is_live) = (cx.now, cx.c.live(KIND).is_some());
    let Some(incident) = incident(cx) else { return };
    let missed = incident.members.iter().any(|own| own.missed) || incident.beyond_missed;
    let untold = incident.members.iter().any(Own::is_untold) || incident.is_untold_beyond();
    if !missed || !untold {
        let reason = if missed { Reason::SourceClosed } else { never };
        return cx.clear(KIND, None, reason, Span::ZERO, time);
    }
    let affected = incident.affected();
    let floor = if affected >= rules.critical_members { Severity::Critical } else { Severity::Error };
    let evidence = incident.evidence.iter().map(|(_, fact)| fact.clone()).collect();
    let since = incident.began();
    let due = since.map(|began| began + rules.disclose_within);
    cx.raise(Raise {
        evidence,
        facts: Facts { count: Some(affected), since, due, ..Facts::default() },
        // From its opening: more customers do not put it off.
        expires_at: (!is_live).then(|| now + rules.expires_after),
        ..Raise::new(KIND, None, floor, time)
    });
}

/// Tells members that their alerts of the same cause are quiet, or are not any more.
pub(super) fn tell(cx: &mut Context<'_, Cohort>, alert_id: &str, is_live: bool) {
    let Common::Incident(id) = cx.c.key.common() else { return };
    let cause = is_live.then(|| Cause::Incident(id.into()));
    if let Memory::Incident(incident) = &mut cx.c.memory {
        incident.members.tell(&cx.c.key, alert_id, cause.as_ref(), cx.now, |_| true, cx.effects);
    }
}
