//! CHURN_RISK: the score alone. It speaks where no other alert does.

use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::risk::{severity_of, top_facts};
use crate::model::alert::{Band, Facts, Reason, Severity};
use crate::model::{Kind, Span, Time};

/// Largest parts of the score whose events are shown.
const SHOWN: usize = 3;

/// The band has fallen, which takes its while: below high there is nothing to say.
pub(super) fn ends(cx: &mut Context<'_>, time: Time) {
    if cx.c.band.band < Band::High {
        cx.clear(Kind::ChurnRisk, None, Reason::ConditionFalse, Span::ZERO, time);
    }
}

/// Opens the alert when the band enters high or critical and no live alert is as severe. Whether it has.
pub(super) fn judge(cx: &mut Context<'_>, time: Time) -> bool {
    let (band, judged) = (cx.c.band.band, cx.c.band.judged);
    let entered = band > judged && band >= Band::High;
    let severity = severity_of(band);
    if !entered || cx.c.is_gone() || cx.c.alerts.iter().any(|a| a.is_live() && a.severity >= severity) {
        return false;
    }
    let evidence = top_facts(cx.c, cx.rules, cx.now, SHOWN, &[]);
    let facts = Facts { since: evidence.first().map(|fact| fact.time), ..Facts::default() };
    let expires_at = Some(cx.now + cx.rules.standing.churn_risk.expires_after);
    let raise = Raise::new(Kind::ChurnRisk, None, Severity::Error, time);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
    true
}
