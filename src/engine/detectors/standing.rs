//! What stands on the score and on other alerts: judged at the end of each step, when both are known.
//!
//! What a late fact takes out of the score it also takes out of the past: an alert that stood on it should not have been.

use super::{advocates, blind_spot, churn_risk};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::risk::{band_of, correct_band, log_odds, update_band};
use crate::engine::rules::Rules;
use crate::model::alert::{Band, FactWord, LogOdds, Reason};
use crate::model::{Kind, Span, Time};

/// How an alert that stands on the score looked before a late event.
pub struct Hindsight {
    kind: Kind,
    /// When it opened.
    at: Time,
    /// The score at that time by what was known before the event; none if it stands on another alert.
    before: Option<LogOdds>,
}

/// The alerts that an event of `time` is late for. Nearly always none.
pub fn hindsight(cx: &Context<'_>, time: Time) -> Vec<Hindsight> {
    let stands = |kind: Kind| matches!(kind, Kind::BlindSpot | Kind::AdvocateAtRisk | Kind::ChurnRisk);
    let late = cx.c.alerts.iter().filter(|a| a.is_live() && stands(a.kind) && time <= a.first_event_time);
    late.map(|alert| {
        let by_score = alert.facts.word != Some(FactWord::ByAlert);
        let at = alert.first_event_time;
        Hindsight { kind: alert.kind, at, before: by_score.then(|| log_odds(cx.c, cx.rules, at)) }
    })
    .collect()
}

/// Lives through what the band did by itself before `until`, of which the watermark has not told yet.
pub fn catch_up(cx: &mut Context<'_>, until: Time) {
    // Each round passes a crossing or a dwell; a score crosses few lines.
    for _ in 0..32 {
        let band = cx.c.band.due(cx.rules.alerts.deescalate_band_after);
        let due = band.min(judged_at(cx.c, cx.rules));
        if due >= until {
            return;
        }
        let now = cx.c.highest.max(due);
        cx.c.highest = now;
        cx.at(now, |cx| {
            if band <= due {
                update_band(cx.c, cx.rules, due, false);
            }
            judge_ends(cx, due, &[]);
            cx.settle_all(due);
            judge(cx, due);
        });
    }
}

/// When a band that has risen will have lasted long enough for somebody to hear of it.
pub fn judged_at(c: &Customer, rules: &Rules) -> Time {
    if c.band.risen_at == Time::MAX || c.rare.standing.is_none() {
        return Time::MAX;
    }
    let dwells = [rules.standing.blind_spot.dwell, rules.standing.advocates.dwell];
    let ends = dwells.into_iter().map(|dwell| c.band.risen_at + dwell);
    ends.filter(|end| *end > c.highest).min().unwrap_or(Time::MAX)
}

/// Whether the band has been above normal for `dwell`: since when it counts, if so.
pub(super) fn risen(c: &Customer, now: Time, dwell: Span) -> Option<Time> {
    let counts = c.band.risen_at + dwell;
    (c.band.band > Band::Normal && counts <= now).then_some(counts)
}

/// Ends what no longer stands, or never should have, after a step whose fact is of `time`; before anything else is told of
/// it.
pub fn judge_ends(cx: &mut Context<'_>, time: Time, hindsight: &[Hindsight]) {
    if cx.c.alerts.is_empty() {
        return;
    }
    for past in hindsight {
        if should_not_have_been(cx, past) {
            correct_band(cx.c, cx.rules, cx.now);
            cx.clear(past.kind, None, Reason::LateFact, Span::ZERO, time);
        }
    }
    if cx.c.band.band < cx.c.band.judged {
        blind_spot::ends(cx, time);
        churn_risk::ends(cx, time);
    }
    advocates::ends(cx, time);
}

/// Judges what begins to stand on the score and on other alerts after a step whose fact is of `time`, once those are told.
pub fn judge(cx: &mut Context<'_>, time: Time) {
    let band = *cx.c.band;
    let told = cx.c.rare.standing.as_ref().is_some_and(|s| s.blind_spot_told || s.advocate_told);
    if band.band == Band::Normal && band.judged == Band::Normal && cx.c.alerts.is_empty() && !told {
        return;
    }
    let mut opened = blind_spot::judge(cx);
    opened |= churn_risk::judge(cx, time);
    opened |= advocates::judge(cx, time);
    let now = cx.c.band.band;
    if cx.c.band.judged != now {
        cx.c.band.judged = now;
    }
    if opened {
        cx.reconsider_silence(time);
    }
}

/// Whether what is known now takes away what the alert stood on when it opened.
fn should_not_have_been(cx: &Context<'_>, past: &Hindsight) -> bool {
    let Some(before) = past.before else {
        return !advocates::is_in_danger(cx);
    };
    let line = if past.kind == Kind::ChurnRisk { Band::High } else { Band::Elevated };
    let after = log_odds(cx.c, cx.rules, past.at);
    let stands_otherwise = past.kind == Kind::AdvocateAtRisk && advocates::has_bad_alert(cx.c);
    band_of(before) >= line && band_of(after) < line && !stands_otherwise
}
