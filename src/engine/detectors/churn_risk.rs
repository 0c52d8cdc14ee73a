//! CHURN_RISK: the score alone. It speaks where no other alert does.

use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::risk::{severity_of, top_facts};
use crate::model::alert::{Band, Facts, Reason, Severity};
use crate::model::{Kind, Span, Time};

/// Largest parts of the score whose events are shown.
const SHOWN: usize = 3;

/// Opens the alert when the band enters high or critical and no live alert is as severe; closes it when the band has left
/// both, which takes its time by itself. Whether it has opened.
pub(super) fn judge(cx: &mut Context<'_>, time: Time) -> bool {
    let (band, judged) = (cx.c.band.band, cx.c.band.judged);
    if band == judged {
        return false;
    }
    if band < Band::High {
        cx.clear(Kind::ChurnRisk, None, Reason::ConditionFalse, Span::ZERO, time);
        return false;
    }
    let severity = severity_of(band);
    let spoken_for = cx.c.alerts.iter().any(|a| a.is_live() && a.severity >= severity);
    if band < judged || spoken_for || cx.c.is_gone() {
        return false;
    }
    let evidence = top_facts(cx.c, cx.rules, cx.now, SHOWN, &[]);
    let facts = Facts { since: evidence.first().map(|fact| fact.time), ..Facts::default() };
    let expires_at = Some(cx.now + cx.rules.standing.churn_risk.expires_after);
    let raise = Raise::new(Kind::ChurnRisk, None, Severity::Error, time);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
    true
}
