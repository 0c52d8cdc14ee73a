//! Why a record could not be read: the closed set of reasons, and the field at fault.
//!
//! **Invariant:** nothing here holds a byte of the record, so a reason may go into logs, metrics and headers.

use std::fmt;

use crate::model::event::words;

/// A record longer than this is not even looked at.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;
/// Arrays and objects within each other, the outermost being level 1.
pub const MAX_DEPTH: usize = 32;
/// Length of an id in bytes; at least 1.
pub const MAX_ID_BYTES: usize = 128;
/// No number of an event is larger in magnitude.
pub const MAX_NUMBER: f64 = 1e12;

words! {
    /// Why a record became a dead letter. Of several reasons the first in this order is told.
    Reason {
        TooLarge "too_large", InvalidUtf8 "invalid_utf8", InvalidJson "invalid_json", TooDeep "too_deep",
        NotAnObject "not_an_object", MappingFailed "mapping_failed", MissingField "missing_field",
        InvalidField "invalid_field", InvalidTime "invalid_time",
    }
}

/// A record that is not an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rejected {
    /// What is wrong.
    pub reason: Reason,
    /// Where, if it is one field: `time`, `data.severity`; the target's name if a mapping failed.
    pub field: Option<&'static str>,
}

impl Rejected {
    /// The record as a whole is wrong.
    pub const fn record(reason: Reason) -> Rejected {
        Rejected { reason, field: None }
    }

    /// One field is wrong.
    pub const fn field(reason: Reason, field: &'static str) -> Rejected {
        Rejected { reason, field: Some(field) }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.name())?;
        match self.field {
            Some(field) => write!(f, ": {field}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Rejected {}

/// How deep arrays and objects of `json` are nested. Only meaningful for valid JSON.
pub(super) fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => while_in_text(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn while_in_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

/// Whether `json` may be nested deeper than `MAX_DEPTH`. Almost always answered by counting brackets, text or not.
pub(super) fn is_too_deep(json: &[u8]) -> bool {
    // A chunk is short enough for its count to fit a byte: such a sum is what compilers turn into vector code.
    let opening = |chunk: &[u8]| chunk.iter().fold(0_u8, |n, byte| n.wrapping_add(u8::from(byte | 0x20 == b'{')));
    let openings: usize = json.chunks(128).map(|chunk| usize::from(opening(chunk))).sum();
    openings > MAX_DEPTH && depth(json) > MAX_DEPTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_text_are_not_levels() {
        for (json, levels) in [
            ("1", 0),
            ("{}", 1),
            (r#"{"a":[{"b":[]}],"c":{}}"#, 4),
            (r#"{"a":"[[[[","b\"[":"\\"}"#, 1),
            (r#"[[],[],[]]"#, 2),
        ] {
            assert_eq!(depth(json.as_bytes()), levels, "{json}");
        }
    }

    #[test]
    fn level_32_is_allowed_and_33_is_not() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!is_too_deep(nested(32).as_bytes()));
        assert!(is_too_deep(nested(33).as_bytes()));
        assert!(!is_too_deep(format!("[{}{{}}]", "{},".repeat(300)).as_bytes()), "many, but not deep");
        assert!(!is_too_deep(format!("\"{}\"", "[".repeat(300)).as_bytes()), "text, not levels");
    }

    #[test]
    fn a_rejection_names_its_field() {
        assert_eq!(Rejected::record(Reason::InvalidJson).to_string(), "invalid_json");
        assert_eq!(Rejected::field(Reason::InvalidField, "data.due").to_string(), "invalid_field: data.due");
    }
}
