//! Which fields the data of each family has, and how an object of known fields is read.
//!
//! One table a family makes both ways of reading: straight from the record's one pass, and field by field where that
//! pass failed and the field at fault must be named.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::values::Shape;
use crate::model::EventType;
use crate::model::event::*;

/// An object with known fields; all others are ignored.
pub(super) trait Fields<'de>: Default {
    /// Names one field.
    type Key: Copy + PartialEq + 'static;
    /// Every field and the name by which a rejection calls it.
    const KEYS: &'static [(Self::Key, &'static str)];
    /// The field called `name`.
    fn key(name: &[u8]) -> Option<Self::Key>;
    /// Reads the field's value from `d`.
    fn set<D: Deserializer<'de>>(&mut self, key: Self::Key, d: D) -> Result<(), D::Error>;
    /// What each field takes, in the order of `KEYS`.
    fn shapes() -> Vec<Shape>;
}

/// Fills an object in one pass, in its place: objects of hundreds of bytes are not moved about. `null` adds nothing.
pub(super) struct Fill<'o, T>(pub(super) &'o mut T);

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for Fill<'_, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_option(self)
    }
}

impl<'de, T: Fields<'de>> Visitor<'de> for Fill<'_, T> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Name::<T>(PhantomData))? {
            match key {
                Some(key) => map.next_value_seed(Set(self.0, key))?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads a name; `None` if `T` has no such field.
pub(super) struct Name<T>(pub(super) PhantomData<T>);

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for Name<T> {
    type Value = Option<T::Key>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'de, T: Fields<'de>> Visitor<'de> for Name<T> {
    type Value = Option<T::Key>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(T::key(name.as_bytes()))
    }
}

/// Reads the value of one field into its place.
pub(super) struct Set<'o, 'de, T: Fields<'de>>(pub(super) &'o mut T, pub(super) T::Key);

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for Set<'_, 'de, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        self.0.set(self.1, d)
    }
}

/// The values of an object's known fields, not yet looked into: `null` is none, and of a name given twice the last one
/// counts.
pub(super) struct Raws<'de, T> {
    /// In the order of the table.
    values: Vec<Option<&'de RawValue>>,
    object: PhantomData<T>,
}

impl<'de, T: Fields<'de>> Raws<'de, T> {
    /// `None` if `json`, which is valid, is no object.
    pub(super) fn of(json: &'de str) -> Option<Self> {
        serde_json::Deserializer::from_str(json).deserialize_map(RawsVisitor(PhantomData)).ok()
    }

    /// The field called `name`, if it is there.
    pub(super) fn get(&self, name: &str) -> Option<&'de RawValue> {
        let key = T::key(name.as_bytes())?;
        self.values[T::KEYS.iter().position(|(known, _)| *known == key)?]
    }

    /// The whole object, or the name of its first wrong field in the order of the table.
    pub(super) fn read(&self) -> Result<T, &'static str> {
        let mut object = T::default();
        for (&(key, name), value) in T::KEYS.iter().zip(&self.values) {
            if let Some(value) = value {
                object.set(key, &mut serde_json::Deserializer::from_str(value.get())).map_err(|_| name)?;
            }
        }
        Ok(object)
    }
}

struct RawsVisitor<T>(PhantomData<T>);

impl<'de, T: Fields<'de>> Visitor<'de> for RawsVisitor<T> {
    type Value = Raws<'de, T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = vec![None; T::KEYS.len()];
        while let Some(key) = map.next_key_seed(AnyName::<T>(PhantomData))? {
            let value = map.next_value::<&RawValue>()?;
            if let Some(place) = T::KEYS.iter().position(|(known, _)| Some(*known) == key) {
                values[place] = (value.get() != "null").then_some(value);
            }
        }
        Ok(Raws { values, object: PhantomData })
    }
}

/// As `Name`, and also for names that are valid JSON but no text: halves of surrogate pairs.
struct AnyName<T>(PhantomData<T>);

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for AnyName<T> {
    type Value = Option<T::Key>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_bytes(self)
    }
}

impl<'de, T: Fields<'de>> Visitor<'de> for AnyName<T> {
    type Value = Option<T::Key>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(T::key(name))
    }
}

/// `fields! { Type Key "prefix of names" { reader field "name", .. } }`: makes `Type` an object of known fields, each
/// named by a variant of a new enum `Key`. A reader is a function of `values`.
macro_rules! fields {
    ($name:ident $key:ident $prefix:literal { $($read:ident $field:ident $called:expr,)* }) => {
        #[allow(non_camel_case_types, reason = "the variants are the fields' names")]
        #[derive(Clone, Copy, PartialEq)]
        pub(super) enum $key { $($field,)* }

        impl<'de> $crate::codec::fields::Fields<'de> for $name<'de> {
            type Key = $key;
            const KEYS: &'static [($key, &'static str)] = &[$(($key::$field, concat!($prefix, $called)),)*];

            fn key(name: &[u8]) -> Option<$key> {
                $(if name == $called.as_bytes() {
                    return Some($key::$field);
                })*
                None
            }

            fn set<D: serde::de::Deserializer<'de>>(&mut self, key: $key, d: D) -> Result<(), D::Error> {
                match key { $($key::$field => self.$field = $crate::codec::values::$read(d)?,)* }
                Ok(())
            }

            fn shapes() -> Vec<$crate::codec::values::Shape> {
                let object = $name::default();
                vec![$($crate::codec::values::shape(&object.$field),)*]
            }
        }
    };
}
pub(super) use fields;

/// The data of the families: `id` or `value`, and the field, called in JSON as in its struct.
macro_rules! tables {
    ($($name:ident { $($read:ident $field:ident,)* })*) => {
        $(const _: () = {
            fields! { $name Key "data." { $($read $field stringify!($field),)* } }
        };)*
    };
}

tables! {
    ComplaintData {
        id complaint_id, value category, value severity, value dimension, value amount, value remedy,
        id incident_id, value admission, id agent_id, value site, value text, value sentiment, id contact_id,
    }
    ContactData {
        id contact_id, id complaint_id, value direction, value text, value sentiment, value abandon, value wait_s,
        value resolved, value auto, value topic, id agent_id, value site, value shift, value dimension, value score,
        value scale_min, value scale_max, id incident_id,
    }
    FeedbackData {
        id survey_id, id review_id, value metric, value value, value scale_min, value scale_max,
        value higher_is_better, value comment, value text, value rating, value reach, value sentiment,
    }
    FeatureRequestData { id request_id, value feature, value text, value reason, }
    PromiseData { id promise_id, value text, value due, value by, value grace_s, value reason, }
    OrderData {
        id order_id, value amount, value currency, value quantity, value discount, value site, value expected,
        value actual, id incident_id, value reason,
    }
    UsageData { value feature, value quantity, value score, value reason, }
    AccountData {
        value since, value ends, value effective, value price, value previous_price, value new_customer_price,
        value notice_days, value plan, value scope, value renewal, value reason, id into,
    }
    BillingData {
        id invoice_id, id dispute_id, id plan_id, id instalment_id, id order_id, value amount, value currency,
        value due, value stage, value outcome, value expected, value actual, value instalments, value reason,
    }
    ServiceData { id incident_id, value site, value shift, value minutes, value cause, value all, }
    CompetitorData { value name, value price, value evidence, }
    CareData { value purpose, value by, value monetary, value amount, id order_id, id referral_id, value campaign, }
    ProfileData {
        value locale, value timezone, value segment, value value, value value_decile, value owner, value products,
        value since, value health, value need, value consent, value name,
    }
    AlertData { id alert_id, value dedup_key, value by, value until, value owner, value reason, }
    OutcomeData { value reason, value effective, }
    Instalment { id instalment_id, value due, value amount, }
}

/// The data of a type without fields of its own: still an object.
#[derive(Default)]
struct NoData;

impl<'de> Fields<'de> for NoData {
    type Key = Infallible;
    const KEYS: &'static [(Infallible, &'static str)] = &[];
    fn key(_: &[u8]) -> Option<Infallible> {
        None
    }
    fn set<D: Deserializer<'de>>(&mut self, key: Infallible, _: D) -> Result<(), D::Error> {
        match key {}
    }
    fn shapes() -> Vec<Shape> {
        Vec::new()
    }
}

/// Reads `data` of a type into its place; of an unknown type whatever it is.
pub(super) struct DataOf<'o, 'de>(pub(super) EventType, pub(super) &'o mut Data<'de>);

macro_rules! dispatch {
    ($($family:ident $name:ident,)*) => {
        impl<'de> DeserializeSeed<'de> for DataOf<'_, 'de> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
                *self.1 = no_data(self.0);
                match (self.1, self.0.family()) {
                    $((Data::$family(data), _) => Fill(data).deserialize(d),)*
                    (Data::None, Family::Customer) => Fill(&mut NoData).deserialize(d),
                    (Data::None, _) => d.deserialize_ignored_any(IgnoredAny).map(drop),
                }
            }
        }

        /// The data of a type that has none of its fields.
        pub(super) fn no_data<'de>(event_type: EventType) -> Data<'de> {
            match event_type.family() {
                $(Family::$family => Data::$family($name::default()),)*
                Family::Customer | Family::Unknown => Data::None,
            }
        }

        /// The fields that data of the type has, and what they take.
        pub(super) fn data_fields(event_type: EventType) -> Vec<(&'static str, Shape)> {
            fn of<'de, T: Fields<'de>>() -> Vec<(&'static str, Shape)> {
                T::KEYS.iter().map(|(_, name)| *name).zip(T::shapes()).collect()
            }
            match event_type.family() {
                $(Family::$family => of::<$name>(),)*
                Family::Customer | Family::Unknown => Vec::new(),
            }
        }

        /// As `DataOf`, from valid JSON and slowly, to name the first wrong field.
        pub(super) fn data_slowly<'de>(event_type: EventType, json: &'de str) -> Result<Data<'de>, &'static str> {
            Ok(match event_type.family() {
                $(Family::$family => Data::$family(Raws::<$name>::of(json).ok_or("data")?.read()?),)*
                Family::Customer => {
                    Raws::<NoData>::of(json).ok_or("data")?;
                    Data::None
                }
                Family::Unknown => Data::None,
            })
        }
    };
}

dispatch! {
    Complaint ComplaintData,
    Contact ContactData,
    Feedback FeedbackData,
    FeatureRequest FeatureRequestData,
    Promise PromiseData,
    Purchase OrderData,
    Usage UsageData,
    Delivery OrderData,
    Account AccountData,
    Billing BillingData,
    Service ServiceData,
    Competitor CompetitorData,
    Care CareData,
    Profile ProfileData,
    Alert AlertData,
    Outcome OutcomeData,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_whole<'de, T: Fields<'de> + fmt::Debug>(called: &str) {
        let shown = format!("{:?}", T::default());
        let mut fields: Vec<String> = shown
            .split_once('{')
            .map_or("", |(_, fields)| fields)
            .split(',')
            .filter_map(|field| Some(format!("data.{}", field.split_once(':')?.0.trim())))
            .collect();
        let mut table: Vec<String> = T::KEYS.iter().map(|(_, name)| (*name).to_owned()).collect();
        fields.sort();
        table.sort();
        assert_eq!(fields, table, "{called}");
    }

    #[test]
    fn every_field_of_every_family_is_read() {
        assert_whole::<ComplaintData>("complaint");
        assert_whole::<ContactData>("contact");
        assert_whole::<FeedbackData>("feedback");
        assert_whole::<FeatureRequestData>("feature_request");
        assert_whole::<PromiseData>("promise");
        assert_whole::<OrderData>("purchase, return, delivery");
        assert_whole::<UsageData>("usage");
        assert_whole::<AccountData>("account");
        assert_whole::<BillingData>("billing");
        assert_whole::<ServiceData>("service");
        assert_whole::<CompetitorData>("competitor");
        assert_whole::<CareData>("care");
        assert_whole::<ProfileData>("profile");
        assert_whole::<AlertData>("alert");
        assert_whole::<OutcomeData>("outcome");
        assert_whole::<Instalment>("instalment");
    }
}
