//! Every sentence on one page, for native readers: tests/golden/wording.txt. `BLESS=1 cargo test` writes it anew.

use std::fmt::Write;
use std::path::Path;

use super::facts::words;
use super::tests::{alert, every_form, time};
use super::*;
use crate::model::alert::{FactWord, Facts};
use crate::model::{Kind, Status};

const PAGE: &str = "tests/golden/wording.txt";

const HEAD: &str = "\
Every sentence that alerts say, in English, Spanish and Filipino, for native readers.

The page is written by a test. To change a sentence, change src/wording/templates, run
`BLESS=1 cargo test --lib wording` and read the difference.
";

/// What the engine knows of an alert of `kind` as a rule.
fn usual(kind: Kind, word: Option<FactWord>) -> Facts {
    let since = Some(time("2026-03-02T09:30:00Z"));
    let due = Some(time("2026-03-04T15:02:00Z"));
    let none = Facts { word, since, ..Facts::default() };
    match kind {
        Kind::GrievanceAccumulation => Facts { count: Some(3), categories: Some(2), ..none },
        Kind::ComplaintStalled => Facts { due, days: Some(3), ..none },
        Kind::SecondChance => none,
        Kind::DoubleDeviation => Facts { days: Some(9), ..none },
        Kind::SilentDeparture => Facts { count: Some(20), days: Some(55), ..none },
        Kind::PromiseDueSoon | Kind::PromiseBroken => Facts { due, ..none },
        Kind::ContactAbandoned => Facts { count: Some(2), ..none },
        Kind::CancellationIntent => Facts { due: Some(time("2026-03-16T09:30:00Z")), ..none },
        _ => Facts { count: Some(3), days: Some(20), percent: Some(15), due, ..none },
    }
}

/// The same with every number 1.
fn single(facts: &Facts) -> Facts {
    let one = |n: Option<u32>| n.map(|_| 1);
    Facts { count: one(facts.count), categories: one(facts.categories), days: one(facts.days), ..facts.clone() }
}

fn say(page: &mut String, head: &str, texts: &Texts) {
    writeln!(page, "\n  {head}").unwrap();
    for &language in Language::ALL {
        writeln!(page, "    {:<4}{}", language.name(), texts.of(language).body).unwrap();
    }
}

fn page(wording: &Wording) -> String {
    let mut page = HEAD.to_owned();
    let titled = |page: &mut String, name: &str, alert: &Alert| {
        writeln!(page, "\n\n{name}\n{}", "=".repeat(name.len())).unwrap();
        let texts = wording.texts(alert);
        for &language in Language::ALL {
            writeln!(page, "    {:<4}{}", language.name(), texts.of(language).title).unwrap();
        }
    };
    let act_by = Some(time("2026-03-06T15:02:00Z"));
    for &kind in Kind::ALL {
        let new = |facts: Facts| Alert { act_by, ..alert(kind, facts) };
        titled(&mut page, kind.name(), &new(Facts::default()));
        for word in words(kind).iter().copied().map(Some).chain(words(kind).is_empty().then_some(None)) {
            let name = word.map_or(String::new(), |word| format!(" ({})", word.name()));
            let facts = usual(kind, word);
            say(&mut page, &format!("opened{name}"), &wording.texts(&new(facts.clone())));
            if single(&facts) != facts {
                say(&mut page, &format!("opened{name}, every number 1"), &wording.texts(&new(single(&facts))));
            }
            let nothing = Alert { act_by: None, ..new(Facts { word, ..Facts::default() }) };
            say(&mut page, &format!("opened{name}, nothing else known"), &wording.texts(&nothing));
        }
        // How the kind ends in its own words; `over` where it is not as `closed`.
        for (form, transition, reason) in every_form() {
            let shown = match form {
                Form::Closed | Form::Retracted => true,
                // As a rule it says the same as `closed`.
                _ => !form.is_live() && has_own(kind, form),
            };
            if !shown {
                continue;
            }
            // A stage of a complaint ends in its own way; other words do not matter once it is over.
            let stages = if kind == Kind::ComplaintStalled { words(kind) } else { &[] };
            for word in stages.iter().copied().map(Some).chain(stages.is_empty().then_some(None)) {
                let name = word.map_or(String::new(), |word| format!(" ({})", word.name()));
                let ended =
                    Alert { transition, reason, status: Status::Resolved, act_by: None, ..new(usual(kind, word)) };
                say(&mut page, &format!("{}{name}", form.name()), &wording.texts(&ended));
            }
        }
    }
    let name = "WHAT EVERY KIND SAYS ALIKE, with PROMISE_BROKEN as the example";
    let facts = usual(Kind::PromiseBroken, Some(FactWord::PromiseDue));
    let example = Alert { act_by, ..alert(Kind::PromiseBroken, facts) };
    titled(&mut page, name, &example);
    for (form, transition, reason) in every_form() {
        let status = match form {
            Form::Acknowledged => Status::Acknowledged,
            Form::Snoozed => Status::Snoozed,
            _ => Status::Open,
        };
        if !matches!(form, Form::Closed | Form::Over | Form::Retracted) {
            say(&mut page, form.name(), &wording.texts(&Alert { transition, reason, status, ..example.clone() }));
        }
    }
    page
}

fn has_own(kind: Kind, form: Form) -> bool {
    SHIPPED.iter().any(|file| {
        let layer = Layer::read(file.file, file.text).expect("a shipped file");
        layer.pieces.contains_key(&(Some(kind), layer::Part::Body(form)))
    })
}

#[test]
fn the_page_of_every_sentence_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = page(&Wording::new());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (at, (golden, now)) in golden.lines().zip(page.lines()).enumerate() {
        assert_eq!(golden, now, "{PAGE}:{}: BLESS=1 writes it anew", at + 1);
    }
    assert_eq!(golden.lines().count(), page.lines().count(), "{PAGE}: BLESS=1 writes it anew");
}
