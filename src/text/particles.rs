//! Small words that rule over others: negations, words of contrast, and clitics that a negation looks through.

/// What a word is for the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Particle {
    /// A word like any other.
    None,
    /// Turns round what follows.
    Negation,
    /// Ends what a negation reaches.
    Contrast,
    /// Too small to count: a negation looks through it.
    Clitic,
}

/// What `word`, in folded bytes, is. Sorted tables of three languages together: few of their words mean something else
/// in another one.
pub fn particle(word: &[u8]) -> Particle {
    for (table, particle) in
        [(CLITICS, Particle::Clitic), (NEGATIONS, Particle::Negation), (CONTRASTS, Particle::Contrast)]
    {
        if table.binary_search_by(|entry| entry.as_bytes().cmp(word)).is_ok() {
            return particle;
        }
    }
    Particle::None
}

const NEGATIONS: &[&str] = &[
    "aint", "apenas", "arent", "barely", "cannot", "cant", "couldnt", "d", "dehins", "di", "didnt", "dili", "doesnt",
    "dont", "hadnt", "hardly", "hasnt", "havent", "hinde", "hindi", "hnd", "hndi", "huwag", "isnt", "jamas", "lack",
    "lacks", "nada", "nadie", "neither", "never", "ni", "ningun", "ninguna", "ninguno", "no", "nobody", "none", "nor",
    "not", "nothing", "nt", "nunca", "scarcely", "sin", "tampoco", "wag", "wala", "walang", "walay", "wasnt", "werent",
    "without", "wla", "wlang", "wont", "wouldnt",
];

const CONTRASTS: &[&str] = &[
    "although", "aunque", "but", "except", "however", "kahit", "kasi", "kaso", "kundi", "ngunit", "pero", "sana",
    "sino", "subalit", "though", "yet",
];

const CLITICS: &[&str] = &[
    "a",
    "ako",
    "all",
    "an",
    "ang",
    "any",
    "as",
    "at",
    "ba",
    "be",
    "been",
    "daw",
    "del",
    "din",
    "e",
    "el",
    "en",
    "es",
    "esta",
    "estan",
    "exactly",
    "fue",
    "gaano",
    "ganoon",
    "ganun",
    "ha",
    "han",
    "has",
    "have",
    "he",
    "i",
    "in",
    "is",
    "it",
    "ito",
    "its",
    "ka",
    "kami",
    "kayo",
    "ko",
    "la",
    "lang",
    "las",
    "le",
    "les",
    "lo",
    "los",
    "man",
    "masyado",
    "masyadong",
    "me",
    "mo",
    "mong",
    "mucho",
    "muy",
    "my",
    "na",
    "naman",
    "namin",
    "nang",
    "ng",
    "nila",
    "niya",
    "nos",
    "of",
    "pa",
    "particularly",
    "po",
    "poh",
    "pong",
    "que",
    "quite",
    "real",
    "really",
    "rin",
    "se",
    "sila",
    "siya",
    "so",
    "sobrang",
    "sya",
    "talaga",
    "talagang",
    "tan",
    "te",
    "that",
    "the",
    "this",
    "to",
    "too",
    "un",
    "una",
    "very",
    "was",
    "yan",
    "yun",
    "yung",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_no_word_is_in_two() {
        let mut all = Vec::new();
        for table in [NEGATIONS, CONTRASTS, CLITICS] {
            assert!(table.is_sorted(), "{table:?}");
            all.extend_from_slice(table);
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_particle_is_known_in_every_language() {
        for (word, meant) in [
            ("no", Particle::Negation),
            ("hindi", Particle::Negation),
            ("dont", Particle::Negation),
            ("pero", Particle::Contrast),
            ("po", Particle::Clitic),
            ("factura", Particle::None),
        ] {
            assert_eq!(particle(word.as_bytes()), meant, "{word}");
        }
    }
}
