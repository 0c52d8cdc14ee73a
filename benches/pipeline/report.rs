//! One table of all figures, for people, and the same as JSON.

use std::path::Path;
use std::time::Duration;

use churnwatch::clock::Clock;
use serde_json::{Value, json};

use super::Error;
use super::arguments::Arguments;
use super::ceiling::Ceiling;
use super::latency::Latency;
use super::load::{Empty, Load, Restore};
use super::process::{load_average, processor};

/// The figures so far.
pub struct Report {
    rows: Vec<Row>,
    about: Value,
}

struct Row {
    /// `phase.figure`, the key in the JSON.
    key: String,
    what: String,
    value: f64,
    unit: &'static str,
    /// How many decimals are shown.
    decimals: usize,
}

impl Report {
    /// A report about what is asked for.
    pub fn new(arguments: &Arguments) -> Report {
        let about = json!({
            "date": Clock::now().to_string(),
            "processor": processor(),
            "load_average_before": load_average(),
            "events": arguments.events,
            "customers": arguments.customers,
            "base": format!("{:?}", arguments.base.settings),
            "compared": format!("{:?}", arguments.compared),
        });
        Report { rows: Vec::new(), about }
    }

    fn row(&mut self, key: &str, what: &str, value: f64, unit: &'static str, decimals: usize) {
        self.rows.push(Row { key: key.into(), what: what.into(), value, unit, decimals });
    }

    /// The start with nothing.
    pub fn empty(&mut self, empty: &Empty) {
        self.row("empty.ready", "empty state: start to ready", empty.ready.as_secs_f64(), "s", 2);
        self.row("empty.cpu", "empty state: CPU until ready", empty.usage.cpu_seconds, "s", 2);
        self.row("empty.memory", "empty state: memory", mib(empty.usage.resident_bytes), "MiB", 0);
    }

    /// What nobody can be faster than.
    pub fn ceiling(&mut self, ceiling: &Ceiling) {
        self.row("ceiling.read", "reading alone: CPU per event", ceiling.read * 1e9, "ns", 0);
        self.row("ceiling.decoded", "reading and decoding: CPU per event", ceiling.decoded * 1e9, "ns", 0);
    }

    /// The reference load.
    pub fn load(&mut self, load: &Load, empty: &Empty) {
        self.throughput("load", load, empty);
    }

    /// The reference load with what is compared.
    pub fn compared(&mut self, load: &Load, empty: &Empty) {
        self.throughput("compared", load, empty);
    }

    fn throughput(&mut self, key: &str, load: &Load, empty: &Empty) {
        let mut row = |figure: &str, what: &str, value: f64, unit, decimals| {
            self.row(&format!("{key}.{figure}"), &format!("{key}: {what}"), value, unit, decimals);
        };
        row("events_per_second", "events per second", load.events / load.wall, "/s", 0);
        row("events_per_cpu_second", "events per CPU second of the process", load.events / load.cpu, "/s", 0);
        row("cpu_per_event", "CPU of the process per event", load.cpu / load.events * 1e9, "ns", 0);
        let known = load.known_cpu / load.known_events * 1e9;
        row("cpu_per_event_known", "the same, over the second half of the events", known, "ns", 0);
        row("broker_cpu_per_event", "CPU of the broker per event", load.broker_cpu / load.events * 1e9, "ns", 0);
        row("alerts", "alerts per 1,000 events", load.alerts / load.events * 1e3, "", 1);
        row("changelog_records", "changelog records per event", load.changelog_records / load.events, "", 3);
        let bytes = load.changelog_bytes / load.changelog_records;
        row("changelog_record_bytes", "bytes per changelog record", bytes, "B", 0);
        row("commits_per_second", "commits per second", load.commits / load.wall, "/s", 1);
        row("commit_share", "share of the time in commits", load.commit_seconds / load.wall * 100.0, "%", 1);
        for (stage, seconds) in &load.stages {
            row(&format!("stage_{stage}"), &format!("time in {stage}"), seconds / load.wall * 100.0, "%", 1);
        }
        row("memory", "memory at the end", mib(load.resident_bytes), "MiB", 0);
        row("memory_peak", "memory at most", mib(load.peak_bytes), "MiB", 0);
        row("customers", "customers", load.customers, "", 0);
        let bytes = load.resident_bytes as f64 - empty.usage.resident_bytes as f64;
        row("customer_bytes", "memory per customer", bytes / load.customers, "B", 0);
        row("load_average", "load average of the machine", load.load_average, "", 1);
    }

    /// The end of the service.
    pub fn stop(&mut self, took: Duration) {
        self.row("stop", "stop with full state", took.as_secs_f64(), "s", 2);
    }

    /// The restart.
    pub fn restore(&mut self, restore: &Restore, empty: &Empty) {
        let cpu = (restore.cpu - empty.usage.cpu_seconds).max(0.01);
        self.row("restore.ready", "restart: start to ready", restore.ready.as_secs_f64(), "s", 2);
        self.row("restore.customers", "restart: customers", restore.customers, "", 0);
        self.row("restore.records", "restart: changelog records read", restore.records, "", 0);
        self.row("restore.cpu", "restart: CPU, less that of an empty start", cpu, "s", 2);
        self.row("restore.records_per_cpu_second", "restart: records per CPU second", restore.records / cpu, "/s", 0);
        let per_second = restore.records / restore.ready.as_secs_f64();
        self.row("restore.records_per_second", "restart: records per second", per_second, "/s", 0);
        let bytes = restore.resident_bytes as f64 - empty.usage.resident_bytes as f64;
        self.row("restore.memory", "restart: memory", mib(restore.resident_bytes), "MiB", 0);
        self.row("restore.customer_bytes", "restart: memory per customer", bytes / restore.customers, "B", 0);
        self.row("restore.load_average", "restart: load average of the machine", restore.load_average, "", 1);
    }

    /// Latency at one rate.
    pub fn latency(&mut self, latency: &Latency) {
        let name = format!("{} events/s", latency.rate);
        let key = format!("latency_{}", latency.rate);
        let mut row = |figure: &str, what: &str, value: f64, unit, decimals| {
            self.row(&format!("{key}.{figure}"), &format!("{name}: {what}"), value, unit, decimals);
        };
        row("appended", "events appended per second", latency.appended, "/s", 0);
        row("alerts", "alerts measured", latency.millis.len() as f64, "", 0);
        row("p50", "event appended to alert readable, p50", latency.at(0.5) as f64, "ms", 0);
        row("p99", "event appended to alert readable, p99", latency.at(0.99) as f64, "ms", 0);
        row("max", "event appended to alert readable, longest", latency.at(1.0) as f64, "ms", 0);
        row("commits", "commits per second", latency.commits, "/s", 1);
        row("cpu", "CPU of the process", latency.cpu * 100.0, "%", 1);
        row("broker_cpu", "CPU of the broker", latency.broker_cpu * 100.0, "%", 1);
        row("load_average", "load average of the machine", latency.load_average, "", 1);
    }

    /// Prints the table.
    pub fn print(&self) {
        println!("{}", self.about);
        for row in &self.rows {
            println!("{:<52} {:>14.*} {}", row.what, row.decimals, row.value, row.unit);
        }
    }

    /// Writes the figures as one JSON object.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let mut all = self.about.clone();
        for row in &self.rows {
            all[&row.key] = json!(row.value);
        }
        std::fs::write(path, format!("{all:#}\n"))?;
        eprintln!("written to {}", path.display());
        Ok(())
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
