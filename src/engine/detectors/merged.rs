//! What becomes of live alerts when two records of one customer become one.

use crate::engine::alert_lifecycle::LiveAlert;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::memory::market::Market;
use crate::engine::memory::market::reviews::is_settled;
use crate::engine::promise::PromiseState;
use crate::engine::rules::Rules;
use crate::model::alert::Reason;
use crate::model::{Kind, Span, Time};

/// What becomes of a live alert of either record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is as true of both as it was of one.
    GoesOn,
    /// The other record shows that it is over.
    Over(Reason),
    /// It stands on sums, absence or the score, which are others now: it is judged anew by what is known of both.
    Anew,
}

/// Whether an alert that was live under the other name is to be opened under this one.
pub fn goes_on(cx: &Context<'_>, alert: &LiveAlert) -> bool {
    fate(cx.c, cx.rules, alert) == Fate::GoesOn
}

/// Closes the customer's own alerts that are over by what the other record knows.
pub fn end_what_is_over(cx: &mut Context<'_>, time: Time) {
    let over = |alert: &LiveAlert| match fate(cx.c, cx.rules, alert) {
        Fate::Over(reason) => Some((alert.kind, alert.object.clone(), reason)),
        Fate::GoesOn | Fate::Anew => None,
    };
    let over: Vec<_> = cx.c.alerts.iter().filter(|a| a.is_live()).filter_map(over).collect();
    for (kind, object, reason) in over {
        cx.clear(kind, object.as_deref(), reason, Span::ZERO, time);
    }
}

fn fate(c: &Customer, rules: &Rules, alert: &LiveAlert) -> Fate {
    let object = alert.object.as_deref().unwrap_or_default();
    let over_if = |over: bool| if over { Fate::Over(Reason::SourceClosed) } else { Fate::GoesOn };
    let solved = || c.rare.complaints.iter().any(|case| &*case.id == object && !case.is_open());
    let market = |is: &dyn Fn(&Market) -> bool| c.rare.market.as_deref().is_some_and(is);
    let shows_life = || c.life.last.as_ref().is_some_and(|last| last.time > alert.event_time);
    match alert.kind {
        Kind::SecondChance => over_if(solved() || c.last_human >= alert.event_time),
        Kind::ComplaintStalled | Kind::ComplaintDueSoon | Kind::Conduct => over_if(solved()),
        Kind::NoAdmission => {
            let owed = |case: &&crate::engine::grievance::Complaint| &*case.id == object && case.lacks_admission();
            over_if(!c.rare.complaints.iter().any(|case| owed(&case)))
        }
        Kind::PromiseDueSoon | Kind::PromiseBroken => {
            let ended = |p: &crate::engine::promise::Promise| &*p.id == object && p.state != PromiseState::Open;
            over_if(c.rare.promises.iter().any(ended))
        }
        Kind::ContractMismatch => {
            let list =
                |market: &Market| market.mismatches.list.iter().any(|m| &*m.object == object && m.closed.is_some());
            over_if(market(&list))
        }
        Kind::PublicDetraction => over_if(market(&|market: &Market| {
            let place = market.reviews.iter().position(|review| &*review.id == object);
            place.is_some_and(|place| is_settled(&market.reviews, place, &rules.market.reviews))
        })),
        Kind::ServiceQualityDrop => {
            let scores = c.rare.quality.iter().flat_map(|quality| &quality.scores);
            let low = scores.into_iter().any(|(dimension, scores)| dimension.name() == object && scores.is_alarm());
            if low { Fate::GoesOn } else { Fate::Over(Reason::ConditionFalse) }
        }
        Kind::CancellationIntent => over_if(alert.event_time <= c.rare.intent_cleared),
        Kind::PaymentHardship => over_if(c.money.as_ref().is_none_or(|money| money.episode().is_none())),
        Kind::SilentDeparture | Kind::HardshipSilent if shows_life() => Fate::Over(Reason::ConditionFalse),
        // Another rhythm: it is told when it is due.
        Kind::SilentDeparture if c.life.silent_at > alert.event_time && c.life.silent_at < Time::MAX => {
            Fate::Over(Reason::LateFact)
        }
        Kind::OnboardingStalled => over_if(!market(&|market: &Market| market.start.as_ref().is_some_and(|s| s.missed))),
        Kind::ReferralOpportunity => {
            let open = c.open_complaints().next().is_some() || c.open_failures().next().is_some();
            match () {
                () if open => Fate::Over(Reason::ConditionFalse),
                () => over_if(c.asked.for_reference() > alert.event_time),
            }
        }
        Kind::AnniversaryDue | Kind::AnniversaryMissed => over_if(alert.facts.since != c.since()),
        Kind::BlindSpot if c.rare.standing.as_ref().is_none_or(|s| s.good.is_none()) => {
            Fate::Over(Reason::SourceClosed)
        }
        _ if alert.object.is_some() => Fate::GoesOn,
        Kind::SilentDeparture | Kind::HardshipSilent => Fate::GoesOn,
        _ => Fate::Anew,
    }
}
