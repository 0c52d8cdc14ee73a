//! A cohort as it is remembered: what its customers have in common, and its alerts. Every part is bounded.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::account::Account;
use super::incident::Incident;
use super::site::Site;
use super::team::Team;
use crate::engine::alert_lifecycle::{LiveAlert, Mute, Subject};
use crate::engine::context::Context;
use crate::engine::dedup::RecentIds;
use crate::engine::rules::Rules;
use crate::engine::tight::push_tight;
use crate::model::alert::{Band, Risk, Severity};
use crate::model::cohort::Common;
use crate::model::{CohortKey, Kind, Scope, Span, Time};

/// False alarms remembered.
const MUTES_MAX: usize = 8;

/// Everything remembered of one cohort. Stored field by field in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cohort {
    /// Which one it is.
    pub key: CohortKey,
    /// Its stream time: highest time of a fact, or due time of a timer fired, if later.
    pub highest: Time,
    /// What is known of its customers.
    pub memory: Memory,
    /// Alerts, live and lately closed.
    pub alerts: ThinVec<LiveAlert>,
    /// How many alerts were ever opened.
    pub alerts_opened: u32,
    /// What is not to be told again.
    pub mutes: ThinVec<Mute>,
    /// What people did with its alerts lately.
    pub(super) commands: RecentIds,
    /// Id of the alert that members were told of.
    pub(super) holding: Option<Box<str>>,
    /// When it stands in the timer queue; `Time::MAX` if not. Not stored: rebuilt.
    #[serde(skip, default = "not_queued")]
    pub(super) queued: Time,
    /// Whether anything changed since the changelog was last written. Not stored.
    #[serde(skip)]
    pub(super) changed: bool,
}

fn not_queued() -> Time {
    Time::MAX
}

/// What is known of a cohort's customers, by what they have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "cohorts are few, and the largest is the usual one")]
pub enum Memory {
    /// An incident.
    Incident(Incident),
    /// A site or one shift of it.
    Site(Site),
    /// A team or an agent.
    Team(Team),
    /// An account.
    Account(Account),
}

impl Cohort {
    /// A cohort of which nothing is known yet.
    pub fn new(key: CohortKey) -> Cohort {
        let memory = match key.common() {
            Common::Incident(_) => Memory::Incident(Incident::default()),
            Common::Site { .. } => Memory::Site(Site::default()),
            Common::Team(_) => Memory::Team(Team::default()),
            Common::Account(_) => Memory::Account(Account::default()),
        };
        Cohort {
            key,
            highest: Time::MIN,
            memory,
            alerts: ThinVec::new(),
            alerts_opened: 0,
            mutes: ThinVec::new(),
            commands: RecentIds::default(),
            holding: None,
            queued: Time::MAX,
            changed: false,
        }
    }

    /// The live alert of `kind`.
    pub fn live(&self, kind: Kind) -> Option<&LiveAlert> {
        self.alerts.iter().find(|a| a.is_live() && a.kind == kind)
    }

    /// When there is nothing left worth remembering, if nothing happens before; `Time::MAX` while an alert is live.
    pub fn forget_at(&self, rules: &Rules) -> Time {
        if self.alerts.iter().any(LiveAlert::is_live) {
            return Time::MAX;
        }
        let empty = match &self.memory {
            Memory::Incident(incident) => incident.empty_at(),
            Memory::Site(site) => site.empty_at(&rules.cohorts.hotspot),
            Memory::Team(team) => team.empty_at(&rules.cohorts),
            Memory::Account(account) => account.empty_at(self.highest),
        };
        let reopens = self.alerts.iter().map(|a| a.reopens_until(rules.alerts.reopen_within)).max();
        let muted = self.mutes.iter().map(Mute::until).max();
        // A millisecond later: what is due at the same instant comes first.
        empty.max(reopens.unwrap_or(Time::MIN)).max(muted.unwrap_or(Time::MIN)) + Span(1)
    }
}

impl Subject for Cohort {
    fn alerts(&self) -> &ThinVec<LiveAlert> {
        &self.alerts
    }

    fn alerts_mut(&mut self) -> &mut ThinVec<LiveAlert> {
        &mut self.alerts
    }

    fn next_number(&mut self) -> u32 {
        let number = self.alerts_opened;
        self.alerts_opened = number.wrapping_add(1);
        number
    }

    fn is_muted(&mut self, kind: Kind, object: Option<&str>, now: Time) -> bool {
        self.mutes.retain(|m| m.lasts(now));
        self.mutes.iter().any(|m| m.is(kind, object))
    }

    fn mute(&mut self, mute: Mute) {
        if self.mutes.len() >= MUTES_MAX {
            self.mutes.remove(0);
        }
        push_tight(&mut self.mutes, mute);
    }

    fn key(&self) -> &str {
        self.key.as_str()
    }

    fn scope(&self) -> Scope {
        Scope::Cohort(self.key.clone())
    }

    fn members(&self, kind: Kind) -> Option<u32> {
        Some(match &self.memory {
            Memory::Incident(incident) => incident.affected(),
            Memory::Site(site) => site.hurt(),
            Memory::Team(team) if kind == Kind::Conduct => team.treatment.customers(),
            Memory::Team(team) => team.promises.customers(),
            Memory::Account(account) => account.at_risk(),
        })
    }

    fn timezone(&self) -> Option<&str> {
        None
    }

    fn owner(&self) -> Option<&str> {
        None
    }

    fn value(&self) -> Option<f64> {
        None
    }

    fn band(&self) -> Band {
        Band::Normal
    }

    fn top_factor(&self, _: &Rules, _: Time) -> Option<&'static str> {
        None
    }

    fn severity(&self, _: &Rules, _: Time, alert: &LiveAlert) -> Severity {
        alert.floor
    }

    fn inhibitor(&self, _: &LiveAlert) -> Option<Box<str>> {
        None
    }

    fn is_held(&self) -> bool {
        false
    }

    fn risk(_: &mut Context<'_, Cohort>) -> Option<Risk> {
        None
    }

    fn is_heard(_: &mut Context<'_, Cohort>) {}
}
