//! What the company does to make amends: apologies and gestures. Some make a failure good that nobody filed.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::failures::close_failure_in_ledger;
use super::{Changes, quality};
use crate::engine::context::Context;
use crate::engine::customer::{Customer, Probation};
use crate::engine::fact::Fact;
use crate::engine::grievance::{Failure, FailureKind};
use crate::engine::tight::push_tight;
use crate::model::event::{CareData, Data};
use crate::model::{Event, EventType, Span, Time};

/// Amends remembered, for what they are about may arrive later.
pub(super) const AMENDS_MAX: usize = 8;
/// How long they are remembered.
pub(super) const AMENDS_FOR: Span = Span::days(60);

/// An apology or a gesture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amends {
    /// The event.
    pub fact: Fact,
    /// Whether sorry was said; else it was a gesture.
    pub is_apology: bool,
    /// Whether a person did it.
    pub by_human: bool,
    /// The order and the correlation that it names.
    names: ThinVec<Box<str>>,
}

impl Amends {
    /// What `event` does to make amends; none if it is neither an apology nor a gesture.
    pub fn of(event: &Event<'_>) -> Option<Amends> {
        let Data::Care(data) = &event.data else { return None };
        let is_apology = match event.event_type {
            EventType::CareApology => true,
            EventType::CareGesture => false,
            _ => return None,
        };
        let names = [&data.order_id, &event.correlation_id];
        Some(Amends {
            fact: Fact::new(event, None),
            is_apology,
            by_human: by_human(data, is_apology),
            names: names.into_iter().flatten().map(|name| Box::from(&**name)).collect(),
        })
    }

    /// Whether it is meant for the item called `object` or `correlation`: it names it, or nothing else that is known.
    pub fn is_meant_for(&self, c: &Customer, object: &str, correlation: Option<&str>) -> bool {
        let named = |object: &str, correlation: Option<&str>| {
            self.names.iter().any(|name| &**name == object || Some(&**name) == correlation)
        };
        named(object, correlation)
            || !c.rare.complaints.iter().any(|case| named(&case.id, case.correlation.as_deref()))
                && !c.rare.failures.iter().any(|failure| named(&failure.object, failure.correlation.as_deref()))
    }

    /// Whether it makes `failure` good on the spot: nobody filed it, and it happened within `within` before.
    fn makes_good(&self, c: &Customer, failure: &Failure, within: Span) -> bool {
        let (failed, at) = (failure.fact.time, self.fact.time);
        failure.kind != FailureKind::Mismatched
            && (self.is_apology || self.by_human)
            && (failed..=failed + within).contains(&at)
            && self.is_meant_for(c, &failure.object, failure.correlation.as_deref())
            && !is_filed(c, failure)
    }
}

/// Whether a person did it. An apology is taken for a person's unless it says otherwise; a gesture must say so.
fn by_human(data: &CareData<'_>, is_apology: bool) -> bool {
    match data.by.as_deref() {
        Some("human") => true,
        Some("auto") => false,
        Some(_) | None => is_apology,
    }
}

/// Whether the customer complained of the failure: then it has a case.
fn is_filed(c: &Customer, failure: &Failure) -> bool {
    let about = |name: &str| c.rare.complaints.iter().any(|case| case.is_about(Some(name), None));
    about(&failure.object) || failure.correlation.as_deref().is_some_and(about)
}

/// The company makes amends: open complaints have their apology, and failures of the last day are made good.
pub(super) fn make_amends(cx: &mut Context<'_>, amends: Amends, changes: &mut Changes) {
    let time = amends.fact.time;
    if amends.is_apology {
        for index in 0..cx.c.rare.complaints.len() {
            let case = &cx.c.rare.complaints[index];
            let since = case.opened.as_ref().map_or(case.started, |opened| opened.time);
            if since <= time && amends.is_meant_for(cx.c, &case.id, case.correlation.as_deref()) {
                let case = &mut cx.c.rare.complaints[index];
                case.admitted = true;
                case.responses.clear();
            }
        }
    }
    for index in 0..cx.c.rare.failures.len() {
        let failure = &cx.c.rare.failures[index];
        let within = cx.rules.quality.recovery.on_the_spot_within;
        if failure.closed.is_none() && amends.makes_good(cx.c, failure, within) {
            let failure = failure.clone();
            cx.c.rare.failures[index].closed = Some(time);
            changes.repaired.push(failure.object.clone());
            close_failure_in_ledger(cx, &failure, time);
            recovered(cx, &failure, amends.fact.clone(), changes);
        }
    }
    push_in_order(&mut quality::of(cx.c).amends, amends, AMENDS_MAX, |known| known.fact.time);
}

/// What made `failure` good on the spot before it was known.
pub(super) fn made_good_before(cx: &Context<'_>, failure: &Failure) -> Option<Fact> {
    let within = cx.rules.quality.recovery.on_the_spot_within;
    let quality = cx.c.rare.quality.as_ref()?;
    quality.amends.iter().find(|amends| amends.makes_good(cx.c, failure, within)).map(|amends| amends.fact.clone())
}

/// A failure that nobody filed was made good on the spot: the customer looks once more.
pub(super) fn recovered(cx: &mut Context<'_>, failure: &Failure, resolved: Fact, changes: &mut Changes) {
    let rare = &mut *cx.c.rare;
    if rare.probation.as_ref().is_none_or(|p| p.resolved.time <= resolved.time) {
        rare.probation = Some(Box::new(Probation {
            complaint: failure.object.clone(),
            opened: Some(failure.fact.clone()),
            resolved,
            category: Some(failure.kind.category()),
            purchases: 0,
        }));
        changes.probation = true;
    }
}

/// Whether sorry was said since `from`, by a person if asked for, for the item called `object` or `correlation`.
pub fn apology_since(c: &Customer, from: Time, by_human: bool, object: &str, correlation: Option<&str>) -> bool {
    let Some(quality) = &c.rare.quality else { return false };
    let fits = |amends: &Amends| {
        amends.is_apology
            && (amends.by_human || !by_human)
            && amends.fact.time >= from
            && amends.is_meant_for(c, object, correlation)
    };
    quality.amends.iter().any(fits)
}

/// Keeps the order of `list` by time, and the newest `most`.
pub(super) fn push_in_order<T>(list: &mut ThinVec<T>, item: T, most: usize, time: impl Fn(&T) -> Time) {
    let at = list.partition_point(|known| time(known) <= time(&item));
    if at == list.len() {
        push_tight(list, item);
    } else {
        list.insert(at, item);
    }
    if list.len() > most {
        list.remove(0);
    }
}
