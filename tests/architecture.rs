//! Holds which folder of `src` may use which, and what a pure folder may not touch; fails on a breach.
//!
//! A row more, or a name more in a row, is a design decision: say why in the commit.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path as FilePath, PathBuf};

#[path = "architecture/source.rs"]
mod source;

use source::{Path, Token};

/// A folder (or file) of `src`, and the ones it may use, every one of them from a row above. Unit tests keep to it too.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("engine", &["model"]),
    ("wording", &["model"]),
    // What a text says is a nouns' matter only: the same reading in replay, in run and in training.
    ("text", &["model"]),
    ("task", &["model", "engine"]),
    ("telemetry", &["model"]),
    ("clock", &["model"]),
    // The text of an alert is a part of its JSON.
    ("codec", &["model", "engine", "wording", "telemetry"]),
    ("config", &["model", "engine", "telemetry"]),
    ("kafka", &["model", "telemetry"]),
    ("runtime", &["model", "engine", "wording", "task", "telemetry", "clock", "codec", "config", "kafka"]),
    ("offline", &["model", "engine", "wording", "text", "task", "telemetry", "clock", "codec", "config", "kafka"]),
    ("admin", &["model", "engine", "wording", "task", "telemetry", "clock", "codec", "config", "kafka"]),
    // The command line's forms only: what they do is the app's matter.
    ("cli", &["model"]),
    (
        "app",
        &[
            "model",
            "engine",
            "wording",
            "text",
            "task",
            "telemetry",
            "clock",
            "codec",
            "config",
            "kafka",
            "runtime",
            "offline",
            "admin",
            "cli",
        ],
    ),
    ("main", &["telemetry", "config", "app", "cli"]),
];

/// Folders whose results depend on nothing but their inputs.
const PURE: &[&str] = &["model", "engine", "wording", "text", "task"];

/// What reaches outside: beginnings of paths.
const OUTSIDE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "log",
    "rand",
    "tokio",
    "tracing",
];

/// What reads the wall clock: parts of paths.
const WALL_CLOCK: &[&str] = &["SystemTime::now", "Timestamp::now", "Zoned::now"];

/// One file of `src`, read.
struct File {
    /// From the root of the repository, for messages.
    name: String,
    /// The row of the table it belongs to.
    folder: String,
    /// How many `super` lead from its items to the root of the crate.
    depth: usize,
    /// The whole file is test code.
    test: bool,
    tokens: Vec<Token>,
    paths: Vec<Path>,
}

impl File {
    /// `name` is the path within `src`.
    fn read(name: &str, source: &str, test: bool) -> File {
        let modules: Vec<&str> = name.trim_end_matches(".rs").split('/').filter(|&m| m != "mod").collect();
        let tokens = source::tokens(source);
        let paths = source::paths(&tokens);
        File { name: format!("src/{name}"), folder: modules[0].to_owned(), depth: modules.len(), test, tokens, paths }
    }

    /// The top-level module that a path leads to, if it leads to one from the root of the crate.
    fn target<'p>(&self, path: &'p Path) -> Option<&'p str> {
        let segments = &path.segments;
        let first = segments[0].as_str();
        if first == "crate" || first == "churnwatch" {
            return Some(&segments[1]);
        }
        // Modules within a file add a level, so the name behind the last `super` decides.
        let supers = segments.iter().take_while(|s| *s == "super").count();
        let next = segments.get(supers)?;
        (supers >= self.depth && MAY_USE.iter().any(|(name, _)| name == next)).then_some(next)
    }

    /// What in the file is against the rules: a line each.
    fn breaches(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        let mut breach = |line: usize, what: String| breaches.push(format!("{}:{line}: {what}", self.name));
        let folder = self.folder.as_str();
        if folder == "lib" {
            return breaches;
        }
        let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| *name == folder) else {
            breach(1, format!("`{folder}` is not in the table of tests/architecture.rs"));
            return breaches;
        };
        for path in &self.paths {
            let whole = path.segments.join("::");
            if let Some(target) = self.target(path)
                && target != folder
                && !may_use.contains(&target)
            {
                breach(
                    path.line,
                    format!("`{folder}` must not use `{target}` ({whole}); it may use: {}", may_use.join(", ")),
                );
            }
            let code = !self.test && !path.test;
            if code && PURE.contains(&folder) && OUTSIDE.iter().any(|outside| begins_with(&whole, outside)) {
                breach(path.line, format!("`{folder}` is pure and must not use `{whole}`"));
            }
            if code && folder != "clock" && WALL_CLOCK.iter().any(|clock| contains(&whole, clock)) {
                breach(path.line, format!("only src/clock.rs reads the wall clock, not `{whole}`"));
            }
        }
        for token in &self.tokens {
            let code = !self.test && !token.test;
            match token.text.as_str() {
                word if folder != "kafka" && word.starts_with("rdkafka") => {
                    breach(token.line, format!("only src/kafka names rdkafka, not `{word}`"));
                }
                "unsafe" if folder != "kafka" => breach(token.line, "only src/kafka may hold `unsafe`".to_owned()),
                word @ ("async" | "await") if code && PURE.contains(&folder) => {
                    breach(token.line, format!("`{folder}` is pure and must not hold `{word}`"));
                }
                _ => {}
            }
        }
        breaches
    }
}

/// Whether the path `whole` is `start` or goes on from it.
fn begins_with(whole: &str, start: &str) -> bool {
    whole.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Whether `part` stands in the path `whole`, from one `::` to another.
fn contains(whole: &str, part: &str) -> bool {
    format!("::{whole}::").contains(&format!("::{part}::"))
}

/// Every file of `src`.
fn files() -> Vec<File> {
    let src = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut names = Vec::new();
    list(&src, &mut names);
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("a source file is text");
    let within = |path: &FilePath| {
        let name = path.strip_prefix(&src).expect("listed from src");
        name.to_str().expect("named in UTF-8").replace('\\', "/")
    };
    let mut test_only = BTreeSet::new();
    for path in &names {
        let beside = match path.file_name().and_then(|n| n.to_str()) {
            Some("mod.rs" | "lib.rs" | "main.rs") => path.parent().expect("a file has a folder").to_owned(),
            _ => path.with_extension(""),
        };
        test_only.extend(source::test_modules(&source::tokens(&read(path))).iter().map(|name| beside.join(name)));
    }
    let is_test = |path: &PathBuf| path.ancestors().any(|p| test_only.contains(&p.with_extension("")));
    names.iter().map(|path| File::read(&within(path), &read(path), is_test(path))).collect()
}

fn list(folder: &FilePath, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of src can be listed") {
        let path = entry.expect("an entry of src can be read").path();
        if path.is_dir() {
            list(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
    into.sort();
}

#[test]
fn imports_point_one_way_and_pure_folders_stay_pure() {
    let mut report = String::new();
    for breach in files().iter().flat_map(File::breaches) {
        writeln!(report, "  {breach}").unwrap();
    }
    assert!(report.is_empty(), "the rules of tests/architecture.rs are broken:\n{report}");
}

#[test]
fn the_table_has_no_cycle() {
    for (row, (folder, may_use)) in MAY_USE.iter().enumerate() {
        for used in *may_use {
            let above = MAY_USE[..row].iter().any(|(name, _)| name == used);
            assert!(above, "`{folder}` may use `{used}`, which is not in a row above it");
        }
    }
}

#[test]
fn each_row_of_the_table_is_there() {
    let files = files();
    for (folder, _) in MAY_USE {
        assert!(files.iter().any(|file| file.folder == *folder), "src has no `{folder}`");
    }
}

#[test]
fn each_rule_sees_its_breach() {
    for (file, source, expected) in [
        ("engine/mod.rs", "use crate::kafka::Consumer;", "1: `engine` must not use `kafka`"),
        ("engine/a/b.rs", "\nuse crate::{model::Time, codec};", "2: `engine` must not use `codec`"),
        ("task/run.rs", "fn f() { crate::config::get() }", "1: `task` must not use `config`"),
        ("task/mod.rs", "use super::codec::json;", "1: `task` must not use `codec`"),
        ("model/time.rs", "mod tests { use super::super::super::task::Phase; }", "1: `model` must not use `task`"),
        ("config/raw.rs", "#[cfg(test)] mod tests { use crate::runtime::Loop; }", "1: `config` must not use `runtime`"),
        ("main.rs", "use churnwatch::kafka::Consumer;", "1: `main` must not use `kafka`"),
        ("stuff.rs", "", "1: `stuff` is not in the table"),
        ("engine/mod.rs", "use std::{fmt, fs::File};", "1: `engine` is pure and must not use `std::fs::File`"),
        (
            "model/time.rs",
            "use std::time::{Duration, Instant};",
            "1: `model` is pure and must not use `std::time::Instant`",
        ),
        ("wording/mod.rs", "fn f() { tracing::info!(\"x\") }", "1: `wording` is pure and must not use `tracing::info`"),
        ("task/mod.rs", "async fn f() {}", "1: `task` is pure and must not hold `async`"),
        ("runtime/mod.rs", "let now = std::time::SystemTime::now();", "1: only src/clock.rs reads the wall clock"),
        ("admin/mod.rs", "let now = jiff::Timestamp::now();", "1: only src/clock.rs reads the wall clock"),
        ("runtime/mod.rs", "\nuse rdkafka_sys as sys;", "2: only src/kafka names rdkafka"),
        ("runtime/mod.rs", "\n\nunsafe { f() }", "3: only src/kafka may hold `unsafe`"),
    ] {
        let breaches = File::read(file, source, false).breaches();
        assert_eq!(breaches.len(), 1, "{file}: {source}\n{breaches:?}");
        assert!(breaches[0].starts_with(&format!("src/{file}:{expected}")), "{}", breaches[0]);
    }
}

#[test]
fn what_is_no_breach_is_not_reported() {
    for (file, source) in [
        (
            "engine/mod.rs",
            "use crate::model::{Time, alert::Band};\nuse self::rules::Rules;\nuse crate::engine::Effect;",
        ),
        (
            "engine/rules.rs",
            "//! [`crate::kafka`]\n/* use crate::kafka; /* unsafe */ */ const A: &str = \"crate::kafka \\\" unsafe\";",
        ),
        (
            "engine/rules.rs",
            "const A: (char, &str) = ('\"', r#\"unsafe \" crate::kafka::X\"#); fn f<'a>(x: &'a str) {}",
        ),
        ("engine/rules.rs", "mod tests { use super::super::Effect; }"),
        ("engine/rules.rs", "#[cfg(test)]\nmod tests { use std::fs; fn f() { fs::read(\"x\"); } }"),
        ("task/mod.rs", "use std::time::Duration;"),
        ("kafka/native.rs", "use rdkafka::Offset;\nuse rdkafka_sys::x;\nunsafe { f() }"),
        ("clock.rs", "std::time::SystemTime::now()"),
        ("runtime/mod.rs", "#![allow(unsafe_code)] use std::time::Instant; let t = Instant::now();"),
        ("app.rs", "use crate::{runtime, admin::serve};"),
        ("lib.rs", "pub mod engine;"),
    ] {
        let breaches = File::read(file, source, false).breaches();
        assert!(breaches.is_empty(), "{file}: {source}\n{breaches:?}");
    }
}

#[test]
fn test_code_ends_where_its_item_ends() {
    let tokens =
        source::tokens("#[cfg(test)]\nmod tests;\nuse std::fs;\n#[cfg(test)]\nmod t { fn f() {} }\nuse std::net;");
    assert_eq!(source::test_modules(&tokens), ["tests"]);
    let paths: Vec<_> = source::paths(&tokens).iter().map(|p| (p.segments.join("::"), p.line, p.test)).collect();
    assert_eq!(paths, [("std::fs".to_owned(), 3, false), ("std::net".to_owned(), 6, false)]);
}
