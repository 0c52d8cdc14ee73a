//! Writes: in transactions, or at least once without them.
//!
//! The transactional calls go straight to librdkafka: rdkafka's own `commit_transaction` and `flush` wait up to 100 ms
//! for events that its polling thread has served already. Delivery errors poison the transaction, and the log is read:
//! lost and timed-out requests are retried silently, and only the facilities `FAIL` and `REQTMOUT` tell of them.

#![expect(unsafe_code, reason = "transactional calls, topic handles and the synchronous log callback are raw")]

use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::os::raw::{c_char, c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use super::batch::Header;
use super::client::{Cluster, Side, Voice};
use super::error::{Cause, Error, Flags, Next, next_of};
use super::group_reader::{GroupMetadata, GroupReader, OffsetToCommit};
use super::native;
use super::watch::{self, Watch};
use crate::model::{Partition, Time};

/// What the writes promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Transactions under this id, which must be this writer's own and the same after a restart.
    ExactlyOnce {
        /// The `transactional.id`.
        id: String,
        /// The broker aborts a transaction that is open for longer.
        timeout: Duration,
    },
    /// Idempotent writes, no transactions.
    AtLeastOnce,
}

/// A topic of a producer: its place in the list the producer was opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicIndex(pub usize);

/// A record to write.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Where to.
    pub topic: TopicIndex,
    /// `None`: by the key, as Kafka's own default partitioner does.
    pub partition: Option<Partition>,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers, in order.
    pub headers: &'a [Header<'a>],
    /// When it happened; `None`: now.
    pub timestamp: Option<Time>,
}

/// The raw client. Destroying it may block for seconds when the cluster is gone.
struct Native {
    client: *mut sys::rd_kafka_t,
    events: *mut sys::rd_kafka_queue_t,
    watch: Arc<Watch>,
}

// SAFETY: librdkafka's clients and queues may be used from any thread.
unsafe impl Send for Native {}
// SAFETY: as above.
unsafe impl Sync for Native {}

impl Drop for Native {
    fn drop(&mut self) {
        // SAFETY: owned; nobody else uses them any more. The watch is still alive: it is a field of ours.
        unsafe {
            sys::rd_kafka_queue_destroy(self.events);
            sys::rd_kafka_destroy(self.client);
        }
    }
}

/// A writer to a fixed list of topics.
pub struct Producer {
    topics: Vec<*mut sys::rd_kafka_topic_t>,
    input_topic: String,
    native: Arc<Native>,
    stopping: Arc<AtomicBool>,
    polling: Option<JoinHandle<()>>,
}

// SAFETY: topic handles belong to the client and may be used from any thread.
unsafe impl Send for Producer {}

impl Producer {
    /// Opens a producer for `topics`; offsets that it commits are those of `input_topic`.
    pub fn open(
        cluster: &Cluster,
        guarantee: &Guarantee,
        topics: &[String],
        input_topic: &str,
    ) -> Result<Producer, Error> {
        let doing = "make a producer";
        let mut owned = vec![
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("delivery.report.only.error", "true"),
            ("partitioner", "murmur2_random"),
            ("log.queue", "false"),
            ("log_level", "6"),
        ];
        let timeout = match guarantee {
            Guarantee::ExactlyOnce { timeout, .. } => timeout.as_millis(),
            Guarantee::AtLeastOnce => 15_000,
        };
        // A message, and any single request, must fail before its transaction does.
        let (timeout, below) = (timeout.to_string(), (timeout * 2 / 3).to_string());
        let defaults = [
            // Full batches, sent while the next ones are filled; a flush waits for nobody. With 0 every record that finds
            // the queue empty wakes a thread, and the broker is sent a few records at a time.
            ("linger.ms", "20"),
            // With the default of 100 a transaction soon after another waits for as long.
            ("retry.backoff.ms", "2"),
            ("queue.buffering.max.messages", "1000000"),
            ("compression.codec", "none"),
            ("message.timeout.ms", below.as_str()),
            ("socket.timeout.ms", below.as_str()),
        ];
        if let Guarantee::ExactlyOnce { id, .. } = guarantee {
            owned.push(("transactional.id", id));
            owned.push(("transaction.timeout.ms", &timeout));
        }
        let config = cluster.config(Side::Writer, &defaults, &owned);
        let conf = config.create_native_config().map_err(|e| Error::of(doing, e))?;
        let watch = Arc::new(Watch::new(Voice { role: "writer" }));
        let mut text: [c_char; 512] = [0; 512];
        // SAFETY: `conf` is live; the opaque outlives the client (a field of `Native`, dropped after it).
        let client = unsafe {
            sys::rd_kafka_conf_set_opaque(conf.ptr(), Arc::as_ptr(&watch).cast_mut().cast());
            sys::rd_kafka_conf_set_log_cb(conf.ptr(), Some(watch::on_log));
            sys::rd_kafka_conf_set_events(conf.ptr(), sys::RD_KAFKA_EVENT_DR | sys::RD_KAFKA_EVENT_ERROR);
            // From here on the configuration belongs to the client, unless the call fails.
            let conf = ManuallyDrop::new(conf);
            let kind = sys::rd_kafka_type_t::RD_KAFKA_PRODUCER;
            let client = sys::rd_kafka_new(kind, conf.ptr(), text.as_mut_ptr(), text.len());
            if client.is_null() {
                drop(ManuallyDrop::into_inner(conf));
                return Err(Error::refused(doing, Next::Stop, native::text(text.as_ptr())));
            }
            client
        };
        // SAFETY: a live client; the queue reference is ours.
        let events = unsafe { sys::rd_kafka_queue_get_main(client) };
        let native = Arc::new(Native { client, events, watch });
        let stopping = Arc::new(AtomicBool::new(false));
        let polling = {
            let (native, stop) = (native.clone(), stopping.clone());
            let poll = move || {
                while !stop.load(Ordering::Acquire) {
                    native.serve(100);
                }
            };
            thread::Builder::new()
                .name("producer-events".into())
                .spawn(poll)
                .map_err(|e| Error::refused(doing, Next::Stop, format!("cannot start a thread: {e}")))?
        };
        let mut producer = Producer {
            topics: Vec::new(),
            input_topic: input_topic.to_owned(),
            native,
            stopping,
            polling: Some(polling),
        };
        for topic in topics {
            let name = CString::new(topic.as_str())
                .map_err(|_| Error::refused(doing, Next::Stop, "a topic name with a NUL"))?;
            // SAFETY: a live client; no configuration of its own.
            let handle = unsafe { sys::rd_kafka_topic_new(client, name.as_ptr(), std::ptr::null_mut()) };
            if handle.is_null() {
                return Err(Error::refused(doing, Next::Stop, "an invalid topic name"));
            }
            producer.topics.push(handle);
        }
        Ok(producer)
    }

    /// Fences every older producer of this id and ends its open transaction. Retriable until the cluster answers.
    pub fn init_transactions(&self, timeout: Duration) -> Result<(), Error> {
        // SAFETY: a live client; the error object is ours.
        unsafe {
            native::checked(
                "start the transactional producer",
                sys::rd_kafka_init_transactions(self.ptr(), ms(timeout)),
            )
        }
    }

    /// Begins a transaction: what was reported of the last one is forgotten.
    pub fn begin(&self) -> Result<(), Error> {
        self.forget_reports();
        // SAFETY: as above.
        unsafe { native::checked("begin a transaction", sys::rd_kafka_begin_transaction(self.ptr())) }
    }

    /// Forgets what was reported so far; without transactions, at the start of each round of writes.
    pub fn forget_reports(&self) {
        self.native.watch.forget();
    }

    /// Hands a record to the library. Waits while its buffer is full: nothing is ever dropped.
    pub fn produce(&self, record: &Outgoing<'_>) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            let code = if record.headers.is_empty() && record.timestamp.is_none() {
                self.produce_plain(record)
            } else {
                self.produce_with_headers(record)
            };
            match code {
                RDKafkaErrorCode::NoError => return Ok(()),
                // The polling thread makes room; the bound is far beyond the timeout of a message.
                RDKafkaErrorCode::QueueFull if started.elapsed() < Duration::from_secs(120) => {
                    thread::sleep(Duration::from_millis(1));
                }
                code => return Err(self.not_taken(code)),
            }
        }
    }

    fn produce_plain(&self, record: &Outgoing<'_>) -> RDKafkaErrorCode {
        let (key, key_len) = raw(record.key);
        let (value, value_len) = raw(record.value);
        let partition = record.partition.map_or(UNASSIGNED, |p| p.0);
        // SAFETY: live client and topic; the library copies key and value before it returns.
        unsafe {
            let topic = self.topics[record.topic.0];
            let flags = sys::RD_KAFKA_MSG_F_COPY;
            let opaque = std::ptr::null_mut();
            if sys::rd_kafka_produce(topic, partition, flags, value, value_len, key, key_len, opaque) == 0 {
                RDKafkaErrorCode::NoError
            } else {
                sys::rd_kafka_last_error().into()
            }
        }
    }

    fn produce_with_headers(&self, record: &Outgoing<'_>) -> RDKafkaErrorCode {
        use sys::rd_kafka_vtype_t as V;
        let (key, key_len) = raw(record.key);
        let (value, value_len) = raw(record.value);
        let partition = record.partition.map_or(UNASSIGNED, |p| p.0);
        // SAFETY: live client and topic; each tag is followed by arguments of the types that librdkafka documents for
        // it; the library copies key and value, and owns the headers only if it takes the record.
        unsafe {
            let headers = sys::rd_kafka_headers_new(record.headers.len());
            for header in record.headers {
                let (value, length) = raw(header.value);
                let name_length = header.name.len() as isize;
                let length = if header.value.is_some() { length as isize } else { 0 };
                sys::rd_kafka_header_add(headers, header.name.as_ptr().cast(), name_length, value, length);
            }
            let code: RDKafkaErrorCode = sys::rd_kafka_producev(
                self.ptr(),
                V::RD_KAFKA_VTYPE_RKT,
                self.topics[record.topic.0],
                V::RD_KAFKA_VTYPE_PARTITION,
                partition,
                V::RD_KAFKA_VTYPE_MSGFLAGS,
                sys::RD_KAFKA_MSG_F_COPY,
                V::RD_KAFKA_VTYPE_VALUE,
                value,
                value_len,
                V::RD_KAFKA_VTYPE_KEY,
                key,
                key_len,
                V::RD_KAFKA_VTYPE_TIMESTAMP,
                record.timestamp.map_or(0, |t| t.0),
                V::RD_KAFKA_VTYPE_HEADERS,
                headers,
                V::RD_KAFKA_VTYPE_END,
            )
            .into();
            if !matches!(code, RDKafkaErrorCode::NoError) {
                sys::rd_kafka_headers_destroy(headers);
            }
            code
        }
    }

    /// Why the library did not take a record.
    fn not_taken(&self, code: RDKafkaErrorCode) -> Error {
        let doing = "write a record";
        match code {
            // The client has failed for good: the first such error says why.
            RDKafkaErrorCode::Fatal => self.fatal(doing),
            // An abortable error happened in the background and the library refuses more of this transaction.
            RDKafkaErrorCode::State => Error { next: Next::Abort, ..Error::of_code(doing, code) },
            code => Error::of_code(doing, code),
        }
    }

    fn fatal(&self, doing: &'static str) -> Error {
        let mut text: [c_char; 512] = [0; 512];
        // SAFETY: a live client and a buffer of the stated length.
        let (code, text) = unsafe {
            let code: RDKafkaErrorCode = sys::rd_kafka_fatal_error(self.ptr(), text.as_mut_ptr(), text.len()).into();
            (code, native::text(text.as_ptr()))
        };
        let next = next_of(code, Flags { fatal: true, ..Flags::default() });
        Error { doing, next, source: Cause { code, text } }
    }

    /// Waits until every record is acknowledged; a record that was refused is an error here.
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        let doing = "flush the records";
        // SAFETY: a live client.
        let code: RDKafkaErrorCode = unsafe { sys::rd_kafka_flush(self.ptr(), ms(timeout)) }.into();
        if let Some(error) = self.poisoned() {
            return Err(error);
        }
        match code {
            RDKafkaErrorCode::NoError => Ok(()),
            code => Err(Error::of_code(doing, code)),
        }
    }

    /// The first record since `begin` that could not be delivered.
    pub fn poisoned(&self) -> Option<Error> {
        let code = self.native.watch.poison()?;
        let doing = "deliver a record";
        if matches!(code, RDKafkaErrorCode::Fatal) {
            return Some(self.fatal(doing));
        }
        let next = match next_of(code, Flags::default()) {
            // The record is lost from this transaction, whatever the code: only an abort undoes that.
            Next::Retry | Next::Replace => Next::Abort,
            next => next,
        };
        Some(Error { doing, next, source: Cause { code, text: String::new() } })
    }

    /// Whether a request was lost or timed out since `begin`: then nothing that the library says of it is certain.
    pub fn is_suspect(&self) -> bool {
        self.native.watch.is_suspect()
    }

    /// Puts offsets into the transaction. `metadata` must be taken just before. May ignore `timeout` when the broker
    /// is gone, so somebody else must watch the clock.
    pub fn send_offsets(
        &self,
        offsets: &[OffsetToCommit],
        metadata: &GroupMetadata,
        timeout: Duration,
    ) -> Result<(), Error> {
        let list = GroupReader::offsets_of(&self.input_topic, offsets)?;
        // SAFETY: live client, list and metadata; all are copied by the call.
        unsafe {
            let (client, timeout) = (self.ptr(), ms(timeout));
            let error = sys::rd_kafka_send_offsets_to_transaction(client, list.ptr(), metadata.ptr(), timeout);
            native::checked("send the offsets to the transaction", error)
        }
    }

    /// Commits. Repeat when retriable.
    pub fn commit(&self, timeout: Duration) -> Result<(), Error> {
        // SAFETY: a live client; the error object is ours.
        unsafe { native::checked("commit the transaction", sys::rd_kafka_commit_transaction(self.ptr(), ms(timeout))) }
    }

    /// Aborts. Repeat when retriable.
    pub fn abort(&self, timeout: Duration) -> Result<(), Error> {
        // SAFETY: as above.
        unsafe { native::checked("abort the transaction", sys::rd_kafka_abort_transaction(self.ptr(), ms(timeout))) }
    }

    fn ptr(&self) -> *mut sys::rd_kafka_t {
        self.native.client
    }
}

impl Drop for Producer {
    /// May block for seconds when the cluster is gone: drop it where that does no harm.
    fn drop(&mut self) {
        // SAFETY: the handles are ours and not used again; purging needs no more than a live client.
        unsafe {
            sys::rd_kafka_purge(self.ptr(), PURGE_ALL);
            for topic in &self.topics {
                sys::rd_kafka_topic_destroy(*topic);
            }
        }
        self.stopping.store(true, Ordering::Release);
        if let Some(polling) = self.polling.take() {
            // A panic in there has been reported by its own thread.
            let _ = polling.join();
        }
        // What the purge made ready, so that destroying the client does not wait for it.
        self.native.serve(0);
    }
}

const UNASSIGNED: i32 = -1;
/// Queued, in flight, and without waiting for either.
const PURGE_ALL: c_int = 0x1 | 0x2 | 0x4;

impl Native {
    /// Serves one event of the library, waiting up to `wait_ms` for it.
    fn serve(&self, wait_ms: c_int) {
        // SAFETY: live queue; the event is ours until destroyed, its messages live as long as it does.
        unsafe {
            let event = sys::rd_kafka_queue_poll(self.events, wait_ms);
            if event.is_null() {
                return;
            }
            match sys::rd_kafka_event_type(event) {
                sys::RD_KAFKA_EVENT_DR => loop {
                    let message = sys::rd_kafka_event_message_next(event);
                    if message.is_null() {
                        break;
                    }
                    self.watch.refused((*message).err);
                },
                sys::RD_KAFKA_EVENT_ERROR => {
                    let text = native::text(sys::rd_kafka_event_error_string(event));
                    self.watch.voice.say(7, "ERROR", &text);
                }
                _ => {}
            }
            sys::rd_kafka_event_destroy(event);
        }
    }
}

fn ms(timeout: Duration) -> c_int {
    c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX)
}

fn raw(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    bytes.map_or((std::ptr::null_mut(), 0), |b| (b.as_ptr().cast_mut().cast(), b.len()))
}
