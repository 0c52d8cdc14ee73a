//! A customer in the changelog: key = the customer's key, value = format, version, *applied*, customer.
//!
//! ```text
//!  byte 0      what it is and how it is laid out: 1 = a customer, as follows here
//!  byte 1      version of the customer's layout
//!  bytes 2..10 applied: the next offset of the input through which the customer is complete; 64 bits, little endian
//!  bytes 10..  the customer, postcard
//! ```
//!
//! A tombstone is an empty value: the customer is gone. Every format and version that was ever released stays readable:
//! `tests/golden/changelog` holds one record of each.

pub use super::stored::Unreadable;

use super::stored;
use crate::engine::Customer;
use crate::model::NextOffset;

/// How a customer is laid out; to be raised with every change of [`Customer`] that postcard can see.
const VERSION: u8 = 1;

/// What a record of the changelog says.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The next offset of the input through which the customer is complete.
    pub applied: NextOffset,
    /// The customer.
    pub customer: Customer,
}

/// Appends the value of `customer` to `out`.
pub fn encode(applied: NextOffset, customer: &Customer, out: &mut Vec<u8>) {
    stored::write_applied(stored::CUSTOMER, VERSION, applied, customer, out);
}

/// Reads a value that [`encode`] wrote, now or in any released version.
pub fn decode(value: &[u8]) -> Result<Entry, Unreadable> {
    let (applied, customer) = stored::read_applied(stored::CUSTOMER, VERSION, value)?;
    Ok(Entry { applied, customer })
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
            (&[2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], Unreadable::Damaged),
            (&[9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], Unreadable::Newer { format: 9, version: 1 }),
            (&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], Unreadable::Damaged),
        ] {
            assert_eq!(decode(value), Err(why), "{value:?}");
        }
    }

    /// A customer of whom nearly everything is remembered.
    fn example() -> Customer {
        let mut engine = crate::engine::Engine::new(std::sync::Arc::default());
        let events = [
            r#""type":"profile.upserted","time":"2026-03-02T09:00:00Z","data":{"since":"2019-05-01","value":1200,"products":2,"timezone":"America/Mexico_City","owner":"ana"}"#,
            r#""type":"purchase.completed","time":"2026-03-02T09:05:00Z","account_id":"a-9","data":{"order_id":"o1","amount":12.5}"#,
            r#""type":"complaint.opened","time":"2026-03-02T09:10:00Z","correlation_id":"t1","data":{"complaint_id":"k1","category":"price","severity":"major","text":"¿Por qué?","sentiment":-0.5}"#,
            r#""type":"complaint.resolved","time":"2026-03-02T15:00:00Z","data":{"complaint_id":"k1"}"#,
            r#""type":"promise.made","time":"2026-03-02T16:00:00Z","data":{"promise_id":"p1","due":"2026-03-02T17:00:00Z","text":"mañana"}"#,
            r#""type":"promise.made","time":"2026-03-03T16:00:00Z","data":{"promise_id":"p2","due":"2026-03-09T17:00:00Z","by":"team:north"}"#,
            r#""type":"delivery.failed","time":"2026-03-03T17:00:00Z","data":{"order_id":"o1"}"#,
            r#""type":"contact.abandoned","time":"2026-03-03T18:00:00Z","data":{"wait_s":300}"#,
            r#""type":"contact.ended","time":"2026-03-03T19:00:00Z","data":{"contact_id":"c1","resolved":true}"#,
            r#""type":"feedback.survey_answered","time":"2026-03-04T09:00:00Z","data":{"metric":"nps","value":3}"#,
            r#""type":"account.cancellation_requested","time":"2026-03-04T10:00:00Z""#,
        ];
        for (n, rest) in events.iter().enumerate() {
            let json = format!(r#"{{"id":"e{n}","source":"crm","customer_id":"c/1",{rest}}}"#);
            let event = crate::codec::decode(json.as_bytes()).unwrap();
            engine.apply(&event, &mut Vec::new());
        }
        let mut found = None;
        engine.take_changed(&mut |_, customer| found = customer.cloned());
        found.unwrap()
    }

    #[test]
    fn records_of_every_released_version_are_read() {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        let mut written = Vec::new();
        encode(NextOffset(42), &example(), &mut written);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/changelog/1");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, BASE64_STANDARD.encode(&written) + "\n").unwrap();
        }
        let golden = BASE64_STANDARD.decode(std::fs::read_to_string(path).unwrap().trim()).unwrap();
        let entry = decode(&golden).unwrap();
        assert_eq!(entry.applied, NextOffset(42));
        // Rebuilt parts aside, it is the customer that the events make.
        let mut again = Vec::new();
        encode(entry.applied, &entry.customer, &mut again);
        assert!(again == golden && written == golden, "the form has changed: a new version of the format is due");
    }
}
