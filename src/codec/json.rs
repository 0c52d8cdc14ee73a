//! Writes JSON by hand: the order of fields is the order of calls, numbers are short and exact.

use std::io::Write;

/// Appends to a buffer. Commas are put where they are needed; opening and closing is up to the caller.
pub(super) struct Json<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> Json<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Json<'o> {
        Json { out }
    }

    /// Writes `{`, the fields that `write` writes, `}`.
    pub(super) fn object(&mut self, write: impl FnOnce(&mut Json)) {
        self.out.push(b'{');
        write(self);
        self.out.push(b'}');
    }

    /// Writes `[`, what `write` writes for each item, `]`.
    pub(super) fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Json, T)) {
        self.out.push(b'[');
        for item in items {
            self.comma();
            write(self, item);
        }
        self.out.push(b']');
    }

    /// Writes a field's name; the value follows.
    pub(super) fn name(&mut self, name: &str) -> &mut Json<'o> {
        self.comma();
        self.text(name);
        self.out.push(b':');
        self
    }

    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(b',');
        }
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes back everything after the first `len` bytes.
    pub(super) fn cut(&mut self, len: usize) {
        self.out.truncate(len);
    }

    /// Writes a value that is JSON already.
    pub(super) fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    pub(super) fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    pub(super) fn text(&mut self, text: &str) {
        // Escapes exactly what serde_json escapes.
        serde_json::to_writer(&mut *self.out, text).expect("writing text to memory cannot fail");
    }

    pub(super) fn text_or_null(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    pub(super) fn integer(&mut self, number: impl Into<i64>) {
        self.write(format_args!("{}", number.into()));
    }

    /// `units` of 10^-`digits` as the shortest decimal: -38900 of 4 digits is `-3.89`.
    pub(super) fn decimal(&mut self, units: i64, digits: u32) {
        let scale = 10_u64.pow(digits);
        let magnitude = units.unsigned_abs();
        let (mut rest, mut width) = (magnitude % scale, digits as usize);
        if units < 0 {
            self.out.push(b'-');
        }
        self.write(format_args!("{}", magnitude / scale));
        if rest > 0 {
            while rest % 10 == 0 {
                rest /= 10;
                width -= 1;
            }
            self.write(format_args!(".{rest:0width$}"));
        }
    }

    /// `number` rounded to `digits` decimals, halves away from zero; `null` if it is not finite.
    pub(super) fn rounded(&mut self, number: f64, digits: u32) {
        /// Beyond this, neighbouring floats are whole numbers apart, and the product below could not be an `i64`.
        const WHOLE: f64 = 9e14;
        if !number.is_finite() {
            self.null();
        } else if number.abs() >= WHOLE {
            self.write(format_args!("{}", libm::round(number)));
        } else {
            self.decimal(libm::round(number * 10_f64.powi(digits as i32)) as i64, digits);
        }
    }

    pub(super) fn write(&mut self, what: std::fmt::Arguments) {
        self.out.write_fmt(what).expect("writing to memory cannot fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut out = Vec::new();
        write(&mut Json::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decimals_are_short_and_exact() {
        for (units, digits, expected) in [
            (12_700, 4, "1.27"),
            (-38_900, 4, "-3.89"),
            (0, 4, "0"),
            (1, 4, "0.0001"),
            (-1, 4, "-0.0001"),
            (10_000, 4, "1"),
            (100_500, 4, "10.05"),
            (i64::from(i32::MIN), 4, "-214748.3648"),
            (i64::MIN, 0, "-9223372036854775808"),
        ] {
            assert_eq!(written(|json| json.decimal(units, digits)), expected);
        }
    }

    #[test]
    fn numbers_are_rounded_away_from_zero() {
        for (number, digits, expected) in [
            (0.27091, 4, "0.2709"),
            (13.45, 1, "13.5"),
            (0.5, 0, "1"),
            (-0.5, 0, "-1"),
            (-0.04, 1, "0"),
            (1_200.0, 4, "1200"),
            (1e12, 4, "1000000000000"),
            (9e14, 4, "900000000000000"),
            (f64::NAN, 2, "null"),
            (f64::INFINITY, 2, "null"),
        ] {
            assert_eq!(written(|json| json.rounded(number, digits)), expected);
        }
    }

    #[test]
    fn commas_stand_between_fields_and_items() {
        let json = written(|json| {
            json.object(|json| {
                json.name("a").list([1, 2], |json, number| json.integer(number));
                json.name("b").list([(), ()], |json, ()| json.object(|_| ()));
                json.name("c").object(|json| json.name("d").text("\"\n\u{1}é"));
                json.name("e").text_or_null(None);
            });
        });
        assert_eq!(json, r#"{"a":[1,2],"b":[{},{}],"c":{"d":"\"\n\u0001é"},"e":null}"#);
    }
}
