//! Reads the TOML of a mapping piece by piece, so that every error has its line and column.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a mapping, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}")]
pub struct MappingError {
    /// The file, or the name under which the text was loaded.
    pub name: String,
    /// Counts from 1.
    pub line: usize,
    /// Counts characters from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A value and its place.
pub(super) type Node<'t> = Spanned<DeValue<'t>>;

/// The text of a mapping.
pub(super) struct Document<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t str,
}

impl<'t> Document<'t> {
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'t>>, MappingError> {
        DeTable::parse(self.text).map_err(|error| self.error(error.span().unwrap_or(0..0), error.message()))
    }

    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>) -> MappingError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        MappingError {
            name: self.name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }

    /// Refuses keys of `table` that are not `allowed`.
    pub(super) fn check_keys(&self, table: &DeTable, what: &str, allowed: &[&str]) -> Result<(), MappingError> {
        match table.keys().find(|key| !allowed.contains(&key.get_ref().as_ref())) {
            None => Ok(()),
            Some(key) => Err(self.unknown(key.span(), what, key.get_ref(), allowed)),
        }
    }

    /// `name` is no `what`; perhaps it was meant to be one of `allowed`.
    pub(super) fn unknown(&self, span: Range<usize>, what: &str, name: &str, allowed: &[&str]) -> MappingError {
        let near =
            allowed.iter().map(|known| (distance(name, known), known)).min().filter(|(distance, _)| *distance <= 2);
        match near {
            Some((_, known)) => self.error(span, format!("unknown {what} `{name}`; did you mean `{known}`?")),
            None if allowed.len() <= 16 => {
                self.error(span, format!("unknown {what} `{name}`; there are: {}", allowed.join(", ")))
            }
            None => self.error(span, format!("unknown {what} `{name}`")),
        }
    }

    pub(super) fn table<'n>(&self, node: &'n Node<'t>, what: &str) -> Result<&'n DeTable<'t>, MappingError> {
        node.get_ref().as_table().ok_or_else(|| self.error(node.span(), format!("{what} must be a table")))
    }

    pub(super) fn text<'n>(&self, node: &'n Node, what: &str) -> Result<&'n str, MappingError> {
        node.get_ref().as_str().ok_or_else(|| self.error(node.span(), format!("{what} must be text")))
    }

    pub(super) fn bool(&self, node: &Node, what: &str) -> Result<bool, MappingError> {
        node.get_ref().as_bool().ok_or_else(|| self.error(node.span(), format!("{what} must be true or false")))
    }

    pub(super) fn number(&self, node: &Node, what: &str) -> Result<f64, MappingError> {
        match self.literal(node) {
            Ok(Literal::Number(number)) => Ok(number),
            _ => Err(self.error(node.span(), format!("{what} must be a number"))),
        }
    }

    /// The items of a list; a value that is no list is a list of one.
    pub(super) fn list<'n>(&self, node: &'n Node<'t>) -> Vec<&'n Node<'t>> {
        match node.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![node],
        }
    }

    /// A constant.
    pub(super) fn literal(&self, node: &Node) -> Result<Literal, MappingError> {
        let number = match node.get_ref() {
            DeValue::String(text) => return Ok(Literal::Text(text.to_string())),
            DeValue::Boolean(truth) => return Ok(Literal::Bool(*truth)),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if f64::is_finite(number) => Ok(Literal::Number(number)),
            _ => Err(self.error(node.span(), "must be text, a finite number, true or false")),
        }
    }
}

/// A constant of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
    Bool(bool),
}

impl Literal {
    /// As JSON.
    pub(super) fn json(&self) -> String {
        match self {
            Literal::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
            Literal::Number(number) => number.to_string(),
            Literal::Bool(truth) => truth.to_string(),
        }
    }
}

/// Letters to change, insert, remove or swap with their neighbour to make `a` into `b` (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_1() {
        let document = Document { name: "m.toml", text: "a = 1\nñ = \"é\" x\n" };
        let error = document.error(14..15, "here");
        assert_eq!(error.to_string(), "m.toml:2:7: here");
        assert_eq!(document.error(0..1, "here").to_string(), "m.toml:1:1: here");
    }

    #[test]
    fn a_near_name_is_suggested() {
        let document = Document { name: "m", text: "" };
        let message = |name| document.unknown(0..0, "key", name, &["from", "format", "default"]).message;
        assert_eq!(message("form"), "unknown key `form`; did you mean `from`?");
        assert_eq!(message("colour"), "unknown key `colour`; there are: from, format, default");
    }

    #[test]
    fn distances_are_known() {
        for (a, b, expected) in [("", "", 0), ("a", "", 1), ("form", "from", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(a, b), expected);
        }
    }
}
