//! What a text can be about: the outputs of the model besides sentiment and language, and what each means for the
//! engine.

use crate::model::event::{Category, Dimension, words};

words! {
    /// A cause of complaint, or something said that matters for leaving. Finer than the categories, because people say it
    /// so: "charged twice" and "too expensive" are other words, another cause and another remedy.
    Topic {
        Defect "product_defect", Delivery "delivery_outage", Billing "billing", Price "price", Wait "wait",
        Unresponsive "unresponsive", Rude "rude", Unknowledgeable "unknowledgeable", Uncaring "uncaring",
        Facilities "facilities", BrokenPromise "broken_promise", Competitor "competitor", Ethics "ethics",
        Involuntary "involuntary", Cancel "cancel_intent", PromiseAsked "promise_asked",
        PromiseRefused "promise_refused", Thanks "thanks", Repeated "repeated", Threat "threat",
    }
}

impl Topic {
    /// How many there are.
    pub const COUNT: usize = Topic::ALL.len();

    /// Its bit in a [`Topics`].
    pub fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The topic that those who label more coarsely would call it.
    pub fn broader(self) -> Option<Topic> {
        [
            (Topic::Wait, Topic::Unresponsive),
            (Topic::Facilities, Topic::Defect),
            (Topic::Uncaring, Topic::Rude),
            (Topic::Ethics, Topic::BrokenPromise),
        ]
        .into_iter()
        .find(|(finer, _)| *finer == self)
        .map(|(_, broader)| broader)
    }

    /// Keaveney's reason for switching that it belongs to; `None` for what is said beside a complaint.
    ///
    /// A wrong bill is a failure of the core service in her study, and only the amount that is asked is price.
    pub fn category(self) -> Option<Category> {
        match self {
            Topic::Defect | Topic::Delivery | Topic::Billing | Topic::Facilities => Some(Category::CoreFailure),
            Topic::Price => Some(Category::Price),
            Topic::Wait => Some(Category::Inconvenience),
            Topic::Unresponsive | Topic::BrokenPromise => Some(Category::ResponseFailure),
            Topic::Rude | Topic::Unknowledgeable | Topic::Uncaring => Some(Category::EncounterFailure),
            Topic::Competitor => Some(Category::Competitor),
            Topic::Ethics => Some(Category::Ethics),
            Topic::Involuntary => Some(Category::Involuntary),
            Topic::Cancel
            | Topic::PromiseAsked
            | Topic::PromiseRefused
            | Topic::Thanks
            | Topic::Repeated
            | Topic::Threat => None,
        }
    }

    /// The dimension of service quality that it speaks of, where one can be told.
    pub fn dimension(self) -> Option<Dimension> {
        match self {
            Topic::Defect | Topic::Delivery | Topic::Billing | Topic::BrokenPromise => Some(Dimension::Reliability),
            Topic::Wait | Topic::Unresponsive => Some(Dimension::Responsiveness),
            Topic::Unknowledgeable => Some(Dimension::Assurance),
            Topic::Uncaring => Some(Dimension::Empathy),
            Topic::Rude => Some(Dimension::Courtesy),
            Topic::Facilities => Some(Dimension::Tangibles),
            Topic::Price
            | Topic::Competitor
            | Topic::Ethics
            | Topic::Involuntary
            | Topic::Cancel
            | Topic::PromiseAsked
            | Topic::PromiseRefused
            | Topic::Thanks
            | Topic::Repeated
            | Topic::Threat => None,
        }
    }
}

/// A set of topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topics(pub u32);

impl Topics {
    /// Whether `topic` is in the set.
    pub fn has(self, topic: Topic) -> bool {
        self.0 & topic.bit() != 0
    }

    /// With `topic`.
    #[must_use]
    pub fn and(self, topic: Topic) -> Topics {
        Topics(self.0 | topic.bit())
    }

    /// The topics in the set, in the order of their list.
    pub fn iter(self) -> impl Iterator<Item = Topic> {
        Topic::ALL.iter().copied().filter(move |topic| self.has(*topic))
    }
}

impl FromIterator<Topic> for Topics {
    fn from_iter<I: IntoIterator<Item = Topic>>(topics: I) -> Topics {
        topics.into_iter().fold(Topics::default(), Topics::and)
    }
}
