//! Holds the documents to the program: what they show is what it prints, what they list is whole, where they lead is
//! something.
//!
//! A block marked `console` shows commands after `$ ` and what they print, standard error last. Those that need no
//! cluster and no terminal are run here, from the root of the repository; a line `...` stands for any lines.
//! `make bless` writes the blocks anew. A block marked `json` shows events, alerts and dead letters: events must be
//! readable; of an alert or a dead letter anything may be left out, but what is shown must be what a replay of
//! `docs/examples` says.

use std::path::{Path, PathBuf};
use std::process::Command;

use churnwatch::codec::{self, Mapping, Reason};
use churnwatch::engine::risk::{Curve, Model, Sign};
use churnwatch::model::alert;
use churnwatch::model::event::*;
use churnwatch::model::{EventType, Kind, Status, Transition};
use churnwatch::telemetry::Metrics;
use serde_json::Value;

/// How the documents shorten alerts to a line each.
const SHORT: &str = r#" | jq -r '"\(.updated_at) \(.kind) \(.transition) \(.severity) \(.reason)"'"#;

/// Commands of `console` blocks that are run.
const RUNNABLE: [&str; 5] = [
    "churnwatch replay ",
    "churnwatch check ",
    "churnwatch kinds",
    "churnwatch topics plan --offline",
    "churnwatch version",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every document: its path from the root, and its text.
fn documents() -> Vec<(String, String)> {
    let mut names: Vec<String> = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(str::to_owned).to_vec();
    for folder in ["docs", "docs/decisions"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    names.sort();
    names.into_iter().map(|name| (read(&name), name)).map(|(text, name)| (name, text)).collect()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The fenced blocks of a language, without their fences.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    let mut rest = text;
    let mut found = Vec::new();
    while let Some(at) = rest.find(&fence) {
        let block = &rest[at + fence.len()..];
        let end = block.find("```").expect("a fence is closed");
        found.push(&block[..end]);
        rest = &block[end..];
    }
    found
}

/// What a command prints, as the documents show it.
fn printed(command: &str) -> String {
    let (arguments, short) = match command.strip_suffix(SHORT) {
        Some(arguments) => (arguments, true),
        None => (command, false),
    };
    let mut words = arguments.split_whitespace();
    assert_eq!(words.next(), Some("churnwatch"));
    let ran =
        Command::new(env!("CARGO_BIN_EXE_churnwatch")).args(words).env_clear().current_dir(root()).output().unwrap();
    let mut text = String::from_utf8(ran.stdout).unwrap();
    if short {
        text = text.lines().map(|line| shortened(&serde_json::from_str(line).unwrap())).collect();
    }
    text + &String::from_utf8(ran.stderr).unwrap()
}

fn shortened(alert: &Value) -> String {
    let word = |name: &str| alert[name].as_str().unwrap_or("null").to_owned();
    ["updated_at", "kind", "transition", "severity", "reason"].map(word).join(" ") + "\n"
}

/// A block as it should be: each command that is run, followed by what it prints.
fn as_printed(block: &str) -> String {
    let mut text = String::new();
    let mut running: Option<String> = None;
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            text.push_str(line);
            text.push('\n');
            running = RUNNABLE.iter().any(|known| command.starts_with(known)).then(|| printed(command));
            text.push_str(running.as_deref().unwrap_or_default());
        } else if running.is_none() {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Whether `shown` is `real`, lines `...` of it standing for any lines.
fn agrees(shown: &str, real: &str) -> bool {
    let mut rest = real;
    for (index, part) in shown.split("...\n").enumerate() {
        match rest.find(part) {
            Some(0) => rest = &rest[part.len()..],
            Some(at) if index > 0 => rest = &rest[at + part.len()..],
            _ => return false,
        }
    }
    rest.is_empty() || shown.ends_with("...\n")
}

#[test]
fn commands_print_what_the_documents_show() {
    let bless = std::env::var_os("BLESS").is_some_and(|value| value != "0" && !value.is_empty());
    let (mut wrong, mut seen) = (String::new(), 0);
    for (name, text) in documents() {
        let mut blessed = text.clone();
        for block in blocks(&text, "console") {
            let real = as_printed(block);
            seen += 1;
            if !agrees(block, &real) {
                wrong.push_str(&format!("\n{name} shows\n{block}but it is\n{real}"));
                blessed = blessed.replace(block, &real);
            }
        }
        if bless && blessed != text {
            std::fs::write(root().join(name), blessed).unwrap();
        }
    }
    assert!(seen > 3, "only {seen} blocks found");
    assert!(wrong.is_empty(), "{wrong}");
}

/// Everything that the replays of the examples say: alerts and dead letters.
fn told() -> Vec<Value> {
    let mut told = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(root().join("docs/examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "ndjson") {
            continue;
        }
        let letters = folder.path().join("letters.ndjson");
        let mut command = Command::new(env!("CARGO_BIN_EXE_churnwatch"));
        command.arg("replay").arg(&path).arg("--dead-letters").arg(&letters).env_clear();
        command.args(["--until", "2026-06-01T00:00:00Z"]);
        let mapping = path.with_extension("toml");
        if mapping.exists() {
            command.arg("--mapping").arg(mapping);
        }
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&ran.stderr));
        let text = String::from_utf8(ran.stdout).unwrap() + &std::fs::read_to_string(&letters).unwrap_or_default();
        told.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    told
}

/// Whether everything that `shown` holds is in `real`.
fn is_part(shown: &Value, real: &Value) -> bool {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            shown.iter().all(|(name, shown)| real.get(name).is_some_and(|real| is_part(shown, real)))
        }
        (Value::Array(shown), Value::Array(real)) => {
            shown.len() == real.len() && shown.iter().zip(real).all(|(shown, real)| is_part(shown, real))
        }
        (Value::Number(shown), Value::Number(real)) => shown.as_f64() == real.as_f64(),
        _ => shown == real,
    }
}

#[test]
fn json_that_the_documents_show_is_read_or_written_by_the_program() {
    let told = told();
    let mut seen = 0;
    for (name, text) in documents() {
        for block in blocks(&text, "json") {
            for value in serde_json::Deserializer::from_str(block).into_iter::<Value>() {
                let value = value.unwrap_or_else(|error| panic!("{name}: {error} in\n{block}"));
                let is_output = value.get("spec") == Some(&"churn-alert/1".into()) || value.get("reason").is_some();
                if is_output {
                    assert!(told.iter().any(|real| is_part(&value, real)), "{name}: no replay tells\n{value:#}");
                } else {
                    let text = value.to_string();
                    let read = codec::decode(text.as_bytes()).map(|_| ());
                    assert_eq!(read, Ok(()), "{name}:\n{value:#}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 5, "only {seen} values found");
}

/// Units of 1e-4 in a number that a document shows.
fn units(number: &Value) -> i64 {
    (number.as_f64().unwrap() * 1e4).round() as i64
}

#[test]
fn the_sum_that_the_page_of_the_score_shows_adds_up() {
    let text = read("docs/score.md");
    let [block] = blocks(&text, "json")[..] else { panic!("the page shows one alert") };
    let alert: Value = serde_json::from_str(block).unwrap();
    let risk = &alert["risk"];
    let parts: i64 = risk["contributions"].as_array().unwrap().iter().map(|part| units(&part["log_odds"])).sum();
    assert_eq!(units(&risk["intercept"]) + parts + units(&risk["other"]), units(&risk["log_odds"]));
    // The table below it names each of these numbers again.
    for part in risk["contributions"].as_array().unwrap() {
        let row = format!("| `{}` | {:+} |", part["factor"].as_str().unwrap(), part["log_odds"].as_f64().unwrap());
        assert!(text.contains(&row), "the page has no row that begins with {row}");
    }
}

#[test]
fn the_page_of_the_score_tells_what_each_factor_weighs() {
    let text = read("docs/score.md");
    let model = Model::default();
    for part in model.parts() {
        let formula = match part.curve {
            Curve::Count(weight) => format!("{weight} log2(1 + x)"),
            Curve::Line(weight) => format!("{weight} x"),
            Curve::Steps(_) | Curve::Pieces(_) => panic!("the page has no words for the curve of {:?}", part.factor),
        };
        let limit = match part.factor.sign {
            Sign::Raises | Sign::Either => format!("at most {}", part.cap),
            Sign::Lowers => format!("at least -{}", part.cap),
        };
        let beginning = format!("| `{}` | {} | ", part.factor.name, part.factor.mechanism);
        let row = text.lines().find(|line| line.starts_with(&beginning));
        let row = row.unwrap_or_else(|| panic!("no row begins with {beginning}"));
        assert!(row.ends_with(&format!("| {formula}, {limit} |")), "{formula}, {limit}: {row}");
    }
    for number in [model.intercept(), model.protection()] {
        assert!(text.contains(&number.as_f64().to_string()));
    }
    assert!(text.contains(&format!("\"model\":\"{}\"", model.name())));
}

#[test]
fn toml_that_the_documents_show_as_a_mapping_can_be_loaded() {
    for (name, text) in documents() {
        for block in blocks(&text, "toml").into_iter().filter(|block| block.contains("[[event]]")) {
            if let Err(error) = Mapping::load(&name, block) {
                panic!("{error} in\n{block}");
            }
        }
    }
}

/// What `check` says of settings, if anything is wrong.
fn wrong_settings(settings: &str) -> Option<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_churnwatch"));
    let ran = command.args(["check", "--config"]).arg(file.path()).env_clear().output().unwrap();
    (!ran.status.success()).then(|| String::from_utf8(ran.stderr).unwrap())
}

#[test]
fn settings_that_the_documents_show_for_tenants_and_segments_are_accepted() {
    let text = read("docs/operations.md");
    let shown: Vec<&str> = blocks(&text, "toml").into_iter().filter(|block| block.contains("[tenants.")).collect();
    assert!(!shown.is_empty());
    for block in shown {
        assert_eq!(wrong_settings(block), None, "{block}");
    }
    // The manual shows some, commented out, at its end.
    let manual = read("config/churnwatch.toml");
    let (_, exceptions) = manual.split_once("\n# [tenants.").expect("the manual shows exceptions");
    let exceptions: String = exceptions.lines().map(|line| line.trim_start_matches("# ").to_owned() + "\n").collect();
    assert_eq!(wrong_settings(&format!("[tenants.{}", exceptions.replace("#\n", "\n"))), None);
}

#[test]
fn links_lead_to_files_that_are_there() {
    for (name, text) in documents() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for (at, _) in text.match_indices("](") {
            let link = text[at + 2..].split(')').next().unwrap().split('#').next().unwrap();
            if !link.is_empty() && !link.contains("://") && !link.contains(' ') {
                assert!(folder.join(link).exists(), "{name}: {link}");
            }
        }
    }
}

/// Fails for the first of `names` that the document does not hold between backticks.
fn assert_whole<'n>(document: &str, names: impl IntoIterator<Item = &'n str>) {
    let text = read(document);
    for name in names {
        assert!(text.contains(&format!("`{name}`")), "{document} says nothing of `{name}`");
    }
}

/// The names of the fields of a struct whose fields are all optional.
fn fields(shown: String) -> Vec<String> {
    let inside = shown.split_once('{').map_or("", |(_, inside)| inside).to_owned();
    inside.split(',').filter_map(|field| Some(field.split_once(':')?.0.trim().to_owned())).collect()
}

#[test]
fn the_page_of_events_names_every_type_field_word_and_reason() {
    assert_whole("docs/events.md", EventType::ALL.iter().map(|event_type| event_type.name()));
    assert_whole("docs/events.md", Category::ALL.iter().map(|word| word.name()));
    assert_whole("docs/events.md", Dimension::ALL.iter().map(|word| word.name()));
    for data in [
        format!("{:?}", ComplaintData::default()),
        format!("{:?}", ContactData::default()),
        format!("{:?}", FeedbackData::default()),
        format!("{:?}", FeatureRequestData::default()),
        format!("{:?}", PromiseData::default()),
        format!("{:?}", OrderData::default()),
        format!("{:?}", UsageData::default()),
        format!("{:?}", AccountData::default()),
        format!("{:?}", BillingData::default()),
        format!("{:?}", ServiceData::default()),
        format!("{:?}", CompetitorData::default()),
        format!("{:?}", CareData::default()),
        format!("{:?}", ProfileData::default()),
        format!("{:?}", AlertData::default()),
        format!("{:?}", OutcomeData::default()),
        format!("{:?}", Instalment::default()),
    ] {
        let fields = fields(data);
        assert!(!fields.is_empty());
        assert_whole("docs/events.md", fields.iter().map(String::as_str));
    }
    let text = read("docs/events.md");
    let rows: Vec<usize> = Reason::ALL
        .iter()
        .map(|reason| text.find(&format!("| `{}`", reason.name())).unwrap_or_else(|| panic!("no {}", reason.name())))
        .collect();
    assert!(rows.is_sorted(), "the reasons stand in the order in which they are looked for");
}

#[test]
fn the_page_of_alerts_names_every_word_of_an_alert() {
    assert_whole("docs/alerts.md", Transition::ALL.iter().map(|word| word.name()));
    assert_whole("docs/alerts.md", Status::ALL.iter().map(|word| word.name()));
    assert_whole("docs/alerts.md", alert::Reason::ALL.iter().map(|word| word.name()));
    assert_whole("docs/alerts.md", alert::Band::ALL.iter().map(|word| word.name()));
    assert_whole("docs/alerts.md", alert::Guardrail::ALL.iter().map(|word| word.name()));
    assert_whole("docs/alerts.md", alert::Certainty::ALL.iter().map(|word| word.name()));
    fn names(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    into.push(name.clone());
                    names(value, into);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| names(value, into)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    told().iter().filter(|told| told.get("spec").is_some()).for_each(|alert| names(alert, &mut all));
    assert_whole("docs/alerts.md", all.iter().map(String::as_str));
}

#[test]
fn the_page_of_operations_names_every_metric() {
    let metrics = Metrics::new("0", &[]).encode();
    // Gauges of partitions have no series yet, so Prometheus' format does not name them.
    let gauges = [
        "churn_watermark_timestamp_seconds",
        "churn_event_time_lag_seconds",
        "churn_consumer_lag_records",
        "churn_restore_remaining_records",
        "churn_customers",
        "churn_next_timer_timestamp_seconds",
    ];
    let named = metrics.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next());
    assert_whole("docs/operations.md", named.chain(gauges));
}

#[test]
fn the_page_of_mappings_names_every_one_that_is_built_in() {
    assert_whole("docs/mapping.md", Mapping::built_in_names());
}

#[test]
fn the_readme_names_every_kind() {
    assert_whole("README.md", Kind::ALL.iter().map(|kind| kind.name()));
}

#[test]
fn dots_stand_for_any_lines() {
    for (shown, real, agree) in [
        ("a\nb\n", "a\nb\n", true),
        ("a\n", "a\nb\n", false),
        ("a\n...\n", "a\nb\n", true),
        ("...\nb\n", "a\nb\n", true),
        ("a\n...\nc\n", "a\nb\nc\n", true),
        ("b\n", "a\nb\n", false),
        ("a\n...\nd\n", "a\nb\nc\n", false),
    ] {
        assert_eq!(agrees(shown, real), agree, "{shown:?} {real:?}");
    }
}
