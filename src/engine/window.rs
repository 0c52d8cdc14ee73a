//! Day panes: how many events of each family a customer had on each UTC day of the last 90 days.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::tight::push_tight;
use crate::model::Time;
use crate::model::event::{EventType, Family};

/// Days that panes are kept.
pub const PANE_DAYS: i32 = 90;

/// One series' count on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pane {
    /// UTC days since 1970.
    day: u16,
    family: u8,
    count: u16,
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
    /// Counts one event of `series` at `time`; an event older than the panes' span before `newest` is left out.
    pub fn count(&mut self, series: Series, time: Time, newest: Time) {
        let (day, family) = (time.day(), series.0);
        let first_kept = newest.day() - (PANE_DAYS - 1);
        if day < first_kept || day < 0 {
            return;
        }
        let day = day as u16;
        if let Some(pane) = self.panes.iter_mut().rev().find(|p| p.day == day && p.family == family) {
            pane.count = pane.count.saturating_add(1);
            return;
        }
        self.panes.retain(|p| i32::from(p.day) >= first_kept);
        push_tight(&mut self.panes, Pane { day, family, count: 1 });
    }

    /// Events of `series` in the `days` days that end with the day of `time`, that day included.
    pub fn sum(&self, series: Series, time: Time, days: i32) -> u32 {
        let (last, family) = (time.day(), series.0);
        let within = |p: &&Pane| p.family == family && (last - days + 1..=last).contains(&i32::from(p.day));
        self.panes.iter().filter(within).map(|p| u32::from(p.count)).sum()
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
