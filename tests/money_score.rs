//! What invoices and plans do to the score, and what they must not do: raise the severity of the alerts that help.

use std::sync::Arc;

use churnwatch::codec;
use churnwatch::engine::{Effect, Engine, Rules, Step};
use churnwatch::model::alert::{Alert, Band, Severity};
use churnwatch::model::{Kind, Transition};
use churnwatch::offline::transcript::{Happening, read};

/// A customer with six invoices paid in time and a seventh that is not.
const LAPSE: &str = "2025-09-01 10:00 ann billing.paid invoice_id=i1 due=2025-09-05
2025-10-01 10:00 ann billing.paid invoice_id=i2 due=2025-10-05
2025-11-01 10:00 ann billing.paid invoice_id=i3 due=2025-11-05
2025-12-01 10:00 ann billing.paid invoice_id=i4 due=2025-12-05
2026-01-01 10:00 ann billing.paid invoice_id=i5 due=2026-01-05
2026-02-01 10:00 ann billing.paid invoice_id=i6 due=2026-02-05
d1 09:00 ann billing.invoice_issued invoice_id=i7 due=d10
";

/// What is told of `kind` after the lines of `story`.
fn told(story: &str, kind: Kind) -> Vec<Alert> {
    let mut engine = Engine::new(Arc::new(Rules::default()));
    let mut effects = Vec::new();
    for happening in read(story).unwrap() {
        match happening {
            Happening::Event(written) => {
                let event = codec::decode(&written.value).unwrap();
                while engine.apply(&event, &mut effects) == Step::Again {}
            }
            Happening::Until(time) => while engine.advance(time, &mut effects) == Step::Again {},
        }
    }
    let alerts = effects.into_iter().filter_map(|effect| match effect {
        Effect::Alert(alert) => Some(*alert),
        Effect::Cohort(_) | Effect::Hold(..) => None,
    });
    alerts.filter(|alert| alert.kind == kind).collect()
}

/// The part of `factor` in the score that an alert prints, in units of 1e-4.
fn part(alert: &Alert, factor: &str) -> i32 {
    let risk = alert.risk.as_ref().unwrap();
    risk.contributions.iter().find(|c| c.factor == factor).map_or(0, |c| c.log_odds.0)
}

#[test]
fn a_punctual_payer_who_is_late_counts_and_being_pressed_counts_on_top() {
    let alerts = told(
        &format!("{LAPSE}d13 09:00 ann billing.dunning_sent invoice_id=i7\nuntil d13 10:00"),
        Kind::PaymentHardship,
    );
    let parts: Vec<_> = alerts.iter().map(|a| (a.transition, part(a, "payment"))).collect();
    // 0.4 has faded for nine hours when 0.5 comes on top: 0.4 * 2^(-0.375/30) = 0.3965.
    assert_eq!(parts, [(Transition::Opened, 4_000), (Transition::Escalated, 8_965)]);
}

#[test]
fn what_a_late_fact_takes_back_leaves_nothing_in_the_score() {
    let story =
        format!("{LAPSE}d13 09:00 ann billing.dunning_sent invoice_id=i7\nd12 09:00 ann billing.paid invoice_id=i7");
    let alerts = told(&story, Kind::PaymentHardship);
    let last = alerts.last().unwrap();
    assert_eq!((last.transition, part(last, "payment")), (Transition::Resolved, 0));
}

#[test]
fn declared_hardship_and_the_invoices_of_one_without_a_good_name_do_not_count() {
    let story = "d1 09:00 ann billing.invoice_issued invoice_id=i1 due=d2
d8 09:00 ann billing.hardship_declared
d9 09:00 ann billing.dunning_sent invoice_id=i1";
    for alert in told(story, Kind::PaymentHardship) {
        assert_eq!(part(&alert, "payment"), 0, "{:?}", alert.transition);
    }
}

#[test]
fn an_instalment_that_was_kept_protects() {
    let story = "d1 09:00 ann billing.plan_agreed plan_id=p
d5 09:00 ann billing.instalment_kept plan_id=p
d5 09:00 ann billing.instalment_missed plan_id=p due=d5 instalment_id=b
d5 09:00 ann complaint.opened complaint_id=k";
    let alerts = told(story, Kind::SecondChance);
    assert_eq!(part(&alerts[0], "plan_kept"), -3_000);
}

#[test]
fn the_score_never_raises_the_alerts_that_help_in_hardship() {
    let story = format!(
        "{LAPSE}d9 09:00 ann account.contract_ending renewal=declined ends=d60
d9 10:00 ann profile.upserted value_decile=10
d9 11:00 ann billing.plan_agreed plan_id=p
d9 12:00 ann billing.instalment_missed plan_id=p
d14 09:00 ann billing.dunning_sent invoice_id=i8
d15 09:00 ann billing.dunning_sent invoice_id=i8
until d16"
    );
    for (kind, severity) in [
        (Kind::PaymentHardship, Severity::Warning),
        (Kind::PlanAtRisk, Severity::Info),
        (Kind::DunningPressure, Severity::Warning),
    ] {
        let first = &told(&story, kind)[0];
        assert_eq!((first.severity, first.inhibited_by.as_deref()), (severity, None), "{kind:?}");
        assert!(first.risk.as_ref().unwrap().band >= Band::High, "{kind:?}");
    }
}
