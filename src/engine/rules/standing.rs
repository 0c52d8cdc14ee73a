//! Alerts that stand on the score.

/// Alerts that stand on the score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StandingRules {}
