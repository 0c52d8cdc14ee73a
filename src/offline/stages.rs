//! Both stages in one process, without topics between them: what a replay and a transcript run.
//!
//! ```text
//!  event ─▶ partition of its key ─▶ stage of the customers ──▶ alerts
//!                                     │ facts        ▲ holds
//!                                     ▼              │
//!                                   stage of the cohorts ──▶ alerts
//! ```
//!
//! **Order:** what the customers' stage wants done is done in its order. A fact for a cohort has its effect at once, and
//! what comes of that right after it, before anything else. The cohorts' time is the least of the partitions' times; at
//! one instant customers' timers come before cohorts', and the partitions in the order of their numbers. The same events
//! so give the same alerts; with another number of partitions, alerts about cohorts may differ in their order and, where
//! partitions' times lie apart, in what was known when.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::engine::cohort::Clocks;
use crate::engine::{Cohorts, Effect, Engine, Outcome, Rules, Step};
use crate::model::{Alert, Data, Event, Partition, Time};

use super::replay::partition;

/// The engines of both stages.
pub struct Stages {
    customers: Vec<Engine>,
    cohorts: Cohorts,
    clocks: Clocks,
    /// Reused: what a step wants done.
    effects: Vec<Effect>,
    /// Reused: what is still to do, first to last.
    queue: VecDeque<Effect>,
}

impl Stages {
    /// Both stages, the customers in so many partitions, at least one.
    pub fn new(rules: &Arc<Rules>, partitions: u32) -> Stages {
        let engine = |_| match partitions {
            0 | 1 => Engine::new(rules.clone()),
            _ => Engine::of_many(rules.clone()),
        };
        Stages {
            customers: (0..partitions.max(1)).map(engine).collect(),
            cohorts: Cohorts::new(rules.clone()),
            clocks: Clocks::default(),
            effects: Vec::new(),
            queue: VecDeque::new(),
        }
    }

    /// Lets an event have its effect. `Again`: alerts enough for now; take them and call again with the same event.
    pub fn apply(&mut self, event: &Event<'_>, alerts: &mut Vec<Alert>) -> Step {
        let at = self.partition_of(record_key(event));
        // What cohorts have to say before the event comes before it.
        if self.cohorts.next_timer().is_some_and(|due| due < event.time)
            && let Some(to) = self.customers[at].time_before(event)
            && self.run(at..at + 1, to, alerts) == Step::Again
        {
            return Step::Again;
        }
        let step = self.customers[at].apply(event, &mut self.effects);
        self.carry_out(at, alerts);
        if step != Step::Again {
            self.follow(at, alerts);
        }
        step
    }

    /// Moves time to `to` in every partition and fires what is due by then, instant by instant. `Again` as in `apply`.
    pub fn advance(&mut self, to: Time, alerts: &mut Vec<Alert>) -> Step {
        self.run(0..self.customers.len(), to, alerts)
    }

    /// Moves time to `to` in these partitions.
    fn run(&mut self, partitions: Range<usize>, to: Time, alerts: &mut Vec<Alert>) -> Step {
        /// Alerts after which the caller gets its turn.
        const ENOUGH: usize = 10_000;
        let enough = alerts.len() + ENOUGH;
        let mut before = Time::MIN;
        loop {
            let customers = self.customers[partitions.clone()].iter().filter_map(Engine::next_timer);
            // One that is held up by another partition stays behind.
            let cohorts = self.cohorts.next_timer().filter(|due| *due > before);
            let next = customers.chain(cohorts).min().map_or(to, |next| next.min(to));
            for at in partitions.clone() {
                while self.customers[at].advance(next, &mut self.effects) == Step::Again {
                    self.carry_out(at, alerts);
                }
                self.carry_out(at, alerts);
                self.observe(at);
            }
            self.keep_up(alerts);
            if next == to {
                return Step::Done(Outcome::Applied);
            }
            before = next;
            if alerts.len() >= enough {
                return Step::Again;
            }
        }
    }

    /// How many customers are remembered.
    pub fn customers(&self) -> usize {
        self.customers.iter().map(Engine::customers).sum()
    }

    /// How many cohorts are remembered.
    pub fn cohorts(&self) -> usize {
        self.cohorts.len()
    }

    fn partition_of(&self, key: &str) -> usize {
        partition(key.as_bytes(), self.customers.len() as u32) as usize
    }

    /// The cohorts' time follows that of partition `at`.
    fn follow(&mut self, at: usize, alerts: &mut Vec<Alert>) {
        self.observe(at);
        self.keep_up(alerts);
    }

    fn observe(&mut self, at: usize) {
        if let Some(watermark) = self.customers[at].clock().watermark {
            self.clocks.observe(Partition(at as i32), watermark);
        }
    }

    /// The cohorts' time catches up with the customers'.
    fn keep_up(&mut self, alerts: &mut Vec<Alert>) {
        let Some(least) = self.clocks.least().filter(|least| Some(*least) > self.cohorts.clock()) else { return };
        loop {
            let step = self.cohorts.advance(least, &mut self.effects);
            self.carry_out(0, alerts);
            if step != Step::Again {
                return;
            }
        }
    }

    /// Does what the last step wanted done; facts in it come from partition `from`.
    fn carry_out(&mut self, from: usize, alerts: &mut Vec<Alert>) {
        self.queue.extend(self.effects.drain(..));
        while let Some(effect) = self.queue.pop_front() {
            match effect {
                Effect::Alert(alert) => alerts.push(*alert),
                Effect::Hold(home, hold) => {
                    self.customers[home.0 as usize].hold(&hold, &mut self.effects);
                }
                Effect::Cohort(fact) => {
                    self.clocks.observe(Partition(from as i32), fact.clock);
                    if let Some(least) = self.clocks.least() {
                        while self.cohorts.advance(least, &mut self.effects) == Step::Again {}
                    }
                    self.cohorts.apply(Partition(from as i32), &fact, &mut self.effects);
                }
            }
            // What came of it is done before what was to be done after it.
            for effect in self.effects.drain(..).rev() {
                self.queue.push_front(effect);
            }
        }
    }
}

/// The key that the record of `event` has in the topic: the customer, or what an event about nobody is about.
fn record_key<'e>(event: &'e Event<'_>) -> &'e str {
    if !event.customer_id.is_empty() {
        return &event.customer_id;
    }
    match &event.data {
        Data::Service(service) => event.object_id(&service.incident_id),
        _ => event.object_id(&None),
    }
}
