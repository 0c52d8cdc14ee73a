//! Invoices, plans, disputes, trust.

use crate::model::Span;

/// Invoices, plans, disputes, trust.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MoneyRules {
    /// Good payers who fall behind.
    pub hardship: HardshipRules,
    /// Payment plans.
    pub plans: PlanRules,
    /// Letters that press for payment.
    pub dunning: DunningRules,
    /// Disputes about a bill.
    pub disputes: DisputeRules,
    /// Trust in the company's word.
    pub trust: TrustRules,
}

/// Good payers who fall behind.
#[derive(Clone, Debug, PartialEq)]
pub struct HardshipRules {
    /// An invoice is late when it is unpaid so long after it fell due.
    pub grace: Span,
    /// So many earlier invoices must have fallen due for a customer to have a name as a payer.
    pub invoices: u32,
    /// Share of them that must have been paid in time, 0..=1.
    pub on_time_share: f64,
    /// Earlier invoices count for so long, by whole days.
    pub memory: Span,
    /// The guardrails hold for so long, and are renewed while the alert is live.
    pub guardrail: Span,
    /// Without a sign of life for so long they have gone quiet.
    pub silent_after: Span,
    /// The alert ends by itself after this, and what was declared no longer stands.
    pub expires_after: Span,
}

impl Default for HardshipRules {
    fn default() -> HardshipRules {
        HardshipRules {
            grace: Span::days(3),
            invoices: 6,
            on_time_share: 0.9,
            memory: Span::days(730),
            guardrail: Span::days(30),
            silent_after: Span::days(14),
            expires_after: Span::days(60),
        }
    }
}

/// Payment plans.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRules {
    /// An instalment is missed when it is not kept so long after it fell due.
    pub grace: Span,
    /// So many missed make it a warning.
    pub warning_count: usize,
    /// A plan of which nothing was heard for so long is over.
    pub over_after: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for PlanRules {
    fn default() -> PlanRules {
        PlanRules { grace: Span::days(3), warning_count: 2, over_after: Span::days(60), expires_after: Span::days(45) }
    }
}

/// Letters that press for payment.
#[derive(Clone, Debug, PartialEq)]
pub struct DunningRules {
    /// A second one about the same invoice within this is too much.
    pub window: Span,
    /// How long no other may be sent then.
    pub guardrail: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for DunningRules {
    fn default() -> DunningRules {
        DunningRules { window: Span::days(14), guardrail: Span::days(14), expires_after: Span::days(30) }
    }
}

/// Disputes about a bill.
#[derive(Clone, Debug, PartialEq)]
pub struct DisputeRules {
    /// Up to this amount goodwill is cheaper than an argument, whatever the customer's value.
    pub goodwill_min: f64,
    /// And up to this share of the customer's value, 0..=1.
    pub goodwill_share: f64,
    /// So many disputes within `repeat_window` before it: no goodwill.
    pub repeat_count: usize,
    /// See `repeat_count`.
    pub repeat_window: Span,
    /// How long nobody may argue about an amount within goodwill.
    pub guardrail: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for DisputeRules {
    fn default() -> DisputeRules {
        DisputeRules {
            goodwill_min: 25.0,
            goodwill_share: 0.02,
            repeat_count: 3,
            repeat_window: Span::days(365),
            guardrail: Span::days(14),
            expires_after: Span::days(30),
        }
    }
}

/// Trust in the company's word: fast to lose, slow to regain.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustRules {
    /// Trust is low when so much more was lost than gained.
    pub low: f64,
    /// It is no longer low below this.
    pub recovered: f64,
    /// For so long.
    pub hold: Span,
    /// What a broken promise, a mismatch and an incident that was kept quiet cost.
    pub breach: f64,
    /// What a denied dispute costs.
    pub denial: f64,
    /// What a promise kept, a notice in time and a dispute decided for the customer give.
    pub gain: f64,
    /// Half-life of what was lost.
    pub loss_half_life: Span,
    /// Half-life of what was gained.
    pub gain_half_life: Span,
    /// Time to tell a customer of an incident that hit them.
    pub disclose_within: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for TrustRules {
    fn default() -> TrustRules {
        TrustRules {
            low: 2.0,
            recovered: 1.5,
            hold: Span::hours(72),
            breach: 1.0,
            denial: 0.5,
            gain: 0.3,
            loss_half_life: Span::days(90),
            gain_half_life: Span::days(30),
            disclose_within: Span::hours(4),
            expires_after: Span::days(90),
        }
    }
}
