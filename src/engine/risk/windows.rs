//! Plain counts of the day panes as factors, five for each family of events: for a model that is fitted to data.
//!
//! The built-in model gives them no weight, so they cost nothing until one does. Left out are families that the company's
//! own systems write about the customer (alerts, outcomes, profiles), which would tell the answer, and bills: who pays
//! late is helped, and never judged by it.

use super::factors::{Factor, Prior, Shape, Sign, Source};
use crate::engine::customer::Customer;
use crate::engine::window::{PANE_DAYS, Series};
use crate::model::Time;
use crate::model::event::Family;

macro_rules! windows {
    ($($name:literal $series:expr;)*) => {
        &[$(
            window!(concat!($name, "_7d"), |c, _, t| f64::from(c.panes.sum($series, t, 7))),
            window!(concat!($name, "_30d"), |c, _, t| f64::from(c.panes.sum($series, t, 30))),
            window!(concat!($name, "_90d"), |c, _, t| f64::from(c.panes.sum($series, t, PANE_DAYS))),
            window!(concat!($name, "_days_since"), |c, _, t| f64::from(c.panes.days_since($series, t))),
            window!(concat!($name, "_change"), |c, _, t| change(c, $series, t)),
        )*]
    };
}

macro_rules! window {
    ($name:expr, $value:expr) => {
        Factor {
            name: $name,
            mechanism: "M40",
            sign: Sign::Either,
            prior: Prior { shape: Shape::Line, weight: 0.0, cap: 0.0 },
            value: $value,
            printed: |value| value,
            source: Source::Nothing,
        }
    };
}

pub(super) const WINDOWS: &[Factor] = windows! {
    "complaint" Series::family(Family::Complaint);
    "contact" Series::family(Family::Contact);
    "feedback" Series::family(Family::Feedback);
    "feature_request" Series::family(Family::FeatureRequest);
    "promise" Series::family(Family::Promise);
    "purchase" Series::family(Family::Purchase);
    "usage" Series::family(Family::Usage);
    "usage_missed" Series::MISSED;
    "delivery" Series::family(Family::Delivery);
    "account" Series::family(Family::Account);
    "service" Series::family(Family::Service);
    "competitor" Series::family(Family::Competitor);
    "care" Series::family(Family::Care);
    "other" Series::family(Family::Unknown);
};

/// log2 of events in the last 30 days over the mean of the two months before, one added to both: -6 to 12.
fn change(c: &Customer, series: Series, time: Time) -> f64 {
    let month = c.panes.sum(series, time, 30);
    let before = f64::from(c.panes.sum(series, time, PANE_DAYS) - month) / 2.0;
    libm::log2((1.0 + f64::from(month)) / (1.0 + before)).clamp(-6.0, 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;
    use crate::model::{CustomerKey, Span};

    #[test]
    fn windows_count_days_since_and_change() {
        let mut c = Customer::new(CustomerKey::new("acme", "ann"));
        let day = |n: i64| Time::EARLIEST + Span::days(n);
        for n in [0, 10, 20, 40, 70, 71, 72, 85] {
            c.panes.count(Series::family(Family::Usage), day(n), day(n));
        }
        let rules = Rules::default();
        let value = |name: &str, time| {
            let factor = WINDOWS.iter().find(|f| f.name == name).unwrap();
            (factor.value)(&c, &rules, time)
        };
        let table = [("usage_7d", 1.0), ("usage_30d", 4.0), ("usage_90d", 8.0), ("usage_days_since", 1.0)];
        for (name, expected) in table {
            assert_eq!(value(name, day(86)), expected, "{name}");
        }
        // Four this month, and two a month before it.
        assert_eq!(value("usage_change", day(86)), libm::log2(5.0 / 3.0));
        assert_eq!((value("purchase_days_since", day(86)), value("purchase_change", day(86))), (90.0, 0.0));
        assert_eq!(value("usage_days_since", day(400)), 90.0);
    }
}
