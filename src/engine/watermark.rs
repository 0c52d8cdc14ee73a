//! Event time of a partition: how far it has come, and which times to believe.

use super::rules::TimeRules;
use crate::model::Time;

/// The watermark and what it needs to go on after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Highest event time seen minus the out-of-orderness bound; none before the first event.
    pub watermark: Option<Time>,
    /// A single time too far ahead to be believed until a second one confirms it.
    pub unconfirmed: Option<Time>,
}

impl Clock {
    /// Takes in an event's time; `latest` is the latest time that may move the watermark, if there is a wall clock.
    /// Returns whether the time was believed.
    pub fn observe(&mut self, time: Time, rules: &TimeRules, latest: Option<Time>) -> bool {
        if latest.is_some_and(|latest| time > latest) {
            return false;
        }
        let believed = match (self.watermark, self.unconfirmed) {
            (Some(watermark), unconfirmed) if time > watermark + rules.jump_limit => {
                let Some(first) = unconfirmed else {
                    self.unconfirmed = Some(time);
                    return false;
                };
                // Two agree that time has gone on at least to the earlier of them.
                let confirmed = first.min(time);
                let later = first.max(time);
                self.unconfirmed = (later > confirmed - rules.out_of_orderness + rules.jump_limit).then_some(later);
                if self.unconfirmed.is_none() { later } else { confirmed }
            }
            _ => time,
        };
        self.advance(believed - rules.out_of_orderness);
        true
    }

    /// Moves the watermark to `to` if that is ahead.
    pub fn advance(&mut self, to: Time) {
        self.watermark = Some(self.watermark.map_or(to, |w| w.max(to)));
        if self.unconfirmed.is_some_and(|u| Some(u) <= self.watermark) {
            self.unconfirmed = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;
    use crate::model::Span;

    fn day(n: i64) -> Time {
        Time(0) + Span::days(n)
    }

    #[test]
    fn a_single_jump_is_not_believed_until_a_second_record_confirms_it() {
        let rules =
            Rules { time: TimeRules { out_of_orderness: Span::ZERO, ..Rules::default().time }, ..Rules::default() };
        let mut clock = Clock::default();
        for (time, believed, watermark) in [
            (10, true, 10),
            (9, true, 10),
            (410, true, 410),
            (2_000, false, 410),
            (411, true, 411),
            (5_000, true, 2_000),
            (2_001, true, 2_001),
            (5_100, true, 5_100),
        ] {
            assert_eq!(clock.observe(day(time), &rules.time, None), believed, "{time}");
            assert_eq!(clock.watermark, Some(day(watermark)), "{time}");
        }
    }

    #[test]
    fn a_time_ahead_of_the_wall_clock_never_moves_time() {
        let rules = Rules::default();
        let mut clock = Clock::default();
        assert!(clock.observe(day(1), &rules.time, Some(day(1))));
        assert!(!clock.observe(day(2), &rules.time, Some(day(1))));
        assert_eq!(clock.watermark, Some(day(1) - Span::seconds(60)));
    }
}
