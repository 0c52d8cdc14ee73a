//! M05, COMPETITOR_PULL: a rival pulls at a customer, most of all at one with something unsolved.

use thin_vec::ThinVec;

use super::{Detector, ends, told};
use crate::engine::alert_lifecycle::{LiveAlert, Raise};
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::memory::market::pull::{
    is_port_out, is_signal, newest, over_at, signals, strength, take_back_port_out,
};
use crate::engine::memory::{CaseChange, Changes};
use crate::engine::rules::{CompetitorRules, Rules};
use crate::model::alert::{FactWord, Facts, Reason, Severity};
use crate::model::event::Data;
use crate::model::{Event, EventType, Kind, Span, Time};

pub(super) const DETECTOR: Detector = Detector { settle, on_event, deadline, on_deadline };

const KIND: Kind = Kind::CompetitorPull;
/// Signs shown, and items: the newest.
const SHOWN: usize = 10;

/// Whether a wish to move to another provider is taken back by such an event.
fn stays(event_type: EventType) -> bool {
    matches!(
        event_type,
        EventType::AccountCancellationWithdrawn
            | EventType::AccountRenewed
            | EventType::AccountReactivated
            | EventType::OutcomeRetained
    )
}

/// A wish to move that is taken back pulls no more, before the wish to leave lets this alert go.
fn settle(cx: &mut Context<'_>, event: &Event<'_>) {
    if stays(event.event_type) && take_back_port_out(cx.c, event.time) {
        weigh(cx, event.time, false);
    }
}

fn on_event(cx: &mut Context<'_>, event: &Event<'_>, changes: &Changes) {
    if signals(cx.c).is_empty() && !stays(event.event_type) {
        return;
    }
    if stays(event.event_type) {
        let over = |a: &LiveAlert| a.hold_until.is_some() && a.facts.word == Some(FactWord::PullPortOut);
        if cx.c.live(KIND, None).is_some_and(over) && !signals(cx.c).iter().any(is_port_out) {
            cx.clear(KIND, None, Reason::SourceClosed, Span::ZERO, event.time);
        }
        return;
    }
    let feature = match &event.data {
        Data::Usage(data) => data.feature.as_deref(),
        _ => None,
    };
    let case = changes.complaint.as_ref().map(|(_, change)| *change);
    let failed = matches!(case, Some(CaseChange::Opened | CaseChange::Reopened)) || changes.failure.is_some();
    let mended = matches!(case, Some(CaseChange::Solved | CaseChange::Withdrawn)) || !changes.repaired.is_empty();
    let signal = is_signal(event.event_type, feature) || changes.moved.is_some();
    if signal || failed || mended {
        weigh(cx, event.time, signal || failed);
    }
}

/// An item that is open, or was.
struct Item<'c> {
    from: Time,
    until: Time,
    voice: &'c Fact,
}

fn items(c: &Customer) -> impl Iterator<Item = Item<'_>> {
    let complaints = c.rare.complaints.iter().filter_map(|case| {
        let until = if case.is_open() { Time::MAX } else { case.state_at };
        Some(Item { from: case.started, until, voice: case.voice()? })
    });
    let failures = c.rare.failures.iter().map(|f| Item {
        from: f.fact.time,
        until: f.closed.unwrap_or(Time::MAX),
        voice: &f.fact,
    });
    complaints.chain(failures)
}

fn open_items(c: &Customer) -> impl Iterator<Item = Item<'_>> {
    items(c).filter(|item| item.until == Time::MAX)
}

/// Whether a sign was not too old when something open came to it.
fn meets(item: &Item<'_>, signal: &Fact, rules: &CompetitorRules) -> bool {
    item.from - signal.time <= rules.signal_age
}

/// Whether it had opened at `at`, with what is known by now.
fn had_opened(cx: &Context<'_>, at: Time) -> bool {
    let rules = &cx.rules.market.competitor;
    let mut before = signals(cx.c).iter().filter(|s| s.time <= at);
    let met = |s: &Fact| items(cx.c).any(|i| i.from <= at && i.until > at && meets(&i, s, rules));
    strength(signals(cx.c), at, rules) >= rules.pull || before.any(|s| is_port_out(s) || met(s))
}

/// Opens, raises, lowers or closes the alert by what pulls now. One that is not live opens only if `may_open`.
fn weigh(cx: &mut Context<'_>, time: Time, may_open: bool) {
    let rules = &cx.rules.market.competitor;
    let now = cx.now;
    let all = signals(cx.c);
    let Some(last) = all.last().map(|s| s.time) else { return close(cx, time) };
    let pull = strength(all, now, rules);
    let port_out = all.iter().any(is_port_out);
    let opened_at = |s: &Fact, i: &Item<'_>| s.time.max(i.from);
    let met = open_items(cx.c)
        .any(|i| all.iter().any(|s| meets(&i, s, rules) && opened_at(s, &i) + rules.expires_after > now));
    let strong = strength(all, last, rules) >= rules.pull && pull >= rules.pull_over;
    let opens = port_out || met || strong;
    let live = cx.c.live(KIND, None).is_some();
    if !live && (!may_open || !opens || cx.c.is_gone()) {
        return;
    }
    let open = open_items(cx.c).next().is_some();
    if !opens {
        let first = told(cx.c, KIND, None).map(|a| a.first_event_time);
        if first.is_some_and(|at| time < at && !had_opened(cx, at)) {
            return cx.clear(KIND, None, Reason::LateFact, Span::ZERO, time);
        }
        if pull < rules.pull_over && !open {
            return close(cx, time);
        }
    }
    let (floor, word) = match () {
        () if port_out => (Severity::Critical, FactWord::PullPortOut),
        () if open => (Severity::Error, FactWord::WithOpenItems),
        () => (Severity::Warning, FactWord::Signals),
    };
    let mut voices: ThinVec<Fact> = open_items(cx.c).map(|item| item.voice.clone()).collect();
    voices.sort_by_key(|f| f.time);
    let mut evidence = newest(all, SHOWN);
    evidence.extend(newest(&voices, SHOWN));
    evidence.sort_by_key(|f| f.time);
    let facts = Facts {
        count: Some(all.len() as u32),
        since: all.first().map(|s| s.time),
        word: Some(word),
        ..Facts::default()
    };
    let event_time = evidence.last().map_or(time, |f| f.time).min(now);
    let expires_at = ends(cx, KIND, None, rules.expires_after);
    cx.raise(Raise { evidence, facts, expires_at, ..Raise::new(KIND, None, floor, event_time) });
}

/// Nothing pulls any more, for some time.
fn close(cx: &mut Context<'_>, time: Time) {
    let hold = cx.rules.market.competitor.hold;
    cx.clear(KIND, None, Reason::ConditionFalse, hold, time);
}

/// The pull is over: it has faded, and nothing is open.
fn deadline(c: &Customer, rules: &Rules) -> Time {
    let signals = signals(c);
    if signals.is_empty() || c.live(KIND, None).is_none_or(|a| a.hold_until.is_some()) {
        return Time::MAX;
    }
    // What lapsed or was solved did so no later than now.
    let mut closed = Time::MIN;
    for item in items(c) {
        if item.until == Time::MAX {
            return Time::MAX;
        }
        closed = closed.max(item.until);
    }
    over_at(signals, &rules.market.competitor).max(closed)
}

fn on_deadline(cx: &mut Context<'_>, due: Time) {
    close(cx, due);
}
