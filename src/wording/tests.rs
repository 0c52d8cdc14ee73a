//! What the shipped sentences and users' own must hold, over every kind, form and combination of facts.

use std::collections::BTreeSet;

use super::facts::{every_speech, words};
use super::layer::Layer;
use super::*;
use crate::model::alert::{Action, Certainty, Evidence, FactWord, Facts, Reason};
use crate::model::{CustomerKey, Kind, Scope, Severity, Status, Time, Transition};

/// What must never be read in a text.
const PERSONAL: &str = "Zzyzx";

pub(super) fn time(text: &str) -> Time {
    Time::parse(text).expect("a time")
}

/// An alert whose every personal field says `PERSONAL`.
pub(super) fn alert(kind: Kind, facts: Facts) -> Alert {
    Alert {
        alert_id: format!("al_{PERSONAL}"),
        dedup_key: format!("acme/{PERSONAL}/{}", kind.name()),
        seq: 1,
        transition: Transition::Opened,
        status: Status::Open,
        kind,
        scope: Scope::Customer { key: CustomerKey::new("acme", PERSONAL), account_id: Some(PERSONAL.into()) },
        severity: Severity::Error,
        certainty: Certainty::Observed,
        opened_at: time("2026-03-04T15:02:11Z"),
        updated_at: time("2026-03-04T15:02:11Z"),
        event_time: time("2026-03-04T15:02:11Z"),
        act_by: Some(time("2026-03-06T15:02:11Z")),
        expires_at: None,
        escalation_level: 0,
        owner: format!("person:{PERSONAL}"),
        occurrences: 1,
        risk: None,
        members: None,
        evidence: vec![Evidence {
            event_id: PERSONAL.into(),
            source: PERSONAL.into(),
            event_type: "complaint.opened".into(),
            time: time("2026-03-04T15:02:11Z"),
            quote: Some(PERSONAL.into()),
        }],
        action: Action { code: "call_back", steps: Vec::new(), do_not: Vec::new(), guardrails: Vec::new() },
        treatment: crate::model::alert::Treatment::Treat,
        batch: "b".into(),
        inhibited_by: Some(format!("al_{PERSONAL}")),
        incident_id: Some(PERSONAL.into()),
        reason: None,
        value_at_stake: Some(1_200.0),
        facts,
    }
}

/// One transition and reason for each form.
pub(super) fn every_form() -> Vec<(Form, Transition, Option<Reason>)> {
    let mut forms: Vec<(Form, Transition, Option<Reason>)> = Vec::new();
    for &transition in Transition::ALL {
        for reason in [None].into_iter().chain(Reason::ALL.iter().copied().map(Some)) {
            let form = Form::of(transition, reason);
            if !forms.iter().any(|(seen, ..)| *seen == form) {
                forms.push((form, transition, reason));
            }
        }
    }
    forms.sort();
    forms
}

fn wrong(body: &str) -> Option<&'static str> {
    let first = body.chars().next()?;
    let faults = [
        (!(first.is_uppercase() || first.is_ascii_digit()), "begins in the middle"),
        (!body.ends_with('.'), "has no full stop"),
        (body.contains(PERSONAL), "names somebody"),
        (body.trim() != body, "has blanks at an end"),
        (body.chars().any(|c| "{}[]%<>_|~\n\t\"`".contains(c)), "shows its template"),
        (body.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|w| w == "none" || w == "undefined"), "none"),
    ];
    let leftovers =
        ["  ", " ,", " .", " ;", " :", ",,", "..", ",.", ";.", ":.", ",;", ";;", "; ;", ", ;", ",:", "(", ")"];
    let sentences = body
        .match_indices(". ")
        .all(|(at, _)| body[at + 2..].chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit()));
    faults
        .into_iter()
        .chain([(leftovers.iter().any(|l| body.contains(l)), "has leftovers of a clause")])
        .chain([(!sentences, "has a full stop inside a sentence")])
        .find_map(|(fault, name)| fault.then_some(name))
}

#[test]
fn every_sentence_is_whole_for_every_kind_word_transition_and_combination_of_facts() {
    let wording = Wording::new();
    let mut rendered = 0;
    for &kind in Kind::ALL {
        for (form, transition, reason) in every_form() {
            for speech in every_speech(kind) {
                let mut alert = alert(kind, speech.facts);
                (alert.transition, alert.reason, alert.act_by) = (transition, reason, speech.act_by);
                let texts = wording.texts(&alert);
                for &language in Language::ALL {
                    let Text { title, body } = texts.of(language);
                    let fault = wrong(body).or_else(|| (title.is_empty() || title.ends_with('.')).then_some("title"));
                    let place = (kind.name(), form.name(), language.name());
                    assert_eq!(fault, None, "{place:?}\n{title}\n{body}\n{:?}", alert.facts);
                    rendered += 1;
                }
            }
        }
    }
    assert!(rendered > 100_000, "{rendered}");
}

#[test]
fn the_check_of_sentences_finds_what_it_is_for() {
    for body in [
        "a lower beginning.",
        "No full stop",
        "Two  blanks.",
        "A blank .",
        "A clause,.",
        "Two; ; of them.",
        "It is none.",
        "It is {{ count }}.",
        "Zzyzx called.",
        "One. two.",
        "A line\nbroken.",
    ] {
        assert!(wrong(body).is_some(), "{body}");
    }
    assert_eq!(wrong("3 problems are open. Call."), None);
}

#[test]
fn titles_are_the_domain_s() {
    let titles = [
        (
            Kind::GrievanceAccumulation,
            "Small unresolved problems are piling up",
            "Se acumulan pequeños problemas sin resolver",
            "Dumarami ang maliliit na problemang hindi pa nalulutas",
        ),
        (
            Kind::ComplaintStalled,
            "A complaint is waiting too long",
            "Un reclamo lleva demasiado tiempo en espera",
            "Masyado nang naghihintay ang isang reklamo",
        ),
        (
            Kind::SecondChance,
            "A complaint: this is a second chance",
            "Un reclamo: es una nueva oportunidad",
            "May reklamo: ito ay pangalawang pagkakataon",
        ),
        (
            Kind::DoubleDeviation,
            "Failed again after a recovery",
            "Nueva falla después de una recuperación",
            "Nabigo muli matapos ang pagbawi",
        ),
        (
            Kind::SilentDeparture,
            "The customer has gone quiet",
            "El cliente se ha quedado en silencio",
            "Nanahimik na ang kostumer",
        ),
        (
            Kind::PromiseDueSoon,
            "A promise is nearly due",
            "Una promesa está por vencer",
            "Malapit na ang takda ng pangako",
        ),
        (Kind::PromiseBroken, "A promise was not kept", "No se cumplió una promesa", "Hindi natupad ang pangako"),
        (
            Kind::ContactAbandoned,
            "Gave up: hung up or walked out",
            "Se rindió: colgó o se marchó",
            "Sumuko: nagbaba ng telepono o umalis",
        ),
        (Kind::CancellationIntent, "Wants to leave", "Quiere irse", "Gustong umalis"),
    ];
    let wording = Wording::new();

    for (kind, en, es, fil) in titles {
        for (_, transition, reason) in every_form() {
            let alert = Alert { transition, reason, ..alert(kind, Facts::default()) };
            let texts = wording.texts(&alert);
            assert_eq!((&*texts.en.title, &*texts.es.title, &*texts.fil.title), (en, es, fil));
        }
    }
}

#[test]
fn the_noun_and_the_verb_follow_the_number() {
    let wording = Wording::new();
    for (count, en, es, fil) in [
        (1, "1 problem is still", "Hay 1 problema sin", "May 1 problemang hindi"),
        (2, "2 problems are still", "Hay 2 problemas sin", "May 2 problemang hindi"),
        (3, "3 problems are still", "Hay 3 problemas sin", "May 3 problemang hindi"),
        (4, "4 problems are still", "Hay 4 problemas sin", "May 4 na problemang hindi"),
        (16, "16 problems are still", "Hay 16 problemas sin", "May 16 na problemang hindi"),
        (20, "20 problems are still", "Hay 20 problemas sin", "May 20 problemang hindi"),
    ] {
        let facts = Facts { count: Some(count), ..Facts::default() };
        let texts = wording.texts(&alert(Kind::GrievanceAccumulation, facts));
        assert!(texts.en.body.starts_with(en), "{}", texts.en.body);
        assert!(texts.es.body.starts_with(es), "{}", texts.es.body);
        assert!(texts.fil.body.starts_with(fil), "{}", texts.fil.body);
    }
}

#[test]
fn each_word_of_a_kind_changes_its_text() {
    let wording = Wording::new();
    for &kind in Kind::ALL {
        let bodies: BTreeSet<String> = words(kind)
            .iter()
            .map(|&word| {
                let texts = wording.texts(&alert(kind, Facts { word: Some(word), ..Facts::default() }));
                format!("{}{}{}", texts.en.body, texts.es.body, texts.fil.body)
            })
            .collect();
        assert_eq!(bodies.len(), words(kind).len(), "{kind:?}");
    }
    let told: Vec<FactWord> = Kind::ALL.iter().flat_map(|kind| words(*kind)).copied().collect();
    assert_eq!(told.len(), FactWord::ALL.len(), "a word belongs to one kind, and none is left over");
}

#[test]
fn each_form_says_something_of_its_own() {
    let wording = Wording::new();
    for &kind in Kind::ALL {
        let mut bodies = BTreeSet::new();
        for (form, transition, reason) in every_form() {
            let texts = wording.texts(&Alert { transition, reason, ..alert(kind, Facts::default()) });
            // An update says what is true now, as the opening did; an end is often the same whoever brought it about.
            if !matches!(form, Form::Updated | Form::Over) {
                assert!(bodies.insert(texts.en.body), "{kind:?} {form:?}");
                assert!(bodies.insert(texts.es.body), "{kind:?} {form:?}");
                assert!(bodies.insert(texts.fil.body), "{kind:?} {form:?}");
            }
        }
    }
}

#[test]
fn acknowledgement_and_snooze_suspend_the_deadline() {
    let wording = Wording::new();
    for (status, told) in [(Status::Open, true), (Status::Acknowledged, false), (Status::Snoozed, false)] {
        let alert = Alert { status, ..alert(Kind::ContactAbandoned, Facts::default()) };
        let texts = wording.texts(&alert);
        for (language, date) in [(Language::En, "6 March"), (Language::Es, "6 de marzo"), (Language::Fil, "ika-6 ng")] {
            assert_eq!(texts.of(language).body.contains(date), told, "{status:?} {language:?}");
        }
    }
}

#[test]
fn the_shipped_files_pass_the_check_of_users_files() {
    for file in SHIPPED {
        let layer = Layer::read(file.file, file.text).expect(file.file);
        assert_eq!(voice::check(file.language, &layer), Ok(()));
    }
}

fn with(text: &str) -> Result<Wording, WordingError> {
    Wording::with_overrides(&[Override { language: Language::Es, file: "acme.toml", text }])
}

#[test]
fn a_users_sentence_replaces_the_shipped_one_and_nothing_else() {
    let facts = Facts { count: Some(3), since: Some(time("2026-03-04T15:02:11Z")), ..Facts::default() };
    let shipped = Wording::new().texts(&alert(Kind::ContactAbandoned, facts.clone()));
    let own = with("[CONTACT_ABANDONED]\nwhat = 'Colgó {{ count or 0 }} veces{% if since %} desde el {{ since | date }}{% endif %}.'")
        .expect("a good file");
    let texts = own.texts(&alert(Kind::ContactAbandoned, facts));
    assert!(texts.es.body.starts_with("Colgó 3 veces desde el 4 de marzo de 2026. Tenga lista"), "{}", texts.es.body);
    assert_eq!((texts.es.title, texts.en, texts.fil), (shipped.es.title, shipped.en, shipped.fil));
}

#[test]
fn a_kinds_own_sentence_goes_before_one_for_every_kind_and_a_later_file_before_an_earlier() {
    let files = [
        "[EVERY_KIND]\nexpired = 'Todas.'\nmerged = 'Primera.'\n[PROMISE_BROKEN]\nexpired = 'Esta.'",
        "[EVERY_KIND]\nmerged = 'Segunda.'",
    ];
    let files = files.map(|text| Override { language: Language::Es, file: "acme.toml", text });
    let wording = Wording::with_overrides(&files).expect("good files");
    for (kind, transition, reason, body) in [
        (Kind::ContactAbandoned, Transition::Expired, Reason::Expired, "Todas."),
        (Kind::PromiseBroken, Transition::Expired, Reason::Expired, "Esta."),
        (Kind::PromiseBroken, Transition::Resolved, Reason::Merged, "Segunda."),
    ] {
        let alert = Alert { transition, reason: Some(reason), ..alert(kind, Facts::default()) };
        assert_eq!(wording.texts(&alert).es.body, body);
    }
}

#[test]
fn a_broken_file_is_refused_with_its_line_and_what_is_wrong() {
    for (text, line, problem) in [
        ("[PROMISE_BROKEN", 1, "unclosed table"),
        ("\n[PROMISE_BROKEN]\ntitle = 3", 3, "expected a string"),
        ("[PROMISE_KEPT]\ntitle = 'x'", 1, "no kind is called `PROMISE_KEPT`"),
        ("[PROMISE_BROKEN]\n\ntitel = 'x'", 3, "no sentence is called `titel`"),
        ("[PROMISE_BROKEN]\nwhat = '{% if count %}x'", 2, "syntax error"),
        ("[PROMISE_BROKEN]\nwhat = '''\nA.\n{% if count %}\nB.\n{% endfor %}'''", 6, "syntax error"),
        ("[PROMISE_BROKEN]\nwhat = '''\nA.\nB {{ cuont }}.'''", 4, "no fact is called `cuont`; there are count, "),
        ("[PROMISE_BROKEN]\nwhat = '''\nA.\n{{ count }} B.'''", 4, "may be absent"),
        ("[PROMISE_BROKEN]\nwhat = '{{ since | date }}.'", 2, "`date` wants a time"),
        ("[PROMISE_BROKEN]\nwhat = \"{{ due | plural('a', 'b') }}.\"", 2, "`plural` wants a number"),
        ("[PROMISE_BROKEN]\n#\nwhat = '{{ count | plurals }}.'", 3, "unknown filter"),
        ("[PROMISE_BROKEN]\ntitle = '{% if count %}x{% endif %}'", 2, "says nothing"),
        ("[PROMISE_BROKEN]\nwhat = '{{ what }}'", 2, "no fact is called `what`"),
        ("[EVERY_KIND]\nopened = '{{ title }}'", 2, "no fact is called `title`"),
        ("[EVERY_KIND]\nopened = '''\n\n{{ what }} {{ advise }}'''", 4, "no fact is called `advise`"),
    ] {
        let error = with(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert_eq!((&*error.file, error.line), ("acme.toml", line), "{text}\n{error}");
        assert!(error.problem.contains(problem), "{text}\n{error}");
        assert!(error.to_string().starts_with(&format!("acme.toml:{line}: ")), "{error}");
    }
}

#[test]
fn the_example_of_the_manual_is_a_good_file() {
    let manual = include_str!("../../docs/wording.md");
    let (_, rest) = manual.split_once("```toml\n").expect("an example");
    let wording = with(rest.split_once("```").expect("its end").0).expect("a good file");
    let body = wording.texts(&alert(Kind::PromiseBroken, Facts::default())).es.body;
    assert!(body.ends_with("Llama al cliente a más tardar el 6 de marzo de 2026, 15:02 UTC y cumple la promesa hoy mismo; no le vendas nada."), "{body}");
}

#[test]
fn where_a_users_sentence_fails_on_a_value_the_shipped_one_speaks() {
    // The check tries the counts 1 and 4 only.
    let own =
        with("[CONTACT_ABANDONED]\nwhat = '{% if count == 17 %}{{ count | date }}{% endif %}Colgó.'").expect("good");
    let facts = |count| Facts { count: Some(count), ..Facts::default() };
    assert!(own.texts(&alert(Kind::ContactAbandoned, facts(3))).es.body.starts_with("Colgó."));
    let shipped = Wording::new().texts(&alert(Kind::ContactAbandoned, facts(17)));
    assert_eq!(own.texts(&alert(Kind::ContactAbandoned, facts(17))), shipped);
}
