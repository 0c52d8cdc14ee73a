//! Which events of a customer were seen lately, so that a repeat has no effect.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::hash::hash64;
use super::tight::push_tight;
use crate::model::{Event, Span, Time};

/// Hashes of the last events of one customer with the day each was seen, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecentIds {
    hashes: ThinVec<u64>,
    /// Event time's UTC day of the hash at the same index, days since 1970.
    days: ThinVec<u16>,
}

/// Hash of what makes an event the same event within a customer's tenant: its source and id.
pub fn id_hash(event: &Event<'_>) -> u64 {
    hash64(event.id.as_bytes(), hash64(event.source.as_bytes(), 0x6475_7065))
}

impl RecentIds {
    /// Whether an event with this hash was seen and is still remembered.
    pub fn contains(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    /// Remembers `hash`; forgets what is older than `max_age` before `time`, and the oldest beyond `capacity`.
    pub fn insert(&mut self, hash: u64, time: Time, capacity: usize, max_age: Span) {
        let day = time.day().clamp(0, i32::from(u16::MAX)) as u16;
        let oldest_kept = (time - max_age).day();
        let too_old = self.days.iter().take_while(|&&d| i32::from(d) < oldest_kept).count();
        let too_many = (self.hashes.len() + 1).saturating_sub(capacity);
        let drop = too_old.max(too_many).min(self.hashes.len());
        if drop > 0 {
            self.hashes.drain(..drop);
            self.days.drain(..drop);
        }
        if capacity > 0 {
            push_tight(&mut self.hashes, hash);
            push_tight(&mut self.days, day);
        }
    }

    /// How many ids are remembered.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_forgotten_by_number_and_by_age() {
        let mut recent = RecentIds::default();
        for n in 0..5 {
            recent.insert(n, Time(0), 3, Span::days(30));
        }
        assert_eq!((0..5).map(|n| recent.contains(n)).collect::<Vec<_>>(), [false, false, true, true, true]);
        recent.insert(9, Time(0) + Span::days(31), 3, Span::days(30));
        assert_eq!(recent.len(), 1);
        assert!(recent.contains(9));
    }

    #[test]
    fn a_capacity_of_zero_remembers_nothing() {
        let mut recent = RecentIds::default();
        recent.insert(1, Time(0), 0, Span::days(30));
        assert!(recent.is_empty());
    }
}
