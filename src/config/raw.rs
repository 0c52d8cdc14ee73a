//! What was written: settings as keys and loose values with their places, before anyone asks what they mean.

use std::borrow::Cow;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Errors, Place};
use super::exceptions::{self, Whose};
use super::interpolate::{Variables, interpolate};
use super::keys;

/// One setting as it was written.
pub(super) struct Entry {
    /// The key's full path, `section.key`.
    pub(super) path: String,
    /// For whom it holds.
    pub(super) whose: Whose,
    /// Its value.
    pub(super) value: Value,
    /// Where the value stands.
    pub(super) place: Place,
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A string of the file.
    Text(String),
    /// A whole number of the file.
    Integer(i64),
    /// Another number of the file.
    Float(f64),
    /// A truth value of the file.
    Bool(bool),
    /// A list of the file.
    List(Vec<Value>),
    /// A table within a list of the file.
    Table,
    /// Text from outside the file, which may stand for a value of any type; a list is separated by commas.
    Loose {
        /// The text.
        text: String,
        /// Whether it may be a secret, so that no message shows it.
        hidden: bool,
    },
}

impl Value {
    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Loose { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it may hold a secret: then no message shows it, nor a hint made from it.
    pub(super) fn is_hidden(&self) -> bool {
        match self {
            Value::Loose { hidden, .. } => *hidden,
            Value::List(items) => items.iter().any(Value::is_hidden),
            _ => false,
        }
    }

    /// For error messages: as it was written, unless it may be a secret.
    pub(super) fn shown(&self) -> String {
        match self {
            Value::Text(text) => format!("{text:?}"),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::List(items) => format!("[{}]", items.iter().map(Value::shown).collect::<Vec<_>>().join(", ")),
            Value::Table => "a table".into(),
            Value::Loose { hidden: true, .. } => "the value it was given".into(),
            Value::Loose { text, hidden: false } => format!("{text:?}"),
        }
    }
}

/// Reads the file at `path`. Keys that nobody knows are errors here, so that every entry has a meaning.
pub(super) fn read_file(path: &Path, variables: &Variables, errors: &mut Errors) -> Vec<Entry> {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Err(cause) => errors.add(&Place::WholeFile(name), format!("cannot read the file: {cause}")),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return read_text(&name, &text, variables, errors),
            Err(cause) => {
                let valid = cause.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(&cause.as_bytes()[..valid]).into_owned();
                errors.add(&place(&name, &text, valid), "the file is not UTF-8 from here on");
            }
        },
    }
    Vec::new()
}

/// Reads TOML `text`; `name` is what errors call it. A text with errors of syntax has no entries: what it would mean
/// is a guess.
pub(super) fn read_text(name: &str, text: &str, variables: &Variables, errors: &mut Errors) -> Vec<Entry> {
    let Some(table) = parse(name, text, errors) else { return Vec::new() };
    let mut walk = Walk { name, text, variables, errors, entries: Vec::new() };
    walk.top(table.get_ref());
    walk.entries
}

/// The table that `text` is; none if it has errors of syntax, which are reported.
pub(super) fn parse<'t>(name: &str, text: &'t str, errors: &mut Errors) -> Option<Spanned<DeTable<'t>>> {
    let (table, syntax) = DeTable::parse_recoverable(text);
    let is_one = syntax.is_empty();
    let mut last_line = 0;
    for error in syntax {
        let (line, column) = position(text, error.span().map_or(text.len(), |span| span.start));
        // The parser's recovery from one error often finds another in the same line.
        if line > last_line {
            errors.add(&Place::File { file: name.to_owned(), line, column }, error.message());
        }
        last_line = line;
    }
    is_one.then_some(table)
}

struct Walk<'a> {
    name: &'a str,
    text: &'a str,
    variables: &'a Variables,
    errors: &'a mut Errors,
    entries: Vec<Entry>,
}

impl Walk<'_> {
    /// The file's own table: exceptions are told from sections.
    fn top(&mut self, table: &DeTable<'_>) {
        let everybody = Whose::default();
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("tenants", DeValue::Table(tenants)) => self.each(tenants, "tenant", |walk, tenant, own| {
                    let whose = Whose { tenant: Some(tenant), segment: None };
                    for (key, value) in own {
                        match (key.get_ref().as_ref(), value.get_ref()) {
                            ("segments", DeValue::Table(segments)) => walk.segments(&whose, segments),
                            _ => walk.member("", &whose, key, value),
                        }
                    }
                }),
                ("segments", DeValue::Table(segments)) => self.segments(&everybody, segments),
                _ => self.member("", &everybody, key, value),
            }
        }
    }

    fn segments(&mut self, whose: &Whose, segments: &DeTable<'_>) {
        self.each(segments, "segment", |walk, segment, own| {
            walk.table("", &Whose { segment: Some(segment), ..whose.clone() }, own);
        });
    }

    /// Visits the tables of tenants or segments by their names.
    fn each(&mut self, named: &DeTable<'_>, what: &str, visit: impl Fn(&mut Self, String, &DeTable<'_>)) {
        for (key, value) in named {
            match value.get_ref() {
                DeValue::Table(own) if !key.get_ref().is_empty() => visit(self, key.get_ref().to_string(), own),
                _ => {
                    let at = self.place(key.span().start);
                    self.errors.add(
                        &at,
                        format!("a {what} has a name and sections of its own, as in [{what}s.acme.complaints]"),
                    );
                }
            }
        }
    }

    fn table(&mut self, prefix: &str, whose: &Whose, table: &DeTable<'_>) {
        for (key, value) in table {
            self.member(prefix, whose, key, value);
        }
    }

    fn member(&mut self, prefix: &str, whose: &Whose, key: &Spanned<Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        {
            let path =
                if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
            match value.get_ref() {
                DeValue::Table(inner) if keys::is_section(&path) => self.table(&path, whose, inner),
                written => {
                    let is_table = matches!(written, DeValue::Table(_));
                    if keys::is_key(&path) && !is_table {
                        return self.entry(path, whose, key.span().start, value);
                    }
                    let at = self.place(key.span().start);
                    self.errors.add(&at, keys::unknown(&path, is_table));
                }
            }
        }
    }

    fn entry(&mut self, path: String, whose: &Whose, key_at: usize, value: &Spanned<DeValue<'_>>) {
        if !whose.is_everybody()
            && let Some(reason) = keys::find(&path).map_or(Some("it is the service's"), exceptions::refusal)
        {
            let at = self.place(key_at);
            return self.errors.add(&at, format!("`{path}` has no exceptions: {reason}"));
        }
        let place = self.place(value.span().start);
        match self.value(value.get_ref()) {
            Ok(value) => self.entries.push(Entry { path, whose: whose.clone(), value, place }),
            Err(message) => self.errors.add(&place, format!("`{path}`: {message}")),
        }
    }

    fn value(&self, value: &DeValue<'_>) -> Result<Value, String> {
        Ok(match value {
            DeValue::String(text) => match interpolate(text, self.variables)? {
                None => Value::Text(text.to_string()),
                Some(text) => Value::Loose { text, hidden: true },
            },
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => return Err(format!("{number} is beyond the numbers there are")),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Value::Float(number),
                Err(_) => return Err(format!("{number} is no number")),
            },
            DeValue::Boolean(truth) => Value::Bool(*truth),
            DeValue::Datetime(date) => Value::Text(date.to_string()),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| self.value(item.get_ref())).collect::<Result<_, _>>()?)
            }
            DeValue::Table(_) => Value::Table,
        })
    }

    fn place(&self, at: usize) -> Place {
        place(self.name, self.text, at)
    }
}

/// The place of byte `at` of `text`.
pub(super) fn place(name: &str, text: &str, at: usize) -> Place {
    let (line, column) = position(text, at);
    Place::File { file: name.to_owned(), line, column }
}

/// Line and column of byte `at` of `text`, from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
