//! Day panes: how many events of each family a customer had on each UTC day of the last 90 days.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::tight::push_tight;
use crate::model::Time;
use crate::model::event::{EventType, Family};

/// Days that panes are kept.
pub const PANE_DAYS: i32 = 90;

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

    fn series(self) -> u32 {
        self.0 >> 11 & 31
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

    /// Where an event of this type is counted.
    pub fn of(event_type: EventType) -> Series {
        if event_type == EventType::UsageMissed { Series::MISSED } else { Series::family(event_type.family()) }
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
        let first_kept = newest.day() - (PANE_DAYS - 1);
        if day < first_kept || !(0..=i32::from(u16::MAX)).contains(&day) {
            return;
        }
        let fresh = Pane::new(day as u16, series);
        match self.panes.iter_mut().rev().find(|p| p.0 >> 11 == fresh.0 >> 11) {
            Some(pane) => pane.0 += u32::from(pane.count() < COUNT_MAX),
            None => {
                self.panes.retain(|p| p.day() >= first_kept);
                push_tight(&mut self.panes, fresh);
            }
        }
    }

    /// Takes in the counts of the same customer under another name.
    pub fn absorb(&mut self, other: Panes) {
        for pane in other.panes {
            match self.panes.iter_mut().find(|own| own.0 >> 11 == pane.0 >> 11) {
                Some(own) => own.0 += pane.count().min(COUNT_MAX - own.count()),
                None => push_tight(&mut self.panes, pane),
            }
        }
    }

    /// Events of `series` in the `days` days that end with the day of `time`, that day included.
    pub fn sum(&self, series: Series, time: Time, days: i32) -> u32 {
        let (last, series) = (time.day(), u32::from(series.0));
        let within = |p: &&Pane| p.series() == series && (last - days + 1..=last).contains(&p.day());
        self.panes.iter().filter(within).map(|p| p.count()).sum()
    }

    /// Days from the last event of `series` up to the day of `time` to that day; `PANE_DAYS` if there is none so late.
    pub fn days_since(&self, series: Series, time: Time) -> i32 {
        let (today, series) = (time.day(), u32::from(series.0));
        let days = self.panes.iter().filter(|p| p.series() == series && p.day() <= today).map(|p| today - p.day());
        days.min().unwrap_or(PANE_DAYS).min(PANE_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;

    #[test]
    fn a_window_ends_with_its_day_and_forgets_after_ninety() {
        let mut panes = Panes::default();
        let day = |n: i64| Time(0) + Span::days(n);
        for n in [0, 0, 6, 7, 89] {
            panes.count(Series::family(Family::Usage), day(n), day(n));
        }
        assert_eq!(panes.sum(Series::family(Family::Usage), day(6), 7), 3);
        assert_eq!(panes.sum(Series::family(Family::Usage), day(7), 7), 2);
        assert_eq!(panes.sum(Series::family(Family::Purchase), day(7), 7), 0);
        panes.count(Series::family(Family::Usage), day(91), day(91));
        assert_eq!(panes.sum(Series::family(Family::Usage), day(91), 1000), 4);
        panes.count(Series::family(Family::Usage), day(1), day(91));
        assert_eq!(panes.sum(Series::family(Family::Usage), day(91), 1000), 4);
    }
}
