//! Why a command ended early, and the exit code that says so.

use std::error::Error;
use std::io;

use crate::config::{Config, ConfigErrors};
use crate::kafka::{self, Next};
use crate::runtime::{self, Problem};

use super::beside::Unable;
use super::mapping::Unusable;
use super::wording::Unspeakable;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The settings are wrong.
    #[error("cannot use the configuration:\n{0}")]
    Configuration(#[from] ConfigErrors),
    /// A setting in the environment is not UTF-8.
    #[error("cannot use the configuration:\nvariable {0}: the value is not UTF-8")]
    NotText(String),
    /// The mapping cannot be used.
    #[error("cannot use the mapping")]
    Mapping(#[from] Unusable),
    /// The sentences cannot be used.
    #[error("cannot use the wording")]
    Wording(#[from] Unspeakable),
    /// Nothing tells this process from others of its group.
    #[error("the host does not tell its name: set `kafka.instance_id`")]
    NoInstanceId,
    /// HTTP or signals.
    #[error(transparent)]
    Beside(#[from] Unable),
    /// The service cannot start, or cannot go on.
    #[error(transparent)]
    Runtime(#[from] runtime::Failure),
    /// It is in the log already.
    #[error("see the log")]
    Told {
        /// The exit code.
        code: u8,
    },
    /// Arguments that only together make no sense.
    #[error("{0}")]
    Usage(String),
    /// Kafka does not answer.
    #[error("cannot reach Kafka at {servers}")]
    Unreachable {
        /// Where it should be.
        servers: String,
        /// What the client says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Nobody reads the output any more: a quiet end.
    #[error("nobody reads the output")]
    NoReader,
    /// Anything else.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// 0 for a quiet end, 1 for an error of the run, 2 for wrong usage, 69 for a service that is not there, 78 for
    /// wrong settings and for topics that are not as they must be: no other start will go better. The last two as in
    /// sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::NoReader => 0,
            Failure::Runtime(runtime::Failure::Topics(_)) => 78,
            Failure::Other(_) | Failure::Beside(_) | Failure::Runtime(_) => 1,
            Failure::Usage(_) | Failure::Mapping(Unusable::Unknown { .. }) => 2,
            Failure::Unreachable { .. } => 69,
            Failure::Configuration(_)
            | Failure::NotText(_)
            | Failure::Mapping(_)
            | Failure::Wording(_)
            | Failure::NoInstanceId => 78,
            Failure::Told { code } => *code,
        }
    }

    /// What goes to stderr: `cannot …: because …: because …`; `None` for a quiet end.
    pub fn message(&self) -> Option<String> {
        match self {
            Failure::NoReader | Failure::Told { .. } => None,
            Failure::Runtime(failure) => Some(told(failure)),
            _ => Some(chain(self)),
        }
    }

    /// An error of the cluster. What another try may mend is taken for a cluster that does not answer.
    pub(super) fn kafka(config: &Config, error: kafka::Error) -> Failure {
        match error.next {
            Next::Retry => Failure::Unreachable { servers: config.kafka.bootstrap(), source: Box::new(error) },
            Next::Abort | Next::Replace | Next::Fenced | Next::Stop => Failure::other(error),
        }
    }

    /// Any error of the run.
    pub(super) fn other(error: impl Error + Send + Sync + 'static) -> Failure {
        Failure::Other(Box::new(error))
    }

    /// An error of writing to standard output.
    pub(super) fn output(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::NoReader,
            _ => Failure::other(OutputError(error)),
        }
    }
}

/// With its causes, and with what a person can do about it.
fn told(failure: &runtime::Failure) -> String {
    match (failure, failure.hint()) {
        (runtime::Failure::Topics(problems), _) => topics(problems),
        (_, "") => runtime::chain(failure),
        (_, hint) => format!("{}; to mend it: {hint}", runtime::chain(failure)),
    }
}

/// All missing topics in one line, since one command makes them; then a line for each other problem.
fn topics(problems: &[Problem]) -> String {
    let mut missing = Vec::new();
    let mut lines = vec!["the topics are not as they must be, and nothing was written:".to_owned()];
    for problem in problems {
        match problem {
            Problem::Missing(topic) => missing.push(topic.as_str()),
            Problem::NotCompacted { .. } | Problem::PartitionsDiffer { .. } => lines.push(problem.to_string()),
        }
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        lines.insert(1, format!("there is no topic {missing}; to create what is missing: churnwatch topics apply"));
    }
    lines.join("\n")
}

/// An error and its causes, from the outside in.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        // Some libraries repeat the cause in their own text.
        if !text.ends_with(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
struct OutputError(#[source] io::Error);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_told_once_from_the_outside_in() {
        let failure = Failure::Unreachable {
            servers: "a:1".into(),
            source: Box::new(OutputError(io::Error::other("it is full"))),
        };
        assert_eq!(
            failure.message().unwrap(),
            "cannot reach Kafka at a:1: cannot write to standard output: it is full"
        );
        assert_eq!(failure.exit_code(), 69);
        let wrapped = Failure::other(io::Error::other(OutputError(io::Error::other("it is full"))));
        assert_eq!(wrapped.message().unwrap(), "cannot write to standard output: it is full");
    }

    #[test]
    fn what_is_wrong_with_the_topics_is_told_line_by_line_and_ends_with_78() {
        let failure = Failure::from(runtime::Failure::Topics(vec![
            Problem::Missing("a".into()),
            Problem::NotCompacted { topic: "b".into(), policy: "delete".into() },
            Problem::Missing("c".into()),
        ]));
        let message = failure.message().unwrap();
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(lines[1], "there is no topic a, c; to create what is missing: churnwatch topics apply");
        assert!(lines[2].starts_with("topic b has cleanup.policy delete instead of compact"), "{message}");
        assert_eq!((lines.len(), failure.exit_code()), (3, 78));
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        let failure = Failure::output(io::ErrorKind::BrokenPipe.into());
        assert_eq!((failure.exit_code(), failure.message()), (0, None));
        assert_eq!(Failure::output(io::ErrorKind::StorageFull.into()).exit_code(), 1);
    }
}
