//! What a text says, as the scorer reads it.

use crate::model::event::{Category, Dimension, words};

use super::topic::{Topic, Topics};

words! {
    /// A language that the model reads. Filipino with English in it is Filipino.
    Language { English "en", Spanish "es", Filipino "fil", }
}

impl Language {
    /// How many there are.
    pub const COUNT: usize = Language::ALL.len();

    /// The language of a tag such as "es-MX", "fil-PH" or "tl"; `None` for one that the model does not read.
    pub fn of_tag(tag: &str) -> Option<Language> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        [("en", Language::English), ("es", Language::Spanish), ("fil", Language::Filipino), ("tl", Language::Filipino)]
            .into_iter()
            .find(|(name, _)| primary.eq_ignore_ascii_case(name))
            .map(|(_, language)| language)
    }
}

words! {
    /// The three classes of sentiment.
    Sentiment { Negative "neg", Neutral "neu", Positive "pos", }
}

impl Sentiment {
    /// How many there are.
    pub const COUNT: usize = Sentiment::ALL.len();
}

/// What a text says. Small, and equal for equal texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The language that was given, or else the likeliest.
    pub language: Language,
    /// Probability of `language`; 1 if it was given.
    pub language_confidence: f32,
    /// Probabilities of negative, neutral and positive; their sum is 1.
    pub classes: [f32; Sentiment::COUNT],
    /// Causes of complaint and signals that are likelier than their thresholds.
    pub topics: Topics,
    /// The likeliest cause of complaint among `topics`.
    pub cause: Option<Topic>,
    /// Probability of `cause`; 0 without one.
    pub cause_confidence: f32,
}

impl Reading {
    /// In [-1, 1]: the probability of positive less that of negative.
    pub fn sentiment(&self) -> f32 {
        self.classes[Sentiment::Positive as usize] - self.classes[Sentiment::Negative as usize]
    }

    /// The likeliest class; neutral where two are equally likely.
    pub fn class(&self) -> Sentiment {
        let [negative, neutral, positive] = self.classes;
        if negative > neutral && negative > positive {
            Sentiment::Negative
        } else if positive > neutral && positive > negative {
            Sentiment::Positive
        } else {
            Sentiment::Neutral
        }
    }

    /// Probability of [`class`](Reading::class): of a hundred texts with .7, about seventy are as it says.
    pub fn confidence(&self) -> f32 {
        self.classes[self.class() as usize]
    }

    /// Keaveney's reason for switching; `None` if the text complains of nothing that the model knows.
    pub fn category(&self) -> Option<Category> {
        self.cause.and_then(Topic::category)
    }

    /// The dimension of service quality that the complaint speaks of, where one can be told.
    pub fn dimension(&self) -> Option<Dimension> {
        self.cause.and_then(Topic::dimension)
    }

    /// The customer says that they want to leave.
    pub fn intends_to_cancel(&self) -> bool {
        self.topics.has(Topic::Cancel)
    }

    /// A competitor is named, or spoken of.
    pub fn names_competitor(&self) -> bool {
        self.topics.has(Topic::Competitor)
    }
}
