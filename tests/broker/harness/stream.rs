//! Input that goes on while faults happen.

use std::time::Duration;

use churnwatch::offline::generate::Generator;

use super::{Fold, Input, Process, Scene, company, wait_until};

/// Input that goes on while members come and go.
pub struct Stream<'s> {
    generator: Generator,
    pub input: Input,
    fold: Fold,
    scene: &'s Scene,
}

impl Stream<'_> {
    /// Input of so many events.
    pub fn new(scene: &Scene, events: u64, seed: u64) -> Stream<'_> {
        let generator = Generator::new(company(2_000, events, seed));
        Stream { generator, input: scene.writer(), fold: Fold::new(scene), scene }
    }

    /// Writes so many events at once. False: there are no more.
    pub fn write(&mut self, events: u64) -> bool {
        for _ in 0..events {
            let Some(record) = self.generator.next_record() else { return false };
            self.input.write(record.key, record.value);
            self.fold.apply(record.key, record.value);
        }
        true
    }

    /// Writes a little and again until `what` is true.
    pub fn write_until(&mut self, why: &str, mut what: impl FnMut() -> bool) {
        wait_until(Duration::from_secs(60), why, || {
            assert!(self.write(20), "the input is over before {why}");
            what()
        });
    }

    /// Writes the rest, waits until it is done, stops the processes, and compares.
    pub fn end(mut self, processes: &mut [&mut Process]) {
        while self.write(1_000) {}
        self.input.flush();
        self.scene.wait_until_done(Duration::from_secs(120));
        for process in processes {
            process.stop();
        }
        self.fold.assert_equals(self.scene);
    }
}
