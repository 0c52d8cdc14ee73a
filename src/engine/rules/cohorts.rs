//! Many customers at once.

/// Many customers at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CohortRules {}
