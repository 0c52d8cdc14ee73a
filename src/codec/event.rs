//! Bytes to an event: one pass over the record, no copy and no allocation for a common event.
//!
//! The fast way may give up for any cause. The slow way then looks again and says what is wrong, by the order of
//! `Reason`; or finds the event after all where only the fast way could not cope (a field given twice, CloudEvents).
//!
//! **Invariant:** where the fast way reads an event, the slow way reads the same one.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cloud_event;
use super::fields::{DataOf, Name, Raws, Set, data_slowly, fields, no_data};
use super::rejected::{MAX_RECORD_BYTES, Reason, Rejected, is_too_deep};
use super::values::Spec;
use crate::model::event::{Data, Text};
use crate::model::{Event, EventType, Time};

/// The version of the form that this program reads; a record may name it.
pub const SPEC: &str = "churn-event/1";

/// Reads an event in the canonical form or as structured CloudEvents JSON.
pub fn decode(bytes: &[u8]) -> Result<Event<'_>, Rejected> {
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(Rejected::record(Reason::TooLarge));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Rejected::record(Reason::InvalidUtf8))?;
    if !is_too_deep(bytes)
        && let Some(event) = decode_fast(text)
    {
        return Ok(event);
    }
    decode_slowly(text)
}

/// The event that `text` holds; `None` if it is wrong or merely unusual.
fn decode_fast(text: &str) -> Option<Event<'_>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut whole = Whole::default();
    json.deserialize_map(&mut whole).ok()?;
    json.end().ok()?;
    let Whole { envelope, data } = whole;
    let (event_type, data) = match data {
        Some(both) => both,
        None => {
            let event_type = EventType::parse(envelope.type_name.as_deref()?);
            let mut data = no_data(event_type);
            if let Some(raw) = envelope.data {
                DataOf(event_type, &mut data).deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()?;
            }
            (event_type, data)
        }
    };
    envelope.into_event(event_type, data)
}

/// RFC 3339 within the years that are not absurd.
pub(super) fn parse_time(text: &str) -> Option<Time> {
    Time::parse(text).filter(|time| (Time::EARLIEST..Time::LATEST).contains(time))
}

/// Everything around `data`.
#[derive(Default)]
struct Envelope<'a> {
    id: Option<Text<'a>>,
    source: Option<Text<'a>>,
    type_name: Option<Text<'a>>,
    time: Option<Text<'a>>,
    customer_id: Option<Text<'a>>,
    tenant: Option<Text<'a>>,
    account_id: Option<Text<'a>>,
    channel: Option<Text<'a>>,
    lang: Option<Text<'a>>,
    correlation_id: Option<Text<'a>>,
    spec: Option<Spec>,
    /// Kept as it is until the type is known.
    data: Option<&'a RawValue>,
    /// Present in CloudEvents only.
    specversion: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    /// The event, if nothing is missing and its time is not absurd.
    fn into_event(self, event_type: EventType, data: Data<'a>) -> Option<Event<'a>> {
        let customer_id = match self.customer_id {
            Some(id) => id,
            None if event_type.may_be_about_nobody() => Cow::Borrowed(""),
            None => return None,
        };
        Some(Event {
            id: self.id?,
            source: self.source?,
            event_type,
            type_name: self.type_name?,
            time: parse_time(&self.time?)?,
            tenant: self.tenant.unwrap_or(DEFAULT_TENANT),
            customer_id,
            account_id: self.account_id,
            channel: self.channel,
            lang: self.lang,
            correlation_id: self.correlation_id,
            data,
        })
    }
}

/// The tenant of events that name none.
pub(super) const DEFAULT_TENANT: Text<'static> = Cow::Borrowed("default");

fields! {
    Envelope Key "" {
        id id "id", id source "source", id type_name "type", id customer_id "customer_id", id tenant "tenant",
        id account_id "account_id", value channel "channel", value lang "lang", id correlation_id "correlation_id",
        value spec "spec", value data "data", value specversion "specversion",
        // Last, because everything else that is wrong is told first.
        value time "time",
    }
}

/// What is wrong with `text`, or the event after all.
#[cold]
fn decode_slowly(text: &str) -> Result<Event<'_>, Rejected> {
    check_json(text)?;
    let envelope = Raws::<Envelope>::of(text).ok_or(Rejected::record(Reason::NotAnObject))?;
    if envelope.get("specversion").is_some() {
        return cloud_event::decode_structured(text);
    }
    if let Some(name) = ["id", "source", "type", "time"].into_iter().find(|name| envelope.get(name).is_none()) {
        return Err(Rejected::field(Reason::MissingField, name));
    }
    let event_type = envelope.get("type").and_then(|json| serde_json::from_str::<Text>(json.get()).ok());
    let event_type = event_type.map_or(EventType::Unknown, |name| EventType::parse(&name));
    if envelope.get("customer_id").is_none() && !event_type.may_be_about_nobody() {
        return Err(Rejected::field(Reason::MissingField, "customer_id"));
    }
    let read = envelope.read();
    if let Err(name) = read
        && name != "time"
    {
        return Err(Rejected::field(Reason::InvalidField, name));
    }
    let data = match envelope.get("data") {
        Some(json) => {
            data_slowly(event_type, json.get()).map_err(|name| Rejected::field(Reason::InvalidField, name))?
        }
        None => no_data(event_type),
    };
    let envelope = read.map_err(|name| Rejected::field(Reason::InvalidTime, name))?;
    envelope.into_event(event_type, data).ok_or(Rejected::field(Reason::InvalidTime, "time"))
}

/// Whether the field that rejections call `target` may be `json` in an event of the type.
pub(super) fn takes(event_type: EventType, target: &str, json: &str) -> bool {
    match target.strip_prefix("data.") {
        Some(name) => data_slowly(event_type, &format!("{{\"{name}\":{json}}}")).is_ok(),
        None => {
            let envelope = format!("{{\"{target}\":{json}}}");
            let envelope = Raws::<Envelope>::of(&envelope).and_then(|raws| raws.read().ok());
            envelope.is_some_and(|envelope| envelope.time.is_none_or(|time| parse_time(&time).is_some()))
        }
    }
}

/// Whether `text` is JSON, and not too deep.
pub(super) fn check_json(text: &str) -> Result<(), Rejected> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| Rejected::record(Reason::InvalidJson))?;
    if is_too_deep(text.as_bytes()) { Err(Rejected::record(Reason::TooDeep)) } else { Ok(()) }
}

/// Reads the whole record: `data` at once where the type comes before it, as it does nearly always.
#[derive(Default)]
struct Whole<'de> {
    envelope: Envelope<'de>,
    /// The data and the type they were read as, if the type came first.
    data: Option<(EventType, Data<'de>)>,
}

impl<'de> Visitor<'de> for &mut Whole<'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name::<Envelope>(PhantomData))? {
            match (name, &self.envelope.type_name) {
                (None, _) => {
                    map.next_value::<IgnoredAny>()?;
                }
                (Some(Key::data), Some(type_name)) => {
                    let event_type = EventType::parse(type_name);
                    let (_, data) = self.data.insert((event_type, Data::None));
                    map.next_value_seed(DataOf(event_type, data))?;
                }
                (Some(key), _) if key == Key::specversion || (key == Key::type_name && self.data.is_some()) => {
                    return Err(A::Error::custom("unusual"));
                }
                (Some(key), _) => map.next_value_seed(Set(&mut self.envelope, key))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
