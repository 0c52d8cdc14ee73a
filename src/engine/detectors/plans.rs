//! M26, PLAN_AT_RISK: an instalment of a payment plan was missed. Soften it before it breaks.

use thin_vec::ThinVec;

use super::Detector;
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::Changes;
use crate::engine::memory::money::plans::Plan;
use crate::engine::memory::money::present;
use crate::engine::rules::Rules;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

const KIND: Kind = Kind::PlanAtRisk;

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

/// A step of a plan after the time of an instalment shows that it has passed; a new plan does for every plan.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    let Data::Billing(data) = &event.data else { return };
    let step = matches!(event.event_type, EventType::InstalmentKept | EventType::InstalmentMissed);
    if !step && event.event_type != EventType::PlanAgreed {
        return;
    }
    let Some(money) = &cx.c.money else { return };
    let own = money.plan_of(event, data);
    let grace = cx.rules.money.plans.grace;
    let mut due: Vec<(Time, Box<str>)> = Vec::new();
    due.extend(money.plans.iter().filter(|p| !step || p.id == own).map(|p| (p.deadline(grace), p.id.clone())));
    due.sort();
    for (first, id) in due {
        let mut next = first;
        while next < event.time {
            let now = cx.c.highest.max(next);
            cx.at(now, |cx| pass(cx, &id, next));
            let plan = cx.c.money.as_ref().and_then(|m| m.plans.iter().find(|p| p.id == id));
            next = plan.map_or(Time::MAX, |p| p.deadline(grace));
        }
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if changes.moved.is_some() {
        for id in others(cx, |_| true) {
            weigh(cx, &id, event.time);
        }
    }
    let Some(id) = &changes.plan else { return };
    weigh(cx, id, event.time);
    if event.event_type == EventType::PlanAgreed {
        // It takes the place of others.
        for other in others(cx, |p| p.id != *id) {
            weigh(cx, &other, event.time);
        }
    }
}

fn others(cx: &Context<'_>, is_meant: impl Fn(&Plan) -> bool) -> Vec<Box<str>> {
    let plans = cx.c.money.iter().flat_map(|m| &m.plans);
    let mut ids: Vec<Box<str>> = plans.filter(|p| is_meant(p)).map(|p| p.id.clone()).collect();
    ids.sort();
    ids
}

fn deadline(c: &Customer, rules: &Rules) -> Time {
    let Some(money) = &c.money else { return Time::MAX };
    money.plans.iter().map(|p| p.deadline(rules.money.plans.grace)).min().unwrap_or(Time::MAX)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let grace = cx.rules.money.plans.grace;
    for id in others(cx, |p| p.deadline(grace) <= due) {
        pass(cx, &id, due);
    }
}

fn pass(cx: &mut Context<'_>, id: &str, upto: Time) {
    let grace = cx.rules.money.plans.grace;
    if let Some(plan) = present(cx).and_then(|m| m.plans.iter_mut().find(|p| &*p.id == id)) {
        plan.pass(upto, grace);
    }
    weigh(cx, id, upto);
}

/// Opens, raises or closes the alert of the plan `id`.
fn weigh(cx: &mut Context<'_>, id: &str, time: Time) {
    let rules = &cx.rules.money.plans;
    let live = cx.c.live(KIND, Some(id)).is_some();
    let Some(plan) = present(cx).and_then(|m| m.plans.iter_mut().find(|p| &*p.id == id)) else { return };
    let Some(missed_at) = plan.slipping_since() else {
        let plan = plan.clone();
        return close(cx, &plan, time);
    };
    if !live && missed_at <= plan.told {
        return;
    }
    plan.told = plan.told.max(missed_at);
    let count = plan.missed().count();
    let floor = if count >= rules.warning_count { Severity::Warning } else { Severity::Info };
    let due = plan.missed().map(|i| i.due).filter(|due| *due < Time::MAX).min();
    let mut evidence: ThinVec<Fact> = plan.missed().filter_map(|i| i.fact.clone()).collect();
    evidence.extend(plan.agreed.clone());
    evidence.sort_by_key(|f| f.time);
    let since = plan.missed().map(|i| i.missed).min();
    let facts = Facts { count: Some(count as u32), since, due, ..Facts::default() };
    let expires_at = (!live).then_some(cx.now + rules.expires_after);
    let raise = Raise::new(KIND, Some(id), floor, missed_at);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
}

/// The plan is kept again, or another took its place; or nothing of it was ever missed, as is known only now.
fn close(cx: &mut Context<'_>, plan: &Plan, time: Time) {
    let Some(alert) = cx.c.alerts.iter().find(|a| a.is(KIND, Some(&plan.id))) else { return };
    let stood = plan.was_missed_within(alert.first_event_time, alert.event_time);
    let reason = if stood { Reason::SourceClosed } else { Reason::LateFact };
    cx.clear(KIND, Some(&plan.id), reason, Span::ZERO, time);
}
