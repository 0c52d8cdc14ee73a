//! A remembered event: what an alert can later show as evidence.

use serde::{Deserialize, Serialize};

use super::hash::hash64;
use crate::model::alert::Evidence;
use crate::model::{Data, Event, EventType, Time};

/// Longest quote, in characters.
pub const QUOTE_CHARS: usize = 120;

/// What is kept of the name of a cause: whether two are the same is all that is asked of it. One in 4 * 10^9 pairs of
/// names is taken for one.
fn mark(name: &str) -> String {
    format!("{:08x}", hash64(name.as_bytes(), 0x6361_7573) as u32)
}

/// The incident and the site that an event names.
pub fn cause<'e>(data: &'e Data<'_>) -> (Option<&'e str>, Option<&'e str>) {
    match data {
        Data::Complaint(data) => (data.incident_id.as_deref(), data.site.as_deref()),
        Data::Contact(data) => (data.incident_id.as_deref(), data.site.as_deref()),
        Data::Purchase(data) | Data::Delivery(data) => (data.incident_id.as_deref(), data.site.as_deref()),
        Data::Service(data) => (data.incident_id.as_deref(), data.site.as_deref()),
        _ => (None, None),
    }
}

/// Source, id, type, quote and cause of an event in one allocation, and its time.
///
/// **Invariant:** `packed` is `source NUL id NUL type NUL quote`, and `NUL incident NUL site` after it, as marks, if the event
/// names either; ids hold no control characters, and those of a quote were replaced. A known type is one character, `TYPES` and its place in `EventType::ALL`; another is `?` and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    packed: Box<str>,
    /// Event time.
    pub time: Time,
}

/// The character that stands for the first known type: nearly every customer has a fact, and names are long.
const TYPES: u32 = 0x100;

impl Fact {
    /// What is kept of `event`, with at most `QUOTE_CHARS` characters of `quote`, and its cause: the incident, the site.
    pub fn new(event: &Event<'_>, quote: Option<&str>) -> Fact {
        let (incident, site) = cause(&event.data);
        Fact::pack(event, quote, incident, site)
    }

    /// What is kept of `event` without what was said and its cause.
    pub fn bare(event: &Event<'_>) -> Fact {
        Fact::pack(event, None, None, None)
    }

    /// A fact without an event.
    pub fn nothing(time: Time) -> Fact {
        Fact { packed: "\0\0?\0".into(), time }
    }

    fn pack(event: &Event<'_>, quote: Option<&str>, incident: Option<&str>, site: Option<&str>) -> Fact {
        let quote_bytes = quote.map_or(0, |q| q.len().min(4 * QUOTE_CHARS));
        let mut packed = String::with_capacity(event.source.len() + event.id.len() + 5 + quote_bytes);
        for part in [&*event.source, &*event.id] {
            packed.push_str(part);
            packed.push('\0');
        }
        let place = event.event_type as u32;
        match char::from_u32(TYPES + place).filter(|_| event.event_type != EventType::Unknown) {
            Some(code) => packed.push(code),
            None => {
                packed.push('?');
                packed.push_str(&event.type_name);
            }
        }
        packed.push('\0');
        if let Some(quote) = quote {
            packed.extend(quote.trim().chars().take(QUOTE_CHARS).map(|c| if c.is_control() { ' ' } else { c }));
        }
        if incident.is_some() || site.is_some() {
            for cause in [incident, site] {
                packed.push('\0');
                packed.push_str(&cause.map(mark).unwrap_or_default());
            }
        }
        Fact { packed: packed.into(), time: event.time }
    }

    /// As it is kept.
    pub fn packed(&self) -> &str {
        &self.packed
    }

    fn part(&self, index: usize) -> &str {
        self.packed.split('\0').nth(index).unwrap_or("")
    }

    /// The event's id.
    pub fn event_id(&self) -> &str {
        self.part(1)
    }

    /// The event's type as it was written.
    pub fn type_name(&self) -> &str {
        let part = self.part(2);
        if let Some(name) = part.strip_prefix('?') {
            return name;
        }
        let place = part.chars().next().and_then(|code| u32::from(code).checked_sub(TYPES));
        place.and_then(|place| EventType::ALL.get(place as usize)).map_or("", |known| known.name())
    }

    /// Whether the event belongs to the incident `id`.
    pub fn is_of_incident(&self, id: &str) -> bool {
        self.part(4) == mark(id)
    }

    /// Whether it happened at `site`.
    pub fn is_at(&self, site: &str) -> bool {
        self.part(5) == mark(site)
    }

    /// The same without what was said and its cause: for those who are not the customer.
    pub fn without_words(&self) -> Fact {
        let end = self.packed.match_indices('\0').nth(2).map_or(self.packed.len(), |(at, _)| at + 1);
        Fact { packed: self.packed[..end].into(), time: self.time }
    }

    /// Whether both are the same event.
    pub fn is_same(&self, other: &Fact) -> bool {
        self.part(0) == other.part(0) && self.part(1) == other.part(1)
    }

    /// As an alert shows it.
    pub fn evidence(&self) -> Evidence {
        let quote = self.part(3);
        Evidence {
            event_id: self.part(1).into(),
            source: self.part(0).into(),
            event_type: self.type_name().into(),
            time: self.time,
            quote: (!quote.is_empty()).then(|| quote.into()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A fact of an event `e` at `time`.
    pub(crate) fn fact_at(time: Time) -> Fact {
        Fact { packed: "test\0e\0?usage.activity\0".into(), time }
    }

    #[test]
    fn a_fact_gives_back_what_an_alert_shows() {
        let fact = Fact { packed: "zendesk/acme\0evt-1\0?promise.made\0te llamo mañana".into(), time: Time(5) };
        let evidence = fact.evidence();
        assert_eq!((&*evidence.event_id, &*evidence.source), ("evt-1", "zendesk/acme"));
        assert_eq!((&*evidence.event_type, evidence.quote.as_deref()), ("promise.made", Some("te llamo mañana")));
        assert!(fact.is_same(&Fact { time: Time(6), ..fact.clone() }));
        assert!(!fact.is_of_incident("i1") && !fact.is_of_incident("") && !fact.is_at(""));
        let packed = format!("s\0e\0?x\0quote\0{}\0{}", mark("i1"), mark("downtown"));
        let caused = Fact { packed: packed.into(), time: Time(5) };
        assert!(caused.is_of_incident("i1") && !caused.is_of_incident("downtown"));
        assert!(caused.is_at("downtown") && !caused.is_at("uptown"));
        assert_eq!(caused.evidence().quote.as_deref(), Some("quote"));
        for fact in [fact, caused] {
            let bare = fact.without_words();
            assert!(bare.is_same(&fact) && bare.type_name() == fact.type_name());
            assert!(bare.evidence().quote.is_none() && !bare.is_of_incident("i1") && !bare.is_at("downtown"));
        }
    }
}
