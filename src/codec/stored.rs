//! How every internal record begins: what it is, and the version of its layout; then postcard.
//!
//! ```text
//!  byte 0   what it is: 1 customer, 2 cohort, 3 word to a cohort, 4 word to a customer, 5 clocks of the senders
//!  byte 1   version of its layout
//!  then     of what stands in a changelog: applied, 64 bits, little endian
//!  then     the value, postcard
//! ```
//!
//! A record in the wrong topic is so told from a damaged one, and what a later version wrote from both.

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::NextOffset;

/// A customer in the changelog.
pub(super) const CUSTOMER: u8 = 1;
/// A cohort in its changelog.
pub(super) const COHORT: u8 = 2;
/// What the customers' stage tells the cohorts'.
pub(super) const TO_COHORT: u8 = 3;
/// What the cohorts' stage tells the customers'.
pub(super) const TO_CUSTOMER: u8 = 4;
/// How far each sender's time had come, in the cohorts' changelog.
pub(super) const CLOCKS: u8 = 5;

/// The highest of them.
const KNOWN: u8 = CLOCKS;

/// Why an internal record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by a later version of this program.
    #[error("written by a newer version (format {format}, version {version})")]
    Newer {
        /// Its format.
        format: u8,
        /// Its version.
        version: u8,
    },
    /// Not a record of this program or of this topic, or damaged.
    #[error("not a record that belongs here")]
    Damaged,
}

/// Appends `value` to `out`.
pub(super) fn write<T: Serialize>(format: u8, version: u8, value: &T, out: &mut Vec<u8>) {
    out.extend_from_slice(&[format, version]);
    put(value, out);
}

/// Appends `value`, complete through `applied`, to `out`.
pub(super) fn write_applied<T: Serialize>(format: u8, version: u8, applied: NextOffset, value: &T, out: &mut Vec<u8>) {
    out.extend_from_slice(&[format, version]);
    out.extend_from_slice(&applied.0.to_le_bytes());
    put(value, out);
}

fn put<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    postcard::serialize_with_flavor(value, Append(out)).expect("plain data, and a vector takes it all");
}

/// Reads what `write` wrote.
pub(super) fn read<T: DeserializeOwned>(format: u8, version: u8, bytes: &[u8]) -> Result<T, Unreadable> {
    value(body(format, version, bytes)?)
}

/// Reads what `write_applied` wrote.
pub(super) fn read_applied<T: DeserializeOwned>(
    format: u8,
    version: u8,
    bytes: &[u8],
) -> Result<(NextOffset, T), Unreadable> {
    let body = body(format, version, bytes)?;
    let (applied, body) = body.split_first_chunk::<8>().ok_or(Unreadable::Damaged)?;
    Ok((NextOffset(i64::from_le_bytes(*applied)), value(body)?))
}

fn body(format: u8, version: u8, bytes: &[u8]) -> Result<&[u8], Unreadable> {
    match bytes {
        [f, v, body @ ..] if (*f, *v) == (format, version) => Ok(body),
        [0, ..] | [_, 0, ..] | [] | [_] => Err(Unreadable::Damaged),
        [f, v, ..] if *f > KNOWN || *f == format && *v > version => Err(Unreadable::Newer { format: *f, version: *v }),
        _ => Err(Unreadable::Damaged),
    }
}

fn value<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(Unreadable::Damaged),
    }
}

/// Writes to the end of a vector, in slices; postcard's own goes byte by byte.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
