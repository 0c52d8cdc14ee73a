//! Says which parts of a text carried its sentiment.

use super::features::{Unit, Visit, for_each_gram, walk};
use super::fold::{Folded, shown};
use super::model::{Model, POLARITY};
use super::scorer::mood_share;

/// What a part of a text adds to its polarity: above 0 for positive.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// A word, a pair of words, or a word behind a negation, folded; `a…` for the letters of a word.
    pub text: String,
    /// What it adds, in log-odds, before calibration.
    pub polarity: f32,
}

/// The parts of a text that count, the heaviest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// Parts whose sum is the text's polarity.
    pub parts: Vec<Part>,
}

impl Explanation {
    /// Explains what `model` reads in `text`.
    pub fn of(model: &Model, text: &str) -> Explanation {
        let mut folded = Folded::default();
        folded.fold(text);
        let mut weighing = Weighing { model, units: Vec::new(), letters: Vec::new(), grams: 0 };
        walk(&folded, &mut weighing);
        let Weighing { units, letters, grams, .. } = weighing;
        let (share, letter_share) = (mood_share(units.len() as u32), mood_share(grams) * model.numbers().letters);
        let scale = model.numbers().scales[POLARITY];
        let mut parts: Vec<Part> = Vec::new();
        let weighed = units.into_iter().map(|(text, weight)| (text, weight * share));
        for (text, weight) in weighed.chain(letters.into_iter().map(|(text, weight)| (text, weight * letter_share))) {
            let polarity = weight * scale;
            match parts.iter_mut().find(|part| part.text == text) {
                Some(part) => part.polarity += polarity,
                None => parts.push(Part { text, polarity }),
            }
        }
        parts.sort_by(|one, other| other.polarity.abs().total_cmp(&one.polarity.abs()));
        Explanation { parts }
    }
}

struct Weighing<'m> {
    model: &'m Model,
    units: Vec<(String, f32)>,
    letters: Vec<(String, f32)>,
    grams: u32,
}

impl Weighing<'_> {
    fn weight(&self, feature: u32, turned: bool) -> f32 {
        let weight = f32::from(self.model.weights(feature)[POLARITY]);
        if turned { -self.model.numbers().turn * weight } else { weight }
    }
}

impl Visit for Weighing<'_> {
    fn unit(&mut self, unit: Unit<'_>, hash: u32, turned: bool) {
        let text = match unit {
            Unit::Mark(mark) => shown(mark),
            Unit::Pair(first, second) => format!("{} {}", shown(first), shown(second)),
            Unit::Negated(word) => format!("(not) {}", shown(word)),
            Unit::Capitals => "CAPITALS".into(),
        };
        self.units.push((text, self.weight(hash, turned)));
    }

    fn word(&mut self, word: &[u8], hash: u32, turned: bool) {
        let not = if turned { "(not) " } else { "" };
        self.units.push((format!("{not}{}", shown(word)), self.weight(hash, turned)));
        let (mut sum, mut count) = (0.0, 0);
        for_each_gram(word, |gram| {
            sum += self.weight(gram, turned);
            count += 1;
        });
        self.grams += count;
        self.letters.push((format!("{not}{}…", shown(word)), sum));
    }
}
