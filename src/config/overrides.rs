//! Settings from outside the file: `CHURNWATCH__SECTION__KEY` variables, and `--set section.key=value` flags.

use super::error::{Errors, Place};
use super::exceptions::Whose;
use super::interpolate::{Variables, secret_file};
use super::keys;
use super::raw::{Entry, Value};
use super::suggest::nearest;

const PREFIX: &str = "CHURNWATCH__";
const PROPERTIES: &str = "KAFKA__PROPERTIES__";

/// The settings among `variables`, in the order of their names. `…_FILE` names a file that holds the value.
/// An unknown name is an error: a misspelt setting would otherwise be silently without effect.
pub(super) fn read_variables(variables: &Variables, errors: &mut Errors) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let place = Place::Variable(name.clone());
        if let Some(path) = key_path(rest) {
            let hidden = rest.starts_with(PROPERTIES);
            entries.push(Entry {
                path,
                whose: Whose::default(),
                value: Value::Loose { text: value.clone(), hidden },
                place,
            });
        } else if let Some((plain, path)) = rest.strip_suffix("_FILE").and_then(|rest| Some((rest, key_path(rest)?))) {
            if variables.contains_key(&format!("{PREFIX}{plain}")) {
                errors.add(&place, format!("{PREFIX}{plain} is set too: one of them is enough"));
            }
            match secret_file(value) {
                Ok(text) => entries.push(Entry {
                    path,
                    whose: Whose::default(),
                    value: Value::Loose { text, hidden: true },
                    place,
                }),
                Err(message) => errors.add(&place, message),
            }
        } else {
            errors.add(&place, unknown_variable(name));
        }
    }
    entries
}

/// The settings of `--set section.key=value` flags, in their order.
pub(super) fn read_flags(flags: &[String], errors: &mut Errors) -> Vec<Entry> {
    let mut entries = Vec::new();
    for flag in flags {
        let (path, value) = flag.split_once('=').unwrap_or((flag, ""));
        let place = Place::Flag(path.to_owned());
        if !flag.contains('=') {
            errors.add(&place, "write the value as well: --set section.key=value");
        } else if keys::is_key(path) {
            let hidden = path.starts_with(keys::PROPERTIES);
            entries.push(Entry {
                path: path.to_owned(),
                whose: Whose::default(),
                value: Value::Loose { text: value.to_owned(), hidden },
                place,
            });
        } else {
            errors.add(&place, keys::unknown(path, false));
        }
    }
    entries
}

/// The key that a variable's name stands for, the prefix already cut off. librdkafka's names have dots where a
/// variable's name has `_`.
fn key_path(rest: &str) -> Option<String> {
    if let Some(property) = rest.strip_prefix(PROPERTIES) {
        let secret_in_file = property.ends_with("_FILE");
        return (!property.is_empty() && !secret_in_file)
            .then(|| format!("{}{}", keys::PROPERTIES, property.to_lowercase().replace("__", ".").replace('_', ".")));
    }
    keys::KEYS.iter().map(|key| key.path).find(|path| variable_name(path) == rest).map(str::to_owned)
}

/// The name of the variable for `path`, without the prefix.
fn variable_name(path: &str) -> String {
    path.to_uppercase().replace('.', "__")
}

fn unknown_variable(name: &str) -> String {
    let names: Vec<String> = keys::KEYS.iter().map(|key| format!("{PREFIX}{}", variable_name(key.path))).collect();
    match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("unknown setting; did you mean {meant}?"),
        None => "unknown setting; `churnwatch check` prints the known ones".into(),
    }
}
