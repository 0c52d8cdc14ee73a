//! What the company does for the relation: touches, marketing, use, anniversaries.

use serde::{Deserialize, Serialize};

use super::Changes;
use crate::engine::context::Context;
use crate::model::Event;

/// What the company does for the relation: touches, marketing, use, anniversaries. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Care {}

/// Takes the event in.
pub(super) fn take(_cx: &mut Context<'_>, _event: &Event<'_>, _changes: &mut Changes) {}
