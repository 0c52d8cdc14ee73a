//! `kinds`: every kind of alert, with the numbers that it goes by here.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::{KindsArguments, Lang, Output};
use crate::config::{Config, keys_of};
use crate::engine::registry::{DEFINITIONS, Definition, Play};
use crate::wording::Language;

use super::failure::Failure;
use super::output::Out;
use super::wording;

/// Where settings are broken into lines, in characters.
const WIDTH: usize = 120;

pub(super) fn run(arguments: &KindsArguments, out: &mut Out) -> Result<(), Failure> {
    let config = super::load(&arguments.config)?;
    let wording = wording::of(&config)?;
    let language = match arguments.lang {
        Lang::En => Language::En,
        Lang::Es => Language::Es,
        Lang::Fil => Language::Fil,
    };
    let is_asked = |definition: &&Definition| arguments.kinds.is_empty() || arguments.kinds.contains(&definition.kind);
    for definition in DEFINITIONS.iter().filter(is_asked) {
        let title = wording.title(definition.kind, language);
        match arguments.output {
            Output::Text => write!(out, "{}", text(definition, &title, &config))?,
            Output::Json => writeln!(out, "{}", json(definition, &title, &config))?,
        }
    }
    out.finish()
}

/// A line for the kind, then what it goes by.
fn text(definition: &Definition, title: &str, config: &Config) -> String {
    let (name, floor, action) = (definition.kind.name(), definition.floor.name(), definition.play.action);
    let mut text = format!("{name:22}  {floor:8}  {action:28}  {title}\n");
    let mut line = String::new();
    let mut section = "";
    for key in definition.settings.iter().flat_map(|name| keys_of(name)) {
        let (of, name) = key.path.split_once('.').expect("every key is in a section");
        let value = (key.show)(config);
        let setting = if of == section { format!("  {name} = {value}") } else { format!("  {of}.{name} = {value}") };
        section = of;
        if !line.is_empty() && 22 + line.chars().count() + setting.chars().count() > WIDTH {
            text.push_str(&format!("{:22}{line}\n", ""));
            line.clear();
        }
        line.push_str(&setting);
    }
    if !line.is_empty() {
        text.push_str(&format!("{:22}{line}\n", ""));
    }
    text
}

/// An object in one line.
fn json(definition: &Definition, title: &str, config: &Config) -> String {
    #[derive(Serialize)]
    struct Action {
        code: &'static str,
        r#do: &'static [&'static str],
        do_not: &'static [&'static str],
    }
    #[derive(Serialize)]
    struct Row<'a> {
        kind: &'static str,
        title: &'a str,
        mechanism: &'static str,
        certainty: &'static str,
        /// The lowest severity, and what makes it higher.
        severity: &'static str,
        raised: &'static str,
        follows_score: bool,
        held_out: bool,
        action: Action,
        /// By the word of the alert's text.
        actions_by_word: BTreeMap<&'static str, Action>,
        guardrails: Vec<&'static str>,
        settings: BTreeMap<&'static str, serde_json::Value>,
    }
    let action = |play: Play| Action { code: play.action, r#do: play.steps, do_not: play.do_not };
    let row = Row {
        kind: definition.kind.name(),
        title,
        mechanism: definition.mechanism,
        certainty: definition.certainty.name(),
        severity: definition.floor.name(),
        raised: definition.raised,
        follows_score: definition.band_lifts,
        held_out: definition.held_out,
        action: action(definition.play),
        actions_by_word: definition.plays.iter().map(|(word, play)| (word.name(), action(*play))).collect(),
        guardrails: definition.guardrails.iter().map(|guardrail| guardrail.name()).collect(),
        settings: definition
            .settings
            .iter()
            .flat_map(|name| keys_of(name))
            .map(|key| (key.path, value((key.show)(config))))
            .collect(),
    };
    serde_json::to_string(&row).expect("texts, numbers and truth values can be written as JSON")
}

/// A value as TOML shows it, as JSON.
fn value(shown: String) -> serde_json::Value {
    let table: toml::Table = format!("v = {shown}").parse().expect("settings are shown as TOML");
    serde_json::to_value(&table["v"]).expect("settings are texts, numbers, truth values and lists")
}
