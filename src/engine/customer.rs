//! What is remembered of a customer.

use serde::{Deserialize, Serialize};

use crate::model::CustomerKey;

/// Everything remembered of one customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Who it is.
    pub key: CustomerKey,
}
