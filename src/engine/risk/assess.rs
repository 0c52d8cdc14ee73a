//! The score of a customer at a time, and what it is made of.
//!
//! Each part is `curve(value)`, capped, then rounded to 1e-4; the sum of the rounded parts and the intercept is the score,
//! so that what is printed adds up exactly.

use thin_vec::ThinVec;

use super::band::{NEAR, band_of, first_change};
use super::factors::{Factor, Sign, Source};
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::care;
use crate::engine::memory::market::prices::price_gap_evidence;
use crate::engine::rules::Rules;
use crate::model::Time;
use crate::model::alert::{Band, Contribution, LogOdds, Risk};

/// Days ahead that the score speaks of.
const HORIZON_DAYS: u32 = 30;
/// Parts listed in an alert; the rest is summed up.
const LISTED: usize = 8;
/// Event ids listed for a part.
const EVIDENCE: usize = 8;

/// Calls `visit` with each part that is not zero, and returns the score.
fn each_part(c: &Customer, rules: &Rules, time: Time, mut visit: impl FnMut(&'static Factor, f64, LogOdds)) -> LogOdds {
    let model = &rules.score.model;
    let (mut total, mut protection) = (model.intercept().0, 0);
    for part in model.parts() {
        let value = (part.factor.value)(c, rules, time);
        let mut log_odds = part.log_odds(value);
        if part.factor.sign == Sign::Lowers {
            log_odds.0 = log_odds.0.max(model.protection().0 - protection);
            protection += log_odds.0;
        }
        if log_odds.0 != 0 {
            total += log_odds.0;
            visit(part.factor, value, log_odds);
        }
    }
    LogOdds(total)
}

/// The score at `time`.
pub fn log_odds(customer: &Customer, rules: &Rules, time: Time) -> LogOdds {
    each_part(customer, rules, time, |_, _, _| {})
}

/// The score at `time` without the parts of `hidden` names.
pub fn log_odds_without(customer: &Customer, rules: &Rules, time: Time, hidden: &[&str]) -> LogOdds {
    let mut left_out = 0;
    let all = each_part(customer, rules, time, |factor, _, part| {
        if hidden.contains(&factor.name) {
            left_out += part.0;
        }
    });
    LogOdds(all.0 - left_out)
}

/// Name of the largest part at `time`, if any is not zero.
pub fn top_factor(customer: &Customer, rules: &Rules, time: Time) -> Option<&'static str> {
    let mut top: Option<(&'static str, i32)> = None;
    each_part(customer, rules, time, |factor, _, part| {
        if top.is_none_or(|(_, largest)| part.0.abs() > largest) {
            top = Some((factor.name, part.0.abs()));
        }
    });
    top.map(|(name, _)| name)
}

/// The score at `time` with its parts; `previous` is filled in by the caller.
pub fn assess(customer: &Customer, rules: &Rules, time: Time) -> Risk {
    let mut parts = Vec::with_capacity(8);
    let log_odds = each_part(customer, rules, time, |factor, value, log_odds| parts.push((factor, value, log_odds)));
    // Stable: equal parts stay in the order of the table.
    parts.sort_by_key(|(_, _, part)| -part.0.abs());
    let other = LogOdds(parts.iter().skip(LISTED).map(|(_, _, part)| part.0).sum());
    let contributions = parts
        .into_iter()
        .take(LISTED)
        .map(|(factor, value, log_odds)| {
            let (since, evidence) = evidence(customer, rules, time, factor.source);
            let value = libm::round((factor.printed)(value) * 1e4) / 1e4;
            Contribution { factor: factor.name, value, log_odds, mechanism: factor.mechanism, since, evidence }
        })
        .collect();
    Risk {
        log_odds,
        intercept: rules.score.model.intercept(),
        other,
        contributions,
        horizon_days: HORIZON_DAYS,
        band: customer.band.band,
        model: rules.score.model.name().to_owned(),
        previous: None,
        decays_to_close_at: decays_to_close_at(customer, rules, time),
    }
}

/// The events behind the `most` largest parts at `time` that raise the score, oldest first, without the parts of `hidden`
/// names. What is remembered of an event by its id alone is left out.
pub fn top_facts(c: &Customer, rules: &Rules, time: Time, most: usize, hidden: &[&str]) -> ThinVec<Fact> {
    let mut parts = Vec::with_capacity(8);
    each_part(c, rules, time, |factor, _, log_odds| parts.push((factor, log_odds)));
    parts.retain(|(factor, part)| part.0 > 0 && !hidden.contains(&factor.name));
    parts.sort_by_key(|(_, part)| -part.0);
    let mut facts: ThinVec<Fact> = ThinVec::new();
    for (factor, _) in parts.into_iter().take(most) {
        for id in evidence(c, rules, time, factor.source).1 {
            if let Some(fact) = c.fact(&id)
                && !facts.iter().any(|f| f.is_same(fact))
            {
                facts.push(fact.clone());
            }
        }
    }
    facts.sort_by_key(|f| f.time);
    facts
}

fn evidence(c: &Customer, rules: &Rules, time: Time, source: Source) -> (Option<Time>, Vec<String>) {
    match source {
        Source::OpenItems => {
            let complaints = c.open_complaints().filter_map(|i| i.voice());
            let mut facts: Vec<_> = complaints.chain(c.open_failures().map(|f| &f.fact)).collect();
            facts.sort_by_key(|f| f.time);
            let ids = facts.iter().take(EVIDENCE).map(|f| f.event_id().to_owned()).collect();
            (facts.first().map(|f| f.time), ids)
        }
        Source::Ledger(ledger) => match c.ledgers.get(ledger) {
            Some(entry) => (Some(entry.since), vec![entry.event_id.to_string()]),
            None => (None, Vec::new()),
        },
        Source::Sentiment => match &c.sentiment {
            Some(s) => (Some(s.since), vec![s.event_id.to_string()]),
            None => (None, Vec::new()),
        },
        Source::Life => match &c.life.last {
            Some(last) => (Some(last.time), vec![last.event_id().to_owned()]),
            None => (None, Vec::new()),
        },
        Source::Since => (c.since(), Vec::new()),
        Source::Prices => {
            let (since, facts) = price_gap_evidence(c, rules, time);
            (since, facts.iter().map(|f| f.event_id().to_owned()).collect())
        }
        Source::Care => {
            let last = c.rare.care.as_deref().and_then(|care| care.last_touch.as_ref());
            let ids = last.iter().map(|f| f.event_id().to_owned()).collect();
            (Some(care::untouched_since(c)), ids)
        }
        Source::Nothing => (None, Vec::new()),
    }
}

/// When the score would be back below the lowest band if nothing more happened: `time` itself if it is; none if it
/// would not within 85 days, as while items are open.
fn decays_to_close_at(customer: &Customer, rules: &Rules, time: Time) -> Option<Time> {
    let normal = |t: Time| band_of(log_odds(customer, rules, t)) == Band::Normal;
    if customer.open_complaints().next().is_some() || customer.open_failures().next().is_some() {
        return None;
    }
    if normal(time) { Some(time) } else { first_change(time, NEAR, normal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::customer::Profile;
    use crate::engine::fact::tests::fact_at;
    use crate::engine::grievance::{Failure, FailureKind};
    use crate::engine::ledger::Ledger;
    use crate::model::{CustomerKey, Span};

    const NOW: Time = Time(1_772_409_600_000);

    fn somebody() -> Customer {
        Customer::new(CustomerKey::new("acme", "ann"))
    }

    fn open_failure(kind: FailureKind) -> Failure {
        Failure { object: "o".into(), correlation: None, kind, fact: fact_at(NOW), closed: None }
    }

    fn sum(risk: &Risk) -> i32 {
        risk.intercept.0 + risk.other.0 + risk.contributions.iter().map(|c| c.log_odds.0).sum::<i32>()
    }

    #[test]
    fn a_customer_of_whom_nothing_is_known_stands_at_the_published_intercept() {
        let risk = assess(&somebody(), &Rules::default(), NOW);
        assert_eq!((risk.log_odds, risk.intercept, risk.other), (LogOdds(-38_900), LogOdds(-38_900), LogOdds(0)));
        assert_eq!((risk.contributions.len(), risk.decays_to_close_at), (0, Some(NOW)));
    }

    #[test]
    fn parts_are_rounded_first_and_add_up_exactly() {
        let mut c = somebody();
        c.rare.failures.push(open_failure(FailureKind::Late));
        for (ledger, amount) in [
            (Ledger::PromiseBroken, 2.0),
            (Ledger::ContactAbandoned, 3.0),
            (Ledger::Effort, 1.0),
            (Ledger::Survey, 0.6),
            (Ledger::Competitor, 1.0),
            (Ledger::DisputeDenied, 1.0),
            (Ledger::FailuresResolved, 1.5),
            (Ledger::DoubleDeviation, 1.0),
            (Ledger::Advocacy, 1.0),
        ] {
            c.ledgers.add(ledger, amount, NOW, "e");
        }
        for days in [0, 1, 9, 77] {
            let risk = assess(&c, &Rules::default(), NOW + Span::days(days));
            assert_eq!(risk.contributions.len(), 8);
            assert_eq!(sum(&risk), risk.log_odds.0, "after {days} days");
            assert_ne!(risk.other, LogOdds(0));
        }
        // By hand: 0.8 * log2(3), and 0.7 * log2(2.5) since something is open.
        let risk = assess(&c, &Rules::default(), NOW);
        let part = |name| risk.contributions.iter().find(|p| p.factor == name).unwrap();
        assert_eq!((part("promise_broken").log_odds, part("promise_broken").value), (LogOdds(12_680), 2.0));
        assert_eq!((part("competitor").log_odds, part("competitor").value), (LogOdds(9_253), 1.5));
    }

    #[test]
    fn what_protects_has_one_limit_together() {
        let mut c = somebody();
        c.ledgers.add(Ledger::Advocacy, 1.0, NOW, "e");
        // 0.15 * ln(31), 0.4, and 0.2 for each of three products more than one.
        let since = NOW - Span((30.0 * 365.25 * 86_400_000.0) as i64);
        c.profile = Some(Box::new(Profile { since: Some(since), products: Some(4.0), ..Profile::default() }));
        let risk = assess(&c, &Rules::default(), NOW);
        let parts: Vec<_> = risk.contributions.iter().map(|p| (p.factor, p.log_odds.0)).collect();
        assert_eq!(parts, [("tenure", -5_151), ("advocacy", -4_000), ("products", -2_849)]);
        assert_eq!(risk.log_odds.0, -38_900 - 12_000);
        assert_eq!(sum(&risk), risk.log_odds.0);
    }

    #[test]
    fn the_time_at_which_nothing_is_left_is_told_unless_something_is_open() {
        let mut c = somebody();
        c.ledgers.add(Ledger::PromiseBroken, 2.0, NOW, "e");
        let rules = Rules::default();
        // 0.8 * log2(1 + x) = 0.9456 at x = 1.2687: 60 days * log2(2 / 1.2687) = 39.4 days.
        let at = assess(&c, &rules, NOW).decays_to_close_at.unwrap();
        assert!((at - NOW).as_days() > 39.3 && (at - NOW).as_days() < 39.5, "{}", (at - NOW).as_days());
        assert_eq!(band_of(log_odds(&c, &rules, at)), Band::Normal);
        assert_eq!(band_of(log_odds(&c, &rules, at - Span::minutes(2))), Band::Elevated);
        c.rare.failures.push(open_failure(FailureKind::Late));
        assert_eq!(assess(&c, &rules, NOW).decays_to_close_at, None);
    }
}
