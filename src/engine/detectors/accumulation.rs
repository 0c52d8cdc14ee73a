//! M01, GRIEVANCE_ACCUMULATION: small unresolved problems pile up. Open items do not decay and no window forgets them.

use thin_vec::ThinVec;

use super::{Detector, settle_nothing};
use crate::engine::alert_lifecycle::{ActBy, Raise};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::ledger::Ledger;
use crate::engine::rules::{GrievanceRules, Rules};
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::Category;
use crate::model::{Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector {
    settle: settle_nothing,
    on_event: |cx, event, changes| {
        let moved = changes.moved.is_some();
        if changes.complaint.is_some() || changes.failure.is_some() || !changes.repaired.is_empty() || moved {
            weigh(cx, event.time);
        }
    },
    deadline,
    on_deadline,
};

/// What lies open at once.
#[derive(Default)]
struct Pile {
    count: usize,
    weight: f64,
    /// One bit a category.
    categories: u32,
    evidence: ThinVec<Fact>,
}

impl Pile {
    /// What lay open at `at`, as far as it is known; now if that is none.
    fn of(c: &Customer, at: Option<Time>) -> Pile {
        let mut pile = Pile::default();
        let was_open = |from: Time, until: Option<Time>| match at {
            None => until.is_none(),
            Some(at) => from <= at && until.is_none_or(|until| until > at),
        };
        for case in &c.rare.complaints {
            let until = (!case.is_open()).then_some(case.state_at);
            if let Some(voice) = case.voice().filter(|voice| was_open(voice.time, until)) {
                pile.add(case.weight(), case.category, voice);
            }
        }
        for failure in c.rare.failures.iter().filter(|f| was_open(f.fact.time, f.closed)) {
            pile.add(failure.kind.weight(), Some(failure.kind.category()), &failure.fact);
        }
        pile.evidence.sort_by_key(|f| f.time);
        pile
    }

    fn add(&mut self, weight: f64, category: Option<Category>, fact: &Fact) {
        self.count += 1;
        self.weight += weight;
        self.categories |= category.map_or(0, |c| 1 << c as u32);
        self.evidence.push(fact.clone());
    }

    fn is_too_high(&self, rules: &GrievanceRules) -> bool {
        self.count >= rules.items || self.count >= rules.items_with_weight && self.weight >= rules.weight
    }
}

/// Opens, raises or closes the alert by what is open now.
fn weigh(cx: &mut Context<'_>, time: Time) {
    const KIND: Kind = Kind::GrievanceAccumulation;
    let rules = &cx.rules.grievances;
    let pile = Pile::of(cx.c, None);
    if !pile.is_too_high(rules) {
        let opened = cx.c.live(KIND, None).map(|a| a.first_event_time);
        let never_was = opened.is_some_and(|at| time < at && !Pile::of(cx.c, Some(at)).is_too_high(rules));
        let (reason, hold) = match () {
            () if never_was => (Reason::LateFact, Span::ZERO),
            () if pile.count == 0 => (Reason::ConditionFalse, Span::ZERO),
            () => (Reason::ConditionFalse, rules.hold),
        };
        return cx.clear(KIND, None, reason, hold, time);
    }
    let categories = pile.categories.count_ones();
    let error = categories as usize >= rules.error_categories || pile.weight >= rules.error_weight;
    let facts = Facts {
        count: Some(pile.count as u32),
        categories: Some(categories).filter(|n| *n > 0),
        since: pile.evidence.first().map(|f| f.time),
        ..Facts::default()
    };
    cx.raise(Raise {
        kind: KIND,
        object: None,
        floor: if error { Severity::Error } else { Severity::Warning },
        event_time: time,
        evidence: pile.evidence,
        facts,
        act_by: ActBy::Severity,
        expires_at: None,
        incident: None,
        limits: ThinVec::new(),
        folded: None,
    });
}

/// A failure without a case counts as closed unsolved after a while.
fn deadline(c: &Customer, rules: &Rules) -> Time {
    let lapses = c.open_failures().map(|f| f.fact.time + rules.grievances.failure_lapses_after);
    lapses.min().unwrap_or(Time::MAX)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    let after = cx.rules.grievances.failure_lapses_after;
    for index in 0..cx.c.rare.failures.len() {
        let failure = &mut cx.c.rare.failures[index];
        if failure.closed.is_none() && failure.fact.time + after <= due {
            failure.closed = Some(due);
            let id = failure.fact.event_id().to_owned();
            cx.count(Ledger::FailuresResolved, 1.0, due, &id);
        }
    }
    weigh(cx, due);
}
