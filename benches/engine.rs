//! What an event costs in the engine, by type; what a customer costs in the changelog; timers; and the score.
//!
//! 100,000 customers, each with a week of a generated company's life behind them. Every event meets another customer,
//! as in a busy topic: the figures hold the cache misses of that.

use std::hint::black_box;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use churnwatch::codec::{changelog, decode};
use churnwatch::engine::{Clock, Customer, Engine, Rules, Step, risk};
use churnwatch::model::{CustomerKey, Event, NextOffset, Span, Time};
use churnwatch::offline::generate::{Generator, Options};
use criterion::{Criterion, SamplingMode, Throughput};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CUSTOMERS: u32 = 100_000;
const EVENTS_OF_PAST: u64 = 600_000;
const TIMERS: usize = 1_000_000;

/// Resident memory of this process; 0 where nobody tells.
fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) * 1_024.0
}

/// Customers with a past, as the changelog has them, and the clock at its end.
struct Past {
    customers: Vec<Vec<u8>>,
    clock: Clock,
}

impl Past {
    fn new() -> Past {
        let mut engine = Engine::new(Arc::new(Rules::default()));
        let mut generator = Generator::new(Options::new(CUSTOMERS, EVENTS_OF_PAST, 1));
        let mut effects = Vec::new();
        while let Some(record) = generator.next_record() {
            let event = decode(record.value).expect("generated events are canonical");
            while engine.apply(&event, &mut effects) == Step::Again {}
            effects.clear();
        }
        let mut customers = Vec::with_capacity(CUSTOMERS as usize);
        engine.each_customer(&mut |customer| customers.push(encoded(customer)));
        Past { customers, clock: engine.clock() }
    }

    /// An engine as it stood at the end of the past.
    fn engine(&self) -> Engine {
        let mut engine = Engine::new(Arc::new(Rules::default()));
        for bytes in &self.customers {
            engine.restore(decoded(bytes));
        }
        engine.restored(self.clock);
        engine
    }

    /// A time just after the past, for the event of one customer: within two minutes, so that hardly a timer fires.
    fn time(&self, customer: usize) -> Time {
        let watermark = self.clock.watermark.expect("events have moved it");
        watermark + Span::minutes(1) + Span(customer as i64)
    }
}

fn encoded(customer: &Customer) -> Vec<u8> {
    let mut bytes = Vec::new();
    changelog::encode(NextOffset(1), customer, &mut bytes);
    bytes
}

fn decoded(bytes: &[u8]) -> Customer {
    changelog::decode(bytes).expect("just encoded").customer
}

/// The event of `type_name` with `data` for one customer; `#` in `data` is the customer's number.
fn event(type_name: &str, data: &str, customer: usize, time: Time) -> String {
    let data = data.replace('#', &customer.to_string());
    format!(
        r#"{{"id":"{type_name}-{customer}","source":"bench/acme","type":"{type_name}","time":"{time}","tenant":"acme","customer_id":"c-{customer:07}","channel":"phone","lang":"es-MX","data":{data}}}"#
    )
}

/// CPU time that this thread has had: another's load does not lengthen it. Elsewhere than on Linux, time.
fn worked() -> Duration {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = status.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds.map_or_else(|| BEGAN.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn apply_all(engine: &mut Engine, texts: &[String]) -> Duration {
    let events: Vec<Event<'_>> = texts.iter().map(|text| decode(text.as_bytes()).expect("canonical")).collect();
    let mut effects = Vec::new();
    let began = worked();
    for event in &events {
        while engine.apply(event, &mut effects) == Step::Again {}
        effects.clear();
    }
    worked() - began
}

/// One event for each of the customers, 100,000 in a run, by type; `before` is what must have happened, and is not measured.
fn events(c: &mut Criterion, past: &Past) {
    const COMPLAINT: (&str, &str) = (
        "complaint.opened",
        r#"{"complaint_id":"tkt-#","category":"core_failure","severity":"minor","sentiment":-0.7,"text":"el pedido llegó tarde"}"#,
    );
    const PROMISE: (&str, &str) =
        ("promise.made", r#"{"promise_id":"pr-#","due":"2030-03-06T18:00:00-06:00","by":"team:north","grace_s":900}"#);
    let mut group = c.benchmark_group("engine");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(500));
    for (before, (type_name, data)) in [
        (None, ("contact.started", r#"{"contact_id":"con-#","topic":"device","direction":"inbound"}"#)),
        (None, ("contact.message", r#"{"contact_id":"con-#","direction":"inbound","text":"hola","auto":false}"#)),
        (None, ("contact.ended", r#"{"contact_id":"con-#","resolved":true,"length_s":1414}"#)),
        (None, ("usage.activity", r#"{"feature":"cloud_backup","quantity":321.72,"unit":"megabytes"}"#)),
        (None, ("purchase.completed", r#"{"order_id":"ord-#","amount":344.78,"currency":"USD","quantity":2}"#)),
        (None, ("delivery.late", r#"{"order_id":"ord-#"}"#)),
        (None, COMPLAINT),
        (Some(COMPLAINT), ("complaint.resolved", r#"{"complaint_id":"tkt-#","remedy":"credit"}"#)),
        (None, PROMISE),
        (Some(PROMISE), ("promise.kept", r#"{"promise_id":"pr-#","by":"team:north"}"#)),
        (
            None,
            (
                "feedback.survey_answered",
                r#"{"survey_id":"svy-#","metric":"nps","value":3,"scale_min":0,"scale_max":10,"sentiment":-0.4}"#,
            ),
        ),
        (None, ("profile.upserted", r#"{"locale":"es-MX","timezone":"America/Mexico_City","value":3663.62}"#)),
        (None, ("page.viewed", r#"{"page":"/prices"}"#)),
    ] {
        let text = |(type_name, data): (&str, &str), shift: Span| -> Vec<String> {
            (0..past.customers.len()).map(|n| event(type_name, data, n, past.time(n) + shift)).collect()
        };
        let before = before.map(|before| text(before, Span::ZERO));
        let texts = text((type_name, data), Span(i64::from(CUSTOMERS)));
        group.throughput(Throughput::Elements(texts.len() as u64));
        group.bench_function(type_name, |b| {
            b.iter_custom(|iterations| {
                let mut took = Duration::ZERO;
                for _ in 0..iterations {
                    let mut engine = past.engine();
                    if let Some(before) = &before {
                        apply_all(&mut engine, before);
                    }
                    took += apply_all(&mut engine, &texts);
                }
                took
            });
        });
    }
    group.finish();
}

/// One customer written and read.
fn customers(c: &mut Criterion, past: &Past) {
    let customers: Vec<Customer> = past.customers.iter().map(|bytes| decoded(bytes)).collect();
    let mean = past.customers.iter().map(Vec::len).sum::<usize>() / customers.len();
    let before = resident_bytes();
    let engines = [(); 4].map(|()| past.engine());
    let memory = (resident_bytes() - before) / f64::from(4 * CUSTOMERS);
    drop(engines);
    println!("a customer takes {memory:.0} bytes of memory, and {mean} in the changelog, in the mean");
    let mut group = c.benchmark_group("changelog");
    group.throughput(Throughput::Elements(1));
    let (mut at, mut out) = (0, Vec::new());
    group.bench_function("encode", |b| {
        b.iter(|| {
            at = (at + 1) % customers.len();
            out.clear();
            changelog::encode(NextOffset(1), &customers[at], &mut out);
            out.len()
        });
    });
    group.bench_function("decode", |b| {
        b.iter(|| {
            at = (at + 1) % past.customers.len();
            decoded(&past.customers[at])
        });
    });
    group.finish();
}

/// A million customers, each with a promise that falls due within an hour: what a restart queues, and what fires.
fn timers(c: &mut Criterion) {
    let start = Time(1_772_438_400_000);
    let templates: Vec<Vec<u8>> = (0..3_600)
        .map(|second| {
            let mut engine = Engine::new(Arc::new(Rules::default()));
            let due = start + Span::hours(2) + Span::seconds(second);
            let data = format!(r#"{{"promise_id":"pr-1","due":"{due}"}}"#);
            apply_all(&mut engine, &[event("promise.made", &data, 1, start)]);
            let mut bytes = Vec::new();
            engine.each_customer(&mut |customer| bytes = encoded(customer));
            bytes
        })
        .collect();
    let clock = Clock { watermark: Some(start), unconfirmed: None };
    // Not restored yet.
    let million = || {
        let mut engine = Engine::new(Arc::new(Rules::default()));
        for n in 0..TIMERS {
            let mut customer = decoded(&templates[n % templates.len()]);
            customer.key = CustomerKey::new("acme", &format!("c-{n:07}"));
            engine.restore(customer);
        }
        engine
    };
    let mut group = c.benchmark_group("timers");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).warm_up_time(Duration::from_millis(1));
    group.throughput(Throughput::Elements(TIMERS as u64));
    group.bench_function("insert a million", |b| {
        b.iter_custom(|iterations| {
            let mut took = Duration::ZERO;
            for _ in 0..iterations {
                let mut engine = million();
                let began = worked();
                engine.restored(clock);
                took += worked() - began;
            }
            took
        });
    });
    group.bench_function("fire a million", |b| {
        b.iter_custom(|iterations| {
            let mut took = Duration::ZERO;
            for _ in 0..iterations {
                let mut engine = million();
                engine.restored(clock);
                let mut effects = Vec::new();
                let mut alerts = 0;
                let began = worked();
                while engine.advance(start + Span::hours(4), &mut effects) == Step::Again {
                    alerts += effects.drain(..).count();
                }
                took += worked() - began;
                assert!(alerts + effects.len() >= TIMERS, "each promise is told");
            }
            took
        });
    });
    group.finish();
}

/// The score of customers who have complaints: as a number, and with its parts.
fn score(c: &mut Criterion, past: &Past) {
    let rules = Rules::default();
    let all = past.customers.iter().map(|bytes| decoded(bytes));
    let customers: Vec<Customer> = all.filter(|c| !c.rare.complaints.is_empty()).collect();
    println!("{} of {CUSTOMERS} customers have complaints", customers.len());
    let time = past.time(0);
    let mut group = c.benchmark_group("score");
    let mut at = 0;
    let mut next = move || {
        at = (at + 1) % customers.len();
        customers[at].clone()
    };
    group.bench_function("number", |b| {
        b.iter_batched(&mut next, |c| risk::log_odds(black_box(&c), &rules, time), criterion::BatchSize::SmallInput);
    });
    group.bench_function("with parts", |b| {
        b.iter_batched(&mut next, |c| risk::assess(black_box(&c), &rules, time), criterion::BatchSize::SmallInput);
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let past = Past::new();
    customers(&mut criterion, &past);
    events(&mut criterion, &past);
    timers(&mut criterion);
    score(&mut criterion, &past);
    criterion.final_summary();
}
