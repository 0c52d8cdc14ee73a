//! Scores a text: sums rows of the table, then reads probabilities from the sums.

use std::sync::Arc;

use super::features::{Unit, Visit, for_each_gram, grams, walk};
use super::fold::Folded;
use super::model::{COLUMNS, LANGUAGES, MOOD, Model, POLARITY, STRENGTH, TOPICS, classes, probability};
use super::particles::{Particle, particle};
use super::reading::{Language, Reading, Sentiment};
use super::topic::{Topic, Topics};

/// Words whose letters are remembered; a power of two.
const REMEMBERED: usize = 2_048;
/// Bytes of a word that can be remembered. Longer ones are rare.
const SHORT: usize = 16;

/// Scores texts, one after the other. Has its own room, which it keeps: give each thread its own.
#[derive(Clone)]
pub struct Scorer {
    model: Arc<Model>,
    text: Folded,
    words: Vec<Remembered>,
}

impl Scorer {
    /// A scorer that goes by `model`.
    pub fn new(model: Arc<Model>) -> Scorer {
        Scorer { model, text: Folded::default(), words: vec![Remembered::EMPTY; REMEMBERED] }
    }

    /// The model it goes by.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Reads `text`. `lang` is the language that its author is known to write, as a tag like "es-MX"; without it, or if
    /// the model does not read it, the likeliest is taken.
    ///
    /// Of a long text the first [`LONGEST`](super::LONGEST) bytes count. One without a word or a mark that the model
    /// could know is neutral, with a confidence of a third.
    pub fn score(&mut self, text: &str, lang: Option<&str>) -> Reading {
        let sums = self.sums(text);
        read(&self.model, &sums, lang.and_then(Language::of_tag))
    }

    /// The outputs for `text` before calibration.
    pub(super) fn outputs(&mut self, text: &str) -> [f32; COLUMNS] {
        self.sums(text).outputs(&self.model)
    }

    fn sums(&mut self, text: &str) -> Sums {
        self.text.fold(text);
        let mut sums = Sums::default();
        walk(&self.text, &mut Adding { model: &self.model, words: &mut self.words, sums: &mut sums });
        sums
    }
}

/// What the features of a text come to.
#[derive(Clone, Default)]
pub(super) struct Sums {
    units: [i32; COLUMNS],
    letters: [i32; COLUMNS],
    /// The part of the polarity that stands behind a negation.
    turned_units: i32,
    turned_letters: i32,
    unit_count: u32,
    gram_count: u32,
}

impl Sums {
    /// The outputs. Polarity and strength are divided by the root of the number of features, so that long texts do not
    /// shout; the others by the fourth root: one sentence of many is enough to complain of something.
    fn outputs(&self, model: &Model) -> [f32; COLUMNS] {
        let numbers = model.numbers();
        let [units, letters] = [mood_share(self.unit_count), numbers.letters * mood_share(self.gram_count)];
        let [matter, matter_letters] = [matter_share(self.unit_count), numbers.letters * matter_share(self.gram_count)];
        let mut outputs: [f32; COLUMNS] = std::array::from_fn(|column| {
            let (units, letters) = if column < MOOD { (units, letters) } else { (matter, matter_letters) };
            self.units[column] as f32 * units + self.letters[column] as f32 * letters
        });
        let turned = self.turned_units as f32 * units + self.turned_letters as f32 * letters;
        outputs[POLARITY] -= (1.0 + numbers.turn) * turned;
        for (column, output) in outputs.iter_mut().enumerate() {
            *output = *output * numbers.scales[column] + numbers.biases[column];
        }
        outputs
    }
}

/// What one of `count` features of a kind counts for polarity and strength.
pub(super) fn mood_share(count: u32) -> f32 {
    1.0 / (count.max(1) as f32).sqrt()
}

/// What one of `count` features of a kind counts for languages and topics.
pub(super) fn matter_share(count: u32) -> f32 {
    0.5 / (count.max(1) as f32).sqrt().sqrt()
}

/// What the sums mean.
pub(super) fn read(model: &Model, sums: &Sums, given: Option<Language>) -> Reading {
    if sums.unit_count == 0 {
        return Reading {
            language: given.unwrap_or(Language::English),
            language_confidence: given.map_or(1.0 / Language::COUNT as f32, |_| 1.0),
            classes: [1.0 / Sentiment::COUNT as f32; Sentiment::COUNT],
            topics: Topics::default(),
            cause: None,
            cause_confidence: 0.0,
        };
    }
    let numbers = model.numbers();
    let outputs = sums.outputs(model);
    let (language, language_confidence) = match given {
        Some(language) => (language, 1.0),
        None => likeliest(&outputs),
    };
    let [share, polarity, strength] = numbers.calibration[language as usize];
    let mut topics = Topics::default();
    let (mut cause, mut cause_confidence) = (None, 0.0);
    for (index, topic) in Topic::ALL.iter().enumerate() {
        let likely = probability(outputs[TOPICS + index]);
        if likely >= numbers.thresholds[index] {
            topics = topics.and(*topic);
            if topic.category().is_some() && likely > cause_confidence {
                (cause, cause_confidence) = (Some(*topic), likely);
            }
        }
    }
    Reading {
        language,
        language_confidence,
        classes: classes(outputs[POLARITY] * share + polarity, outputs[STRENGTH] * share + strength),
        topics,
        cause,
        cause_confidence,
    }
}

fn likeliest(outputs: &[f32; COLUMNS]) -> (Language, f32) {
    let logits = language_logits(outputs);
    let mut best = 0;
    for (index, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = index;
        }
    }
    let sum: f32 = logits.iter().map(|logit| libm::expf(logit - logits[best])).sum();
    (Language::ALL[best], 1.0 / sum)
}

/// English is measured against nothing.
pub(super) fn language_logits(outputs: &[f32; COLUMNS]) -> [f32; Language::COUNT] {
    [0.0, outputs[LANGUAGES], outputs[LANGUAGES + 1]]
}

/// What a word and its letters come to, so that they need not be looked up again: the same sums, sooner.
#[derive(Clone, Copy)]
struct Remembered {
    word: [u8; SHORT],
    length: u8,
    particle: Particle,
    unit: [i8; COLUMNS],
    letters: [i16; COLUMNS],
}

impl Remembered {
    /// No word has no bytes.
    const EMPTY: Remembered =
        Remembered { word: [0; SHORT], length: 0, particle: Particle::None, unit: [0; COLUMNS], letters: [0; COLUMNS] };

    fn is(&self, word: &[u8]) -> bool {
        usize::from(self.length) == word.len() && self.word[..word.len()] == *word
    }
}

/// A word has at most `LONGEST_WORD` bytes, so two bytes hold each sum.
fn letters(model: &Model, word: &[u8]) -> [i16; COLUMNS] {
    let mut sums = [0_i16; COLUMNS];
    for_each_gram(word, |gram| {
        for (sum, weight) in sums.iter_mut().zip(model.weights(gram)) {
            *sum += i16::from(weight);
        }
    });
    sums
}

/// Adds up the weights of the features it is shown.
struct Adding<'s> {
    model: &'s Model,
    words: &'s mut [Remembered],
    sums: &'s mut Sums,
}

impl Adding<'_> {
    /// The memory of `word`, which has `hash`; filled if it held another one. `None` for a long word.
    fn remembered(&mut self, word: &[u8], hash: u32) -> Option<&Remembered> {
        if word.len() > SHORT {
            return None;
        }
        let slot = &mut self.words[(hash ^ (hash >> 16)) as usize % REMEMBERED];
        if !slot.is(word) {
            let mut kept = [0; SHORT];
            kept[..word.len()].copy_from_slice(word);
            *slot = Remembered {
                word: kept,
                length: word.len() as u8,
                particle: particle(word),
                unit: self.model.weights(hash),
                letters: letters(self.model, word),
            };
        }
        Some(slot)
    }

    fn add_unit(&mut self, weights: [i8; COLUMNS], turned: bool) {
        for (sum, weight) in self.sums.units.iter_mut().zip(weights) {
            *sum += i32::from(weight);
        }
        if turned {
            self.sums.turned_units += i32::from(weights[POLARITY]);
        }
        self.sums.unit_count += 1;
    }
}

impl Visit for Adding<'_> {
    fn unit(&mut self, _: Unit<'_>, hash: u32, turned: bool) {
        self.add_unit(self.model.weights(hash), turned);
    }

    fn word(&mut self, word: &[u8], hash: u32, turned: bool) {
        let (unit, letters) = match self.remembered(word, hash) {
            Some(remembered) => (remembered.unit, remembered.letters),
            None => (self.model.weights(hash), letters(self.model, word)),
        };
        self.add_unit(unit, turned);
        for (sum, more) in self.sums.letters.iter_mut().zip(letters) {
            *sum += i32::from(more);
        }
        if turned {
            self.sums.turned_letters += i32::from(letters[POLARITY]);
        }
        self.sums.gram_count += grams(word.len()) as u32;
    }

    fn particle(&mut self, word: &[u8], hash: u32) -> Particle {
        self.remembered(word, hash).map_or_else(|| particle(word), |remembered| remembered.particle)
    }
}
