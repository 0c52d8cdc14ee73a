//! Holds the tables of docs/kinds.md to the code: what stands between its two markers is made here, from the registry,
//! the default rules and the wording. `make bless` writes it anew; read the diff.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use churnwatch::engine::registry::{DEFINITIONS, Definition, Quieter};
use churnwatch::model::alert::{Action, Facts};
use churnwatch::model::{Alert, CustomerKey, Kind, Scope, Severity, Status, Time, Transition};
use churnwatch::wording::Wording;

const BEGIN: &str = "<!-- begin of what tests/kinds_page.rs writes -->\n";
const END: &str = "<!-- end of what tests/kinds_page.rs writes -->";

#[test]
fn the_page_of_kinds_shows_what_the_code_does() {
    let path = root().join("docs/kinds.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has its first marker");
    let (written, after) = rest.split_once(END).expect("the page has its second marker");
    let tables = tables();
    if written == tables {
        return;
    }
    if std::env::var_os("BLESS").is_some_and(|value| value != "0" && !value.is_empty()) {
        std::fs::write(&path, format!("{before}{BEGIN}{tables}{END}{after}")).unwrap();
    }
    panic!("docs/kinds.md differs from the code; BLESS=1 writes it anew. It should hold:\n{tables}");
}

#[test]
fn every_kind_is_explained_in_plain_words_too() {
    let page = std::fs::read_to_string(root().join("docs/kinds.md")).unwrap();
    for kind in Kind::ALL {
        let heading = format!("\n## {}: ", kind.name());
        assert!(page.contains(&heading), "docs/kinds.md has no section that begins with `{}`", heading.trim());
    }
}

/// What the page says about floors is said by hand in `floor`; transcripts show whether it is so.
#[test]
fn no_transcript_opens_a_kind_below_its_floor_and_some_open_it_there() {
    let mut lowest: BTreeMap<Kind, Severity> = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("tests/scenarios")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let told = text.split_once("\n----\n").map_or("", |(_, told)| told);
        for line in told.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            // d1 12:15  ann  PROMISE_BROKEN/p1  opened  error
            let [_, _, _, subject, "opened", severity, ..] = words[..] else { continue };
            let kind = Kind::parse(subject.split('/').next().unwrap()).unwrap();
            let severity = Severity::parse(severity).unwrap();
            let known = lowest.entry(kind).or_insert(severity);
            *known = severity.min(*known);
        }
    }
    for definition in DEFINITIONS {
        let kind = definition.kind;
        assert_eq!(lowest.get(&kind), Some(&definition.floor), "{}", kind.name());
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn tables() -> String {
    let mut text = String::from(
        "\n| kind | mechanism | certainty | severity, before the score | follows the score | quiet while the customer is leaving |\n\
         |---|---|---|---|---|---|\n",
    );
    for definition in DEFINITIONS {
        let raised = if definition.raised.is_empty() { "" } else { "; " };
        writeln!(
            text,
            "| {} | {} | {} | {}{raised}{} | {} | {} |",
            definition.kind.name(),
            definition.mechanism,
            definition.certainty.name(),
            definition.floor.name(),
            definition.raised,
            yes(definition.band_lifts),
            yes(definition.quieted_by.contains(&Quieter::Leaving)),
        )
        .unwrap();
    }
    text.push_str("\n| kind | `action.code` | `action.do` | `action.do_not` | guardrails |\n|---|---|---|---|---|\n");
    for definition in DEFINITIONS {
        let guardrails: Vec<&str> = definition.guardrails.iter().map(|guardrail| guardrail.name()).collect();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            definition.kind.name(),
            definition.play.action,
            definition.play.steps.join(", "),
            definition.play.do_not.join(", "),
            guardrails.join(", "),
        )
        .unwrap();
    }
    text.push_str("\n| kind | title, `en` | `es` | `fil` |\n|---|---|---|---|\n");
    let wording = Wording::new();
    for definition in DEFINITIONS {
        let texts = wording.texts(&opened(definition));
        let (en, es, fil) = (texts.en.title, texts.es.title, texts.fil.title);
        writeln!(text, "| {} | {en} | {es} | {fil} |", definition.kind.name()).unwrap();
    }
    text.push('\n');
    text
}

fn yes(truth: bool) -> &'static str {
    if truth { "yes" } else { "" }
}

/// An alert of the kind that has just opened: enough for its title.
fn opened(definition: &Definition) -> Alert {
    Alert {
        alert_id: String::new(),
        dedup_key: String::new(),
        seq: 1,
        transition: Transition::Opened,
        status: Status::Open,
        kind: definition.kind,
        scope: Scope::Customer { key: CustomerKey::new("t", "c"), account_id: None },
        severity: Severity::Warning,
        certainty: definition.certainty,
        opened_at: Time(0),
        updated_at: Time(0),
        event_time: Time(0),
        act_by: None,
        expires_at: None,
        escalation_level: 0,
        owner: String::new(),
        occurrences: 1,
        risk: None,
        members: None,
        evidence: Vec::new(),
        action: Action { code: definition.play.action, steps: Vec::new(), do_not: Vec::new(), guardrails: Vec::new() },
        treatment: churnwatch::model::alert::Treatment::Treat,
        batch: String::new(),
        inhibited_by: None,
        incident_id: None,
        reason: None,
        value_at_stake: None,
        facts: Facts::default(),
    }
}
