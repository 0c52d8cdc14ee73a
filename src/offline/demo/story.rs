//! What happens on the day of the demo: people whose story is written down, among customers who are generated.

use std::collections::HashMap;

use crate::model::{Span, Time};
use crate::offline::generate::{Generator, Options, START};
use crate::offline::replay::partition;
use crate::offline::transcript::{self, Happening};
use crate::wording::Language;

/// The people and what happens to them.
const PEOPLE: &str = include_str!("story.txt");

/// 2026-03-04T08:00:00Z.
pub const DAY_BEGINS: Time = Time(START.0 + 2 * 86_400_000);

/// 2026-03-04T18:00:00Z.
pub const DAY_ENDS: Time = Time(DAY_BEGINS.0 + 10 * 3_600_000);

/// The generated customers: how many, and the events of some days, the first of which is the day.
const CUSTOMERS: u32 = 1_500;
const EVENTS: u64 = 3_000;

/// A record to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The record key.
    pub key: String,
    /// The event as JSON.
    pub value: Vec<u8>,
    /// When the company hears of it; later than the event's own time if the news was late.
    pub arrives: Time,
}

/// Everything that is sent.
pub struct Story {
    /// The weeks before, to be sent first and at once.
    pub history: Vec<Record>,
    /// The day, in the order of arrival.
    pub day: Vec<Record>,
    languages: HashMap<String, Language>,
}

impl Story {
    /// The story among the customers of `seed`.
    pub fn new(seed: u64) -> Story {
        let mut story = Story { history: Vec::new(), day: Vec::new(), languages: HashMap::new() };
        let mut arrives = Time::MIN;
        for happening in transcript::read(PEOPLE).expect("the story is tested") {
            let Happening::Event(written) = happening else { continue };
            arrives = arrives.max(written.time);
            story.learn(&written.key, &written.value);
            let record = Record { key: written.key, value: written.value, arrives };
            if arrives < DAY_BEGINS { story.history.push(record) } else { story.day.push(record) }
        }
        let mut options = Options::new(CUSTOMERS, EVENTS, seed);
        options.start = DAY_BEGINS;
        let mut generator = Generator::new(options);
        let mut arrives = DAY_BEGINS;
        while let Some(record) = generator.next_record() {
            arrives = arrives.max(record.time);
            if arrives >= DAY_ENDS {
                break;
            }
            let key = String::from_utf8_lossy(record.key).into_owned();
            story.day.push(Record { key, value: record.value.to_vec(), arrives });
        }
        // Stable: what one source wrote keeps its order.
        story.day.sort_by_key(|record| record.arrives);
        story
    }

    /// The language that a person of the story speaks; none for the generated customers.
    pub fn language(&self, customer: &str) -> Option<Language> {
        self.languages.get(customer).copied()
    }

    /// The people of the story, in no particular order.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    fn learn(&mut self, customer: &str, value: &[u8]) {
        let event: serde_json::Value = serde_json::from_slice(value).expect("a transcript writes JSON");
        let language = match event["data"]["locale"].as_str() {
            Some(locale) if locale.starts_with("es") => Language::Es,
            Some(locale) if locale.starts_with("fil") => Language::Fil,
            Some(_) => Language::En,
            None => return,
        };
        self.languages.insert(customer.to_owned(), language);
    }
}

/// One record for each of `partitions` that lets time pass there to `to`, since no partition knows of the others:
/// an advertisement to a generated customer, which changes nothing.
pub fn closing(partitions: u32, to: Time) -> Vec<Record> {
    // A watermark stands a minute behind the highest event time.
    let time = to + Span::minutes(2);
    let record = |at: u32| {
        let key =
            (0_u32..).map(|number| format!("c-{number:07}")).find(|key| partition(key.as_bytes(), partitions) == at);
        let key = key.expect("the hash reaches every partition");
        let value = format!(
            r#"{{"id":"closing-{at}-{}","source":"crm/acme","type":"care.marketing_sent","time":"{time}","tenant":"acme","customer_id":"{key}"}}"#,
            time.0
        );
        Record { key, value: value.into_bytes(), arrives: time }
    };
    (0..partitions).map(record).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::sync::Arc;

    use super::*;
    use crate::codec;
    use crate::engine::registry::definition;
    use crate::engine::{Effect, Engine, Step};
    use crate::model::alert::Reason;
    use crate::model::{Alert, Kind, Transition};

    fn play(story: &Story, partitions: u32) -> Vec<Alert> {
        let mut engines: Vec<_> = (0..partitions).map(|_| Engine::new(Arc::default())).collect();
        let mut effects = Vec::new();
        let closing = closing(partitions, DAY_ENDS);
        for record in story.history.iter().chain(&story.day).chain(&closing) {
            let event = codec::decode(&record.value).unwrap_or_else(|error| panic!("{error}"));
            let engine = &mut engines[partition(record.key.as_bytes(), partitions) as usize];
            while engine.apply(&event, &mut effects) == Step::Again {}
        }
        let mut alerts: Vec<Alert> = effects.into_iter().filter_map(Effect::into_alert).map(|alert| *alert).collect();
        alerts.retain(|alert| alert.updated_at >= DAY_BEGINS && alert.updated_at <= DAY_ENDS);
        alerts
    }

    #[test]
    fn each_kind_happens_on_the_day_to_somebody_of_the_story_for_any_seed_and_any_partitions() {
        for (seed, partitions) in [(1, 1), (1, 4), (2, 4), (99, 6)] {
            let story = Story::new(seed);
            let mut whose: HashMap<Kind, HashSet<String>> = HashMap::new();
            for alert in play(&story, partitions) {
                let customer = alert.scope.id();
                if story.language(&customer).is_some() && alert.transition == Transition::Opened {
                    whose.entry(alert.kind).or_default().insert(customer);
                }
            }
            let mut absent = Vec::new();
            for (kind, who) in [
                (Kind::GrievanceAccumulation, "ana-reyes"),
                (Kind::ComplaintStalled, "maria-lopez"),
                (Kind::SecondChance, "lucia-ramirez"),
                (Kind::DoubleDeviation, "carlos-mendoza"),
                (Kind::SilentDeparture, "emma-brooks"),
                (Kind::PromiseDueSoon, "jun-santos"),
                (Kind::PromiseDueSoon, "rosa-diaz"),
                (Kind::PromiseBroken, "jun-santos"),
                (Kind::PromiseBroken, "rosa-diaz"),
                (Kind::ContactAbandoned, "david-chen"),
                (Kind::CancellationIntent, "paolo-cruz"),
                (Kind::NoAdmission, "miguel-torres"),
                (Kind::RecoveryWindow, "sofia-vega"),
                (Kind::BlindSpot, "grace-lim"),
                (Kind::CompetitorPull, "diego-flores"),
                (Kind::ValueGap, "tess-aquino"),
                (Kind::LoyaltyPenalty, "jorge-luna"),
                (Kind::NeedsDrift, "ben-carter"),
                (Kind::RelationshipCooling, "liza-ramos"),
                (Kind::Neglect, "henry-cole"),
                (Kind::AnniversaryDue, "nena-cruz"),
                (Kind::AnniversaryMissed, "oscar-pena"),
                (Kind::DealProne, "kim-tan"),
                (Kind::MarketingFatigue, "kim-tan"),
                (Kind::DisputeContradicted, "alma-rios"),
                (Kind::TrustLow, "alma-rios"),
                (Kind::PublicDetraction, "troy-banks"),
                (Kind::PaymentHardship, "elena-soto"),
                (Kind::HardshipSilent, "ramon-diaz"),
                (Kind::PlanAtRisk, "noel-garcia"),
                (Kind::ReferralOpportunity, "iris-wong"),
                (Kind::AdvocateAtRisk, "marco-silva"),
                (Kind::ContractMismatch, "ines-vidal"),
                (Kind::ForcedContact, "karl-meyer"),
                (Kind::Conduct, "joy-mercado"),
                (Kind::ServiceQualityDrop, "lola-santos"),
                (Kind::ComplaintDueSoon, "miguel-torres"),
                (Kind::OnboardingStalled, "dana-ortiz"),
                (Kind::ChangeUnannounced, "jorge-luna"),
                (Kind::DunningPressure, "felix-ong"),
                (Kind::ChurnRisk, "vera-klein"),
            ] {
                if !whose.get(&kind).is_some_and(|people| people.contains(who)) {
                    absent.push(format!("{kind:?} of {who}: {:?}", whose.get(&kind)));
                }
            }
            assert!(absent.is_empty(), "with seed {seed}, {partitions} partitions: {absent:?}");
            // What is about many customers at once has a stage of its own.
            let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !definition(**kind).is_cohort()).collect();
            let missing: Vec<_> = missing.into_iter().filter(|kind| !whose.contains_key(kind)).collect();
            assert!(missing.is_empty(), "kinds that are not in the story: {missing:?}");
        }
    }

    #[test]
    fn what_was_kept_in_time_is_taken_back_and_what_was_put_right_is_closed() {
        let story = Story::new(1);
        let ended: HashSet<(String, Kind, Option<Reason>)> = play(&story, 4)
            .into_iter()
            .filter(|alert| alert.transition == Transition::Resolved)
            .map(|alert| (alert.scope.id(), alert.kind, alert.reason))
            .collect();
        for (who, kind, reason) in [
            ("rosa-diaz", Kind::PromiseBroken, Reason::LateFact),
            ("jun-santos", Kind::PromiseBroken, Reason::SourceClosed),
            ("maria-lopez", Kind::SecondChance, Reason::Superseded),
            ("maria-lopez", Kind::ComplaintStalled, Reason::SourceClosed),
            ("lucia-ramirez", Kind::SecondChance, Reason::SourceClosed),
            ("david-chen", Kind::ContactAbandoned, Reason::SourceClosed),
            ("paolo-cruz", Kind::CancellationIntent, Reason::Retained),
        ] {
            assert!(ended.contains(&(who.into(), kind, Some(reason))), "{who} {kind:?} {reason:?}: {ended:?}");
        }
    }

    #[test]
    fn all_three_languages_are_spoken_and_there_are_others_around() {
        let story = Story::new(1);
        let spoken: HashSet<_> =
            story.people().filter_map(|who| story.language(who)).map(|l| format!("{l:?}")).collect();
        assert_eq!(spoken.len(), 3);
        assert!(story.day.len() > 200, "{}", story.day.len());
        assert!(story.day.is_sorted_by_key(|record| record.arrives));
        assert_eq!(Story::new(1).day, story.day);
        assert_ne!(Story::new(2).day, story.day);
    }
}
