//! From a record of the input topic to its event: canonical JSON, a CloudEvent in headers, or a mapping.

use std::sync::Arc;

use crate::codec::{Decoded, Decoder, Mapping, cloud_event};
use crate::kafka::Record;
use crate::runtime::{Decode, Each};

/// Makes a reader of records for each worker. With a mapping, headers mean nothing.
pub(super) fn decode(mapping: Option<Mapping>) -> Arc<dyn Fn() -> Decode + Send + Sync> {
    Arc::new(move || {
        let is_canonical = mapping.is_none();
        let mut decoder = Decoder::new(mapping.clone());
        Box::new(move |record: &Record<'_>, each: &mut Each<'_>| {
            // A tombstone holds nothing that could be an event, so it is told as a text that is no JSON.
            let value = record.value().unwrap_or_default();
            let headers = || record.headers().map(|header| (header.name, header.value.unwrap_or_default()));
            if is_canonical && cloud_event::is_binary(headers()) {
                return each(cloud_event::decode_binary(headers(), value));
            }
            match decoder.decode(value) {
                Ok(Decoded::Event(event)) => each(Ok(event)),
                Ok(Decoded::Dropped) => {}
                Err(rejected) => each(Err(rejected)),
            }
        })
    })
}
