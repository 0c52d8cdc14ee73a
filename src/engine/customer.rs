//! What is remembered of a customer. Every part is bounded; the whole is what the changelog stores.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::alert_lifecycle::LiveAlert;
use super::anniversary::Anniversary;
use super::dedup::RecentIds;
use super::fact::Fact;
use super::grievance::{Complaint, Failure, Repairs};
use super::ledger::Ledgers;
use super::memory::market::cuts::Call;
use super::memory::money::Money;
use super::memory::standing::Asked;
use super::rare::Rare;
use super::risk::Watch;
use super::sentiment_track::Sentiment;
use super::silence::Life;
use super::window::Panes;
use crate::model::event::Category;
use crate::model::{CustomerKey, Kind, Span, Time};

/// Everything remembered of one customer.
///
/// Stored in the changelog field by field in this order: a change of the form is a new version of the format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Who it is.
    pub key: CustomerKey,
    /// The account they belong to, as the last event that named one said.
    pub account_id: Option<Box<str>>,
    /// Their stream time: highest event time processed, or due time of a timer fired, if later.
    pub highest: Time,
    /// Events seen lately.
    pub recent: RecentIds,
    /// Signs of life.
    pub life: Life,
    /// Counts per day.
    pub panes: Panes,
    /// Grievances, promises and other parts that few have.
    pub rare: Rare,
    /// The last repairs.
    pub repairs: Repairs,
    /// Fading counts of what is over.
    pub ledgers: Ledgers,
    /// How they feel, once anybody knows.
    pub sentiment: Option<Box<Sentiment>>,
    /// What the company says of them.
    pub profile: Option<Box<Profile>>,
    /// Alerts, live and lately closed.
    pub alerts: ThinVec<LiveAlert>,
    /// Invoices, plans, disputes, trust: most are billed.
    pub money: Option<Box<Money>>,
    /// Marketing sent within the window, in order of time.
    pub sends: ThinVec<Fact>,
    /// Contacts that they began lately, in order of time.
    pub calls: ThinVec<Call>,
    /// How many alerts were ever opened.
    pub alerts_opened: u32,
    /// Where the score stands.
    pub band: Watch,
    /// Last time a person of the company spoke with them: answered, wrote or reached out; `Time::MIN` if never.
    pub last_human: Time,
    /// Last time a contact was answered; `Time::MIN` if never.
    pub last_answered: Time,
    /// Surveys sent since the last answer.
    pub unanswered_surveys: u8,
    /// Last time they came back, or bought; `Time::MIN` if never.
    pub returned: Time,
    /// When they were last asked for a reference or an opinion.
    pub asked: Asked,
    /// Last time an official word on them was not good; `Time::MIN` if never.
    pub not_good: Time,
    /// Time of the first event seen; `Time::MAX` before it.
    pub first_seen: Time,
    /// The UTC midnight at which use is to be looked at; `Time::MAX` if it is not. Never later than the first one at which
    /// use has fallen if nothing more is used.
    pub cooling_at: Time,
    /// When this customer stands in the timer queue; `Time::MAX` if not. Not stored: rebuilt.
    #[serde(skip, default = "not_queued")]
    pub(super) queued: Time,
    /// Whether anything changed since the changelog was last written. Not stored.
    #[serde(skip)]
    pub(super) changed: bool,
}

fn not_queued() -> Time {
    Time::MAX
}

/// A complaint was solved, or a failure that nobody filed was made good on the spot: the customer looks once more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probation {
    /// The complaint, or the object of the failure.
    pub complaint: Box<str>,
    /// The event that opened it.
    pub opened: Option<Fact>,
    /// The event that solved it.
    pub resolved: Fact,
    /// Its category.
    pub category: Option<Category>,
    /// Purchases since that count toward its end.
    pub purchases: u32,
}

/// What the company says of a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Time of the event that said it.
    pub at: Time,
    /// BCP 47.
    pub locale: Option<Box<str>>,
    /// IANA name.
    pub timezone: Option<Box<str>>,
    /// A group of customers.
    pub segment: Option<Box<str>>,
    /// Worth, in the tenant's currency.
    pub value: Option<f64>,
    /// 1..=10, ten the most valuable.
    pub value_decile: Option<u8>,
    /// Who looks after them.
    pub owner: Option<Box<str>>,
    /// Products held.
    pub products: Option<f64>,
    /// Customer since.
    pub since: Option<Time>,
    /// Why they came.
    pub need: Option<Box<str>>,
    /// Anniversaries of `since`.
    pub anniversary: Anniversary,
    /// Last time they agreed to marketing; `Time::MIN` if never.
    pub consent_at: Time,
}

impl Default for Profile {
    fn default() -> Profile {
        Profile {
            at: Time::MIN,
            locale: None,
            timezone: None,
            segment: None,
            value: None,
            value_decile: None,
            owner: None,
            products: None,
            since: None,
            need: None,
            anniversary: Anniversary::default(),
            consent_at: Time::MIN,
        }
    }
}

impl Profile {
    /// Fills what is missing with what is said of the same customer under another name.
    pub(super) fn fill(&mut self, other: Profile) {
        let since = self.since.into_iter().chain(other.since).min();
        let mut anniversary = std::mem::take(&mut self.anniversary);
        anniversary.absorb(other.anniversary, self.since != since);
        *self = Profile {
            at: self.at.max(other.at),
            locale: self.locale.take().or(other.locale),
            timezone: self.timezone.take().or(other.timezone),
            segment: self.segment.take().or(other.segment),
            value: self.value.or(other.value),
            value_decile: self.value_decile.or(other.value_decile),
            owner: self.owner.take().or(other.owner),
            products: self.products.or(other.products),
            since,
            need: self.need.take().or(other.need),
            anniversary,
            consent_at: self.consent_at.max(other.consent_at),
        };
    }
}

impl Customer {
    /// A customer of whom nothing is known yet.
    pub fn new(key: CustomerKey) -> Customer {
        Customer {
            key,
            account_id: None,
            highest: Time::MIN,
            recent: RecentIds::default(),
            life: Life { silent_at: Time::MAX, ..Life::default() },
            panes: Panes::default(),
            rare: Rare::default(),
            repairs: ThinVec::new(),
            ledgers: Ledgers::default(),
            sentiment: None,
            profile: None,
            alerts: ThinVec::new(),
            money: None,
            sends: ThinVec::new(),
            calls: ThinVec::new(),
            alerts_opened: 0,
            band: Watch::default(),
            last_human: Time::MIN,
            last_answered: Time::MIN,
            unanswered_surveys: 0,
            returned: Time::MIN,
            asked: Asked::default(),
            not_good: Time::MIN,
            first_seen: Time::MAX,
            cooling_at: Time::MAX,
            queued: Time::MAX,
            changed: false,
        }
    }

    /// Whether they have left and not come back.
    pub fn is_gone(&self) -> bool {
        self.rare.left > self.returned
    }

    /// The live alert of `kind` and `object`.
    pub fn live(&self, kind: Kind, object: Option<&str>) -> Option<&LiveAlert> {
        self.alerts.iter().find(|a| a.is_live() && a.is(kind, object))
    }

    /// The customer's time zone, if known.
    pub fn timezone(&self) -> Option<&str> {
        self.profile.as_ref()?.timezone.as_deref()
    }

    /// Customer since, if anybody said so.
    pub fn since(&self) -> Option<Time> {
        self.profile.as_ref()?.since
    }

    /// What is remembered of the event `id`, wherever it is.
    pub fn fact(&self, id: &str) -> Option<&Fact> {
        let rare = &*self.rare;
        let complaints = rare.complaints.iter().flat_map(|c| c.opened.iter().chain(&c.last_step));
        let promises = rare.promises.iter().flat_map(|p| p.made.iter().chain(&p.renegotiated));
        let failures = rare.failures.iter().map(|f| &f.fact);
        let standing = rare.standing.iter().flat_map(|s| s.advocated.iter().chain(s.good.as_ref().map(|g| &g.fact)));
        let alerts = self.alerts.iter().flat_map(|a| &a.evidence);
        complaints
            .chain(promises)
            .chain(failures)
            .chain(&rare.abandoned)
            .chain(&self.life.last)
            .chain(standing)
            .chain(alerts)
            .find(|fact| fact.event_id() == id)
    }

    /// How long they have been a customer at `time`: as anybody said, else since their first sign of life.
    pub fn tenure(&self, time: Time) -> Span {
        let first = self.life.last.as_ref().map(|_| self.life.first);
        self.since().or(first).map_or(Span::ZERO, |since| time - since)
    }

    /// Last time anybody said officially how they are; `Time::MIN` if never.
    pub fn last_word(&self) -> Time {
        let good = self.rare.standing.as_ref().and_then(|s| s.good.as_ref());
        good.map_or(self.not_good, |good| self.not_good.max(good.fact.time))
    }

    /// What would be lost with them and with whom they brought, in the tenant's currency.
    pub fn value_at_stake(&self) -> Option<f64> {
        let referrals = |value| self.rare.standing.as_ref().map_or(0.0, |s| s.lost_referrals(value));
        self.value().map(|value| value + referrals(value))
    }

    /// What they are worth themselves.
    pub fn value(&self) -> Option<f64> {
        self.profile.as_ref()?.value
    }

    /// Complaints not solved.
    pub fn open_complaints(&self) -> impl Iterator<Item = &Complaint> {
        self.rare.complaints.iter().filter(|c| c.is_open())
    }

    /// Failures not made good.
    pub fn open_failures(&self) -> impl Iterator<Item = &Failure> {
        self.rare.failures.iter().filter(|f| f.closed.is_none())
    }
}
