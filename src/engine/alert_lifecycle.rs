//! The life of an alert: how a condition that holds, or no longer does, becomes transitions that people read.
//!
//! ```text
//!            raise                    act_by, reminder, facts
//!  (none) ─────────▶ open ◀──────────────────────────────────┐
//!    ▲                │ ▲ ack ▶ acknowledged                 │ raise again within 7 days: reopened
//!    │ 7 days         │ │ snooze ▶ snoozed ─ until, worse ▶ open
//!    │                ▼                                      │
//!  closed ◀── clear, hold over, human, gone ─────────────────┘      expired, late fact: forgotten at once
//! ```

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::Effect;
use super::context::Context;
use super::fact::Fact;
use super::hash::hash64;
use super::ledger::Ledger;
use super::registry::{Definition, definition};
use super::risk::{severity_of, top_factor};
use super::tight::push_tight;
use crate::model::alert::{Action, Alert, Band, Facts, LogOdds, Reason, Severity, Status, Transition};
use crate::model::{CustomerKey, Kind, Span, Time, customer};

/// Evidence kept for one alert.
pub const EVIDENCE_MAX: usize = 20;
/// Live alerts of one customer: beyond it the oldest of the least severe ends.
const LIVE_MAX: usize = 64;
/// Closed alerts remembered for reopening.
const CLOSED_MAX: usize = 32;
/// Most times an alert goes to the next owner, and most reminders.
const LEVELS_MAX: u8 = 2;
/// Longest dedup key, bytes.
const DEDUP_KEY_MAX: usize = 255;

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
    number: u32,
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
    act_span: Option<Span>,
    /// When to remind.
    remind_at: Option<Time>,
    reminders: u8,
    level: u8,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
    /// Owner, if a person chose one.
    owner: Option<Box<str>>,
    occurrences: u32,
    /// What it stands on, oldest first.
    pub evidence: ThinVec<Fact>,
    /// What its text speaks of.
    pub facts: Facts,
    /// The incident it belongs to.
    pub incident: Option<Box<str>>,
    /// The condition is false: closes then unless it becomes true again.
    pub hold_until: Option<Time>,
    /// A lower severity is told then if it still holds.
    lower_at: Option<Time>,
    snoozed_until: Option<Time>,
    /// Alert that keeps it quiet.
    inhibited_by: Option<Box<str>>,
    /// Whether anybody was told of it yet.
    announced: bool,
    last_update: Option<Time>,
    /// A material change waits to be told.
    pending: Option<Reason>,
    told_band: Band,
    told_top: Option<Box<str>>,
    told_log_odds: Option<LogOdds>,
    closed_at: Option<Time>,
    closed_by: Option<Reason>,
}

/// A kind, or one object of it, that a person called a false alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mute {
    #[serde(with = "kind_code")]
    kind: Kind,
    object: Option<Box<str>>,
    until: Time,
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

/// When somebody must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActBy {
    /// As the severity says: info 5, warning 2, error 1 business day, critical 4 business hours.
    Severity,
    /// So much business time after the opening.
    Business(Span),
    /// At a time of the fact itself; nobody is asked again.
    At(Time),
}

/// A condition that holds.
pub struct Raise<'a> {
    /// Which kind.
    pub kind: Kind,
    /// Which object of it, if the kind has objects.
    pub object: Option<&'a str>,
    /// The kind's own severity step.
    pub floor: Severity,
    /// Time of the fact.
    pub event_time: Time,
    /// Every event the condition stands on now.
    pub evidence: ThinVec<Fact>,
    /// What the text may speak of.
    pub facts: Facts,
    /// When somebody must act.
    pub act_by: ActBy,
    /// When the alert ends by itself.
    pub expires_at: Option<Time>,
    /// The incident it belongs to.
    pub incident: Option<Box<str>>,
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

    /// Ends it at `now`: nothing is due any more.
    fn shut(&mut self, status: Status, reason: Reason, now: Time) {
        self.status = status;
        (self.closed_at, self.closed_by) = (Some(now), Some(reason));
        (self.act_by, self.act_span, self.remind_at, self.expires_at) = (None, None, None, None);
        (self.hold_until, self.lower_at, self.snoozed_until, self.pending) = (None, None, None, None);
    }

    /// The dedup key of this alert of `customer`.
    pub fn dedup_key(&self, customer: &CustomerKey) -> String {
        dedup_key(customer, self.kind, self.object.as_deref())
    }

    /// Its id: the opening time, and a hash of the dedup key and its number, in the form of a ULID.
    pub fn alert_id(&self, customer: &CustomerKey) -> String {
        alert_id(&self.dedup_key(customer), self.opened_at, self.number)
    }
}

/// `tenant/customer/kind[/object]`; beyond 255 bytes its first 222 bytes, `~` and a hash of the whole in 32 hex digits.
fn dedup_key(key: &CustomerKey, kind: Kind, object: Option<&str>) -> String {
    let mut out = String::with_capacity(key.as_str().len() + 48);
    out.push_str(key.as_str());
    out.push('/');
    out.push_str(kind.name());
    if let Some(object) = object {
        out.push('/');
        customer::encode(&mut out, object);
    }
    if out.len() > DEDUP_KEY_MAX {
        let hash = [1, 2].map(|seed| hash64(out.as_bytes(), seed));
        let mut cut = 222;
        while !out.is_char_boundary(cut) {
            cut -= 1;
        }
        out.truncate(cut);
        out.push_str(&format!("~{:016x}{:016x}", hash[0], hash[1]));
    }
    out
}

/// ULID form: 48 bits of milliseconds, 80 bits that here are a hash, in Crockford's base 32. The number tells apart two
/// alerts with one dedup key that opened at one instant, the first having been retracted or expired at once.
fn alert_id(dedup_key: &str, opened_at: Time, number: u32) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let time = (opened_at.0.max(0) as u128) & ((1 << 48) - 1);
    let seed = hash64(&number.to_le_bytes(), opened_at.0 as u64);
    let high = u128::from(hash64(dedup_key.as_bytes(), seed) & 0xffff);
    let low = u128::from(hash64(dedup_key.as_bytes(), !seed));
    let bits = time << 80 | high << 64 | low;
    let digits = (0..26).rev().map(|i| char::from(DIGITS[(bits >> (5 * i)) as usize & 31]));
    ["al_".to_owned(), digits.collect()].concat()
}

/// Business days or hours to act, by severity.
fn act_span(severity: Severity, day: Span) -> Span {
    match severity {
        Severity::Info => Span(day.0 * 5),
        Severity::Warning => Span(day.0 * 2),
        Severity::Error => day,
        Severity::Critical => Span::hours(4),
    }
}

impl Context<'_> {
    /// A condition holds: opens, updates, escalates or reopens its alert.
    pub fn raise(&mut self, raise: Raise<'_>) {
        let (kind, object, now) = (raise.kind, raise.object, self.now);
        self.c.mutes.retain(|m| m.until > now);
        if self.c.mutes.iter().any(|m| m.kind == kind && m.object.as_deref() == object) {
            return;
        }
        let reopen_within = self.rules.alerts.reopen_within;
        let forgotten = |a: &LiveAlert| a.closed_at.is_some_and(|at| now > at + reopen_within);
        self.c.alerts.retain(|a| !forgotten(a));
        match self.c.alerts.iter().position(|a| a.is(kind, object)) {
            None => self.open(raise),
            Some(index) if self.c.alerts[index].status == Status::Expired => {
                self.c.alerts.remove(index);
                self.open(raise);
            }
            Some(index) if self.c.alerts[index].is_live() => self.confirm(index, raise),
            Some(index) => {
                let alert = &self.c.alerts[index];
                let known = |fact: &Fact| alert.evidence.iter().any(|e| e.is_same(fact));
                // The same facts do not notify again, unless the condition was false in between.
                let again = alert.closed_by == Some(Reason::ConditionFalse);
                if again || !raise.evidence.iter().all(known) || raise.floor > alert.floor {
                    self.reopen(index, raise);
                }
            }
        }
    }

    fn open(&mut self, raise: Raise<'_>) {
        self.make_room(raise.event_time);
        let number = self.c.alerts_opened;
        self.c.alerts_opened = number.wrapping_add(1);
        let mut alert = LiveAlert {
            kind: raise.kind,
            object: raise.object.map(Into::into),
            status: Status::Open,
            seq: 0,
            number,
            floor: raise.floor,
            severity: raise.floor,
            opened_at: self.now,
            first_event_time: raise.event_time,
            event_time: raise.event_time,
            act_by: None,
            act_span: None,
            remind_at: None,
            reminders: 0,
            level: 0,
            expires_at: raise.expires_at,
            owner: None,
            occurrences: 1,
            evidence: raise.evidence,
            facts: raise.facts,
            incident: raise.incident,
            hold_until: None,
            lower_at: None,
            snoozed_until: None,
            inhibited_by: None,
            announced: false,
            last_update: None,
            pending: None,
            told_band: Band::Normal,
            told_top: None,
            told_log_odds: None,
            closed_at: None,
            closed_by: None,
        };
        alert.evidence.truncate(EVIDENCE_MAX);
        self.announce(alert, raise.act_by, Transition::Opened, None);
    }

    /// Adds an alert that opens or reopens, and tells of it, or of what keeps it quiet.
    fn announce(&mut self, alert: LiveAlert, act_by: ActBy, transition: Transition, reason: Option<Reason>) {
        let event_time = alert.event_time;
        let inhibitor = self.inhibitor(alert.kind, alert.object.as_deref());
        push_tight(&mut self.c.alerts, alert);
        let index = self.c.alerts.len() - 1;
        // From now on somebody hears of the band.
        self.remember();
        let mut alert = self.c.alerts[index].clone();
        alert.severity = self.severity(&alert);
        alert.announced |= inhibitor.is_none();
        alert.inhibited_by = inhibitor;
        self.ask(&mut alert, act_by);
        let inhibited = alert.inhibited_by.is_some();
        self.c.alerts[index] = alert;
        if inhibited {
            self.emit(index, Transition::Inhibited, Some(Reason::Superseded), event_time);
        } else {
            self.emit(index, transition, reason, event_time);
        }
    }

    /// The condition of a live alert holds, perhaps on more evidence or at another step.
    fn confirm(&mut self, index: usize, raise: Raise<'_>) {
        let alert = &mut self.c.alerts[index];
        alert.hold_until = None;
        alert.facts = raise.facts;
        if raise.expires_at.is_some() {
            alert.expires_at = raise.expires_at;
        }
        // What lies beyond the limit is not shown, so it is no news each time either.
        let mut evidence = raise.evidence;
        evidence.truncate(EVIDENCE_MAX);
        let news = evidence.iter().any(|fact| !alert.evidence.iter().any(|e| e.is_same(fact)));
        alert.evidence = evidence;
        let raised = raise.floor > alert.floor;
        if raised {
            alert.lower_at = None;
        } else if raise.floor < alert.floor {
            alert.lower_at.get_or_insert(self.now + self.rules.alerts.deescalate_after);
        }
        alert.floor = raise.floor;
        if news || raised {
            alert.event_time = raise.event_time;
        }
        if news {
            alert.pending = Some(Reason::NewFact);
        }
        self.settle(index, raise.event_time);
    }

    fn reopen(&mut self, index: usize, raise: Raise<'_>) {
        let mut alert = self.c.alerts.remove(index);
        alert.status = Status::Open;
        (alert.closed_at, alert.closed_by) = (None, None);
        alert.occurrences += 1;
        alert.floor = raise.floor;
        alert.event_time = raise.event_time;
        alert.expires_at = raise.expires_at;
        alert.evidence = raise.evidence;
        alert.evidence.truncate(EVIDENCE_MAX);
        alert.facts = raise.facts;
        alert.level = 0;
        self.announce(alert, raise.act_by, Transition::Reopened, Some(Reason::NewFact));
    }

    /// Sets when somebody must act, from now.
    fn ask(&self, alert: &mut LiveAlert, act_by: ActBy) {
        let timezone = self.c.timezone();
        alert.remind_at = None;
        let span = match act_by {
            ActBy::At(time) => {
                (alert.act_by, alert.act_span) = (Some(time), None);
                return;
            }
            ActBy::Severity => act_span(alert.severity, self.calendar.day_length()),
            ActBy::Business(span) => span,
        };
        alert.act_by = Some(self.calendar.add(self.now, span, timezone));
        alert.act_span = (alert.severity > Severity::Info).then_some(span);
        if alert.act_span.is_some() && alert.reminders < LEVELS_MAX {
            alert.remind_at = Some(self.calendar.add(self.now, Span(span.0 / 2), timezone));
        }
    }

    /// The condition of an alert no longer holds; it closes after `hold`, at once if that is zero. Nothing happens
    /// if there is no such live alert; a late fact also retracts one that has expired.
    pub fn clear(&mut self, kind: Kind, object: Option<&str>, reason: Reason, hold: Span, event_time: Time) {
        let ends = |a: &LiveAlert| a.is_live() || reason == Reason::LateFact && a.status == Status::Expired;
        let Some(index) = self.c.alerts.iter().position(|a| ends(a) && a.is(kind, object)) else { return };
        if hold == Span::ZERO {
            self.close(index, reason, event_time);
        } else {
            let alert = &mut self.c.alerts[index];
            alert.hold_until.get_or_insert(event_time + hold);
        }
    }

    /// Resolves a live alert and lets go what it kept quiet.
    fn close(&mut self, index: usize, reason: Reason, event_time: Time) {
        self.end(index, Status::Resolved, Transition::Resolved, reason, event_time);
    }

    fn end(&mut self, index: usize, status: Status, transition: Transition, reason: Reason, event_time: Time) {
        self.c.alerts[index].shut(status, reason, self.now);
        self.emit(index, transition, Some(reason), event_time);
        let id = self.c.alerts[index].alert_id(&self.c.key);
        // What should not have been does not reopen.
        if reason == Reason::LateFact {
            self.c.alerts.remove(index);
        } else {
            self.forget_closed();
        }
        self.release(&id, event_time);
    }

    /// Forgets the oldest closed alerts beyond those remembered.
    fn forget_closed(&mut self) {
        while self.c.alerts.iter().filter(|a| !a.is_live()).count() > CLOSED_MAX {
            let oldest = self.c.alerts.iter().filter_map(|a| a.closed_at).min();
            let Some(index) = self.c.alerts.iter().position(|a| a.closed_at.is_some() && a.closed_at == oldest) else {
                return;
            };
            self.c.alerts.remove(index);
        }
    }

    /// Ends alerts before their time where a customer has more than anybody could look after.
    fn make_room(&mut self, event_time: Time) {
        let live = |a: &(usize, &LiveAlert)| a.1.is_live();
        while self.c.alerts.iter().filter(|a| a.is_live()).count() >= LIVE_MAX {
            let alerts = self.c.alerts.iter().enumerate().filter(live);
            let Some((index, _)) = alerts.min_by_key(|(_, a)| (a.severity, a.opened_at)) else { return };
            self.end(index, Status::Expired, Transition::Expired, Reason::Expired, event_time);
        }
    }

    /// Lets go the live alerts that the alert `id` kept quiet, unless another one does.
    fn release(&mut self, id: &str, event_time: Time) {
        for index in 0..self.c.alerts.len() {
            let alert = &self.c.alerts[index];
            if !alert.is_live() || alert.inhibited_by.as_deref() != Some(id) {
                continue;
            }
            let next = self.inhibitor(alert.kind, alert.object.as_deref());
            self.c.alerts[index].inhibited_by = next;
            // One whose condition is false already only waits for its end.
            if self.c.alerts[index].inhibited_by.is_some() || self.c.alerts[index].hold_until.is_some() {
                continue;
            }
            let mut alert = self.c.alerts[index].clone();
            let first = !alert.announced && alert.status == Status::Open;
            let transition = if first { Transition::Opened } else { Transition::Updated };
            if let Some(span) = alert.act_span {
                self.ask(&mut alert, ActBy::Business(span));
            }
            alert.announced = true;
            alert.severity = self.severity(&alert);
            self.c.alerts[index] = alert;
            self.emit(index, transition, Some(Reason::InhibitorClosed), event_time);
        }
    }

    /// Resolves every live alert of the customer: nothing is let go by it.
    pub fn close_all(&mut self, reason: Reason, event_time: Time) {
        for kind in Kind::ALL {
            for index in 0..self.c.alerts.len() {
                if self.c.alerts[index].kind == *kind && self.c.alerts[index].is_live() {
                    self.c.alerts[index].shut(Status::Resolved, reason, self.now);
                    self.emit(index, Transition::Resolved, Some(reason), event_time);
                }
            }
        }
        self.forget_closed();
    }

    /// The live alert that keeps an alert of `kind` and `object` quiet.
    fn inhibitor(&self, kind: Kind, object: Option<&str>) -> Option<Box<str>> {
        let live = |kind: Kind, object: Option<&str>| self.c.alerts.iter().find(|a| a.is_live() && a.is(kind, object));
        let leaving = definition(kind).quiet_when_leaving.then(|| live(Kind::CancellationIntent, None)).flatten();
        let again = (kind == Kind::SecondChance).then(|| live(Kind::DoubleDeviation, object)).flatten();
        leaving.or(again).map(|a| a.alert_id(&self.c.key).into())
    }

    /// An alert that keeps others quiet has opened: tells those that are live.
    pub fn quieten(&mut self, event_time: Time) {
        for index in 0..self.c.alerts.len() {
            let alert = &self.c.alerts[index];
            if !alert.is_live() || alert.inhibited_by.is_some() {
                continue;
            }
            if let Some(by) = self.inhibitor(alert.kind, alert.object.as_deref()) {
                self.c.alerts[index].inhibited_by = Some(by);
                self.emit(index, Transition::Inhibited, Some(Reason::Superseded), event_time);
            }
        }
    }

    /// What the alert's severity should be now: its floor, lifted by band and value where the kind allows it.
    fn severity(&self, alert: &LiveAlert) -> Severity {
        if !definition(alert.kind).band_lifts {
            return alert.floor;
        }
        let lifted = alert.floor.max(severity_of(self.c.band.band));
        match lifted {
            _ if !self.is_valued() => lifted,
            Severity::Info => Severity::Warning,
            Severity::Warning => Severity::Error,
            Severity::Error | Severity::Critical => Severity::Critical,
        }
    }

    /// Whether the customer's value is in the top decile, or they have recommended us in the last 365 days.
    fn is_valued(&self) -> bool {
        let advocate = self.c.ledgers.get(Ledger::Advocacy).is_some_and(|a| self.now - a.at <= Span::days(365));
        advocate || self.is_top_value()
    }

    /// Whether the customer's value is in the top decile.
    pub fn is_top_value(&self) -> bool {
        let Some(profile) = &self.c.profile else { return false };
        match profile.value_decile {
            Some(decile) => decile == 10,
            None => self.rules.score.value_top_decile.zip(profile.value).is_some_and(|(top, value)| value >= top),
        }
    }

    /// Brings a live alert's severity and news up to date.
    fn settle(&mut self, index: usize, event_time: Time) {
        let target = self.severity(&self.c.alerts[index]);
        let interval = self.rules.alerts.update_interval;
        let now = self.now;
        let alert = &mut self.c.alerts[index];
        if target > alert.severity {
            let reason = if alert.floor >= target { Reason::SeverityUp } else { Reason::Band };
            alert.lower_at = None;
            if alert.inhibited_by.is_some() {
                alert.severity = target;
                return;
            }
            if alert.status == Status::Snoozed {
                (alert.status, alert.snoozed_until) = (Status::Open, None);
                self.emit(index, Transition::Unsnoozed, Some(Reason::SeverityUp), event_time);
            }
            let mut alert = self.c.alerts[index].clone();
            alert.severity = target;
            let (before, expected) = (alert.act_by, alert.act_span.is_some() || alert.act_by.is_none());
            if expected && alert.status == Status::Open {
                self.ask(&mut alert, ActBy::Severity);
                alert.act_by = alert.act_by.min(before.or(alert.act_by));
            }
            self.c.alerts[index] = alert;
            self.emit(index, Transition::Escalated, Some(reason), event_time);
            return;
        }
        if target < alert.severity && alert.lower_at.is_none() {
            // The band has dwelt on its own account before it fell.
            alert.severity = target;
            if alert.inhibited_by.is_none() {
                self.emit(index, Transition::Deescalated, Some(Reason::Band), event_time);
            }
            return;
        }
        // One that nobody was told of, or whose condition is false already, has nothing to add.
        let quiet = alert.inhibited_by.is_some() || alert.hold_until.is_some() || !alert.announced;
        if quiet || alert.status == Status::Snoozed {
            return;
        }
        let band = self.c.band.band;
        if alert.pending.is_none() && alert.told_band != band {
            alert.pending = Some(Reason::Band);
        }
        if let Some(reason) = alert.pending
            && alert.last_update.is_none_or(|last| now >= last + interval)
        {
            self.emit(index, Transition::Updated, Some(reason), event_time);
        }
    }

    /// Brings every live alert up to date after an event or a timer of the customer.
    pub fn settle_all(&mut self, event_time: Time) {
        if !self.c.alerts.iter().any(LiveAlert::is_live) {
            return;
        }
        let top = top_factor(self.c, self.rules, self.now);
        for index in 0..self.c.alerts.len() {
            let alert = &mut self.c.alerts[index];
            if alert.is_live() {
                if alert.told_top.as_deref() != top && alert.pending.is_none() {
                    alert.pending = Some(Reason::NewFact);
                }
                self.settle(index, event_time);
            }
        }
    }

    /// A deadline of an alert has come.
    pub fn alert_timer(&mut self, index: usize, timer: AlertTimer, due: Time) {
        let severity = self.severity(&self.c.alerts[index]);
        let timezone = self.c.timezone().map(str::to_owned);
        let owners = self.rules.alerts.owners.len();
        let alert = &mut self.c.alerts[index];
        match timer {
            AlertTimer::Hold => {
                let reason = hold_reason(alert.kind);
                self.close(index, reason, due);
            }
            AlertTimer::Expire => self.end(index, Status::Expired, Transition::Expired, Reason::Expired, due),
            AlertTimer::Wake => self.wake(index, Reason::SnoozeOver, due),
            AlertTimer::Lower => {
                alert.lower_at = None;
                if severity < alert.severity {
                    let reason = if alert.floor == severity { Reason::ConditionFalse } else { Reason::Band };
                    alert.severity = severity;
                    self.emit(index, Transition::Deescalated, Some(reason), due);
                }
            }
            AlertTimer::ActBy => {
                let span = alert.act_span.unwrap_or(Span::ZERO);
                alert.level += 1;
                if owners > 1 {
                    alert.owner = None;
                }
                alert.act_by = Some(self.calendar.add(due, span, timezone.as_deref()));
                alert.remind_at = (alert.reminders < LEVELS_MAX)
                    .then(|| self.calendar.add(due, Span(span.0 / 2), timezone.as_deref()));
                self.emit(index, Transition::Escalated, Some(Reason::ActByMissed), due);
            }
            AlertTimer::Remind => {
                alert.remind_at = None;
                alert.reminders += 1;
                self.emit(index, Transition::Reminded, Some(Reason::Repeat), due);
            }
            AlertTimer::Update => {
                let reason = alert.pending.unwrap_or(Reason::NewFact);
                self.emit(index, Transition::Updated, Some(reason), due);
            }
        }
    }

    fn wake(&mut self, index: usize, reason: Reason, event_time: Time) {
        let mut alert = self.c.alerts[index].clone();
        alert.status = Status::Open;
        alert.snoozed_until = None;
        if let Some(span) = alert.act_span {
            self.ask(&mut alert, ActBy::Business(span));
        }
        self.c.alerts[index] = alert;
        self.emit(index, Transition::Unsnoozed, Some(reason), event_time);
    }

    /// A person did something with a live alert.
    pub fn command(&mut self, index: usize, command: Command<'_>, event_time: Time) {
        let rules = &self.rules.alerts;
        let alert = &mut self.c.alerts[index];
        match command {
            Command::Acknowledge => {
                if alert.status == Status::Acknowledged {
                    return;
                }
                alert.status = Status::Acknowledged;
                alert.snoozed_until = None;
                self.emit(index, Transition::Acknowledged, Some(Reason::Human), event_time);
            }
            Command::Snooze(until) => {
                alert.status = Status::Snoozed;
                alert.snoozed_until = Some(until.unwrap_or(event_time + rules.snooze_default));
                self.emit(index, Transition::Snoozed, Some(Reason::Human), event_time);
            }
            Command::Unsnooze => {
                if alert.status == Status::Snoozed {
                    self.wake(index, Reason::Human, event_time);
                }
            }
            Command::Assign(owner) => {
                alert.owner = Some(owner.into());
                self.emit(index, Transition::Assigned, Some(Reason::Human), event_time);
            }
            Command::Resolve => self.close(index, Reason::Human, event_time),
            Command::Dismiss(reason) => {
                let span = if alert.object.is_some() { rules.mute_object } else { rules.mute_kind };
                let mute = Mute { kind: alert.kind, object: alert.object.clone(), until: event_time + span };
                push_tight(&mut self.c.mutes, mute);
                if self.c.mutes.len() > CLOSED_MAX {
                    self.c.mutes.remove(0);
                }
                self.end(index, Status::Resolved, Transition::Dismissed, reason, event_time);
            }
        }
    }

    /// Writes one transition of an alert into the effects, and remembers what was told.
    fn emit(&mut self, index: usize, transition: Transition, reason: Option<Reason>, event_time: Time) {
        let mut risk = self.risk().clone();
        let band = self.c.band.band;
        let now = self.now;
        let alert = &mut self.c.alerts[index];
        alert.seq += 1;
        risk.previous = alert.told_log_odds;
        risk.band = band;
        alert.told_band = band;
        alert.told_log_odds = Some(risk.log_odds);
        let top = risk.contributions.first().map(|c| c.factor);
        if alert.told_top.as_deref() != top {
            alert.told_top = top.map(Into::into);
        }
        alert.pending = None;
        if transition == Transition::Updated {
            alert.last_update = Some(now);
        }
        let alert = &self.c.alerts[index];
        let definition = definition(alert.kind);
        let asked = alert.status == Status::Open || alert.act_span.is_none();
        let erased = reason == Some(Reason::Erased);
        self.effects.push(Effect::Alert(Box::new(Alert {
            alert_id: alert.alert_id(&self.c.key),
            dedup_key: alert.dedup_key(&self.c.key),
            seq: alert.seq,
            transition,
            status: alert.status,
            kind: alert.kind,
            customer: self.c.key.clone(),
            account_id: self.c.account_id.as_deref().map(str::to_owned),
            severity: alert.severity,
            certainty: definition.certainty,
            opened_at: alert.opened_at,
            updated_at: now,
            event_time,
            act_by: alert.act_by.filter(|_| asked),
            expires_at: alert.expires_at,
            escalation_level: alert.level,
            owner: self.owner(alert),
            occurrences: alert.occurrences,
            risk: if erased { None } else { Some(risk) },
            evidence: if erased { Vec::new() } else { alert.evidence.iter().map(Fact::evidence).collect() },
            action: action(definition),
            inhibited_by: alert.inhibited_by.as_deref().map(str::to_owned),
            incident_id: alert.incident.as_deref().map(str::to_owned),
            reason,
            value_at_stake: self.c.value(),
            facts: alert.facts.clone(),
        })));
    }

    /// Whose turn it is: who a person chose, else the profile's owner, then the configured ones one after the other.
    fn owner(&self, alert: &LiveAlert) -> String {
        if let Some(owner) = &alert.owner {
            return owner.to_string();
        }
        let own = self.c.profile.as_ref().and_then(|p| p.owner.as_deref());
        let mut chain = own.into_iter().chain(self.rules.alerts.owners.iter().map(String::as_str));
        let level = usize::from(alert.level);
        let last = self.rules.alerts.owners.last().map_or("", String::as_str);
        chain.nth(level).unwrap_or(last).to_owned()
    }
}

/// What a person can do with an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// I am on it.
    Acknowledge,
    /// Not before this time, or for the default while.
    Snooze(Option<Time>),
    /// After all, now.
    Unsnooze,
    /// This owner.
    Assign(&'a str),
    /// It is done.
    Resolve,
    /// It was a false alarm, or for the reason given.
    Dismiss(Reason),
}

/// Why an alert of `kind` closes once its hold is over.
fn hold_reason(kind: Kind) -> Reason {
    match kind {
        Kind::DoubleDeviation => Reason::SourceClosed,
        _ => Reason::ConditionFalse,
    }
}

fn action(definition: &Definition) -> Action {
    Action {
        code: definition.action,
        steps: definition.steps.to_vec(),
        do_not: definition.do_not.to_vec(),
        guardrails: definition.guardrails.iter().map(|g| (*g, None)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dedup_key_keeps_parts_apart_and_within_its_length() {
        let key = CustomerKey::new("acme", "c/1");
        assert_eq!(dedup_key(&key, Kind::PromiseBroken, Some("p%7")), "acme/c%2F1/PROMISE_BROKEN/p%257");
        assert_eq!(dedup_key(&key, Kind::SilentDeparture, None), "acme/c%2F1/SILENT_DEPARTURE");
        let long = CustomerKey::new(&"ñ".repeat(64), &"x".repeat(128));
        let key = dedup_key(&long, Kind::PromiseBroken, Some("p"));
        assert!(key.len() <= DEDUP_KEY_MAX, "{}", key.len());
        assert_eq!(key.rfind('~'), Some(key.len() - 33));
        assert_ne!(key, dedup_key(&long, Kind::PromiseBroken, Some("q")));
    }

    #[test]
    fn an_alert_id_is_the_same_in_every_run_and_sorts_by_time() {
        let one = alert_id("acme/c/PROMISE_BROKEN/p", Time(1_772_636_531_000), 0);
        assert_eq!(one, alert_id("acme/c/PROMISE_BROKEN/p", Time(1_772_636_531_000), 0));
        assert_ne!(one, alert_id("acme/c/PROMISE_BROKEN/p", Time(1_772_636_531_000), 1));
        assert_eq!(one.len(), 29);
        assert!(one < alert_id("acme/c/PROMISE_BROKEN/a", Time(1_772_636_532_000), 0));
    }
}
