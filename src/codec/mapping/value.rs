//! What a foreign value says: its text, its number, whether it is empty, whether it passes a test.

use std::borrow::Cow;

use super::document::Literal;
use super::paths::{Slot, Values};
use crate::codec::values::{Value, parse_date_or_time};
use crate::model::Time;
use crate::model::event::Text;

/// The text of a scalar as it would be read aloud: without quotes and escapes. `None` for an object or a list, and for
/// text that is half of a surrogate pair.
pub(super) fn text(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes() {
        [b'"', ..] => Text::read(&mut serde_json::Deserializer::from_str(json)).ok(),
        [b'{' | b'[', ..] => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// A number, also one written as text.
pub(super) fn number(json: &str) -> Option<f64> {
    text(json)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// true, false, 1, 0, also written as text.
pub(super) fn truth(json: &str) -> Option<bool> {
    match &*text(json)? {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn is_empty(json: Option<&str>) -> bool {
    let inside = |json: &str| json[1..json.len() - 1].trim_ascii().is_empty();
    json.is_none_or(|json| matches!(json.as_bytes()[0], b'"' | b'[' | b'{') && inside(json))
}

/// Text in which `*` stands for any letters, also none. Case does not count for a to z.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(Box<str>);

impl Pattern {
    pub(super) fn new(written: &str) -> Pattern {
        Pattern(written.into())
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        let text = text.as_bytes();
        let Some((first, others)) = self.0.split_once('*') else {
            return text.eq_ignore_ascii_case(self.0.as_bytes());
        };
        let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
        if text.len() < first.len() + last.len() {
            return false;
        }
        let (start, rest) = text.split_at(first.len());
        let (rest, end) = rest.split_at(rest.len() - last.len());
        start.eq_ignore_ascii_case(first.as_bytes())
            && end.eq_ignore_ascii_case(last.as_bytes())
            && in_order(rest, middle.split('*').map(str::as_bytes))
    }
}

/// Whether the pieces stand in `text` one after the other. The earliest place of each leaves most for the others.
fn in_order<'p>(mut text: &[u8], pieces: impl Iterator<Item = &'p [u8]>) -> bool {
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        match text.windows(piece.len()).position(|window| window.eq_ignore_ascii_case(piece)) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    true
}

/// A question about one value of the record.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) slot: Slot,
    pub(super) kind: TestKind,
}

#[derive(Clone, Debug)]
pub(super) enum TestKind {
    /// There is a value other than null.
    Present(bool),
    /// There is none, or it is "", [] or {}.
    Empty(bool),
    Equals(Literal),
    Differs(Literal),
    OneOf(Vec<Literal>),
    Like(Pattern),
    /// A number smaller than this.
    Below(f64),
    /// A number larger than this.
    Above(f64),
}

impl Test {
    pub(super) fn holds(&self, values: &Values) -> bool {
        let json = values.get(self.slot);
        let equals = |literal: &Literal| json.is_some_and(|json| equals(json, literal));
        match &self.kind {
            TestKind::Present(wanted) => json.is_some() == *wanted,
            TestKind::Empty(wanted) => is_empty(json) == *wanted,
            TestKind::Equals(literal) => equals(literal),
            TestKind::Differs(literal) => !equals(literal),
            TestKind::OneOf(literals) => literals.iter().any(equals),
            TestKind::Like(pattern) => json.and_then(text).is_some_and(|text| pattern.fits(&text)),
            TestKind::Below(limit) => json.and_then(number).is_some_and(|number| number < *limit),
            TestKind::Above(limit) => json.and_then(number).is_some_and(|number| number > *limit),
        }
    }
}

fn equals(json: &str, literal: &Literal) -> bool {
    match literal {
        Literal::Text(expected) => text(json).is_some_and(|text| *text == **expected),
        Literal::Number(expected) => number(json) == Some(*expected),
        Literal::Bool(expected) => truth(json) == Some(*expected),
    }
}

/// How a foreign time is written.
#[derive(Clone, Debug)]
pub(super) enum TimeFormat {
    /// RFC 3339 with an offset, or a date alone.
    Rfc3339,
    /// Seconds since 1970, with fractions or without.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    /// A pattern of strptime; the zone holds where the text names none.
    Pattern(String, jiff::tz::TimeZone),
}

impl TimeFormat {
    pub(super) fn read(&self, json: &str) -> Option<Time> {
        /// Beyond the year 9999 there is nothing to be read.
        const MILLIS_MAX: f64 = 2.5e14;
        let unix = |scale: f64| {
            let millis = number(json)? * scale;
            (millis.abs() <= MILLIS_MAX).then_some(Time(libm::round(millis) as i64))
        };
        match self {
            TimeFormat::Rfc3339 => parse_date_or_time(&text(json)?),
            TimeFormat::UnixSeconds => unix(1_000.0),
            TimeFormat::UnixMillis => unix(1.0),
            TimeFormat::Pattern(pattern, zone) => {
                let text = text(json)?;
                let broken_down = jiff::fmt::strtime::parse(pattern, &*text).ok()?;
                let stamp = broken_down.to_timestamp().or_else(|_| {
                    let local = broken_down.to_datetime().or_else(|_| {
                        broken_down.to_date().map(|date| date.to_datetime(jiff::civil::Time::midnight()))
                    })?;
                    zone.to_timestamp(local)
                });
                Some(Time(stamp.ok()?.as_millisecond()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_stars_for_anything() {
        for (pattern, text, fits) in [
            ("refund", "Refund", true),
            ("refund", "refunds", false),
            ("refund*", "refunds", true),
            ("*refund", "a refund", true),
            ("*refund*", "my refund, please", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*É", "CAFÉ", true),
            ("**", "x", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn scalars_have_text_numbers_and_truth() {
        for (json, as_text, as_number, as_truth) in [
            (r#""a\u0062""#, Some("ab"), None, None),
            (r#"" 1.5 ""#, Some(" 1.5 "), Some(1.5), None),
            ("1", Some("1"), Some(1.0), Some(true)),
            (r#""false""#, Some("false"), None, Some(false)),
            ("true", Some("true"), None, Some(true)),
            ("1e999", Some("1e999"), None, None),
            ("{}", None, None, None),
            (r#""\ud800""#, None, None, None),
        ] {
            assert_eq!((text(json).as_deref(), number(json), truth(json)), (as_text, as_number, as_truth), "{json}");
        }
    }

    #[test]
    fn nothing_null_and_hollow_values_are_empty() {
        for (json, expected) in [
            (None, true),
            (Some("\"\""), true),
            (Some("\" \""), true),
            (Some("[ ]"), true),
            (Some("{}"), true),
            (Some("0"), false),
            (Some("false"), false),
            (Some("[0]"), false),
            (Some("\"a\""), false),
        ] {
            assert_eq!(is_empty(json), expected, "{json:?}");
        }
    }

    #[test]
    fn times_are_read_in_every_format() {
        let madrid = || jiff::tz::TimeZone::get("Europe/Madrid").unwrap();
        let pattern = |pattern: &str| TimeFormat::Pattern(pattern.into(), madrid());
        for (format, json, expected) in [
            (TimeFormat::Rfc3339, r#""2026-03-04T15:02:11Z""#, Some("2026-03-04T15:02:11Z")),
            (TimeFormat::Rfc3339, r#""2026-03-04""#, Some("2026-03-04T00:00:00Z")),
            (TimeFormat::Rfc3339, "1772636531", None),
            (TimeFormat::UnixSeconds, "1772636531", Some("2026-03-04T15:02:11Z")),
            (TimeFormat::UnixSeconds, r#""1772636531.25""#, Some("2026-03-04T15:02:11.250Z")),
            (TimeFormat::UnixSeconds, "1e30", None),
            (TimeFormat::UnixMillis, "1772636531250", Some("2026-03-04T15:02:11.250Z")),
            (pattern("%d/%m/%Y %H:%M"), r#""04/03/2026 15:02""#, Some("2026-03-04T14:02:00Z")),
            (pattern("%d/%m/%Y %H:%M"), r#""04/07/2026 15:02""#, Some("2026-07-04T13:02:00Z")),
            (pattern("%d/%m/%Y"), r#""04/03/2026""#, Some("2026-03-03T23:00:00Z")),
            (pattern("%Y-%m-%d %H:%M:%S%.f %z"), r#""2026-03-04 15:02:11.5 +0000""#, Some("2026-03-04T15:02:11.500Z")),
            (pattern("%d/%m/%Y"), r#""2026-03-04""#, None),
        ] {
            assert_eq!(format.read(json).map(|time| time.to_string()).as_deref(), expected, "{format:?} {json}");
        }
    }
}
