//! Payment plans and their instalments.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::{Money, invoice_hash};
use crate::engine::fact::Fact;
use crate::engine::hash::hash64;
use crate::engine::rules::PlanRules;
use crate::engine::tight::push_tight;
use crate::model::event::BillingData;
use crate::model::{Event, EventType, Span, Time};

/// Plans remembered.
const PLANS_MAX: usize = 8;
/// Instalments remembered of one plan: five years of months, at least.
const INSTALMENTS_MAX: usize = 64;
/// A plan that is over is remembered this much longer.
const REMEMBERED: Span = Span::days(30);

/// A payment plan. `Time::MAX` stands for "not" and "not known".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its id.
    pub id: Box<str>,
    /// The event that agreed on it, or last changed it; none while only later steps have arrived.
    pub agreed: Option<Fact>,
    /// Hash of the invoice that it names.
    pub invoice: Option<u64>,
    /// Its instalments, those listed in order of their due times.
    pub instalments: ThinVec<Instalment>,
    /// When an instalment was last kept; `Time::MIN` if never.
    pub kept_at: Time,
    /// When another plan took its place.
    pub replaced: Time,
    /// The earliest due time of an instalment neither kept nor missed.
    pub next_due: Time,
    /// The last missed instalment that an alert has spoken of; `Time::MIN` if none.
    pub told: Time,
}

/// One instalment of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instalment {
    /// Hash of its id; 0 for one without.
    id: u32,
    /// When it falls due.
    pub due: Time,
    /// When it was missed: its time passed, or somebody said so before.
    pub missed: Time,
    /// The event that said so.
    pub fact: Option<Fact>,
    /// When it was kept.
    pub kept: Time,
}

impl Instalment {
    fn new(id: u32, due: Time) -> Instalment {
        Instalment { id, due, missed: Time::MAX, fact: None, kept: Time::MAX }
    }

    fn is_open(&self) -> bool {
        self.kept == Time::MAX && self.missed == Time::MAX
    }
}

fn instalment_hash(id: Option<&str>) -> u32 {
    id.map_or(0, |id| (hash64(id.as_bytes(), 0x696e_7374) as u32).max(1))
}

impl Plan {
    fn new(id: &str) -> Plan {
        Plan {
            id: id.into(),
            agreed: None,
            invoice: None,
            instalments: ThinVec::new(),
            kept_at: Time::MIN,
            replaced: Time::MAX,
            next_due: Time::MAX,
            told: Time::MIN,
        }
    }

    /// When it was agreed or last changed; `Time::MIN` if that is not known.
    pub fn agreed_at(&self) -> Time {
        self.agreed.as_ref().map_or(Time::MIN, |f| f.time)
    }

    /// When the time of an instalment passes next.
    pub fn deadline(&self, grace: Span) -> Time {
        self.next_due + grace
    }

    fn plan_ahead(&mut self) {
        let runs = self.replaced == Time::MAX && self.agreed.is_some();
        let open = self.instalments.iter().filter(|i| runs && i.is_open()).map(|i| i.due);
        self.next_due = open.min().unwrap_or(Time::MAX);
    }

    /// The time of its instalments has passed by `upto`.
    pub fn pass(&mut self, upto: Time, grace: Span) {
        for instalment in self.instalments.iter_mut().filter(|i| i.is_open() && i.due < Time::MAX) {
            if instalment.due + grace <= upto {
                instalment.missed = instalment.due + grace;
            }
        }
        self.plan_ahead();
    }

    /// Instalments missed since the plan was agreed on and not made up for.
    pub fn missed(&self) -> impl Iterator<Item = &Instalment> {
        let from = self.agreed_at();
        let counts = move |i: &&Instalment| i.missed < Time::MAX && i.missed > from && i.kept == Time::MAX;
        self.instalments.iter().filter(counts)
    }

    /// When the last instalment was missed, if none was kept since and no other plan took its place.
    pub fn slipping_since(&self) -> Option<Time> {
        if self.replaced < Time::MAX {
            return None;
        }
        self.missed().map(|i| i.missed).max().filter(|at| *at > self.kept_at)
    }

    /// Whether an instalment was missed between these times, both included, made up for or not.
    pub fn was_missed_within(&self, from: Time, upto: Time) -> bool {
        let upto = upto.min(Time(self.replaced.0.saturating_sub(1)));
        self.instalments.iter().any(|i| (from..=upto).contains(&i.missed))
    }

    /// Whether it was agreed and being kept at `time`.
    pub fn is_kept_at(&self, time: Time, rules: &PlanRules) -> bool {
        let all_kept = !self.instalments.is_empty() && self.instalments.iter().all(|i| i.kept <= time);
        let listed = self.instalments.iter().map(|i| i.due).filter(|due| *due < Time::MAX).max();
        let last = self.agreed_at().max(self.kept_at.min(time)).max(listed.unwrap_or(Time::MIN));
        let slips = |i: &Instalment| i.missed <= time && i.kept > time && self.kept_at.min(time) < i.missed;
        self.agreed.is_some()
            && self.agreed_at() <= time
            && time < self.replaced
            && !all_kept
            && time <= last + rules.over_after
            && !self.instalments.iter().any(slips)
    }

    /// The last time that anything of it is known of.
    fn last_heard(&self) -> Time {
        let latest = |i: &Instalment| {
            [i.due, i.missed, i.kept].into_iter().filter(|t| *t < Time::MAX).max().unwrap_or(Time::MIN)
        };
        self.instalments.iter().map(latest).fold(self.agreed_at().max(self.kept_at), Time::max)
    }

    fn agree(&mut self, event: &Event<'_>, data: &BillingData<'_>) {
        if let Some(invoice) = &data.invoice_id {
            self.invoice.get_or_insert(invoice_hash(invoice));
        }
        let listed = data.instalments.as_deref().unwrap_or_default();
        let again = self.agreed.as_ref().is_some_and(|known| event.time <= known.time);
        if !again {
            self.agreed = Some(Fact::new(event, None));
            // What the new agreement no longer lists has no time any more; what happened stays.
            if !listed.is_empty() {
                self.instalments.retain(|i| !i.is_open());
            }
        }
        let fills = !again || self.instalments.iter().all(|i| i.due == Time::MAX);
        for item in listed.iter().take(INSTALMENTS_MAX).filter(|_| fills) {
            let (id, due) = (instalment_hash(item.instalment_id.as_deref()), item.due.unwrap_or(Time::MAX));
            match self.instalments.iter_mut().find(|i| id != 0 && i.id == id) {
                Some(known) if again || known.kept < Time::MAX || known.due == Time::MAX => known.due = due,
                // Missed under the old terms, due anew under the new ones.
                Some(known) if known.missed <= event.time && due > event.time => *known = Instalment::new(id, due),
                Some(_) => {}
                None => self.push(Instalment::new(id, due)),
            }
        }
        self.instalments.sort_by_key(|i| i.due);
    }

    fn push(&mut self, instalment: Instalment) {
        if self.instalments.len() >= INSTALMENTS_MAX {
            let done = self.instalments.iter().position(|i| i.kept < Time::MAX).unwrap_or(0);
            self.instalments.remove(done);
        }
        push_tight(&mut self.instalments, instalment);
    }

    /// The instalment that a step is about: the one it names, else the first that could be meant.
    fn instalment(&mut self, data: &BillingData<'_>, could_be: impl Fn(&Instalment) -> bool) -> &mut Instalment {
        let id = instalment_hash(data.instalment_id.as_deref());
        let found = match id {
            0 => self.instalments.iter().position(could_be),
            id => self.instalments.iter().position(|i| i.id == id),
        };
        let index = found.unwrap_or_else(|| {
            self.push(Instalment::new(id, data.due.unwrap_or(Time::MAX)));
            self.instalments.len() - 1
        });
        &mut self.instalments[index]
    }

    fn step(&mut self, event: &Event<'_>, data: &BillingData<'_>) {
        let time = event.time;
        if event.event_type == EventType::InstalmentKept {
            let instalment = self.instalment(data, |i| i.kept == Time::MAX);
            instalment.kept = instalment.kept.min(time);
            if instalment.kept <= instalment.missed {
                (instalment.missed, instalment.fact) = (Time::MAX, None);
            }
            self.kept_at = self.kept_at.max(time);
        } else {
            let instalment = self.instalment(data, Instalment::is_open);
            // One that was kept before cannot be missed after.
            if time < instalment.kept {
                instalment.missed = instalment.missed.min(time);
                instalment.fact.get_or_insert_with(|| Fact::new(event, None));
            }
        }
    }
}

impl Money {
    /// The id of the plan that a step is about: as it says, else the plan that holds its instalment, else the only one
    /// that runs.
    pub fn plan_of(&self, event: &Event<'_>, data: &BillingData<'_>) -> Box<str> {
        if data.plan_id.is_some() || event.correlation_id.is_some() || event.event_type == EventType::PlanAgreed {
            return event.object_id(&data.plan_id).into();
        }
        let id = instalment_hash(data.instalment_id.as_deref());
        let holds = |p: &&Plan| id != 0 && p.instalments.iter().any(|i| i.id == id);
        let runs = |p: &&Plan| p.replaced == Time::MAX && p.agreed.is_some();
        let mut running = self.plans.iter().filter(runs);
        let only = running.next().filter(|_| running.next().is_none());
        let plan = self.plans.iter().rev().find(holds).or(only);
        plan.map_or_else(|| event.object_id(&data.plan_id).into(), |p| p.id.clone())
    }

    /// A plan was agreed on, or a step of it happened. Returns its id.
    pub(super) fn plan(&mut self, event: &Event<'_>, data: &BillingData<'_>) -> Box<str> {
        let id = self.plan_of(event, data);
        let index = self.plans.iter().position(|p| p.id == id).unwrap_or_else(|| {
            if self.plans.len() >= PLANS_MAX {
                let over = self.plans.iter().position(|p| p.replaced < Time::MAX).unwrap_or(0);
                self.plans.remove(over);
            }
            push_tight(&mut self.plans, Plan::new(&id));
            self.plans.len() - 1
        });
        if event.event_type == EventType::PlanAgreed {
            self.plans[index].agree(event, data);
            self.replace(index);
        } else {
            self.plans[index].step(event, data);
            if self.plans[index].agreed.is_none() {
                self.replace(index);
            }
        }
        self.plans[index].plan_ahead();
        id
    }

    /// A later plan takes the place of an earlier one, unless they are for different invoices.
    fn replace(&mut self, index: usize) {
        let (at, invoice) = (self.plans[index].agreed_at(), self.plans[index].invoice);
        let apart = |other: &Plan| other.invoice.is_some() && invoice.is_some() && other.invoice != invoice;
        let mut successor = Time::MAX;
        for other in 0..self.plans.len() {
            let plan = &mut self.plans[other];
            if other == index || apart(plan) {
                continue;
            }
            if plan.agreed_at() > at {
                successor = successor.min(plan.agreed_at());
            } else if plan.agreed_at() < at {
                plan.replaced = plan.replaced.min(at);
                plan.plan_ahead();
            }
        }
        self.plans[index].replaced = successor;
    }

    /// Takes in the plans of the same customer under another name. They were agreed on apart, so that none takes the place
    /// of another; of one that both know the last agreement holds.
    pub(super) fn absorb_plans(&mut self, theirs: ThinVec<Plan>) {
        for mut plan in theirs {
            match self.plans.iter_mut().find(|known| known.id == plan.id) {
                Some(known) => {
                    if plan.agreed_at() > known.agreed_at() {
                        std::mem::swap(known, &mut plan);
                    }
                    known.kept_at = known.kept_at.max(plan.kept_at);
                    known.told = known.told.max(plan.told);
                }
                None => {
                    if self.plans.len() >= PLANS_MAX {
                        let over = self.plans.iter().position(|p| p.replaced < Time::MAX).unwrap_or(0);
                        self.plans.remove(over);
                    }
                    push_tight(&mut self.plans, plan);
                }
            }
        }
    }

    /// When a plan was last agreed on; `Time::MIN` if never.
    pub fn planned_at(&self) -> Time {
        self.plans.iter().map(Plan::agreed_at).max().unwrap_or(Time::MIN)
    }

    pub(super) fn prune_plans(&mut self, now: Time, rules: &PlanRules) {
        let over = |p: &Plan| p.last_heard().min(p.replaced) + rules.over_after + REMEMBERED < now;
        self.plans.retain(|p| !over(p));
    }
}
