//! Changes to the customer's terms that came with little notice, and whether anybody spoke of them since.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::market;
use super::prices::{Prices, insert};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::tight::merge_in_order;
use crate::model::event::{AccountData, CareData};
use crate::model::{Event, EventType, Span, Time};

/// Changes remembered; beyond it the oldest goes.
const CHANGES_MAX: usize = 16;

/// Changes that came with little notice, and what was said of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermChanges {
    /// In order of time.
    pub list: ThinVec<TermChange>,
    /// Last time a person reached out, or somebody apologised, as far as it is remembered; `Time::MIN` if never.
    pub explained: Time,
    /// Last time the customer was given more; `Time::MIN` if never.
    pub scope_up: Time,
}

impl Default for TermChanges {
    fn default() -> TermChanges {
        TermChanges { list: ThinVec::new(), explained: Time::MIN, scope_up: Time::MIN }
    }
}

/// A change that came with little notice. Whether it is one for the worse may not be known yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermChange {
    /// Its id.
    pub object: Box<str>,
    /// The event.
    pub fact: Fact,
    /// The new price, if it names one.
    pub price: Option<f64>,
    /// The old price, if it names one; else it is what was paid before.
    pub before: Option<f64>,
    /// What was paid before when it was told, in case that is forgotten.
    pub seen_before: Option<f64>,
    /// Whether the customer gets less.
    pub scope_down: bool,
    /// Whole days of notice.
    pub days: u32,
    /// Whether it was decided about: told, or over when it became known.
    pub told: bool,
}

impl TermChanges {
    /// Takes in the changes to the terms of the same customer under another name, where they had paid `theirs`.
    pub(super) fn absorb(&mut self, other: TermChanges, theirs: &Prices) {
        let mut list = other.list;
        list.retain(|change| self.list.iter().all(|known| known.object != change.object));
        for change in &mut list {
            // What is paid under the name that stays is no measure of it.
            change.before = change.before.or_else(|| theirs.own_before(change.fact.time)).or(change.seen_before);
        }
        merge_in_order(&mut self.list, list, CHANGES_MAX, |change| change.fact.time);
        self.explained = self.explained.max(other.explained);
        self.scope_up = self.scope_up.max(other.scope_up);
    }

    /// Whether the customer gets at least as much again as before `change`.
    pub fn scope_is_back(&self, change: &TermChange) -> bool {
        self.scope_up > change.fact.time
    }
}

/// The customer's terms change.
pub(super) fn account(cx: &mut Context<'_>, event: &Event<'_>, data: &AccountData<'_>) {
    if !matches!(event.event_type, EventType::AccountPriceChanged | EventType::AccountPlanChanged) {
        return;
    }
    if data.scope.as_deref() == Some("up") {
        let changes = &mut market(&mut cx.c.rare).changes;
        changes.scope_up = changes.scope_up.max(event.time);
    }
    let rules = &cx.rules.market.changes;
    let day = Span::days(1).0 as f64;
    let Some(days) = data.notice_days.filter(|days| days * day < rules.notice.0 as f64) else { return };
    let oldest = cx.c.highest - rules.expires_after - cx.rules.alerts.reopen_within;
    let changes = &mut market(&mut cx.c.rare).changes.list;
    changes.retain(|c| c.fact.time > oldest);
    let object = event.object_id(&None);
    if changes.iter().any(|c| &*c.object == object) {
        return; // Told twice.
    }
    let change = TermChange {
        object: object.into(),
        fact: Fact::new(event, None),
        price: data.price,
        before: data.previous_price,
        seen_before: None,
        scope_down: data.scope.as_deref() == Some("down"),
        days: days.max(0.0) as u32,
        told: false,
    };
    insert(changes, change, |c| c.fact.time, CHANGES_MAX);
}

/// Whether somebody spoke with the customer, or said sorry.
pub fn explains(event: &Event<'_>, data: &CareData<'_>) -> bool {
    match event.event_type {
        EventType::CareOutreach => data.by.as_deref() == Some("human"),
        EventType::CareApology => true,
        _ => false,
    }
}

/// Remembered of those whose terms are known: a change may yet arrive late.
pub(super) fn care(cx: &mut Context<'_>, event: &Event<'_>, data: &CareData<'_>) {
    if explains(event, data)
        && let Some(market) = cx.c.rare.present().and_then(|parts| parts.market.as_mut())
    {
        market.changes.explained = market.changes.explained.max(event.time);
    }
}
