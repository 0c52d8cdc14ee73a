//! Standard output: buffered, and quiet when nobody reads it any more.

use std::fmt;
use std::io::{BufWriter, StdoutLock, Write, stdout};

use super::failure::Failure;

/// Where a command's answer goes.
pub(super) struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    pub(super) fn stdout() -> Out {
        Out(BufWriter::new(stdout().lock()))
    }

    /// Writes a part of the answer. For `write!`.
    pub(super) fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> Result<(), Failure> {
        self.0.write_fmt(text).map_err(Failure::output)
    }

    /// Ends the answer.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.0.flush().map_err(Failure::output)
    }
}
