//! Which properties librdkafka takes, without a connection.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

/// Why a property is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyError {
    /// There is no such one. Perhaps this one, which is one slip of the finger away, was meant.
    Unknown(Option<String>),
    /// The library's own words: a value that cannot be, or something that this build does not have. They may repeat
    /// the value.
    Refused(String),
}

/// Whether librdkafka takes `value` for its property `name`.
///
/// # Errors
/// It does not.
pub fn check_property(name: &str, value: &str) -> Result<(), PropertyError> {
    match set(name, value) {
        Ok(()) => Ok(()),
        Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)) => {
            Err(PropertyError::Unknown(slips(name).into_iter().find(|other| is_known(other))))
        }
        Err(KafkaError::ClientConfig(_, reason, ..)) => Err(PropertyError::Refused(reason)),
        // A NUL in the name or in the value.
        Err(_) => Err(PropertyError::Refused("it is no text".into())),
    }
}

fn set(name: &str, value: &str) -> Result<(), KafkaError> {
    let mut config = ClientConfig::new();
    config.set(name, value);
    config.create_native_config().map(drop)
}

fn is_known(name: &str) -> bool {
    // No property takes this value, but only an unknown one is refused for its name. The library lists the names of
    // only those that have a default.
    !matches!(set(name, "?"), Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)))
}

/// Every name that becomes `name` by one slip: two letters swapped, one too few, too many, or wrong.
fn slips(name: &str) -> Vec<String> {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz._";
    // A name that is not written in these letters is no property's, nor is a long one.
    if name.len() > 64 || !name.is_ascii() {
        return Vec::new();
    }
    let cuts = || (0..=name.len()).map(|at| name.split_at(at));
    let without_first = |text: &'_ str| text.get(1..).map(str::to_owned);
    let swapped = cuts().filter_map(|(head, tail)| {
        let mut letters = tail.chars();
        let (first, second) = (letters.next()?, letters.next()?);
        Some(format!("{head}{second}{first}{}", letters.as_str()))
    });
    let too_many = cuts().filter_map(|(head, tail)| Some(format!("{head}{}", without_first(tail)?)));
    let too_few = cuts().flat_map(|(head, tail)| LETTERS.chars().map(move |letter| format!("{head}{letter}{tail}")));
    let wrong = cuts()
        .filter_map(|(head, tail)| Some((head, without_first(tail)?)))
        .flat_map(|(head, tail)| LETTERS.chars().map(move |letter| format!("{head}{letter}{tail}")));
    swapped.chain(too_few).chain(too_many).chain(wrong).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_tells_what_it_takes() {
        for (name, value) in [("linger.ms", "5"), ("client.id", "a"), ("request.timeout.ms", "5000"), ("acks", "all")] {
            assert_eq!(check_property(name, value), Ok(()), "{name}");
        }
        for (name, value) in [("linger.ms", "five"), ("linger.ms", "-1"), ("compression.codec", "rar")] {
            assert!(matches!(check_property(name, value), Err(PropertyError::Refused(_))), "{name}");
        }
        assert!(matches!(check_property("client.id", "a\0b"), Err(PropertyError::Refused(_))));
    }

    #[test]
    fn an_unknown_name_that_is_one_slip_away_is_told() {
        for (name, meant) in [
            ("linger.sm", Some("linger.ms")),
            ("sasl.usrname", Some("sasl.username")),
            ("ssl.ca.locations", Some("ssl.ca.location")),
            ("sasl-mechanisms", Some("sasl.mechanisms")),
            ("colour", None),
            ("liñger.ms", None),
            ("", None),
        ] {
            assert_eq!(check_property(name, "5"), Err(PropertyError::Unknown(meant.map(str::to_owned))), "{name}");
        }
    }
}
