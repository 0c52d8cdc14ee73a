//! Why the runtime stopped without being asked to.

use std::error::Error;

use super::startup::Problem;
use crate::codec::{changelog, commit_metadata};
use crate::kafka::{self, Next};
use crate::model::Partition;
use crate::task::{Leave, Refusal};

/// Why a worker, or the runtime as a whole, stopped.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The topics are not as they must be.
    #[error("the topics are not as they must be: {}", list(.0))]
    Topics(Vec<Problem>),
    /// A call to Kafka failed.
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    /// A task cannot go on without a person.
    #[error("partition {partition} cannot run")]
    Refused {
        /// Its partition.
        partition: Partition,
        /// Why.
        source: Refusal,
    },
    /// A record of the changelog cannot be read.
    #[error("cannot read offset {offset} of partition {partition} of the changelog")]
    Changelog {
        /// Its partition.
        partition: Partition,
        /// Its offset.
        offset: i64,
        /// Why.
        source: changelog::Unreadable,
    },
    /// The metadata of a committed offset cannot be read.
    #[error("cannot read what was committed with the offset of partition {partition}")]
    Metadata {
        /// Its partition.
        partition: Partition,
        /// Why.
        source: commit_metadata::Unreadable,
    },
    /// The worker must write no more.
    #[error("worker {worker} had to leave")]
    Left {
        /// Its number.
        worker: usize,
        /// Why.
        source: Leave,
    },
    /// A worker's thread panicked: a bug.
    #[error("worker {0} panicked")]
    Panicked(usize),
    /// A call to the client library does not return. The process must be left without waiting for it.
    #[error("worker {worker} hangs: it could not {doing}")]
    Hung {
        /// Its number.
        worker: usize,
        /// The call.
        doing: &'static str,
    },
    /// A stop was asked for and took too long. The process must be left without waiting.
    #[error("the stop took too long; what was not committed is done again by the next start")]
    StopTookTooLong,
}

impl Failure {
    /// Whether a new start by itself may go better.
    pub fn may_pass(&self) -> bool {
        match self {
            Failure::Kafka(error) => error.next != Next::Stop,
            Failure::Topics(_)
            | Failure::Refused { .. }
            | Failure::Changelog { .. }
            | Failure::Metadata { .. }
            | Failure::Left { .. }
            | Failure::Panicked(_)
            | Failure::Hung { .. }
            | Failure::StopTookTooLong => false,
        }
    }

    /// What a person can do about it; empty if the text says it all.
    pub fn hint(&self) -> &'static str {
        match self {
            Failure::Refused { source, .. } => hint(source),
            Failure::Changelog { .. } | Failure::Metadata { .. } => {
                "run the version that wrote it, or a newer one; to begin anew, delete the changelog topic and the \
                 group's offsets"
            }
            Failure::Left { source: Leave::Fenced, .. } => "give each process of the group its own kafka.instance_id",
            Failure::Left { source: Leave::Refused, .. } => "look at the error logged before this one",
            Failure::Topics(_)
            | Failure::Kafka(_)
            | Failure::Panicked(_)
            | Failure::Hung { .. }
            | Failure::StopTookTooLong => "",
        }
    }
}

fn hint(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InputTruncated { .. } => {
            "give the input topic a longer retention.ms; to go on without the lost records, set the group's offset to \
             the earliest and delete the changelog topic"
        }
        Refusal::OffsetBeyondEnd { .. } | Refusal::StateWithForeignOffset { .. } => {
            "to begin anew, delete the changelog topic and the group's offsets (kafka-consumer-groups --delete)"
        }
        Refusal::StateWithoutOffset => {
            "the group's offsets expired or were deleted: keep offsets.retention.minutes longer than the longest \
             outage; to begin anew, delete the changelog topic"
        }
        Refusal::AppliedBeyondCommit { .. } => {
            "the offset was set back: to replay, delete the changelog topic too, or use churnwatch replay"
        }
        Refusal::RedoNeeded { .. } => "run the version that wrote it, or a newer one",
        Refusal::ChangelogStuck => {
            "look for a hanging transaction (kafka-transactions find-hanging) and at the brokers' logs"
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// An error and its causes, for a log line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
