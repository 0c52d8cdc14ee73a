//! `replay`: recorded events through the engine; alerts on standard output, a summary on standard error.

use std::io::{Write, stderr, stdout};
use std::sync::Arc;

use crate::cli::ReplayArguments;
use crate::codec::Decoder;
use crate::offline::progress::Progress;
use crate::offline::replay::{self, Options, ReplayError, Until};

use super::failure::Failure;
use super::{mapping, wording};

pub(super) fn run(arguments: &ReplayArguments) -> Result<(), Failure> {
    let until = match &arguments.until {
        Some(text) => Until::parse(text).ok_or_else(|| not_a_time(text))?,
        None => Until::default(),
    };
    let config = super::load(&arguments.config)?;
    let mapping = match &arguments.mapping {
        Some(name) => Some(mapping::named(name)?),
        None => mapping::of(&config)?,
    };
    let wording = wording::of(&config)?;
    let options = Options {
        files: arguments.files.clone(),
        partitions: arguments.partitions,
        until,
        dead_letters: arguments.dead_letters.clone(),
        rules: Arc::new(config.rules),
    };
    let mut progress = Progress::new("events");
    let mut show = |done| progress.show(done, None);
    let summary = replay::run(&options, &mut Decoder::new(mapping), &wording, &mut stdout().lock(), &mut show)
        .map_err(failure)?;
    progress.end();
    // The alerts are out: a reader of stderr that has gone away is no error.
    let _ = writeln!(stderr(), "{summary}");
    Ok(())
}

fn not_a_time(text: &str) -> Failure {
    Failure::Usage(format!(
        "--until must be \"live\" or a time with its zone, as in 2026-03-31T00:00:00Z, not \"{text}\""
    ))
}

fn failure(error: ReplayError) -> Failure {
    match error {
        ReplayError::Write(error) => Failure::output(error),
        ReplayError::Read(_) | ReplayError::DeadLetters { .. } => Failure::other(error),
    }
}
