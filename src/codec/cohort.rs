//! What passes between the stages, and a cohort in its changelog: internal records, never read by anybody else.
//!
//! | topic | key | value |
//! |---|---|---|
//! | `<group>-cohorts` | the cohort's key | [`ToCohorts`]: a fact, or only how far the sender's time has come |
//! | `<group>-holds` | the customer's id | [`Hold`] |
//! | `<group>-cohorts-changelog` | the cohort's key | [`Entry`]; nothing: it is forgotten |
//! | the same | [`CLOCKS_KEY`] | [`Clocks`] as of the commit |

use serde::{Deserialize, Serialize};

use super::stored::{self, Unreadable};
use crate::engine::cohort::Clocks;
use crate::engine::{Cohort, CohortFact, Hold};
use crate::model::{NextOffset, Partition, Time};

/// Layouts; each to be raised with every change that postcard can see.
const COHORT_VERSION: u8 = 1;
const TO_COHORTS_VERSION: u8 = 1;
const HOLD_VERSION: u8 = 1;
const CLOCKS_VERSION: u8 = 1;

/// Key of the record that holds the clocks of a partition of cohorts. No cohort is called so: their keys have a `/`.
pub const CLOCKS_KEY: &str = "clocks";

/// What a partition of customers tells a partition of cohorts.
#[derive(Clone, Debug, PartialEq)]
pub struct ToCohorts {
    /// The partition of customers.
    pub sender: Partition,
    /// What it says.
    pub what: Said,
}

/// What is said to cohorts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// Something happened; how far time had come stands in it.
    Fact(Box<CohortFact>),
    /// Nothing happened up to this time.
    Clock(Time),
}

impl ToCohorts {
    /// How far the sender's time has come.
    pub fn clock(&self) -> Time {
        match &self.what {
            Said::Fact(fact) => fact.clock,
            Said::Clock(time) => *time,
        }
    }
}

/// A cohort in the changelog.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The next offset of the input through which the cohort is complete.
    pub applied: NextOffset,
    /// The cohort.
    pub cohort: Cohort,
}

/// Appends what is said to cohorts.
pub fn encode_message(sender: Partition, what: &Said, out: &mut Vec<u8>) {
    stored::write(stored::TO_COHORT, TO_COHORTS_VERSION, &(sender.0, what), out);
}

/// Reads what [`encode_message`] wrote.
pub fn decode_message(value: &[u8]) -> Result<ToCohorts, Unreadable> {
    let (sender, what) = stored::read(stored::TO_COHORT, TO_COHORTS_VERSION, value)?;
    Ok(ToCohorts { sender: Partition(sender), what })
}

/// Appends a word to a customer.
pub fn encode_hold(hold: &Hold, out: &mut Vec<u8>) {
    stored::write(stored::TO_CUSTOMER, HOLD_VERSION, hold, out);
}

/// Reads what [`encode_hold`] wrote.
pub fn decode_hold(value: &[u8]) -> Result<Hold, Unreadable> {
    stored::read(stored::TO_CUSTOMER, HOLD_VERSION, value)
}

/// Appends the value of a cohort.
pub fn encode(applied: NextOffset, cohort: &Cohort, out: &mut Vec<u8>) {
    stored::write_applied(stored::COHORT, COHORT_VERSION, applied, cohort, out);
}

/// Reads a value that [`encode`] wrote.
pub fn decode(value: &[u8]) -> Result<Entry, Unreadable> {
    let (applied, cohort) = stored::read_applied(stored::COHORT, COHORT_VERSION, value)?;
    Ok(Entry { applied, cohort })
}

/// Appends how far each sender's time had come.
pub fn encode_clocks(applied: NextOffset, clocks: &Clocks, out: &mut Vec<u8>) {
    let times: Vec<(i32, Time)> = clocks.iter().map(|(sender, time)| (sender.0, time)).collect();
    stored::write_applied(stored::CLOCKS, CLOCKS_VERSION, applied, &times, out);
}

/// Reads what [`encode_clocks`] wrote.
pub fn decode_clocks(value: &[u8]) -> Result<(NextOffset, Clocks), Unreadable> {
    let (applied, times): (_, Vec<(i32, Time)>) = stored::read_applied(stored::CLOCKS, CLOCKS_VERSION, value)?;
    let mut clocks = Clocks::default();
    for (sender, time) in times {
        clocks.observe(Partition(sender), time);
    }
    Ok((applied, clocks))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Cohorts, Effect, Engine, Step};

    /// What passes when one customer after the other is affected by an incident that nobody tells them of, and the
    /// cohort that is left. `id` makes the customers' ids.
    fn incident(customers: usize, id: impl Fn(usize) -> String) -> (Vec<CohortFact>, Vec<Hold>, Cohort) {
        let (mut engine, mut cohorts) = (Engine::new(Arc::default()), Cohorts::new(Arc::default()));
        let (mut facts, mut effects) = (Vec::new(), Vec::new());
        for n in 0..customers {
            let json = serde_json::json!({"id": format!("e{n}"), "source": "crm", "type": "service.incident_affected",
                "time": "2026-03-02T10:00:00Z", "tenant": "t".repeat(128), "customer_id": id(n),
                "data": {"incident_id": "i1"}});
            let json = json.to_string();
            engine.apply(&crate::codec::decode(json.as_bytes()).unwrap(), &mut effects);
            for effect in effects.drain(..) {
                if let Effect::Cohort(fact) = effect {
                    cohorts.apply(Partition(0), &fact, &mut Vec::new());
                    facts.push(*fact);
                }
            }
        }
        while cohorts.advance(Time::parse("2026-03-02T15:00:00Z").unwrap(), &mut effects) == Step::Again {}
        let holds = effects.into_iter().filter_map(|effect| match effect {
            Effect::Hold(_, hold) => Some(*hold),
            Effect::Alert(_) | Effect::Cohort(_) => None,
        });
        let holds = holds.collect();
        let mut found = None;
        cohorts.take_changed(&mut |_, cohort| found = cohort.cloned());
        (facts, holds, found.expect("the cohort has changed"))
    }

    #[test]
    fn what_passes_between_the_stages_comes_back_and_is_not_taken_for_something_else() {
        let (facts, holds, cohort) = incident(3, |n| format!("c/{n}"));
        let (sender, applied) = (Partition(7), NextOffset(42));
        let [mut fact, mut clock, mut hold, mut stored, mut clocks] = [const { Vec::new() }; 5];
        encode_message(sender, &Said::Fact(Box::new(facts[0].clone())), &mut fact);
        encode_message(sender, &Said::Clock(Time(5)), &mut clock);
        encode_hold(&holds[0], &mut hold);
        encode(applied, &cohort, &mut stored);
        let mut times = Clocks::default();
        times.observe(sender, Time(5));
        encode_clocks(applied, &times, &mut clocks);

        let said = decode_message(&fact).unwrap();
        assert_eq!((said.sender, said.clock()), (sender, facts[0].clock));
        assert_eq!(said.what, Said::Fact(Box::new(facts[0].clone())));
        assert_eq!(decode_message(&clock), Ok(ToCohorts { sender, what: Said::Clock(Time(5)) }));
        assert_eq!(decode_hold(&hold).as_ref(), Ok(&holds[0]));
        assert_eq!(decode_clocks(&clocks), Ok((applied, times)));
        let entry = decode(&stored).unwrap();
        let mut again = Vec::new();
        encode(entry.applied, &entry.cohort, &mut again);
        assert!(entry.applied == applied && again == stored, "rebuilt parts aside it is the same cohort");

        for wrong in [&fact[..], &hold, &clocks, b"", b"{}", &stored[..stored.len() - 1]] {
            assert!(decode(wrong).is_err(), "{wrong:?}");
        }
        for wrong in [&hold[..], &stored, &[fact.clone(), vec![0]].concat()] {
            assert!(decode_message(wrong).is_err(), "{wrong:?}");
        }
        assert!(decode_hold(&fact).is_err() && decode_clocks(&stored).is_err());
        assert_eq!(decode_hold(&[4, 9, 0]), Err(Unreadable::Newer { format: 4, version: 9 }));
        assert_eq!(decode_hold(&[77, 1, 0]), Err(Unreadable::Newer { format: 77, version: 1 }));
    }

    /// librdkafka sends so much in one record.
    const RECORD_BYTES_MAX: usize = 1_000_000;

    #[test]
    fn the_largest_incident_fits_into_one_record() {
        let customers = crate::engine::cohort::MEMBERS_MAX + 100;
        // 128 bytes that take 384 in a key.
        let (_, holds, cohort) = incident(customers, |n| format!("{n:/>128}"));
        assert_eq!(holds.len(), crate::engine::cohort::MEMBERS_MAX);
        let mut value = Vec::new();
        encode(NextOffset(1), &cohort, &mut value);
        assert!(value.len() < RECORD_BYTES_MAX, "{} bytes", value.len());
    }
}
