//! M33, CONTRACT_MISMATCH: what was given is not what was signed. It is corrected and credited without being asked.

use thin_vec::thin_vec;

use super::{Detector, ends, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::memory::Changes;
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::{Event, Kind, Span};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

const KIND: Kind = Kind::ContractMismatch;

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if let Some(object) = &changes.mismatch {
        open(cx, object);
    }
    for object in &changes.rectified {
        cx.clear(KIND, Some(object), Reason::SourceClosed, Span::ZERO, event.time);
    }
}

fn open(cx: &mut Context<'_>, object: &str) {
    let Some(market) = cx.c.rare.market.as_deref() else { return };
    let found = market.mismatches.list.iter().rev().find(|m| &*m.object == object);
    // Put right already, which was known before.
    let Some(mismatch) = found.filter(|m| m.closed.is_none()) else { return };
    let word = if mismatch.billed { FactWord::Billing } else { FactWord::Delivery };
    let (time, evidence) = (mismatch.fact.time, thin_vec![mismatch.fact.clone()]);
    let facts = Facts { since: Some(time), word: Some(word), ..Facts::default() };
    let expires_at = ends(cx, KIND, Some(object), cx.rules.market.mismatch.expires_after);
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, Some(object), Severity::Error, time) });
}
