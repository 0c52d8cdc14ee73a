//! What the stage of the customers tells cohorts of an event, of a deadline, of an erasure.

use thin_vec::ThinVec;

use super::fact::{Became, CohortFact, Command, Did, Happened, promise_id};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::{Fact, cause};
use crate::engine::memory::quality::{ROUNDING, scaled};
use crate::engine::promise::{Promise, PromiseState};
use crate::engine::rules::{ConductRules, Rules};
use crate::engine::{Effect, dismissal};
use crate::model::alert::Band;
use crate::model::customer::decode;
use crate::model::event::{AlertData, Category, ContactData, Data, Dimension};
use crate::model::{CohortKey, CustomerKey, Event, EventType, Time};

/// What an event says to cohorts: which, and what. Nothing for most events.
fn each_happening(event: &Event<'_>, rules: &Rules, mut tell: impl FnMut(CohortKey, Happened)) {
    let tenant = &*event.tenant;
    match &event.data {
        Data::Service(data) => {
            let about_all = event.customer_id.is_empty() || data.all == Some(true);
            let happened = match event.event_type {
                EventType::IncidentOpened => Happened::IncidentOpened,
                EventType::IncidentResolved => Happened::IncidentResolved,
                EventType::IncidentAffected => Happened::Affected,
                EventType::IncidentNotified if about_all => Happened::NotifiedAll,
                EventType::IncidentNotified => Happened::Notified,
                EventType::WaitExceeded => {
                    if let Some(site) = data.site.as_deref() {
                        tell(CohortKey::site(tenant, site, data.shift.as_deref()), Happened::Hurt);
                    }
                    return;
                }
                _ => return,
            };
            tell(CohortKey::incident(tenant, event.object_id(&data.incident_id)), happened);
            return;
        }
        Data::Complaint(data) if event.event_type == EventType::ComplaintOpened => {
            if let Some(site) = data.site.as_deref() {
                tell(CohortKey::site(tenant, site, None), Happened::Mentioned);
            }
            if let Some(agent) = data.agent_id.as_deref()
                && data.category == Some(Category::EncounterFailure)
            {
                tell(CohortKey::agent(tenant, agent), Happened::Treated { grave: true });
            }
        }
        Data::Contact(data) if event.event_type == EventType::ContactAbandoned => {
            if let Some(site) = data.site.as_deref() {
                let hurt = data.abandon.as_deref() == Some("walkout");
                let happened = if hurt { Happened::Hurt } else { Happened::Mentioned };
                tell(CohortKey::site(tenant, site, data.shift.as_deref()), happened);
            }
        }
        Data::Contact(data) if event.event_type == EventType::ContactQualityScored => {
            if let (Some(agent), Some(grave)) = (data.agent_id.as_deref(), treatment(data, &rules.quality.conduct)) {
                tell(CohortKey::agent(tenant, agent), Happened::Treated { grave });
            }
        }
        _ => {}
    }
    // What may become evidence of an alert with the same cause.
    let is_evidence = matches!(
        event.event_type,
        EventType::ComplaintOpened
            | EventType::ComplaintReopened
            | EventType::ContactAbandoned
            | EventType::ContactEnded
            | EventType::ContactQualityScored
            | EventType::DeliveryLate
            | EventType::DeliveryFailed
            | EventType::DeliveryMismatched
    );
    if let (Some(incident), _) = cause(&event.data)
        && is_evidence
    {
        tell(CohortKey::incident(tenant, incident), Happened::Mentioned);
    }
}

/// Whether a score says that somebody was treated badly, and whether it says so alone.
fn treatment(data: &ContactData<'_>, rules: &ConductRules) -> Option<bool> {
    let score = scaled(data).filter(|_| data.dimension == Some(Dimension::Courtesy))?;
    (score <= rules.poor_score + ROUNDING).then_some(score <= rules.low_score + ROUNDING)
}

/// Tells cohorts of an event about nobody. Whether there was anything to tell.
pub(in crate::engine) fn of_nobody(event: &Event<'_>, rules: &Rules, effects: &mut Vec<Effect>) -> bool {
    let before = effects.len();
    each_happening(event, rules, |cohort, what| {
        let fact = Fact::bare(event);
        effects.push(effect(cohort, None, fact, event.time, what));
    });
    effects.len() > before
}

/// Tells cohorts of a customer's event, once it has had its effect on them.
pub(in crate::engine) fn of_event(cx: &mut Context<'_>, event: &Event<'_>) {
    each_happening(event, cx.rules, |cohort, what| {
        send(cx, cohort, Fact::bare(event), event.time, what);
    });
    if matches!(event.data, Data::Promise(_)) {
        of_promises(cx);
    }
    of_risk(cx, event.time);
}

/// Tells cohorts of what a deadline of a customer has changed.
pub(in crate::engine) fn of_deadline(cx: &mut Context<'_>, due: Time) {
    of_promises(cx);
    of_risk(cx, due);
}

/// Tells teams how their promises stand, where that is news.
fn of_promises(cx: &mut Context<'_>) {
    if !cx.c.rare.promises.iter().any(is_news) {
        return;
    }
    let tenant = cx.c.key.tenant();
    for index in 0..cx.c.rare.promises.len() {
        let promise = &mut cx.c.rare.promises[index];
        if !is_news(promise) {
            continue;
        }
        let kept = outcome(promise);
        promise.reported = kept;
        let promise = promise.clone();
        let (Some(by), Some(made)) = (&promise.by, &promise.made) else { continue };
        let id = promise_id(&cx.c.key, &promise.id);
        // A broken one when that was seen; a kept one when it fell due, or before if it was kept before.
        let at = promise.broken_at.unwrap_or(promise.due.min(promise.state_at));
        send(cx, CohortKey::team(&tenant, by), made.without_words(), at, Happened::Promise { id, kept });
    }
}

fn is_news(promise: &Promise) -> bool {
    promise.by.is_some() && promise.made.is_some() && outcome(promise) != promise.reported
}

/// Kept in time, or not; none while it has not fallen due, and if it was taken back before it did.
fn outcome(promise: &Promise) -> Option<bool> {
    if promise.broken_at.is_some() {
        return Some(false);
    }
    match promise.state {
        PromiseState::Kept => Some(promise.state_at <= promise.deadline()),
        PromiseState::Open | PromiseState::Cancelled => None,
    }
}

/// Tells the account whether the customer is at high risk, where that is news.
fn of_risk(cx: &mut Context<'_>, at: Time) {
    let is_high = cx.c.band.band >= Band::High;
    let told = cx.c.rare.cohorts.as_deref().and_then(|cohorts| cohorts.at_risk_in.as_deref());
    if !is_high && told.is_none() {
        return;
    }
    let account = cx.c.account_id.as_deref().filter(|_| is_high);
    if account == told {
        return;
    }
    let (account, told) = (account.map(Box::<str>::from), told.map(Box::<str>::from));
    let tenant = cx.c.key.tenant();
    // The event that made it so is of no interest to the account: the time is.
    let fact = Fact::nothing(at);
    if let Some(told) = &told {
        send(cx, CohortKey::account(&tenant, told), fact.clone(), at, Happened::AtRisk(false));
    }
    if let Some(account) = &account {
        send(cx, CohortKey::account(&tenant, account), fact, at, Happened::AtRisk(true));
    }
    cx.c.rare.cohorts.get_or_insert_default().at_risk_in = account;
}

/// Tells every cohort that knows the customer to forget them.
pub(in crate::engine) fn of_erasure(c: &Customer, event: &Event<'_>, effects: &mut Vec<Effect>) {
    let Some(cohorts) = c.rare.cohorts.as_deref() else { return };
    for cohort in &cohorts.joined {
        let what = Happened::Forget;
        effects.push(effect(cohort.clone(), Some(c.key.clone()), Fact::nothing(event.time), event.time, what));
    }
}

/// What has to be said of a customer before their memory is another's: their name, the cohorts that know them, the account
/// that holds them to be at risk, and the promises of which teams were told.
pub(in crate::engine) struct Known {
    key: CustomerKey,
    joined: ThinVec<CohortKey>,
    at_risk_in: Option<Box<str>>,
    promises: Vec<Box<str>>,
}

impl Known {
    /// What cohorts know of `c`.
    pub(in crate::engine) fn of(c: &Customer) -> Known {
        let cohorts = c.rare.cohorts.as_deref();
        let told = c.rare.promises.iter().filter(|promise| promise.reported.is_some());
        Known {
            key: c.key.clone(),
            joined: cohorts.map(|cohorts| cohorts.joined.clone()).unwrap_or_default(),
            at_risk_in: cohorts.and_then(|cohorts| cohorts.at_risk_in.clone()),
            promises: told.map(|promise| promise.id.clone()).collect(),
        }
    }
}

/// Tells every cohort that knows a customer by another name that they are this one.
pub(in crate::engine) fn of_merge(cx: &mut Context<'_>, other: &Known, at: Time) {
    let own = cx.c.rare.cohorts.as_deref().and_then(|cohorts| cohorts.at_risk_in.clone());
    // Here they are at risk in one account; what the other one was told is taken back.
    if let Some(account) = other.at_risk_in.as_ref().filter(|account| own.as_ref() != Some(account)) {
        let cohort = CohortKey::account(&other.key.tenant(), account);
        let what = Happened::AtRisk(false);
        cx.effects.push(effect(cohort, Some(other.key.clone()), Fact::nothing(at), at, what));
    }
    let renamed = |id: &str| (promise_id(&other.key, id), promise_id(&cx.c.key, id));
    let promises: ThinVec<(u64, u64)> = other.promises.iter().map(|id| renamed(id)).collect();
    for cohort in &other.joined {
        let what = Happened::Became(Box::new(Became { into: cx.c.key.clone(), promises: promises.clone() }));
        cx.effects.push(effect(cohort.clone(), Some(other.key.clone()), Fact::nothing(at), at, what));
    }
}

/// Whose alert a person's word is about, if it is a cohort's: by the customer's id where that is a cohort's scope, or by
/// the dedup key.
pub(in crate::engine) fn commanded(event: &Event<'_>) -> Option<CohortKey> {
    let Data::Alert(data) = &event.data else { return None };
    let by_key = data.dedup_key.as_deref().and_then(|key| {
        let mut parts = key.split('/');
        let (tenant, scope) = (decode(parts.next()?), parts.next()?);
        let scope = if scope.starts_with("site:") { scope.to_owned() } else { decode(scope) };
        CohortKey::of_scope(&tenant, &scope)
    });
    let own = by_key.filter(|key| key.tenant() == event.tenant);
    own.or_else(|| CohortKey::of_scope(&event.tenant, &event.customer_id))
}

/// Sends a person's word about a cohort's alert to the cohort. False if it names none, or says nothing that can be done.
pub(in crate::engine) fn of_command(event: &Event<'_>, cohort: CohortKey, effects: &mut Vec<Effect>) -> bool {
    let Data::Alert(data) = &event.data else { return false };
    let (Some(alert), Some(what)) = (data.alert_id.as_deref().or(data.dedup_key.as_deref()), did(event, data)) else {
        return false;
    };
    let command = Command { alert: alert.into(), what };
    effects.push(effect(cohort, None, Fact::bare(event), event.time, Happened::Command(command)));
    true
}

fn did(event: &Event<'_>, data: &AlertData<'_>) -> Option<Did> {
    Some(match event.event_type {
        EventType::AlertAcknowledged => Did::Acknowledge,
        EventType::AlertSnoozed => Did::Snooze(data.until),
        EventType::AlertUnsnoozed => Did::Unsnooze,
        EventType::AlertAssigned => Did::Assign(data.owner.as_deref().or(data.by.as_deref())?.into()),
        EventType::AlertResolved => Did::Resolve,
        EventType::AlertDismissed => Did::Dismiss(dismissal(data.reason.as_deref())),
        _ => return None,
    })
}

fn send(cx: &mut Context<'_>, cohort: CohortKey, fact: Fact, at: Time, what: Happened) {
    cx.c.rare.cohorts.get_or_insert_default().join(&cohort);
    cx.effects.push(effect(cohort, Some(cx.c.key.clone()), fact, at, what));
}

/// The clock is filled in by the engine, which knows it.
fn effect(cohort: CohortKey, customer: Option<CustomerKey>, fact: Fact, at: Time, what: Happened) -> Effect {
    Effect::Cohort(Box::new(CohortFact { cohort, customer, fact, at, clock: Time::MIN, what }))
}
