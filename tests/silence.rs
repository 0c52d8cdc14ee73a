//! Every silence is told, and no other: what the engine says of a shop is compared with a count of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use churnwatch::codec;
use churnwatch::engine::{Effect, Engine, Rules, Step};
use churnwatch::model::{Kind, Time, Transition};
use churnwatch::offline::generate::START;
use churnwatch::offline::generate::random::Random;

const DAY: i64 = 86_400_000;
const WEEK: f64 = 7.0 * DAY as f64;

/// Purchases of a shop's customers in the order of time: some buy every few days, some every few months, all by chance.
fn shop(seed: u64, customers: u32, days: i64) -> Vec<(Time, u32)> {
    let mut random = Random::new(seed);
    let mut purchases = Vec::new();
    for customer in 0..customers {
        let mean_gap = random.between(2, 60) as f64 * DAY as f64;
        let until = if random.chance(400) { random.between(0, days) } else { days } * DAY;
        let mut at = random.between(0, 90 * DAY);
        while at < until {
            purchases.push((Time(START.0 + at), customer));
            at += random.exponential(mean_gap) as i64 + 1_000;
        }
    }
    purchases.sort();
    purchases
}

/// When each customer falls silent: (customer, second), by the closed form of DOMAIN's model, straight from the history.
fn expected(purchases: &[(Time, u32)], end: Time) -> BTreeSet<(u32, i64)> {
    let mut histories: BTreeMap<u32, Vec<Time>> = BTreeMap::new();
    for &(time, customer) in purchases {
        histories.entry(customer).or_default().push(time);
    }
    let (r, alpha, a, b) = (0.25, 4.4, 0.8, 2.4);
    let mut silences = BTreeSet::new();
    for (customer, times) in histories {
        let first = times[0];
        let mut days = BTreeSet::new();
        for (i, time) in times.iter().enumerate() {
            days.insert(time.0.div_euclid(DAY));
            let repeats = days.len() as f64 - 1.0;
            if repeats < 3.0 {
                continue;
            }
            let last = (time.0 - first.0) as f64 / WEEK;
            let waits = (alpha + last) * libm::pow((b + repeats) / a, 1.0 / (r + repeats)) - alpha;
            let silent = first.0 + (waits * WEEK) as i64;
            let next = times.get(i + 1).map_or(end.0 + 1, |next| next.0);
            if silent < next {
                silences.insert((customer, silent / 1_000));
            }
        }
    }
    silences
}

fn told(purchases: &[(Time, u32)], end: Time) -> BTreeSet<(u32, i64)> {
    let mut engine = Engine::new(Arc::new(Rules::default()));
    let mut effects = Vec::new();
    for (number, (time, customer)) in purchases.iter().enumerate() {
        let value = format!(
            r#"{{"id":"{number}","source":"shop","type":"purchase.completed","time":"{time}","customer_id":"{customer}"}}"#
        );
        let event = codec::decode(value.as_bytes()).unwrap();
        while engine.apply(&event, &mut effects) == Step::Again {}
    }
    while engine.advance(end, &mut effects) == Step::Again {}
    let mut silences = BTreeSet::new();
    for alert in effects.into_iter().filter_map(Effect::into_alert) {
        assert_eq!(alert.kind, Kind::SilentDeparture);
        if matches!(alert.transition, Transition::Opened | Transition::Reopened) {
            let customer = alert.scope.id().parse().unwrap();
            assert!(silences.insert((customer, alert.event_time.0 / 1_000)), "told twice");
        }
    }
    silences
}

#[test]
fn each_customer_who_falls_silent_is_told_at_that_second_and_nobody_else_is() {
    for seed in 1..=3 {
        let purchases = shop(seed, 300, 500);
        let end = Time(START.0 + 500 * DAY);
        let (expected, told) = (expected(&purchases, end), told(&purchases, end));
        assert!(expected.len() > 150, "only {} silences in the shop of seed {seed}", expected.len());
        let missing: Vec<_> = expected.difference(&told).take(5).collect();
        let invented: Vec<_> = told.difference(&expected).take(5).collect();
        assert!(missing.is_empty() && invented.is_empty(), "seed {seed}: missing {missing:?}, invented {invented:?}");
    }
}
