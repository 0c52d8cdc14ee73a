//! How far time has come for whoever is told things by several senders, each with a time of its own.

use std::collections::BTreeMap;

use crate::model::{Partition, Time};

/// The time of each sender. The least of them holds for all: nobody sends anything older any more, late events aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clocks(BTreeMap<Partition, Time>);

impl Clocks {
    /// A sender's time has come to `time`; it never goes back.
    pub fn observe(&mut self, sender: Partition, time: Time) {
        let known = self.0.entry(sender).or_insert(time);
        *known = (*known).max(time);
    }

    /// How far the time of all has come; none before the first word. Who never said anything holds nobody up.
    pub fn least(&self) -> Option<Time> {
        self.0.values().min().copied()
    }

    /// Each sender's time, in order of the senders.
    pub fn iter(&self) -> impl Iterator<Item = (Partition, Time)> {
        self.0.iter().map(|(sender, time)| (*sender, *time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_sender_holds_and_nobody_goes_back() {
        let mut clocks = Clocks::default();
        assert_eq!(clocks.least(), None);
        for (sender, time, least) in [(0, 5, 5), (1, 9, 5), (0, 7, 7), (0, 6, 7), (0, 20, 9)] {
            clocks.observe(Partition(sender), Time(time));
            assert_eq!(clocks.least(), Some(Time(least)), "{sender} at {time}");
        }
    }
}
