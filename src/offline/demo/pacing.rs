//! When a record of the story is sent.

use std::time::Duration;

use crate::model::Time;

use super::story::{DAY_BEGINS, DAY_ENDS};

/// How long the day takes to play.
const LENGTH: Duration = Duration::from_secs(120);

/// How fast the story is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    /// The day in two minutes.
    Day,
    /// As fast as it goes.
    Once,
}

impl Pacing {
    /// How long after the beginning a record that arrives at `time` is sent; history at once.
    pub fn after(self, time: Time) -> Duration {
        match self {
            Pacing::Once => Duration::ZERO,
            Pacing::Day => {
                let whole = (DAY_ENDS - DAY_BEGINS).0 as u128;
                let part = (time - DAY_BEGINS).0.clamp(0, whole as i64) as u128;
                Duration::from_millis((LENGTH.as_millis() * part / whole) as u64)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;

    #[test]
    fn a_day_takes_two_minutes_and_history_none() {
        for (time, seconds) in [
            (DAY_BEGINS - Span::days(90), 0),
            (DAY_BEGINS, 0),
            (DAY_BEGINS + Span::hours(5), 60),
            (DAY_ENDS, 120),
            (DAY_ENDS + Span::hours(1), 120),
        ] {
            assert_eq!(Pacing::Day.after(time), Duration::from_secs(seconds), "{time}");
            assert_eq!(Pacing::Once.after(time), Duration::ZERO);
        }
    }
}
