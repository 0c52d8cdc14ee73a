//! An alert of a customer as it is remembered, and its deadlines.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::ids;
use crate::engine::fact::Fact;
use crate::model::alert::{Band, Facts, Guardrail, LogOdds, Reason, Severity, Status};
use crate::model::{Kind, Span, Time};

/// Most times an alert goes to the next owner, and most reminders.
pub(super) const LEVELS_MAX: u8 = 2;

/// An alert of a customer, live or lately closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveAlert {
    /// What it is about.
    #[serde(with = "kind_code")]
    pub kind: Kind,
    /// Promise, complaint, survey, order; none for kinds of which a customer has one alert.
    pub object: Option<Box<str>>,
    /// Where it stands.
    pub status: Status,
    /// Transitions so far.
    pub seq: u32,
    /// How many alerts of the customer were opened before it.
    pub(super) number: u32,
    /// The kind's own step, without band and value.
    pub floor: Severity,
    /// As last told.
    pub severity: Severity,
    /// Stream time of the opening, which is part of its id.
    pub opened_at: Time,
    /// Time of the fact that opened it.
    pub first_event_time: Time,
    /// Time of the fact that opened or last raised it.
    pub event_time: Time,
    /// When somebody must have acted; none while nobody has to.
    pub act_by: Option<Time>,
    /// Business time of one step of `act_by`; none where nobody is asked again.
    pub(in crate::engine) act_span: Option<Span>,
    /// When to remind.
    pub(super) remind_at: Option<Time>,
    pub(super) reminders: u8,
    pub(super) level: u8,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
    /// Owner, if a person chose one.
    pub(super) owner: Option<Box<str>>,
    pub(super) occurrences: u32,
    /// What it stands on, oldest first.
    pub evidence: ThinVec<Fact>,
    /// What its text speaks of.
    pub facts: Facts,
    /// The incident it belongs to.
    pub incident: Option<Box<str>>,
    /// Limits for other systems besides those of its kind, and until when; none: as long as it is live.
    pub limits: ThinVec<(Guardrail, Option<Time>)>,
    /// A kind that does not speak for itself: its action is one more step of this one's.
    #[serde(with = "kind_code_option")]
    pub folded: Option<Kind>,
    /// The condition is false: closes then unless it becomes true again.
    pub hold_until: Option<Time>,
    /// A lower severity is told then if it still holds.
    pub(super) lower_at: Option<Time>,
    pub(super) snoozed_until: Option<Time>,
    /// Alert that keeps it quiet.
    pub(super) inhibited_by: Option<Box<str>>,
    /// Whether anybody was told of it yet.
    pub(super) announced: bool,
    pub(super) last_update: Option<Time>,
    /// A material change waits to be told.
    pub(super) pending: Option<Reason>,
    pub(super) told_band: Band,
    pub(super) told_top: Option<Box<str>>,
    pub(super) told_log_odds: Option<LogOdds>,
    /// When it ended; none while it is live.
    pub closed_at: Option<Time>,
    pub(super) closed_by: Option<Reason>,
}

/// A kind, or one object of it, that a person called a false alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mute {
    #[serde(with = "kind_code")]
    pub(super) kind: Kind,
    pub(super) object: Option<Box<str>>,
    pub(super) until: Time,
}

impl Mute {
    /// Whether it is about `kind` and `object`.
    pub fn is(&self, kind: Kind, object: Option<&str>) -> bool {
        self.kind == kind && self.object.as_deref() == object
    }

    /// Whether both are about the same.
    pub fn is_same(&self, other: &Mute) -> bool {
        self.is(other.kind, other.object.as_deref())
    }

    /// Until when it counts.
    pub fn until(&self) -> Time {
        self.until
    }

    /// Whether it still counts at `now`.
    pub fn lasts(&self, now: Time) -> bool {
        self.until > now
    }
}

/// Kinds are stored by name: their order may change.
mod kind_code {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Kind;

    pub(super) fn serialize<S: Serializer>(kind: &Kind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
        let name = String::deserialize(from)?;
        Kind::parse(&name).ok_or_else(|| serde::de::Error::custom("unknown kind of alert"))
    }
}

/// As `kind_code`, of a kind that may be absent.
mod kind_code_option {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Kind;

    pub(super) fn serialize<S: Serializer>(kind: &Option<Kind>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.map_or("", Kind::name))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Kind>, D::Error> {
        let name = String::deserialize(from)?;
        match name.as_str() {
            "" => Ok(None),
            name => Kind::parse(name).map(Some).ok_or_else(|| serde::de::Error::custom("unknown kind of alert")),
        }
    }
}

/// A deadline of an alert, in the order in which those of one instant come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertTimer {
    /// The condition has been false long enough.
    Hold,
    /// It ends by itself.
    Expire,
    /// It wakes.
    Wake,
    /// The lower severity has held.
    Lower,
    /// Nobody has acted.
    ActBy,
    /// Half the time to act is over.
    Remind,
    /// A change may be told again.
    Update,
}

impl LiveAlert {
    /// Whether it is neither resolved nor expired.
    pub fn is_live(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether it stands for `kind` and `object`.
    pub fn is(&self, kind: Kind, object: Option<&str>) -> bool {
        self.kind == kind && self.object.as_deref() == object
    }

    /// Its earliest deadline.
    pub fn next_timer(&self, update_interval: Span) -> Option<(Time, AlertTimer)> {
        if !self.is_live() {
            return None;
        }
        let asked = self.status == Status::Open && self.inhibited_by.is_none() && self.hold_until.is_none();
        let act_by = self.act_by.filter(|_| asked && self.act_span.is_some() && self.level < LEVELS_MAX);
        let told = self.pending.filter(|_| self.status != Status::Snoozed && self.inhibited_by.is_none());
        [
            (self.hold_until, AlertTimer::Hold),
            (self.expires_at, AlertTimer::Expire),
            (self.snoozed_until, AlertTimer::Wake),
            (self.lower_at, AlertTimer::Lower),
            (act_by, AlertTimer::ActBy),
            (self.remind_at.filter(|_| asked), AlertTimer::Remind),
            (told.and_then(|_| Some(self.last_update? + update_interval)), AlertTimer::Update),
        ]
        .into_iter()
        .filter_map(|(due, timer)| Some((due?, timer)))
        .min()
    }

    /// Until when it would be reopened; `Time::MAX` while it is live.
    pub fn reopens_until(&self, within: Span) -> Time {
        self.closed_at.map_or(Time::MAX, |at| at + within)
    }

    /// Ends it at `now`: nothing is due any more.
    pub(super) fn shut(&mut self, status: Status, reason: Reason, now: Time) {
        self.status = status;
        (self.closed_at, self.closed_by) = (Some(now), Some(reason));
        (self.act_by, self.act_span, self.remind_at, self.expires_at) = (None, None, None, None);
        (self.hold_until, self.lower_at, self.snoozed_until, self.pending) = (None, None, None, None);
    }

    /// The dedup key of this alert of whom `key` names.
    pub fn dedup_key(&self, key: impl AsRef<str>) -> String {
        ids::dedup_key(key.as_ref(), self.kind, self.object.as_deref())
    }

    /// Its id: the opening time, and a hash of the dedup key and its number, in the form of a ULID.
    pub fn alert_id(&self, key: impl AsRef<str>) -> String {
        ids::alert_id(&self.dedup_key(key.as_ref()), self.opened_at, self.number)
    }
}
