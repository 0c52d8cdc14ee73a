//! What an alert says: `Alert` -> title and body in English, Spanish and Filipino.
//!
//! ```text
//!  templates/*.toml ─┐
//!                    ├─▶ layers ──▶ voices (compiled once) ──▶ texts(alert) ──▶ Texts { en, es, fil }
//!  a user's files ───┘                                            ▲
//!                                     transition, reason ──▶ form ┘
//! ```
//!
//! **Invariant:** no I/O, no clock, no customer's name, id or quote: a template reaches counts, days, times and words of
//! closed sets only. The same alert gives the same bytes on every machine.
//!
//! `form` which of the sentences fits a transition · `layer` a file of sentences and its lines · `facts` what a sentence
//! may speak of · `language` plurals and dates · `voice` the compiled sentences of one language. docs/wording.md is the
//! manual.

pub mod facts;
pub mod form;
pub mod language;
mod layer;
mod voice;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

pub use form::Form;
pub use language::Language;
pub use layer::WordingError;

use crate::model::Alert;
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
    /// Neutral Latin American Spanish.
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
    /// The language it is written in.
    pub language: Language,
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

/// The shipped files.
const SHIPPED: [Override<'static>; 3] = [
    Override { language: Language::En, file: "en.toml", text: include_str!("templates/en.toml") },
    Override { language: Language::Es, file: "es.toml", text: include_str!("templates/es.toml") },
    Override { language: Language::Fil, file: "fil.toml", text: include_str!("templates/fil.toml") },
];

impl Wording {
    /// The shipped sentences.
    #[expect(clippy::new_without_default, reason = "it compiles thousands of templates: nothing to call by accident")]
    pub fn new() -> Wording {
        Wording::speak(&[]).expect("the tests load and render every shipped template")
    }

    /// The shipped sentences with those in `overrides` instead; of two that replace the same sentence, the later holds.
    ///
    /// # Errors
    /// The first place, by file and line, that is not TOML, names no kind or sentence, is not a template, or cannot be
    /// rendered for some combination of facts.
    pub fn with_overrides(overrides: &[Override<'_>]) -> Result<Wording, WordingError> {
        if overrides.is_empty() {
            return Ok(Wording::new());
        }
        Ok(Wording { shipped: Some(Box::new(Wording::new())), ..Wording::speak(overrides)? })
    }

    fn speak(overrides: &[Override<'_>]) -> Result<Wording, WordingError> {
        let voice = |language: Language| -> Result<Voice, WordingError> {
            let of = |all: &[Override<'_>]| -> Result<Vec<Layer>, WordingError> {
                all.iter()
                    .filter(|file| file.language == language)
                    .map(|file| Layer::read(file.file, file.text))
                    .collect()
            };
            let own = of(overrides)?;
            for layer in &own {
                voice::check(language, layer)?;
            }
            let mut layers = of(&SHIPPED)?;
            layers.extend(own);
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

    fn voice(&self, language: Language) -> &Voice {
        match language {
            Language::En => &self.en,
            Language::Es => &self.es,
            Language::Fil => &self.fil,
        }
    }
}
