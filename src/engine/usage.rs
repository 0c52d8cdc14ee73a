//! A customer's own use: the last 28 days against the mean of 28 days in the 84 before, at any UTC midnight.
//!
//! At the midnight that begins a day the window is the 28 whole days before it; what happens on the day itself counts
//! with them at once, so that an event can only warm, and only a midnight can cool. What is not yet known is taken as no
//! use at all: the first midnight at which use has fallen is then a matter of sums, and no poll is needed.

use super::rules::CoolingRules;
use super::window::{Panes, Series, USAGE_DAYS};
use crate::model::event::Family;
use crate::model::{Span, Time};

/// Days of the window.
const RECENT: i32 = 28;
/// Days of the time before it.
const BEFORE: i32 = 84;
/// From so many days after it a use counts for the time before the window.
pub const RIPENS: i32 = RECENT + 1;

/// Sums of use day by day, up to a day and beyond it.
pub struct Usage {
    /// The first day of which use is known.
    first: i32,
    /// `sums[n]`: uses on the first `n` days.
    sums: [u32; USAGE_DAYS as usize + 1],
}

/// The midnight that begins a day.
pub fn midnight(day: i32) -> Time {
    Time(0) + Span::days(i64::from(day))
}

impl Usage {
    /// Use up to `day`, which is included.
    pub fn until(panes: &Panes, day: i32) -> Usage {
        let first = day - (USAGE_DAYS - 1);
        let mut sums = [0; USAGE_DAYS as usize + 1];
        panes.each_day(Series::family(Family::Usage), |on, count| {
            if (first..=day).contains(&on) {
                sums[(on - first) as usize + 1] = count;
            }
        });
        for n in 1..sums.len() {
            sums[n] += sums[n - 1];
        }
        Usage { first, sums }
    }

    /// Uses from day `from` on and before day `to`.
    fn between(&self, from: i32, to: i32) -> u32 {
        let sum = |day: i32| self.sums[(day - self.first).clamp(0, USAGE_DAYS) as usize];
        sum(to) - sum(from)
    }

    /// Uses in the window at the midnight that begins `day`, and on that day.
    pub fn recent(&self, day: i32) -> u32 {
        self.between(day - RECENT, day + 1)
    }

    /// Uses in the time before that window.
    pub fn before(&self, day: i32) -> u32 {
        self.between(day - RECENT - BEFORE, day - RECENT)
    }

    /// Whether use has fallen to the share at which it is low, from a mean that is worth a comparison.
    pub fn is_low(&self, day: i32, rules: &CoolingRules) -> bool {
        is_low(self.recent(day), self.before(day), rules)
    }

    /// Whether use is as good as before, or there is nothing left to compare it with.
    pub fn has_recovered(&self, day: i32, rules: &CoolingRules) -> bool {
        f64::from(self.recent(day)) >= rules.recovered * mean(self.before(day))
    }

    /// The first day after `day` at whose midnight `holds`, if nothing more is used.
    pub fn first_after(&self, day: i32, holds: impl Fn(&Usage, i32) -> bool) -> Option<i32> {
        (day + 1..=day + USAGE_DAYS).find(|day| holds(self, *day))
    }
}

/// Mean uses of 28 days.
fn mean(before: u32) -> f64 {
    f64::from(before) * f64::from(RECENT) / f64::from(BEFORE)
}

/// See [`Usage::is_low`].
pub fn is_low(recent: u32, before: u32, rules: &CoolingRules) -> bool {
    let mean = mean(before);
    mean >= rules.min_uses && f64::from(recent) <= rules.share * mean
}

/// What is left of use in whole percent of its own mean, if there is one.
pub fn percent_left(recent: u32, before: u32) -> Option<u32> {
    let mean = mean(before);
    (mean > 0.0).then(|| libm::round(f64::from(recent) / mean * 100.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;

    fn used(days: impl IntoIterator<Item = i32>) -> Panes {
        let mut panes = Panes::default();
        for day in days {
            panes.count(Series::family(Family::Usage), midnight(day) + Span::hours(10), midnight(day));
        }
        panes
    }

    #[test]
    fn daily_use_that_stops_is_low_after_fourteen_empty_days() {
        let rules = Rules::default().care.cooling;
        let usage = Usage::until(&used(1..=112), 112);
        assert_eq!((usage.recent(113), usage.before(113)), (28, 84));
        assert_eq!((usage.recent(126), usage.before(126)), (15, 84));
        // The midnight that begins day 127 has 14 of 28 days behind it.
        assert_eq!(usage.first_after(112, |u, d| u.is_low(d, &rules)), Some(127));
        assert!(!usage.is_low(126, &rules) && usage.is_low(127, &rules));
    }

    #[test]
    fn too_little_use_is_not_compared() {
        let rules = Rules::default().care.cooling;
        for (uses, low) in [(11, None), (12, Some(85))] {
            let usage = Usage::until(&used((0..uses).map(|n| n * 5)), 55);
            assert_eq!(usage.first_after(56, |u, d| u.is_low(d, &rules)).is_some(), low.is_some(), "{uses} uses");
        }
    }

    #[test]
    fn use_that_stays_low_is_the_new_measure_in_the_end() {
        let rules = Rules::default().care.cooling;
        let daily_then_weekly = |until| (0..=112).chain((113..=until).filter(|d| d % 7 == 0));
        let at = |day| Usage::until(&used(daily_then_weekly(day)), day).has_recovered(day, &rules);
        assert!(!at(170) && at(250));
        assert!(Usage::until(&Panes::default(), 9).has_recovered(9, &rules));
    }

    #[test]
    fn what_is_left_is_told_in_percent() {
        assert_eq!((percent_left(14, 84), percent_left(0, 84), percent_left(3, 0)), (Some(50), Some(0), None));
    }
}
