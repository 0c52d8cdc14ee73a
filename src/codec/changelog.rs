//! A customer in the changelog: key = the customer's key, value = format, version, *applied*, customer.
//!
//! ```text
//!  byte 0      format of the rest: 1 = what follows here
//!  byte 1      version of the customer's layout
//!  bytes 2..10 applied: the next offset of the input through which the customer is complete; 64 bits, little endian
//!  bytes 10..  the customer, postcard
//! ```
//!
//! A tombstone is an empty value: the customer is gone. Every format and version that was ever released stays readable:
//! `tests/golden/changelog` holds one record of each.

use postcard::ser_flavors::Flavor;

use crate::engine::Customer;
use crate::model::NextOffset;

/// How the value is laid out.
const FORMAT: u8 = 1;
/// How a customer is laid out; to be raised with every change of [`Customer`] that postcard can see.
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 10;

/// What a record of the changelog says.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The next offset of the input through which the customer is complete.
    pub applied: NextOffset,
    /// The customer.
    pub customer: Customer,
}

/// Why a record of the changelog cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by a later version of this program.
    #[error("written by a newer version (format {format}, version {version}; known are {FORMAT} and {VERSION})")]
    Newer {
        /// Its format.
        format: u8,
        /// Its version.
        version: u8,
    },
    /// Not a record of this program, or damaged.
    #[error("not a record of a customer")]
    Damaged,
}

/// Appends the value of `customer` to `out`.
pub fn encode(applied: NextOffset, customer: &Customer, out: &mut Vec<u8>) {
    out.extend_from_slice(&[FORMAT, VERSION]);
    out.extend_from_slice(&applied.0.to_le_bytes());
    postcard::serialize_with_flavor(customer, Append(out)).expect("a customer is plain data and a vector takes it all");
}

/// Reads a value that [`encode`] wrote, now or in any released version.
pub fn decode(value: &[u8]) -> Result<Entry, Unreadable> {
    let Some((header, body)) = value.split_first_chunk::<HEADER_BYTES>() else { return Err(Unreadable::Damaged) };
    let [format, version, applied @ ..] = header;
    match (*format, *version) {
        (FORMAT, VERSION) => {
            let applied = NextOffset(i64::from_le_bytes(*applied));
            let (customer, rest) = postcard::take_from_bytes(body).map_err(|_| Unreadable::Damaged)?;
            if rest.is_empty() { Ok(Entry { applied, customer }) } else { Err(Unreadable::Damaged) }
        }
        (0, _) | (_, 0) => Err(Unreadable::Damaged),
        (format, version) => Err(Unreadable::Newer { format, version }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_customer_says_why() {
        for (value, why) in [
            (&b""[..], Unreadable::Damaged),
            (b"{\"customer\":1}", Unreadable::Newer { format: b'{', version: b'"' }),
            (&[1, 1, 0, 0, 0, 0, 0, 0, 0], Unreadable::Damaged),
            (&[1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 200], Unreadable::Damaged),
            (&[1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0], Unreadable::Newer { format: 1, version: 2 }),
            (&[2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], Unreadable::Newer { format: 2, version: 1 }),
            (&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], Unreadable::Damaged),
        ] {
            assert_eq!(decode(value), Err(why), "{value:?}");
        }
    }
}
