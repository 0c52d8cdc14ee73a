//! One alert keeps another quiet: a wish to leave, a second failure over the complaint it came with, an alert about many.

use super::{ActBy, LiveAlert, Subject};
use crate::engine::context::Context;
use crate::engine::registry::{Quieter, definition};
use crate::model::Time;
use crate::model::alert::{Reason, Status, Transition};

impl<S: Subject> Context<'_, S> {
    /// Lets go the live alerts that the alert `id` kept quiet, unless another one does.
    pub fn release(&mut self, id: &str, event_time: Time) {
        for index in 0..self.c.alerts().len() {
            let alert = &self.c.alerts()[index];
            if !alert.is_live() || alert.inhibited_by.as_deref() != Some(id) {
                continue;
            }
            let next = self.c.inhibitor(alert);
            self.c.alerts_mut()[index].inhibited_by = next;
            // One whose condition is false already only waits for its end.
            if self.c.alerts()[index].inhibited_by.is_some() || self.c.alerts()[index].hold_until.is_some() {
                continue;
            }
            let mut alert = self.c.alerts()[index].clone();
            let first = !alert.announced && alert.status == Status::Open;
            let transition = if first { Transition::Opened } else { Transition::Updated };
            if let Some(span) = alert.act_span {
                self.ask(&mut alert, ActBy::Business(span));
            }
            alert.announced = true;
            alert.severity = self.severity_of(&alert);
            self.c.alerts_mut()[index] = alert;
            self.emit(index, transition, Some(Reason::InhibitorClosed), event_time);
        }
    }

    /// What keeps quiet those alerts whose silence goes by what changes, severity or evidence: they go quiet or are let go.
    pub fn reconsider_silence(&mut self, event_time: Time) {
        let is_held = self.c.is_held();
        let changes = |a: &LiveAlert| {
            a.is_live()
                && definition(a.kind).quieted_by.iter().any(|q| match q {
                    Quieter::Worse(_) | Quieter::Lifted => true,
                    Quieter::Cohort => is_held,
                    Quieter::Leaving | Quieter::Same(_) | Quieter::Live(_) => false,
                })
        };
        if !self.c.alerts().iter().any(changes) {
            return;
        }
        self.quieten(event_time);
        let over: Vec<Box<str>> = self
            .c
            .alerts()
            .iter()
            .filter(|a| changes(a))
            .filter(|a| a.inhibited_by.is_some() && self.c.inhibitor(a) != a.inhibited_by)
            .filter_map(|a| a.inhibited_by.clone())
            .collect();
        for id in over {
            self.release(&id, event_time);
        }
    }

    /// An alert that keeps others quiet has opened: tells those that are live.
    pub fn quieten(&mut self, event_time: Time) {
        for index in 0..self.c.alerts().len() {
            let alert = &self.c.alerts()[index];
            if !alert.is_live() || alert.inhibited_by.is_some() {
                continue;
            }
            if let Some(by) = self.c.inhibitor(alert) {
                self.c.alerts_mut()[index].inhibited_by = Some(by);
                self.emit(index, Transition::Inhibited, Some(Reason::Superseded), event_time);
            }
        }
    }
}
