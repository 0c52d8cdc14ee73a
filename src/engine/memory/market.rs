//! Prices, rivals, changes and what was cut off.

use serde::{Deserialize, Serialize};

use super::Changes;
use crate::engine::context::Context;
use crate::model::Event;

/// Prices, rivals, changes and what was cut off. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Market {}

/// Takes the event in.
pub(super) fn take(_cx: &mut Context<'_>, _event: &Event<'_>, _changes: &mut Changes) {}
