//! The texts that settings are made of: names of topics, groups, servers, owners, levels, each with its check.

use super::shapes::{Hint, Text};

/// `host:port`.
pub(super) const SERVER: Text = Text { expected: "a server as \"host:port\"", check: server };
/// The name of a topic.
pub(super) const TOPIC: Text =
    Text { expected: "a topic's name: 1 to 249 letters, digits, \".\", \"_\" or \"-\"", check: |text| name(text, 249) };
/// The group's id, which internal topics and transactional ids begin with.
pub(super) const GROUP: Text =
    Text { expected: "1 to 200 letters, digits, \".\", \"_\" or \"-\"", check: |text| name(text, 200) };
/// The id of a process within the group.
pub(super) const INSTANCE: Text = GROUP;
/// A mapping that is built in.
pub(super) const MAPPING: Text =
    Text { expected: "a mapping's name: 1 to 64 letters, digits, \".\", \"_\" or \"-\"", check: |text| name(text, 64) };
/// Who answers for an alert.
pub(super) const OWNER: Text =
    Text { expected: "an owner of 1 to 128 characters, as in \"team:retention\"", check: owner };
/// Name and version of a model.
pub(super) const MODEL: Text = Text { expected: "1 to 64 characters, as in \"acme@2027-01-31\"", check: model };
/// What is logged.
pub(super) const LEVEL: Text = Text {
    expected: "a level (error, warn, info, debug, trace or off), then \"module=level\" for exceptions, separated by commas",
    check: level,
};

fn name(text: &str, longest: usize) -> Result<(), Hint> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match text {
        "." | ".." => Err(String::new()),
        _ if (1..=longest).contains(&text.len()) && text.chars().all(plain) => Ok(()),
        _ => Err(String::new()),
    }
}

fn server(text: &str) -> Result<(), Hint> {
    if text.contains("://") {
        return Err("without a scheme; `security.protocol` in [kafka.properties] says how to talk".into());
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err(if text.is_empty() {
            String::new()
        } else {
            format!("Kafka's usual port is 9092: \"{text}:9092\"")
        });
    };
    let host_is_plain =
        !host.is_empty() && !host.contains([' ', ',', '/']) && (!host.contains(':') || host.starts_with('['));
    let port_is_one = port.parse::<u16>().is_ok_and(|port| port > 0);
    if host_is_plain && port_is_one { Ok(()) } else { Err(String::new()) }
}

fn owner(text: &str) -> Result<(), Hint> {
    plain_text(text, 128)
}

fn model(text: &str) -> Result<(), Hint> {
    plain_text(text, 64)
}

fn plain_text(text: &str, longest: usize) -> Result<(), Hint> {
    let fits = !text.trim().is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(String::new()) }
}

fn level(text: &str) -> Result<(), Hint> {
    let is_level = |text: &str| matches!(text, "off" | "error" | "warn" | "info" | "debug" | "trace");
    let is_module =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c));
    let mut parts = text.split(',').map(str::trim);
    let first_is_level = parts.next().is_some_and(is_level);
    let rest =
        parts.all(|part| part.split_once('=').is_some_and(|(module, level)| is_module(module) && is_level(level)));
    if first_is_level && rest { Ok(()) } else { Err(String::new()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_they_should_be() {
        let good: [(&Text, &[&str]); 6] = [
            (&SERVER, &["localhost:9092", "kafka-1.example.com:1", "[::1]:9092", "10.0.0.1:65535"]),
            (&TOPIC, &["a", "customer.events", "A_b-9"]),
            (&GROUP, &["churnwatch"]),
            (&OWNER, &["team:retention", "Ana Núñez"]),
            (&MODEL, &["default@2026-11-24"]),
            (&LEVEL, &["info", "off", "warn,churnwatch=debug", "info, churnwatch::kafka=trace, rdkafka=warn"]),
        ];
        for (shape, texts) in good {
            for text in texts {
                assert_eq!((shape.check)(text), Ok(()), "{text}");
            }
        }
        let long = "x".repeat(250);
        let bad: [(&Text, &[&str]); 6] = [
            (&SERVER, &["", "localhost", ":9092", "a:0", "a:65536", "a:b", "::1:9092", "a b:1", "SSL://a:9092"]),
            (&TOPIC, &["", ".", "..", "a b", "ñ", "a/b", &long]),
            (&GROUP, &["", "a/b", &long]),
            (&OWNER, &["", "  ", "a\nb", &long]),
            (&MODEL, &["", &long]),
            (&LEVEL, &["", "inof", "INFO", "churnwatch=debug", "info,debug", "info,=debug", "info,a=loud"]),
        ];
        for (shape, texts) in bad {
            for text in texts {
                assert!((shape.check)(text).is_err(), "{text}");
            }
        }
    }
}
