//! M12, DOUBLE_DEVIATION: a failure after a recovery is worse than two plain ones, most of all when similar and soon.

use thin_vec::{ThinVec, thin_vec};

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::ledger::Ledger;
use crate::engine::memory::{CaseChange, Changes, PromiseChange};
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::Category;
use crate::model::{Event, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

/// Weight of a second failure that is similar to the first, or soon after its recovery.
const SIMILAR_OR_SOON: f64 = 1.5;
/// What counts as soon.
const SOON: Span = Span::days(30);

/// A failure that may follow a recovery.
struct Again {
    object: Box<str>,
    /// When it failed.
    time: Time,
    fact: Fact,
    category: Option<Category>,
    word: FactWord,
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if let Some((id, change)) = &changes.complaint {
        match change {
            CaseChange::Opened | CaseChange::Reopened => {
                let case = cx.c.rare.complaints.iter().find(|c| c.id == *id);
                let fact = case
                    .and_then(|c| if *change == CaseChange::Reopened { c.last_step.clone() } else { c.opened.clone() });
                let category = case.and_then(|c| c.category);
                if let Some(fact) = fact {
                    let time = fact.time;
                    again(cx, Again { object: id.clone(), time, fact, category, word: FactWord::ComplaintAgain });
                }
            }
            CaseChange::Solved | CaseChange::Withdrawn => mended(cx, id, event.time),
            CaseChange::Step => {}
        }
    }
    if let Some(object) = &changes.failure {
        let failure = cx.c.rare.failures.iter().rev().find(|f| f.object == *object);
        let again_failed = failure.filter(|f| f.kind.is_delivery()).map(|f| Again {
            object: object.clone(),
            time: f.fact.time,
            fact: f.fact.clone(),
            category: Some(f.kind.category()),
            word: FactWord::DeliveryAgain,
        });
        if let Some(failed) = again_failed {
            again(cx, failed);
        }
    }
    for object in &changes.repaired {
        mended(cx, object, event.time);
    }
    if let Some((id, PromiseChange::Kept | PromiseChange::KeptLate | PromiseChange::KeptAfterAll)) = &changes.promise {
        mended(cx, id, event.time);
    }
    if changes.probation {
        since_recovery(cx, |_| true);
    } else if let Some(moved) = &changes.moved {
        // What failed under one name after the recovery under the other.
        since_recovery(cx, |object| moved.has(object) != moved.probation);
    }
}

/// A promise was broken: a failure too, if it was made after the recovery.
pub(super) fn promise_broken(cx: &mut Context<'_>, id: &str) {
    let Some(promise) = cx.c.rare.promises.iter().find(|p| &*p.id == id) else { return };
    let Some(made) = promise.made.clone() else { return };
    if cx.c.rare.probation.as_ref().is_some_and(|p| made.time > p.resolved.time) {
        let time = promise.deadline().min(cx.now);
        again(cx, Again { object: id.into(), time, fact: made, category: None, word: FactWord::PromiseAgain });
    }
}

/// The promise `id` was not broken after all: what it added to the ledger is taken back.
pub(super) fn forgive(cx: &mut Context<'_>, id: &str) {
    let Some(alert) = cx.c.live(Kind::DoubleDeviation, Some(id)) else { return };
    let (at, since) = (alert.first_event_time, alert.facts.since.unwrap_or(Time::MIN));
    // A promise has no category: only its time can have made it weigh more.
    let weight = if at - since < SOON { SIMILAR_OR_SOON } else { 1.0 };
    cx.c.ledgers.take_back(Ledger::DoubleDeviation, weight, at);
}

/// The recovery became known late: what failed since then, of what is meant, has failed again.
fn since_recovery(cx: &mut Context<'_>, is_meant: impl Fn(&str) -> bool) {
    let Some(probation) = &cx.c.rare.probation else { return };
    let from = probation.resolved.time;
    let complaints =
        cx.c.rare.complaints.iter().filter(|c| c.is_open() && c.id != probation.complaint).filter_map(|c| {
            let fact = c.opened.clone()?;
            Some(Again {
                object: c.id.clone(),
                time: fact.time,
                fact,
                category: c.category,
                word: FactWord::ComplaintAgain,
            })
        });
    let failures = cx.c.open_failures().filter(|f| f.kind.is_delivery()).map(|f| Again {
        object: f.object.clone(),
        time: f.fact.time,
        fact: f.fact.clone(),
        category: Some(f.kind.category()),
        word: FactWord::DeliveryAgain,
    });
    let promises = cx.c.rare.promises.iter().filter(|p| p.breach.is_some()).filter_map(|p| {
        let fact = p.made.clone().filter(|made| made.time > from)?;
        let time = p.ledger_at?;
        Some(Again { object: p.id.clone(), time, fact, category: None, word: FactWord::PromiseAgain })
    });
    let mut all: Vec<Again> =
        complaints.chain(failures).chain(promises).filter(|a| a.time > from && is_meant(&a.object)).collect();
    all.sort_by(|a, b| (a.time, &a.object).cmp(&(b.time, &b.object)));
    for failed in all {
        again(cx, failed);
    }
}

fn again(cx: &mut Context<'_>, failed: Again) {
    let rules = &cx.rules.probation;
    let time = failed.time;
    // Another failure: what has been mended must prove itself anew.
    for alert in cx.c.alerts.iter_mut().filter(|a| a.is_live() && a.kind == Kind::DoubleDeviation) {
        alert.hold_until = alert.hold_until.map(|until| until.max(time + rules.hold));
    }
    let Some(probation) = cx.c.rare.probation.clone() else { return };
    let resolved = probation.resolved.time;
    if time <= resolved || time > resolved + rules.length {
        return;
    }
    let similar = failed.category.is_some() && failed.category == probation.category;
    let soon = time - resolved < SOON;
    let expires_at = Some(cx.now + rules.expires_after);
    let mut evidence: ThinVec<Fact> = probation.opened.iter().cloned().collect();
    evidence.extend(thin_vec![probation.resolved, failed.fact.clone()]);
    evidence.sort_by_key(|f| f.time);
    if cx.c.live(Kind::DoubleDeviation, Some(&failed.object)).is_none() {
        cx.count(
            Ledger::DoubleDeviation,
            if similar || soon { SIMILAR_OR_SOON } else { 1.0 },
            time,
            failed.fact.event_id(),
        );
    }
    let facts = Facts {
        since: Some(resolved),
        days: Some(super::whole_days(resolved, time)),
        word: Some(failed.word),
        ..Facts::default()
    };
    cx.raise(Raise {
        kind: Kind::DoubleDeviation,
        object: Some(&failed.object),
        floor: Severity::Critical,
        event_time: time,
        evidence,
        facts,
        act_by: ActBy::Severity,
        expires_at,
        incident: None,
        limits: ThinVec::new(),
        folded: None,
    });
    cx.quieten(time);
}

/// The new failure was made good: closes after a while without another one.
fn mended(cx: &mut Context<'_>, object: &str, time: Time) {
    let hold = cx.rules.probation.hold;
    cx.clear(Kind::DoubleDeviation, Some(object), Reason::SourceClosed, hold, time);
}
