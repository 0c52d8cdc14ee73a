//! What an event means: `(state, input) -> (state, effects)`.
//!
//! **Invariant:** no I/O, no clock, no randomness, no logging, no configuration file, and it cannot fail. The same
//! inputs in the same order give the same effects, byte for byte: replay, simulation and bug reports lean on it.

pub mod customer;
pub mod rules;

use std::sync::Arc;

pub use customer::Customer;
pub use rules::Rules;

use crate::model::{Alert, CustomerKey, Event, Time};

/// What the engine wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell subscribers about a transition of an alert.
    Alert(Box<Alert>),
}

/// What became of an event. `consumed = applied + duplicate + too late + filtered` (+ dead, decided before the engine).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It had its effect.
    Applied,
    /// It had its effect although the watermark had passed its time.
    AppliedLate,
    /// It had its effect but did not move time: too far ahead of the watermark or the wall clock.
    AppliedAhead,
    /// Seen before: no effect.
    Duplicate,
    /// Further behind the watermark than the limit: no effect.
    TooLate,
    /// About nobody, or about an alert that is not known: no effect.
    Filtered,
}

/// How far one call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// As many timers as one call may fire have fired; ship the effects and call again with the same input.
    Again,
    /// The input is done.
    Done(Outcome),
}

/// The watermark and what it needs to go on after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Highest event time seen minus the out-of-orderness bound; none before the first event.
    pub watermark: Option<Time>,
    /// A single time too far ahead to be believed until a second one confirms it.
    pub unconfirmed: Option<Time>,
}

/// The customers of one partition.
pub struct Engine {
    rules: Arc<Rules>,
    clock: Clock,
}

/// Timers that one call fires at most.
pub const TIMERS_PER_STEP: usize = 1_000;

impl Engine {
    /// An engine without customers.
    pub fn new(rules: Arc<Rules>) -> Engine {
        Engine { rules, clock: Clock::default() }
    }

    /// The watermark.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// How many customers are remembered.
    pub fn customers(&self) -> usize {
        todo!()
    }

    /// Fires what was due before the event, then applies the event. Effects are appended to `effects`.
    pub fn apply(&mut self, event: &Event<'_>, effects: &mut Vec<Effect>) -> Step {
        let _ = (event, effects, &self.rules);
        todo!()
    }

    /// Moves the watermark to `to`, if that is ahead, and fires every timer due by then: idle partitions, `--until`.
    pub fn advance(&mut self, to: Time, effects: &mut Vec<Effect>) -> Step {
        let _ = (to, effects);
        todo!()
    }

    /// The wall clock, for `max_future_skew`; without a call there is no such limit.
    pub fn observe_wall_clock(&mut self, now: Time) {
        let _ = now;
        todo!()
    }

    /// When the earliest timer is due.
    pub fn next_timer(&self) -> Option<Time> {
        todo!()
    }

    /// Whether any customer changed since the last `take_changed`.
    pub fn has_changed(&self) -> bool {
        todo!()
    }

    /// Hands each customer changed since the last call to `write`, in the order of the first change; `None`: gone.
    pub fn take_changed(&mut self, write: &mut dyn FnMut(&CustomerKey, Option<&Customer>)) {
        let _ = write;
        todo!()
    }

    /// Puts a customer back as the changelog had them, replacing what was there. Only before the first input.
    pub fn restore(&mut self, customer: Customer) {
        let _ = customer;
        todo!()
    }

    /// Removes a customer as a tombstone in the changelog says. Only before the first input.
    pub fn restore_gone(&mut self, key: &CustomerKey) {
        let _ = key;
        todo!()
    }

    /// Ends the restore: the watermark comes back; nothing fires until the next input.
    pub fn restored(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// Every customer, in no particular order.
    pub fn each_customer(&self, visit: &mut dyn FnMut(&Customer)) {
        let _ = visit;
        todo!()
    }
}
