//! What is read, what is refused and why, and that both ways of reading agree.

use proptest::prelude::*;

use super::*;
use crate::model::event::*;

/// A record of `type_name` with `data`, and nothing else than what is required.
fn record(type_name: &str, data: &str) -> String {
    format!(
        r#"{{"id":"e1","source":"crm","type":"{type_name}","time":"2026-03-04T15:02:11Z","customer_id":"c1","data":{data}}}"#
    )
}

fn rejected(json: &str) -> String {
    decode(json.as_bytes()).map_or_else(|rejected| rejected.to_string(), |_| "read".into())
}

fn data(type_name: &str, data: &str) -> Data<'static> {
    let record = record(type_name, data).leak();
    let event = decode(record.as_bytes()).unwrap_or_else(|rejected| panic!("{record}: {rejected}"));
    assert_eq!(decode_fast(record).as_ref(), Some(&event), "the fast way reads it: {record}");
    assert_eq!(decode_slowly(record).as_ref(), Ok(&event), "the slow way reads the same: {record}");
    event.data
}

#[test]
fn the_example_of_the_specification_is_read_without_a_copy() {
    let json = br#"{"id":"evt-9f1","source":"zendesk/acme","type":"complaint.opened","time":"2026-03-04T15:02:11Z",
        "tenant":"acme","customer_id":"c-123","account_id":"a-9","channel":"phone","lang":"es-MX",
        "correlation_id":"tkt-881","data":{"complaint_id":"tkt-881","category":"core_failure","severity":"minor",
        "dimension":"reliability","text":"..."}}"#;
    let event = decode(json).unwrap();
    assert_eq!(
        event,
        Event {
            id: "evt-9f1".into(),
            source: "zendesk/acme".into(),
            event_type: EventType::ComplaintOpened,
            type_name: "complaint.opened".into(),
            time: Time(1_772_636_531_000),
            tenant: "acme".into(),
            customer_id: "c-123".into(),
            account_id: Some("a-9".into()),
            channel: Some("phone".into()),
            lang: Some("es-MX".into()),
            correlation_id: Some("tkt-881".into()),
            data: Data::Complaint(ComplaintData {
                complaint_id: Some("tkt-881".into()),
                category: Some(Category::CoreFailure),
                severity: Some(ComplaintSeverity::Minor),
                dimension: Some(Dimension::Reliability),
                text: Some("...".into()),
                ..ComplaintData::default()
            }),
        }
    );
    assert!(matches!(event.id, Cow::Borrowed(_)) && matches!(event.correlation_id, Some(Cow::Borrowed(_))));
}

#[test]
fn the_least_event_has_defaults() {
    let json = r#"{"id":"e1","source":"crm","type":"profile.upserted","time":"2026-03-04T15:02:11Z","customer_id":"c1",
        "tenant":null,"account_id":null,"channel":null,"data":null,"spec":null}"#;
    let event = decode(json.as_bytes()).unwrap();
    assert_eq!((&*event.tenant, &event.account_id, &event.channel), ("default", &None, &None));
    assert_eq!(event.data, Data::Profile(ProfileData::default()));
}

#[test]
fn every_type_is_read_with_and_without_data() {
    for event_type in EventType::ALL {
        assert_eq!(data(event_type.name(), "{}"), no_data(*event_type));
        assert_eq!(data(event_type.name(), "null"), no_data(*event_type));
        assert_eq!(data(event_type.name(), r#"{"x":[{}],"y":"z"}"#), no_data(*event_type), "unknown fields");
    }
}

#[test]
fn data_of_each_kind_of_value_is_read() {
    assert_eq!(
        data("promise.made", r#"{"promise_id":"p\u0031","due":"2026-03-05","grace_s":900,"text":"a\nb"}"#),
        Data::Promise(PromiseData {
            promise_id: Some("p1".into()),
            due: Some(Time(1_772_668_800_000)),
            grace_s: Some(900.0),
            text: Some("a\nb".into()),
            ..PromiseData::default()
        })
    );
    assert_eq!(
        data("delivery.mismatched", r#"{"order_id":"o1","expected":2,"actual":"two","quantity":1.5}"#),
        Data::Delivery(OrderData {
            order_id: Some("o1".into()),
            expected: Some(Scalar::Number(2.0)),
            actual: Some(Scalar::Text("two".into())),
            quantity: Some(1.5),
            ..OrderData::default()
        })
    );
    assert_eq!(
        data(
            "billing.plan_agreed",
            r#"{"instalments":[{"instalment_id":"i1","due":"2026-04-01T00:00:00Z","amount":10,"note":[]},{}]}"#
        ),
        Data::Billing(BillingData {
            instalments: Some(vec![
                Instalment { instalment_id: Some("i1".into()), due: Some(Time(1_775_001_600_000)), amount: Some(10.0) },
                Instalment::default(),
            ]),
            ..BillingData::default()
        })
    );
    assert_eq!(
        data("profile.upserted", r#"{"products":["a","b"],"consent":false,"value":1e3,"since":"1985-06-01"}"#),
        Data::Profile(ProfileData {
            products: Some(Products(2.0)),
            consent: Some(false),
            value: Some(1_000.0),
            since: Some(Time(486_432_000_000)),
            ..ProfileData::default()
        })
    );
}

#[test]
fn an_unknown_type_is_read_whatever_its_data() {
    for json in ["[]", "1", "\"text\"", r#"{"severity":5,"due":"soon","amount":1e999}"#, r#"{"\ud800":"\ud800"}"#] {
        assert_eq!(data("survey_answered", json), Data::None);
    }
}

#[test]
fn data_before_the_type_is_read_too() {
    let json = r#"{"data":{"wait_s":5},"customer_id":"c1","time":"2026-03-04T15:02:11Z","type":"contact.ended","source":"s","id":"e"}"#;
    let event = decode_fast(json).expect("the fast way copes with it");
    assert_eq!(event.data, Data::Contact(ContactData { wait_s: Some(5.0), ..ContactData::default() }));
}

#[test]
fn of_a_name_given_twice_the_last_one_counts() {
    for (twice, expected) in [
        (r#""type":"complaint.opened","data":{"severity":"minor"},"type":"contact.ended""#, "contact.ended"),
        (r#""type":5,"data":{"severity":"bad"},"data":{},"type":"contact.ended""#, "contact.ended"),
        (r#""data":{"severity":"bad"},"type":"complaint.opened","data":null"#, "complaint.opened"),
        (r#""type":"complaint.opened","data":{"severity":"bad","severity":"minor"}"#, "complaint.opened"),
    ] {
        let json =
            format!(r#"{{"id":1,"id":"e1","source":"s","time":"2026-03-04T15:02:11Z","customer_id":"c",{twice}}}"#);
        let event = decode(json.as_bytes()).unwrap_or_else(|rejected| panic!("{json}: {rejected}"));
        assert_eq!((&*event.id, event.event_type.name()), ("e1", expected));
    }
    let null_last = record("complaint.opened", r#"{"severity":"minor","severity":null}"#);
    assert_eq!(
        decode(null_last.as_bytes()).unwrap().data,
        Data::Complaint(ComplaintData::default()),
        "null is absent, the last time too"
    );
}

#[test]
fn only_events_about_nobody_may_lack_a_customer() {
    for event_type in EventType::ALL {
        let json = format!(r#"{{"id":"e","source":"s","type":"{}","time":"2026-03-04T15:02:11Z"}}"#, event_type.name());
        match decode(json.as_bytes()) {
            Ok(event) => assert!(event_type.may_be_about_nobody() && event.customer_id.is_empty()),
            Err(rejected) => {
                assert!(!event_type.may_be_about_nobody());
                assert_eq!(rejected, Rejected::field(Reason::MissingField, "customer_id"));
            }
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    let deep = format!("{}{}", "[".repeat(32), "]".repeat(32));
    let complaint = |data: &str| record("complaint.opened", data);
    for (json, expected) in [
        (String::new(), "invalid_json"),
        ("{".into(), "invalid_json"),
        ("{} {}".into(), "invalid_json"),
        (record("x", "{\"a\":tru}"), "invalid_json"),
        (record("x", "{\"a\":\"\t\"}"), "invalid_json"),
        ("\u{feff}{}".into(), "invalid_json"),
        (complaint(&format!("{{\"ignored\":{deep}}}")), "too_deep"),
        (format!("[{deep}]"), "too_deep"),
        ("[]".into(), "not_an_object"),
        ("null".into(), "not_an_object"),
        ("\"text\"".into(), "not_an_object"),
        ("{}".into(), "missing_field: id"),
        (complaint("{}").replace("\"id\"", "\"ID\""), "missing_field: id"),
        (complaint("{}").replace("\"crm\"", "null"), "missing_field: source"),
        (complaint("{}").replace("\"complaint.opened\"", "null"), "missing_field: type"),
        (complaint("{}").replace("\"2026-03-04T15:02:11Z\"", "null"), "missing_field: time"),
        (complaint("{}").replace("\"c1\"", "null"), "missing_field: customer_id"),
        (complaint("{}").replace("\"c1\"", "\"\""), "invalid_field: customer_id"),
        (complaint("{}").replace("\"c1\"", "7"), "invalid_field: customer_id"),
        (complaint("{}").replace("c1", &"c".repeat(129)), "invalid_field: customer_id"),
        (complaint("{}").replace("e1", "a\\u0000b"), "invalid_field: id"),
        (complaint("{}").replace("\"complaint.opened\"", "[]"), "invalid_field: type"),
        (complaint("[]"), "invalid_field: data"),
        (record("customer.erased", "1"), "invalid_field: data"),
        (complaint("{\"severity\":\"bad\"}"), "invalid_field: data.severity"),
        (complaint("{\"severity\":1}"), "invalid_field: data.severity"),
        (complaint("{\"amount\":\"5\"}"), "invalid_field: data.amount"),
        (complaint("{\"amount\":1e13}"), "invalid_field: data.amount"),
        (complaint("{\"amount\":1e999}"), "invalid_field: data.amount"),
        (complaint("{\"admission\":\"yes\"}"), "invalid_field: data.admission"),
        (complaint("{\"text\":\"\\ud800\"}"), "invalid_field: data.text"),
        (complaint("{\"complaint_id\":\"\"}"), "invalid_field: data.complaint_id"),
        (record("promise.made", "{\"due\":\"soon\"}"), "invalid_field: data.due"),
        (record("billing.plan_agreed", "{\"instalments\":[1]}"), "invalid_field: data.instalments"),
        (record("usage.missed", "{},\"spec\":\"churn-event/2\""), "invalid_field: spec"),
        (record("usage.missed", "{},\"channel\":1"), "invalid_field: channel"),
        (complaint("{}").replace("11Z", "11"), "invalid_time: time"),
        (complaint("{}").replace("\"2026-03-04T15:02:11Z\"", "1772636531"), "invalid_time: time"),
        (complaint("{}").replace("2026", "1989"), "invalid_time: time"),
        (complaint("{}").replace("2026", "2101"), "invalid_time: time"),
    ] {
        assert_eq!(rejected(&json), expected, "{json}");
    }
    assert_eq!(decode(b"\xff{}"), Err(Rejected::record(Reason::InvalidUtf8)));
}

#[test]
fn of_several_wrongs_the_first_in_order_is_told() {
    let oldest_time = "1970-01-01T00:00:00Z";
    let everything = format!(
        r#"{{"id":"","source":"s","type":"complaint.opened","time":"{oldest_time}","data":{{"amount":""}},"x":{}}}"#,
        "[".repeat(40)
    );
    let mut json = everything.clone().into_bytes();
    json.push(0xff);
    json.resize(MAX_RECORD_BYTES + 1, b' ');
    assert_eq!(decode(&json), Err(Rejected::record(Reason::TooLarge)));
    json.truncate(MAX_RECORD_BYTES);
    assert_eq!(decode(&json), Err(Rejected::record(Reason::InvalidUtf8)));
    assert_eq!(rejected(&everything), "invalid_json");
    let closed = everything.replace(&"[".repeat(40), &format!("{}{}", "[".repeat(40), "]".repeat(40)));
    assert_eq!(rejected(&closed), "too_deep");
    let shallow = everything.replace(&"[".repeat(40), "1");
    assert_eq!(rejected(&shallow), "missing_field: customer_id");
    let given = shallow.replace("\"x\"", "\"customer_id\":\"c\",\"x\"");
    assert_eq!(rejected(&given), "invalid_field: id");
    let named = given.replace("\"id\":\"\"", "\"id\":\"e\"");
    assert_eq!(rejected(&named), "invalid_field: data.amount");
    assert_eq!(rejected(&named.replace("\"amount\":\"\"", "")), "invalid_time: time");
}

#[test]
fn the_largest_and_the_deepest_record_are_read() {
    let mut json = record("complaint.opened", &format!("{{\"x\":{}{}}}", "[".repeat(30), "]".repeat(30)));
    json.extend(std::iter::repeat_n(' ', MAX_RECORD_BYTES - json.len()));
    assert_eq!(rejected(&json), "read");
}

/// Pieces of records, so that random ones get past the first checks.
fn any_record() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("{}".to_owned()),
        Just("[1,{\"due\":\"2026-01-01\"}]".to_owned()),
        Just("\"c\\u00e9\"".to_owned()),
        Just("\"minor\"".to_owned()),
        Just("\"2026-03-04T15:02:11+01:00\"".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        Just("1.0".to_owned()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        "[ -~]{0,12}".prop_map(|text| format!("{text:?}")),
    ];
    let types = prop::sample::select(EventType::ALL).prop_map(|event_type| format!("\"{}\"", event_type.name()));
    let names = prop::sample::select(vec![
        "severity",
        "amount",
        "due",
        "text",
        "order_id",
        "expected",
        "instalments",
        "products",
        "value",
        "consent",
        "by",
    ]);
    let data = prop::collection::vec((names, value.clone()), 0..4).prop_map(|fields| {
        let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    });
    let field = prop_oneof![
        4 => types.prop_map(|value| ("type", value)),
        4 => data.prop_map(|value| ("data", value)),
        1 => (
            prop::sample::select(vec!["id", "source", "type", "time", "tenant", "customer_id", "data", "spec", "x", "specversion", "subject"]),
            value
        ),
    ];
    prop::collection::vec(field, 0..6).prop_map(|fields| {
        let mut json = String::from(r#"{"id":"e","source":"s","time":"2026-03-04T15:02:11Z","customer_id":"c""#);
        for (name, value) in fields {
            json.push_str(&format!(",\"{name}\":{value}"));
        }
        json + "}"
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn a_cut_or_changed_record_is_read_or_rejected(json in any_record(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = json.into_bytes();
        let at = at.index(bytes.len());
        let _ = decode(&bytes[..at]);
        bytes[at] = byte;
        let _ = decode(&bytes);
        if let Some(event) = std::str::from_utf8(&bytes).ok().and_then(decode_fast) {
            prop_assert_eq!(decode_slowly(std::str::from_utf8(&bytes).unwrap()), Ok(event));
        }
    }

    #[test]
    fn the_fast_and_the_slow_way_agree(json in any_record()) {
        if let Some(event) = decode_fast(&json) {
            prop_assert_eq!(decode_slowly(&json), Ok(event));
        }
    }
}
