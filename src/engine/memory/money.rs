//! Invoices, plans, disputes, trust.

use serde::{Deserialize, Serialize};

use super::Changes;
use crate::engine::context::Context;
use crate::model::Event;

/// Invoices, plans, disputes, trust. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Money {}

/// Takes the event in.
pub(super) fn take(_cx: &mut Context<'_>, _event: &Event<'_>, _changes: &mut Changes) {}
