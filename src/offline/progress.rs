//! How far long work has got, on a terminal and nowhere else.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// A line on standard error that is written over while work goes on, and wiped at its end.
pub struct Progress {
    what: &'static str,
    on: bool,
    started: Instant,
    shown: Option<Instant>,
}

/// Work that is done sooner shows nothing.
const QUIET: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(200);

impl Progress {
    /// Progress of `what`, for example `events`; silent unless standard error is a terminal.
    pub fn new(what: &'static str) -> Progress {
        Progress { what, on: std::io::stderr().is_terminal(), started: Instant::now(), shown: None }
    }

    /// `done` of `total` so far; without a total, if nobody knows it.
    pub fn show(&mut self, done: u64, total: Option<u64>) {
        let now = Instant::now();
        if !self.on || now - self.started < QUIET || self.shown.is_some_and(|shown| now - shown < INTERVAL) {
            return;
        }
        self.shown = Some(now);
        let text = line(self.what, done, total, now - self.started);
        // Nothing depends on whether the line could be shown.
        let _ = write!(std::io::stderr(), "\r{text}\x1b[K");
    }

    /// Wipes the line.
    pub fn end(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

fn line(what: &str, done: u64, total: Option<u64>, since: Duration) -> String {
    let a_second = (done as f64 / since.as_secs_f64().max(0.001)) as u64;
    let mut text = format!("{} {what}, {} a second", grouped(done), grouped(a_second));
    if let Some(total) = total.filter(|total| *total > 0) {
        text.push_str(&format!(", {} %", done.min(total) * 100 / total));
    }
    text
}

/// Thousands apart: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn the_line_says_how_many_how_fast_and_how_far() {
        let second = Duration::from_secs(1);
        assert_eq!(line("events", 2_000, Some(8_000), second), "2,000 events, 2,000 a second, 25 %");
        assert_eq!(line("events", 2_000, None, second), "2,000 events, 2,000 a second");
    }
}
