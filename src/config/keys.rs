//! Every key there is: how it is read, how it is shown, and where it goes. Defaults are those of `Config::default`.

use std::sync::LazyLock;

use crate::model::Span;
use crate::telemetry::logs::Format;

use super::calendar::{Dates, TimeOfDay, Weekdays, ZONE};
use super::checked::{Address, Config, Delivery, Spanish, StartFrom};
use super::exceptions::differences;
use super::models;
use super::raw::Value;
use super::shapes::{
    Business, Count, FilePath, Hint, List, Listen, Number, OnlyZero, Or, Plain, Shape, Size, Truth, Wait, Word,
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
/// One price over another, as a share of the other.
const GAP: Number = Number(0.001, 10.0);
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
        key!("topics.holdout", topics.holdout, texts::TOPIC),
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
        key!("alerts.holdout", rules.alerts.holdout, Number(0.0, 0.5)),
        key!("complaints.acknowledge", rules.complaints.acknowledge, BUSINESS_YEAR),
        key!("complaints.acknowledge_major", rules.complaints.acknowledge_major, BUSINESS_YEAR),
        key!("complaints.resolve_minor", rules.complaints.resolve_minor, BUSINESS_YEAR),
        key!("complaints.resolve_normal", rules.complaints.resolve_normal, BUSINESS_YEAR),
        key!("complaints.resolve_major", rules.complaints.resolve_major, BUSINESS_YEAR),
        key!("complaints.quick", rules.complaints.quick, BUSINESS_YEAR),
        key!("complaints.due_soon_share", rules.complaints.due_soon_share, SHARE),
        key!("complaints.thanks_from", rules.complaints.thanks_from, Number(-1.0, 1.0)),
        key!("admission.limit", rules.quality.admission.limit, BUSINESS_YEAR),
        key!("admission.expires_after", rules.quality.admission.expires_after, Plain(MINUTE, AGE)),
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
        key!("needs.count", rules.care.needs.count, ITEMS),
        key!("needs.window", rules.care.needs.window, Plain(DAY, AGE)),
        key!("needs.hold", rules.care.needs.hold, Plain(NONE, YEAR)),
        key!("needs.expires_after", rules.care.needs.expires_after, Plain(MINUTE, AGE)),
        key!("cooling.share", rules.care.cooling.share, SHARE),
        key!("cooling.recovered", rules.care.cooling.recovered, SHARE),
        key!("cooling.min_uses", rules.care.cooling.min_uses, POSITIVE),
        key!("cooling.untouched", rules.care.cooling.untouched, Plain(NONE, AGE)),
        key!("cooling.hold", rules.care.cooling.hold, Plain(NONE, YEAR)),
        key!("cooling.expires_after", rules.care.cooling.expires_after, Plain(MINUTE, AGE)),
        key!("neglect.tenure", rules.care.neglect.tenure, Plain(NONE, AGE)),
        key!("neglect.untouched", rules.care.neglect.untouched, Plain(DAY, AGE)),
        key!("neglect.alive", rules.care.neglect.alive, Plain(DAY, AGE)),
        key!("neglect.expires_after", rules.care.neglect.expires_after, Plain(MINUTE, AGE)),
        key!("anniversary.at", rules.care.anniversary.minute, TimeOfDay),
        key!("anniversary.days_before", rules.care.anniversary.days_before, Count(0, 90)),
        key!("anniversary.days_after", rules.care.anniversary.days_after, Count(1, 90)),
        key!("anniversary.recognised_days", rules.care.anniversary.recognised_days, Count(0, 180)),
        key!("anniversary.missed_expires_after", rules.care.anniversary.missed_expires_after, Plain(MINUTE, AGE)),
        key!("deals.window", rules.care.deals.window, Plain(DAY, Span::days(180))),
        key!("deals.touches", rules.care.deals.touches, ITEMS),
        key!("deals.purchases", rules.care.deals.purchases, Count(1, 1_000)),
        key!("deals.share", rules.care.deals.share, SHARE),
        key!("deals.recovered", rules.care.deals.recovered, SHARE),
        key!("deals.hold", rules.care.deals.hold, Plain(NONE, YEAR)),
        key!("deals.expires_after", rules.care.deals.expires_after, Plain(MINUTE, AGE)),
        key!("marketing.window", rules.care.marketing.window, Plain(DAY, Span::days(90))),
        key!("marketing.per_touch", rules.care.marketing.per_touch, POSITIVE),
        key!("marketing.recovered", rules.care.marketing.recovered, POSITIVE),
        key!("marketing.hold", rules.care.marketing.hold, Plain(NONE, YEAR)),
        key!("marketing.pause", rules.care.marketing.pause, Plain(MINUTE, AGE)),
        key!("marketing.expires_after", rules.care.marketing.expires_after, Plain(MINUTE, AGE)),
        key!("effort.balanced", rules.care.effort.balanced, POSITIVE),
        key!("effort.doubling", rules.care.effort.doubling, Number(0.0, 100.0)),
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
        key!("recovery.confirmed_within", rules.quality.recovery.confirmed_within, Plain(NONE, YEAR)),
        key!("recovery.first_failure_in", rules.quality.recovery.first_failure_in, Plain(NONE, YEAR)),
        key!("recovery.at_most_every", rules.quality.recovery.at_most_every, Plain(NONE, AGE)),
        key!("recovery.expires_after", rules.quality.recovery.expires_after, Plain(MINUTE, AGE)),
        key!("recovery.on_the_spot_within", rules.quality.recovery.on_the_spot_within, Plain(NONE, Span::days(30))),
        key!("conduct.low_score", rules.quality.conduct.low_score, SHARE),
        key!("conduct.poor_score", rules.quality.conduct.poor_score, SHARE),
        key!("conduct.window", rules.quality.conduct.window, Plain(NONE, YEAR)),
        key!("conduct.expires_after", rules.quality.conduct.expires_after, Plain(MINUTE, AGE)),
        key!("conduct.agent_customers", rules.cohorts.conduct.agent_customers, Count(1, 128)),
        key!("conduct.agent_window", rules.cohorts.conduct.agent_window, Plain(DAY, YEAR)),
        key!("conduct.agent_expires_after", rules.cohorts.conduct.agent_expires_after, Plain(MINUTE, AGE)),
        key!("quality.low_score", rules.quality.scores.low_score, SHARE),
        key!("quality.waits_within", rules.quality.scores.waits_within, Plain(NONE, YEAR)),
        key!("quality.baseline", rules.quality.scores.baseline, Count(2, 1_000)),
        key!("quality.least_deviation", rules.quality.scores.least_deviation, Number(0.001, 1.0)),
        key!("quality.slack", rules.quality.scores.slack, Number(0.0, 100.0)),
        key!("quality.limit", rules.quality.scores.limit, Number(0.1, 100.0)),
        key!("quality.calm_within", rules.quality.scores.calm_within, Number(0.0, 100.0)),
        key!("quality.calm_scores", rules.quality.scores.calm_scores, Count(1, 8)),
        key!("quality.expires_after", rules.quality.scores.expires_after, Plain(MINUTE, AGE)),
        key!("cancellation.act_by", rules.cancellation.act_by, BUSINESS_YEAR),
        key!("cancellation.save_window", rules.cancellation.save_window, Plain(MINUTE, AGE)),
        key!("blind_spot.word_lasts", rules.standing.blind_spot.word_lasts, Plain(HOUR, AGE)),
        key!("blind_spot.dwell", rules.standing.blind_spot.dwell, Plain(NONE, YEAR)),
        key!("blind_spot.expires_after", rules.standing.blind_spot.expires_after, Plain(MINUTE, AGE)),
        key!("churn_risk.expires_after", rules.standing.churn_risk.expires_after, Plain(MINUTE, AGE)),
        key!("referrals.tenure", rules.standing.referrals.tenure, Plain(NONE, AGE)),
        key!("referrals.interval", rules.standing.referrals.interval, Plain(NONE, AGE)),
        key!("referrals.review_share", rules.standing.referrals.review_share, SHARE),
        key!("referrals.expires_after", rules.standing.referrals.expires_after, Plain(MINUTE, AGE)),
        key!("advocates.lasts", rules.standing.advocates.lasts, Plain(HOUR, AGE)),
        key!("advocates.dwell", rules.standing.advocates.dwell, Plain(NONE, YEAR)),
        key!("advocates.hold", rules.standing.advocates.hold, Plain(NONE, YEAR)),
        key!("advocates.expires_after", rules.standing.advocates.expires_after, Plain(MINUTE, AGE)),
        key!("competitor.half_life", rules.market.competitor.half_life, Plain(HOUR, AGE)),
        key!("competitor.pull", rules.market.competitor.pull, POSITIVE),
        key!("competitor.signal_age", rules.market.competitor.signal_age, Plain(NONE, AGE)),
        key!("competitor.pull_over", rules.market.competitor.pull_over, POSITIVE),
        key!("competitor.hold", rules.market.competitor.hold, Plain(NONE, YEAR)),
        key!("competitor.expires_after", rules.market.competitor.expires_after, Plain(MINUTE, AGE)),
        key!("competitor.gap_warning", rules.market.competitor.gap_warning, GAP),
        key!("competitor.gap_error", rules.market.competitor.gap_error, GAP),
        key!("competitor.offer_valid", rules.market.competitor.offer_valid, Plain(HOUR, AGE)),
        key!("competitor.gap_expires_after", rules.market.competitor.gap_expires_after, Plain(MINUTE, AGE)),
        key!("loyalty.tenure", rules.market.loyalty.tenure, Plain(NONE, AGE)),
        key!("loyalty.gap_warning", rules.market.loyalty.gap_warning, GAP),
        key!("loyalty.gap_error", rules.market.loyalty.gap_error, GAP),
        key!("loyalty.newcomer_valid", rules.market.loyalty.newcomer_valid, Plain(NONE, AGE)),
        key!("loyalty.expires_after", rules.market.loyalty.expires_after, Plain(MINUTE, AGE)),
        key!("changes.notice", rules.market.changes.notice, Plain(NONE, AGE)),
        key!("changes.expires_after", rules.market.changes.expires_after, Plain(MINUTE, AGE)),
        key!("mismatch.expires_after", rules.market.mismatch.expires_after, Plain(MINUTE, AGE)),
        key!("forced_contact.window", rules.market.forced_contact.window, Plain(MINUTE, YEAR)),
        key!("forced_contact.expires_after", rules.market.forced_contact.expires_after, Plain(MINUTE, AGE)),
        key!("reviews.low", rules.market.reviews.low, SHARE),
        key!("reviews.sentiment", rules.market.reviews.sentiment, Number(-1.0, 0.0)),
        key!("reviews.error_reach", rules.market.reviews.error_reach, Number(0.0, 1e12)),
        key!("reviews.expires_after", rules.market.reviews.expires_after, Plain(MINUTE, AGE)),
        key!("onboarding.after", rules.market.onboarding.after, Plain(MINUTE, AGE)),
        key!("onboarding.expires_after", rules.market.onboarding.expires_after, Plain(MINUTE, AGE)),
        key!("hardship.grace", rules.money.hardship.grace, Plain(NONE, YEAR)),
        key!("hardship.invoices", rules.money.hardship.invoices, Count(1, 1_000)),
        key!("hardship.on_time_share", rules.money.hardship.on_time_share, SHARE),
        key!("hardship.memory", rules.money.hardship.memory, Plain(DAY, AGE)),
        key!("hardship.guardrail", rules.money.hardship.guardrail, Plain(HOUR, AGE)),
        key!("hardship.silent_after", rules.money.hardship.silent_after, Plain(HOUR, AGE)),
        key!("hardship.expires_after", rules.money.hardship.expires_after, Plain(HOUR, AGE)),
        key!("plans.grace", rules.money.plans.grace, Plain(NONE, YEAR)),
        key!("plans.warning_count", rules.money.plans.warning_count, ITEMS),
        key!("plans.over_after", rules.money.plans.over_after, Plain(DAY, AGE)),
        key!("plans.expires_after", rules.money.plans.expires_after, Plain(MINUTE, AGE)),
        key!("dunning.window", rules.money.dunning.window, Plain(NONE, Span::days(45))),
        key!("dunning.guardrail", rules.money.dunning.guardrail, Plain(HOUR, AGE)),
        key!("dunning.expires_after", rules.money.dunning.expires_after, Plain(MINUTE, AGE)),
        key!("disputes.goodwill_min", rules.money.disputes.goodwill_min, Number(0.0, 1e12)),
        key!("disputes.goodwill_share", rules.money.disputes.goodwill_share, SHARE),
        key!("disputes.repeat_count", rules.money.disputes.repeat_count, Count(1, 16)),
        key!("disputes.repeat_window", rules.money.disputes.repeat_window, Plain(DAY, AGE)),
        key!("disputes.guardrail", rules.money.disputes.guardrail, Plain(HOUR, AGE)),
        key!("disputes.expires_after", rules.money.disputes.expires_after, Plain(MINUTE, AGE)),
        key!("trust.low", rules.money.trust.low, POSITIVE),
        key!("trust.recovered", rules.money.trust.recovered, POSITIVE),
        key!("trust.hold", rules.money.trust.hold, Plain(NONE, YEAR)),
        key!("trust.breach", rules.money.trust.breach, Number(0.0, 1e3)),
        key!("trust.denial", rules.money.trust.denial, Number(0.0, 1e3)),
        key!("trust.gain", rules.money.trust.gain, Number(0.0, 1e3)),
        key!("trust.loss_half_life", rules.money.trust.loss_half_life, Plain(DAY, AGE)),
        key!("trust.gain_half_life", rules.money.trust.gain_half_life, Plain(DAY, AGE)),
        key!("trust.disclose_within", rules.money.trust.disclose_within, Plain(MINUTE, YEAR)),
        key!("trust.expires_after", rules.money.trust.expires_after, Plain(MINUTE, AGE)),
        key!("reliability.window", rules.cohorts.reliability.window, Plain(DAY, YEAR)),
        key!("reliability.promises", rules.cohorts.reliability.promises, Count(1, 512)),
        key!("reliability.share", rules.cohorts.reliability.share, SHARE),
        key!("reliability.error_share", rules.cohorts.reliability.error_share, SHARE),
        key!("reliability.clear_share", rules.cohorts.reliability.clear_share, SHARE),
        key!("reliability.hold", rules.cohorts.reliability.hold, Plain(NONE, YEAR)),
        key!("reliability.expires_after", rules.cohorts.reliability.expires_after, Plain(MINUTE, AGE)),
        key!("incidents.disclose_within", rules.cohorts.incidents.disclose_within, Plain(NONE, YEAR)),
        key!("incidents.later_within", rules.cohorts.incidents.later_within, Plain(NONE, YEAR)),
        key!("incidents.critical_members", rules.cohorts.incidents.critical_members, Count(1, 1_000_000)),
        key!("incidents.expires_after", rules.cohorts.incidents.expires_after, Plain(MINUTE, AGE)),
        key!("hotspot.customers", rules.cohorts.hotspot.customers, Count(1, 128)),
        key!("hotspot.window", rules.cohorts.hotspot.window, Plain(MINUTE, Span::days(30))),
        key!("hotspot.expires_after", rules.cohorts.hotspot.expires_after, Plain(MINUTE, AGE)),
        key!("score.model", score.model, Or("default", FilePath)),
        key!("score.value_top_decile", rules.score.value_top_decile, Or("off", Number(0.0, 1e12))),
        key!("mapping.name", mapping.name, Or("off", texts::MAPPING)),
        key!("mapping.file", mapping.file, Or("off", FilePath)),
        key!(
            "wording.spanish",
            wording.spanish,
            Word(&[("es-419", Spanish::LatinAmerican), ("es-ES", Spanish::Castilian)])
        ),
        key!("wording.address", wording.address, Word(&[("usted", Address::Usted), ("tu", Address::Tu)])),
        key!("wording.overrides", wording.overrides, Or("off", FilePath)),
        key!("http.listen", http.listen, Or("off", Listen)),
        key!("log.level", log.level, texts::LEVEL),
        key!("log.format", log.format, Word(&[("auto", Format::Auto), ("text", Format::Text), ("json", Format::Json)])),
    ]
});

/// The key of this path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The keys that `name` stands for: those of a section, or the one key of this path.
pub fn keys_of(name: &str) -> impl Iterator<Item = &'static Key> {
    let is_meant =
        move |key: &&Key| key.path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    KEYS.iter().filter(is_meant)
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

/// A number that tells one set of rules from another: FNV-1a over every key that the engine goes by, and what differs in
/// exceptions. Never 0.
pub(super) fn fingerprint(config: &Config) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut take = |text: &str| {
        for byte in text.bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    };
    for key in KEYS.iter().filter(|key| key.is_rule) {
        take(&format!("{}={}\n", key.path, (key.show)(config)));
    }
    for exception in &config.rules.exceptions {
        let (table, differing) = differences(config, exception);
        take(&format!("[{table}]\n"));
        for (path, value) in differing {
            take(&format!("{path}={value}\n"));
        }
    }
    take(&models::show(&config.rules.score.model));
    hash.max(1)
}
