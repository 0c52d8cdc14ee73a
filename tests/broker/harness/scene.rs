//! The topics, the settings and the input of one test.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use churnwatch::codec::commit_metadata::CommitMetadata;
use churnwatch::config::Config;
use churnwatch::kafka::{Cluster, Guarantee, Header, LogEnds, Outgoing, Producer, TopicIndex};
use churnwatch::model::{Partition, Time};
use churnwatch::offline::generate::Options;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::{Broker, wait_until};

/// A generated company whose days are long past: nothing in it depends on when the test runs.
pub fn company(customers: u32, events: u64, seed: u64) -> Options {
    // 2024-03-04T08:00:00Z, a Monday.
    Options { start: Time(1_709_539_200_000), ..Options::new(customers, events, seed) }
}

/// One test's corner of a broker.
pub struct Scene {
    pub name: String,
    pub partitions: i32,
    pub folder: PathBuf,
    pub cluster: Cluster,
    pub port: u16,
    committed: BaseConsumer,
    ends: LogEnds,
}

impl Scene {
    /// Topics that `churnwatch topics apply` makes, and settings with `further` ones, `section.key=value` each.
    pub fn new(broker: &Broker, name: &str, partitions: i32, further: &[&str]) -> Scene {
        let scene = Scene::without_topics(broker, name, partitions, further);
        let output = scene.run(&["topics", "apply"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        scene
    }

    /// The settings alone.
    pub fn without_topics(broker: &Broker, name: &str, partitions: i32, further: &[&str]) -> Scene {
        let folder = broker.folder(name);
        let cluster = broker.cluster();
        let committed = ClientConfig::new()
            .set("bootstrap.servers", &cluster.bootstrap_servers)
            .set("group.id", name)
            .set("isolation.level", "read_committed")
            .create()
            .unwrap();
        let ends = LogEnds::open(&cluster).unwrap();
        let scene = Scene { name: name.to_owned(), partitions, folder, cluster, port: broker.port(), committed, ends };
        fs::write(scene.config_path(), scene.settings(further)).unwrap();
        scene
    }

    /// The file of settings: what every test needs, then `further`.
    fn settings(&self, further: &[&str]) -> String {
        let (name, servers) = (&self.name, &self.cluster.bootstrap_servers);
        let mut sections: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
        let own = [
            format!("kafka.bootstrap_servers=[\"{servers}\"]"),
            format!("kafka.group_id=\"{name}\""),
            format!("topics.input=\"{name}.events\""),
            format!("topics.alerts=\"{name}.alerts\""),
            format!("topics.alerts_state=\"{name}.alerts.state\""),
            format!("topics.dead_letters=\"{name}.dead-letters\""),
            format!("topics.partitions={}", self.partitions),
            "runtime.workers=1".to_owned(),
            "time.idle_after=\"off\"".to_owned(),
            "log.format=\"text\"".to_owned(),
        ];
        for setting in own.iter().map(String::as_str).chain(further.iter().copied()) {
            let (path, value) = setting.split_once('=').unwrap();
            let (section, key) = path.split_once('.').unwrap();
            sections.entry(section).or_default().insert(key, value.to_owned());
        }
        let mut text = String::new();
        for (section, keys) in sections {
            writeln!(text, "[{section}]").unwrap();
            for (key, value) in keys {
                writeln!(text, "{key} = {value}").unwrap();
            }
        }
        // A dead member is noticed soon.
        text + "[kafka.properties]\n\"session.timeout.ms\" = \"2000\"\n\"heartbeat.interval.ms\" = \"500\"\n"
    }

    fn config_path(&self) -> PathBuf {
        self.folder.join("churnwatch.toml")
    }

    /// The settings as the program reads them.
    pub fn config(&self) -> Config {
        Config::load(Some(&self.config_path()), std::iter::empty(), &[], &|_| Vec::new()).unwrap()
    }

    /// The program with the scene's settings, and none of the caller's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_churnwatch"));
        command.env_clear().args(arguments).arg("--config").arg(self.config_path());
        command
    }

    /// Runs a command of the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn input(&self) -> String {
        format!("{}.events", self.name)
    }

    pub fn alerts(&self) -> String {
        format!("{}.alerts", self.name)
    }

    pub fn alerts_state(&self) -> String {
        format!("{}.alerts.state", self.name)
    }

    pub fn dead_letters(&self) -> String {
        format!("{}.dead-letters", self.name)
    }

    pub fn changelog(&self) -> String {
        format!("{}-customers-changelog", self.name)
    }

    /// The topics that the service writes.
    pub fn outputs(&self) -> [String; 4] {
        [self.alerts(), self.alerts_state(), self.dead_letters(), self.changelog()]
    }

    /// A writer of the input.
    pub fn writer(&self) -> Input {
        let topics = [self.input()];
        let guarantee = Guarantee::AtLeastOnce;
        Input(Producer::open(&self.cluster, &guarantee, &topics, &topics[0]).unwrap())
    }

    /// Where the partitions of a topic end, uncommitted records included.
    pub fn ends(&self, topic: &str) -> Vec<i64> {
        self.ends_of(topic, self.partitions)
    }

    /// The same of a topic with so many partitions.
    pub fn ends_of(&self, topic: &str, partitions: i32) -> Vec<i64> {
        let end = |partition| {
            let mut end = None;
            // A broker that has just started looks for its leaders.
            wait_until(Duration::from_secs(90), "the end of a partition", || {
                end = self.ends.range(topic, Partition(partition), Duration::from_secs(5)).ok();
                end.is_some()
            });
            end.expect("just found").1.0
        };
        (0..partitions).map(end).collect()
    }

    /// Whether no open transaction has written to a topic.
    pub fn is_stable(&self, topic: &str) -> bool {
        // Where committed records end, and where all end.
        let timeout = Duration::from_secs(5);
        let committed =
            |partition| self.committed.fetch_watermarks(topic, partition, timeout).map_or(-1, |(_, end)| end);
        (0..self.partitions).map(committed).eq(self.ends(topic))
    }

    /// What the group has committed for each partition: the next offset, and what goes with it. `None` for a partition
    /// without; nothing at all while an open transaction makes us wait.
    pub fn committed(&self) -> Option<Vec<Option<(i64, CommitMetadata)>>> {
        let mut list = TopicPartitionList::new();
        for partition in 0..self.partitions {
            list.add_partition(&self.input(), partition);
        }
        let list = self.committed.committed_offsets(list, Duration::from_millis(500)).ok()?;
        let mut committed = Vec::new();
        for element in list.elements() {
            element.error().ok()?;
            committed.push(match element.offset() {
                Offset::Offset(next) => Some((next, CommitMetadata::decode(element.metadata()).unwrap())),
                _ => None,
            });
        }
        Some(committed)
    }

    /// How many records of the input are committed. Waits while that cannot be known.
    pub fn done(&self) -> i64 {
        let mut committed = None;
        wait_until(Duration::from_secs(90), "the committed offsets", || {
            committed = self.committed();
            committed.is_some()
        });
        committed.into_iter().flatten().flatten().map(|(next, _)| next).sum()
    }

    /// Waits until all of the input is committed.
    pub fn wait_until_done(&self, limit: Duration) {
        let total: i64 = self.ends(&self.input()).iter().sum();
        wait_until(limit, &format!("{} records committed", total), || self.done() >= total);
    }
}

/// Writes the input of a scene.
pub struct Input(Producer);

impl Input {
    /// Writes one record, to the partition of its key.
    pub fn write(&self, key: &[u8], value: &[u8]) {
        self.write_as(Some(key), Some(value), &[]);
    }

    /// Writes one record as it is.
    pub fn write_as(&self, key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header<'_>]) {
        let outgoing = Outgoing { topic: TopicIndex(0), partition: None, key, value, headers, timestamp: None };
        self.0.produce(&outgoing).unwrap();
    }

    /// Waits until all of it is there.
    pub fn flush(&self) {
        self.0.flush(Duration::from_secs(60)).unwrap();
    }
}
