//! Every metric of the service. Base units, `_total` for counters, labels from closed sets only, and every series of a
//! closed set there from the start, at zero, so that a rate over it is never missing.
//!
//! Updated once for each batch or commit, not for each record.

use prometheus::core::Collector;
use prometheus::{
    Encoder, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::model::{Alert, Kind, Partition, Severity, Time, Transition};

macro_rules! label {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value of the label.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The label's value.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }
    };
}

label! {
    /// What became of a record or of an event in it.
    EventResult {
        /// It had its effect.
        Applied "applied",
        /// It had its effect, behind the watermark.
        AppliedLate "applied_late",
        /// It had its effect but did not move time.
        AppliedAhead "applied_ahead",
        /// Seen before.
        Duplicate "duplicate",
        /// Too far behind the watermark.
        TooLate "too_late",
        /// About nobody, or dropped by a mapping.
        Filtered "filtered",
        /// Unreadable: a dead letter.
        Dead "dead",
    }
}

label! {
    /// How a transaction ended.
    TransactionResult {
        /// Committed, and known to be.
        Committed "committed",
        /// Aborted.
        Aborted "aborted",
        /// In doubt; a new producer found it committed.
        ResolvedCommitted "resolved_committed",
        /// In doubt; a new producer found it not committed.
        ResolvedAborted "resolved_aborted",
    }
}

label! {
    /// A change of what a worker owns.
    RebalanceKind {
        /// Partitions came.
        Assigned "assigned",
        /// Partitions went in order.
        Revoked "revoked",
        /// Partitions were taken away.
        Lost "lost",
    }
}

label! {
    /// Where the worker's time goes.
    Stage {
        /// Waiting for records.
        Fetch "fetch",
        /// Reading and applying a batch.
        Process "process",
        /// Encoding and writing the changelog.
        Changelog "changelog",
        /// Flush, offsets and commit.
        Commit "commit",
        /// Reading the changelog back.
        Restore "restore",
    }
}

/// The metrics. Clones of it count together.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// `churn_records_consumed_total`: records read from the input.
    pub consumed: IntCounter,
    events: IntCounterVec,
    dead_letters: IntCounterVec,
    alerts: IntCounterVec,
    transactions: IntCounterVec,
    rebalances: IntCounterVec,
    stages: HistogramVec,
    /// `churn_commit_duration_seconds`: from the first flush to the answer.
    pub commit_seconds: Histogram,
    /// `churn_ingest_to_alert_seconds`: from the record's timestamp to the commit of the alert that it tipped.
    pub ingest_to_alert_seconds: Histogram,
    /// `churn_changelog_records_total`: customers written.
    pub changelog_records: IntCounter,
    /// `churn_changelog_bytes_total`: bytes of them, uncompressed.
    pub changelog_bytes: IntCounter,
    /// `churn_producer_replaced_total`: producers given up because nothing they said was certain.
    pub producers_replaced: IntCounter,
    /// `churn_restored_customers_total`: customers read back from the changelog.
    pub restored_customers: IntCounter,
    watermark: GaugeVec,
    event_time_lag: GaugeVec,
    lag: IntGaugeVec,
    restore_remaining: IntGaugeVec,
    customers: IntGaugeVec,
    next_timer: GaugeVec,
}

const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

impl Metrics {
    /// All metrics at zero. `dead_letter_reasons` is the closed set of reasons of the codec.
    pub fn new(version: &str, dead_letter_reasons: &[&str]) -> Metrics {
        let registry = Registry::new();
        let metrics = Metrics {
            consumed: counter(&registry, "churn_records_consumed_total", "Records read from the input topic."),
            events: counters(
                &registry,
                "churn_events_total",
                "Events by what became of them; dead letters count as one.",
                &["result"],
            ),
            dead_letters: counters(
                &registry,
                "churn_dead_letters_total",
                "Records sent to the dead-letter topic, by reason.",
                &["reason"],
            ),
            alerts: counters(
                &registry,
                "churn_alerts_total",
                "Alert transitions written.",
                &["kind", "severity", "transition"],
            ),
            transactions: counters(
                &registry,
                "churn_transactions_total",
                "Transactions by how they ended.",
                &["result"],
            ),
            rebalances: counters(&registry, "churn_rebalances_total", "Changes of what a worker owns.", &["kind"]),
            stages: histograms(&registry, "churn_stage_duration_seconds", "Time of one round of a stage.", &["stage"]),
            commit_seconds: histogram(&registry, "churn_commit_duration_seconds", "Time of a commit, flush included."),
            ingest_to_alert_seconds: histogram(
                &registry,
                "churn_ingest_to_alert_seconds",
                "From the timestamp of the tipping record to the commit of its alert.",
            ),
            changelog_records: counter(
                &registry,
                "churn_changelog_records_total",
                "Customers written to the changelog.",
            ),
            changelog_bytes: counter(&registry, "churn_changelog_bytes_total", "Bytes written to the changelog."),
            producers_replaced: counter(
                &registry,
                "churn_producer_replaced_total",
                "Producers replaced because a transaction was in doubt.",
            ),
            restored_customers: counter(
                &registry,
                "churn_restored_customers_total",
                "Customers read back from the changelog.",
            ),
            watermark: gauges(
                &registry,
                "churn_watermark_timestamp_seconds",
                "Watermark of a partition, seconds since 1970.",
            ),
            event_time_lag: gauges(
                &registry,
                "churn_event_time_lag_seconds",
                "Wall clock minus watermark of a partition when it was last updated.",
            ),
            lag: int_gauges(&registry, "churn_consumer_lag_records", "Records of a partition not yet read."),
            restore_remaining: int_gauges(
                &registry,
                "churn_restore_remaining_records",
                "Records of the changelog still to be read before the partition runs.",
            ),
            customers: int_gauges(&registry, "churn_customers", "Customers remembered."),
            next_timer: gauges(
                &registry,
                "churn_next_timer_timestamp_seconds",
                "When the earliest timer of a partition is due, seconds since 1970.",
            ),
            registry,
        };
        metrics.init(dead_letter_reasons);
        let build = Opts::new("churn_build_info", "Version of the program.").const_label("version", version);
        let build = prometheus::IntGauge::with_opts(build).expect(VALID);
        build.set(1);
        register(&metrics.registry, build);
        metrics
    }

    fn init(&self, dead_letter_reasons: &[&str]) {
        for result in EventResult::ALL {
            self.events.with_label_values(&[result.name()]);
        }
        for reason in dead_letter_reasons {
            self.dead_letters.with_label_values(&[*reason]);
        }
        for result in TransactionResult::ALL {
            self.transactions.with_label_values(&[result.name()]);
        }
        for kind in RebalanceKind::ALL {
            self.rebalances.with_label_values(&[kind.name()]);
        }
        for stage in Stage::ALL {
            self.stages.with_label_values(&[stage.name()]);
        }
        for kind in Kind::ALL {
            for severity in Severity::ALL {
                for transition in Transition::ALL {
                    self.alerts.with_label_values(&[kind.name(), severity.name(), transition.name()]);
                }
            }
        }
    }

    /// `count` events ended as `result`.
    pub fn events(&self, result: EventResult, count: u64) {
        if count > 0 {
            self.events.with_label_values(&[result.name()]).inc_by(count);
        }
    }

    /// A record was sent to the dead-letter topic; `reason` is one of the set given to [`Metrics::new`].
    pub fn dead_letter(&self, reason: &'static str) {
        self.dead_letters.with_label_values(&[reason]).inc();
    }

    /// An alert was committed.
    pub fn alert(&self, alert: &Alert) {
        self.alert_of(alert.kind, alert.severity, alert.transition);
    }

    /// An alert of these labels was committed.
    pub fn alert_of(&self, kind: Kind, severity: Severity, transition: Transition) {
        self.alerts.with_label_values(&[kind.name(), severity.name(), transition.name()]).inc();
    }

    /// A transaction ended.
    pub fn transaction(&self, result: TransactionResult) {
        self.transactions.with_label_values(&[result.name()]).inc();
    }

    /// A rebalance happened.
    pub fn rebalance(&self, kind: RebalanceKind) {
        self.rebalances.with_label_values(&[kind.name()]).inc();
    }

    /// One round of a stage took so long.
    pub fn stage(&self, stage: Stage, seconds: f64) {
        self.stages.with_label_values(&[stage.name()]).observe(seconds);
    }

    /// How far a running partition is. `wall` is the wall clock; `lag` is in records.
    pub fn partition(&self, partition: Partition, state: &PartitionState, wall: Time) {
        let label = partition.0.to_string();
        let label = &[label.as_str()];
        if let Some(watermark) = state.watermark {
            self.watermark.with_label_values(label).set(seconds(watermark));
            self.event_time_lag.with_label_values(label).set(seconds(wall) - seconds(watermark));
        }
        if let Some(timer) = state.next_timer {
            self.next_timer.with_label_values(label).set(seconds(timer));
        }
        if let Some(lag) = state.lag {
            self.lag.with_label_values(label).set(lag);
        }
        self.customers.with_label_values(label).set(i64::try_from(state.customers).unwrap_or(i64::MAX));
    }

    /// How much of a partition's changelog is left to read.
    pub fn restoring(&self, partition: Partition, remaining: i64) {
        self.restore_remaining.with_label_values(&[partition.0.to_string().as_str()]).set(remaining);
    }

    /// The partition is somebody else's now: its series end.
    pub fn gone(&self, partition: Partition) {
        let label = partition.0.to_string();
        let label = &[label.as_str()];
        // Each is an error if there was no such series: nothing to remove then.
        let _ = self.watermark.remove_label_values(label);
        let _ = self.event_time_lag.remove_label_values(label);
        let _ = self.lag.remove_label_values(label);
        let _ = self.restore_remaining.remove_label_values(label);
        let _ = self.customers.remove_label_values(label);
        let _ = self.next_timer.remove_label_values(label);
    }

    /// All metrics in Prometheus' text format.
    pub fn encode(&self) -> String {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut out).expect("a vector takes it all");
        String::from_utf8(out).expect("names, help and labels are UTF-8")
    }
}

/// How far a running partition is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionState {
    /// Its watermark.
    pub watermark: Option<Time>,
    /// When its earliest timer is due.
    pub next_timer: Option<Time>,
    /// Records not yet read, if known.
    pub lag: Option<i64>,
    /// Customers remembered.
    pub customers: usize,
}

fn seconds(time: Time) -> f64 {
    time.0 as f64 / 1e3
}

const VALID: &str = "names and labels are constants and valid";

fn register(registry: &Registry, collector: impl Collector + 'static) {
    registry.register(Box::new(collector)).expect("each name is registered once");
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    let counter = IntCounter::new(name, help).expect(VALID);
    register(registry, counter.clone());
    counter
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    let counters = IntCounterVec::new(Opts::new(name, help), labels).expect(VALID);
    register(registry, counters.clone());
    counters
}

fn gauges(registry: &Registry, name: &str, help: &str) -> GaugeVec {
    let gauges = GaugeVec::new(Opts::new(name, help), &["partition"]).expect(VALID);
    register(registry, gauges.clone());
    gauges
}

fn int_gauges(registry: &Registry, name: &str, help: &str) -> IntGaugeVec {
    let gauges = IntGaugeVec::new(Opts::new(name, help), &["partition"]).expect(VALID);
    register(registry, gauges.clone());
    gauges
}

fn histogram(registry: &Registry, name: &str, help: &str) -> Histogram {
    let options = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
    let histogram = Histogram::with_opts(options).expect(VALID);
    register(registry, histogram.clone());
    histogram
}

fn histograms(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> HistogramVec {
    let options = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
    let histograms = HistogramVec::new(options, labels).expect(VALID);
    register(registry, histograms.clone());
    histograms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_of_a_closed_set_is_there_from_the_start() {
        let text = Metrics::new("1.2.3", &["invalid_json", "invalid_time"]).encode();
        for line in [
            r#"churn_build_info{version="1.2.3"} 1"#,
            "churn_records_consumed_total 0",
            r#"churn_events_total{result="too_late"} 0"#,
            r#"churn_dead_letters_total{reason="invalid_time"} 0"#,
            r#"churn_alerts_total{kind="SILENT_DEPARTURE",severity="warning",transition="opened"} 0"#,
            r#"churn_transactions_total{result="aborted"} 0"#,
            r#"churn_rebalances_total{kind="lost"} 0"#,
            r#"churn_stage_duration_seconds_count{stage="commit"} 0"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_partition_that_goes_takes_its_series_along() {
        let metrics = Metrics::new("1", &[]);
        let state = PartitionState { watermark: Some(Time(2_500)), next_timer: None, lag: Some(7), customers: 3 };
        metrics.partition(Partition(4), &state, Time(10_000));
        metrics.restoring(Partition(4), 0);
        let text = metrics.encode();
        for line in [
            r#"churn_watermark_timestamp_seconds{partition="4"} 2.5"#,
            r#"churn_event_time_lag_seconds{partition="4"} 7.5"#,
            r#"churn_consumer_lag_records{partition="4"} 7"#,
            r#"churn_customers{partition="4"} 3"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        metrics.gone(Partition(4));
        assert!(!metrics.encode().contains("partition="), "a series stayed");
    }
}
