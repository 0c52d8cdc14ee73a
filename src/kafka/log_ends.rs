//! Where partitions begin and end, for everybody: open transactions included.
//!
//! A reader of committed records only sees the last stable offset, and an open transaction of a crashed writer hides
//! committed state behind it (KAFKA-10167). So this client reads uncommitted.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset as Place, TopicPartitionList};

use super::client::{Cluster, Side, Voice};
use super::error::{Error, Next};
use crate::model::{NextOffset, Partition};

/// Asks where partitions begin and end.
pub struct LogEnds {
    client: BaseConsumer<Voice>,
}

impl LogEnds {
    /// A client for such questions.
    pub fn open(cluster: &Cluster) -> Result<LogEnds, Error> {
        let owned = [
            ("group.id", "churnwatch-log-ends"),
            ("group.protocol", "classic"),
            ("enable.auto.commit", "false"),
            ("isolation.level", "read_uncommitted"),
            ("auto.offset.reset", "error"),
            ("allow.auto.create.topics", "false"),
        ];
        let client = cluster
            .config(Side::Reader, &[], &owned)
            .create_with_context(Voice { role: "ends" })
            .map_err(|e| Error::of("make a client", e))?;
        Ok(LogEnds { client })
    }

    /// Lets the library say what it has to say; what nobody asks for is kept, without bound. Every second or so.
    pub fn serve(&self) {
        // There is no subscription, so nothing but events comes; an error is of a connection, which is repaired.
        while self.client.poll(Duration::ZERO).is_some() {}
    }

    /// How many partitions `topic` has; `None` if there is no such topic.
    pub fn partitions(&self, topic: &str, timeout: Duration) -> Result<Option<usize>, Error> {
        let metadata = self.client.fetch_metadata(None, timeout).map_err(|e| Error::of("read the topics", e))?;
        Ok(metadata.topics().iter().find(|t| t.name() == topic).map(|t| t.partitions().len()))
    }

    /// First offset and high watermark of a partition.
    pub fn range(
        &self,
        topic: &str,
        partition: Partition,
        timeout: Duration,
    ) -> Result<(NextOffset, NextOffset), Error> {
        let (low, high) = self.client.fetch_watermarks(topic, partition.0, timeout).map_err(|e| {
            // A partition without a leader comes back; a topic that is gone does not, and `Stop` says so.
            let error = Error::of("read where a partition begins and ends", e);
            if error.next == Next::Replace { Error { next: Next::Retry, ..error } } else { error }
        })?;
        Ok((NextOffset(low), NextOffset(high)))
    }

    /// High watermarks of several partitions, with one request to each leader.
    pub fn ends(
        &self,
        topic: &str,
        partitions: &[Partition],
        timeout: Duration,
    ) -> Result<Vec<(Partition, NextOffset)>, Error> {
        let doing = "read where partitions end";
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            // For this request an offset is a time, and -1 asks for the end.
            list.add_partition_offset(topic, partition.0, Place::End).map_err(|e| Error::of(doing, e))?;
        }
        let list = self.client.offsets_for_times(list, timeout).map_err(|e| Error::of(doing, e))?;
        let mut ends = Vec::with_capacity(partitions.len());
        for element in list.elements() {
            if let (Ok(()), Place::Offset(end)) = (element.error(), element.offset()) {
                ends.push((Partition(element.partition()), NextOffset(end)));
            }
        }
        Ok(ends)
    }
}
