//! M41, CANCELLATION_INTENT: the customer wants to leave; and what follows when they have left, or stay.

use thin_vec::ThinVec;

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::{Data, Renewal};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, _: &Changes) {
    match (event.event_type, &event.data) {
        (EventType::AccountCancellationRequested, Data::Account(data)) => {
            open(cx, event, FactWord::CancellationRequested, data.effective.or(data.ends));
        }
        (EventType::AccountContractEnding, Data::Account(data)) if data.renewal == Some(Renewal::Declined) => {
            open(cx, event, FactWord::RenewalDeclined, data.ends);
        }
        (EventType::PortOutRequested, _) => open(cx, event, FactWord::PortOut, None),
        (EventType::AccountCancellationWithdrawn | EventType::AccountRenewed, _) => {
            stays(cx, Reason::SourceClosed, event.time);
        }
        (EventType::AccountReactivated, _) => {
            stays(cx, Reason::SourceClosed, event.time);
        }
        (EventType::OutcomeRetained, _) => stays(cx, Reason::Retained, event.time),
        // Promises, complaints and invoices go on; silence and care end. One who has come back since stays.
        (EventType::AccountCancelled | EventType::OutcomeChurned, _)
            if cx.c.is_gone() && cx.c.rare.left == event.time =>
        {
            cx.close_all(Reason::Churned, event.time);
        }
        _ => {}
    }
}

fn open(cx: &mut Context<'_>, event: &Event<'_>, word: FactWord, ends: Option<Time>) {
    if cx.c.rare.intent_cleared >= event.time {
        return; // Taken back already.
    }
    let rules = &cx.rules.cancellation;
    let window = ends.filter(|ends| *ends > event.time).unwrap_or(event.time + rules.save_window);
    let mut evidence = cx.c.live(Kind::CancellationIntent, None).map_or_else(ThinVec::new, |a| a.evidence.clone());
    evidence.push(Fact::new(event, None));
    evidence.sort_by_key(|f| f.time);
    cx.raise(Raise {
        kind: Kind::CancellationIntent,
        object: None,
        floor: Severity::Critical,
        event_time: event.time,
        evidence,
        facts: Facts { since: Some(event.time), due: Some(window), word: Some(word), ..Facts::default() },
        act_by: ActBy::Business(rules.act_by),
        expires_at: Some(window),
        incident: None,
        limits: ThinVec::new(),
        folded: None,
    });
    cx.quieten(event.time);
}

fn stays(cx: &mut Context<'_>, reason: Reason, time: Time) {
    if cx.c.live(Kind::CancellationIntent, None).is_some_and(|a| a.event_time <= time) {
        cx.clear(Kind::CancellationIntent, None, reason, Span::ZERO, time);
    }
}
