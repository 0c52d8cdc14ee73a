//! Complaints, recoveries and service quality beyond the first limits.

/// Complaints, recoveries and service quality beyond the first limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QualityRules {}
