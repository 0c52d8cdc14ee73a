//! Why a command ended early, and the exit code that says so.

use std::error::Error;
use std::io;

use crate::config::{Config, ConfigErrors};
use crate::kafka::{self, Next};

use super::mapping::Unusable;

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
    /// wrong settings; the last two as in sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::NoReader => 0,
            Failure::Other(_) => 1,
            Failure::Usage(_) | Failure::Mapping(Unusable::Unknown { .. }) => 2,
            Failure::Unreachable { .. } => 69,
            Failure::Configuration(_) | Failure::NotText(_) | Failure::Mapping(_) => 78,
        }
    }

    /// What goes to stderr: `cannot …: because …: because …`; `None` for a quiet end.
    pub fn message(&self) -> Option<String> {
        match self {
            Failure::NoReader => None,
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
    fn a_reader_that_has_gone_is_no_error() {
        let failure = Failure::output(io::ErrorKind::BrokenPipe.into());
        assert_eq!((failure.exit_code(), failure.message()), (0, None));
        assert_eq!(Failure::output(io::ErrorKind::StorageFull.into()).exit_code(), 1);
    }
}
