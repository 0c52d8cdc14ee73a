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
//! How events are written: `offline::transcript`. `only KIND ..` leaves other kinds out of what is told, `show act_by
//! evidence ..` adds columns. `make bless` writes what was told into the files; read the diff.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use churnwatch::codec;
use churnwatch::engine::{Rules, Step};
use churnwatch::model::{Alert, Kind};
use churnwatch::offline::stages::Stages;
use churnwatch::offline::transcript::{Happening, Reader, write_moment};

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

const COLUMNS: [&str; 13] = [
    "members",
    "limits",
    "act_by",
    "evidence",
    "owner",
    "level",
    "fact",
    "status",
    "occurrences",
    "guardrails",
    "inhibited_by",
    "at_stake",
    "do",
];

impl<'t> Story<'t> {
    /// Errors begin with the line's number.
    fn parse(text: &'t str) -> Result<Story<'t>, String> {
        let dashes = text.find(&format!("\n{DASHES}\n")).ok_or("1: there is no line of four dashes")? + 1;
        let (before, rest) = text.split_at(dashes);
        let sentence = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let sentence = sentence.ok_or("1: the first line is not a sentence after `# `")?;
        let expected = &rest[DASHES.len() + 1..];
        let mut story = Story { sentence, before, expected, steps: Vec::new(), only: Vec::new(), show: Vec::new() };
        let mut reader = Reader::default();
        for (number, line) in before.lines().enumerate() {
            let number = number + 1;
            let mut words = line.split_whitespace();
            match words.next() {
                Some("only") => {
                    for word in words {
                        story.only.push(Kind::parse(word).ok_or(format!("{number}: no kind is called {word}"))?);
                    }
                }
                Some("show") => {
                    for word in words {
                        let column = COLUMNS.into_iter().find(|column| *column == word);
                        story.show.push(column.ok_or(format!("{number}: no column is called {word}"))?);
                    }
                }
                _ => story.steps.extend(reader.line(number, line).map_err(|error| error.to_string())?),
            }
        }
        Ok(story)
    }

    /// What is told, one line each.
    fn play(&self) -> String {
        let mut stages = Stages::new(&Arc::new(Rules::default()), 1);
        let mut alerts = Vec::new();
        for step in &self.steps {
            match step {
                Happening::Event(written) => {
                    let event =
                        codec::decode(&written.value).unwrap_or_else(|error| panic!("{}: {error}", self.sentence));
                    while stages.apply(&event, &mut alerts) == Step::Again {}
                }
                Happening::Until(time) => while stages.advance(*time, &mut alerts) == Step::Again {},
            }
        }
        let mut rows = Vec::new();
        for alert in alerts {
            if self.only.is_empty() || self.only.contains(&alert.kind) {
                rows.push(self.row(&alert));
            }
        }
        aligned(&rows)
    }

    fn row(&self, alert: &Alert) -> Vec<String> {
        let object = alert.dedup_key.split('/').nth(3).map(|object| format!("/{object}")).unwrap_or_default();
        let mut row = vec![
            write_moment(alert.updated_at),
            alert.scope.id(),
            format!("{}{object}", alert.kind.name()),
            alert.transition.name().to_owned(),
            alert.severity.name().to_owned(),
            alert.reason.map(|reason| reason.name()).unwrap_or_default().to_owned(),
        ];
        for column in &self.show {
            let text = match *column {
                "limits" => Some(
                    alert
                        .action
                        .guardrails
                        .iter()
                        .filter_map(|(g, until)| Some((g.name(), (*until)?)))
                        .map(|(name, until)| format!("{name} until {}", write_moment(until)))
                        .collect::<Vec<_>>()
                        .join(", "),
                ),
                "act_by" => alert.act_by.map(write_moment),
                "owner" => Some(alert.owner.clone()),
                "at_stake" => alert.value_at_stake.map(|value| value.to_string()),
                "level" => Some(alert.escalation_level.to_string()),
                "fact" => Some(write_moment(alert.event_time)),
                "status" => Some(alert.status.name().to_owned()),
                "members" => alert.members.map(|members| members.to_string()),
                "occurrences" => Some(alert.occurrences.to_string()),
                "inhibited_by" => alert.inhibited_by.as_ref().map(|_| "inhibited".to_owned()),
                "do" => Some(alert.action.steps.join(",")),
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
        ("# x\nonly PROMISES\n----\n", "2: no kind is called PROMISES"),
        ("# x\nshow all\n----\n", "2: no column is called all"),
        ("# x\n\nd1 10:00 ann\n----\n", "3: who, and what happened?"),
    ] {
        let got = Story::parse(text).err().unwrap_or_else(|| panic!("{text:?} was accepted"));
        assert_eq!(got, error, "{text:?}");
    }
}
