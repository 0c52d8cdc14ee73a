//! What a text is made of for the model: features, each known by a hash, and which of them a negation turns round.
//!
//! Words and pairs of words; within a word all runs of two to four letters, its ends marked. Training, scoring and
//! explaining walk the same way, so that they cannot differ.

use super::fold::{Folded, TokenKind};
use super::particles::{Particle, particle};

/// Tokens that a negation reaches, clitics not counted.
const REACH: u8 = 3;

/// A feature beside the words themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit<'t> {
    /// An emoji, an emoticon or telling punctuation.
    Mark(&'t [u8]),
    /// Two words that stand together.
    Pair(&'t [u8], &'t [u8]),
    /// A word in the reach of a negation.
    Negated(&'t [u8]),
    /// Most of the text is in capitals.
    Capitals,
}

/// Takes the features of a text, one by one.
pub trait Visit {
    /// A feature of words: its hash, and whether a negation turns its polarity round.
    fn unit(&mut self, unit: Unit<'_>, hash: u32, turned: bool);
    /// A word: it is itself a feature, and so are the runs of its letters.
    fn word(&mut self, word: &[u8], hash: u32, turned: bool);
    /// What `word` is for the grammar. One that remembers words need not look.
    fn particle(&mut self, word: &[u8], _hash: u32) -> Particle {
        particle(word)
    }
}

/// Shows `visit` every feature of `text`.
pub fn walk(text: &Folded, visit: &mut impl Visit) {
    let mut reach = 0;
    let mut before: Option<(&[u8], u32)> = None;
    for &token in text.tokens() {
        let bytes = text.bytes(token);
        match token.kind {
            TokenKind::Break => {
                reach = 0;
                before = None;
            }
            TokenKind::Mark => visit.unit(Unit::Mark(bytes), hash(bytes), false),
            TokenKind::Word => {
                let own = hash(bytes);
                let particle = visit.particle(bytes, own);
                let turned = reach > 0 && particle == Particle::None;
                if particle == Particle::Contrast {
                    reach = 0;
                }
                visit.word(bytes, own, turned);
                if let Some((word, first)) = before {
                    visit.unit(Unit::Pair(word, bytes), pair(first, own), false);
                }
                if turned {
                    visit.unit(Unit::Negated(bytes), pair(NEGATED, own), false);
                    reach -= 1;
                }
                if particle == Particle::Negation {
                    reach = REACH;
                }
                before = Some((bytes, own));
            }
        }
    }
    if text.letters >= 8 && text.capitals * 3 >= text.letters * 2 {
        visit.unit(Unit::Capitals, CAPITALS, false);
    }
}

/// In the place of a first word.
const NEGATED: u32 = 0x6e6f_7421;
const CAPITALS: u32 = 0x4341_5053;

/// FNV-1a, 32 bits.
pub fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The hash of two words that stand together, in this order.
pub fn pair(first: u32, second: u32) -> u32 {
    (first.rotate_left(11) ^ second).wrapping_mul(0x85eb_ca6b) ^ first
}

/// Calls `each` with the hash of every run of two to four letters of `word`; `_` stands at both ends.
pub fn for_each_gram(word: &[u8], mut each: impl FnMut(u32)) {
    // The last four bytes, the newest lowest. No byte is zero, so shorter runs are other numbers than longer ones.
    let mut last: u32 = u32::from(b'_');
    for (index, byte) in word.iter().chain(b"_").enumerate() {
        last = (last << 8) | u32::from(*byte);
        each(last & 0xffff);
        if index >= 1 {
            each(last & 0xff_ffff);
        }
        if index >= 2 {
            each(last);
        }
    }
}

/// How many runs [`for_each_gram`] finds in a word of `length` bytes, which is not 0.
pub fn grams(length: usize) -> usize {
    3 * (length + 1) - 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold::shown;

    struct Seen(Vec<String>);

    impl Visit for Seen {
        fn unit(&mut self, unit: Unit<'_>, _: u32, turned: bool) {
            assert!(!turned, "{unit:?}");
            self.0.push(match unit {
                Unit::Mark(mark) => shown(mark),
                Unit::Pair(first, second) => format!("{}+{}", shown(first), shown(second)),
                Unit::Negated(word) => format!("not:{}", shown(word)),
                Unit::Capitals => "CAPITALS".into(),
            });
        }

        fn word(&mut self, word: &[u8], _: u32, turned: bool) {
            self.0.push(format!("{}{}", if turned { "-" } else { "" }, shown(word)));
        }
    }

    fn seen(text: &str) -> String {
        let mut folded = Folded::default();
        folded.fold(text);
        let mut seen = Seen(Vec::new());
        walk(&folded, &mut seen);
        seen.0.retain(|feature| !feature.contains('+'));
        seen.0.join(" ")
    }

    #[test]
    fn a_negation_reaches_three_words_and_no_further_than_a_pause_or_a_but() {
        for (text, features) in [
            ("no funciona bien", "no -funciona not:funciona -bien not:bien"),
            ("no me lo han resuelto", "no me lo han -resuelto not:resuelto"),
            ("not a b good day x y", "not a -b not:b -good not:good -day not:day x y"),
            ("hindi po maganda pero mabilis", "hindi po -maganda not:maganda pero mabilis"),
            ("no, gracias", "no gracias"),
            ("ESTO NO SIRVE", "esto no -sirve not:sirve CAPITALS"),
        ] {
            assert_eq!(seen(text), features, "{text}");
        }
    }

    #[test]
    fn runs_of_letters_have_their_number_and_are_all_different() {
        for word in [&b"a"[..], b"ab", b"abc", b"abcdefgh"] {
            let mut found = Vec::new();
            for_each_gram(word, |gram| found.push(gram));
            assert_eq!(found.len(), grams(word.len()), "{word:?}");
            found.sort_unstable();
            found.dedup();
            assert_eq!(found.len(), grams(word.len()), "{word:?}");
        }
    }
}
