//! One field of the event: where its value comes from, what becomes of it, and what if that fails.

use std::borrow::Cow;
use std::collections::HashMap;

use super::paths::{Slot, Values};
use super::value::{Pattern, TimeFormat, number, text, truth};
use crate::codec::json::Json;
use crate::codec::values::Shape;

/// Makes one field of the event.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// As a rejection calls it, `data.amount`.
    pub(super) target: &'static str,
    /// What the field holds.
    pub(super) shape: Shape,
    pub(super) from: From,
    pub(super) convert: Convert,
    /// JSON that stands in where there is no value, or none that `convert` knows.
    pub(super) default: Option<Box<str>>,
    pub(super) on_error: OnError,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(super) enum From {
    /// Nowhere: the default is the value.
    Nothing,
    /// The first of these that is there.
    First(Vec<Slot>),
    /// Text put together; no value if any part is missing.
    Format(Vec<Piece>),
    /// A name made of these values; no value if all are missing.
    Hash(Vec<Slot>),
    /// A name made of the whole record.
    HashOfRecord,
}

/// A part of a text put together.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(Box<str>),
    Value(Slot),
}

/// What becomes of a value.
#[derive(Clone, Debug)]
pub(super) enum Convert {
    /// It is taken over as the target's shape.
    Take,
    /// A number times the first plus the second.
    Scale(f64, f64),
    /// A time in the first of these formats that fits.
    Time(Vec<TimeFormat>),
    /// The JSON beside the same text, else beside the first pattern that fits.
    Words(HashMap<Box<str>, Box<str>>, Vec<(Pattern, Box<str>)>),
    /// The JSON beside the highest of these that the number reaches; lowest first.
    Bands(Vec<(f64, Box<str>)>),
}

/// What happens if a value is there and cannot be converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnError {
    /// The record becomes a dead letter.
    DeadLetter,
    /// The default is taken; without one the field is left out.
    Default,
    /// The record is dropped.
    Drop,
}

/// A value is there and cannot be converted.
#[derive(Debug, PartialEq)]
pub(super) struct Unconvertible;

impl Rule {
    /// Whether only constants can come out.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.from, From::Nothing) || matches!(self.convert, Convert::Words(..) | Convert::Bands(_))
    }

    /// Writes the field's value; `false` if there is none and nothing was written.
    pub(super) fn write(&self, values: &Values, record: &[u8], json: &mut Json) -> Result<bool, Unconvertible> {
        let before = json.len();
        let failed = match self.from.value(values, record) {
            Ok(Some(value)) => match self.convert.write(&value, self.shape, json) {
                Ok(true) => return Ok(true),
                Ok(false) => self.default.is_none(),
                Err(Unconvertible) => true,
            },
            Ok(None) => false,
            Err(Unconvertible) => true,
        };
        json.cut(before);
        match &self.default {
            _ if failed && self.on_error != OnError::Default => Err(Unconvertible),
            Some(default) => {
                json.raw(default);
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

impl From {
    /// The value as JSON.
    fn value<'a>(&self, values: &Values<'a>, record: &[u8]) -> Result<Option<Cow<'a, str>>, Unconvertible> {
        match self {
            From::Nothing => Ok(None),
            From::First(slots) => Ok(slots.iter().find_map(|slot| values.get(*slot)).map(Cow::Borrowed)),
            From::Format(pieces) => {
                let mut put_together = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => put_together.push_str(text),
                        Piece::Value(slot) => match values.get(*slot) {
                            Some(json) => put_together.push_str(&text(json).ok_or(Unconvertible)?),
                            None => return Ok(None),
                        },
                    }
                }
                Ok(Some(Cow::Owned(serde_json::Value::from(put_together).to_string())))
            }
            From::Hash(slots) => {
                if slots.iter().all(|slot| values.get(*slot).is_none()) {
                    return Ok(None);
                }
                let mut hash = Hash::new();
                for slot in slots {
                    let json = values.get(*slot).unwrap_or_default();
                    hash.add(text(json).unwrap_or(Cow::Borrowed(json)).as_bytes());
                    // No text holds this byte, so that `a`, `bc` and `ab`, `c` are different.
                    hash.add(&[0xff]);
                }
                Ok(Some(Cow::Owned(hash.json())))
            }
            From::HashOfRecord => {
                let mut hash = Hash::new();
                hash.add(record.trim_ascii());
                Ok(Some(Cow::Owned(hash.json())))
            }
        }
    }

    /// The value as text, if there is any.
    pub(super) fn text<'a>(&self, values: &Values<'a>, record: &[u8]) -> Option<Cow<'a, str>> {
        match self.value(values, record).ok()?? {
            Cow::Borrowed(json) => text(json),
            Cow::Owned(json) => text(&json).map(|text| Cow::Owned(text.into_owned())),
        }
    }
}

impl Convert {
    /// Writes what becomes of `value`; `false` if it is no known word or in no band.
    fn write(&self, value: &str, shape: Shape, json: &mut Json) -> Result<bool, Unconvertible> {
        match self {
            Convert::Take => take(value, shape, json)?,
            Convert::Scale(factor, offset) => {
                json.rounded(number(value).ok_or(Unconvertible)? * factor + offset, DECIMALS);
            }
            Convert::Time(formats) => {
                let time = formats.iter().find_map(|format| format.read(value)).ok_or(Unconvertible)?;
                json.write(format_args!("\"{time}\""));
            }
            Convert::Words(words, patterns) => {
                let text = text(value).ok_or(Unconvertible)?;
                let pattern = || patterns.iter().find(|(pattern, _)| pattern.fits(&text)).map(|(_, to)| to);
                match words.get(&*text).or_else(pattern) {
                    Some(to) => json.raw(to),
                    None => return Ok(false),
                }
            }
            Convert::Bands(bands) => {
                let number = number(value).ok_or(Unconvertible)?;
                match bands.iter().rev().find(|(from, _)| number >= *from) {
                    Some((_, to)) => json.raw(to),
                    None => return Ok(false),
                }
            }
        }
        Ok(true)
    }
}

/// Decimals that a scaled number keeps: binary noise is beyond them.
const DECIMALS: u32 = 6;

fn take(value: &str, shape: Shape, json: &mut Json) -> Result<(), Unconvertible> {
    match shape {
        Shape::Text | Shape::Time => json.text(&text(value).ok_or(Unconvertible)?),
        // A number keeps its digits.
        Shape::Number if !value.starts_with(['"', '{', '[']) => {
            number(value).ok_or(Unconvertible)?;
            json.raw(value);
        }
        Shape::Number => json.rounded(number(value).ok_or(Unconvertible)?, DECIMALS),
        Shape::Truth => json.raw(if truth(value).ok_or(Unconvertible)? { "true" } else { "false" }),
        Shape::Any => json.raw(value),
    }
    Ok(())
}

/// FNV-1a of 128 bits (Fowler, Noll, Vo): the same in every version, as the names made of it must be.
struct Hash(u128);

impl Hash {
    fn new() -> Hash {
        Hash(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn add(&mut self, bytes: &[u8]) {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }

    fn json(&self) -> String {
        format!("\"{:032x}\"", self.0)
    }
}
