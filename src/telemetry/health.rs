//! Whether the service is ready, and if not, why.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// The parts of the service that are not ready, each with its reason. Shared by all threads.
#[derive(Debug, Default)]
pub struct Health {
    reasons: Mutex<BTreeMap<String, String>>,
}

impl Health {
    /// Ready, until somebody says otherwise.
    pub fn new() -> Health {
        Health::default()
    }

    /// `part` is not ready for `reason`; `None`: it is.
    pub fn set(&self, part: &str, reason: Option<String>) {
        match reason {
            Some(reason) => self.lock().insert(part.to_owned(), reason),
            None => self.lock().remove(part),
        };
    }

    /// Why the service is not ready, `part: reason` each, in a fixed order; empty if it is.
    pub fn reasons(&self) -> Vec<String> {
        self.lock().iter().map(|(part, reason)| format!("{part}: {reason}")).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.reasons.lock().expect("no holder of this lock can panic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_ready_when_no_part_has_a_reason() {
        let health = Health::new();
        assert_eq!(health.reasons(), [""; 0]);
        health.set("worker 1", Some("restoring partition 3".into()));
        health.set("worker 0", Some("no connection to Kafka".into()));
        health.set("worker 1", Some("restoring partition 4".into()));
        assert_eq!(health.reasons(), ["worker 0: no connection to Kafka", "worker 1: restoring partition 4"]);
        health.set("worker 0", None);
        health.set("worker 1", None);
        health.set("worker 2", None);
        assert_eq!(health.reasons(), [""; 0]);
    }
}
