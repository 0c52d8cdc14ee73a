//! What a sentence may speak of: an alert without anything personal, as the template engine reads it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};

use crate::model::alert::{FactWord, Facts, Reason};
use crate::model::event::Dimension;
use crate::model::{Alert, Kind, Severity, Status, Time, Transition};

/// The names a template may use; any other name is an error.
pub const NAMES: [&str; 15] = [
    "count",
    "categories",
    "since",
    "due",
    "days",
    "percent",
    "dimension",
    "name",
    "word",
    "act_by",
    "event_time",
    "severity",
    "transition",
    "reason",
    "occurrences",
];

/// The part of an alert that its text may speak of.
#[derive(Clone, Debug)]
pub(super) struct Speech {
    pub(super) facts: Facts,
    /// None unless the alert is open: acknowledgement and snooze suspend it.
    pub(super) act_by: Option<Time>,
    pub(super) event_time: Time,
    pub(super) severity: Severity,
    pub(super) transition: Transition,
    pub(super) reason: Option<Reason>,
    pub(super) occurrences: u32,
}

impl Speech {
    pub(super) fn of(alert: &Alert) -> Speech {
        Speech {
            facts: alert.facts.clone(),
            act_by: alert.act_by.filter(|_| alert.status == Status::Open),
            event_time: alert.event_time,
            severity: alert.severity,
            transition: alert.transition,
            reason: alert.reason,
            occurrences: alert.occurrences,
        }
    }

    /// An alert that has just opened and of which nothing is known.
    pub(super) fn unknown() -> Speech {
        Speech {
            facts: Facts::default(),
            act_by: None,
            event_time: Time(0),
            severity: Severity::Info,
            transition: Transition::Opened,
            reason: None,
            occurrences: 1,
        }
    }

    pub(super) fn into_value(self) -> Value {
        Value::from_object(self)
    }
}

impl Object for Speech {
    /// A fact that is absent is none; a name that is none of `NAMES` is undefined, which is an error.
    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        fn number(n: Option<u32>) -> Value {
            n.map_or(Value::from(()), Value::from)
        }
        fn time(t: Option<Time>) -> Value {
            t.map_or(Value::from(()), |t| Value::from_object(Moment(t)))
        }
        fn word(w: Option<&'static str>) -> Value {
            w.map_or(Value::from(()), Value::from)
        }
        Some(match name.as_str()? {
            "count" => number(self.facts.count),
            "categories" => number(self.facts.categories),
            "since" => time(self.facts.since),
            "due" => time(self.facts.due),
            "days" => number(self.facts.days),
            "percent" => number(self.facts.percent),
            "dimension" => self.facts.dimension.map_or(Value::from(()), |d| Value::from_object(Quality(d))),
            "name" => self.facts.name.as_deref().and_then(told).map_or(Value::from(()), Value::from),
            "word" => word(self.facts.word.map(FactWord::name)),
            "act_by" => time(self.act_by),
            "event_time" => time(Some(self.event_time)),
            "severity" => word(Some(self.severity.name())),
            "transition" => word(Some(self.transition.name())),
            "reason" => word(self.reason.map(Reason::name)),
            "occurrences" => number(Some(self.occurrences)),
            _ => return None,
        })
    }
}

/// A time in a template: printed as date and time by the language's formatter, as a date by the filter `date`.
#[derive(Debug)]
pub(super) struct Moment(pub(super) Time);

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A dimension of service quality in a template: printed in the language's words, told apart by the filter `code`.
#[derive(Debug)]
pub(super) struct Quality(pub(super) Dimension);

impl Object for Quality {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// Longest name that a text tells, in characters.
const NAME_CHARS: usize = 80;

/// A name as a text tells it: in one line, not too long, and of `team:north` only `north`. None if nothing is left.
fn told(name: &str) -> Option<Cow<'_, str>> {
    let plain = match name.split_once(':') {
        Some(("team" | "agent" | "person" | "site", plain)) => plain,
        _ => name,
    };
    let plain = plain.trim();
    if plain.is_empty() {
        return None;
    }
    if plain.chars().count() <= NAME_CHARS && !plain.contains(char::is_control) {
        return Some(Cow::Borrowed(plain));
    }
    let mut short: String = plain.chars().take(NAME_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < plain.len() {
        short.truncate(short.trim_end().len());
        short.push('…');
    }
    Some(Cow::Owned(short))
}

/// The words on which the text of a kind branches.
pub fn words(kind: Kind) -> &'static [FactWord] {
    use FactWord::*;
    match kind {
        Kind::ComplaintStalled => &[StageAcknowledge, StageResolve],
        Kind::SecondChance => &[Complaint, Survey],
        Kind::DoubleDeviation => &[ComplaintAgain, DeliveryAgain, PromiseAgain],
        Kind::PromiseBroken => &[PromiseDue, PromiseDeclared],
        Kind::ContactAbandoned => &[Repeated, OpenComplaint],
        Kind::CancellationIntent => &[CancellationRequested, PortOut, RenewalDeclined],
        Kind::BlindSpot => &[GoodSurvey, GoodHealth],
        Kind::CompetitorPull => &[WithOpenItems, Signals, PullPortOut],
        Kind::NeedsDrift => &[Declined, DeclinedAndUnused],
        Kind::Neglect => &[SinceTouch, SinceStart],
        Kind::DealProne => &[Touches, Purchases],
        Kind::MarketingFatigue => &[TooMuch, Unsubscribed, SpamReported],
        Kind::DisputeContradicted => &[WithinGoodwill, BeyondGoodwill, RepeatDisputer],
        Kind::PublicDetraction => &[Rating, Sentiment],
        Kind::PaymentHardship => &[InvoiceLate, Declared],
        Kind::ReferralOpportunity => &[Promoter, Review, Renewed],
        Kind::AdvocateAtRisk => &[ByBand, ByAlert],
        Kind::ContractMismatch => &[Delivery, Billing],
        Kind::Conduct => &[EncounterComplaint, LowScore, LowScores, ByAgent],
        Kind::ChangeUnannounced => &[PriceUp, ScopeDown],
        Kind::DunningPressure => &[Twice, WhileDisputed, WhilePlanKept, WhileHardship],
        Kind::GrievanceAccumulation
        | Kind::NoAdmission
        | Kind::RecoveryWindow
        | Kind::SilentDeparture
        | Kind::ValueGap
        | Kind::LoyaltyPenalty
        | Kind::RelationshipCooling
        | Kind::AnniversaryDue
        | Kind::AnniversaryMissed
        | Kind::PromiseDueSoon
        | Kind::PromiseReliability
        | Kind::IncidentUndisclosed
        | Kind::TrustLow
        | Kind::HardshipSilent
        | Kind::PlanAtRisk
        | Kind::Hotspot
        | Kind::ForcedContact
        | Kind::ServiceQualityDrop
        | Kind::ComplaintDueSoon
        | Kind::OnboardingStalled
        | Kind::ChurnRisk => &[],
    }
}

/// Those of `NAMES` that may be absent, but for `word`.
const MAY_BE_ABSENT: [&str; 10] =
    ["count", "categories", "since", "due", "days", "percent", "dimension", "name", "act_by", "reason"];

/// What a template of `kind` that uses the names `used` is tried with: every word, each of those facts there and absent,
/// numbers none, one and several, every dimension. Facts that it does not use are absent.
pub(super) fn every_speech(kind: Kind, used: &BTreeSet<String>) -> impl Iterator<Item = Speech> + use<> {
    let asked: Vec<&'static str> = MAY_BE_ABSENT.into_iter().filter(|name| used.contains(*name)).collect();
    let is_used = |names: &[&str]| names.iter().any(|name| used.contains(*name));
    // Numbers, dimensions and severities go through their values side by side.
    let steps = match () {
        () if is_used(&["dimension"]) => Dimension::ALL.len(),
        () if is_used(&["count", "categories", "days", "percent", "severity", "occurrences"]) => NUMBERS.len(),
        () => 1,
    };
    let words = words(kind).iter().copied().map(Some).chain([None]);
    let sets = 0..1_u32 << asked.len();
    words.flat_map(move |word| {
        let asked = asked.clone();
        sets.clone().flat_map(move |set| {
            let asked = asked.clone();
            (0..steps).map(move |step| {
                let has = |name: &str| asked.iter().position(|a| *a == name).is_some_and(|at| set & (1 << at) != 0);
                let number = NUMBERS[step % NUMBERS.len()];
                // 2026-03-04T15:02:11Z and days after it.
                let time = |day: i64| Time(1_772_636_531_000 + day * 86_400_000);
                Speech {
                    facts: Facts {
                        count: has("count").then_some(number),
                        categories: has("categories").then_some(number),
                        since: has("since").then_some(time(0)),
                        due: has("due").then_some(time(1)),
                        days: has("days").then_some(number),
                        percent: has("percent").then_some(number),
                        dimension: has("dimension").then_some(Dimension::ALL[step % Dimension::ALL.len()]),
                        name: has("name").then(|| "X".into()),
                        word,
                    },
                    act_by: has("act_by").then_some(time(2)),
                    event_time: time(1),
                    severity: Severity::ALL[step % Severity::ALL.len()],
                    transition: Transition::Updated,
                    reason: has("reason").then_some(Reason::NewFact),
                    occurrences: number.max(1),
                }
            })
        })
    })
}

/// Singular first: what is tried once is tried with it.
const NUMBERS: [u32; 4] = [1, 0, 4, 21];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_in_one_line_and_without_what_it_names() {
        for (name, expected) in [
            ("team:north", Some("north")),
            ("agent:a7", Some("a7")),
            ("Store 12: Main St", Some("Store 12: Main St")),
            (" fast internet\nfor the shop ", Some("fast internet for the shop")),
            ("", None),
            ("team: ", None),
        ] {
            assert_eq!(told(name).as_deref(), expected, "{name:?}");
        }
        let long = told(&"ñ".repeat(200)).expect("a name").into_owned();
        assert_eq!(long, "ñ".repeat(NAME_CHARS) + "…");
    }

    #[test]
    fn a_template_is_tried_with_each_fact_it_uses_there_and_absent() {
        let used: BTreeSet<String> = ["since", "days", "word"].map(str::to_owned).into();
        let tried: Vec<Speech> = every_speech(Kind::Neglect, &used).collect();
        // Two words and none, two facts, four numbers.
        assert_eq!(tried.len(), 3 * 4 * 4);
        let seen: BTreeSet<_> = tried.iter().map(|s| (s.facts.since.is_some(), s.facts.days)).collect();
        assert_eq!(seen.len(), 2 * 5, "since there and absent; days 0, 1, 4, 21 and absent");
        assert!(tried.iter().all(|speech| speech.act_by.is_none() && speech.facts.count.is_none()));
    }
}
