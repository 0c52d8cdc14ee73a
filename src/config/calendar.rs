//! The shapes of a business calendar: times of the day, days of the week, holidays, the time zone.

use super::raw::Value;
use super::shapes::{Hint, List, Shape, Text, Word, toml_text};
use super::suggest::nearest;

/// A time zone of the IANA data base, by its name.
pub(super) const ZONE: Text = Text { expected: "an IANA time zone, as in \"Europe/Madrid\"", check: zone };

fn zone(text: &str) -> Result<(), Hint> {
    if !text.is_empty() && jiff::tz::TimeZone::get(text).is_ok() {
        return Ok(());
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let meant = nearest(text, names.iter().map(String::as_str));
    Err(meant.map_or(String::new(), |meant| format!("did you mean \"{meant}\"?")))
}

/// A time of the day in minutes after midnight, `24:00` for its end.
pub(super) struct TimeOfDay;

impl Shape for TimeOfDay {
    type Meant = u16;

    fn read(&self, raw: &Value) -> Result<u16, Hint> {
        let text = raw.text().ok_or_else(String::new)?;
        let two = |part: &str| (part.len() == 2).then(|| part.parse::<u16>().ok()).flatten();
        let minutes = text.split_once(':').and_then(|(hour, minute)| match (two(hour)?, two(minute)?) {
            (hour @ 0..24, minute @ 0..60) => Some(hour * 60 + minute),
            (24, 0) => Some(24 * 60),
            _ => None,
        });
        minutes.ok_or_else(String::new)
    }

    fn expected(&self) -> String {
        "a time of the day, as in \"09:00\"".into()
    }

    fn show(&self, meant: &u16) -> String {
        toml_text(&format!("{:02}:{:02}", meant / 60, meant % 60))
    }
}

/// Days of the week, Monday first; at least one.
pub(super) struct Weekdays;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: Word<usize> = Word(&[("mon", 0), ("tue", 1), ("wed", 2), ("thu", 3), ("fri", 4), ("sat", 5), ("sun", 6)]);

impl Shape for Weekdays {
    type Meant = [bool; 7];

    fn read(&self, raw: &Value) -> Result<[bool; 7], Hint> {
        let mut days = [false; 7];
        for day in List(1, 7, DAY).read(raw)? {
            days[day] = true;
        }
        Ok(days)
    }

    fn expected(&self) -> String {
        List(1, 7, DAY).expected()
    }

    fn show(&self, meant: &[bool; 7]) -> String {
        let days: Vec<String> =
            DAYS.iter().zip(meant).filter(|(_, open)| **open).map(|(day, _)| format!("\"{day}\"")).collect();
        format!("[{}]", days.join(", "))
    }
}

/// Dates as days since 1970-01-01, sorted and each once.
pub(super) struct Dates;

const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

struct Date;

impl Shape for Date {
    type Meant = i32;

    fn read(&self, raw: &Value) -> Result<i32, Hint> {
        let text = raw.text().filter(|text| text.len() == 10).ok_or_else(String::new)?;
        let date: jiff::civil::Date = text.parse().map_err(|_| String::new())?;
        let days = date.since((jiff::Unit::Day, EPOCH)).map_err(|_| String::new())?.get_days();
        Ok(days)
    }

    fn expected(&self) -> String {
        "a date, as in \"2026-12-25\"".into()
    }

    fn show(&self, meant: &i32) -> String {
        let date = EPOCH.checked_add(jiff::Span::new().days(*meant)).expect("it was read from a date");
        toml_text(&date.to_string())
    }
}

impl Shape for Dates {
    type Meant = Vec<i32>;

    fn read(&self, raw: &Value) -> Result<Vec<i32>, Hint> {
        let mut days = List(0, 10_000, Date).read(raw)?;
        days.sort_unstable();
        days.dedup();
        Ok(days)
    }

    fn expected(&self) -> String {
        List(0, 10_000, Date).expected()
    }

    fn show(&self, meant: &Vec<i32>) -> String {
        List(0, 10_000, Date).show(meant)
    }
}
