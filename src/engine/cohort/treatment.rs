//! M35, CONDUCT by agent: several customers were treated badly by one and the same.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::fact::CohortFact;
use super::state::Cohort;
use super::team::{name, team};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::rules::AgentRules;
use crate::engine::tight::push_tight;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::{Kind, Span, Time};

const KIND: Kind = Kind::Conduct;

/// Hits remembered; beyond it the oldest goes.
const HITS_MAX: usize = 256;

/// Whom an agent treated badly, within the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Treatment {
    /// In order of time.
    hits: ThinVec<Hit>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Hit {
    /// The customer, as a number.
    who: u64,
    /// Counts alone; otherwise only the second of a customer.
    grave: bool,
    fact: Fact,
}

impl Treatment {
    /// How many distinct customers count.
    pub(super) fn customers(&self) -> u32 {
        distinct(&self.counting())
    }

    /// When it will be forgotten.
    pub(super) fn empty_at(&self, rules: &AgentRules) -> Time {
        self.hits.last().map_or(Time::MIN, |hit| hit.fact.time + rules.agent_window)
    }

    /// The hits that count: grave ones, and others of a customer who has another.
    fn counting(&self) -> Vec<&Hit> {
        let again = |hit: &Hit| self.hits.iter().filter(|other| other.who == hit.who).nth(1).is_some();
        self.hits.iter().filter(|hit| hit.grave || again(hit)).collect()
    }

    fn take(&mut self, fact: &CohortFact, grave: bool, rules: &AgentRules) -> bool {
        if self.hits.iter().any(|hit| hit.fact.is_same(&fact.fact)) {
            return false;
        }
        let place = self.hits.partition_point(|hit| hit.fact.time <= fact.at);
        push_tight(&mut self.hits, Hit { who: fact.who(), grave, fact: fact.fact.clone() });
        self.hits[place..].rotate_right(1);
        let newest = self.hits.last().map_or(fact.at, |hit| hit.fact.time);
        self.hits.retain(|hit| newest - hit.fact.time <= rules.agent_window);
        if self.hits.len() > HITS_MAX {
            self.hits.remove(0);
        }
        true
    }

    /// A customer is known by another name from now on.
    pub(super) fn rename(&mut self, from: u64, into: u64) {
        for hit in self.hits.iter_mut().filter(|hit| hit.who == from) {
            hit.who = into;
        }
    }

    /// Forgets a customer.
    pub(super) fn forget(&mut self, who: u64) {
        self.hits.retain(|hit| hit.who != who);
    }

    fn last(&self) -> Option<Time> {
        self.counting().last().map(|hit| hit.fact.time)
    }
}

fn distinct(hits: &[&Hit]) -> u32 {
    let mut who: Vec<u64> = hits.iter().map(|hit| hit.who).collect();
    who.sort_unstable();
    who.dedup();
    who.len() as u32
}

/// The agent treated a customer badly.
pub(super) fn on_fact(cx: &mut Context<'_, Cohort>, fact: &CohortFact, grave: bool) {
    let rules = &cx.rules.cohorts.conduct;
    let (now, is_live, name) = (cx.now, cx.c.live(KIND).is_some(), name(cx));
    let Some(team) = team(cx) else { return };
    if !team.treatment.take(fact, grave, rules) {
        return;
    }
    let counting = team.treatment.counting();
    let customers = distinct(&counting);
    if (customers as usize) < rules.agent_customers {
        return;
    }
    let evidence: ThinVec<Fact> = counting.iter().map(|hit| hit.fact.clone()).collect();
    let since = evidence.first().map(|fact| fact.time);
    let facts = Facts { count: Some(customers), since, word: Some(FactWord::ByAgent), name, ..Facts::default() };
    cx.raise(Raise {
        evidence,
        facts,
        expires_at: (!is_live).then(|| now + rules.agent_expires_after),
        ..Raise::new(KIND, None, Severity::Warning, fact.at)
    });
}

/// When the alert ends because nothing new came.
pub(super) fn deadline(cohort: &Cohort, treatment: &Treatment, rules: &AgentRules) -> Time {
    match treatment.last() {
        Some(last) if cohort.live(KIND).is_some() => last + rules.agent_window,
        _ => Time::MAX,
    }
}

/// Nobody was treated badly for as long as the window.
pub(super) fn on_deadline(cx: &mut Context<'_, Cohort>, due: Time) {
    cx.clear(KIND, None, Reason::ConditionFalse, Span::ZERO, due);
}
