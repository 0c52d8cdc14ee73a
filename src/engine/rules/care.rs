//! What the company does for the relation: numbers of care, use and marketing.

use crate::model::Span;

/// What the company does for the relation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CareRules {
    /// Needs that are declined.
    pub needs: NeedsRules,
    /// Use that falls while nobody comes by.
    pub cooling: CoolingRules,
    /// Long without a word of care.
    pub neglect: NeglectRules,
    /// Anniversaries of the relation.
    pub anniversary: AnniversaryRules,
    /// Loyalty that is bought.
    pub deals: DealRules,
    /// More marketing than care.
    pub marketing: MarketingRules,
    /// Who takes the trouble.
    pub effort: EffortRules,
}

/// Needs that are declined.
#[derive(Clone, Debug, PartialEq)]
pub struct NeedsRules {
    /// So many declined requests open the alert; one does where use has fallen as for cooling.
    pub count: usize,
    /// Window in which they are counted.
    pub window: Span,
    /// How long the condition must be false.
    pub hold: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// Use that falls while nobody comes by: the last 28 days against the 84 before.
#[derive(Clone, Debug, PartialEq)]
pub struct CoolingRules {
    /// Use has fallen at this share of its own mean, 0..=1.
    pub share: f64,
    /// It has recovered at this share.
    pub recovered: f64,
    /// Least mean of 28 days, in uses.
    pub min_uses: f64,
    /// No touch by a person for so long.
    pub untouched: Span,
    /// How long it must have recovered.
    pub hold: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// Long without a word of care.
#[derive(Clone, Debug, PartialEq)]
pub struct NeglectRules {
    /// Customers for so long.
    pub tenure: Span,
    /// Without a touch for so long.
    pub untouched: Span,
    /// They have shown life within this.
    pub alive: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// Anniversaries of the relation, in whole days of the customer's own calendar.
#[derive(Clone, Debug, PartialEq)]
pub struct AnniversaryRules {
    /// Minutes after local midnight at which alerts are due.
    pub minute: u16,
    /// Days before the anniversary at which it is due.
    pub days_before: u16,
    /// Days after it at which it is missed.
    pub days_after: u16,
    /// Recognised within so many days before it is recognised.
    pub recognised_days: u16,
    /// A missed one's alert ends by itself after this.
    pub missed_expires_after: Span,
}

/// Loyalty that is bought.
#[derive(Clone, Debug, PartialEq)]
pub struct DealRules {
    /// Window in which touches and purchases are counted; at most 180 days, of which panes are kept.
    pub window: Span,
    /// So many touches are needed.
    pub touches: usize,
    /// So many purchases are needed.
    pub purchases: u32,
    /// Share of monetary touches, or of discounted purchases, that opens the alert, 0..=1.
    pub share: f64,
    /// A lower share closes it, 0..=1.
    pub recovered: f64,
    /// How long the share must be lower.
    pub hold: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// More marketing than care.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketingRules {
    /// Window in which sends and touches are counted; at most 90 days, of which panes are kept.
    pub window: Span,
    /// So many sends for each touch by a person open the alert; none counts as one.
    pub per_touch: f64,
    /// Fewer sends for each touch close it.
    pub recovered: f64,
    /// How long there must be fewer.
    pub hold: Span,
    /// Marketing is to pause for so long.
    pub pause: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// Who takes the trouble: days in 90 on which the customer came, for each time a person of the company came to them.
#[derive(Clone, Debug, PartialEq)]
pub struct EffortRules {
    /// So many of the customer's for each of the company's are no effort.
    pub balanced: f64,
    /// What each doubling beyond counts, in repeated contacts.
    pub doubling: f64,
}

impl Default for NeedsRules {
    fn default() -> NeedsRules {
        NeedsRules { count: 2, window: Span::days(180), hold: Span::hours(24), expires_after: Span::days(90) }
    }
}

impl Default for CoolingRules {
    fn default() -> CoolingRules {
        CoolingRules {
            share: 0.5,
            recovered: 0.7,
            min_uses: 4.0,
            untouched: Span::days(90),
            hold: Span::days(7),
            expires_after: Span::days(60),
        }
    }
}

impl Default for NeglectRules {
    fn default() -> NeglectRules {
        NeglectRules {
            tenure: Span::days(365),
            untouched: Span::days(180),
            alive: Span::days(180),
            expires_after: Span::days(90),
        }
    }
}

impl Default for AnniversaryRules {
    fn default() -> AnniversaryRules {
        AnniversaryRules {
            minute: 9 * 60,
            days_before: 7,
            days_after: 3,
            recognised_days: 30,
            missed_expires_after: Span::days(27),
        }
    }
}

impl Default for DealRules {
    fn default() -> DealRules {
        DealRules {
            window: Span::days(180),
            touches: 5,
            purchases: 6,
            share: 0.8,
            recovered: 0.6,
            hold: Span::days(7),
            expires_after: Span::days(90),
        }
    }
}

impl Default for MarketingRules {
    fn default() -> MarketingRules {
        MarketingRules {
            window: Span::days(30),
            per_touch: 8.0,
            recovered: 4.0,
            hold: Span::days(7),
            pause: Span::days(30),
            expires_after: Span::days(30),
        }
    }
}

impl Default for EffortRules {
    fn default() -> EffortRules {
        EffortRules { balanced: 2.0, doubling: 0.5 }
    }
}
