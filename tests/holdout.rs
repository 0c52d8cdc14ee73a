//! The control group: the same customers each time, for kinds that only suppose something.

use std::sync::Arc;

use churnwatch::engine::{Effect, Engine, Rules};
use churnwatch::model::alert::Treatment;
use churnwatch::model::{Span, Time};

/// How alerts of silent customers are treated with a share held out.
fn treatments(holdout: f64) -> Vec<(String, Treatment)> {
    let mut rules = Rules::default();
    rules.alerts.holdout = holdout;
    let mut engine = Engine::new(Arc::new(rules));
    let (mut effects, start) = (Vec::new(), Time(1_772_409_600_000));
    for day in 0..5 {
        for customer in 0..200 {
            let time = start + Span::days(day);
            let json = format!(
                r#"{{"id":"e{day}-{customer}","source":"s","type":"usage.activity","time":"{time}","customer_id":"c{customer}"}}"#
            );
            let event = churnwatch::codec::decode(json.as_bytes()).unwrap();
            engine.apply(&event, &mut effects);
        }
    }
    engine.advance(start + Span::days(3_000), &mut effects);
    let told = effects.into_iter().filter_map(|effect| match effect {
        Effect::Alert(alert) => Some((alert.dedup_key, alert.treatment)),
        Effect::Cohort(_) | Effect::Hold(..) => None,
    });
    told.collect()
}

#[test]
fn the_same_share_of_customers_is_held_out_each_time() {
    assert!(treatments(0.0).iter().all(|(_, t)| *t == Treatment::Treat));
    let (few, more) = (treatments(0.1), treatments(0.3));
    let controls = |told: &[(String, Treatment)]| -> std::collections::BTreeSet<String> {
        told.iter().filter(|(_, t)| *t == Treatment::Control).map(|(c, _)| c.clone()).collect()
    };
    let (few, more) = (controls(&few), controls(&more));
    assert!((10..=32).contains(&few.len()), "{}", few.len());
    assert!((42..=80).contains(&more.len()), "{}", more.len());
    assert!(few.is_subset(&more), "who is held out stays so when more are");
}
