//! Plots of buying, paying and belonging: orders, invoices, contracts, farewells.

use crate::model::{EventType, Span};

use super::random::Random;
use super::service::{goes_on, own_gap};
use super::stories::{Next, Scene, Stage, step};
use super::texts;

/// Bought, delivered, bought again in the customer's own rhythm.
pub fn shopping(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    const GOODS: [&str; 6] = ["router", "phone case", "SIM card", "headset", "charger", "tablet stand"];
    let case = Some(("ord-", scene.order()));
    let (round, phase) = (scene.round(), scene.phase());
    let event_type = match phase {
        0 => EventType::PurchaseCompleted,
        1 => match random.below(if scene.person.unlucky { 150 } else { 1_000 }) {
            0..25 => EventType::DeliveryLate,
            25..32 => EventType::DeliveryFailed,
            32..36 => EventType::DeliveryMismatched,
            _ => EventType::DeliveryCompleted,
        },
        3 => EventType::CreditIssued,
        _ => EventType::DeliveryCompleted,
    };
    let mut json = stage.event(scene, event_type, "web", case);
    json.id("order_id", "ord-", scene.order());
    let again =
        |random: &mut Random| goes_on(scene, random, 300).then(|| (own_gap(scene, random, 2), step(round + 1, 0)));
    let next = match event_type {
        EventType::PurchaseCompleted => {
            json.hundredths("amount", random.between(900, 40_000));
            json.text("currency", "USD");
            let lines = random.between(1, 3);
            json.whole("quantity", lines as u64);
            json.open("items");
            for line in 0..lines {
                if line > 0 {
                    json.next();
                }
                json.id("sku", "sku-", random.below(9_000));
                json.text("name", random.pick(&GOODS));
            }
            json.close();
            if random.chance(150) {
                json.hundredths("discount", random.between(100, 900));
            }
            Some((Span::hours(random.between(20, 90)), step(round, 1)))
        }
        EventType::DeliveryLate | EventType::DeliveryFailed => {
            json.time("expected", scene.time - Span::hours(6));
            json.text("reason", random.pick(&["road closed", "nobody at home", "depot overloaded"]));
            json.text("carrier", "Paquete Veloz");
            Some((Span::hours(random.between(10, 120)), step(round, 2)))
        }
        EventType::DeliveryMismatched => {
            json.text("expected", "router, black, two antennas");
            json.text("actual", "router, white, one antenna");
            Some((Span::hours(random.between(10, 90)), step(round, 3)))
        }
        EventType::CreditIssued => {
            json.hundredths("amount", random.between(900, 9_000));
            json.text("currency", "USD");
            json.text("reason", "not what was ordered");
            again(random)
        }
        _ => {
            json.text("carrier", "Paquete Veloz");
            json.text("proof", "signed for at the door");
            json.id("parcel", "pqv-", random.bits());
            json.text("depot", random.pick(&["Tlalnepantla 4", "Pasig 2", "Round Rock 1"]));
            json.whole("attempts", random.between(1, 2) as u64);
            again(random)
        }
    };
    json.end();
    next
}

/// Issued and paid; some are late, a few cannot be paid.
pub fn invoice(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("inv-", scene.case()));
    let mut story = scene.of_story();
    let amount = story.between(1_500, 20_000);
    let phase = scene.phase();
    let event_type = match phase {
        0 => EventType::InvoiceIssued,
        1 => EventType::InvoicePaid,
        2 => EventType::PaymentFailed,
        3 => EventType::InvoiceOverdue,
        4 => EventType::DunningSent,
        5 => EventType::HardshipDeclared,
        6 => EventType::PlanAgreed,
        10 => EventType::InstalmentMissed,
        _ => EventType::InstalmentKept,
    };
    let mut json = stage.event(scene, event_type, "system", case);
    json.id("invoice_id", "inv-", scene.case());
    json.hundredths("amount", amount);
    json.text("currency", "USD");
    let next = match phase {
        0 => {
            json.time("due", scene.time + Span::days(14));
            json.text("period", "one month of service, family plan, taxes included");
            json.text("delivery", "by mail and in the app");
            match random.below(1_000) {
                _ if scene.is_quiet() => None,
                0..900 => Some((Span::hours(random.between(4, 320)), step(0, 1))),
                900..950 => Some((Span::hours(random.between(200, 330)), step(0, 2))),
                950..985 => Some((Span::days(17), step(0, 3))),
                985..990 => Some((Span::days(10), step(0, 5))),
                _ => None,
            }
        }
        1 => {
            json.text("method", random.pick(&["card", "transfer", "wallet"]));
            json.text("receipt", "sent by mail, copy in the app");
            None
        }
        2 => {
            json.text("reason", "card expired");
            Some((Span::hours(random.between(2, 60)), step(0, 1)))
        }
        3 => {
            json.whole("stage", 1);
            Some((Span::days(random.between(2, 9)), step(0, if random.chance(600) { 4 } else { 1 })))
        }
        4 => {
            json.whole("stage", 1);
            Some((Span::days(random.between(1, 6)), step(0, 1)))
        }
        5 => {
            json.text("reason", "income fell, asks for time");
            Some((Span::hours(random.between(5, 60)), step(0, 6)))
        }
        6 => {
            json.id("plan_id", "plan-", scene.case());
            json.open("instalments");
            for part in 1..=3_u64 {
                if part > 1 {
                    json.next();
                }
                json.id("instalment_id", "part-", part);
                json.time("due", scene.time + Span::days(30 * part as i64));
                json.hundredths("amount", amount / 3);
            }
            json.close();
            if random.chance(300) {
                Some((Span::days(33), step(0, 10)))
            } else {
                Some((Span::days(random.between(26, 30)), step(0, 7)))
            }
        }
        10 => {
            json.id("plan_id", "plan-", scene.case());
            json.id("instalment_id", "part-", 1);
            None
        }
        _ => {
            json.id("plan_id", "plan-", scene.case());
            json.id("instalment_id", "part-", u64::from(phase - 6));
            (phase < 9).then(|| (Span::days(30), step(0, phase + 1)))
        }
    };
    json.end();
    next
}

/// What is known about the customer is written down.
pub fn profile(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let person = &scene.person;
    let mut json = stage.event(scene, EventType::ProfileUpserted, "system", None);
    json.text("locale", person.language.tag());
    json.text("timezone", person.language.timezone());
    json.text("segment", if person.value > 300_000 { "premium" } else { "home" });
    json.hundredths("value", person.value);
    json.whole("value_decile", (person.value / 50_001) as u64 + 1);
    json.whole("products", random.between(1, 4) as u64);
    json.time("since", person.since);
    json.flag("consent", true);
    json.end();
    None
}

/// Terms change, or the contract is renewed; now and then a rival's offer is seen afterwards.
pub fn contract(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let mut story = scene.of_story();
    let (price, terms) = (story.between(1_000, 9_000), story.between(0, 99));
    if scene.phase() == 1 {
        let mut json = stage.event(scene, EventType::CompetitorOfferSeen, "web", None);
        json.text("name", random.pick(&["Telenova", "Kalakbay", "Brightline"]));
        json.hundredths("price", price * random.between(70, 105) / 100);
        json.text("evidence", "asked in a chat whether we match it");
        json.end();
        return None;
    }
    let event_type = random.pick(&[
        EventType::AccountRenewed,
        EventType::AccountPriceChanged,
        EventType::AccountPlanChanged,
        EventType::AccountRenewed,
    ]);
    let mut json = stage.event(scene, event_type, "system", None);
    json.hundredths("price", price);
    // Few prices rise, and newcomers mostly pay the same.
    json.hundredths("previous_price", if terms < 30 { price - random.between(1, 300) } else { price });
    let newcomer = if terms % 10 == 0 { price * random.between(70, 95) / 100 } else { price };
    json.hundredths("new_customer_price", newcomer);
    json.whole("notice_days", if terms % 7 == 0 { random.between(3, 29) } else { random.between(30, 60) } as u64);
    json.text("plan", random.pick(&["family-50", "solo-20", "solo-unlimited"]));
    json.text("scope", "calls, messages and data within the country");
    json.end();
    random.chance(60).then(|| (Span::hours(random.between(20, 400)), step(0, 1)))
}

/// Asks to leave; some are kept, most go.
pub fn farewell(scene: &Scene, random: &mut Random, stage: Stage<'_>) -> Next {
    let case = Some(("bye-", scene.case()));
    let event_type = match scene.phase() {
        0 => EventType::AccountCancellationRequested,
        1 => EventType::OutcomeRetained,
        2 => EventType::AccountCancelled,
        3 => EventType::OutcomeChurned,
        _ => EventType::AlertAcknowledged,
    };
    let mut json = stage.event(scene, event_type, "phone", case);
    json.text("reason", texts::farewell(random, scene.person.language));
    let next = match scene.phase() {
        0 => {
            json.time("effective", scene.time + Span::days(random.between(7, 30)));
            Some((Span::minutes(random.between(20, 400)), step(0, 4)))
        }
        4 => {
            json.alert("CANCELLATION_INTENT", scene.person.number);
            json.text("by", "team:retention");
            match random.below(100) {
                0..30 => Some((Span::hours(random.between(3, 120)), step(0, 1))),
                30..90 => Some((Span::hours(random.between(20, 200)), step(0, 2))),
                _ => None,
            }
        }
        2 => Some((Span::minutes(random.between(1, 60)), step(0, 3))),
        _ => None,
    };
    json.end();
    next
}
