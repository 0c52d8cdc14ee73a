//! Prices, rivals, changes, what was cut off, reviews, starts.

/// Prices, rivals, changes, what was cut off, reviews, starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MarketRules {}
