//! How well a model reads texts whose labels are known.

use super::reading::Sentiment;
use super::topic::{Topic, Topics};
use super::train::Labelled;

/// Counts and probabilities of the texts of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// `[labelled][read]`, in the order of [`Sentiment::ALL`].
    pub confusion: [[u32; Sentiment::COUNT]; Sentiment::COUNT],
    /// By tenths of confidence: how many, how many of them right, their confidence in all.
    bins: [(u32, u32, f64); 10],
}

impl Tally {
    /// Takes in a text labelled `meant`, read with these probabilities. Where the source has no neutral texts, neutral is
    /// no answer: `neutral` is false.
    pub fn add(&mut self, meant: Sentiment, classes: [f32; Sentiment::COUNT], neutral: bool) {
        let [negative, middle, positive] = classes;
        let (read, confidence) = if neutral && middle >= negative && middle >= positive {
            (Sentiment::Neutral, middle)
        } else if negative > positive {
            (Sentiment::Negative, negative)
        } else {
            (Sentiment::Positive, positive)
        };
        let confidence = if neutral { confidence } else { confidence / (negative + positive) };
        self.confusion[meant as usize][read as usize] += 1;
        let bin = &mut self.bins[((confidence * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += u32::from(read == meant);
        bin.2 += f64::from(confidence);
    }

    /// How many texts.
    pub fn count(&self) -> u32 {
        self.confusion.iter().flatten().sum()
    }

    /// The share that is read as it is labelled.
    pub fn accuracy(&self) -> f64 {
        let right: u32 = (0..Sentiment::COUNT).map(|class| self.confusion[class][class]).sum();
        f64::from(right) / f64::from(self.count().max(1))
    }

    /// The mean of F1 over the classes that are labelled at all.
    pub fn macro_f1(&self) -> f64 {
        let labelled = (0..Sentiment::COUNT).filter(|class| self.confusion[*class].iter().sum::<u32>() > 0);
        let each: Vec<f64> = labelled
            .map(|class| {
                let told: u32 = self.confusion.iter().map(|row| row[class]).sum();
                f1(self.confusion[class][class], told, self.confusion[class].iter().sum())
            })
            .collect();
        each.iter().sum::<f64>() / each.len().max(1) as f64
    }

    /// Expected calibration error: how far confidence is from the share that is right, over ten bins.
    pub fn calibration_error(&self) -> f64 {
        let each = self.bins.iter().map(|(_, right, confidence)| (f64::from(*right) - confidence).abs());
        each.sum::<f64>() / f64::from(self.count().max(1))
    }
}

/// Counts of topics over texts: found, told, there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Told, and there.
    pub found: u32,
    /// Told by the model.
    pub told: u32,
    /// Labelled.
    pub there: u32,
}

impl Count {
    fn add(&mut self, told: bool, there: bool) {
        self.found += u32::from(told && there);
        self.told += u32::from(told);
        self.there += u32::from(there);
    }

    /// The harmonic mean of precision and recall.
    pub fn f1(self) -> f64 {
        f1(self.found, self.told, self.there)
    }
}

/// How topics are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicTally {
    topics: [Count; Topic::COUNT],
    /// Texts without any cause of complaint.
    none: Count,
}

impl TopicTally {
    /// Takes in a text with these labels, read so. Where only the broader of two topics was looked for, the finer one
    /// counts for it.
    pub fn add(&mut self, labelled: Labelled, read: Topics) {
        let told: Topics = read
            .iter()
            .filter_map(|topic| {
                let is_known = |topic: &Topic| labelled.known.has(*topic);
                Some(topic).filter(is_known).or_else(|| topic.broader().filter(is_known))
            })
            .collect();
        for topic in labelled.known.iter() {
            self.topics[topic as usize].add(told.has(topic), labelled.present.has(topic));
        }
        let complains = |topics: Topics| topics.iter().any(|topic| topic.category().is_some());
        self.none.add(!complains(read), !complains(labelled.present));
    }

    /// The topics that some text has, by name; "none" for texts without a cause of complaint, if there are any.
    pub fn counts(&self) -> Vec<(&'static str, Count)> {
        let topics = Topic::ALL.iter().map(|topic| (topic.name(), self.topics[*topic as usize]));
        topics.chain([("none", self.none)]).filter(|(_, count)| count.there > 0).collect()
    }

    /// The mean of F1 over [`counts`](TopicTally::counts).
    pub fn macro_f1(&self) -> f64 {
        let counts = self.counts();
        counts.iter().map(|(_, count)| count.f1()).sum::<f64>() / counts.len().max(1) as f64
    }
}

/// The harmonic mean of precision and recall, from how many were found, told and there.
pub fn f1(found: u32, told: u32, there: u32) -> f64 {
    2.0 * f64::from(found) / f64::from((told + there).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_follow_from_the_counts() {
        let mut tally = Tally::default();
        tally.add(Sentiment::Negative, [0.8, 0.1, 0.1], true);
        tally.add(Sentiment::Negative, [0.2, 0.6, 0.2], true);
        tally.add(Sentiment::Positive, [0.1, 0.1, 0.8], true);
        assert_eq!((tally.count(), tally.confusion[0]), (3, [1, 1, 0]));
        assert!((tally.accuracy() - 2.0 / 3.0).abs() < 1e-9);
        // Negative: precision 1, recall one half; positive: 1.
        assert!((tally.macro_f1() - (2.0 / 3.0 + 1.0) / 2.0).abs() < 1e-9);
        // Both of .8 are right, the one of .6 is wrong.
        assert!((tally.calibration_error() - (0.4 + 0.6) / 3.0).abs() < 1e-6);
    }

    #[test]
    fn where_there_is_no_neutral_it_is_no_answer() {
        let mut tally = Tally::default();
        tally.add(Sentiment::Positive, [0.1, 0.7, 0.2], false);
        assert_eq!((tally.accuracy(), tally.macro_f1()), (1.0, 1.0));
    }

    #[test]
    fn a_finer_topic_counts_for_the_broader_one_that_was_looked_for() {
        let set = |topics: &[Topic]| topics.iter().copied().collect::<Topics>();
        let mut tally = TopicTally::default();
        let known = set(&[Topic::Unresponsive, Topic::Rude]);
        tally.add(Labelled { present: set(&[Topic::Unresponsive]), known }, set(&[Topic::Wait, Topic::Price]));
        tally.add(Labelled { present: set(&[]), known }, set(&[]));
        assert_eq!(
            tally.counts(),
            [("unresponsive", Count { found: 1, told: 1, there: 1 }), ("none", Count { found: 1, told: 1, there: 1 }),]
        );
        assert_eq!(tally.macro_f1(), 1.0);
    }
}
