//! When the day on which a relation began comes round: in the customer's own calendar, two steps a year.

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::fact::Fact;
use super::rules::AnniversaryRules;
use crate::model::time::{civil_from_days, days_from_civil, days_in_month};
use crate::model::{Span, Time};

const DAY: i64 = 86_400_000;
/// Years are counted from this one in what is stored.
const EPOCH: i64 = 1970;

/// One step of one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It comes.
    Due,
    /// It has passed.
    Missed,
}

/// The anniversaries of a customer of whom it is known since when they are one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anniversary {
    /// The event that said so.
    pub said_by: Option<Fact>,
    /// When the next step is due; `Time::MAX` before it is known.
    pub next: Time,
    /// The next step: twice the years since 1970, one more if it is `Missed`. Each is taken once.
    step: u16,
}

impl Default for Anniversary {
    fn default() -> Anniversary {
        Anniversary { said_by: None, next: Time::MAX, step: 0 }
    }
}

/// What the steps go by.
pub struct Rhythm<'a> {
    /// Limits.
    pub rules: &'a AnniversaryRules,
    /// The customer's calendar.
    pub calendar: &'a Calendar,
    /// Their time zone.
    pub timezone: Option<&'a str>,
    /// Since when they are a customer.
    pub since: Time,
}

impl Rhythm<'_> {
    /// The date of `since`: (year, month, day). Midnight UTC stands for the date it names, wherever the customer is.
    fn began(&self) -> (i64, i64, i64) {
        let days = match self.since.0.rem_euclid(DAY) {
            0 => self.since.0.div_euclid(DAY),
            _ => self.calendar.local_day(self.since, self.timezone),
        };
        civil_from_days(days)
    }

    /// The anniversary's day in `year`, in days since 1970-01-01: 29 February comes on the 28th where there is none.
    fn day(&self, year: i64) -> i64 {
        let (_, month, day) = self.began();
        days_from_civil(year, month, day.min(days_in_month(year, month)))
    }

    fn at(&self, day: i64) -> Time {
        self.calendar.instant(day, self.rules.minute, self.timezone)
    }

    /// Years that are full on the anniversary of `year`.
    pub fn years(&self, year: i64) -> i64 {
        year - self.began().0
    }

    /// The anniversary of `year`, at the hour at which alerts are due.
    pub fn anniversary(&self, year: i64) -> Time {
        self.at(self.day(year))
    }

    /// From when on a recognition counts for the anniversary of `year`.
    pub fn recognisable_from(&self, year: i64) -> Time {
        self.calendar.instant(self.day(year) - i64::from(self.rules.recognised_days), 0, self.timezone)
    }

    /// When `phase` of `year` is due.
    pub fn due(&self, year: i64, phase: Phase) -> Time {
        match phase {
            Phase::Due => self.at(self.day(year) - i64::from(self.rules.days_before)),
            Phase::Missed => self.at(self.day(year) + i64::from(self.rules.days_after)),
        }
    }

    /// The first step that is worth taking when `since` becomes known at `time`: an anniversary that is near can still be
    /// prepared for, and one that has just passed can still be missed.
    fn first_step(&self, time: Time) -> u16 {
        let (year, ..) = civil_from_days(self.calendar.local_day(time, self.timezone));
        let steps = (year - 1..=year + 2).flat_map(|year| [(year, Phase::Due), (year, Phase::Missed)]);
        let open = |&(year, phase): &(i64, Phase)| {
            let over = match phase {
                Phase::Due => self.at(self.day(year) + 1),
                Phase::Missed => self.due(year, phase),
            };
            self.years(year) >= 1 && over > time
        };
        steps.into_iter().find(open).map_or_else(
            // A relation that begins in years to come.
            || step_of(self.began().0 + 1, Phase::Due),
            |(year, phase)| step_of(year, phase),
        )
    }
}

fn step_of(year: i64, phase: Phase) -> u16 {
    let steps = 2 * (year - EPOCH) + i64::from(phase == Phase::Missed);
    steps.clamp(0, i64::from(u16::MAX) - 1) as u16
}

impl Anniversary {
    /// Year and phase of the next step.
    pub fn step(&self) -> (i64, Phase) {
        (EPOCH + i64::from(self.step / 2), if self.step.is_multiple_of(2) { Phase::Due } else { Phase::Missed })
    }

    /// Since when they are a customer, or where they live, is said anew at `time`. What was told is not told again.
    pub fn set(&mut self, rhythm: &Rhythm<'_>, time: Time) {
        self.step = self.step.max(rhythm.first_step(time));
        self.arm(rhythm);
    }

    /// The next step is taken.
    pub fn take_step(&mut self, rhythm: &Rhythm<'_>) {
        self.step += 1;
        self.arm(rhythm);
    }

    /// Takes in what is known of the same person under another name; `theirs` if their `since` holds from now on. The time
    /// is only the earliest possible: [`Anniversary::is_due`] tells.
    pub fn absorb(&mut self, other: Anniversary, theirs: bool) {
        if theirs || self.said_by.is_none() {
            self.said_by = other.said_by;
        }
        self.next = self.next.min(other.next);
        self.step = self.step.max(other.step);
    }

    /// Whether the next step is due at `time` indeed; if not, its time is put right.
    pub fn is_due(&mut self, rhythm: &Rhythm<'_>, time: Time) -> bool {
        self.arm(rhythm);
        self.next <= time
    }

    fn arm(&mut self, rhythm: &Rhythm<'_>) {
        let (year, phase) = self.step();
        let next = rhythm.due(year, phase);
        // Within the time that events may have.
        self.next = if next < Time::LATEST + Span::days(400) { next } else { Time::MAX };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn an_anniversary_comes_at_nine_in_the_customers_own_calendar() {
        let rules = Rules::default();
        let calendar = Calendar::new(&rules.calendar);
        for (since, zone, year, due, missed) in [
            ("2020-03-20T10:00:00Z", None, 2026, "2026-03-13T09:00:00Z", "2026-03-23T09:00:00Z"),
            // 29 February: the 28th in years without, the 29th in years with.
            ("2020-02-29T10:00:00Z", None, 2026, "2026-02-21T09:00:00Z", "2026-03-03T09:00:00Z"),
            ("2020-02-29T10:00:00Z", None, 2028, "2028-02-22T09:00:00Z", "2028-03-03T09:00:00Z"),
            ("2020-03-20T10:00:00Z", Some("America/Mexico_City"), 2026, "2026-03-13T15:00:00Z", "2026-03-23T15:00:00Z"),
            // It was still the 19th in Mexico.
            ("2020-03-20T02:00:00Z", Some("America/Mexico_City"), 2026, "2026-03-12T15:00:00Z", "2026-03-22T15:00:00Z"),
            // A date that was written as midnight UTC.
            ("2020-03-20T00:00:00Z", Some("America/Mexico_City"), 2026, "2026-03-13T15:00:00Z", "2026-03-23T15:00:00Z"),
            // Summer time begins in Madrid on 29 March 2026.
            ("2019-03-30T12:00:00Z", Some("Europe/Madrid"), 2026, "2026-03-23T08:00:00Z", "2026-04-02T07:00:00Z"),
            ("2019-01-02T12:00:00Z", Some("Asia/Manila"), 2026, "2025-12-26T01:00:00Z", "2026-01-05T01:00:00Z"),
        ] {
            let rhythm =
                Rhythm { rules: &rules.care.anniversary, calendar: &calendar, timezone: zone, since: at(since) };
            assert_eq!(rhythm.due(year, Phase::Due).to_string(), due, "{since} {zone:?}");
            assert_eq!(rhythm.due(year, Phase::Missed).to_string(), missed, "{since} {zone:?}");
        }
    }

    #[test]
    fn the_first_step_is_the_one_that_is_still_open() {
        let rules = Rules::default();
        let calendar = Calendar::new(&rules.calendar);
        for (since, known, next) in [
            ("2020-03-20T10:00:00Z", "2026-01-05T00:00:00Z", (2026, Phase::Due)),
            ("2020-03-20T10:00:00Z", "2026-03-16T00:00:00Z", (2026, Phase::Due)),
            ("2020-03-20T10:00:00Z", "2026-03-20T18:00:00Z", (2026, Phase::Due)),
            ("2020-03-20T10:00:00Z", "2026-03-22T00:00:00Z", (2026, Phase::Missed)),
            ("2020-03-20T10:00:00Z", "2026-03-24T00:00:00Z", (2027, Phase::Due)),
            // The day on which it began is no anniversary.
            ("2026-03-20T10:00:00Z", "2026-03-20T10:00:00Z", (2027, Phase::Due)),
            ("2019-01-02T12:00:00Z", "2025-12-30T00:00:00Z", (2026, Phase::Due)),
            ("2019-12-30T12:00:00Z", "2026-01-01T00:00:00Z", (2025, Phase::Missed)),
            ("2090-12-30T12:00:00Z", "2026-01-01T00:00:00Z", (2091, Phase::Due)),
        ] {
            let rhythm =
                Rhythm { rules: &rules.care.anniversary, calendar: &calendar, timezone: None, since: at(since) };
            let mut anniversary = Anniversary::default();
            anniversary.set(&rhythm, at(known));
            assert_eq!(anniversary.step(), next, "{since} {known}");
            assert_eq!(anniversary.next, rhythm.due(next.0, next.1));
        }
    }

    #[test]
    fn each_step_is_taken_once_whatever_is_said_anew() {
        let rules = Rules::default();
        let calendar = Calendar::new(&rules.calendar);
        let rhythm =
            |since| Rhythm { rules: &rules.care.anniversary, calendar: &calendar, timezone: None, since: at(since) };
        let mut anniversary = Anniversary::default();
        anniversary.set(&rhythm("2020-03-20T10:00:00Z"), at("2026-03-13T08:00:00Z"));
        anniversary.take_step(&rhythm("2020-03-20T10:00:00Z"));
        assert_eq!(anniversary.step(), (2026, Phase::Missed));
        anniversary.set(&rhythm("2020-09-20T10:00:00Z"), at("2026-03-14T08:00:00Z"));
        assert_eq!((anniversary.step(), anniversary.next), ((2026, Phase::Missed), at("2026-09-23T09:00:00Z")));
    }
}
