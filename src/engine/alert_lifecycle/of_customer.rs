//! What the life cycle of a customer's alerts goes by: score, value, and what keeps an alert quiet.

use thin_vec::ThinVec;

use super::{CLOSED_MAX, LiveAlert, Mute, Subject};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::registry::{Quieter, definition};
use crate::engine::risk;
use crate::engine::rules::Rules;
use crate::engine::tight::push_tight;
use crate::model::alert::{Band, Risk, Severity};
use crate::model::{Kind, Scope, Time};

impl Subject for Customer {
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
        let Some(rare) = self.rare.present() else { return false };
        rare.mutes.retain(|m| m.lasts(now));
        rare.mutes.iter().any(|m| m.is(kind, object))
    }

    fn mute(&mut self, mute: Mute) {
        push_tight(&mut self.rare.mutes, mute);
        if self.rare.mutes.len() > CLOSED_MAX {
            self.rare.mutes.remove(0);
        }
    }

    fn key(&self) -> &str {
        self.key.as_str()
    }

    fn scope(&self) -> Scope {
        Scope::Customer { key: self.key.clone(), account_id: self.account_id.as_deref().map(str::to_owned) }
    }

    fn members(&self, _: Kind) -> Option<u32> {
        None
    }

    fn timezone(&self) -> Option<&str> {
        Customer::timezone(self)
    }

    fn owner(&self) -> Option<&str> {
        self.profile.as_ref()?.owner.as_deref()
    }

    fn value(&self) -> Option<f64> {
        self.value_at_stake()
    }

    fn band(&self) -> Band {
        self.band.band
    }

    fn top_factor(&self, rules: &Rules, now: Time) -> Option<&'static str> {
        risk::top_factor(self, rules, now)
    }

    /// Its floor, lifted by band and value where the kind allows it.
    fn severity(&self, rules: &Rules, now: Time, alert: &LiveAlert) -> Severity {
        if alert.kind == Kind::ChurnRisk {
            // It is the band itself, and knows nothing of value.
            return alert.floor.max(risk::severity_of(self.band.band));
        }
        if !definition(alert.kind).band_lifts {
            return alert.floor;
        }
        let lifted = alert.floor.max(risk::severity_of(self.band.band));
        match lifted {
            _ if !self.is_valued(rules, now) => lifted,
            Severity::Info => Severity::Warning,
            Severity::Warning => Severity::Error,
            Severity::Error | Severity::Critical => Severity::Critical,
        }
    }

    fn inhibitor(&self, alert: &LiveAlert) -> Option<Box<str>> {
        let (kind, severity) = (alert.kind, alert.severity);
        let own = |a: Option<&LiveAlert>| a.map(|a| a.alert_id(self.key.as_str()).into());
        // What is quiet itself keeps nothing quiet, but for what stands for the customer's own wish or a second failure.
        let heard = |a: &&LiveAlert| a.is_live() && a.inhibited_by.is_none() && a.kind != kind;
        definition(kind).quieted_by.iter().find_map(|quieter| {
            let mut live = self.alerts.iter().filter(|a| a.is_live());
            match *quieter {
                Quieter::Leaving => own(live.find(|a| a.kind == Kind::CancellationIntent)),
                Quieter::Same(other) => own(live.find(|a| a.is(other, alert.object.as_deref()))),
                Quieter::Live(other) => own(live.find(|a| a.kind == other)),
                Quieter::Worse(least) => own(live.filter(heard).find(|a| a.severity >= least)),
                Quieter::Lifted => {
                    own(live.filter(heard).find(|a| definition(a.kind).band_lifts && a.severity >= severity))
                }
                Quieter::Cohort => self.held_by(alert),
            }
        })
    }

    fn is_held(&self) -> bool {
        self.rare.cohorts.as_deref().is_some_and(|cohorts| !cohorts.holds.is_empty())
    }

    fn risk(cx: &mut Context<'_, Customer>) -> Option<Risk> {
        Some(cx.risk().clone())
    }

    fn is_heard(cx: &mut Context<'_, Customer>) {
        cx.remember();
    }
}

impl Customer {
    /// Whether their value is in the top decile, or they have recommended us lately.
    fn is_valued(&self, rules: &Rules, now: Time) -> bool {
        let lasts = rules.standing.advocates.lasts;
        let standing = self.rare.standing.as_ref();
        standing.is_some_and(|s| s.advocated_at(now, lasts).is_some()) || self.is_top_value(rules)
    }

    /// Whether their value is in the top decile.
    fn is_top_value(&self, rules: &Rules) -> bool {
        let Some(profile) = &self.profile else { return false };
        match profile.value_decile {
            Some(decile) => decile == 10,
            None => rules.score.value_top_decile.zip(profile.value).is_some_and(|(top, value)| value >= top),
        }
    }
}

impl Context<'_> {
    /// Whether the customer's value is in the top decile.
    pub fn is_top_value(&self) -> bool {
        self.c.is_top_value(self.rules)
    }
}
