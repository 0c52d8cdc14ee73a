//! From a record to events: the port that the wiring fills, with the canonical form or a mapping.

use crate::codec::Rejected;
use crate::kafka::Record;
use crate::model::Event;

/// Takes what a record holds, one after another: an event, or why it cannot be read.
pub type Each<'a> = dyn for<'e> FnMut(Result<Event<'e>, Rejected>) + 'a;

/// Reads a record. It may hold no event (a mapping dropped it), one, or several; the same record gives the same ones.
pub type Decode = Box<dyn for<'r, 'f> FnMut(&Record<'r>, &mut Each<'f>) + Send>;
