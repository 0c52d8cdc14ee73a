//! What nobody can be faster than: the input only read, and only read and decoded, by the product's own parts.

use std::hint::black_box;
use std::time::Duration;

use churnwatch::codec::decode;
use churnwatch::kafka::{Item, LogReader};
use churnwatch::model::{NextOffset, Partition};

use super::Error;
use super::broker::Broker;
use super::input::TOPIC;
use super::process::Usage;
use super::service::PARTITIONS;

/// CPU seconds per event.
pub struct Ceiling {
    /// Only reading.
    pub read: f64,
    /// Reading and decoding.
    pub decoded: f64,
}

/// Reads `events` events twice.
pub fn measure(broker: &Broker, events: u64) -> Result<Ceiling, Error> {
    let read = pass(broker, events, |value| {
        black_box(value.len());
    })?;
    let decoded = pass(broker, events, |value| {
        black_box(decode(value).is_ok());
    })?;
    Ok(Ceiling { read, decoded })
}

fn pass(broker: &Broker, events: u64, mut each: impl FnMut(&[u8])) -> Result<f64, Error> {
    let mut reader = LogReader::open(&broker.cluster(&[]), TOPIC)?;
    let before = Usage::of(std::process::id())?;
    for partition in 0..PARTITIONS {
        reader.add(Partition(partition), NextOffset(0))?;
    }
    let mut done = 0;
    while done < events {
        reader.fetch(Duration::from_millis(20))?;
        while let Some(item) = reader.batch().head() {
            if let Item::Record(record) = item {
                each(record.value().unwrap_or_default());
                done += 1;
            }
            reader.batch().advance();
        }
    }
    let after = Usage::of(std::process::id())?;
    Ok((after.cpu_seconds - before.cpu_seconds) / done as f64)
}
