//! The factors: named, bounded numbers that are computed from what is remembered of a customer, and a time.
//!
//! A factor's value is 0 at its reference: a healthy, active customer. What a value is worth in log-odds is the model's
//! matter; the weight, cap and shape of a row are the prior that the built-in model holds, from the domain page. The signs
//! are fixed by design: no model may turn a failure into a merit.

use std::fmt;

use super::curve::Curve;
use super::windows::WINDOWS;
use crate::engine::customer::Customer;
use crate::engine::ledger::Ledger;
use crate::engine::memory::care;
use crate::engine::memory::market::prices::price_gap;
use crate::engine::rules::Rules;
use crate::engine::window::Series;
use crate::model::event::Family;
use crate::model::{Span, Time};

/// A named number of a customer.
pub struct Factor {
    /// Its name, in alerts and models.
    pub name: &'static str,
    /// The mechanism of the domain it stands for.
    pub mechanism: &'static str,
    /// Which way it may move the score.
    pub sign: Sign,
    pub(super) prior: Prior,
    /// The value at a time; 0 is the reference.
    pub(super) value: fn(&Customer, &Rules, Time) -> f64,
    /// What the value stands for when printed, where it differs from the value above.
    pub(super) printed: fn(f64) -> f64,
    pub(super) source: Source,
}

/// Which way a factor may move the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// More of it never lowers the risk.
    Raises,
    /// More of it never raises the risk; the sum of all such parts has a limit.
    Lowers,
    /// A plain count, which only data can tell.
    Either,
}

/// What the built-in model makes of a factor.
pub(super) struct Prior {
    pub(super) shape: Shape,
    pub(super) weight: f64,
    /// Largest part, of either sign.
    pub(super) cap: f64,
}

/// The curves of the built-in model.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Count,
    Line,
}

impl Prior {
    pub(super) fn curve(&self) -> Curve {
        match self.shape {
            Shape::Count => Curve::Count(self.weight),
            Shape::Line => Curve::Line(self.weight),
        }
    }
}

/// Where a part's evidence comes from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    OpenItems,
    Ledger(Ledger),
    Sentiment,
    Life,
    Since,
    Prices,
    Care,
    Nothing,
}

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Factor {
    /// Names tell factors apart.
    fn eq(&self, other: &Factor) -> bool {
        self.name == other.name
    }
}

/// Every factor: those that raise the risk, those that lower it, plain counts; equal parts are listed in this order.
pub fn factors() -> impl Iterator<Item = &'static Factor> {
    RISKS.iter().chain(PROTECTIONS).chain(WINDOWS)
}

/// Calls `visit` with each factor and its value for a customer at a time, whatever it weighs in the model.
pub fn each_value(c: &Customer, rules: &Rules, time: Time, mut visit: impl FnMut(&'static Factor, f64)) {
    for factor in factors() {
        visit(factor, (factor.value)(c, rules, time));
    }
}

fn same(value: f64) -> f64 {
    value
}

macro_rules! factor {
    ($name:literal $mechanism:literal $weight:literal cap $cap:literal $shape:ident $source:expr, $value:expr) => {
        factor!($name $mechanism $weight cap $cap $shape $source, $value, same)
    };
    ($name:literal $mechanism:literal $weight:literal cap $cap:literal $shape:ident $source:expr, $value:expr, $printed:expr) => {
        Factor {
            name: $name,
            mechanism: $mechanism,
            sign: if $weight < 0.0 { Sign::Lowers } else { Sign::Raises },
            prior: Prior { shape: Shape::$shape, weight: $weight, cap: if $cap < 0.0 { -$cap } else { $cap } },
            value: $value,
            printed: $printed,
            source: $source,
        }
    };
}

/// The parts that raise the risk, in the order in which equal ones are listed.
pub(super) const RISKS: &[Factor] = &[
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
    factor!("effort" "M46" 0.35 cap 1.0 Count Source::Ledger(Ledger::Effort), |c, rules, t| {
        c.ledgers.value(Ledger::Effort, t) + care::asymmetry(c, rules, t)
    }),
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
    factor!("price_gap" "M29" 0.50 cap 1.0 Line Source::Prices, price_gap),
    factor!("dispute_denied" "M17" 0.60 cap 1.2 Count Source::Ledger(Ledger::DisputeDenied), |c, _, t| {
        c.ledgers.value(Ledger::DisputeDenied, t)
    }),
    factor!("incident" "M16" 1.0 cap 0.8 Line Source::Ledger(Ledger::Incident), |c, _, t| {
        c.ledgers.value(Ledger::Incident, t)
    }),
    factor!("payment" "M24" 1.0 cap 0.9 Line Source::Ledger(Ledger::Payment), |c, _, t| c.ledgers.value(Ledger::Payment, t)),
    factor!("neglect" "M08" 0.15 cap 0.4 Line Source::Care, |c, _, t| care::quarters_without_care(c, t)),
    factor!("intent" "M41" 3.0 cap 3.0 Line Source::Ledger(Ledger::Intent), |c, _, t| c.ledgers.value(Ledger::Intent, t).min(1.0)),
];

/// The parts that lower it; their sum is limited by the model.
pub(super) const PROTECTIONS: &[Factor] = &[
    factor!("tenure" "M38" -0.15 cap -1.2 Line Source::Since, |c, _, t| {
        c.since().map_or(0.0, |since| libm::log(1.0 + years(t - since)))
    }, |x| libm::exp(x) - 1.0),
    factor!("advocacy" "M27" -0.4 cap -0.4 Line Source::Ledger(Ledger::Advocacy), |c, _, t| {
        c.ledgers.value(Ledger::Advocacy, t).min(1.0)
    }),
    factor!("plan_kept" "M26" -0.3 cap -0.3 Line Source::Ledger(Ledger::PlanKept), |c, _, t| {
        c.ledgers.value(Ledger::PlanKept, t).min(1.0)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_factor_has_its_own_name_and_nobody_stands_at_the_reference() {
        let names: BTreeSet<&str> = factors().map(|f| f.name).collect();
        assert_eq!(names.len(), factors().count());
        let nobody = Customer::new(crate::model::CustomerKey::new("acme", "ann"));
        each_value(&nobody, &Rules::default(), Time::EARLIEST, |factor, value| {
            let unseen = factor.name.ends_with("_days_since");
            assert_eq!(value, if unseen { 90.0 } else { 0.0 }, "{}", factor.name);
        });
    }
}
