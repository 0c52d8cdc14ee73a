//! The tasks as the worker holds them: phase, engine, and when to look at each next.

use std::sync::Arc;
use std::time::Duration;

use crate::codec::commit_metadata::{CommitMetadata, RedoPoint};
use crate::engine::{Clock, Engine, Rules};
use crate::kafka::OffsetToCommit;
use crate::model::{NextOffset, Partition};
use crate::task::{Idleness, LifeAction, LifeObserved, Phase, Staged};

/// A task.
pub(super) struct Task {
    pub partition: Partition,
    pub phase: Phase,
    pub engine: Engine,
    pub idleness: Idleness,
    /// Not before this is a step that failed tried again.
    pub try_at: Duration,
    /// Events of the record at hand that are done already: the engine stopped in the middle of it.
    pub done_in_record: usize,
}

impl Task {
    pub(super) fn new(partition: Partition, rules: &Arc<Rules>, now: Duration) -> Task {
        Task {
            partition,
            phase: Phase::Locating,
            engine: Engine::of_many(rules.clone()),
            idleness: Idleness::new(NextOffset(0), now),
            try_at: Duration::ZERO,
            done_in_record: 0,
        }
    }

    /// One step of its life.
    pub(super) fn step(&mut self, observed: LifeObserved) -> Option<LifeAction> {
        let (phase, action) = self.phase.step(observed);
        self.phase = phase;
        action
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }

    /// The next offset to process; `None` unless it runs.
    pub(super) fn done(&self) -> Option<NextOffset> {
        match self.phase {
            Phase::Running { done, .. } => Some(done),
            Phase::Locating | Phase::Restoring { .. } | Phase::Starting { .. } | Phase::Closed => None,
        }
    }

    /// Whether there is anything to commit: an offset moved, or timers alone changed a customer.
    pub(super) fn has_news(&self) -> bool {
        match self.phase {
            Phase::Running { done, committed, .. } => done != committed || self.engine.has_changed(),
            Phase::Locating | Phase::Restoring { .. } | Phase::Starting { .. } | Phase::Closed => false,
        }
    }

    /// What a commit of its present state says. Only while it runs.
    pub(super) fn to_commit(&self, rules: u32) -> (Staged, OffsetToCommit) {
        let Phase::Running { done, sequence, .. } = self.phase else {
            unreachable!("a task that does not run commits nothing")
        };
        let staged = Staged { partition: self.partition, next: done, sequence: sequence + 1 };
        let clock = self.engine.clock();
        // Every changed customer is written with this commit, so nothing has to be done again from before it.
        let redo = RedoPoint { next: done, clock, rules };
        let metadata = CommitMetadata { clock, sequence: staged.sequence, rules, redo };
        (staged, OffsetToCommit { partition: self.partition, next: done, metadata: metadata.encode() })
    }

    /// Drops the state: what is committed is all that holds.
    pub(super) fn forget(&mut self, rules: &Arc<Rules>) {
        self.engine = Engine::of_many(rules.clone());
        self.done_in_record = 0;
        self.try_at = Duration::ZERO;
    }

    /// The state is restored up to this clock.
    pub(super) fn restored(&mut self, clock: Clock) {
        self.engine.restored(clock);
    }
}

/// The tasks of a worker.
#[derive(Default)]
pub(super) struct Tasks {
    list: Vec<Task>,
    /// Where the last one asked for stands: records come in runs of one partition.
    last: usize,
}

impl Tasks {
    pub(super) fn add(&mut self, task: Task) {
        self.list.push(task);
    }

    pub(super) fn get(&mut self, partition: Partition) -> Option<&mut Task> {
        if self.list.get(self.last).is_none_or(|t| t.partition != partition) {
            self.last = self.list.iter().position(|t| t.partition == partition)?;
        }
        self.list.get_mut(self.last)
    }

    /// The task of a partition, if it runs.
    pub(super) fn running(&mut self, partition: Partition) -> Option<&mut Task> {
        self.get(partition).filter(|t| t.is_running())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Task> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Task> {
        self.list.iter_mut()
    }

    /// Lets go of the closed ones.
    pub(super) fn remove_closed(&mut self) {
        self.list.retain(|t| t.phase != Phase::Closed);
    }
}
