//! Signs of a rival, and how strongly they pull together.

use thin_vec::ThinVec;

use super::market;
use super::prices::insert;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::decay::fade;
use crate::engine::fact::Fact;
use crate::engine::ledger::Ledger;
use crate::engine::rules::CompetitorRules;
use crate::engine::tight::merge_in_order;
use crate::model::{Event, EventType, Span, Time};

/// Signs remembered; beyond it the oldest goes.
const SIGNALS_MAX: usize = 32;
/// Half-lives after which a sign is forgotten: it counts a 64th then.
const FORGOTTEN_AFTER: i64 = 6;

/// Whether such an event is a sign that a rival pulls; `feature`: what was used.
pub fn is_signal(event_type: EventType, feature: Option<&str>) -> bool {
    match event_type {
        EventType::CompetitorMentioned
        | EventType::CompetitorOfferSeen
        | EventType::DataExported
        | EventType::PortOutRequested => true,
        EventType::UsageActivity => feature == Some("cancel_page"),
        _ => false,
    }
}

/// Remembers a sign, unless the customer left after it, or took back the wish to move.
pub(super) fn signal(cx: &mut Context<'_>, event: &Event<'_>) {
    let rules = &cx.rules.market.competitor;
    if event.event_type == EventType::UsageActivity {
        // The score counts the others already.
        cx.c.ledgers.add(Ledger::Competitor, 1.0, event.time, &event.id);
    }
    let taken_back = event.event_type == EventType::PortOutRequested && cx.c.rare.intent_cleared >= event.time;
    let oldest = cx.c.highest - Span(rules.half_life.0 * FORGOTTEN_AFTER);
    if taken_back || event.time <= cx.c.rare.left || event.time <= oldest {
        return;
    }
    let signals = &mut market(&mut cx.c.rare).signals;
    signals.retain(|s| s.time > oldest);
    insert(signals, Fact::new(event, None), |s| s.time, SIGNALS_MAX);
}

/// Takes in the signs that the same customer gave under another name.
pub(super) fn absorb(own: &mut ThinVec<Fact>, theirs: ThinVec<Fact>) {
    merge_in_order(own, theirs, SIGNALS_MAX, |s| s.time);
}

/// Whether a sign is the request to move to another provider.
pub fn is_port_out(signal: &Fact) -> bool {
    signal.type_name() == EventType::PortOutRequested.name()
}

/// The wish to move, as of `time`, was taken back. Whether there was one.
pub fn take_back_port_out(c: &mut Customer, time: Time) -> bool {
    let Some(market) = c.rare.present().and_then(|parts| parts.market.as_mut()) else { return false };
    let before = market.signals.len();
    market.signals.retain(|s| s.time > time || !is_port_out(s));
    market.signals.len() < before
}

/// Signs that stand: those since the customer last left.
pub fn signals(c: &Customer) -> &[Fact] {
    let signals: &[Fact] = c.rare.market.as_deref().map_or(&[], |market| &market.signals);
    &signals[signals.partition_point(|s| s.time <= c.rare.left)..]
}

/// How strongly they pull at `time`: each is one, and fades.
pub fn strength(signals: &[Fact], time: Time, rules: &CompetitorRules) -> f64 {
    signals.iter().filter(|s| s.time <= time).map(|s| fade(1.0, time - s.time, rules.half_life)).sum()
}

/// When the pull, with nothing added, falls below the strength at which it is over, to the next millisecond.
pub fn over_at(signals: &[Fact], rules: &CompetitorRules) -> Time {
    let Some(last) = signals.last() else { return Time::MIN };
    let excess = libm::log2(strength(signals, last.time, rules) / rules.pull_over);
    last.time + Span(libm::ceil(excess.max(0.0) * rules.half_life.0 as f64) as i64 + 1)
}

/// The newest `most` signs.
pub fn newest(signals: &[Fact], most: usize) -> ThinVec<Fact> {
    signals[signals.len().saturating_sub(most)..].iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::tests::fact_at;

    #[test]
    fn the_pull_is_over_when_it_has_faded_below_its_limit() {
        let rules = CompetitorRules::default();
        let day = |n: i64| Time(0) + Span::days(n);
        for (days, over) in [(vec![0], day(21)), (vec![0, 0], day(42)), (vec![0, 21], day(21) + Span(2_875_756_000))] {
            let signals: Vec<Fact> = days.iter().map(|n| fact_at(day(*n))).collect();
            let at = over_at(&signals, &rules);
            assert!((at - over).0.abs() < 10_000, "{days:?}: {at}");
            assert!(strength(&signals, at, &rules) < rules.pull_over);
            assert!(strength(&signals, Time(at.0 - 10), &rules) >= rules.pull_over);
        }
        assert_eq!(over_at(&[], &rules), Time::MIN);
    }

    #[test]
    fn the_cancel_page_is_a_sign_and_other_use_is_none() {
        assert!(is_signal(EventType::UsageActivity, Some("cancel_page")));
        assert!(!is_signal(EventType::UsageActivity, Some("search")));
        assert!(!is_signal(EventType::UsageActivity, None));
        assert!(is_signal(EventType::DataExported, None));
    }
}
