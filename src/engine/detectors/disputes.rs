//! M17, DISPUTE_CONTRADICTED: the customer was told that they are wrong. Up to a limit goodwill is cheaper than arguing.

use thin_vec::{ThinVec, thin_vec};

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::money::disputes::Dispute;
use crate::engine::memory::money::present;
use crate::model::alert::{FactWord, Facts, Guardrail, Reason, Severity};
use crate::model::{Event, Kind, Span, Time};

const KIND: Kind = Kind::DisputeContradicted;

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    for id in &changes.disputes {
        weigh(cx, id, event.time);
    }
    if changes.moved.is_some() {
        let disputes = cx.c.money.iter().flat_map(|money| &money.disputes);
        let ids: Vec<Box<str>> = disputes.map(|dispute| dispute.id.clone()).collect();
        for id in ids {
            weigh(cx, &id, event.time);
        }
    }
}

fn weigh(cx: &mut Context<'_>, id: &str, time: Time) {
    let Some(money) = &cx.c.money else { return };
    let Some(place) = money.disputes.iter().position(|d| &*d.id == id) else { return };
    let dispute = &money.disputes[place];
    if !dispute.is_contradicted() {
        // Credited before it was denied, as is known only now: nobody was left with an argument.
        let late = dispute.denied.as_ref().is_some_and(|denied| dispute.credited < denied.time);
        let reason = if late { Reason::LateFact } else { Reason::SourceClosed };
        return cx.clear(KIND, Some(id), reason, Span::ZERO, time);
    }
    let rules = &cx.rules.money.disputes;
    let before = money.disputes_before(dispute.began(), rules.repeat_window);
    let word = word(dispute, before, cx);
    let Some(denied) = dispute.denied.clone() else { return };
    let live = cx.c.live(KIND, Some(id));
    // What was told and ended is not told again by another step of the same dispute.
    if live.is_none() && dispute.told {
        return;
    }
    let count = (word == Some(FactWord::RepeatDisputer)).then_some(before as u32 + 1);
    let mut evidence: ThinVec<Fact> = dispute.opened.iter().cloned().chain([denied.clone()]).collect();
    evidence.sort_by_key(|f| f.time);
    let facts = Facts { count, since: evidence.first().map(|f| f.time), word, ..Facts::default() };
    let limits = match (word, live) {
        (Some(FactWord::WithinGoodwill), Some(live)) if !live.limits.is_empty() => live.limits.clone(),
        (Some(FactWord::WithinGoodwill), _) => thin_vec![(Guardrail::NoArgument, Some(cx.now + rules.guardrail))],
        _ => ThinVec::new(),
    };
    let expires_at = live.is_none().then_some(cx.now + rules.expires_after);
    if let Some(money) = present(cx) {
        money.disputes[place].told = true;
    }
    let raise = Raise::new(KIND, Some(id), Severity::Warning, denied.time);
    cx.raise(Raise { evidence, facts, limits, expires_at, ..raise });
}

/// Whether goodwill is called for; none where the amount is not known.
fn word(dispute: &Dispute, before: usize, cx: &Context<'_>) -> Option<FactWord> {
    let rules = &cx.rules.money.disputes;
    let limit = rules.goodwill_min.max(rules.goodwill_share * cx.c.value().unwrap_or(0.0));
    Some(match dispute.amount? {
        _ if before >= rules.repeat_count => FactWord::RepeatDisputer,
        amount if amount <= limit => FactWord::WithinGoodwill,
        _ => FactWord::BeyondGoodwill,
    })
}
