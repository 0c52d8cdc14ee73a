//! CloudEvents 1.0: structured JSON, and binary mode where Kafka headers hold the attributes and the value is `data`.
//!
//! The type is the last two parts of the event's type, so that `com.acme.promise.made` is `promise.made`. The customer
//! is named by the extension `customerid`, else by `subject`, else by `partitionkey`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::event::{DEFAULT_TENANT, check_json, parse_time};
use super::fields::{Raws, data_slowly, fields, no_data};
use super::rejected::{MAX_RECORD_BYTES, Reason, Rejected};
use super::values::{CloudEvents10, NoValue, TimeText, is_id};
use crate::model::event::Text;
use crate::model::{Event, EventType};

/// Whether a record with these headers is a CloudEvent in binary mode.
pub fn is_binary<'h>(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> bool {
    headers.into_iter().any(|(name, _)| name == "ce_specversion")
}

/// Reads an event whose attributes are in the record's headers. An empty `value` is an event without data; of a header
/// given twice the last one counts.
pub fn decode_binary<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    value: &'a [u8],
) -> Result<Event<'a>, Rejected> {
    if value.len() > MAX_RECORD_BYTES {
        return Err(Rejected::record(Reason::TooLarge));
    }
    let invalid_utf8 = |_| Rejected::record(Reason::InvalidUtf8);
    let mut attributes = Attributes::default();
    let (mut version, mut time) = (None, None);
    for (name, text) in headers {
        let place = match name {
            "ce_specversion" => &mut version,
            "ce_id" => &mut attributes.id,
            "ce_source" => &mut attributes.source,
            "ce_type" => &mut attributes.type_name,
            "ce_time" => &mut time,
            "ce_subject" => &mut attributes.subject,
            "ce_customerid" => &mut attributes.customerid,
            "ce_partitionkey" => &mut attributes.partitionkey,
            "ce_tenant" => &mut attributes.tenant,
            "ce_accountid" => &mut attributes.accountid,
            "ce_correlationid" => &mut attributes.correlationid,
            "ce_lang" => &mut attributes.lang,
            "ce_channel" => &mut attributes.channel,
            _ => continue,
        };
        *place = Some(Cow::Borrowed(std::str::from_utf8(text).map_err(invalid_utf8)?));
    }
    let data = std::str::from_utf8(value).map_err(invalid_utf8)?;
    if !data.is_empty() {
        check_json(data)?;
    }
    let given = |attribute: &Option<Text>| attribute.is_some();
    check_required(
        [&attributes.id, &attributes.source, &attributes.type_name, &time].map(given),
        attributes.customer().is_some(),
        event_type(attributes.type_name.as_deref().unwrap_or_default()),
    )?;
    if version.as_deref() != Some("1.0") {
        return Err(invalid("specversion"));
    }
    let ids = [
        ("id", &attributes.id),
        ("source", &attributes.source),
        ("tenant", &attributes.tenant),
        ("accountid", &attributes.accountid),
        ("correlationid", &attributes.correlationid),
    ];
    if let Some((name, _)) = ids.into_iter().find(|(_, id)| !id.as_deref().is_none_or(is_id)) {
        return Err(invalid(name));
    }
    attributes.time = time.map(TimeText);
    let data = Some(data.trim_ascii()).filter(|data| !data.is_empty() && *data != "null");
    attributes.into_event(data)
}

/// Reads structured JSON that has been checked to be valid and an object.
pub(super) fn decode_structured(text: &str) -> Result<Event<'_>, Rejected> {
    let raws = Raws::<Attributes>::of(text).ok_or(Rejected::record(Reason::NotAnObject))?;
    let given = |name: &str| raws.get(name).is_some();
    let type_name = raws.get("type").and_then(|json| serde_json::from_str::<Text>(json.get()).ok());
    check_required(
        ["id", "source", "type", "time"].map(given),
        ["customerid", "subject", "partitionkey"].into_iter().any(given),
        event_type(type_name.as_deref().unwrap_or_default()),
    )?;
    let attributes = raws.read().map_err(invalid)?;
    let data = attributes.data.map(RawValue::get);
    attributes.into_event(data)
}

const fn invalid(name: &'static str) -> Rejected {
    Rejected::field(Reason::InvalidField, name)
}

fn check_required(given: [bool; 4], customer: bool, event_type: EventType) -> Result<(), Rejected> {
    for (given, name) in given.into_iter().zip(["id", "source", "type", "time"]) {
        if !given {
            return Err(Rejected::field(Reason::MissingField, name));
        }
    }
    if customer || event_type.may_be_about_nobody() {
        Ok(())
    } else {
        Err(Rejected::field(Reason::MissingField, "customer_id"))
    }
}

/// The type that the last two dot-separated parts of `name` name.
fn event_type(name: &str) -> EventType {
    EventType::parse(&name[type_start(name)..])
}

/// Where the last two parts of a type begin.
fn type_start(name: &str) -> usize {
    name.rmatch_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1)
}

/// The last two parts of a type.
fn short_name(name: Text<'_>) -> Text<'_> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(&name[type_start(name)..]),
        Cow::Owned(name) => Cow::Owned(name[type_start(&name)..].to_owned()),
    }
}

/// The attributes and extensions of a CloudEvent that mean something here.
#[derive(Default)]
struct Attributes<'a> {
    specversion: Option<CloudEvents10>,
    id: Option<Text<'a>>,
    source: Option<Text<'a>>,
    type_name: Option<Text<'a>>,
    tenant: Option<Text<'a>>,
    accountid: Option<Text<'a>>,
    correlationid: Option<Text<'a>>,
    customerid: Option<Text<'a>>,
    subject: Option<Text<'a>>,
    partitionkey: Option<Text<'a>>,
    lang: Option<Text<'a>>,
    channel: Option<Text<'a>>,
    data: Option<&'a RawValue>,
    data_base64: Option<NoValue>,
    time: Option<TimeText<'a>>,
}

fields! {
    Attributes Key "" {
        value specversion "specversion", id id "id", id source "source", value type_name "type", id tenant "tenant",
        id accountid "accountid", id correlationid "correlationid", id customerid "customerid",
        // Limited as ids are only if they name the customer.
        value subject "subject", value partitionkey "partitionkey",
        value lang "lang", value channel "channel", value data "data", value data_base64 "data_base64",
        value time "time",
    }
}

impl<'a> Attributes<'a> {
    /// Who is meant, and the attribute that says so.
    fn customer(&self) -> Option<(&'static str, &Text<'a>)> {
        let candidates =
            [("customerid", &self.customerid), ("subject", &self.subject), ("partitionkey", &self.partitionkey)];
        candidates.into_iter().find_map(|(name, id)| Some((name, id.as_ref()?)))
    }

    /// The event; nothing required is missing.
    fn into_event(self, data: Option<&'a str>) -> Result<Event<'a>, Rejected> {
        let customer_id = match self.customer() {
            Some((_, id)) if is_id(id) => id.clone(),
            Some((name, _)) => return Err(invalid(name)),
            None => Cow::Borrowed(""),
        };
        let type_name = short_name(self.type_name.unwrap_or_default());
        if !is_id(&type_name) {
            return Err(invalid("type"));
        }
        let event_type = EventType::parse(&type_name);
        let data = match data {
            Some(json) => data_slowly(event_type, json).map_err(invalid)?,
            None => no_data(event_type),
        };
        let time = self.time.and_then(|time| parse_time(&time.0));
        Ok(Event {
            id: self.id.unwrap_or_default(),
            source: self.source.unwrap_or_default(),
            event_type,
            type_name,
            time: time.ok_or(Rejected::field(Reason::InvalidTime, "time"))?,
            tenant: self.tenant.unwrap_or(DEFAULT_TENANT),
            customer_id,
            account_id: self.accountid,
            channel: self.channel,
            lang: self.lang,
            correlation_id: self.correlationid,
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::decode;
    use crate::model::event::{Data, PromiseData};

    const STRUCTURED: &str = r#"{"specversion":"1.0","id":"e1","source":"/crm","type":"com.acme.promise.made",
        "time":"2026-03-04T15:02:11Z","subject":"c1","tenant":"acme","accountid":"a1","correlationid":"k1","lang":"es",
        "channel":"phone","datacontenttype":"application/json","data":{"promise_id":"p1"}}"#;

    fn rejected(json: &str) -> String {
        decode(json.as_bytes()).map_or_else(|rejected| rejected.to_string(), |_| "read".into())
    }

    fn binary<'a>(headers: &'a [(&'a str, &'a str)], value: &'a str) -> Result<Event<'a>, Rejected> {
        decode_binary(headers.iter().map(|(name, text)| (*name, text.as_bytes())), value.as_bytes())
    }

    const HEADERS: [(&str, &str); 12] = [
        ("ce_specversion", "1.0"),
        ("ce_id", "e1"),
        ("ce_source", "/crm"),
        ("ce_type", "com.acme.promise.made"),
        ("ce_time", "2026-03-04T15:02:11Z"),
        ("ce_subject", "c1"),
        ("ce_tenant", "acme"),
        ("ce_accountid", "a1"),
        ("ce_correlationid", "k1"),
        ("ce_lang", "es"),
        ("ce_channel", "phone"),
        ("content-type", "application/json"),
    ];

    #[test]
    fn structured_and_binary_events_are_the_same_event() {
        let event = decode(STRUCTURED.as_bytes()).unwrap();
        assert_eq!((&*event.id, &*event.source, &*event.tenant, &*event.customer_id), ("e1", "/crm", "acme", "c1"));
        assert_eq!((event.event_type, event.account_id.as_deref()), (EventType::PromiseMade, Some("a1")));
        assert_eq!(event.data, Data::Promise(PromiseData { promise_id: Some("p1".into()), ..PromiseData::default() }));
        assert_eq!(binary(&HEADERS, r#"{"promise_id":"p1"}"#), Ok(event));
        assert!(is_binary(HEADERS.map(|(name, text)| (name, text.as_bytes()))));
        assert!(!is_binary([("content-type", &b"application/json"[..])]));
    }

    #[test]
    fn the_type_is_the_last_two_parts() {
        for (name, expected) in [
            ("promise.made", EventType::PromiseMade),
            ("com.acme.promise.made", EventType::PromiseMade),
            (".promise.made", EventType::PromiseMade),
            ("promise.made.v1", EventType::Unknown),
            ("made", EventType::Unknown),
            ("", EventType::Unknown),
        ] {
            assert_eq!(event_type(name), expected, "{name}");
        }
    }

    #[test]
    fn the_customer_is_the_extension_or_the_subject_or_the_partition_key() {
        for (attributes, expected) in [
            (r#""customerid":"a","subject":"b","partitionkey":"c""#, Ok("a")),
            (r#""customerid":null,"subject":"b","partitionkey":"c""#, Ok("b")),
            (r#""partitionkey":"c""#, Ok("c")),
            (r#""customerid":"a","subject":"""#, Ok("a")),
            (r#""subject":"""#, Err("invalid_field: subject")),
            (r#""x":1"#, Err("missing_field: customer_id")),
        ] {
            let json = STRUCTURED.replace(r#""subject":"c1""#, attributes);
            let customer = decode(json.as_bytes()).map(|event| event.customer_id.into_owned());
            assert_eq!(customer.as_deref().map_err(|rejected| rejected.to_string()), expected.map_err(Into::into));
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_the_attributes_name() {
        for (from, to, expected) in [
            ("\"1.0\"", "\"0.3\"", "invalid_field: specversion"),
            ("\"1.0\"", "1", "invalid_field: specversion"),
            ("\"e1\"", "null", "missing_field: id"),
            ("\"time\"", "\"when\"", "missing_field: time"),
            ("com.acme.promise.made", "", "invalid_field: type"),
            ("\"a1\"", "1", "invalid_field: accountid"),
            ("\"data\":{\"promise_id\":\"p1\"}", "\"data_base64\":\"e30=\"", "invalid_field: data_base64"),
            ("{\"promise_id\":\"p1\"}", "\"<xml/>\"", "invalid_field: data"),
            ("{\"promise_id\":\"p1\"}", "{\"due\":1}", "invalid_field: data.due"),
            ("\"2026-03-04T15:02:11Z\"", "5", "invalid_time: time"),
            ("2026", "1970", "invalid_time: time"),
        ] {
            assert_eq!(rejected(&STRUCTURED.replace(from, to)), expected, "{to}");
        }
        let both = STRUCTURED.replace("\"2026-03-04T15:02:11Z\"", "5").replace("\"p1\"", "5");
        assert_eq!(rejected(&both), "invalid_field: data.promise_id", "time is told last");
    }

    #[test]
    fn what_is_wrong_in_binary_mode_is_told_too() {
        let without = |name: &str| HEADERS.into_iter().filter(|(header, _)| *header != name).collect::<Vec<_>>();
        let with = |name: &'static str, text: &'static str| [without(name), vec![(name, text)]].concat();
        for (headers, value, expected) in [
            (without("ce_id"), "{}", "missing_field: id"),
            (without("ce_subject"), "{}", "missing_field: customer_id"),
            (without("ce_specversion"), "{}", "invalid_field: specversion"),
            (with("ce_id", ""), "{}", "invalid_field: id"),
            (with("ce_tenant", "a\nb"), "{}", "invalid_field: tenant"),
            (with("ce_time", "noon"), "{}", "invalid_time: time"),
            (HEADERS.to_vec(), "{", "invalid_json"),
            (HEADERS.to_vec(), "[]", "invalid_field: data"),
        ] {
            assert_eq!(binary(&headers, value).map_err(|rejected| rejected.to_string()), Err(expected.into()));
        }
        for empty in ["", " ", "null", "{}"] {
            let expected = if empty == " " {
                Err(Rejected::record(Reason::InvalidJson))
            } else {
                Ok(no_data(EventType::PromiseMade))
            };
            assert_eq!(binary(&HEADERS, empty).map(|event| event.data), expected, "{empty:?}");
        }
        let not_utf8 = decode_binary([("ce_id", &b"\xff"[..])], b"{}");
        assert_eq!(not_utf8, Err(Rejected::record(Reason::InvalidUtf8)));
    }
}
