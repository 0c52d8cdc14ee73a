//! What is committed beside an offset: the watermark and what proves and repeats a commit.
//!
//! Base64 of a format byte and a postcard body, far below the broker's limit of 4096 bytes. Every format that was ever
//! released stays readable: `tests/golden/commit_metadata` holds one of each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use crate::engine::Clock;
use crate::model::{NextOffset, Time};

const FORMAT: u8 = 1;

/// What a task must know to go on from a committed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitMetadata {
    /// Watermark and unconfirmed jump at the committed offset.
    pub clock: Clock,
    /// Counts the commits of the partition, so that a doubtful one can be recognised.
    pub sequence: u64,
    /// The rules in force.
    pub rules: u32,
    /// From where the input must be read again before the state is complete.
    pub redo: RedoPoint,
}

/// The smallest offset of the input that the changelog does not cover, and what held there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedoPoint {
    /// At most the committed offset.
    pub next: NextOffset,
    /// Watermark and unconfirmed jump there.
    pub clock: Clock,
    /// The rules in force there.
    pub rules: u32,
}

/// Why metadata cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by a later version of this program.
    #[error("written by a newer version (format {0}; known is {FORMAT})")]
    Newer(u8),
    /// Written by something else.
    #[error("not written by this program")]
    Foreign,
}

/// Format 1.
#[derive(Serialize, Deserialize)]
struct Body {
    watermark: Option<i64>,
    unconfirmed: Option<i64>,
    sequence: u64,
    rules: u32,
    redo_next: i64,
    redo_watermark: Option<i64>,
    redo_unconfirmed: Option<i64>,
    redo_rules: u32,
}

impl CommitMetadata {
    /// As it is committed.
    pub fn encode(&self) -> String {
        let body = Body {
            watermark: self.clock.watermark.map(|t| t.0),
            unconfirmed: self.clock.unconfirmed.map(|t| t.0),
            sequence: self.sequence,
            rules: self.rules,
            redo_next: self.redo.next.0,
            redo_watermark: self.redo.clock.watermark.map(|t| t.0),
            redo_unconfirmed: self.redo.clock.unconfirmed.map(|t| t.0),
            redo_rules: self.redo.rules,
        };
        let bytes = postcard::to_extend(&body, vec![FORMAT]).expect("plain numbers, and a vector takes them all");
        BASE64.encode(bytes)
    }

    /// Reads what [`encode`](CommitMetadata::encode) wrote, now or in any released version.
    pub fn decode(metadata: &str) -> Result<CommitMetadata, Unreadable> {
        let bytes = BASE64.decode(metadata).map_err(|_| Unreadable::Foreign)?;
        let body: Body = match bytes.split_first() {
            Some((&FORMAT, body)) => postcard::from_bytes(body).map_err(|_| Unreadable::Foreign)?,
            Some((0, _)) | None => return Err(Unreadable::Foreign),
            Some((&format, _)) => return Err(Unreadable::Newer(format)),
        };
        let clock = |watermark: Option<i64>, unconfirmed: Option<i64>| Clock {
            watermark: watermark.map(Time),
            unconfirmed: unconfirmed.map(Time),
        };
        Ok(CommitMetadata {
            clock: clock(body.watermark, body.unconfirmed),
            sequence: body.sequence,
            rules: body.rules,
            redo: RedoPoint {
                next: NextOffset(body.redo_next),
                clock: clock(body.redo_watermark, body.redo_unconfirmed),
                rules: body.redo_rules,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> CommitMetadata {
        CommitMetadata {
            clock: Clock { watermark: Some(Time(1_772_636_531_000)), unconfirmed: Some(Time(1_800_000_000_000)) },
            sequence: 77,
            rules: 3,
            redo: RedoPoint {
                next: NextOffset(1_234_567),
                clock: Clock { watermark: Some(Time(1_772_636_000_000)), unconfirmed: None },
                rules: 2,
            },
        }
    }

    #[test]
    fn format_1_is_read_for_ever() {
        let golden = include_str!("../../tests/golden/commit_metadata/1").trim();
        assert_eq!(CommitMetadata::decode(golden), Ok(example()));
        assert_eq!(example().encode(), golden);
    }

    #[test]
    fn the_largest_fits_easily_into_what_the_broker_takes() {
        let clock = Clock { watermark: Some(Time::MIN), unconfirmed: Some(Time::MIN) };
        let redo = RedoPoint { next: NextOffset(i64::MAX), clock, rules: u32::MAX };
        let largest = CommitMetadata { clock, sequence: u64::MAX, rules: u32::MAX, redo };
        assert!(largest.encode().len() < 128, "{}", largest.encode().len());
        assert_eq!(CommitMetadata::decode(&largest.encode()), Ok(largest));
    }

    #[test]
    fn what_others_committed_says_so() {
        for (metadata, why) in [
            ("", Unreadable::Foreign),
            ("NONE", Unreadable::Newer(0x34)),
            ("not base64!", Unreadable::Foreign),
            ("AQ", Unreadable::Foreign),
            ("AgA", Unreadable::Newer(2)),
            ("AAAA", Unreadable::Foreign),
        ] {
            assert_eq!(CommitMetadata::decode(metadata), Err(why), "{metadata}");
        }
    }
}
