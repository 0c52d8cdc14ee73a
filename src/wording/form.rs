//! Which of a kind's sentences fits what has just happened to the alert.

use crate::model::Transition;
use crate::model::alert::Reason;
use crate::model::event::words;

words! {
    /// A body's form; its name is the key of its sentence in a template file.
    Form {
        Opened "opened", Updated "updated", Uncovered "uncovered", Unanswered "unanswered", Escalated "escalated",
        Deescalated "deescalated", Acknowledged "acknowledged", Snoozed "snoozed", Unsnoozed "unsnoozed",
        Assigned "assigned", Reminded "reminded", Reopened "reopened", Inhibited "inhibited",
        Closed "closed", Over "over", Retracted "retracted", Superseded "superseded", ByHand "by_hand",
        FalseAlarm "false_alarm", Expired "expired", Erased "erased", Merged "merged", Left "left", Stays "stays",
    }
}

impl Form {
    /// The form of a transition and its reason.
    pub fn of(transition: Transition, reason: Option<Reason>) -> Form {
        use Transition::*;
        match transition {
            Opened | Updated if reason == Some(Reason::InhibitorClosed) => Form::Uncovered,
            Opened => Form::Opened,
            Updated => Form::Updated,
            Escalated if reason == Some(Reason::ActByMissed) => Form::Unanswered,
            Escalated => Form::Escalated,
            Deescalated => Form::Deescalated,
            Acknowledged => Form::Acknowledged,
            Snoozed => Form::Snoozed,
            Unsnoozed => Form::Unsnoozed,
            Assigned => Form::Assigned,
            Reminded => Form::Reminded,
            Reopened => Form::Reopened,
            Inhibited => Form::Inhibited,
            Expired => Form::Expired,
            Dismissed => Form::FalseAlarm,
            Resolved => Form::of_end(reason),
        }
    }

    fn of_end(reason: Option<Reason>) -> Form {
        use Reason::*;
        match reason {
            Some(SourceClosed) => Form::Closed,
            Some(LateFact) => Form::Retracted,
            Some(Superseded) => Form::Superseded,
            Some(Human) => Form::ByHand,
            Some(FalsePositive) => Form::FalseAlarm,
            Some(Expired) => Form::Expired,
            Some(Erased) => Form::Erased,
            Some(Merged) => Form::Merged,
            Some(Churned) => Form::Left,
            Some(Retained) => Form::Stays,
            // The last eight never end an alert; were they to, all that is known is that its condition holds no more.
            Some(
                ConditionFalse | NewFact | Band | ActByMissed | Repeat | SnoozeOver | SeverityUp | InhibitorClosed,
            )
            | None => Form::Over,
        }
    }

    /// Whether the alert still asks for something.
    pub fn is_live(self) -> bool {
        self < Form::Closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_decides_where_the_transition_alone_does_not() {
        for (transition, reason, form) in [
            (Transition::Opened, None, Form::Opened),
            (Transition::Opened, Some(Reason::InhibitorClosed), Form::Uncovered),
            (Transition::Updated, Some(Reason::InhibitorClosed), Form::Uncovered),
            (Transition::Updated, Some(Reason::NewFact), Form::Updated),
            (Transition::Escalated, Some(Reason::ActByMissed), Form::Unanswered),
            (Transition::Escalated, Some(Reason::SeverityUp), Form::Escalated),
            (Transition::Resolved, Some(Reason::LateFact), Form::Retracted),
            (Transition::Resolved, Some(Reason::ConditionFalse), Form::Over),
            (Transition::Resolved, Some(Reason::SourceClosed), Form::Closed),
            (Transition::Dismissed, Some(Reason::Human), Form::FalseAlarm),
            (Transition::Resolved, Some(Reason::FalsePositive), Form::FalseAlarm),
            (Transition::Expired, Some(Reason::Expired), Form::Expired),
        ] {
            assert_eq!(Form::of(transition, reason), form, "{transition:?} {reason:?}");
        }
    }

    #[test]
    fn an_ended_alert_asks_for_nothing() {
        for &transition in Transition::ALL {
            let ended = matches!(transition, Transition::Resolved | Transition::Expired | Transition::Dismissed);
            for reason in Reason::ALL.iter().copied().map(Some).chain([None]) {
                assert_eq!(Form::of(transition, reason).is_live(), !ended, "{transition:?} {reason:?}");
            }
        }
    }
}
