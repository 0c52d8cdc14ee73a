//! Why a call to Kafka failed, told as what to do next.

use std::fmt;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// What the caller does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// The same call again.
    Retry,
    /// Abort the transaction, forget what is staged, go on from the last commit.
    Abort,
    /// Nothing about the transaction is certain: a new client, then look at what was committed.
    Replace,
    /// Somebody else uses this `transactional.id`, or the broker ended the transaction: the two look alike.
    Fenced,
    /// Another try cannot work: rights, configuration, a topic that is not there.
    Stop,
}

/// A failed call to Kafka.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing}")]
pub struct Error {
    /// What was tried, as a verb and its object: `commit the transaction`.
    pub doing: &'static str,
    /// What to do about it.
    pub next: Next,
    /// What Kafka or the client library said.
    pub source: Cause,
}

/// What Kafka or the client library said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The library's name of the error, `TopicAuthorizationFailed`.
    pub code: RDKafkaErrorCode,
    /// Its explanation; empty if it gave none.
    pub text: String,
}

impl std::error::Error for Cause {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text.as_str() {
            "" => write!(f, "{}", self.code),
            text => f.write_str(text),
        }
    }
}

/// The flags that librdkafka puts on an error of a transactional call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub fatal: bool,
    pub retriable: bool,
    pub abortable: bool,
}

/// What a code and its flags ask for. Codes come first: the flags of some are known to be wrong (KIP-447, KIP-890).
pub(super) fn next_of(code: RDKafkaErrorCode, flags: Flags) -> Next {
    use RDKafkaErrorCode as C;
    match code {
        C::Fenced | C::ProducerFenced | C::InvalidProducerEpoch => Next::Fenced,
        C::InvalidTransactionalState => Next::Replace,
        C::IllegalGeneration
        | C::UnknownMemberId
        | C::FencedInstanceId
        | C::FencedMemberEpoch
        | C::StaleMemberEpoch
        | C::RebalanceInProgress
            if !flags.fatal =>
        {
            Next::Abort
        }
        C::TopicAuthorizationFailed
        | C::GroupAuthorizationFailed
        | C::ClusterAuthorizationFailed
        | C::TransactionalIdAuthorizationFailed
        | C::SaslAuthenticationFailed
        | C::Authentication
        | C::UnsupportedSASLMechanism
        | C::UnsupportedVersion
        | C::UnsupportedFeature
        | C::InvalidTransactionTimeout
        | C::InvalidConfig
        | C::InvalidArgument
        | C::InvalidTopic
        // A limit of the topic or of the client: the same record would be refused again.
        | C::MessageSizeTooLarge
        // A place in a log that is not there any more: going on elsewhere would be a silent loss.
        | C::AutoOffsetReset
        | C::OffsetOutOfRange => Next::Stop,
        _ if flags.fatal => Next::Replace,
        _ if flags.abortable => Next::Abort,
        _ if flags.retriable => Next::Retry,
        C::UnknownTopic | C::UnknownTopicOrPartition => Next::Stop,
        C::OperationTimedOut | C::RequestTimedOut | C::BrokerTransportFailure | C::AllBrokersDown | C::QueueFull => {
            Next::Retry
        }
        _ => Next::Replace,
    }
}

impl Error {
    pub(super) fn of_code(doing: &'static str, code: RDKafkaErrorCode) -> Error {
        Error { doing, next: next_of(code, Flags::default()), source: Cause { code, text: String::new() } }
    }

    pub(super) fn of(doing: &'static str, error: KafkaError) -> Error {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
        let next = match &error {
            // A property that librdkafka does not know, or a value that it refuses.
            KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) => Next::Stop,
            _ => next_of(code, Flags::default()),
        };
        Error { doing, next, source: Cause { code, text: error.to_string() } }
    }

    /// Something that only this folder can find wrong, with its own explanation.
    pub(super) fn refused(doing: &'static str, next: Next, text: impl Into<String>) -> Error {
        Error { doing, next, source: Cause { code: RDKafkaErrorCode::InvalidArgument, text: text.into() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do_next() {
        use RDKafkaErrorCode as C;
        let fatal = Flags { fatal: true, ..Flags::default() };
        let retriable = Flags { retriable: true, ..Flags::default() };
        let abortable = Flags { abortable: true, ..Flags::default() };
        for (code, flags, next) in [
            // A late EndTxn tears the next transaction while its flag says that an abort would do.
            (C::InvalidTransactionalState, abortable, Next::Replace),
            (C::InvalidTransactionalState, retriable, Next::Replace),
            (C::InvalidTransactionalState, fatal, Next::Replace),
            (C::Fenced, fatal, Next::Fenced),
            (C::InvalidProducerEpoch, abortable, Next::Fenced),
            (C::IllegalGeneration, abortable, Next::Abort),
            (C::UnknownMemberId, Flags::default(), Next::Abort),
            (C::FencedInstanceId, fatal, Next::Replace),
            (C::OperationTimedOut, retriable, Next::Retry),
            (C::OperationTimedOut, abortable, Next::Abort),
            (C::CoordinatorNotAvailable, retriable, Next::Retry),
            (C::OutOfOrderSequenceNumber, fatal, Next::Replace),
            (C::TopicAuthorizationFailed, abortable, Next::Stop),
            (C::MessageSizeTooLarge, Flags::default(), Next::Stop),
            (C::MessageSizeTooLarge, abortable, Next::Stop),
            (C::Fail, Flags::default(), Next::Replace),
        ] {
            assert_eq!(next_of(code, flags), next, "{code:?} {flags:?}");
        }
    }

    #[test]
    fn a_property_that_the_library_does_not_know_stops() {
        let error = rdkafka::ClientConfig::new().set("fetch.wat", "1").create_native_config().err().unwrap();
        assert_eq!(Error::of("make a client", error).next, Next::Stop);
    }
}
