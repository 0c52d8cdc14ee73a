//! What the runtime must be told, in its own terms.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::intake::Decode;
use crate::engine::Rules;
use crate::kafka::Cluster;
use crate::telemetry::{Health, Metrics};
use crate::wording::Wording;

/// Names of the topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// Events in, keyed by customer.
    pub input: String,
    /// Alerts out, keyed by customer.
    pub alerts: String,
    /// The last state of each alert, compacted.
    pub alerts_state: String,
    /// Alerts about customers of the control group; none: nobody is held out.
    pub holdout: Option<String>,
    /// Records that could not be read.
    pub dead_letters: String,
    /// Customers, compacted; as many partitions as the input.
    pub changelog: String,
}

/// What a crash may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing: each event has its effect once.
    ExactlyOnce,
    /// Some alerts are written again.
    AtLeastOnce,
}

/// Where a group without committed offsets starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFrom {
    /// With the oldest record there is.
    Earliest,
    /// With the next record to come.
    Latest,
}

/// How to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The cluster.
    pub cluster: Cluster,
    /// The consumer group.
    pub group_id: String,
    /// Tells the processes of a group apart, and is the same after a restart.
    pub instance_id: String,
    /// Names of the topics.
    pub topics: Topics,
    /// How many workers in this process; at least 1.
    pub workers: usize,
    /// What a crash may cost.
    pub delivery: Delivery,
    /// Where a group without committed offsets starts.
    pub start_from: StartFrom,
    /// Whether the topics are checked at the start; a mock cluster cannot answer.
    pub check_topics: bool,
    /// Longest time between two commits while there is something to commit.
    pub commit_interval: Duration,
    /// So many input records ask for a commit.
    pub transaction_records: usize,
    /// So many bytes written ask for a commit.
    pub transaction_bytes: usize,
    /// The broker aborts a transaction that is open for longer.
    pub transaction_timeout: Duration,
    /// A member that is silent for so long loses its partitions.
    pub session_timeout: Duration,
    /// A partition read to its end for so long goes on with the wall clock; none: it waits for the next event.
    pub idle_after: Option<Duration>,
    /// A stop that takes longer leaves the rest to the next start.
    pub shutdown_timeout: Duration,
}

impl Settings {
    /// The `transactional.id` of a worker.
    pub fn transactional_id(&self, worker: usize) -> String {
        format!("{}-{}-{worker}", self.group_id, self.instance_id)
    }
}

/// What the runtime works with.
#[derive(Clone)]
pub struct Parts {
    /// Numbers of the engine.
    pub rules: Arc<Rules>,
    /// Texts of the alerts.
    pub wording: Arc<Wording>,
    /// Makes a reader of records for each worker.
    pub decode: Arc<dyn Fn() -> Decode + Send + Sync>,
    /// All metrics.
    pub metrics: Metrics,
    /// Whether the service is ready.
    pub health: Arc<Health>,
}

/// Asks everybody to finish. Set once.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Nobody has to stop.
    pub fn new() -> Stop {
        Stop::default()
    }

    /// Everybody finishes and leaves.
    pub fn request(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether somebody asked.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
