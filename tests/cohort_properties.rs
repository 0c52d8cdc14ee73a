//! What holds for any history of both stages: restarts, repeated facts, one voice at a time, nobody held without an alert.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use churnwatch::engine::cohort::Happened;
use churnwatch::engine::{Cohort, CohortFact, Cohorts, Effect, Engine, Hold, Rules, Step};
use churnwatch::model::alert::Status;
use churnwatch::model::{Alert, CohortKey, Partition, Span, Time};
use churnwatch::offline::stages::Stages;
use churnwatch::offline::transcript::MONDAY;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// What happens next: who, what, about which object, after how long.
#[derive(Clone, Debug)]
struct Act {
    who: u8,
    what: u8,
    object: u8,
    /// Minutes after the event before; negative: it comes late.
    gap: i16,
}

fn steps() -> impl Strategy<Value = Vec<Act>> {
    let step = (0..8_u8, 0..17_u8, 0..3_u8, prop_oneof![4 => 0..40_i16, 2 => 40..900_i16, 1 => -300..0_i16]);
    prop::collection::vec(step.prop_map(|(who, what, object, gap)| Act { who, what, object, gap }), 1..120)
}

/// The steps as records.
fn records(steps: &[Act]) -> Vec<Vec<u8>> {
    let mut time = MONDAY + Span::hours(9);
    let mut records = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        let at = time + Span::minutes(i64::from(step.gap));
        time = time.max(at);
        let (who, o) = (step.who, step.object);
        let mut customer = format!(r#""customer_id":"c{who}","account_id":"a{}","#, who % 2);
        let (kind, data) = match step.what {
            0 => ("service.incident_opened", format!(r#""incident_id":"i{o}""#)),
            1 | 2 => ("service.incident_affected", format!(r#""incident_id":"i{o}""#)),
            3 => ("service.incident_notified", format!(r#""incident_id":"i{o}""#)),
            4 => ("service.wait_exceeded", format!(r#""site":"s{o}""#)),
            5 | 6 => ("contact.abandoned", format!(r#""site":"s{}","abandon":"walkout","wait_s":900"#, o % 2)),
            7 => (
                "complaint.opened",
                format!(r#""complaint_id":"k{n}","incident_id":"i{o}","category":"inconvenience","severity":"minor""#),
            ),
            8 => (
                "complaint.opened",
                format!(r#""complaint_id":"k{n}","site":"s{}","category":"inconvenience","severity":"minor""#, o % 2),
            ),
            9 => (
                "complaint.opened",
                format!(r#""complaint_id":"k{n}","agent_id":"x{}","category":"encounter_failure""#, o % 2),
            ),
            10 => (
                "contact.quality_scored",
                format!(r#""agent_id":"x{}","dimension":"courtesy","score":{}"#, o % 2, o % 2 + 1),
            ),
            11 | 12 => {
                let due = (at + Span::minutes(30)).to_string();
                ("promise.made", format!(r#""promise_id":"p{o}","by":"team:t","due":"{due}""#))
            }
            13 => ("promise.kept", format!(r#""promise_id":"p{o}""#)),
            14 => ("promise.cancelled", format!(r#""promise_id":"p{o}""#)),
            15 => ("customer.erased", String::new()),
            _ => ("account.merged", format!(r#""into":"c{o}""#)),
        };
        if who == 7 && kind.starts_with("service.") && kind != "service.incident_affected" {
            customer.clear();
        }
        let record =
            format!(r#"{{"id":"e{n}","source":"t","type":"{kind}","time":"{at}",{customer}"data":{{{data}}}}}"#);
        records.push(record.into_bytes());
    }
    records
}

/// Rules by which a short history reaches everything.
fn rules() -> Arc<Rules> {
    let mut rules = Rules::default();
    rules.cohorts.hotspot.customers = 3;
    rules.cohorts.conduct.agent_customers = 2;
    rules.cohorts.reliability.promises = 3;
    rules.cohorts.incidents.critical_members = 3;
    Arc::new(rules)
}

/// What the customers' stage sends, in order, with how far time had come after it.
fn facts(records: &[Vec<u8>]) -> Vec<(Vec<CohortFact>, Time)> {
    let mut engine = Engine::new(rules());
    let mut sent = Vec::new();
    let mut effects = Vec::new();
    for record in records {
        let event = churnwatch::codec::decode(record).expect("an event");
        while engine.apply(&event, &mut effects) == Step::Again {}
        let facts = effects.drain(..).filter_map(|effect| match effect {
            Effect::Cohort(fact) => Some(*fact),
            Effect::Alert(_) | Effect::Hold(..) => None,
        });
        sent.push((facts.collect(), engine.clock().watermark.expect("an event came")));
    }
    sent
}

/// A stage of cohorts and what it has said.
struct Run {
    cohorts: Cohorts,
    told: Vec<Alert>,
    holds: Vec<Hold>,
}

impl Run {
    fn new() -> Run {
        Run { cohorts: Cohorts::new(rules()), told: Vec::new(), holds: Vec::new() }
    }

    fn heard(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Alert(alert) => self.told.push(*alert),
                Effect::Hold(_, hold) => self.holds.push(*hold),
                Effect::Cohort(_) => panic!("cohorts send no facts"),
            }
        }
    }

    fn apply(&mut self, fact: &CohortFact) {
        let mut effects = Vec::new();
        while self.cohorts.advance(fact.clock, &mut effects) == Step::Again {}
        self.cohorts.apply(Partition(0), fact, &mut effects);
        self.heard(effects);
        if fact.what == Happened::Forget {
            // Whoever is erased holds nothing any more, and need not be told.
            self.holds.retain(|hold| Some(&hold.customer) != fact.customer.as_ref());
        }
        if let Happened::Became(became) = &fact.what {
            // What was said to a customer who is another one now was said to that one.
            for hold in self.holds.iter_mut().filter(|hold| Some(&hold.customer) == fact.customer.as_ref()) {
                hold.customer = became.into.clone();
            }
        }
    }

    fn advance(&mut self, to: Time) {
        let mut effects = Vec::new();
        while self.cohorts.advance(to, &mut effects) == Step::Again {}
        self.heard(effects);
    }

    fn states(&self) -> BTreeMap<String, Vec<u8>> {
        let mut states = BTreeMap::new();
        self.cohorts.each_cohort(&mut |cohort| {
            states.insert(cohort.key.as_str().to_owned(), postcard::to_allocvec(cohort).expect("plain data"));
        });
        states
    }

    /// As a restart makes it, from what the changelog holds.
    fn restarted(self, changelog: &BTreeMap<CohortKey, Vec<u8>>) -> Run {
        let mut cohorts = Cohorts::new(rules());
        for bytes in changelog.values().rev() {
            let cohort: Cohort = postcard::from_bytes(bytes).expect("what was written is read back");
            cohorts.restore(cohort);
        }
        cohorts.restored(self.cohorts.clock());
        Run { cohorts, ..self }
    }

    /// Writes what has changed, as a commit does.
    fn commit(&mut self, changelog: &mut BTreeMap<CohortKey, Vec<u8>>) {
        self.cohorts.take_changed(&mut |key, cohort| match cohort {
            Some(cohort) => {
                changelog.insert(key.clone(), postcard::to_allocvec(cohort).expect("plain data"));
            }
            None => {
                changelog.remove(key);
            }
        });
    }

    /// Who is held by which alert, by the last word to each.
    fn held(&self) -> BTreeSet<(String, String)> {
        let mut held = BTreeSet::new();
        for hold in &self.holds {
            let word = (hold.customer.as_str().to_owned(), hold.alert_id.to_string());
            match hold.cause {
                Some(_) => held.insert(word),
                None => held.remove(&word),
            };
        }
        held
    }
}

fn lines(told: &[Alert]) -> Vec<String> {
    let line =
        |a: &Alert| format!("{} {} #{} {} {:?}", a.updated_at, a.dedup_key, a.seq, a.transition.name(), a.reason);
    told.iter().map(line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_restart_anywhere_changes_nothing(steps in steps(), every in 1..9_usize) {
        let (mut one, mut many) = (Run::new(), Run::new());
        let mut changelog = BTreeMap::new();
        for (n, (facts, clock)) in facts(&records(&steps)).into_iter().enumerate() {
            for fact in &facts {
                one.apply(fact);
                many.apply(fact);
            }
            one.advance(clock);
            many.advance(clock);
            if n % every == 0 {
                many.commit(&mut changelog);
                many = many.restarted(&changelog);
            }
        }
        let end = one.cohorts.clock().unwrap_or(MONDAY) + Span::days(60);
        one.advance(end);
        many.advance(end);
        prop_assert_eq!(lines(&one.told), lines(&many.told));
        prop_assert_eq!(&one.holds, &many.holds);
        prop_assert!(one.states() == many.states());
    }

    #[test]
    fn a_fact_that_comes_twice_counts_once(steps in steps()) {
        let (mut once, mut twice) = (Run::new(), Run::new());
        for (facts, clock) in facts(&records(&steps)) {
            for fact in &facts {
                once.apply(fact);
                twice.apply(fact);
                twice.apply(fact);
            }
            once.advance(clock);
            twice.advance(clock);
        }
        prop_assert_eq!(lines(&once.told), lines(&twice.told));
        prop_assert_eq!(once.held(), twice.held());
        prop_assert!(once.states() == twice.states());
    }

    #[test]
    fn each_cohort_speaks_with_one_voice_and_holds_only_while_it_speaks(steps in steps()) {
        let mut run = Run::new();
        for (facts, clock) in facts(&records(&steps)) {
            for fact in &facts {
                run.apply(fact);
            }
            run.advance(clock);
        }
        let check = |run: &Run| -> Result<(), TestCaseError> {
            let mut last: HashMap<&str, &Alert> = HashMap::new();
            for alert in &run.told {
                prop_assert!(alert.risk.is_none() && alert.members.is_some() && alert.evidence.len() <= 20);
                if let Some(before) = last.insert(&alert.dedup_key, alert) {
                    let same = before.alert_id == alert.alert_id;
                    let over = matches!(before.status, Status::Resolved | Status::Expired);
                    prop_assert!(same && alert.seq == before.seq + 1 || over && alert.seq == 1, "{:?}", lines(&run.told));
                }
            }
            let live: BTreeSet<&str> = last
                .values()
                .filter(|a| !matches!(a.status, Status::Resolved | Status::Expired))
                .map(|a| &*a.alert_id)
                .collect();
            for (_, alert) in run.held() {
                prop_assert!(live.contains(&*alert), "held by an alert that is over");
            }
            Ok(())
        };
        check(&run)?;
        // Long after the last fact everything is over, and forgotten.
        let end = run.cohorts.clock().unwrap_or(MONDAY) + Span::days(200);
        run.advance(end);
        check(&run)?;
        prop_assert!(run.held().is_empty());
        let mut left = Vec::new();
        run.cohorts.each_cohort(&mut |cohort| left.push(cohort.key.scope().to_owned()));
        prop_assert!(left.iter().all(|scope| scope.starts_with("account:")), "{left:?}");
    }

    #[test]
    fn nothing_stays_of_who_is_erased(steps in steps()) {
        let mut records = records(&steps);
        let last = MONDAY + Span::days(300);
        for who in 0..8 {
            records.push(format!(
                r#"{{"id":"z{who}","source":"t","type":"customer.erased","time":"{last}","customer_id":"c{who}"}}"#
            ).into_bytes());
        }
        let mut run = Run::new();
        for (facts, _) in facts(&records) {
            for fact in &facts {
                run.cohorts.apply(Partition(0), fact, &mut Vec::new());
            }
        }
        for (key, bytes) in run.states() {
            for who in 0..8 {
                let id = format!("c{who}");
                let found = bytes.windows(3).any(|w| w[0] == 2 && w[1..] == *id.as_bytes());
                prop_assert!(!found, "{key} knows {id}");
            }
        }
    }

    #[test]
    fn partitions_do_not_change_what_happens_to_customers_in_time(steps in steps()) {
        // A late fact meets another watermark in another partition, and a survivor may be in another one.
        let merges = |act: &Act| act.what > 15;
        let steps: Vec<Act> = steps.into_iter().filter(|act| !merges(act)).collect();
        let steps: Vec<Act> = steps.into_iter().map(|act| Act { gap: act.gap.max(0), ..act }).collect();
        let tell = |partitions: u32| {
            let mut stages = Stages::new(&rules(), partitions);
            let mut alerts = Vec::new();
            for record in records(&steps) {
                let event = churnwatch::codec::decode(&record).expect("an event");
                while stages.apply(&event, &mut alerts) == Step::Again {}
            }
            while stages.advance(MONDAY + Span::days(60), &mut alerts) == Step::Again {}
            let opened = alerts.iter().filter(|a| a.scope.customer().is_some() && a.seq == 1);
            opened.map(|a| Cow::from(a.dedup_key.clone())).collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(tell(1), tell(3));
    }
}

#[test]
fn a_history_reaches_every_kind_of_cohort() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut kinds, mut holds, mut risks) = (BTreeSet::new(), 0, 0);
    for _ in 0..200 {
        let steps = steps().new_tree(&mut runner).expect("any").current();
        let mut run = Run::new();
        for (facts, clock) in facts(&records(&steps)) {
            for fact in &facts {
                risks += usize::from(fact.what == Happened::AtRisk(true));
                run.apply(fact);
            }
            run.advance(clock);
        }
        holds += run.holds.len();
        kinds.extend(run.told.iter().map(|a| (a.kind, a.transition.name())));
    }
    let names: BTreeSet<_> = kinds.iter().map(|(kind, _)| kind.name()).collect();
    let wanted = ["CONDUCT", "HOTSPOT", "INCIDENT_UNDISCLOSED", "PROMISE_RELIABILITY"];
    assert_eq!(names, BTreeSet::from(wanted));
    for transition in ["opened", "updated", "resolved", "escalated"] {
        assert!(kinds.iter().any(|(_, name)| *name == transition), "{transition} never happened: {kinds:?}");
    }
    assert!(holds > 100 && risks > 10, "{holds} holds, {risks} at risk");
}
