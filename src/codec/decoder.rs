//! Bytes of a topic to events: canonical ones, or foreign ones through a mapping.

use super::event::decode;
use super::mapping::Mapping;
use super::rejected::Rejected;
use crate::model::Event;

/// Reads the records of a topic.
#[derive(Debug, Default)]
pub struct Decoder {
    /// How foreign records become events; none where records are events already.
    mapping: Option<Mapping>,
    /// The canonical JSON of the last mapped record, kept for its memory.
    canonical: Vec<u8>,
}

/// What a record gave.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every record is an event")]
pub enum Decoded<'a> {
    /// An event.
    Event(Event<'a>),
    /// Nothing, as its mapping says: counted as filtered.
    Dropped,
}

impl Decoder {
    /// Reads records that `mapping` explains, or canonical ones.
    pub fn new(mapping: Option<Mapping>) -> Decoder {
        Decoder { mapping, canonical: Vec::new() }
    }

    /// Reads one record.
    pub fn decode<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Decoded<'a>, Rejected> {
        let Some(mapping) = &self.mapping else {
            return decode(bytes).map(Decoded::Event);
        };
        self.canonical.clear();
        match mapping.apply(bytes, &mut self.canonical)? {
            true => decode(&self.canonical).map(Decoded::Event),
            false => Ok(Decoded::Dropped),
        }
    }
}
