//! One timer per customer: the earliest of all its deadlines.
//!
//! A customer stands in the queue once, at a time not later than its earliest deadline. When a deadline moves back the
//! entry stays where it is, and is put off when it comes up: most events then cost no queue operation.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::Time;

/// Number of a customer in the store.
pub type Slot = u32;

/// Customers by the time at which they must be looked at. Entries may be stale: the customer knows its true place.
#[derive(Default)]
pub struct TimerQueue {
    heap: BinaryHeap<Reverse<(Time, Slot)>>,
}

impl TimerQueue {
    /// Puts a customer in.
    pub fn push(&mut self, due: Time, slot: Slot) {
        self.heap.push(Reverse((due, slot)));
    }

    /// The earliest entry, if it is due by `upto`.
    pub fn pop(&mut self, upto: Time) -> Option<(Time, Slot)> {
        let Reverse((due, _)) = self.heap.peek()?;
        if *due > upto {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// When the earliest entry is due.
    pub fn peek(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((due, _))| *due)
    }

    /// Entries, stale ones included.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Drops the entries that `is_current` does not know.
    pub fn retain(&mut self, is_current: impl Fn(Time, Slot) -> bool) {
        self.heap.retain(|Reverse((due, slot))| is_current(*due, *slot));
    }
}
