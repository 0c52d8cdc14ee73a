//! What the customer pays, what newcomers pay, what rivals ask for, and how far these lie apart.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::market;
use crate::engine::context::Context;
use crate::engine::customer::Customer;
use crate::engine::fact::Fact;
use crate::engine::hash::hash64;
use crate::engine::rules::{CompetitorRules, LoyaltyRules, Rules};
use crate::engine::tight::{merge_in_order, push_tight};
use crate::model::event::{AccountData, CompetitorData};
use crate::model::{Event, EventType, Time};

/// Prices remembered; more than two.
const KNOWN_MAX: usize = 4;
/// Offers remembered; beyond it the oldest goes.
const OFFERS_MAX: usize = 8;
/// A larger gap is a slip of the pen, and counts as this: 100 times the other price.
const GAP_MAX: f64 = 100.0;
/// Rounding of a quotient of prices: 12.1 over 11 is 10 %.
const ROUNDING: f64 = 1e-9;
/// The factor `price_gap` counts in these.
const TENTH: f64 = 0.10;

/// What the customer pays, what newcomers pay, what rivals ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// Prices of the account, in order of time.
    known: ThinVec<Price>,
    /// Offers of rivals, in order of time.
    offers: ThinVec<Offer>,
    /// Time of the first price; `Time::MAX` without one.
    first: Time,
    /// The end of the first year, as last looked at; `Time::MAX` before that.
    pub anniversary: Time,
    /// A gap to the newcomers' price is looked at again then; `Time::MAX` if not.
    pub check_at: Time,
    /// The end of the first year at which that was done; `Time::MAX` if never.
    pub checked: Time,
}

impl Default for Prices {
    fn default() -> Prices {
        Prices {
            known: ThinVec::new(),
            offers: ThinVec::new(),
            first: Time::MAX,
            anniversary: Time::MAX,
            check_at: Time::MAX,
            checked: Time::MAX,
        }
    }
}

/// What an event of the account said of prices; above zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Price {
    fact: Fact,
    own: Option<f64>,
    newcomer: Option<f64>,
}

/// What a rival asks for; above zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Offer {
    fact: Fact,
    /// Hash of the rival's name; offers of nobody in particular stand each for itself.
    rival: Option<u64>,
    price: f64,
}

/// The own price against another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap<'m> {
    /// Own price over the other, as a share of the other; below zero if the own one is lower.
    pub share: f64,
    /// When both were known.
    pub at: Time,
    /// The event that set the own price.
    pub own: &'m Fact,
    /// The event that told of the other.
    pub other: &'m Fact,
}

impl Gap<'_> {
    /// Whether it is at least `limit`, inclusive.
    pub fn reaches(&self, limit: f64) -> bool {
        self.share >= limit - ROUNDING
    }

    /// In whole percent, never more than it is.
    pub fn percent(&self) -> u32 {
        percent(self.share)
    }

    /// The events behind it, oldest first; one if it told of both.
    pub fn evidence(&self) -> ThinVec<Fact> {
        let mut facts: ThinVec<Fact> = [self.own, self.other].into_iter().cloned().collect();
        facts.sort_by_key(|f| f.time);
        if facts[0].is_same(&facts[1]) {
            facts.pop();
        }
        facts
    }
}

/// A share in whole percent, rounded down; zero below zero.
pub fn percent(share: f64) -> u32 {
    libm::floor(share.clamp(0.0, GAP_MAX) * 100.0 + 1e-6) as u32
}

/// Own price over another, as a share of the other.
pub fn share(own: f64, other: f64) -> f64 {
    (own / other - 1.0).min(GAP_MAX)
}

/// A price that can be compared.
fn real(price: Option<f64>) -> Option<f64> {
    price.filter(|p| *p > 0.0)
}

impl Prices {
    /// Whether a price of the account is known.
    pub fn is_known(&self) -> bool {
        !self.known.is_empty()
    }

    /// Takes in the prices of the same customer under another name. What they pay under the name that stays is what they
    /// pay: what they paid under the other counts only where nothing is known of it.
    pub(super) fn absorb(&mut self, other: Prices) {
        let is_told = self.known.iter().any(|p| p.own.is_some());
        for mut price in other.known {
            price.own = price.own.filter(|_| !is_told);
            if price.own.is_some() || price.newcomer.is_some() {
                self.learn(price);
            }
        }
        merge_in_order(&mut self.offers, other.offers, OFFERS_MAX, |o| o.fact.time);
        self.first = self.first.min(other.first);
    }

    /// Takes in a price. Where there are too many, the oldest goes that is neither the last own price nor the newcomers'.
    fn learn(&mut self, price: Price) {
        insert(&mut self.known, price, |p| p.fact.time, usize::MAX);
        if self.known.len() > KNOWN_MAX {
            let own = self.known.iter().rposition(|p| p.own.is_some());
            let newcomer = self.known.iter().rposition(|p| p.newcomer.is_some());
            let spare = (0..self.known.len()).find(|index| ![own, newcomer].contains(&Some(*index)));
            self.known.remove(spare.unwrap_or(0));
        }
    }

    fn own_at(&self, at: Time) -> Option<(&Fact, f64)> {
        self.known.iter().rev().filter(|p| p.fact.time <= at).find_map(|p| Some((&p.fact, p.own?)))
    }

    /// What the customer paid just before `time`, if known.
    pub fn own_before(&self, time: Time) -> Option<f64> {
        self.own_at(Time(time.0 - 1)).map(|(_, price)| price)
    }

    /// The least that the customer paid since `time`, if the price changed after it.
    pub fn lowest_since(&self, time: Time) -> Option<f64> {
        self.known.iter().filter(|p| p.fact.time > time).filter_map(|p| p.own).min_by(f64::total_cmp)
    }

    /// The own price against the newcomers', as known at `at`. A newcomers' price that is much older than the own one
    /// says nothing.
    pub fn newcomer_gap(&self, at: Time, rules: &LoyaltyRules) -> Option<Gap<'_>> {
        let (own, price) = self.own_at(at)?;
        let known = self.known.iter().rev().filter(|p| p.fact.time <= at);
        let (other, newcomer) = known.into_iter().find_map(|p| Some((&p.fact, p.newcomer?)))?;
        if own.time - other.time > rules.newcomer_valid {
            return None;
        }
        Some(Gap { share: share(price, newcomer), at: own.time.max(other.time), own, other })
    }

    /// The own price against the cheapest offer that stood at `at`. A rival's newer offer replaces their older one.
    pub fn rival_gap(&self, at: Time, rules: &CompetitorRules) -> Option<Gap<'_>> {
        let (own, price) = self.own_at(at)?;
        let told = |o: &&Offer| o.fact.time <= at && at - o.fact.time <= rules.offer_valid;
        let replaced = |o: &Offer| {
            let newer = |n: &Offer| n.rival == o.rival && n.fact.time > o.fact.time && n.fact.time <= at;
            o.rival.is_some() && self.offers.iter().any(newer)
        };
        let standing = self.offers.iter().filter(told).filter(|o| !replaced(o));
        let cheapest = standing.min_by(|a, b| a.price.total_cmp(&b.price))?;
        let at = own.time.max(cheapest.fact.time);
        Some(Gap { share: share(price, cheapest.price), at, own, other: &cheapest.fact })
    }

    /// The wider of both gaps at `at`.
    fn widest(&self, at: Time, rules: &Rules) -> Option<Gap<'_>> {
        if self.known.is_empty() {
            return None;
        }
        let newcomer = self.newcomer_gap(at, &rules.market.loyalty);
        let rival = self.rival_gap(at, &rules.market.competitor);
        let wider = |a: &Gap<'_>, b: &Gap<'_>| a.share.total_cmp(&b.share);
        newcomer.into_iter().chain(rival).max_by(wider).filter(|gap| gap.share > 0.0)
    }
}

/// The value of the factor `price_gap` at `time`: tenths over the newcomers' or a rival's price, whichever is further.
pub fn price_gap(c: &Customer, rules: &Rules, time: Time) -> f64 {
    widest(c, rules, time).map_or(0.0, |gap| gap.share / TENTH)
}

/// The events behind `price_gap`.
pub fn price_gap_evidence(c: &Customer, rules: &Rules, time: Time) -> (Option<Time>, ThinVec<Fact>) {
    match widest(c, rules, time) {
        Some(gap) => (Some(gap.at), gap.evidence()),
        None => (None, ThinVec::new()),
    }
}

fn widest<'c>(c: &'c Customer, rules: &Rules, time: Time) -> Option<Gap<'c>> {
    c.rare.market.as_deref()?.prices.widest(time, rules)
}

/// Since when somebody is a customer: as the profile says, else their first sign of life or price.
pub fn customer_since(c: &Customer) -> Time {
    let seen = c.life.last.as_ref().map_or(Time::MAX, |_| c.life.first);
    let priced = c.rare.market.as_ref().map_or(Time::MAX, |market| market.prices.first);
    c.since().unwrap_or(seen.min(priced))
}

/// An event of the account tells what is paid.
pub(super) fn account(cx: &mut Context<'_>, event: &Event<'_>, data: &AccountData<'_>) {
    let compared = matches!(
        event.event_type,
        EventType::AccountCreated
            | EventType::AccountRenewed
            | EventType::AccountPriceChanged
            | EventType::AccountPlanChanged
    );
    let (own, newcomer) = (real(data.price), real(data.new_customer_price).filter(|_| compared));
    if own.is_none() && newcomer.is_none() {
        return;
    }
    let prices = &mut market(&mut cx.c.rare).prices;
    prices.first = prices.first.min(event.time);
    let price = Price { fact: Fact::new(event, None), own, newcomer };
    prices.learn(price);
}

/// A rival's offer was seen.
pub(super) fn offer(cx: &mut Context<'_>, event: &Event<'_>, data: &CompetitorData<'_>) {
    let Some(price) = real(data.price).filter(|_| event.event_type == EventType::CompetitorOfferSeen) else { return };
    let valid = cx.rules.market.competitor.offer_valid;
    let oldest = cx.c.highest - valid - valid;
    let name = data.name.as_deref().map(|name| name.trim().to_lowercase());
    let rival = name.filter(|name| !name.is_empty()).map(|name| hash64(name.as_bytes(), 0x7269_7661));
    let offers = &mut market(&mut cx.c.rare).prices.offers;
    offers.retain(|o| o.fact.time > oldest);
    insert(offers, Offer { fact: Fact::new(event, None), rival, price }, |o| o.fact.time, OFFERS_MAX);
}

/// Inserts by time, after those of the same time; beyond `max` the oldest goes.
pub(super) fn insert<T>(items: &mut ThinVec<T>, item: T, time: impl Fn(&T) -> Time, max: usize) {
    let at = items.partition_point(|other| time(other) <= time(&item));
    push_tight(items, item);
    items[at..].rotate_right(1);
    if items.len() > max {
        items.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::tests::fact_at;
    use crate::model::Span;

    fn day(n: i64) -> Time {
        Time(0) + Span::days(n)
    }

    fn prices(known: &[(i64, f64, f64)], offers: &[(i64, Option<u64>, f64)]) -> Prices {
        let mut prices = Prices::default();
        for &(at, own, newcomer) in known {
            let price = Price { fact: fact_at(day(at)), own: real(Some(own)), newcomer: real(Some(newcomer)) };
            prices.learn(price);
        }
        for &(at, rival, price) in offers {
            insert(&mut prices.offers, Offer { fact: fact_at(day(at)), rival, price }, |o| o.fact.time, OFFERS_MAX);
        }
        prices
    }

    #[test]
    fn a_gap_reaches_its_limit_in_spite_of_rounding() {
        for (own, other, reaches) in
            [(12.1, 11.0, true), (110.0, 100.0, true), (33.0, 30.0, true), (10.99, 10.0, false)]
        {
            let fact = fact_at(day(0));
            let gap = Gap { share: share(own, other), at: day(0), own: &fact, other: &fact };
            assert_eq!(gap.reaches(0.10), reaches, "{own} over {other}");
        }
        assert_eq!((percent(0.1 + 0.2), percent(0.2499), percent(-0.5), percent(1e300)), (30, 24, 0, 10_000));
    }

    #[test]
    fn the_cheapest_offer_that_still_stands_is_held_against_the_own_price() {
        let rules = CompetitorRules::default();
        let own = [(0, 100.0, 0.0)];
        for (offers, at, want) in [
            (vec![(1, None, 80.0), (2, None, 95.0)], 3, Some(0.25)),
            (vec![(1, Some(7), 80.0), (2, Some(7), 100.0)], 3, Some(0.0)),
            (vec![(1, Some(7), 80.0), (2, Some(7), 100.0)], 1, Some(0.25)),
            (vec![(1, Some(7), 80.0), (2, Some(8), 100.0)], 3, Some(0.25)),
            (vec![(1, None, 80.0)], 61, Some(0.25)),
            (vec![(1, None, 80.0)], 62, None),
            (vec![(5, None, 80.0)], 4, None),
        ] {
            let prices = prices(&own, &offers);
            assert_eq!(prices.rival_gap(day(at), &rules).map(|g| g.share), want, "{offers:?} at day {at}");
        }
        assert_eq!(prices(&[], &[(1, None, 80.0)]).rival_gap(day(2), &rules), None);
    }

    #[test]
    fn prices_are_known_in_the_order_of_their_time_however_they_arrive() {
        let rules = LoyaltyRules::default();
        let mut arrivals = [(0, 100.0, 100.0), (10, 120.0, 0.0), (20, 130.0, 104.0)];
        for _ in 0..3 {
            arrivals.rotate_left(1);
            let prices = prices(&arrivals, &[]);
            let gap = |at| prices.newcomer_gap(day(at), &rules).map(|g| g.percent());
            assert_eq!((gap(-1), gap(5), gap(15), gap(25)), (None, Some(0), Some(20), Some(25)), "{arrivals:?}");
            assert_eq!((prices.own_before(day(10)), prices.lowest_since(day(0))), (Some(100.0), Some(120.0)));
            assert_eq!(prices.lowest_since(day(20)), None);
        }
    }

    #[test]
    fn a_newcomers_price_of_long_ago_says_nothing() {
        let rules = LoyaltyRules::default();
        assert!(prices(&[(0, 100.0, 100.0), (365, 130.0, 0.0)], &[]).newcomer_gap(day(400), &rules).is_some());
        assert!(prices(&[(0, 100.0, 100.0), (366, 130.0, 0.0)], &[]).newcomer_gap(day(400), &rules).is_none());
    }

    #[test]
    fn lists_keep_the_newest() {
        let many: Vec<_> = (0..20).map(|n| (n, 100.0, 100.0)).collect();
        let offers: Vec<_> = (0..20).map(|n| (n, None, 100.0)).collect();
        let prices = prices(&many, &offers);
        assert_eq!((prices.known.len(), prices.offers.len()), (KNOWN_MAX, OFFERS_MAX));
        assert_eq!((prices.known[0].fact.time, prices.offers[0].fact.time), (day(16), day(12)));
    }

    #[test]
    fn the_last_own_price_stays_however_often_newcomers_get_another_one() {
        let mut many = vec![(0, 90.0, 0.0), (1, 100.0, 0.0)];
        many.extend((2..9).map(|n| (n, 0.0, 80.0)));
        let prices = prices(&many, &[]);
        assert_eq!((prices.known.len(), prices.lowest_since(day(0))), (KNOWN_MAX, Some(100.0)));
    }
}
