//! What the stage of the customers tells a cohort.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::engine::fact::Fact;
use crate::engine::hash::hash64;
use crate::model::alert::Reason;
use crate::model::{CohortKey, CustomerKey, Time};

/// Something that concerns one cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CohortFact {
    /// Which cohort.
    pub cohort: CohortKey,
    /// Whose event it was; none if it was about nobody.
    pub customer: Option<CustomerKey>,
    /// The event, without what was said.
    pub fact: Fact,
    /// When it happened: the event's time, or the deadline that has passed.
    pub at: Time,
    /// How far the sender's time had come: what is due by then, this included, comes before the fact.
    pub clock: Time,
    /// What happened.
    pub what: Happened,
}

/// What happened to a cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Happened {
    /// The incident began.
    IncidentOpened,
    /// The incident is over.
    IncidentResolved,
    /// The customer is affected by the incident.
    Affected,
    /// The customer was told of the incident.
    Notified,
    /// Everybody was told of the incident.
    NotifiedAll,
    /// The customer has something with the same cause that may become an alert.
    Mentioned,
    /// A customer was hurt at the site.
    Hurt,
    /// How a promise stands by now.
    Promise {
        /// The same for each word about one promise: a hash of the customer and the promise's id.
        id: u64,
        /// Kept in time; broken; none: it has not fallen due after all.
        kept: Option<bool>,
    },
    /// The customer was treated badly.
    Treated {
        /// Badly enough to count alone; otherwise only the second time.
        grave: bool,
    },
    /// Whether the customer, one of an account, is at high risk now.
    AtRisk(bool),
    /// The customer is erased: nothing of them stays.
    Forget,
    /// A person did something with an alert of the cohort.
    Command(Command),
    /// The customer turned out to be another one, and is known by that name from now on.
    Became(Box<Became>),
}

/// Two records turned out to be of one customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Became {
    /// Who has their memory now.
    pub into: CustomerKey,
    /// What their promises were called so far, and what they are called now, as numbers.
    pub promises: ThinVec<(u64, u64)>,
}

/// What a person did with a cohort's alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// The alert, by its id or its dedup key.
    pub alert: Box<str>,
    /// What they did.
    pub what: Did,
}

/// As [`crate::engine::alert_lifecycle::Command`], on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Did {
    Acknowledge,
    Snooze(Option<Time>),
    Unsnooze,
    Assign(Box<str>),
    Resolve,
    Dismiss(Reason),
}

impl CohortFact {
    /// Who it was, as a number: of a customer, or of the event if it was about nobody.
    pub fn who(&self) -> u64 {
        match &self.customer {
            Some(key) => who(key),
            None => hash64(self.fact.packed().as_bytes(), 0x6e6f_626f),
        }
    }
}

/// A customer as a number, where a cohort need not know how to reach them.
pub fn who(key: &CustomerKey) -> u64 {
    hash64(key.as_str().as_bytes(), 0x636f_686f)
}

/// One promise of a customer as a number.
pub fn promise_id(key: &CustomerKey, promise: &str) -> u64 {
    hash64(promise.as_bytes(), who(key))
}
