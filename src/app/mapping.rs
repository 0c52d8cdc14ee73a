//! Finds the mapping that is meant: one of those that are built in, or a file.

use std::io;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::codec::{Mapping, MappingError};
use crate::config::{Config, nearest};

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// No such one comes with the program.
    #[error("there is no mapping \"{name}\"{}; built in are {}", meant(name), known())]
    Unknown {
        /// As it was written.
        name: String,
    },
    /// Its file cannot be read.
    #[error("cannot read mapping file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is wrong.
    #[error(transparent)]
    Wrong(#[from] MappingError),
}

fn known() -> String {
    Mapping::built_in_names().collect::<Vec<_>>().join(", ")
}

fn meant(name: &str) -> String {
    nearest(name, Mapping::built_in_names()).map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default()
}

/// The mapping of the settings; none: records are canonical events.
pub(super) fn of(config: &Config) -> Result<Option<Mapping>, Unusable> {
    match (&config.mapping.name, &config.mapping.file) {
        (Some(name), _) => built_in(name).map(Some),
        (None, Some(path)) => in_file(path).map(Some),
        (None, None) => Ok(None),
    }
}

/// The mapping that an argument names: a file if it looks like one.
pub(super) fn named(text: &str) -> Result<Mapping, Unusable> {
    let is_file = text.ends_with(".toml") || text.contains(MAIN_SEPARATOR);
    if is_file { in_file(Path::new(text)) } else { built_in(text) }
}

fn built_in(name: &str) -> Result<Mapping, Unusable> {
    Mapping::built_in(name).ok_or_else(|| Unusable::Unknown { name: name.to_owned() })
}

fn in_file(path: &Path) -> Result<Mapping, Unusable> {
    let unreadable = |source| Unusable::Unreadable { path: path.to_owned(), source };
    let toml = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(Mapping::load(&path.display().to_string(), &toml)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_found_by_its_name_or_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        let own = r#"
            [[event]]
            type = "usage.activity"
            source = "shop"
            id = { from = "n" }
            time = { from = "at" }
            customer_id = { from = "who" }
        "#;
        std::fs::write(&path, own).unwrap();
        assert_eq!(named("university").unwrap().name(), "university");
        assert!(named(path.to_str().unwrap()).is_ok());

        let mut config = Config::default();
        assert!(of(&config).unwrap().is_none());
        config.mapping.name = Some("online-grocer".into());
        assert_eq!(of(&config).unwrap().unwrap().name(), "online-grocer");
        config.mapping.name = None;
        config.mapping.file = Some(path);
        assert!(of(&config).unwrap().is_some());
    }

    #[test]
    fn a_mapping_that_cannot_be_used_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, "[[evnt]]\n").unwrap();
        for (text, parts) in [
            (
                "online-grocr",
                &["there is no mapping \"online-grocr\"; did you mean \"online-grocer\"?", "university"][..],
            ),
            ("no/such.toml", &["cannot read mapping file no/such.toml"]),
            (path.to_str().unwrap(), &["own.toml:1:3: unknown key `evnt`; did you mean `event`?"]),
        ] {
            let error = named(text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
}
