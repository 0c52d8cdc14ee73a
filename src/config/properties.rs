//! Free librdkafka properties, all but those that the processor must own to keep its promises.

use std::collections::BTreeMap;
use std::fmt;

/// Properties that are handed to librdkafka as they are, by name. `Debug` hides the values of secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties(BTreeMap<String, String>);

impl Properties {
    /// Every property, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of `name`, if it is set.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Sets a property that `refusal` has nothing against.
    pub(super) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, value)| (name, shown(name, value)))).finish()
    }
}

/// `value`, or `(hidden)` if the property is a secret.
pub fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    const SECRET: [&str; 8] =
        ["password", "secret", "token", ".pem", "jaas", "oauthbearer.config", "keytab", "username"];
    if SECRET.iter().any(|part| name.contains(part)) { "(hidden)" } else { value }
}

/// Why the property may not be set freely; `None` if it may.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    OWNED.iter().find(|(owned, _)| *owned == name).map(|(_, reason)| *reason)
}

const TRANSACTION: &str = "it is part of the exactly-once protocol: offsets are committed inside the transactions";
const DURABLE: &str = "the processor's promises need idempotent writes that every in-sync replica has";
const TIMEOUT: &str = "it must stay below the transaction's timeout: set `runtime.transaction_timeout`";

/// What the processor sets by itself, with the reason or the key to use instead.
const OWNED: &[(&str, &str)] = &[
    ("bootstrap.servers", "set `kafka.bootstrap_servers`"),
    ("metadata.broker.list", "set `kafka.bootstrap_servers`"),
    ("group.id", "set `kafka.group_id`"),
    ("group.instance.id", "it is made from `kafka.instance_id` and the worker's number"),
    ("transactional.id", "it is made from `kafka.group_id`, `kafka.instance_id` and the worker's number"),
    ("transaction.timeout.ms", "set `runtime.transaction_timeout`"),
    ("message.timeout.ms", TIMEOUT),
    ("delivery.timeout.ms", TIMEOUT),
    ("socket.timeout.ms", TIMEOUT),
    ("enable.auto.commit", TRANSACTION),
    ("auto.commit.interval.ms", TRANSACTION),
    ("enable.auto.offset.store", TRANSACTION),
    ("isolation.level", "it is part of the exactly-once protocol: only committed records are read"),
    ("partition.assignment.strategy", "partitions move by the cooperative-sticky protocol"),
    ("auto.offset.reset", "set `kafka.start_from`; later on a lost offset is an error, never a jump"),
    ("enable.partition.eof", "the processor needs to know where a partition ends"),
    ("allow.auto.create.topics", "topics are made by `churnwatch topics apply`, with the settings that they need"),
    ("enable.idempotence", DURABLE),
    ("acks", DURABLE),
    ("request.required.acks", DURABLE),
    ("enable.gapless.guarantee", DURABLE),
    ("partitioner", "alerts of a customer must go where Kafka's own clients look for them"),
    ("max.in.flight.requests.per.connection", DURABLE),
    ("max.in.flight", DURABLE),
    ("dr_cb", "the processor counts on the reports it asks for"),
    ("dr_msg_cb", "the processor counts on the reports it asks for"),
    ("delivery.report.only.error", "the processor counts on the reports it asks for"),
    ("log_level", "the client's log is how a suspect producer is found"),
    ("log.queue", "the client's log is how a suspect producer is found"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_protocol_owns_is_refused_and_the_rest_is_free() {
        for owned in [
            "enable.auto.commit",
            "isolation.level",
            "transactional.id",
            "partition.assignment.strategy",
            "group.id",
            "enable.idempotence",
        ] {
            assert!(refusal(owned).is_some(), "{owned}");
        }
        for free in ["security.protocol", "sasl.password", "session.timeout.ms", "client.id", "compression.codec"] {
            assert_eq!(refusal(free), None, "{free}");
        }
    }

    #[test]
    fn secrets_are_hidden_from_debug() {
        let mut properties = Properties::default();
        for name in ["sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret"] {
            properties.set(name, "hunter2".into());
        }
        properties.set("security.protocol", "SASL_SSL".into());
        let text = format!("{properties:?}");
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("SASL_SSL"), "{text}");
        assert_eq!(properties.value("sasl.password"), Some("hunter2"));
    }
}
