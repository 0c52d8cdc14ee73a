//! Lengths of time as people write them: `100ms`, `60s`, `5m`, `4h`, `14d`, `1h30m`, and business hours as `9bh`.

use crate::model::Span;

/// Largest first, so that `show` finds the shortest form.
const UNITS: [(&str, i64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

const HOUR: i64 = 3_600_000;

/// Reads one or more numbers with units, added up; decimals are allowed (`1.5h`), signs are not. `0` needs no unit.
/// `None` if `text` is anything else, or is finer than a millisecond.
pub fn parse_span(text: &str) -> Option<Span> {
    if text == "0" {
        return Some(Span::ZERO);
    }
    let mut rest = text;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let &(_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(scaled(number, millis)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(Span(total))
}

/// Reads business hours: `9bh`, `4.5bh`; `0` needs no unit. `None` if `text` is anything else.
pub fn parse_business_span(text: &str) -> Option<Span> {
    if text == "0" {
        return Some(Span::ZERO);
    }
    Some(Span(scaled(text.strip_suffix("bh")?, HOUR)?))
}

/// The shortest form that `parse_span` reads back: `90m`, not `1h30m`. Weeks are shown as days.
pub fn show_span(span: Span) -> String {
    if span == Span::ZERO {
        return "0s".into();
    }
    let &(unit, millis) = UNITS[1..]
        .iter()
        .find(|(_, millis)| span.0 % millis == 0)
        .expect("every span is a whole number of milliseconds");
    format!("{}{unit}", span.0 / millis)
}

/// The form that `parse_business_span` reads back.
pub fn show_business_span(span: Span) -> String {
    format!("{}bh", span.0 as f64 / HOUR as f64)
}

/// `number` times `millis`, if the product is a whole number of milliseconds and fits.
fn scaled(number: &str, millis: i64) -> Option<i64> {
    if !number.starts_with(|c: char| c.is_ascii_digit()) || !number.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match number.split_once('.') {
        None => number.parse::<i64>().ok()?.checked_mul(millis),
        Some(_) => {
            let product = number.parse::<f64>().ok()? * millis as f64;
            let whole = libm::round(product);
            // A hundredth of an hour is a whole number of milliseconds, but not of binary fractions.
            (whole < 9e15 && libm::fabs(product - whole) < 1e-6).then_some(whole as i64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_shown() {
        for (text, millis, shown) in [
            ("100ms", 100, "100ms"),
            ("60s", 60_000, "1m"),
            ("5m", 300_000, "5m"),
            ("4h", 14_400_000, "4h"),
            ("14d", 1_209_600_000, "14d"),
            ("2w", 1_209_600_000, "14d"),
            ("1h30m", 5_400_000, "90m"),
            ("1.5h", 5_400_000, "90m"),
            ("0.01h", 36_000, "36s"),
            ("1d1ms", 86_400_001, "86400001ms"),
            ("0", 0, "0s"),
            ("0s", 0, "0s"),
            ("0d", 0, "0s"),
        ] {
            assert_eq!(parse_span(text), Some(Span(millis)), "{text}");
            assert_eq!(show_span(Span(millis)), shown, "{text}");
            assert_eq!(parse_span(shown), Some(Span(millis)), "{shown}");
        }
    }

    #[test]
    fn what_has_no_unit_or_another_one_is_refused() {
        for text in [
            "",
            "60",
            "s",
            "-5m",
            "+5m",
            "5 m",
            "5M",
            "5min",
            "1.5.5h",
            ".5h",
            "5.h",
            "0.0001ms",
            "1h30",
            "9bh",
            "5m ",
            "1e3s",
            "99999999999999d",
            "9223372036854775808ms",
            "off",
            "٣s",
        ] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }

    #[test]
    fn business_hours_are_read_and_shown() {
        for (text, millis, shown) in
            [("9bh", 32_400_000, "9bh"), ("4.5bh", 16_200_000, "4.5bh"), ("0.25bh", 900_000, "0.25bh"), ("0", 0, "0bh")]
        {
            assert_eq!(parse_business_span(text), Some(Span(millis)), "{text}");
            assert_eq!(show_business_span(Span(millis)), shown);
            assert_eq!(parse_business_span(shown), Some(Span(millis)));
        }
        for text in ["", "9", "9h", "1bd", "bh", "-1bh", "9bh9bh", "1h9bh"] {
            assert_eq!(parse_business_span(text), None, "{text}");
        }
    }
}
