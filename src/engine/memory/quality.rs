//! What is remembered of how the customer was served: scores of contacts, waits, amends, and when things failed.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::amends::{AMENDS_FOR, AMENDS_MAX, Amends, apology_since, make_amends, push_in_order};
use super::failures::{failure, open_failure};
use super::{Changes, Moved, standing};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::cusum::{Score, Scores};
use crate::engine::fact::Fact;
use crate::engine::grievance::{Complaint, Failure, FailureKind};
use crate::engine::hash::hash64;
use crate::engine::rules::QualityRules;
use crate::engine::tight::{merge_in_order, push_tight};
use crate::model::event::{ContactData, Data, Dimension, FeedbackData, Metric};
use crate::model::{Event, EventType, Kind, Time};

/// Waits remembered: the second counts, so few are enough.
const WAITS_MAX: usize = 8;
/// Poor scores for courtesy remembered.
const POOR_MAX: usize = 8;
/// Failures whose time is remembered.
const FAILED_MAX: usize = 4;
/// As far as numbers that are not exact can tell.
pub const ROUNDING: f64 = 1e-9;

/// How the customer was served. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Apologies and gestures, in order of time.
    pub amends: ThinVec<Amends>,
    /// When something failed, in order of time: the last few.
    failed: ThinVec<Failed>,
    /// Waits within the window, in order of time, whether they count or not.
    waits: ThinVec<Failure>,
    /// Poor scores for courtesy within the window for which nobody has said sorry, in order of time.
    pub poor: ThinVec<Poor>,
    /// Scores by dimension.
    pub scores: ThinVec<(Dimension, Scores)>,
    /// When the customer was last to be thanked for staying.
    pub thanked: Option<Time>,
}

/// Something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failed {
    /// Hash of the object.
    about: u64,
    at: Time,
}

/// A poor score for courtesy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poor {
    /// The contact.
    pub object: Box<str>,
    /// The lowest score it was given, 0 the worst and 1 the best of its scale.
    pub value: f64,
    /// The event that gave the first.
    pub fact: Fact,
}

impl Quality {
    /// Forgets what is old. False if nothing is left.
    pub(super) fn prune(&mut self, rules: &QualityRules, now: Time) -> bool {
        self.amends.retain(|amends| now - amends.fact.time <= AMENDS_FOR);
        // A complaint may be open for long, and what failed before it counts.
        self.failed
            .retain(|failed| now - rules.recovery.first_failure_in <= failed.at + rules.recovery.first_failure_in);
        self.waits.retain(|wait| now - wait.fact.time <= rules.scores.waits_within);
        self.poor.retain(|poor| now - poor.fact.time <= rules.conduct.window);
        self.thanked = self.thanked.filter(|at| now - *at <= rules.recovery.at_most_every);
        *self != Quality::default()
    }

    /// Takes in how the same customer was served under another name.
    pub(in crate::engine) fn absorb(&mut self, other: Quality, rules: &QualityRules) {
        merge_in_order(&mut self.amends, other.amends, AMENDS_MAX, |amends| amends.fact.time);
        let failed = other.failed.into_iter().filter(|failed| !self.failed.contains(failed)).collect();
        merge_in_order(&mut self.failed, failed, FAILED_MAX, |failed| failed.at);
        let same = |wait: &Failure| self.waits.iter().any(|known| known.object == wait.object);
        let waits = other.waits.into_iter().filter(|wait| !same(wait)).collect();
        merge_in_order(&mut self.waits, waits, WAITS_MAX, |wait| wait.fact.time);
        let mut poor = other.poor;
        for known in &mut self.poor {
            if let Some(index) = poor.iter().position(|poor| poor.object == known.object) {
                known.value = known.value.min(poor.remove(index).value);
            }
        }
        merge_in_order(&mut self.poor, poor, POOR_MAX, |poor| poor.fact.time);
        for (dimension, scores) in other.scores {
            match self.scores.iter_mut().find(|(known, _)| *known == dimension) {
                Some((_, known)) => known.absorb(scores, &rules.scores),
                None => push_tight(&mut self.scores, (dimension, scores)),
            }
        }
        self.thanked = self.thanked.max(other.thanked);
    }

    /// Objects of waits and of poor scores.
    pub(in crate::engine) fn objects(&self) -> impl Iterator<Item = &Box<str>> {
        self.waits.iter().map(|wait| &wait.object).chain(self.poor.iter().map(|poor| &poor.object))
    }

    /// The scores of `dimension`.
    pub fn scores_of(&self, dimension: Dimension) -> Option<&Scores> {
        self.scores.iter().find(|(known, _)| *known == dimension).map(|(_, scores)| scores)
    }
}

/// The customer's, made if there is none.
pub(super) fn of(c: &mut Customer) -> &mut Quality {
    c.rare.quality.get_or_insert_default()
}

/// Takes the event in.
pub(super) fn take(cx: &mut Context<'_>, event: &Event<'_>, changes: &mut Changes) {
    match (&event.data, event.event_type) {
        (Data::Care(_), _) => {
            if let Some(amends) = Amends::of(event) {
                make_amends(cx, amends, changes);
            }
        }
        (Data::Contact(data), EventType::ContactQualityScored) => scored(cx, event, data, changes),
        (Data::Feedback(data), EventType::SurveyAnswered) if is_content(data) => {
            for case in cx.c.rare.present().into_iter().flat_map(|rare| &mut rare.complaints) {
                if case.is_about(event.correlation_id.as_deref(), None) {
                    confirm(case, Fact::new(event, None));
                }
            }
        }
        (_, EventType::WaitExceeded) => waited(cx, event, changes),
        _ => {}
    }
}

/// Whether the customer was content with what was done: CSAT in the highest fifth of its scale.
pub fn is_content(data: &FeedbackData<'_>) -> bool {
    let good = || standing(data, data.value?).filter(|standing| *standing >= 0.8 - ROUNDING);
    data.metric == Some(Metric::Csat) && good().is_some()
}

/// The customer agrees that `case` is solved. The first time since the solution counts.
pub(super) fn confirm(case: &mut Complaint, fact: Fact) {
    let better = |known: &Fact| known.time < case.state_at || (case.state_at..known.time).contains(&fact.time);
    if case.confirmed.as_ref().is_none_or(better) {
        case.confirmed = Some(fact);
    }
}

/// Something has failed that is called `object`.
pub(super) fn note_failure(c: &mut Customer, object: &str, at: Time) {
    let failed = &mut of(c).failed;
    let about = about(object);
    if !failed.contains(&Failed { about, at }) {
        push_in_order(failed, Failed { about, at }, FAILED_MAX, |failed| failed.at);
    }
}

/// Whether something other than `object` has failed after `from` and until `until`.
pub fn other_failed(c: &Customer, object: &str, from: Time, until: Time) -> bool {
    let about = about(object);
    let other = |failed: &Failed| failed.about != about && failed.at > from && failed.at <= until;
    c.rare.quality.as_ref().is_some_and(|quality| quality.failed.iter().any(other))
}

fn about(object: &str) -> u64 {
    hash64(object.as_bytes(), 0x6661_696c)
}

/// Where a score lies on its scale, 0 the worst and 1 the best. A scale that is not given is 1 to 5; a score below 1 is
/// taken to be on 0 to 1, one above 5 on 0 to 10, one above 10 on 0 to 100.
pub fn scaled(data: &ContactData<'_>) -> Option<f64> {
    let score = data.score?;
    let (min, max) = match (data.scale_min, data.scale_max) {
        (Some(min), Some(max)) => (min, max),
        (Some(min), None) => (min, 5.0),
        (None, Some(max)) => (if max > 1.0 && max < 10.0 { 1.0 } else { 0.0 }, max),
        (None, None) => match score {
            score if score < 1.0 => (0.0, 1.0),
            score if score <= 5.0 => (1.0, 5.0),
            score if score <= 10.0 => (0.0, 10.0),
            _ => (0.0, 100.0),
        },
    };
    (max > min).then(|| ((score - min) / (max - min)).clamp(0.0, 1.0))
}

/// The dimension that a score is about: the whole impression, if none is named, is whether we do what we are known for.
fn dimension(data: &ContactData<'_>) -> Dimension {
    data.dimension.unwrap_or(Dimension::Reliability)
}

fn scored(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>, changes: &mut Changes) {
    let Some(value) = scaled(data) else { return };
    let object = event.object_id(&data.contact_id);
    let rules = &cx.rules.quality;
    if data.dimension == Some(Dimension::Courtesy)
        && value <= rules.conduct.poor_score.max(rules.conduct.low_score) + ROUNDING
    {
        poor(cx, event, object, value);
    }
    if value <= rules.scores.low_score + ROUNDING {
        failure(cx, event, FailureKind::LowScore, object, changes);
    }
    let dimension = dimension(data);
    let told = cx.c.live(Kind::ServiceQualityDrop, Some(dimension.name())).is_some();
    let all = &mut of(cx.c).scores;
    let index = all.iter().position(|(known, _)| *known == dimension).unwrap_or_else(|| {
        push_tight(all, (dimension, Scores::default()));
        all.len() - 1
    });
    let scores = &mut all[index].1;
    if scores.is_alarm() && !told {
        scores.accept();
    }
    let verdict = scores.add(Score { value, fact: Fact::new(event, None) }, &rules.scores);
    changes.scored = Some((dimension, verdict));
}

/// A poor score for courtesy; nothing if sorry was said after it.
fn poor(cx: &mut Context<'_>, event: &Event<'_>, object: &str, value: f64) {
    if apology_since(cx.c, event.time, true, object, event.correlation_id.as_deref()) {
        return;
    }
    let poor = &mut of(cx.c).poor;
    match poor.iter_mut().find(|known| &*known.object == object) {
        Some(known) => known.value = known.value.min(value),
        None => {
            let fact = Fact::new(event, None);
            push_in_order(poor, Poor { object: object.into(), value, fact }, POOR_MAX, |poor| poor.fact.time);
        }
    }
}

/// A wait: a failure if it is not the first within the window. A late one may make the one after it the second.
fn waited(cx: &mut Context<'_>, event: &Event<'_>, changes: &mut Changes) {
    let object = event.correlation_id.as_deref().unwrap_or(&event.id);
    let wait = Failure {
        object: object.into(),
        correlation: event.correlation_id.as_deref().map(Into::into),
        kind: FailureKind::Wait,
        fact: Fact::new(event, None),
        closed: None,
    };
    let waits = &mut of(cx.c).waits;
    if waits.iter().any(|known| known.object == wait.object) {
        return; // The same visit waits once.
    }
    push_in_order(waits, wait, WAITS_MAX, |wait| wait.fact.time);
    second_waits(cx, changes, |_, _| true);
}

/// Counts each wait as a failure that is not the first within the window, of those pairs for which `is_meant` holds.
fn second_waits(cx: &mut Context<'_>, changes: &mut Changes, is_meant: impl Fn(&Failure, &Failure) -> bool) {
    let within = cx.rules.quality.scores.waits_within;
    let Some(quality) = &cx.c.rare.quality else { return };
    let counts = |pair: &[Failure]| {
        let near = pair[1].fact.time - pair[0].fact.time <= within;
        (near && is_meant(&pair[0], &pair[1])).then(|| pair[1].clone())
    };
    let seconds: Vec<Failure> = quality.waits.windows(2).filter_map(counts).collect();
    for wait in seconds {
        let known = |f: &Failure| f.kind == FailureKind::Wait && f.object == wait.object;
        if !cx.c.rare.failures.iter().any(known) {
            open_failure(cx, wait, changes);
        }
    }
}

/// What two records of one customer make of each other: a wait under each name is a second one, and an apology under one
/// is for what went wrong under the other.
pub(super) fn merged(cx: &mut Context<'_>, moved: &Moved, changes: &mut Changes) {
    second_waits(cx, changes, |one, two| moved.has(&one.object) != moved.has(&two.object));
    let Some(quality) = &cx.c.rare.quality else { return };
    let sorry = |poor: &&Poor| apology_since(cx.c, poor.fact.time, true, &poor.object, None);
    let settled: Vec<Box<str>> = quality.poor.iter().filter(sorry).map(|poor| poor.object.clone()).collect();
    if let Some(quality) = &mut cx.c.rare.quality {
        quality.poor.retain(|poor| !settled.contains(&poor.object));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_read_on_its_scale() {
        for (score, scale_min, scale_max, read) in [
            (1.0, None, None, Some(0.0)),
            (2.0, None, None, Some(0.25)),
            (5.0, None, None, Some(1.0)),
            (0.2, None, None, Some(0.2)),
            (8.0, None, None, Some(0.8)),
            (40.0, None, None, Some(0.4)),
            (2.0, Some(0.0), Some(10.0), Some(0.2)),
            (3.0, None, Some(10.0), Some(0.3)),
            (3.0, None, Some(5.0), Some(0.5)),
            (0.5, None, Some(1.0), Some(0.5)),
            (9.0, Some(1.0), Some(5.0), Some(1.0)),
            (3.0, Some(5.0), Some(1.0), None),
        ] {
            let data = ContactData { score: Some(score), scale_min, scale_max, ..ContactData::default() };
            assert_eq!(scaled(&data), read, "{score} of {scale_min:?} to {scale_max:?}");
        }
        assert_eq!(scaled(&ContactData::default()), None);
    }
}
