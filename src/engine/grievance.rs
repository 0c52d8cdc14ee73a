//! What a customer has to complain of: complaints with a case, and failures that nobody filed. Open ones do not decay.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::fact::Fact;
use super::hash::hash64;
use super::ledger::{Ledger, Ledgers};
use crate::model::event::{Category, ComplaintSeverity};
use crate::model::{Span, Time};

/// Items of a kind remembered for one customer; beyond it the oldest closed one goes, else the oldest.
pub const ITEMS_MAX: usize = 64;
/// Responses remembered of one complaint.
pub const RESPONSES_MAX: usize = 4;
/// A closed item is remembered this long, so that late and reordered steps find it.
pub const TOMBSTONE: Span = Span::days(30);

/// How a complaint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaseState {
    /// Not solved.
    Open,
    /// Solved: resolved, or closed without having been resolved before.
    Resolved,
    /// Taken back by the customer.
    Withdrawn,
}

/// A complaint with a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Complaint {
    /// Its id.
    pub id: Box<str>,
    /// The event that opened it; `None` while only later steps have arrived.
    pub opened: Option<Fact>,
    /// The correlation id of its opening.
    pub correlation: Option<Box<str>>,
    /// The incident it belongs to.
    pub incident: Option<Box<str>>,
    /// How bad it is.
    pub severity: ComplaintSeverity,
    /// Why, if known.
    pub category: Option<Category>,
    /// How it stands.
    pub state: CaseState,
    /// Event time of the step that made `state`.
    pub state_at: Time,
    /// Last opening or reopening: its limits run from here.
    pub started: Time,
    /// Limit for the first answer, inclusive.
    pub answer_due: Time,
    /// From here on its time is nearly over.
    pub soon_due: Time,
    /// Limit for the resolution, inclusive.
    pub resolve_due: Time,
    /// Limit for saying sorry, inclusive; `Time::MAX` where nobody has to.
    pub admission_due: Time,
    /// First answer since `started`.
    pub answered: Option<Time>,
    /// Whether the first limit was seen to pass unanswered.
    pub answer_missed: bool,
    /// Whether `soon_due` was seen to pass.
    pub soon_told: bool,
    /// Whether the second limit was seen to pass unsolved.
    pub resolve_missed: bool,
    /// Whether the limit for saying sorry was seen to pass without it.
    pub admission_missed: bool,
    /// Whether the company has said sorry, or admitted the error, since it was opened.
    pub admitted: bool,
    /// The last written responses that admit nothing, at most `RESPONSES_MAX`, in order of time.
    pub responses: ThinVec<Fact>,
    /// The step that made `Resolved`.
    pub solved: Option<Fact>,
    /// The customer agreed that it is solved, or was content.
    pub confirmed: Option<Fact>,
    /// The last step, if not the opening.
    pub last_step: Option<Fact>,
    /// Whether it was ever reopened.
    pub reopened: bool,
    /// What its closing added to the count of closed failures, to take back when it reopens.
    pub closed_weight: f64,
}

impl Complaint {
    /// Whether it counts as an open item: known to be opened or reopened, and not solved.
    pub fn is_open(&self) -> bool {
        self.state == CaseState::Open && (self.opened.is_some() || self.reopened)
    }

    /// The event it is known by: its opening, or its reopening where that came alone.
    pub fn voice(&self) -> Option<&Fact> {
        self.opened.as_ref().or(self.last_step.as_ref())
    }

    /// Weight as an open item.
    pub fn weight(&self) -> f64 {
        match self.severity {
            ComplaintSeverity::Minor => 0.5,
            ComplaintSeverity::Normal => 1.0,
            ComplaintSeverity::Major => 2.0,
        }
    }

    /// Takes in what is known of the same complaint under another name of the customer: the later step says how it
    /// stands. What the other one's closing counted is taken back.
    pub fn absorb(&mut self, mut other: Complaint, ledgers: &mut Ledgers) {
        if other.state_at > self.state_at {
            std::mem::swap(self, &mut other);
        }
        if other.closed_weight > 0.0 {
            ledgers.take_back(Ledger::FailuresResolved, other.closed_weight, other.state_at);
        }
        self.opened = self.opened.take().or(other.opened);
        self.correlation = self.correlation.take().or(other.correlation);
        self.incident = self.incident.take().or(other.incident);
        self.category = self.category.or(other.category);
        self.answered = self.answered.or(other.answered.filter(|at| *at >= self.started));
        self.admitted |= other.admitted;
        self.confirmed = self.confirmed.take().or(other.confirmed);
        let step = |step: &Option<Fact>| step.as_ref().map(|fact| fact.time);
        if step(&other.last_step) > step(&self.last_step) {
            self.last_step = other.last_step;
        }
    }

    /// Whether the company owes a word of apology, and its time is over.
    pub fn lacks_admission(&self) -> bool {
        self.is_open() && self.admission_missed && !self.admitted
    }

    /// Whether a contact with these ids belongs to it.
    pub fn is_about(&self, correlation: Option<&str>, complaint_id: Option<&str>) -> bool {
        complaint_id.is_some_and(|id| id == &*self.id)
            || correlation.is_some_and(|c| c == &*self.id || self.correlation.as_deref() == Some(c))
    }
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// delivery.late
    Late,
    /// delivery.failed
    Failed,
    /// delivery.mismatched
    Mismatched,
    /// contact.ended{resolved=false}
    Unresolved,
    /// contact.quality_scored, low on its scale
    LowScore,
    /// service.wait_exceeded, from the second within a month
    Wait,
}

impl FailureKind {
    /// Weight as an open item.
    pub fn weight(self) -> f64 {
        match self {
            FailureKind::Late | FailureKind::Unresolved | FailureKind::LowScore | FailureKind::Wait => 0.5,
            FailureKind::Failed | FailureKind::Mismatched => 1.0,
        }
    }

    /// The switching reason it stands for.
    pub fn category(self) -> Category {
        match self {
            FailureKind::Late | FailureKind::Failed | FailureKind::Mismatched => Category::CoreFailure,
            FailureKind::Unresolved => Category::ResponseFailure,
            FailureKind::LowScore => Category::EncounterFailure,
            FailureKind::Wait => Category::Inconvenience,
        }
    }

    /// Whether something was not brought as it should be: what weighs double after a recovery.
    pub fn is_delivery(self) -> bool {
        match self {
            FailureKind::Late | FailureKind::Failed | FailureKind::Mismatched => true,
            FailureKind::Unresolved | FailureKind::LowScore | FailureKind::Wait => false,
        }
    }

    /// Whether it is about one contact, of which a second failure is none.
    pub fn is_contact(self) -> bool {
        matches!(self, FailureKind::Unresolved | FailureKind::LowScore)
    }
}

/// A failure that nobody filed as a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Order, correlation or contact it is about.
    pub object: Box<str>,
    /// The correlation id of the event.
    pub correlation: Option<Box<str>>,
    /// What kind it was.
    pub kind: FailureKind,
    /// The event.
    pub fact: Fact,
    /// When it was made good or given up; `None` while open.
    pub closed: Option<Time>,
}

impl Failure {
    /// Whether a repair with these ids is about it.
    pub fn is_about(&self, object: Option<&str>, correlation: Option<&str>) -> bool {
        let own = |id: &str| id == &*self.object || self.correlation.as_deref() == Some(id);
        object.is_some_and(own) || correlation.is_some_and(own)
    }
}

/// The last repairs, for failures that arrive after their repair: nearly every customer has some.
pub type Repairs = ThinVec<Repair>;

/// Something was made good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// Hash of the object or the correlation that it was about.
    about: u32,
    /// Seconds since 1970, rounded up.
    seconds: u32,
}

impl Repair {
    /// A repair of what `id` names.
    pub fn new(id: &str, at: Time) -> Repair {
        let seconds = at.0.div_euclid(1_000) + i64::from(at.0.rem_euclid(1_000) > 0);
        Repair { about: Repair::hash(id), seconds: seconds.clamp(0, i64::from(u32::MAX)) as u32 }
    }

    /// Whether it is about what `id` names.
    pub fn is_about(self, id: &str) -> bool {
        self.about == Repair::hash(id)
    }

    /// When it was made, to the second.
    pub fn at(self) -> Time {
        Time(i64::from(self.seconds) * 1_000)
    }

    fn hash(id: &str) -> u32 {
        hash64(id.as_bytes(), 0x7265_7061) as u32
    }
}

/// Repairs remembered.
pub const REPAIRS_MAX: usize = 8;

/// Makes room in a list of at most `ITEMS_MAX`: drops the first closed item, else the first. Returns what was dropped.
pub fn make_room<T>(items: &mut ThinVec<T>, is_closed: impl Fn(&T) -> bool) -> Option<T> {
    if items.len() < ITEMS_MAX {
        return None;
    }
    let index = items.iter().position(is_closed).unwrap_or(0);
    Some(items.remove(index))
}
