//! The reference load, the start with nothing, and the restart with everything.

use std::thread;
use std::time::{Duration, Instant};

use super::Error;
use super::broker::Broker;
use super::process::{Usage, load_average};
use super::service::{Metrics, Plan, Service};

/// Between two looks at a service under load; each costs it some milliseconds.
const LOOK: Duration = Duration::from_millis(500);
/// A load that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(900);
/// After the last commit buffers are given back; then memory is what the state takes.
const SETTLE: Duration = Duration::from_secs(3);

/// A start with nothing to restore and nothing to read.
pub struct Empty {
    /// From the start of the process to ready.
    pub ready: Duration,
    /// What it used until then, memory a moment later.
    pub usage: Usage,
}

/// Starts a service with an empty state, and stops it.
pub fn empty_start(plan: &Plan) -> Result<Empty, Error> {
    let mut service = plan.start()?;
    let ready = service.ready()?;
    let cpu_seconds = service.usage()?.cpu_seconds;
    thread::sleep(SETTLE);
    let usage = Usage { cpu_seconds, ..service.usage()? };
    service.stop()?;
    Ok(Empty { ready, usage })
}

/// What the reference load took.
pub struct Load {
    /// Events between the first look and the last commit.
    pub events: f64,
    /// Time in between.
    pub wall: f64,
    /// CPU seconds of the service in between.
    pub cpu: f64,
    /// CPU seconds of the broker in between.
    pub broker_cpu: f64,
    /// CPU seconds of the service for the second half, when nearly every customer is known and memory hardly grows.
    pub known_cpu: f64,
    /// Events of that half.
    pub known_events: f64,
    /// Transitions of alerts.
    pub alerts: f64,
    /// Customers written to the changelog.
    pub changelog_records: f64,
    /// Bytes of them.
    pub changelog_bytes: f64,
    /// Commits.
    pub commits: f64,
    /// Seconds from the flush to the end of the commit, all of them.
    pub commit_seconds: f64,
    /// Seconds of each stage.
    pub stages: Vec<(&'static str, f64)>,
    /// Customers in memory.
    pub customers: f64,
    /// Resident memory once it had settled.
    pub resident_bytes: u64,
    /// The highest that was seen on the way.
    pub peak_bytes: u64,
    /// Processes that ran or wanted to.
    pub load_average: f64,
}

impl Load {
    /// One line, for somebody who waits.
    pub fn in_short(&self) -> String {
        format!(
            "{:.0} events/s, {:.0} ns of CPU per event, {:.0} in the second half, of the broker {:.0}",
            self.events / self.wall,
            self.cpu / self.events * 1e9,
            self.known_cpu / self.known_events * 1e9,
            self.broker_cpu / self.events * 1e9
        )
    }
}

/// Lets the service read `events` events from the beginning.
pub fn reference(service: &mut Service, broker: &Broker, events: u64) -> Result<Load, Error> {
    service.ready()?;
    let deadline = Instant::now() + PATIENCE;
    let look = |service: &Service| -> Result<_, Error> {
        let metrics = service.metrics()?;
        let commits = metrics.sum_of("churn_transactions_total", "result=\"committed\"");
        Ok((metrics, commits, Instant::now(), service.usage()?, broker.usage()?))
    };
    let first = loop {
        let look = look(service)?;
        if look.0.sum("churn_records_consumed_total") > 0.0 {
            break look;
        }
        service.is_alive(deadline)?;
        thread::sleep(LOOK / 50);
    };
    let consumed = |metrics: &Metrics| metrics.sum("churn_records_consumed_total");
    let (mut peak_bytes, mut half) = (0, None);
    // The end is the first look after the last commit: no further one follows it.
    let mut last = look(service)?;
    let end = loop {
        thread::sleep(LOOK);
        service.is_alive(deadline)?;
        let next = look(service)?;
        peak_bytes = peak_bytes.max(next.3.resident_bytes);
        if half.is_none() && consumed(&next.0) >= events as f64 / 2.0 {
            half = Some((consumed(&next.0), next.3.cpu_seconds));
        }
        let all = consumed(&last.0) >= events as f64;
        if all && next.1 == last.1 {
            break last;
        }
        last = next;
    };
    let load_average = load_average();
    thread::sleep(SETTLE);
    let (half_events, half_cpu) = half.ok_or("it ended before it began")?;
    let between = |name: &str| end.0.sum(name) - first.0.sum(name);
    let stage = |stage: &'static str| {
        let label = format!("stage=\"{stage}\"");
        let of = |look: &Metrics| look.sum_of("churn_stage_duration_seconds_sum", &label);
        (stage, of(&end.0) - of(&first.0))
    };
    Ok(Load {
        events: between("churn_records_consumed_total"),
        wall: (end.2 - first.2).as_secs_f64(),
        cpu: end.3.cpu_seconds - first.3.cpu_seconds,
        known_cpu: end.3.cpu_seconds - half_cpu,
        known_events: consumed(&end.0) - half_events,
        broker_cpu: end.4.cpu_seconds - first.4.cpu_seconds,
        alerts: between("churn_alerts_total"),
        changelog_records: between("churn_changelog_records_total"),
        changelog_bytes: between("churn_changelog_bytes_total"),
        commits: end.1 - first.1,
        commit_seconds: between("churn_commit_duration_seconds_sum"),
        stages: ["fetch", "process", "changelog", "commit"].map(stage).to_vec(),
        customers: service.metrics()?.sum("churn_customers"),
        resident_bytes: service.usage()?.resident_bytes,
        peak_bytes,
        load_average,
    })
}

/// What a restart took.
pub struct Restore {
    /// From the start of the process to ready.
    pub ready: Duration,
    /// CPU seconds until then.
    pub cpu: f64,
    /// Records of customers that were read.
    pub records: f64,
    /// Customers in memory.
    pub customers: f64,
    /// Resident memory once it had settled.
    pub resident_bytes: u64,
    /// Processes that ran or wanted to.
    pub load_average: f64,
}

/// Waits until a service that was started on a full changelog is ready.
pub fn restore(service: &mut Service) -> Result<Restore, Error> {
    let ready = service.ready()?;
    let cpu = service.usage()?.cpu_seconds;
    let load_average = load_average();
    thread::sleep(SETTLE);
    let metrics = service.metrics()?;
    Ok(Restore {
        ready,
        cpu,
        records: metrics.sum("churn_restored_customers_total"),
        customers: metrics.sum("churn_customers"),
        resident_bytes: service.usage()?.resident_bytes,
        load_average,
    })
}
