//! Day panes: how many events of each family a customer had on each UTC day of the last 90 days; of use and purchases,
//! which are compared with earlier times, somewhat longer.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::tight::push_tight;
use crate::model::Time;
use crate::model::event::{EventType, Family};

/// Days that most panes are kept, today included.
pub const PANE_DAYS: i32 = 90;
/// Days that panes of use are kept: 28 days, the 84 before them, and today.
pub const USAGE_DAYS: i32 = 113;
/// Days that panes of purchases are kept.
pub const PURCHASE_DAYS: i32 = 180;

/// One series' count on one day: 16 bits of UTC days since 1970, 5 of the series, 11 of the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pane(u32);

/// Largest count of a pane; more are not counted.
const COUNT_MAX: u32 = (1 << 11) - 1;

impl Pane {
    fn new(day: u16, series: Series) -> Pane {
        Pane(u32::from(day) << 16 | u32::from(series.0) << 11 | 1)
    }

    fn day(self) -> i32 {
        (self.0 >> 16) as i32
    }

    fn series(self) -> Series {
        Series((self.0 >> 11 & 31) as u8)
    }

    fn count(self) -> u32 {
        self.0 & COUNT_MAX
    }
}

/// The panes of one customer, in no particular order within a day; at most one for a series and day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Panes {
    panes: ThinVec<Pane>,
}

/// What is counted: a family of events, or missed acts, which have panes of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series(u8);

impl Series {
    /// `usage.missed`: expected acts that did not happen.
    pub const MISSED: Series = Series(19);
    /// `return.requested`: no purchase, but the opposite of one.
    pub const RETURNED: Series = Series(20);
    /// Purchases at a discount, which count as purchases too.
    pub const DISCOUNTED: Series = Series(21);
    /// Days on which the customer asked something of the company.
    pub const ASKED: Series = Series(22);
    /// Times a person of the company came to the customer, not to sell.
    pub const TENDED: Series = Series(23);

    /// Where an event of this type is counted.
    pub fn of(event_type: EventType) -> Series {
        match event_type {
            EventType::UsageMissed => Series::MISSED,
            EventType::ReturnRequested => Series::RETURNED,
            other => Series::family(other.family()),
        }
    }

    /// How many days its panes are kept, that of the newest event included.
    fn days(self) -> i32 {
        const USAGE: Series = Series::family(Family::Usage);
        const PURCHASE: Series = Series::family(Family::Purchase);
        match self {
            USAGE => USAGE_DAYS,
            PURCHASE | Series::DISCOUNTED => PURCHASE_DAYS,
            _ => PANE_DAYS,
        }
    }

    /// A family's number in stored panes: never change one, only add.
    pub const fn family(family: Family) -> Series {
        Series(match family {
            Family::Complaint => 1,
            Family::Contact => 2,
            Family::Feedback => 3,
            Family::FeatureRequest => 4,
            Family::Promise => 5,
            Family::Purchase => 6,
            Family::Usage => 7,
            Family::Delivery => 8,
            Family::Account => 9,
            Family::Billing => 10,
            Family::Service => 11,
            Family::Competitor => 12,
            Family::Care => 13,
            Family::Profile => 14,
            Family::Alert => 15,
            Family::Outcome => 16,
            Family::Customer => 17,
            Family::Unknown => 18,
        })
    }
}

impl Panes {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.panes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.panes.is_empty()
    }

    /// Counts one event of `series` at `time`; an event older than the panes' span before `newest` is left out.
    pub fn count(&mut self, series: Series, time: Time, newest: Time) {
        let day = time.day();
        let first_kept = |series: Series| newest.day() - (series.days() - 1);
        if day < first_kept(series) || !(0..=i32::from(u16::MAX)).contains(&day) {
            return;
        }
        let fresh = Pane::new(day as u16, series);
        match self.panes.iter_mut().rev().find(|p| p.0 >> 11 == fresh.0 >> 11) {
            Some(pane) => pane.0 += u32::from(pane.count() < COUNT_MAX),
            None => {
                self.panes.retain(|p| p.day() >= first_kept(p.series()));
                push_tight(&mut self.panes, fresh);
            }
        }
    }

    /// Takes in the counts of the same customer under another name.
    pub fn absorb(&mut self, other: Panes) {
        for pane in other.panes {
            match self.panes.iter_mut().find(|own| own.0 >> 11 == pane.0 >> 11) {
                // A day counts once, whoever they were on it.
                Some(own) if own.series() == Series::ASKED => own.0 = own.0.max(pane.0),
                Some(own) => own.0 += pane.count().min(COUNT_MAX - own.count()),
                None => push_tight(&mut self.panes, pane),
            }
        }
    }

    /// Events of `series` in the `days` days that end with the day of `time`, that day included.
    pub fn sum(&self, series: Series, time: Time, days: i32) -> u32 {
        self.within(series, time, days).map(|p| p.count()).sum()
    }

    /// The earliest day counted in such a window, as UTC days since 1970.
    pub fn earliest(&self, series: Series, time: Time, days: i32) -> Option<i32> {
        self.within(series, time, days).map(|p| p.day()).min()
    }

    /// Calls `visit` with each UTC day on which there were events of `series`, and their number, in no order.
    pub fn each_day(&self, series: Series, mut visit: impl FnMut(i32, u32)) {
        for pane in self.panes.iter().filter(|p| p.series() == series) {
            visit(pane.day(), pane.count());
        }
    }

    fn within(&self, series: Series, time: Time, days: i32) -> impl Iterator<Item = Pane> {
        let last = time.day();
        let within = move |p: &Pane| p.series() == series && (last - days + 1..=last).contains(&p.day());
        self.panes.iter().copied().filter(within)
    }

    /// Days from the last event of `series` up to the day of `time` to that day; `PANE_DAYS` if there is none so late.
    pub fn days_since(&self, series: Series, time: Time) -> i32 {
        let today = time.day();
        let days = self.panes.iter().filter(|p| p.series() == series && p.day() <= today).map(|p| today - p.day());
        days.min().unwrap_or(PANE_DAYS).min(PANE_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;

    const USAGE: Series = Series::family(Family::Usage);

    fn day(n: i64) -> Time {
        Time(0) + Span::days(n)
    }

    #[test]
    fn a_window_ends_with_its_day() {
        let mut panes = Panes::default();
        for n in [0, 0, 6, 7, 89] {
            panes.count(USAGE, day(n), day(n));
        }
        assert_eq!(panes.sum(USAGE, day(6), 7), 3);
        assert_eq!(panes.sum(USAGE, day(7), 7), 2);
        assert_eq!(panes.sum(Series::family(Family::Purchase), day(7), 7), 0);
        assert_eq!((panes.earliest(USAGE, day(7), 7), panes.earliest(USAGE, day(20), 7)), (Some(6), None));
        let mut days = Vec::new();
        panes.each_day(USAGE, |day, count| days.push((day, count)));
        assert_eq!(days, [(0, 2), (6, 1), (7, 1), (89, 1)]);
    }

    #[test]
    fn each_series_is_forgotten_after_its_own_time() {
        for (series, days) in [
            (Series::family(Family::Contact), 90),
            (USAGE, 113),
            (Series::family(Family::Purchase), 180),
            (Series::DISCOUNTED, 180),
        ] {
            let mut panes = Panes::default();
            panes.count(series, day(0), day(0));
            // Another series makes room too, and a late event is not counted any more.
            panes.count(Series::MISSED, day(days - 1), day(days - 1));
            assert_eq!(panes.sum(series, day(days - 1), 1_000), 1, "{series:?}");
            panes.count(Series::MISSED, day(days), day(days));
            panes.count(series, day(0), day(days));
            assert_eq!(panes.sum(series, day(days), 1_000), 0, "{series:?}");
        }
    }
}
