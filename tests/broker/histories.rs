//! Real histories of customers through the real broker: the alerts are those of `replay` over the same file.
//!
//! The histories are no part of the repository. They are looked for in `$CHURNWATCH_DATA`, by default `../shared/data`
//! beside the repository; where they are missing, one line says how many tests were left out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use flate2::read::GzDecoder;

use crate::harness::{Broker, Process, Scene, read_all};

/// Histories that are tested: folder and mapping.
const HISTORIES: [(&str, &str); 2] = [("online_retail", "online-retail"), ("oulad2013", "university")];

#[test]
fn the_shops_history_alerts_live_as_in_a_replay() {
    live_and_replayed(HISTORIES[0]);
}

#[test]
fn the_universitys_history_alerts_live_as_in_a_replay() {
    live_and_replayed(HISTORIES[1]);
}

/// The events of a history; `None` if there is none here.
fn history(folder: &str) -> Option<PathBuf> {
    static TOLD: Once = Once::new();
    let data = std::env::var_os("CHURNWATCH_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let events = data.join("churn").join(folder).join("events.jsonl.gz");
    if events.exists() {
        return Some(events);
    }
    // Written past the test harness, which would swallow it in a test that passes.
    TOLD.call_once(|| {
        let (count, data) = (HISTORIES.len(), data.display());
        let line = format!("histories on the broker: {count} tests left out, no {data} (set CHURNWATCH_DATA)\n");
        std::io::stderr().write_all(line.as_bytes()).expect("stderr is open");
    });
    None
}

/// Asserts that the live service tells the alerts of a replay, byte for byte and customer by customer in order.
fn live_and_replayed((folder, mapping): (&str, &str)) {
    let Some(events) = history(folder) else { return };
    let scene = Scene::new(Broker::shared(), folder, 3, &[&format!("mapping.name=\"{mapping}\""), "runtime.workers=2"]);
    let input = scene.writer();
    let lines = BufReader::new(GzDecoder::new(File::open(&events).unwrap())).lines();
    for line in lines.map(Result::unwrap) {
        let record: serde_json::Value = serde_json::from_str(&line).unwrap();
        input.write(record["customer_id"].as_str().unwrap().as_bytes(), line.as_bytes());
    }
    input.flush();
    let mut process = Process::start(&scene, "one");
    let replayed = replay(&scene, &events);
    scene.wait_until_done(Duration::from_secs(240));
    process.stop();

    let mut live: BTreeMap<String, Vec<String>> = BTreeMap::new();
    read_all(&scene.cluster, &scene.alerts(), scene.partitions, &mut |_, read| {
        let (key, value) =
            (String::from_utf8(read.key.unwrap()).unwrap(), String::from_utf8(read.value.unwrap()).unwrap());
        live.entry(key).or_default().push(value);
    });
    let count = |alerts: &BTreeMap<String, Vec<String>>| alerts.values().map(Vec::len).sum::<usize>();
    assert!(count(&replayed) > 0, "nobody was flagged: the test proves nothing");
    assert_eq!((live.len(), count(&live)), (replayed.len(), count(&replayed)), "customers and alerts");
    let differing = replayed.iter().filter(|(key, alerts)| live.get(*key) != Some(alerts)).count();
    assert_eq!(differing, 0, "customers whose alerts differ");
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for alert in replayed.values().flatten() {
        let alert: serde_json::Value = serde_json::from_str(alert).unwrap();
        *kinds.entry(alert["kind"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    println!("{folder}: {} customers flagged: {kinds:?}", live.len());
}

/// The alerts of `churnwatch replay`, by customer.
fn replay(scene: &Scene, events: &Path) -> BTreeMap<String, Vec<String>> {
    let partitions = scene.partitions.to_string();
    let arguments = ["replay", events.to_str().unwrap(), "--partitions", &partitions, "--until", "live"];
    let output = scene.run(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut alerts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        let customer = alert["scope"]["customer_id"].as_str().unwrap().to_owned();
        alerts.entry(customer).or_default().push(line.to_owned());
    }
    alerts
}
