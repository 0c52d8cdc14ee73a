//! Notices a call that does not return.
//!
//! `send_offsets_to_transaction` ignores its timeout when the broker is gone (librdkafka#5456), and a close can hang
//! when the coordinator is. Nobody inside the thread can see that; the supervisor can.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What a worker is in the middle of.
#[derive(Debug, Default)]
pub(super) struct Watchdog(Mutex<Option<(&'static str, Instant)>>);

/// While it lives, a call is watched.
pub(super) struct Watched<'a>(&'a Watchdog);

impl Watchdog {
    /// `doing` must be over within `limit` of `now`.
    pub(super) fn watch(&self, doing: &'static str, now: Instant, limit: Duration) -> Watched<'_> {
        *self.0.lock().expect("no holder of this lock can panic") = Some((doing, now + limit));
        Watched(self)
    }

    /// The call that should have been over by `now`.
    pub(super) fn overdue(&self, now: Instant) -> Option<&'static str> {
        let watched = *self.0.lock().expect("no holder of this lock can panic");
        watched.filter(|(_, deadline)| now >= *deadline).map(|(doing, _)| doing)
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().expect("no holder of this lock can panic") = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_call_that_is_still_running_can_be_overdue() {
        let watchdog = Watchdog::default();
        let now = Instant::now();
        let limit = Duration::from_secs(60);
        assert_eq!(watchdog.overdue(now), None);
        let watched = watchdog.watch("commit", now, limit);
        assert_eq!(watchdog.overdue(now + limit / 2), None);
        assert_eq!(watchdog.overdue(now + limit), Some("commit"));
        drop(watched);
        assert_eq!(watchdog.overdue(now + limit), None);
    }
}
