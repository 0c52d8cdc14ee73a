//! Plots of the daily service: usage, contacts, waits, incidents.

use crate::model::{EventType, Span};

use super::person::Person;
use super::random::{Random, derive};
use super::stories::{Next, Scene, Stage, step};
use super::texts;

/// Rounds of a story that repeats itself, at most.
pub const ROUNDS_MAX: u16 = 60;

pub const SITES: [&str; 6] = ["centro", "norte", "makati", "quezon", "austin", "plano"];

/// The customer's own gap to the next round, within a third of it.
pub fn own_gap(scene: &Scene, random: &mut Random, times: i64) -> Span {
    let gap = scene.person.gap.0 * times;
    Span(random.between(gap * 2 / 3, gap * 4 / 3))
}

/// Whether a story that repeats itself goes on with another round.
pub fn goes_on(scene: &Scene, random: &mut Random, permille: u64) -> bool {
    !scene.is_quiet() && scene.round() < ROUNDS_MAX && random.chance(permille)
}

/// The service is used, in the customer's own rhythm.
pub fn usage(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let mut json = stage.event(scene, EventType::UsageActivity, "app", None);
    json.text("feature", random.pick(&["video", "mobile_data", "cloud_backup", "music", "roaming", "smart_home"]));
    json.hundredths("quantity", random.between(10, 90_000));
    json.text("unit", "megabytes");
    json.whole("minutes", random.below(240));
    json.id("device", "dev-", derive(u64::from(scene.person.number), random.below(3)));
    json.text("network", random.pick(&["5g", "lte", "wifi"]));
    json.text("app_version", "7.41.2");
    json.text("plan", random.pick(&["family-50", "solo-20", "solo-unlimited"]));
    json.end();
    goes_on(scene, random, 300).then(|| (own_gap(scene, random, 1), step(scene.round() + 1, 0)))
}

/// A question, an answer, an end that is nearly always a good one.
pub fn contact(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("con-", scene.case()));
    let mut story = scene.of_story();
    let channel = story.pick(&["phone", "chat", "app", "email"]);
    let topic = story.pick(&["delivery", "invoice", "plan", "device", "password"]);
    let agent = story.below(400);
    let phase = scene.phase();
    let event_type = match phase {
        0 => EventType::ContactStarted,
        1 | 3 => EventType::ContactMessage,
        2 => EventType::ContactAnswered,
        6 => EventType::ContactQualityScored,
        _ => EventType::ContactEnded,
    };
    let mut json = stage.event(scene, event_type, channel, case);
    json.id("contact_id", "con-", scene.case());
    json.text("topic", topic);
    let next = match phase {
        0 => {
            json.text("direction", "inbound");
            json.text("entry", "help centre, contact form, asked for a person");
            Some((Span::seconds(random.between(5, 90)), step(0, 1)))
        }
        1 => {
            json.text("direction", "inbound");
            let said = texts::question(random, scene.person.language);
            json.sentences("text", said.first, said.second);
            json.hundredths("sentiment", said.sentiment);
            Some((Span::seconds(random.between(20, 1_200)), step(0, 2)))
        }
        2 => {
            json.text("direction", "inbound");
            json.whole("wait_s", random.below(600));
            json.id("agent_id", "agent-", agent);
            json.text("queue", "first line, general questions");
            Some((Span::seconds(random.between(20, 300)), step(0, 3)))
        }
        3 => {
            json.text("direction", "outbound");
            json.id("agent_id", "agent-", agent);
            let said = texts::answer(random, scene.person.language);
            json.sentences("text", said.first, said.second);
            Some((Span::seconds(random.between(60, 900)), step(0, 4)))
        }
        6 => {
            json.text("dimension", random.pick(&["reliability", "responsiveness", "assurance", "empathy", "courtesy"]));
            json.whole("score", random.between(3, 5) as u64);
            json.whole("scale_min", 1);
            json.whole("scale_max", 5);
            json.id("agent_id", "agent-", agent);
            None
        }
        _ => {
            let resolved = phase == 5 || random.chance(if scene.person.unlucky { 700 } else { 985 });
            json.flag("resolved", resolved);
            json.id("agent_id", "agent-", agent);
            json.whole("length_s", random.between(60, 1_500) as u64);
            json.text("wrap_up", "explained, confirmed in writing");
            match resolved {
                false if random.chance(700) => Some((Span::hours(random.between(10, 80)), step(0, 5))),
                true if random.chance(150) => Some((Span::minutes(random.between(2, 90)), step(0, 6))),
                _ => None,
            }
        }
    };
    json.end();
    next
}

/// Waits, gives up, sometimes tries again.
pub fn hang_up(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("con-", scene.order()));
    let (round, phase) = (scene.round(), scene.phase());
    let event_type = match phase {
        0 | 2 => EventType::ContactStarted,
        1 => EventType::ContactAbandoned,
        3 => EventType::ContactAnswered,
        _ => EventType::ContactEnded,
    };
    let mut json = stage.event(scene, event_type, "phone", case);
    json.id("contact_id", "con-", scene.order());
    json.text("direction", "inbound");
    json.text("topic", random.pick(&["technical fault", "invoice", "moving house"]));
    let next = match phase {
        0 => Some((Span::seconds(random.between(5, 900)), step(round, 1))),
        1 => {
            json.text("abandon", random.pick(&["hangup", "left_queue", "left_chat"]));
            json.whole("wait_s", random.between(4, 1_200) as u64);
            match random.below(100) {
                0..45 => Some((Span::minutes(random.between(4, 50)), step(round, 2))),
                45..65 if round < 6 => Some((Span::hours(random.between(14, 90)), step(round + 1, 0))),
                _ => None,
            }
        }
        2 => Some((Span::seconds(random.between(20, 400)), step(round, 3))),
        3 => {
            json.whole("wait_s", random.below(400));
            Some((Span::minutes(random.between(2, 20)), step(round, 4)))
        }
        _ => {
            json.flag("resolved", random.chance(950));
            None
        }
    };
    json.end();
    next
}

/// Several customers are hurt by one incident, and told, mostly.
pub fn incident(scene: &mut Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    const OPENED: u16 = 0;
    const RESOLVED: u16 = 31;
    const NOTIFIED: u16 = 30;
    let affected = scene.of_story().between(3, 22) as u16;
    let at = scene.step;
    let (event_type, next) = match at {
        OPENED => (EventType::IncidentOpened, (Span::minutes(random.between(1, 20)), 1)),
        NOTIFIED => (EventType::IncidentNotified, (Span::minutes(random.between(30, 400)), RESOLVED)),
        RESOLVED => (EventType::IncidentResolved, (Span::ZERO, 0)),
        last if last == affected => {
            let next = if random.chance(850) { NOTIFIED } else { RESOLVED };
            (EventType::IncidentAffected, (Span::minutes(random.between(5, 200)), next))
        }
        _ => (EventType::IncidentAffected, (Span::seconds(random.between(1, 600)), at + 1)),
    };
    let mut json = if event_type == EventType::IncidentAffected {
        // Somebody else each time.
        let hit = random.below(u64::from(scene.customers)) as u32;
        scene.person = Person { number: hit, ..scene.person };
        stage.event(scene, event_type, "system", Some(("inc-", scene.case())))
    } else {
        stage.about_nobody(scene, event_type)
    };
    json.id("incident_id", "inc-", scene.case());
    json.text("site", random.pick(&SITES));
    json.text("cause", "fibre cut by road works, splice team on site");
    if event_type == EventType::IncidentNotified {
        json.flag("all", true);
    }
    json.end();
    (at != RESOLVED).then_some(next)
}

/// Small signs that something else attracts, or that something is missing.
pub fn drift(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    if scene.phase() == 0 && scene.of_story().chance(500) {
        let mut json = stage.event(scene, EventType::CompetitorMentioned, "phone", None);
        json.text("name", random.pick(&["Telenova", "Kalakbay", "Brightline"]));
        json.text("evidence", "asked in a call what the other company charges for the same plan");
        json.end();
    } else {
        let mut json = stage.event(scene, EventType::FeatureRequestDeclined, "app", Some(("req-", scene.case())));
        json.id("request_id", "req-", scene.order());
        json.text("feature", random.pick(&["shared calendar", "dark theme", "monthly report", "split invoice"]));
        json.text("reason", "not planned for this year, told the customer so");
        json.end();
    }
    let again = scene.round() == 0 && random.chance(150);
    again.then(|| (Span::hours(random.between(60, 700)), step(1, 1)))
}

/// The customer waits longer at a site than anyone should.
pub fn wait(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let mut json = stage.event(scene, EventType::WaitExceeded, "store", None);
    json.text("site", random.pick(&SITES));
    json.text("shift", random.pick(&["morning", "afternoon"]));
    json.whole("minutes", random.between(46, 120) as u64);
    json.text("cause", "two of five counters open");
    json.end();
    None
}

/// A type that churnwatch does not know: a sign of life, nothing more.
pub fn unknown(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let mut json = stage.unknown(scene, random.pick(&["loyalty.points_earned", "loyalty.badge_won"]));
    json.whole("points", random.below(500));
    json.whole("balance", random.below(20_000));
    json.text("programme", "acme stars, silver level, valid to the end of the year");
    json.text("reason", "streak of the month");
    json.end();
    None
}
