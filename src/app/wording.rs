//! The sentences that the settings ask for: whose Spanish, which address, and a file of one's own.

use std::io;
use std::path::PathBuf;

use crate::config::{self, Config, WordingConfig};
use crate::wording::{Address, Manner, Override, Spanish, Wording, WordingError};

/// Why sentences of one's own cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unspeakable {
    /// The file cannot be read.
    #[error("cannot read wording file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A sentence in it is wrong.
    #[error(transparent)]
    Wrong(#[from] WordingError),
}

/// The sentences of the settings, compiled.
pub(super) fn of(config: &Config) -> Result<Wording, Unspeakable> {
    let WordingConfig { spanish, address, overrides } = &config.wording;
    let manner = Manner {
        spanish: match spanish {
            config::Spanish::LatinAmerican => Spanish::LatinAmerican,
            config::Spanish::Castilian => Spanish::Castilian,
        },
        address: match address {
            config::Address::Usted => Address::Usted,
            config::Address::Tu => Address::Tu,
        },
    };
    let Some(path) = overrides else { return Ok(Wording::shipped(manner)) };
    let text =
        std::fs::read_to_string(path).map_err(|source| Unspeakable::Unreadable { path: path.clone(), source })?;
    Ok(Wording::with_overrides(manner, &[Override { file: &path.display().to_string(), text: &text }])?)
}

/// What is wrong with the file of the settings, if there is one.
pub(super) fn check(config: &Config) -> Result<(), Unspeakable> {
    match config.wording.overrides {
        Some(_) => of(config).map(drop),
        None => Ok(()),
    }
}
