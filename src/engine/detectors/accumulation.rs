//! M01, GRIEVANCE_ACCUMULATION: small unresolved problems pile up. Open items do not decay and no window forgets them.

use thin_vec::ThinVec;

use super::{Detector, settle_nothing};
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::ledger::Ledger;
use crate::engine::rules::Rules;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::{Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector {
    settle: settle_nothing,
    on_event: |cx, event, changes| {
        if changes.complaint.is_some() || changes.failure.is_some() || !changes.repaired.is_empty() {
            weigh(cx, event.time);
        }
    },
    deadline,
    on_deadline,
};

/// Opens, raises or closes the alert by what is open now.
fn weigh(cx: &mut Context<'_>, time: Time) {
    let rules = &cx.rules.grievances;
    let mut weight = 0.0;
    let mut count = 0;
    let mut categories = 0_u32;
    let mut evidence: ThinVec<Fact> = ThinVec::new();
    for case in cx.c.open_complaints() {
        count += 1;
        weight += case.weight();
        categories |= case.category.map_or(0, |c| 1 << c as u32);
        evidence.extend(case.opened.iter().cloned());
    }
    for failure in cx.c.open_failures() {
        count += 1;
        weight += failure.kind.weight();
        categories |= 1 << failure.kind.category() as u32;
        evidence.push(failure.fact.clone());
    }
    if count == 0 {
        return cx.clear(Kind::GrievanceAccumulation, None, Reason::ConditionFalse, Span::ZERO, time);
    }
    let holds = count >= rules.items || count >= rules.items_with_weight && weight >= rules.weight;
    if !holds {
        return cx.clear(Kind::GrievanceAccumulation, None, Reason::ConditionFalse, rules.hold, time);
    }
    evidence.sort_by_key(|f| f.time);
    let categories = categories.count_ones();
    let error = categories as usize >= rules.error_categories || weight >= rules.error_weight;
    let facts = Facts {
        count: Some(count as u32),
        categories: Some(categories).filter(|n| *n > 0),
        since: evidence.first().map(|f| f.time),
        ..Facts::default()
    };
    cx.raise(Raise {
        kind: Kind::GrievanceAccumulation,
        object: None,
        floor: if error { Severity::Error } else { Severity::Warning },
        event_time: time,
        evidence,
        facts,
        act_by: ActBy::Severity,
        expires_at: None,
        incident: None,
    });
}

/// A failure without a case counts as closed unsolved after a while.
fn deadline(c: &Customer, rules: &Rules) -> Time {
    let lapses = c.open_failures().map(|f| f.fact.time + rules.grievances.failure_lapses_after);
    lapses.min().unwrap_or(Time::MAX)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let after = cx.rules.grievances.failure_lapses_after;
    for index in 0..cx.c.failures.len() {
        let failure = &mut cx.c.failures[index];
        if failure.closed.is_none() && failure.fact.time + after <= due {
            failure.closed = Some(due);
            let id = failure.fact.event_id().to_owned();
            cx.count(Ledger::FailuresResolved, 1.0, due, &id);
        }
    }
    weigh(cx, due);
}
