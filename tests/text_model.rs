//! The text model that ships: what it reads in sentences written by hand, which it has never learned from, and in hostile
//! text. The figures of docs/text-model.md come from the same sentences.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use churnwatch::offline::texts::{self, Choice};
use churnwatch::text::train::{Options, train};
use churnwatch::text::{LONGEST, Language, Model, Reading, Scorer, Sentiment, Topic, phrasebook};
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/text").join(name)
}

fn scorer() -> Scorer {
    Scorer::new(Arc::new(Model::shipped()))
}

/// The minimal pairs: language, the good sentence, the bad one.
fn pairs() -> Vec<[String; 3]> {
    let lines = std::fs::read_to_string(path("negation.jsonl")).unwrap();
    let pair = |line: &str| {
        let pair: Value = serde_json::from_str(line).unwrap();
        ["lang", "pos", "neg"].map(|name| pair[name].as_str().unwrap().to_owned())
    };
    lines.lines().map(pair).collect()
}

fn is_sound(reading: &Reading) -> bool {
    let sum: f32 = reading.classes.iter().sum();
    (sum - 1.0).abs() < 1e-5
        && reading.classes.iter().all(|share| (0.0..=1.0).contains(share))
        && (-1.0..=1.0).contains(&reading.sentiment())
        && (1.0 / 3.0 - 1e-6..=1.0).contains(&reading.confidence())
}

#[test]
fn sentences_about_service_are_read_in_spanish_and_filipino() {
    for (file, macro_f1, topics_f1) in [("es.jsonl", 0.80, 0.55), ("fil.jsonl", 0.82, 0.55)] {
        let rows = texts::read(&[path(file)], &Choice::default()).unwrap();
        assert_eq!(rows.len(), 150, "{file}");
        for class in Sentiment::ALL {
            assert_eq!(rows.iter().filter(|row| row.sentiment == Some(*class)).count(), 50, "{file} {class:?}");
        }
        let (figures, topics) = texts::figures(&rows, &mut scorer());
        let tally = &figures[0].tally;
        assert!(tally.macro_f1() >= macro_f1, "{file}: {:.3} {:?}", tally.macro_f1(), tally.confusion);
        assert!(topics.macro_f1() >= topics_f1, "{file}: {:.3} {:?}", topics.macro_f1(), topics.counts());
        assert!(figures[0].language_right >= 147, "{file}: {}", figures[0].language_right);
    }
}

#[test]
fn a_negation_turns_a_sentence_round() {
    let mut scorer = scorer();
    for language in Language::ALL {
        let pairs: Vec<_> = pairs().into_iter().filter(|[lang, ..]| lang == language.name()).collect();
        assert_eq!(pairs.len(), 30, "{language:?}");
        let mut sentiment = |text: &str| scorer.score(text, None).sentiment();
        let wrong: Vec<_> = pairs.iter().filter(|[_, good, bad]| sentiment(good) <= sentiment(bad)).collect();
        assert!(wrong.len() <= 4, "{language:?}: {wrong:?}");
    }
}

#[test]
fn nothing_that_is_tested_was_learned() {
    let folded = |text: &str| {
        let words = text.to_lowercase();
        words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let learned: HashSet<String> =
        phrasebook::rows(Options::default().seed).iter().map(|row| folded(&row.text)).collect();
    let mut tested: Vec<String> = pairs().into_iter().flat_map(|[_, good, bad]| [good, bad]).collect();
    for file in ["es.jsonl", "fil.jsonl"] {
        tested.extend(texts::read(&[path(file)], &Choice::default()).unwrap().into_iter().map(|row| row.text));
    }
    for text in tested {
        let text = format!(" {} ", folded(&text));
        let found = learned.iter().find(|learned| format!(" {learned} ").contains(&text));
        assert_eq!(found, None, "{text}");
    }
}

#[test]
fn hostile_text_is_read_in_bounded_time_and_is_neutral_where_nothing_can_be_known() {
    let mut scorer = scorer();
    let nothing = [
        "",
        " \n\t ",
        "\u{200b}\u{200d}\u{feff}",
        "مرحبا بالعالم، الخدمة سيئة",
        "服务太差了",
        "\u{202e}\u{2066}",
        "\u{0}\u{1}",
    ];
    for text in nothing {
        let reading = scorer.score(text, None);
        assert!(is_sound(&reading), "{text:?}: {reading:?}");
        assert_eq!(reading.class(), Sentiment::Neutral, "{text:?}");
        assert!(reading.confidence() < 0.34 && reading.sentiment() == 0.0, "{text:?}: {reading:?}");
        assert_eq!((reading.category(), reading.topics.iter().count()), (None, 0), "{text:?}");
    }
    for text in [
        "🗿🗿🗿".to_owned(),
        "😡".repeat(100_000),
        "a".repeat(1 << 20),
        "no ".repeat(1 << 19),
        "!".repeat(1 << 20),
        "é".repeat(1 << 20),
        "e\u{301}".repeat(1 << 20),
        "la app \u{202e}не работает\u{202c} hindi gumagana".into(),
        "'; DROP TABLE customers; -- {{ what }} %s%n".into(),
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".into(),
    ] {
        let reading = scorer.score(&text, None);
        assert!(is_sound(&reading), "{reading:?}");
    }
}

#[test]
fn of_a_long_text_the_beginning_counts() {
    let mut scorer = scorer();
    let long = "muy mal servicio, nadie contesta. ".repeat(40_000);
    let reading = scorer.score(&long, None);
    assert_eq!(reading, scorer.score(&long[..LONGEST], None));
    assert_eq!((reading.class(), reading.language), (Sentiment::Negative, Language::Spanish));
}

#[test]
fn what_has_no_width_and_how_a_letter_is_written_changes_nothing() {
    let mut scorer = scorer();
    for (one, other) in [
        ("pésima atención", "pesima atencion"),
        ("pésima atención", "pe\u{301}sima atencio\u{301}n"),
        ("terrible service", "ter\u{200b}rible ser\u{ad}vice"),
        ("ang tagal ng pila", "ANG tagal NG pila"),
        ("sobraaang tagal", "sobraaaaaaang tagal"),
    ] {
        let (one, other) = (scorer.score(one, None), scorer.score(other, None));
        assert_eq!(one.class(), other.class());
        assert_eq!(one.language, other.language);
    }
    assert_eq!(scorer.score("pésima atención", None), scorer.score("pesima atencion", None));
}

#[test]
fn a_reading_depends_on_nothing_but_the_text() {
    let mut texts: Vec<String> = pairs().into_iter().flat_map(|[_, good, bad]| [good, bad]).collect();
    texts.push("unsakabilidadnapakahabangsalitangwalangkatapusan".into());
    let (mut one, mut other) = (scorer(), scorer());
    let forward: Vec<Reading> = texts.iter().map(|text| one.score(text, None)).collect();
    // Other words before it, and remembered ones.
    let mut backward: Vec<Reading> = texts.iter().rev().map(|text| other.score(text, None)).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    assert_eq!(forward, texts.iter().map(|text| other.score(text, None)).collect::<Vec<_>>());
}

#[test]
fn a_language_that_is_known_is_taken_and_one_that_is_not_read_is_not() {
    let mut scorer = scorer();
    let reading = scorer.score("no", Some("es-AR"));
    assert_eq!((reading.language, reading.language_confidence), (Language::Spanish, 1.0));
    assert_eq!(scorer.score("nadie contesta el teléfono", Some("de")).language, Language::Spanish);
    for (tag, language) in [
        ("fil-PH", Some(Language::Filipino)),
        ("TL", Some(Language::Filipino)),
        ("es_MX", Some(Language::Spanish)),
        ("pt", None),
        ("", None),
    ] {
        assert_eq!(Language::of_tag(tag), language, "{tag}");
    }
}

#[test]
fn what_matters_for_leaving_is_told() {
    let mut scorer = scorer();
    for (text, topic) in [
        ("quiero cancelar mi contrato", Topic::Cancel),
        ("ipapa-cancel ko na yung plan", Topic::Cancel),
        ("I want to cancel my subscription, terrible service", Topic::Cancel),
        ("me cambio a Movistar", Topic::Competitor),
        ("I am switching to Vodafone", Topic::Competitor),
        ("nadie contesta el teléfono", Topic::Unresponsive),
        ("ang tagal ng pila", Topic::Wait),
        ("I was charged twice", Topic::Billing),
        ("muchas gracias por la ayuda", Topic::Thanks),
        ("maraming salamat po sa tulong", Topic::Thanks),
    ] {
        let reading = scorer.score(text, None);
        assert!(reading.topics.has(topic), "{text}: {reading:?}");
    }
}

#[test]
fn the_same_texts_and_seed_give_the_same_bytes_and_other_ones_do_not() {
    let rows: Vec<_> = phrasebook::rows(1).into_iter().step_by(40).collect();
    let options = Options { bits: [10, 8], rounds: 2, ..Options::default() };
    let model = train(&rows, &options);
    assert_eq!(model.bytes(), train(&rows, &options).bytes());
    assert_ne!(model.bytes(), train(&rows, &Options { seed: 2, ..options.clone() }).bytes());
    assert_ne!(model.bytes(), train(&rows[1..], &options).bytes());
    let again = Model::read(model.bytes().to_vec().into()).unwrap();
    assert_eq!(again, model);
}

#[test]
fn a_model_that_is_damaged_or_of_another_kind_is_refused() {
    let bytes = Model::shipped().bytes().to_vec();
    assert!((2 << 20..=4 << 20).contains(&bytes.len()), "{}", bytes.len());
    let read = |bytes: Vec<u8>| Model::read(bytes.into()).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(read(bytes.clone()), Ok(()));
    for (at, message) in [
        (0, "this is not a text model"),
        (7, "the text model has version 254; this program reads version 1: train it again"),
        (9, "the text model is damaged"),
        (bytes.len() / 2, "the text model is damaged"),
        (bytes.len() - 1, "the text model is damaged"),
    ] {
        let mut wrong = bytes.clone();
        wrong[at] ^= 0xff;
        assert_eq!(read(wrong), Err(message.into()), "{at}");
    }
    assert_eq!(read(bytes[..1_000].to_vec()), Err("the text model is damaged".into()));
    assert_eq!(read(Vec::new()), Err("this is not a text model".into()));
}
