//! Replays from files: the same alerts however the input is stored and split, and time that ends where it should.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use churnwatch::codec::Decoder;
use churnwatch::engine::Rules;
use churnwatch::model::{Span, Time};
use churnwatch::offline::generate::{self, Generator};
use churnwatch::offline::replay::{self, Options, ReplayError, Summary, Until, partition};
use churnwatch::wording::Wording;

fn options(file: &Path) -> Options {
    Options {
        files: vec![file.to_owned()],
        partitions: 1,
        until: Until::LastEvent,
        dead_letters: None,
        rules: Default::default(),
    }
}

fn replay(options: &Options) -> Result<(Vec<String>, Summary), ReplayError> {
    let wording = Wording::new();
    let mut out = Vec::new();
    let summary = replay::run(options, &mut Decoder::default(), &wording, &mut out, &mut |_| {})?;
    let lines = String::from_utf8(out).unwrap().lines().map(str::to_owned).collect();
    Ok((lines, summary))
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn company(customers: u32, events: u64) -> Vec<u8> {
    let mut out = Vec::new();
    generate::run(generate::Options::new(customers, events, 11), &mut out, &mut |_| {}).unwrap();
    out
}

fn promise(id: &str, customer: &str, time: &str, due: &str) -> String {
    format!(
        r#"{{"id":"{id}","source":"s","type":"promise.made","time":"2026-03-02T{time}Z","customer_id":"{customer}","data":{{"promise_id":"{id}","due":"2026-03-02T{due}Z"}}}}"#
    ) + "\n"
}

fn visit(id: &str, customer: &str, time: &str) -> String {
    format!(
        r#"{{"id":"{id}","source":"s","type":"usage.activity","time":"2026-03-02T{time}Z","customer_id":"{customer}"}}"#
    ) + "\n"
}

/// Rules by which nothing concerns many customers at once: what is common to them crosses partitions.
fn without_cohorts() -> Arc<Rules> {
    let mut rules = Rules::default();
    rules.cohorts.incidents.disclose_within = Span::days(10_000);
    rules.cohorts.hotspot.customers = 1_000_000;
    rules.cohorts.conduct.agent_customers = 1_000_000;
    rules.cohorts.reliability.promises = 1_000_000;
    Arc::new(rules)
}

/// Transition, kind and time of each alert.
fn told(lines: &[String]) -> Vec<String> {
    let tell = |line: &String| {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| alert[name].as_str().unwrap().to_owned();
        format!("{} {} {}", &field("updated_at")[11..19], field("kind"), field("transition"))
    };
    lines.iter().map(tell).collect()
}

#[test]
fn the_same_alerts_come_from_plain_and_compressed_files_and_from_parts() {
    let folder = Folder::new();
    let all = company(200, 20_000);
    let plain = folder.file("all.ndjson", &all);
    let (want, summary) = replay(&options(&plain)).unwrap();
    assert!(want.len() > 100, "{summary}");
    assert_eq!(summary.events, 20_000);
    assert_eq!(summary.alerts_total(), want.len() as u64);

    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&all).unwrap();
    let gz = folder.file("all.ndjson.gz", &gz.finish().unwrap());
    let zst = folder.file("all.ndjson.zst", &zstd::encode_all(&all[..], 1).unwrap());
    let half = all[..all.len() / 2].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let parts = [folder.file("1", &all[..half]), folder.file("2", &all[half..])];
    for files in [vec![gz], vec![zst], parts.to_vec()] {
        let (got, again) = replay(&Options { files, ..options(&plain) }).unwrap();
        assert!(got == want, "other alerts");
        assert_eq!(again, summary);
    }
}

#[test]
fn each_partition_is_told_as_a_topic_of_its_customers_alone_would_be() {
    let folder = Folder::new();
    let all = company(300, 20_000);
    let whole = folder.file("all.ndjson", &all);
    let rules = without_cohorts();
    let live = |file: &Path| Options { until: Until::Live, rules: rules.clone(), ..options(file) };
    let (split, _) = replay(&Options { partitions: 4, ..live(&whole) }).unwrap();
    let key = |line: &str| {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        alert["scope"]["customer_id"].as_str().unwrap().to_owned()
    };
    for at in 0..4 {
        let mut mine = Vec::new();
        let mut generator = Generator::new(generate::Options::new(300, 20_000, 11));
        while let Some(record) = generator.next_record() {
            if partition(record.key, 4) == at {
                mine.extend_from_slice(record.value);
                mine.push(b'\n');
            }
        }
        let mine = folder.file("mine.ndjson", &mine);
        let (want, _) = replay(&live(&mine)).unwrap();
        let got: Vec<_> = split.iter().filter(|line| partition(key(line).as_bytes(), 4) == at).cloned().collect();
        assert!(!want.is_empty() && got == want, "partition {at}");
    }
}

#[test]
fn time_ends_where_it_is_told_to() {
    // Due soon 11:36, broken 12:15. The last event is at 12:15 itself.
    let folder = Folder::new();
    let input = promise("p1", "ann", "10:00:00", "12:00:00") + &visit("v1", "ann", "12:15:00");
    let file = folder.file("in", input.as_bytes());
    let soon = "11:36:00 PROMISE_DUE_SOON opened";
    let broken = ["12:15:00 PROMISE_DUE_SOON resolved", "12:15:00 PROMISE_BROKEN opened"];
    for (until, rest) in [
        (Until::LastEvent, &broken[..]),
        // A live service stands a minute before the last event.
        (Until::Live, &[]),
        // Not ahead of the watermark: nothing more.
        (Until::Time(Time::parse("2026-03-02T11:00:00Z").unwrap()), &[]),
        (Until::Time(Time::parse("2026-03-02T12:14:59Z").unwrap()), &[]),
        (Until::Time(Time::parse("2026-03-02T12:15:00Z").unwrap()), &broken[..]),
        (
            Until::Time(Time::parse("2026-03-02T17:00:00Z").unwrap()),
            &[broken[0], broken[1], "16:45:00 PROMISE_BROKEN reminded"],
        ),
    ] {
        let (lines, _) = replay(&Options { until, ..options(&file) }).unwrap();
        assert_eq!(told(&lines), [&[soon], rest].concat(), "{until:?}");
    }
}

#[test]
fn a_partition_without_news_waits_live_and_goes_on_with_the_others_otherwise() {
    let folder = Folder::new();
    let two = |a: &str, b: &str| partition(a.as_bytes(), 2) != partition(b.as_bytes(), 2);
    let other = (0..).map(|i| format!("c{i}")).find(|other| two("ann", other)).unwrap();
    let input = promise("p1", "ann", "10:00:00", "12:00:00") + &visit("v1", &other, "18:00:00");
    let file = folder.file("in", input.as_bytes());
    for (until, count) in [(Until::Live, 0), (Until::LastEvent, 4)] {
        let (lines, _) = replay(&Options { until, partitions: 2, ..options(&file) }).unwrap();
        assert_eq!(lines.len(), count, "{until:?}: {:?}", told(&lines));
    }
}

#[test]
fn bad_lines_become_dead_letters_with_their_place_and_bytes() {
    let folder = Folder::new();
    let mut input = visit("v1", "ann", "10:00:00").into_bytes();
    input.extend_from_slice(b"\n{\"id\":\"x\"}\nno json \xff\n");
    input.extend_from_slice(visit("v2", "ann", "10:00:01").as_bytes());
    let file = folder.file("in", &input);
    let letters = folder.0.path().join("dead.ndjson");
    let (_, summary) = replay(&Options { dead_letters: Some(letters.clone()), ..options(&file) }).unwrap();
    assert_eq!((summary.events, summary.applied, summary.dead_letters), (4, 2, 2), "{summary}");
    assert_eq!(
        std::fs::read_to_string(&letters).unwrap(),
        concat!(
            r#"{"line":3,"reason":"missing_field","field":"source","value":"{\"id\":\"x\"}"}"#,
            "\n",
            r#"{"line":4,"reason":"invalid_utf8","field":null,"encoding":"base64","value":"bm8ganNvbiD/"}"#,
            "\n",
        )
    );
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let folder = Folder::new();
    let missing = folder.0.path().join("missing.ndjson");
    let error = replay(&options(&missing)).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open input file {}", missing.display()));

    let file = folder.file("in", b"");
    let nowhere = folder.0.path().join("no/such/folder");
    let error = replay(&Options { dead_letters: Some(nowhere.clone()), ..options(&file) }).unwrap_err();
    assert_eq!(error.to_string(), format!("could not write dead letters to {}", nowhere.display()));
}

#[test]
fn a_reader_who_goes_away_ends_the_replay_without_an_error() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let folder = Folder::new();
    let file = folder.file("in", &company(100, 20_000));
    let summary =
        replay::run(&options(&file), &mut Decoder::default(), &Wording::new(), &mut Gone, &mut |_| {}).unwrap();
    assert!(summary.events < 20_000, "{summary}");
}

#[test]
fn events_that_repeat_or_are_late_are_counted() {
    let folder = Folder::new();
    let input = [
        visit("v1", "ann", "10:00:00"),
        visit("v1", "ann", "10:00:00"),
        visit("v2", "ann", "11:00:00"),
        visit("v3", "ann", "10:30:00"),
    ]
    .concat();
    let file = folder.file("in", input.as_bytes());
    let (_, summary) = replay(&options(&file)).unwrap();
    assert_eq!(summary.to_string(), "4 events: 3 applied, 1 duplicate, 1 late, 0 dead letters; 1 customers; 0 alerts");
}
