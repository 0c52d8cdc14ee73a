//! What an alert's text costs, in all three languages, and what it costs to compile the sentences at the start.

use std::hint::black_box;

use churnwatch::model::alert::{Action, Certainty, FactWord, Facts, Reason};
use churnwatch::model::{Alert, CustomerKey, Kind, Scope, Severity, Span, Status, Time, Transition};
use churnwatch::wording::{Wording, facts};
use criterion::Criterion;

/// 2026-03-04T15:02:11Z.
const NOW: Time = Time(1_772_636_531_000);

fn alert(kind: Kind, word: Option<FactWord>) -> Alert {
    Alert {
        alert_id: "al_01J00000000000000000000000".into(),
        dedup_key: "acme/c-123/KIND".into(),
        seq: 1,
        transition: Transition::Opened,
        status: Status::Open,
        kind,
        scope: Scope::Customer { key: CustomerKey::new("acme", "c-123"), account_id: None },
        severity: Severity::Error,
        certainty: Certainty::Observed,
        opened_at: NOW,
        updated_at: NOW,
        event_time: NOW,
        act_by: Some(NOW + Span::days(2)),
        expires_at: None,
        escalation_level: 0,
        owner: "team:retention".into(),
        occurrences: 1,
        risk: None,
        members: None,
        evidence: Vec::new(),
        action: Action { code: "call_back", steps: Vec::new(), do_not: Vec::new(), guardrails: Vec::new() },
        treatment: churnwatch::model::alert::Treatment::Treat,
        batch: String::new(),
        inhibited_by: None,
        incident_id: None,
        reason: None,
        value_at_stake: None,
        facts: Facts {
            count: Some(3),
            categories: Some(2),
            since: Some(NOW - Span::days(12)),
            due: Some(NOW - Span::days(1)),
            word,
            days: Some(12),
            ..Facts::default()
        },
    }
}

fn texts(c: &mut Criterion) {
    let wording = Wording::new();
    // Every shipped kind with each of its words, and every fact known: the longest sentences.
    let opened: Vec<Alert> = Kind::ALL
        .iter()
        .flat_map(|&kind| {
            let words = facts::words(kind);
            let none = words.is_empty().then_some(None);
            words.iter().copied().map(Some).chain(none).map(move |word| alert(kind, word))
        })
        .collect();
    let resolved: Vec<Alert> = opened
        .iter()
        .map(|alert| Alert {
            transition: Transition::Resolved,
            reason: Some(Reason::SourceClosed),
            act_by: None,
            ..alert.clone()
        })
        .collect();
    for (name, alerts) in [("opened", opened), ("resolved", resolved)] {
        let mut at = 0;
        c.bench_function(&format!("wording/{name}, three languages"), |b| {
            b.iter(|| {
                at = (at + 1) % alerts.len();
                wording.texts(black_box(&alerts[at]))
            });
        });
    }
    c.bench_function("wording/compile all", |b| b.iter(Wording::new));
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    texts(&mut criterion);
    criterion.final_summary();
}
