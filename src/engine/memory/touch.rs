//! What sort of touch an event is: done for the relation or to sell, by a person or not.

use crate::model::event::{CareData, ContactData, Data, Direction};
use crate::model::{Event, EventType};

/// A touch, as the care kinds see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Counted among the touches that may be bought.
    pub care: bool,
    /// Money, or worth money.
    pub monetary: bool,
    /// Done for the relation and not to sell: appreciation, a check-in, a recovery, an apology, a gesture that is no
    /// money, an anniversary.
    pub relational: bool,
    /// By a person of the company, of its own accord, not to sell.
    pub personal: bool,
    /// A person asked how things are.
    pub asks: bool,
}

/// What sort of touch an event is; nothing of it for most events.
pub fn touch(event: &Event<'_>) -> Touch {
    match &event.data {
        Data::Care(data) => care_touch(event.event_type, data),
        Data::Contact(data) => Touch { personal: is_personal_contact(event.event_type, data), ..Touch::default() },
        _ => Touch::default(),
    }
}

fn care_touch(event_type: EventType, data: &CareData<'_>) -> Touch {
    let monetary = data.monetary.unwrap_or_else(|| data.amount.is_some_and(|amount| amount > 0.0));
    let by_system = data.by.as_deref() == Some("auto");
    let touch = Touch { care: true, monetary, ..Touch::default() };
    match event_type {
        EventType::CareOutreach => {
            let human = data.by.as_deref() == Some("human");
            let purpose = data.purpose.as_deref().unwrap_or("");
            Touch {
                relational: human && matches!(purpose, "appreciation" | "checkin" | "recovery"),
                personal: human && purpose != "marketing",
                asks: human && matches!(purpose, "checkin" | "retention"),
                ..touch
            }
        }
        EventType::CareApology | EventType::AnniversaryRecognised => {
            Touch { relational: true, personal: !by_system, ..touch }
        }
        EventType::CareGesture => Touch { relational: !monetary, personal: !by_system, ..touch },
        _ => Touch::default(),
    }
}

/// Whether a person of the company came to the customer. An answer to the customer's own contact is none: they had to come.
pub fn is_personal_contact(event_type: EventType, data: &ContactData<'_>) -> bool {
    data.direction == Some(Direction::Outbound)
        && data.auto != Some(true)
        && matches!(event_type, EventType::ContactMessage | EventType::ContactAnswered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;

    fn care_event(event_type: EventType, data: CareData<'static>) -> Event<'static> {
        Event {
            id: "e".into(),
            source: "s".into(),
            event_type,
            type_name: event_type.name().into(),
            time: Time(0),
            tenant: "default".into(),
            customer_id: "ann".into(),
            account_id: None,
            channel: None,
            lang: None,
            correlation_id: None,
            data: Data::Care(data),
        }
    }

    #[test]
    fn what_counts_as_a_touch() {
        let data = |purpose: &'static str, by: &'static str, monetary: Option<bool>| CareData {
            purpose: (!purpose.is_empty()).then(|| purpose.into()),
            by: (!by.is_empty()).then(|| by.into()),
            monetary,
            ..CareData::default()
        };
        // care, monetary, relational, personal, asks
        for (event_type, given, sort) in [
            (EventType::CareOutreach, data("appreciation", "human", None), [true, false, true, true, false]),
            (EventType::CareOutreach, data("checkin", "human", None), [true, false, true, true, true]),
            (EventType::CareOutreach, data("retention", "human", None), [true, false, false, true, true]),
            (EventType::CareOutreach, data("marketing", "human", None), [true, false, false, false, false]),
            (EventType::CareOutreach, data("checkin", "auto", None), [true, false, false, false, false]),
            (EventType::CareApology, data("", "", None), [true, false, true, true, false]),
            (EventType::CareApology, data("", "auto", None), [true, false, true, false, false]),
            (EventType::CareGesture, data("", "human", Some(false)), [true, false, true, true, false]),
            (EventType::CareGesture, data("", "human", Some(true)), [true, true, false, true, false]),
            (EventType::AnniversaryRecognised, data("", "", None), [true, false, true, true, false]),
            (EventType::MarketingSent, data("", "human", None), [false; 5]),
            (EventType::ReferralMade, data("", "", None), [false; 5]),
        ] {
            let got = touch(&care_event(event_type, given.clone()));
            assert_eq!(
                [got.care, got.monetary, got.relational, got.personal, got.asks],
                sort,
                "{event_type:?} {given:?}"
            );
        }
        let worth = CareData { amount: Some(5.0), ..CareData::default() };
        assert!(touch(&care_event(EventType::CareGesture, worth)).monetary);
    }
}
