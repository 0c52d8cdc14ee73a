//! Plots between people: complaints, promises, opinions, care.

use crate::model::event::{Category, ComplaintSeverity, Dimension};
use crate::model::{EventType, Span};

use super::random::Random;
use super::stories::{Next, Scene, Stage, step};
use super::texts;

const CHANNELS: [&str; 4] = ["phone", "email", "chat", "app"];

/// Opened, acknowledged, perhaps promised something, responded, resolved; some are late, some come back.
pub fn complaint(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let mut story = scene.of_story();
    let channel = story.pick(&CHANNELS);
    let category = story.pick(&Category::ALL[..5]);
    let severity = match story.below(10) {
        0..4 => ComplaintSeverity::Minor,
        4..8 => ComplaintSeverity::Normal,
        _ => ComplaintSeverity::Major,
    };
    let agent = story.below(400);
    let slow = story.chance(60);
    let case = Some(("tkt-", scene.case()));
    let language = scene.person.language;
    let (round, phase) = (scene.round(), scene.phase());
    let hours = |random: &mut Random, low: i64, high: i64| Span(random.between(low * 3_600_000, high * 3_600_000));
    let event_type = match phase {
        0 if round == 0 => EventType::ComplaintOpened,
        0 => EventType::ComplaintReopened,
        1 => EventType::ComplaintAcknowledged,
        2 => EventType::PromiseMade,
        3 => EventType::PromiseKept,
        4 => EventType::ComplaintResponded,
        5 => EventType::ComplaintResolved,
        6 => EventType::ComplaintConfirmed,
        7 => EventType::CareGesture,
        8 => EventType::PromiseBroken,
        _ => EventType::AlertAcknowledged,
    };
    let mut json = stage.event(scene, event_type, channel, case);
    let by_agent = |json: &mut super::json::Json<'_>| json.id("agent_id", "agent-", agent);
    let about = |json: &mut super::json::Json<'_>| json.id("complaint_id", "tkt-", scene.case());
    let next = match phase {
        0 => {
            let said = texts::complaint(random, language, category);
            about(&mut json);
            json.text("category", category.name());
            json.text("severity", severity.name());
            json.text("dimension", random.pick(Dimension::ALL).name());
            json.hundredths("sentiment", said.sentiment);
            json.sentences("text", said.first, said.second);
            if slow {
                Some((hours(random, 20, 90), step(round, 1)))
            } else if random.chance(600) {
                Some((Span::minutes(random.between(8, 100)), step(round, 9)))
            } else {
                Some((Span::minutes(random.between(8, 200)), step(round, 1)))
            }
        }
        1 => {
            about(&mut json);
            by_agent(&mut json);
            let said = texts::answer(random, language);
            json.sentences("text", said.first, said.second);
            if random.chance(400) {
                Some((Span::minutes(random.between(5, 30)), step(round, 2)))
            } else {
                Some((Span::minutes(random.between(60, 420)), step(round, 4)))
            }
        }
        2 => {
            json.id("promise_id", "pr-", scene.case());
            let due = random.between(5, 28);
            json.time("due", scene.time + Span::hours(due));
            json.text("by", "team:care");
            json.text("text", texts::promise(random, language));
            match random.below(100) {
                0..90 => Some((Span::minutes(random.between(90, due * 60 - 15)), step(round, 3))),
                90..94 => Some((Span::hours(due + random.between(1, 20)), step(round, 3))),
                94..97 => Some((Span::hours(due + 1), step(round, 8))),
                _ => Some((Span::hours(due + 6), step(round, 4))),
            }
        }
        3 | 8 => {
            json.id("promise_id", "pr-", scene.case());
            json.text("by", "team:care");
            Some((Span::minutes(random.between(10, 240)), step(round, 4)))
        }
        9 => {
            json.alert(&format!("SECOND_CHANCE/tkt-{:08x}", scene.case() as u32), scene.person.number);
            json.id("by", "agent-", agent);
            Some((Span::minutes(random.between(8, 60)), step(round, 1)))
        }
        4 => {
            about(&mut json);
            by_agent(&mut json);
            json.flag("admission", random.chance(600));
            let said = texts::answer(random, language);
            json.sentences("text", said.first, said.second);
            let delay = if slow { hours(random, 48, 150) } else { Span::minutes(random.between(20, 600)) };
            Some((delay, step(round, 5)))
        }
        5 => {
            about(&mut json);
            by_agent(&mut json);
            json.text("remedy", random.pick(&["refund", "replacement", "repair", "explanation", "credit"]));
            match random.below(100) {
                0..35 => Some((hours(random, 2, 30), step(round, 6))),
                35..43 => Some((hours(random, 4, 48), step(round, 7))),
                43..46 if round == 0 => Some((hours(random, 30, 400), step(1, 0))),
                _ => None,
            }
        }
        6 => {
            about(&mut json);
            let said = texts::praise(random, language);
            json.hundredths("sentiment", said.sentiment);
            json.sentences("text", said.first, said.second);
            None
        }
        _ => {
            json.text("purpose", "recovery");
            json.text("by", "human");
            json.flag("monetary", random.chance(500));
            json.hundredths("amount", random.between(500, 5_000));
            None
        }
    };
    json.end();
    next
}

/// Made, sometimes moved, mostly kept.
pub fn promise(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("case-", scene.case()));
    let event_type = match scene.phase() {
        0 => EventType::PromiseMade,
        1 => EventType::PromiseRenegotiated,
        2 => EventType::PromiseKept,
        3 => EventType::PromiseBroken,
        _ => EventType::PromiseCancelled,
    };
    let mut json = stage.event(scene, event_type, "phone", case);
    json.id("promise_id", "pr-", scene.case());
    let mut story = scene.of_story();
    let team = story.pick(&["team:north", "team:south", "team:field"]);
    json.text("by", team);
    let next = match scene.phase() {
        0 | 1 => {
            let due = random.between(6, 96) * 60;
            json.time("due", scene.time + Span::minutes(due));
            json.whole("grace_s", 1_800);
            json.text("text", texts::promise(random, scene.person.language));
            let early = Span::minutes(random.between(due / 3, due * 3 / 4));
            // One team promises more than it keeps.
            let forgets = team == "team:field" && random.chance(250);
            match if forgets { 990 } else { random.below(1_000) } {
                0..780 => Some((early, step(0, 2))),
                780..880 if scene.phase() == 0 => Some((early, step(0, 1))),
                880..920 => Some((early, step(0, 4))),
                920..960 => Some((Span::minutes(due + random.between(60, 2_000)), step(0, 2))),
                960..985 => Some((Span::minutes(due + random.between(5, 600)), step(0, 3))),
                985..995 => None,
                _ => Some((Span::minutes(due - 4), step(0, 2))),
            }
        }
        4 => {
            json.text("reason", "customer_request");
            None
        }
        _ => None,
    };
    json.end();
    next
}

/// Asked, and answered by about half; a bad answer gets a call.
pub fn survey(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("svy-", scene.case()));
    let event_type = match scene.phase() {
        0 => EventType::SurveySent,
        1 => EventType::SurveyAnswered,
        _ => EventType::CareOutreach,
    };
    let mut json = stage.event(scene, event_type, "email", case);
    let next = match scene.phase() {
        0 => {
            json.id("survey_id", "svy-", scene.case());
            json.text("metric", "nps");
            json.text("campaign", "quarterly relationship survey, one question, two minutes");
            random.chance(550).then(|| (Span::minutes(random.between(3, 2_880)), step(0, 1)))
        }
        1 => {
            json.id("survey_id", "svy-", scene.case());
            json.text("metric", "nps");
            let value = match random.below(100) {
                0..70 => random.between(9, 10),
                70..96 => random.between(7, 8),
                _ => random.between(0, 6),
            };
            json.whole("value", value as u64);
            json.whole("scale_min", 0);
            json.whole("scale_max", 10);
            let said = if value > 6 {
                texts::praise(random, scene.person.language)
            } else {
                texts::complaint(random, scene.person.language, Category::CoreFailure)
            };
            json.sentences("comment", said.first, said.second);
            json.hundredths("sentiment", said.sentiment);
            (value <= 6 && random.chance(700)).then(|| (Span::minutes(random.between(30, 1_500)), step(0, 2)))
        }
        _ => {
            json.text("purpose", "recovery");
            json.text("by", "human");
            json.flag("monetary", false);
            None
        }
    };
    json.end();
    next
}

/// An advertisement, and now and then a customer who has had enough.
pub fn marketing(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let tired = scene.phase() == 1;
    let event_type = if tired { EventType::Unsubscribed } else { EventType::MarketingSent };
    let mut json = stage.event(scene, event_type, "email", None);
    json.text(
        "campaign",
        random.pick(&["spring offers: two lines for one", "new arrivals of the week", "bring a friend"]),
    );
    json.text("purpose", "marketing");
    json.text("by", "auto");
    json.text("template", random.pick(&["newsletter-a", "newsletter-b", "newsletter-c"]));
    json.flag("monetary", random.chance(300));
    json.end();
    (!tired && !scene.is_quiet() && random.chance(8)).then(|| (Span::minutes(random.between(5, 600)), step(0, 1)))
}

/// A person of the company thinks of the customer.
pub fn outreach(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let event_type = match random.below(10) {
        0..7 => EventType::CareOutreach,
        7..9 => EventType::AnniversaryRecognised,
        _ => EventType::ReferralMade,
    };
    let mut json = stage.event(scene, event_type, "phone", None);
    json.text("purpose", random.pick(&["checkin", "appreciation", "retention"]));
    json.text("by", "human");
    json.flag("monetary", random.chance(200));
    json.id("agent_id", "agent-", random.below(400));
    json.text("note", "spoke for some minutes, no open questions, will look again next quarter");
    json.end();
    None
}

/// A public review; the bad ones are replied to.
pub fn review(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("rev-", scene.case()));
    let replied = scene.phase() == 1;
    let event_type = if replied { EventType::ReviewReplied } else { EventType::ReviewPosted };
    let mut json = stage.event(scene, event_type, "social", case);
    json.id("review_id", "rev-", scene.case());
    let mut story = scene.of_story();
    let rating = story.between(1, 5);
    if !replied {
        json.whole("rating", rating as u64);
        json.whole("scale_min", 1);
        json.whole("scale_max", 5);
        json.whole("reach", random.below(3_000));
    }
    let said = match (replied, rating) {
        (true, _) => texts::answer(random, scene.person.language),
        (_, 1 | 2) => texts::complaint(random, scene.person.language, Category::EncounterFailure),
        _ => texts::praise(random, scene.person.language),
    };
    json.sentences("text", said.first, said.second);
    json.hundredths("sentiment", said.sentiment);
    json.end();
    (!replied && rating <= 2).then(|| (Span::minutes(random.between(60, 4_000)), step(0, 1)))
}
