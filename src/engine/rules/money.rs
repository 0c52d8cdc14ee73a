//! Invoices, plans, disputes, trust.

/// Invoices, plans, disputes, trust.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MoneyRules {}
