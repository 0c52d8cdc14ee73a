//! Values that fade: what is over counts less each day. Open items never come here.

use serde::{Deserialize, Serialize};

use crate::model::{Span, Time};

/// A value that halves every half-life, read lazily: `value` is as of `at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decayed {
    /// The value at `at`.
    pub value: f64,
    /// When `value` was current.
    pub at: Time,
    /// The first event of the present run.
    pub since: Time,
    /// Id of the last event that added to it.
    pub event_id: Box<str>,
}

/// `value` halved once for each `half_life` in `age`; not grown for a negative age.
pub fn fade(value: f64, age: Span, half_life: Span) -> f64 {
    if age.0 <= 0 { value } else { value * libm::exp2(-(age.0 as f64) / half_life.0 as f64) }
}

impl Decayed {
    /// The value at `time`.
    pub fn value_at(&self, time: Time, half_life: Span) -> f64 {
        fade(self.value, time - self.at, half_life)
    }

    /// Adds `amount` as of `time`, which may lie before `at`: it has then faded by as much.
    pub fn add(&mut self, amount: f64, time: Time, half_life: Span, event_id: &str) {
        if time >= self.at {
            self.value = self.value_at(time, half_life) + amount;
            self.at = time;
            self.event_id = event_id.into();
        } else {
            self.value += fade(amount, self.at - time, half_life);
            self.since = self.since.min(time);
        }
        if libm::fabs(self.value) < 1e-9 {
            self.value = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_halves_with_each_half_life() {
        let h = Span::days(10);
        let mut v = Decayed { value: 1.0, at: Time(0), since: Time(0), event_id: "a".into() };
        assert_eq!(v.value_at(Time(0) + Span::days(20), h), 0.25);
        v.add(1.0, Time(0) + Span::days(10), h, "b");
        assert_eq!(v.value, 1.5);
        assert_eq!(&*v.event_id, "b");
    }

    #[test]
    fn the_order_of_additions_does_not_matter() {
        let h = Span::days(14);
        let (day3, day8) = (Time(0) + Span::days(3), Time(0) + Span::days(8));
        let base = Decayed { value: 1.0, at: Time(0), since: Time(0), event_id: "a".into() };
        let (mut one, mut two) = (base.clone(), base);
        one.add(1.0, day3, h, "b");
        one.add(2.0, day8, h, "c");
        two.add(2.0, day8, h, "c");
        two.add(1.0, day3, h, "b");
        assert!((one.value - two.value).abs() < 1e-12);
        assert_eq!(one.at, two.at);
    }
}
