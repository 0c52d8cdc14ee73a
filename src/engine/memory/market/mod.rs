//! Prices, rivals, changes, what was cut off, reviews, starts: what the detectors of the market group go by.

pub mod changes;
pub mod cuts;
pub mod mismatches;
pub mod prices;
pub mod pull;
pub mod reviews;

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::Changes;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::ledger::Ledgers;
use crate::engine::rare::Rare;
use crate::engine::window::{PANE_DAYS, Series};
use crate::model::event::{Data, Family};
use crate::model::{Event, EventType, Time};
use changes::TermChanges;
use cuts::Cuts;
use mismatches::Mismatches;
use prices::Prices;
use reviews::Review;

/// Prices, rivals, changes and what was cut off. Bounded: each list says its own limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Market {
    /// What the customer pays, what newcomers pay, what rivals ask for.
    pub prices: Prices,
    /// Signs of a rival, in order of time.
    pub signals: ThinVec<Fact>,
    /// Changes that came with little notice.
    pub changes: TermChanges,
    /// Services cut off.
    pub cuts: Cuts,
    /// Reviews, in order of arrival.
    pub reviews: ThinVec<Review>,
    /// What was given is not what was signed.
    pub mismatches: Mismatches,
    /// A beginning after which nothing came yet.
    pub start: Option<Start>,
}

impl Market {
    /// Takes in what is known of the same customer under another name.
    pub(in crate::engine) fn absorb(&mut self, other: Market, ledgers: &mut Ledgers) {
        self.changes.absorb(other.changes, &other.prices);
        self.prices.absorb(other.prices);
        pull::absorb(&mut self.signals, other.signals);
        self.cuts.absorb(other.cuts);
        reviews::absorb(&mut self.reviews, other.reviews);
        self.mismatches.absorb(other.mismatches, ledgers);
        let created = |start: &Start| start.created.time;
        self.start = self.start.take().into_iter().chain(other.start).min_by_key(created);
    }
}

/// Two records of one customer: who has begun under one name needs no start under the other.
pub(super) fn merged(cx: &mut Context<'_>) {
    if has_begun(cx.c) || cx.c.is_gone() {
        forget_start(&mut cx.c.rare);
    }
    if let Some(taken_back) = Some(cx.c.rare.intent_cleared).filter(|at| *at > Time::MIN) {
        pull::take_back_port_out(cx.c, taken_back);
    }
}

/// The account was created, and nothing was used or bought yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The event.
    pub created: Fact,
    /// Whether the time to start was seen to pass.
    pub missed: bool,
}

/// The market part, with room made for it.
pub fn market(rare: &mut Rare) -> &mut Market {
    rare.market.get_or_insert_default()
}

/// Forgets a beginning: something was used or bought, or the customer is gone.
pub fn forget_start(rare: &mut Rare) {
    let Some(parts) = rare.present() else { return };
    if let Some(market) = &mut parts.market {
        market.start = None;
    }
    tidy(rare);
}

/// Gives back the room if there is nothing in it.
fn tidy(rare: &mut Rare) {
    let Some(parts) = rare.present() else { return };
    if parts.market.as_deref().is_some_and(|market| *market == Market::default()) {
        parts.market = None;
    }
}

/// Whether the customer has begun: used or bought something.
pub fn is_use(event_type: EventType) -> bool {
    matches!(event_type, EventType::UsageActivity | EventType::PurchaseCompleted)
}

/// Takes the event in.
pub(super) fn take(cx: &mut Context<'_>, event: &Event<'_>, changes: &mut Changes) {
    match &event.data {
        Data::Usage(data) if pull::is_signal(event.event_type, data.feature.as_deref()) => pull::signal(cx, event),
        Data::Account(data) => {
            prices::account(cx, event, data);
            changes::account(cx, event, data);
            match event.event_type {
                EventType::AccountCreated => created(cx, event),
                EventType::AccountCancelled if cx.c.is_gone() => forget_start(&mut cx.c.rare),
                _ => {}
            }
        }
        Data::Competitor(data) => {
            pull::signal(cx, event);
            prices::offer(cx, event, data);
        }
        Data::Contact(data) => {
            cuts::contact(cx, event, data);
            reviews::contact(cx, event, data);
        }
        Data::Service(data) => cuts::service(cx, event, data),
        Data::Feedback(data) => reviews::feedback(cx, event, data),
        Data::Delivery(data) => mismatches::delivery(cx, event, data, changes),
        Data::Billing(data) => mismatches::billing(cx, event, data, changes),
        Data::Care(data) => {
            changes::care(cx, event, data);
            mismatches::care(cx, event, data, changes);
        }
        Data::Outcome(_) if cx.c.is_gone() => forget_start(&mut cx.c.rare),
        _ => {}
    }
    prune(cx);
}

/// Forgets what no late fact is looked for any more.
fn prune(cx: &mut Context<'_>) {
    let (rules, now) = (&cx.rules.market, cx.c.highest);
    cuts::prune(cx.c, &rules.forced_contact);
    let Some(parts) = cx.c.rare.present() else { return };
    let Some(market) = parts.market.as_deref_mut() else { return };
    let (onboarding, reopen) = (&rules.onboarding, cx.rules.alerts.reopen_within);
    let ends = |s: &Start| s.created.time + onboarding.after + onboarding.expires_after + reopen;
    if market.start.as_ref().is_some_and(|s| s.missed && ends(s) < now) {
        market.start = None;
    }
    tidy(&mut cx.c.rare);
}

/// The account was created. The first such event counts; where something was used or bought already, none does.
fn created(cx: &mut Context<'_>, event: &Event<'_>) {
    if has_begun(cx.c) || cx.c.is_gone() {
        return;
    }
    let fact = Fact::new(event, None);
    let start = &mut market(&mut cx.c.rare).start;
    match start {
        Some(start) if start.created.time <= event.time => {}
        Some(start) => start.created = fact,
        None => *start = Some(Start { created: fact, missed: false }),
    }
}

fn has_begun(c: &Customer) -> bool {
    [Family::Usage, Family::Purchase].into_iter().any(|f| c.panes.sum(Series::family(f), c.highest, PANE_DAYS) > 0)
}
