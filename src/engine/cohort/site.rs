//! M31, M32, HOTSPOT: many customers wait too long or walk out at one place within hours.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::fact::{CohortFact, Happened, who};
use super::hold::Cause;
use super::members::Members;
use super::state::{Cohort, Memory};
use crate::engine::alert_lifecycle::{EVIDENCE_MAX, Raise};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::rules::HotspotRules;
use crate::engine::tight::push_tight;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::cohort::Common;
use crate::model::{CustomerKey, Kind, Partition, Span, Time};

const KIND: Kind = Kind::Hotspot;

/// Hits remembered; beyond it the oldest goes.
const HITS_MAX: usize = 256;
/// Distinct customers counted exactly while the alert is live; beyond it each hit counts.
const HURT_MAX: usize = 2_048;
/// Late hits find those of this long before the last one.
const REMEMBERED: Span = Span::days(2);

/// What is known of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Who was hurt, in order of time.
    hits: ThinVec<Hit>,
    /// Customers who were hurt or have something that happened here.
    pub(super) visitors: Members<Visit>,
    /// The hit with which the live hotspot began; `Time::MAX` without one.
    from: Time,
    /// Who was hurt since then, in order.
    hurt: ThinVec<u64>,
    /// From when to when the last one lasted that ended by itself.
    over: Option<(Time, Time)>,
    /// Hits of the live hotspot beyond those.
    beyond: u32,
    /// The first hits of the live hotspot.
    evidence: ThinVec<(u64, Fact)>,
}

impl Default for Site {
    fn default() -> Site {
        Site {
            hits: ThinVec::new(),
            visitors: Members::default(),
            from: Time::MAX,
            over: None,
            hurt: ThinVec::new(),
            beyond: 0,
            evidence: ThinVec::new(),
        }
    }
}

/// Somebody was hurt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Hit {
    /// The customer, or the event about nobody, as a number.
    who: u64,
    fact: Fact,
}

/// When a customer was here last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit(Option<Time>);

impl Site {
    /// How many distinct customers the live hotspot has hurt.
    pub fn hurt(&self) -> u32 {
        self.hurt.len() as u32 + self.beyond
    }

    fn last(&self) -> Option<Time> {
        self.hits.last().map(|hit| hit.fact.time)
    }

    /// When it will be forgotten.
    pub(super) fn empty_at(&self, rules: &HotspotRules) -> Time {
        let visits = self.visitors.iter().filter_map(|visit| visit.0).max();
        self.last().max(visits).map_or(Time::MIN, |last| last + REMEMBERED.max(rules.window))
    }

    /// When it has been quiet for long enough.
    pub(super) fn deadline(&self, rules: &HotspotRules) -> Time {
        match self.last() {
            Some(last) if self.from < Time::MAX => last + rules.window,
            _ => Time::MAX,
        }
    }

    /// Takes a visit in. Whether somebody was hurt who had not been told of.
    fn take(&mut self, sender: Partition, fact: &CohortFact, rules: &HotspotRules) -> bool {
        if let Some(visit) = fact.customer.as_ref().and_then(|key| self.visitors.get_or_insert(key, sender)) {
            visit.0 = visit.0.max(Some(fact.at));
        }
        if fact.what != Happened::Hurt || self.hits.iter().any(|hit| hit.fact.is_same(&fact.fact)) {
            return false;
        }
        let newest = self.last().map_or(fact.at, |last| last.max(fact.at));
        self.hits.retain(|hit| newest - hit.fact.time <= REMEMBERED);
        self.visitors.retain(|visit| visit.0.is_some_and(|at| newest - at <= REMEMBERED));
        if self.hits.len() >= HITS_MAX {
            self.hits.remove(0);
        }
        let place = self.hits.partition_point(|hit| hit.fact.time <= fact.at);
        push_tight(&mut self.hits, Hit { who: fact.who(), fact: fact.fact.clone() });
        self.hits[place..].rotate_right(1);
        // One that is older than its beginning by more than the window belongs to another time.
        if self.from < Time::MAX && fact.at >= self.from - rules.window {
            self.count(fact.who(), &fact.fact);
        }
        true
    }

    /// Counts a hit of the live hotspot.
    fn count(&mut self, who: u64, fact: &Fact) {
        self.from = self.from.min(fact.time);
        if let Err(place) = self.hurt.binary_search(&who) {
            if self.hurt.len() < HURT_MAX {
                self.hurt.insert(place, who);
            } else {
                self.beyond += 1;
            }
        }
        let place = self.evidence.partition_point(|(_, known)| known.time <= fact.time);
        if place < EVIDENCE_MAX {
            self.evidence.insert(place, (who, fact.clone()));
            self.evidence.truncate(EVIDENCE_MAX);
        }
    }

    /// The hits of the earliest window around `at` in which enough customers were hurt.
    fn crowd(&self, at: Time, rules: &HotspotRules) -> Option<std::ops::Range<usize>> {
        let first = self.hits.partition_point(|hit| hit.fact.time < at - rules.window);
        (first..self.hits.len()).take_while(|start| self.hits[*start].fact.time <= at).find_map(|start| {
            let until = self.hits[start].fact.time + rules.window;
            let end = self.hits.partition_point(|hit| hit.fact.time <= until);
            let mut who: Vec<u64> = self.hits[start..end].iter().map(|hit| hit.who).collect();
            who.sort_unstable();
            who.dedup();
            (who.len() >= rules.customers).then_some(start..end)
        })
    }

    /// A customer is known by another name from now on, and counts once.
    fn rename(&mut self, from: &CustomerKey, into: &CustomerKey) {
        self.visitors.rename(from, into, |own, theirs| own.0 = own.0.max(theirs.0));
        let (from, into) = (who(from), who(into));
        for hit in self.hits.iter_mut().filter(|hit| hit.who == from) {
            hit.who = into;
        }
        for (who, _) in self.evidence.iter_mut().filter(|(who, _)| *who == from) {
            *who = into;
        }
        if let Ok(place) = self.hurt.binary_search(&from) {
            self.hurt.remove(place);
            if let Err(place) = self.hurt.binary_search(&into) {
                self.hurt.insert(place, into);
            }
        }
    }

    fn begin(&mut self, crowd: std::ops::Range<usize>) {
        let hits = self.hits[crowd].to_vec();
        for hit in hits {
            self.count(hit.who, &hit.fact);
        }
    }

    fn end(&mut self) {
        self.from = Time::MAX;
        self.hurt = ThinVec::new();
        self.beyond = 0;
        self.evidence = ThinVec::new();
    }
}

fn site<'c>(cx: &'c mut Context<'_, Cohort>) -> Option<&'c mut Site> {
    match &mut cx.c.memory {
        Memory::Site(site) => Some(site),
        Memory::Incident(_) | Memory::Team(_) | Memory::Account(_) => None,
    }
}

/// A hit after so long a quiet shows that the hotspot was over.
pub(super) fn settle(cx: &mut Context<'_, Cohort>, fact: &CohortFact) {
    let rules = &cx.rules.cohorts.hotspot;
    let Some(due) = site(cx).map(|site| site.deadline(rules)).filter(|due| *due < fact.at) else { return };
    if fact.what == Happened::Hurt {
        let now = cx.c.highest.max(due);
        cx.at(now, |cx| on_deadline(cx, due));
    }
}

/// Takes the fact in.
pub(super) fn on_fact(cx: &mut Context<'_, Cohort>, sender: Partition, fact: &CohortFact) {
    let rules = &cx.rules.cohorts.hotspot;
    let is_live = cx.c.live(KIND).is_some();
    let (common, now) = (cx.c.key.common(), cx.now);
    let Some(site) = site(cx) else { return };
    if let (Happened::Forget, Some(key)) = (&fact.what, &fact.customer) {
        site.visitors.remove(key);
        site.hits.retain(|hit| hit.who != fact.who());
        site.evidence.retain(|(who, _)| *who != fact.who());
        return;
    }
    if let (Happened::Became(became), Some(key)) = (&fact.what, &fact.customer) {
        site.rename(key, &became.into);
        return;
    }
    if !is_live {
        // Closed by a person, or expired: it begins anew.
        site.end();
    }
    // A late one of a hotspot that is over tells nothing new.
    let is_old = site.over.is_some_and(|(from, until)| fact.at >= from - rules.window && fact.at <= until);
    if !site.take(sender, fact, rules) || !is_live && is_old {
        return;
    }
    if !is_live {
        let Some(crowd) = site.crowd(fact.at, rules) else { return };
        site.begin(crowd);
    }
    let (count, since) = (site.hurt(), site.from);
    let evidence = site.evidence.iter().map(|(_, fact)| fact.clone()).collect();
    let name = match common {
        Common::Site { site, .. } => Some(site.into()),
        Common::Incident(_) | Common::Team(_) | Common::Account(_) => None,
    };
    cx.raise(Raise {
        evidence,
        facts: Facts { count: Some(count), since: Some(since), name, ..Facts::default() },
        expires_at: (!is_live).then(|| now + rules.expires_after),
        ..Raise::new(KIND, None, Severity::Error, fact.at)
    });
}

/// Nobody has been hurt for as long as the window.
pub(super) fn on_deadline(cx: &mut Context<'_, Cohort>, due: Time) {
    cx.clear(KIND, None, Reason::ConditionFalse, Span::ZERO, due);
    if let Some(site) = site(cx) {
        site.over = Some((site.from, due));
        site.end();
    }
}

/// Tells visitors since its first hit that their alerts of the same cause are quiet, or all whom it told that they are
/// not any more.
pub(super) fn tell(cx: &mut Context<'_, Cohort>, alert_id: &str, is_live: bool) {
    let Common::Site { site: place, .. } = cx.c.key.common() else { return };
    if let Memory::Site(site) = &mut cx.c.memory {
        let from = site.from;
        let cause = is_live.then(|| Cause::Site { site: place.into(), from });
        let since = |visit: &Visit| visit.0.is_some_and(|at| at >= from);
        site.visitors.tell(&cx.c.key, alert_id, cause.as_ref(), cx.now, since, cx.effects);
    }
}
