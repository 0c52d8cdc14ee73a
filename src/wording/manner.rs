//! How Spanish is spoken: which country's words, and how the reader is addressed.

use crate::model::event::words;

words! {
    /// Whose Spanish; the name is its BCP 47 code.
    Spanish { LatinAmerican "es-419", Castilian "es-ES", }
}
words! {
    /// How the reader is addressed in Spanish.
    Address { Usted "usted", Tu "tu", }
}

/// Whose Spanish the texts under `es` speak, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Whose.
    pub spanish: Spanish,
    /// How they address the reader.
    pub address: Address,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner { spanish: Spanish::LatinAmerican, address: Address::Usted }
    }
}

impl Manner {
    /// Every manner there is, the default one first.
    pub fn all() -> impl Iterator<Item = Manner> {
        let each = |&spanish: &Spanish| Address::ALL.iter().map(move |&address| Manner { spanish, address });
        Spanish::ALL.iter().flat_map(each)
    }
}
