//! When a row of scores falls below its own baseline: a one-sided cumulative sum (Page, "Continuous inspection schemes",
//! Biometrika 41, 1954).
//!
//! ```text
//! S = max(0, S + (mean - score) / deviation - slack)      alarm at S >= limit; over after some scores in a row near the mean
//! ```
//!
//! Scores since S left 0 are the *run*: they are no part of the baseline that they are measured by. They become one when S
//! is back at 0 without an alarm. A late score stands where it belongs in time, and the run is summed up anew.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::fact::Fact;
use super::rules::QualityScoreRules;
use super::tight::merge_in_order;

/// Scores of a run that are kept; older ones are summed up.
const RUN_MAX: usize = 8;

/// A score and the event that gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 0 the worst and 1 the best of its scale.
    pub value: f64,
    /// The event.
    pub fact: Fact,
}

/// What a score makes of the alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing new.
    Steady,
    /// The scores have fallen, or fell further.
    Fallen,
    /// They are back at the baseline.
    Back,
    /// They never had fallen, as a late score shows.
    NeverFell,
}

/// Mean and spread of scores (Welford's sums).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Baseline {
    count: u32,
    mean: f64,
    squares: f64,
}

impl Baseline {
    fn add(&mut self, value: f64) {
        self.count = self.count.saturating_add(1);
        let from_mean = value - self.mean;
        self.mean += from_mean / f64::from(self.count);
        self.squares += from_mean * (value - self.mean);
    }

    /// Takes in another row (Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm", 1979).
    fn absorb(&mut self, other: Baseline) {
        let count = self.count.saturating_add(other.count);
        if count == 0 {
            return;
        }
        let (own, theirs, all) = (f64::from(self.count), f64::from(other.count), f64::from(count));
        let apart = other.mean - self.mean;
        self.mean += apart * theirs / all;
        self.squares += other.squares + apart * apart * own * theirs / all;
        self.count = count;
    }

    /// The standard deviation, at least `least`.
    fn deviation(&self, least: f64) -> f64 {
        let freedom = self.count.saturating_sub(1);
        if freedom == 0 { least } else { libm::sqrt((self.squares / f64::from(freedom)).max(0.0)).max(least) }
    }
}

/// The scores of one dimension.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    baseline: Baseline,
    /// Since S left 0, in order of time.
    run: ThinVec<Score>,
    /// S before the first score of the run: what older ones left.
    carried: f64,
    /// Whether one of those older ones gave the alarm.
    carried_alarm: bool,
    /// Whether the alarm was given.
    alarm: bool,
}

/// What summing up a run finds.
struct Sum {
    /// Scores after which S was last 0, without an alarm before.
    zero_after: usize,
    alarm: bool,
    /// Whether the alarm is over.
    over: bool,
}

impl Scores {
    /// Whether the alarm was given and is not over.
    pub fn is_alarm(&self) -> bool {
        self.alarm
    }

    /// The scores behind the alarm, in order of time.
    pub fn run(&self) -> impl Iterator<Item = &Fact> {
        self.run.iter().map(|score| &score.fact)
    }

    /// Nobody speaks of the alarm any more: what the scores fell to is the customer's baseline from now on.
    pub fn accept(&mut self) {
        for score in std::mem::take(&mut self.run) {
            self.baseline.add(score.value);
        }
        (self.carried, self.carried_alarm, self.alarm) = (0.0, false, false);
    }

    /// Takes in the scores of the same customer under another name: both rows are summed up as one.
    pub fn absorb(&mut self, other: Scores, rules: &QualityScoreRules) {
        self.baseline.absorb(other.baseline);
        let mut run = std::mem::take(&mut self.run);
        merge_in_order(&mut run, other.run, usize::MAX, |score| score.fact.time);
        self.carried = self.carried.max(other.carried);
        self.carried_alarm |= other.carried_alarm;
        self.alarm = self.carried_alarm;
        for score in run {
            self.add(score, rules);
        }
    }

    /// Takes in one more score.
    pub fn add(&mut self, score: Score, rules: &QualityScoreRules) -> Verdict {
        let value = score.value;
        if self.baseline.count < rules.baseline {
            self.baseline.add(value);
            return Verdict::Steady;
        }
        if self.run.first().is_some_and(|first| score.fact.time < first.fact.time) {
            self.baseline.add(value);
        } else {
            let at = self.run.partition_point(|known| known.fact.time <= score.fact.time);
            self.run.insert(at, score);
        }
        let sum = self.sum_up(rules);
        if sum.over {
            let calm = self.run.len().saturating_sub(rules.calm_scores as usize);
            for score in self.run.split_off(calm) {
                self.baseline.add(score.value);
            }
            self.run.clear();
            let was = std::mem::take(&mut self.alarm);
            (self.carried, self.carried_alarm) = (0.0, false);
            return if was { Verdict::Back } else { Verdict::Steady };
        }
        let was = std::mem::replace(&mut self.alarm, sum.alarm);
        if sum.alarm {
            let near = self.is_near(value, rules);
            self.shorten(rules);
            return if near && was { Verdict::Steady } else { Verdict::Fallen };
        }
        if sum.zero_after > 0 {
            let rest = self.run.split_off(sum.zero_after);
            for score in std::mem::replace(&mut self.run, rest) {
                self.baseline.add(score.value);
            }
            self.carried = 0.0;
        }
        self.shorten(rules);
        if was { Verdict::NeverFell } else { Verdict::Steady }
    }

    /// What a score adds to S.
    fn step(&self, value: f64, rules: &QualityScoreRules) -> f64 {
        (self.baseline.mean - value) / self.baseline.deviation(rules.least_deviation) - rules.slack
    }

    fn is_near(&self, value: f64, rules: &QualityScoreRules) -> bool {
        // As far as numbers that are not exact can tell.
        const ROUNDING: f64 = 1e-9;
        self.step(value, rules) + rules.slack <= rules.calm_within + ROUNDING
    }

    fn sum_up(&self, rules: &QualityScoreRules) -> Sum {
        let mut s = self.carried;
        let mut sum = Sum { zero_after: 0, alarm: self.carried_alarm, over: false };
        let mut calm = 0;
        for (index, score) in self.run.iter().enumerate() {
            s = (s + self.step(score.value, rules)).max(0.0);
            calm = if sum.alarm && self.is_near(score.value, rules) { calm + 1 } else { 0 };
            sum.alarm |= s >= rules.limit;
            sum.over |= calm >= rules.calm_scores;
            if s == 0.0 && !sum.alarm {
                sum.zero_after = index + 1;
            }
        }
        sum
    }

    /// Drops the oldest scores of a run that is too long; S keeps what they added.
    fn shorten(&mut self, rules: &QualityScoreRules) {
        while self.run.len() > RUN_MAX {
            let oldest = self.run.remove(0);
            self.carried = (self.carried + self.step(oldest.value, rules)).max(0.0);
            self.carried_alarm |= self.carried >= rules.limit;
            if !self.alarm {
                self.baseline.add(oldest.value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fact::tests::fact_at;
    use super::*;
    use crate::model::{Span, Time};

    fn score(value: f64, day: i64) -> Score {
        Score { value, fact: fact_at(Time(0) + Span::days(day)) }
    }

    /// A customer used to the best, and then scores on the days named.
    fn after_eight_of_the_best(scores: &[(f64, i64)]) -> (Scores, Vec<Verdict>) {
        let rules = QualityScoreRules::default();
        let mut all = Scores::default();
        for day in 0..8 {
            assert_eq!(all.add(score(1.0, day), &rules), Verdict::Steady);
        }
        let verdicts = scores.iter().map(|(value, day)| all.add(score(*value, *day), &rules)).collect();
        (all, verdicts)
    }

    #[test]
    fn scores_fall_and_come_back() {
        use Verdict::{Back, Fallen, NeverFell, Steady};
        // 0 adds 6.2, 0.5 adds 2.8, 1 takes 0.5 away.
        for (what, scores, verdicts) in [
            ("seven and a half deviations at once", &[(0.0, 9)][..], &[Fallen][..]),
            ("two of the middle", &[(0.5, 9), (0.5, 10)], &[Steady, Fallen]),
            ("one of the middle, then as ever", &[(0.5, 9), (1.0, 10), (1.0, 11)], &[Steady; 3]),
            ("further down", &[(0.0, 9), (0.0, 10)], &[Fallen, Fallen]),
            ("back after three", &[(0.0, 9), (1.0, 10), (1.0, 11), (1.0, 12)], &[Fallen, Steady, Steady, Back]),
            (
                "not three in a row",
                &[(0.0, 9), (1.0, 10), (1.0, 11), (0.5, 12), (1.0, 13)],
                &[Fallen, Steady, Steady, Fallen, Steady],
            ),
            // 0.6 adds 2.2; the good one between them takes 0.5 away, and 4 is not reached.
            ("a good one known late", &[(0.6, 9), (0.6, 30), (1.0, 15)], &[Steady, Fallen, NeverFell]),
            ("a poor one known late", &[(0.6, 9), (1.0, 20), (0.6, 15)], &[Steady, Steady, Fallen]),
        ] {
            let (_, told) = after_eight_of_the_best(scores);
            assert_eq!(told, verdicts, "{what}");
        }
    }

    #[test]
    fn a_run_is_no_part_of_its_baseline_until_it_is_over() {
        let (mut scores, _) = after_eight_of_the_best(&[(0.0, 9)]);
        assert_eq!((scores.baseline.count, scores.run().count()), (8, 1));
        scores.accept();
        assert_eq!((scores.baseline.count, scores.run().count(), scores.is_alarm()), (9, 0, false));
        let (scores, _) = after_eight_of_the_best(&[(0.9, 9), (1.0, 10)]);
        assert_eq!((scores.baseline.count, scores.run().count()), (10, 0));
    }

    #[test]
    fn a_long_run_keeps_its_sum() {
        let low: Vec<(f64, i64)> = (0..40).map(|n| (0.2, 9 + n)).collect();
        let (scores, told) = after_eight_of_the_best(&low);
        assert!(told.iter().all(|v| *v == Verdict::Fallen));
        assert_eq!((scores.run().count(), scores.baseline.count), (RUN_MAX, 8));
    }

    #[test]
    fn two_rows_of_one_customer_are_summed_up_as_one() {
        let rules = QualityScoreRules::default();
        let row = |scores: &[(f64, i64)]| {
            let mut row = Scores::default();
            for (value, day) in scores {
                row.add(score(*value, *day), &rules);
            }
            row
        };
        let days: Vec<(f64, i64)> = (0..12).map(|day| (if day % 3 == 0 { 0.75 } else { 1.0 }, day)).collect();
        let (one, two): (Vec<_>, Vec<_>) = days.iter().partition(|(_, day)| day % 2 == 0);
        let (mut both, whole) = (row(&one), row(&days));
        both.absorb(row(&two), &rules);
        assert_eq!(both.baseline.count, whole.baseline.count);
        assert!((both.baseline.mean - whole.baseline.mean).abs() < 1e-12);
        assert!((both.baseline.squares - whole.baseline.squares).abs() < 1e-12);
        // One poor score under each name: neither is enough by itself.
        let (mut one, told) = after_eight_of_the_best(&[(0.5, 20)]);
        let (two, _) = after_eight_of_the_best(&[(0.5, 21)]);
        assert_eq!((told, two.is_alarm()), (vec![Verdict::Steady], false));
        one.absorb(two, &rules);
        assert!(one.is_alarm());
        assert_eq!(one.run().count(), 2);
    }
}
