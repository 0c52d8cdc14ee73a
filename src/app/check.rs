//! `check`: what the settings mean, as a file that means the same.

use crate::cli::ConfigArguments;
use crate::config::{Config, KEYS, differences, shown_property};

use super::failure::Failure;
use super::output::Out;

pub(super) fn run(arguments: &ConfigArguments, out: &mut Out) -> Result<(), Failure> {
    let config = super::load(arguments)?;
    write!(out, "{}", text(&config))?;
    out.finish()
}

/// TOML, section by section, with the default beside what differs from it. Secrets are hidden.
fn text(config: &Config) -> String {
    let defaults = Config::default();
    let mut text = format!("# churnwatch {}: this is what is meant. Nothing is wrong.\n", super::VERSION);
    let mut open = "";
    for key in KEYS.iter() {
        let (section, name) = key.path.split_once('.').expect("every key is in a section");
        if section != open {
            text.push_str(&format!("\n[{section}]\n"));
            open = section;
        }
        let (value, default) = ((key.show)(config), (key.show)(&defaults));
        let note = if value == default { note(key.path, config) } else { Some(format!("default: {default}")) };
        let note = note.map(|note| format!("  # {note}")).unwrap_or_default();
        text.push_str(&format!("{name} = {value}{note}\n"));
    }
    if config.kafka.properties.iter().next().is_some() {
        text.push_str("\n[kafka.properties]\n");
        for (name, value) in config.kafka.properties.iter() {
            let value = toml::Value::String(shown_property(name, value).to_owned());
            text.push_str(&format!("\"{name}\" = {value}\n"));
        }
    }
    for exception in &config.rules.exceptions {
        let (table, differing) = differences(config, exception);
        let mut open = "";
        for (path, value) in differing {
            let (section, name) = path.split_once('.').expect("every key is in a section");
            if section != open {
                text.push_str(&format!("\n[{table}.{section}]\n"));
                open = section;
            }
            text.push_str(&format!("{name} = {value}\n"));
        }
    }
    text
}

/// What a word stands for here.
fn note(path: &str, config: &Config) -> Option<String> {
    match path {
        "kafka.instance_id" => config.instance_id(),
        "runtime.workers" => Some(config.workers().to_string()),
        "topics.changelog" => Some(config.changelog_topic()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::judge::judge;

    #[test]
    fn what_is_printed_means_what_was_meant() {
        let flags = [
            "kafka.group_id=care",
            "time.idle_after=off",
            "alerts.owners=team:a,team:b",
            "kafka.properties.client.id=one \"two\"",
        ];
        let config = Config::load(None, std::iter::empty(), &flags.map(str::to_owned), &judge).unwrap();
        let text = text(&config);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, &text).unwrap();
        assert_eq!(Config::load(Some(&path), std::iter::empty(), &[], &judge), Ok(config), "{text}");
        for line in [
            "group_id = \"care\"  # default: \"churnwatch\"",
            "changelog = \"auto\"  # care-customers-changelog",
            "idle_after = \"off\"  # default: \"1m\"",
            "start_from = \"earliest\"",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn exceptions_are_printed_as_they_would_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        let written = "[tenants.acme.complaints]\nacknowledge = \"4bh\"\n[tenants.acme.segments.vip.complaints]\nacknowledge = \"9bh\"\n";
        std::fs::write(&path, written).unwrap();
        let config = Config::load(Some(&path), std::iter::empty(), &[], &judge).unwrap();
        let text = text(&config);
        std::fs::write(&path, &text).unwrap();
        assert_eq!(Config::load(Some(&path), std::iter::empty(), &[], &judge), Ok(config), "{text}");
        assert!(text.ends_with(written.replace("\n[", "\n\n[").as_str()), "{text}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let flag = ["kafka.properties.sasl.password=hunter2".to_owned()];
        let config = Config::load(None, std::iter::empty(), &flag, &judge).unwrap();
        assert!(text(&config).contains("\"sasl.password\" = \"(hidden)\""));
        assert!(!text(&config).contains("hunter2"));
    }
}
