//! The loop of one worker: observe, step, execute.

mod commit;
mod records;
mod tasks;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::info;

use super::failure::Failure;
use super::intake::Decode;
use super::partition::{Task, Tasks};
use super::restore::Restore;
use super::settings::{Parts, Settings, Stop};
use super::watchdog::Watchdog;
use super::writer::Writer;
use crate::clock::Clock;
use crate::engine::Effect;
use crate::kafka::{GroupReader, LogEnds, Membership, OffsetToCommit};
use crate::task::{Pace, Staged, TransactionAction};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{EventResult, PartitionState, Stage};

/// Longest wait for a record: rebalances and stops are looked at in between.
const WAIT_MAX: Duration = Duration::from_millis(20);
/// A worker that failed must be gone after this, so that another can take its place.
const LEAVE_WITHIN: Duration = Duration::from_secs(60);
/// How often the gauges are set.
const GAUGES_EVERY: Duration = Duration::from_secs(1);
/// One worker.
pub(super) struct Worker {
    id: usize,
    settings: Settings,
    parts: Parts,
    stop: Arc<Stop>,
    watchdog: Arc<Watchdog>,
    started: Instant,
    decode: Decode,
    reader: GroupReader,
    ends: LogEnds,
    restore: Option<Restore>,
    writer: Writer,
    tasks: Tasks,
    pace: Pace,
    /// What the transaction under way would commit.
    staged: Vec<Staged>,
    offsets: Vec<OffsetToCommit>,
    effects: Vec<Effect>,
    uncounted: Uncounted,
    joined: bool,
    looked_idle: Duration,
    set_gauges: Duration,
}

/// What was done since the last commit, to be counted once it is committed.
#[derive(Default)]
struct Uncounted {
    records: u64,
    events: [u64; EventResult::ALL.len()],
    /// Reasons, one for each dead letter.
    dead_letters: Vec<&'static str>,
}

impl Uncounted {
    /// It is committed.
    fn count(&mut self, metrics: &Metrics) {
        metrics.consumed.inc_by(self.records);
        for (&result, &count) in EventResult::ALL.iter().zip(&self.events) {
            metrics.events(result, count);
        }
        for reason in self.dead_letters.drain(..) {
            metrics.dead_letter(reason);
        }
        *self = Uncounted::default();
    }
}

impl Worker {
    /// Starts to join the group.
    pub(super) fn join(
        id: usize,
        settings: &Settings,
        parts: &Parts,
        stop: Arc<Stop>,
        watchdog: Arc<Watchdog>,
    ) -> Result<Worker, Failure> {
        let membership = Membership {
            group_id: settings.group_id.clone(),
            topic: settings.topics.input.clone(),
            session_timeout: settings.session_timeout,
        };
        let worker = Worker {
            id,
            settings: settings.clone(),
            parts: parts.clone(),
            stop,
            watchdog,
            started: Clock::monotonic(),
            decode: (parts.decode)(),
            reader: GroupReader::join(&settings.cluster, &membership)?,
            ends: LogEnds::open(&settings.cluster)?,
            restore: None,
            writer: Writer::new(settings, id),
            tasks: Tasks::default(),
            pace: Pace::new(settings.commit_interval, settings.transaction_records, settings.transaction_bytes),
            staged: Vec::new(),
            offsets: Vec::new(),
            effects: Vec::new(),
            uncounted: Uncounted::default(),
            joined: false,
            looked_idle: Duration::ZERO,
            set_gauges: Duration::ZERO,
        };
        worker.tell_health();
        Ok(worker)
    }

    /// Runs until a stop is asked for, or until it fails; then leaves the group, watched: with the cluster in trouble
    /// the library's farewell may hang.
    pub(super) fn run(mut self) -> Result<(), Failure> {
        let result = self.work();
        let limit = if result.is_ok() { self.settings.shutdown_timeout } else { LEAVE_WITHIN };
        self.leave(limit);
        result
    }

    /// Runs until a stop is asked for: then what is done is committed.
    fn work(&mut self) -> Result<(), Failure> {
        // Ends what a crashed predecessor left open, while the library joins the group.
        self.execute(TransactionAction::Start)?;
        while !self.stop.is_requested() {
            if let Some(rebalance) = self.reader.poll()? {
                self.rebalance(rebalance)?;
            }
            self.step_tasks()?;
            let wait = self.wait();
            let waiting = Clock::monotonic();
            self.reader.fetch(wait);
            if !self.reader.batch_ref().is_empty() {
                self.parts.metrics.stage(Stage::Fetch, waiting.elapsed().as_secs_f64());
                self.process()?;
            }
            self.look_for_idle()?;
            if self.pace.due_at(&self.writer.load).is_some_and(|due| self.now() >= due) {
                self.commit()?;
            }
            self.gauges();
        }
        self.commit()?;
        info!(worker = self.id, "everything is committed; leaving the group");
        Ok(())
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long the next fetch may wait.
    fn wait(&self) -> Duration {
        if self.restore.as_ref().is_some_and(|r| !r.is_idle()) {
            // With nothing else to do the restore waits for itself; beside running tasks nobody does.
            return if self.tasks.iter().any(Task::is_running) { Duration::from_millis(1) } else { Duration::ZERO };
        }
        let due = self.pace.due_at(&self.writer.load).map(|due| due.saturating_sub(self.now()));
        due.map_or(WAIT_MAX, |due| due.min(WAIT_MAX))
    }

    fn tell_health(&self) {
        let restoring: Vec<i32> = self.tasks.iter().filter(|t| !t.is_running()).map(|t| t.partition.0).collect();
        let reason = match restoring.as_slice() {
            [] if self.joined => None,
            [] => Some("joining the group".to_owned()),
            partitions => Some(format!("restoring partitions {partitions:?}")),
        };
        self.parts.health.set(&format!("worker {}", self.id), reason);
    }

    fn gauges(&mut self) {
        let now = self.now();
        if now.saturating_sub(self.set_gauges) < GAUGES_EVERY {
            return;
        }
        self.set_gauges = now;
        self.ends.serve();
        if !self.joined && self.reader.group_metadata().is_ok() {
            // A member without partitions hears of no rebalance.
            self.joined = true;
            self.tell_health();
        }
        let wall = Clock::now();
        for task in self.tasks.iter() {
            let Some(done) = task.done() else { continue };
            let state = PartitionState {
                watermark: task.engine.clock().watermark,
                next_timer: task.engine.next_timer(),
                lag: self.reader.known_end(task.partition).map(|end| (end.0 - done.0).max(0)),
                customers: task.engine.customers(),
            };
            self.parts.metrics.partition(task.partition, &state, wall);
        }
    }
}
