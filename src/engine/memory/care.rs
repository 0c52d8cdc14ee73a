//! What the company does for the relation: touches, marketing, anniversaries; and the needs it declines.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::Changes;
use super::touch::{Touch, is_personal_contact, touch};
use crate::engine::alert_lifecycle::EVIDENCE_MAX;
use crate::engine::anniversary::Rhythm;
use crate::engine::context::Context;
use crate::engine::customer::{Customer, Profile};
use crate::engine::fact::Fact;
use crate::engine::grievance::ITEMS_MAX;
use crate::engine::hash::hash64;
use crate::engine::rules::Rules;
use crate::engine::tight::{merge_in_order, push_tight};
use crate::engine::window::{PANE_DAYS, Series};
use crate::model::event::{ContactData, Data, Direction, FeatureRequestData, OrderData};
use crate::model::{Event, EventType, Span, Time};

/// What the company does for the relation, of customers with whom it did anything. Bounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Care {
    /// Touches of the deals' window, in order of time.
    pub touches: ThinVec<Touched>,
    /// The last touch that was not commercial.
    pub last_touch: Option<Fact>,
    /// Time of the last such touch by a person; `Time::MIN` if never.
    pub last_personal: Time,
    /// When the customer began anew after they had left; `Time::MIN` if never.
    pub restarted: Time,
    /// The touch, or the start, after which neglect was told; `Time::MIN` if never.
    pub neglect_told: Time,
    /// The last recognition of an anniversary; `Time::MIN` if never.
    pub recognised: Time,
    /// Requests that were declined within the window, in order of time.
    pub declined: ThinVec<Declined>,
    /// The last time a need was met or asked about; `Time::MIN` if never.
    pub needs_answered: Time,
    /// The newest declined request that was told of; `Time::MIN` if none.
    pub needs_told: Time,
    /// What cooling was told of, until use has recovered or somebody came by.
    pub cooling_told: Option<Counted>,
    /// Use had fallen while the customer was taken for gone: looked at again once they show life.
    pub cooling_waits: bool,
    /// The last purchases at a discount, in order of time.
    pub bargains: ThinVec<Fact>,
    /// What deals were told of.
    pub deals_told: Option<Counted>,
    /// The customer wants no marketing.
    pub opted_out: Option<OptOut>,
    /// What marketing was told of.
    pub marketing_told: Option<Counted>,
}

impl Default for Care {
    fn default() -> Care {
        Care {
            touches: ThinVec::new(),
            last_touch: None,
            last_personal: Time::MIN,
            restarted: Time::MIN,
            neglect_told: Time::MIN,
            recognised: Time::MIN,
            declined: ThinVec::new(),
            needs_answered: Time::MIN,
            needs_told: Time::MIN,
            cooling_told: None,
            cooling_waits: false,
            bargains: ThinVec::new(),
            deals_told: None,
            opted_out: None,
            marketing_told: None,
        }
    }
}

impl Care {
    /// Takes in what was done for the same person under another name. What was told of there was told to nobody here.
    pub fn absorb(&mut self, other: Care) {
        merge_in_order(&mut self.touches, other.touches, ITEMS_MAX, |t| t.fact.time);
        merge_in_order(&mut self.declined, other.declined, ITEMS_MAX, |d| d.fact.time);
        merge_in_order(&mut self.bargains, other.bargains, EVIDENCE_MAX, |f| f.time);
        let last = |touch: &Option<Fact>| touch.as_ref().map(|f| f.time);
        if last(&other.last_touch) > last(&self.last_touch) {
            self.last_touch = other.last_touch;
        }
        let rank = |out: &Option<OptOut>| out.as_ref().map(|out| (!out.spam, out.fact.time));
        if rank(&other.opted_out) > rank(&self.opted_out) {
            self.opted_out = other.opted_out;
        }
        self.last_personal = self.last_personal.max(other.last_personal);
        self.recognised = self.recognised.max(other.recognised);
        self.needs_answered = self.needs_answered.max(other.needs_answered);
    }
}

/// A care touch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Touched {
    /// The event.
    pub fact: Fact,
    /// Whether it was money, or worth money.
    pub monetary: bool,
}

/// A need that was declined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declined {
    /// The event.
    pub fact: Fact,
    /// Hash of the request's id.
    request: u64,
}

/// The customer said that they want no marketing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptOut {
    /// The event.
    pub fact: Fact,
    /// Whether they reported it as spam.
    pub spam: bool,
}

/// The counts on which an alert was opened: a late fact is held against them, for the days they count may be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// When it was counted.
    pub at: Time,
    /// Of how many: all touches or purchases, uses before, touches by a person.
    pub whole: u32,
    /// How many: monetary or discounted ones, uses of late, sends.
    pub part: u32,
}

/// What there is of it, to be changed.
pub fn present<'c>(cx: &'c mut Context<'_>) -> Option<&'c mut Care> {
    cx.c.rare.present()?.care.as_deref_mut()
}

/// Takes the event in.
pub(super) fn take(cx: &mut Context<'_>, event: &Event<'_>, _changes: &mut Changes) {
    match &event.data {
        Data::Care(_) => {
            touched(cx, event, touch(event));
            opposed(cx, event);
        }
        Data::Contact(data) => contact(cx, event, data),
        Data::FeatureRequest(data) => request(cx, event, data),
        Data::Purchase(data) => purchase(cx, event, data),
        Data::Account(data) => {
            anniversary(cx, event, data.since, event.event_type == EventType::AccountCreated);
            if event.event_type == EventType::AccountReactivated {
                restart(cx, event.time);
            }
        }
        Data::Profile(data) => {
            anniversary(cx, event, data.since, true);
            if data.consent == Some(true) {
                consent(cx, event.time);
            }
        }
        _ => return,
    }
    prune(cx);
}

/// Puts a fact in its place by time; the oldest makes room.
fn insert<T>(list: &mut ThinVec<T>, item: T, time: Time, of: impl Fn(&T) -> Time) {
    if list.len() >= ITEMS_MAX {
        list.remove(0);
    }
    let at = list.partition_point(|other| of(other) <= time);
    push_tight(list, item);
    list[at..].rotate_right(1);
}

fn care<'c>(cx: &'c mut Context<'_>) -> &'c mut Care {
    cx.c.rare.care.get_or_insert_default()
}

fn touched(cx: &mut Context<'_>, event: &Event<'_>, touch: Touch) {
    let time = event.time;
    if touch.personal {
        cx.c.panes.count(Series::TENDED, time, cx.c.highest);
    }
    if !touch.care {
        return;
    }
    let fact = Fact::new(event, None);
    let care = care(cx);
    if touch.relational {
        if care.last_touch.as_ref().is_none_or(|last| last.time <= time) {
            care.last_touch = Some(fact.clone());
        }
        if touch.personal {
            care.last_personal = care.last_personal.max(time);
        }
    }
    if event.event_type == EventType::AnniversaryRecognised {
        care.recognised = care.recognised.max(time);
    }
    if touch.asks {
        care.needs_answered = care.needs_answered.max(time);
    }
    insert(&mut care.touches, Touched { fact, monetary: touch.monetary }, time, |t| t.fact.time);
}

/// Marketing, and what the customer says to it.
fn opposed(cx: &mut Context<'_>, event: &Event<'_>) {
    let spam = match event.event_type {
        EventType::MarketingSent => {
            insert(&mut cx.c.sends, Fact::new(event, None), event.time, |f| f.time);
            return;
        }
        EventType::Unsubscribed => false,
        EventType::SpamReported => true,
        _ => return,
    };
    if cx.c.profile.as_ref().is_some_and(|p| p.consent_at > event.time) {
        return; // They have agreed again since.
    }
    let care = care(cx);
    // To have unsubscribed says more than to have called it spam.
    let newer = care.opted_out.as_ref().is_none_or(|known| known.spam >= spam && known.fact.time <= event.time);
    if newer {
        care.opted_out = Some(OptOut { fact: Fact::new(event, None), spam });
    }
}

fn consent(cx: &mut Context<'_>, time: Time) {
    let profile: &mut Profile = cx.c.profile.get_or_insert_default();
    profile.consent_at = profile.consent_at.max(time);
    if let Some(care) = present(cx)
        && care.opted_out.as_ref().is_some_and(|out| out.fact.time <= time)
    {
        care.opted_out = None;
    }
}

fn contact(cx: &mut Context<'_>, event: &Event<'_>, data: &ContactData<'_>) {
    let (time, newest) = (event.time, cx.c.highest);
    if is_personal_contact(event.event_type, data) {
        cx.c.panes.count(Series::TENDED, time, newest);
    }
    // A talk of many messages is one trouble: a day counts once.
    let asks = matches!(event.event_type, EventType::ContactStarted | EventType::ContactMessage)
        && data.direction != Some(Direction::Outbound);
    if asks && cx.c.panes.sum(Series::ASKED, time, 1) == 0 {
        cx.c.panes.count(Series::ASKED, time, newest);
    }
}

fn request(cx: &mut Context<'_>, event: &Event<'_>, data: &FeatureRequestData<'_>) {
    let request = hash64(event.object_id(&data.request_id).as_bytes(), 0);
    match event.event_type {
        EventType::FeatureRequestDeclined => {
            let words = data.text.as_deref().or(data.feature.as_deref()).filter(|_| cx.rules.alerts.quotes);
            let fact = Fact::new(event, words);
            insert(&mut care(cx).declined, Declined { fact, request }, event.time, |d| d.fact.time);
        }
        EventType::FeatureRequestAccepted => {
            let care = care(cx);
            care.needs_answered = care.needs_answered.max(event.time);
            care.declined.retain(|d| d.request != request || d.fact.time > event.time);
        }
        _ => {}
    }
}

fn purchase(cx: &mut Context<'_>, event: &Event<'_>, data: &OrderData<'_>) {
    if event.event_type != EventType::PurchaseCompleted {
        return;
    }
    restart(cx, event.time);
    if data.discount.is_some_and(|discount| discount > 0.0) {
        cx.c.panes.count(Series::DISCOUNTED, event.time, cx.c.highest);
        let bargains = &mut care(cx).bargains;
        insert(bargains, Fact::new(event, None), event.time, |f| f.time);
        while bargains.len() > EVIDENCE_MAX {
            bargains.remove(0);
        }
    }
}

/// The first act after they had left begins the relation anew.
fn restart(cx: &mut Context<'_>, time: Time) {
    let left = cx.c.rare.left;
    if left == Time::MIN || time <= left {
        return;
    }
    let care = care(cx);
    if care.restarted <= left || time < care.restarted {
        care.restarted = time;
    }
}

/// An event may have said since when they are a customer, or where they live.
fn anniversary(cx: &mut Context<'_>, event: &Event<'_>, since: Option<Time>, may_move: bool) {
    if since.is_none() && !may_move {
        return;
    }
    let (rules, calendar, time) = (&cx.rules.care.anniversary, cx.calendar, event.time.min(cx.c.highest));
    let Some(profile) = &mut cx.c.profile else { return };
    let Some(began) = profile.since else { return };
    let said = since.or((event.event_type == EventType::AccountCreated).then_some(event.time));
    let Profile { anniversary, timezone, .. } = &mut **profile;
    if said == Some(began) && anniversary.said_by.as_ref().is_none_or(|f| f.time <= event.time) {
        anniversary.said_by = Some(Fact::new(event, None));
    }
    anniversary.set(&Rhythm { rules, calendar, timezone: timezone.as_deref(), since: began }, time);
}

/// Forgets what lies outside every window, and the whole if nothing is left.
fn prune(cx: &mut Context<'_>) {
    let (rules, newest) = (&cx.rules.care, cx.c.highest);
    cx.c.sends.retain(|f| f.time > newest - rules.marketing.window);
    let Some(rare) = cx.c.rare.present() else { return };
    let Some(care) = &mut rare.care else { return };
    care.touches.retain(|t| t.fact.time > newest - rules.deals.window);
    care.bargains.retain(|f| f.time > newest - rules.deals.window);
    care.declined.retain(|d| d.fact.time > newest - rules.needs.window);
    if **care == Care::default() {
        rare.care = None;
    }
}

/// The last touch, or the start, from which neglect is counted; `Time::MIN` if there was no touch and nobody knows since
/// when they are a customer.
pub fn untouched_since(c: &Customer) -> Time {
    let care = c.rare.care.as_deref();
    let restarted = care.map_or(Time::MIN, |care| care.restarted);
    let last = care.and_then(|care| care.last_touch.as_ref());
    match (last, c.since()) {
        (Some(last), _) => last.time.max(restarted),
        (None, Some(_)) => c.first_seen.max(restarted),
        (None, None) => Time::MIN,
    }
}

/// A quarter of a year.
const QUARTER: Span = Span(31_557_600_000 / 4);

/// Whole quarters without care; 0 where there was no touch and nobody knows since when they are a customer.
pub fn quarters_without_care(c: &Customer, time: Time) -> f64 {
    let since = untouched_since(c);
    if since == Time::MIN || c.is_gone() {
        return 0.0;
    }
    ((time - since).0 / QUARTER.0).max(0) as f64
}

/// Who takes the trouble, in repeated contacts: each doubling of the days on which the customer came for each time a
/// person of the company came to them, beyond what is balanced, in 90 days.
pub fn asymmetry(c: &Customer, rules: &Rules, time: Time) -> f64 {
    let asked = c.panes.sum(Series::ASKED, time, PANE_DAYS);
    if asked == 0 {
        return 0.0;
    }
    let tended = c.panes.sum(Series::TENDED, time, PANE_DAYS).max(1);
    let rules = &rules.care.effort;
    let beyond = f64::from(asked) / f64::from(tended) / rules.balanced;
    if beyond > 1.0 { rules.doubling * libm::log2(beyond) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CustomerKey;

    #[test]
    fn quarters_are_whole_and_begin_with_the_first_event_of_a_known_customer() {
        let mut c = Customer::new(CustomerKey::new("default", "ann"));
        c.first_seen = Time(0);
        assert_eq!(quarters_without_care(&c, Time(0) + Span::days(1_000)), 0.0);
        c.profile.get_or_insert_default().since = Some(Time(0) - Span::days(400));
        for (days, quarters) in [(91, 0.0), (92, 1.0), (182, 1.0), (183, 2.0)] {
            assert_eq!(quarters_without_care(&c, Time(0) + Span::days(days)), quarters, "{days}");
        }
        c.rare.left = Time(5);
        assert_eq!(quarters_without_care(&c, Time(0) + Span::days(183)), 0.0);
    }

    #[test]
    fn effort_is_one_sided_beyond_twice_as_many_days() {
        let rules = Rules::default();
        let mut c = Customer::new(CustomerKey::new("default", "ann"));
        let mut at = |series, times: u32| {
            for n in 0..times {
                let time = Time(0) + Span::days(i64::from(n));
                c.panes.count(series, time, Time(0) + Span::days(60));
            }
            asymmetry(&c, &rules, Time(0) + Span::days(60))
        };
        assert_eq!(at(Series::ASKED, 2), 0.0);
        // 2 + 6 over none: four times what is balanced.
        assert_eq!(at(Series::ASKED, 6), 1.0);
        assert_eq!(at(Series::TENDED, 2), 0.5);
        assert_eq!(at(Series::TENDED, 2), 0.0);
    }
}
