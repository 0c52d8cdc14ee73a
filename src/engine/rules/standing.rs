//! Alerts that stand on the score, and on what the customer does for the company.

use crate::model::Span;

/// Alerts that stand on the score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StandingRules {
    /// Looks fine, is not.
    pub blind_spot: BlindSpotRules,
    /// The score alone.
    pub churn_risk: ChurnRiskRules,
    /// When to ask for a reference.
    pub referrals: ReferralRules,
    /// Those who recommend us.
    pub advocates: AdvocateRules,
}

/// Looks fine, is not.
#[derive(Clone, Debug, PartialEq)]
pub struct BlindSpotRules {
    /// A good word older than this no longer makes anybody feel safe.
    pub word_lasts: Span,
    /// How long the band must have been above normal.
    pub dwell: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// The score alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ChurnRiskRules {
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// When to ask for a reference.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferralRules {
    /// Only customers for at least this long are asked.
    pub tenure: Span,
    /// Nobody who was asked for something within this is asked again.
    pub interval: Span,
    /// A review in this top share of its scale says that they are glad, 0..=1.
    pub review_share: f64,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// Those who recommend us.
#[derive(Clone, Debug, PartialEq)]
pub struct AdvocateRules {
    /// A referral or reference makes an advocate for so long.
    pub lasts: Span,
    /// How long the band must have been above normal.
    pub dwell: Span,
    /// How long the condition must be false before the alert closes.
    pub hold: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for BlindSpotRules {
    fn default() -> BlindSpotRules {
        BlindSpotRules { word_lasts: Span::days(180), dwell: Span::minutes(10), expires_after: Span::days(60) }
    }
}

impl Default for ChurnRiskRules {
    fn default() -> ChurnRiskRules {
        ChurnRiskRules { expires_after: Span::days(60) }
    }
}

impl Default for ReferralRules {
    fn default() -> ReferralRules {
        ReferralRules {
            tenure: Span::days(180),
            interval: Span::days(180),
            review_share: 0.2,
            expires_after: Span::days(30),
        }
    }
}

impl Default for AdvocateRules {
    fn default() -> AdvocateRules {
        AdvocateRules {
            lasts: Span::days(365),
            dwell: Span::minutes(10),
            hold: Span::hours(72),
            expires_after: Span::days(60),
        }
    }
}
