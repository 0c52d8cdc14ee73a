//! What mappings make of records, what they refuse, and what is refused of them.

use proptest::prelude::*;

use super::*;
use crate::codec::{Decoded, Decoder};

/// A mapping whose only event has `fields` besides what is required.
fn with(fields: &str) -> String {
    format!(
        "[[event]]\ntype = \"purchase.completed\"\nid = {{ from = \"id\" }}\nsource = \"s\"\n\
         time = \"2026-03-04T15:02:11Z\"\ncustomer_id = \"c\"\n{fields}\n"
    )
}

fn load(toml: &str) -> Mapping {
    Mapping::load("m", toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

/// The canonical JSON that `record` gives; `dropped` or the rejection if it gives none.
fn mapped(mapping: &Mapping, record: &str) -> String {
    let mut out = Vec::new();
    match mapping.apply(record.as_bytes(), &mut out) {
        Ok(true) => String::from_utf8(out).unwrap(),
        Ok(false) => {
            assert!(out.is_empty());
            "dropped".into()
        }
        Err(rejected) => {
            assert!(out.is_empty());
            rejected.to_string()
        }
    }
}

/// What the field `amount`, declared as `amount`, is in the event that `record` gives.
fn data(field: &str, record: &str) -> String {
    let mapping = load(&with(&format!("data.{field}")));
    let json = mapped(&mapping, &format!("{{\"id\":\"e\",{record}}}"));
    match json.split_once("\"data\":") {
        Some((_, data)) => data.strip_suffix('}').unwrap().to_owned(),
        None => json,
    }
}

#[test]
fn an_event_is_written_from_a_foreign_record() {
    let mapping = load(
        r#"
        description = "orders"
        select = "kind"

        [common]
        source = "shop"
        time = { from = "created", time_format = "unix_ms" }
        customer_id = { from = ["customer.id", "guest"] }

        [[event]]
        match = "order.*"
        drop_if = [{ field = "test", equals = true }, { field = "lines", empty = true, present = true }]
        type = "purchase.completed"
        id = { format = "{{{order}}}-{lines[0].no}" }
        data.amount = { from = "cents", scale = 0.01 }
        data.currency = "EUR"

        [[event]]
        match = ["return", "refund"]
        type = "return.requested"
        id = { hash = ["order", "kind"] }
        "#,
    );
    let record = r#"{"kind":"order.paid","created":1772636531000,"customer":{"id":7},"order":"o\"1","cents":1999,"lines":[{"no":2}]}"#;
    assert_eq!(
        mapped(&mapping, record),
        r#"{"id":"{o\"1}-2","source":"shop","type":"purchase.completed","time":"2026-03-04T15:02:11Z","customer_id":"7","data":{"amount":19.99,"currency":"EUR"}}"#
    );
    assert_eq!(mapped(&mapping, &record.replace("order.paid", "visit")), "dropped", "no template");
    assert_eq!(mapped(&mapping, &record.replace("order.paid", "Order.paid")), mapped(&mapping, record));
    assert_eq!(mapped(&mapping, &record.replace("\"cents\"", "\"test\":true,\"cents\"")), "dropped");
    assert_eq!(mapped(&mapping, &record.replace("[{\"no\":2}]", "[]")), "dropped");
    let guest = record.replace("{\"id\":7}", "null,\"guest\":\"g\"").replace("order.paid", "refund");
    assert!(mapped(&mapping, &guest).contains(r#""customer_id":"g""#));
    assert_eq!((mapping.name(), mapping.description()), ("m", "orders"));
}

#[test]
fn values_take_the_shape_of_their_field() {
    for (field, record, expected) in [
        (r#"amount = { from = "a" }"#, r#""a":12.50"#, r#"{"amount":12.50}"#),
        (r#"amount = { from = "a" }"#, r#""a":"12.50""#, r#"{"amount":12.5}"#),
        (r#"amount = { from = "a" }"#, r#""a":true"#, "mapping_failed: data.amount"),
        (r#"amount = { from = "a" }"#, r#""a":[1]"#, "mapping_failed: data.amount"),
        (r#"amount = { from = "a", scale = 2, offset = -1 }"#, r#""a":"4""#, r#"{"amount":7}"#),
        (r#"amount = { from = "a", scale = 0.1 }"#, r#""a":3"#, r#"{"amount":0.3}"#),
        (r#"order_id = { from = "a" }"#, r#""a":12"#, r#"{"order_id":"12"}"#),
        (r#"order_id = { from = "a" }"#, r#""a":{}"#, "mapping_failed: data.order_id"),
        (r#"expected = { from = "a" }"#, r#""a":false"#, r#"{"expected":false}"#),
        (r#"amount = { from = ["b", "a"] }"#, r#""a":1,"b":null"#, r#"{"amount":1}"#),
        (r#"amount = { from = "a" }"#, r#""b":1"#, "{}"),
        (r#"amount = { from = "a", default = 5 }"#, r#""a":null"#, r#"{"amount":5}"#),
        (r#"amount = { from = "a", default = 5 }"#, r#""a":"x""#, "mapping_failed: data.amount"),
        (r#"amount = { from = "a", default = 5, on_error = "default" }"#, r#""a":"x""#, r#"{"amount":5}"#),
        (r#"amount = { from = "a", on_error = "default" }"#, r#""a":"x""#, "{}"),
        (r#"amount = { from = "a", on_error = "drop" }"#, r#""a":"x""#, "dropped"),
        (r#"order_id = { format = "{a}-{b}" }"#, r#""a":1"#, "{}"),
        (r#"order_id = { format = "{a}-{b}" }"#, r#""a":1,"b":"é""#, r#"{"order_id":"1-é"}"#),
        (r#"order_id = { format = "{a}" }"#, r#""a":[]"#, "mapping_failed: data.order_id"),
    ] {
        assert_eq!(data(field, record), expected, "{field} {record}");
    }
}

#[test]
fn words_are_translated() {
    let words =
        r#"reason = { from = "a", map = { X = "exact", "*" = "star" }, match = { "x*" = "begins", "*y*" = "holds" } }"#;
    for (record, expected) in [
        (r#""a":"X""#, r#"{"reason":"exact"}"#),
        (r#""a":"*""#, r#"{"reason":"star"}"#),
        (r#""a":"xy""#, r#"{"reason":"begins"}"#),
        (r#""a":"ay""#, r#"{"reason":"holds"}"#),
        (r#""a":"b""#, "mapping_failed: data.reason"),
        (r#""b":1"#, "{}"),
    ] {
        assert_eq!(data(words, record), expected, "{record}");
    }
    let with_default = r#"amount = { from = "a", map = { one = 1, 2 = 2.5 }, default = 0 }"#;
    for (record, expected) in [
        (r#""a":"one""#, r#"{"amount":1}"#),
        (r#""a":2"#, r#"{"amount":2.5}"#),
        (r#""a":"three""#, r#"{"amount":0}"#),
        (r#""a":{}"#, "mapping_failed: data.amount"),
    ] {
        assert_eq!(data(with_default, record), expected, "{record}");
    }
    let bands = r#"reason = { from = "a", bands = { 70 = "good", "-1.5" = "poor", 40 = "fair" } }"#;
    for (number, expected) in [
        ("-1.5", r#"{"reason":"poor"}"#),
        ("39.9", r#"{"reason":"poor"}"#),
        ("40", r#"{"reason":"fair"}"#),
        ("\"1e3\"", r#"{"reason":"good"}"#),
        ("-2", "mapping_failed: data.reason"),
        ("\"x\"", "mapping_failed: data.reason"),
    ] {
        assert_eq!(data(bands, &format!("\"a\":{number}")), expected, "{number}");
    }
}

#[test]
fn a_name_made_of_values_tells_them_apart_and_never_changes() {
    let hash = r#"order_id = { hash = ["a", "b"] }"#;
    // Known value: FNV-1a of 128 bits of "1", 0xff, "x", 0xff.
    assert_eq!(data(hash, r#""a":1,"b":"x""#), r#"{"order_id":"680d010ae0757277b806e9098db4a09c"}"#);
    assert_eq!(data(hash, r#""b":"\u0078","a":1"#), data(hash, r#""a":1,"b":"x""#));
    assert_ne!(data(hash, r#""a":"1x""#), data(hash, r#""a":1,"b":"x""#));
    assert_ne!(data(hash, r#""b":1"#), data(hash, r#""a":1"#));
    assert_eq!(data(hash, r#""c":1"#), "{}", "nothing to make a name of");
    let record = r#"order_id = { hash = "record" }"#;
    assert_eq!(data(record, r#""c":1"#), data(record, r#""c":1"#));
    assert_ne!(data(record, r#""c":1"#), data(record, r#""c":2"#));
}

#[test]
fn the_first_template_that_fits_is_taken() {
    let event = |head: &str, id: &str| {
        format!(
            "[[event]]\n{head}\ntype = \"usage.activity\"\nid = \"{id}\"\nsource = \"s\"\ntime = \"2026-03-04T15:02:11Z\"\ncustomer_id = \"c\"\n"
        )
    };
    let mapping = load(&format!(
        "select = {{ format = \"{{a}}/{{b}}\" }}\nunmatched = \"dead-letter\"\n{}{}{}",
        event("match = \"x/*\"\nwhen = [{ field = \"n\", above = 1 }, { field = \"n\", below = 5 }]", "1"),
        event("match = [\"x/y\", \"x/z\"]", "2"),
        event("when = { field = \"n\", one_of = [\"7\", 8] }", "3"),
    ));
    for (record, expected) in [
        (r#"{"a":"x","b":"q","n":2}"#, "1"),
        (r#"{"a":"x","b":"y","n":1}"#, "2"),
        (r#"{"a":"x","b":"y"}"#, "2"),
        (r#"{"a":"x","b":"q","n":8}"#, "3"),
        (r#"{"n":7}"#, "3"),
        (r#"{"a":"x","b":"q","n":6}"#, "mapping_failed: type"),
        ("{}", "mapping_failed: type"),
    ] {
        let json = mapped(&mapping, record);
        let id = json.strip_prefix("{\"id\":\"").map_or(&*json, |rest| &rest[..1]);
        assert_eq!(id, expected, "{record}");
    }
}

#[test]
fn records_are_dropped_by_tests() {
    for (test, record, dropped) in [
        (r#"present = true"#, r#""x":0"#, true),
        (r#"present = true"#, r#""x":null"#, false),
        (r#"present = false"#, r#""y":0"#, true),
        (r#"empty = true"#, r#""x":"""#, true),
        (r#"empty = false"#, r#""x":"a""#, true),
        (r#"equals = "a""#, r#""x":"a""#, true),
        (r#"equals = "a""#, r#""x":"b""#, false),
        (r#"equals = 1"#, r#""x":1.0"#, true),
        (r#"equals = false"#, r#""x":0"#, true),
        (r#"differs = "a""#, r#""y":1"#, true),
        (r#"like = "*spam*""#, r#""x":"no SPAM, please""#, true),
        (r#"below = 1"#, r#""x":"0.5""#, true),
        (r#"below = 1"#, r#""x":"text""#, false),
        (r#"above = 1"#, r#""x":1"#, false),
        (r#"above = 0, below = 2"#, r#""x":1"#, true),
        (r#"above = 0, below = 2"#, r#""x":3"#, false),
    ] {
        let mapping = load(&with(&format!("drop_if = {{ field = \"x\", {test} }}")));
        let of_all = load(&format!("drop_if = [{{ field = \"x\", {test} }}]\n{}", with("")));
        let record = format!("{{\"id\":\"e\",{record}}}");
        assert_eq!(mapped(&mapping, &record) == "dropped", dropped, "{test} {record}");
        assert_eq!(mapped(&of_all, &record) == "dropped", dropped, "{test} {record}");
    }
}

#[test]
fn what_is_wrong_with_a_record_is_told_in_the_same_order() {
    let mapping = load(&with(r#"data.amount = { from = "deep.value" }"#));
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(40), "]".repeat(40));
    for (record, expected) in [
        ("", "invalid_json"),
        ("{\"id\":\"e\"", "invalid_json"),
        ("{\"id\":\"e\"} x", "invalid_json"),
        (&*deep, "too_deep"),
        ("[{}]", "not_an_object"),
        (r#"{"id":"e","deep":"\ud800"}"#, "mapping_failed"),
        (r#"{"deep":{"value":"much"}}"#, "mapping_failed: data.amount"),
    ] {
        assert_eq!(mapped(&mapping, record), expected, "{record}");
    }
    let mut decoder = Decoder::new(Some(mapping));
    let mut rejected = |record: &[u8]| decoder.decode(record).map(|_| ()).map_err(|rejected| rejected.to_string());
    assert_eq!(rejected(b"{}"), Err("missing_field: id".into()), "the event's own checks come after");
    assert_eq!(rejected(br#"{"id":""}"#), Err("invalid_field: id".into()));
    assert_eq!(rejected(b"\xff"), Err("invalid_utf8".into()));
    assert_eq!(rejected(&vec![b' '; MAX_RECORD_BYTES + 1]), Err("too_large".into()));
    assert_eq!(rejected(br#"{"id":"e"}"#), Ok(()));
}

#[test]
fn what_is_wrong_with_a_mapping_is_told_with_its_place() {
    for (toml, expected) in [
        ("x = 1", "m:1:1: unknown key `x`; there are: name, description, select, unmatched, drop_if, common, event"),
        ("selct = \"a\"", "m:1:1: unknown key `selct`; did you mean `select`?"),
        ("", "m:1:1: a mapping needs at least one [[event]]"),
        ("[[event]]\nx = ", "m:2:5: string values must be quoted, expected literal string"),
        ("unmatched = \"dorp\"\n[[event]]", "m:1:13: unknown choice `dorp`; did you mean `drop`?"),
        ("[[event]]\nsource = \"s\"", "m:1:1: the event has no `id`"),
        (&with("match = \"x\""), "m:7:9: `match` needs `select` at the top of the mapping"),
        (&with("tnant = \"x\""), "m:7:1: unknown field `tnant`; did you mean `tenant`?"),
        (&with("tenant = \"\""), "m:7:10: `tenant` cannot be \"\""),
        (&with("data.amuont = 1"), "m:7:6: unknown field of this type's data `amuont`; did you mean `amount`?"),
        (&with("data.amount = \"1\""), "m:7:15: `data.amount` cannot be \"1\""),
        (
            &with("data.severity = \"minor\""),
            "m:7:6: unknown field of this type's data `severity`; there are: order_id, amount, currency, quantity, discount, site, expected, actual, incident_id, reason",
        ),
        (&with("data.amount = { form = \"a\" }"), "m:7:17: unknown key `form`; did you mean `from`?"),
        (&with("data.amount = { scale = 2 }"), "m:7:15: needs exactly one of `from`, `format`, `hash`"),
        (&with("data.amount = { from = \"a..b\" }"), "m:7:24: `a..b` is no path; write it like a.b[0].c or a[\"b.c\"]"),
        (&with("data.amount = { from = [] }"), "m:7:24: needs at least one path"),
        (&with("data.amount = { from = \"a\", scale = \"2\" }"), "m:7:37: scale must be a number"),
        (
            &with("data.amount = { from = \"a\", scale = 2, map = {} }"),
            "m:7:37: `scale` cannot be used together with `map`",
        ),
        (&with("data.reason = { from = \"a\", scale = 2 }"), "m:7:37: `scale` does not suit this field"),
        (
            &with("data.reason = { from = \"a\", time_format = \"unix_s\" }"),
            "m:7:43: `time_format` does not suit this field",
        ),
        (&with("data.amount = { from = \"a\", map = { x = \"y\" } }"), "m:7:41: `data.amount` cannot be \"y\""),
        (
            &with("data.reason = { from = \"a\", bands = { x = \"y\" } }"),
            "m:7:39: the lower bound of a band must be a number",
        ),
        (&with("data.reason = { format = \"{a\" }"), "m:7:26: a brace that is not `{path}` is written twice"),
        (
            &with("data.amount = { from = \"a\", on_error = \"dorp\" }"),
            "m:7:40: unknown choice `dorp`; did you mean `drop`?",
        ),
        (&with("drop_if = { field = \"a\" }"), "m:7:11: a test must say what it asks: present, empty, equals, ..."),
        (&with("drop_if = { equals = 1 }"), "m:7:11: a test needs a `field`"),
        (&with("drop_if = { field = \"a\", equal = 1 }"), "m:7:26: unknown test `equal`; did you mean `equals`?"),
        (
            &with("").replace("purchase.completed", "purchase.complete"),
            "m:2:8: unknown event type `purchase.complete`; did you mean `purchase.completed`?",
        ),
        (&with("").replace("\"2026-03-04T15:02:11Z\"", "\"now\""), "m:5:8: `time` cannot be \"now\""),
        (
            &with("").replace("\"2026-03-04T15:02:11Z\"", "{ from = \"a\", time_format = \"unix\" }"),
            "m:5:36: unknown time format `unix`; did you mean `unix_s`?",
        ),
        (
            &with("")
                .replace("\"2026-03-04T15:02:11Z\"", "{ from = \"a\", time_format = \"%d\", timezone = \"Mars\" }"),
            "m:5:53: there is no time zone `Mars`",
        ),
        (
            &with("").replace("\"2026-03-04T15:02:11Z\"", "{ from = \"a\", timezone = \"UTC\" }"),
            "m:5:33: `timezone` needs a pattern as `time_format`",
        ),
    ] {
        let error = Mapping::load("m", toml).map(drop).unwrap_err();
        assert_eq!(error.to_string(), expected, "{toml}");
    }
    let pattern = with("").replace("\"2026-03-04T15:02:11Z\"", "{ from = \"a\", time_format = \"%Q!%\" }");
    assert!(Mapping::load("m", &pattern).unwrap_err().message.starts_with("no pattern of times: "));
}

#[test]
fn a_type_may_come_from_the_record() {
    let toml = with("data.severity = { from = \"s\" }\ndata.wait_s = 5").replace(
        "\"purchase.completed\"",
        "{ from = \"t\", map = { a = \"complaint.opened\", b = \"contact.ended\" } }",
    );
    let mapping = load(&toml);
    let json = mapped(&mapping, r#"{"id":"e","t":"a","s":"minor"}"#);
    assert!(json.contains(r#""type":"complaint.opened""#) && json.contains(r#""severity":"minor""#), "{json}");
    assert_eq!(mapped(&mapping, r#"{"id":"e","t":"c"}"#), "mapping_failed: type");
    let open = with("data.severity = { from = \"s\" }").replace("\"purchase.completed\"", "{ from = \"t\" }");
    assert!(mapped(&load(&open), r#"{"id":"e","t":"complaint.opened"}"#).contains(r#""type":"complaint.opened""#));
}

#[test]
fn every_mapping_that_comes_with_the_program_loads() {
    for name in Mapping::built_in_names() {
        let mapping = Mapping::built_in(name).unwrap();
        assert_eq!(mapping.name(), name);
        assert!(!mapping.description().is_empty(), "{name}");
    }
    assert!(Mapping::built_in("no such mapping").is_none());
}

proptest! {
    #[test]
    fn any_record_gives_an_event_or_a_reason(
        name in prop::sample::select(Mapping::built_in_names().collect::<Vec<_>>()),
        record in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            r#"\{"type":"[a-z_]{0,9}","ts":"?[0-9TZ:.-]{0,20}"?,"customer_id":(1|"c"|\[\]|null)\}"#.prop_map(String::into_bytes),
        ],
    ) {
        let mut decoder = Decoder::new(Mapping::built_in(name));
        if let Ok(Decoded::Event(event)) = decoder.decode(&record) {
            prop_assert!(!event.customer_id.is_empty());
        }
    }
}
