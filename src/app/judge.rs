//! What the settings' own folder cannot judge: whether mapping and text model can be used, and what librdkafka
//! takes.

use crate::config::{Config, Objection, shown_property};
use crate::kafka::{self, PropertyError};

use super::failure::chain;
use super::mapping;
use super::text;

/// What is wrong with settings that are right in themselves.
pub(super) fn judge(config: &Config) -> Vec<Objection> {
    let mut objections = Vec::new();
    if let Err(error) = mapping::of(config) {
        let keys = vec!["mapping.name".to_owned(), "mapping.file".to_owned()];
        objections.push(Objection { keys, message: chain(&error) });
    }
    if let Err(error) = text::of(config) {
        objections.push(Objection { keys: vec!["text.model".to_owned()], message: chain(&error) });
    }
    for (name, value) in config.kafka.properties.iter() {
        let Err(error) = kafka::check_property(name, value) else { continue };
        let message = match error {
            PropertyError::Unknown(meant) => {
                let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                format!("librdkafka has no property `{name}`{meant}")
            }
            // What the library says may repeat the value.
            PropertyError::Refused(_) if shown_property(name, value) != value => {
                format!("librdkafka does not take the value of `{name}`")
            }
            PropertyError::Refused(reason) => format!("librdkafka does not take `{name}`: {reason}"),
        };
        objections.push(Objection { keys: vec![format!("kafka.properties.{name}")], message });
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_and_properties_that_cannot_be_are_found_without_a_cluster() {
        for (flags, message) in [
            (&["kafka.properties.linger.ms=5"][..], ""),
            (&["kafka.properties.linger.sm=5"], "librdkafka has no property `linger.sm`; did you mean `linger.ms`?"),
            (&["kafka.properties.colour=red"], "librdkafka has no property `colour`"),
            (&["kafka.properties.linger.ms=soon"], "librdkafka does not take `linger.ms`: "),
            (&["mapping.name=univercity"], "there is no mapping \"univercity\"; did you mean \"university\"?"),
            (&["text.model=off"], ""),
            (&["text.model=no/such.model"], "cannot read text model no/such.model: No such file"),
            (&["text.model=Cargo.toml"], "cannot use text model Cargo.toml: this is not a text model"),
            (&["mapping.file=no/such.toml"], "cannot read mapping file no/such.toml: No such file"),
        ] {
            let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
            match Config::load(None, std::iter::empty(), &flags, &judge) {
                Ok(_) => assert_eq!(message, "", "{flags:?}"),
                Err(errors) => {
                    let [error] = errors.0.as_slice() else { panic!("{errors}") };
                    assert!(!message.is_empty() && error.message.starts_with(message), "{error}");
                    let (key, _) = flags[0].split_once('=').unwrap();
                    assert_eq!(error.place.to_string(), format!("flag --set {key}"));
                }
            }
        }
    }
}
