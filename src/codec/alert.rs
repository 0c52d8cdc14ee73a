//! An alert as its subscribers read it: JSON of the form `churn-alert/1`, and CloudEvents headers.
//!
//! **Invariant:** the same alert and wording give the same bytes. Log-odds are printed from their exact units, so that
//! `intercept + contributions + other = log_odds` holds for whoever adds up the printed numbers.

use super::json::Json;
use crate::model::alert::{Contribution, LogOdds, Risk};
use crate::model::cohort::Common;
use crate::model::{Alert, Scope, Time};
use crate::wording::{Texts, Wording};

/// The version of the form.
pub const SPEC: &str = "churn-alert/1";

/// Appends the JSON of `alert` to `out`, with its text as `wording` puts it.
pub fn encode(alert: &Alert, wording: &Wording, out: &mut Vec<u8>) {
    let mut json = Json::new(out);
    json.object(|json| {
        json.name("spec").text(SPEC);
        json.name("alert_id").text(&alert.alert_id);
        json.name("dedup_key").text(&alert.dedup_key);
        json.name("seq").integer(alert.seq);
        json.name("transition").text(alert.transition.name());
        json.name("status").text(alert.status.name());
        json.name("kind").text(alert.kind.name());
        json.name("scope").object(|json| write_scope(json, &alert.scope));
        json.name("severity").text(alert.severity.name());
        json.name("urgency").text(alert.urgency());
        json.name("certainty").text(alert.certainty.name());
        time(json.name("opened_at"), Some(alert.opened_at));
        time(json.name("updated_at"), Some(alert.updated_at));
        time(json.name("event_time"), Some(alert.event_time));
        time(json.name("act_by"), alert.act_by);
        time(json.name("expires_at"), alert.expires_at);
        json.name("escalation_level").integer(alert.escalation_level);
        json.name("owner").text(&alert.owner);
        json.name("occurrences").integer(alert.occurrences);
        match &alert.risk {
            Some(risk) => json.name("risk").object(|json| write_risk(json, risk)),
            None => json.name("risk").null(),
        }
        // Only where there can be any: a customer's alert has no such field.
        if let Some(members) = alert.members {
            json.name("members").integer(members);
        }
        json.name("evidence").list(&alert.evidence, |json, evidence| {
            json.object(|json| {
                json.name("event_id").text(&evidence.event_id);
                json.name("source").text(&evidence.source);
                json.name("type").text(&evidence.event_type);
                time(json.name("time"), Some(evidence.time));
                json.name("quote").text_or_null(evidence.quote.as_deref());
            });
        });
        json.name("action").object(|json| {
            json.name("code").text(alert.action.code);
            json.name("do").list(&alert.action.steps, |json, step| json.text(step));
            json.name("do_not").list(&alert.action.do_not, |json, step| json.text(step));
            json.name("guardrails").list(&alert.action.guardrails, |json, (guardrail, until)| {
                json.object(|json| {
                    json.name("code").text(guardrail.name());
                    time(json.name("until"), *until);
                });
            });
        });
        write_texts(json.name("text"), &wording.texts(alert));
        json.name("group").object(|json| {
            json.name("incident_id").text_or_null(alert.incident_id.as_deref());
            json.name("inhibited_by").text_or_null(alert.inhibited_by.as_deref());
            json.name("batch").text(&alert.batch);
        });
        json.name("treatment").text(alert.treatment.name());
        json.name("reason").text_or_null(alert.reason.map(|reason| reason.name()));
        match alert.value_at_stake {
            Some(value) => json.name("value_at_stake").rounded(value, 4),
            None => json.name("value_at_stake").null(),
        }
    });
}

fn write_scope(json: &mut Json, scope: &Scope) {
    let key = match scope {
        Scope::Customer { key, account_id } => {
            json.name("type").text("customer");
            json.name("customer_id").text(&key.customer_id());
            json.name("account_id").text_or_null(account_id.as_deref());
            return;
        }
        Scope::Cohort(key) => key,
    };
    match key.common() {
        Common::Incident(id) => {
            json.name("type").text("incident");
            json.name("incident_id").text(&id);
        }
        Common::Site { site, shift } => {
            json.name("type").text("site");
            json.name("site").text(&site);
            json.name("shift").text_or_null(shift.as_deref());
        }
        Common::Team(id) => {
            json.name("type").text("team");
            json.name("team").text(&id);
        }
        Common::Account(id) => {
            json.name("type").text("account");
            json.name("account_id").text(&id);
        }
    }
}

fn write_risk(json: &mut Json, risk: &Risk) {
    let (p, base) = (risk.log_odds.probability(), risk.intercept.probability());
    json.name("p").rounded(p, 4);
    json.name("horizon_days").integer(risk.horizon_days);
    json.name("base").rounded(base, 4);
    json.name("lift").rounded(p / base, 1);
    log_odds(json.name("log_odds"), risk.log_odds);
    json.name("band").text(risk.band.name());
    json.name("model").text(&risk.model);
    match risk.previous {
        Some(previous) => json.name("previous_p").rounded(previous.probability(), 4),
        None => json.name("previous_p").null(),
    }
    json.name("contributions").list(&risk.contributions, |json, part| json.object(|json| write_part(json, part)));
    log_odds(json.name("other"), risk.other);
    log_odds(json.name("intercept"), risk.intercept);
    time(json.name("decays_to_close_at"), risk.decays_to_close_at);
}

fn write_part(json: &mut Json, part: &Contribution) {
    json.name("factor").text(part.factor);
    json.name("value").rounded(part.value, 4);
    log_odds(json.name("log_odds"), part.log_odds);
    json.name("odds_x").rounded(libm::exp(part.log_odds.as_f64()), 2);
    json.name("mechanism").text(part.mechanism);
    time(json.name("since"), part.since);
    json.name("evidence").list(&part.evidence, |json, id| json.text(id));
}

fn write_texts(json: &mut Json, texts: &Texts) {
    json.object(|json| {
        for (language, text) in [("en", &texts.en), ("es", &texts.es), ("fil", &texts.fil)] {
            json.name(language).object(|json| {
                json.name("title").text(&text.title);
                json.name("body").text(&text.body);
            });
        }
    });
}

fn log_odds(json: &mut Json, log_odds: LogOdds) {
    json.decimal(log_odds.0.into(), 4);
}

fn time(json: &mut Json, time: Option<Time>) {
    match time {
        Some(time) => json.write(format_args!("\"{time}\"")),
        None => json.null(),
    }
}

/// The headers that make the record a CloudEvent in binary mode. `ce_id` is the same in every run.
pub fn headers(alert: &Alert) -> [(&'static str, String); 7] {
    [
        ("ce_specversion", "1.0".into()),
        ("ce_id", format!("{}-{}", alert.alert_id, alert.seq)),
        ("ce_type", format!("churn.alert.{}", alert.transition.name())),
        ("ce_source", format!("churnwatch/{}", alert.scope.tenant())),
        ("ce_subject", alert.scope.id()),
        ("ce_time", alert.updated_at.to_string()),
        ("content-type", "application/json".into()),
    ]
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::model::alert::{Action, Band, Certainty, Evidence, Facts, Guardrail, Reason};
    use crate::model::{CohortKey, CustomerKey, Kind, Severity, Status, Transition};

    fn part(factor: &'static str, value: f64, log_odds: i32, evidence: &[&str]) -> Contribution {
        Contribution {
            factor,
            value,
            log_odds: LogOdds(log_odds),
            mechanism: "M14",
            since: None,
            evidence: evidence.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    fn customer(tenant: &str, id: &str) -> Scope {
        Scope::Customer { key: CustomerKey::new(tenant, id), account_id: None }
    }

    /// The alert of the specification's example.
    fn example() -> Alert {
        Alert {
            alert_id: "al_01J".into(),
            dedup_key: "acme/c-123/PROMISE_BROKEN/pr-77".into(),
            seq: 3,
            transition: Transition::Escalated,
            status: Status::Open,
            kind: Kind::PromiseBroken,
            scope: Scope::Customer { key: CustomerKey::new("acme", "c-123"), account_id: Some("a-9".into()) },
            severity: Severity::Error,
            certainty: Certainty::Observed,
            opened_at: Time(1_772_636_531_000),
            updated_at: Time(1_772_636_532_500),
            event_time: Time(1_772_636_532_500),
            act_by: Some(Time(1_772_700_000_000)),
            expires_at: None,
            escalation_level: 1,
            owner: "team:retention-mx".into(),
            occurrences: 2,
            risk: Some(Risk {
                log_odds: LogOdds(-9_900),
                intercept: LogOdds(-38_900),
                other: LogOdds(12_000),
                contributions: vec![
                    part("promise_broken", 2.0, 12_700, &["evt-9f1"]),
                    part("open_grievances", 1.5, 7_300, &["evt-7a0", "evt-8c2"]),
                    part("tenure", 6.2, -3_000, &[]),
                ],
                horizon_days: 30,
                band: Band::High,
                model: "default@2026-03-01".into(),
                previous: Some(LogOdds(-20_907)),
                decays_to_close_at: Some(Time(1_776_556_800_000)),
            }),
            members: None,
            evidence: vec![Evidence {
                event_id: "evt-9f1".into(),
                source: "zendesk/acme".into(),
                event_type: "promise.made".into(),
                time: Time(1_772_636_531_000),
                quote: Some("te llamo \"mañana\"".into()),
            }],
            action: Action {
                code: "keep_or_renegotiate",
                steps: vec!["call_customer", "new_date"],
                do_not: vec!["upsell"],
                guardrails: vec![(Guardrail::NoUpsell, None)],
            },
            treatment: crate::model::alert::Treatment::Treat,
            batch: "ba_0".into(),
            inhibited_by: None,
            incident_id: None,
            reason: Some(Reason::ActByMissed),
            value_at_stake: Some(1_200.0),
            facts: Facts::default(),
        }
    }

    static WORDING: LazyLock<Wording> = LazyLock::new(Wording::new);

    fn encoded(alert: &Alert) -> String {
        let mut out = b"before".to_vec();
        encode(alert, &WORDING, &mut out);
        String::from_utf8(out).unwrap().strip_prefix("before").expect("appended").to_owned()
    }

    #[test]
    fn the_example_of_the_specification_is_written() {
        let alert = example();
        let mut text = Vec::new();
        write_texts(&mut Json::new(&mut text), &WORDING.texts(&alert));
        let expected = [
            r#"{"spec":"churn-alert/1","alert_id":"al_01J","dedup_key":"acme/c-123/PROMISE_BROKEN/pr-77","seq":3,"#,
            r#""transition":"escalated","status":"open","kind":"PROMISE_BROKEN","#,
            r#""scope":{"type":"customer","customer_id":"c-123","account_id":"a-9"},"#,
            r#""severity":"error","urgency":"immediate","certainty":"observed","#,
            r#""opened_at":"2026-03-04T15:02:11Z","updated_at":"2026-03-04T15:02:12.500Z","#,
            r#""event_time":"2026-03-04T15:02:12.500Z","act_by":"2026-03-05T08:40:00Z","expires_at":null,"#,
            r#""escalation_level":1,"owner":"team:retention-mx","occurrences":2,"#,
            r#""risk":{"p":0.2709,"horizon_days":30,"base":0.02,"lift":13.5,"log_odds":-0.99,"band":"high","#,
            r#""model":"default@2026-03-01","previous_p":0.11,"contributions":["#,
            r#"{"factor":"promise_broken","value":2,"log_odds":1.27,"odds_x":3.56,"mechanism":"M14","since":null,"evidence":["evt-9f1"]},"#,
            r#"{"factor":"open_grievances","value":1.5,"log_odds":0.73,"odds_x":2.08,"mechanism":"M14","since":null,"evidence":["evt-7a0","evt-8c2"]},"#,
            r#"{"factor":"tenure","value":6.2,"log_odds":-0.3,"odds_x":0.74,"mechanism":"M14","since":null,"evidence":[]}],"#,
            r#""other":1.2,"intercept":-3.89,"decays_to_close_at":"2026-04-19T00:00:00Z"},"#,
            r#""evidence":[{"event_id":"evt-9f1","source":"zendesk/acme","type":"promise.made","time":"2026-03-04T15:02:11Z","quote":"te llamo \"mañana\""}],"#,
            r#""action":{"code":"keep_or_renegotiate","do":["call_customer","new_date"],"do_not":["upsell"],"guardrails":[{"code":"no_upsell","until":null}]},"#,
            r#""text":"#,
            std::str::from_utf8(&text).unwrap(),
            r#","group":{"incident_id":null,"inhibited_by":null,"batch":"ba_0"},"#,
            r#""treatment":"treat","reason":"act_by_missed","value_at_stake":1200}"#,
        ];
        assert_eq!(encoded(&alert), expected.concat());
    }

    #[test]
    fn what_is_not_there_is_null() {
        let alert = Alert {
            scope: customer("acme", "c-123"),
            act_by: None,
            risk: None,
            evidence: Vec::new(),
            reason: None,
            value_at_stake: None,
            ..example()
        };
        let json: Value = serde_json::from_str(&encoded(&alert)).unwrap();
        for pointer in ["/scope/account_id", "/act_by", "/risk", "/reason", "/value_at_stake"] {
            assert_eq!(json.pointer(pointer), Some(&Value::Null), "{pointer}");
        }
        assert_eq!(json["evidence"], Value::Array(Vec::new()));
    }

    #[test]
    fn an_alert_about_many_has_their_scope_and_number_and_no_risk() {
        for (key, scope, subject) in [
            (CohortKey::incident("t", "i/1"), r#"{"type":"incident","incident_id":"i/1"}"#, "incident:i%2F1"),
            (CohortKey::site("t", "d", Some("am")), r#"{"type":"site","site":"d","shift":"am"}"#, "site:d:am"),
            (CohortKey::site("t", "d", None), r#"{"type":"site","site":"d","shift":null}"#, "site:d"),
            (CohortKey::team("t", "team:north"), r#"{"type":"team","team":"team:north"}"#, "team:north"),
            (CohortKey::agent("t", "a7"), r#"{"type":"team","team":"agent:a7"}"#, "agent:a7"),
        ] {
            let alert = Alert { scope: Scope::Cohort(key), risk: None, members: Some(7), ..example() };
            let json = encoded(&alert);
            assert!(json.contains(&format!(r#""scope":{scope},"#)), "{json}");
            assert!(json.contains(r#""risk":null,"members":7,"evidence":"#), "{json}");
            assert_eq!(headers(&alert)[4], ("ce_subject", subject.to_owned()));
        }
    }

    #[test]
    fn headers_make_it_a_cloud_event() {
        let alert = Alert { scope: customer("a/b", "c/1"), ..example() };
        let headers = headers(&alert);
        let expected = [
            ("ce_specversion", "1.0"),
            ("ce_id", "al_01J-3"),
            ("ce_type", "churn.alert.escalated"),
            ("ce_source", "churnwatch/a/b"),
            ("ce_subject", "c/1"),
            ("ce_time", "2026-03-04T15:02:12.500Z"),
            ("content-type", "application/json"),
        ];
        assert_eq!(headers.each_ref().map(|(name, text)| (*name, text.as_str())), expected);
    }

    /// The units of 1e-4 in a printed number, without going through a float.
    fn units(printed: &Value) -> i64 {
        let printed = printed.to_string();
        let (sign, digits) = match printed.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, &*printed),
        };
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        sign * (whole.parse::<i64>().unwrap() * 10_000 + format!("{rest:0<4}").parse::<i64>().unwrap())
    }

    proptest! {
        #[test]
        fn printed_parts_add_up_exactly(
            parts in prop::collection::vec(-200_000..200_000_i32, 0..8),
            other in -200_000..200_000_i32,
            intercept in -200_000..200_000_i32,
        ) {
            let sum = parts.iter().sum::<i32>() + other + intercept;
            let mut alert = example();
            let risk = alert.risk.as_mut().unwrap();
            risk.contributions = parts.iter().map(|units| part("f", 1.0, *units, &[])).collect();
            (risk.log_odds, risk.other, risk.intercept) = (LogOdds(sum), LogOdds(other), LogOdds(intercept));
            let json: Value = serde_json::from_str(&encoded(&alert)).unwrap();
            let risk = &json["risk"];
            let printed: i64 = risk["contributions"].as_array().unwrap().iter().map(|part| units(&part["log_odds"])).sum();
            prop_assert_eq!(printed + units(&risk["other"]) + units(&risk["intercept"]), units(&risk["log_odds"]));
        }

        #[test]
        fn any_texts_and_numbers_make_valid_json(text in any::<String>(), number in any::<f64>()) {
            let mut alert = example();
            alert.scope = customer("t", &text);
            alert.owner = text.clone();
            alert.value_at_stake = Some(number);
            alert.risk.as_mut().unwrap().contributions[0].value = number;
            let json: Value = serde_json::from_str(&encoded(&alert)).unwrap();
            prop_assert_eq!(json["owner"].as_str(), Some(&*text));
            prop_assert_eq!(json["scope"]["customer_id"].as_str(), Some(&*text));
            if number.abs() <= 1e12 {
                prop_assert!((json["value_at_stake"].as_f64().unwrap() - number).abs() <= 0.0001);
            }
        }
    }
}
