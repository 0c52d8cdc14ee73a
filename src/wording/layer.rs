//! A file of sentences: TOML tables named after kinds, and the line of each sentence for errors. A user's file holds
//! them for every language: `[es.PROMISE_BROKEN]`.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::form::Form;
use super::language::Language;
use crate::model::Kind;
use crate::model::event::Dimension;

/// Why a file of sentences cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct WordingError {
    /// The file, as it was named.
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// The table for what every kind says alike.
pub(super) const EVERY_KIND: &str = "EVERY_KIND";
/// The table for how the dimensions of service quality are called.
pub(super) const DIMENSIONS: &str = "DIMENSIONS";

/// A sentence, or a part that other sentences put in by `{{ name }}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Title,
    What,
    Advice,
    Mistake,
    Settled,
    Body(Form),
    /// A word, not a template; of no kind.
    Dimension(Dimension),
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
            Part::Dimension(dimension) => dimension.name(),
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
    /// Reads a shipped file, whose sentences are of one language; templates are not looked at yet.
    pub(super) fn read(file: &str, text: &str) -> Result<Layer, WordingError> {
        Reader { file, text }.layer(Reader { file, text }.parsed()?)
    }

    /// Reads a user's file: a layer for each language that it names.
    pub(super) fn read_own(file: &str, text: &str) -> Result<Vec<(Language, Layer)>, WordingError> {
        let reader = Reader { file, text };
        let mut languages: Vec<_> = reader.parsed::<BTreeMap<Spanned<String>, Tables>>()?.into_iter().collect();
        languages.sort_by_key(|(name, _)| name.span().start);
        let layer = |(name, tables): (Spanned<String>, Tables)| {
            let language = Language::parse(name.get_ref()).ok_or_else(|| {
                let known: Vec<_> = Language::ALL.iter().map(|language| language.name()).collect();
                let problem = format!("no language is called `{}`; there are {}", name.get_ref(), known.join(", "));
                reader.error(name.span().start, problem)
            })?;
            Ok((language, reader.layer(tables)?))
        };
        languages.into_iter().map(layer).collect()
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn error(self, offset: usize, problem: String) -> WordingError {
        WordingError { file: self.file.into(), line: line_at(self.text, offset), problem }
    }

    fn parsed<T: serde::de::DeserializeOwned>(self) -> Result<T, WordingError> {
        toml::from_str(self.text)
            .map_err(|e| self.error(e.span().map_or(0, |span| span.start), e.message().trim_end().to_owned()))
    }

    fn layer(self, tables: Tables) -> Result<Layer, WordingError> {
        let mut pieces = BTreeMap::new();
        // In the order of the file, so that the first mistake is the one told.
        let mut tables: Vec<_> = tables.into_iter().collect();
        tables.sort_by_key(|(name, _)| name.span().start);
        for (table, sentences) in tables {
            let name = table.get_ref();
            let kind = Kind::parse(name);
            if kind.is_none() && name != EVERY_KIND && name != DIMENSIONS {
                let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).chain([EVERY_KIND, DIMENSIONS]).collect();
                let problem = format!("no kind is called `{name}`; there are {}", known.join(", "));
                return Err(self.error(table.span().start, problem));
            }
            let mut sentences: Vec<_> = sentences.into_iter().collect();
            sentences.sort_by_key(|(name, _)| name.span().start);
            for (name, sentence) in sentences {
                let part = match table.get_ref().as_str() {
                    DIMENSIONS => Dimension::parse(name.get_ref()).map(Part::Dimension),
                    _ => Part::parse(name.get_ref()),
                };
                let Some(part) = part else {
                    return Err(self.error(name.span().start, unknown(table.get_ref(), name.get_ref())));
                };
                let line = first_line(self.text, sentence.span());
                // Lines count, other blanks do not.
                let text = sentence.into_inner().replace(['\t', '\r'], " ");
                pieces.insert((kind, part), Piece { text, line });
            }
        }
        Ok(Layer { file: self.file.into(), pieces })
    }
}

/// What to say about a name that stands in `table` and means nothing there.
fn unknown(table: &str, name: &str) -> String {
    if table == DIMENSIONS {
        let known: Vec<_> = Dimension::ALL.iter().map(|dimension| dimension.name()).collect();
        return format!("no dimension is called `{name}`; there are {}", known.join(", "));
    }
    let parts = [Part::Title].into_iter().chain(Part::INNER).map(Part::name);
    let known: Vec<_> = parts.chain(Form::ALL.iter().map(|form| form.name())).collect();
    format!("no sentence is called `{name}`; there are {}", known.join(", "))
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
