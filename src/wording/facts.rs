//! What a sentence may speak of: an alert without anything personal, as the template engine reads it.

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
            "dimension" => word(self.facts.dimension.map(Dimension::name)),
            "name" => self.facts.name.as_deref().map_or(Value::from(()), Value::from),
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

/// What the check of a template of `kind` tries: every word, each fact there and absent, numbers one and several.
pub(super) fn every_speech(kind: Kind) -> impl Iterator<Item = Speech> {
    let words = words(kind).iter().copied().map(Some).chain([None]);
    words.flat_map(|word| {
        (0..256_u32).map(move |bits| {
            let number = if bits & 1 == 0 { 1 } else { 4 };
            let has = |bit: u32| bits & (1 << bit) != 0;
            // 2026-03-04T15:02:11Z and days after it.
            let time = |day: i64| Time(1_772_636_531_000 + day * 86_400_000);
            Speech {
                facts: Facts {
                    count: has(1).then_some(number),
                    categories: has(2).then_some(number),
                    since: has(3).then_some(time(0)),
                    due: has(4).then_some(time(1)),
                    days: has(5).then_some(number),
                    percent: has(5).then_some(10 + number),
                    dimension: has(2).then_some(Dimension::Reliability),
                    name: has(2).then(|| "X".into()),
                    word,
                },
                act_by: has(6).then_some(time(2)),
                event_time: time(1),
                severity: Severity::Warning,
                transition: Transition::Updated,
                reason: has(7).then_some(Reason::NewFact),
                occurrences: number,
            }
        })
    })
}
