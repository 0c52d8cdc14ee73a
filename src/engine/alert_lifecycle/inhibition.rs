//! One alert keeps another quiet: a wish to leave, and a second failure over the complaint it came with.

use super::{ActBy, LiveAlert};
use crate::engine::context::Context;
use crate::engine::registry::{Quieter, definition};
use crate::model::alert::{Reason, Severity, Status, Transition};
use crate::model::{Kind, Time};

impl Context<'_> {
    /// Lets go the live alerts that the alert `id` kept quiet, unless another one does.
    pub(super) fn release(&mut self, id: &str, event_time: Time) {
        for index in 0..self.c.alerts.len() {
            let alert = &self.c.alerts[index];
            if !alert.is_live() || alert.inhibited_by.as_deref() != Some(id) {
                continue;
            }
            let next = self.inhibitor_of(alert);
            self.c.alerts[index].inhibited_by = next;
            // One whose condition is false already only waits for its end.
            if self.c.alerts[index].inhibited_by.is_some() || self.c.alerts[index].hold_until.is_some() {
                continue;
            }
            let mut alert = self.c.alerts[index].clone();
            let first = !alert.announced && alert.status == Status::Open;
            let transition = if first { Transition::Opened } else { Transition::Updated };
            if let Some(span) = alert.act_span {
                self.ask(&mut alert, ActBy::Business(span));
            }
            alert.announced = true;
            alert.severity = self.severity(&alert);
            self.c.alerts[index] = alert;
            self.emit(index, transition, Some(Reason::InhibitorClosed), event_time);
        }
    }

    /// The live alert that keeps an alert of `kind`, `object` and `severity` quiet.
    pub(super) fn inhibitor(&self, kind: Kind, object: Option<&str>, severity: Severity) -> Option<Box<str>> {
        let quieters = definition(kind).quieted_by;
        // What is quiet itself keeps nothing quiet, but for what stands for the customer's own wish or a second failure.
        let heard = |a: &&LiveAlert| a.is_live() && a.inhibited_by.is_none() && a.kind != kind;
        let by = quieters.iter().find_map(|quieter| {
            let mut live = self.c.alerts.iter().filter(|a| a.is_live());
            match *quieter {
                Quieter::Leaving => live.find(|a| a.kind == Kind::CancellationIntent),
                Quieter::Same(other) => live.find(|a| a.is(other, object)),
                Quieter::Live(other) => live.find(|a| a.kind == other),
                Quieter::Worse(least) => live.filter(heard).find(|a| a.severity >= least),
                Quieter::Lifted => live.filter(heard).find(|a| definition(a.kind).band_lifts && a.severity >= severity),
                Quieter::Cohort => None,
            }
        });
        by.map(|a| a.alert_id(&self.c.key).into())
    }

    /// What other alerts make of those whose silence goes by severity, which changes: they go quiet or are let go.
    pub fn quieten_by_severity(&mut self, event_time: Time) {
        let by_severity =
            |kind: Kind| definition(kind).quieted_by.iter().any(|q| matches!(q, Quieter::Worse(_) | Quieter::Lifted));
        if !self.c.alerts.iter().any(|a| a.is_live() && by_severity(a.kind)) {
            return;
        }
        self.quieten(event_time);
        let over: Vec<Box<str>> = self
            .c
            .alerts
            .iter()
            .filter(|a| a.is_live() && by_severity(a.kind))
            .filter(|a| a.inhibited_by.is_some() && self.inhibitor_of(a) != a.inhibited_by)
            .filter_map(|a| a.inhibited_by.clone())
            .collect();
        for id in over {
            self.release(&id, event_time);
        }
    }

    fn inhibitor_of(&self, alert: &LiveAlert) -> Option<Box<str>> {
        self.inhibitor(alert.kind, alert.object.as_deref(), alert.severity)
    }

    /// An alert that keeps others quiet has opened: tells those that are live.
    pub fn quieten(&mut self, event_time: Time) {
        for index in 0..self.c.alerts.len() {
            let alert = &self.c.alerts[index];
            if !alert.is_live() || alert.inhibited_by.is_some() {
                continue;
            }
            if let Some(by) = self.inhibitor_of(alert) {
                self.c.alerts[index].inhibited_by = Some(by);
                self.emit(index, Transition::Inhibited, Some(Reason::Superseded), event_time);
            }
        }
    }
}
