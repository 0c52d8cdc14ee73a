//! What ties a customer to cohorts: incidents they were part of, alerts about many that hold theirs, where they are known.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::engine::cohort::{HOLDS_MAX, Holds};
use crate::engine::context::Context;
use crate::engine::ledger::{Ledger, Ledgers};
use crate::engine::tight::push_tight;
use crate::model::{CohortKey, Data, Event, EventType, Span, Time};

/// Incidents remembered for one customer; beyond it the oldest goes.
const INCIDENTS_MAX: usize = 16;
/// Cohorts that are told when the customer is erased; beyond it the one joined first is left out: it forgets by itself.
const JOINED_MAX: usize = 32;
/// An incident is remembered this long, so that a late word finds it.
const REMEMBERED: Span = Span::days(90);
/// What an incident weighs before the customer is told of it, and from then on.
const UNDISCLOSED: f64 = 0.5;
const DISCLOSED: f64 = 0.15;

/// What ties a customer to cohorts. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cohorts {
    /// Incidents they were affected by or told of, in order of arrival.
    pub incidents: ThinVec<OwnIncident>,
    /// Cohorts whose alert keeps theirs quiet.
    pub holds: Holds,
    /// Cohorts that know them.
    pub joined: ThinVec<CohortKey>,
    /// The account to which they were reported at risk.
    pub at_risk_in: Option<Box<str>>,
}

/// An incident as one customer lives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnIncident {
    /// Its id.
    pub id: Box<str>,
    /// When they were first affected; none while they were only told.
    pub affected: Option<Time>,
    /// When they were first told.
    pub told: Option<Time>,
}

impl Cohorts {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.incidents.is_empty() && self.holds.is_empty() && self.joined.is_empty() && self.at_risk_in.is_none()
    }

    /// Remembers a cohort that knows the customer.
    pub fn join(&mut self, cohort: &CohortKey) {
        if self.joined.contains(cohort) {
            return;
        }
        if self.joined.len() >= JOINED_MAX {
            self.joined.remove(0);
        }
        push_tight(&mut self.joined, cohort.clone());
    }
}

impl Cohorts {
    /// Takes in what ties the same customer to cohorts under another name. An incident that both know weighs once.
    pub(in crate::engine) fn absorb(&mut self, other: Cohorts, ledgers: &mut Ledgers) {
        for incident in other.incidents {
            match self.incidents.iter_mut().find(|known| known.id == incident.id) {
                Some(known) => known.absorb(&incident, ledgers),
                None => {
                    if self.incidents.len() >= INCIDENTS_MAX {
                        self.incidents.remove(0);
                    }
                    push_tight(&mut self.incidents, incident);
                }
            }
        }
        for held in other.holds {
            if self.holds.len() < HOLDS_MAX && self.holds.iter().all(|known| known.alert_id != held.alert_id) {
                push_tight(&mut self.holds, held);
            }
        }
        for cohort in &other.joined {
            self.join(cohort);
        }
        self.at_risk_in = self.at_risk_in.take().or(other.at_risk_in);
    }
}

impl OwnIncident {
    /// When it began to weigh, and how much it does.
    fn weight(&self) -> Option<(Time, f64)> {
        Some((self.affected?, if self.told.is_some() { DISCLOSED } else { UNDISCLOSED }))
    }

    fn absorb(&mut self, other: &OwnIncident, ledgers: &mut Ledgers) {
        let weights = [self.weight(), other.weight()];
        let first = |one: Option<Time>, two: Option<Time>| one.into_iter().chain(two).min();
        self.affected = first(self.affected, other.affected);
        self.told = first(self.told, other.told);
        let mut left = self.weight();
        for (at, weight) in weights.into_iter().flatten() {
            // Told of under either name it weighs less, and the later of two is the same one again.
            let stays = left.take_if(|(since, _)| *since == at).map_or(0.0, |(_, weight)| weight);
            ledgers.take_back(Ledger::Incident, weight - stays, at);
        }
    }
}

/// Takes the event in: an incident weighs half as long as the customer hears nothing of it.
pub(super) fn take(cx: &mut Context<'_>, event: &Event<'_>) {
    let affected = match event.event_type {
        EventType::IncidentAffected => true,
        EventType::IncidentNotified => false,
        _ => return,
    };
    let Data::Service(data) = &event.data else { return };
    let (id, time, newest) = (event.object_id(&data.incident_id), event.time, cx.c.highest);
    let own = &mut cx.c.rare.cohorts.get_or_insert_default().incidents;
    own.retain(|i| i.affected.max(i.told).is_some_and(|at| newest - at <= REMEMBERED));
    if own.len() >= INCIDENTS_MAX {
        own.remove(0);
    }
    let index = own.iter().position(|i| &*i.id == id).unwrap_or_else(|| {
        push_tight(own, OwnIncident { id: id.into(), affected: None, told: None });
        own.len() - 1
    });
    let incident = &mut own[index];
    let before = incident.clone();
    let moment = if affected { &mut incident.affected } else { &mut incident.told };
    *moment = Some(moment.map_or(time, |known| known.min(time)));
    let after = incident.clone();
    if before.weight() == after.weight() {
        return;
    }
    if let Some((at, weight)) = before.weight() {
        cx.c.ledgers.take_back(Ledger::Incident, weight, at);
    }
    if let Some((at, weight)) = after.weight() {
        cx.c.ledgers.add(Ledger::Incident, weight, at, &event.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::calendar::Calendar;
    use crate::engine::{Customer, Rules};
    use crate::model::CustomerKey;
    use crate::model::event::ServiceData;

    const MIDNIGHT: Time = Time(1_772_409_600_000);

    /// What incidents weigh at the end of day 1, after these events: type, incident, hour.
    fn weight(events: &[(&str, &str, u8)]) -> f64 {
        let rules = Rules::default();
        let calendar = Calendar::new(&rules.calendar);
        let mut customer = Customer::new(CustomerKey::new("t", "c"));
        for (n, (kind, incident, hour)) in events.iter().enumerate() {
            let event_type = EventType::parse(&format!("service.incident_{kind}"));
            let data = ServiceData { incident_id: Some((*incident).into()), ..ServiceData::default() };
            let event = Event {
                id: format!("e{n}").into(),
                source: "s".into(),
                event_type,
                type_name: event_type.name().into(),
                time: MIDNIGHT + Span::hours(i64::from(*hour)),
                tenant: "t".into(),
                customer_id: "c".into(),
                account_id: None,
                channel: None,
                lang: None,
                correlation_id: None,
                data: Data::Service(data),
            };
            let mut effects = Vec::new();
            customer.highest = customer.highest.max(event.time);
            let now = customer.highest;
            take(&mut Context::new(&rules, &calendar, &mut customer, now, &mut effects), &event);
        }
        customer.ledgers.value(Ledger::Incident, MIDNIGHT + Span::hours(24))
    }

    #[test]
    fn an_incident_weighs_less_once_the_customer_is_told_in_any_order_and_once() {
        let faded = |weight: f64, hours: f64| weight * libm::exp2(-hours / (30.0 * 24.0));
        for (events, want) in [
            (&[("affected", "i1", 10)][..], faded(0.5, 14.0)),
            (&[("affected", "i1", 10), ("notified", "i1", 12)], faded(0.15, 14.0)),
            (&[("notified", "i1", 12), ("affected", "i1", 10)], faded(0.15, 14.0)),
            (&[("affected", "i1", 12), ("affected", "i1", 10), ("affected", "i1", 11)], faded(0.5, 14.0)),
            (&[("notified", "i1", 12)], 0.0),
            (&[("affected", "i1", 10), ("affected", "i2", 14)], faded(0.5, 14.0) + faded(0.5, 10.0)),
            (&[("affected", "i1", 10), ("notified", "i2", 14)], faded(0.5, 14.0)),
        ] {
            let got = weight(events);
            assert!(libm::fabs(got - want) < 1e-9, "{events:?}: {got} against {want}");
        }
    }
}
