//! Sets what a score means: probabilities that are true on texts kept apart, and where a topic is told.

use super::Row;
use super::sources::Sources;
use crate::text::model::{COLUMNS, POLARITY, STRENGTH, TOPICS, classes, probability};
use crate::text::reading::{Language, Sentiment};
use crate::text::topic::Topic;

/// For each language: what polarity and strength are multiplied with, and what is added to each. Found on sources that
/// have all three classes. Good and bad count alike, since what one shop's customers write most says nothing of another's;
/// so does neutral in the languages of `even`.
pub(super) fn calibration(
    judged: &[([f32; COLUMNS], &Row)],
    sources: &Sources,
    even: &[Language],
) -> [[f32; 3]; Language::COUNT] {
    std::array::from_fn(|language| {
        let even = even.contains(&Language::ALL[language]);
        let of_language: Vec<_> = judged
            .iter()
            .filter(|(_, row)| row.language as usize == language && sources.neutral[sources.index(&row.source)])
            .filter_map(|(outputs, row)| Some((outputs[POLARITY], outputs[STRENGTH], row.sentiment? as usize)))
            .collect();
        let mut counts = [0_u32; Sentiment::COUNT];
        for (_, _, class) in &of_language {
            counts[*class] += 1;
        }
        let mut best = [1.0, 0.0, 0.0];
        if counts.contains(&0) {
            return best;
        }
        let strong = (counts[0] * counts[2]) as f32;
        let neutral = if even { 1.0 } else { counts[1] as f32 / strong.sqrt() };
        let weights = [1.0 / counts[0] as f32, neutral / counts[1] as f32, 1.0 / counts[2] as f32];
        let loss = |[share, polarity, strength]: [f32; 3]| -> f32 {
            let each = of_language.iter().map(|(p, s, class)| {
                let likely = classes(p * share + polarity, s * share + strength)[*class];
                -libm::logf(likely.max(1e-6)) * weights[*class]
            });
            each.sum()
        };
        let mut least = loss(best);
        let mut stride = 0.4;
        while stride > 0.01 {
            let mut moved = false;
            for index in 0..3 {
                for direction in [stride, -stride] {
                    let mut next = best;
                    next[index] += direction;
                    let found = loss(next);
                    if next[0] > 0.05 && found < least {
                        (best, least, moved) = (next, found, true);
                    }
                }
            }
            if !moved {
                stride /= 2.0;
            }
        }
        best
    })
}

/// Thresholds lie between these. Our own sentences are easier than what customers write: the best threshold for them is
/// too high for others.
const LOWEST: f32 = 0.1;
const HIGHEST: f32 = 0.35;

/// For each topic the threshold with the best F1 on the texts kept apart; one half where there are too few to tell.
pub(super) fn thresholds(judged: &[([f32; COLUMNS], &Row)]) -> [f32; Topic::COUNT] {
    std::array::from_fn(|index| {
        let topic = Topic::ALL[index];
        let mut likely: Vec<(f32, bool)> = judged
            .iter()
            .filter_map(|(outputs, row)| {
                let topics = row.topics.filter(|topics| topics.known.has(topic))?;
                Some((probability(outputs[TOPICS + index]), topics.present.has(topic)))
            })
            .collect();
        likely.sort_unstable_by(|one, other| other.0.total_cmp(&one.0));
        let all = likely.iter().filter(|(_, present)| *present).count();
        if all == 0 {
            // Nothing was learned of it: it is never told.
            return 2.0;
        }
        if all < 20 {
            return 0.5;
        }
        let (mut found, mut best, mut threshold) = (0, 0.0, 0.5);
        for (told, (probability, present)) in likely.iter().enumerate() {
            found += usize::from(*present);
            let f1 = 2.0 * found as f32 / (told + 1 + all) as f32;
            if f1 > best {
                (best, threshold) = (f1, *probability);
            }
        }
        threshold.clamp(LOWEST, HIGHEST)
    })
}
