//! Which events of a customer were seen lately, so that a repeat has no effect.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::hash::hash64;
use super::tight::push_tight;
use crate::model::{Event, Span, Time};

/// Bits of an entry that hold the day.
const DAY_BITS: u32 = 9;
/// The days that can be told apart.
const DAYS: u64 = 1 << DAY_BITS;

/// The last events of one customer, oldest first: the upper 55 bits of each event's hash, and below them the UTC day
/// modulo 512 on which it was seen. One in 10^14 events is taken for a repeat by mistake.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecentIds {
    #[serde(with = "whole")]
    entries: ThinVec<u64>,
}

/// Stored as eight bytes each: half of all hashes would take ten as numbers usually are stored.
mod whole {
    use serde::{Deserialize, Deserializer, Serializer};
    use thin_vec::ThinVec;

    pub(super) fn serialize<S: Serializer>(entries: &ThinVec<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(entries.iter().map(|entry| entry.to_le_bytes()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ThinVec<u64>, D::Error> {
        let stored = ThinVec::<[u8; 8]>::deserialize(deserializer)?;
        let mut entries = ThinVec::new();
        entries.reserve_exact(stored.len());
        entries.extend(stored.into_iter().map(u64::from_le_bytes));
        Ok(entries)
    }
}

/// Hash of what makes an event the same event within a customer's tenant: its source and id.
pub fn id_hash(event: &Event<'_>) -> u64 {
    hash64(event.id.as_bytes(), hash64(event.source.as_bytes(), 0x6475_7065))
}

impl RecentIds {
    /// Whether an event with this hash was seen and is still remembered.
    pub fn contains(&self, hash: u64) -> bool {
        self.entries.iter().any(|entry| (entry ^ hash) >> DAY_BITS == 0)
    }

    /// Remembers `hash`; forgets what is older than `max_age`, at most 256 days, before `time`, and the oldest beyond
    /// `capacity`.
    pub fn insert(&mut self, hash: u64, time: Time, capacity: usize, max_age: Span) {
        let day = (time.day() as u64) % DAYS;
        let max_days = (max_age.0 / Span::days(1).0).clamp(0, 256) as u64;
        // An entry of a later day than `time` has come before a late event: it looks older than half the circle.
        let is_old = |entry: u64| (max_days + 1..DAYS / 2 + 1).contains(&((day + DAYS - entry % DAYS) % DAYS));
        let too_old = self.entries.iter().take_while(|&&entry| is_old(entry)).count();
        let too_many = (self.entries.len() + 1).saturating_sub(capacity);
        let drop = too_old.max(too_many).min(self.entries.len());
        if drop > 0 {
            self.entries.drain(..drop);
        }
        if capacity > 0 {
            push_tight(&mut self.entries, hash & !(DAYS - 1) | day);
        }
    }

    /// Takes in the ids of the same customer under another name; the oldest beyond `capacity` are forgotten.
    pub fn absorb(&mut self, other: RecentIds, capacity: usize) {
        let mut entries = other.entries;
        entries.extend(self.entries.drain(..));
        let beyond = entries.len().saturating_sub(capacity);
        entries.drain(..beyond);
        self.entries = entries;
    }

    /// How many ids are remembered.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_forgotten_by_number_and_by_age() {
        let mut recent = RecentIds::default();
        let hash = |n: u64| n << DAY_BITS;
        for n in 0..5 {
            recent.insert(hash(n), Time(0), 3, Span::days(30));
        }
        assert_eq!((0..5).map(|n| recent.contains(hash(n))).collect::<Vec<_>>(), [false, false, true, true, true]);
        recent.insert(hash(8), Time(0) + Span::days(30), 4, Span::days(30));
        assert_eq!(recent.len(), 4);
        recent.insert(hash(9), Time(0) + Span::days(31), 4, Span::days(30));
        assert_eq!(recent.len(), 2);
        assert!(recent.contains(hash(8)) && recent.contains(hash(9)));
        recent.insert(hash(10), Time(0) + Span::days(10), 4, Span::days(30));
        assert_eq!(recent.len(), 3, "a late event makes nothing old");
    }

    #[test]
    fn a_capacity_of_zero_remembers_nothing() {
        let mut recent = RecentIds::default();
        recent.insert(1, Time(0), 0, Span::days(30));
        assert!(recent.is_empty());
    }
}
