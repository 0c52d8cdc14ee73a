//! In which order the day is told, and where.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::app::failure::Failure;
use crate::app::output::Out;
use crate::model::Time;
use crate::offline::demo::story::DAY_ENDS;
use crate::offline::demo::{Record, Story, Style, Teller};

/// Tells the day on standard output.
pub(super) struct Telling<'o> {
    teller: Teller,
    /// What is held back until the end, if anything is: at full speed every event is sent before the first alert is
    /// back, so only then can all be put in order.
    held: Option<Vec<(Time, String)>>,
    out: &'o mut Out,
}

/// What an alert's place in the day is told by.
#[derive(Deserialize)]
struct When {
    updated_at: String,
}

impl<'o> Telling<'o> {
    /// With `in_order`, everything is told in the order of time at the end; otherwise at once.
    pub(super) fn new(story: &Story, in_order: bool, out: &'o mut Out) -> Telling<'o> {
        Telling { teller: Teller::new(story, Style::of_stdout()), held: in_order.then(Vec::new), out }
    }

    /// Before the day. `http`: where to look meanwhile.
    pub(super) fn open(&mut self, story: &Story, http: Option<SocketAddr>) -> Result<(), Failure> {
        write!(self.out, "{}", self.teller.opening(story.history.len(), story.day.len()))?;
        if let Some(address) = http {
            writeln!(self.out, "  Meanwhile http://{address}/metrics has the numbers. Ctrl-C ends the demo.")?;
        }
        self.out.finish()
    }

    /// What happened.
    pub(super) fn event(&mut self, record: &Record) -> Result<(), Failure> {
        match self.teller.event(record) {
            Some(text) => self.tell(record.arrives, text),
            None => Ok(()),
        }
    }

    /// What was made of it, as JSON. What fell due only after the day is not told.
    pub(super) fn alert(&mut self, json: &[u8]) -> Result<(), Failure> {
        let When { updated_at } = serde_json::from_slice(json).map_err(Failure::other)?;
        let at = Time::parse(&updated_at).unwrap_or(Time::MIN);
        if at > DAY_ENDS {
            return Ok(());
        }
        let text = self.teller.alert(json).map_err(Failure::other)?;
        self.tell(at, text)
    }

    /// After the day.
    pub(super) fn close(&mut self) -> Result<(), Failure> {
        let mut held = self.held.take().unwrap_or_default();
        // Stable: an alert stays behind the event of the same moment that led to it, which was sent first.
        held.sort_by_key(|(at, _)| *at);
        for (_, text) in held {
            write!(self.out, "{text}")?;
        }
        write!(self.out, "{}", self.teller.closing())?;
        self.out.finish()
    }

    fn tell(&mut self, at: Time, text: String) -> Result<(), Failure> {
        match &mut self.held {
            Some(held) => held.push((at, text)),
            None if text.is_empty() => {}
            None => {
                write!(self.out, "{text}")?;
                self.out.finish()?;
            }
        }
        Ok(())
    }
}
