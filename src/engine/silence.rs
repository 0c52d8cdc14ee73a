//! Signs of life, and when their absence means that the customer has left.
//!
//! MBG/NBD: Batislam, Denizel, Filiztekin, "Empirical validation and comparison of models for customer base analysis",
//! International Journal of Research in Marketing 24 (2007). With `x` repeat signs, the last at `t_x`, and `T` weeks
//! since the first, the odds of having left are `a / (b + x) * ((alpha + T) / (alpha + t_x))^(r + x)`; they reach
//! `1/q - 1` at the closed form in `Life::silent_at`.

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::rules::SilenceRules;
use crate::model::{Span, Time};

const WEEK_MS: f64 = 7.0 * 86_400_000.0;

/// What is known of a customer's own rhythm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Life {
    /// First sign of life.
    pub first: Time,
    /// Latest sign of life; `None` before the first.
    pub last: Option<Fact>,
    /// Signs after the first, at most one a UTC day: `x`.
    pub repeats: u32,
    /// The 64 UTC days up to that of the latest sign: bit `n` is set if there was a sign `n` days before it.
    pub days: u64,
    /// When silence will have lasted too long; `Time::MAX` if it cannot be told, was told, or does not matter.
    pub silent_at: Time,
}

impl Life {
    /// Takes in a sign of life at `fact`. A late one more than 64 days before the latest counts as one on a new day.
    pub fn sign(&mut self, fact: Fact, rules: &SilenceRules) {
        match &self.last {
            None => {
                self.first = fact.time;
                self.days = 1;
                self.last = Some(fact);
            }
            Some(last) => {
                let ahead = fact.time.day() - last.time.day();
                let shift = ahead.unsigned_abs();
                if ahead > 0 {
                    self.days = self.days.checked_shl(shift).unwrap_or(0) | 1;
                    self.repeats += 1;
                } else {
                    let bit = 1_u64.checked_shl(shift).unwrap_or(0);
                    if self.days & bit == 0 && fact.time.day() != self.first.day() {
                        self.days |= bit;
                        self.repeats += 1;
                    }
                }
                self.first = self.first.min(fact.time);
                if fact.time >= last.time {
                    self.last = Some(fact);
                }
            }
        }
        self.arm(rules);
    }

    /// Sets `silent_at` from what is known.
    pub fn arm(&mut self, rules: &SilenceRules) {
        self.silent_at = self.due(rules).unwrap_or(Time::MAX);
    }

    /// No silence will be told of until the next sign of life.
    pub fn disarm(&mut self) {
        self.silent_at = Time::MAX;
    }

    /// When the probability to be alive falls to `q`; `None` with too few signs, or if it stands below `q` already.
    pub fn due(&self, rules: &SilenceRules) -> Option<Time> {
        let last = self.last.as_ref()?;
        if self.repeats < rules.min_signs {
            return None;
        }
        let x = f64::from(self.repeats);
        let t_x = weeks(last.time - self.first);
        let ratio = (1.0 / rules.q - 1.0) * (rules.b + x) / rules.a;
        if ratio < 1.0 {
            return None;
        }
        let total = (rules.alpha + t_x) * libm::pow(ratio, 1.0 / (rules.r + x)) - rules.alpha;
        Some(self.first + Span(libm::ceil(total * WEEK_MS) as i64))
    }

    /// log of the odds of having left at `time`; `None` with too few signs of life.
    pub fn gone_log_odds(&self, time: Time, rules: &SilenceRules) -> Option<f64> {
        let last = self.last.as_ref()?;
        if self.repeats < rules.min_signs {
            return None;
        }
        let x = f64::from(self.repeats);
        let t_x = weeks(last.time - self.first);
        let total = weeks(time - self.first).max(t_x);
        let base = libm::log(rules.a / (rules.b + x));
        let stretch = (rules.alpha + total) / (rules.alpha + t_x);
        Some(if stretch > 1.0 { base + (rules.r + x) * libm::log(stretch) } else { base })
    }
}

fn weeks(span: Span) -> f64 {
    span.0 as f64 / WEEK_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;
    use crate::engine::fact::tests::fact_at;

    fn life(repeats: u32, last_week: f64) -> Life {
        let last = fact_at(Time(0) + Span((last_week * WEEK_MS) as i64));
        Life { first: Time(0), last: Some(last), repeats, days: 1, silent_at: Time::MAX }
    }

    #[test]
    fn the_published_examples_hold() {
        let rules = Rules { silence: SilenceRules { min_signs: 1, ..Rules::default().silence }, ..Rules::default() };
        for (repeats, last, silent_weeks) in [(20, 40.0, 7.9), (5, 40.0, 23.4), (1, 10.0, 31.4)] {
            let due = life(repeats, last).due(&rules.silence).unwrap();
            let silent = weeks(due - Time(0)) - last;
            assert!((silent - silent_weeks).abs() < 0.05, "{repeats}: {silent}");
        }
    }

    #[test]
    fn the_odds_are_even_when_the_timer_is_due() {
        let rules = Rules::default().silence;
        let life = life(7, 12.0);
        let due = life.due(&rules).unwrap();
        assert!(life.gone_log_odds(due, &rules).unwrap().abs() < 1e-6);
        assert!(life.gone_log_odds(due - Span::hours(1), &rules).unwrap() < 0.0);
    }

    #[test]
    fn two_repeats_are_too_few() {
        assert_eq!(life(2, 3.0).due(&Rules::default().silence), None);
        assert!(life(3, 3.0).due(&Rules::default().silence).is_some());
    }
}
