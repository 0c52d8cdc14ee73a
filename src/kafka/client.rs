//! How to reach the cluster, and what its clients say.

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, ClientContext, Statistics};
use tracing::{debug, error, info, warn};

/// Properties of librdkafka that the protocol depends on: nobody else may set them.
pub const OWNED_PROPERTIES: &[&str] = &[
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
    "delivery.report.only.error",
    "dr_cb",
    "dr_msg_cb",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "isolation.level",
    "log.queue",
    "log_level",
    "max.in.flight.requests.per.connection",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "transactional.id",
];

/// How to reach the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// Further properties of librdkafka: security, timeouts, buffers. None of [`OWNED_PROPERTIES`].
    pub properties: Vec<(String, String)>,
}

/// Whom a configuration is for: librdkafka warns about properties of the other side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Reader,
    Writer,
}

impl Cluster {
    /// `defaults`, then what the operator set, then `owned`, which wins.
    pub(super) fn config(&self, side: Side, defaults: &[(&str, &str)], owned: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("client.id", "churnwatch");
        // The defaults of 100 ms and 10 s make a broker's restart last longer than it does.
        config.set("reconnect.backoff.ms", "50").set("reconnect.backoff.max.ms", "2000");
        for (key, value) in defaults {
            config.set(*key, *value);
        }
        for (key, value) in &self.properties {
            if side_of(key).is_none_or(|of| of == side) {
                config.set(key, value);
            }
        }
        config.set("bootstrap.servers", &self.bootstrap_servers);
        for (key, value) in owned {
            config.set(*key, *value);
        }
        config.set_log_level(RDKafkaLogLevel::Info);
        config
    }
}

/// The side that a property belongs to; `None`: both.
fn side_of(property: &str) -> Option<Side> {
    const READER: &[&str] = &["fetch.", "session.", "heartbeat.", "max.poll.", "check.crcs", "group.", "queued."];
    const WRITER: &[&str] = &[
        "batch.",
        "compression.",
        "linger.",
        "message.timeout.",
        "queue.buffering.",
        "retry.backoff.",
        "transaction.",
    ];
    let starts = |list: &[&str]| list.iter().any(|prefix| property.starts_with(prefix));
    match property {
        _ if starts(READER) => Some(Side::Reader),
        _ if starts(WRITER) => Some(Side::Writer),
        _ => None,
    }
}

/// Passes on what a client says: facility and text, never content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    /// Whose it is: `reader`, `writer`, `restore`.
    pub role: &'static str,
}

impl Voice {
    /// One line of a client's log. The library's levels are those of syslog; its "connection refused" is an error
    /// (3) that it repairs by itself, so nothing here wakes anyone up.
    pub(super) fn say(self, level: i32, facility: &str, text: &str) {
        match level {
            0..=2 => error!(target: "librdkafka", role = self.role, facility, "{text}"),
            3 | 4 => warn!(target: "librdkafka", role = self.role, facility, "{text}"),
            5 | 6 => info!(target: "librdkafka", role = self.role, facility, "{text}"),
            _ => debug!(target: "librdkafka", role = self.role, facility, "{text}"),
        }
    }
}

impl ClientContext for Voice {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.say(level as i32, facility, text);
    }

    fn stats(&self, _: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        debug!(target: "librdkafka", role = self.role, %error, "{reason}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_wins_over_defaults_and_the_protocol_over_the_operator() {
        let cluster = Cluster {
            bootstrap_servers: "a:1".into(),
            properties: vec![
                ("fetch.wait.max.ms".into(), "7".into()),
                ("acks".into(), "0".into()),
                ("linger.ms".into(), "9".into()),
                ("security.protocol".into(), "plaintext".into()),
            ],
        };
        let config = cluster.config(Side::Reader, &[("fetch.wait.max.ms", "50")], &[("acks", "all")]);
        for (key, value) in [
            ("fetch.wait.max.ms", Some("7")),
            ("acks", Some("all")),
            ("linger.ms", None),
            ("security.protocol", Some("plaintext")),
            ("bootstrap.servers", Some("a:1")),
        ] {
            assert_eq!(config.get(key), value, "{key}");
        }
    }
}
