//! Bytes to values and back, one file per topic: `event` what comes in, `alert` and `dead_letter` what goes out,
//! `changelog` and `cohort` what the program keeps and says to itself.

pub mod alert;
pub mod changelog;
pub mod cloud_event;
pub mod cohort;
pub mod commit_metadata;
pub mod dead_letter;
mod decoder;
pub mod event;
mod fields;
mod json;
pub mod mapping;
mod rejected;
mod stored;
mod values;

pub use decoder::{Decoded, Decoder};
pub use event::decode;
pub use mapping::{Mapping, MappingError};
pub use rejected::{MAX_DEPTH, MAX_ID_BYTES, MAX_NUMBER, MAX_RECORD_BYTES, Reason, Rejected};
