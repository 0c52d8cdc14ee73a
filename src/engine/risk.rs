//! The risk score: log-odds of leaving within 30 days, as a sum of named parts, and the band it stands in.
//!
//! Each part is `weight * g(value)`, capped, then rounded to 1e-4; the sum of the rounded parts and the intercept is
//! the score, so that what is printed adds up exactly. Weights are priors of the domain page, to be fitted.

use serde::{Deserialize, Serialize};

use super::alert_lifecycle::LiveAlert;
use super::customer::Customer;
use super::ledger::Ledger;
use super::rules::Rules;
use super::window::Series;
use crate::model::alert::{Band, Contribution, LogOdds, Risk};
use crate::model::event::Family;
use crate::model::{Severity, Span, Time};

/// log-odds of a healthy customer: 2 % in 30 days.
pub const INTERCEPT: LogOdds = LogOdds(-38_900);
/// Days ahead that the score speaks of.
pub const HORIZON_DAYS: u32 = 30;
/// Parts listed in an alert; the rest is summed up.
const LISTED: usize = 8;
/// Event ids listed for a part.
const EVIDENCE: usize = 8;
/// Lower limit of the sum of the protective parts.
const PROTECTION: LogOdds = LogOdds(-12_000);
/// A band is left only so far below its threshold.
const HYSTERESIS: i32 = 5_000;
/// A band that no fact entered is entered only after so long.
const ENTER_AFTER: Span = Span::minutes(10);

/// How a part's value becomes log-odds.
#[derive(Clone, Copy)]
enum Curve {
    /// `weight * log2(1 + x)`: counts that saturate.
    Count,
    /// `weight * x`.
    Line,
}

/// One named part of the score.
struct Factor {
    name: &'static str,
    mechanism: &'static str,
    weight: f64,
    cap: f64,
    curve: Curve,
    /// The value at a time; 0 is the reference.
    value: fn(&Customer, &Rules, Time) -> f64,
    /// What the value stands for when printed, where it differs from the value above.
    printed: fn(f64) -> f64,
    source: Source,
}

/// Where a part's evidence comes from.
#[derive(Clone, Copy)]
enum Source {
    OpenItems,
    Ledger(Ledger),
    Sentiment,
    Life,
    Since,
    Nothing,
}

fn same(value: f64) -> f64 {
    value
}

macro_rules! factor {
    ($name:literal $mechanism:literal $weight:literal cap $cap:literal $curve:ident $source:expr, $value:expr) => {
        factor!($name $mechanism $weight cap $cap $curve $source, $value, same)
    };
    ($name:literal $mechanism:literal $weight:literal cap $cap:literal $curve:ident $source:expr, $value:expr, $printed:expr) => {
        Factor {
            name: $name,
            mechanism: $mechanism,
            weight: $weight,
            cap: $cap,
            curve: Curve::$curve,
            value: $value,
            printed: $printed,
            source: $source,
        }
    };
}

/// The parts that raise the risk, in the order in which equal ones are listed.
const FACTORS: &[Factor] = &[
    factor!("open_grievances" "M01" 0.55 cap 2.2 Count Source::OpenItems, |c, _, _| {
        c.open_complaints().map(|i| i.weight()).sum::<f64>() + c.open_failures().map(|f| f.kind.weight()).sum::<f64>()
    }),
    factor!("open_age" "M02" 0.25 cap 1.0 Line Source::OpenItems, |c, _, t| {
        let age = |from: Time, limit: Time| {
            let (age, limit) = ((t - from).0.max(0) as f64, (limit - from).0.max(1) as f64);
            libm::log2(1.0 + age / limit)
        };
        c.open_complaints().map(|i| age(i.started, i.resolve_due)).fold(0.0, f64::max)
    }),
    factor!("failures_resolved" "M10" 0.30 cap 0.9 Count Source::Ledger(Ledger::FailuresResolved), |c, _, t| {
        c.ledgers.value(Ledger::FailuresResolved, t)
    }),
    factor!("promise_broken" "M14" 0.80 cap 1.8 Count Source::Ledger(Ledger::PromiseBroken), |c, _, t| {
        c.ledgers.value(Ledger::PromiseBroken, t)
    }),
    factor!("double_deviation" "M12" 1.2 cap 1.8 Line Source::Ledger(Ledger::DoubleDeviation), |c, _, t| {
        c.ledgers.value(Ledger::DoubleDeviation, t)
    }),
    factor!("contact_abandoned" "M30" 0.50 cap 1.2 Count Source::Ledger(Ledger::ContactAbandoned), |c, _, t| {
        c.ledgers.value(Ledger::ContactAbandoned, t)
    }),
    factor!("effort" "M46" 0.35 cap 1.0 Count Source::Ledger(Ledger::Effort), |c, _, t| c.ledgers.value(Ledger::Effort, t)),
    factor!("sentiment" "M35" 1.0 cap 1.0 Line Source::Sentiment, |c, _, t| c.sentiment.as_ref().map_or(0.0, |s| s.fall(t))),
    factor!("survey" "M09" 1.0 cap 1.0 Line Source::Ledger(Ledger::Survey), |c, _, t| {
        c.ledgers.value(Ledger::Survey, t) + if c.unanswered_surveys >= 2 { 0.3 } else { 0.0 }
    }),
    // The reference is -2, an active customer.
    factor!("silence" "M03" 0.60 cap 1.8 Line Source::Life, |c, rules, t| {
        if c.is_gone() {
            return 0.0;
        }
        c.life.gone_log_odds(t, &rules.silence).map_or(0.0, |odds| odds.clamp(-2.0, 3.0) + 2.0)
    }, |x| x - 2.0),
    factor!("decline" "M07" 0.50 cap 1.2 Line Source::Nothing, |c, _, t| decline(c, t)),
    factor!("competitor" "M05" 0.70 cap 1.6 Count Source::Ledger(Ledger::Competitor), |c, _, t| {
        let mentions = c.ledgers.value(Ledger::Competitor, t);
        let open = c.open_complaints().next().is_some() || c.open_failures().next().is_some();
        if mentions > 0.0 && open { mentions + 0.5 } else { mentions }
    }),
    factor!("dispute_denied" "M17" 0.60 cap 1.2 Count Source::Ledger(Ledger::DisputeDenied), |c, _, t| {
        c.ledgers.value(Ledger::DisputeDenied, t)
    }),
    factor!("incident" "M16" 1.0 cap 0.8 Line Source::Ledger(Ledger::Incident), |c, _, t| {
        c.ledgers.value(Ledger::Incident, t)
    }),
    factor!("intent" "M41" 3.0 cap 3.0 Line Source::Ledger(Ledger::Intent), |c, _, t| c.ledgers.value(Ledger::Intent, t).min(1.0)),
];

/// The parts that lower it, `cap` being the lowest; their sum is limited by `PROTECTION`.
const PROTECTIVE: &[Factor] = &[
    factor!("tenure" "M38" -0.15 cap -1.2 Line Source::Since, |c, _, t| {
        c.since().map_or(0.0, |since| libm::log(1.0 + years(t - since)))
    }, |x| libm::exp(x) - 1.0),
    factor!("advocacy" "M27" -0.4 cap -0.4 Line Source::Ledger(Ledger::Advocacy), |c, _, t| {
        c.ledgers.value(Ledger::Advocacy, t).min(1.0)
    }),
    // The reference is one product.
    factor!("products" "M38" -0.2 cap -0.6 Line Source::Nothing, |c, _, _| {
        c.profile.as_ref().and_then(|p| p.products).map_or(0.0, |n| (n - 1.0).max(0.0))
    }, |x| x + 1.0),
];

fn years(span: Span) -> f64 {
    (span.as_days() / 365.25).max(0.0)
}

/// log2 of (own mean per 21 days over the 63 days before / use of the last 21 days); 0 below four uses a period.
fn decline(customer: &Customer, time: Time) -> f64 {
    let usage = Series::family(Family::Usage);
    let all = customer.panes.sum(usage, time, 84);
    if all < 12 {
        return 0.0;
    }
    let now = customer.panes.sum(usage, time, 21);
    let before = f64::from(all - now) / 3.0;
    if before < 4.0 { 0.0 } else { libm::log2(before / f64::from(now.max(1))).max(0.0) }
}

fn part(factor: &Factor, value: f64) -> LogOdds {
    if value == 0.0 {
        return LogOdds(0);
    }
    let raw = factor.weight
        * match factor.curve {
            Curve::Count => libm::log2(1.0 + value.max(0.0)),
            Curve::Line => value,
        };
    LogOdds::from_f64(if factor.weight < 0.0 { raw.max(factor.cap) } else { raw.min(factor.cap) })
}

/// Calls `visit` with each part that is not zero, and returns the score.
fn each_part(c: &Customer, rules: &Rules, time: Time, mut visit: impl FnMut(&'static Factor, f64, LogOdds)) -> LogOdds {
    let mut total = INTERCEPT.0;
    for factor in FACTORS {
        let value = (factor.value)(c, rules, time);
        let log_odds = part(factor, value);
        if log_odds.0 != 0 {
            total += log_odds.0;
            visit(factor, value, log_odds);
        }
    }
    let mut protection = 0;
    for factor in PROTECTIVE {
        let value = (factor.value)(c, rules, time);
        let log_odds = LogOdds(part(factor, value).0.max(PROTECTION.0 - protection));
        if log_odds.0 != 0 {
            protection += log_odds.0;
            total += log_odds.0;
            visit(factor, value, log_odds);
        }
    }
    LogOdds(total)
}

/// The score at `time`.
pub fn log_odds(customer: &Customer, rules: &Rules, time: Time) -> LogOdds {
    each_part(customer, rules, time, |_, _, _| {})
}

/// Name of the largest part at `time`, if any is not zero.
pub fn top_factor(customer: &Customer, rules: &Rules, time: Time) -> Option<&'static str> {
    let mut top: Option<(&'static str, i32)> = None;
    each_part(customer, rules, time, |factor, _, part| {
        if top.is_none_or(|(_, largest)| part.0.abs() > largest) {
            top = Some((factor.name, part.0.abs()));
        }
    });
    top.map(|(name, _)| name)
}

/// The score at `time` with its parts; `previous` is filled in by the caller.
pub fn assess(customer: &Customer, rules: &Rules, time: Time) -> Risk {
    let mut parts = Vec::with_capacity(8);
    let log_odds = each_part(customer, rules, time, |factor, value, log_odds| parts.push((factor, value, log_odds)));
    // Stable: equal parts stay in the order of the table.
    parts.sort_by_key(|(_, _, part)| -part.0.abs());
    let other = LogOdds(parts.iter().skip(LISTED).map(|(_, _, part)| part.0).sum());
    let contributions = parts
        .into_iter()
        .take(LISTED)
        .map(|(factor, value, log_odds)| {
            let (since, evidence) = evidence(customer, factor.source);
            let value = libm::round((factor.printed)(value) * 1e4) / 1e4;
            Contribution { factor: factor.name, value, log_odds, mechanism: factor.mechanism, since, evidence }
        })
        .collect();
    Risk {
        log_odds,
        intercept: INTERCEPT,
        other,
        contributions,
        horizon_days: HORIZON_DAYS,
        band: customer.band.band,
        model: rules.score.model.clone(),
        previous: None,
        decays_to_close_at: decays_to_close_at(customer, rules, time),
    }
}

fn evidence(c: &Customer, source: Source) -> (Option<Time>, Vec<String>) {
    match source {
        Source::OpenItems => {
            let complaints = c.open_complaints().filter_map(|i| i.voice());
            let mut facts: Vec<_> = complaints.chain(c.open_failures().map(|f| &f.fact)).collect();
            facts.sort_by_key(|f| f.time);
            let ids = facts.iter().take(EVIDENCE).map(|f| f.event_id().to_owned()).collect();
            (facts.first().map(|f| f.time), ids)
        }
        Source::Ledger(ledger) => match c.ledgers.get(ledger) {
            Some(entry) => (Some(entry.since), vec![entry.event_id.to_string()]),
            None => (None, Vec::new()),
        },
        Source::Sentiment => match &c.sentiment {
            Some(s) => (Some(s.since), vec![s.event_id.to_string()]),
            None => (None, Vec::new()),
        },
        Source::Life => match &c.life.last {
            Some(last) => (Some(last.time), vec![last.event_id().to_owned()]),
            None => (None, Vec::new()),
        },
        Source::Since => (c.since(), Vec::new()),
        Source::Nothing => (None, Vec::new()),
    }
}

/// The band that log-odds alone would stand in: p >= 0.05, 0.15, 0.40.
pub fn band_of(log_odds: LogOdds) -> Band {
    match log_odds.0 {
        l if l >= threshold(Band::Critical) => Band::Critical,
        l if l >= threshold(Band::High) => Band::High,
        l if l >= threshold(Band::Elevated) => Band::Elevated,
        _ => Band::Normal,
    }
}

/// Lowest log-odds of a band: logit of 0.05, 0.15, 0.40, in units of 1e-4.
fn threshold(band: Band) -> i32 {
    match band {
        Band::Normal => i32::MIN / 2,
        Band::Elevated => -29_444,
        Band::High => -17_346,
        Band::Critical => -4_054,
    }
}

/// The severity that a band lifts an alert to.
pub fn severity_of(band: Band) -> Severity {
    match band {
        Band::Normal => Severity::Info,
        Band::Elevated => Severity::Warning,
        Band::High => Severity::Error,
        Band::Critical => Severity::Critical,
    }
}

/// The band with its memory: entered at once by a fact, left only well below and after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandState {
    /// The band.
    pub band: Band,
    /// Since when the score has been above the band with no fact behind it; `Time::MAX` if it is not.
    above_since: Time,
    /// Since when the score has been low enough to leave; `Time::MAX` if it is not.
    below_since: Time,
    /// When the score will next cross a line if nothing happens; `Time::MAX` if it will not.
    crosses_at: Time,
}

impl Default for BandState {
    fn default() -> BandState {
        BandState { band: Band::Normal, above_since: Time::MAX, below_since: Time::MAX, crosses_at: Time::MAX }
    }
}

/// Where a score lies, seen from a band.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Within,
    Below,
}

impl BandState {
    fn side(&self, log_odds: LogOdds) -> Side {
        if band_of(log_odds) > self.band {
            Side::Above
        } else if self.band > Band::Normal && log_odds.0 < threshold(self.band) - HYSTERESIS {
            Side::Below
        } else {
            Side::Within
        }
    }

    /// When this must be looked at again if nothing happens before.
    pub fn due(&self, leave_after: Span) -> Time {
        self.crosses_at.min(self.above_since + ENTER_AFTER).min(self.below_since + leave_after)
    }

    /// The score is `log_odds` at `time`; `by_fact`: an event has just made it so.
    fn take(&mut self, log_odds: LogOdds, time: Time, by_fact: bool, leave_after: Span) {
        match self.side(log_odds) {
            Side::Above => {
                self.below_since = Time::MAX;
                self.above_since = self.above_since.min(time);
                if by_fact || time >= self.above_since + ENTER_AFTER {
                    self.band = band_of(log_odds);
                    self.above_since = Time::MAX;
                }
            }
            Side::Below => {
                self.above_since = Time::MAX;
                self.below_since = self.below_since.min(time);
                if time >= self.below_since + leave_after {
                    self.band = band_of(log_odds);
                    self.below_since = Time::MAX;
                }
            }
            Side::Within => {
                self.above_since = Time::MAX;
                self.below_since = Time::MAX;
            }
        }
    }
}

/// Takes the score at `time` into the customer's band. Its next crossing is predicted only where somebody would hear of
/// it, or where the band has to be left again.
pub fn update_band(customer: &mut Customer, rules: &Rules, time: Time, by_fact: bool) {
    let watched = customer.alerts.iter().any(LiveAlert::is_live) || customer.band.band > Band::Normal;
    if !watched && !has_burden(customer) {
        return;
    }
    let now = log_odds(customer, rules, time);
    customer.band.take(now, time, by_fact, rules.alerts.deescalate_band_after);
    let watched = watched || customer.band.band > Band::Normal;
    let crossing = if watched { next_crossing(customer, rules, time, now) } else { None };
    customer.band.crosses_at = crossing.unwrap_or(Time::MAX);
}

/// Whether anything but silence, mood and standing can move the score. Those three alone take nobody out of the normal
/// band before an alert opens, and then the band is looked at.
fn has_burden(c: &Customer) -> bool {
    !c.ledgers.is_empty() || !c.rare.complaints.is_empty() || !c.rare.failures.is_empty()
}

/// Lives through what the band did by itself up to `time`: for customers whose band stands in no timer queue.
pub fn catch_up_band(customer: &mut Customer, rules: &Rules, time: Time) {
    // Each round passes a crossing or a dwell; a score crosses few lines in its 85 days of sight.
    for _ in 0..16 {
        let due = customer.band.due(rules.alerts.deescalate_band_after);
        if due > time {
            return;
        }
        update_band(customer, rules, due, false);
    }
}

/// How far ahead a crossing is looked for: powers of two of this, up to 85 days.
const FIRST_LOOK: Span = Span::minutes(15);
const LOOKS: u32 = 13;

/// The first time after `time` at which the score lies on another side of the band than it does now.
fn next_crossing(customer: &Customer, rules: &Rules, time: Time, now: LogOdds) -> Option<Time> {
    let state = &customer.band;
    let here = state.side(now);
    let side_at = |t: Time| state.side(log_odds(customer, rules, t));
    first_change(time, |t| side_at(t) != here)
}

/// The first time after `from`, to the minute, at which `changed` holds, looking at ever longer distances.
fn first_change(from: Time, changed: impl Fn(Time) -> bool) -> Option<Time> {
    let mut low = from;
    for look in 0..=LOOKS {
        let high = from + Span(FIRST_LOOK.0 << look);
        if changed(high) {
            let (mut low, mut high) = (low.0, high.0);
            while high - low > 60_000 {
                let middle = low + (high - low) / 2;
                if changed(Time(middle)) { high = middle } else { low = middle }
            }
            return Some(Time(high));
        }
        low = high;
    }
    None
}

/// When the score would be back below the lowest band if nothing more happened: `time` itself if it is; none if it
/// would not within 85 days, as while items are open.
fn decays_to_close_at(customer: &Customer, rules: &Rules, time: Time) -> Option<Time> {
    let normal = |t: Time| band_of(log_odds(customer, rules, t)) == Band::Normal;
    if customer.open_complaints().next().is_some() || customer.open_failures().next().is_some() {
        return None;
    }
    if normal(time) { Some(time) } else { first_change(time, normal) }
}
