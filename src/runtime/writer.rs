//! From effects to records, into the worker's transaction.

use std::time::Duration;

use tracing::warn;

use super::failure::chain;
use super::settings::{Delivery, Settings};
use crate::codec::{Rejected, alert as alert_codec, changelog, dead_letter};
use crate::engine::Customer;
use crate::kafka::{Error, Guarantee, Header, Next, Outgoing, Producer, Record, TopicIndex};
use crate::model::alert::{Reason, Treatment};
use crate::model::{Alert, CustomerKey, Kind, NextOffset, Partition, Severity, Time, Transition};
use crate::task::{Load, Outcome, Transaction, TransactionAction, TransactionObserved};
use crate::wording::Wording;

const ALERTS: TopicIndex = TopicIndex(0);
const ALERTS_STATE: TopicIndex = TopicIndex(1);
const DEAD_LETTERS: TopicIndex = TopicIndex(2);
const CHANGELOG: TopicIndex = TopicIndex(3);
const HOLDOUT: TopicIndex = TopicIndex(4);

/// A dead letter is the original and our headers, and the library sends 1,000,000 bytes at most: what is longer is cut
/// and says so. The three together leave room for our own.
const LETTER_KEY_BYTES_MAX: usize = 32 << 10;
const LETTER_HEADER_BYTES_MAX: usize = 32 << 10;
const LETTER_VALUE_BYTES_MAX: usize = 900_000;
/// What a header costs beside its name and value, at most.
const HEADER_FRAME_BYTES: usize = 10;

/// An alert of the present transaction, for the metrics once it is committed.
pub(super) struct WrittenAlert {
    pub kind: Kind,
    pub severity: Severity,
    pub transition: Transition,
    /// Timestamp of the record that tipped it.
    pub ingested: Option<Time>,
}

/// The record that tipped an effect: an alert says where it came from. `None` for the wall clock.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub partition: Partition,
    pub offset: i64,
    pub timestamp: Option<Time>,
}

/// Writes into the worker's transaction.
pub(super) struct Writer {
    settings: Settings,
    guarantee: Guarantee,
    producer: Option<Producer>,
    pub transaction: Transaction,
    pub load: Load,
    pub alerts: Vec<WrittenAlert>,
    pub changelog_records: u64,
    pub changelog_bytes: u64,
    value: Vec<u8>,
}

/// What a failed call asks for.
pub(super) fn outcome(result: Result<(), Error>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => {
            warn!(next = ?error.next, "{}", chain(&error));
            match error.next {
                Next::Retry => Outcome::Retry,
                Next::Abort => Outcome::Abort,
                Next::Replace => Outcome::Replace,
                Next::Fenced => Outcome::Fenced,
                Next::Stop => Outcome::Stop,
            }
        }
    }
}

impl Writer {
    pub(super) fn new(settings: &Settings, worker: usize) -> Writer {
        let guarantee = match settings.delivery {
            Delivery::ExactlyOnce => {
                Guarantee::ExactlyOnce { id: settings.transactional_id(worker), timeout: settings.transaction_timeout }
            }
            Delivery::AtLeastOnce => Guarantee::AtLeastOnce,
        };
        Writer {
            settings: settings.clone(),
            guarantee,
            producer: None,
            transaction: Transaction::new(),
            load: Load::default(),
            alerts: Vec::new(),
            changelog_records: 0,
            changelog_bytes: 0,
            value: Vec::new(),
        }
    }

    /// Whether there are transactions at all.
    pub(super) fn is_exact(&self) -> bool {
        self.settings.delivery == Delivery::ExactlyOnce
    }

    /// The producer; opened by the first call, and by the first after `give_up`.
    pub(super) fn producer(&mut self) -> Result<&Producer, Error> {
        if self.producer.is_none() {
            let topics = &self.settings.topics;
            let names = [&topics.alerts, &topics.alerts_state, &topics.dead_letters, &topics.changelog];
            let names: Vec<String> = names.into_iter().chain(&topics.holdout).map(String::clone).collect();
            self.producer = Some(Producer::open(&self.settings.cluster, &self.guarantee, &names, &topics.input)?);
        }
        Ok(self.producer.as_ref().expect("just opened"))
    }

    /// Gives the producer up. Its end may take seconds, so another thread waits for it.
    pub(super) fn give_up(&mut self) {
        if let Some(producer) = self.producer.take() {
            std::thread::spawn(move || drop(producer));
        }
    }

    /// Whether a request was lost since the transaction began.
    pub(super) fn is_suspect(&self) -> bool {
        self.is_exact() && self.producer.as_ref().is_some_and(Producer::is_suspect)
    }

    /// What was written is settled, one way or the other.
    pub(super) fn settled(&mut self) {
        self.load = Load::default();
        self.alerts.clear();
        (self.changelog_records, self.changelog_bytes) = (0, 0);
    }

    /// Opens the transaction, if it is not.
    pub(super) fn begin(&mut self) -> Result<(), Outcome> {
        let (transaction, action) = self.transaction.step(TransactionObserved::Write);
        self.transaction = transaction;
        match action {
            None => Ok(()),
            Some(action) => {
                assert_eq!(action, TransactionAction::Begin, "a write can only begin a transaction");
                let exact = self.is_exact();
                let begun = self.producer().and_then(|producer| {
                    if exact {
                        producer.begin()
                    } else {
                        producer.forget_reports();
                        Ok(())
                    }
                });
                as_result(outcome(begun))
            }
        }
    }

    fn write(&mut self, record: &Outgoing<'_>) -> Result<(), Outcome> {
        self.begin()?;
        self.load.bytes += record.value.map_or(0, <[u8]>::len) + record.key.map_or(0, <[u8]>::len);
        let written = self.producer().and_then(|producer| producer.produce(record));
        as_result(outcome(written))
    }

    /// An alert, to its subscribers and to the table of states. `now`: the wall clock.
    pub(super) fn alert(
        &mut self,
        alert: &Alert,
        origin: Option<Origin>,
        wording: &Wording,
        now: Time,
    ) -> Result<(), Outcome> {
        let mut value = std::mem::take(&mut self.value);
        value.clear();
        alert_codec::encode(alert, wording, &mut value);
        let written = self.alert_as(alert, &value, origin, now);
        self.value = value;
        let ingested = origin.and_then(|o| o.timestamp);
        let (kind, severity, transition) = (alert.kind, alert.severity, alert.transition);
        self.alerts.push(WrittenAlert { kind, severity, transition, ingested });
        self.load.alert = true;
        written
    }

    fn alert_as(&mut self, alert: &Alert, value: &[u8], origin: Option<Origin>, now: Time) -> Result<(), Outcome> {
        let facts = alert_codec::headers(alert);
        let key = alert.scope.id();
        let mut wall: Vec<(&str, String)> = vec![("churn_processed_at", now.to_string())];
        if let Some(origin) = origin {
            wall.push(("churn_input_topic", self.settings.topics.input.clone()));
            wall.push(("churn_input_partition", origin.partition.to_string()));
            wall.push(("churn_input_offset", origin.offset.to_string()));
            if let Some(timestamp) = origin.timestamp {
                wall.push(("churn_ingest_to_alert_ms", (now - timestamp).0.max(0).to_string()));
            }
        }
        let headers: Vec<Header<'_>> =
            facts.iter().chain(&wall).map(|(name, value)| Header { name, value: Some(value.as_bytes()) }).collect();
        let is_control = alert.treatment == Treatment::Control && self.settings.topics.holdout.is_some();
        self.write(&Outgoing {
            topic: if is_control { HOLDOUT } else { ALERTS },
            partition: None,
            key: Some(key.as_bytes()),
            value: Some(value),
            headers: &headers,
            timestamp: None,
        })?;
        if is_control {
            return Ok(());
        }
        // Of a customer who was erased nothing stays.
        let erased = alert.reason == Some(Reason::Erased);
        self.write(&Outgoing {
            topic: ALERTS_STATE,
            partition: None,
            key: Some(alert.dedup_key.as_bytes()),
            value: (!erased).then_some(value),
            headers: &[],
            timestamp: None,
        })
    }

    /// A record that cannot be read, as it was. A monster loses its key, its headers or the rest of its value.
    pub(super) fn dead_letter(&mut self, record: &Record<'_>, rejected: &Rejected) -> Result<(), Outcome> {
        let input = &self.settings.topics.input;
        let mut own = dead_letter::headers(rejected, input, record.partition().0, record.offset().0).to_vec();
        let (mut key, mut value) = (record.key(), record.value());
        if let Some(long) = key.filter(|k| k.len() > LETTER_KEY_BYTES_MAX) {
            own.push(("__churn.errors.original_key_bytes", long.len().to_string()));
            key = None;
        }
        if let Some(long) = value.filter(|v| v.len() > LETTER_VALUE_BYTES_MAX) {
            own.push(("__churn.errors.original_bytes", long.len().to_string()));
            value = Some(&long[..LETTER_VALUE_BYTES_MAX]);
        }
        let (count, bytes) = record.headers().fold((0, 0), |(count, bytes), header| {
            (count + 1, bytes + header.name.len() + header.value.map_or(0, <[u8]>::len))
        });
        let keeps_headers = bytes + count * HEADER_FRAME_BYTES <= LETTER_HEADER_BYTES_MAX;
        if !keeps_headers {
            own.push(("__churn.errors.original_header_bytes", bytes.to_string()));
        }
        let own = own.iter().map(|(name, value)| Header { name, value: Some(value.as_bytes()) });
        let headers: Vec<Header<'_>> = record.headers().filter(|_| keeps_headers).chain(own).collect();
        self.write(&Outgoing {
            topic: DEAD_LETTERS,
            partition: None,
            key,
            value,
            headers: &headers,
            timestamp: record.timestamp(),
        })
    }

    /// A customer as they are now, or that they are gone.
    pub(super) fn customer(
        &mut self,
        partition: Partition,
        applied: NextOffset,
        key: &CustomerKey,
        customer: Option<&Customer>,
    ) -> Result<(), Outcome> {
        let mut value = std::mem::take(&mut self.value);
        value.clear();
        if let Some(customer) = customer {
            changelog::encode(applied, customer, &mut value);
        }
        let written = self.write(&Outgoing {
            topic: CHANGELOG,
            partition: Some(partition),
            key: Some(key.as_str().as_bytes()),
            value: customer.is_some().then_some(value.as_slice()),
            headers: &[],
            timestamp: None,
        });
        self.changelog_records += 1;
        self.changelog_bytes += value.len() as u64;
        self.value = value;
        written
    }

    /// A record had its effect at `now`, counted from the start of the worker.
    pub(super) fn worked(&mut self, records: usize, now: Duration) {
        self.load.records += records;
        self.load.since.get_or_insert(now);
    }
}

fn as_result(outcome: Outcome) -> Result<(), Outcome> {
    if outcome == Outcome::Done { Ok(()) } else { Err(outcome) }
}
