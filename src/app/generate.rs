//! `generate`: a synthetic company's events, into a file, onto standard output, or into the input topic.

use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::path::Path;
use std::time::Duration;

use crate::cli::GenerateArguments;
use crate::config::Config;
use crate::kafka::{Guarantee, Outgoing, Producer, TopicIndex};
use crate::offline::generate::{self, Generator, Options};
use crate::offline::progress::{Progress, grouped};

use super::failure::Failure;
use super::output::Out;

/// Records between two looks at what became of them.
const ROUND: u64 = 10_000;
/// The broker may take so long to acknowledge a round.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn run(arguments: &GenerateArguments, out: &mut Out) -> Result<(), Failure> {
    let options = Options::new(arguments.customers, arguments.events, arguments.seed);
    let mut progress = Progress::new("events");
    let mut show = |done| progress.show(done, Some(options.events));
    match &arguments.out {
        Some(path) if path == Path::new("-") => {
            generate::run(options, &mut stdout().lock(), &mut show).map_err(Failure::other)?;
        }
        Some(path) => {
            let cannot = |source| Failure::other(CannotWrite { path: path.display().to_string(), source });
            let mut file = BufWriter::new(File::create(path).map_err(cannot)?);
            generate::run(options, &mut file, &mut show).map_err(Failure::other)?;
            file.flush().map_err(cannot)?;
        }
        None => {
            let config = super::load(&arguments.config)?;
            super::start_log(&config);
            into_topic(&config, options, &mut show)?;
            progress.end();
            writeln!(out, "{} events are in {}", grouped(options.events), config.topics.input)?;
        }
    }
    out.finish()
}

fn into_topic(config: &Config, options: Options, show: &mut dyn FnMut(u64)) -> Result<(), Failure> {
    let kafka = |error| Failure::kafka(config, error);
    let topic = &config.topics.input;
    // Asked first, because a topic that is not there would be told only once the first record has timed out.
    super::topics_command::must_exist(config, topic)?;
    let producer = Producer::open(&super::cluster(config), &Guarantee::AtLeastOnce, std::slice::from_ref(topic), topic)
        .map_err(kafka)?;
    let mut generator = Generator::new(options);
    let mut done = 0;
    while let Some(record) = generator.next_record() {
        let outgoing = Outgoing {
            topic: TopicIndex(0),
            partition: None,
            key: Some(record.key),
            value: Some(record.value),
            headers: &[],
            timestamp: None,
        };
        producer.produce(&outgoing).map_err(kafka)?;
        done += 1;
        if done % ROUND == 0 {
            if let Some(error) = producer.poisoned() {
                return Err(kafka(error));
            }
            show(done);
        }
    }
    producer.flush(FLUSH_TIMEOUT).map_err(kafka)
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}")]
struct CannotWrite {
    path: String,
    source: std::io::Error,
}
