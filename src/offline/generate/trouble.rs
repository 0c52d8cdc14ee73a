//! Plots that happen to few: disputes, pressed payers, cuts, queues, careless agents, newcomers, bargain hunters.

use crate::model::event::Category;
use crate::model::{EventType, Span};

use super::person::Person;
use super::random::Random;
use super::service::SITES;
use super::stories::{Next, Scene, Stage, step};
use super::texts;

/// A charge is disputed; the decision is often no.
pub fn dispute(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("dsp-", scene.case()));
    let event_type = match scene.phase() {
        0 => EventType::DisputeOpened,
        1 => EventType::DisputeDecided,
        _ => EventType::CreditIssued,
    };
    let mut json = stage.event(scene, event_type, "email", case);
    json.id("dispute_id", "dsp-", scene.case());
    json.id("invoice_id", "inv-", scene.case());
    json.hundredths("amount", scene.of_story().between(400, 12_000));
    json.text("currency", "USD");
    let next = match scene.phase() {
        0 => {
            json.text("reason", "charged for a service that was switched off months ago");
            Some((Span::hours(random.between(20, 140)), step(0, 1)))
        }
        1 => {
            let outcome = random.pick(&["denied", "denied", "upheld", "goodwill", "denied"]);
            json.text("outcome", outcome);
            json.text("reason", "terms of the contract, read again by two people");
            (outcome != "denied" || random.chance(300)).then(|| (Span::hours(random.between(1, 90)), step(0, 2)))
        }
        _ => {
            json.text("reason", "settled");
            None
        }
    };
    json.end();
    next
}

/// An invoice is overdue and reminders follow faster than they should.
pub fn dunning(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("inv-", scene.case()));
    let phase = scene.phase();
    let event_type = match phase {
        0 => EventType::InvoiceIssued,
        1 => EventType::InvoiceOverdue,
        2 | 3 => EventType::DunningSent,
        _ => EventType::InvoicePaid,
    };
    let mut json = stage.event(scene, event_type, "mail", case);
    json.id("invoice_id", "inv-", scene.case());
    json.hundredths("amount", scene.of_story().between(2_000, 15_000));
    json.text("currency", "USD");
    let next = match phase {
        0 => {
            json.time("due", scene.time + Span::days(7));
            Some((Span::days(9), step(0, 1)))
        }
        1 => Some((Span::hours(random.between(4, 40)), step(0, 2))),
        2 => {
            json.text("stage", "first");
            Some((Span::days(random.between(3, 12)), step(0, 3)))
        }
        3 => {
            json.text("stage", "second");
            Some((Span::hours(random.between(20, 200)), step(0, 4)))
        }
        _ => None,
    };
    json.end();
    next
}

/// Service is cut over an unpaid bill, so that the customer has to call.
pub fn cut_off(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("cut-", scene.case()));
    let event_type = match scene.phase() {
        0 => EventType::ServiceSuspended,
        1 => EventType::ContactStarted,
        2 => EventType::ContactAnswered,
        _ => EventType::ServiceRestored,
    };
    let mut json = stage.event(scene, event_type, "phone", case);
    let next = match scene.phase() {
        0 => {
            json.text("cause", random.pick(&["nonpayment", "nonpayment", "customer_request", "fault"]));
            json.text("note", "cut by the system at the start of the day");
            Some((Span::minutes(random.between(20, 1_200)), step(0, 1)))
        }
        1 => {
            json.id("contact_id", "con-", scene.case());
            json.text("direction", "inbound");
            json.text("topic", "no service since this morning");
            Some((Span::minutes(random.between(2, 40)), step(0, 2)))
        }
        2 => {
            json.id("contact_id", "con-", scene.case());
            json.text("direction", "inbound");
            json.whole("wait_s", random.below(900));
            Some((Span::minutes(random.between(30, 2_000)), step(0, 3)))
        }
        _ => {
            json.text("cause", "restored after a call");
            None
        }
    };
    json.end();
    next
}

/// Somebody new: an account, then a first use; or never one.
pub fn newcomer(scene: &mut Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    // Nobody of those who are here already.
    let number = scene.customers.saturating_add(1 + (scene.case() % 4_000_000) as u32);
    scene.person = Person { number, ..scene.person };
    let starts = scene.of_story().chance(550);
    let event_type = match scene.phase() {
        0 => EventType::AccountCreated,
        1 => EventType::ProfileUpserted,
        _ => EventType::UsageActivity,
    };
    let mut json = stage.event(scene, event_type, "app", None);
    let next = match scene.phase() {
        0 => {
            json.text("plan", random.pick(&["family-50", "solo-20", "solo-unlimited"]));
            json.hundredths("price", random.between(1_000, 6_000));
            Some((Span::minutes(random.between(1, 60)), step(0, 1)))
        }
        1 => {
            json.text("need", random.pick(&["calls home every week", "a line for the shop", "films on the bus"]));
            json.text("locale", scene.person.language.tag());
            json.time("since", scene.time - Span::minutes(30));
            starts.then(|| (Span::hours(random.between(1, 300)), step(0, 2)))
        }
        _ => {
            json.text("feature", random.pick(&["video", "mobile_data", "music"]));
            json.hundredths("quantity", random.between(10, 9_000));
            (scene.round() < 12).then(|| (Span::hours(random.between(20, 90)), step(scene.round() + 1, 2)))
        }
    };
    json.end();
    next
}

/// A bad afternoon at one site: several customers wait too long or walk out.
pub fn rush(scene: &mut Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let mut story = scene.of_story();
    let (site, shift, hurt) = (story.pick(&SITES), story.pick(&["morning", "afternoon"]), story.between(3, 11) as u16);
    let hit = random.below(u64::from(scene.customers)) as u32;
    scene.person = Person { number: hit, ..scene.person };
    let walks_out = random.chance(500);
    let event_type = if walks_out { EventType::ContactAbandoned } else { EventType::WaitExceeded };
    let mut json = stage.event(scene, event_type, "store", Some(("vis-", scene.order())));
    json.text("site", site);
    json.text("shift", shift);
    if walks_out {
        json.id("contact_id", "vis-", scene.order());
        json.text("direction", "inbound");
        json.text("abandon", "walkout");
        json.whole("wait_s", random.between(1_500, 6_000) as u64);
    } else {
        json.whole("minutes", random.between(46, 120) as u64);
        json.text("cause", "two of five counters open");
    }
    json.end();
    (scene.round() < hurt).then(|| (Span::minutes(random.between(4, 30)), step(scene.round() + 1, 0)))
}

/// Visits that are scored one after the other: good for a long time, then no longer.
pub fn visits(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    const GOOD: u16 = 10;
    const ALL: u16 = 14;
    let mut story = scene.of_story();
    let dimension = story.pick(&["reliability", "responsiveness", "assurance", "empathy", "courtesy"]);
    let falls = story.chance(600);
    let agent = story.below(400);
    let round = scene.round();
    let mut json = stage.event(scene, EventType::ContactQualityScored, "store", Some(("vis-", scene.order())));
    json.id("contact_id", "vis-", scene.order());
    json.text("dimension", dimension);
    let low = falls && round >= GOOD;
    json.whole("score", if low { random.between(1, 2) } else { random.between(4, 5) } as u64);
    json.whole("scale_min", 1);
    json.whole("scale_max", 5);
    json.id("agent_id", "agent-", agent);
    json.text("form", "asked at the door, one question, answered by the customer");
    json.end();
    (round < ALL && !scene.is_quiet()).then(|| (Span::hours(random.between(20, 70)), step(round + 1, 0)))
}

/// Buys with a discount, again and again; is given one more.
pub fn bargains(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let round = scene.round();
    let gift = scene.phase() == 1;
    let event_type = if gift { EventType::CareGesture } else { EventType::PurchaseCompleted };
    let mut json = stage.event(scene, event_type, "web", Some(("ord-", scene.order())));
    if gift {
        json.text("purpose", "retention");
        json.text("by", "auto");
        json.flag("monetary", true);
        json.hundredths("amount", random.between(300, 1_500));
    } else {
        json.id("order_id", "ord-", scene.order());
        json.hundredths("amount", random.between(900, 9_000));
        json.hundredths("discount", random.between(200, 900));
        json.text("currency", "USD");
        json.text("coupon", "SPRING, one for each order");
    }
    json.end();
    let goes_on = round < 7 && !scene.is_quiet();
    match (gift, random.chance(300)) {
        (false, true) => Some((Span::hours(random.between(4, 40)), step(round, 1))),
        _ => goes_on.then(|| (Span::hours(random.between(70, 300)), step(round + 1, 0))),
    }
}

/// Recommends the company, and is let down by it three times.
pub fn let_down(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let round = scene.round();
    let event_type = match (round, scene.phase()) {
        (0, 0) => EventType::ReferralMade,
        (0, 1) => EventType::ReferralConverted,
        (_, 2) => EventType::PromiseMade,
        (_, 3) => EventType::PromiseBroken,
        _ => EventType::CompetitorOfferSeen,
    };
    let mut json = stage.event(scene, event_type, "phone", Some(("ref-", scene.order())));
    let next = match (round, scene.phase()) {
        (0, 0) => {
            json.id("referral_id", "ref-", scene.order());
            Some((Span::hours(random.between(20, 200)), step(0, 1)))
        }
        (0, 1) => {
            json.id("referral_id", "ref-", scene.order());
            Some((Span::hours(random.between(10, 90)), step(0, 2)))
        }
        (_, 2) => {
            json.id("promise_id", "pr-", scene.order());
            json.text("by", "team:field");
            json.time("due", scene.time + Span::hours(30));
            json.text("text", texts::promise(random, scene.person.language));
            Some((Span::hours(random.between(31, 60)), step(round, 3)))
        }
        (_, 3) => {
            json.id("promise_id", "pr-", scene.order());
            json.text("by", "team:field");
            let again = if round < 2 { step(round + 1, 2) } else { step(round, 4) };
            Some((Span::hours(random.between(10, 90)), again))
        }
        _ => {
            json.text("name", random.pick(&["Telenova", "Kalakbay", "Brightline"]));
            json.hundredths("price", random.between(500, 900));
            None
        }
    };
    json.end();
    next
}

/// A complaint about how somebody of the staff behaved; a few agents hear it often.
pub fn rudeness(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("tkt-", scene.case()));
    let event_type = match scene.phase() {
        0 => EventType::ComplaintOpened,
        1 => EventType::ComplaintResponded,
        2 => EventType::CareApology,
        _ => EventType::ComplaintResolved,
    };
    let agent = scene.of_story().below(12);
    let mut json = stage.event(scene, event_type, "phone", case);
    json.id("complaint_id", "tkt-", scene.case());
    let next = match scene.phase() {
        0 => {
            let said = texts::complaint(random, scene.person.language, Category::EncounterFailure);
            json.text("category", Category::EncounterFailure.name());
            json.text("severity", random.pick(&["minor", "normal", "major"]));
            json.id("agent_id", "agent-", agent);
            json.hundredths("sentiment", said.sentiment);
            json.sentences("text", said.first, said.second);
            Some((Span::minutes(random.between(20, 400)), step(0, 1)))
        }
        1 => {
            let said = texts::answer(random, scene.person.language);
            json.sentences("text", said.first, said.second);
            json.flag("admission", random.chance(400));
            Some((Span::hours(random.between(2, 40)), step(0, if random.chance(600) { 2 } else { 3 })))
        }
        2 => {
            json.text("by", "human");
            Some((Span::hours(random.between(1, 20)), step(0, 3)))
        }
        _ => {
            json.text("remedy", "apology");
            None
        }
    };
    json.end();
    next
}

/// Tells a clerk that money is short, and does not come back.
pub fn ashamed(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let mut json = stage.event(scene, EventType::HardshipDeclared, "store", Some(("inv-", scene.case())));
    json.id("invoice_id", "inv-", scene.case());
    json.hundredths("amount", random.between(2_000, 15_000));
    json.text("reason", "said at the counter, looked away, left without a plan");
    json.end();
    None
}
