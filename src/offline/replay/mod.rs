//! `replay`: files through the engine of the live service, without Kafka.
//!
//! ```text
//!  files ─▶ lines ─▶ decode ─▶ both stages ─▶ alerts, in order
//!                      └──────▶ dead letters
//! ```
//!
//! Memory is bounded by one line and by what the engine remembers. There is no wall clock: the same files give the
//! same bytes.

mod dead_letters;
mod partition;
mod summary;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use crate::codec::{Decoded, Decoder, alert};
use crate::engine::{Outcome, Rules, Step};
use crate::model::{Alert, Event, Time};
use crate::offline::stages::Stages;
use crate::wording::Wording;

use super::lines::{Lines, ReadError};
use dead_letters::DeadLetters;
pub use partition::partition;
pub use summary::Summary;

/// Where time stands at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// At the highest event time, without the bound for events out of order: everything due by then has fired.
    #[default]
    LastEvent,
    /// At this time; nothing more fires if the watermark is beyond it already.
    Time(Time),
    /// Where a live service stands after the last event if idle detection is off.
    Live,
}

impl Until {
    /// `live`, or a time in RFC 3339.
    pub fn parse(text: &str) -> Option<Until> {
        if text == "live" { Some(Until::Live) } else { Time::parse(text).map(Until::Time) }
    }
}

/// What to replay, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Read in this order; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// How many engines share the customers, at least 1.
    pub partitions: u32,
    /// Where time stands at the end.
    pub until: Until,
    /// Where dead letters go; none: they are only counted.
    pub dead_letters: Option<PathBuf>,
    /// The rules of every engine.
    pub rules: Arc<Rules>,
}

/// Why a replay ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The input.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The alerts have nowhere to go.
    #[error("could not write alerts")]
    Write(#[source] io::Error),
    /// The dead letters have nowhere to go.
    #[error("could not write dead letters to {}", path.display())]
    DeadLetters {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Replays `options.files` and writes every alert to `out`, one a line, in order. A reader of `out` that has gone away
/// ends it quietly. `progress` is told the number of events now and then.
pub fn run(
    options: &Options,
    decoder: &mut Decoder,
    wording: &Wording,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ReplayError> {
    let mut lines = Lines::open(options.files.clone())?;
    let mut letters = DeadLetters::open(options)?;
    let mut replay = Replay::new(options, wording, out);
    match replay.all(&mut lines, decoder, &mut letters, progress) {
        Err(ReplayError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        result => result?,
    }
    letters.flush()?;
    Ok(replay.summary())
}

/// The engines, and where their alerts go.
struct Replay<'r> {
    stages: Stages,
    until: Until,
    /// Highest time of an event that moved time.
    highest: Option<Time>,
    alerts: Vec<Alert>,
    summary: Summary,
    wording: &'r Wording,
    out: &'r mut dyn Write,
    text: Vec<u8>,
}

/// Alerts are written in blocks of this.
const BLOCK_BYTES: usize = 64 * 1_024;

impl<'r> Replay<'r> {
    fn new(options: &Options, wording: &'r Wording, out: &'r mut dyn Write) -> Replay<'r> {
        Replay {
            stages: Stages::new(&options.rules, options.partitions),
            until: options.until,
            highest: None,
            alerts: Vec::new(),
            summary: Summary::default(),
            wording,
            out,
            text: Vec::with_capacity(BLOCK_BYTES),
        }
    }

    fn all(
        &mut self,
        lines: &mut Lines,
        decoder: &mut Decoder,
        letters: &mut DeadLetters,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ReplayError> {
        while let Some(line) = lines.next_line()? {
            match decoder.decode(line.bytes) {
                Ok(Decoded::Event(event)) => self.apply(&event)?,
                Ok(Decoded::Dropped) => self.summary.count(Outcome::Filtered),
                Err(rejected) => {
                    self.summary.dead_letters += 1;
                    letters.write(line, rejected)?;
                }
            }
            self.summary.events += 1;
            if self.summary.events.is_multiple_of(4_096) {
                progress(self.summary.events);
            }
        }
        self.finish()?;
        self.out.write_all(&self.text).and_then(|()| self.out.flush()).map_err(ReplayError::Write)
    }

    fn apply(&mut self, event: &Event<'_>) -> Result<(), ReplayError> {
        loop {
            let step = self.stages.apply(event, &mut self.alerts);
            self.ship()?;
            if let Step::Done(outcome) = step {
                self.summary.count(outcome);
                if outcome != Outcome::AppliedAhead {
                    self.highest = self.highest.max(Some(event.time));
                }
                return Ok(());
            }
        }
    }

    /// Lets time run to where it shall stand at the end.
    fn finish(&mut self) -> Result<(), ReplayError> {
        let to = match (self.until, self.highest) {
            (Until::Time(to), _) | (Until::LastEvent, Some(to)) => to,
            (Until::Live, _) | (Until::LastEvent, None) => return Ok(()),
        };
        loop {
            let step = self.stages.advance(to, &mut self.alerts);
            self.ship()?;
            if let Step::Done(_) = step {
                return Ok(());
            }
        }
    }

    /// Writes what the engines want told.
    fn ship(&mut self) -> Result<(), ReplayError> {
        for alert in self.alerts.drain(..) {
            self.summary.count_alert(alert.transition);
            alert::encode(&alert, self.wording, &mut self.text);
            self.text.push(b'\n');
        }
        if self.text.len() >= BLOCK_BYTES {
            self.out.write_all(&self.text).map_err(ReplayError::Write)?;
            self.text.clear();
        }
        Ok(())
    }

    fn summary(mut self) -> Summary {
        self.summary.customers = self.stages.customers() as u64;
        self.summary
    }
}
