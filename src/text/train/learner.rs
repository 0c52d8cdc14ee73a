//! The weights while they are learned, and the tables that become of them.

use super::Options;
use super::sources::{Lists, Sources};
use super::texts::{Known, NONE, Text};
use crate::text::model::{COLUMNS, LANGUAGES, MATTER, MOOD, Numbers, POLARITY, STRENGTH, TOPICS, classes, probability};
use crate::text::reading::{Language, Sentiment};
use crate::text::scorer::language_logits;
use crate::text::table::{Entry, build};
use crate::text::topic::Topic;

/// The weights while they are learned. Steps shrink as a weight has moved: Duchi, Hazan, Singer, "Adaptive Subgradient
/// Methods" (2011).
pub(super) struct Learner<'l> {
    options: &'l Options,
    lists: &'l Lists,
    known: &'l Known,
    mood: Weights<MOOD>,
    matter: Weights<MATTER>,
    biases: [f32; COLUMNS],
    moved_biases: [f32; COLUMNS],
    /// Polarity and strength that a source leans to.
    leanings: Vec<[f32; MOOD]>,
    /// Polarity and strength that an entry of a list has.
    entries: Vec<[f32; MOOD]>,
}

/// Weights, and the sums of the squares of their slopes.
struct Weights<const C: usize> {
    values: Vec<[f32; C]>,
    moved: Vec<[f32; C]>,
}

impl<const C: usize> Weights<C> {
    fn new(count: usize, inertia: f32) -> Weights<C> {
        Weights { values: vec![[0.0; C]; count], moved: vec![[inertia; C]; count] }
    }

    fn step(&mut self, index: u32, slopes: [f32; C], step: f32, decay: f32) {
        let (values, moved) = (&mut self.values[index as usize], &mut self.moved[index as usize]);
        for column in 0..C {
            let slope = slopes[column] + decay * values[column];
            moved[column] += slope * slope;
            values[column] -= step * slope / moved[column].sqrt();
        }
    }
}

impl<'l> Learner<'l> {
    pub(super) fn new(options: &'l Options, sources: &Sources, lists: &'l Lists, known: &'l Known) -> Learner<'l> {
        Learner {
            options,
            lists,
            known,
            mood: Weights::new(known.mood.len(), options.inertia),
            matter: Weights::new(known.matter.len(), options.inertia),
            biases: [0.0; COLUMNS],
            moved_biases: [1.0; COLUMNS],
            leanings: vec![[0.0; MOOD]; sources.names.len()],
            entries: vec![[0.5, 0.2]; lists.count],
        }
    }

    fn outputs(&self, text: &Text) -> [f32; COLUMNS] {
        let mut outputs = self.biases;
        for feature in &text.features {
            let share = text.shares[usize::from(feature.is_gram)];
            if feature.mood != NONE {
                let weights = &self.mood.values[feature.mood as usize];
                let turn = if feature.turned { -self.options.turn } else { 1.0 };
                outputs[POLARITY] += weights[POLARITY] * share * turn;
                outputs[STRENGTH] += weights[STRENGTH] * share;
            }
            if feature.matter != NONE {
                let weights = &self.matter.values[feature.matter as usize];
                let share = text.matter_shares[usize::from(feature.is_gram)];
                for (output, weight) in outputs[MOOD..].iter_mut().zip(weights) {
                    *output += weight * share;
                }
            }
        }
        let leaning = self.leanings[text.source];
        for column in 0..MOOD {
            let listed = self.entries.iter().zip(&text.lists).map(|(entry, sums)| entry[column] * sums[column]);
            outputs[column] += leaning[column] + listed.sum::<f32>() * text.shares[0];
        }
        outputs
    }

    pub(super) fn learn(&mut self, text: &Text, round: u32) {
        let outputs = self.outputs(text);
        let slopes = slopes(text, &outputs);
        let slower = 1.0 / (1.0 + 0.5 * round as f32);
        let (step, matter_step) = (self.options.step * slower, self.options.matter_step * slower);
        let decay = self.options.decay;
        for feature in &text.features {
            let share = text.shares[usize::from(feature.is_gram)];
            if feature.mood != NONE && text.sentiment.is_some() {
                let turn = if feature.turned { -self.options.turn } else { 1.0 };
                let slopes = [slopes[POLARITY] * share * turn, slopes[STRENGTH] * share];
                self.mood.step(feature.mood, slopes, step, decay);
            }
            if feature.matter != NONE {
                let share = text.matter_shares[usize::from(feature.is_gram)];
                let slopes = std::array::from_fn(|column| slopes[MOOD + column] * share);
                self.matter.step(feature.matter, slopes, matter_step, decay);
            }
        }
        let biases = self.biases.iter_mut().zip(&mut self.moved_biases).zip(slopes);
        for ((bias, moved), slope) in biases.skip(TOPICS) {
            *moved += slope * slope;
            *bias -= matter_step * slope / moved.sqrt();
        }
        let slow = step * 0.02;
        for column in 0..MOOD {
            for (entry, sums) in self.entries.iter_mut().zip(&text.lists) {
                entry[column] -= slow * slopes[column] * sums[column] * text.shares[0];
            }
            self.leanings[text.source][column] -= slow * slopes[column];
        }
    }

    /// The numbers before calibration, and the two tables. What sources lean to is dropped; what the lists say of a word is
    /// added to the word.
    pub(super) fn finish(mut self) -> (Numbers, [Vec<u8>; 2]) {
        for (feature, list, sign) in &self.lists.entries {
            let [index, _] = self.known.places(*feature);
            if index == NONE {
                // Its words never stand together in a text, not even in its own.
                continue;
            }
            let [polarity, strength] = self.entries[usize::from(*list)];
            let weights = &mut self.mood.values[index as usize];
            weights[POLARITY] += polarity * f32::from(*sign);
            weights[STRENGTH] += strength;
        }
        let [mood_bits, matter_bits] = self.options.bits;
        let (mood_scales, mood) = table(mood_bits, &self.known.mood, &self.mood.values);
        let (matter_scales, matter) = table(matter_bits, &self.known.matter, &self.matter.values);
        let mut scales = [1.0; COLUMNS];
        scales[..MOOD].copy_from_slice(&mood_scales);
        scales[MOOD..].copy_from_slice(&matter_scales);
        let numbers = Numbers {
            scales,
            biases: self.biases,
            calibration: [[1.0, 0.0, 0.0]; Language::COUNT],
            thresholds: [0.5; Topic::COUNT],
            turn: self.options.turn,
            letters: self.options.letters,
        };
        (numbers, [mood, matter])
    }
}

/// What the loss of a text grows by with each output.
fn slopes(text: &Text, outputs: &[f32; COLUMNS]) -> [f32; COLUMNS] {
    let mut slopes = [0.0; COLUMNS];
    if let Some(meant) = text.sentiment {
        let target = |class: Sentiment| if class == meant { 1.0 } else { 0.0 };
        if text.neutral {
            let [negative, _, positive] = classes(outputs[POLARITY], outputs[STRENGTH]);
            let (negative, positive) = (negative - target(Sentiment::Negative), positive - target(Sentiment::Positive));
            slopes[POLARITY] = positive - negative;
            slopes[STRENGTH] = positive + negative;
        } else {
            slopes[POLARITY] = 2.0 * (probability(2.0 * outputs[POLARITY]) - target(Sentiment::Positive));
        }
    }
    let logits = language_logits(outputs);
    let highest = logits.iter().copied().fold(f32::MIN, f32::max);
    let powers = logits.map(|logit| libm::expf(logit - highest));
    let sum: f32 = powers.iter().sum();
    for (index, power) in powers.iter().enumerate().skip(1) {
        let target = if text.language as usize == index { 1.0 } else { 0.0 };
        slopes[LANGUAGES + index - 1] = power / sum - target;
    }
    if let Some(topics) = text.topics {
        for topic in topics.known.iter() {
            let column = TOPICS + topic as usize;
            let target = if topics.present.has(topic) { 1.0 } else { 0.0 };
            slopes[column] = probability(outputs[column]) - target;
        }
    }
    slopes.map(|slope| slope * text.weight)
}

/// Whole numbers from -127 to 127 for each column, and what 1 means. A few weights in ten thousand are cut off, so that
/// the others are finer.
fn scales<const C: usize>(weights: &[[f32; C]]) -> [f32; C] {
    std::array::from_fn(|column| {
        let mut sizes: Vec<f32> = weights.iter().map(|row| row[column].abs()).filter(|size| *size > 0.0).collect();
        sizes.sort_unstable_by(f32::total_cmp);
        let largest = sizes.len().checked_sub(1 + sizes.len() / 10_000).map_or(0.0, |index| sizes[index]);
        if largest > 0.0 { largest / 127.0 } else { 1.0 }
    })
}

/// A table of what was learned, and its scales.
fn table<const C: usize>(bits: u32, features: &[(u32, u32)], weights: &[[f32; C]]) -> ([f32; C], Vec<u8>) {
    let scales = scales(weights);
    let entries = features.iter().zip(weights).map(|((feature, count), weights)| {
        let whole: [i8; C] = std::array::from_fn(|c| (weights[c] / scales[c]).round().clamp(-127.0, 127.0) as i8);
        let largest = whole.iter().fold(0, |largest: u8, weight: &i8| largest.max(weight.unsigned_abs()));
        Entry { feature: *feature, weights: whole, worth: f32::from(largest) * (*count as f32).sqrt() }
    });
    let entries = entries.filter(|entry| entry.worth > 0.0).collect();
    (scales, build(bits, entries))
}
