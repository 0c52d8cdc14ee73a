//! Writes one event as a line of JSON into a buffer that is used again and again.
//!
//! By hand, because generating must not be what a benchmark measures. Every text that comes in is known not to need
//! escaping.

use std::io::Write;

use crate::model::Time;

/// The fields outside `data`.
pub struct Envelope<'a> {
    /// Unique within the source.
    pub id: u64,
    /// Who reports it.
    pub source: &'static str,
    /// `family.name`.
    pub event_type: &'a str,
    /// Event time.
    pub time: Time,
    /// Whose event it is; none if about nobody.
    pub customer: Option<&'a str>,
    /// Number of the account.
    pub account: Option<u64>,
    /// Where it happened.
    pub channel: Option<&'static str>,
    /// BCP 47.
    pub lang: Option<&'static str>,
    /// Prefix and number of the case.
    pub correlation: Option<(&'static str, u64)>,
}

/// A line in the making. The fields of `data` are open until `end`.
pub struct Json<'b> {
    out: &'b mut Vec<u8>,
    clock: &'b mut DayText,
    first: bool,
}

impl<'b> Json<'b> {
    /// Writes the envelope and opens `data`.
    pub fn begin(out: &'b mut Vec<u8>, clock: &'b mut DayText, envelope: &Envelope<'_>) -> Json<'b> {
        out.clear();
        out.extend_from_slice(b"{\"id\":\"evt-");
        hex(out, envelope.id, 16);
        put(out, "\",\"source\":\"", envelope.source);
        put(out, "\",\"type\":\"", envelope.event_type);
        out.extend_from_slice(b"\",\"time\":\"");
        clock.write(out, envelope.time);
        out.extend_from_slice(b"\",\"tenant\":\"acme\"");
        if let Some(customer) = envelope.customer {
            put(out, ",\"customer_id\":\"", customer);
            out.push(b'"');
        }
        if let Some(account) = envelope.account {
            out.extend_from_slice(b",\"account_id\":\"a-");
            decimal(out, account);
            out.push(b'"');
        }
        if let Some(channel) = envelope.channel {
            put(out, ",\"channel\":\"", channel);
            out.push(b'"');
        }
        if let Some(lang) = envelope.lang {
            put(out, ",\"lang\":\"", lang);
            out.push(b'"');
        }
        if let Some((prefix, number)) = envelope.correlation {
            put(out, ",\"correlation_id\":\"", prefix);
            hex(out, number, 8);
            out.push(b'"');
        }
        out.extend_from_slice(b",\"data\":{");
        Json { out, clock, first: true }
    }

    fn key(&mut self, name: &str) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A text that needs no escaping.
    pub fn text(&mut self, name: &str, value: &str) {
        self.key(name);
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b'"');
    }

    /// Two sentences as one text.
    pub fn sentences(&mut self, name: &str, first: &str, second: &str) {
        self.key(name);
        put(self.out, "\"", first);
        put(self.out, " ", second);
        self.out.push(b'"');
    }

    /// An id: a prefix and the low 32 bits of a number.
    pub fn id(&mut self, name: &str, prefix: &str, number: u64) {
        self.key(name);
        put(self.out, "\"", prefix);
        hex(self.out, number, 8);
        self.out.push(b'"');
    }

    /// The dedup key of customer `number`'s alert of `kind`, with the object if it has one.
    pub fn alert(&mut self, kind: &str, number: u32) {
        let mut key = String::from("acme/");
        customer_id(&mut key, number);
        key.push('/');
        key.push_str(kind);
        self.text("dedup_key", &key);
    }

    /// A number given in hundredths.
    pub fn hundredths(&mut self, name: &str, value: i64) {
        self.key(name);
        if value < 0 {
            self.out.push(b'-');
        }
        let value = value.unsigned_abs();
        decimal(self.out, value / 100);
        if !value.is_multiple_of(100) {
            self.out.push(b'.');
            two(self.out, value % 100);
        }
    }

    /// A whole number, not negative.
    pub fn whole(&mut self, name: &str, value: u64) {
        self.key(name);
        decimal(self.out, value);
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.key(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// An instant.
    pub fn time(&mut self, name: &str, value: Time) {
        self.key(name);
        self.out.push(b'"');
        self.clock.write(self.out, value);
        self.out.push(b'"');
    }

    /// Opens a list of objects; close it with `close`.
    pub fn open(&mut self, name: &str) {
        self.key(name);
        self.out.extend_from_slice(b"[{");
        self.first = true;
    }

    /// The next object of the list.
    pub fn next(&mut self) {
        self.out.extend_from_slice(b"},{");
        self.first = true;
    }

    /// Ends the list.
    pub fn close(&mut self) {
        self.out.extend_from_slice(b"}]");
        self.first = false;
    }

    /// Closes `data` and the event. No line feed.
    pub fn end(self) {
        self.out.extend_from_slice(b"}}");
    }
}

fn put(out: &mut Vec<u8>, before: &str, value: &str) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(value.as_bytes());
}

fn hex(out: &mut Vec<u8>, number: u64, digits: u32) {
    for digit in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(number >> (4 * digit) & 15) as usize]);
    }
}

fn two(out: &mut Vec<u8>, number: u64) {
    out.push(b'0' + (number / 10 % 10) as u8);
    out.push(b'0' + (number % 10) as u8);
}

fn decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends the id of customer `number`: `c-` and at least seven digits.
pub fn customer_id(out: &mut String, number: u32) {
    use std::fmt::Write;
    write!(out, "c-{number:07}").expect("a String takes everything");
}

/// Writes times quickly: the text of the last day is kept.
#[derive(Default)]
pub struct DayText {
    day: Option<i32>,
    text: Vec<u8>,
}

impl DayText {
    fn write(&mut self, out: &mut Vec<u8>, time: Time) {
        let day = time.day();
        if self.day != Some(day) {
            self.text.clear();
            let midnight = Time(i64::from(day) * 86_400_000);
            write!(self.text, "{midnight}").expect("a Vec takes everything");
            self.text.truncate("2026-03-02T".len());
            self.day = Some(day);
        }
        out.extend_from_slice(&self.text);
        let of_day = time.0.rem_euclid(86_400_000) as u64;
        let (second, millis) = (of_day / 1_000, of_day % 1_000);
        two(out, second / 3_600);
        out.push(b':');
        two(out, second / 60 % 60);
        out.push(b':');
        two(out, second % 60);
        if millis != 0 {
            out.push(b'.');
            out.push(b'0' + (millis / 100) as u8);
            two(out, millis % 100);
        }
        out.push(b'Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_with_what_was_put_in() {
        let (mut out, mut clock) = (Vec::new(), DayText::default());
        let envelope = Envelope {
            id: 0xab,
            source: "shop/acme",
            event_type: "purchase.completed",
            time: Time(1_772_636_531_007),
            customer: Some("c-0000042"),
            account: Some(7),
            channel: Some("web"),
            lang: Some("es-MX"),
            correlation: Some(("ord-", 0x12)),
        };
        let mut json = Json::begin(&mut out, &mut clock, &envelope);
        json.hundredths("amount", 12_305);
        json.hundredths("sentiment", -62);
        json.hundredths("zero", 0);
        json.flag("ok", true);
        json.time("due", Time(1_772_636_531_000));
        json.open("items");
        json.whole("n", 1);
        json.next();
        json.whole("n", 2);
        json.close();
        json.sentences("text", "Ay.", "No.");
        json.end();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"id":"evt-00000000000000ab","source":"shop/acme","type":"purchase.completed","time":"2026-03-04T15:02:11.007Z","tenant":"acme","customer_id":"c-0000042","account_id":"a-7","channel":"web","lang":"es-MX","correlation_id":"ord-00000012","data":{"amount":123.05,"sentiment":-0.62,"zero":0,"ok":true,"due":"2026-03-04T15:02:11Z","items":[{"n":1},{"n":2}],"text":"Ay. No."}}"#
        );
    }

    #[test]
    fn times_are_written_as_the_model_writes_them() {
        let mut clock = DayText::default();
        for millis in [0, 1, 86_399_999, 86_400_000, 1_772_636_531_010, 1_772_636_531_000, 12_345] {
            let mut out = Vec::new();
            clock.write(&mut out, Time(millis));
            assert_eq!(String::from_utf8(out).unwrap(), Time(millis).to_string());
        }
    }
}
