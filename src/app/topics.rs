//! The topics that the service needs of the cluster: which, why, and how those that are there differ.

use crate::config::Config;
use crate::kafka::admin::{Description, TopicSpec};

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
    /// Settings that it is made with.
    pub config: Vec<(&'static str, &'static str)>,
    /// Whether the service must not start while it differs.
    pub vital: bool,
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
    /// It is there, but not as it should be: what differs, and what mends it.
    Differs(Vec<String>),
}

/// Kept apart from the changelog's other settings: the only one that the service's state depends on.
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
        vital: false,
        why,
    };
    let names = &config.topics;
    vec![
        Topic { vital: true, ..topic(&names.input, "events in, keyed by customer", &[]) },
        Topic {
            same_partitions: true,
            vital: true,
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
    ]
}

/// How `topic` stands to what was found; `input` is the input topic's name, for messages.
pub fn compare(topic: &Topic, found: Option<&Description>, input: &str) -> State {
    let Some(found) = found else { return State::Missing };
    let mut differs = Vec::new();
    if topic.same_partitions && usize::try_from(topic.partitions) != Ok(found.partitions) {
        differs.push(format!(
            "it has {} partitions and {input} has {}, but they go together one by one; a changelog cannot be \
             re-partitioned: start anew with another `kafka.group_id`",
            found.partitions, topic.partitions
        ));
    }
    for (name, value) in topic.config.iter().filter(|setting| **setting == COMPACT) {
        match found.config.get(*name) {
            Some(there) if there == value => {}
            // A cluster may hide its settings from us; what is not known does not differ.
            None => {}
            Some(there) => differs.push(format!(
                "{name} is {there} and must be {value}; mend it with: kafka-configs.sh --alter --topic {} --add-config \
                 {name}={value}",
                topic.name
            )),
        }
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
        let bare = Description { partitions: 4, replication: 3, config: [].into() };
        for (topic, there, differences) in [
            (input, found(4, "compact"), 0),
            (input, found(9, "delete"), 0),
            (changelog, found(4, "compact"), 0),
            (changelog, bare, 0),
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

    #[test]
    fn a_difference_says_what_mends_it() {
        let changelog = &needed(&Config::default(), 4)[1];
        let State::Differs(reasons) = compare(changelog, Some(&found(3, "delete")), "customer.events") else {
            panic!("it differs")
        };
        assert!(reasons[0].starts_with("it has 3 partitions and customer.events has 4"), "{reasons:?}");
        assert!(reasons[0].contains("kafka.group_id"), "{reasons:?}");
        assert_eq!(
            reasons[1],
            "cleanup.policy is delete and must be compact; mend it with: kafka-configs.sh --alter --topic \
             churnwatch-customers-changelog --add-config cleanup.policy=compact"
        );
    }
}
