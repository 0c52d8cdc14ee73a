//! One alert keeps another quiet: a wish to leave, and a second failure over the complaint it came with.

use super::ActBy;
use crate::engine::context::Context;
use crate::engine::registry::definition;
use crate::model::alert::{Reason, Status, Transition};
use crate::model::{Kind, Time};

impl Context<'_> {
    /// Lets go the live alerts that the alert `id` kept quiet, unless another one does.
    pub(super) fn release(&mut self, id: &str, event_time: Time) {
        for index in 0..self.c.alerts.len() {
            let alert = &self.c.alerts[index];
            if !alert.is_live() || alert.inhibited_by.as_deref() != Some(id) {
                continue;
            }
            let next = self.inhibitor(alert.kind, alert.object.as_deref());
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

    /// The live alert that keeps an alert of `kind` and `object` quiet.
    pub(super) fn inhibitor(&self, kind: Kind, object: Option<&str>) -> Option<Box<str>> {
        let live = |kind: Kind, object: Option<&str>| self.c.alerts.iter().find(|a| a.is_live() && a.is(kind, object));
        let leaving = definition(kind).quiet_when_leaving.then(|| live(Kind::CancellationIntent, None)).flatten();
        let again = (kind == Kind::SecondChance).then(|| live(Kind::DoubleDeviation, object)).flatten();
        leaving.or(again).map(|a| a.alert_id(&self.c.key).into())
    }

    /// An alert that keeps others quiet has opened: tells those that are live.
    pub fn quieten(&mut self, event_time: Time) {
        for index in 0..self.c.alerts.len() {
            let alert = &self.c.alerts[index];
            if !alert.is_live() || alert.inhibited_by.is_some() {
                continue;
            }
            if let Some(by) = self.inhibitor(alert.kind, alert.object.as_deref()) {
                self.c.alerts[index].inhibited_by = Some(by);
                self.emit(index, Transition::Inhibited, Some(Reason::Superseded), event_time);
            }
        }
    }
}
