//! Business time: deadlines that run only while people work.

use jiff::civil;
use jiff::tz::TimeZone;

use super::rules::CalendarRules;
use crate::model::{Span, Time};

const DAY: i64 = 86_400_000;

/// When people work: the same span on each working day, in local time.
#[derive(Clone, Debug)]
pub struct Calendar {
    rules: CalendarRules,
    default_zone: TimeZone,
}

impl Calendar {
    /// The calendar of `rules`; a zone that does not exist counts as UTC (`config` refuses it before).
    pub fn new(rules: &CalendarRules) -> Calendar {
        Calendar { rules: rules.clone(), default_zone: zone(&rules.timezone) }
    }

    /// Length of one business day.
    pub fn day_length(&self) -> Span {
        Span::minutes(i64::from(self.rules.closes_minute) - i64::from(self.rules.opens_minute))
    }

    /// The earliest instant at which `span` of business time has passed since `start`. `timezone`: the customer's, if
    /// known; one that does not exist counts as the calendar's.
    pub fn add(&self, start: Time, span: Span, timezone: Option<&str>) -> Time {
        if span.0 <= 0 {
            return start;
        }
        let zone = &self.zone(timezone);
        let mut left = span.0;
        // Without any working day the span is plain time; `config` refuses such a calendar.
        for day in days_from(start, zone) {
            if self.is_working(day) {
                let opens = instant(day, self.rules.opens_minute, zone).0.max(start.0);
                let closes = instant(day, self.rules.closes_minute, zone).0;
                if closes > opens {
                    if closes - opens >= left {
                        return Time(opens + left);
                    }
                    left -= closes - opens;
                }
            }
        }
        start + span
    }

    /// Business time between `start` and `end`; zero if `end` is not later.
    pub fn between(&self, start: Time, end: Time, timezone: Option<&str>) -> Span {
        let zone = &self.zone(timezone);
        let mut total = 0;
        for day in days_from(start, zone) {
            let opens = instant(day, self.rules.opens_minute, zone).0.max(start.0);
            if opens >= end.0 {
                break;
            }
            if self.is_working(day) {
                total += (instant(day, self.rules.closes_minute, zone).0.min(end.0) - opens).max(0);
            }
        }
        Span(total)
    }

    /// The local day at `time`, as days since 1970-01-01.
    pub fn local_day(&self, time: Time, timezone: Option<&str>) -> i64 {
        local_day(time, &self.zone(timezone))
    }

    /// The instant of `minute` after midnight of the local `day`, in days since 1970-01-01.
    pub fn instant(&self, day: i64, minute: u16, timezone: Option<&str>) -> Time {
        instant(day, minute, &self.zone(timezone))
    }

    fn zone(&self, timezone: Option<&str>) -> TimeZone {
        timezone.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| self.default_zone.clone())
    }

    /// Whether the local day, in days since 1970-01-01, is a working day.
    fn is_working(&self, day: i64) -> bool {
        // 1970-01-01 was a Thursday: day 3 of a week that begins on Monday.
        let weekday = (day + 3).rem_euclid(7) as usize;
        self.rules.days[weekday] && self.rules.holidays.binary_search(&(day as i32)).is_err()
    }
}

fn zone(name: &str) -> TimeZone {
    if name == "UTC" { TimeZone::UTC } else { TimeZone::get(name).unwrap_or(TimeZone::UTC) }
}

fn is_utc(zone: &TimeZone) -> bool {
    *zone == TimeZone::UTC
}

/// Days looked at in search of business hours: eleven years.
const SIGHT: i64 = 4_000;

/// Local days from that of `start` on, as days since 1970-01-01.
fn days_from(start: Time, zone: &TimeZone) -> std::ops::Range<i64> {
    let first = local_day(start, zone);
    first..first + SIGHT
}

/// The local date at `time`, as days since 1970-01-01.
fn local_day(time: Time, zone: &TimeZone) -> i64 {
    let offset = if is_utc(zone) {
        0
    } else {
        jiff::Timestamp::from_millisecond(time.0).map_or(0, |t| i64::from(zone.to_offset(t).seconds()) * 1_000)
    };
    (time.0 + offset).div_euclid(DAY)
}

/// The instant of local `minute` of local `day`; within a gap of the clock, the first instant after it.
fn instant(day: i64, minute: u16, zone: &TimeZone) -> Time {
    let utc = day * DAY + i64::from(minute) * 60_000;
    if is_utc(zone) {
        return Time(utc);
    }
    let naive = civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().days(day))
        .map(|date| date.at(0, 0, 0, 0))
        .and_then(|midnight| midnight.checked_add(jiff::Span::new().minutes(i64::from(minute))))
        .and_then(|local| zone.to_ambiguous_timestamp(local).compatible());
    naive.map_or(Time(utc), |stamp| Time(stamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn business_hours_pass_only_while_people_work() {
        let calendar = Calendar::new(&Rules::default().calendar);
        // 2026-03-02 is a Monday.
        for (start, hours, zone, end) in [
            ("2026-03-02T09:00:00Z", 4, None, "2026-03-02T13:00:00Z"),
            ("2026-03-02T09:00:00Z", 9, None, "2026-03-02T18:00:00Z"),
            ("2026-03-02T09:00:00Z", 10, None, "2026-03-03T10:00:00Z"),
            ("2026-03-02T06:30:00Z", 1, None, "2026-03-02T10:00:00Z"),
            ("2026-03-02T18:00:00Z", 1, None, "2026-03-03T10:00:00Z"),
            ("2026-03-06T17:00:00Z", 4, None, "2026-03-09T12:00:00Z"),
            ("2026-03-07T12:00:00Z", 27, None, "2026-03-11T18:00:00Z"),
            ("2026-03-02T15:02:11Z", 9, None, "2026-03-03T15:02:11Z"),
            ("2026-03-02T15:00:00Z", 4, Some("America/Mexico_City"), "2026-03-02T19:00:00Z"),
            ("2026-03-02T14:00:00Z", 1, Some("America/Mexico_City"), "2026-03-02T16:00:00Z"),
            ("2026-03-02T02:00:00Z", 1, Some("Asia/Manila"), "2026-03-02T03:00:00Z"),
            ("2026-03-02T09:00:00Z", 1, Some("Not/AZone"), "2026-03-02T10:00:00Z"),
            // Madrid goes to summer time on Sunday 29 March 2026.
            ("2026-03-27T16:00:00Z", 2, Some("Europe/Madrid"), "2026-03-30T08:00:00Z"),
        ] {
            let got = calendar.add(at(start), Span::hours(hours), zone);
            assert_eq!(got.to_string(), end, "{start} + {hours} bh {zone:?}");
            assert_eq!(calendar.between(at(start), got, zone), Span::hours(hours), "{start} .. {got} {zone:?}");
        }
    }

    #[test]
    fn holidays_do_not_count() {
        let mut rules = Rules::default().calendar;
        rules.holidays = vec![at("2026-03-03T00:00:00Z").day()];
        let calendar = Calendar::new(&rules);
        assert_eq!(calendar.add(at("2026-03-02T17:00:00Z"), Span::hours(2), None), at("2026-03-04T10:00:00Z"));
    }
}
