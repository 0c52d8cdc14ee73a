//! A file of sentences: TOML tables named after kinds, and the line of each sentence for errors.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::form::Form;
use crate::model::Kind;

/// Why a file of sentences cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct WordingError {
    /// The file, as `Override` names it.
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// The table for what every kind says alike.
pub(super) const EVERY_KIND: &str = "EVERY_KIND";

/// A sentence, or a part that other sentences put in by `{{ name }}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Title,
    What,
    Advice,
    Mistake,
    Settled,
    Body(Form),
}

impl Part {
    /// The parts that a body may put in.
    pub(super) const INNER: [Part; 4] = [Part::What, Part::Advice, Part::Mistake, Part::Settled];

    pub(super) fn name(self) -> &'static str {
        match self {
            Part::Title => "title",
            Part::What => "what",
            Part::Advice => "advice",
            Part::Mistake => "mistake",
            Part::Settled => "settled",
            Part::Body(form) => form.name(),
        }
    }

    fn parse(name: &str) -> Option<Part> {
        let plain = [Part::Title].into_iter().chain(Part::INNER).find(|part| part.name() == name);
        plain.or_else(|| Form::parse(name).map(Part::Body))
    }
}

/// A template's source and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    /// The line of the file on which `text` begins, from 1.
    pub(super) line: usize,
}

/// One file, read.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) file: String,
    /// By kind, none for what every kind says.
    pub(super) pieces: BTreeMap<(Option<Kind>, Part), Piece>,
}

type Tables = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<String>>>;

impl Layer {
    /// Reads a file of sentences; templates are not looked at yet.
    pub(super) fn read(file: &str, text: &str) -> Result<Layer, WordingError> {
        let error =
            |offset: usize, problem: String| WordingError { file: file.into(), line: line_at(text, offset), problem };
        let tables: Tables = toml::from_str(text)
            .map_err(|e| error(e.span().map_or(0, |span| span.start), e.message().trim_end().to_owned()))?;
        let mut pieces = BTreeMap::new();
        // In the order of the file, so that the first mistake is the one told.
        let mut tables: Vec<_> = tables.into_iter().collect();
        tables.sort_by_key(|(name, _)| name.span().start);
        for (table, sentences) in tables {
            let kind = match Kind::parse(table.get_ref()) {
                Some(kind) => Some(kind),
                None if table.get_ref() == EVERY_KIND => None,
                None => {
                    let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).chain([EVERY_KIND]).collect();
                    let problem = format!("no kind is called `{}`; there are {}", table.get_ref(), known.join(", "));
                    return Err(error(table.span().start, problem));
                }
            };
            let mut sentences: Vec<_> = sentences.into_iter().collect();
            sentences.sort_by_key(|(name, _)| name.span().start);
            for (name, sentence) in sentences {
                let Some(part) = Part::parse(name.get_ref()) else {
                    let known: Vec<_> = [Part::Title].into_iter().chain(Part::INNER).map(Part::name).collect();
                    let forms: Vec<_> = Form::ALL.iter().map(|form| form.name()).collect();
                    let problem = format!(
                        "no sentence is called `{}`; there are {}, {}",
                        name.get_ref(),
                        known.join(", "),
                        forms.join(", ")
                    );
                    return Err(error(name.span().start, problem));
                };
                let line = first_line(text, sentence.span());
                // Lines count, other blanks do not.
                let text = sentence.into_inner().replace(['\t', '\r'], " ");
                pieces.insert((kind, part), Piece { text, line });
            }
        }
        Ok(Layer { file: file.into(), pieces })
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

/// The line on which the value of a TOML string begins: TOML drops a line break right behind three quotes.
fn first_line(text: &str, span: Range<usize>) -> usize {
    let raw = text.get(span.clone()).unwrap_or("");
    let inner = raw.strip_prefix("'''").or_else(|| raw.strip_prefix("\"\"\""));
    let dropped = inner.is_some_and(|inner| inner.starts_with('\n') || inner.starts_with("\r\n"));
    line_at(text, span.start) + usize::from(dropped)
}
