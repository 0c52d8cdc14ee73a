//! Plurals and dates, as each language writes them.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::model::Time;
use crate::model::event::words;

words! {
    /// A language that alerts speak; the name is its BCP 47 code.
    Language { En "en", Es "es", Fil "fil", }
}

impl Language {
    /// Whether a word counted by `n` takes the first of its two forms.
    ///
    /// English and Spanish: 1 alone is singular. Filipino has no plural of the noun behind a number, but a number whose
    /// last digit is spoken with a consonant at its end (apat, anim, siyam) wants `na` before it: 3 araw, 4 na araw.
    /// Source: Unicode CLDR, plural rules of `fil` for whole numbers.
    pub fn takes_first_form(self, n: u64) -> bool {
        match self {
            Language::En | Language::Es => n == 1,
            Language::Fil => !matches!(n % 10, 4 | 6 | 9),
        }
    }

    /// Appends the UTC date: `4 March 2026`, `4 de marzo de 2026`, `ika-4 ng Marso 2026`. Nothing for a time outside the
    /// calendar's years, -9999 to 9999.
    pub fn write_date(self, out: &mut String, time: Time) {
        if let Some(utc) = utc(time) {
            self.write_day(out, utc);
        }
    }

    /// Appends the UTC date and minute: `4 March 2026, 15:02 UTC`. Nothing where `write_date` writes nothing.
    pub fn write_date_time(self, out: &mut String, time: Time) {
        if let Some(utc) = utc(time) {
            self.write_day(out, utc);
            write!(out, ", {:02}:{:02} UTC", utc.hour(), utc.minute()).expect("a String takes everything");
        }
    }

    fn write_day(self, out: &mut String, utc: DateTime) {
        let (day, month, year) = (utc.day(), self.months()[usize::from(utc.month().unsigned_abs()) - 1], utc.year());
        match self {
            Language::En => write!(out, "{day} {month} {year}"),
            Language::Es => write!(out, "{day} de {month} de {year}"),
            Language::Fil => write!(out, "ika-{day} ng {month} {year}"),
        }
        .expect("a String takes everything");
    }

    fn months(self) -> &'static [&'static str; 12] {
        match self {
            Language::En => &[
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Language::Es => &[
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
            Language::Fil => &[
                "Enero",
                "Pebrero",
                "Marso",
                "Abril",
                "Mayo",
                "Hunyo",
                "Hulyo",
                "Agosto",
                "Setyembre",
                "Oktubre",
                "Nobyembre",
                "Disyembre",
            ],
        }
    }
}

fn utc(time: Time) -> Option<DateTime> {
    Some(Offset::UTC.to_datetime(Timestamp::from_millisecond(time.0).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_follows_its_number() {
        for (n, en, es, fil) in [
            (0, "problems", "problemas", "problema"),
            (1, "problem", "problema", "problema"),
            (2, "problems", "problemas", "problema"),
            (3, "problems", "problemas", "problema"),
            (4, "problems", "problemas", "na problema"),
            (5, "problems", "problemas", "problema"),
            (6, "problems", "problemas", "na problema"),
            (9, "problems", "problemas", "na problema"),
            (10, "problems", "problemas", "problema"),
            (11, "problems", "problemas", "problema"),
            (14, "problems", "problemas", "na problema"),
            (21, "problems", "problemas", "problema"),
            (100, "problems", "problemas", "problema"),
            (116, "problems", "problemas", "na problema"),
        ] {
            let pick = |language: Language, first: &'static str, other: &'static str| {
                if language.takes_first_form(n) { first } else { other }
            };
            assert_eq!(pick(Language::En, "problem", "problems"), en, "{n}");
            assert_eq!(pick(Language::Es, "problema", "problemas"), es, "{n}");
            assert_eq!(pick(Language::Fil, "problema", "na problema"), fil, "{n}");
        }
    }

    #[test]
    fn dates_are_written_as_the_language_writes_them() {
        for (time, en, es, fil) in [
            (
                "2026-03-04T15:02:59.999Z",
                "4 March 2026, 15:02 UTC",
                "4 de marzo de 2026, 15:02 UTC",
                "ika-4 ng Marso 2026, 15:02 UTC",
            ),
            (
                "2024-02-29T00:00:00Z",
                "29 February 2024, 00:00 UTC",
                "29 de febrero de 2024, 00:00 UTC",
                "ika-29 ng Pebrero 2024, 00:00 UTC",
            ),
            (
                "1999-12-31T23:59:00Z",
                "31 December 1999, 23:59 UTC",
                "31 de diciembre de 1999, 23:59 UTC",
                "ika-31 ng Disyembre 1999, 23:59 UTC",
            ),
        ] {
            let time = Time::parse(time).expect("a time");
            for (language, expected) in [(Language::En, en), (Language::Es, es), (Language::Fil, fil)] {
                let mut out = String::new();
                language.write_date_time(&mut out, time);
                assert_eq!(out, expected);
                out.clear();
                language.write_date(&mut out, time);
                assert_eq!(out, expected.split_once(", ").expect("a comma").0);
            }
        }
    }

    #[test]
    fn a_time_outside_the_calendar_writes_nothing() {
        for time in [Time::MIN, Time::MAX] {
            let mut out = String::new();
            Language::En.write_date_time(&mut out, time);
            assert_eq!(out, "");
        }
    }
}
