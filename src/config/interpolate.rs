//! Variables from outside the file: `${NAME}` within its strings, and `NAME_FILE` for secrets that lie in files.

use std::collections::BTreeMap;

/// The environment.
pub(super) type Variables = BTreeMap<String, String>;

/// `text` with every `${NAME}` and `${NAME:-default}` replaced and `$${` turned into a literal `${`; `None` if there is
/// none of them. A variable that is not set, but whose `NAME_FILE` is, has the content of that file.
pub(super) fn interpolate(text: &str, variables: &Variables) -> Result<Option<String>, String> {
    if !text.contains("${") {
        return Ok(None);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at]);
            out.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let (inside, after) =
            rest[at + 2..].split_once('}').ok_or("`${` has no closing `}`; write `$${` for the text")?;
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        match (variable(name, variables)?, default) {
            (Some(value), _) => out.push_str(&value),
            (None, Some(default)) => out.push_str(default),
            (None, None) => {
                return Err(format!("variable {name} is not set; set it, or write a default as `${{{name}:-text}}`"));
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(Some(out))
}

fn variable(name: &str, variables: &Variables) -> Result<Option<String>, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err("`${..}` needs the name of a variable: letters, digits and `_`".into());
    }
    if let Some(value) = variables.get(name) {
        return Ok(Some(value.clone()));
    }
    variables.get(&format!("{name}_FILE")).map(|path| secret_file(path)).transpose()
}

/// The content of the file at `path`, without the line's end.
pub(super) fn secret_file(path: &str) -> Result<String, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(cause) => Err(format!("cannot read the file {path}: {cause}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        [("HOST", "kafka-1"), ("PORT", "9092"), ("EMPTY", ""), ("DOLLAR", "${HOST}")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn variables_are_replaced_once() {
        for (text, meant) in [
            ("${HOST}:${PORT}", "kafka-1:9092"),
            ("a${EMPTY}b", "ab"),
            ("${MISSING:-kafka-2}", "kafka-2"),
            ("${MISSING:-}", ""),
            ("${HOST:-kafka-2}", "kafka-1"),
            ("$${HOST}", "${HOST}"),
            ("$${HOST} is ${HOST}", "${HOST} is kafka-1"),
            ("${DOLLAR}", "${HOST}"),
        ] {
            assert_eq!(interpolate(text, &variables()).unwrap().as_deref(), Some(meant), "{text}");
        }
        for text in ["", "$", "$HOST", "{HOST}", "5 $ {"] {
            assert_eq!(interpolate(text, &variables()), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_an_error() {
        for (text, part) in [
            ("${MISSING}", "variable MISSING is not set"),
            ("${HOST", "no closing"),
            ("${}", "needs the name"),
            ("${A B}", "needs the name"),
        ] {
            let message = interpolate(text, &variables()).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn a_secret_may_lie_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "hunter2\n").unwrap();
        let variables = Variables::from([("PASSWORD_FILE".to_owned(), path.display().to_string())]);
        assert_eq!(interpolate("${PASSWORD}", &variables).unwrap().as_deref(), Some("hunter2"));
        let gone = Variables::from([("PASSWORD_FILE".to_owned(), folder.path().join("no").display().to_string())]);
        assert!(interpolate("${PASSWORD}", &gone).unwrap_err().contains("cannot read the file"));
    }
}
