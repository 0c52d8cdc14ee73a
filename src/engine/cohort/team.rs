//! Who promises and serves: a team or an agent.

use serde::{Deserialize, Serialize};

use super::reliability::Promises;
use super::state::{Cohort, Memory};
use super::treatment::Treatment;
use crate::engine::context::Context;
use crate::engine::rules::CohortRules;
use crate::model::Time;

/// What is known of a team or an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Team {
    /// How their promises ended.
    pub promises: Promises,
    /// Whom they treated badly.
    pub treatment: Treatment,
}

impl Team {
    /// When it will be forgotten.
    pub(super) fn empty_at(&self, rules: &CohortRules) -> Time {
        self.promises.empty_at(&rules.reliability).max(self.treatment.empty_at(&rules.conduct))
    }
}

/// The memory of a team, if the cohort is one.
pub(super) fn team<'c>(cx: &'c mut Context<'_, Cohort>) -> Option<&'c mut Team> {
    match &mut cx.c.memory {
        Memory::Team(team) => Some(team),
        Memory::Incident(_) | Memory::Site(_) | Memory::Account(_) => None,
    }
}

/// The name a text may speak of: `north` of `team:north`.
pub(super) fn name(cx: &Context<'_, Cohort>) -> Option<Box<str>> {
    let id = match cx.c.key.common() {
        crate::model::cohort::Common::Team(id) => id,
        _ => return None,
    };
    Some(id.split_once(':').map_or(&*id, |(_, name)| name).into())
}
