//! The numbers an operator may change: limits, delays, thresholds. Checked by `config`; the defaults are the shipped ones.

mod care;
mod cohorts;
mod exceptions;
mod market;
mod money;
mod quality;
mod standing;

pub use care::*;
pub use cohorts::*;
pub use exceptions::Exception;
pub(in crate::engine) use exceptions::RuleBook;
pub use market::*;
pub use money::*;
pub use quality::*;
pub use standing::*;

use super::risk::Model;
use crate::model::Span;

/// Everything the engine's behaviour depends on besides its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// What holds for some customers in their place.
    pub exceptions: Vec<Exception>,
    /// Names this set in commit metadata, so that a restore can tell whether it runs under the rules that wrote the state.
    pub version: u32,
    /// Event time and watermark.
    pub time: TimeRules,
    /// Duplicate detection.
    pub dedupe: DedupeRules,
    /// Business hours of customers whose profile does not name a time zone, and of everything else.
    pub calendar: CalendarRules,
    /// Life cycle of alerts.
    pub alerts: AlertRules,
    /// Limits of complaints.
    pub complaints: ComplaintRules,
    /// Grievances that pile up.
    pub grievances: GrievanceRules,
    /// Promises.
    pub promises: PromiseRules,
    /// Silence.
    pub silence: SilenceRules,
    /// Contacts given up.
    pub abandonment: AbandonmentRules,
    /// Complaints as a second chance.
    pub second_chance: SecondChanceRules,
    /// Probation after a recovery.
    pub probation: ProbationRules,
    /// Wish to leave.
    pub cancellation: CancellationRules,
    /// The risk score.
    pub score: ScoreRules,
    /// Complaints, recoveries and service quality beyond the first limits.
    pub quality: QualityRules,
    /// Prices, rivals, changes, what was cut off, reviews, starts.
    pub market: MarketRules,
    /// What the company does for the relation.
    pub care: CareRules,
    /// Invoices, plans, disputes, trust.
    pub money: MoneyRules,
    /// Alerts that stand on the score.
    pub standing: StandingRules,
    /// Many customers at once.
    pub cohorts: CohortRules,
}

/// Event time and watermark.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeRules {
    /// How far event times may run behind the highest one without being late.
    pub out_of_orderness: Span,
    /// An event further behind the watermark is counted and changes nothing.
    pub late_limit: Span,
    /// A single record further ahead of the watermark does not move time until a second one confirms it.
    pub jump_limit: Span,
    /// An event further ahead of the wall clock never moves time; only where there is a wall clock.
    pub max_future_skew: Span,
}

/// Duplicate detection.
#[derive(Clone, Debug, PartialEq)]
pub struct DedupeRules {
    /// Ids remembered for each customer; 0..=1024.
    pub ids_per_customer: usize,
    /// Ids older than this are dropped.
    pub max_age: Span,
}

/// Business hours: one span of the day on some days of the week.
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarRules {
    /// IANA name of the zone for customers without one.
    pub timezone: String,
    /// Monday first.
    pub days: [bool; 7],
    /// Minutes after local midnight at which the day begins.
    pub opens_minute: u16,
    /// Minutes after local midnight at which the day ends; later than `opens_minute`, at most 1440.
    pub closes_minute: u16,
    /// Days without business, as days since 1970-01-01, sorted.
    pub holidays: Vec<i32>,
}

/// Life cycle of alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRules {
    /// Whose turn it is, first to last; never empty. A profile's owner comes before the first.
    pub owners: Vec<String>,
    /// Whether evidence quotes what was said.
    pub quotes: bool,
    /// A condition that returns within this reopens the alert.
    pub reopen_within: Span,
    /// At most one `updated` per alert in this.
    pub update_interval: Span,
    /// How long a lower severity must hold: facts.
    pub deescalate_after: Span,
    /// How long a lower severity must hold: band.
    pub deescalate_band_after: Span,
    /// Snooze without an end lasts this long.
    pub snooze_default: Span,
    /// A dismissed alert with an object stays mute this long.
    pub mute_object: Span,
    /// A dismissed alert without an object stays mute this long.
    pub mute_kind: Span,
    /// Share of customers, 0..=0.5, that is held out of kinds which only suppose something.
    pub holdout: f64,
}

/// Limits of complaints, in business hours.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplaintRules {
    /// Limit for the first answer to minor and normal complaints.
    pub acknowledge: Span,
    /// Limit for the first answer to major complaints.
    pub acknowledge_major: Span,
    /// Limit for the resolution of minor complaints.
    pub resolve_minor: Span,
    /// Limit for the resolution of normal complaints.
    pub resolve_normal: Span,
    /// Limit for the resolution of major complaints.
    pub resolve_major: Span,
    /// A resolution within this is quick, business hours.
    pub quick: Span,
    /// Part of the limit for the resolution after which a complaint is due soon, 0..=1.
    pub due_soon_share: f64,
    /// A reopening with at least this sentiment is a thank-you: it opens nothing. In [-1, 1].
    pub thanks_from: f64,
}

/// Grievances that pile up.
#[derive(Clone, Debug, PartialEq)]
pub struct GrievanceRules {
    /// So many open items open the alert whatever their weight.
    pub items: usize,
    /// So many open items do if their weight is at least `weight`.
    pub items_with_weight: usize,
    /// See `items_with_weight`.
    pub weight: f64,
    /// Distinct categories that make it an error.
    pub error_categories: usize,
    /// Weight that makes it an error.
    pub error_weight: f64,
    /// How long the condition must be false while items are open.
    pub hold: Span,
    /// A failure without a case counts as closed unsolved after this.
    pub failure_lapses_after: Span,
}

/// Promises.
#[derive(Clone, Debug, PartialEq)]
pub struct PromiseRules {
    /// Grace after the due time of promises that name none.
    pub grace: Span,
    /// Due time of promises that name none, business hours after they were made.
    pub default_length: Span,
    /// Part of its length before due at which a promise is due soon, 0..=1.
    pub due_soon_share: f64,
    /// Not later than this before due.
    pub due_soon_min: Span,
    /// Not sooner than this before due.
    pub due_soon_max: Span,
    /// A broken promise's alert ends by itself after this.
    pub broken_expires_after: Span,
}

/// Silence: MBG/NBD parameters (Batislam, Denizel, Filiztekin 2007), times in weeks.
#[derive(Clone, Debug, PartialEq)]
pub struct SilenceRules {
    /// Shape of the rate's gamma distribution.
    pub r: f64,
    /// Scale of it, weeks.
    pub alpha: f64,
    /// First parameter of the dropout's beta distribution.
    pub a: f64,
    /// Second parameter of it.
    pub b: f64,
    /// Alert when the probability to be alive falls to this.
    pub q: f64,
    /// Signs of life after the first that are needed.
    pub min_signs: u32,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// Contacts given up.
#[derive(Clone, Debug, PartialEq)]
pub struct AbandonmentRules {
    /// Window in which they are counted.
    pub window: Span,
    /// So many open the alert.
    pub count: usize,
    /// So many make it an error.
    pub error_count: usize,
    /// A shorter wait does not count.
    pub min_wait: Span,
    /// Another attempt within this after a counted one is the same attempt.
    pub same_attempt: Span,
    /// Answered within this after it: not counted after all.
    pub answered_within: Span,
}

/// Complaints as a second chance.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondChanceRules {
    /// Tenure that makes it an error.
    pub error_tenure: Span,
    /// Time to answer, business hours.
    pub act_by: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// Probation after a recovery.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbationRules {
    /// Its length after the resolution.
    pub length: Span,
    /// So many purchases without failure end it before.
    pub purchases: u32,
    /// Purchases count from this after the resolution.
    pub purchases_after: Span,
    /// How long no other failure may happen before the alert closes.
    pub hold: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

/// Wish to leave.
#[derive(Clone, Debug, PartialEq)]
pub struct CancellationRules {
    /// Time to act, business hours.
    pub act_by: Span,
    /// How long there is something to save, where no end is named.
    pub save_window: Span,
}

/// The risk score.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreRules {
    /// What each factor is worth.
    pub model: Model,
    /// Value from which a customer is in the top decile, if set.
    pub value_top_decile: Option<f64>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            exceptions: Vec::new(),
            version: 1,
            time: TimeRules {
                out_of_orderness: Span::seconds(60),
                late_limit: Span::days(400),
                jump_limit: Span::days(400),
                max_future_skew: Span::minutes(5),
            },
            dedupe: DedupeRules { ids_per_customer: 64, max_age: Span::days(30) },
            calendar: CalendarRules {
                timezone: "UTC".into(),
                days: [true, true, true, true, true, false, false],
                opens_minute: 9 * 60,
                closes_minute: 18 * 60,
                holidays: Vec::new(),
            },
            alerts: AlertRules {
                owners: vec!["team:retention".into()],
                quotes: true,
                reopen_within: Span::days(7),
                update_interval: Span::minutes(15),
                deescalate_after: Span::hours(24),
                deescalate_band_after: Span::hours(72),
                snooze_default: Span::hours(24),
                mute_object: Span::days(180),
                mute_kind: Span::days(30),
                holdout: 0.0,
            },
            complaints: ComplaintRules {
                acknowledge: Span::hours(9),
                acknowledge_major: Span::hours(2),
                resolve_minor: Span::hours(45),
                resolve_normal: Span::hours(27),
                resolve_major: Span::hours(9),
                quick: Span::hours(4),
                due_soon_share: 0.75,
                thanks_from: 0.5,
            },
            grievances: GrievanceRules {
                items: 3,
                items_with_weight: 2,
                weight: 2.0,
                error_categories: 3,
                error_weight: 3.0,
                hold: Span::hours(24),
                failure_lapses_after: Span::days(180),
            },
            promises: PromiseRules {
                grace: Span::seconds(900),
                default_length: Span::hours(18),
                due_soon_share: 0.2,
                due_soon_min: Span::minutes(15),
                due_soon_max: Span::hours(24),
                broken_expires_after: Span::days(30),
            },
            silence: SilenceRules {
                r: 0.25,
                alpha: 4.4,
                a: 0.8,
                b: 2.4,
                q: 0.5,
                min_signs: 3,
                expires_after: Span::days(60),
            },
            abandonment: AbandonmentRules {
                window: Span::days(14),
                count: 2,
                error_count: 4,
                min_wait: Span::seconds(10),
                same_attempt: Span::hours(1),
                answered_within: Span::hours(1),
            },
            second_chance: SecondChanceRules {
                error_tenure: Span::days(5 * 365),
                act_by: Span::hours(4),
                expires_after: Span::days(14),
            },
            probation: ProbationRules {
                length: Span::days(60),
                purchases: 2,
                purchases_after: Span::days(7),
                hold: Span::days(7),
                expires_after: Span::days(60),
            },
            cancellation: CancellationRules { act_by: Span::hours(4), save_window: Span::days(14) },
            score: ScoreRules { model: Model::default(), value_top_decile: None },
            quality: QualityRules::default(),
            market: MarketRules::default(),
            care: CareRules::default(),
            money: MoneyRules::default(),
            standing: StandingRules::default(),
            cohorts: CohortRules::default(),
        }
    }
}
