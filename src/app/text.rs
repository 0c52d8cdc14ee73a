//! `text`: reads lines, judges a model by labelled texts, learns one.

use std::borrow::Cow;
use std::io::{self, Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::failure::Failure;
use super::output::Out;
use crate::cli::{EvalArguments, Output, ScoreArguments, TrainArguments};
use crate::offline::lines::Lines;
use crate::offline::progress::grouped;
use crate::offline::texts::{self, Choice, Figures};
use crate::text::evaluate::{Count, TopicTally};
use crate::text::train::Options;
use crate::text::{Explanation, Model, ModelError, Reading, Scorer, phrasebook, train as learning};

/// Parts of an explanation that are shown.
const PARTS: usize = 6;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableModel {
    /// Its file cannot be read.
    #[error("cannot read text model {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no model, or one of another version.
    #[error("cannot use text model {}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ModelError,
    },
}

fn in_file(path: &Path) -> Result<Model, UnusableModel> {
    let bytes = std::fs::read(path).map_err(|source| UnusableModel::Unreadable { path: path.to_owned(), source })?;
    Model::read(Cow::Owned(bytes)).map_err(|source| UnusableModel::Wrong { path: path.to_owned(), source })
}

fn named(path: Option<&PathBuf>) -> Result<Arc<Model>, Failure> {
    let model = path.map_or_else(|| Ok(Model::shipped()), |path| in_file(path));
    model.map(Arc::new).map_err(Failure::other)
}

/// `text score`.
pub(super) fn score(arguments: &ScoreArguments, out: &mut Out) -> Result<(), Failure> {
    let model = named(arguments.model.as_ref())?;
    let mut scorer = Scorer::new(model.clone());
    let mut lines = Lines::open(arguments.files.clone()).map_err(Failure::other)?;
    while let Some(line) = lines.next_line().map_err(Failure::other)? {
        let text = String::from_utf8_lossy(line.bytes);
        let reading = scorer.score(&text, arguments.lang.as_deref());
        let explanation = Explanation::of(&model, &text);
        match arguments.output {
            Output::Text => write!(out, "{}", told(&text, &reading, &explanation))?,
            Output::Json => writeln!(out, "{}", as_json(&text, &reading, &explanation))?,
        }
    }
    out.finish()
}

/// A text, what it says, and why, for people.
fn told(text: &str, reading: &Reading, explanation: &Explanation) -> String {
    let mut told = format!(
        "{:+.2}  {} {:.2}  {} {:.2}",
        reading.sentiment(),
        reading.class().name(),
        reading.confidence(),
        reading.language.name(),
        reading.language_confidence,
    );
    if let Some(category) = reading.category() {
        let dimension = reading.dimension().map(|dimension| format!(" ({})", dimension.name())).unwrap_or_default();
        told.push_str(&format!("  {}{dimension} {:.2}", category.name(), reading.cause_confidence));
    }
    let topics: Vec<&str> = reading.topics.iter().map(|topic| topic.name()).collect();
    if !topics.is_empty() {
        told.push_str(&format!("  [{}]", topics.join(", ")));
    }
    told.push_str(&format!("  {text}\n"));
    let parts = explanation.parts.iter().take(PARTS);
    let parts: Vec<String> = parts.map(|part| format!("{:+.2} {}", part.polarity, part.text)).collect();
    if !parts.is_empty() {
        told.push_str(&format!("       because of {}\n", parts.join(" · ")));
    }
    told
}

/// The same for programs: an object.
fn as_json(text: &str, reading: &Reading, explanation: &Explanation) -> String {
    #[derive(Serialize)]
    struct Scored<'a> {
        text: &'a str,
        sentiment: f32,
        class: &'static str,
        confidence: f32,
        classes: [f32; 3],
        lang: &'static str,
        lang_confidence: f32,
        category: Option<&'static str>,
        category_confidence: f32,
        dimension: Option<&'static str>,
        topics: Vec<&'static str>,
        because: Vec<(&'a str, f32)>,
    }
    let because = explanation.parts.iter().take(PARTS).map(|part| (part.text.as_str(), part.polarity));
    let scored = Scored {
        text,
        sentiment: reading.sentiment(),
        class: reading.class().name(),
        confidence: reading.confidence(),
        classes: reading.classes,
        lang: reading.language.name(),
        lang_confidence: reading.language_confidence,
        category: reading.category().map(|category| category.name()),
        category_confidence: reading.cause_confidence,
        dimension: reading.dimension().map(|dimension| dimension.name()),
        topics: reading.topics.iter().map(|topic| topic.name()).collect(),
        because: because.collect(),
    };
    serde_json::to_string(&scored).expect("texts and numbers can be written as JSON")
}

/// `text eval`.
pub(super) fn eval(arguments: &EvalArguments, out: &mut Out) -> Result<(), Failure> {
    let mut scorer = Scorer::new(named(arguments.model.as_ref())?);
    let choice = Choice { held_out: arguments.held_out, ..Choice::default() };
    let rows = texts::read(&arguments.files, &choice).map_err(Failure::other)?;
    let (figures, topics) = texts::figures(&rows, &mut scorer);
    match arguments.output {
        Output::Text => write!(out, "{}", table(&figures, &topics))?,
        Output::Json => {
            for line in figures.iter().map(figures_json).chain(topics.counts().into_iter().map(topic_json)) {
                writeln!(out, "{line}")?;
            }
        }
    }
    out.finish()
}

/// Figures for people.
fn table(figures: &[Figures], topics: &TopicTally) -> String {
    let mut table = String::new();
    if !figures.is_empty() {
        table.push_str(&format!(
            "{:24}{:4}{:>8}{:>10}{:>10}{:>7}{:>7}  labelled neg, neu, pos, each read as neg neu pos\n",
            "source", "lang", "n", "macro-F1", "accuracy", "ECE", "lang"
        ));
    }
    for Figures { source, language, tally, language_right } in figures {
        let rows: Vec<String> = tally.confusion.iter().map(|[a, b, c]| format!("{a} {b} {c}")).collect();
        table.push_str(&format!(
            "{source:24}{:4}{:>8}{:>10.3}{:>10.3}{:>7.3}{:>7.3}  {}\n",
            language.name(),
            tally.count(),
            tally.macro_f1(),
            tally.accuracy(),
            tally.calibration_error(),
            f64::from(*language_right) / f64::from(tally.count().max(1)),
            rows.join(", ")
        ));
    }
    let counts = topics.counts();
    if !counts.is_empty() {
        table.push_str(&format!("{:24}{:>8}{:>8}{:>8}{:>8}\n", "category", "n", "told", "right", "F1"));
    }
    for (name, count) in &counts {
        table.push_str(&format!("{name:24}{:>8}{:>8}{:>8}{:>8.3}\n", count.there, count.told, count.found, count.f1()));
    }
    if !counts.is_empty() {
        table.push_str(&format!("{:24}{:>32.3}\n", "macro-F1", topics.macro_f1()));
    }
    table
}

fn figures_json(figures: &Figures) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        source: &'a str,
        lang: &'static str,
        n: u32,
        macro_f1: f64,
        accuracy: f64,
        ece: f64,
        lang_accuracy: f64,
        confusion: [[u32; 3]; 3],
    }
    let Figures { source, language, tally, language_right } = figures;
    let line = Line {
        source,
        lang: language.name(),
        n: tally.count(),
        macro_f1: tally.macro_f1(),
        accuracy: tally.accuracy(),
        ece: tally.calibration_error(),
        lang_accuracy: f64::from(*language_right) / f64::from(tally.count().max(1)),
        confusion: tally.confusion,
    };
    serde_json::to_string(&line).expect("texts and numbers can be written as JSON")
}

fn topic_json((category, count): (&'static str, Count)) -> String {
    #[derive(Serialize)]
    struct Line {
        category: &'static str,
        n: u32,
        told: u32,
        right: u32,
        f1: f64,
    }
    let line = Line { category, n: count.there, told: count.told, right: count.found, f1: count.f1() };
    serde_json::to_string(&line).expect("texts and numbers can be written as JSON")
}

/// `text train`.
pub(super) fn train(arguments: &TrainArguments) -> Result<(), Failure> {
    let choice = Choice {
        licences: arguments.licences.clone(),
        no_categories_from: arguments.no_categories_from.clone(),
        held_out: false,
    };
    let mut rows = texts::read(&arguments.files, &choice).map_err(Failure::other)?;
    if !arguments.no_phrasebook {
        rows.extend(phrasebook::rows(arguments.seed));
    }
    let options = Options { seed: arguments.seed, ..Options::default() };
    let model = learning::train(&rows, &options);
    let unwritable = |source| Failure::other(Unwritable { path: arguments.out.clone(), source });
    std::fs::write(&arguments.out, model.bytes()).map_err(unwritable)?;
    // The model is written: a reader of stderr that has gone away is no error.
    let _ = writeln!(
        stderr(),
        "learned from {} texts: {}, {} bytes, fingerprint {:016x}",
        grouped(rows.len() as u64),
        arguments.out.display(),
        grouped(model.bytes().len() as u64),
        model.fingerprint()
    );
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
struct Unwritable {
    path: PathBuf,
    source: io::Error,
}
