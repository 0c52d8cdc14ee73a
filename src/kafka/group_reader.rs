//! A member of the consumer group: its batches, its rebalances, its committed offsets.
//!
//! A rebalance is an observation like any other. The library's callback only notes it; the owner commits or aborts,
//! drops what is revoked, and then answers with [`GroupReader::assign`] or [`GroupReader::release`]. Until then
//! nothing is fetched and the group waits, as if the callback were still running.

#![expect(unsafe_code, reason = "group metadata with its generation has no safe wrapper")]

use std::collections::VecDeque;
use std::ffi::CString;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset as Place, Statistics, TopicPartitionList, bindings as sys};

use super::batch::{Batch, Fetcher};
use super::client::{Cluster, Side, Voice};
use super::error::{Error, Next, next_of};
use crate::model::{NextOffset, Partition};

/// How to be a member.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The consumer group.
    pub group_id: String,
    /// The topic to share.
    pub topic: String,
    /// A member that is silent for so long loses its partitions.
    pub session_timeout: Duration,
}

/// A change of what this member owns. It must be answered before the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebalance {
    /// These come in addition: answer with `assign`.
    Assigned(Vec<Partition>),
    /// These go, and may still be committed: answer with `release`.
    Revoked(Vec<Partition>),
    /// These are gone, somebody else may own them already: write nothing; answer with `release`.
    Lost(Vec<Partition>),
}

/// What the group has committed for a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The next offset to read.
    pub next: NextOffset,
    /// What was committed with it; empty if nothing.
    pub metadata: String,
}

/// An offset to commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetToCommit {
    /// Of this partition of the input.
    pub partition: Partition,
    /// The next offset to read.
    pub next: NextOffset,
    /// Below 4096 bytes.
    pub metadata: String,
}

/// The member's standing in the group as of now: what fences a zombie.
pub struct GroupMetadata(NonNull<sys::rd_kafka_consumer_group_metadata_t>);

// SAFETY: a plain value of the library, not tied to a thread.
unsafe impl Send for GroupMetadata {}

impl GroupMetadata {
    pub(super) fn ptr(&self) -> *const sys::rd_kafka_consumer_group_metadata_t {
        self.0.as_ptr()
    }
}

impl Drop for GroupMetadata {
    fn drop(&mut self) {
        // SAFETY: owned since `group_metadata` made it.
        unsafe { sys::rd_kafka_consumer_group_metadata_destroy(self.0.as_ptr()) }
    }
}

/// Notes rebalances until the owner takes them.
struct Context {
    voice: Voice,
    rebalances: Mutex<VecDeque<Rebalance>>,
    /// Nobody will answer any more: the callback does.
    leaving: AtomicBool,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.voice.log(level, facility, text);
    }

    fn stats(&self, _: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.voice.error(error, reason);
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions = list.elements().iter().map(|e| Partition(e.partition())).collect();
        let rebalance = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Rebalance::Assigned(partitions),
            _ if consumer.assignment_lost() => Rebalance::Lost(partitions),
            _ => Rebalance::Revoked(partitions),
        };
        if self.leaving.load(Ordering::Acquire) {
            // A refusal here can only mean that the member is gone already.
            let _ = match (&rebalance, consumer.rebalance_protocol()) {
                (Rebalance::Assigned(_), _) => consumer.unassign(),
                (_, RebalanceProtocol::Cooperative) => consumer.incremental_unassign(list),
                (..) => consumer.unassign(),
            };
            return;
        }
        self.rebalances.lock().expect("no holder of this lock can panic").push_back(rebalance);
    }
}

/// A member of the consumer group.
pub struct GroupReader {
    fetcher: Fetcher<Context>,
    topic: String,
}

impl GroupReader {
    /// Starts to join; the first rebalance comes through `poll`.
    pub fn join(cluster: &Cluster, membership: &Membership) -> Result<GroupReader, Error> {
        let session = membership.session_timeout.as_millis().to_string();
        let heartbeat = (membership.session_timeout.as_millis() / 4).to_string();
        let defaults = [
            ("fetch.wait.max.ms", "50"),
            // With the default of a second a full queue stands still for that long.
            ("fetch.queue.backoff.ms", "10"),
            // Of each partition, so many at hand are enough; the defaults, 100,000 and 64 MiB, only take memory.
            ("queued.min.messages", "20000"),
            ("queued.max.messages.kbytes", "16384"),
            ("session.timeout.ms", session.as_str()),
            ("heartbeat.interval.ms", heartbeat.as_str()),
        ];
        let owned = [
            ("group.id", membership.group_id.as_str()),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("isolation.level", "read_committed"),
            ("partition.assignment.strategy", "cooperative-sticky"),
            // A lost offset is an error; where to begin the first time is decided by us.
            ("auto.offset.reset", "error"),
            ("allow.auto.create.topics", "false"),
        ];
        let context = Context {
            voice: Voice { role: "reader" },
            rebalances: Mutex::new(VecDeque::new()),
            leaving: AtomicBool::new(false),
        };
        let client: BaseConsumer<Context> = cluster
            .config(Side::Reader, &defaults, &owned)
            .create_with_context(context)
            .map_err(|e| Error::of("make the reader of the input", e))?;
        client.subscribe(&[&membership.topic]).map_err(|e| Error::of("subscribe to the input topic", e))?;
        Ok(GroupReader { fetcher: Fetcher::new(client), topic: membership.topic.clone() })
    }

    /// Serves the library's events. A rebalance that is returned must be answered before the next call.
    pub fn poll(&mut self) -> Result<Option<Rebalance>, Error> {
        let context = self.fetcher.client.context().clone();
        loop {
            if let Some(rebalance) = context.rebalances.lock().expect("no holder of this lock can panic").pop_front() {
                return Ok(Some(rebalance));
            }
            match self.fetcher.client.poll(Duration::ZERO) {
                Some(Ok(_)) => {
                    let text = "a record arrived outside the data queue";
                    return Err(Error::refused("keep to the data queue", Next::Replace, text));
                }
                Some(Err(error)) => self.weigh(error)?,
                // One event may have been served, so look at the notes once more.
                None => return Ok(context.rebalances.lock().expect("no holder of this lock can panic").pop_front()),
            }
        }
    }

    /// The library repairs a lost connection by itself; what it cannot repair is an error of ours.
    fn weigh(&self, error: KafkaError) -> Result<(), Error> {
        let error = Error::of("read the input topic", error);
        match (error.next, error.source.code) {
            (Next::Stop, _) => Err(error),
            (_, RDKafkaErrorCode::Fatal | RDKafkaErrorCode::FencedInstanceId) => Err(error),
            _ => Ok(()),
        }
    }

    /// Answers [`Rebalance::Assigned`]: each partition is taken at `start`, paused.
    ///
    /// `start` must be an offset that is there: an offset out of range ends the fetching of the partition for good.
    pub fn assign(&mut self, partitions: &[(Partition, NextOffset)]) -> Result<(), Error> {
        let doing = "take over assigned partitions";
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for (partition, start) in partitions {
            self.fetcher.forward(&self.topic, *partition);
            list.add_partition_offset(&self.topic, partition.0, Place::Offset(start.0))
                .map_err(|e| Error::of(doing, e))?;
        }
        let answer = match self.fetcher.client.rebalance_protocol() {
            RebalanceProtocol::Eager => self.fetcher.client.assign(&list),
            RebalanceProtocol::Cooperative | RebalanceProtocol::None => self.fetcher.client.incremental_assign(&list),
        };
        answer.and_then(|()| self.fetcher.client.pause(&list)).map_err(|e| Error::of(doing, e))
    }

    /// Answers [`Rebalance::Revoked`] and [`Rebalance::Lost`].
    pub fn release(&mut self, partitions: &[Partition]) -> Result<(), Error> {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            self.fetcher.batch.forget(*partition);
            list.add_partition(&self.topic, partition.0);
        }
        let answer = match self.fetcher.client.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.fetcher.client.incremental_unassign(&list),
            RebalanceProtocol::Eager | RebalanceProtocol::None => self.fetcher.client.unassign(),
        };
        answer.map_err(|e| Error::of("give partitions back", e))
    }

    /// Lets records of a partition flow, from `next` on.
    pub fn start(&mut self, partition: Partition, next: NextOffset) -> Result<(), Error> {
        self.fetcher.batch.forget(partition);
        let doing = "start reading a partition";
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(&self.topic, partition.0, Place::Offset(next.0)).map_err(|e| Error::of(doing, e))?;
        let client = &self.fetcher.client;
        let sought = client.seek_partitions(list, Duration::from_secs(5)).map_err(|e| Error::of(doing, e))?;
        sought.elements()[0].error().map_err(|e| Error {
            // The fetcher of the partition is not up yet, a moment after the assignment.
            next: Next::Retry,
            ..Error::of(doing, e)
        })?;
        client.resume(&sought).map_err(|e| Error::of(doing, e))
    }

    /// Lets no more records of a partition flow, and drops those at hand.
    pub fn stop(&mut self, partition: Partition) -> Result<(), Error> {
        self.fetcher.batch.forget(partition);
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition(&self.topic, partition.0);
        self.fetcher.client.pause(&list).map_err(|e| Error::of("pause a partition", e))
    }

    /// Fills the batch if it is done; waits up to `wait` for a first record.
    pub fn fetch(&mut self, wait: Duration) {
        self.fetcher.fetch(wait);
    }

    /// What is at hand.
    pub fn batch(&mut self) -> &mut Batch {
        &mut self.fetcher.batch
    }

    /// What is at hand, to look at.
    pub fn batch_ref(&self) -> &Batch {
        &self.fetcher.batch
    }

    /// How far the partition has been read, transaction markers included; `None` before the first record.
    pub fn position(&self, partition: Partition) -> Option<NextOffset> {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition(&self.topic, partition.0);
        // SAFETY: live client and list; the call only writes into the list's elements.
        unsafe { sys::rd_kafka_position(self.fetcher.client.client().native_ptr(), list.ptr()) };
        match list.elements()[0].offset() {
            Place::Offset(next) => Some(NextOffset(next)),
            _ => None,
        }
    }

    /// Where the partition ended when the broker last answered a fetch of it; `None` before the first answer.
    pub fn known_end(&self, partition: Partition) -> Option<NextOffset> {
        let topic = CString::new(self.topic.as_str()).expect("a checked topic name has no NUL");
        let (mut low, mut high) = (-1, -1);
        // SAFETY: live client; the out parameters live during the call.
        let code = unsafe {
            let client = self.fetcher.client.client().native_ptr();
            sys::rd_kafka_get_watermark_offsets(client, topic.as_ptr(), partition.0, &mut low, &mut high)
        };
        (matches!(code, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR) && high >= 0).then_some(NextOffset(high))
    }

    /// What the group has committed, open transactions excluded: while one is open the broker makes us wait.
    pub fn committed(
        &self,
        partitions: &[Partition],
        timeout: Duration,
    ) -> Result<Vec<(Partition, Option<Committed>)>, Error> {
        let doing = "read the committed offsets";
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            list.add_partition(&self.topic, partition.0);
        }
        let list = self.fetcher.client.committed_offsets(list, timeout).map_err(|e| Error::of(doing, e))?;
        list.elements()
            .iter()
            .map(|element| {
                element.error().map_err(|e| Error::of(doing, e))?;
                let committed = match element.offset() {
                    Place::Offset(next) => {
                        Some(Committed { next: NextOffset(next), metadata: element.metadata().to_owned() })
                    }
                    _ => None,
                };
                Ok((Partition(element.partition()), committed))
            })
            .collect()
    }

    /// The standing in the group as of now; never keep it. Refused while there is none: the broker would accept
    /// offsets without a generation from anybody.
    pub fn group_metadata(&self) -> Result<GroupMetadata, Error> {
        let doing = "prove the membership in the group";
        // SAFETY: live client; the value returned is ours.
        let metadata = unsafe { sys::rd_kafka_consumer_group_metadata(self.fetcher.client.client().native_ptr()) };
        let Some(metadata) = NonNull::new(metadata).map(GroupMetadata) else {
            return Err(Error::refused(doing, Next::Abort, "the client is in no group"));
        };
        // SAFETY: a live value of ours.
        let generation = unsafe { sys::rd_kafka_consumer_group_metadata_generation_id(metadata.ptr()) };
        if generation < 0 {
            return Err(Error::refused(doing, Next::Abort, "the client has not joined the group"));
        }
        Ok(metadata)
    }

    /// Commits offsets without a transaction.
    pub fn commit(&self, offsets: &[OffsetToCommit]) -> Result<(), Error> {
        let list = self.offsets(offsets)?;
        self.fetcher.client.commit(&list, CommitMode::Sync).map_err(|e| {
            let error = Error::of("commit offsets", e);
            Error { next: next_of(error.source.code, super::error::Flags::default()), ..error }
        })
    }

    pub(super) fn offsets_of(topic: &str, offsets: &[OffsetToCommit]) -> Result<TopicPartitionList, Error> {
        let doing = "list the offsets to commit";
        if offsets.is_empty() {
            // The broker accepts an empty list from anybody, fenced or not.
            return Err(Error::refused(doing, Next::Abort, "there is none"));
        }
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for offset in offsets {
            let mut element = list.add_partition(topic, offset.partition.0);
            element.set_offset(Place::Offset(offset.next.0)).map_err(|e| Error::of(doing, e))?;
            element.set_metadata(&offset.metadata);
        }
        Ok(list)
    }

    fn offsets(&self, offsets: &[OffsetToCommit]) -> Result<TopicPartitionList, Error> {
        Self::offsets_of(&self.topic, offsets)
    }

    /// The topic it shares.
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

impl Drop for GroupReader {
    fn drop(&mut self) {
        // Closing revokes what is left; nobody polls for the note of it any more.
        self.fetcher.client.context().leaving.store(true, Ordering::Release);
    }
}
