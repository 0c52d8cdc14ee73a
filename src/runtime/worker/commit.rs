//! Executes the protocol of the worker's transactions.

use std::time::Duration;

use tracing::{info, warn};

use super::{Uncounted, Worker};
use crate::clock::Clock;
use crate::codec::commit_metadata::CommitMetadata;
use crate::kafka::Next;
use crate::model::Partition;
use crate::runtime::failure::{Failure, chain};
use crate::runtime::partition::Task;
use crate::runtime::writer::outcome;
use crate::task::{LifeObserved, Outcome, TransactionAction, TransactionObserved, has_landed};
use crate::telemetry::metrics::{Stage, TransactionResult};

/// Pause before a call that failed is made again.
const TRY_AGAIN: Duration = Duration::from_millis(100);

impl Worker {
    /// Commits everything that is done.
    pub(super) fn commit(&mut self) -> Result<(), Failure> {
        if !self.tasks.iter().any(Task::has_news) && !self.writer.transaction.is_open() {
            self.writer.settled();
            return Ok(());
        }
        let began = Clock::monotonic();
        let began_at = self.now();
        let written = self.stage();
        self.parts.metrics.stage(Stage::Changelog, began.elapsed().as_secs_f64());
        if written.is_err() {
            return self.settle_write(written);
        }
        let committing = Clock::monotonic();
        self.drive(TransactionObserved::CommitDue)?;
        let ended = self.now();
        self.pace.committed(began_at, ended);
        self.parts.metrics.stage(Stage::Commit, committing.elapsed().as_secs_f64());
        self.parts.metrics.commit_seconds.observe(committing.elapsed().as_secs_f64());
        Ok(())
    }

    /// Writes every changed customer and notes the offsets.
    fn stage(&mut self) -> Result<(), Outcome> {
        self.writer.begin()?;
        self.staged.clear();
        self.offsets.clear();
        for task in self.tasks.iter_mut() {
            let Some(applied) = task.done() else { continue };
            if !task.has_news() {
                continue;
            }
            let (partition, writer) = (task.partition, &mut self.writer);
            let mut written = Ok(());
            task.engine.take_changed(&mut |key, customer| {
                if written.is_ok() {
                    written = writer.customer(partition, applied, key, customer);
                }
            });
            written?;
            let (staged, offset) = task.to_commit(self.parts.rules.version);
            self.staged.push(staged);
            self.offsets.push(offset);
            task.step(LifeObserved::Staged);
        }
        Ok(())
    }

    /// Steps the transaction until it wants nothing more.
    pub(super) fn drive(&mut self, observed: TransactionObserved) -> Result<(), Failure> {
        let mut observed = Some(observed);
        while let Some(seen) = observed {
            let (transaction, action) = self.writer.transaction.step(seen);
            self.writer.transaction = transaction;
            observed = match action {
                Some(action) => self.perform(action)?,
                None => None,
            };
        }
        Ok(())
    }

    /// Performs an action and everything that follows from it.
    pub(super) fn execute(&mut self, action: TransactionAction) -> Result<(), Failure> {
        match self.perform(action)? {
            Some(observed) => self.drive(observed),
            None => Ok(()),
        }
    }

    fn perform(&mut self, action: TransactionAction) -> Result<Option<TransactionObserved>, Failure> {
        use TransactionAction as A;
        use TransactionObserved as O;
        let timeout = self.settings.transaction_timeout;
        let watchdog = self.watchdog.clone();
        let watch = |doing| watchdog.watch(doing, Clock::monotonic(), timeout * 2 + Duration::from_secs(30));
        let exact = self.writer.is_exact();
        Ok(match action {
            A::Start => Some(O::Started(self.start_producer(timeout)?)),
            A::Replace => {
                warn!(worker = self.id, "the producer is in doubt and is replaced");
                self.parts.metrics.producers_replaced.inc();
                self.writer.give_up();
                Some(O::Started(self.start_producer(timeout)?))
            }
            A::Begin => unreachable!("the writer begins"),
            A::Flush => {
                let _watched = watch("flush");
                Some(O::Flushed(outcome(self.writer.producer().and_then(|p| p.flush(timeout)))))
            }
            A::SendOffsets if exact => {
                let _watched = watch("send the offsets");
                let (reader, writer, offsets) = (&self.reader, &mut self.writer, &self.offsets);
                let sent = reader.group_metadata().and_then(|m| writer.producer()?.send_offsets(offsets, &m, timeout));
                Some(O::OffsetsSent(outcome(sent)))
            }
            A::SendOffsets => Some(O::OffsetsSent(Outcome::Done)),
            A::Commit if exact => {
                let _watched = watch("commit");
                let outcome = outcome(self.writer.producer().and_then(|p| p.commit(timeout)));
                Some(O::Committed { outcome, suspect: self.writer.is_suspect() })
            }
            A::Commit => {
                let _watched = watch("commit the offsets");
                Some(O::Committed { outcome: outcome(self.reader.commit(&self.offsets)), suspect: false })
            }
            A::Abort if exact => {
                let _watched = watch("abort");
                let outcome = outcome(self.writer.producer().and_then(|p| p.abort(timeout)));
                Some(O::Aborted { outcome, suspect: self.writer.is_suspect() })
            }
            A::Abort => Some(O::Aborted { outcome: Outcome::Done, suspect: false }),
            A::Resolve => Some(O::Resolved { landed: self.resolve()? }),
            A::Promote => {
                self.promote();
                None
            }
            A::Discard => {
                self.discard()?;
                None
            }
            A::Leave(source) => return Err(Failure::Left { worker: self.id, source }),
        })
    }

    fn start_producer(&mut self, timeout: Duration) -> Result<Outcome, Failure> {
        let exact = self.writer.is_exact();
        let watchdog = self.watchdog.clone();
        let _watched = watchdog.watch("start the producer", Clock::monotonic(), timeout * 4);
        let started = self.writer.producer().and_then(|p| if exact { p.init_transactions(timeout) } else { Ok(()) });
        let outcome = outcome(started);
        if outcome != Outcome::Done {
            if self.stop.is_requested() {
                return Err(Failure::StopTookTooLong);
            }
            std::thread::sleep(TRY_AGAIN * 5);
        }
        Ok(outcome)
    }

    /// Compares what is committed with what was staged; `None` if it cannot be read now.
    fn resolve(&mut self) -> Result<Option<bool>, Failure> {
        let partitions: Vec<Partition> = self.staged.iter().map(|s| s.partition).collect();
        if partitions.is_empty() {
            return Ok(Some(false));
        }
        let committed = match self.reader.committed(&partitions, Duration::from_secs(5)) {
            Ok(committed) => committed,
            Err(error) if error.next == Next::Stop => return Err(error.into()),
            Err(error) => {
                warn!(worker = self.id, "{}", chain(&error));
                if self.stop.is_requested() {
                    return Err(Failure::StopTookTooLong);
                }
                std::thread::sleep(TRY_AGAIN);
                return Ok(None);
            }
        };
        let landed = has_landed(&self.staged, |partition| {
            let found = committed.iter().find(|(p, _)| *p == partition)?.1.as_ref()?;
            let metadata = CommitMetadata::decode(&found.metadata).ok()?;
            Some((found.next, metadata.sequence))
        });
        let result = if landed { TransactionResult::ResolvedCommitted } else { TransactionResult::ResolvedAborted };
        self.parts.metrics.transaction(result);
        info!(worker = self.id, landed, "the doubtful transaction is settled");
        Ok(Some(landed))
    }

    /// What was staged is committed.
    fn promote(&mut self) {
        for task in self.tasks.iter_mut() {
            task.step(LifeObserved::Committed);
        }
        let (metrics, wall) = (&self.parts.metrics, Clock::now());
        self.uncounted.count(metrics);
        for alert in &self.writer.alerts {
            metrics.alert_of(alert.kind, alert.severity, alert.transition);
            if let Some(ingested) = alert.ingested {
                metrics.ingest_to_alert_seconds.observe((wall - ingested).0.max(0) as f64 / 1e3);
            }
        }
        metrics.changelog_records.inc_by(self.writer.changelog_records);
        metrics.changelog_bytes.inc_by(self.writer.changelog_bytes);
        metrics.transaction(TransactionResult::Committed);
        self.staged.clear();
        self.writer.settled();
    }

    /// What was staged is void: running tasks start over from what is committed.
    fn discard(&mut self) -> Result<(), Failure> {
        warn!(worker = self.id, "a transaction is void; its tasks start over from the last commit");
        self.parts.metrics.transaction(TransactionResult::Aborted);
        self.staged.clear();
        self.writer.settled();
        self.effects.clear();
        self.uncounted = Uncounted::default();
        let wanted: Vec<_> = self
            .tasks
            .iter_mut()
            .filter_map(|task| task.step(LifeObserved::Discarded).map(|action| (task.partition, action)))
            .collect();
        for (partition, action) in wanted {
            self.act(partition, action)?;
        }
        self.tell_health();
        Ok(())
    }
}
