//! What is wrong with a configuration, and where it was written.

use std::fmt;

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file; line and column count from 1, columns in characters.
    File {
        /// The path as it was given.
        file: String,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A file as a whole.
    WholeFile(String),
    /// An environment variable, by its name.
    Variable(String),
    /// The command line, with the key that was set there.
    Flag(String),
}

impl Place {
    /// Sorts errors as their reader meets the places: the file from top to bottom, then variables, then flags.
    pub(super) fn order(&self) -> (u8, usize, usize) {
        match self {
            Place::WholeFile(_) => (0, 0, 0),
            Place::File { line, column, .. } => (0, *line, *column),
            Place::Variable(_) => (1, 0, 0),
            Place::Flag(_) => (2, 0, 0),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Place::WholeFile(file) => f.write_str(file),
            Place::Variable(name) => write!(f, "variable {name}"),
            Place::Flag(key) => write!(f, "flag --set {key}"),
        }
    }
}

/// One thing that is wrong. Never holds a secret: see `Value::shown`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// Where.
    pub place: Place,
    /// What, and what to write instead.
    pub message: String,
}

/// Everything that is wrong with a configuration, file first, from top to bottom, then variables, then flags; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    /// One error a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The errors met so far, so that a reader can go on after one.
#[derive(Default)]
pub(super) struct Errors(pub(super) Vec<ConfigError>);

impl Errors {
    pub(super) fn add(&mut self, place: &Place, message: impl Into<String>) {
        self.0.push(ConfigError { place: place.clone(), message: message.into() });
    }
}
