//! M04, BLIND_SPOT: the company thinks that all is well, by a survey or its own books, and the score says otherwise.

use thin_vec::ThinVec;

use super::standing::risen;
use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::risk::top_facts;
use crate::model::alert::{Band, Facts, Reason, Severity};
use crate::model::{Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector {
    settle: settle_nothing,
    on_event: |cx, event, changes| {
        if changes.bad_word {
            let Some(alert) = cx.c.live(Kind::BlindSpot, None) else { return };
            // What was known when it opened was no blind spot.
            let known = event.time <= alert.first_event_time;
            let reason = if known { Reason::LateFact } else { Reason::SourceClosed };
            cx.clear(Kind::BlindSpot, None, reason, Span::ZERO, event.time);
        }
    },
    deadline: no_deadline,
    on_deadline: on_no_deadline,
};

/// Largest parts of the score whose events are shown.
const SHOWN: usize = 2;
/// Parts that are for helping the customer only.
const HIDDEN: &[&str] = &["payment", "plan_kept"];

/// The band has fallen, which takes its while: back in the normal one there is no gap.
pub(super) fn ends(cx: &mut Context<'_>, time: Time) {
    if cx.c.band.band == Band::Normal {
        cx.clear(Kind::BlindSpot, None, Reason::ConditionFalse, Span::ZERO, time);
    }
}

/// Opens the alert when the good word and the band contradict each other. Whether it has.
pub(super) fn judge(cx: &mut Context<'_>) -> bool {
    let rules = &cx.rules.standing.blind_spot;
    let Some(standing) = &cx.c.rare.standing else { return false };
    let good = standing.good_at(cx.now, rules.word_lasts).filter(|_| !cx.c.is_gone());
    let Some((good, since)) = good.zip(risen(cx.c, cx.now, rules.dwell)) else {
        if standing.blind_spot_told {
            mark_told(cx, false);
        }
        return false;
    };
    if standing.blind_spot_told {
        return false;
    }
    let (word, said) = (good.word(), good.fact.clone());
    let facts = Facts {
        since: Some(said.time),
        word: Some(word),
        name: cx.c.profile.as_ref().and_then(|p| p.need.clone()),
        ..Facts::default()
    };
    let event_time = since.max(said.time);
    let mut evidence: ThinVec<Fact> = top_facts(cx.c, cx.rules, cx.now, SHOWN, HIDDEN);
    evidence.retain(|fact| !fact.is_same(&said));
    evidence.push(said);
    evidence.sort_by_key(|fact| fact.time);
    mark_told(cx, true);
    let expires_at = Some(cx.now + rules.expires_after);
    let raise = Raise::new(Kind::BlindSpot, None, Severity::Warning, event_time);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
    true
}

fn mark_told(cx: &mut Context<'_>, told: bool) {
    if let Some(standing) = cx.c.rare.present().and_then(|rare| rare.standing.as_mut()) {
        standing.blind_spot_told = told;
    }
}
