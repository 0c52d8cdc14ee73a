//! What is meant: the settings as the rest of the program takes them, within their bounds.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::engine::Rules;
use crate::telemetry::logs::Format;

use super::properties::Properties;

/// Every setting of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The cluster, and who we are to it.
    pub kafka: KafkaConfig,
    /// Names of topics, and how they are made.
    pub topics: TopicsConfig,
    /// Workers and transactions.
    pub runtime: RuntimeConfig,
    /// How customers are written to the changelog.
    pub changelog: ChangelogConfig,
    /// Time where there is a wall clock; the rest of `[time]` is in `rules`.
    pub time: TimeConfig,
    /// Health and metrics.
    pub http: HttpConfig,
    /// Logs.
    pub log: LogConfig,
    /// How foreign records become events.
    pub mapping: MappingConfig,
    /// What reads the words of customers.
    pub text: TextConfig,
    /// What the engine goes by. `version` is a fingerprint of the rest: other rules, other version.
    pub rules: Rules,
}

/// The cluster, and who we are to it.
#[derive(Clone, Debug, PartialEq)]
pub struct KafkaConfig {
    /// `host:port`, at least one.
    pub bootstrap_servers: Vec<String>,
    /// The consumer group; also the first part of the names of internal topics and transactional ids.
    pub group_id: String,
    /// Tells the processes of a group apart and stays the same across restarts; none: the host's name.
    pub instance_id: Option<String>,
    /// Where a group without committed offsets starts.
    pub start_from: StartFrom,
    /// Free librdkafka properties.
    pub properties: Properties,
}

impl KafkaConfig {
    /// The servers as librdkafka takes them.
    pub fn bootstrap(&self) -> String {
        self.bootstrap_servers.join(",")
    }
}

/// Where a group without committed offsets starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFrom {
    /// With the oldest record there is.
    Earliest,
    /// With the next record to come.
    Latest,
}

/// Names of topics, and how they are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicsConfig {
    /// Events in, keyed by customer.
    pub input: String,
    /// Alerts out.
    pub alerts: String,
    /// The last state of every alert, compacted.
    pub alerts_state: String,
    /// Records that could not be read.
    pub dead_letters: String,
    /// Customers, compacted; none: `<group>-customers-changelog`.
    pub changelog: Option<String>,
    /// Partitions of the input topic where it does not exist yet; the other topics follow the input topic.
    pub partitions: i32,
    /// Copies of each partition of a new topic; none: the broker's default.
    pub replication_factor: Option<i32>,
}

/// Workers and transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// Threads with a consumer and a producer each; none: one a core.
    pub workers: Option<usize>,
    /// What a crash may cost.
    pub delivery: Delivery,
    /// Longest time between two commits while there is something to commit.
    pub commit_interval: Duration,
    /// So many events ask for a commit before the interval is over.
    pub transaction_events: usize,
    /// So many bytes of output ask for a commit before the interval is over.
    pub transaction_bytes: usize,
    /// The broker aborts a transaction that is open for longer.
    pub transaction_timeout: Duration,
    /// A stop that takes longer leaves the rest to the next start.
    pub shutdown_timeout: Duration,
}

/// What a crash may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing: each event has its effect once.
    ExactlyOnce,
    /// Some alerts are written again.
    AtLeastOnce,
}

/// How customers are written to the changelog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangelogConfig {
    /// How long a changed customer may wait; zero: written in each transaction.
    pub flush_interval: Duration,
}

/// Time where there is a wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeConfig {
    /// A partition read to its end for so long goes on with the wall clock; none: it waits for the next event.
    pub idle_after: Option<Duration>,
}

/// Health and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where to listen; none: nowhere.
    pub listen: Option<SocketAddr>,
}

/// Logs, on stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// A level, then `module=level` for exceptions, separated by commas.
    pub level: String,
    /// How a line looks.
    pub format: Format,
}

/// How foreign records become events; at most one of the two is set. None: records are canonical events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingConfig {
    /// One of the mappings that are built in.
    pub name: Option<String>,
    /// A mapping of one's own; relative to the working directory.
    pub file: Option<PathBuf>,
}

/// What reads the words of customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextConfig {
    /// The model.
    pub model: TextModel,
}

/// Which text model is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextModel {
    /// The one that comes with the program.
    Default,
    /// None: only what events say in numbers counts.
    Off,
    /// One of one's own; relative to the working directory.
    File(PathBuf),
}

impl Default for Config {
    fn default() -> Config {
        let mut config = Config {
            kafka: KafkaConfig {
                bootstrap_servers: vec!["localhost:9092".into()],
                group_id: "churnwatch".into(),
                instance_id: None,
                start_from: StartFrom::Earliest,
                properties: Properties::default(),
            },
            topics: TopicsConfig {
                input: "customer.events".into(),
                alerts: "churn.alerts".into(),
                alerts_state: "churn.alerts.state".into(),
                dead_letters: "churn.dead-letters".into(),
                changelog: None,
                partitions: 6,
                replication_factor: None,
            },
            runtime: RuntimeConfig {
                workers: None,
                delivery: Delivery::ExactlyOnce,
                commit_interval: Duration::from_millis(100),
                transaction_events: 100_000,
                transaction_bytes: 16 << 20,
                transaction_timeout: Duration::from_secs(15),
                shutdown_timeout: Duration::from_secs(10),
            },
            changelog: ChangelogConfig { flush_interval: Duration::ZERO },
            time: TimeConfig { idle_after: Some(Duration::from_secs(60)) },
            http: HttpConfig { listen: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080)) },
            log: LogConfig { level: "info".into(), format: Format::Auto },
            mapping: MappingConfig { name: None, file: None },
            text: TextConfig { model: TextModel::Default },
            rules: Rules::default(),
        };
        config.rules.version = super::keys::fingerprint(&config);
        config
    }
}

impl Config {
    /// The changelog's name.
    pub fn changelog_topic(&self) -> String {
        match &self.topics.changelog {
            Some(name) => name.clone(),
            None => format!("{}-customers-changelog", self.kafka.group_id),
        }
    }

    /// How many workers there are: as set, or one a core.
    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.runtime.workers.unwrap_or_else(cores)
    }

    /// The instance id: as set, or the host's name. `None` if the host does not tell its name.
    pub fn instance_id(&self) -> Option<String> {
        self.kafka.instance_id.clone().or_else(super::host::name)
    }
}
