//! The topics that the service needs of the cluster: which, why, and how those that are there differ.

use crate::config::Config;
use crate::kafka::admin::{Description, TopicSpec};
use crate::runtime::Problem;

/// One topic that the service needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// How many partitions it has when it is made.
    pub partitions: i32,
    /// Whether it must have exactly so many.
    pub same_partitions: bool,
    /// Copies of each partition; none: the broker's default.
    pub replication_factor: Option<i32>,
    /// Settings that it is made with. Of one that is there only the cleanup policy `compact` must hold.
    pub config: Vec<(&'static str, &'static str)>,
    /// What it is for.
    pub why: &'static str,
}

/// How a topic stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// There is none.
    Missing,
    /// It is as it should be.
    Fits,
    /// It is there, but the service would not start: why, and what mends it.
    Differs(Vec<Problem>),
}

const COMPACT: (&str, &str) = ("cleanup.policy", "compact");
const DELETE: (&str, &str) = ("cleanup.policy", "delete");

/// The topics that the service needs where the input topic has so many partitions; the input topic first.
pub fn needed(config: &Config, partitions: i32) -> Vec<Topic> {
    let topic = |name: &str, why, config_of: &[(&'static str, &'static str)]| Topic {
        name: name.to_owned(),
        partitions,
        same_partitions: false,
        replication_factor: config.topics.replication_factor,
        config: config_of.to_vec(),
        why,
    };
    let names = &config.topics;
    let holdout = topic(&names.holdout, "alerts about the control group, which nobody acts on", &[DELETE]);
    let mut topics = vec![
        topic(&names.input, "events in, keyed by customer", &[]),
        Topic {
            same_partitions: true,
            ..topic(
                &config.changelog_topic(),
                "what is remembered of each customer, partition by partition of the input",
                // Small segments: only closed ones are compacted, and a restart reads what is left.
                &[COMPACT, ("segment.bytes", "67108864"), ("min.cleanable.dirty.ratio", "0.2")],
            )
        },
        topic(&names.alerts, "alerts out, a record for each transition, keyed by customer", &[DELETE]),
        topic(&names.alerts_state, "the last state of every alert, keyed by alert", &[COMPACT]),
        topic(
            &names.dead_letters,
            "records that could not be read, for 30 days",
            &[DELETE, ("retention.ms", "2592000000")],
        ),
    ];
    topics.extend(config.has_holdout().then_some(holdout));
    topics
}

/// How `topic` stands to what was found; `input` is the input topic's name.
pub fn compare(topic: &Topic, found: Option<&Description>, input: &str) -> State {
    let Some(found) = found else { return State::Missing };
    let mut differs = Vec::new();
    let partitions = usize::try_from(topic.partitions).unwrap_or_default();
    if topic.same_partitions && partitions != found.partitions {
        differs.push(Problem::PartitionsDiffer {
            topic: topic.name.clone(),
            partitions: found.partitions,
            input: input.to_owned(),
            input_partitions: partitions,
        });
    }
    if topic.config.contains(&COMPACT) && !found.is_compacted_only() {
        let policy = found.config.get(COMPACT.0).cloned().unwrap_or_default();
        differs.push(Problem::NotCompacted { topic: topic.name.clone(), policy });
    }
    if differs.is_empty() { State::Fits } else { State::Differs(differs) }
}

impl Topic {
    /// As it is made.
    pub fn spec(&self) -> TopicSpec {
        TopicSpec {
            name: self.name.clone(),
            partitions: self.partitions,
            replication: self.replication_factor.unwrap_or(-1),
            config: self.config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(partitions: usize, policy: &str) -> Description {
        let config = [("cleanup.policy".to_owned(), policy.to_owned())].into();
        Description { partitions, replication: 1, config }
    }

    #[test]
    fn every_topic_follows_the_input_and_has_its_policy() {
        let config = Config::default();
        let topics = needed(&config, 7);
        let meant = [
            ("customer.events", None),
            ("churnwatch-customers-changelog", Some("compact")),
            ("churn.alerts", Some("delete")),
            ("churn.alerts.state", Some("compact")),
            ("churn.dead-letters", Some("delete")),
        ];
        for (topic, (name, policy)) in topics.iter().zip(meant) {
            let of = topic.config.iter().find(|(name, _)| *name == "cleanup.policy").map(|(_, value)| *value);
            assert_eq!((topic.name.as_str(), of, topic.partitions), (name, policy, 7));
            assert_eq!(topic.spec().replication, -1);
        }
        assert_eq!(topics.len(), meant.len());
    }

    #[test]
    fn a_topic_differs_by_what_would_harm_and_by_nothing_else() {
        let config = Config::default();
        let topics = needed(&config, 4);
        let [input, changelog, alerts, state, letters] = topics.as_slice() else { panic!("five topics") };
        for (topic, there, differences) in [
            (input, found(4, "compact"), 0),
            (input, found(9, "delete"), 0),
            (changelog, found(4, "compact"), 0),
            (changelog, found(4, "compact,delete"), 1),
            (changelog, found(4, "delete"), 1),
            (changelog, found(3, "compact"), 1),
            (changelog, found(3, "delete"), 2),
            (alerts, found(1, "compact"), 0),
            (state, found(1, "compact"), 0),
            (state, found(4, "delete"), 1),
            (letters, found(1, "delete"), 0),
        ] {
            let count = match compare(topic, Some(&there), "customer.events") {
                State::Fits => 0,
                State::Differs(reasons) => reasons.len(),
                State::Missing => panic!("it is there"),
            };
            assert_eq!(count, differences, "{} {there:?}", topic.name);
        }
        assert_eq!(compare(input, None, "customer.events"), State::Missing);
    }
}
