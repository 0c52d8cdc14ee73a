//! Sentences that customers write to companies, written for this program: one line stands for many.
//!
//! Labelled texts about service are rare where they may be used freely, and in Spanish there are none. Each line of the
//! files in `phrasebook/` is a pattern; some of its sentences are drawn, with a greeting before or a closing word behind
//! some of them, so that politeness is no sign of content.
//!
//! ```text
//! item = order|parcel                       a name for words to choose from
//! open = Hi,|Hello,                         what may stand before a sentence; `close`: behind it
//! [en neg delivery_outage]                  the labels of the lines below: language, sentiment, topics
//! {My|The} {$item} is {late|lost}.          one of each; braces do not nest
//! * The {$item} was {$bad}.                 four times as many are drawn
//! ```

use super::random::Random;
use super::reading::{Language, Sentiment};
use super::topic::{Topic, Topics};
use super::train::{Labelled, Row};

/// The books that come with the program.
const BOOKS: [&str; 3] =
    [include_str!("phrasebook/en.txt"), include_str!("phrasebook/es.txt"), include_str!("phrasebook/fil.txt")];

/// Sentences drawn from one pattern.
const DRAWN: usize = 24;
/// Sentences of a longer text that is put together, at most.
const JOINED: usize = 3;

/// What is wrong with a line of a book.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the phrase book: {what}")]
pub struct PhraseError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// Labelled texts from the books that come with the program: sentences, and as many texts of several sentences. The same
/// for the same `seed`.
pub fn rows(seed: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for book in BOOKS {
        let sentences = read(book, seed).expect("a test reads the books");
        let longer = joined(&sentences, seed);
        rows.extend(sentences);
        rows.extend(longer);
    }
    rows
}

/// Texts of two sentences or more. Good and bad do not stand together; what is neutral stands with either.
fn joined(sentences: &[Row], seed: u64) -> Vec<Row> {
    let mut random = Random(!seed);
    let mut rows: Vec<Row> = Vec::new();
    for first in sentences {
        let mut row = first.clone();
        for _ in 0..1 + random.below(JOINED - 1) {
            let next = &sentences[random.below(sentences.len())];
            let Some(sentiment) = together(row.sentiment, next.sentiment) else { continue };
            row.sentiment = sentiment;
            row.text.push_str([" ", ". ", ", ", " "][random.below(4)]);
            row.text.push_str(&next.text);
            if let (Some(labelled), Some(next)) = (&mut row.topics, next.topics) {
                labelled.present = Topics(labelled.present.0 | next.present.0);
            }
        }
        rows.push(row);
    }
    rows
}

/// The sentiment of two sentences together; `None` if they contradict each other.
fn together(one: Option<Sentiment>, other: Option<Sentiment>) -> Option<Option<Sentiment>> {
    match (one, other) {
        (Some(Sentiment::Neutral), strong) | (strong, Some(Sentiment::Neutral)) => Some(strong),
        (one, other) => (one == other).then_some(one),
    }
}

/// Labelled sentences from `book`.
///
/// # Errors
/// The first line that cannot be understood.
pub fn read(book: &str, seed: u64) -> Result<Vec<Row>, PhraseError> {
    let mut names: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut labels: Option<Labels> = None;
    let mut random = Random(seed);
    let mut rows = Vec::new();
    for (index, line) in book.lines().enumerate() {
        let wrong = |what: String| PhraseError { line: index + 1, what };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(words) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            labels = Some(Labels::read(words).map_err(wrong)?);
        } else if let Some(labels) = &labels {
            let (line, drawn) = line.strip_prefix("* ").map_or((line, DRAWN), |line| (line, 4 * DRAWN));
            let pattern = Pattern::read(line, &names).map_err(wrong)?;
            let draw = Draw { pattern: &pattern, names: &names };
            rows.extend(draw.some(drawn, &mut random).into_iter().map(|text| labels.row(text)));
        } else if let Some((name, words)) = line.split_once(" = ") {
            names.push((name, words.split('|').collect()));
        } else {
            return Err(wrong("expected a name, labels or a pattern behind labels".into()));
        }
    }
    Ok(rows)
}

/// The labels of a pattern.
struct Labels {
    language: Language,
    sentiment: Sentiment,
    topics: Topics,
}

impl Labels {
    fn read(words: &str) -> Result<Labels, String> {
        let mut words = words.split_whitespace();
        let unknown = |word: Option<&str>| format!("unknown label `{}`", word.unwrap_or_default());
        let word = words.next();
        let language = word.and_then(Language::parse).ok_or_else(|| unknown(word))?;
        let word = words.next();
        let sentiment = word.and_then(Sentiment::parse).ok_or_else(|| unknown(word))?;
        let mut topics = Topics::default();
        for word in words {
            topics = topics.and(Topic::parse(word).ok_or_else(|| unknown(Some(word)))?);
        }
        Ok(Labels { language, sentiment, topics })
    }

    fn row(&self, text: String) -> Row {
        Row {
            text,
            language: self.language,
            sentiment: Some(self.sentiment),
            topics: Some(Labelled { present: self.topics, known: Topic::ALL.iter().copied().collect() }),
            source: format!("phrasebook_{}", self.language.name()),
        }
    }
}

/// Parts of a line: each is a choice.
struct Pattern<'b>(Vec<Vec<&'b str>>);

impl<'b> Pattern<'b> {
    fn read(line: &'b str, names: &[(&'b str, Vec<&'b str>)]) -> Result<Pattern<'b>, String> {
        let mut parts = Vec::new();
        let mut rest = line;
        while let Some((before, behind)) = rest.split_once('{') {
            let (choice, behind) = behind.split_once('}').ok_or("`{` without `}`")?;
            parts.push(vec![before]);
            parts.push(choice.split('|').collect());
            rest = behind;
        }
        parts.push(vec![rest]);
        for text in parts.iter().flatten() {
            if text.contains(['{', '}']) {
                return Err("braces do not nest".into());
            }
            for name in text.split('$').skip(1).map(leading_name) {
                if !names.iter().any(|(known, _)| *known == name) {
                    return Err(format!("there is no name `{name}`"));
                }
            }
        }
        Ok(Pattern(parts))
    }
}

/// The letters at the beginning of `text`.
fn leading_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    &text[..end]
}

/// Draws sentences from a pattern.
struct Draw<'b> {
    pattern: &'b Pattern<'b>,
    names: &'b [(&'b str, Vec<&'b str>)],
}

impl Draw<'_> {
    /// Up to `count` sentences that are all different.
    fn some(&self, count: usize, random: &mut Random) -> Vec<String> {
        let mut drawn: Vec<String> = Vec::new();
        for _ in 0..2 * count {
            let sentence = self.one(random);
            if drawn.len() < count && !drawn.contains(&sentence) {
                drawn.push(sentence);
            }
        }
        drawn
    }

    fn one(&self, random: &mut Random) -> String {
        let mut sentence = String::new();
        if random.below(4) == 0 {
            sentence.push_str(self.named("open", random));
            sentence.push(' ');
        }
        for choice in &self.pattern.0 {
            let mut pieces = choice[random.below(choice.len())].split('$');
            sentence.push_str(pieces.next().unwrap_or_default());
            for piece in pieces {
                let name = leading_name(piece);
                sentence.push_str(self.named(name, random));
                sentence.push_str(&piece[name.len()..]);
            }
        }
        match random.below(10) {
            // Many write without a full stop.
            0..=2 => open_end(&mut sentence),
            3 | 4 => {
                open_end(&mut sentence);
                sentence.push_str(", ");
                sentence.push_str(self.named("close", random));
            }
            5 => {
                open_end(&mut sentence);
                sentence.push('!');
            }
            _ => {}
        }
        sentence
    }

    /// One of the words behind `name`; nothing if the book has no such name.
    fn named(&self, name: &str, random: &mut Random) -> &str {
        match self.names.iter().find(|(known, _)| *known == name) {
            Some((_, words)) => words[random.below(words.len())],
            None => "",
        }
    }
}

/// Without a full stop at the end.
fn open_end(sentence: &mut String) {
    if sentence.ends_with('.') {
        sentence.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_many_sentences_with_its_labels() {
        let book = "item = order|parcel\nopen = Hi,\nclose = thanks\n\n# a comment\n[en neg delivery_outage]\n{My|The} {$item} is late.\n";
        let rows = read(book, 1).unwrap();
        assert!(rows.len() >= 8, "{rows:?}");
        for row in &rows {
            assert!(row.text.contains("order") || row.text.contains("parcel"), "{}", row.text);
            assert!(row.text.contains(" is late") && !row.text.contains(['$', '{', '|']), "{}", row.text);
            assert_eq!((row.language, row.sentiment), (Language::English, Some(Sentiment::Negative)));
            assert_eq!(row.topics.unwrap().present, Topics::default().and(Topic::Delivery));
        }
        assert_eq!(read(book, 1), Ok(rows));
        assert_ne!(read(book, 2), read(book, 1));
    }

    #[test]
    fn a_line_that_means_nothing_is_told_with_its_number() {
        for (book, line, what) in [
            ("[en bad]", 1, "unknown label `bad`"),
            ("[en]", 1, "unknown label ``"),
            ("[en neg]\n\n{a|b", 3, "`{` without `}`"),
            ("[en neg]\n{a|{b}}", 2, "braces do not nest"),
            ("[en neg]\n$who is late", 2, "there is no name `who`"),
            ("who: a|b", 1, "expected a name, labels or a pattern behind labels"),
        ] {
            assert_eq!(read(book, 1), Err(PhraseError { line, what: what.into() }), "{book}");
        }
    }

    #[test]
    fn the_books_that_come_with_the_program_can_be_read() {
        let rows = rows(1);
        for language in Language::ALL {
            for topic in Topic::ALL {
                let has = |row: &&Row| row.language == *language && row.topics.unwrap().present.has(*topic);
                assert!(rows.iter().filter(has).count() >= 20, "{language:?} {topic:?}");
            }
        }
    }
}
