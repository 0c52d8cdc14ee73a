//! What people do with an alert.

use super::state::Mute;
use super::{ActBy, Subject};
use crate::engine::context::Context;
use crate::model::Time;
use crate::model::alert::{Reason, Status, Transition};

/// What a person can do with an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// I am on it.
    Acknowledge,
    /// Not before this time, or for the default while.
    Snooze(Option<Time>),
    /// After all, now.
    Unsnooze,
    /// This owner.
    Assign(&'a str),
    /// It is done.
    Resolve,
    /// It was a false alarm, or for the reason given.
    Dismiss(Reason),
}

impl<S: Subject> Context<'_, S> {
    pub(super) fn wake(&mut self, index: usize, reason: Reason, event_time: Time) {
        let mut alert = self.c.alerts()[index].clone();
        alert.status = Status::Open;
        alert.snoozed_until = None;
        if let Some(span) = alert.act_span {
            self.ask(&mut alert, ActBy::Business(span));
        }
        self.c.alerts_mut()[index] = alert;
        self.emit(index, Transition::Unsnoozed, Some(reason), event_time);
    }

    /// A person did something with a live alert.
    pub fn command(&mut self, index: usize, command: Command<'_>, event_time: Time) {
        let rules = &self.rules.alerts;
        let alert = &mut self.c.alerts_mut()[index];
        match command {
            Command::Acknowledge => {
                if alert.status == Status::Acknowledged {
                    return;
                }
                alert.status = Status::Acknowledged;
                alert.snoozed_until = None;
                self.emit(index, Transition::Acknowledged, Some(Reason::Human), event_time);
            }
            Command::Snooze(until) => {
                alert.status = Status::Snoozed;
                alert.snoozed_until = Some(until.unwrap_or(event_time + rules.snooze_default));
                self.emit(index, Transition::Snoozed, Some(Reason::Human), event_time);
            }
            Command::Unsnooze => {
                if alert.status == Status::Snoozed {
                    self.wake(index, Reason::Human, event_time);
                }
            }
            Command::Assign(owner) => {
                alert.owner = Some(owner.into());
                self.emit(index, Transition::Assigned, Some(Reason::Human), event_time);
            }
            Command::Resolve => self.close(index, Reason::Human, event_time),
            Command::Dismiss(reason) => {
                let span = if alert.object.is_some() { rules.mute_object } else { rules.mute_kind };
                let mute = Mute { kind: alert.kind, object: alert.object.clone(), until: event_time + span };
                self.c.mute(mute);
                self.end(index, Status::Resolved, Transition::Dismissed, reason, event_time);
            }
        }
    }
}
