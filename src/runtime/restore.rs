//! From the changelog to engines, for all restoring tasks of a worker at once.

use std::collections::BTreeMap;
use std::time::Duration;

use super::failure::Failure;
use super::partition::{Task, Tasks};
use crate::codec::changelog;
use crate::kafka::{Cluster, Item, LogReader};
use crate::model::{CustomerKey, NextOffset, Partition};
use crate::task::{LifeAction, LifeObserved, Phase};

/// A changelog that does not move for so long will not.
const STUCK_AFTER: Duration = Duration::from_secs(180);

/// Reads changelogs.
pub(super) struct Restore {
    reader: LogReader,
    /// Where each partition is, and since when.
    progress: BTreeMap<Partition, (NextOffset, Duration)>,
}

/// What one round did.
#[derive(Default)]
pub(super) struct Round {
    pub customers: u64,
    /// What tasks want done now.
    pub actions: Vec<(Partition, LifeAction)>,
    /// Records left to read, of each partition.
    pub remaining: Vec<(Partition, i64)>,
}

impl Restore {
    pub(super) fn open(cluster: &Cluster, topic: &str) -> Result<Restore, Failure> {
        Ok(Restore { reader: LogReader::open(cluster, topic)?, progress: BTreeMap::new() })
    }

    /// Reads a partition from `from` on.
    pub(super) fn add(&mut self, partition: Partition, from: NextOffset, now: Duration) -> Result<(), Failure> {
        self.reader.add(partition, from)?;
        self.progress.insert(partition, (from, now));
        Ok(())
    }

    /// Reads a partition no more.
    pub(super) fn remove(&mut self, partition: Partition) -> Result<(), Failure> {
        self.progress.remove(&partition);
        self.reader.remove(partition)?;
        Ok(())
    }

    pub(super) fn is_idle(&self) -> bool {
        self.progress.is_empty()
    }

    /// Reads one batch into the engines. `exact`: whether the records must agree with the committed offsets.
    pub(super) fn round(
        &mut self,
        tasks: &mut Tasks,
        exact: bool,
        wait: Duration,
        now: Duration,
    ) -> Result<Round, Failure> {
        self.reader.fetch(wait)?;
        let mut round = Round::default();
        // Of each partition: how far it was read, and the highest *applied* seen on the way.
        let mut read: BTreeMap<Partition, (NextOffset, Option<NextOffset>)> = BTreeMap::new();
        while let Some(item) = self.reader.batch().head() {
            match item {
                Item::Record(record) => {
                    let partition = record.partition();
                    let task = tasks.get(partition).filter(|t| matches!(t.phase, Phase::Restoring { .. }));
                    let seen = read.entry(partition).or_insert((NextOffset(0), None));
                    seen.0 = record.offset().next();
                    if let Some(task) = task {
                        let damaged = |source| Failure::Changelog { partition, offset: record.offset().0, source };
                        let applied = put(task, record.key(), record.value()).map_err(damaged)?;
                        seen.1 = seen.1.max(applied);
                        round.customers += u64::from(applied.is_some());
                    }
                }
                Item::End(partition, offset) => {
                    read.entry(partition).or_insert((NextOffset(0), None)).0 = NextOffset(offset.0);
                }
                Item::Failed(_, error) => return Err(error.into()),
            }
            self.reader.batch().advance();
        }
        for task in tasks.iter_mut() {
            let Phase::Restoring { end, .. } = task.phase else { continue };
            let partition = task.partition;
            let Some(progress) = self.progress.get_mut(&partition) else { continue };
            if let Some((next, applied)) = read.remove(&partition) {
                if let Some(applied) = applied.filter(|_| exact) {
                    round.actions.extend(task.step(LifeObserved::Entries { applied }).map(|a| (partition, a)));
                }
                if next > progress.0 {
                    *progress = (next, now);
                }
                round.actions.extend(task.step(LifeObserved::ChangelogRead(next)).map(|a| (partition, a)));
                round.remaining.push((partition, (end.0 - next.0).max(0)));
            } else if now.saturating_sub(progress.1) > STUCK_AFTER {
                round.actions.extend(task.step(LifeObserved::ChangelogStuck).map(|a| (partition, a)));
            }
        }
        Ok(round)
    }
}

/// Puts one record into the engine; tells its *applied*, if it is a customer.
fn put(task: &mut Task, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Option<NextOffset>, changelog::Unreadable> {
    match value {
        Some(value) => {
            let entry = changelog::decode(value)?;
            task.engine.restore(entry.customer);
            Ok(Some(entry.applied))
        }
        None => {
            let key = key.and_then(|k| std::str::from_utf8(k).ok()).ok_or(changelog::Unreadable::Damaged)?;
            task.engine.restore_gone(&CustomerKey::from_written(key));
            Ok(None)
        }
    }
}
