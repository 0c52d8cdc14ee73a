//! Learns a model from labelled texts: logistic regression for every output at once, over the features of `features`.
//!
//! Texts come from sources that mean different things by their labels. A source that has no neutral texts teaches only
//! polarity; each source may lean its own way, and what it leans is dropped from the model; what a row says nothing of is
//! not learned from it. Word lists enter twice: as short texts, and as a weight that all words of a list share.
//!
//! The same rows, in the same order, with the same seed give the same bytes.

mod calibrate;
mod learner;
mod sources;
mod texts;

use std::sync::Arc;

use self::learner::Learner;
use self::sources::{Lists, Sources, is_list};
use self::texts::{Known, Text};
use super::fold::{Folded, TokenKind};
use super::model::{COLUMNS, Model, Numbers, checksum};
use super::random::Random;
use super::reading::{Language, Sentiment};
use super::scorer::Scorer;
use super::topic::Topics;

/// One labelled text.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What was written.
    pub text: String,
    /// In which language.
    pub language: Language,
    /// Whether it is good or bad; `None` if nobody said.
    pub sentiment: Option<Sentiment>,
    /// What it is about, out of the topics that were looked for; `None` if none was looked for.
    pub topics: Option<Labelled>,
    /// Where it comes from: rows of a source were labelled alike.
    pub source: String,
}

/// The topics of a text, and those that it might have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// What the text is about.
    pub present: Topics,
    /// What was looked for: `present`, and what is known to be absent.
    pub known: Topics,
}

/// How to learn.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Everything random follows from it.
    pub seed: u64,
    /// Bits of the number of buckets of the two tables.
    pub bits: [u32; 2],
    /// Features that fewer texts have are not learned.
    pub rare: u32,
    /// How often each text is seen.
    pub rounds: u32,
    /// The first step of a weight.
    pub step: f32,
    /// The first step of a weight of languages and topics: their texts are fewer.
    pub matter_step: f32,
    /// How much a weight must have been pushed before its steps shrink; larger keeps rare words small.
    pub inertia: f32,
    /// How strongly weights are drawn to zero.
    pub decay: f32,
    /// What is left, turned round, of the polarity of a word behind a negation.
    pub turn: f32,
    /// The weight of letters beside that of words.
    pub letters: f32,
    /// Languages whose sources do not come from customers: how often they are neutral says nothing.
    pub even: Vec<Language>,
    /// Rows of a source whose name begins so count so much.
    pub weights: Vec<(String, f32)>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: 1,
            bits: [15, 13],
            rare: 2,
            rounds: 12,
            step: 0.3,
            matter_step: 1.5,
            inertia: 0.1,
            decay: 1e-6,
            turn: 0.6,
            letters: 0.6,
            even: vec![Language::Spanish],
            weights: vec![("lex_".into(), 0.2)],
        }
    }
}

impl Options {
    fn weight(&self, source: &str) -> f32 {
        self.weights.iter().find(|(name, _)| source.starts_with(name.as_str())).map_or(1.0, |(_, weight)| *weight)
    }
}

/// Whether a row is kept from training, for calibration and for honest figures: a tenth, by what the text folds to, so
/// that copies stay together.
pub fn is_held_out(text: &str) -> bool {
    let mut folded = Folded::default();
    folded.fold(text);
    let mut all = Vec::new();
    for token in folded.tokens().iter().filter(|token| token.kind == TokenKind::Word) {
        all.extend_from_slice(folded.bytes(*token));
        all.push(b' ');
    }
    checksum(&all).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 < (1 << 32) / 10
}

/// Learns from `rows`, the held-out tenth of each source apart, which only sets calibration and thresholds.
pub fn train(rows: &[Row], options: &Options) -> Model {
    let sources = Sources::of(rows);
    let lists = Lists::of(rows, &sources);
    let (apart, taught): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| !is_list(&row.source) && is_held_out(&row.text));
    let known = Known::of(&taught, &lists, options);
    let mut folded = Folded::default();
    let texts: Vec<Text> =
        taught.iter().map(|row| Text::of(row, &mut folded, &sources, &lists, &known, options)).collect();
    let mut learner = Learner::new(options, &sources, &lists, &known);
    let mut order: Vec<usize> = (0..texts.len()).collect();
    let mut random = Random(options.seed);
    for round in 0..options.rounds {
        random.shuffle(&mut order);
        for index in &order {
            learner.learn(&texts[*index], round);
        }
    }
    let (numbers, tables) = learner.finish();
    let fingerprint = fingerprint(rows);
    let model = |numbers| Model::new(numbers, options.bits, [&tables[0], &tables[1]], options.seed, fingerprint);
    let mut scorer = Scorer::new(Arc::new(model(numbers.clone())));
    let judged: Vec<([f32; COLUMNS], &Row)> = apart.iter().map(|row| (scorer.outputs(&row.text), *row)).collect();
    model(Numbers {
        calibration: calibrate::calibration(&judged, &sources, &options.even),
        thresholds: calibrate::thresholds(&judged),
        ..numbers
    })
}

/// Of what was learned from, in this order.
fn fingerprint(rows: &[Row]) -> u64 {
    rows.iter().fold(0, |sum: u64, row| {
        let topics = row.topics.map_or(0, |topics| u64::from(topics.present.0));
        sum.rotate_left(9) ^ checksum(row.text.as_bytes()) ^ topics ^ row.sentiment.map_or(7, |class| class as u64)
    })
}
