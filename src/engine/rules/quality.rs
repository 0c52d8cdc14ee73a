//! Complaints, recoveries and service quality beyond the first limits.

use crate::model::Span;

/// Complaints, recoveries and service quality beyond the first limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QualityRules {
    /// Saying sorry.
    pub admission: AdmissionRules,
    /// Recoveries that went well.
    pub recovery: RecoveryRules,
    /// How staff treat the customer.
    pub conduct: ConductRules,
    /// Scores of contacts, and waits.
    pub scores: QualityScoreRules,
}

/// Saying sorry.
#[derive(Clone, Debug, PartialEq)]
pub struct AdmissionRules {
    /// Limit for an apology or an admission after the opening, business hours.
    pub limit: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for AdmissionRules {
    fn default() -> AdmissionRules {
        AdmissionRules { limit: Span::hours(18), expires_after: Span::days(30) }
    }
}

/// Recoveries that went well.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryRules {
    /// The customer confirms it within this after the solution.
    pub confirmed_within: Span,
    /// No other failure within this before it was opened, nor since.
    pub first_failure_in: Span,
    /// At most one alert in this.
    pub at_most_every: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
    /// An apology or a gesture within this makes a failure good that nobody filed.
    pub on_the_spot_within: Span,
}

impl Default for RecoveryRules {
    fn default() -> RecoveryRules {
        RecoveryRules {
            confirmed_within: Span::days(14),
            first_failure_in: Span::days(180),
            at_most_every: Span::days(365),
            expires_after: Span::days(14),
            on_the_spot_within: Span::hours(24),
        }
    }
}

/// How staff treat the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct ConductRules {
    /// A score for courtesy in this lowest part of its scale opens the alert, 0..=1.
    pub low_score: f64,
    /// So do two contacts in this lowest part of it, 0..=1.
    pub poor_score: f64,
    /// How far apart those two may be.
    pub window: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for ConductRules {
    fn default() -> ConductRules {
        ConductRules { low_score: 0.2, poor_score: 0.4, window: Span::days(30), expires_after: Span::days(30) }
    }
}

/// Scores of contacts, and waits: failures that nobody files, and quality that falls below the customer's own baseline.
/// The fall is found by a cumulative sum (Page, "Continuous inspection schemes", Biometrika 41, 1954).
#[derive(Clone, Debug, PartialEq)]
pub struct QualityScoreRules {
    /// A score in this lowest part of its scale is a failure, 0..=1.
    pub low_score: f64,
    /// A wait is a failure if another came within this before it.
    pub waits_within: Span,
    /// Scores that make a baseline.
    pub baseline: u32,
    /// Least standard deviation of a baseline, as a part of the scale.
    pub least_deviation: f64,
    /// What a score may fall short of the baseline without being summed up, in standard deviations.
    pub slack: f64,
    /// The sum that opens the alert, in standard deviations.
    pub limit: f64,
    /// A score not further below the baseline than this is back to it, in standard deviations.
    pub calm_within: f64,
    /// So many in a row close the alert.
    pub calm_scores: u32,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for QualityScoreRules {
    fn default() -> QualityScoreRules {
        QualityScoreRules {
            low_score: 0.2,
            waits_within: Span::days(30),
            baseline: 8,
            least_deviation: 0.15,
            slack: 0.5,
            limit: 4.0,
            calm_within: 0.5,
            calm_scores: 3,
            expires_after: Span::days(60),
        }
    }
}
