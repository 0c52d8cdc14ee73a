//! Who a customer of the synthetic company is, derived from the seed and the customer's number alone.

use crate::model::{Span, Time};

use super::Options;
use super::random::{Random, derive};
use super::texts::Language;

/// A customer's traits.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Number of the customer, from 0.
    pub number: u32,
    /// What they write in.
    pub language: Language,
    /// Their usual gap between two uses of the service.
    pub gap: Span,
    /// From here on they do nothing any more; `Time::MAX` for those who stay.
    pub quiet_from: Time,
    /// Whether those who leave say so before.
    pub says_goodbye: bool,
    /// Whether much goes wrong for them, as for a few in every company.
    pub unlucky: bool,
    /// Since when they are a customer.
    pub since: Time,
    /// Worth to the company in a year, in hundredths of its currency.
    pub value: i64,
}

/// Of 1000 customers, how many fall silent or leave while the company is watched.
const LEAVERS: u64 = 120;

impl Person {
    /// The customer with this number.
    pub fn new(options: &Options, number: u32) -> Person {
        let mut random = Random::new(derive(options.seed ^ 0x7065_7273_6f6e, u64::from(number)));
        let language = match random.below(100) {
            0..45 => Language::Spanish,
            45..75 => Language::Filipino,
            _ => Language::English,
        };
        // Half to three times the mean, more often short than long.
        let factor = 50 + random.below(250) * random.below(1_000) / 999;
        let gap = Span(options.pace().0 * factor as i64 / 100);
        let leaves = random.chance(LEAVERS);
        let part = random.below(1_000) as i64;
        Person {
            number,
            language,
            gap,
            quiet_from: if leaves { options.start + Span(options.span().0 / 1_000 * part) } else { Time::MAX },
            says_goodbye: random.chance(250),
            unlucky: random.chance(30),
            since: options.start - Span::days(random.between(20, 4_000)),
            value: random.between(5_000, 500_000),
        }
    }
}
