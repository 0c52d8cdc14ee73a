//! Every key there is: how it is read, how it is shown, and where it goes. Defaults are those of `Config::default`.

use std::sync::LazyLock;

use crate::model::Span;
use crate::telemetry::logs::Format;

use super::calendar::{Dates, TimeOfDay, Weekdays, ZONE};
use super::checked::{Config, Delivery, StartFrom};
use super::raw::Value;
use super::shapes::{
    Address, Business, Count, FilePath, Hint, List, ModelFile, Number, OnlyZero, Or, Plain, Shape, Size, Truth, Wait,
    Word,
};
use super::suggest::nearest;
use super::texts;

/// Where free librdkafka properties are set; what follows is a property's own name.
pub(super) const PROPERTIES: &str = "kafka.properties.";

/// One key.
pub struct Key {
    /// `section.key`.
    pub path: &'static str,
    /// What values may look like; goes on from `must be …`.
    pub expected: fn() -> String,
    /// The value in a configuration, as TOML.
    pub show: fn(&Config) -> String,
    /// Whether the engine goes by it.
    pub is_rule: bool,
    pub(super) read: fn(&Value, &mut Config) -> Result<(), Hint>,
}

macro_rules! key {
    ($path:literal, $root:ident $(. $field:ident)*, $shape:expr) => {
        Key {
            path: $path,
            expected: || $shape.expected(),
            show: |config| $shape.show(&config.$root$(.$field)*),
            is_rule: matches!(stringify!($root).as_bytes(), b"rules"),
            read: |raw, config| {
                config.$root$(.$field)* = $shape.read(raw)?;
                Ok(())
            },
        }
    };
}

const NONE: Span = Span::ZERO;
const SECOND: Span = Span::seconds(1);
const MINUTE: Span = Span::minutes(1);
const HOUR: Span = Span::hours(1);
const DAY: Span = Span::days(1);
const YEAR: Span = Span::days(366);
/// Longer than any relation: what is as long as this never happens.
const AGE: Span = Span::days(36_500);
/// A year of business hours.
const BUSINESS_YEAR: Business = Business(Span::hours(2_600));
/// More than nothing, less than what makes sums overflow.
const POSITIVE: Number = Number(1e-6, 1e6);
const SHARE: Number = Number(0.0, 1.0);
/// The engine keeps so many open items of a kind.
const ITEMS: Count<usize> = Count(1, 64);

/// The table, section by section.
pub static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    vec![
        key!("kafka.bootstrap_servers", kafka.bootstrap_servers, List(1, 32, texts::SERVER)),
        key!("kafka.group_id", kafka.group_id, texts::GROUP),
        key!("kafka.instance_id", kafka.instance_id, Or("auto", texts::INSTANCE)),
        key!(
            "kafka.start_from",
            kafka.start_from,
            Word(&[("earliest", StartFrom::Earliest), ("latest", StartFrom::Latest)])
        ),
        key!("topics.input", topics.input, texts::TOPIC),
        key!("topics.alerts", topics.alerts, texts::TOPIC),
        key!("topics.alerts_state", topics.alerts_state, texts::TOPIC),
        key!("topics.dead_letters", topics.dead_letters, texts::TOPIC),
        key!("topics.changelog", topics.changelog, Or("auto", texts::TOPIC)),
        key!("topics.partitions", topics.partitions, Count(1, 10_000)),
        key!("topics.replication_factor", topics.replication_factor, Or("auto", Count(1, 100))),
        key!("runtime.workers", runtime.workers, Or("auto", Count(1, 256))),
        key!(
            "runtime.delivery",
            runtime.delivery,
            Word(&[("exactly-once", Delivery::ExactlyOnce), ("at-least-once", Delivery::AtLeastOnce)])
        ),
        key!("runtime.commit_interval", runtime.commit_interval, Wait(Span(1), MINUTE)),
        key!("runtime.transaction_events", runtime.transaction_events, Count(1, 10_000_000)),
        key!("runtime.transaction_bytes", runtime.transaction_bytes, Size(64 << 10, 1 << 30)),
        key!("runtime.transaction_timeout", runtime.transaction_timeout, Wait(SECOND, Span::minutes(15))),
        key!("runtime.shutdown_timeout", runtime.shutdown_timeout, Wait(SECOND, Span::minutes(5))),
        key!(
            "changelog.flush_interval",
            changelog.flush_interval,
            OnlyZero("this version writes each changed customer in each transaction")
        ),
        key!("time.out_of_orderness", rules.time.out_of_orderness, Plain(NONE, Span::days(30))),
        key!("time.idle_after", time.idle_after, Or("off", Wait(Span(100), DAY))),
        key!("time.late_limit", rules.time.late_limit, Plain(HOUR, AGE)),
        key!("time.jump_limit", rules.time.jump_limit, Plain(HOUR, AGE)),
        key!("time.max_future_skew", rules.time.max_future_skew, Plain(NONE, Span::days(30))),
        key!("dedupe.ids_per_customer", rules.dedupe.ids_per_customer, Count(0, 1024)),
        key!("dedupe.max_age", rules.dedupe.max_age, Plain(MINUTE, AGE)),
        key!("calendar.timezone", rules.calendar.timezone, ZONE),
        key!("calendar.days", rules.calendar.days, Weekdays),
        key!("calendar.opens", rules.calendar.opens_minute, TimeOfDay),
        key!("calendar.closes", rules.calendar.closes_minute, TimeOfDay),
        key!("calendar.holidays", rules.calendar.holidays, Dates),
        key!("alerts.owners", rules.alerts.owners, List(1, 16, texts::OWNER)),
        key!("alerts.quotes", rules.alerts.quotes, Truth),
        key!("alerts.reopen_within", rules.alerts.reopen_within, Plain(NONE, YEAR)),
        key!("alerts.update_interval", rules.alerts.update_interval, Plain(NONE, YEAR)),
        key!("alerts.deescalate_after", rules.alerts.deescalate_after, Plain(NONE, YEAR)),
        key!("alerts.deescalate_band_after", rules.alerts.deescalate_band_after, Plain(NONE, YEAR)),
        key!("alerts.snooze_default", rules.alerts.snooze_default, Plain(MINUTE, YEAR)),
        key!("alerts.mute_object", rules.alerts.mute_object, Plain(NONE, AGE)),
        key!("alerts.mute_kind", rules.alerts.mute_kind, Plain(NONE, AGE)),
        key!("complaints.acknowledge", rules.complaints.acknowledge, BUSINESS_YEAR),
        key!("complaints.acknowledge_major", rules.complaints.acknowledge_major, BUSINESS_YEAR),
        key!("complaints.resolve_minor", rules.complaints.resolve_minor, BUSINESS_YEAR),
        key!("complaints.resolve_normal", rules.complaints.resolve_normal, BUSINESS_YEAR),
        key!("complaints.resolve_major", rules.complaints.resolve_major, BUSINESS_YEAR),
        key!("complaints.quick", rules.complaints.quick, BUSINESS_YEAR),
        key!("grievances.items", rules.grievances.items, ITEMS),
        key!("grievances.items_with_weight", rules.grievances.items_with_weight, ITEMS),
        key!("grievances.weight", rules.grievances.weight, POSITIVE),
        key!("grievances.error_categories", rules.grievances.error_categories, ITEMS),
        key!("grievances.error_weight", rules.grievances.error_weight, POSITIVE),
        key!("grievances.hold", rules.grievances.hold, Plain(NONE, YEAR)),
        key!("grievances.failure_lapses_after", rules.grievances.failure_lapses_after, Plain(HOUR, AGE)),
        key!("promises.grace", rules.promises.grace, Plain(NONE, YEAR)),
        key!("promises.default_length", rules.promises.default_length, BUSINESS_YEAR),
        key!("promises.due_soon_share", rules.promises.due_soon_share, SHARE),
        key!("promises.due_soon_min", rules.promises.due_soon_min, Plain(NONE, YEAR)),
        key!("promises.due_soon_max", rules.promises.due_soon_max, Plain(NONE, YEAR)),
        key!("promises.broken_expires_after", rules.promises.broken_expires_after, Plain(MINUTE, AGE)),
        key!("silence.r", rules.silence.r, POSITIVE),
        key!("silence.alpha", rules.silence.alpha, POSITIVE),
        key!("silence.a", rules.silence.a, POSITIVE),
        key!("silence.b", rules.silence.b, POSITIVE),
        key!("silence.q", rules.silence.q, Number(0.01, 0.99)),
        key!("silence.min_signs", rules.silence.min_signs, Count(1, 1_000)),
        key!("silence.expires_after", rules.silence.expires_after, Plain(MINUTE, AGE)),
        key!("abandonment.window", rules.abandonment.window, Plain(MINUTE, YEAR)),
        key!("abandonment.count", rules.abandonment.count, ITEMS),
        key!("abandonment.error_count", rules.abandonment.error_count, ITEMS),
        key!("abandonment.min_wait", rules.abandonment.min_wait, Plain(NONE, DAY)),
        key!("abandonment.same_attempt", rules.abandonment.same_attempt, Plain(NONE, Span::days(30))),
        key!("abandonment.answered_within", rules.abandonment.answered_within, Plain(NONE, Span::days(30))),
        key!("second_chance.error_tenure", rules.second_chance.error_tenure, Plain(NONE, AGE)),
        key!("second_chance.act_by", rules.second_chance.act_by, BUSINESS_YEAR),
        key!("second_chance.expires_after", rules.second_chance.expires_after, Plain(MINUTE, AGE)),
        key!("probation.length", rules.probation.length, Plain(MINUTE, AGE)),
        key!("probation.purchases", rules.probation.purchases, Count(1, 1_000)),
        key!("probation.purchases_after", rules.probation.purchases_after, Plain(NONE, AGE)),
        key!("probation.hold", rules.probation.hold, Plain(NONE, YEAR)),
        key!("probation.expires_after", rules.probation.expires_after, Plain(MINUTE, AGE)),
        key!("cancellation.act_by", rules.cancellation.act_by, BUSINESS_YEAR),
        key!("cancellation.save_window", rules.cancellation.save_window, Plain(MINUTE, AGE)),
        key!("score.model", rules.score.model, texts::MODEL),
        key!("score.value_top_decile", rules.score.value_top_decile, Or("off", Number(0.0, 1e12))),
        key!("mapping.name", mapping.name, Or("off", texts::MAPPING)),
        key!("mapping.file", mapping.file, Or("off", FilePath)),
        key!("text.model", text.model, ModelFile),
        key!("http.listen", http.listen, Or("off", Address)),
        key!("log.level", log.level, texts::LEVEL),
        key!("log.format", log.format, Word(&[("auto", Format::Auto), ("text", Format::Text), ("json", Format::Json)])),
    ]
});

/// The key of this path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Whether a value may stand at `path`.
pub(super) fn is_key(path: &str) -> bool {
    find(path).is_some() || path.strip_prefix(PROPERTIES).is_some_and(|name| !name.is_empty())
}

/// Whether keys may stand below `path`. librdkafka's names have dots, which TOML may take for tables.
pub(super) fn is_section(path: &str) -> bool {
    let above = |longer: &str| longer.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    above(PROPERTIES) || path.starts_with(PROPERTIES) || KEYS.iter().any(|key| above(key.path))
}

/// What to say about a path that is no key; `is_table` if a table stands there.
pub(super) fn unknown(path: &str, is_table: bool) -> String {
    if is_section(path) {
        return format!("`{path}` is a section: write [{path}], then its keys");
    }
    if is_key(path) {
        return format!("`{path}` is a key, not a section");
    }
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    if is_table && section.is_empty() {
        let sections = KEYS.iter().filter_map(|key| key.path.split_once('.')).map(|(section, _)| section);
        return match nearest(name, sections) {
            Some(meant) => format!("unknown section [{path}]; did you mean [{meant}]?"),
            None => format!("unknown section [{path}]"),
        };
    }
    let parts =
        || KEYS.iter().filter_map(|key| key.path.split_once('.').map(|(section, name)| (section, name, key.path)));
    if let Some(meant) = nearest(name, parts().filter(|(of, ..)| *of == section).map(|(_, name, _)| name)) {
        return format!("unknown key `{path}`; did you mean `{section}.{meant}`?");
    }
    match parts().find(|(_, other, _)| *other == name) {
        Some((_, _, meant)) => format!("unknown key `{path}`; did you mean `{meant}`?"),
        None => format!("unknown key `{path}`"),
    }
}

/// A number that tells one set of rules from another: FNV-1a over every key that the engine goes by. Never 0.
pub(super) fn fingerprint(config: &Config) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for key in KEYS.iter().filter(|key| key.is_rule) {
        for byte in [key.path, "=", &(key.show)(config), "\n"].iter().flat_map(|text| text.bytes()) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    hash.max(1)
}
