//! Writes a transition of an alert into the effects, and remembers what was told.

use super::Subject;
use super::ids;
use super::state::LiveAlert;
use crate::engine::Effect;
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::hash::hash64;
use crate::engine::registry::{Definition, definition, step_for};
use crate::model::Time;
use crate::model::alert::{Action, Alert, Reason, Status, Transition, Treatment};

impl<S: Subject> Context<'_, S> {
    /// Writes one transition of an alert into the effects, and remembers what was told.
    pub(super) fn emit(&mut self, index: usize, transition: Transition, reason: Option<Reason>, event_time: Time) {
        let mut risk = S::risk(self);
        let (band, now) = (self.c.band(), self.now);
        let alert = &mut self.c.alerts_mut()[index];
        alert.seq += 1;
        alert.told_band = band;
        if let Some(risk) = &mut risk {
            risk.previous = alert.told_log_odds;
            risk.band = band;
            alert.told_log_odds = Some(risk.log_odds);
        }
        let top = risk.as_ref().and_then(|risk| risk.contributions.first()).map(|c| c.factor);
        if alert.told_top.as_deref() != top {
            alert.told_top = top.map(Into::into);
        }
        alert.pending = None;
        if transition == Transition::Updated {
            alert.last_update = Some(now);
        }
        let alert = &self.c.alerts()[index];
        let definition = definition(alert.kind);
        // Acknowledgement and snooze suspend it.
        let asked = alert.status == Status::Open;
        let erased = reason == Some(Reason::Erased);
        let members = self.c.members(alert.kind);
        self.effects.push(Effect::Alert(Box::new(Alert {
            alert_id: alert.alert_id(self.c.key()),
            dedup_key: alert.dedup_key(self.c.key()),
            seq: alert.seq,
            transition,
            status: alert.status,
            kind: alert.kind,
            scope: self.c.scope(),
            severity: alert.severity,
            certainty: definition.certainty,
            opened_at: alert.opened_at,
            updated_at: now,
            event_time,
            act_by: alert.act_by.filter(|_| asked),
            expires_at: alert.expires_at,
            escalation_level: alert.level,
            owner: self.owner(alert),
            occurrences: alert.occurrences,
            risk: risk.filter(|_| !erased),
            members,
            evidence: if erased { Vec::new() } else { alert.evidence.iter().map(Fact::evidence).collect() },
            action: action(definition, alert, members),
            treatment: self.treatment(definition),
            batch: ids::batch(&self.owner(alert), alert.kind, alert.opened_at),
            inhibited_by: alert.inhibited_by.as_deref().map(str::to_owned),
            incident_id: alert.incident.as_deref().map(str::to_owned),
            reason,
            value_at_stake: self.c.value(),
            facts: alert.facts.clone(),
        })));
    }

    /// Whether people hear of alerts of a kind about this customer: those of the control group are held out of kinds that
    /// only suppose something, always the same customers.
    fn treatment(&self, definition: &Definition) -> Treatment {
        /// Parts into which customers are told apart.
        const PARTS: u64 = 1_000_000;
        if definition.is_cohort() {
            return Treatment::Treat;
        }
        let part = hash64(self.c.key().as_bytes(), 0x686f_6c64) % PARTS;
        let held_out = definition.held_out && (part as f64) < self.rules.alerts.holdout * PARTS as f64;
        if held_out { Treatment::Control } else { Treatment::Treat }
    }

    /// Whose turn it is: who a person chose, else the profile's owner, then the configured ones one after the other.
    pub(super) fn owner(&self, alert: &LiveAlert) -> String {
        if let Some(owner) = &alert.owner {
            return owner.to_string();
        }
        let own = self.c.owner();
        let mut chain = own.into_iter().chain(self.rules.alerts.owners.iter().map(String::as_str));
        let level = usize::from(alert.level);
        let last = self.rules.alerts.owners.last().map_or("", String::as_str);
        chain.nth(level).unwrap_or(last).to_owned()
    }
}

fn action(definition: &Definition, alert: &LiveAlert, members: Option<u32>) -> Action {
    let play = definition.play_for(alert.facts.word);
    let folded = alert.folded.iter().map(|kind| crate::engine::registry::definition(*kind).play.action);
    // They keep other systems from a customer: a cohort is none.
    let guardrails = if members.is_none() { definition.guardrails } else { &[] };
    let own = guardrails.iter().map(|g| (*g, None));
    Action {
        code: play.action,
        steps: play.steps.iter().copied().chain(alert.facts.dimension.map(step_for)).chain(folded).collect(),
        do_not: play.do_not.to_vec(),
        guardrails: own.chain(alert.limits.iter().copied()).collect(),
    }
}
