//! The whole product on a real broker: the reference load, a restart with its state, and latency at a steady rate.
//!
//! ```text
//!  generate ──▶ Apache Kafka ──▶ churnwatch run (the release binary) ──▶ Apache Kafka ──▶ latency reader
//!  input.rs     broker.rs        service.rs, process.rs                                   latency.rs
//! ```
//!
//! `cargo bench --bench pipeline -- --events 1000000` does less. What each figure means stands in
//! `docs/performance.md`. CPU seconds are those of `/proc`, user and system, all threads: Linux only.

mod arguments;
mod broker;
mod ceiling;
mod input;
mod latency;
mod load;
mod process;
mod report;
mod service;

use std::path::{Path, PathBuf};
use std::time::Duration;

use arguments::Arguments;
use broker::Broker;
use input::Input;
use load::Load;
use report::Report;
use service::{Plan, Service};

/// Why the benchmark cannot go on.
type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    let Some(arguments) = Arguments::parse(std::env::args().skip(1))? else { return Ok(()) };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    let of_broker = folder.join("kafka");
    if !input::is_loaded(&of_broker) && of_broker.exists() {
        std::fs::remove_dir_all(&of_broker)?;
    }
    let broker = Broker::start(&of_broker, arguments.port)?;
    let done = measure(&arguments, &folder, &broker);
    broker.stop()?;
    if !arguments.keep {
        std::fs::remove_dir_all(&of_broker)?;
    }
    done
}

fn measure(arguments: &Arguments, folder: &Path, broker: &Broker) -> Result<(), Error> {
    let mut report = Report::new(arguments);
    let plan = Plan::new(folder, broker, &arguments.base, "empty")?.start_from_latest();
    plan.apply_topics()?;
    let mut input = Input::load(broker, &folder.join("kafka"), arguments)?;

    let empty = load::empty_start(&plan)?;
    report.empty(&empty);

    report.ceiling(&ceiling::measure(broker, arguments.events)?);

    let (plan, loads, compared) = loads(arguments, folder, broker)?;
    report.load(&median(loads), &empty);
    if !compared.is_empty() {
        report.compared(&median(compared), &empty);
    }

    let mut service = plan.start()?;
    report.restore(&load::restore(&mut service)?, &empty);
    if !arguments.rates.is_empty() {
        input.go_on()?;
    }
    for rate in &arguments.rates {
        let seconds = Duration::from_secs(arguments.seconds);
        report.latency(&latency::measure(&mut service, broker, &mut input, *rate, seconds)?);
    }
    report.stop(service.stop()?);
    report.print();
    report.write(&folder.join("pipeline.json"))
}

/// Runs the loads: the plan of the last one as it is meant to be used, what each took, and what each took that is
/// compared with it. They take turns, because the machine may be busier at one time than at another.
fn loads(arguments: &Arguments, folder: &Path, broker: &Broker) -> Result<(Plan, Vec<Load>, Vec<Load>), Error> {
    let (mut loads, mut compared) = (Vec::new(), Vec::new());
    loop {
        if let Some(variant) = &arguments.compared {
            let plan = Plan::new(folder, broker, variant, "compared")?;
            let (load, service) = load(&plan, broker, arguments.events)?;
            compared.push(load);
            service.stop()?;
        }
        let plan = Plan::new(folder, broker, &arguments.base, "load")?;
        let (load, service) = load(&plan, broker, arguments.events)?;
        loads.push(load);
        service.stop()?;
        if loads.len() == arguments.repeat {
            return Ok((plan, loads, compared));
        }
    }
}

fn load(plan: &Plan, broker: &Broker, events: u64) -> Result<(Load, Service), Error> {
    plan.apply_topics()?;
    let mut service = plan.start()?;
    let load = load::reference(&mut service, broker, events)?;
    eprintln!("{}", load.in_short());
    Ok((load, service))
}

/// The load in the middle, by CPU per event.
fn median(mut loads: Vec<Load>) -> Load {
    loads.sort_by(|a, b| (a.cpu / a.events).total_cmp(&(b.cpu / b.events)));
    let middle = loads.len() / 2;
    loads.swap_remove(middle)
}
