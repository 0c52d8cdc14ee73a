//! Reads named partitions outside any group: the changelog of a task that restores, a range of a topic.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::{Offset as Place, TopicPartitionList};

use super::batch::{Batch, Fetcher};
use super::client::{Cluster, Side, Voice};
use super::error::{Error, Next};
use crate::model::{NextOffset, Partition};

impl ConsumerContext for Voice {}

/// Reads partitions of one topic, committed records only, and says where each ends.
///
/// The end of a partition is an [`Item::End`](super::Item::End) with the next offset to be fetched. It counts
/// transaction markers and what compaction removed, which "the last record and one" does not.
pub struct LogReader {
    fetcher: Fetcher<Voice>,
    topic: String,
    reading: Vec<Partition>,
}

impl LogReader {
    /// A reader of `topic` that reads nothing yet.
    pub fn open(cluster: &Cluster, topic: &str) -> Result<LogReader, Error> {
        // An empty fetch answers at once when there is something; a restore waits for its last record otherwise.
        let defaults = [
            ("fetch.wait.max.ms", "10"),
            ("fetch.queue.backoff.ms", "5"),
            // Of each partition, so many at hand are enough.
            ("queued.min.messages", "20000"),
            ("queued.max.messages.kbytes", "16384"),
        ];
        let owned = [
            // The library insists on a group; this one is never joined and nothing is committed to it.
            ("group.id", "churnwatch-log-reader"),
            ("group.protocol", "classic"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("isolation.level", "read_committed"),
            ("auto.offset.reset", "error"),
            ("enable.partition.eof", "true"),
            ("allow.auto.create.topics", "false"),
        ];
        let client: BaseConsumer<Voice> = cluster
            .config(Side::Reader, &defaults, &owned)
            .create_with_context(Voice { role: "restore" })
            .map_err(|e| Error::of("make a reader of a log", e))?;
        Ok(LogReader { fetcher: Fetcher::new(client), topic: topic.to_owned(), reading: Vec::new() })
    }

    /// Reads `partition` too, from `start` on, which must be an offset that is there.
    pub fn add(&mut self, partition: Partition, start: NextOffset) -> Result<(), Error> {
        self.remove(partition)?;
        let doing = "read a partition of a log";
        self.fetcher.forward(&self.topic, partition);
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(&self.topic, partition.0, Place::Offset(start.0)).map_err(|e| Error::of(doing, e))?;
        self.fetcher.client.incremental_assign(&list).map_err(|e| Error::of(doing, e))?;
        self.reading.push(partition);
        Ok(())
    }

    /// Reads `partition` no more.
    pub fn remove(&mut self, partition: Partition) -> Result<(), Error> {
        self.fetcher.batch.forget(partition);
        if let Some(at) = self.reading.iter().position(|p| *p == partition) {
            self.reading.swap_remove(at);
            let mut list = TopicPartitionList::with_capacity(1);
            list.add_partition(&self.topic, partition.0);
            self.fetcher
                .client
                .incremental_unassign(&list)
                .map_err(|e| Error::of("stop reading a partition of a log", e))?;
        }
        Ok(())
    }

    /// Whether it reads anything.
    pub fn is_idle(&self) -> bool {
        self.reading.is_empty()
    }

    /// Fills the batch if it is done; waits up to `wait` for a first item.
    pub fn fetch(&mut self, wait: Duration) -> Result<(), Error> {
        match self.fetcher.client.poll(Duration::ZERO) {
            Some(Err(error)) => {
                let error = Error::of("read a log", error);
                if error.next == Next::Stop {
                    return Err(error);
                }
            }
            Some(Ok(_)) => {
                let text = "a record arrived outside the data queue";
                return Err(Error::refused("keep to the data queue", Next::Replace, text));
            }
            None => {}
        }
        self.fetcher.fetch(wait);
        Ok(())
    }

    /// What is at hand.
    pub fn batch(&mut self) -> &mut Batch {
        &mut self.fetcher.batch
    }
}
