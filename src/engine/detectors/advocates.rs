//! M28, ADVOCATE_AT_RISK: somebody who recommends us is at risk, and with them whom they would bring.

use thin_vec::ThinVec;

use super::standing::risen;
use crate::engine::alert_lifecycle::{LiveAlert, Raise};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::risk::top_facts;
use crate::model::alert::{Band, FactWord, Facts, Reason, Severity};
use crate::model::{Kind, Span, Time};

/// Largest parts of the score whose events are shown.
const SHOWN: usize = 3;

/// An alert that by itself endangers an advocate. That of the score alone does not: the band stands for itself.
fn is_bad(alert: &&LiveAlert) -> bool {
    alert.severity >= Severity::Error && !matches!(alert.kind, Kind::AdvocateAtRisk | Kind::ChurnRisk)
}

/// Whether a live alert endangers the customer by itself.
pub(super) fn has_bad_alert(c: &Customer) -> bool {
    c.alerts.iter().filter(|a| a.is_live()).any(|a| is_bad(&a))
}

fn is_advocate(cx: &Context<'_>) -> bool {
    let lasts = cx.rules.standing.advocates.lasts;
    cx.c.rare.standing.as_ref().is_some_and(|s| s.advocated_at(cx.now, lasts).is_some())
}

/// Whether an advocate is in danger, for whatever reason.
pub(super) fn is_in_danger(cx: &Context<'_>) -> bool {
    risen(cx.c, cx.now, cx.rules.standing.advocates.dwell).is_some() || has_bad_alert(cx.c)
}

/// Opens the alert when an advocate is in danger. Whether it has.
pub(super) fn judge(cx: &mut Context<'_>, time: Time) -> bool {
    let rules = &cx.rules.standing.advocates;
    let Some(standing) = &cx.c.rare.standing else { return false };
    let advocated = standing.advocated_at(cx.now, rules.lasts).filter(|_| !cx.c.is_gone());
    let Some(referral) = advocated.filter(|_| is_in_danger(cx)).cloned() else {
        if standing.advocate_told {
            mark_told(cx, false);
        }
        ends(cx, time);
        return false;
    };
    let in_hold = cx.c.live(Kind::AdvocateAtRisk, None).is_some_and(|a| a.hold_until.is_some());
    if standing.advocate_told && !in_hold {
        return false;
    }
    let by_band = risen(cx.c, cx.now, rules.dwell);
    let word = if by_band.is_some() { FactWord::ByBand } else { FactWord::ByAlert };
    let event_time = by_band.map_or(time, |since| since.max(referral.time));
    let facts = Facts { since: Some(referral.time), word: Some(word), ..Facts::default() };
    let mut evidence: ThinVec<Fact> = top_facts(cx.c, cx.rules, cx.now, SHOWN, &[]);
    evidence.retain(|fact| !fact.is_same(&referral));
    evidence.push(referral);
    evidence.sort_by_key(|fact| fact.time);
    mark_told(cx, true);
    let expires_at = Some(cx.now + rules.expires_after);
    let raise = Raise::new(Kind::AdvocateAtRisk, None, Severity::Warning, event_time);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
    true
}

/// Closes the alert once nothing has endangered them for a while. The band has been low for its own while when it falls; an
/// alert that has ended has not.
pub(super) fn ends(cx: &mut Context<'_>, time: Time) {
    let Some(alert) = cx.c.live(Kind::AdvocateAtRisk, None) else { return };
    if alert.hold_until.is_some() || is_in_danger(cx) && is_advocate(cx) {
        return;
    }
    let band_fell = cx.c.band.judged > Band::Normal;
    let waited = if band_fell { time - cx.rules.alerts.deescalate_band_after } else { time };
    let ended = cx.c.alerts.iter().filter(is_bad).filter_map(|a| a.closed_at).max();
    let since = ended.map_or(waited, |at| at.max(waited));
    let left = Span((since + cx.rules.standing.advocates.hold - time).0.max(0));
    cx.clear(Kind::AdvocateAtRisk, None, Reason::ConditionFalse, left, time);
}

fn mark_told(cx: &mut Context<'_>, told: bool) {
    if let Some(standing) = cx.c.rare.present().and_then(|rare| rare.standing.as_mut()) {
        standing.advocate_told = told;
    }
}
