//! How a customer feels: a fast track, and a slow one that is their own baseline.

use serde::{Deserialize, Serialize};

use super::decay::fade;
use crate::model::{Span, Time};

/// Half-life of the fast track.
const FAST: Span = Span::days(21);
/// Half-life of the slow track, the customer's own baseline.
const SLOW: Span = Span::days(180);
/// Weight of the neutral start: so many neutral readings stand behind a customer nobody has heard from.
const PRIOR: f64 = 1.0;

/// Two means of the sentiment in [-1, 1], each weighted by age.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentiment {
    fast: Track,
    slow: Track,
    /// When both were current.
    at: Time,
    /// Id of the last event that spoke.
    pub event_id: Box<str>,
    /// Time of the first one.
    pub since: Time,
}

/// A mean whose evidence fades: `sum / (weight + PRIOR)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Track {
    sum: f64,
    weight: f64,
}

impl Track {
    fn add(&mut self, value: f64, weight: f64) {
        self.sum += value * weight;
        self.weight += weight;
    }

    fn add_up(&mut self, other: Track) {
        self.sum += other.sum;
        self.weight += other.weight;
    }

    fn faded(self, age: Span, half_life: Span) -> Track {
        let factor = fade(1.0, age, half_life);
        Track { sum: self.sum * factor, weight: self.weight * factor }
    }

    fn mean(self) -> f64 {
        self.sum / (self.weight + PRIOR)
    }
}

impl Sentiment {
    /// Nobody has spoken before `time`.
    pub fn new(time: Time) -> Sentiment {
        Sentiment { fast: Track::default(), slow: Track::default(), at: time, event_id: "".into(), since: time }
    }

    /// Takes in a reading in [-1, 1]; an older one than the last weighs as much less as it has faded.
    pub fn add(&mut self, value: f64, time: Time, event_id: &str) {
        let age = time - self.at;
        if age.0 >= 0 {
            self.fast = self.fast.faded(age, FAST);
            self.slow = self.slow.faded(age, SLOW);
            self.at = time;
            self.event_id = event_id.into();
        }
        let late = Span((-age.0).max(0));
        self.fast.add(value, fade(1.0, late, FAST));
        self.slow.add(value, fade(1.0, late, SLOW));
        self.since = self.since.min(time);
    }

    /// Takes in what the same customer said under another name.
    pub fn absorb(&mut self, other: Sentiment) {
        let mut late = other;
        if late.at > self.at {
            std::mem::swap(self, &mut late);
        }
        let age = self.at - late.at;
        let (fast, slow) = (late.fast.faded(age, FAST), late.slow.faded(age, SLOW));
        self.fast.add_up(fast);
        self.slow.add_up(slow);
        self.since = self.since.min(late.since);
    }

    /// The fast mean at `time`: what they feel now.
    pub fn now(&self, time: Time) -> f64 {
        self.fast.faded(time - self.at, FAST).mean()
    }

    /// Whether what they feel is below neutral.
    pub fn is_low(&self) -> bool {
        self.fast.sum < 0.0
    }

    /// How far the fast mean lies below the customer's own baseline at `time`; never negative.
    pub fn fall(&self, time: Time) -> f64 {
        let slow = self.slow.faded(time - self.at, SLOW).mean();
        (slow - self.now(time)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_below_the_own_baseline_shows_and_heals() {
        let day = |n| Time(0) + Span::days(n);
        let mut s = Sentiment::new(day(0));
        for n in 0..20 {
            s.add(0.6, day(n * 7), "e");
        }
        let before = s.fall(day(140));
        for n in 141..145 {
            s.add(-0.9, day(n), "e");
        }
        assert!(s.fall(day(145)) > before + 0.3, "{} {}", before, s.fall(day(145)));
        for n in 146..200 {
            s.add(0.6, day(n), "e");
        }
        assert!(s.fall(day(200)) < 0.1);
    }

    #[test]
    fn a_late_reading_counts_as_if_it_had_come_in_time() {
        let day = |n| Time(0) + Span::days(n);
        let (mut one, mut two) = (Sentiment::new(day(0)), Sentiment::new(day(0)));
        one.add(0.5, day(1), "a");
        one.add(-0.5, day(9), "b");
        two.add(-0.5, day(9), "b");
        two.add(0.5, day(1), "a");
        assert!((one.fall(day(12)) - two.fall(day(12))).abs() < 1e-12);
    }
}
