//! Whether a partition has nothing to say, so that the wall clock may drive its watermark.
//!
//! "No record for a while" is not enough: a slow or broken connection looks the same. The position must have stood still
//! for `after`, and the broker must say that this is the end. A task that lags is never idle, so timers that fell due
//! while the service was down wait until the input is caught up.

use std::time::Duration;

use crate::model::NextOffset;

/// Watches the position of one partition. All times are counted from the start of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idleness {
    position: NextOffset,
    since: Duration,
}

impl Idleness {
    /// At `position` since `now`.
    pub fn new(position: NextOffset, now: Duration) -> Idleness {
        Idleness { position, since: now }
    }

    /// The position is this now.
    pub fn observe(&mut self, position: NextOffset, now: Duration) {
        if position != self.position {
            *self = Idleness::new(position, now);
        }
    }

    /// Whether it has stood still for `after`: worth asking the broker where the end is.
    pub fn is_still(&self, after: Duration, now: Duration) -> bool {
        now.saturating_sub(self.since) >= after
    }

    /// Whether the broker's end is where it stands.
    pub fn is_at(&self, end: NextOffset) -> bool {
        self.position >= end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_partition_that_stands_still_at_the_end_is_idle() {
        let ms = Duration::from_millis;
        let mut idleness = Idleness::new(NextOffset(5), ms(0));
        for (now, position, end, idle) in [
            (4_999, 5, 5, false),
            (5_000, 5, 5, true),
            // It lags: records are there that it has not read.
            (6_000, 5, 6, false),
            // A record resets the wait.
            (7_000, 6, 6, false),
            (11_999, 6, 6, false),
            (12_000, 6, 6, true),
        ] {
            idleness.observe(NextOffset(position), ms(now));
            let is_idle = idleness.is_still(ms(5_000), ms(now)) && idleness.is_at(NextOffset(end));
            assert_eq!(is_idle, idle, "at {now} ms");
        }
    }
}
