//! `version`: what was built.

use serde::Serialize;

use super::failure::Failure;
use super::output::Out;

/// This build's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit it was built from, where the build says so.
const COMMIT: Option<&str> = option_env!("CHURNWATCH_COMMIT");

pub(super) fn run(out: &mut Out) -> Result<(), Failure> {
    match COMMIT {
        Some(commit) => writeln!(out, "churnwatch {VERSION} ({commit})")?,
        None => writeln!(out, "churnwatch {VERSION}")?,
    }
    out.finish()
}

/// The build and the rules that it goes by, as a JSON object.
pub(super) fn json(rules: u32) -> String {
    #[derive(Serialize)]
    struct Version {
        name: &'static str,
        version: &'static str,
        commit: Option<&'static str>,
        rules: u32,
    }
    let version = Version { name: "churnwatch", version: VERSION, commit: COMMIT, rules };
    serde_json::to_string(&version).expect("texts and numbers can be written as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_an_object() {
        let object: serde_json::Value = serde_json::from_str(&json(7)).unwrap();
        assert_eq!(object["version"], VERSION);
        assert_eq!(object["rules"], 7);
    }
}
