//! What is officially thought of the customer, what they do for the company, and what they were asked for.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::{Changes, Mark, survey_mark};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::grievance::ITEMS_MAX;
use crate::engine::hash::hash64;
use crate::engine::tight::push_tight;
use crate::model::alert::FactWord;
use crate::model::event::{CareData, Data};
use crate::model::{Event, EventType, Span, Time};

/// What is officially thought of the customer, and what they do for the company. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The last good word: a promoter's survey, or good health in the books.
    pub good: Option<GoodWord>,
    /// Their last referral or reference.
    pub advocated: Option<Fact>,
    /// Referrals that became customers: hash of the referral, and what it is worth if known.
    pub converted: ThinVec<(u32, Option<f64>)>,
    /// The present good word was told to be wrong.
    pub blind_spot_told: bool,
    /// The present danger for an advocate was told.
    pub advocate_told: bool,
}

/// Somebody said that all is well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoodWord {
    /// The event.
    pub fact: Fact,
    /// Whether it was the customer in a survey; else the company's own books.
    pub by_survey: bool,
}

impl GoodWord {
    /// What the text calls it.
    pub fn word(&self) -> FactWord {
        if self.by_survey { FactWord::GoodSurvey } else { FactWord::GoodHealth }
    }
}

impl Standing {
    /// The good word, if it is not older than `lasts` at `time`.
    pub fn good_at(&self, time: Time, lasts: Span) -> Option<&GoodWord> {
        self.good.as_ref().filter(|good| time - good.fact.time <= lasts)
    }

    /// The referral that makes them an advocate at `time`.
    pub fn advocated_at(&self, time: Time, lasts: Span) -> Option<&Fact> {
        self.advocated.as_ref().filter(|fact| time - fact.time <= lasts)
    }

    /// Takes in what is thought of the same customer under another name, and what they did. What was told of there was told
    /// to nobody here.
    pub(in crate::engine) fn absorb(&mut self, other: Standing) {
        let said = |good: &Option<GoodWord>| good.as_ref().map(|good| good.fact.time);
        if said(&other.good) > said(&self.good) {
            self.good = other.good;
        }
        let did = |fact: &Option<Fact>| fact.as_ref().map(|fact| fact.time);
        if did(&other.advocated) > did(&self.advocated) {
            self.advocated = other.advocated;
        }
        for (id, worth) in other.converted {
            convert(&mut self.converted, id, worth);
        }
    }

    /// What the referrals that became customers are worth to one who is worth `value` themselves: half of each, and all
    /// together at most as much as they are worth. One of unknown worth counts as the customer's own.
    pub fn lost_referrals(&self, value: f64) -> f64 {
        let value = value.max(0.0);
        self.converted.iter().map(|(_, worth)| 0.5 * worth.unwrap_or(value).max(0.0)).sum::<f64>().min(value)
    }
}

/// When the customer was last asked for something: a reference, or an opinion. Small, for most were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Seconds since 1970 of the last time; 0 if never.
    last: u32,
    /// Hash of the survey that it was; `REFERENCE` or `UNNAMED`.
    about: u32,
    /// Seconds since 1970 of the last time before that, and about something else; 0 if never.
    before: u32,
}

/// They were asked for a reference, not for an opinion.
const REFERENCE: u32 = 0;
/// They were asked in a survey that nothing names.
const UNNAMED: u32 = 1;

impl Asked {
    fn ask(&mut self, time: Time, about: u32) {
        let seconds = (time.0.div_euclid(1_000)).clamp(0, i64::from(u32::MAX)) as u32;
        if self.last == 0 || about == self.about {
            (self.last, self.about) = (self.last.max(seconds), about);
        } else if seconds >= self.last {
            *self = Asked { last: seconds, about, before: self.last };
        } else {
            self.before = self.before.max(seconds);
        }
    }

    /// Takes in what the same customer was asked under another name.
    pub(in crate::engine) fn absorb(&mut self, other: Asked) {
        if other.before > 0 {
            // What it was about is forgotten; it only counts as another question.
            self.before = self.before.max(other.before);
        }
        if other.last > 0 {
            self.ask(other.last(), other.about);
        }
    }

    /// The last time, to the second; `Time::MIN` if never.
    pub fn last(self) -> Time {
        Asked::time(self.last)
    }

    /// The last time, if it was for a reference; else `Time::MIN`.
    pub fn for_reference(self) -> Time {
        if self.about == REFERENCE { self.last() } else { Time::MIN }
    }

    /// The last time but for the survey that `answer` answers: answering is no reason not to be asked.
    pub fn last_but(self, answer: &Event<'_>) -> Time {
        let own = survey(answer);
        let is_own = self.about != REFERENCE && (self.about == own || self.about == UNNAMED || own == UNNAMED);
        Asked::time(if is_own { self.before } else { self.last })
    }

    fn time(seconds: u32) -> Time {
        if seconds == 0 { Time::MIN } else { Time(i64::from(seconds) * 1_000) }
    }
}

/// Hash of the survey an event is about.
fn survey(event: &Event<'_>) -> u32 {
    let Data::Feedback(data) = &event.data else { return UNNAMED };
    let id = data.survey_id.as_deref().or(event.correlation_id.as_deref());
    id.map_or(UNNAMED, |id| hash(id).max(UNNAMED + 1))
}

fn hash(id: &str) -> u32 {
    hash64(id.as_bytes(), 0x7374_616e) as u32
}

/// Takes the event in.
pub(super) fn take(cx: &mut Context<'_>, event: &Event<'_>, changes: &mut Changes) {
    match (event.event_type, &event.data) {
        (EventType::SurveySent, _) => cx.c.asked.ask(event.time, survey(event)),
        (EventType::SurveyAnswered, Data::Feedback(data)) => match survey_mark(data) {
            Some(Mark::Promoter) => says_good(cx, event, true),
            Some(mark) => says_no_good(cx, event, mark == Mark::Detractor, changes),
            None => {}
        },
        (EventType::ProfileUpserted, Data::Profile(data)) => match data.health.as_deref() {
            Some("good") => says_good(cx, event, false),
            Some(health) => says_no_good(cx, event, health == "poor", changes),
            None => {}
        },
        (EventType::ReferralAsked, _) => cx.c.asked.ask(event.time, REFERENCE),
        (EventType::CareOutreach, Data::Care(data)) if data.purpose.as_deref() == Some("survey") => {
            cx.c.asked.ask(event.time, UNNAMED);
        }
        (EventType::ReferralMade | EventType::ReferenceGiven, _) => {
            let standing = cx.c.rare.standing.get_or_insert_default();
            if standing.advocated.as_ref().is_none_or(|fact| fact.time <= event.time) {
                standing.advocated = Some(Fact::new(event, None));
            }
        }
        (EventType::ReferralConverted, Data::Care(data)) => converted(cx, event, data),
        _ => {}
    }
}

/// All is well, says the event; an older one than the last word on it is history.
fn says_good(cx: &mut Context<'_>, event: &Event<'_>, by_survey: bool) {
    if event.time < cx.c.last_word() {
        return;
    }
    let quote = match &event.data {
        Data::Feedback(data) if cx.rules.alerts.quotes => data.comment.as_deref().or(data.text.as_deref()),
        _ => None,
    };
    let standing = cx.c.rare.standing.get_or_insert_default();
    standing.good = Some(GoodWord { fact: Fact::new(event, quote), by_survey });
}

/// Not all is well, or nobody would say so: the good word before it no longer stands. A bad one also closes the gap.
fn says_no_good(cx: &mut Context<'_>, event: &Event<'_>, bad: bool, changes: &mut Changes) {
    if event.time < cx.c.last_word() {
        return;
    }
    cx.c.not_good = event.time;
    changes.bad_word = bad;
    if let Some(standing) = cx.c.rare.present().and_then(|rare| rare.standing.as_mut()) {
        standing.good = None;
    }
}

fn converted(cx: &mut Context<'_>, event: &Event<'_>, data: &CareData<'_>) {
    let id = hash(event.object_id(&data.referral_id));
    convert(&mut cx.c.rare.standing.get_or_insert_default().converted, id, data.amount);
}

fn convert(converted: &mut ThinVec<(u32, Option<f64>)>, id: u32, worth: Option<f64>) {
    match converted.iter().position(|(known, _)| *known == id) {
        Some(index) => converted[index].1 = converted[index].1.or(worth),
        None if converted.len() < ITEMS_MAX => push_tight(converted, (id, worth)),
        // Half of so many is more than the limit of the sum.
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_referrals_count_half_and_never_more_than_the_customer() {
        let mut standing = Standing::default();
        for (worth, lost) in [(Some(300.0), 150.0), (None, 650.0), (Some(-50.0), 650.0), (Some(9_000.0), 1_000.0)] {
            let id = standing.converted.len() as u32;
            standing.converted.push((id, worth));
            assert_eq!(standing.lost_referrals(1_000.0), lost, "{worth:?}");
        }
        assert_eq!(standing.lost_referrals(-5.0), 0.0);
    }

    #[test]
    fn a_question_counts_unless_it_is_the_one_that_was_answered() {
        let day = |n: i64| Time::EARLIEST + Span::days(n);
        let mut asked = Asked::default();
        assert_eq!(asked.last(), Time::MIN);
        asked.ask(day(1), REFERENCE);
        asked.ask(day(9), 77);
        asked.ask(day(5), REFERENCE);
        assert_eq!(asked, Asked { last: 631_152_000 + 9 * 86_400, about: 77, before: 631_152_000 + 5 * 86_400 });
        asked.ask(day(11), 77);
        assert_eq!((asked.last(), Asked::time(asked.before)), (day(11), day(5)));
    }
}
