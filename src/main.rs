//! Arguments -> config -> app -> exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use churnwatch::app;
use churnwatch::cli::Arguments;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Err(failure) = app::run(Arguments::parse().command) else { return ExitCode::SUCCESS };
    if let Some(message) = failure.message() {
        // A reader of stderr that has gone away is no reason to panic.
        let _ = writeln!(std::io::stderr(), "churnwatch: {message}");
    }
    ExitCode::from(failure.exit_code())
}
