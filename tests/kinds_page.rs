//! Holds the tables of docs/kinds.md to the code: what stands between its two markers is made here, from the registry,
//! the default rules and the wording. `make bless` writes it anew; read the diff.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use churnwatch::config::{Config, keys_of};
use churnwatch::engine::registry::{DEFINITIONS, Definition, Quieter};
use churnwatch::model::{Kind, Severity};
use churnwatch::wording::{Language, Wording};

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
            with_defaults(definition.raised),
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
    text.push_str("\n| kind | goes by, with the defaults |\n|---|---|\n");
    for definition in DEFINITIONS {
        writeln!(text, "| {} | {} |", definition.kind.name(), settings(definition)).unwrap();
    }
    text.push_str("\n| kind | title, `en` | `es` | `fil` |\n|---|---|---|---|\n");
    let wording = Wording::new();
    for definition in DEFINITIONS {
        let title = |language| wording.title(definition.kind, language);
        let (en, es, fil) = (title(Language::En), title(Language::Es), title(Language::Fil));
        writeln!(text, "| {} | {en} | {es} | {fil} |", definition.kind.name()).unwrap();
    }
    text.push('\n');
    text
}

fn yes(truth: bool) -> &'static str {
    if truth { "yes" } else { "" }
}

/// What raises a severity, with the defaults of the settings that it names.
fn with_defaults(raised: &str) -> String {
    let config = Config::default();
    let part = |(index, part): (usize, &str)| match keys_of(part).find(|key| key.path == part) {
        Some(key) if index % 2 == 1 => (key.show)(&config).trim_matches('"').to_owned(),
        _ if index % 2 == 1 => format!("`{part}`"),
        _ => part.to_owned(),
    };
    raised.split('`').enumerate().map(part).collect()
}

/// The settings that a kind goes by, with their defaults.
fn settings(definition: &Definition) -> String {
    let config = Config::default();
    let keys = definition.settings.iter().flat_map(|name| keys_of(name));
    keys.map(|key| format!("`{}` {}", key.path, (key.show)(&config).trim_matches('"'))).collect::<Vec<_>>().join(", ")
}
