//! The mappings that come with the program, over real histories of customers.
//!
//! The histories are no part of the repository. They are looked for in `$CHURNWATCH_DATA`, by default `../shared/data`
//! beside the repository; where they are missing, one line says how many tests were left out.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;

use churnwatch::codec::{Decoded, Decoder, Mapping};
use churnwatch::model::event::Data;
use churnwatch::model::{EventType, Time};
use flate2::read::GzDecoder;

/// Declares tests over a history, so that their number is known where it is missing.
macro_rules! histories {
    ($($(#[$meta:meta])* fn $name:ident($history:ident of $folder:literal) $body:block)*) => {
        const TESTS: usize = [$($folder),*].len();

        $($(#[$meta])* #[test] fn $name() {
            if let Some($history) = history($folder) $body
        })*
    };
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
        let line = format!("histories: {TESTS} tests left out, no {} (set CHURNWATCH_DATA)\n", data.display());
        std::io::stderr().write_all(line.as_bytes()).expect("stderr is open");
    });
    None
}

/// What a mapping made of a history.
#[derive(Default)]
struct Summary {
    /// Events by type; and the sum of their amounts or quantities.
    types: BTreeMap<&'static str, (usize, f64)>,
    dropped: usize,
    /// Distinct (source, id).
    ids: HashSet<(String, String)>,
    events: usize,
}

fn summary(events: &Path, mapping: &str) -> Summary {
    let mut decoder = Decoder::new(Some(Mapping::built_in(mapping).expect("it comes with the program")));
    let file = std::fs::File::open(events).expect("the history can be read");
    let mut summary = Summary::default();
    for (number, line) in BufReader::new(GzDecoder::new(file)).split(b'\n').enumerate() {
        let line = line.expect("the history can be read");
        let event = match decoder.decode(&line) {
            Ok(Decoded::Event(event)) => event,
            Ok(Decoded::Dropped) => {
                summary.dropped += 1;
                continue;
            }
            Err(rejected) => panic!("line {}: {rejected}", number + 1),
        };
        let foreign: serde_json::Value = serde_json::from_slice(&line).expect("the history is JSON");
        assert_eq!(foreign["customer_id"].as_str(), Some(&*event.customer_id), "line {}", number + 1);
        assert_eq!(foreign["ts"].as_str().and_then(Time::parse), Some(event.time), "line {}", number + 1);
        assert_ne!(event.event_type, EventType::Unknown, "line {}", number + 1);
        let size = match &event.data {
            Data::Purchase(data) => data.amount,
            Data::Billing(data) => data.amount,
            Data::Care(data) => data.amount,
            Data::Usage(data) => data.quantity,
            _ => None,
        };
        let (count, sum) = summary.types.entry(event.event_type.name()).or_default();
        *count += 1;
        *sum += size.unwrap_or_default();
        summary.events += 1;
        summary.ids.insert((event.source.into_owned(), event.id.into_owned()));
    }
    assert_eq!(summary.ids.len(), summary.events, "every event has its own id");
    summary
}

/// Counts by type, and sums rounded to whole units.
fn rounded(summary: &Summary) -> Vec<(&'static str, usize, i64)> {
    summary.types.iter().map(|(name, (count, sum))| (*name, *count, sum.round() as i64)).collect()
}

histories! {
    fn every_invoice_of_the_shop_is_an_event(events of "online_retail") {
        let summary = summary(&events, "online-retail");
        let expected = [
            ("billing.credit_issued", 109, 92_609),
            ("billing.invoice_issued", 58, 32_934),
            ("care.gesture", 39, 4_844),
            ("purchase.completed", 10_076, 4_560_963),
            ("return.requested", 2_016, 193_704),
        ];
        assert_eq!(rounded(&summary), expected);
        assert_eq!(summary.dropped, 0);
    }

    fn every_purchase_at_the_grocer_is_an_event(events of "grocery") {
        let summary = summary(&events, "online-grocer");
        assert_eq!(rounded(&summary), [("purchase.completed", 10_483, 0)]);
        assert_eq!(summary.dropped, 0);
    }

    fn every_act_of_the_students_is_an_event(events of "oulad2013") {
        let summary = summary(&events, "university");
        let expected = [
            ("account.created", 11_349, 0),
            ("profile.upserted", 70_611, 0),
            // 70,683 assessments handed in; 42,600 fortnights with 5,870,224 clicks.
            ("usage.activity", 113_283, 5_940_907),
            // 44,505 assessments; 5,050 fortnights without a click.
            ("usage.missed", 49_555, 44_505),
        ];
        assert_eq!(rounded(&summary), expected);
        assert_eq!(summary.dropped, 2_226, "no click in the weeks before the course");
    }
}
