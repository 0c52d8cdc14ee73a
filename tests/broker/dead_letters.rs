//! Records that are no events: one dead letter each, as they came, and everything else goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use churnwatch::codec::Reason;
use churnwatch::kafka::Header;
use churnwatch::offline::generate::Generator;

use crate::harness::{Broker, Fold, Process, Read, Scene, company, read_all};

/// A record that fails for each reason.
fn bad(reason: Reason) -> Vec<u8> {
    let event = |rest: &str| format!(r#"{{"id":"e1","source":"shop",{rest}}}"#).into_bytes();
    match reason {
        Reason::TooLarge => vec![b'7'; 300 * 1024],
        Reason::InvalidUtf8 => b"{\"id\":\"\xff\"}".to_vec(),
        Reason::InvalidJson => b"{\"id\":\"e1\",".to_vec(),
        Reason::TooDeep => [vec![b'['; 40], vec![b']'; 40]].concat(),
        Reason::NotAnObject => b"[\"e1\"]".to_vec(),
        // Only where there is a mapping.
        Reason::MappingFailed => {
            br#"{"customer_id":"c","ts":"2024-03-04T08:00:00Z","type":"barter","ref":"1"}"#.to_vec()
        }
        Reason::MissingField => event(r#""type":"usage.activity","time":"2024-03-04T08:00:00Z""#),
        Reason::InvalidField => event(
            r#""type":"purchase.completed","time":"2024-03-04T08:00:00Z","customer_id":"c","data":{"amount":"much"}"#,
        ),
        Reason::InvalidTime => event(r#""type":"usage.activity","time":"yesterday","customer_id":"c""#),
    }
}

fn letters(scene: &Scene) -> Vec<Read> {
    let mut letters = Vec::new();
    read_all(&scene.cluster, &scene.dead_letters(), scene.partitions, &mut |_, read| letters.push(read));
    letters
}

fn counted(process: &Process, reason: &str) -> f64 {
    process.metric(&format!(r#"churn_dead_letters_total{{reason="{reason}"}}"#))
}

#[test]
fn each_bad_record_costs_one_dead_letter_and_the_rest_is_processed() {
    let scene = Scene::new(Broker::shared(), "bad", 2, &[]);
    let mut fold = Fold::new(&scene);
    let input = scene.writer();
    let mut generator = Generator::new(company(100, 5_000, 6));
    let mut reasons = Reason::ALL.iter().filter(|reason| **reason != Reason::MappingFailed);
    let mut made = 0;
    while let Some(record) = generator.next_record() {
        input.write(record.key, record.value);
        fold.apply(record.key, record.value);
        made += 1;
        if made % 500 == 0
            && let Some(reason) = reasons.next()
        {
            let (key, value) = (reason.name().as_bytes(), bad(*reason));
            let headers = [Header { name: "trace", value: Some(&[0, 255]) }, Header { name: "empty", value: None }];
            input.write_as(Some(key), Some(&value), &headers);
            fold.apply(key, &value);
            made += 1;
        }
    }
    assert_eq!(reasons.next(), None, "there was room for all");
    // A tombstone is no event either.
    made += 1;
    input.write_as(Some(b"nobody"), None, &[]);
    fold.apply(b"nobody", b"");
    input.flush();
    let mut process = Process::start(&scene, "one");
    scene.wait_until_done(Duration::from_secs(60));
    process.wait_until_counted(made);

    let letters = letters(&scene);
    let told = letters.iter().map(|letter| letter.header("__churn.errors.reason").unwrap());
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    told.for_each(|reason| *found.entry(reason).or_default() += 1);
    for reason in Reason::ALL.iter().filter(|reason| **reason != Reason::MappingFailed) {
        let name = reason.name();
        let twice = usize::from(*reason == Reason::InvalidJson);
        assert_eq!(found.remove(name), Some(1 + twice), "{name}");
        assert_eq!(counted(&process, name), (1 + twice) as f64, "{name}");
        let letter = letters.iter().find(|l| l.key.as_deref() == Some(name.as_bytes())).unwrap();
        assert!(letter.value.as_deref() == Some(&bad(*reason)), "the bytes of {name} are the original's");
        assert_eq!(letter.headers[0], ("trace".to_owned(), vec![0, 255]), "its own headers go along");
        assert_eq!(letter.headers[1], ("empty".to_owned(), vec![]));
        assert_eq!(letter.header("__streams.errors.topic"), Some(scene.input().as_str()));
        assert!(letter.header("__streams.errors.offset").unwrap().parse::<i64>().is_ok());
        assert_eq!(letter.header("__churn.errors.stage"), Some("decode"));
    }
    assert_eq!(found, BTreeMap::new());
    let tombstone = letters.iter().find(|l| l.key.as_deref() == Some(b"nobody")).unwrap();
    assert_eq!(tombstone.value, None);
    // Nothing is dropped uncounted.
    let results = ["applied", "applied_late", "applied_ahead", "duplicate", "too_late", "filtered", "dead"];
    let results = results.map(|result| process.metric(&format!(r#"churn_events_total{{result="{result}"}}"#)));
    assert_eq!(results.iter().sum::<f64>(), process.metric("churn_records_consumed_total"), "{results:?}");
    process.stop();
    fold.assert_equals(&scene);
}

#[test]
fn a_record_that_the_mapping_cannot_explain_is_a_dead_letter() {
    let scene = Scene::new(Broker::shared(), "unmapped", 1, &["mapping.name=\"online-retail\""]);
    let mut fold = Fold::new(&scene);
    let input = scene.writer();
    let good = br#"{"customer_id":"c","ts":"2024-03-04T08:00:00Z","type":"purchase","ref":"1","value":5,"units":1}"#;
    let unmapped = bad(Reason::MappingFailed);
    for value in [&unmapped, &good.to_vec()] {
        input.write(b"c", value);
        fold.apply(b"c", value);
    }
    input.flush();
    let mut process = Process::start(&scene, "one");
    scene.wait_until_done(Duration::from_secs(60));
    let letters = letters(&scene);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].value.as_ref(), Some(&unmapped));
    assert_eq!(letters[0].header("__churn.errors.reason"), Some("mapping_failed"));
    assert_eq!(letters[0].header("__churn.errors.stage"), Some("mapping"));
    assert_eq!(counted(&process, "mapping_failed"), 1.0);
    process.stop();
    fold.assert_equals(&scene);
}

#[test]
fn a_record_too_large_for_a_dead_letter_is_cut_and_says_so() {
    // As large as the broker takes by default, which is more than the library sends by default.
    let large = [("message.max.bytes".to_owned(), "1048000".to_owned())];
    let mut scene = Scene::new(Broker::shared(), "monsters", 1, &[]);
    scene.cluster.properties.extend(large);
    let mut fold = Fold::new(&scene);
    let input = scene.writer();
    let (key, value, header) = (vec![b'k'; 700_000], vec![b'v'; 300_000], vec![b'h'; 700_000]);
    let headers = [Header { name: "trace", value: Some(&header) }];
    input.write_as(Some(&key), Some(&value), &[]);
    input.write_as(Some(b"headers"), Some(&value), &headers);
    input.write_as(Some(b"value"), Some(&[&value[..], &header].concat()), &[]);
    for key in [&key[..], b"headers", b"value"] {
        fold.apply(key, &value);
    }
    let good = br#"{"id":"e","source":"s","type":"usage.activity","time":"2024-03-04T08:00:00Z","customer_id":"c"}"#;
    input.write(b"c", good);
    fold.apply(b"c", good);
    input.flush();
    let mut process = Process::start(&scene, "one");
    scene.wait_until_done(Duration::from_secs(60));
    let letters = letters(&scene);
    assert_eq!(letters.len(), 3);
    assert_eq!((letters[0].key.as_ref(), letters[0].value.as_ref()), (None, Some(&value)));
    assert_eq!(letters[0].header("__churn.errors.original_key_bytes"), Some("700000"));
    assert_eq!((letters[1].key.as_deref(), letters[1].value.as_ref()), (Some(&b"headers"[..]), Some(&value)));
    assert_eq!(
        (letters[1].header("trace"), letters[1].header("__churn.errors.original_header_bytes")),
        (None, Some("700005"))
    );
    assert_eq!(letters[2].value.as_ref().map(Vec::len), Some(900_000));
    assert_eq!(letters[2].header("__churn.errors.original_bytes"), Some("1000000"));
    process.stop();
    fold.assert_equals(&scene);
}
