//! Rebalances, and the way of a task from its assignment to its first record.

use std::time::Duration;

use tracing::{debug, info, warn};

use super::{WAIT_MAX, Worker};
use crate::clock::Clock;
use crate::codec::commit_metadata::{CommitMetadata, Unreadable};
use crate::kafka::{self, Committed, Next, Rebalance};
use crate::model::{NextOffset, Partition};
use crate::runtime::failure::{Failure, chain};
use crate::runtime::partition::Task;
use crate::runtime::restore::Restore;
use crate::runtime::settings::StartFrom;
use crate::task::{Base, Checkpoint, Idleness, LifeAction, LifeObserved, Located, Phase, Range, TransactionObserved};
use crate::telemetry::metrics::RebalanceKind;

/// Pause before a step that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(100);

impl Worker {
    pub(super) fn rebalance(&mut self, rebalance: Rebalance) -> Result<(), Failure> {
        let metrics = self.parts.metrics.clone();
        match rebalance {
            Rebalance::Assigned(partitions) => {
                // Each rebalance tells every member, of nothing new to most.
                if !partitions.is_empty() {
                    info!(worker = self.id, partitions = ?numbers(&partitions), "partitions assigned");
                }
                metrics.rebalance(RebalanceKind::Assigned);
                self.joined = true;
                let input = self.settings.topics.input.clone();
                let mut starts = Vec::with_capacity(partitions.len());
                for partition in partitions {
                    // Any offset that is there will do: the partition is paused until its task starts.
                    let (first, _) = self.range(&input, partition)?;
                    starts.push((partition, first));
                    let now = self.now();
                    self.tasks.add(Task::new(partition, &self.parts.rules, now));
                }
                self.reader.assign(&starts)?;
            }
            Rebalance::Revoked(partitions) => {
                info!(worker = self.id, partitions = ?numbers(&partitions), "partitions revoked");
                metrics.rebalance(RebalanceKind::Revoked);
                self.commit()?;
                self.give_away(&partitions)?;
            }
            Rebalance::Lost(partitions) => {
                warn!(worker = self.id, partitions = ?numbers(&partitions), "partitions lost");
                metrics.rebalance(RebalanceKind::Lost);
                self.drive(TransactionObserved::Lost)?;
                self.give_away(&partitions)?;
            }
        }
        self.tell_health();
        Ok(())
    }

    fn give_away(&mut self, partitions: &[Partition]) -> Result<(), Failure> {
        for &partition in partitions {
            let action = self.tasks.get(partition).and_then(|task| task.step(LifeObserved::Revoked));
            if let Some(action) = action {
                self.act(partition, action)?;
            }
        }
        self.tasks.remove_closed();
        Ok(self.reader.release(partitions)?)
    }

    /// Where a partition begins and ends, tried a few times: the broker may be electing a leader.
    fn range(&self, topic: &str, partition: Partition) -> Result<(NextOffset, NextOffset), kafka::Error> {
        let mut tries = 0;
        loop {
            match self.ends.range(topic, partition, Duration::from_secs(5)) {
                Err(error) if error.next == Next::Retry && tries < 5 => {
                    tries += 1;
                    std::thread::sleep(TRY_AGAIN);
                }
                answer => return answer,
            }
        }
    }

    pub(super) fn leave(self, limit: Duration) {
        let watched = self.watchdog.clone();
        let _watched = watched.watch("leave the group", Clock::monotonic(), limit);
        drop(self);
    }

    pub(super) fn step_tasks(&mut self) -> Result<(), Failure> {
        let now = self.now();
        if self.tasks.iter().any(|t| t.phase == Phase::Locating && t.try_at <= now) {
            self.locate()?;
        }
        let starting: Vec<_> = self
            .tasks
            .iter()
            .filter_map(|t| match t.phase {
                Phase::Starting { from } if t.try_at <= now => Some((t.partition, from)),
                Phase::Starting { .. }
                | Phase::Locating
                | Phase::Restoring { .. }
                | Phase::Running { .. }
                | Phase::Closed => None,
            })
            .collect();
        for (partition, from) in starting {
            self.start(partition, from)?;
        }
        if self.restore.as_ref().is_some_and(|r| !r.is_idle()) {
            self.read_changelog()?;
        }
        Ok(())
    }

    /// Looks for the places of all tasks that look for one. The order matters: first what is committed, then where the
    /// changelog ends, so that the end includes everything that the commit covers.
    fn locate(&mut self) -> Result<(), Failure> {
        let now = self.now();
        let looking: Vec<Partition> =
            self.tasks.iter().filter(|t| t.phase == Phase::Locating).map(|t| t.partition).collect();
        // A short wait: an open transaction of another member makes the broker put us off, and other tasks go on.
        let patience = if self.tasks.iter().any(Task::is_running) { 200 } else { 1_000 };
        let committed = match self.reader.committed(&looking, Duration::from_millis(patience)) {
            Ok(committed) => committed,
            Err(error) if error.next == Next::Retry => {
                debug!(worker = self.id, "{}", chain(&error));
                for task in self.tasks.iter_mut().filter(|t| t.phase == Phase::Locating) {
                    task.try_at = now + TRY_AGAIN;
                }
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        for (partition, committed) in committed {
            let (first, end) = self.range(&self.settings.topics.input.clone(), partition)?;
            let input = Range { first, end };
            let (first, end) = self.range(&self.settings.topics.changelog.clone(), partition)?;
            let changelog = Range { first, end };
            let base = self.base(partition, committed, input)?;
            let action = self
                .tasks
                .get(partition)
                .and_then(|t| t.step(LifeObserved::Located(Located { base, input, changelog })));
            if let Some(action) = action {
                self.act(partition, action)?;
            }
        }
        self.tell_health();
        Ok(())
    }

    fn base(&self, partition: Partition, committed: Option<Committed>, input: Range) -> Result<Base, Failure> {
        let Some(committed) = committed else {
            return Ok(match self.settings.start_from {
                StartFrom::Earliest => Base::Nothing { start: input.first },
                StartFrom::Latest => Base::Nothing { start: input.end },
            });
        };
        match CommitMetadata::decode(&committed.metadata) {
            Ok(metadata) => {
                if metadata.rules != self.parts.rules.version {
                    info!(worker = self.id, %partition, "the rules have changed since the last commit");
                }
                Ok(Base::Ours(Checkpoint {
                    next: committed.next,
                    clock: metadata.clock,
                    sequence: metadata.sequence,
                    redo: metadata.redo.next,
                }))
            }
            Err(Unreadable::Foreign) => Ok(Base::Foreign(committed.next)),
            Err(source @ Unreadable::Newer(_)) => Err(Failure::Metadata { partition, source }),
        }
    }

    fn read_changelog(&mut self) -> Result<(), Failure> {
        let now = self.now();
        let running = self.tasks.iter().any(Task::is_running);
        let wait = if running { Duration::ZERO } else { WAIT_MAX };
        let exact = self.writer.is_exact();
        let Some(restore) = &mut self.restore else { return Ok(()) };
        let round = restore.round(&mut self.tasks, exact, wait, now)?;
        self.parts.metrics.restored_customers.inc_by(round.customers);
        for (partition, remaining) in round.remaining {
            self.parts.metrics.restoring(partition, remaining);
        }
        for (partition, action) in round.actions {
            self.act(partition, action)?;
        }
        Ok(())
    }

    /// Executes what a task wants.
    pub(super) fn act(&mut self, partition: Partition, action: LifeAction) -> Result<(), Failure> {
        let now = self.now();
        match action {
            LifeAction::Locate => {
                self.reader.stop(partition)?;
                let rules = self.parts.rules.clone();
                if let Some(task) = self.tasks.get(partition) {
                    task.forget(&rules);
                }
            }
            LifeAction::ReadChangelog { from } => {
                info!(worker = self.id, %partition, "restoring");
                if self.restore.is_none() {
                    let topics = &self.settings.topics;
                    self.restore = Some(Restore::open(&self.settings.cluster, &topics.changelog)?);
                }
                self.restore.as_mut().expect("just opened").add(partition, from, now)?;
            }
            LifeAction::Start { from } => {
                self.stop_restoring(partition)?;
                if let Some(task) = self.tasks.get(partition) {
                    task.restored(from.clock);
                    task.try_at = now;
                }
            }
            LifeAction::Drop => {
                self.stop_restoring(partition)?;
                self.parts.metrics.gone(partition);
                let rules = self.parts.rules.clone();
                if let Some(task) = self.tasks.get(partition) {
                    task.forget(&rules);
                }
            }
            LifeAction::Refuse(source) => return Err(Failure::Refused { partition, source }),
        }
        Ok(())
    }

    fn stop_restoring(&mut self, partition: Partition) -> Result<(), Failure> {
        if let Some(restore) = &mut self.restore {
            restore.remove(partition)?;
            if restore.is_idle() {
                self.restore = None;
            }
        }
        Ok(())
    }

    /// Lets the records of a restored task flow.
    fn start(&mut self, partition: Partition, from: Checkpoint) -> Result<(), Failure> {
        let now = self.now();
        match self.reader.start(partition, from.next) {
            Ok(()) => {
                let worker = self.id;
                if let Some(task) = self.tasks.get(partition) {
                    task.step(LifeObserved::Started);
                    task.idleness = Idleness::new(from.next, now);
                    info!(worker, %partition, from = %from.next, customers = task.engine.customers(), "running");
                }
                self.parts.metrics.restoring(partition, 0);
                self.tell_health();
                Ok(())
            }
            Err(error) if error.next == Next::Retry => {
                debug!(worker = self.id, %partition, "{}", chain(&error));
                if let Some(task) = self.tasks.get(partition) {
                    task.try_at = now + TRY_AGAIN / 10;
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn numbers(partitions: &[Partition]) -> Vec<i32> {
    partitions.iter().map(|p| p.0).collect()
}
