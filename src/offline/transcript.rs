//! Events written as a person tells them, a line each: the scenarios of the tests, the story of the demo.
//!
//! ```text
//! # A promise that is kept a minute late is broken first.
//! always tenant=acme
//! d1 10:00  ann  promise.made  promise_id=p1 due=12:00 text="I will call you."
//! 12:16     ann  promise.kept  promise_id=p1
//! until d1 18:00
//! ```
//!
//! Lines stand in the order of arrival; the time is when it happened, in UTC. `d1` is Monday, 2026-03-02, `d0` the day
//! before; a full date does as well, and a time alone is on the day of the line before. `until` lets time pass without
//! an event, `always` holds for every event below it. `alert=KIND/object` names an alert of the customer in `alert.*`
//! events, `instalments="i1 d10, i2 d40"` is a payment plan. A comment begins with `#`, at the beginning of a line or
//! after two spaces.

use crate::codec;
use crate::model::{CustomerKey, Span, Time};

/// Monday, 2026-03-02, 00:00 UTC: midnight of `d1`.
pub const MONDAY: Time = Time(1_772_409_600_000);

const DAY: i64 = 86_400_000;

/// What stands around `data`.
const ENVELOPE: [&str; 7] = ["id", "source", "tenant", "account_id", "channel", "lang", "correlation_id"];

/// Fields of `data` that are instants.
const INSTANTS: [&str; 5] = ["due", "until", "since", "ends", "effective"];

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Something happened.
    Event(Written),
    /// Time passes.
    Until(Time),
}

/// A record that a line stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The record key: the customer's id; empty for `nobody`.
    pub key: String,
    /// The event as JSON.
    pub value: Vec<u8>,
    /// Event time.
    pub time: Time,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {what}")]
pub struct TranscriptError {
    /// Number of the line, from 1.
    pub line: usize,
    /// In plain words.
    pub what: String,
}

/// Reads every line of `text`.
pub fn read(text: &str) -> Result<Vec<Happening>, TranscriptError> {
    let mut reader = Reader::default();
    let mut happenings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        happenings.extend(reader.line(number + 1, line)?);
    }
    Ok(happenings)
}

/// Reads line after line.
#[derive(Debug, Default)]
pub struct Reader {
    /// Midnight of the day of the line before.
    day: Option<Time>,
    always: Vec<String>,
}

impl Reader {
    /// What line `number` says; nothing if it is empty, a comment or an `always`.
    pub fn line(&mut self, number: usize, line: &str) -> Result<Option<Happening>, TranscriptError> {
        self.try_line(number, line).map_err(|what| TranscriptError { line: number, what })
    }

    fn try_line(&mut self, number: usize, line: &str) -> Result<Option<Happening>, String> {
        let line = line.split("  #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let words = words(line)?;
        if words[0] == "always" {
            self.always.extend_from_slice(&words[1..]);
            return Ok(None);
        }
        if words[0] == "until" {
            let (time, rest) = moment(&words[1..], &mut self.day)?;
            return match rest {
                [] => Ok(Some(Happening::Until(time))),
                [word, ..] => Err(format!("what does {word} mean?")),
            };
        }
        let (time, rest) = moment(&words, &mut self.day)?;
        let [customer, event_type, fields @ ..] = rest else { return Err("who, and what happened?".into()) };
        let fields: Vec<&String> = self.always.iter().chain(fields).collect();
        event(number, time, customer, event_type, &fields).map(|written| Some(Happening::Event(written)))
    }
}

/// The record of an event. Its id is `e` and the number of its line, unless it names one.
fn event(line: usize, time: Time, customer: &str, event_type: &str, fields: &[&String]) -> Result<Written, String> {
    let mut event = serde_json::Map::new();
    let mut data = serde_json::Map::new();
    let mut alert = None;
    event.insert("id".into(), format!("e{line}").into());
    event.insert("source".into(), "transcript".into());
    event.insert("type".into(), event_type.into());
    event.insert("time".into(), time.to_string().into());
    let key = if customer == "nobody" { "" } else { customer };
    if !key.is_empty() {
        event.insert("customer_id".into(), key.into());
    }
    let mut day = Some(time);
    for field in fields {
        let (name, value) = field.split_once('=').ok_or(format!("{field} is no name=value"))?;
        if ENVELOPE.contains(&name) {
            event.insert(name.into(), value.into());
        } else if name == "alert" {
            alert = Some(value);
        } else if name == "instalments" {
            data.insert(name.into(), instalments(value, &mut day)?.into());
        } else if INSTANTS.contains(&name) {
            let (time, _) = moment(&words(value)?, &mut day)?;
            data.insert(name.into(), time.to_string().into());
        } else {
            let number = value.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            let value = match (value, number) {
                ("true" | "false", _) => (value == "true").into(),
                (_, Some(number)) if !name.ends_with("_id") => number.into(),
                _ => value.into(),
            };
            data.insert(name.into(), value);
        }
    }
    if let Some(alert) = alert {
        let tenant = event.get("tenant").and_then(|tenant| tenant.as_str()).unwrap_or("default");
        let whose = CustomerKey::new(tenant, key);
        data.insert("dedup_key".into(), format!("{}/{alert}", whose.as_str()).into());
    }
    event.insert("data".into(), data.into());
    let value = serde_json::to_vec(&event).expect("a map of texts is JSON");
    codec::decode(&value).map_err(|error| format!("the event is no event: {error}"))?;
    Ok(Written { key: key.into(), value, time })
}

/// The instalments of a plan: ids and due times, as in `i1 d10, i2 d40 12:00`.
fn instalments(text: &str, day: &mut Option<Time>) -> Result<Vec<serde_json::Value>, String> {
    let one = |part: &str| {
        let words = words(part)?;
        let (due, rest) = moment(&words[1..], day)?;
        match rest {
            [] => Ok(serde_json::json!({"instalment_id": words[0], "due": due.to_string()})),
            [word, ..] => Err(format!("what does {word} mean?")),
        }
    };
    text.split(',').map(one).collect()
}

/// Splits at spaces outside of double quotes, which are dropped.
fn words(line: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    match quoted {
        true => Err("a quote is not closed".into()),
        false if words.is_empty() => Err("something is missing".into()),
        false => Ok(words),
    }
}

/// Reads `d3 10:00`, `2026-03-04 10:00`, `d3` (midnight) or `10:00` (same day) from the beginning of `words`.
fn moment<'w>(words: &'w [String], day: &mut Option<Time>) -> Result<(Time, &'w [String]), String> {
    let first = words.first().ok_or("when?")?;
    let named = match first.strip_prefix('d').map(str::parse::<i32>) {
        Some(Ok(number)) => Some(MONDAY + Span::days(i64::from(number) - 1)),
        _ => Time::parse(&format!("{first}T00:00:00Z")),
    };
    let rest = if named.is_some() { &words[1..] } else { words };
    let midnight = named.or(*day).ok_or(format!("on which day is {first}?"))?;
    let midnight = Time(midnight.0 - midnight.0.rem_euclid(DAY));
    *day = Some(midnight);
    let looks_like_one = |word: &&String| word.contains(':') && word.bytes().all(|b| b == b':' || b.is_ascii_digit());
    match (rest.first().and_then(|word| clock(word)), rest.first().filter(looks_like_one)) {
        (Some(span), _) => Ok((midnight + span, &rest[1..])),
        (None, None) if named.is_some() => Ok((midnight, rest)),
        (None, wrong) => Err(format!("{} is no time", wrong.unwrap_or(first))),
    }
}

/// `hh:mm` or `hh:mm:ss`, up to 24:00.
fn clock(word: &str) -> Option<Span> {
    let parts: Vec<i64> = word.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (h, m, s) = match parts[..] {
        [h, m] => (h, m, 0),
        [h, m, s] => (h, m, s),
        _ => return None,
    };
    let fits = (0..=24).contains(&h) && (0..60).contains(&m) && (0..60).contains(&s);
    fits.then_some(Span::seconds(h * 3_600 + m * 60 + s))
}

/// An instant as a transcript writes it, seconds only if there are any: `d3 10:00`.
pub fn write_moment(time: Time) -> String {
    let day = (time - MONDAY).0.div_euclid(DAY) + 1;
    let text = time.to_string();
    let clock = if time.0.rem_euclid(60_000) == 0 { &text[11..16] } else { &text[11..19] };
    format!("d{day} {clock}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_a_record() {
        let text = "always tenant=acme source=crm\n\
                    d3 10:00  ann  promise.made  promise_id=7 due=12:00 grace_s=60 text=\"Soon.\"  # said on the phone\n\
                    10:05 ann alert.snoozed alert=PROMISE_BROKEN/p/1 until=\"d4 09:00\"\n\
                    until d5";
        let happenings = read(text).unwrap();
        let value = |at: usize| match &happenings[at] {
            Happening::Event(written) => String::from_utf8(written.value.clone()).unwrap(),
            Happening::Until(_) => panic!("no event"),
        };
        let has = |at: usize, part: &str| assert!(value(at).contains(part), "{part} is not in {}", value(at));
        has(0, r#""id":"e2""#);
        has(0, r#""time":"2026-03-04T10:00:00Z""#);
        has(0, r#""tenant":"acme""#);
        has(0, r#""promise_id":"7""#);
        has(0, r#""due":"2026-03-04T12:00:00Z""#);
        has(0, r#""grace_s":60.0"#);
        has(0, r#""text":"Soon.""#);
        has(1, r#""dedup_key":"acme/ann/PROMISE_BROKEN/p/1""#);
        has(1, r#""until":"2026-03-05T09:00:00Z""#);
        assert_eq!(happenings[2], Happening::Until(MONDAY + Span::days(4)));
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        for (text, error) in [
            ("# x\n10:00 ann usage.activity", "2: on which day is 10:00?"),
            ("d1 10:00 ann", "1: who, and what happened?"),
            ("d1 25:00 ann usage.activity", "1: 25:00 is no time"),
            ("\n\nd1 10:00 ann promise.made due", "3: due is no name=value"),
            ("d1 10:00 ann promise.made due=soon", "1: soon is no time"),
            ("d1 10:00 ann promise.made text=\"a", "1: a quote is not closed"),
            ("until d1 10:00 ann", "1: what does ann mean?"),
            ("d1 10:00 ann complaint.opened severity=bad", "1: the event is no event: invalid_field: data.severity"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), error, "{text:?}");
        }
    }

    #[test]
    fn times_are_read_in_every_form() {
        for (text, rest, want) in [
            ("d1 10:00 ann", 1, "2026-03-02T10:00:00Z"),
            ("d-1 00:00:05", 0, "2026-02-28T00:00:05Z"),
            ("2026-03-04 24:00 x y", 2, "2026-03-05T00:00:00Z"),
            ("09:30 x", 1, "2026-03-06T09:30:00Z"),
            ("d3", 0, "2026-03-04T00:00:00Z"),
        ] {
            let mut day = Time::parse("2026-03-06T12:00:00Z");
            let words = words(text).unwrap();
            let (time, left) = moment(&words, &mut day).unwrap();
            assert_eq!((time.to_string().as_str(), left.len()), (want, rest), "{text}");
        }
    }

    #[test]
    fn instants_are_written_as_they_are_read() {
        for text in ["d1 10:00", "d-3 23:59:59", "d400 00:00"] {
            let (time, _) = moment(&words(text).unwrap(), &mut None).unwrap();
            assert_eq!(write_moment(time), text);
        }
    }
}
