//! The same input through the engine alone, and whether the service's output equals it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use churnwatch::codec::{Decoded, Decoder, Mapping, alert, changelog};
use churnwatch::engine::{Customer, Effect, Engine, Step};
use churnwatch::model::NextOffset;
use churnwatch::offline::replay::partition;
use churnwatch::wording::Wording;

use super::{Scene, read_all};

/// One partition, folded.
struct Part {
    engine: Engine,
    /// Records so far.
    records: i64,
    /// Key and value of each alert, in order.
    alerts: Vec<(String, Vec<u8>)>,
}

/// The input folded: what must have come out of it.
pub struct Fold {
    parts: Vec<Part>,
    decoder: Decoder,
    wording: Wording,
    /// The last value of each alert, by dedup key.
    states: HashMap<String, Vec<u8>>,
    effects: Vec<Effect>,
}

impl Fold {
    /// Nothing yet, with the rules and the mapping of the scene.
    pub fn new(scene: &Scene) -> Fold {
        let config = scene.config();
        let rules = Arc::new(config.rules);
        let mapping = config.mapping.name.map(|name| Mapping::built_in(&name).expect("it comes with the program"));
        let part = || Part { engine: Engine::of_many(rules.clone()), records: 0, alerts: Vec::new() };
        Fold {
            parts: (0..scene.partitions).map(|_| part()).collect(),
            decoder: Decoder::new(mapping),
            wording: Wording::new(),
            states: HashMap::new(),
            effects: Vec::new(),
        }
    }

    /// The next record of the input. What cannot be read has no effect but to be counted.
    pub fn apply(&mut self, key: &[u8], value: &[u8]) {
        let at = partition(key, self.parts.len() as u32) as usize;
        let part = &mut self.parts[at];
        part.records += 1;
        let Ok(Decoded::Event(event)) = self.decoder.decode(value) else { return };
        while part.engine.apply(&event, &mut self.effects) == Step::Again {}
        for told in self.effects.drain(..).filter_map(Effect::into_alert) {
            let mut value = Vec::new();
            alert::encode(&told, &self.wording, &mut value);
            self.states.insert(told.dedup_key.to_string(), value.clone());
            part.alerts.push((told.scope.id(), value));
        }
    }

    /// How many alerts there must be.
    pub fn alerts(&self) -> usize {
        self.parts.iter().map(|part| part.alerts.len()).sum()
    }

    /// Asserts that the committed output of the scene is this fold: offsets, clocks, alerts, customers. All of the
    /// input must have been committed.
    pub fn assert_equals(&self, scene: &Scene) {
        self.assert_offsets(scene);
        self.assert_alerts(scene);
        self.assert_states(scene);
        self.assert_customers(scene);
    }

    fn assert_offsets(&self, scene: &Scene) {
        let committed = scene.committed().expect("no transaction is open");
        for (part, committed) in self.parts.iter().zip(committed) {
            let (next, metadata) = committed.unwrap_or_else(|| panic!("a partition without a commit"));
            assert_eq!(next, part.records, "committed offset and records of the input");
            assert_eq!(metadata.clock, part.engine.clock(), "the watermark committed with it");
            assert_eq!(metadata.redo.next, NextOffset(next), "every customer is written");
        }
    }

    fn assert_alerts(&self, scene: &Scene) {
        let mut found: Vec<Vec<(String, Vec<u8>)>> = vec![Vec::new(); self.parts.len()];
        read_all(&scene.cluster, &scene.alerts(), scene.partitions, &mut |partition, read| {
            let key = String::from_utf8(read.key.unwrap()).unwrap();
            found[partition.0 as usize].push((key, read.value.unwrap()));
        });
        for (partition, (part, found)) in self.parts.iter().zip(&found).enumerate() {
            let distinct: HashSet<_> = found.iter().collect();
            let twice = found.len() - distinct.len();
            let first = part.alerts.iter().zip(found).position(|(wanted, found)| wanted != found);
            assert!(
                part.alerts == *found,
                "alerts of partition {partition}: {} wanted, {} found, {twice} of them twice; first difference: {}",
                part.alerts.len(),
                found.len(),
                first.map_or("at the end".to_owned(), |at| difference(&part.alerts[at].1, &found[at].1)),
            );
        }
    }

    fn assert_states(&self, scene: &Scene) {
        let mut found: HashMap<String, Vec<u8>> = HashMap::new();
        read_all(&scene.cluster, &scene.alerts_state(), scene.partitions, &mut |_, read| {
            let key = String::from_utf8(read.key.unwrap()).unwrap();
            // Of an erased customer nothing stays; the last alert says so and has no value here.
            found.insert(key, read.value.unwrap_or_default());
        });
        assert_eq!(found.len(), self.states.len(), "alerts with a state");
        for (key, wanted) in &self.states {
            let value = &found[key];
            let erased = value.is_empty() && String::from_utf8_lossy(wanted).contains(r#""reason":"erased""#);
            assert!(value == wanted || erased, "state of an alert: {}", difference(wanted, value));
        }
    }

    fn assert_customers(&self, scene: &Scene) {
        let mut found: Vec<HashMap<Vec<u8>, Option<changelog::Entry>>> = vec![HashMap::new(); self.parts.len()];
        read_all(&scene.cluster, &scene.changelog(), scene.partitions, &mut |partition, read| {
            let entry = read.value.map(|value| changelog::decode(&value).unwrap());
            found[partition.0 as usize].insert(read.key.unwrap(), entry);
        });
        for (partition, (part, mut found)) in self.parts.iter().zip(found).enumerate() {
            let mut wanted = 0;
            part.engine.each_customer(&mut |customer| {
                wanted += 1;
                let entry = found.remove(customer.key.as_str().as_bytes()).flatten();
                let entry = entry.unwrap_or_else(|| panic!("a customer of partition {partition} is not written"));
                assert!(entry.applied.0 <= part.records, "complete up to {} of {}", entry.applied, part.records);
                let (wanted, found) = (stored(customer), stored(&entry.customer));
                assert!(wanted == found, "a customer of partition {partition}: {}", difference(&wanted, &found));
            });
            assert!(wanted > 0, "partition {partition} has no customers: the test proves nothing");
            assert!(found.values().all(Option::is_none), "partition {partition} holds customers that should be gone");
        }
    }
}

/// A customer without what is rebuilt.
fn stored(customer: &Customer) -> Vec<u8> {
    let mut value = Vec::new();
    changelog::encode(NextOffset(0), customer, &mut value);
    value
}

/// Where two values begin to differ, with a few bytes of each.
fn difference(wanted: &[u8], found: &[u8]) -> String {
    let at = wanted.iter().zip(found).position(|(w, f)| w != f).unwrap_or(wanted.len().min(found.len()));
    let near = |bytes: &[u8]| {
        let range = at.saturating_sub(60)..(at + 60).min(bytes.len());
        String::from_utf8_lossy(bytes.get(range).unwrap_or_default()).into_owned()
    };
    format!(
        "byte {at} of {} and {}: wanted ..{:?}.., found ..{:?}..",
        wanted.len(),
        found.len(),
        near(wanted),
        near(found)
    )
}
