//! What a field of an event may hold: ids, text, words of closed sets, numbers, times, lists.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::event::SPEC;
use super::fields::Fill;
use super::rejected::{MAX_ID_BYTES, MAX_NUMBER};
use crate::model::event::*;
use crate::model::{EventType, Time};

/// What kind of JSON a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text: ids, words and types too.
    Text,
    Number,
    Truth,
    /// Text that is a time.
    Time,
    /// More than one kind.
    Any,
}

/// The shape of a field.
pub(super) fn shape<'de, T: Value<'de>>(_: &Option<T>) -> Shape {
    T::SHAPE
}

/// A value that a field may hold. Errors are never shown: they only say that the value is wrong.
pub(super) trait Value<'de>: Sized {
    const SHAPE: Shape;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error>;
}

/// `null` or a value.
pub(super) fn value<'de, T: Value<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    struct Optional<T>(PhantomData<T>);
    impl<'de, T: Value<'de>> Visitor<'de> for Optional<T> {
        type Value = Option<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value or null")
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
            T::read(d).map(Some)
        }
    }
    d.deserialize_option(Optional(PhantomData))
}

/// `null` or an id.
pub(super) fn id<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Text<'de>>, D::Error> {
    Ok(value::<Id<'de>, D>(d)?.map(|id| id.0))
}

/// Whether `text` may be an id: 1..=128 bytes, no control characters.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: &u8| (0x20..0x7f).contains(byte);
    (1..=MAX_ID_BYTES).contains(&text.len()) && (text.as_bytes().iter().all(plain) || !text.contains(char::is_control))
}

struct Id<'de>(Text<'de>);

impl<'de> Value<'de> for Id<'de> {
    const SHAPE: Shape = Shape::Text;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Text::read(d)?;
        if is_id(&text) { Ok(Id(text)) } else { Err(D::Error::custom("no id")) }
    }
}

impl<'de> Value<'de> for Text<'de> {
    const SHAPE: Shape = Shape::Text;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        d.deserialize_str(TextVisitor)
    }
}

/// Text, or anything else as empty text: for a time that is wrong in whatever way.
pub(super) struct TimeText<'de>(pub(super) Text<'de>);

impl<'de> Value<'de> for TimeText<'de> {
    const SHAPE: Shape = Shape::Text;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(d)?;
        let text = Text::read(&mut serde_json::Deserializer::from_str(json.get()));
        Ok(TimeText(text.unwrap_or_default()))
    }
}

/// A field that must not be there.
pub(super) enum NoValue {}

impl<'de> Value<'de> for NoValue {
    const SHAPE: Shape = Shape::Any;
    fn read<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("not allowed"))
    }
}

/// Text that is not kept: `read` turns it into a value or refuses it.
struct Parsed<T>(fn(&str) -> Option<T>);

impl<T> Visitor<'_> for Parsed<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).ok_or_else(|| E::custom("not such a word"))
    }
}

macro_rules! parsed {
    ($($name:ident $shape:ident: $parse:expr,)*) => {
        $(impl<'de> Value<'de> for $name {
            const SHAPE: Shape = Shape::$shape;
            fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_str(Parsed($parse))
            }
        })*
    };
}

/// The version of the form that this program reads.
#[derive(Debug, PartialEq)]
pub(super) struct Spec;

/// The version of CloudEvents that this program reads.
#[derive(Debug, PartialEq)]
pub(super) struct CloudEvents10;

parsed! {
    Spec Text: |version| (version == SPEC).then_some(Spec),
    CloudEvents10 Text: |version| (version == "1.0").then_some(CloudEvents10),
    Category Text: Category::parse,
    ComplaintSeverity Text: ComplaintSeverity::parse,
    Dimension Text: Dimension::parse,
    Direction Text: Direction::parse,
    Metric Text: Metric::parse,
    Outcome Text: Outcome::parse,
    Renewal Text: Renewal::parse,
    EventType Text: |name| Some(EventType::parse(name)),
    Time Time: parse_date_or_time,
}

/// RFC 3339 with an offset, or a date alone: its midnight in UTC.
pub(super) fn parse_date_or_time(text: &str) -> Option<Time> {
    if text.len() != 10 {
        return Time::parse(text);
    }
    let mut midnight = *b"0000-00-00T00:00:00Z";
    midnight[..10].copy_from_slice(text.as_bytes());
    Time::parse(std::str::from_utf8(&midnight).ok()?)
}

impl<'de> Value<'de> for f64 {
    const SHAPE: Shape = Shape::Number;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = f64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
                // NaN compares false.
                if number.abs() <= MAX_NUMBER { Ok(number) } else { Err(E::custom("out of range")) }
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
                self.visit_f64(number as f64)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
                self.visit_f64(number as f64)
            }
        }
        d.deserialize_f64(NumberVisitor)
    }
}

impl<'de> Value<'de> for bool {
    const SHAPE: Shape = Shape::Truth;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        bool::deserialize(d)
    }
}

impl<'de> Value<'de> for &'de RawValue {
    const SHAPE: Shape = Shape::Any;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(d)
    }
}

impl<'de> Value<'de> for Scalar<'de> {
    const SHAPE: Shape = Shape::Any;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a number or a boolean")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
                Ok(Scalar::Bool(truth))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                if number.abs() <= MAX_NUMBER { Ok(Scalar::Number(number)) } else { Err(E::custom("out of range")) }
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                self.visit_f64(number as f64)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                self.visit_f64(number as f64)
            }
        }
        d.deserialize_any(ScalarVisitor)
    }
}

impl<'de> Value<'de> for Products {
    const SHAPE: Shape = Shape::Any;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct ProductsVisitor;
        impl<'de> Visitor<'de> for ProductsVisitor {
            type Value = Products;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Products, A::Error> {
                let mut count = 0_u32;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Products(f64::from(count)))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Products, E> {
                if (0.0..=MAX_NUMBER).contains(&number) { Ok(Products(number)) } else { Err(E::custom("out of range")) }
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Products, E> {
                self.visit_f64(number as f64)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Products, E> {
                self.visit_f64(number as f64)
            }
        }
        d.deserialize_any(ProductsVisitor)
    }
}

impl<'de> Value<'de> for Vec<Instalment<'de>> {
    const SHAPE: Shape = Shape::Any;
    fn read<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = Vec<Instalment<'de>>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of instalments")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut instalments = Vec::new();
                loop {
                    let mut instalment = Instalment::default();
                    match list.next_element_seed(Fill(&mut instalment))? {
                        Some(()) => instalments.push(instalment),
                        None => return Ok(instalments),
                    }
                }
            }
        }
        d.deserialize_seq(ListVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Value<'de>>(json: &str) -> Result<Option<T>, ()> {
        value(&mut serde_json::Deserializer::from_str(json)).map_err(drop)
    }

    #[test]
    fn ids_have_1_to_128_bytes_and_no_control_characters() {
        let long = "x".repeat(128);
        for good in ["a", "c-123", " ", "ñandú 😀", "a/b%2F", &long] {
            assert!(is_id(good), "{good}");
        }
        let too_long = "x".repeat(129);
        let too_long_in_bytes = "ñ".repeat(65);
        for bad in ["", "a\nb", "a\u{7f}", "a\u{85}b", "\0", &too_long, &too_long_in_bytes] {
            assert!(!is_id(bad), "{bad:?}");
        }
    }

    #[test]
    fn numbers_are_finite_and_not_enormous() {
        for (json, expected) in [
            ("0", Ok(Some(0.0))),
            ("-1.5", Ok(Some(-1.5))),
            ("1e12", Ok(Some(1e12))),
            ("-1000000000000", Ok(Some(-1e12))),
            ("null", Ok(None)),
            ("1000000000001", Err(())),
            ("1e13", Err(())),
            ("1e999", Err(())),
            ("\"1\"", Err(())),
            ("true", Err(())),
            ("[1]", Err(())),
        ] {
            assert_eq!(read::<f64>(json), expected, "{json}");
        }
    }

    #[test]
    fn times_of_data_may_be_dates() {
        for (json, expected) in [
            (r#""2026-03-04""#, Ok(Some(Time(1_772_582_400_000)))),
            (r#""2026-03-04T00:00:00Z""#, Ok(Some(Time(1_772_582_400_000)))),
            (r#""1985-01-01""#, Ok(Some(Time(473_385_600_000)))),
            (r#""2026-3-4""#, Err(())),
            (r#""2026-02-30""#, Err(())),
            (r#""2026-03-é""#, Err(())),
            (r#""04/03/2026""#, Err(())),
            (r#""""#, Err(())),
            ("1772582400", Err(())),
        ] {
            assert_eq!(read::<Time>(json), expected, "{json}");
        }
    }

    #[test]
    fn products_are_a_number_or_a_list_that_is_counted() {
        for (json, expected) in [
            ("3", Ok(Some(Products(3.0)))),
            (r#"["card",{"loan":[1]},null]"#, Ok(Some(Products(3.0)))),
            ("[]", Ok(Some(Products(0.0)))),
            ("-1", Err(())),
            (r#""3""#, Err(())),
            ("{}", Err(())),
        ] {
            assert_eq!(read::<Products>(json), expected, "{json}");
        }
    }

    #[test]
    fn words_outside_their_set_are_refused() {
        assert_eq!(read::<Category>(r#""price""#), Ok(Some(Category::Price)));
        assert_eq!(read::<Category>(r#""Price""#), Err(()));
        assert_eq!(read::<Direction>(r#""\u0069nbound""#), Ok(Some(Direction::Inbound)), "an escape is no other word");
        assert_eq!(read::<Direction>("1"), Err(()));
    }
}
