//! From the moment an event is handed to its producer to the moment its alert is read, committed records only.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use churnwatch::clock::Clock;
use churnwatch::kafka::{Item, LogEnds, LogReader, Record};
use churnwatch::model::{Partition, Time};

use super::Error;
use super::broker::Broker;
use super::input::Input;
use super::process::load_average;
use super::service::{PARTITIONS, Service};

const TOPIC: &str = "churn.alerts";
/// Alerts of this time are not counted.
const WARM_UP: Duration = Duration::from_secs(3);
/// How often events are appended.
const TICK: Duration = Duration::from_millis(1);

/// Latency at a steady rate.
pub struct Latency {
    /// Events per second that were asked for.
    pub rate: u64,
    /// Events per second that were appended.
    pub appended: f64,
    /// Milliseconds, sorted.
    pub millis: Vec<i64>,
    /// CPU seconds of the service, per second.
    pub cpu: f64,
    /// CPU seconds of the broker, per second.
    pub broker_cpu: f64,
    /// Commits per second.
    pub commits: f64,
    /// Processes that ran or wanted to.
    pub load_average: f64,
}

impl Latency {
    /// Milliseconds that this share of the alerts does not exceed.
    pub fn at(&self, share: f64) -> i64 {
        let last = self.millis.len().saturating_sub(1);
        self.millis.get((last as f64 * share).round() as usize).copied().unwrap_or(-1)
    }
}

/// Appends `rate` events a second and reads the alerts.
pub fn measure(
    service: &mut Service,
    broker: &Broker,
    input: &mut Input,
    rate: u64,
    duration: Duration,
) -> Result<Latency, Error> {
    let cluster = broker.cluster(&[]);
    let partitions: Vec<Partition> = (0..PARTITIONS).map(Partition).collect();
    let ends = LogEnds::open(&cluster)?.ends(TOPIC, &partitions, Duration::from_secs(10))?;
    let mut reader = LogReader::open(&cluster, TOPIC)?;
    for (partition, end) in ends {
        reader.add(partition, end)?;
    }
    let ended = AtomicBool::new(false);
    let commits = |service: &Service| -> Result<f64, Error> {
        Ok(service.metrics()?.sum_of("churn_transactions_total", "result=\"committed\""))
    };
    let before = (service.usage()?, broker.usage()?, commits(service)?, Instant::now());
    let count_from = Clock::now() + churnwatch::model::Span(WARM_UP.as_millis() as i64);
    let (appended, millis) = thread::scope(|scope| -> Result<_, Error> {
        let writing = scope.spawn(|| {
            let appended = append(input, rate, WARM_UP + duration);
            ended.store(true, Ordering::Release);
            appended
        });
        let mut millis = Vec::new();
        let mut last = Instant::now();
        // Alerts come at every commit; a second without any means that the last one has come.
        while !ended.load(Ordering::Acquire) || last.elapsed() < Duration::from_secs(1) {
            reader.fetch(Duration::from_millis(5))?;
            let now = Clock::now();
            while let Some(item) = reader.batch().head() {
                if let Item::Record(record) = item {
                    last = Instant::now();
                    let appended = appended_at(&record).ok_or("an alert does not say what tipped it")?;
                    if appended >= count_from {
                        millis.push((now - appended).0);
                    }
                }
                reader.batch().advance();
            }
        }
        Ok((writing.join().map_err(|_| "the writer panicked")??, millis))
    })?;
    let seconds = (before.3.elapsed() - Duration::from_secs(1)).as_secs_f64();
    let mut latency = Latency {
        rate,
        appended,
        millis,
        cpu: (service.usage()?.cpu_seconds - before.0.cpu_seconds) / seconds,
        broker_cpu: (broker.usage()?.cpu_seconds - before.1.cpu_seconds) / seconds,
        commits: (commits(service)? - before.2) / seconds,
        load_average: load_average(),
    };
    latency.millis.sort_unstable();
    Ok(latency)
}

/// Appends `rate` events a second for `duration`; tells the rate that was reached.
fn append(input: &mut Input, rate: u64, duration: Duration) -> Result<f64, Error> {
    let began = Instant::now();
    let total = rate * duration.as_millis() as u64 / 1_000;
    let mut done = 0;
    while done < total {
        let due = (rate as f64 * began.elapsed().as_secs_f64()) as u64;
        let next = due.min(total) - done;
        input.append(next)?;
        done += next;
        thread::sleep(TICK);
    }
    input.flush()?;
    Ok(total as f64 / began.elapsed().as_secs_f64())
}

/// When the event that tipped the alert was handed to its producer. The alert's headers hold when it was made, and how
/// long after the event's timestamp that was.
fn appended_at(record: &Record<'_>) -> Option<Time> {
    let header = |name: &str| {
        let found = record.headers().find(|header| header.name == name)?;
        std::str::from_utf8(found.value?).ok()
    };
    let made = Time::parse(header("churn_processed_at")?)?;
    let after: i64 = header("churn_ingest_to_alert_ms")?.parse().ok()?;
    Some(Time(made.0 - after))
}
