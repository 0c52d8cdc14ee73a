//! Prices, rivals, changes, what was cut off, reviews, starts.

use crate::model::Span;

/// Prices, rivals, changes, what was cut off, reviews, starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MarketRules {
    /// Rivals: their pull, and their prices.
    pub competitor: CompetitorRules,
    /// What newcomers pay.
    pub loyalty: LoyaltyRules,
    /// Changes to the customer's terms.
    pub changes: ChangeRules,
    /// What was signed against what was given.
    pub mismatch: MismatchRules,
    /// Cut off, and made to call.
    pub forced_contact: ForcedContactRules,
    /// Public reviews.
    pub reviews: ReviewRules,
    /// The first days of a new customer.
    pub onboarding: OnboardingRules,
}

/// Rivals: their pull, and their prices. A guess of ours, to be fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct CompetitorRules {
    /// Signs of a rival count half as much after this.
    pub half_life: Span,
    /// So much of them opens the alert by itself.
    pub pull: f64,
    /// While something is open, one sign not older than this does.
    pub signal_age: Span,
    /// Below this, with nothing open, nobody pulls any more.
    pub pull_over: f64,
    /// How long that must hold before the alert closes.
    pub hold: Span,
    /// The alert about a rival's pull ends by itself after this.
    pub expires_after: Span,
    /// Own price over a rival's, as a share of the rival's: opens the alert about prices.
    pub gap_warning: f64,
    /// So much over it makes that an error.
    pub gap_error: f64,
    /// An offer is held against the own price for so long.
    pub offer_valid: Span,
    /// The alert about prices ends by itself after this.
    pub gap_expires_after: Span,
}

impl Default for CompetitorRules {
    fn default() -> CompetitorRules {
        CompetitorRules {
            half_life: Span::days(21),
            pull: 1.5,
            signal_age: Span::days(21),
            pull_over: 0.5,
            hold: Span::hours(24),
            expires_after: Span::days(60),
            gap_warning: 0.10,
            gap_error: 0.25,
            offer_valid: Span::days(60),
            gap_expires_after: Span::days(60),
        }
    }
}

/// What newcomers pay.
#[derive(Clone, Debug, PartialEq)]
pub struct LoyaltyRules {
    /// Customers for at least this long are loyal.
    pub tenure: Span,
    /// Own price over the newcomers', as a share of theirs: opens the alert.
    pub gap_warning: f64,
    /// So much over it makes it an error.
    pub gap_error: f64,
    /// A newcomers' price is held against an own price that came at most so much later.
    pub newcomer_valid: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for LoyaltyRules {
    fn default() -> LoyaltyRules {
        LoyaltyRules {
            tenure: Span::days(365),
            gap_warning: 0.10,
            gap_error: 0.25,
            newcomer_valid: Span::days(365),
            expires_after: Span::days(90),
        }
    }
}

/// Changes to the customer's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRules {
    /// Less notice than this is none.
    pub notice: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for ChangeRules {
    fn default() -> ChangeRules {
        ChangeRules { notice: Span::days(30), expires_after: Span::days(30) }
    }
}

/// What was signed against what was given.
#[derive(Clone, Debug, PartialEq)]
pub struct MismatchRules {
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for MismatchRules {
    fn default() -> MismatchRules {
        MismatchRules { expires_after: Span::days(30) }
    }
}

/// Cut off, and made to call.
#[derive(Clone, Debug, PartialEq)]
pub struct ForcedContactRules {
    /// A contact this soon after the service was cut is about that; inclusive.
    pub window: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for ForcedContactRules {
    fn default() -> ForcedContactRules {
        ForcedContactRules { window: Span::hours(24), expires_after: Span::days(7) }
    }
}

/// Public reviews.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewRules {
    /// Lowest part of the rating's scale that is a bad rating, 0..=1; inclusive.
    pub low: f64,
    /// Without a rating: a sentiment down here is a bad review, -1..=0; inclusive.
    pub sentiment: f64,
    /// So many readers make it an error.
    pub error_reach: f64,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for ReviewRules {
    fn default() -> ReviewRules {
        ReviewRules { low: 0.4, sentiment: -0.5, error_reach: 10_000.0, expires_after: Span::days(14) }
    }
}

/// The first days of a new customer.
#[derive(Clone, Debug, PartialEq)]
pub struct OnboardingRules {
    /// So long without a use or a purchase is no start.
    pub after: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for OnboardingRules {
    fn default() -> OnboardingRules {
        OnboardingRules { after: Span::days(30), expires_after: Span::days(60) }
    }
}
