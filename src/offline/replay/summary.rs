//! What a replay did, counted.

use std::fmt;

use crate::engine::Outcome;
use crate::model::Transition;

use crate::offline::progress::grouped;

/// `events = applied + duplicates + too_late + filtered + dead_letters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Lines that were not empty.
    pub events: u64,
    /// Events that had their effect, the late ones among them.
    pub applied: u64,
    /// Events that had been seen before.
    pub duplicates: u64,
    /// Events behind the watermark, whether applied or too late for that.
    pub late: u64,
    /// Events too far behind the watermark to be applied.
    pub too_late: u64,
    /// Events ahead of the watermark by so much that they did not move time.
    pub ahead: u64,
    /// Events dropped by the mapping, about nobody, or about an alert that is not known.
    pub filtered: u64,
    /// Lines that were no events.
    pub dead_letters: u64,
    /// Customers remembered at the end.
    pub customers: u64,
    /// Alerts by transition, in the order of `Transition::ALL`.
    pub alerts: Vec<u64>,
}

impl Default for Summary {
    fn default() -> Summary {
        Summary {
            events: 0,
            applied: 0,
            duplicates: 0,
            late: 0,
            too_late: 0,
            ahead: 0,
            filtered: 0,
            dead_letters: 0,
            customers: 0,
            alerts: vec![0; Transition::ALL.len()],
        }
    }
}

impl Summary {
    /// Counts what became of an event.
    pub fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Applied => self.applied += 1,
            Outcome::AppliedLate => {
                self.applied += 1;
                self.late += 1;
            }
            Outcome::AppliedAhead => {
                self.applied += 1;
                self.ahead += 1;
            }
            Outcome::Duplicate => self.duplicates += 1,
            Outcome::TooLate => {
                self.late += 1;
                self.too_late += 1;
            }
            Outcome::Filtered => self.filtered += 1,
        }
    }

    /// Counts an alert.
    pub fn count_alert(&mut self, transition: Transition) {
        let at = Transition::ALL.iter().position(|other| *other == transition).expect("ALL holds every transition");
        self.alerts[at] += 1;
    }

    /// All alerts.
    pub fn alerts_total(&self) -> u64 {
        self.alerts.iter().sum()
    }
}

impl fmt::Display for Summary {
    /// One line: the usual counts always, the unusual ones only if there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events: {} applied, {} duplicate, {} late",
            grouped(self.events),
            grouped(self.applied),
            grouped(self.duplicates),
            grouped(self.late),
        )?;
        for (count, what) in [
            (self.too_late, "of them too late"),
            (self.ahead, "too far ahead to move time"),
            (self.filtered, "filtered"),
        ] {
            if count > 0 {
                write!(f, ", {} {what}", grouped(count))?;
            }
        }
        write!(f, ", {} dead letters; {} customers", grouped(self.dead_letters), grouped(self.customers))?;
        write!(f, "; {} alerts", grouped(self.alerts_total()))?;
        let mut before = ": ";
        for (transition, count) in Transition::ALL.iter().zip(&self.alerts).filter(|(_, count)| **count > 0) {
            write!(f, "{before}{} {}", grouped(*count), transition.name())?;
            before = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_usual_counts_and_the_unusual_only_if_there_are_any() {
        let mut summary = Summary { events: 1_200, customers: 3, dead_letters: 1, ..Summary::default() };
        for outcome in [Outcome::Applied, Outcome::AppliedLate, Outcome::Duplicate] {
            summary.count(outcome);
        }
        assert_eq!(
            summary.to_string(),
            "1,200 events: 2 applied, 1 duplicate, 1 late, 1 dead letters; 3 customers; 0 alerts"
        );
        for outcome in [Outcome::TooLate, Outcome::AppliedAhead, Outcome::Filtered] {
            summary.count(outcome);
        }
        for transition in [Transition::Resolved, Transition::Opened, Transition::Opened] {
            summary.count_alert(transition);
        }
        assert_eq!(
            summary.to_string(),
            "1,200 events: 3 applied, 1 duplicate, 2 late, 1 of them too late, 1 too far ahead to move time, \
             1 filtered, 1 dead letters; 3 customers; 3 alerts: 2 opened, 1 resolved"
        );
    }
}
