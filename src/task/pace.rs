//! When to commit: at an interval, sooner for an alert, at once for too much.

use std::time::Duration;

/// What is done and not committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// When the first of it was done; none: nothing to commit.
    pub since: Option<Duration>,
    /// Whether an alert is among it.
    pub alert: bool,
    /// Input records.
    pub records: usize,
    /// Bytes handed to the producer.
    pub bytes: usize,
}

/// When to commit. All times are counted from the start of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between commits, if nothing asks for one sooner.
    pub interval: Duration,
    /// Commit at so many input records.
    pub records_max: usize,
    /// Commit at so many bytes written.
    pub bytes_max: usize,
    /// When the last commit ended.
    ended: Duration,
    /// How long it took.
    took: Duration,
}

/// An alert does not wait, but commits for alerts are at least so far apart.
const ALERT_GAP_MIN: Duration = Duration::from_millis(10);
/// ... and at least so many times as long as the last one took: at most a fifth of the time goes into commits.
const ALERT_GAP_COMMITS: u32 = 4;

impl Pace {
    /// A pace at which nothing has been committed yet.
    pub fn new(interval: Duration, records_max: usize, bytes_max: usize) -> Pace {
        Pace { interval, records_max, bytes_max, ended: Duration::ZERO, took: Duration::ZERO }
    }

    /// A commit began and ended.
    pub fn committed(&mut self, began: Duration, ended: Duration) {
        self.ended = ended;
        self.took = ended.saturating_sub(began);
    }

    /// When to commit; `None`: there is nothing to commit.
    pub fn due_at(&self, load: &Load) -> Option<Duration> {
        let since = load.since?;
        if load.records >= self.records_max || load.bytes >= self.bytes_max {
            return Some(since);
        }
        let by_interval = since + self.interval;
        if !load.alert {
            return Some(by_interval);
        }
        let gap = ALERT_GAP_MIN.max(self.took * ALERT_GAP_COMMITS);
        Some(by_interval.min(self.ended + gap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_shortens_the_wait_and_a_slow_commit_stretches_it() {
        let ms = Duration::from_millis;
        let nothing = Load::default();
        let quiet = Load { since: Some(ms(1_000)), records: 5, bytes: 50, alert: false };
        let alert = Load { alert: true, ..quiet };
        let many = Load { records: 1_000, ..quiet };
        let heavy = Load { bytes: 1_000_000, ..quiet };
        for (what, load, took, due) in [
            ("nothing", nothing, 2, None),
            ("an interval after the first record", quiet, 2, Some(1_100)),
            ("ten milliseconds after the last commit", alert, 2, Some(1_005)),
            ("four times a slow commit", alert, 20, Some(1_075)),
            ("but never later than without the alert", alert, 200, Some(1_100)),
            ("too many records", many, 2, Some(1_000)),
            ("too many bytes", heavy, 2, Some(1_000)),
        ] {
            let mut pace = Pace::new(ms(100), 1_000, 1_000_000);
            pace.committed(ms(995 - took), ms(995));
            assert_eq!(pace.due_at(&load), due.map(ms), "{what}");
        }
    }
}
