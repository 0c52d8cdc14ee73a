//! Dead letters as lines of JSON: where they stood, what is wrong, and the original bytes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{Options, ReplayError};
use crate::codec::Rejected;
use crate::offline::lines::Line;

/// One line: `{"line":n,"reason":"..","field":"..","value":"original text"}`.
#[derive(Serialize)]
struct DeadLetter<'a> {
    /// Which input, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a Path>,
    line: u64,
    reason: &'static str,
    field: Option<&'static str>,
    /// Present if the value is not the text itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    value: &'a str,
}

/// Where dead letters go.
pub struct DeadLetters {
    out: Option<(PathBuf, BufWriter<File>)>,
    several_files: bool,
}

impl DeadLetters {
    /// Creates the file that `options` names, if any.
    pub fn open(options: &Options) -> Result<DeadLetters, ReplayError> {
        let create = |path: &PathBuf| match File::create(path) {
            Ok(file) => Ok((path.clone(), BufWriter::new(file))),
            Err(source) => Err(ReplayError::DeadLetters { path: path.clone(), source }),
        };
        let out = options.dead_letters.as_ref().map(create).transpose()?;
        Ok(DeadLetters { out, several_files: options.files.len() > 1 })
    }

    /// Writes `line`, which was `rejected`.
    pub fn write(&mut self, line: Line<'_>, rejected: Rejected) -> Result<(), ReplayError> {
        let file = self.several_files.then_some(line.file);
        self.on_file(|out| write(out, file, line.number, rejected, line.bytes))
    }

    /// Everything is in the file.
    pub fn flush(&mut self) -> Result<(), ReplayError> {
        self.on_file(|out| out.flush())
    }

    fn on_file(&mut self, act: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), ReplayError> {
        let Some((path, out)) = &mut self.out else { return Ok(()) };
        act(out).map_err(|source| ReplayError::DeadLetters { path: path.clone(), source })
    }
}

/// Writes one dead letter. `file` is named only where `line` alone would not tell.
fn write(out: &mut dyn Write, file: Option<&Path>, line: u64, rejected: Rejected, bytes: &[u8]) -> io::Result<()> {
    let encoded;
    let (encoding, value) = match std::str::from_utf8(bytes) {
        Ok(text) => (None, text),
        Err(_) => {
            encoded = STANDARD.encode(bytes);
            (Some("base64"), encoded.as_str())
        }
    };
    let letter = DeadLetter { file, line, reason: rejected.reason.name(), field: rejected.field, encoding, value };
    serde_json::to_writer(&mut *out, &letter)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use crate::codec::Reason;

    use super::*;

    #[test]
    fn a_dead_letter_holds_its_place_its_reason_and_its_bytes() {
        let some = Some(Path::new("b.ndjson"));
        for (file, rejected, bytes, want) in [
            (
                None,
                Rejected::field(Reason::InvalidTime, "time"),
                &b"{\"time\":\"\xc3\xb1\"}"[..],
                r#"{"line":7,"reason":"invalid_time","field":"time","value":"{\"time\":\"ñ\"}"}"#,
            ),
            (
                some,
                Rejected::record(Reason::InvalidUtf8),
                b"\xff\x00",
                r#"{"file":"b.ndjson","line":7,"reason":"invalid_utf8","field":null,"encoding":"base64","value":"/wA="}"#,
            ),
        ] {
            let mut out = Vec::new();
            write(&mut out, file, 7, rejected, bytes).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{want}\n"));
        }
    }
}
