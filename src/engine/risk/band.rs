//! The band that the score stands in, with its memory: entered at once by a fact, left only well below and after a while.
//!
//! Between events the score moves by itself: open items age, silence grows, what is over fades. When it will next matter
//! is found by bisection on the closed form and stands in the customer's one timer; nobody is looked at in turn.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

use super::assess::log_odds;
use crate::engine::alert_lifecycle::LiveAlert;
use crate::engine::customer::Customer;
use crate::engine::memory::market::prices::price_gap;
use crate::engine::rules::Rules;
use crate::model::alert::{Band, LogOdds};
use crate::model::{Severity, Span, Time};

/// A band is left only so far below its threshold.
const HYSTERESIS: i32 = 5_000;
/// A band that no fact entered is entered only after so long.
const ENTER_AFTER: Span = Span::minutes(10);
/// A prediction about a customer whom nobody watches is made anew after so long; sooner while they are new.
const LOOK_AGAIN: Span = Span::days(7);

/// The band that log-odds alone would stand in: p >= 0.05, 0.15, 0.40.
pub fn band_of(log_odds: LogOdds) -> Band {
    match log_odds.0 {
        l if l >= threshold(Band::Critical) => Band::Critical,
        l if l >= threshold(Band::High) => Band::High,
        l if l >= threshold(Band::Elevated) => Band::Elevated,
        _ => Band::Normal,
    }
}

/// Lowest log-odds of a band: logit of 0.05, 0.15, 0.40, in units of 1e-4.
fn threshold(band: Band) -> i32 {
    match band {
        Band::Normal => i32::MIN / 2,
        Band::Elevated => -29_444,
        Band::High => -17_346,
        Band::Critical => -4_054,
    }
}

/// The severity that a band lifts an alert to.
pub fn severity_of(band: Band) -> Severity {
    match band {
        Band::Normal => Severity::Info,
        Band::Elevated => Severity::Warning,
        Band::High => Severity::Error,
        Band::Critical => Severity::Critical,
    }
}

/// Where the score stands, and when to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandState {
    /// The band.
    pub band: Band,
    /// The band that alerts which stand on it have last seen.
    pub judged: Band,
    /// Since when the score has been out of the normal band; `Time::MAX` while it is not.
    pub risen_at: Time,
    /// Since when the score has been above the band with no fact behind it; `Time::MAX` if it is not.
    above_since: Time,
    /// Since when the score has been low enough to leave; `Time::MAX` if it is not.
    below_since: Time,
    /// When the score will next cross a line if nothing happens; `Time::MAX` if it will not.
    crosses_at: Time,
    /// When that was last told of a customer whom nobody watches; `Time::MIN` if never.
    looked_at: Time,
    /// The score then.
    seen: LogOdds,
}

/// Of a customer whom nobody watches.
const UNWATCHED: BandState = BandState {
    band: Band::Normal,
    judged: Band::Normal,
    risen_at: Time::MAX,
    above_since: Time::MAX,
    below_since: Time::MAX,
    crosses_at: Time::MAX,
    looked_at: Time::MIN,
    seen: LogOdds(0),
};

/// Where the score of a customer stands. Most are watched by nobody, and need no room for it: writing makes some, and
/// `tidy` gives it back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Watch(Option<Box<BandState>>);

impl Watch {
    /// Gives back the room if there is nothing in it.
    pub fn tidy(&mut self) {
        if self.0.as_deref() == Some(&UNWATCHED) {
            self.0 = None;
        }
    }
}

impl Deref for Watch {
    type Target = BandState;

    fn deref(&self) -> &BandState {
        self.0.as_deref().unwrap_or(&UNWATCHED)
    }
}

impl DerefMut for Watch {
    fn deref_mut(&mut self) -> &mut BandState {
        self.0.get_or_insert_with(|| Box::new(UNWATCHED))
    }
}

/// Where a score lies, seen from a band.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Within,
    Below,
}

impl BandState {
    fn side(&self, log_odds: LogOdds) -> Side {
        if band_of(log_odds) > self.band {
            Side::Above
        } else if self.band > Band::Normal && log_odds.0 < threshold(self.band) - HYSTERESIS {
            Side::Below
        } else {
            Side::Within
        }
    }

    /// When this must be looked at again if nothing happens before.
    pub fn due(&self, leave_after: Span) -> Time {
        self.crosses_at.min(self.above_since + ENTER_AFTER).min(self.below_since + leave_after)
    }

    /// The score is `log_odds` at `time`; `by_fact`: an event has just made it so.
    fn take(&mut self, log_odds: LogOdds, time: Time, by_fact: bool, leave_after: Span) {
        match self.side(log_odds) {
            Side::Above => {
                self.below_since = Time::MAX;
                self.above_since = self.above_since.min(time);
                if by_fact || time >= self.above_since + ENTER_AFTER {
                    self.band = band_of(log_odds);
                    self.risen_at = self.risen_at.min(self.above_since);
                    self.above_since = Time::MAX;
                }
            }
            Side::Below => {
                self.above_since = Time::MAX;
                self.below_since = self.below_since.min(time);
                if time >= self.below_since + leave_after {
                    self.fall_to(band_of(log_odds));
                }
            }
            Side::Within => {
                self.above_since = Time::MAX;
                self.below_since = Time::MAX;
            }
        }
    }

    fn fall_to(&mut self, band: Band) {
        self.band = band;
        self.below_since = Time::MAX;
        if band == Band::Normal {
            self.risen_at = Time::MAX;
        }
    }
}

/// Takes the score at `time` into the customer's band, and tells when it will next cross a line.
///
/// A customer with nothing against them and nothing to lose is not looked at: silence, use and mood alone take nobody out
/// of the normal band before the alert about their silence opens, and then somebody watches.
pub fn update_band(customer: &mut Customer, rules: &Rules, time: Time, by_fact: bool) {
    let leave_after = rules.alerts.deescalate_band_after;
    if customer.band.band > Band::Normal || customer.alerts.iter().any(LiveAlert::is_live) {
        let now = log_odds(customer, rules, time);
        customer.band.take(now, time, by_fact, leave_after);
        // Once it is left, the rest of this is about a customer whom nobody watches.
        customer.band.looked_at = Time::MIN;
        customer.band.crosses_at = next_crossing(customer, rules, time, now);
        return;
    }
    let (burdened, precious) = (has_burden(customer, rules, time), is_precious(customer, rules, time));
    if !burdened && !precious {
        if *customer.band != UNWATCHED {
            (customer.band.crosses_at, customer.band.above_since) = (Time::MAX, Time::MAX);
        }
        return;
    }
    let told = *customer.band;
    let age = customer.life.last.as_ref().map_or(Span::ZERO, |_| time - customer.life.first);
    let holds = told.looked_at > Time::MIN
        && time < told.crosses_at
        && time - told.looked_at < Span(age.0 / 16).min(LOOK_AGAIN)
        && told.above_since == Time::MAX;
    if holds && !burdened {
        return;
    }
    let now = log_odds(customer, rules, time);
    customer.band.take(now, time, by_fact, leave_after);
    let band = &mut customer.band;
    if band.band > Band::Normal || band.above_since < Time::MAX {
        band.looked_at = Time::MIN;
        customer.band.crosses_at = next_crossing(customer, rules, time, now);
    } else if !holds || now > told.seen {
        // A sign of life and what else makes the score fall only put the crossing off: the timer may come too early.
        let line = threshold(if precious { Band::Elevated } else { Band::High });
        (band.looked_at, band.seen) = (time, now);
        let crosses = first_change(time, FAR, |t| log_odds(customer, rules, t).0 >= line);
        customer.band.crosses_at = crosses.unwrap_or(Time::MAX);
    }
}

/// A late fact has shown that the score was never above the normal band, or not so high: it stands where it would have.
pub fn correct_band(customer: &mut Customer, rules: &Rules, time: Time) {
    let now = log_odds(customer, rules, time);
    if band_of(now) < customer.band.band {
        customer.band.fall_to(band_of(now));
    }
    update_band(customer, rules, time, true);
}

/// Whether anything but silence, use and standing can move the score: something that has not faded yet, or is open.
fn has_burden(c: &Customer, rules: &Rules, time: Time) -> bool {
    c.ledgers.weigh_on(time)
        || !c.rare.complaints.is_empty()
        || !c.rare.failures.is_empty()
        || c.rare.market.is_some() && price_gap(c, rules, time) > 0.0
        || c.unanswered_surveys >= 2
        || c.sentiment.as_ref().is_some_and(|s| s.is_low())
}

/// Whether somebody would hear of a band above normal: all is said to be well, or the customer recommends us.
fn is_precious(c: &Customer, rules: &Rules, time: Time) -> bool {
    let rules = &rules.standing;
    c.rare.standing.as_ref().is_some_and(|s| {
        s.good_at(time, rules.blind_spot.word_lasts).is_some() || s.advocated_at(time, rules.advocates.lasts).is_some()
    })
}

/// A distance at which a change is looked for, doubled so many times from a quarter of an hour: 85 days.
pub(super) const NEAR: u32 = 13;
/// As `NEAR`: 341 days, since silence takes long to show in those who come seldom.
const FAR: u32 = 15;
const FIRST_LOOK: Span = Span::minutes(15);

/// The first time after `time` at which the score lies on another side of the band than it does now.
fn next_crossing(customer: &Customer, rules: &Rules, time: Time, now: LogOdds) -> Time {
    let state = &customer.band;
    let here = state.side(now);
    first_change(time, NEAR, |t| state.side(log_odds(customer, rules, t)) != here).unwrap_or(Time::MAX)
}

/// The first time after `from`, to the minute, at which `changed` holds, looking at ever longer distances.
pub(super) fn first_change(from: Time, looks: u32, changed: impl Fn(Time) -> bool) -> Option<Time> {
    let mut low = from;
    for look in 0..=looks {
        let high = from + Span(FIRST_LOOK.0 << look);
        if changed(high) {
            let (mut low, mut high) = (low.0, high.0);
            while high - low > 60_000 {
                let middle = low + (high - low) / 2;
                if changed(Time(middle)) { high = middle } else { low = middle }
            }
            return Some(Time(high));
        }
        low = high;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::tests::fact_at;
    use crate::engine::ledger::Ledger;
    use crate::engine::memory::standing::{GoodWord, Standing};
    use crate::engine::silence::Life;
    use crate::model::CustomerKey;

    const NOW: Time = Time(1_772_409_600_000);
    const LEAVE_AFTER: Span = Span::hours(72);

    /// A weekly customer, seen last now.
    fn weekly() -> Customer {
        let mut c = Customer::new(CustomerKey::new("acme", "ann"));
        let first = NOW - Span::days(70);
        c.life = Life { first, last: Some(fact_at(NOW)), repeats: 10, days: 1, silent_at: Time::MAX };
        c
    }

    fn in_good_health(mut c: Customer) -> Customer {
        let good = Some(GoodWord { fact: fact_at(NOW), by_survey: false });
        c.rare.standing = Some(Box::new(Standing { good, ..Standing::default() }));
        c
    }

    #[test]
    fn a_fact_enters_a_band_at_once_and_the_score_alone_after_ten_minutes() {
        let at = |minutes| NOW + Span::minutes(minutes);
        let elevated = LogOdds(-29_000);
        let mut state = UNWATCHED;
        state.take(elevated, NOW, true, LEAVE_AFTER);
        assert_eq!((state.band, state.risen_at), (Band::Elevated, NOW));
        let mut state = UNWATCHED;
        state.take(elevated, NOW, false, LEAVE_AFTER);
        assert_eq!((state.band, state.due(LEAVE_AFTER)), (Band::Normal, at(10)));
        state.take(elevated, at(9), false, LEAVE_AFTER);
        assert_eq!(state.band, Band::Normal);
        state.take(elevated, at(10), false, LEAVE_AFTER);
        assert_eq!((state.band, state.risen_at), (Band::Elevated, NOW));
        // Back below in between: the ten minutes begin anew.
        let mut state = UNWATCHED;
        for (log_odds, minute) in [(elevated, 0), (LogOdds(-30_000), 5), (elevated, 8), (elevated, 12)] {
            state.take(log_odds, at(minute), false, LEAVE_AFTER);
        }
        assert_eq!((state.band, state.due(LEAVE_AFTER)), (Band::Normal, at(18)));
    }

    #[test]
    fn a_band_is_left_well_below_it_and_after_three_days() {
        let at = |hours| NOW + Span::hours(hours);
        let mut state = UNWATCHED;
        state.take(LogOdds(-17_000), NOW, true, LEAVE_AFTER);
        assert_eq!(state.band, Band::High);
        // Half a unit below the threshold of high is still within.
        state.take(LogOdds(-22_346), at(1), true, LEAVE_AFTER);
        assert_eq!(state.due(LEAVE_AFTER), Time::MAX);
        state.take(LogOdds(-22_347), at(2), true, LEAVE_AFTER);
        assert_eq!(state.due(LEAVE_AFTER), at(74));
        state.take(LogOdds(-22_347), at(73), true, LEAVE_AFTER);
        assert_eq!((state.band, state.risen_at), (Band::High, NOW));
        state.take(LogOdds(-35_000), at(74), false, LEAVE_AFTER);
        assert_eq!((state.band, state.risen_at), (Band::Normal, Time::MAX));
    }

    #[test]
    fn who_has_nothing_against_them_and_nothing_to_lose_is_not_looked_at() {
        let (mut c, rules) = (weekly(), Rules::default());
        update_band(&mut c, &rules, NOW, true);
        assert_eq!(*c.band, UNWATCHED);
        // What has faded is nothing any more.
        c.ledgers.add(Ledger::ContactAbandoned, 1.0, NOW - Span::days(98), "e");
        update_band(&mut c, &rules, NOW, true);
        assert_eq!(*c.band, UNWATCHED);
    }

    #[test]
    fn the_crossing_is_predicted_to_the_minute_for_the_line_that_matters() {
        let rules = Rules::default();
        let burdened = {
            let mut c = weekly();
            c.ledgers.add(Ledger::PromiseBroken, 1.0, NOW, "e");
            c
        };
        for (mut c, line) in [(in_good_health(weekly()), Band::Elevated), (burdened, Band::High)] {
            update_band(&mut c, &rules, NOW, true);
            let due = c.band.due(LEAVE_AFTER);
            let score = |time| log_odds(&c, &rules, time).0;
            assert!(due < NOW + Span::days(85), "{line:?}");
            assert!(score(due) >= threshold(line) && score(due - Span::minutes(1)) < threshold(line), "{line:?}");
            let before = (1..500).map(|n| NOW + Span((due - NOW).0 * n / 500));
            assert!(before.map(score).all(|score| score < threshold(line)), "{line:?}");
        }
    }

    #[test]
    fn a_sign_of_life_leaves_the_prediction_too_early_and_the_timer_puts_it_off() {
        let rules = Rules::default();
        let mut c = in_good_health(weekly());
        update_band(&mut c, &rules, NOW, true);
        let first = c.band.due(LEAVE_AFTER);
        let later = NOW + Span::days(3);
        (c.life.last, c.life.repeats) = (Some(fact_at(later)), 11);
        update_band(&mut c, &rules, later, true);
        assert_eq!(c.band.due(LEAVE_AFTER), first, "nobody has computed anything");
        update_band(&mut c, &rules, first, false);
        let put_off = c.band.due(LEAVE_AFTER);
        assert!(c.band.band == Band::Normal && put_off > first && put_off < Time::MAX);
        update_band(&mut c, &rules, put_off, false);
        update_band(&mut c, &rules, put_off + ENTER_AFTER, false);
        assert_eq!((c.band.band, c.band.risen_at), (Band::Elevated, put_off));
    }
}
