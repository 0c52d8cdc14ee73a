//! The input topic: the reference load, appended once beforehand, and after it a steady stream that goes on from there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use churnwatch::kafka::{Guarantee, Outgoing, Producer, TopicIndex};
use churnwatch::offline::generate::{Generator, Options};

use super::Error;
use super::arguments::Arguments;
use super::broker::Broker;

/// The input topic.
pub const TOPIC: &str = "customer.events";
const SEED: u64 = 1;

/// Events that the steady phases may take, all together.
const STEADY_MAX: u64 = 2_000_000;

/// Whether `folder`, a broker's, holds the reference load and nothing else in the input topic.
pub fn is_loaded(folder: &Path) -> bool {
    marker(folder).exists()
}

fn marker(folder: &Path) -> PathBuf {
    folder.join("input")
}

/// Appends generated events, one generator through all phases: the steady stream follows the load in event time.
pub struct Input {
    generator: Generator,
    producer: Producer,
    marker: PathBuf,
}

impl Input {
    /// Appends the reference load, unless it is in the broker's `folder` already. The topic must be there.
    pub fn load(broker: &Broker, folder: &Path, arguments: &Arguments) -> Result<Input, Error> {
        let options = Options::new(arguments.customers, arguments.events + STEADY_MAX, SEED);
        // Some wait, so that the broker is not asked to store a few events at a time.
        let cluster = broker.cluster(&[("linger.ms", "1")]);
        let producer = Producer::open(&cluster, &Guarantee::AtLeastOnce, &[TOPIC.to_owned()], TOPIC)?;
        let mut input = Input { generator: Generator::new(options), producer, marker: marker(folder) };
        let meant = format!("{} of {options:?}", arguments.events);
        match fs::read_to_string(&input.marker) {
            Ok(found) if found == meant => {
                for _ in 0..arguments.events {
                    input.generator.next_record();
                }
            }
            Ok(_) => return Err(format!("{} holds another load; delete it", folder.display()).into()),
            Err(_) => {
                eprintln!("appending {} events", arguments.events);
                input.append(arguments.events)?;
                input.flush()?;
                fs::write(&input.marker, meant)?;
            }
        }
        Ok(input)
    }

    /// From here on there is more than the load.
    pub fn go_on(&self) -> Result<(), Error> {
        match self.marker.exists() {
            true => Ok(fs::remove_file(&self.marker)?),
            false => Ok(()),
        }
    }

    /// Hands the next `count` events to the client, stamped with the wall clock.
    pub fn append(&mut self, count: u64) -> Result<(), Error> {
        for _ in 0..count {
            let record = self.generator.next_record().ok_or("the generator has ended")?;
            self.producer.produce(&Outgoing {
                topic: TopicIndex(0),
                partition: None,
                key: Some(record.key),
                value: Some(record.value),
                headers: &[],
                timestamp: None,
            })?;
        }
        match self.producer.poisoned() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// Waits until all of them are stored.
    pub fn flush(&self) -> Result<(), Error> {
        Ok(self.producer.flush(Duration::from_secs(60))?)
    }
}
