//! Instants and spans in milliseconds, and their RFC 3339 form.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Stored so that the two that mean "never" take a byte each instead of ten: zigzag as other signed numbers, and two more,
/// whereby [`Time::MAX`] is 0 and [`Time::MIN`] is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let zigzag = ((self.0 << 1) ^ (self.0 >> 63)) as u64;
        serializer.serialize_u64(zigzag.wrapping_add(2))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let zigzag = u64::deserialize(deserializer)?.wrapping_sub(2);
        Ok(Time((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)))
    }
}

/// A length of time in milliseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// `n` seconds.
    pub const fn seconds(n: i64) -> Span {
        Span(n * 1_000)
    }

    /// `n` minutes.
    pub const fn minutes(n: i64) -> Span {
        Span(n * 60_000)
    }

    /// `n` hours.
    pub const fn hours(n: i64) -> Span {
        Span(n * 3_600_000)
    }

    /// `n` times 24 hours.
    pub const fn days(n: i64) -> Span {
        Span(n * 86_400_000)
    }

    /// This span in days of 24 hours.
    pub fn as_days(self) -> f64 {
        self.0 as f64 / 86_400_000.0
    }

    /// This span in hours.
    pub fn as_hours(self) -> f64 {
        self.0 as f64 / 3_600_000.0
    }
}

impl Time {
    /// Before every event there is.
    pub const MIN: Time = Time(i64::MIN);
    /// After every event there is.
    pub const MAX: Time = Time(i64::MAX);
    /// 1990-01-01T00:00:00Z: an event before it has an absurd time.
    pub const EARLIEST: Time = Time(631_152_000_000);
    /// 2101-01-01T00:00:00Z: an event at or after it has an absurd time.
    pub const LATEST: Time = Time(4_133_980_800_000);

    /// The UTC day: whole days since 1970-01-01, floored toward the past.
    pub const fn day(self) -> i32 {
        self.0.div_euclid(86_400_000) as i32
    }

    /// Parses RFC 3339 with an offset (`Z` or `±hh:mm`); fractions beyond milliseconds are cut off.
    /// `None` if `text` is anything else.
    pub fn parse(text: &str) -> Option<Time> {
        parse_common(text.as_bytes()).or_else(|| parse_any(text))
    }
}

/// The form nearly every producer writes, `2026-03-04T15:02:11[.fff…]Z`, without the cost of the general parser.
fn parse_common(b: &[u8]) -> Option<Time> {
    fn two(b: &[u8], at: usize) -> Option<i64> {
        let (h, l) = (b[at].wrapping_sub(b'0'), b[at + 1].wrapping_sub(b'0'));
        (h <= 9 && l <= 9).then(|| i64::from(h) * 10 + i64::from(l))
    }
    if b.len() < 20 || *b.last()? != b'Z' {
        return None;
    }
    if b[4] != b'-' || b[7] != b'-' || b[10] != b'T' || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let year = two(b, 0)? * 100 + two(b, 2)?;
    let (month, day) = (two(b, 5)?, two(b, 8)?);
    let (hour, minute, second) = (two(b, 11)?, two(b, 14)?, two(b, 17)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut millis = 0;
    let fraction = &b[19..b.len() - 1];
    if !fraction.is_empty() {
        if fraction[0] != b'.' || fraction.len() < 2 {
            return None;
        }
        let mut unit = 100;
        for &digit in &fraction[1..] {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            millis += i64::from(digit) * unit;
            unit /= 10;
        }
    }
    let days = days_from_civil(year, month, day);
    Some(Time((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + millis))
}

fn parse_any(text: &str) -> Option<Time> {
    // jiff accepts more than RFC 3339 (a bracketed zone, a space for the `T`, basic formats): those are refused here.
    let b = text.as_bytes();
    let plain = b.len() >= 20
        && b[4] == b'-'
        && matches!(b[10], b'T' | b't')
        && b[13] == b':'
        && !text.contains('[')
        && (matches!(b[b.len() - 1], b'Z' | b'z') || b[b.len() - 3] == b':');
    if !plain {
        return None;
    }
    let stamp: jiff::Timestamp = text.parse().ok()?;
    Some(Time(stamp.as_millisecond()))
}

/// Days of a month, 1..=12.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// The inverse of `days_from_civil`: (year, month, day).
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC, with milliseconds only where there are any: `2026-03-04T15:02:11Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(86_400_000));
        let of_day = self.0.rem_euclid(86_400_000);
        let (second, millis) = (of_day / 1_000, of_day % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)?;
        if millis != 0 {
            write!(f, ".{millis:03}")?;
        }
        f.write_str("Z")
    }
}

impl std::ops::Add<Span> for Time {
    type Output = Time;
    fn add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl std::ops::Sub<Span> for Time {
    type Output = Time;
    fn sub(self, span: Span) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl std::ops::Sub<Time> for Time {
    type Output = Span;
    fn sub(self, other: Time) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_takes_a_byte_and_every_time_comes_back() {
        for (time, bytes) in [
            (Time::MAX, 1),
            (Time::MIN, 1),
            (Time(0), 1),
            (Time(-1), 1),
            (Time(1_772_438_400_000), 6),
            (Time(-1_772_438_400_000), 6),
            (Time(i64::MAX - 1), 10),
            (Time(i64::MIN + 1), 10),
        ] {
            let written = postcard::to_allocvec(&time).unwrap();
            assert_eq!(written.len(), bytes, "{time:?}");
            assert_eq!(postcard::from_bytes(&written), Ok(time));
        }
    }

    #[test]
    fn rfc_3339_is_read_and_written_back() {
        for (text, millis, back) in [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2026-03-04T15:02:11Z", 1_772_636_531_000, "2026-03-04T15:02:11Z"),
            ("2026-03-04T15:02:11.5Z", 1_772_636_531_500, "2026-03-04T15:02:11.500Z"),
            ("2026-03-04T15:02:11.123456789Z", 1_772_636_531_123, "2026-03-04T15:02:11.123Z"),
            ("2026-03-04T09:02:11-06:00", 1_772_636_531_000, "2026-03-04T15:02:11Z"),
            ("2024-02-29T23:59:59+08:00", 1_709_222_399_000, "2024-02-29T15:59:59Z"),
            ("1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"),
        ] {
            let time = Time::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(time, Time(millis), "{text}");
            assert_eq!(time.to_string(), back);
        }
    }

    #[test]
    fn what_is_not_rfc_3339_with_an_offset_is_refused() {
        for text in [
            "",
            "2026-03-04",
            "2026-03-04T15:02:11",
            "2026-03-04 15:02:11Z",
            "2026-02-30T15:02:11Z",
            "2026-13-04T15:02:11Z",
            "2026-03-04T24:02:11Z",
            "2026-03-04T15:02:11.Z",
            "2026-03-04T15:02:11+01:00[Europe/Paris]",
            "20260304T150211Z",
            "1772636531000",
            "yesterday, at about noon",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_short_way_agrees_with_the_general_parser() {
        for day in (-30_000..60_000).step_by(7) {
            let time = Time(day * 86_400_000 + 45_296_789);
            let text = time.to_string();
            assert_eq!(parse_common(text.as_bytes()), Some(time), "{text}");
            assert_eq!(parse_any(&text), Some(time), "{text}");
        }
    }
}
