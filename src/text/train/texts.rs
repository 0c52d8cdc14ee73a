//! Rows as the learner takes them: the features that are learned, and which of them each text has.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::sources::{Lists, Sources, is_list};
use super::{Labelled, Options, Row};
use crate::text::features::{Unit, Visit, for_each_gram, walk};
use crate::text::fold::Folded;
use crate::text::reading::{Language, Sentiment};
use crate::text::scorer::{matter_share, mood_share};

/// The features that are learned, by hash, each with the number of texts that have it; sorted.
pub(super) struct Known {
    /// Features of polarity and strength.
    pub(super) mood: Vec<(u32, u32)>,
    /// Features of languages and topics: those of texts whose topics are known.
    pub(super) matter: Vec<(u32, u32)>,
    /// Where each feature stands in the two, or [`NONE`].
    places: HashMap<u32, [u32; 2], FixedState>,
}

impl Known {
    pub(super) fn of(rows: &[&Row], lists: &Lists, options: &Options) -> Known {
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
    pub(super) fn places(&self, feature: u32) -> [u32; 2] {
        self.places.get(&feature).copied().unwrap_or([NONE; 2])
    }
}

/// No index of a feature.
pub(super) const NONE: u32 = u32::MAX;

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
pub(super) struct Feature {
    /// Where its weights are, or [`NONE`].
    pub(super) mood: u32,
    pub(super) matter: u32,
    /// A run of letters.
    pub(super) is_gram: bool,
    /// A negation turns it round.
    pub(super) turned: bool,
}

/// A row as the learner takes it.
pub(super) struct Text {
    pub(super) features: Vec<Feature>,
    /// What one word, and one run of letters, counts for polarity and strength.
    pub(super) shares: [f32; 2],
    /// The same for languages and topics.
    pub(super) matter_shares: [f32; 2],
    /// For each list, the sum of its entries in the text, and how many those are.
    pub(super) lists: Vec<[f32; 2]>,
    pub(super) language: Language,
    pub(super) sentiment: Option<Sentiment>,
    pub(super) topics: Option<Labelled>,
    pub(super) source: usize,
    /// The source has neutral texts.
    pub(super) neutral: bool,
    pub(super) weight: f32,
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
    pub(super) fn of(
        row: &Row,
        folded: &mut Folded,
        sources: &Sources,
        lists: &Lists,
        known: &Known,
        options: &Options,
    ) -> Text {
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
