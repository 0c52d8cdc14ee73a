//! What reading an event costs: canonical, through mappings, refused; and what writing an alert costs.

use std::hint::black_box;

use churnwatch::codec::alert::encode;
use churnwatch::codec::{Decoder, Mapping, decode};
use churnwatch::model::alert::{Action, Band, Certainty, Contribution, Evidence, Facts, Guardrail, LogOdds, Risk};
use churnwatch::model::{Alert, CustomerKey, Kind, Scope, Severity, Status, Time, Transition};
use churnwatch::wording::Wording;
use criterion::{Criterion, Throughput};

/// An event of about 400 bytes with every field around `data`.
fn event(type_name: &str, data: &str) -> String {
    let event = format!(
        r#"{{"id":"evt-9f1c77a2","source":"zendesk/acme","type":"{type_name}","time":"2026-03-04T15:02:11Z","tenant":"acme","customer_id":"c-1234567","account_id":"a-91234","channel":"phone","lang":"es-MX","correlation_id":"tkt-881234","data":{data}}}"#
    );
    // What is left of the 400 bytes is a field that nobody knows.
    let filler = "x".repeat(400_usize.saturating_sub(event.len() + r#","note":"""#.len()));
    event.replacen("\"data\":", &format!("\"note\":\"{filler}\",\"data\":"), 1)
}

fn canonical(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    for (type_name, data) in [
        (
            "complaint.opened",
            r#"{"complaint_id":"tkt-881234","category":"core_failure","severity":"minor","dimension":"reliability","text":"el pedido llegó tarde"}"#,
        ),
        (
            "contact.message",
            r#"{"contact_id":"tkt-881234","direction":"inbound","text":"nobody answers the phone","auto":false}"#,
        ),
        ("promise.made", r#"{"promise_id":"pr-77","due":"2026-03-06T18:00:00-06:00","by":"team:north","grace_s":900}"#),
        (
            "purchase.completed",
            r#"{"order_id":"ord-881234","amount":1299.5,"currency":"MXN","quantity":3,"discount":12.25}"#,
        ),
        ("usage.activity", r#"{"feature":"reports","quantity":12}"#),
        ("billing.invoice_issued", r#"{"invoice_id":"in-1234","amount":499,"currency":"MXN","due":"2026-03-31"}"#),
        (
            "profile.upserted",
            r#"{"locale":"es-MX","timezone":"America/Mexico_City","value":1200.0,"products":["a","b"]}"#,
        ),
        ("page.viewed", r#"{"page":"/prices","ms":1299}"#),
    ] {
        let event = event(type_name, data);
        assert!(decode(event.as_bytes()).is_ok(), "{event}");
        group.throughput(Throughput::Bytes(event.len() as u64));
        group.bench_function(type_name, |b| b.iter(|| decode(black_box(event.as_bytes())).is_ok()));
    }
    let refused = event("complaint.opened", r#"{"severity":"unheard of"}"#);
    group.bench_function("refused", |b| b.iter(|| decode(black_box(refused.as_bytes())).is_err()));
    let cloud_event = event("com.acme.promise.made", r#"{"promise_id":"pr-77","due":"2026-03-06T18:00:00Z"}"#)
        .replacen("{\"id\"", "{\"specversion\":\"1.0\",\"id\"", 1)
        .replace("customer_id", "customerid");
    assert!(decode(cloud_event.as_bytes()).is_ok());
    group.bench_function("cloud event", |b| b.iter(|| decode(black_box(cloud_event.as_bytes())).is_ok()));
    group.finish();
}

fn mapped(c: &mut Criterion) {
    let mut group = c.benchmark_group("map");
    for (mapping, record) in [
        (
            "online-retail",
            r#"{"customer_id":"17850","ts":"2010-12-01T08:26:00Z","type":"purchase","ref":"536365","value":139.12,"lines":7,"units":40,"country":"United Kingdom"}"#,
        ),
        (
            "university",
            r#"{"customer_id":"1027058-FFF-2013B","ts":"2013-02-15T00:00:00Z","type":"vle_activity","window_days":14,"clicks":97,"interactions":45}"#,
        ),
        (
            "segment-track",
            r#"{"type":"track","event":"Order Completed","messageId":"ajs-next-1772636531123","userId":"u-1234567","anonymousId":"a1","originalTimestamp":"2026-03-04T15:02:11.123Z","context":{"locale":"es-MX","library":{"name":"analytics.js","version":"2.11.1"},"page":{"path":"/checkout"}},"properties":{"order_id":"50314","total":27.5,"currency":"USD","products":[{"sku":"45790-32","price":19}]}}"#,
        ),
    ] {
        let mut decoder = Decoder::new(Mapping::built_in(mapping));
        assert!(decoder.decode(record.as_bytes()).is_ok(), "{record}");
        group.throughput(Throughput::Bytes(record.len() as u64));
        group.bench_function(mapping, |b| b.iter(|| decoder.decode(black_box(record.as_bytes())).is_ok()));
    }
    group.finish();
}

/// An alert with a full score and evidence.
fn alert() -> Alert {
    let now = Time(1_772_636_531_000);
    let part = |factor, log_odds| Contribution {
        factor,
        value: 1.5,
        log_odds: LogOdds(log_odds),
        mechanism: "M01",
        since: Some(now),
        evidence: vec!["evt-7a0".into(), "evt-8c2".into()],
    };
    let evidence = Evidence {
        event_id: "evt-9f1".into(),
        source: "zendesk/acme".into(),
        event_type: "complaint.opened".into(),
        time: now,
        quote: Some("el pedido llegó tarde otra vez".into()),
    };
    Alert {
        alert_id: "al_01J00000000000000000000000".into(),
        dedup_key: "acme/c-1234567/GRIEVANCE_ACCUMULATION".into(),
        seq: 1,
        transition: Transition::Opened,
        status: Status::Open,
        kind: Kind::GrievanceAccumulation,
        scope: Scope::Customer { key: CustomerKey::new("acme", "c-1234567"), account_id: Some("a-91234".into()) },
        severity: Severity::Error,
        certainty: Certainty::Observed,
        opened_at: now,
        updated_at: now,
        event_time: now,
        act_by: Some(now),
        expires_at: None,
        escalation_level: 0,
        owner: "team:retention".into(),
        occurrences: 1,
        risk: Some(Risk {
            log_odds: LogOdds(-9_900),
            intercept: LogOdds(-38_900),
            other: LogOdds(0),
            contributions: vec![part("open_grievances", 20_000), part("open_age", 9_000)],
            horizon_days: 30,
            band: Band::High,
            model: "default@2026-11-24".into(),
            previous: None,
            decays_to_close_at: None,
        }),
        members: None,
        evidence: vec![evidence.clone(), evidence.clone(), evidence],
        action: Action {
            code: "clear_the_list",
            steps: vec!["one_owner", "one_call"],
            do_not: vec!["upsell", "ask_referral"],
            guardrails: vec![(Guardrail::NoUpsell, None)],
        },
        treatment: churnwatch::model::alert::Treatment::Treat,
        batch: String::new(),
        inhibited_by: None,
        incident_id: None,
        reason: None,
        value_at_stake: Some(1_200.0),
        facts: Facts { count: Some(3), categories: Some(2), since: Some(now), ..Facts::default() },
    }
}

/// Including its text in three languages.
fn encoded(c: &mut Criterion) {
    let (alert, wording, mut out) = (alert(), Wording::new(), Vec::new());
    c.bench_function("encode/alert", |b| {
        b.iter(|| {
            out.clear();
            encode(black_box(&alert), &wording, &mut out);
            out.len()
        });
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    canonical(&mut criterion);
    mapped(&mut criterion);
    encoded(&mut criterion);
    criterion.final_summary();
}
