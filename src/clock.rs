//! The only reader of the clocks. Everything else takes time as a value.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::model::Time;

/// The machine's clocks.
pub struct Clock;

impl Clock {
    /// The wall clock. It may jump, in both directions.
    pub fn now() -> Time {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }

    /// The clock that never jumps: for how long something took, and for when to try again.
    pub fn monotonic() -> Instant {
        Instant::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_now_and_not_later_again() {
        assert!((Time::parse("2026-01-01T00:00:00Z").unwrap()..Time::LATEST).contains(&Clock::now()));
        let before = Clock::monotonic();
        assert!(Clock::monotonic() >= before);
    }
}
