//! The synthetic company as its users get it: always the same bytes, all of it readable, every kind of alert in it.

use std::collections::HashSet;
use std::hash::Hasher;

use churnwatch::codec;
use churnwatch::engine::Step;
use churnwatch::model::{EventType, Kind};
use churnwatch::offline::generate::{Generator, Options, Skew};
use churnwatch::offline::stages::Stages;

/// FNV-1a, 64 bits.
struct Digest(u64);

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Over (key, value, line feed) of every record.
fn digest(options: Options) -> u64 {
    let mut digest = Digest(0xcbf2_9ce4_8422_2325);
    let mut generator = Generator::new(options);
    while let Some(record) = generator.next_record() {
        digest.write(record.key);
        digest.write(record.value);
        digest.write(b"\n");
    }
    digest.finish()
}

#[test]
fn the_bytes_are_those_of_every_other_machine() {
    // They change only when the company is changed, which changes every figure that was measured with it.
    for (options, want) in [
        (Options::new(1_000, 50_000, 1), 0xf7c5_fc00_0fd6_746e),
        (Options { skew: Skew::Cubic, ..Options::new(100_000, 50_000, 7) }, 0xe080_2526_18d5_f630),
    ] {
        let got = digest(options);
        assert_eq!(got, want, "{options:?}: {got:#x}");
    }
}

#[test]
fn every_event_is_read_and_every_kind_of_alert_happens() {
    let mut stages = Stages::new(&Default::default(), 1);
    let mut told = Vec::new();
    let mut kinds = HashSet::new();
    let (mut alerts, mut unknown) = (0, 0);
    let events = 150_000;
    let mut generator = Generator::new(Options { skew: Skew::Cubic, ..Options::new(2_400, events, 5) });
    while let Some(record) = generator.next_record() {
        let event = codec::decode(record.value).unwrap_or_else(|error| panic!("{error}"));
        unknown += u32::from(event.event_type == EventType::Unknown);
        while stages.apply(&event, &mut told) == Step::Again {}
        for alert in told.drain(..) {
            kinds.insert(alert.kind);
            alerts += 1;
        }
    }
    let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "no alert of {missing:?}");
    assert!(unknown > 0);
    // Half a year of few and busy customers: silences, anniversaries and neglect come up, which a month hardly shows.
    let share = f64::from(alerts) / events as f64;
    assert!((0.05..0.15).contains(&share), "{share}");
}

#[test]
fn few_events_of_the_reference_company_cause_an_alert_as_the_figures_of_the_benchmarks_assume() {
    let mut stages = Stages::new(&Default::default(), 1);
    let (mut told, events) = (Vec::new(), 60_000);
    let mut generator = Generator::new(Options::new(15_000, events, 1));
    while let Some(record) = generator.next_record() {
        let event = codec::decode(record.value).unwrap_or_else(|error| panic!("{error}"));
        while stages.apply(&event, &mut told) == Step::Again {}
    }
    let share = told.len() as f64 / events as f64;
    assert!((0.01..0.04).contains(&share), "{share}");
}
