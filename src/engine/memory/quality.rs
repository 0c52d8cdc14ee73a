//! Service quality: scores of contacts by dimension, recoveries, and what was said on the spot.

use serde::{Deserialize, Serialize};

use super::Changes;
use crate::engine::context::Context;
use crate::model::Event;

/// Service quality: scores of contacts by dimension, recoveries, and what was said on the spot. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {}

/// Takes the event in.
pub(super) fn take(_cx: &mut Context<'_>, _event: &Event<'_>, _changes: &mut Changes) {}
