//! The demo's own side of the broker: what it sends, and what it hears.

use std::time::Duration;

use crate::clock::Clock;
use crate::kafka::{self, Guarantee, Item, LogEnds, LogReader, Outgoing, Producer, TopicIndex};
use crate::model::{NextOffset, Partition};
use crate::offline::demo::Record;
use crate::runtime::Settings;

use crate::app::failure::Failure;

/// Of each topic. One, so that the events of the day are done in the order in which they are told.
pub(super) const PARTITIONS: i32 = 1;
const ONLY: Partition = Partition(0);
/// The broker is inside the process: what takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends records and hears alerts.
pub(super) struct Stage {
    producer: Producer,
    sent: u64,
    alerts: LogReader,
    /// The next alert to be heard.
    heard: NextOffset,
    ends: LogEnds,
    topic: String,
}

impl Stage {
    /// A stage of the service with `settings`.
    pub(super) fn set(settings: &Settings) -> Result<Stage, Failure> {
        let (cluster, input) = (&settings.cluster, &settings.topics.input);
        let topic = settings.topics.alerts.clone();
        let set = || {
            let producer = Producer::open(cluster, &Guarantee::AtLeastOnce, std::slice::from_ref(input), input)?;
            let mut alerts = LogReader::open(cluster, &topic)?;
            alerts.add(ONLY, NextOffset(0))?;
            Ok((producer, alerts, LogEnds::open(cluster)?))
        };
        let (producer, alerts, ends) = set().map_err(failed)?;
        Ok(Stage { producer, sent: 0, alerts, heard: NextOffset(0), ends, topic })
    }

    /// Sends a record; it is there a little later.
    pub(super) fn send(&mut self, record: &Record) -> Result<(), Failure> {
        let outgoing = Outgoing {
            topic: TopicIndex(0),
            partition: None,
            key: Some(record.key.as_bytes()),
            value: Some(&record.value),
            headers: &[],
            timestamp: None,
        };
        self.producer.produce(&outgoing).map_err(failed)?;
        self.sent += 1;
        Ok(())
    }

    /// Records sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// The alerts that have come, waiting up to `wait` for one.
    pub(super) fn hear(&mut self, wait: Duration) -> Result<Vec<Vec<u8>>, Failure> {
        if let Some(error) = self.producer.poisoned() {
            return Err(failed(error));
        }
        self.alerts.fetch(wait).map_err(failed)?;
        let mut heard = Vec::new();
        while let Some(item) = self.alerts.batch().head() {
            match item {
                Item::Record(record) => {
                    self.heard = record.offset().next();
                    heard.push(record.value().unwrap_or_default().to_vec());
                }
                Item::End(..) => {}
                Item::Failed(_, error) => return Err(failed(error)),
            }
            self.alerts.batch().advance();
        }
        Ok(heard)
    }

    /// The alerts that are there and have not been heard.
    pub(super) fn rest(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let (_, end) = self.ends.range(&self.topic, ONLY, PATIENCE).map_err(failed)?;
        let by = Clock::monotonic() + PATIENCE;
        let mut rest = Vec::new();
        while self.heard < end && Clock::monotonic() < by {
            rest.append(&mut self.hear(PATIENCE / 100)?);
        }
        Ok(rest)
    }
}

fn failed(error: kafka::Error) -> Failure {
    Failure::other(error)
}
