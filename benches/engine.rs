//! What an event costs the engine, apart from reading it: new customers, customers who are known, and a busy few.

use std::sync::Arc;

use churnwatch::codec;
use churnwatch::engine::{Effect, Engine, Rules, Step};
use churnwatch::model::Event;
use churnwatch::offline::generate::{Generator, Options, Skew};
use criterion::{BatchSize, Criterion, Throughput};

const EVENTS: u64 = 100_000;

/// The values of a company's records.
fn values(options: Options) -> Vec<Vec<u8>> {
    let mut generator = Generator::new(options);
    let mut values = Vec::new();
    while let Some(record) = generator.next_record() {
        values.push(record.value.to_vec());
    }
    values
}

fn apply(mut engine: Engine, events: &[Event<'_>], effects: &mut Vec<Effect>) -> Engine {
    for event in events {
        while engine.apply(event, effects) == Step::Again {}
        effects.clear();
    }
    engine
}

fn engine(c: &mut Criterion) {
    let mut group = c.benchmark_group("engine");
    group.throughput(Throughput::Elements(EVENTS)).sample_size(10);
    for (name, customers, skew) in [
        ("100,000 events of 100,000 customers", 100_000, Skew::Uniform),
        ("100,000 events of 100,000 customers, skewed", 100_000, Skew::Cubic),
        ("100,000 events of 1,000 customers", 1_000, Skew::Uniform),
    ] {
        let values = values(Options { skew, ..Options::new(customers, EVENTS, 1) });
        let events: Vec<Event<'_>> = values.iter().map(|value| codec::decode(value).expect("generated")).collect();
        let mut effects = Vec::new();
        group.bench_function(name, |b| {
            let fresh = || Engine::new(Arc::new(Rules::default()));
            b.iter_batched(fresh, |engine| apply(engine, &events, &mut effects), BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn company(c: &mut Criterion) {
    let mut group = c.benchmark_group("generate");
    group.throughput(Throughput::Elements(EVENTS)).sample_size(10);
    group.bench_function("100,000 events of 1,000,000 customers", |b| {
        b.iter(|| {
            let mut generator = Generator::new(Options::new(1_000_000, EVENTS, 1));
            while generator.next_record().is_some() {}
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    engine(&mut criterion);
    company(&mut criterion);
    criterion.final_summary();
}
