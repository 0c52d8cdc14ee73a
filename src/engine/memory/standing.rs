//! What is officially thought of the customer, and what they do for the company.

use serde::{Deserialize, Serialize};

use super::Changes;
use crate::engine::context::Context;
use crate::model::Event;

/// What is officially thought of the customer, and what they do for the company. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {}

/// Takes the event in.
pub(super) fn take(_cx: &mut Context<'_>, _event: &Event<'_>, _changes: &mut Changes) {}
