//! The model as bytes: a header, numbers for each output, two tables of features, a checksum.
//!
//! ```text
//!  "cwtext" 00 | version u16 | bits of the first table u8, of the second u8 | 0 u32 | 0 u8 | seed u64 | texts u64
//!  | f32 × NUMBERS | first table | second table | checksum u64                      little endian throughout
//! ```

use std::borrow::Cow;

use super::reading::{Language, Sentiment};
use super::table::{Table, size};
use super::topic::Topic;

/// Outputs: polarity, strength, the languages but the first, the topics.
pub const COLUMNS: usize = MOOD + MATTER;
/// Outputs of the first table, the larger one: polarity and strength.
pub const MOOD: usize = 2;
/// Outputs of the second table: languages and topics.
pub const MATTER: usize = Language::COUNT - 1 + Topic::COUNT;
/// Column of polarity: for positive, against negative. What a negation turns round.
pub const POLARITY: usize = 0;
/// Column of strength: for positive and negative, against neutral.
pub const STRENGTH: usize = 1;
/// First of the columns for languages; English has none, the others are measured against it.
pub const LANGUAGES: usize = MOOD;
/// First of the columns for topics.
pub const TOPICS: usize = LANGUAGES + Language::COUNT - 1;

/// The version of the format, and of how texts become features: another one is another model.
const VERSION: u16 = 1;
const MAGIC: &[u8; 7] = b"cwtext\0";
const HEADER: usize = 32;
const NUMBERS: usize = 2 * COLUMNS + 3 * Language::COUNT + Topic::COUNT + 2;
const TABLES: usize = HEADER + 4 * NUMBERS;
/// Tables of 16 to 1,048,576 buckets.
const BITS: std::ops::RangeInclusive<u8> = 4..=20;

/// The numbers beside the tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// What 1 in a column of a table means.
    pub scales: [f32; COLUMNS],
    /// Added to a column's sum.
    pub biases: [f32; COLUMNS],
    /// For each language: what polarity and strength are multiplied with, so that probabilities are true; then what is
    /// added to each.
    pub calibration: [[f32; 3]; Language::COUNT],
    /// The probability from which on a topic is told.
    pub thresholds: [f32; Topic::COUNT],
    /// What is left, turned round, of the polarity of a word behind a negation.
    pub turn: f32,
    /// The weight of letters beside that of words.
    pub letters: f32,
}

/// A model that can be scored with.
#[derive(Clone, PartialEq)]
pub struct Model {
    bytes: Cow<'static, [u8]>,
    numbers: Numbers,
    /// Bits of the number of buckets of each table.
    bits: [u32; 2],
}

/// Why bytes are no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Another kind of file.
    #[error("this is not a text model")]
    Kind,
    /// Of another version of the program.
    #[error("the text model has version {0}; this program reads version {VERSION}: train it again")]
    Version(u16),
    /// Cut off, or changed.
    #[error("the text model is damaged")]
    Damaged,
}

impl Model {
    /// The model that comes with the program. docs/text-model.md is its card.
    pub fn shipped() -> Model {
        let bytes: &'static [u8] = include_bytes!("shipped.model");
        Model::read(Cow::Borrowed(bytes)).expect("a test reads the shipped model")
    }

    /// Takes `bytes` as a model. They are checked, not copied.
    ///
    /// # Errors
    /// If they are no model, or one of another version.
    pub fn read(bytes: Cow<'static, [u8]>) -> Result<Model, ModelError> {
        if bytes.len() < HEADER || !bytes.starts_with(MAGIC) {
            return Err(ModelError::Kind);
        }
        let version = u16::from_le_bytes([bytes[7], bytes[8]]);
        if version != VERSION {
            return Err(ModelError::Version(version));
        }
        let bits = [bytes[9], bytes[10]];
        if !bits.iter().all(|bits| BITS.contains(bits)) {
            return Err(ModelError::Damaged);
        }
        let bits = bits.map(u32::from);
        if bytes.len() != TABLES + size::<MOOD>(bits[0]) + size::<MATTER>(bits[1]) + 8 {
            return Err(ModelError::Damaged);
        }
        let (body, checksum) = bytes.split_at(bytes.len() - 8);
        if checksum != self::checksum(body).to_le_bytes() {
            return Err(ModelError::Damaged);
        }
        let words = bytes[HEADER..TABLES].as_chunks::<4>().0;
        let numbers = Numbers::of(words.iter().map(|word| f32::from_le_bytes(*word)));
        if !numbers.each().iter().all(|number| number.is_finite()) {
            return Err(ModelError::Damaged);
        }
        Ok(Model { bytes, numbers, bits })
    }

    /// Puts a model together. `tables` were made by `table::build` with `bits`; `seed` and `texts`,
    /// a fingerprint, say what it was trained from.
    pub fn new(numbers: Numbers, bits: [u32; 2], tables: [&[u8]; 2], seed: u64, texts: u64) -> Model {
        let mut bytes = Vec::with_capacity(TABLES + tables[0].len() + tables[1].len() + 8);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend(bits.map(|bits| bits as u8));
        bytes.resize(16, 0);
        bytes.extend_from_slice(&seed.to_le_bytes());
        bytes.extend_from_slice(&texts.to_le_bytes());
        bytes.extend(numbers.each().iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(tables.iter().copied().flatten());
        bytes.extend_from_slice(&checksum(&bytes).to_le_bytes());
        Model { bytes: Cow::Owned(bytes), numbers, bits }
    }

    /// As it is stored.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Tells one model from another: the checksum of its bytes.
    pub fn fingerprint(&self) -> u64 {
        let end = self.bytes.last_chunk().expect("a model ends with its checksum");
        u64::from_le_bytes(*end)
    }

    pub(super) fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// What a feature adds to each output, in units of the scales; nothing for one that the model does not know.
    pub(super) fn weights(&self, feature: u32) -> [i8; COLUMNS] {
        let mood = self.mood().find(feature).copied().unwrap_or_default();
        let matter = self.matter().find(feature).copied().unwrap_or_default();
        std::array::from_fn(|column| if column < MOOD { mood[column] as i8 } else { matter[column - MOOD] as i8 })
    }

    fn mood(&self) -> Table<'_, MOOD> {
        Table::new(&self.bytes[TABLES..TABLES + size::<MOOD>(self.bits[0])], self.bits[0])
    }

    fn matter(&self) -> Table<'_, MATTER> {
        Table::new(&self.bytes[TABLES + size::<MOOD>(self.bits[0])..self.bytes.len() - 8], self.bits[1])
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Model({:016x})", self.fingerprint())
    }
}

impl Numbers {
    fn each(&self) -> Vec<f32> {
        let mut each = Vec::with_capacity(NUMBERS);
        each.extend_from_slice(&self.scales);
        each.extend_from_slice(&self.biases);
        each.extend(self.calibration.iter().flatten());
        each.extend_from_slice(&self.thresholds);
        each.extend_from_slice(&[self.turn, self.letters]);
        each
    }

    fn of(mut each: impl Iterator<Item = f32>) -> Numbers {
        let mut next = || each.next().unwrap_or(f32::NAN);
        Numbers {
            scales: std::array::from_fn(|_| next()),
            biases: std::array::from_fn(|_| next()),
            calibration: std::array::from_fn(|_| std::array::from_fn(|_| next())),
            thresholds: std::array::from_fn(|_| next()),
            turn: next(),
            letters: next(),
        }
    }
}

/// FNV-1a over words of eight bytes: one step a word, so that some megabytes cost no more than a millisecond.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ bytes.len() as u64;
    for word in words {
        hash = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(PRIME);
        hash ^= hash >> 32;
    }
    rest.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Probabilities of the three classes of sentiment, from polarity and strength.
pub(super) fn classes(polarity: f32, strength: f32) -> [f32; Sentiment::COUNT] {
    let (negative, positive) = (strength - polarity, strength + polarity);
    let highest = negative.max(positive).max(0.0);
    let [negative, neutral, positive] = [negative, 0.0, positive].map(|logit| libm::expf(logit - highest));
    let sum = negative + neutral + positive;
    [negative / sum, neutral / sum, positive / sum]
}

/// The probability of something with these log-odds.
pub(super) fn probability(log_odds: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-log_odds))
}
