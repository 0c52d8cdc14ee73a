//! Lets records and the wall clock have their effect.

use std::time::Duration;

use tracing::debug;

use super::Worker;
use crate::clock::Clock;
use crate::codec::Rejected;
use crate::engine::{AHEAD, Effect, Outcome, Step};
use crate::kafka::{Item, Next};
use crate::runtime::failure::{Failure, chain};
use crate::runtime::writer::Origin;
use crate::task::{LifeObserved, Outcome as CallOutcome, TransactionObserved};
use crate::telemetry::metrics::{EventResult, Stage};

/// How often partitions are looked at for idleness, and the broker is asked where they end.
const IDLE_LOOK: Duration = Duration::from_millis(500);
/// Records between two looks at the group and the clock.
const RECORDS_PER_SLICE: usize = 2_000;

impl Worker {
    /// Lets the records at hand have their effect, up to a slice.
    pub(super) fn process(&mut self) -> Result<(), Failure> {
        let began = Clock::monotonic();
        let (now, wall) = (self.now(), Clock::now());
        for task in self.tasks.iter_mut().filter(|t| t.is_running()) {
            task.engine.observe_wall_clock(wall);
        }
        let mut records = 0;
        // Records whose customers the engine was told of already.
        let mut expected = 0_usize;
        let mut written = Ok(());
        while written.is_ok() && records < RECORDS_PER_SLICE && self.writer.load.bytes < self.settings.transaction_bytes
        {
            let record = match self.reader.batch_ref().head() {
                None => break,
                Some(Item::Record(record)) => record,
                Some(Item::End(..)) => {
                    self.reader.batch().advance();
                    continue;
                }
                Some(Item::Failed(partition, error)) => {
                    // Of a task that does not run it is old news: it starts from an offset that it has checked.
                    let running = self.tasks.running(partition).is_some();
                    if running && error.next == Next::Stop {
                        return Err(error.into());
                    }
                    debug!(worker = self.id, %partition, "{}", chain(&error));
                    self.reader.batch().advance();
                    continue;
                }
            };
            let offset = record.offset();
            let Some(task) = self.tasks.running(record.partition()) else {
                self.reader.batch().advance();
                continue;
            };
            if expected == 0 {
                let keys = self.reader.batch_ref().run().take(AHEAD).map(|r| r.key().unwrap_or_default());
                task.engine.expect(keys.inspect(|_| expected += 1));
            }
            expected = expected.saturating_sub(1);
            let mut rejected: Option<Rejected> = None;
            let (mut index, mut again) = (0, false);
            let (effects, counts) = (&mut self.effects, &mut self.uncounted.events);
            (self.decode)(&record, &mut |event| {
                index += 1;
                if again || index <= task.done_in_record {
                    return;
                }
                match event {
                    Ok(event) => match task.engine.apply(&event, effects) {
                        Step::Again => again = true,
                        Step::Done(done) => {
                            task.done_in_record = index;
                            counts[result_of(done) as usize] += 1;
                        }
                    },
                    Err(why) => {
                        task.done_in_record = index;
                        rejected.get_or_insert(why);
                    }
                }
            });
            if index == 0 {
                counts[EventResult::Filtered as usize] += 1;
            }
            let origin = Origin { partition: record.partition(), offset: offset.0, timestamp: record.timestamp() };
            for effect in self.effects.drain(..) {
                // What concerns cohorts stays here: their stage has no topic.
                if let Effect::Alert(alert) = effect
                    && written.is_ok()
                {
                    written = self.writer.alert(&alert, Some(origin), &self.parts.wording, wall);
                }
            }
            if let Some(why) = rejected.filter(|_| written.is_ok()) {
                counts[EventResult::Dead as usize] += 1;
                self.uncounted.dead_letters.push(why.reason.name());
                written = self.writer.dead_letter(&record, &why);
            }
            if again {
                // Timers due at once are fired in slices: the group and a stop are looked at in between.
                break;
            }
            task.done_in_record = 0;
            task.step(LifeObserved::Processed(offset.next()));
            self.reader.batch().advance();
            records += 1;
        }
        self.writer.worked(records, now);
        self.uncounted.records += records as u64;
        self.parts.metrics.stage(Stage::Process, began.elapsed().as_secs_f64());
        self.settle_write(written)
    }

    /// A record that could not be written voids the transaction.
    pub(super) fn settle_write(&mut self, written: Result<(), CallOutcome>) -> Result<(), Failure> {
        match written {
            Ok(()) => Ok(()),
            Err(outcome) => self.drive(TransactionObserved::WriteFailed(outcome)),
        }
    }

    /// Lets the wall clock drive the partitions that have nothing to say.
    pub(super) fn look_for_idle(&mut self) -> Result<(), Failure> {
        let Some(after) = self.settings.idle_after else { return Ok(()) };
        let now = self.now();
        if now.saturating_sub(self.looked_idle) < IDLE_LOOK {
            return Ok(());
        }
        self.looked_idle = now;
        let mut still = Vec::new();
        for task in self.tasks.iter_mut() {
            let Some(done) = task.done() else { continue };
            let position = self.reader.position(task.partition).map_or(done, |p| p.max(done));
            task.idleness.observe(position, now);
            // A partition that never had an event has no time yet, and no timers.
            if task.idleness.is_still(after, now) && task.engine.clock().watermark.is_some() {
                still.push(task.partition);
            }
        }
        if still.is_empty() || !self.reader.batch_ref().is_empty() {
            return Ok(());
        }
        let ends = match self.ends.ends(&self.settings.topics.input, &still, Duration::from_secs(1)) {
            Ok(ends) => ends,
            Err(error) => {
                debug!(worker = self.id, "{}", chain(&error));
                return Ok(());
            }
        };
        let wall = Clock::now();
        let to = wall - self.parts.rules.time.out_of_orderness;
        let mut written = Ok(());
        for (partition, end) in ends {
            let Some(task) = self.tasks.running(partition) else { continue };
            if !task.idleness.is_at(end) {
                continue;
            }
            // One slice of timers for each look; the rest fires at the next one, at once.
            if task.engine.advance(to, &mut self.effects) == Step::Again {
                self.looked_idle = Duration::ZERO;
            }
            for effect in self.effects.drain(..) {
                if let Effect::Alert(alert) = effect
                    && written.is_ok()
                {
                    written = self.writer.alert(&alert, None, &self.parts.wording, wall);
                }
            }
            if task.has_news() {
                self.writer.worked(0, now);
            }
        }
        self.settle_write(written)
    }
}

fn result_of(outcome: Outcome) -> EventResult {
    match outcome {
        Outcome::Applied => EventResult::Applied,
        Outcome::AppliedLate => EventResult::AppliedLate,
        Outcome::AppliedAhead => EventResult::AppliedAhead,
        Outcome::Duplicate => EventResult::Duplicate,
        Outcome::TooLate => EventResult::TooLate,
        Outcome::Filtered => EventResult::Filtered,
    }
}
