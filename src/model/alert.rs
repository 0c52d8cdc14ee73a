//! One transition of an alert, as subscribers read it. Event-time facts only: no wall clock, no offset.

use serde::Serialize;

use super::cohort::CohortKey;
use super::customer::CustomerKey;
use super::event::{Dimension, words};
use super::kind::Kind;
use super::time::Time;

words! {
    /// How bad it is; the four severities of PagerDuty's events API.
    Severity { Info "info", Warning "warning", Error "error", Critical "critical", }
}
words! {
    /// Where the alert stands.
    Status {
        Open "open", Acknowledged "acknowledged", Snoozed "snoozed", Resolved "resolved", Expired "expired",
    }
}
words! {
    /// What has just happened to the alert.
    Transition {
        Opened "opened", Updated "updated", Escalated "escalated", Deescalated "deescalated",
        Acknowledged "acknowledged", Snoozed "snoozed", Unsnoozed "unsnoozed", Assigned "assigned",
        Reminded "reminded", Resolved "resolved", Reopened "reopened", Expired "expired", Inhibited "inhibited",
        Dismissed "dismissed",
    }
}
words! {
    /// Why it happened; on every transition but `opened`.
    Reason {
        NewFact "new_fact", Band "band", ConditionFalse "condition_false", SourceClosed "source_closed",
        LateFact "late_fact", Superseded "superseded", Human "human", FalsePositive "false_positive",
        ActByMissed "act_by_missed", Repeat "repeat", SnoozeOver "snooze_over", SeverityUp "severity_up",
        Expired "expired", Erased "erased", Merged "merged", Churned "churned", Retained "retained",
        InhibitorClosed "inhibitor_closed",
    }
}
words! {
    /// Whether people hear of the alert, or the customer is of the group that shows what happens without it.
    Treatment { Treat "treat", Control "control", }
}
words! {
    /// How sure the alert is: a fact, a likely reading, or the model's guess.
    Certainty { Observed "observed", Likely "likely", Possible "possible", }
}
words! {
    /// The band the risk stands in.
    Band { Normal "normal", Elevated "elevated", High "high", Critical "critical", }
}
words! {
    /// What must not be done while the alert is live.
    Guardrail {
        NoUpsell "no_upsell", NoReferralAsk "no_referral_ask", NoArgument "no_argument", NoDunning "no_dunning",
        NoSuspension "no_suspension", PauseMarketing "pause_marketing",
    }
}

/// Log-odds in units of 1e-4, so that the parts of a score add up exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct LogOdds(pub i32);

impl LogOdds {
    /// The nearest multiple of 1e-4, halves away from zero.
    pub fn from_f64(value: f64) -> LogOdds {
        LogOdds(libm::round(value * 1e4) as i32)
    }

    /// As a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1e4
    }

    /// The probability: 1 / (1 + e^-L).
    pub fn probability(self) -> f64 {
        1.0 / (1.0 + libm::exp(-self.as_f64()))
    }
}

/// Whose alert it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// One customer's.
    Customer {
        /// Who it is.
        key: CustomerKey,
        /// Their account, if known.
        account_id: Option<String>,
    },
    /// Many customers' at once.
    Cohort(CohortKey),
}

impl Scope {
    /// The tenant, decoded.
    pub fn tenant(&self) -> String {
        match self {
            Scope::Customer { key, .. } => key.tenant(),
            Scope::Cohort(key) => key.tenant(),
        }
    }

    /// The customer's id, decoded, or the cohort's scope as it is written: key of the record in the topic.
    pub fn id(&self) -> String {
        match self {
            Scope::Customer { key, .. } => key.customer_id(),
            Scope::Cohort(key) => key.scope().to_owned(),
        }
    }

    /// The customer, if it is one.
    pub fn customer(&self) -> Option<&CustomerKey> {
        match self {
            Scope::Customer { key, .. } => Some(key),
            Scope::Cohort(_) => None,
        }
    }
}

/// One transition of one alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// `al_` and 26 characters of Crockford's base 32: the opening time and a hash, so the same in every run.
    pub alert_id: String,
    /// `tenant/scope_id/kind[/object_id]`, at most 255 bytes.
    pub dedup_key: String,
    /// 1 for the first transition, +1 with each.
    pub seq: u32,
    /// What has just happened.
    pub transition: Transition,
    /// Where the alert stands now.
    pub status: Status,
    /// What it is about.
    pub kind: Kind,
    /// Whose alert it is.
    pub scope: Scope,
    /// How bad it is now.
    pub severity: Severity,
    /// How sure it is.
    pub certainty: Certainty,
    /// Stream time of the opening.
    pub opened_at: Time,
    /// Stream time of this transition.
    pub updated_at: Time,
    /// Time of the fact behind this transition.
    pub event_time: Time,
    /// When somebody must have acted; none once resolved or expired.
    pub act_by: Option<Time>,
    /// When the alert ends by itself; none if it does not, or has ended.
    pub expires_at: Option<Time>,
    /// How often nobody answered in time: 0..=2.
    pub escalation_level: u8,
    /// Whose turn it is.
    pub owner: String,
    /// 1, and one more with each reopening.
    pub occurrences: u32,
    /// The score at `updated_at`; none of a cohort, and once the customer is erased.
    pub risk: Option<Risk>,
    /// How many distinct customers a cohort's alert is about.
    pub members: Option<u32>,
    /// The events the alert stands on, oldest first, at most 20.
    pub evidence: Vec<Evidence>,
    /// What to do, from the registry.
    pub action: Action,
    /// Whether people hear of it.
    pub treatment: Treatment,
    /// Shared by alerts of one kind and owner that opened within the same 30 seconds.
    pub batch: String,
    /// The alert that keeps this one quiet.
    pub inhibited_by: Option<String>,
    /// The incident it belongs to.
    pub incident_id: Option<String>,
    /// Why; none only for `opened`.
    pub reason: Option<Reason>,
    /// What would be lost, in the tenant's currency, if known.
    pub value_at_stake: Option<f64>,
    /// The customer's facts that the text speaks of.
    pub facts: Facts,
}

/// What the wording of an alert may speak of. Absent facts are left out of the sentence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct Facts {
    /// How many items, contacts or purchases, as the kind counts.
    pub count: Option<u32>,
    /// How many distinct categories.
    pub categories: Option<u32>,
    /// Since when the condition has held: oldest open item, opening of the complaint, making of the promise, last sign of life.
    pub since: Option<Time>,
    /// When it was or is due: promise, complaint limit, end of the save window.
    pub due: Option<Time>,
    /// A word of a closed set that the kind's text branches on: stage, trigger.
    pub word: Option<FactWord>,
    /// Whole days that the kind speaks of: days silent, days waited, days of notice.
    pub days: Option<u32>,
    /// A share in whole percent, as the kind says: price gap, use that is left, promises kept.
    pub percent: Option<u32>,
    /// The dimension of service quality that the kind speaks of.
    pub dimension: Option<Dimension>,
    /// A name that the kind speaks of: why the customer came, a site, a team.
    pub name: Option<Box<str>>,
}

words! {
    /// Words on which a text branches.
    FactWord {
        StageAcknowledge "stage_acknowledge", StageResolve "stage_resolve", Complaint "complaint", Survey "survey",
        PromiseDue "promise_due", PromiseDeclared "promise_declared", Repeated "repeated",
        OpenComplaint "open_complaint", CancellationRequested "cancellation_requested", PortOut "port_out",
        RenewalDeclined "renewal_declined", ComplaintAgain "complaint_again", DeliveryAgain "delivery_again",
        PromiseAgain "promise_again",
        GoodSurvey "good_survey", GoodHealth "good_health", WithOpenItems "with_open_items", Signals "signals",
        Declined "declined", DeclinedAndUnused "declined_and_unused", SinceTouch "since_touch",
        SinceStart "since_start", Touches "touches", Purchases "purchases", TooMuch "too_much",
        Unsubscribed "unsubscribed", SpamReported "spam_reported", WithinGoodwill "within_goodwill",
        BeyondGoodwill "beyond_goodwill", RepeatDisputer "repeat_disputer", Rating "rating", Sentiment "sentiment",
        InvoiceLate "invoice_late", Declared "declared", Promoter "promoter", Review "review", Renewed "renewed",
        ByBand "by_band", ByAlert "by_alert", Delivery "delivery", Billing "billing", LowScore "low_score",
        LowScores "low_scores", EncounterComplaint "encounter_complaint", PullPortOut "pull_port_out", ByAgent "by_agent", PriceUp "price_up", ScopeDown "scope_down", Twice "twice",
        WhileDisputed "while_disputed", WhilePlanKept "while_plan_kept", WhileHardship "while_hardship",
    }
}

/// The score behind an alert. `intercept + sum of contributions + other = log_odds`, exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    /// log-odds of leaving within `horizon_days`.
    pub log_odds: LogOdds,
    /// The log-odds of a healthy customer.
    pub intercept: LogOdds,
    /// Sum of the parts that are not listed.
    pub other: LogOdds,
    /// The eight largest parts by magnitude, largest first.
    pub contributions: Vec<Contribution>,
    /// Days ahead that the probability speaks of.
    pub horizon_days: u32,
    /// Band with hysteresis.
    pub band: Band,
    /// Name and version of the weights.
    pub model: String,
    /// log-odds when this alert was last sent.
    pub previous: Option<LogOdds>,
    /// When the score alone would be back in the normal band if nothing more happened; none if it never would.
    pub decays_to_close_at: Option<Time>,
}

/// One factor's part of the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The factor's name in the registry.
    pub factor: &'static str,
    /// Its value, in the factor's own unit.
    pub value: f64,
    /// Its part of the log-odds.
    pub log_odds: LogOdds,
    /// The mechanism of the domain it stands for, for example `M14`.
    pub mechanism: &'static str,
    /// Since when it counts.
    pub since: Option<Time>,
    /// Ids of the events behind it.
    pub evidence: Vec<String>,
}

/// An event that an alert or a factor stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Evidence {
    /// The event's id.
    pub event_id: Box<str>,
    /// Who reported it.
    pub source: Box<str>,
    /// Its type as it was written.
    pub event_type: Box<str>,
    /// Event time.
    pub time: Time,
    /// At most 120 characters of what was said, if quotes are on and something was.
    pub quote: Option<Box<str>>,
}

/// What the alert asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The action's code in the registry.
    pub code: &'static str,
    /// Steps, in order.
    pub steps: Vec<&'static str>,
    /// What must not be done.
    pub do_not: Vec<&'static str>,
    /// Limits for other systems, and until when; none: as long as the alert is live.
    pub guardrails: Vec<(Guardrail, Option<Time>)>,
}

impl Alert {
    /// `immediate`, `expected` or `future`, as CAP 1.2 names urgency.
    pub fn urgency(&self) -> &'static str {
        match self.severity {
            Severity::Error | Severity::Critical => "immediate",
            Severity::Warning => "expected",
            Severity::Info => "future",
        }
    }
}
