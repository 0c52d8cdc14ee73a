//! What a cohort tells its members: an alert about all of them is live, so theirs with the same cause stay quiet.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::engine::alert_lifecycle::LiveAlert;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::tight::push_tight;
use crate::model::event::Category;
use crate::model::{CustomerKey, Kind, Time};

/// Cohorts that hold a customer at once; beyond it the oldest is let go.
pub const HOLDS_MAX: usize = 16;

/// A word of a cohort to one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// The member.
    pub customer: CustomerKey,
    /// Id of the cohort's alert.
    pub alert_id: Box<str>,
    /// What they have in common while it is live; none: it is not any more.
    pub cause: Option<Cause>,
    /// Stream time of the cohort's transition.
    pub at: Time,
}

/// What an alert of a member must stand on to be quiet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cause {
    /// An event that names this incident.
    Incident(Box<str>),
    /// An event at this site, not before the first one that counted.
    Site {
        /// The place.
        site: Box<str>,
        /// The first hit.
        from: Time,
    },
}

/// A cohort's hold over a customer, as they remember it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Id of the cohort's alert.
    pub alert_id: Box<str>,
    /// The common cause.
    pub cause: Cause,
}

impl Customer {
    /// The cohort's alert that keeps this one quiet.
    pub fn held_by(&self, alert: &LiveAlert) -> Option<Box<str>> {
        let holds = &self.rare.cohorts.as_deref()?.holds;
        holds.iter().find(|held| self.has_cause(alert, &held.cause)).map(|held| held.alert_id.clone())
    }

    fn has_cause(&self, alert: &LiveAlert, cause: &Cause) -> bool {
        match cause {
            Cause::Incident(id) => {
                let same = |fact: &Fact| fact.is_of_incident(id);
                match alert.kind {
                    // A pile is quiet only if there is nothing else in it.
                    Kind::GrievanceAccumulation => !alert.evidence.is_empty() && alert.evidence.iter().all(same),
                    _ => alert.incident.as_deref() == Some(id) || alert.evidence.iter().any(same),
                }
            }
            Cause::Site { site, from } => {
                let concerned = match alert.kind {
                    Kind::ContactAbandoned => true,
                    Kind::SecondChance => self.is_inconvenience(alert.object.as_deref()),
                    _ => false,
                };
                let same = |fact: &Fact| fact.is_at(site) && fact.time >= *from;
                concerned && alert.evidence.iter().any(same)
            }
        }
    }

    fn is_inconvenience(&self, complaint: Option<&str>) -> bool {
        let case = self.rare.complaints.iter().find(|case| complaint == Some(&case.id));
        case.is_some_and(|case| case.category == Some(Category::Inconvenience))
    }
}

impl Context<'_> {
    /// A cohort's hold over the customer begins or ends.
    pub fn take_hold(&mut self, hold: &Hold) {
        let holds = &mut self.c.rare.cohorts.get_or_insert_default().holds;
        let known = holds.iter().position(|held| held.alert_id == hold.alert_id);
        match (&hold.cause, known) {
            (Some(cause), Some(index)) => holds[index].cause = cause.clone(),
            (Some(cause), None) => {
                let oldest = (holds.len() >= HOLDS_MAX).then(|| holds.remove(0));
                push_tight(holds, Held { alert_id: hold.alert_id.clone(), cause: cause.clone() });
                if let Some(oldest) = oldest {
                    self.release(&oldest.alert_id, hold.at);
                }
            }
            (None, Some(index)) => {
                holds.remove(index);
            }
            (None, None) => {}
        }
        match hold.cause {
            Some(_) => self.quieten(hold.at),
            None => self.release(&hold.alert_id, hold.at),
        }
    }
}

/// The holds over a customer.
pub type Holds = ThinVec<Held>;
