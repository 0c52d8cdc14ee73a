//! M29, VALUE_GAP: a rival offers the same for less. No kindness closes a gap in price.

use super::{Detector, ends, no_deadline, on_no_deadline, settle_nothing, told};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector {
    settle: settle_nothing,
    on_event: |cx, event, changes| {
        if cx.c.rare.market.is_some() && (tells_a_price(event) || changes.moved.is_some()) {
            weigh(cx, event.time);
        }
    },
    deadline: no_deadline,
    on_deadline: on_no_deadline,
};

const KIND: Kind = Kind::ValueGap;

fn tells_a_price(event: &Event<'_>) -> bool {
    match &event.data {
        Data::Account(data) => data.price.is_some(),
        Data::Competitor(data) => data.price.is_some(),
        _ => false,
    }
}

/// Opens, raises or closes the alert by the own price and the cheapest offer, whichever of them came last.
fn weigh(cx: &mut Context<'_>, time: Time) {
    let rules = &cx.rules.market.competitor;
    let Some(market) = cx.c.rare.market.as_deref() else { return };
    let gap = market.prices.rival_gap(cx.now, rules);
    let wide = |at: Time| market.prices.rival_gap(at, rules).is_some_and(|gap| gap.reaches(rules.gap_warning));
    let Some(gap) = gap.filter(|gap| gap.reaches(rules.gap_warning)) else {
        let never_was = told(cx.c, KIND, None).is_some_and(|a| time < a.first_event_time && !wide(a.first_event_time));
        let reason = if never_was { Reason::LateFact } else { Reason::ConditionFalse };
        return cx.clear(KIND, None, reason, Span::ZERO, time);
    };
    if cx.c.is_gone() {
        return;
    }
    let floor = if gap.reaches(rules.gap_error) { Severity::Error } else { Severity::Warning };
    let facts = Facts { percent: Some(gap.percent()), since: Some(gap.at), ..Facts::default() };
    let (event_time, evidence) = (gap.at, gap.evidence());
    let expires_at = ends(cx, KIND, None, rules.gap_expires_after);
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, None, floor, event_time) });
}
