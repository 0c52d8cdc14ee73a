//! What holds for the engine whatever happens: properties over random histories of a few customers.
//!
//! A failure prints the shortest history found, one step a line, as in a transcript.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use churnwatch::engine::Outcome;
use churnwatch::model::alert::{Alert, LogOdds, Reason, Status, Transition};
use churnwatch::model::event::{Data, Family, Products};
use churnwatch::model::{CustomerKey, Event, EventType, Kind, Span, Time};
use proptest::prelude::*;

#[path = "engine_properties/history.rs"]
mod history;

use history::{ACTS, MERGES, PLAIN, Run, START, States, events, history, lines, merging};

/// `PROPTEST_CASES` asks for more, or less.
fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4_000,
        max_global_rejects: 40 * cases,
        ..ProptestConfig::default()
    }
}

fn same(left: &[Alert], right: &[Alert]) -> Result<(), TestCaseError> {
    prop_assert!(left == right, "{}\n-- against --\n{}", lines(left), lines(right));
    Ok(())
}

/// All of a history, and then 100 days without an event.
fn end_of(events: &[Event<'_>]) -> Time {
    events.iter().map(|e| e.time).max().unwrap_or(START) + Span::days(100)
}

proptest! {
    #![proptest_config(config(96))]

    /// Within 64 events and 30 days of the customer, and unless they were erased in between.
    #[test]
    fn an_event_that_comes_again_changes_nothing(steps in history(40)) {
        let all = events(&steps);
        let mut run = Run::new();
        let mut outcomes = Vec::new();
        for (at, event) in all.iter().enumerate() {
            outcomes.push(run.feed(event));
            let (told, states, clock) = (run.told.len(), run.states(), run.engine.clock());
            run.engine.take_changed(&mut |_, _| {});
            for (earlier, old) in all[..=at].iter().enumerate() {
                let since = || all[earlier..=at].iter().filter(|e| e.customer_id == old.customer_id);
                let erased = since().any(|e| e.event_type == EventType::CustomerErased);
                let newest = since().map(|e| e.time).max().unwrap_or(old.time);
                if erased || newest - old.time >= Span::days(29) {
                    continue;
                }
                // What came after an erasure from before it had no effect the first time either.
                let again = if outcomes[earlier] == Outcome::TooLate { Outcome::TooLate } else { Outcome::Duplicate };
                prop_assert_eq!(run.feed(old), again);
            }
            prop_assert!(!run.engine.has_changed() && run.told.len() == told);
            prop_assert!(run.states() == states && run.engine.clock() == clock);
        }
    }

    #[test]
    fn what_is_expected_right_or_wrong_changes_nothing(steps in merging(40)) {
        let all = events(&steps);
        let odd: [&[u8]; 4] = [b"", b"nobody", b"a/b%2F", &[0xff, 0xfe]];
        let (mut plain, mut expecting) = (Run::new(), Run::new());
        for (at, event) in all.iter().enumerate() {
            plain.feed(event);
            expecting.engine.expect(all[at..].iter().map(|e| e.customer_id.as_bytes()).chain(odd));
            expecting.feed(event);
        }
        same(&plain.told, &expecting.told)?;
        prop_assert!(plain.states() == expecting.states());
    }

    #[test]
    fn a_restart_at_any_point_changes_nothing(steps in merging(40), cut in 0..40_usize) {
        let all = events(&steps);
        let end = end_of(&all);
        let mut whole = Run::new();
        // One restarts after every event, from the whole state; one once, from what the changelog holds by then.
        let (mut always, mut once) = (Run::new(), Run::new());
        let mut changelog = States::new();
        for (at, event) in all.iter().enumerate() {
            whole.feed(event);
            always.feed(event);
            once.feed(event);
            once.engine.take_changed(&mut |key, customer| {
                match customer {
                    Some(customer) => changelog.insert(key.as_str().to_owned(), postcard::to_allocvec(customer).unwrap()),
                    None => changelog.remove(key.as_str()),
                };
            });
            let states = whole.states();
            prop_assert!(once.states() == states, "after step {}", at);
            prop_assert!(always.states() == states, "after step {}", at);
            prop_assert!(changelog == states, "what changed at step {} was not all handed over", at);
            prop_assert_eq!(always.engine.clock(), whole.engine.clock());
            same(&once.told, &whole.told)?;
            same(&always.told, &whole.told)?;
            always = always.restarted(&states);
            if at == cut {
                once = once.restarted(&changelog);
            }
        }
        for run in [&mut whole, &mut always, &mut once] {
            run.advance(end);
        }
        same(&always.told, &whole.told)?;
        same(&once.told, &whole.told)?;
        prop_assert!(always.states() == whole.states() && once.states() == whole.states());
    }

    /// Time may pass in one step or in many, by itself or by events of others that come in their turn.
    #[test]
    fn how_time_passes_does_not_matter(steps in history(30), parts in 2..9_i64) {
        let all = events(&steps);
        let end = end_of(&all);
        let (mut one, mut many, mut others) = (Run::new(), Run::new(), Run::new());
        let mut highest = START - Span::days(50);
        for (at, event) in all.iter().enumerate() {
            one.feed(event);
            let (from, to) = (many.watermark(), event.time - Span::seconds(60));
            if from > Time::MIN && from < to {
                for part in 1..=parts {
                    many.advance(from + Span((to - from).0 * part / parts));
                }
            }
            many.feed(event);
            for part in 0..=parts {
                let time = highest + Span((event.time - highest).0.max(0) * part / parts);
                others.feed(&history::event(0, format!("b{at}.{part}"), "bystander", "0", time));
            }
            highest = highest.max(event.time);
            others.feed(event);
        }
        one.advance(end);
        let from = many.watermark();
        for part in 1..=20 {
            many.advance(from + Span((end - from).0 * part / 20));
        }
        others.advance(end);
        same(&many.told, &one.told)?;
        prop_assert!(many.states() == one.states());
        let bystander = CustomerKey::new("default", "bystander");
        others.told.retain(|a| a.scope.customer() != Some(&bystander));
        same(&others.told, &one.told)?;
        let mut states = others.states();
        states.remove(bystander.as_str());
        prop_assert!(states == one.states());
    }

    #[test]
    fn the_parts_of_a_score_add_up(steps in merging(40)) {
        let all = events(&steps);
        let mut run = Run::new();
        for event in &all {
            run.feed(event);
        }
        run.advance(end_of(&all));
        let mut before: HashMap<&str, LogOdds> = HashMap::new();
        for alert in &run.told {
            let Some(risk) = &alert.risk else {
                prop_assert_eq!(alert.reason, Some(Reason::Erased));
                before.remove(alert.alert_id.as_str());
                continue;
            };
            let parts: i32 = risk.contributions.iter().map(|c| c.log_odds.0).sum();
            prop_assert_eq!(risk.intercept.0 + parts + risk.other.0, risk.log_odds.0);
            let p = risk.log_odds.probability();
            prop_assert!(p > 0.0 && p < 1.0);
            prop_assert!(risk.contributions.len() <= 8);
            prop_assert!(risk.contributions.is_sorted_by_key(|c| -c.log_odds.0.abs()));
            prop_assert!(risk.contributions.iter().all(|c| c.log_odds.0 != 0 && c.value.is_finite()));
            prop_assert!(risk.contributions.len() == 8 || risk.other == LogOdds(0));
            let names: BTreeSet<&str> = risk.contributions.iter().map(|c| c.factor).collect();
            prop_assert_eq!(names.len(), risk.contributions.len());
            prop_assert_eq!(risk.previous, before.insert(&alert.alert_id, risk.log_odds));
        }
    }

    #[test]
    fn the_life_of_an_alert_is_in_order(steps in merging(40)) {
        let all = events(&steps);
        let mut run = Run::new();
        let mut lives = Lives::default();
        for event in &all {
            run.feed(event);
            lives.follow(&run)?;
        }
        run.advance(end_of(&all));
        lives.follow(&run)?;
    }

    /// Whatever happened to two customers, once they are one nothing is live under the old name, and what was live about a
    /// thing goes on under the new one, unless the other record knows it to be over or nobody wants to hear of it.
    #[test]
    fn what_was_live_goes_on_once_two_customers_are_one(steps in history(40)) {
        let mut run = Run::new();
        let all = events(&steps);
        for event in &all {
            run.feed(event);
        }
        let mut before = BTreeMap::new();
        run.engine.each_customer(&mut |c| {
            before.insert(c.key.as_str().to_owned(), c.clone());
        });
        let merge = history::event(ACTS.len() + PLAIN.len(), "merge".into(), "c1", "0", run.watermark().max(START));
        run.feed(&merge);
        let mut after = BTreeMap::new();
        run.engine.each_customer(&mut |c| {
            after.insert(c.key.as_str().to_owned(), c.clone());
        });
        let survivor = &after["default/c0"];
        let Some(gone) = before.get("default/c1") else { return Ok(()) };
        prop_assert!(!after["default/c1"].alerts.iter().any(|a| a.is_live()));
        for promise in gone.rare.promises.iter().filter(|p| p.is_pending()) {
            let moved = survivor.rare.promises.iter().find(|p| p.id == promise.id);
            prop_assert!(moved.is_some(), "a promise is lost: {:?}", promise.id);
        }
        for alert in gone.alerts.iter().filter(|a| a.is_live() && a.kind == Kind::PromiseBroken) {
            let object = alert.object.as_deref().expect("it is about a promise");
            let kept = survivor.rare.promises.iter().any(|p| &*p.id == object && format!("{:?}", p.state) != "Open");
            let muted = survivor.rare.mutes.iter().any(|m| m.is(alert.kind, Some(object)));
            prop_assert!(kept || muted || survivor.live(alert.kind, Some(object)).is_some(), "{}", object);
        }
    }

    /// After each step nothing is overdue: another engine with the same states has nothing to say up to the same time.
    #[test]
    fn no_deadline_is_lost(steps in merging(40), waits in prop::collection::vec(0..90_i64, 1..6)) {
        let all = events(&steps);
        let mut run = Run::new();
        let nothing_overdue = |run: &Run| {
            let mut fresh = Run::restored(&run.states(), run.engine.clock());
            fresh.advance(run.watermark());
            prop_assert!(fresh.told.is_empty(), "overdue at {}:\n{}", run.watermark(), lines(&fresh.told));
            prop_assert!(fresh.states() == run.states(), "something was overdue at {}", run.watermark());
            Ok(())
        };
        for event in &all {
            run.feed(event);
            nothing_overdue(&run)?;
        }
        for days in waits {
            run.advance(run.watermark() + Span::days(days) + Span::minutes(7));
            nothing_overdue(&run)?;
        }
    }

    /// Whatever stands in the timer queue early says so: nothing is due before `next_timer`.
    #[test]
    fn nothing_is_due_before_the_next_timer(steps in merging(40)) {
        let all = events(&steps);
        let mut run = Run::new();
        for event in &all {
            run.feed(event);
        }
        for _ in 0..200 {
            let Some(next) = run.engine.next_timer() else { break };
            let (told, states) = (run.told.len(), run.states());
            run.advance(Time(next.0 - 1));
            prop_assert!(run.told.len() == told && run.states() == states, "due before {}", next);
            run.advance(next);
        }
    }

    /// Events of several customers at the same instants: what each is told does not depend on whose come first.
    #[test]
    fn the_order_of_customers_at_an_instant_does_not_matter(steps in history(40), first in 0..3_u8) {
        let mut all = events(&steps);
        // Later events of one customer at an instant keep their order.
        let mut run = Run::new();
        for event in &all {
            run.feed(event);
        }
        let end = end_of(&all);
        run.advance(end);
        let mut begin = 0;
        while begin < all.len() {
            let mut past = begin + 1;
            while past < all.len() && all[past].time == all[begin].time {
                past += 1;
            }
            let turn = |e: &Event<'_>| (e.customer_id.as_bytes()[1] - b'0' + first) % 3;
            all[begin..past].sort_by_key(turn);
            begin = past;
        }
        let mut turned = Run::new();
        for event in &all {
            turned.feed(event);
        }
        turned.advance(end);
        prop_assert!(turned.states() == run.states());
        same(&by_customer(&turned.told), &by_customer(&run.told))?;
    }

    /// Two on-time events of different customers change places: nothing changes for either, if no deadline lies so near
    /// that the watermark of the one makes it fire before the other. Within the bound of 60 s that is up to time itself.
    #[test]
    fn on_time_events_of_two_customers_may_change_places(steps in history(40), at: prop::sample::Index, apart in 1..60_i64) {
        let all = events(&steps);
        let at = at.index(all.len());
        let mut prefix = Run::new();
        for event in &all[..at] {
            prefix.feed(event);
        }
        let mut one = all[at].clone();
        one.time = one.time.max(prefix.watermark() + Span::seconds(61));
        let mut two = history::event(2, "two".into(), "c9", "9", one.time + Span::seconds(apart));
        two.time = two.time.max(prefix.watermark() + Span::seconds(61));
        prop_assume!(prefix.engine.next_timer().is_none_or(|next| next > two.time));
        let both = |first: &Event<'_>, second: &Event<'_>| {
            let mut run = Run::restored(&prefix.states(), prefix.engine.clock());
            run.feed(first);
            // What the first arms may be due by the time of the second: that is the case set apart.
            let near = run.engine.next_timer().is_some_and(|next| next <= two.time);
            run.feed(second);
            (run, near)
        };
        let ((a, near_a), (b, near_b)) = (both(&one, &two), both(&two, &one));
        prop_assume!(!near_a && !near_b);
        prop_assert!(a.states() == b.states());
        prop_assert_eq!(a.engine.clock(), b.engine.clock());
        same(&by_customer(&a.told), &by_customer(&b.told))?;
    }
}

/// By customer, each one's in the order in which they were told.
fn by_customer(told: &[Alert]) -> Vec<Alert> {
    let mut told = told.to_vec();
    told.sort_by(|a, b| a.scope.customer().cmp(&b.scope.customer()));
    told
}

/// What was told of each alert so far.
#[derive(Default)]
struct Lives {
    seen: usize,
    last: HashMap<String, Alert>,
    /// Alert id of the live alert of each dedup key.
    live: BTreeMap<String, String>,
}

impl Lives {
    fn follow(&mut self, run: &Run) -> Result<(), TestCaseError> {
        for alert in &run.told[self.seen..] {
            let before = self.last.get(&alert.alert_id);
            prop_assert!(
                follows(before, alert),
                "{}does not follow\n{}",
                lines(std::slice::from_ref(alert)),
                before.map_or("nothing".into(), |b| lines(std::slice::from_ref(b)))
            );
            let live = !matches!(alert.status, Status::Resolved | Status::Expired);
            if live {
                let other = self.live.insert(alert.dedup_key.clone(), alert.alert_id.clone());
                prop_assert!(other.is_none_or(|other| other == alert.alert_id), "two live: {}", alert.dedup_key);
            } else if self.live.get(&alert.dedup_key) == Some(&alert.alert_id) {
                self.live.remove(&alert.dedup_key);
            }
            if alert.reason == Some(Reason::Erased) {
                // Whatever comes now is about a new customer.
                self.last.remove(&alert.alert_id);
            } else {
                self.last.insert(alert.alert_id.clone(), alert.clone());
            }
        }
        self.seen = run.told.len();
        // What the customers hold is what was told.
        let mut held = BTreeMap::new();
        run.engine.each_customer(&mut |c| {
            for alert in c.alerts.iter().filter(|a| a.is_live()) {
                held.insert(alert.dedup_key(&c.key), alert.alert_id(&c.key));
            }
        });
        prop_assert_eq!(&held, &self.live);
        Ok(())
    }
}

/// Whether `alert` may come after `before`, its last transition.
fn follows(before: Option<&Alert>, alert: &Alert) -> bool {
    use Transition::*;
    let live = !matches!(alert.status, Status::Resolved | Status::Expired);
    let status = match alert.transition {
        Opened | Reopened | Unsnoozed => alert.status == Status::Open,
        Reminded => alert.status == Status::Open,
        Acknowledged => alert.status == Status::Acknowledged,
        Snoozed => alert.status == Status::Snoozed,
        Resolved | Dismissed => alert.status == Status::Resolved,
        Expired => alert.status == Status::Expired,
        Updated | Escalated | Deescalated | Assigned | Inhibited => live,
    };
    let alone = status
        && (alert.reason.is_some() || alert.transition == Opened)
        && alert.event_time <= alert.updated_at
        && alert.opened_at <= alert.updated_at
        && (live || alert.act_by.is_none() && alert.expires_at.is_none())
        && alert.evidence.len() <= 20
        && alert.evidence.is_sorted_by_key(|e| e.time)
        && alert.escalation_level <= 2
        && alert.dedup_key.len() <= 255
        && (alert.inhibited_by.is_some() || alert.transition != Inhibited);
    let Some(before) = before else {
        return alone && alert.seq == 1 && alert.occurrences == 1 && matches!(alert.transition, Opened | Inhibited);
    };
    let rises = alert.severity.cmp(&before.severity);
    let severity = match alert.transition {
        Deescalated => rises.is_lt(),
        Escalated => rises.is_gt() || alert.escalation_level == before.escalation_level + 1,
        // What kept it quiet also kept its steps quiet.
        _ if before.inhibited_by.is_some() => true,
        Opened | Reopened | Inhibited => true,
        _ => rises.is_eq(),
    };
    let order = match before.status {
        // A late fact says that it should never have been.
        _ if alert.reason == Some(Reason::Erased) => alert.transition == Resolved,
        Status::Expired => alert.transition == Resolved && alert.reason == Some(Reason::LateFact),
        Status::Resolved if before.reason == Some(Reason::LateFact) => false,
        Status::Resolved => {
            matches!(alert.transition, Reopened | Inhibited) && alert.occurrences == before.occurrences + 1
        }
        _ => {
            let released = alert.reason == Some(Reason::InhibitorClosed) && before.inhibited_by.is_some();
            alert.occurrences == before.occurrences
                && alert.transition != Reopened
                && (alert.transition != Opened || released)
        }
    };
    let quiet = before.inhibited_by.is_none()
        || alert.inhibited_by.is_none()
        || !matches!(alert.transition, Reminded | Escalated | Deescalated | Updated);
    alone
        && severity
        && order
        && quiet
        && alert.seq == before.seq + 1
        && alert.updated_at >= before.updated_at
        && (&alert.dedup_key, alert.kind, alert.scope.customer())
            == (&before.dedup_key, before.kind, before.scope.customer())
        && alert.opened_at == before.opened_at
}

/// A customer on whom everything rains down: `objects` different things, ids of `id_length` bytes.
fn rain(acts: &[usize], count: usize, objects: u32, id_length: usize, gap: Span) -> Run {
    let mut run = Run::new();
    rain_on(&mut run, "c0", acts, count, objects, id_length, gap);
    run
}

fn rain_on(run: &mut Run, who: &str, acts: &[usize], count: usize, objects: u32, id_length: usize, gap: Span) {
    let mut random = who.bytes().map(u64::from).sum::<u64>();
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    for number in 0..count {
        let act = acts[next(acts.len() as u64) as usize];
        let object = format!("{:0>1$}", next(u64::from(objects)), id_length - 4);
        let time = START + Span(gap.0 * number as i64) - Span::seconds(next(120) as i64);
        let id = format!("{number:0>id_length$}");
        run.feed(&history::event(act, id, who, &object, time));
        run.told.clear();
    }
}

#[test]
fn two_customers_are_no_more_than_one_once_they_are_merged() {
    let all: Vec<usize> = (0..ACTS.len()).collect();
    let into_c0 = ACTS.len() + PLAIN.len();
    assert_eq!(MERGES[0].event_type, EventType::AccountMerged);
    for (objects, gap) in [(1_000_000, Span::seconds(1)), (1_000_000, Span::minutes(10)), (40, Span::minutes(20))] {
        let mut run = Run::new();
        for who in ["c0", "c1"] {
            rain_on(&mut run, who, &all, 4_000, objects, 12, gap);
        }
        run.feed(&history::event(into_c0, "merge".into(), "c1", "0", run.watermark()));
        let size = |run: &Run, who: &str| run.states().get(who).map_or(0, Vec::len);
        assert!(size(&run, "default/c0") <= 64 * 1024, "{} bytes", size(&run, "default/c0"));
        assert!(size(&run, "default/c1") <= 512, "{} bytes are left", size(&run, "default/c1"));
        let live = run.states().len();
        rain_on(&mut run, "c1", &all, 1_000, objects, 11, gap);
        assert!(size(&run, "default/c0") <= 64 * 1024, "{} bytes later", size(&run, "default/c0"));
        assert_eq!(run.states().len(), live, "what comes under the old name is the survivor's");
    }
}

/// 64 KB with ids as people make them; ids of the greatest length, 128 bytes, cannot take much more than their share.
#[test]
fn what_is_remembered_of_a_customer_is_bounded() {
    let all: Vec<usize> = (0..ACTS.len()).collect();
    let of = |event_type: EventType| ACTS.iter().position(|a| a.event_type == event_type).unwrap();
    let complaints = [of(EventType::ComplaintOpened)];
    let hurts = [EventType::ComplaintOpened, EventType::PromiseBroken, EventType::DeliveryFailed].map(of);
    const KB: usize = 1024;
    for (acts, count, objects, id_length, gap, limit) in [
        (&all[..], 20_000, 1_000_000, 12, Span::seconds(1), 64 * KB),
        (&all, 20_000, 40, 12, Span::minutes(10), 64 * KB),
        (&all, 5_000, 1_000_000, 12, Span::hours(1), 64 * KB),
        (&complaints, 2_000, 1_000_000, 12, Span::seconds(1), 64 * KB),
        (&complaints, 2_000, 1_000_000, 12, Span::minutes(20), 64 * KB),
        (&hurts, 2_000, 1_000_000, 12, Span::minutes(20), 64 * KB),
        // Here nearly all of it is ids: some 1,400 facts of all mechanisms at once.
        (&all, 5_000, 1_000_000, 128, Span::minutes(10), 224 * KB),
        (&hurts, 2_000, 1_000_000, 128, Span::minutes(20), 160 * KB),
    ] {
        let run = rain(acts, count, objects, id_length, gap);
        let bytes: usize = run.states().values().map(Vec::len).sum();
        assert!(bytes <= limit, "{bytes} bytes after {count} events with {objects} objects, {gap:?} apart");
    }
}

/// Numbers at the edge of what the codec lets through.
fn exaggerate(event: &mut Event<'_>, number: f64, time: Time) {
    match &mut event.data {
        Data::Purchase(data) | Data::Delivery(data) => {
            (data.amount, data.quantity, data.discount) = (Some(number), Some(number), Some(number));
        }
        Data::Contact(data) => (data.wait_s, data.score, data.sentiment) = (Some(number), Some(number), Some(number)),
        Data::Complaint(data) => data.sentiment = Some(number),
        Data::Feedback(data) => {
            (data.value, data.scale_min, data.scale_max) = (Some(number), Some(-number), Some(number / 2.0));
            data.sentiment = Some(number);
        }
        Data::Billing(data) => (data.due, data.amount) = (Some(time), Some(number)),
        Data::Promise(data) => (data.due, data.grace_s) = (Some(time), Some(number)),
        Data::Account(data) => (data.since, data.ends, data.effective) = (Some(time), Some(time), Some(time)),
        Data::Profile(data) => {
            (data.value, data.value_decile, data.since) = (Some(number), Some(number), Some(time));
            data.products = Some(Products(number));
        }
        Data::Alert(data) => data.until = Some(time),
        Data::Care(data) => data.amount = Some(number),
        _ => {}
    }
}

proptest! {
    #![proptest_config(config(128))]

    /// Times from 1990 to 2100 in any order, amounts up to 1e12: nothing panics, scores stay scores, and time passes.
    #[test]
    fn no_time_and_no_number_is_too_much(
        steps in prop::collection::vec((0..ACTS.len() + PLAIN.len(), 0..8_usize, 0..8_usize, 0..6_usize, 0..3_u8), 1..60)
    ) {
        const EDGES: [Time; 8] = [
            START,
            Time(START.0 + 1),
            Time(START.0 + 86_400_000),
            Time::EARLIEST,
            Time(Time::EARLIEST.0 + 86_400_000),
            Time(Time::LATEST.0 - 1),
            Time(Time::LATEST.0 - 86_400_000),
            Time(2_208_988_800_000),
        ];
        const NUMBERS: [f64; 6] = [1e12, -1e12, 0.0, -0.0, 1e-300, -1.0];
        let mut run = Run::new();
        for (number, (act, at, other, amount, object)) in steps.into_iter().enumerate() {
            let (id, object) = (format!("{number:ñ<64}"), format!("{object:x>120}"));
            let mut event = history::event(act, id, &"c".repeat(128), &object, EDGES[at]);
            exaggerate(&mut event, NUMBERS[amount], EDGES[other]);
            run.feed(&event);
        }
        run.advance(Time::LATEST);
        run.advance(Time::LATEST + Span::days(36_500));
        for alert in &run.told {
            if let Some(risk) = &alert.risk {
                let parts: i32 = risk.contributions.iter().map(|c| c.log_odds.0).sum();
                prop_assert_eq!(risk.intercept.0 + parts + risk.other.0, risk.log_odds.0);
                prop_assert!(risk.contributions.iter().all(|c| c.value.is_finite()));
                let p = risk.log_odds.probability();
                prop_assert!(p > 0.0 && p < 1.0);
            }
        }
    }

    /// Events of one customer about different things that arrive within the bound of 60 s in another order than they
    /// happened lead to the same items, signs of life and stream time, where no deadline lies in between.
    ///
    /// Not to the same alerts: a condition that held on the way was told on the way. Not of one thing either: a step
    /// that happened before its cause is taken for its end if it comes first, and for an older one if it does not. And
    /// profiles and outcomes, which say what holds from now on, are left out.
    #[test]
    fn on_time_events_of_one_customer_about_different_things_may_come_in_any_order(
        steps in history(25),
        acts in prop::collection::vec(0..ACTS.len(), 2..5),
        turns in prop::collection::vec(any::<prop::sample::Index>(), 5),
    ) {
        let mut prefix = Run::new();
        for event in &events(&steps) {
            prefix.feed(event);
        }
        let from = prefix.watermark() + Span::seconds(61);
        prop_assume!(prefix.engine.next_timer().is_none_or(|next| next > from + Span::seconds(60)));
        let burst: Vec<Event<'_>> = (0_i64..)
            .zip(&acts)
            .filter(|(_, act)| {
                let family = ACTS[**act].event_type.family();
                // A payment plan covers what had fallen due when it was agreed: bills are not apart from it.
                !matches!(
                    family,
                    Family::Alert | Family::Profile | Family::Account | Family::Outcome | Family::Billing
                )
            })
            .map(|(n, act)| {
                history::event(*act, format!("x{n}"), "c0", &n.to_string(), from + Span::seconds(9 * n))
            })
            .collect();
        let mut other: Vec<&Event<'_>> = Vec::new();
        let mut left: Vec<&Event<'_>> = burst.iter().collect();
        for turn in turns.iter().take(burst.len()) {
            other.push(left.remove(turn.index(left.len())));
        }
        let run = |order: &[&Event<'_>]| {
            let mut run = Run::restored(&prefix.states(), prefix.engine.clock());
            let mut near = false;
            for event in order {
                run.feed(event);
                near |= run.engine.next_timer().is_some_and(|next| next <= from + Span::seconds(60));
            }
            (items(&run), near)
        };
        let in_order: Vec<&Event<'_>> = burst.iter().collect();
        let ((a, near_a), (b, near_b)) = (run(&in_order), run(&other));
        prop_assume!(!near_a && !near_b);
        let order: Vec<String> = other.iter().map(|e| format!("{} {}", e.id, e.type_name)).collect();
        prop_assert!(a == b, "in order:\n{}\n-- against --\n{}\n{}", a, b, order.join("\n"));
    }
}

/// What stands with each customer, one thing a line.
fn items(run: &Run) -> String {
    let mut out = Vec::new();
    run.engine.each_customer(&mut |c| {
        for case in &c.rare.complaints {
            let limits = case.is_open().then_some((case.answer_due, case.resolve_due));
            out.push(format!("{} {:?} {limits:?}", case.id, case.state));
        }
        for failure in &c.rare.failures {
            out.push(format!("{} {:?} {:?}", failure.object, failure.kind, failure.closed.is_some()));
        }
        for promise in &c.rare.promises {
            out.push(format!("{} {:?} {} {:?}", promise.id, promise.state, promise.due, promise.breach));
        }
        for invoice in c.money.iter().flat_map(|m| &m.invoices) {
            let limits = (invoice.due, invoice.late_at, invoice.settled, invoice.covered);
            out.push(format!("{:x} {limits:?} {:?}", invoice.id, invoice.noted));
        }
        for plan in c.money.iter().flat_map(|m| &m.plans) {
            let missed: Vec<Time> = plan.missed().map(|i| i.missed).collect();
            out.push(format!("{} {} {} {} {missed:?}", plan.id, plan.agreed_at(), plan.replaced, plan.next_due));
        }
        for dispute in c.money.iter().flat_map(|m| &m.disputes) {
            out.push(format!("{} {:?} {}", dispute.id, dispute.is_contradicted(), dispute.decided));
        }
        for loss in c.money.iter().flat_map(|m| &m.trust).flat_map(|t| &t.losses) {
            out.push(format!("lost {} {:?}", loss.at, loss.fact.as_ref().map(|f| f.event_id().to_owned())));
        }
        out.push(format!(
            "{:?} {:?} {} {}",
            c.life.first,
            c.life.last.as_ref().map(|f| f.time),
            c.is_gone(),
            c.highest
        ));
    });
    out.sort();
    out.join("\n")
}
