//! What to measure, from the command line.

use std::path::PathBuf;

use super::Error;

const HELP: &str = "\
The whole product on a real broker. Options, with their defaults:
  --events 4000000       events of the reference load
  --customers 1000000    customers they are about, evenly
  --repeat 1             how often the load runs; the run in the middle, by CPU per event, is told
  --compare KEY=VALUE    runs the load with this setting too, in turn with the settings as they are; may be repeated
  --compare-program FILE runs the load with this program too, in turn with the one that was built
  --rates 10000,20000    steady events per second at which latency is measured; empty: none
  --seconds 20           how long each
  --set KEY=VALUE        a setting of the service in all that is measured; may be repeated
  --keep                 leave the broker's folder, with the input in it, for the next run
  --port 19600           the first of three ports";

/// What to measure.
#[derive(Debug)]
pub struct Arguments {
    /// Events of the reference load.
    pub events: u64,
    /// Customers they are about.
    pub customers: u32,
    /// How often the load runs.
    pub repeat: usize,
    /// The program and the settings that are compared; none: nothing is.
    pub compared: Option<Variant>,
    /// The program, and settings of the service in all that is measured.
    pub base: Variant,
    /// Events per second at which latency is measured.
    pub rates: Vec<u64>,
    /// How long each.
    pub seconds: u64,
    /// Whether the broker's folder stays.
    pub keep: bool,
    /// Of the broker; its controller and the service have the next two.
    pub port: u16,
}

/// A service to be measured.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The program.
    pub program: PathBuf,
    /// Settings over those of the benchmark, each `section.key=value`.
    pub settings: Vec<String>,
}

impl Arguments {
    /// `None`: only help was asked for.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Arguments>, Error> {
        let mut arguments = Arguments {
            events: 4_000_000,
            customers: 1_000_000,
            repeat: 1,
            compared: None,
            base: Variant { program: env!("CARGO_BIN_EXE_churnwatch").into(), settings: Vec::new() },
            rates: vec![10_000, 20_000],
            seconds: 20,
            keep: false,
            port: 19_600,
        };
        let mut compare = Vec::new();
        let mut program = None;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--events" => arguments.events = value()?.parse()?,
                "--customers" => arguments.customers = value()?.parse()?,
                "--repeat" => arguments.repeat = value()?.parse::<usize>()?.max(1),
                "--compare" => compare.push(value()?),
                "--compare-program" => program = Some(PathBuf::from(value()?)),
                "--rates" => {
                    let list = value()?;
                    let rates = list.split(',').filter(|r| !r.is_empty()).map(str::parse);
                    arguments.rates = rates.collect::<Result<_, _>>()?;
                }
                "--seconds" => arguments.seconds = value()?.parse()?,
                "--set" => arguments.base.settings.push(value()?),
                "--keep" => arguments.keep = true,
                "--port" => arguments.port = value()?.parse()?,
                // Cargo says so to every benchmark.
                "--bench" => {}
                "--help" => {
                    println!("{HELP}");
                    return Ok(None);
                }
                _ => return Err(format!("unknown option {word}\n{HELP}").into()),
            }
        }
        if program.is_some() || !compare.is_empty() {
            let settings = arguments.base.settings.iter().cloned().chain(compare).collect();
            let program = program.unwrap_or_else(|| arguments.base.program.clone());
            arguments.compared = Some(Variant { program, settings });
        }
        Ok(Some(arguments))
    }
}
