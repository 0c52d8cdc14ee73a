//! What an alert says: `Alert` -> title and body in English, Spanish and Filipino.
//!
//! ```text
//!  templates/*.toml ─┐
//!                    ├─▶ layers ──▶ voices (compiled once) ──▶ texts(alert) ──▶ Texts { en, es, fil }
//!  a user's files ───┘                                            ▲
//!                                     transition, reason ──▶ form ┘
//! ```
//!
//! **Invariant:** no I/O, no clock, no customer's name, id or quote: a template reaches counts, days, times, words of
//! closed sets, and the one name that a few kinds speak of: a site, a team, why the customer came. The same alert gives
//! the same bytes on every machine.
//!
//! `form` which of the sentences fits a transition · `layer` a file of sentences and its lines · `facts` what a sentence
//! may speak of · `language` plurals and dates · `manner` whose Spanish · `voice` the compiled sentences of one language.
//! docs/wording.md is the manual.

pub mod facts;
pub mod form;
pub mod language;
mod layer;
pub mod manner;
mod voice;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

pub use form::Form;
pub use language::Language;
pub use layer::WordingError;
pub use manner::{Address, Manner, Spanish};

use crate::model::{Alert, Kind};
use facts::Speech;
use layer::Layer;
use voice::Voice;

/// One text of an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Text {
    /// A few words, the same for every transition of a kind; no full stop.
    pub title: String,
    /// What happened since when, and what to do and what not; whole sentences.
    pub body: String,
}

/// The texts of an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Texts {
    /// English.
    pub en: Text,
    /// Spanish: whose, and how it addresses the reader, says the `Manner`.
    pub es: Text,
    /// Filipino.
    pub fil: Text,
}

impl Texts {
    /// The text in `language`.
    pub fn of(&self, language: Language) -> &Text {
        match language {
            Language::En => &self.en,
            Language::Es => &self.es,
            Language::Fil => &self.fil,
        }
    }
}

/// A user's file of sentences: it may replace any of the shipped ones.
#[derive(Clone, Copy, Debug)]
pub struct Override<'a> {
    /// The file's name, for errors only.
    pub file: &'a str,
    /// Its text: TOML as in docs/wording.md.
    pub text: &'a str,
}

/// Every sentence, compiled. Cheap to share, costly to make: one for each process.
pub struct Wording {
    en: Voice,
    es: Voice,
    fil: Voice,
    /// Spoken where a user's template fails on a value that the check at the start did not try.
    shipped: Option<Box<Wording>>,
}

/// A file that comes with the program.
struct Shipped {
    language: Language,
    /// Whose Spanish it is for; none: everybody's.
    spanish: Option<Spanish>,
    /// Which address it is for; none: any.
    address: Option<Address>,
    file: &'static str,
    text: &'static str,
}

macro_rules! shipped {
    ($language:ident, $spanish:expr, $address:expr, $file:literal) => {
        Shipped {
            language: Language::$language,
            spanish: $spanish,
            address: $address,
            file: $file,
            text: include_str!(concat!("templates/", $file)),
        }
    };
}

/// The shipped files. A later one of a language says only what differs from those before it.
const SHIPPED: [Shipped; 6] = [
    shipped!(En, None, None, "en.toml"),
    shipped!(Es, None, None, "es.toml"),
    shipped!(Es, None, Some(Address::Tu), "es-tu.toml"),
    shipped!(Es, Some(Spanish::Castilian), None, "es-ES.toml"),
    shipped!(Es, Some(Spanish::Castilian), Some(Address::Tu), "es-ES-tu.toml"),
    shipped!(Fil, None, None, "fil.toml"),
];

impl Shipped {
    fn is_for(&self, manner: Manner) -> bool {
        self.spanish.is_none_or(|spanish| spanish == manner.spanish)
            && self.address.is_none_or(|address| address == manner.address)
    }
}

impl Wording {
    /// The shipped sentences, in neutral Latin American Spanish that addresses the reader as *usted*.
    #[expect(clippy::new_without_default, reason = "it compiles thousands of templates: nothing to call by accident")]
    pub fn new() -> Wording {
        Wording::shipped(Manner::default())
    }

    /// The shipped sentences.
    pub fn shipped(manner: Manner) -> Wording {
        Wording::speak(manner, &[]).expect("the tests load and render every shipped template")
    }

    /// The shipped sentences with those in `overrides` instead; of two that replace the same sentence, the later holds.
    ///
    /// # Errors
    /// The first place, by file and line, that is not TOML, names no language, kind or sentence, is not a template, or
    /// cannot be rendered for some combination of facts.
    pub fn with_overrides(manner: Manner, overrides: &[Override<'_>]) -> Result<Wording, WordingError> {
        if overrides.is_empty() {
            return Ok(Wording::shipped(manner));
        }
        let own = Wording::speak(manner, overrides)?;
        Ok(Wording { shipped: Some(Box::new(Wording::shipped(manner))), ..own })
    }

    fn speak(manner: Manner, overrides: &[Override<'_>]) -> Result<Wording, WordingError> {
        let mut own = Vec::new();
        for Override { file, text } in overrides {
            own.extend(Layer::read_own(file, text)?);
        }
        for (language, layer) in &own {
            voice::check(*language, layer)?;
        }
        let voice = |language: Language| -> Result<Voice, WordingError> {
            let files = SHIPPED.iter().filter(|shipped| shipped.language == language && shipped.is_for(manner));
            let mut layers =
                files.map(|shipped| Layer::read(shipped.file, shipped.text)).collect::<Result<Vec<_>, _>>()?;
            layers.extend(own.iter().filter(|(of, _)| *of == language).map(|(_, layer)| layer.clone()));
            Voice::compile(language, &layers)
        };
        Ok(Wording { en: voice(Language::En)?, es: voice(Language::Es)?, fil: voice(Language::Fil)?, shipped: None })
    }

    /// What `alert` says. Never fails: a user's template that cannot speak of these facts gives way to the shipped one.
    pub fn texts(&self, alert: &Alert) -> Texts {
        let form = Form::of(alert.transition, alert.reason);
        let speech = Speech::of(alert).into_value();
        let text = |language: Language| {
            let say = |wording: &Wording| wording.voice(language).text(alert.kind, form, &speech);
            say(self).or_else(|| self.shipped.as_deref().and_then(say)).unwrap_or_else(|| {
                let name = alert.kind.name();
                Text { title: name.to_owned(), body: format!("{name}.") }
            })
        };
        Texts { en: text(Language::En), es: text(Language::Es), fil: text(Language::Fil) }
    }

    /// The title of a kind as it is while nothing is known of an alert.
    pub fn title(&self, kind: Kind, language: Language) -> String {
        let speech = Speech::unknown().into_value();
        let say = |wording: &Wording| wording.voice(language).title(kind, &speech);
        let title = say(self).or_else(|| self.shipped.as_deref().and_then(say));
        title.unwrap_or_else(|| kind.name().to_owned())
    }

    fn voice(&self, language: Language) -> &Voice {
        match language {
            Language::En => &self.en,
            Language::Es => &self.es,
            Language::Fil => &self.fil,
        }
    }
}
