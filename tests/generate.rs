//! The synthetic company as its users get it: always the same bytes, all of it readable, every kind of alert in it.

use std::collections::HashSet;
use std::hash::Hasher;

use churnwatch::codec;
use churnwatch::engine::{Effect, Engine, Step};
use churnwatch::model::{EventType, Kind};
use churnwatch::offline::generate::{Generator, Options, Skew};

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
        (Options::new(1_000, 50_000, 1), 0x19eb_864a_1cc3_5f9f),
        (Options { skew: Skew::Cubic, ..Options::new(100_000, 50_000, 7) }, 0x9b8b_8fbf_91b9_b121),
    ] {
        let got = digest(options);
        assert_eq!(got, want, "{options:?}: {got:#x}");
    }
}

#[test]
fn every_event_is_read_and_every_kind_of_alert_happens() {
    let mut engine = Engine::new(Default::default());
    let mut effects = Vec::new();
    let mut kinds = HashSet::new();
    let (mut alerts, mut unknown) = (0, 0);
    let events = 150_000;
    let mut generator = Generator::new(Options { skew: Skew::Cubic, ..Options::new(3_000, events, 5) });
    while let Some(record) = generator.next_record() {
        let event = codec::decode(record.value).unwrap_or_else(|error| panic!("{error}"));
        unknown += u32::from(event.event_type == EventType::Unknown);
        while engine.apply(&event, &mut effects) == Step::Again {}
        for alert in effects.drain(..).filter_map(Effect::into_alert) {
            kinds.insert(alert.kind);
            alerts += 1;
        }
    }
    let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "no alert of {missing:?}");
    assert!(unknown > 0);
    // One or two in a hundred, as the figures of the benchmarks assume; a busy company has somewhat more.
    let share = f64::from(alerts) / events as f64;
    assert!((0.01..0.04).contains(&share), "{share}");
}
