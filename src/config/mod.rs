//! Settings: raw (as written) -> checked (as meant).
//!
//! Defaults, then the file, then `CHURNWATCH__SECTION__KEY` variables, then `--set` flags; what comes later wins. Every
//! error there is gets reported, each with its place: `file:line:column`, a variable's name, or a flag.

mod calendar;
mod checked;
mod error;
mod host;
mod interpolate;
mod keys;
mod overrides;
mod properties;
mod raw;
mod shapes;
mod spans;
mod suggest;
mod texts;

use std::collections::HashMap;
use std::path::Path;

pub use checked::{
    ChangelogConfig, Config, Delivery, HttpConfig, KafkaConfig, LogConfig, MappingConfig, RuntimeConfig, StartFrom,
    TextConfig, TextModel, TimeConfig, TopicsConfig,
};
pub use error::{ConfigError, ConfigErrors, Place};
pub use keys::{KEYS, Key};
pub use properties::{Properties, shown as shown_property};
pub use spans::{parse_business_span, parse_span, show_business_span, show_span};
pub use suggest::nearest;

use error::Errors;
use interpolate::Variables;
use raw::{Entry, Value};

/// Something wrong with the values as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The keys to blame: the one that was written last is where the error is shown.
    pub keys: Vec<String>,
    /// What is wrong, and what to write instead. Never holds a secret.
    pub message: String,
}

/// Knows what this folder cannot: which mappings there are, what librdkafka takes.
pub type Judge<'j> = dyn Fn(&Config) -> Vec<Objection> + 'j;

impl Config {
    /// The settings of the file at `path`, if any, of `env`, and of `flags` of the form `section.key=value`.
    ///
    /// # Errors
    /// Everything that is wrong, `judge`'s objections included, not only the first.
    pub fn load(
        path: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        flags: &[String],
        judge: &Judge<'_>,
    ) -> Result<Config, ConfigErrors> {
        let variables: Variables = env.collect();
        let mut errors = Errors::default();
        let mut entries = path.map_or(Vec::new(), |path| raw::read_file(path, &variables, &mut errors));
        entries.extend(overrides::read_variables(&variables, &mut errors));
        entries.extend(overrides::read_flags(flags, &mut errors));
        meant(&entries, errors, judge)
    }
}

/// What the entries mean, the last of a key winning.
fn meant(entries: &[Entry], mut errors: Errors, judge: &Judge<'_>) -> Result<Config, ConfigErrors> {
    let mut config = Config::default();
    let mut places = HashMap::new();
    for entry in entries {
        let Entry { path, value, place } = entry;
        let read = match path.strip_prefix(keys::PROPERTIES) {
            Some(name) => property(name, value, &mut config),
            None => setting(path, value, &mut config),
        };
        match read {
            Ok(()) => drop(places.insert(path.as_str(), place)),
            Err(message) => errors.add(place, message),
        }
    }
    for Objection { keys, message } in contradictions(&config).into_iter().chain(judge(&config)) {
        // Nobody objects to the defaults: at least one of the keys was set.
        let last = entries.iter().rev().find(|entry| keys.contains(&entry.path));
        if let Some(place) = last.and_then(|entry| places.get(entry.path.as_str())) {
            errors.add(place, message);
        }
    }
    if !errors.0.is_empty() {
        errors.0.sort_by_key(|error| error.place.order());
        return Err(ConfigErrors(errors.0));
    }
    config.rules.version = keys::fingerprint(&config);
    Ok(config)
}

fn setting(path: &str, value: &Value, config: &mut Config) -> Result<(), String> {
    let key = keys::find(path).expect("readers report unknown keys by themselves");
    (key.read)(value, config).map_err(|hint| {
        let hint = if hint.is_empty() || value.is_hidden() { String::new() } else { format!("; {hint}") };
        format!("`{path}` must be {}, not {}{hint}", (key.expected)(), value.shown())
    })
}

fn property(name: &str, value: &Value, config: &mut Config) -> Result<(), String> {
    if let Some(reason) = properties::refusal(name) {
        return Err(format!("`{name}` is not free to set: {reason}"));
    }
    let text = match value {
        Value::Text(text) | Value::Loose { text, .. } => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::List(_) | Value::Table => return Err(format!("`{name}` must be a text, a number or a truth value")),
    };
    config.kafka.properties.set(name, text);
    Ok(())
}

/// What single values cannot tell: the keys that contradict each other.
fn contradictions(config: &Config) -> Vec<Objection> {
    let rules = &config.rules;
    let mut found = Vec::new();
    let mut must = |holds: bool, keys: &[&'static str], message: String| {
        if !holds {
            found.push(Objection { keys: keys.iter().map(|key| (*key).to_owned()).collect(), message });
        }
    };
    must(
        rules.calendar.opens_minute < rules.calendar.closes_minute,
        &["calendar.opens", "calendar.closes"],
        "`calendar.closes` must be later than `calendar.opens`".into(),
    );
    must(
        rules.promises.due_soon_min <= rules.promises.due_soon_max,
        &["promises.due_soon_min", "promises.due_soon_max"],
        "`promises.due_soon_min` must be at most `promises.due_soon_max`".into(),
    );
    must(
        rules.abandonment.count <= rules.abandonment.error_count,
        &["abandonment.count", "abandonment.error_count"],
        "`abandonment.count` must be at most `abandonment.error_count`".into(),
    );
    must(
        rules.grievances.items_with_weight <= rules.grievances.items,
        &["grievances.items_with_weight", "grievances.items"],
        "`grievances.items_with_weight` must be at most `grievances.items`, which opens the alert anyway".into(),
    );
    must(
        rules.grievances.weight <= rules.grievances.error_weight,
        &["grievances.weight", "grievances.error_weight"],
        "`grievances.weight` must be at most `grievances.error_weight`".into(),
    );
    must(
        config.runtime.commit_interval * 2 <= config.runtime.transaction_timeout,
        &["runtime.commit_interval", "runtime.transaction_timeout"],
        "`runtime.commit_interval` must be at most half of `runtime.transaction_timeout`".into(),
    );
    must(
        config.mapping.name.is_none() || config.mapping.file.is_none(),
        &["mapping.name", "mapping.file"],
        "`mapping.name` and `mapping.file` exclude each other: set one of them to \"off\"".into(),
    );
    let topics = [
        ("topics.input", config.topics.input.clone()),
        ("topics.alerts", config.topics.alerts.clone()),
        ("topics.alerts_state", config.topics.alerts_state.clone()),
        ("topics.dead_letters", config.topics.dead_letters.clone()),
        ("topics.changelog", config.changelog_topic()),
    ];
    for (index, (key, name)) in topics.iter().enumerate() {
        for (other_key, other) in &topics[..index] {
            let keys = [*other_key, *key, "kafka.group_id"];
            must(name != other, &keys, format!("`{other_key}` and `{key}` are the same topic, \"{name}\""));
        }
    }
    found
}

#[cfg(test)]
mod tests;
