//! Looks at the topics before anything is written, and says what is wrong with the command that mends it.

use std::time::Duration;

use super::settings::Topics;
use crate::kafka::admin::{self, Description};
use crate::kafka::{Cluster, Error};

/// Something wrong with a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no such topic.
    #[error("topic {0} does not exist; to create what is missing: churnwatch topics apply")]
    Missing(String),
    /// Old records of a topic are deleted where the last one of each key must stay.
    #[error(
        "topic {topic} has cleanup.policy {policy} instead of compact; to mend it: kafka-configs --alter \
         --entity-type topics --entity-name {topic} --add-config cleanup.policy=compact"
    )]
    NotCompacted {
        /// The topic.
        topic: String,
        /// Its cleanup policy.
        policy: String,
    },
    /// A customer's changelog partition has the number of their input partition, so there must be as many.
    #[error(
        "topic {topic} has {partitions} partitions and {input} has {input_partitions}: they must be equal; while the \
         changelog is empty, delete it and run: churnwatch topics apply"
    )]
    PartitionsDiffer {
        /// The changelog.
        topic: String,
        /// Its partitions.
        partitions: usize,
        /// The input topic.
        input: String,
        /// Its partitions.
        input_partitions: usize,
    },
}

/// Everything that is wrong with the topics; empty if nothing is.
pub fn check(cluster: &Cluster, topics: &Topics, timeout: Duration) -> Result<Vec<Problem>, Error> {
    let always = [&topics.input, &topics.changelog, &topics.alerts_state, &topics.alerts, &topics.dead_letters];
    let names: Vec<&str> = always.into_iter().chain(&topics.holdout).map(String::as_str).collect();
    let found = admin::describe(cluster, &names, timeout)?;
    Ok(judge(&names, &found))
}

/// `names`: input, changelog, state of the alerts, then topics that must only be there.
fn judge(names: &[&str], found: &[Option<Description>]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = names
        .iter()
        .zip(found)
        .filter(|(_, found)| found.is_none())
        .map(|(name, _)| Problem::Missing((*name).to_owned()))
        .collect();
    for at in [1, 2] {
        if let Some(topic) = found[at].as_ref().filter(|t| !t.is_compacted_only()) {
            let policy = topic.config.get("cleanup.policy").cloned().unwrap_or_default();
            problems.push(Problem::NotCompacted { topic: names[at].to_owned(), policy });
        }
    }
    if let (Some(input), Some(changelog)) = (&found[0], &found[1])
        && input.partitions != changelog.partitions
    {
        problems.push(Problem::PartitionsDiffer {
            topic: names[1].to_owned(),
            partitions: changelog.partitions,
            input: names[0].to_owned(),
            input_partitions: input.partitions,
        });
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(partitions: usize, policy: &str) -> Option<Description> {
        let config = [("cleanup.policy".to_owned(), policy.to_owned())].into();
        Some(Description { partitions, replication: 1, config })
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let names = ["in", "log", "state", "alerts", "dead"];
        let good =
            [topic(4, "delete"), topic(4, "compact"), topic(1, "compact"), topic(2, "delete"), topic(1, "delete")];
        assert_eq!(judge(&names, &good), []);
        let bad = [topic(4, "delete"), topic(3, "compact,delete"), topic(1, "delete"), None, topic(1, "delete")];
        assert_eq!(
            judge(&names, &bad),
            [
                Problem::Missing("alerts".into()),
                Problem::NotCompacted { topic: "log".into(), policy: "compact,delete".into() },
                Problem::NotCompacted { topic: "state".into(), policy: "delete".into() },
                Problem::PartitionsDiffer {
                    topic: "log".into(),
                    partitions: 3,
                    input: "in".into(),
                    input_partitions: 4
                },
            ]
        );
        assert_eq!(judge(&names, &[None, None, None, None, None]).len(), 5);
    }
}
