//! What the cluster and its operators do to a service: a broker that is away, one that is killed, topics that are wrong.

use std::time::Duration;

use churnwatch::offline::generate::Generator;

use crate::harness::{Broker, Fold, Process, Proxy, Request, Scene, Stream, company};

#[test]
fn a_broker_that_is_away_is_waited_for_and_one_that_is_killed_costs_nothing() {
    const BOUNCES: u64 = 2;
    const EVENTS: u64 = 60_000;
    let broker = Broker::start_mortal();
    let scene = Scene::new(&broker, "bounce", 2, &["runtime.transaction_events=2000"]);
    let mut fold = Fold::new(&scene);
    let mut generator = Generator::new(company(2_000, BOUNCES * EVENTS, 4));
    broker.stop();

    let mut process = Process::start(&scene, "one");
    process.wait_for_log("Kafka cannot be reached; trying again in 0.5 s");
    let (code, reasons) = process.get("/readyz").unwrap();
    assert_eq!(code, 503, "{reasons}");
    assert!(reasons.contains("kafka: cannot be reached"), "{reasons}");
    assert_eq!(process.get("/livez").unwrap().0, 200, "it lives and waits");
    // Each pause is longer than the one before.
    process.wait_for_log("trying again in 1 s");

    broker.start();
    process.wait_until_ready();
    let input = scene.writer();
    for _ in 0..BOUNCES {
        let (commits, consumed) = (process.commits(), process.metric(CONSUMED));
        for _ in 0..EVENTS {
            let record = generator.next_record().unwrap();
            input.write(record.key, record.value);
            fold.apply(record.key, record.value);
        }
        input.flush();
        while process.commits() == commits {}
        broker.kill();
        let consumed = process.metric(CONSUMED) - consumed;
        assert!(consumed < EVENTS as f64, "all was done before the kill: the test proves nothing");
        broker.start();
        scene.wait_until_done(Duration::from_secs(120));
    }
    process.wait_until_ready();
    process.wait_until_counted(BOUNCES * EVENTS);
    // What the library has to say is said while it runs, not kept until the end.
    process.wait_for_log(r#"role="ends""#);
    process.stop();
    fold.assert_equals(&scene);
}

#[test]
fn a_producer_whose_request_was_lost_for_a_while_is_replaced() {
    let broker = Broker::shared();
    // The library gives a request two thirds of this, then sends it again and tells only its log.
    let scene = Scene::new(broker, "suspect", 2, &["runtime.transaction_timeout=\"3s\""]);
    let mut stream = Stream::new(&scene, 60_000, 5);
    let proxy = Proxy::start(broker);
    let through_proxy = format!("kafka.bootstrap_servers=127.0.0.1:{}", proxy.port());
    let mut process = Process::start_with(&scene, "one", &[&through_proxy]);
    stream.write_until("the first commits", || process.commits() > 3.0);
    for (count, request) in [(1, Request::TxnOffsetCommit), (2, Request::EndTxn)] {
        proxy.hold_next(request);
        stream.write_until("a request held back", || proxy.held() == count);
        // Meanwhile the library has been told that all is well, by the answer to the request that it sent again.
        let replaced = || process.metric("churn_producer_replaced_total") == count as f64;
        stream.write_until("another producer", replaced);
        let commits = process.commits();
        stream.write_until("commits of the new producer", || process.commits() > commits + 3.0);
        // What was lost arrives late, in the middle of other transactions.
        proxy.release();
        let commits = process.commits();
        stream.write_until("commits after that", || process.commits() > commits + 3.0);
    }
    stream.end(&mut [&mut process]);
    assert!(process.log().contains("REQTMOUT"), "the library told of it:\n{}", process.log());
}

const CONSUMED: &str = "churn_records_consumed_total";
