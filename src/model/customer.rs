//! Whose events they are.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Names one customer of one tenant: `tenant/customer`, each part percent-encoded as in a dedup key, so that the
/// changelog's record key and the start of every `dedup_key` are this very string.
///
/// Personal data: `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerKey(Box<str>);

impl CustomerKey {
    /// The key of `customer_id` at `tenant`.
    pub fn new(tenant: &str, customer_id: &str) -> CustomerKey {
        let mut key = String::with_capacity(tenant.len() + customer_id.len() + 1);
        write_key(&mut key, tenant, customer_id);
        CustomerKey(key.into())
    }

    /// A key in its written form, as `write_key` makes it.
    pub fn from_written(written: &str) -> CustomerKey {
        CustomerKey(written.into())
    }

    /// The written form, `tenant/customer`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tenant, decoded.
    pub fn tenant(&self) -> String {
        decode(self.0.split_once('/').map_or("", |(tenant, _)| tenant))
    }

    /// The tenant as it is written in keys.
    pub fn written_tenant(&self) -> &str {
        self.0.split_once('/').map_or("", |(tenant, _)| tenant)
    }

    /// The customer's id, decoded.
    pub fn customer_id(&self) -> String {
        decode(self.0.split_once('/').map_or("", |(_, id)| id))
    }
}

impl Borrow<str> for CustomerKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for CustomerKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(..)")
    }
}

/// Appends `tenant/customer_id` to `out`, each part percent-encoded.
pub fn write_key(out: &mut String, tenant: &str, customer_id: &str) {
    encode(out, tenant);
    out.push('/');
    encode(out, customer_id);
}

/// Appends `part` with `/`, `%` and control characters percent-encoded.
pub fn encode(out: &mut String, part: &str) {
    let plain = |b: u8| b != b'/' && b != b'%' && b >= 0x20 && b != 0x7f;
    if part.bytes().all(plain) {
        return out.push_str(part);
    }
    for c in part.chars() {
        if c == '/' || c == '%' || c.is_control() {
            let mut utf8 = [0; 4];
            for byte in c.encode_utf8(&mut utf8).bytes() {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        } else {
            out.push(c);
        }
    }
}

/// Undoes `encode`.
pub fn decode(part: &str) -> String {
    if !part.contains('%') {
        return part.to_owned();
    }
    let bytes = part.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awkward_ids_keep_apart_and_come_back() {
        for (tenant, id, written) in [
            ("default", "c-123", "default/c-123"),
            ("a/b", "c", "a%2Fb/c"),
            ("a", "b/c", "a/b%2Fc"),
            ("a", "100%", "a/100%25"),
            ("a", "ñandú 😀", "a/ñandú 😀"),
            ("a", "x\ny", "a/x%0Ay"),
        ] {
            let key = CustomerKey::new(tenant, id);
            assert_eq!(key.as_str(), written);
            assert_eq!((key.tenant(), key.customer_id()), (tenant.into(), id.into()));
        }
    }

    #[test]
    fn debug_hides_the_customer() {
        assert!(!format!("{:?}", CustomerKey::new("acme", "maria")).contains("maria"));
    }
}
