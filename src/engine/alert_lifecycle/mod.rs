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

mod command;
mod ids;
mod inhibition;
mod of_customer;
mod settle;
mod state;
mod subject;
mod tell;

use thin_vec::ThinVec;

pub use command::Command;
pub use state::{AlertTimer, LiveAlert, Mute};
pub use subject::Subject;

use super::context::Context;
use super::fact::Fact;
use super::tight::push_tight;
use crate::model::alert::{Band, Facts, Guardrail, Reason, Severity, Status, Transition};
use crate::model::{Kind, Span, Time};
use state::LEVELS_MAX;

/// Evidence kept for one alert.
pub const EVIDENCE_MAX: usize = 20;
/// Live alerts of one customer: beyond it the oldest of the least severe ends.
const LIVE_MAX: usize = 64;
/// Closed alerts remembered for reopening.
pub const CLOSED_MAX: usize = 32;

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
    /// Limits for other systems besides those of its kind, and until when; none: as long as it is live.
    pub limits: ThinVec<(Guardrail, Option<Time>)>,
    /// A kind that does not speak for itself: its action is one more step of this one's.
    pub folded: Option<Kind>,
}

impl<'a> Raise<'a> {
    /// A condition of `kind` with the rest to be filled in: no evidence, no facts, acted on as the severity says, no end.
    pub fn new(kind: Kind, object: Option<&'a str>, floor: Severity, event_time: Time) -> Raise<'a> {
        Raise {
            kind,
            object,
            floor,
            event_time,
            evidence: ThinVec::new(),
            facts: Facts::default(),
            act_by: ActBy::Severity,
            expires_at: None,
            incident: None,
            limits: ThinVec::new(),
            folded: None,
        }
    }
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

impl<S: Subject> Context<'_, S> {
    /// A condition holds: opens, updates, escalates or reopens its alert.
    pub fn raise(&mut self, raise: Raise<'_>) {
        let (kind, object, now) = (raise.kind, raise.object, self.now);
        if self.c.is_muted(kind, object, now) {
            return;
        }
        let reopen_within = self.rules.alerts.reopen_within;
        let forgotten = |a: &LiveAlert| a.closed_at.is_some_and(|at| now > at + reopen_within);
        self.c.alerts_mut().retain(|a| !forgotten(a));
        match self.c.alerts().iter().position(|a| a.is(kind, object)) {
            None => self.open(raise),
            Some(index) if self.c.alerts()[index].status == Status::Expired => {
                self.c.alerts_mut().remove(index);
                self.open(raise);
            }
            Some(index) if self.c.alerts()[index].is_live() => self.confirm(index, raise),
            Some(index) => {
                let alert = &self.c.alerts()[index];
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
        let act_by = raise.act_by;
        let alert = self.begin(raise);
        self.announce(alert, act_by, Transition::Opened, None);
    }

    /// A new alert, of which nobody was told yet.
    fn begin(&mut self, raise: Raise<'_>) -> LiveAlert {
        let number = self.c.next_number();
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
            limits: raise.limits,
            folded: raise.folded,
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
        alert
    }

    /// Adds an alert that opens or reopens, and tells of it, or of what keeps it quiet.
    fn announce(&mut self, alert: LiveAlert, act_by: ActBy, transition: Transition, reason: Option<Reason>) {
        let event_time = alert.event_time;
        push_tight(self.c.alerts_mut(), alert);
        let index = self.c.alerts().len() - 1;
        // From now on somebody hears of the band.
        S::is_heard(self);
        let mut alert = self.c.alerts()[index].clone();
        alert.severity = self.severity_of(&alert);
        let inhibitor = self.c.inhibitor(&alert);
        alert.announced |= inhibitor.is_none();
        alert.inhibited_by = inhibitor;
        self.ask(&mut alert, act_by);
        let inhibited = alert.inhibited_by.is_some();
        self.c.alerts_mut()[index] = alert;
        if inhibited {
            self.emit(index, Transition::Inhibited, Some(Reason::Superseded), event_time);
        } else {
            self.emit(index, transition, reason, event_time);
        }
    }

    /// Opens here what was live under another name of the same customer, unless it is live here too: with its facts, who
    /// looks after it, and how long it has still to go.
    pub fn adopt(&mut self, alert: LiveAlert) {
        let (kind, object) = (alert.kind, alert.object.as_deref());
        let is_same = |known: &LiveAlert| known.is(kind, object);
        if self.c.is_muted(kind, object, self.now) || self.c.alerts().iter().any(|a| a.is_live() && is_same(a)) {
            return;
        }
        self.c.alerts_mut().retain(|a| !is_same(a));
        self.make_room(alert.event_time);
        let act_by = match (alert.act_span, alert.act_by) {
            (None, Some(at)) => ActBy::At(at),
            _ => ActBy::Severity,
        };
        let adopted = LiveAlert {
            first_event_time: alert.first_event_time,
            owner: alert.owner.clone(),
            hold_until: alert.hold_until,
            ..self.begin(Raise {
                kind,
                object,
                floor: alert.floor,
                event_time: alert.event_time,
                evidence: alert.evidence,
                facts: alert.facts,
                act_by,
                expires_at: alert.expires_at,
                incident: alert.incident,
                limits: alert.limits,
                folded: alert.folded,
            })
        };
        self.announce(adopted, act_by, Transition::Opened, None);
    }

    /// The condition of a live alert holds, perhaps on more evidence or at another step.
    fn confirm(&mut self, index: usize, raise: Raise<'_>) {
        let alert = &mut self.c.alerts_mut()[index];
        alert.hold_until = None;
        alert.facts = raise.facts;
        // Limits that had run out hold anew: whoever keeps to them must hear of it.
        let now = self.now;
        let over = alert.limits.iter().any(|(_, until)| until.is_some_and(|until| until <= now));
        if over && alert.limits != raise.limits {
            alert.pending.get_or_insert(Reason::Repeat);
        }
        alert.limits = raise.limits;
        let folded = alert.folded != raise.folded;
        alert.folded = raise.folded;
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
        if news || folded {
            alert.pending = Some(Reason::NewFact);
        }
        self.settle(index, raise.event_time);
    }

    fn reopen(&mut self, index: usize, raise: Raise<'_>) {
        let mut alert = self.c.alerts_mut().remove(index);
        alert.status = Status::Open;
        (alert.closed_at, alert.closed_by) = (None, None);
        alert.occurrences += 1;
        alert.floor = raise.floor;
        alert.event_time = raise.event_time;
        alert.expires_at = raise.expires_at;
        alert.evidence = raise.evidence;
        alert.evidence.truncate(EVIDENCE_MAX);
        alert.facts = raise.facts;
        (alert.limits, alert.folded) = (raise.limits, raise.folded);
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
        let Some(index) = self.c.alerts().iter().position(|a| ends(a) && a.is(kind, object)) else { return };
        if hold == Span::ZERO {
            self.close(index, reason, event_time);
        } else {
            let alert = &mut self.c.alerts_mut()[index];
            alert.hold_until.get_or_insert(event_time + hold);
        }
    }

    /// Resolves a live alert and lets go what it kept quiet.
    fn close(&mut self, index: usize, reason: Reason, event_time: Time) {
        self.end(index, Status::Resolved, Transition::Resolved, reason, event_time);
    }

    fn end(&mut self, index: usize, status: Status, transition: Transition, reason: Reason, event_time: Time) {
        self.c.alerts_mut()[index].shut(status, reason, self.now);
        self.emit(index, transition, Some(reason), event_time);
        let id = self.c.alerts()[index].alert_id(self.c.key());
        // What should not have been does not reopen.
        if reason == Reason::LateFact {
            self.c.alerts_mut().remove(index);
        } else {
            self.forget_closed();
        }
        self.release(&id, event_time);
    }

    /// Forgets the oldest closed alerts beyond those remembered.
    fn forget_closed(&mut self) {
        while self.c.alerts().iter().filter(|a| !a.is_live()).count() > CLOSED_MAX {
            let oldest = self.c.alerts().iter().filter_map(|a| a.closed_at).min();
            let Some(index) = self.c.alerts().iter().position(|a| a.closed_at.is_some() && a.closed_at == oldest)
            else {
                return;
            };
            self.c.alerts_mut().remove(index);
        }
    }

    /// Ends alerts before their time where a customer has more than anybody could look after.
    fn make_room(&mut self, event_time: Time) {
        let live = |a: &(usize, &LiveAlert)| a.1.is_live();
        while self.c.alerts().iter().filter(|a| a.is_live()).count() >= LIVE_MAX {
            let alerts = self.c.alerts().iter().enumerate().filter(live);
            let Some((index, _)) = alerts.min_by_key(|(_, a)| (a.severity, a.opened_at)) else { return };
            self.end(index, Status::Expired, Transition::Expired, Reason::Expired, event_time);
        }
    }

    /// Resolves every live alert of the customer: nothing is let go by it. When the customer is erased, closed alerts are
    /// told of once more too, so that whoever holds a copy drops it.
    pub fn close_all(&mut self, reason: Reason, event_time: Time) {
        let ends = |a: &LiveAlert| a.is_live() || reason == Reason::Erased;
        for kind in Kind::ALL {
            for index in 0..self.c.alerts().len() {
                if self.c.alerts()[index].kind == *kind && ends(&self.c.alerts()[index]) {
                    self.c.alerts_mut()[index].shut(Status::Resolved, reason, self.now);
                    self.emit(index, Transition::Resolved, Some(reason), event_time);
                }
            }
        }
        self.forget_closed();
    }

    /// A deadline of an alert has come.
    pub fn alert_timer(&mut self, index: usize, timer: AlertTimer, due: Time) {
        let severity = self.severity_of(&self.c.alerts()[index]);
        let timezone = self.c.timezone().map(str::to_owned);
        let owners = self.rules.alerts.owners.len();
        let alert = &mut self.c.alerts_mut()[index];
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
}

/// Why an alert of `kind` closes once its hold is over.
fn hold_reason(kind: Kind) -> Reason {
    match kind {
        Kind::DoubleDeviation => Reason::SourceClosed,
        _ => Reason::ConditionFalse,
    }
}
