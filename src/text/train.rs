//! Learns a model from labelled texts: logistic regression for every output at once, over the features of `features`.
//!
//! Texts come from sources that mean different things by their labels. A source that has no neutral texts teaches only
//! polarity; each source may lean its own way, and what it leans is dropped from the model; what a row says nothing of is
//! not learned from it. Word lists enter twice: as short texts, and as a weight that all words of a list share.
//!
//! The same rows, in the same order, with the same seed give the same bytes.

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::features::{Unit, Visit, for_each_gram, hash, pair, walk};
use super::fold::{Folded, TokenKind};
use super::model::{
    COLUMNS, LANGUAGES, MATTER, MOOD, Model, Numbers, POLARITY, STRENGTH, TOPICS, checksum, classes, probability,
};
use super::reading::{Language, Sentiment};
use super::scorer::{Scorer, language_logits, matter_share, mood_share};
use super::table::{Entry, build};
use super::topic::{Topic, Topics};

mod calibrate;

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
    /// What a negation leaves of the polarity that it turns round.
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

/// A source that is a list of words.
fn is_list(source: &str) -> bool {
    source.starts_with("lex_")
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

/// The sources of the rows.
struct Sources {
    names: Vec<String>,
    /// Whether each has neutral texts.
    neutral: Vec<bool>,
}

impl Sources {
    fn of(rows: &[Row]) -> Sources {
        let mut sources = Sources { names: Vec::new(), neutral: Vec::new() };
        for row in rows {
            let index = match sources.names.iter().position(|name| *name == row.source) {
                Some(index) => index,
                None => {
                    sources.names.push(row.source.clone());
                    sources.neutral.push(false);
                    sources.names.len() - 1
                }
            };
            sources.neutral[index] |= row.sentiment == Some(Sentiment::Neutral);
        }
        sources
    }

    fn index(&self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).expect("every row's source is listed")
    }
}

/// Word lists: what each entry's hash says, by list.
struct Lists {
    /// Hash of the entry, list, 1 or -1; sorted.
    entries: Vec<(u32, u16, i8)>,
    count: usize,
}

impl Lists {
    fn of(rows: &[Row], sources: &Sources) -> Lists {
        let lists: Vec<usize> = (0..sources.names.len()).filter(|index| is_list(&sources.names[*index])).collect();
        let mut folded = Folded::default();
        let mut entries = Vec::new();
        for row in rows.iter().filter(|row| is_list(&row.source)) {
            let sign = match row.sentiment {
                Some(Sentiment::Positive) => 1,
                Some(Sentiment::Negative) => -1,
                Some(Sentiment::Neutral) | None => continue,
            };
            folded.fold(&row.text);
            let words: Vec<u32> = folded.tokens().iter().map(|token| hash(folded.bytes(*token))).collect();
            let hash = match words[..] {
                [one] => one,
                [first, second] => pair(first, second),
                _ => continue,
            };
            let source = sources.index(&row.source);
            let list = lists.iter().position(|list| *list == source).expect("it is a list");
            entries.push((hash, list as u16, sign));
        }
        entries.sort_unstable();
        entries.dedup_by_key(|entry| (entry.0, entry.1));
        Lists { entries, count: lists.len() }
    }

    fn of_hash(&self, hash: u32) -> &[(u32, u16, i8)] {
        let start = self.entries.partition_point(|entry| entry.0 < hash);
        let length = self.entries[start..].partition_point(|entry| entry.0 == hash);
        &self.entries[start..start + length]
    }
}

/// The features that are learned, by hash, each with the number of texts that have it; sorted.
struct Known {
    /// Features of polarity and strength.
    mood: Vec<(u32, u32)>,
    /// Features of languages and topics: those of texts whose topics are known.
    matter: Vec<(u32, u32)>,
    /// Where each feature stands in the two, or [`NONE`].
    places: HashMap<u32, [u32; 2], FixedState>,
}

impl Known {
    fn of(rows: &[&Row], lists: &Lists, options: &Options) -> Known {
        // How many texts have it, and how many of those have topics.
        let mut counts: HashMap<u32, [u32; 2], FixedState> = HashMap::default();
        let mut folded = Folded::default();
        let mut counting = Counting(Vec::new());
        for row in rows {
            folded.fold(&row.text);
            counting.0.clear();
            walk(&folded, &mut counting);
            counting.0.sort_unstable();
            counting.0.dedup();
            for feature in &counting.0 {
                let [all, labelled] = counts.entry(*feature).or_default();
                *all += 1;
                *labelled += u32::from(row.topics.is_some());
            }
        }
        let often = |which: usize, rare: u32| {
            let listed = |feature| which == 0 && !lists.of_hash(feature).is_empty();
            let mut often: Vec<(u32, u32)> = counts
                .iter()
                .map(|(feature, counts)| (*feature, counts[which]))
                .filter(|(feature, count)| *count >= rare || listed(*feature))
                .collect();
            often.sort_unstable();
            often
        };
        let (mood, matter) = (often(0, options.rare), often(1, options.rare + 1));
        let mut places: HashMap<u32, [u32; 2], FixedState> = HashMap::default();
        for (which, features) in [&mood, &matter].into_iter().enumerate() {
            for (index, (feature, _)) in features.iter().enumerate() {
                places.entry(*feature).or_insert([NONE; 2])[which] = index as u32;
            }
        }
        Known { mood, matter, places }
    }

    /// Where the weights of `feature` are.
    fn places(&self, feature: u32) -> [u32; 2] {
        self.places.get(&feature).copied().unwrap_or([NONE; 2])
    }
}

/// No index of a feature.
const NONE: u32 = u32::MAX;

/// Collects the features of a text.
struct Counting(Vec<u32>);

impl Visit for Counting {
    fn unit(&mut self, _: Unit<'_>, hash: u32, _: bool) {
        self.0.push(hash);
    }

    fn word(&mut self, word: &[u8], hash: u32, _: bool) {
        self.0.push(hash);
        for_each_gram(word, |gram| self.0.push(gram));
    }
}

/// A feature of a text that is learned.
struct Feature {
    /// Where its weights are, or [`NONE`].
    mood: u32,
    matter: u32,
    /// A run of letters.
    is_gram: bool,
    /// A negation turns it round.
    turned: bool,
}

/// A row as the learner takes it.
struct Text {
    features: Vec<Feature>,
    /// What one word, and one run of letters, counts for polarity and strength.
    shares: [f32; 2],
    /// The same for languages and topics.
    matter_shares: [f32; 2],
    /// For each list, the sum of its entries in the text, and how many those are.
    lists: Vec<[f32; 2]>,
    language: Language,
    sentiment: Option<Sentiment>,
    topics: Option<Labelled>,
    source: usize,
    /// The source has neutral texts.
    neutral: bool,
    weight: f32,
}

struct Collecting<'t> {
    text: &'t mut Text,
    lists: &'t Lists,
    known: &'t Known,
    turn: f32,
    units: u32,
    grams: u32,
}

impl Collecting<'_> {
    fn feature(&mut self, feature: u32, is_gram: bool, turned: bool) {
        let [mood, matter] = self.known.places(feature);
        if mood != NONE || matter != NONE {
            self.text.features.push(Feature { mood, matter, is_gram, turned });
        }
        if is_gram {
            self.grams += 1;
            return;
        }
        self.units += 1;
        let turn = if turned { -self.turn } else { 1.0 };
        for (_, list, sign) in self.lists.of_hash(feature) {
            let sum = &mut self.text.lists[usize::from(*list)];
            sum[0] += turn * f32::from(*sign);
            sum[1] += 1.0;
        }
    }
}

impl Visit for Collecting<'_> {
    fn unit(&mut self, _: Unit<'_>, hash: u32, turned: bool) {
        self.feature(hash, false, turned);
    }

    fn word(&mut self, word: &[u8], hash: u32, turned: bool) {
        self.feature(hash, false, turned);
        for_each_gram(word, |gram| self.feature(gram, true, turned));
    }
}

impl Text {
    fn of(row: &Row, folded: &mut Folded, sources: &Sources, lists: &Lists, known: &Known, options: &Options) -> Text {
        let source = sources.index(&row.source);
        let mut text = Text {
            features: Vec::new(),
            shares: [0.0; 2],
            matter_shares: [0.0; 2],
            lists: vec![[0.0; 2]; lists.count],
            language: row.language,
            sentiment: row.sentiment,
            topics: row.topics,
            source,
            neutral: sources.neutral[source],
            weight: options.weight(&row.source),
        };
        folded.fold(&row.text);
        let mut collecting = Collecting { text: &mut text, lists, known, turn: options.turn, units: 0, grams: 0 };
        walk(folded, &mut collecting);
        let (units, grams) = (collecting.units, collecting.grams);
        text.shares = [mood_share(units), options.letters * mood_share(grams)];
        text.matter_shares = [matter_share(units), options.letters * matter_share(grams)];
        if is_list(&row.source) {
            // What the list says of the word is what is to be learned from it.
            text.lists.fill([0.0; 2]);
        }
        text
    }
}

/// The weights while they are learned. Steps shrink as a weight has moved: Duchi, Hazan, Singer, "Adaptive Subgradient
/// Methods" (2011).
struct Learner<'l> {
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
    fn new(options: &'l Options, sources: &Sources, lists: &'l Lists, known: &'l Known) -> Learner<'l> {
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

    fn learn(&mut self, text: &Text, round: u32) {
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
    fn finish(mut self) -> (Numbers, [Vec<u8>; 2]) {
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

/// `SplitMix64` (Steele, Lea, Flood 2014).
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end` - 1.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}
