//! Keeps an alert's severity and news up to date: at once upwards, with patience downwards, and not too often.

use super::state::LiveAlert;
use super::{ActBy, Subject};
use crate::engine::context::Context;
use crate::model::Time;
use crate::model::alert::{Reason, Severity, Status, Transition};

impl<S: Subject> Context<'_, S> {
    /// What the alert's severity should be now.
    pub(super) fn severity_of(&self, alert: &LiveAlert) -> Severity {
        self.c.severity(self.rules, self.now, alert)
    }

    /// Brings a live alert's severity and news up to date.
    pub(super) fn settle(&mut self, index: usize, event_time: Time) {
        let target = self.severity_of(&self.c.alerts()[index]);
        let interval = self.rules.alerts.update_interval;
        let (now, band) = (self.now, self.c.band());
        let alert = &mut self.c.alerts_mut()[index];
        if target > alert.severity {
            let reason = if alert.floor >= target { Reason::SeverityUp } else { Reason::Band };
            alert.lower_at = None;
            if alert.inhibited_by.is_some() {
                alert.severity = target;
                return;
            }
            if alert.status == Status::Snoozed {
                (alert.status, alert.snoozed_until) = (Status::Open, None);
                self.emit(index, Transition::Unsnoozed, Some(Reason::SeverityUp), event_time);
            }
            let mut alert = self.c.alerts()[index].clone();
            alert.severity = target;
            let (before, expected) = (alert.act_by, alert.act_span.is_some() || alert.act_by.is_none());
            if expected && alert.status == Status::Open {
                self.ask(&mut alert, ActBy::Severity);
                alert.act_by = alert.act_by.min(before.or(alert.act_by));
            }
            self.c.alerts_mut()[index] = alert;
            self.emit(index, Transition::Escalated, Some(reason), event_time);
            return;
        }
        if target < alert.severity && alert.lower_at.is_none() {
            // The band has dwelt on its own account before it fell.
            alert.severity = target;
            if alert.inhibited_by.is_none() {
                self.emit(index, Transition::Deescalated, Some(Reason::Band), event_time);
            }
            return;
        }
        // One that nobody was told of, or whose condition is false already, has nothing to add.
        let quiet = alert.inhibited_by.is_some() || alert.hold_until.is_some() || !alert.announced;
        if quiet || alert.status == Status::Snoozed {
            return;
        }
        if alert.pending.is_none() && alert.told_band != band {
            alert.pending = Some(Reason::Band);
        }
        if let Some(reason) = alert.pending
            && alert.last_update.is_none_or(|last| now >= last + interval)
        {
            self.emit(index, Transition::Updated, Some(reason), event_time);
        }
    }

    /// Brings every live alert up to date after an event or a timer of the customer.
    pub fn settle_all(&mut self, event_time: Time) {
        if !self.c.alerts().iter().any(LiveAlert::is_live) {
            return;
        }
        // What goes quiet has nothing to add; what has become more severe may keep more quiet.
        self.reconsider_silence(event_time);
        let top = self.c.top_factor(self.rules, self.now);
        for index in 0..self.c.alerts().len() {
            let alert = &mut self.c.alerts_mut()[index];
            if alert.is_live() {
                if alert.told_top.as_deref() != top && alert.pending.is_none() {
                    alert.pending = Some(Reason::NewFact);
                }
                self.settle(index, event_time);
            }
        }
        self.reconsider_silence(event_time);
    }
}
