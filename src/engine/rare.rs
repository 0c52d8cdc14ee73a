//! What few customers have: grievances, promises, a probation. Together behind one pointer, since most have none of it.

use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::alert_lifecycle::Mute;
use super::customer::Probation;
use super::fact::Fact;
use super::grievance::{Complaint, Failure};
use super::memory::care::Care;
use super::memory::cohorts::Cohorts;
use super::memory::market::Market;
use super::memory::quality::Quality;
use super::memory::standing::Standing;
use super::promise::Promise;
use crate::model::{CustomerKey, Time};

/// The parts of a customer's memory that are usually empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RareParts {
    /// Complaints, open and lately closed, in order of arrival.
    pub complaints: ThinVec<Complaint>,
    /// Failures that nobody filed, open and lately closed, in order of arrival.
    pub failures: ThinVec<Failure>,
    /// Promises, open and lately closed, in order of arrival.
    pub promises: ThinVec<Promise>,
    /// Contacts given up within the window, in order of time.
    pub abandoned: ThinVec<Fact>,
    /// The recovery whose probation runs.
    pub probation: Option<Box<Probation>>,
    /// What is not to be told again.
    pub mutes: ThinVec<Mute>,
    /// Last time they left; `Time::MIN` if never.
    pub left: Time,
    /// Last time a wish to leave was taken back; `Time::MIN` if never.
    pub intent_cleared: Time,
    /// Who has this customer's memory now, and gets their events.
    pub merged_into: Option<CustomerKey>,
    /// When everything about them was erased; `Time::MIN` if never.
    pub erased_at: Time,
    /// Service quality: scores of contacts by dimension, recoveries, and what was said on the spot.
    pub quality: Option<Box<Quality>>,
    /// Prices, rivals, changes and what was cut off.
    pub market: Option<Box<Market>>,
    /// What the company does for the relation: touches, marketing, use, anniversaries.
    pub care: Option<Box<Care>>,
    /// What is officially thought of the customer, and what they do for the company.
    pub standing: Option<Box<Standing>>,
    /// What ties the customer to others with the same cause.
    pub cohorts: Option<Box<Cohorts>>,
}

static EMPTY: LazyLock<RareParts> = LazyLock::new(|| RareParts {
    complaints: ThinVec::new(),
    failures: ThinVec::new(),
    promises: ThinVec::new(),
    abandoned: ThinVec::new(),
    probation: None,
    mutes: ThinVec::new(),
    left: Time::MIN,
    intent_cleared: Time::MIN,
    merged_into: None,
    erased_at: Time::MIN,
    quality: None,
    market: None,
    care: None,
    standing: None,
    cohorts: None,
});

/// The rare parts, read as if they were always there. Writing makes room for them; `tidy` gives back room for nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rare(Option<Box<RareParts>>);

impl Rare {
    /// The parts, if there is anything in them: for changes that only take away.
    pub fn present(&mut self) -> Option<&mut RareParts> {
        self.0.as_deref_mut()
    }

    /// The parts by themselves, if there is anything in them.
    pub fn into_parts(self) -> Option<RareParts> {
        self.0.map(|parts| *parts)
    }

    /// Gives back the room if there is nothing in it.
    pub fn tidy(&mut self) {
        if let Some(parts) = self.present()
            && parts.cohorts.as_deref().is_some_and(Cohorts::is_empty)
        {
            parts.cohorts = None;
        }
        if self.0.as_deref().is_some_and(|parts| *parts == *EMPTY) {
            self.0 = None;
        }
    }
}

impl Deref for Rare {
    type Target = RareParts;

    fn deref(&self) -> &RareParts {
        self.0.as_deref().unwrap_or_else(|| &EMPTY)
    }
}

impl DerefMut for Rare {
    fn deref_mut(&mut self) -> &mut RareParts {
        self.0.get_or_insert_with(|| Box::new(EMPTY.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_by_writing_and_given_back_when_nothing_is_left() {
        let mut rare = Rare::default();
        assert_eq!((rare.left, rare.present().is_some()), (Time::MIN, false));
        rare.left = Time(5);
        rare.tidy();
        assert_eq!((rare.left, rare.present().is_some()), (Time(5), true));
        rare.left = Time::MIN;
        rare.tidy();
        assert!(rare.present().is_none());
    }
}
