//! Takes many records at once from an own queue, without copying them.
//!
//! `rd_kafka_consume_batch_queue` on a queue to which the partitions are forwarded costs a third of polling record by
//! record. It must never run on the consumer's own queue: a rebalance would then be answered by librdkafka itself.

#![expect(unsafe_code, reason = "librdkafka's batch call and its messages have no safe wrapper")]

use std::ffi::CString;
use std::marker::PhantomData;
use std::slice;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;

use super::error::{Cause, Error, Flags, next_of};
use super::native::{self, Queue};
use crate::model::{Offset, Partition, Time};

/// Records that one fetch takes at most.
pub(super) const RECORDS_PER_FETCH: usize = 2_000;

/// Records taken from the queue and not yet done, in the order of the queue.
pub struct Batch {
    /// Every pointer at `next` or behind is a message of ours; null: forgotten.
    messages: Vec<*mut sys::rd_kafka_message_t>,
    next: usize,
}

// SAFETY: the messages belong to this value alone; librdkafka does not care which thread destroys them.
unsafe impl Send for Batch {}

/// What stands at the head of a batch.
pub enum Item<'a> {
    /// A record.
    Record(Record<'a>),
    /// The end of a partition as of now, with the next offset; only from a [`LogReader`](super::LogReader).
    End(Partition, Offset),
    /// Reading a partition failed.
    Failed(Partition, Error),
}

/// A record, borrowed from the client library's buffer.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    message: *const sys::rd_kafka_message_t,
    batch: PhantomData<&'a Batch>,
}

/// A header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value; `None` is Kafka's null.
    pub value: Option<&'a [u8]>,
}

impl Batch {
    pub(super) fn new() -> Batch {
        Batch { messages: Vec::with_capacity(RECORDS_PER_FETCH), next: 0 }
    }

    /// The first item that is not done.
    pub fn head(&self) -> Option<Item<'_>> {
        let message = *self.messages.get(self.next)?;
        // SAFETY: `messages[next..]` are live messages of ours, never null at `next` (see `skip_forgotten`).
        let m = unsafe { &*message };
        let partition = Partition(m.partition);
        Some(match m.err {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => {
                Item::Record(Record { message, batch: PhantomData })
            }
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF => Item::End(partition, Offset(m.offset)),
            err => {
                let code: RDKafkaErrorCode = err.into();
                // SAFETY: the text of a live message.
                let text = unsafe { native::text(sys::rd_kafka_message_errstr(message)) };
                let next = next_of(code, Flags::default());
                Item::Failed(partition, Error { doing: "read a partition", next, source: Cause { code, text } })
            }
        })
    }

    /// The records from the head on that are of the same partition, without a gap.
    pub fn run(&self) -> impl Iterator<Item = Record<'_>> {
        let mut of = None;
        self.messages[self.next..].iter().map_while(move |message| {
            // SAFETY: live messages of ours, or null where one was forgotten.
            let m = unsafe { message.as_ref() }?;
            let no_error = matches!(m.err, sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR);
            let same = *of.get_or_insert(m.partition) == m.partition;
            (no_error && same).then_some(Record { message: *message, batch: PhantomData })
        })
    }

    /// The head is done.
    pub fn advance(&mut self) {
        if let Some(message) = self.messages.get(self.next) {
            // SAFETY: live and ours; `next` moves past it and it is not used again.
            unsafe { sys::rd_kafka_message_destroy(*message) };
            self.next += 1;
            self.skip_forgotten();
        }
    }

    /// Drops what is left of a partition: it was revoked, or is read again from elsewhere.
    pub fn forget(&mut self, partition: Partition) {
        for message in &mut self.messages[self.next..] {
            // SAFETY: live and ours if not null.
            if !message.is_null() && unsafe { (**message).partition } == partition.0 {
                // SAFETY: as above; the null in its place keeps it from being used again.
                unsafe { sys::rd_kafka_message_destroy(*message) };
                *message = std::ptr::null_mut();
            }
        }
        self.skip_forgotten();
    }

    /// Whether everything is done.
    pub fn is_empty(&self) -> bool {
        self.next == self.messages.len()
    }

    /// Items not yet done.
    pub fn len(&self) -> usize {
        self.messages.len() - self.next
    }

    fn skip_forgotten(&mut self) {
        while self.messages.get(self.next).is_some_and(|message| message.is_null()) {
            self.next += 1;
        }
        if self.is_empty() {
            self.messages.clear();
            self.next = 0;
        }
    }

    fn clear(&mut self) {
        while !self.is_empty() {
            self.advance();
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<'a> Record<'a> {
    fn raw(&self) -> &'a sys::rd_kafka_message_t {
        // SAFETY: the batch is borrowed for 'a, so it has not destroyed the message.
        unsafe { &*self.message }
    }

    /// The partition it was read from.
    pub fn partition(&self) -> Partition {
        Partition(self.raw().partition)
    }

    /// Its place there.
    pub fn offset(&self) -> Offset {
        Offset(self.raw().offset)
    }

    /// The key's bytes.
    pub fn key(&self) -> Option<&'a [u8]> {
        let raw = self.raw();
        // SAFETY: pointer and length are those of the message's own buffer, which lives for 'a.
        (!raw.key.is_null()).then(|| unsafe { slice::from_raw_parts(raw.key.cast(), raw.key_len) })
    }

    /// The value's bytes; `None` is a tombstone.
    pub fn value(&self) -> Option<&'a [u8]> {
        let raw = self.raw();
        // SAFETY: as for the key.
        (!raw.payload.is_null()).then(|| unsafe { slice::from_raw_parts(raw.payload.cast(), raw.len) })
    }

    /// When it was created or appended, as the topic is configured.
    pub fn timestamp(&self) -> Option<Time> {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: a live message; the out parameter lives during the call.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.message, &mut kind) };
        (millis >= 0).then_some(Time(millis))
    }

    /// Its headers, in order. The library parses them only now, so ask only where they are needed. A header whose
    /// name is not UTF-8 is left out.
    pub fn headers(&self) -> impl Iterator<Item = Header<'a>> + use<'a> {
        let mut list: *mut sys::rd_kafka_headers_t = std::ptr::null_mut();
        // SAFETY: a live message; the list belongs to it and lives as long.
        let found = unsafe { sys::rd_kafka_message_headers(self.message, &mut list) };
        let some = matches!(found, sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR) && !list.is_null();
        // SAFETY: a list of a live message.
        let count = if some { unsafe { sys::rd_kafka_header_cnt(list) } } else { 0 };
        (0..count).filter_map(move |index| {
            let (mut name, mut value, mut length) = (std::ptr::null(), std::ptr::null(), 0);
            // SAFETY: `index` is within the list; what is returned lives as long as the message, that is for 'a.
            unsafe {
                sys::rd_kafka_header_get_all(list, index, &mut name, &mut value, &mut length);
                let name = std::ffi::CStr::from_ptr(name).to_str().ok()?;
                let value = (!value.is_null()).then(|| slice::from_raw_parts(value.cast(), length));
                Some(Header { name, value })
            }
        })
    }
}

/// A consumer with its own data queue and what was taken from it. The fields drop in this order: a message or a queue
/// that outlives the consumer's close would make it hang.
pub(super) struct Fetcher<C: ConsumerContext> {
    pub batch: Batch,
    queue: Queue,
    pub client: BaseConsumer<C>,
}

impl<C: ConsumerContext> Fetcher<C> {
    pub(super) fn new(client: BaseConsumer<C>) -> Fetcher<C> {
        // SAFETY: a new queue of a live client, which the field order keeps alive longer than the queue.
        let queue = unsafe { Queue::own(sys::rd_kafka_queue_new(client.client().native_ptr())) };
        let queue = queue.expect("librdkafka returns a queue or aborts for want of memory");
        Fetcher { batch: Batch::new(), queue, client }
    }

    /// Sends what is fetched of a partition to the data queue. Before each assignment of it: the end of one undoes it.
    pub(super) fn forward(&self, topic: &str, partition: Partition) {
        let topic = CString::new(topic).expect("a checked topic name has no NUL");
        // SAFETY: live client; the reference is destroyed at the end of the block, the forwarding stays.
        unsafe {
            let raw = sys::rd_kafka_queue_get_partition(self.client.client().native_ptr(), topic.as_ptr(), partition.0);
            if let Some(of_partition) = Queue::own(raw) {
                sys::rd_kafka_queue_forward(of_partition.ptr(), self.queue.ptr());
            }
        }
    }

    /// Fills the batch, if all of it is done, with what is there; waits up to `wait` for a first record.
    pub(super) fn fetch(&mut self, wait: Duration) {
        if !self.batch.is_empty() {
            return;
        }
        self.take(RECORDS_PER_FETCH, Duration::ZERO);
        if self.batch.is_empty() && !wait.is_zero() {
            // The call returns only when the batch is full or the time is over: so wait for one, then take the rest.
            self.take(1, wait);
            if !self.batch.is_empty() {
                self.take(RECORDS_PER_FETCH - 1, Duration::ZERO);
            }
        }
    }

    fn take(&mut self, most: usize, wait: Duration) {
        let messages = &mut self.batch.messages;
        messages.reserve(most);
        let wait = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: there is room for `most` pointers behind the present ones; the call writes as many as it returns,
        // each a message that is now ours.
        unsafe {
            let room = messages.as_mut_ptr().add(messages.len());
            let count = sys::rd_kafka_consume_batch_queue(self.queue.ptr(), wait, room, most);
            messages.set_len(messages.len() + usize::try_from(count).unwrap_or(0));
        }
    }
}
