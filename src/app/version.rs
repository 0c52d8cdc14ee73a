//! `version`: what was built.

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
