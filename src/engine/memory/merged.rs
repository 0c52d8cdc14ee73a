//! What two records of one customer say of each other, once both are one memory: what was repaired, apologised for or
//! answered under one name is so under the other.

use super::amends::apology_since;
use super::contacts::uncount_abandoned;
use super::failures::{close_failure_in_ledger, made_good};
use super::{Changes, Moved, market, quality};
use crate::engine::context::Context;

/// Settles what each record knows of the other's items. Returns what that changed, and what has moved.
pub fn merged(cx: &mut Context<'_>, moved: Moved) -> Changes {
    let mut changes = Changes::default();
    admitted(cx);
    repaired(cx, &mut changes);
    changes.rectified = market::mismatches::merged(cx);
    market::merged(cx);
    quality::merged(cx, &moved, &mut changes);
    let answered = cx.c.last_answered;
    uncount_abandoned(cx, answered);
    changes.moved = Some(moved);
    changes
}

/// Sorry was said under the other name.
fn admitted(cx: &mut Context<'_>) {
    for index in 0..cx.c.rare.complaints.len() {
        let case = &cx.c.rare.complaints[index];
        let since = case.opened.as_ref().map_or(case.started, |opened| opened.time);
        let open = !case.admitted && case.is_open();
        if open && apology_since(cx.c, since, false, &case.id, case.correlation.as_deref()) {
            let case = &mut cx.c.rare.complaints[index];
            case.admitted = true;
            case.responses.clear();
        }
    }
}

/// What had failed was made good under the other name.
fn repaired(cx: &mut Context<'_>, changes: &mut Changes) {
    for index in 0..cx.c.rare.failures.len() {
        let failure = &cx.c.rare.failures[index];
        if failure.closed.is_some() {
            continue;
        }
        let failure = failure.clone();
        if let Some(at) = made_good(cx, &failure, changes) {
            cx.c.rare.failures[index].closed = Some(at);
            changes.repaired.push(failure.object.clone());
            close_failure_in_ledger(cx, &failure, at);
        }
    }
}
