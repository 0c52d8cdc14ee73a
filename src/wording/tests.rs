//! What the shipped sentences and users' own must hold, over every kind, form and combination of facts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::facts::{every_speech, words};
use super::layer::{Layer, Part};
use super::*;
use crate::model::alert::{Action, Certainty, Evidence, FactWord, Facts, Reason};
use crate::model::event::Dimension;
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
        (body.chars().any(|c| "{}[]<>_|~\n\t\"`".contains(c)), "shows its template"),
        (body.split('%').rev().skip(1).any(|before| !before.trim_end().ends_with(char::is_numeric)), "% of nothing"),
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

/// The shipped files, read.
pub(super) static LAYERS: LazyLock<Vec<Layer>> = LazyLock::new(|| {
    SHIPPED.iter().map(|file| Layer::read(file.file, file.text).unwrap_or_else(|e| panic!("{e}"))).collect()
});

/// The shipped file of that name.
fn layer(name: &str) -> &'static Layer {
    LAYERS.iter().find(|layer| layer.file == name).expect("it is shipped")
}

/// The names that the sentences of each kind use, whichever file they are in.
static USED: LazyLock<BTreeMap<Kind, BTreeSet<String>>> = LazyLock::new(|| {
    let mut used: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
    let env = voice::environment(Language::En, Vec::new());
    for ((kind, part), piece) in LAYERS.iter().flat_map(|layer| &layer.pieces) {
        let source = voice::splice(&piece.text, |_| "");
        let Some(kind) = kind else {
            assert!(!source.contains("{{") && !source.contains("{%"), "{part:?}: facts belong to a kind");
            continue;
        };
        let template = env.template_from_str(&source).unwrap_or_else(|e| panic!("{kind:?} {part:?}: {e}"));
        used.entry(*kind).or_default().extend(template.undeclared_variables(false));
    }
    used
});

#[test]
fn every_sentence_is_whole_for_every_kind_word_transition_and_combination_of_facts() {
    let mut rendered = 0;
    for manner in Manner::all() {
        let wording = Wording::shipped(manner);
        let languages = if manner == Manner::default() { Language::ALL } else { &[Language::Es] };
        for &kind in Kind::ALL {
            let used = &USED[&kind];
            for (form, transition, reason) in every_form() {
                // Forms that put the same two parts together are tried with some of the facts only.
                let is_own = matches!(form, Form::Opened | Form::Closed | Form::Over | Form::Retracted | Form::Expired);
                let step = match is_own {
                    true => 1,
                    false if manner == Manner::default() => 13,
                    false => continue,
                };
                for speech in every_speech(kind, used).step_by(step) {
                    let mut alert = alert(kind, speech.facts);
                    (alert.transition, alert.reason, alert.act_by) = (transition, reason, speech.act_by);
                    alert.severity = speech.severity;
                    let texts = wording.texts(&alert);
                    for &language in languages {
                        let Text { title, body } = texts.of(language);
                        let fault =
                            wrong(body).or_else(|| (title.is_empty() || title.ends_with('.')).then_some("title"));
                        let place = (kind.name(), form.name(), language.name(), manner);
                        assert_eq!(fault, None, "{place:?}\n{title}\n{body}\n{:?}", alert.facts);
                        rendered += 1;
                    }
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
        "More than %.",
    ] {
        assert!(wrong(body).is_some(), "{body}");
    }
    assert_eq!(wrong("3 problems are open. Call."), None);
    assert_eq!(wrong("A 15 % or 20%."), None);
}

#[test]
fn titles_are_the_domain_s() {
    let wording = Wording::new();
    let mut kinds = Vec::new();
    for line in include_str!("titles.txt").lines() {
        let [name, meant @ ..] =
            line.split(" | ").collect::<Vec<_>>()[..].try_into().map(|row: [&str; 4]| row).expect(line);
        let kind = Kind::parse(name).expect(name);
        kinds.push(kind);
        let has_dimension = line.contains("{dimension}");
        for (&dimension, called) in Dimension::ALL.iter().zip(CALLED).take(if has_dimension { CALLED.len() } else { 1 })
        {
            for (_, transition, reason) in every_form() {
                let facts = Facts { dimension: Some(dimension), ..Facts::default() };
                let texts = wording.texts(&Alert { transition, reason, ..alert(kind, facts) });
                for ((&language, meant), called) in Language::ALL.iter().zip(meant).zip(called) {
                    assert_eq!(texts.of(language).title, meant.replace("{dimension}", called), "{name}");
                }
            }
        }
    }
    assert_eq!(kinds, Kind::ALL);
}

/// What each dimension is called in each language.
const CALLED: [[&str; 3]; 6] = [
    ["reliability", "confiabilidad", "pagkakapare-pareho"],
    ["responsiveness", "capacidad de respuesta", "pagtugon"],
    ["assurance", "conocimiento", "kaalaman"],
    ["empathy", "pertinencia", "kaugnayan"],
    ["courtesy", "amabilidad", "pagkamagiliw"],
    ["tangibles", "instalaciones", "pasilidad"],
];

#[test]
fn a_title_is_the_same_for_every_word_and_number() {
    for manner in Manner::all() {
        let wording = Wording::shipped(manner);
        for &kind in Kind::ALL {
            let plain = wording.texts(&alert(kind, Facts::default()));
            for speech in every_speech(kind, &USED[&kind]).step_by(29) {
                let texts = wording.texts(&alert(kind, Facts { dimension: None, ..speech.facts }));
                for &language in Language::ALL {
                    assert_eq!(texts.of(language).title, plain.of(language).title);
                }
            }
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
    for manner in Manner::all() {
        let wording = Wording::shipped(manner);
        for &kind in Kind::ALL {
            for &language in Language::ALL {
                let body = |&word: &FactWord| {
                    let facts = Facts { word: Some(word), ..Facts::default() };
                    wording.texts(&alert(kind, facts)).of(language).body.clone()
                };
                let bodies: BTreeSet<String> = words(kind).iter().map(body).collect();
                assert_eq!(bodies.len(), words(kind).len(), "{kind:?} {language:?}");
            }
        }
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
    for (file, layer) in SHIPPED.iter().zip(LAYERS.iter()) {
        assert_eq!(voice::check(file.language, layer), Ok(()));
    }
}

#[test]
fn who_speaks_castilian_and_says_tu_finds_every_sentence_that_either_changes() {
    let [castilian, tu, both] = ["es-ES.toml", "es-tu.toml", "es-ES-tu.toml"].map(layer);
    for key in castilian.pieces.keys().filter(|key| tu.pieces.contains_key(key)) {
        assert!(both.pieces.contains_key(key), "{key:?} is in both files, and would say usted to whom one says tú");
    }
    let base = layer("es.toml");
    for (name, other) in [("es-ES", castilian), ("es-tu", tu), ("es-ES-tu", both)] {
        for (key, piece) in &other.pieces {
            let shipped = base.pieces.get(key).unwrap_or_else(|| panic!("{name}: {key:?} replaces nothing"));
            assert_ne!(shipped.text, piece.text, "{name}: {key:?} says the same");
        }
    }
    // Each variant asks of the reader what the other asks: a sentence that is forgotten would be in the wrong one.
    for (kind, part) in base.pieces.keys().filter(|(_, part)| *part == Part::Advice) {
        assert!(tu.pieces.contains_key(&(*kind, *part)), "{kind:?}: advice speaks to the reader");
    }
}

/// Every Spanish text that can be told in a manner: title and body.
fn spanish(manner: Manner) -> Vec<String> {
    let wording = Wording::shipped(manner);
    let mut told = Vec::new();
    for &kind in Kind::ALL {
        for (_, transition, reason) in every_form() {
            for word in words(kind).iter().copied().map(Some).chain([None]) {
                let has_dimension = kind == Kind::ServiceQualityDrop;
                for &dimension in if has_dimension { Dimension::ALL } else { &[Dimension::Reliability] } {
                    let facts = Facts { word, dimension: Some(dimension), name: Some("X".into()), ..Facts::default() };
                    let Text { title, body } = wording.texts(&Alert { transition, reason, ..alert(kind, facts) }).es;
                    told.push(format!("{title}. {body}"));
                }
            }
        }
    }
    told
}

#[test]
fn each_manner_keeps_to_its_words() {
    // Imperatives of the one and of the other address, and words that only one side of the ocean uses.
    let usted = "llámelo|dígale|pregúntele|asegúrese|no le venda|dele|agradézcale|contáctelo|muéstrele|explíquele|averigüe|\
                 ofrézcale|avíseles|no siga|no dé|no discuta|siga aquella";
    let tu = "llámalo|dile|pregúntale|asegúrate|no le vendas|dale|agradécele|contáctalo|muéstrale|explícale|averigua|\
              ofrécele|avísales|no sigas|no des|no discutas|sigue aquella";
    let american = "reclamo|reclamos|falla|monto|confiabilidad|conversa|converse|conversado|agregue|agregues|crédito";
    let castilian = "reclamación|reclamaciones|fallo|importe|fiabilidad|hablado|añada|añadas|abono";
    for manner in Manner::all() {
        let texts = spanish(manner).join("\n").to_lowercase();
        let plain: String = texts.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        let has = |word: &str| format!(" {plain} ").contains(&format!(" {word} "));
        let (own_address, other_address) = if manner.address == Address::Tu { (tu, usted) } else { (usted, tu) };
        let is_castilian = manner.spanish == Spanish::Castilian;
        let (own_words, other_words) = if is_castilian { (castilian, american) } else { (american, castilian) };
        for word in other_address.split('|').chain(other_words.split('|')) {
            assert!(!has(word), "{manner:?} says {word}");
        }
        assert!(own_address.split('|').all(has), "{manner:?}: {:?}", own_address.split('|').find(|word| !has(word)));
        assert!(own_words.split('|').any(has), "{manner:?}");
    }
}

fn with(text: &str) -> Result<Wording, WordingError> {
    Wording::with_overrides(Manner::default(), &[Override { file: "acme.toml", text }])
}

#[test]
fn a_users_sentence_replaces_the_shipped_one_and_nothing_else() {
    let facts = Facts { count: Some(3), since: Some(time("2026-03-04T15:02:11Z")), ..Facts::default() };
    let shipped = Wording::new().texts(&alert(Kind::ContactAbandoned, facts.clone()));
    let own = with("[es.CONTACT_ABANDONED]\nwhat = 'Colgó {{ count or 0 }} veces{% if since %} desde el {{ since | date }}{% endif %}.'")
        .expect("a good file");
    let texts = own.texts(&alert(Kind::ContactAbandoned, facts));
    assert!(texts.es.body.starts_with("Colgó 3 veces desde el 4 de marzo de 2026. Tenga lista"), "{}", texts.es.body);
    assert_eq!((texts.es.title, texts.en, texts.fil), (shipped.es.title, shipped.en, shipped.fil));
}

#[test]
fn a_kinds_own_sentence_goes_before_one_for_every_kind_and_a_later_file_before_an_earlier() {
    let files = [
        "[es.EVERY_KIND]\nexpired = 'Todas.'\nmerged = 'Primera.'\n[es.PROMISE_BROKEN]\nexpired = 'Esta.'",
        "[es.EVERY_KIND]\nmerged = 'Segunda.'",
    ];
    let files = files.map(|text| Override { file: "acme.toml", text });
    let wording = Wording::with_overrides(Manner::default(), &files).expect("good files");
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
        ("[es.PROMISE_BROKEN", 1, "unclosed table"),
        ("\n[es.PROMISE_BROKEN]\ntitle = 3", 3, "expected a string"),
        ("[PROMISE_BROKEN]\ntitle = 'x'", 2, "invalid type: string"),
        ("[fr.PROMISE_BROKEN]\ntitle = 'x'", 1, "no language is called `fr`; there are en, es, fil"),
        ("[en.PROMISE_BROKEN]\ntitle = 'x'\n[es.DIMENSIONS]\nwarmth = 'x'", 4, "no dimension is called `warmth`"),
        ("[es.DIMENSIONS]\ncourtesy = '{{ count }}'", 2, "a dimension is called by a word"),
        ("[es.PROMISE_KEPT]\ntitle = 'x'", 1, "no kind is called `PROMISE_KEPT`"),
        ("[es.PROMISE_BROKEN]\n\ntitel = 'x'", 3, "no sentence is called `titel`"),
        ("[es.PROMISE_BROKEN]\nwhat = '{% if count %}x'", 2, "syntax error"),
        ("[es.PROMISE_BROKEN]\nwhat = '''\nA.\n{% if count %}\nB.\n{% endfor %}'''", 6, "syntax error"),
        ("[es.PROMISE_BROKEN]\nwhat = '''\nA.\nB {{ cuont }}.'''", 4, "no fact is called `cuont`; there are count, "),
        ("[es.PROMISE_BROKEN]\nwhat = '''\nA.\n{{ count }} B.'''", 4, "may be absent"),
        ("[es.PROMISE_BROKEN]\nwhat = '{{ since | date }}.'", 2, "`date` wants a time"),
        ("[es.PROMISE_BROKEN]\nwhat = \"{{ due | plural('a', 'b') }}.\"", 2, "`plural` wants a number"),
        ("[es.PROMISE_BROKEN]\n#\nwhat = '{{ count | plurals }}.'", 3, "unknown filter"),
        ("[es.PROMISE_BROKEN]\ntitle = '{% if count %}x{% endif %}'", 2, "says nothing"),
        ("[es.PROMISE_BROKEN]\nwhat = '{{ what }}'", 2, "no fact is called `what`"),
        ("[es.EVERY_KIND]\nopened = '{{ title }}'", 2, "no fact is called `title`"),
        ("[es.EVERY_KIND]\nopened = '''\n\n{{ what }} {{ advise }}'''", 4, "no fact is called `advise`"),
    ] {
        let error = with(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert_eq!((&*error.file, error.line), ("acme.toml", line), "{text}\n{error}");
        assert!(error.problem.contains(problem), "{text}\n{error}");
        assert!(error.to_string().starts_with(&format!("acme.toml:{line}: ")), "{error}");
    }
}

#[test]
fn one_file_speaks_for_several_languages_and_names_dimensions() {
    let text = "[en.CHURN_RISK]\ntitle = 'Look here'\n[fil.CHURN_RISK]\ntitle = 'Tingnan'\n\
                [es.DIMENSIONS]\ncourtesy = 'buen trato'";
    let own = with(text).expect("a good file");
    let texts = own.texts(&alert(Kind::ChurnRisk, Facts::default()));
    assert_eq!((&*texts.en.title, &*texts.es.title, &*texts.fil.title), ("Look here", "En riesgo de irse", "Tingnan"));
    let facts = Facts { dimension: Some(Dimension::Courtesy), ..Facts::default() };
    assert_eq!(own.texts(&alert(Kind::ServiceQualityDrop, facts)).es.title, "Bajó la calidad del servicio: buen trato");
}

#[test]
fn the_example_of_the_manual_is_a_good_file() {
    let manual = include_str!("../../docs/wording.md");
    let (_, chapter) = manual.split_once("## Replacing a sentence").expect("the chapter");
    let (_, rest) = chapter.split_once("```toml\n").expect("an example");
    let wording = with(rest.split_once("```").expect("its end").0).expect("a good file");
    let body = wording.texts(&alert(Kind::PromiseBroken, Facts::default())).es.body;
    assert!(body.ends_with("Llama al cliente a más tardar el 6 de marzo de 2026, 15:02 UTC y cumple la promesa hoy mismo; no le vendas nada."), "{body}");
}

#[test]
fn where_a_users_sentence_fails_on_a_value_the_shipped_one_speaks() {
    // The check tries the counts 1 and 4 only.
    let own =
        with("[es.CONTACT_ABANDONED]\nwhat = '{% if count == 17 %}{{ count | date }}{% endif %}Colgó.'").expect("good");
    let facts = |count| Facts { count: Some(count), ..Facts::default() };
    assert!(own.texts(&alert(Kind::ContactAbandoned, facts(3))).es.body.starts_with("Colgó."));
    let shipped = Wording::new().texts(&alert(Kind::ContactAbandoned, facts(17)));
    assert_eq!(own.texts(&alert(Kind::ContactAbandoned, facts(17))), shipped);
}
