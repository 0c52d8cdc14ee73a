//! What the company does for the relation.

/// What the company does for the relation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CareRules {}
