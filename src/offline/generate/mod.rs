//! `generate`: a synthetic company whose days are the same bytes for the same arguments, on every machine.
//!
//! ```text
//!  stories begin at random ──▶ play one step = one event ──▶ record (key, value)
//!            ▲                        │ the next step, a repeat
//!            └──── pending steps, ◀───┘ earliest first
//! ```
//!
//! A story is a short chain of events of one customer: a complaint and its answers, a promise and how it ended. Traits
//! of a customer and the content of a step are derived from the seed, so nothing is remembered but the steps that are
//! still to come, at most `PENDING_MAX`. No wall clock.

mod care;
mod json;
mod money;
mod person;
pub mod random;
mod service;
mod stories;
pub mod texts;
mod trouble;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::Write;

use crate::model::{Span, Time};

use json::DayText;
use person::Person;
use random::{Random, derive};
use stories::{Scene, Story};

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many customers there are, at least 1.
    pub customers: u32,
    /// How many records to make, repeats included.
    pub events: u64,
    /// Everything random follows from it.
    pub seed: u64,
    /// How events spread over the customers.
    pub skew: Skew,
    /// When the first story may begin.
    pub start: Time,
}

/// How events spread over the customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Skew {
    /// Evenly.
    #[default]
    Uniform,
    /// The busiest 1 % have about a fifth of the events; low numbers are the busy ones.
    Cubic,
}

/// 2026-03-02T08:00:00Z, a Monday.
pub const START: Time = Time(1_772_438_400_000);

/// Steps still to come at any time, at most: beyond it stories end early. 40 bytes each.
pub const PENDING_MAX: usize = 1 << 21;

/// Events of a story in the mean; only spreads the stories over the span, so it need not be exact.
const EVENTS_PER_STORY: f64 = 2.3;

/// Of 1000 events, how many are sent twice, and how many arrive late.
const REPEATED: u64 = 10;
const DELAYED: u64 = 10;

/// Of 1000 stories, how many happen to anybody; the others go round.
const BY_CHANCE: u64 = 300;

impl Options {
    /// The usual start, evenly spread.
    pub fn new(customers: u32, events: u64, seed: u64) -> Options {
        Options { customers: customers.max(1), events, seed, skew: Skew::Uniform, start: START }
    }

    /// The simulated time over which the events are spread, roughly: three days for each event of a customer, at least
    /// two days and at most a year.
    pub fn span(&self) -> Span {
        let days = self.events.saturating_mul(3) / u64::from(self.customers);
        Span::days(days.clamp(2, 364) as i64)
    }

    /// The mean time between two events of a customer, within an hour and thirty days.
    fn pace(&self) -> Span {
        let pace = i128::from(self.span().0) * i128::from(self.customers) / i128::from(self.events.max(1));
        Span(pace.clamp(3_600_000, 30 * 86_400_000) as i64)
    }
}

/// One generated record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The record key: the customer's id, or the incident's for an event about nobody.
    pub key: &'a [u8],
    /// The event as JSON, without a line feed.
    pub value: &'a [u8],
    /// Event time.
    pub time: Time,
}

/// Makes the records one after the other.
pub struct Generator {
    options: Options,
    random: Random,
    /// Milliseconds of activity since the start at which the next story begins; see `day_time`.
    activity: f64,
    mean_gap: f64,
    /// Where Weyl's sequence stands; see `customer`.
    turn: u64,
    left: u64,
    made: u64,
    pending: BinaryHeap<Reverse<Pending>>,
    clock: DayText,
    written: Written,
    /// For a step that is played before its time.
    spare: Written,
}

/// The record made last.
#[derive(Default)]
struct Written {
    key: String,
    value: Vec<u8>,
}

/// A step of a story that is still to come. Ordered by when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    sent: Time,
    /// Breaks ties: the earlier made comes first.
    order: u64,
    time: Time,
    seed: u64,
    customer: u32,
    step: u16,
    story: Story,
    /// A repeat, or a step that arrives late: what follows from it is pending already.
    leaf: bool,
}

impl Generator {
    /// A generator at its first record.
    pub fn new(options: Options) -> Generator {
        let stories = options.events.max(1) as f64 / EVENTS_PER_STORY;
        let mut generator = Generator {
            options,
            random: Random::new(derive(options.seed, 0x73_746f_7279)),
            activity: 0.0,
            mean_gap: options.span().0 as f64 / stories,
            turn: derive(options.seed, 0x7475_726e),
            left: options.events,
            made: 0,
            pending: BinaryHeap::new(),
            clock: DayText::default(),
            written: Written::default(),
            spare: Written::default(),
        };
        generator.activity += generator.random.exponential(generator.mean_gap);
        generator
    }

    /// The next record, valid until the next call; `None` when as many were made as asked for.
    pub fn next_record(&mut self) -> Option<Record<'_>> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let step = loop {
            let begins = self.options.start + day_time(self.activity as i64);
            match self.pending.peek() {
                Some(Reverse(step)) if step.sent <= begins => break self.pending.pop().expect("it was there").0,
                _ => self.begin(begins),
            }
        };
        let next = self.play(&step);
        if !step.leaf {
            let mut random = Random::new(derive(step.seed, 0x1_0000 + u64::from(step.step)));
            if random.chance(REPEATED) {
                let sent = step.sent + Span(random.between(0, 600_000));
                self.push(Pending { sent, leaf: true, ..step });
            }
            self.follow(&step, next);
        }
        Some(Record { key: self.written.key.as_bytes(), value: &self.written.value, time: step.time })
    }

    /// Makes the first step of a new story pending.
    fn begin(&mut self, time: Time) {
        self.activity += self.random.exponential(self.mean_gap);
        let customer = self.customer();
        let seed = self.random.bits();
        let person = Person::new(&self.options, customer);
        let story = Story::choose(&mut Random::new(seed), &person, time, self.options.pace());
        let step = Pending { sent: time, order: 0, time, seed, customer, step: 0, story, leaf: false };
        let step = self.sent(step);
        self.push(step);
    }

    /// Whose story begins next. Most customers come round in turn, each in a rhythm of their own as people have it: with
    /// chance alone, gaps would be so uneven that everybody would seem to fall silent at some time.
    fn customer(&mut self) -> u32 {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let chance = self.random.bits();
        let u = if self.random.chance(BY_CHANCE) {
            chance
        } else {
            // Weyl's sequence of the golden ratio visits every part of the range in turn.
            self.turn = self.turn.wrapping_add(GOLDEN);
            self.turn
        };
        let u = (u >> 11) as f64 / (1u64 << 53) as f64;
        let part = match self.options.skew {
            Skew::Uniform => u,
            Skew::Cubic => u * u * u,
        };
        (part * f64::from(self.options.customers)) as u32
    }

    /// Writes the event of `step` into the buffers and says what follows.
    fn play(&mut self, step: &Pending) -> stories::Next {
        let person = Person::new(&self.options, step.customer);
        let mut scene = Scene::new(step.story, step.step, step.seed, step.time, person, self.options.customers);
        scene.play(&mut self.written.key, &mut self.written.value, &mut self.clock)
    }

    /// Makes what follows `step` pending.
    fn follow(&mut self, step: &Pending, next: stories::Next) {
        let Some((delay, next)) = next else { return };
        let time = step.time + delay;
        let next = Pending { sent: time, time, step: next, ..*step };
        let next = self.sent(next);
        self.push(next);
    }

    /// `step` as it arrives: one in a hundred up to an hour late. What follows from a late one is not held up by it,
    /// so it may arrive before.
    fn sent(&mut self, step: Pending) -> Pending {
        let mut random = Random::new(derive(step.seed, 0x2_0000 + u64::from(step.step)));
        if !random.chance(DELAYED) {
            return step;
        }
        std::mem::swap(&mut self.written, &mut self.spare);
        let next = self.play(&step);
        std::mem::swap(&mut self.written, &mut self.spare);
        self.follow(&step, next);
        Pending { sent: step.time + Span(random.between(61_000, 3_600_000)), leaf: true, ..step }
    }

    fn push(&mut self, step: Pending) {
        if self.pending.len() < PENDING_MAX {
            self.made += 1;
            self.pending.push(Reverse(Pending { order: self.made, ..step }));
        }
    }
}

/// Turns activity into time: days begin at the start's hour, three quarters of what happens falls into the first
/// twelve hours, and the last eight, the night, are quiet. Monotone.
fn day_time(activity: i64) -> Span {
    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;
    const BY_EVENING: i64 = 18 * HOUR;
    const BY_NIGHT: i64 = 22 * HOUR;
    let (days, part) = (activity.div_euclid(DAY), activity.rem_euclid(DAY));
    let of_day = if part < BY_EVENING {
        part * 12 / 18
    } else if part < BY_NIGHT {
        12 * HOUR + (part - BY_EVENING)
    } else {
        16 * HOUR + (part - BY_NIGHT) * 4
    };
    Span(days * DAY + of_day)
}

/// Why generating stopped.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The output cannot take more; a closed pipe is not an error.
    #[error("could not write the generated events")]
    Write(#[source] std::io::Error),
}

/// Writes every record of `options` to `out`, one a line, and says how many. A reader that has gone away ends it
/// quietly. `progress` is told the number of records now and then.
pub fn run(options: Options, out: &mut dyn Write, progress: &mut dyn FnMut(u64)) -> Result<u64, GenerateError> {
    const BLOCK: usize = 256 * 1_024;
    let mut generator = Generator::new(options);
    let mut block = Vec::with_capacity(BLOCK + 4_096);
    let mut written = 0;
    loop {
        let record = generator.next_record();
        let done = record.is_none();
        if let Some(record) = record {
            block.extend_from_slice(record.value);
            block.push(b'\n');
            written += 1;
        }
        if block.len() >= BLOCK || done {
            let result = out.write_all(&block).and_then(|()| if done { out.flush() } else { Ok(()) });
            match result {
                Ok(()) => block.clear(),
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(written),
                Err(error) => return Err(GenerateError::Write(error)),
            }
            progress(written);
        }
        if done {
            return Ok(written);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn lines(options: Options) -> Vec<(String, serde_json::Value, Time)> {
        let mut generator = Generator::new(options);
        let mut out = Vec::new();
        while let Some(record) = generator.next_record() {
            let key = String::from_utf8(record.key.to_vec()).unwrap();
            out.push((key, serde_json::from_slice(record.value).unwrap(), record.time));
        }
        out
    }

    fn bytes(options: Options) -> Vec<u8> {
        let mut out = Vec::new();
        run(options, &mut out, &mut |_| {}).unwrap();
        out
    }

    #[test]
    fn the_same_arguments_give_the_same_bytes_and_others_give_others() {
        let options = Options::new(300, 5_000, 42);
        let first = bytes(options);
        assert_eq!(first, bytes(options));
        assert_ne!(first, bytes(Options { seed: 43, ..options }));
        assert_ne!(first, bytes(Options { skew: Skew::Cubic, ..options }));
        assert_ne!(first, bytes(Options { customers: 301, ..options }));
    }

    #[test]
    fn there_are_as_many_as_asked_for() {
        for (customers, events) in [(1, 0), (1, 1), (1, 500), (10_000, 300), (u32::MAX, 100)] {
            assert_eq!(lines(Options::new(customers, events, 7)).len() as u64, events, "{customers}");
        }
    }

    #[test]
    fn the_key_is_the_customer_or_the_incident_and_the_time_is_the_events() {
        for (key, event, time) in lines(Options::new(100, 20_000, 5)) {
            let whose = event.get("customer_id").unwrap_or(&event["data"]["incident_id"]);
            assert_eq!(whose.as_str(), Some(key.as_str()));
            assert_eq!(event["time"], time.to_string());
        }
    }

    #[test]
    fn one_in_a_hundred_is_sent_again_and_one_in_a_hundred_is_late() {
        let events = lines(Options::new(2_000, 100_000, 1));
        let mut seen = HashMap::new();
        let (mut again, mut late, mut highest) = (0, 0, Time::MIN);
        for (_, event, time) in &events {
            match seen.insert(event["id"].as_str().unwrap(), event) {
                Some(earlier) => {
                    assert_eq!(earlier, event, "a repeat is the same event");
                    again += 1;
                }
                None if *time < highest - Span::seconds(60) => late += 1,
                None => {}
            }
            highest = highest.max(*time);
            assert!(highest - *time <= Span::minutes(70), "no event is later than that");
        }
        assert!((800..1_200).contains(&again), "{again}");
        assert!((800..1_200).contains(&late), "{late}");
    }

    #[test]
    fn every_kind_of_trouble_happens_and_types_nobody_knows() {
        let types: HashSet<String> = lines(Options::new(700, 120_000, 3))
            .into_iter()
            .map(|(_, e, _)| e["type"].as_str().unwrap().into())
            .collect();
        for wanted in [
            "complaint.opened",
            "complaint.reopened",
            "complaint.confirmed",
            "promise.made",
            "promise.renegotiated",
            "promise.kept",
            "promise.broken",
            "promise.cancelled",
            "contact.abandoned",
            "contact.ended",
            "purchase.completed",
            "usage.activity",
            "delivery.late",
            "delivery.failed",
            "delivery.mismatched",
            "delivery.completed",
            "feedback.survey_answered",
            "account.cancellation_requested",
            "outcome.churned",
            "outcome.retained",
            "billing.paid",
            "billing.overdue",
            "service.incident_opened",
            "service.incident_affected",
            "profile.upserted",
            "loyalty.badge_won",
        ] {
            assert!(types.contains(wanted), "{wanted}");
        }
    }

    #[test]
    fn some_customers_fall_silent_for_good() {
        let acts = |kind: &str| kind.starts_with("usage.") || kind.starts_with("purchase.");
        let options = Options::new(200, 40_000, 9);
        let mut end = START;
        let mut last = HashMap::new();
        for (key, event, time) in lines(options) {
            end = end.max(time);
            if acts(event["type"].as_str().unwrap()) {
                last.insert(key, time);
            }
        }
        let silent = last.values().filter(|time| end - **time > Span::days(60)).count();
        assert!((8..40).contains(&silent), "{silent} of 200");
    }

    #[test]
    fn the_busiest_hundredth_of_a_skewed_company_has_a_fifth_of_the_events() {
        for (skew, share) in [(Skew::Uniform, 0.01..0.05), (Skew::Cubic, 0.15..0.28)] {
            let events = lines(Options { skew, ..Options::new(1_000, 50_000, 2) });
            let mut counts: HashMap<&str, usize> = HashMap::new();
            for (key, ..) in &events {
                *counts.entry(key).or_default() += 1;
            }
            let mut counts: Vec<usize> = counts.into_values().collect();
            counts.sort_unstable_by(|a, b| b.cmp(a));
            let busiest = counts[..10].iter().sum::<usize>() as f64 / events.len() as f64;
            assert!(share.contains(&busiest), "{skew:?}: {busiest}");
        }
    }

    #[test]
    fn days_are_busy_and_nights_are_quiet_and_time_never_runs_back() {
        let mut last = Span(-1);
        for activity in (0..3 * 86_400_000).step_by(61_001) {
            let at = day_time(activity);
            assert!(at > last);
            last = at;
        }
        assert_eq!(day_time(18 * 3_600_000), Span::hours(12));
        assert_eq!(day_time(24 * 3_600_000), Span::hours(24));
    }

    #[test]
    fn an_event_is_about_four_hundred_bytes() {
        let mean = bytes(Options::new(1_000, 20_000, 1)).len() / 20_000;
        assert!((360..440).contains(&mean), "{mean}");
    }
}
