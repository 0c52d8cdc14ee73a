//! Reads labelled texts, and tells how well a model reads them.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::Deserialize;

use super::lines::{Lines, ReadError};
use crate::text::evaluate::{Tally, TopicTally};
use crate::text::train::{Labelled, Row, is_held_out};
use crate::text::{Language, Scorer, Sentiment, Topic, Topics};

/// Why texts cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum TextsError {
    /// A file.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A line that is no labelled text.
    #[error("cannot use line {line} of {}: {what}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// There is nothing to learn from, or to judge by.
    #[error("there is no labelled text in the files")]
    Empty,
}

/// Which lines count.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Beginnings of licences, one of which a line must have if it has a licence; none: all count.
    pub licences: Vec<String>,
    /// Sources whose categories are not taken.
    pub no_categories_from: Vec<String>,
    /// Only texts that training leaves apart.
    pub held_out: bool,
}

/// A line of a file.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    lang: Cow<'a, str>,
    label: Option<Cow<'a, str>>,
    categories: Option<Vec<Cow<'a, str>>>,
    source: Option<Cow<'a, str>>,
    licence: Option<Cow<'a, str>>,
}

/// The labelled texts of `files`.
///
/// # Errors
/// The first file or line that cannot be read.
pub fn read(files: &[PathBuf], choice: &Choice) -> Result<Vec<Row>, TextsError> {
    let mut lines = Lines::open(files.to_vec())?;
    let mut rows = Vec::new();
    while let Some(line) = lines.next_line()? {
        let read = serde_json::from_slice(line.bytes).map_err(|error| error.to_string());
        match read.and_then(|line| row(&line, choice)) {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => {}
            Err(what) => return Err(TextsError::Line { path: line.file.to_owned(), line: line.number, what }),
        }
    }
    if rows.is_empty() {
        return Err(TextsError::Empty);
    }
    look_for(&mut rows);
    Ok(rows)
}

/// A line as a row; `None` if it does not count.
fn row(line: &Line<'_>, choice: &Choice) -> Result<Option<Row>, String> {
    let licence = line.licence.as_deref();
    let may = |licence: &str| choice.licences.iter().any(|start| licence.starts_with(start.as_str()));
    if !choice.licences.is_empty() && !licence.is_none_or(may) {
        return Ok(None);
    }
    let language =
        Language::of_tag(&line.lang).ok_or_else(|| format!("no language of the model: \"{}\"", line.lang))?;
    let sentiment = match line.label.as_deref() {
        Some(label) => Some(Sentiment::parse(label).ok_or_else(|| format!("no label: \"{label}\""))?),
        None => None,
    };
    let source = line.source.as_deref().unwrap_or("texts").to_owned();
    let categories = line.categories.as_ref().filter(|_| !choice.no_categories_from.contains(&source));
    let topics = match categories {
        Some(names) => {
            let topic = |name: &Cow<'_, str>| Topic::parse(name).ok_or_else(|| format!("no category: \"{name}\""));
            let present: Topics = names.iter().map(topic).collect::<Result<_, _>>()?;
            Some(Labelled { present, known: present })
        }
        None => None,
    };
    let counts = (sentiment.is_some() || topics.is_some()) && (!choice.held_out || is_held_out(&line.text));
    Ok(counts.then(|| Row { text: line.text.clone().into_owned(), language, sentiment, topics, source }))
}

/// What no text of a source has was not looked for there; what some have is known to be absent from the others.
fn look_for(rows: &mut [Row]) {
    let mut looked: Vec<(String, Topics)> = Vec::new();
    for row in rows.iter() {
        let Some(labelled) = row.topics else { continue };
        match looked.iter_mut().find(|(source, _)| *source == row.source) {
            Some((_, topics)) => *topics = Topics(topics.0 | labelled.present.0),
            None => looked.push((row.source.clone(), labelled.present)),
        }
    }
    for row in rows {
        if let Some(labelled) = &mut row.topics
            && let Some((_, known)) = looked.iter().find(|(source, _)| *source == row.source)
        {
            labelled.known = *known;
        }
    }
}

/// How the texts of a source are read.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The source.
    pub source: String,
    /// Their language.
    pub language: Language,
    /// Sentiment.
    pub tally: Tally,
    /// Texts whose language is told rightly, without being given.
    pub language_right: u32,
}

/// How `rows` are read: by source and language in the order of the rows, and topics over all of them.
pub fn figures(rows: &[Row], scorer: &mut Scorer) -> (Vec<Figures>, TopicTally) {
    let mut all: Vec<Figures> = Vec::new();
    let mut topics = TopicTally::default();
    let neutral: Vec<&str> = rows
        .iter()
        .filter(|row| row.sentiment == Some(Sentiment::Neutral))
        .map(|row| row.source.as_str())
        .fold(Vec::new(), |mut sources, source| {
            if !sources.contains(&source) {
                sources.push(source);
            }
            sources
        });
    for row in rows {
        let reading = scorer.score(&row.text, None);
        if let Some(labelled) = row.topics {
            topics.add(labelled, reading.topics);
        }
        let Some(meant) = row.sentiment else { continue };
        let same = |figures: &Figures| figures.source == row.source && figures.language == row.language;
        let index = all.iter().position(same).unwrap_or_else(|| {
            let (tally, language_right) = (Tally::default(), 0);
            all.push(Figures { source: row.source.clone(), language: row.language, tally, language_right });
            all.len() - 1
        });
        all[index].tally.add(meant, reading.classes, neutral.contains(&row.source.as_str()));
        all[index].language_right += u32::from(reading.language == row.language);
    }
    (all, topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &str, choice: &Choice) -> Result<Vec<Row>, TextsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("texts.jsonl");
        std::fs::write(&path, lines).unwrap();
        read(&[path], choice)
    }

    const LINES: &str = r#"{"text":"bad","lang":"en","label":"neg","source":"a","licence":"MIT"}
{"text":"two bills","lang":"en","categories":["billing"],"source":"b","licence":"CC BY-NC 4.0"}
{"text":"hello","lang":"en","categories":[],"source":"b"}
{"text":"mabagal","lang":"tl","label":"neg","categories":["wait"],"stars":1}
"#;

    #[test]
    fn lines_become_rows_and_what_a_source_never_has_was_not_looked_for() {
        let rows = rows(LINES, &Choice::default()).unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.source.as_str(), row.language, row.topics)).collect();
        let topics = |present: &[Topic], known: &[Topic]| {
            let set = |topics: &[Topic]| topics.iter().copied().collect();
            Some(Labelled { present: set(present), known: set(known) })
        };
        assert_eq!(
            seen,
            [
                ("a", Language::English, None),
                ("b", Language::English, topics(&[Topic::Billing], &[Topic::Billing])),
                ("b", Language::English, topics(&[], &[Topic::Billing])),
                ("texts", Language::Filipino, topics(&[Topic::Wait], &[Topic::Wait])),
            ]
        );
    }

    #[test]
    fn only_what_may_be_used_is_taken() {
        let choice = Choice { licences: vec!["MIT".into(), "CC BY 4.0".into()], ..Choice::default() };
        let texts: Vec<_> = rows(LINES, &choice).unwrap().into_iter().map(|row| row.text).collect();
        assert_eq!(texts, ["bad", "hello", "mabagal"]);
        let choice = Choice { no_categories_from: vec!["b".into()], ..Choice::default() };
        assert_eq!(rows(LINES, &choice).unwrap().len(), 2);
    }

    #[test]
    fn a_line_that_cannot_be_used_is_told_with_its_place() {
        for (line, what) in [
            (r#"{"text":"x","lang":"de","label":"neg"}"#, "no language of the model: \"de\""),
            (r#"{"text":"x","lang":"en","label":"bad"}"#, "no label: \"bad\""),
            (r#"{"text":"x","lang":"en","categories":["x"]}"#, "no category: \"x\""),
            (r#"{"lang":"en"}"#, "missing field `text`"),
        ] {
            let error = rows(&format!("\n{line}\n"), &Choice::default()).unwrap_err().to_string();
            assert!(error.contains("line 2 of ") && error.contains(what), "{error}");
        }
        assert!(matches!(rows("\n", &Choice::default()), Err(TextsError::Empty)));
    }
}
