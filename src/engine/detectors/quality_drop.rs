//! M36, M37, SERVICE_QUALITY_DROP: contacts are scored lower than this customer is used to, in one dimension of service.

use thin_vec::ThinVec;

use super::{Detector, no_deadline, on_no_deadline, settle_nothing};
use crate::engine::alert_lifecycle::Raise;
use crate::engine::context::Context;
use crate::engine::cusum::Verdict;
use crate::engine::fact::Fact;
use crate::model::alert::{Facts, Reason, Severity};
use crate::model::event::Dimension;
use crate::model::{Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector {
    settle: settle_nothing,
    on_event: |cx, event, changes| {
        for dimension in changes.moved.iter().flat_map(|moved| &moved.fallen) {
            tell(cx, *dimension, event.time);
        }
        let Some((dimension, verdict)) = changes.scored else { return };
        let closes = match verdict {
            Verdict::Steady => return,
            Verdict::Fallen => return tell(cx, dimension, event.time),
            Verdict::Back => Reason::ConditionFalse,
            Verdict::NeverFell => Reason::LateFact,
        };
        cx.clear(Kind::ServiceQualityDrop, Some(dimension.name()), closes, Span::ZERO, event.time);
    },
    deadline: no_deadline,
    on_deadline: on_no_deadline,
};

fn tell(cx: &mut Context<'_>, dimension: Dimension, time: Time) {
    let scores = cx.c.rare.quality.as_ref().and_then(|quality| quality.scores_of(dimension));
    let evidence: ThinVec<Fact> = scores.into_iter().flat_map(|scores| scores.run()).cloned().collect();
    let facts = Facts {
        count: Some(evidence.len() as u32),
        since: evidence.first().map(|fact| fact.time),
        dimension: Some(dimension),
        ..Facts::default()
    };
    let expires_at = Some(cx.now + cx.rules.quality.scores.expires_after);
    let raise = Raise::new(Kind::ServiceQualityDrop, Some(dimension.name()), Severity::Warning, time);
    cx.raise(Raise { evidence, facts, expires_at, ..raise });
}
