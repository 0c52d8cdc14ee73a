//! Plays the transcripts in `tests/scenarios` and compares what is alerted with what is written there.
//!
//! A transcript is what happened, a line of dashes, and what is told about it:
//!
//! ```text
//! # A promise that is kept a minute late is broken first.
//! d1 10:00  ann  promise.made  promise_id=p1 due=12:00
//! 12:16     ann  promise.kept  promise_id=p1
//! until d1 18:00
//! ----
//! d1 12:15  ann  PROMISE_BROKEN/p1  opened    error
//! d1 12:16  ann  PROMISE_BROKEN/p1  resolved  error  source_closed
//! ```
//!
//! Lines stand in the order of arrival; the time is when it happened. `d1` is Monday, 2026-03-02, `d0` the day before;
//! a full date does as well, and a time alone is on the day of the line before. All times are UTC. `until` lets time
//! pass with no event. `only KIND ..` leaves other kinds out, `show act_by evidence ..` adds columns. `alert=KIND/object`
//! names an alert of the customer in `alert.*` events. `make bless` writes what was told into the files; read the diff.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use churnwatch::codec;
use churnwatch::engine::{Effect, Engine, Rules, Step};
use churnwatch::model::{Alert, Kind, Span, Time};

/// Monday, 2026-03-02, 00:00 UTC: midnight of `d1`.
const MONDAY: Time = Time(1_772_409_600_000);
const DAY: i64 = 86_400_000;
const DASHES: &str = "----";

#[test]
fn every_transcript_tells_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let bless = std::env::var_os("BLESS").is_some_and(|value| value != "0" && !value.is_empty());
    let mut wrong = String::new();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy();
        let text = std::fs::read_to_string(file).unwrap();
        let story = Story::parse(&text).unwrap_or_else(|error| panic!("tests/scenarios/{name}:{error}"));
        let told = story.play();
        if words_of(&told) == words_of(story.expected) {
            continue;
        }
        if bless {
            std::fs::write(file, format!("{}{DASHES}\n{told}", story.before)).unwrap();
        }
        writeln!(wrong, "\n{name}: {}\n{}", story.sentence, difference(story.expected, &told)).unwrap();
    }
    assert!(files.len() >= 40, "only {} transcripts found in {}", files.len(), folder.display());
    assert!(wrong.is_empty(), "{wrong}\n- expected, + told{}", if bless { "; written into the files" } else { "" });
}

/// A transcript.
struct Story<'t> {
    /// The first comment line.
    sentence: &'t str,
    /// Everything above the dashes.
    before: &'t str,
    /// Everything below.
    expected: &'t str,
    steps: Vec<Happening>,
    only: Vec<Kind>,
    show: Vec<&'t str>,
}

enum Happening {
    /// The value of a record.
    Event(Vec<u8>),
    Until(Time),
}

const COLUMNS: [&str; 9] =
    ["act_by", "evidence", "owner", "level", "fact", "status", "occurrences", "guardrails", "inhibited_by"];

/// What goes around `data`.
const ENVELOPE: [&str; 7] = ["id", "source", "tenant", "account_id", "channel", "lang", "correlation_id"];
/// Fields of `data` that are instants.
const INSTANTS: [&str; 5] = ["due", "until", "since", "ends", "effective"];

impl<'t> Story<'t> {
    /// Errors begin with the line's number.
    fn parse(text: &'t str) -> Result<Story<'t>, String> {
        let dashes = text.find(&format!("\n{DASHES}\n")).ok_or("1: there is no line of four dashes")? + 1;
        let (before, rest) = text.split_at(dashes);
        let sentence = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let sentence = sentence.ok_or("1: the first line is not a sentence after `# `")?;
        let expected = &rest[DASHES.len() + 1..];
        let mut story = Story { sentence, before, expected, steps: Vec::new(), only: Vec::new(), show: Vec::new() };
        let mut day = None;
        for (number, line) in before.lines().enumerate() {
            story.line(line, number + 1, &mut day).map_err(|error| format!("{}: {error}", number + 1))?;
        }
        Ok(story)
    }

    fn line(&mut self, line: &'t str, number: usize, day: &mut Option<Time>) -> Result<(), String> {
        let line = line.split("  #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let words = words(line)?;
        match words[0].as_str() {
            "only" => {
                for word in &words[1..] {
                    self.only.push(Kind::parse(word).ok_or(format!("no kind is called {word}"))?);
                }
            }
            "show" => {
                for word in &words[1..] {
                    let column = COLUMNS.into_iter().find(|column| column == word);
                    self.show.push(column.ok_or(format!("no column is called {word}"))?);
                }
            }
            "until" => {
                let (time, rest) = moment(&words[1..], day)?;
                if !rest.is_empty() {
                    return Err(format!("what does {} mean?", rest[0]));
                }
                self.steps.push(Happening::Until(time));
            }
            _ => {
                let (time, rest) = moment(&words, day)?;
                let [customer, event_type, fields @ ..] = rest else { return Err("who, and what happened?".into()) };
                let value = event(number, time, customer, event_type, fields)?;
                self.steps.push(Happening::Event(value));
            }
        }
        Ok(())
    }

    /// What is told, one line each.
    fn play(&self) -> String {
        let mut engine = Engine::new(Arc::new(Rules::default()));
        let mut effects = Vec::new();
        for step in &self.steps {
            match step {
                Happening::Event(value) => {
                    let event = codec::decode(value).unwrap_or_else(|error| panic!("{}: {error}", self.sentence));
                    while engine.apply(&event, &mut effects) == Step::Again {}
                }
                Happening::Until(time) => while engine.advance(*time, &mut effects) == Step::Again {},
            }
        }
        let mut rows = Vec::new();
        for Effect::Alert(alert) in effects {
            if self.only.is_empty() || self.only.contains(&alert.kind) {
                rows.push(self.row(&alert));
            }
        }
        aligned(&rows)
    }

    fn row(&self, alert: &Alert) -> Vec<String> {
        let object = alert.dedup_key.split('/').nth(3).map(|object| format!("/{object}")).unwrap_or_default();
        let mut row = vec![
            at(alert.updated_at),
            alert.customer.customer_id(),
            format!("{}{object}", alert.kind.name()),
            alert.transition.name().to_owned(),
            alert.severity.name().to_owned(),
            alert.reason.map(|reason| reason.name()).unwrap_or_default().to_owned(),
        ];
        for column in &self.show {
            let text = match *column {
                "act_by" => alert.act_by.map(at),
                "owner" => Some(alert.owner.clone()),
                "level" => Some(alert.escalation_level.to_string()),
                "fact" => Some(at(alert.event_time)),
                "status" => Some(alert.status.name().to_owned()),
                "occurrences" => Some(alert.occurrences.to_string()),
                "inhibited_by" => alert.inhibited_by.as_ref().map(|_| "inhibited".to_owned()),
                "guardrails" => Some(
                    alert.action.guardrails.iter().map(|(guardrail, _)| guardrail.name()).collect::<Vec<_>>().join(","),
                ),
                _ => Some(alert.evidence.iter().map(|one| &*one.event_id).collect::<Vec<_>>().join(",")),
            };
            let text = text.filter(|text| !text.is_empty()).unwrap_or("none".into());
            row.push(format!("{column}={}", if text.contains(' ') { format!("\"{text}\"") } else { text }));
        }
        row
    }
}

/// A record's value. The id of an event is `e` and the number of its line, unless it names one.
fn event(line: usize, time: Time, customer: &str, event_type: &str, fields: &[String]) -> Result<Vec<u8>, String> {
    let mut event = serde_json::Map::new();
    let mut data = serde_json::Map::new();
    event.insert("id".into(), format!("e{line}").into());
    event.insert("source".into(), "test".into());
    event.insert("type".into(), event_type.into());
    event.insert("time".into(), time.to_string().into());
    if customer != "nobody" {
        event.insert("customer_id".into(), customer.into());
    }
    let mut day = Some(time);
    for field in fields {
        let (name, value) = field.split_once('=').ok_or(format!("{field} is no name=value"))?;
        if ENVELOPE.contains(&name) {
            event.insert(name.into(), value.into());
        } else if name == "alert" {
            data.insert("dedup_key".into(), format!("default/{customer}/{value}").into());
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
    event.insert("data".into(), data.into());
    let value = serde_json::to_vec(&event).expect("a map of texts is JSON");
    codec::decode(&value).map_err(|error| format!("the event is no event: {error}"))?;
    Ok(value)
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
    let named = match first.strip_prefix('d').map(str::parse::<i64>) {
        Some(Ok(number)) => Some(MONDAY + Span::days(number - 1)),
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

/// How the expected part writes an instant: seconds only if there are any.
fn at(time: Time) -> String {
    let day = (time - MONDAY).0.div_euclid(DAY) + 1;
    let text = time.to_string();
    let clock = if time.0.rem_euclid(60_000) == 0 { &text[11..16] } else { &text[11..19] };
    format!("d{day} {clock}")
}

/// Columns under each other, two spaces apart.
fn aligned(rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6 + COLUMNS.len()).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (text, width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            let _ = write!(line, "{text:width$}  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The lines of both, those in common once: longest common subsequence.
fn difference(expected: &str, told: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), told.lines().collect());
    let mut common = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] =
                if same(a[i], b[j]) { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && same(a[i], b[j]) {
            let _ = writeln!(out, "    {}", b[j]);
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && common[i + 1][j] >= common[i][j + 1]) {
            let _ = writeln!(out, "  - {}", a[i]);
            i += 1;
        } else {
            let _ = writeln!(out, "  + {}", b[j]);
            j += 1;
        }
    }
    out
}

/// Equal but for the width of columns.
fn same(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

/// The words of each line: the width of columns does not count.
fn words_of(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn a_mistake_in_a_transcript_is_told_with_its_line() {
    for (text, error) in [
        ("# x\nd1 10:00 ann usage.activity\n", "1: there is no line of four dashes"),
        ("d1 10:00 ann usage.activity\n----\n", "1: the first line is not a sentence after `# `"),
        ("# x\n10:00 ann usage.activity\n----\n", "2: on which day is 10:00?"),
        ("# x\nd1 10:00 ann\n----\n", "2: who, and what happened?"),
        ("# x\nd1 25:00 ann usage.activity\n----\n", "2: 25:00 is no time"),
        ("# x\nonly PROMISES\n----\n", "2: no kind is called PROMISES"),
        ("# x\nshow all\n----\n", "2: no column is called all"),
        ("# x\n\nd1 10:00 ann promise.made due\n----\n", "3: due is no name=value"),
        ("# x\nd1 10:00 ann promise.made due=soon\n----\n", "2: soon is no time"),
        ("# x\nd1 10:00 ann promise.made text=\"a\n----\n", "2: a quote is not closed"),
        (
            "# x\nd1 10:00 ann complaint.opened severity=bad\n----\n",
            "2: the event is no event: invalid_field: data.severity",
        ),
    ] {
        let got = Story::parse(text).err().unwrap_or_else(|| panic!("{text:?} was accepted"));
        assert_eq!(got, error, "{text:?}");
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
