//! What is noticed although nothing happens: the wall clock drives a partition that has nothing to say.

use std::time::Duration;

use churnwatch::clock::Clock;
use churnwatch::kafka::{Guarantee, Outgoing, Producer, TopicIndex};
use churnwatch::model::{Span, Time};
use churnwatch::offline::replay::partition;

use crate::harness::{Broker, Process, Scene, read_all, wait_until};

const IN_A_HURRY: [&str; 4] =
    ["time.idle_after=\"500ms\"", "time.out_of_orderness=\"100ms\"", "promises.grace=\"0s\"", "runtime.workers=2"];

/// A promise that was made just now.
fn promise(id: &str, due: Time) -> String {
    let made = Clock::now();
    format!(
        r#"{{"id":"{id}","source":"shop","type":"promise.made","time":"{made}","customer_id":"{id}","data":{{"promise_id":"{id}","due":"{due}"}}}}"#
    )
}

/// Customer, time and tipping offset of every alert that a promise was broken.
fn broken(scene: &Scene) -> Vec<(String, Time, Option<String>)> {
    let mut told = Vec::new();
    read_all(&scene.cluster, &scene.alerts(), scene.partitions, &mut |_, read| {
        let alert: serde_json::Value = serde_json::from_slice(read.value.as_ref().unwrap()).unwrap();
        if alert["kind"] == "PROMISE_BROKEN" {
            let time = Time::parse(alert["updated_at"].as_str().unwrap()).unwrap();
            let offset = read.header("churn_input_offset").map(str::to_owned);
            told.push((String::from_utf8(read.key.unwrap()).unwrap(), time, offset));
        }
    });
    told
}

fn wait_for_broken(scene: &Scene, count: usize) -> Vec<(String, Time, Option<String>)> {
    let mut told = Vec::new();
    wait_until(Duration::from_secs(60), "a broken promise", || {
        told = broken(scene);
        told.len() >= count
    });
    told
}

#[test]
fn a_promise_that_falls_due_on_an_idle_partition_alerts_by_itself_and_once() {
    let scene = Scene::new(Broker::shared(), "promise", 2, &IN_A_HURRY);
    let input = scene.writer();
    let mut process = Process::start(&scene, "one");
    process.wait_until_ready();

    let due = Clock::now() + Span(2_000);
    input.write(b"ann", promise("ann", due).as_bytes());
    input.flush();
    assert_eq!(broken(&scene), [], "it is not due yet");
    assert_eq!(wait_for_broken(&scene, 1), [("ann".to_owned(), due, None)]);
    assert!(Clock::now() >= due);

    // It dies before the next one is due, and comes back before, too.
    let due = Clock::now() + Span(6_000);
    input.write(b"ben", promise("ben", due).as_bytes());
    input.flush();
    scene.wait_until_done(Duration::from_secs(30));
    process.kill();
    let mut process = Process::start(&scene, "one");
    let told = wait_for_broken(&scene, 2);
    assert_eq!(told.iter().filter(|told| **told == ("ben".to_owned(), due, None)).count(), 1, "{told:?}");

    // It is away while the last one falls due.
    let due = Clock::now() + Span(1_500);
    input.write(b"cid", promise("cid", due).as_bytes());
    input.flush();
    scene.wait_until_done(Duration::from_secs(30));
    process.kill();
    wait_until(Duration::from_secs(10), "the due time", || Clock::now() > due);
    let mut process = Process::start(&scene, "one");
    wait_for_broken(&scene, 3);
    process.stop();

    // Another start tells nothing again.
    let mut process = Process::start(&scene, "one");
    let watermark = format!("churn_watermark_timestamp_seconds{{partition=\"{}\"}}", partition(b"cid", 2));
    let seen = || process.metric(&watermark) > due.0 as f64 / 1e3 + 1.0;
    wait_until(Duration::from_secs(30), "the wall clock's progress", seen);
    process.stop();
    let mut customers: Vec<String> = broken(&scene).into_iter().map(|(customer, ..)| customer).collect();
    customers.sort();
    assert_eq!(customers, ["ann", "ben", "cid"]);
}

#[test]
fn a_partition_that_ends_with_the_marker_of_a_transaction_is_idle_too() {
    let scene = Scene::new(Broker::shared(), "marker", 1, &IN_A_HURRY);
    let topics = [scene.input()];
    let guarantee = Guarantee::ExactlyOnce { id: "source".into(), timeout: Duration::from_secs(10) };
    let source = Producer::open(&scene.cluster, &guarantee, &topics, &topics[0]).unwrap();
    let timeout = Duration::from_secs(20);
    wait_until(timeout, "a transactional source", || source.init_transactions(timeout).is_ok());
    let due = Clock::now() + Span(2_000);
    source.begin().unwrap();
    let event = promise("ann", due);
    source
        .produce(&Outgoing {
            topic: TopicIndex(0),
            partition: None,
            key: Some(b"ann"),
            value: Some(event.as_bytes()),
            headers: &[],
            timestamp: None,
        })
        .unwrap();
    source.flush(timeout).unwrap();
    source.commit(timeout).unwrap();
    wait_until(timeout, "a record and a marker", || scene.ends(&scene.input()) == [2]);

    let mut process = Process::start(&scene, "one");
    assert_eq!(wait_for_broken(&scene, 1), [("ann".to_owned(), due, None)]);
    process.stop();
}
