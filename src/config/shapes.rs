//! What values may look like: each shape reads a written value, says what it expected, and shows a value as TOML.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::Span;

use super::checked::TextModel;
use super::raw::Value;
use super::spans::{parse_business_span, parse_span, show_business_span, show_span};
use super::suggest::nearest;

/// What to say besides what was expected; may be empty.
pub(super) type Hint = String;

/// One form of value. `read(show(v)) = v`.
pub(super) trait Shape {
    /// What the form stands for.
    type Meant;
    /// The value meant, or a hint.
    fn read(&self, raw: &Value) -> Result<Self::Meant, Hint>;
    /// Goes on from `must be …`.
    fn expected(&self) -> String;
    /// As TOML.
    fn show(&self, meant: &Self::Meant) -> String;
}

fn no_hint<T>() -> Result<T, Hint> {
    Err(String::new())
}

pub(super) fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A number that is written where a span is meant.
fn bare_number(raw: &Value) -> Option<String> {
    match raw {
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Loose { text, hidden: false } if text.parse::<f64>().is_ok() => Some(text.clone()),
        _ => None,
    }
}

fn span_text(raw: &Value) -> Result<&str, Hint> {
    if let Value::Integer(0) = raw {
        return Ok("0");
    }
    raw.text()
        .ok_or_else(|| bare_number(raw).map_or(String::new(), |n| format!("a number needs a unit, as in \"{n}s\"")))
}

/// A length of plain time within bounds, both included.
pub(super) struct Plain(pub(super) Span, pub(super) Span);

impl Shape for Plain {
    type Meant = Span;

    fn read(&self, raw: &Value) -> Result<Span, Hint> {
        let text = span_text(raw)?;
        match parse_span(text) {
            Some(span) if self.0 <= span && span <= self.1 => Ok(span),
            Some(_) => no_hint(),
            None if text.ends_with("bh") => Err("business hours mean nothing here: this is plain time".into()),
            None => Err(bare_number(raw).map_or(String::new(), |n| format!("a number needs a unit, as in \"{n}s\""))),
        }
    }

    fn expected(&self) -> String {
        format!(
            "a length of time from {} to {}, as in \"90s\", \"5m\", \"4h\", \"14d\"",
            show_span(self.0),
            show_span(self.1)
        )
    }

    fn show(&self, meant: &Span) -> String {
        toml_text(&show_span(*meant))
    }
}

/// A length of time for the program itself, not for the engine.
pub(super) struct Wait(pub(super) Span, pub(super) Span);

impl Shape for Wait {
    type Meant = Duration;

    fn read(&self, raw: &Value) -> Result<Duration, Hint> {
        let span = Plain(self.0, self.1).read(raw)?;
        Ok(Duration::from_millis(u64::try_from(span.0).expect("spans have no sign")))
    }

    fn expected(&self) -> String {
        Plain(self.0, self.1).expected()
    }

    fn show(&self, meant: &Duration) -> String {
        Plain(self.0, self.1).show(&Span(i64::try_from(meant.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// Business hours, up to a bound and more than none.
pub(super) struct Business(pub(super) Span);

impl Shape for Business {
    type Meant = Span;

    fn read(&self, raw: &Value) -> Result<Span, Hint> {
        let text = span_text(raw)?;
        match parse_business_span(text) {
            Some(span) if Span::ZERO < span && span <= self.0 => Ok(span),
            Some(_) => no_hint(),
            None => match text.strip_suffix('h').filter(|number| number.parse::<f64>().is_ok()) {
                Some(number) => Err(format!("only business hours count here: write \"{number}bh\"")),
                None => no_hint(),
            },
        }
    }

    fn expected(&self) -> String {
        format!("business hours, more than 0 and at most {}, as in \"9bh\"", show_business_span(self.0))
    }

    fn show(&self, meant: &Span) -> String {
        toml_text(&show_business_span(*meant))
    }
}

/// A whole number within bounds, both included.
pub(super) struct Count<T>(pub(super) T, pub(super) T);

impl<T: Copy + Ord + std::fmt::Display + TryFrom<i64>> Shape for Count<T> {
    type Meant = T;

    fn read(&self, raw: &Value) -> Result<T, Hint> {
        let number = match raw {
            Value::Integer(number) => Some(*number),
            Value::Loose { text, .. } => text.trim().parse().ok(),
            _ => None,
        };
        number.and_then(|n| T::try_from(n).ok()).filter(|n| self.0 <= *n && *n <= self.1).ok_or_else(String::new)
    }

    fn expected(&self) -> String {
        format!("a whole number from {} to {}", self.0, self.1)
    }

    fn show(&self, meant: &T) -> String {
        meant.to_string()
    }
}

/// A number within bounds, both included.
pub(super) struct Number(pub(super) f64, pub(super) f64);

impl Shape for Number {
    type Meant = f64;

    fn read(&self, raw: &Value) -> Result<f64, Hint> {
        let number = match raw {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::Loose { text, .. } => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|n| self.0 <= *n && *n <= self.1).ok_or_else(String::new)
    }

    fn expected(&self) -> String {
        format!("a number from {} to {}", self.0, self.1)
    }

    fn show(&self, meant: &f64) -> String {
        // `{:?}` keeps the point, so that TOML reads a float back.
        format!("{meant:?}")
    }
}

/// `true` or `false`.
pub(super) struct Truth;

impl Shape for Truth {
    type Meant = bool;

    fn read(&self, raw: &Value) -> Result<bool, Hint> {
        match raw {
            Value::Bool(truth) => Ok(*truth),
            Value::Loose { text, .. } => text.trim().parse().map_err(|_| String::new()),
            Value::Text(text) if text.parse::<bool>().is_ok() => Err("without quotes".into()),
            _ => no_hint(),
        }
    }

    fn expected(&self) -> String {
        "true or false".into()
    }

    fn show(&self, meant: &bool) -> String {
        meant.to_string()
    }
}

/// A text that passes a check; the check's error says what is wrong.
pub(super) struct Text {
    /// Goes on from `must be …`.
    pub(super) expected: &'static str,
    /// `Err` with a hint if the text will not do.
    pub(super) check: fn(&str) -> Result<(), Hint>,
}

impl Shape for Text {
    type Meant = String;

    fn read(&self, raw: &Value) -> Result<String, Hint> {
        let text = raw.text().ok_or_else(String::new)?;
        (self.check)(text)?;
        Ok(text.to_owned())
    }

    fn expected(&self) -> String {
        self.expected.into()
    }

    fn show(&self, meant: &String) -> String {
        toml_text(meant)
    }
}

/// One of a few words.
pub(super) struct Word<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Shape for Word<T> {
    type Meant = T;

    fn read(&self, raw: &Value) -> Result<T, Hint> {
        let text = raw.text().ok_or_else(String::new)?;
        match self.0.iter().find(|(word, _)| *word == text) {
            Some((_, meant)) => Ok(*meant),
            None => Err(nearest(text, self.0.iter().map(|(word, _)| *word))
                .map_or(String::new(), |meant| format!("did you mean \"{meant}\"?"))),
        }
    }

    fn expected(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        match words.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }

    fn show(&self, meant: &T) -> String {
        let word = self.0.iter().find(|(_, value)| value == meant).map(|(word, _)| *word);
        toml_text(word.expect("every value of the type has its word"))
    }
}

/// Another shape, or a word that stands for none.
pub(super) struct Or<S>(pub(super) &'static str, pub(super) S);

impl<S: Shape> Shape for Or<S> {
    type Meant = Option<S::Meant>;

    fn read(&self, raw: &Value) -> Result<Option<S::Meant>, Hint> {
        if raw.text() == Some(self.0) { Ok(None) } else { self.1.read(raw).map(Some) }
    }

    fn expected(&self) -> String {
        format!("{}, or \"{}\"", self.1.expected(), self.0)
    }

    fn show(&self, meant: &Option<S::Meant>) -> String {
        meant.as_ref().map_or_else(|| toml_text(self.0), |meant| self.1.show(meant))
    }
}

/// A list with so many elements, both bounds included.
pub(super) struct List<S>(pub(super) usize, pub(super) usize, pub(super) S);

impl<S: Shape> Shape for List<S> {
    type Meant = Vec<S::Meant>;

    fn read(&self, raw: &Value) -> Result<Vec<S::Meant>, Hint> {
        let items = match raw {
            Value::List(items) => items.clone(),
            Value::Loose { text, .. } if text.trim().is_empty() => Vec::new(),
            Value::Loose { text, hidden } => {
                text.split(',').map(|item| Value::Loose { text: item.trim().to_owned(), hidden: *hidden }).collect()
            }
            _ => return no_hint(),
        };
        if !(self.0..=self.1).contains(&items.len()) {
            return no_hint();
        }
        let read = |(index, item): (usize, &Value)| {
            self.2.read(item).map_err(|hint| {
                let hint = if hint.is_empty() { String::new() } else { format!(": {hint}") };
                format!("see element {}, {}{hint}", index + 1, item.shown())
            })
        };
        items.iter().enumerate().map(read).collect()
    }

    fn expected(&self) -> String {
        format!("a list of {} to {} elements, each {}", self.0, self.1, self.2.expected())
    }

    fn show(&self, meant: &Vec<S::Meant>) -> String {
        format!("[{}]", meant.iter().map(|item| self.2.show(item)).collect::<Vec<_>>().join(", "))
    }
}

/// An amount of memory within bounds in bytes, both included.
pub(super) struct Size(pub(super) usize, pub(super) usize);

const SIZE_UNITS: [(&str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl Size {
    fn text(bytes: usize) -> String {
        match SIZE_UNITS.iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size)) {
            Some((unit, size)) => format!("{}{unit}", bytes / size),
            None => format!("{bytes}B"),
        }
    }
}

impl Shape for Size {
    type Meant = usize;

    fn read(&self, raw: &Value) -> Result<usize, Hint> {
        let text = match raw.text() {
            Some(text) => text,
            None => {
                return Err(
                    bare_number(raw).map_or(String::new(), |n| format!("a number needs a unit, as in \"{n}B\""))
                );
            }
        };
        let of_unit = |(unit, size): &(&str, usize)| text.strip_suffix(unit)?.parse::<usize>().ok()?.checked_mul(*size);
        let bytes = SIZE_UNITS.iter().chain(&[("B", 1)]).find_map(of_unit);
        bytes.filter(|bytes| (self.0..=self.1).contains(bytes)).ok_or_else(String::new)
    }

    fn expected(&self) -> String {
        format!("an amount of memory from {} to {}, as in \"64KiB\", \"16MiB\"", Size::text(self.0), Size::text(self.1))
    }

    fn show(&self, meant: &usize) -> String {
        toml_text(&Size::text(*meant))
    }
}

/// An address to listen on; port 0 takes a free one.
pub(super) struct Address;

impl Shape for Address {
    type Meant = SocketAddr;

    fn read(&self, raw: &Value) -> Result<SocketAddr, Hint> {
        let text = raw.text().ok_or_else(String::new)?;
        text.parse().map_err(|_| match text.strip_prefix("localhost:") {
            Some(port) => format!("write \"127.0.0.1:{port}\""),
            None if text.starts_with(':') => format!("write \"0.0.0.0{text}\" for every interface"),
            None => String::new(),
        })
    }

    fn expected(&self) -> String {
        "an IP address and a port, as in \"127.0.0.1:8080\" or \"[::1]:8080\"".into()
    }

    fn show(&self, meant: &SocketAddr) -> String {
        toml_text(&meant.to_string())
    }
}

/// The path of a file; nobody looks whether it is there.
pub(super) struct FilePath;

impl Shape for FilePath {
    type Meant = PathBuf;

    fn read(&self, raw: &Value) -> Result<PathBuf, Hint> {
        raw.text().filter(|text| !text.is_empty()).map(PathBuf::from).ok_or_else(String::new)
    }

    fn expected(&self) -> String {
        "the path of a file".into()
    }

    fn show(&self, meant: &PathBuf) -> String {
        toml_text(&meant.display().to_string())
    }
}

/// A text model: one of two words, or the path of a file.
pub(super) struct ModelFile;

impl Shape for ModelFile {
    type Meant = TextModel;

    fn read(&self, raw: &Value) -> Result<TextModel, Hint> {
        match raw.text() {
            Some("default") => Ok(TextModel::Default),
            Some("off") => Ok(TextModel::Off),
            Some(_) | None => FilePath.read(raw).map(TextModel::File),
        }
    }

    fn expected(&self) -> String {
        format!("{}, or \"default\" or \"off\"", FilePath.expected())
    }

    fn show(&self, meant: &TextModel) -> String {
        match meant {
            TextModel::Default => toml_text("default"),
            TextModel::Off => toml_text("off"),
            TextModel::File(path) => FilePath.show(path),
        }
    }
}

/// No time at all: the one span that is possible until there is more.
pub(super) struct OnlyZero(pub(super) &'static str);

impl Shape for OnlyZero {
    type Meant = Duration;

    fn read(&self, raw: &Value) -> Result<Duration, Hint> {
        match parse_span(span_text(raw)?) {
            Some(Span::ZERO) => Ok(Duration::ZERO),
            _ => Err(self.0.into()),
        }
    }

    fn expected(&self) -> String {
        "0".into()
    }

    fn show(&self, _: &Duration) -> String {
        "0".into()
    }
}
