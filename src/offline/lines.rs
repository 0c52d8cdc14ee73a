//! The lines of several files, one after the other, with bounded memory: plain, gzip or zstd, and standard input.
//!
//! The form is told by the first bytes, not by the name. Empty lines are skipped; their numbers are not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

/// Bytes of a line that are kept; of a longer one only so many reach the decoder, which refuses it as too large.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// The path that means standard input.
pub const STDIN: &str = "-";

/// Why the lines ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is missing, or may not be read.
    #[error("cannot open input file {}", path.display())]
    Open {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read on: a disk fault, or a compressed file that is damaged or cut off.
    #[error("cannot read input file {} beyond line {line}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// The last line that was read whole.
        line: u64,
        /// Why.
        source: io::Error,
    },
}

/// One line, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The file it stands in.
    pub file: &'a Path,
    /// Number in its file, from 1.
    pub number: u64,
    /// What it holds, at most `LINE_BYTES_MAX`.
    pub bytes: &'a [u8],
}

/// Reads the lines of files in the order given.
pub struct Lines {
    files: std::vec::IntoIter<PathBuf>,
    current: Option<Open>,
    buffer: Vec<u8>,
    read: u64,
}

struct Open {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    number: u64,
}

impl Lines {
    /// The lines of `files`. Each is opened once before the first is read, so that a missing one is told at once.
    pub fn open(files: Vec<PathBuf>) -> Result<Lines, ReadError> {
        for path in files.iter().filter(|path| !is_stdin(path)) {
            let found = File::open(path).and_then(|mut file| file.read(&mut [0]));
            found.map_err(|source| ReadError::Open { path: path.clone(), source })?;
        }
        Ok(Lines { files: files.into_iter(), current: None, buffer: Vec::new(), read: 0 })
    }

    /// The next line that is not empty; `None` after the last file's last.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        while self.open_next()? {
            let open = self.current.as_mut().expect("open_next opened it");
            self.buffer.clear();
            match read_line(&mut open.reader, &mut self.buffer) {
                Ok(0) => self.current = None,
                Ok(length) => {
                    open.number += 1;
                    self.read += length;
                    if self.buffer.iter().any(|byte| !byte.is_ascii_whitespace()) {
                        break;
                    }
                }
                Err(source) => {
                    let (path, line) = (open.path.clone(), open.number);
                    return Err(ReadError::Read { path, line, source });
                }
            }
        }
        Ok(self.current.as_ref().map(|open| Line { file: &open.path, number: open.number, bytes: &self.buffer }))
    }

    /// Opens the next file unless one is open; false after the last.
    fn open_next(&mut self) -> Result<bool, ReadError> {
        if self.current.is_none() {
            let Some(path) = self.files.next() else { return Ok(false) };
            let reader = reader(&path).map_err(|source| ReadError::Open { path: path.clone(), source })?;
            self.current = Some(Open { path, reader, number: 0 });
        }
        Ok(true)
    }

    /// Bytes of all lines so far, uncompressed, for a progress display.
    pub fn bytes_read(&self) -> u64 {
        self.read
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// Appends one line to `line`, at most `LINE_BYTES_MAX` of it, and returns how long it was with its end; 0 at the end
/// of the file.
fn read_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    let mut length = 0;
    loop {
        let part = match reader.fill_buf() {
            Ok(part) => part,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = memchr::memchr(b'\n', part);
        let text = &part[..end.unwrap_or(part.len())];
        let room = LINE_BYTES_MAX - line.len();
        line.extend_from_slice(&text[..text.len().min(room)]);
        let used = end.map_or(part.len(), |end| end + 1);
        let finished = end.is_some() || part.is_empty();
        reader.consume(used);
        length += used as u64;
        if finished {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(length);
        }
    }
}

fn reader(path: &Path) -> io::Result<Box<dyn BufRead>> {
    const BLOCK: usize = 1 << 17;
    let raw: Box<dyn Read> = if is_stdin(path) { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    let mut raw = BufReader::with_capacity(BLOCK, raw);
    let mut head = Vec::new();
    raw.by_ref().take(4).read_to_end(&mut head)?;
    let gzip = head.starts_with(&[0x1f, 0x8b]);
    let zstd = head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    if head.starts_with("\u{feff}".as_bytes()) {
        // A byte order mark, as some exports begin with.
        head.drain(..3);
    }
    let raw = io::Cursor::new(head).chain(raw);
    Ok(if gzip {
        Box::new(BufReader::with_capacity(BLOCK, MultiGzDecoder::new(raw)))
    } else if zstd {
        Box::new(BufReader::with_capacity(BLOCK, zstd::stream::read::Decoder::with_buffer(raw)?))
    } else {
        Box::new(raw)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn all(lines: &mut Lines) -> Result<Vec<(u64, String)>, ReadError> {
        let mut out = Vec::new();
        while let Some(line) = lines.next_line()? {
            out.push((line.number, String::from_utf8_lossy(line.bytes).into_owned()));
        }
        Ok(out)
    }

    fn files(contents: &[&[u8]]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let dir = tempfile::tempdir().unwrap();
        let write = |(i, bytes): (usize, &&[u8])| {
            let path = dir.path().join(format!("part-{i}"));
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let paths = contents.iter().enumerate().map(write).collect();
        (dir, paths)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn lines_come_in_order_and_empty_ones_are_skipped_but_counted() {
        for (text, lines) in [
            ("a\nb\n", vec![(1, "a"), (2, "b")]),
            ("a\n\n \t\r\nb", vec![(1, "a"), (4, "b")]),
            ("a\r\nb\r\n", vec![(1, "a"), (2, "b")]),
            ("", vec![]),
            ("\n\n", vec![]),
            ("{", vec![(1, "{")]),
            ("\u{feff}a\nb", vec![(1, "a"), (2, "b")]),
            ("\u{feff}", vec![]),
        ] {
            let (_dir, paths) = files(&[text.as_bytes()]);
            let got = all(&mut Lines::open(paths).unwrap()).unwrap();
            let want: Vec<_> = lines.into_iter().map(|(n, line)| (n, line.to_owned())).collect();
            assert_eq!(got, want, "{text:?}");
        }
    }

    #[test]
    fn compressed_and_plain_files_are_read_alike_one_after_the_other() {
        let zst = zstd::encode_all(&b"c\nd\n"[..], 1).unwrap();
        // Two gzip members in one file, as `cat a.gz b.gz` makes it.
        let gz = [gzip(b"a\n"), gzip(b"b\n")].concat();
        let (_dir, paths) = files(&[&gz, &zst, b"e"]);
        let got = all(&mut Lines::open(paths).unwrap()).unwrap();
        let text: Vec<_> = got.iter().map(|(n, line)| format!("{n}{line}")).collect();
        assert_eq!(text, ["1a", "2b", "1c", "2d", "1e"]);
    }

    #[test]
    fn a_file_that_is_cut_off_is_an_error_with_its_name_and_line() {
        let text: String = (0..100_000).map(|i| format!("{{\"n\":{i}}}\n")).collect();
        for whole in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 1).unwrap()] {
            let (_dir, paths) = files(&[&whole[..whole.len() / 2]]);
            let mut lines = Lines::open(paths.clone()).unwrap();
            let error = all(&mut lines).unwrap_err();
            let ReadError::Read { path, line, .. } = &error else { panic!("{error:?}") };
            assert_eq!(path, &paths[0]);
            assert!((1..100_000).contains(line), "{line}");
            assert_eq!(error.to_string(), format!("cannot read input file {} beyond line {line}", paths[0].display()));
        }
    }

    #[test]
    fn a_missing_file_is_told_before_anything_is_read() {
        let (dir, mut paths) = files(&[b"a\n"]);
        paths.push(dir.path().join("missing.ndjson"));
        let error = Lines::open(paths.clone()).err().unwrap();
        assert_eq!(error.to_string(), format!("cannot open input file {}", paths[1].display()));
        // So is a folder.
        assert!(matches!(Lines::open(vec![dir.path().to_owned()]), Err(ReadError::Open { .. })));
    }

    #[test]
    fn of_a_very_long_line_only_the_beginning_is_kept() {
        let long = [b"x".repeat(LINE_BYTES_MAX + 5_000), b"\nb\n".to_vec()].concat();
        let (_dir, paths) = files(&[&long]);
        let got = all(&mut Lines::open(paths).unwrap()).unwrap();
        assert_eq!(got.iter().map(|(n, line)| (*n, line.len())).collect::<Vec<_>>(), [(1, LINE_BYTES_MAX), (2, 1)]);
    }
}
