//! M35, CONDUCT: the customer was treated badly by our staff. They say so, or their contacts are scored low for courtesy.

use thin_vec::{ThinVec, thin_vec};

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::{LiveAlert, Raise};
use crate::engine::context::Context;
use crate::engine::fact::Fact;
use crate::engine::memory::amends::{Amends, apology_since};
use crate::engine::memory::quality::{Poor, ROUNDING};
use crate::engine::memory::{CaseChange, Changes, Moved};
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::{Category, Data, Dimension};
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector =
    Detector { settle: settle_nothing, on_event, deadline: no_deadline, on_deadline: on_no_deadline };

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if let Some(moved) = &changes.moved {
        merged(cx, moved, event.time);
    }
    match (&event.data, event.event_type) {
        (Data::Complaint(_), _) => match &changes.complaint {
            Some((id, CaseChange::Opened | CaseChange::Reopened)) => complained(cx, id, event.time),
            Some((id, CaseChange::Solved | CaseChange::Withdrawn)) => {
                cx.clear(Kind::Conduct, Some(id), Reason::SourceClosed, Span::ZERO, event.time);
            }
            Some((_, CaseChange::Step)) | None => {}
        },
        (Data::Contact(data), EventType::ContactQualityScored) if data.dimension == Some(Dimension::Courtesy) => {
            scored(cx, event.object_id(&data.contact_id));
        }
        (Data::Care(_), EventType::CareApology) => {
            if let Some(apology) = Amends::of(event).filter(|amends| amends.by_human) {
                apologised(cx, &apology);
            }
        }
        _ => {}
    }
}

/// The customer complains of how they were treated.
fn complained(cx: &mut Context<'_>, id: &str, time: Time) {
    let Some(case) = cx.c.rare.complaints.iter().find(|c| &*c.id == id) else { return };
    if case.category != Some(Category::EncounterFailure)
        || apology_since(cx.c, case.started, true, id, case.correlation.as_deref())
    {
        return;
    }
    let mut evidence: ThinVec<Fact> = case.opened.iter().cloned().collect();
    if case.reopened {
        evidence.extend(case.last_step.clone());
        evidence.sort_by_key(|fact| fact.time);
    }
    tell(cx, id, time, evidence, FactWord::EncounterComplaint);
}

/// The contact `object` was scored for courtesy.
fn scored(cx: &mut Context<'_>, object: &str) {
    let Some(quality) = &cx.c.rare.quality else { return };
    let rules = &cx.rules.quality.conduct;
    let Some(at) = quality.poor.iter().position(|poor| &*poor.object == object) else { return };
    let pair = |earlier: &Poor, later: &Poor| {
        let near = later.fact.time - earlier.fact.time <= rules.window;
        (near
            && later.value > rules.low_score + ROUNDING
            && later.value.max(earlier.value) <= rules.poor_score + ROUNDING)
            .then(|| (later.object.clone(), thin_vec![earlier.fact.clone(), later.fact.clone()]))
    };
    let poor = &quality.poor[at];
    let low = (poor.value <= rules.low_score + ROUNDING).then(|| poor.fact.clone());
    let before = at.checked_sub(1).and_then(|before| pair(&quality.poor[before], poor));
    // One that is known late may make the one after it the second.
    let after = quality.poor.get(at + 1).and_then(|after| pair(poor, after));
    if let Some(fact) = low {
        tell(cx, object, fact.time, thin_vec![fact], FactWord::LowScore);
    }
    for (object, evidence) in before.into_iter().chain(after) {
        let time = evidence.last().map_or(cx.now, |fact: &Fact| fact.time);
        tell(cx, &object, time, evidence, FactWord::LowScores);
    }
}

/// A person has said sorry under another name of the customer, or contacts under both were scored low.
fn merged(cx: &mut Context<'_>, moved: &Moved, time: Time) {
    let sorry = |a: &&LiveAlert| {
        let object = a.object.as_deref().unwrap_or_default();
        a.is_live() && a.kind == Kind::Conduct && apology_since(cx.c, a.event_time, true, object, None)
    };
    let over: Vec<Option<Box<str>>> = cx.c.alerts.iter().filter(sorry).map(|a| a.object.clone()).collect();
    for object in over {
        cx.clear(Kind::Conduct, object.as_deref(), Reason::SourceClosed, Span::ZERO, time);
    }
    let poor = cx.c.rare.quality.as_ref().map_or(&[][..], |quality| &quality.poor);
    let apart = |pair: &&[Poor]| moved.has(&pair[0].object) != moved.has(&pair[1].object);
    let again: Vec<Box<str>> = poor.windows(2).filter(apart).map(|pair| pair[1].object.clone()).collect();
    for object in again {
        scored(cx, &object);
    }
}

fn tell(cx: &mut Context<'_>, object: &str, time: Time, evidence: ThinVec<Fact>, word: FactWord) {
    let count = (word == FactWord::LowScores).then_some(evidence.len() as u32);
    let since = evidence.first().map(|fact| fact.time);
    let facts = Facts { count, since, word: Some(word), ..Facts::default() };
    let expires_at = Some(cx.now + cx.rules.quality.conduct.expires_after);
    let raise = Raise::new(Kind::Conduct, Some(object), Severity::Warning, time);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
}

/// A person has said sorry: for what came before, scores count anew.
fn apologised(cx: &mut Context<'_>, apology: &Amends) {
    let time = apology.fact.time;
    let correlation = |object: &str| {
        let case = cx.c.rare.complaints.iter().find(|c| &*c.id == object).map(|c| c.correlation.as_deref());
        let failure = || cx.c.rare.failures.iter().find(|f| &*f.object == object).map(|f| f.correlation.as_deref());
        case.or_else(failure).flatten()
    };
    let meant = |object: &str| apology.is_meant_for(cx.c, object, correlation(object));
    let live = cx.c.alerts.iter().filter(|a| a.is_live() && a.kind == Kind::Conduct && a.event_time <= time);
    let over: Vec<Box<str>> = live.filter_map(|a| a.object.clone()).filter(|object| meant(object)).collect();
    let poor = cx.c.rare.quality.iter().flat_map(|quality| &quality.poor);
    let settled: Vec<Box<str>> =
        poor.filter(|poor| poor.fact.time <= time && meant(&poor.object)).map(|poor| poor.object.clone()).collect();
    for object in over {
        cx.clear(Kind::Conduct, Some(&object), Reason::SourceClosed, Span::ZERO, time);
    }
    if let Some(quality) = cx.c.rare.present().and_then(|rare| rare.quality.as_mut()) {
        quality.poor.retain(|poor| !settled.contains(&poor.object));
    }
}
