//! The roll-up of an account: which of its customers are at high risk now. It opens no alert of its own.

use serde::{Deserialize, Serialize};

use super::fact::{CohortFact, Happened};
use super::members::Members;
use super::state::{Cohort, Memory};
use crate::engine::context::Context;
use crate::model::{Partition, Time};

/// What is known of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its customers at high risk or worse, and since when.
    at_risk: Members<Option<Time>>,
    /// How many more there are than can be known by id, as far as each said when it was and was not.
    beyond: u32,
}

impl Account {
    /// How many of its customers are at high risk or worse.
    pub fn at_risk(&self) -> u32 {
        self.at_risk.len() as u32 + self.beyond
    }

    /// When it will be forgotten: as soon as nobody is at risk.
    pub(super) fn empty_at(&self, now: Time) -> Time {
        if self.at_risk() == 0 { now } else { Time::MAX - crate::model::Span(1) }
    }
}

/// A customer's risk has become high, or is not any more.
pub(super) fn on_fact(cx: &mut Context<'_, Cohort>, sender: Partition, fact: &CohortFact) {
    let Memory::Account(account) = &mut cx.c.memory else { return };
    let Some(customer) = &fact.customer else { return };
    if let Happened::Became(became) = &fact.what {
        let earlier = |own: &mut Option<Time>, theirs: Option<Time>| *own = [*own, theirs].into_iter().flatten().min();
        account.at_risk.rename(customer, &became.into, earlier);
        return;
    }
    if fact.what == Happened::AtRisk(true) {
        match account.at_risk.get_or_insert(customer, sender) {
            Some(since) => *since = Some(since.map_or(fact.at, |known| known.min(fact.at))),
            None => account.beyond += 1,
        }
    } else if account.at_risk.remove(customer).is_none() {
        account.beyond = account.beyond.saturating_sub(1);
    }
}
