//! The ledger of trust: what the company's word has lost and gained with a customer. Fast to lose, slow to regain.

use serde::{Deserialize, Serialize};
use thin_vec::{ThinVec, thin_vec};

use super::{Money, invoice_hash};
use crate::engine::decay::fade;
use crate::engine::fact::Fact;
use crate::engine::rules::TrustRules;
use crate::engine::tight::{merge_in_order, push_tight};
use crate::model::{Event, Span, Time};

/// Losses remembered; beyond it the oldest is forgotten.
const LOSSES_MAX: usize = 20;
/// Incidents remembered.
const INCIDENTS_MAX: usize = 16;
/// An incident is remembered this long.
const REMEMBERED: Span = Span::days(30);
/// Half-lives after which nothing is left to speak of.
const SPENT: i64 = 7;

/// What a customer's trust stands on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// What cost it, in order of time.
    pub losses: ThinVec<Loss>,
    /// Good deeds as of `gained_at`, each one 1 when it is done.
    gained: f64,
    /// See `gained`.
    gained_at: Time,
    /// Incidents that hit the customer.
    pub incidents: ThinVec<Hit>,
    /// When the level must be looked at again, if an alert is live by then.
    pub turns_at: Option<Time>,
    /// Whether anything was lost since it was last looked at.
    pub fell: bool,
    /// Whether a loss was taken back since it was last looked at.
    pub forgiven: bool,
}

/// What cost trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LossKind {
    /// A promise was broken.
    Promise,
    /// What was signed is not what was given.
    Mismatch,
    /// An incident was not disclosed in time.
    Incident,
    /// A dispute was denied.
    Dispute,
}

/// A loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    kind: LossKind,
    /// Hash of the object.
    object: u64,
    /// When it happened.
    pub at: Time,
    /// What shows it.
    pub fact: Option<Fact>,
}

/// An incident that hit the customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Its id.
    pub id: Box<str>,
    /// The event that says so; none while only the notice is known.
    pub fact: Option<Fact>,
    /// When the customer was told; `Time::MAX` if not.
    pub notified: Time,
    /// Whether the limit has passed without a notice.
    pub missed: bool,
}

impl Hit {
    /// The last instant at which the customer is told in time; none while that is settled.
    pub fn pending(&self, rules: &TrustRules) -> Option<Time> {
        let open = self.notified == Time::MAX && !self.missed;
        self.fact.as_ref().filter(|_| open).map(|fact| fact.time + rules.disclose_within)
    }
}

/// What an event about an incident means for trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The customer was told in time.
    InTime,
    /// As it is known now, although the incident was taken for one kept quiet.
    InTimeAfterAll,
}

impl Loss {
    fn amount(&self, rules: &TrustRules) -> f64 {
        match self.kind {
            LossKind::Dispute => rules.denial,
            LossKind::Promise | LossKind::Mismatch | LossKind::Incident => rules.breach,
        }
    }
}

impl Trust {
    /// Adds a loss. False if it is known already.
    pub fn lose(&mut self, kind: LossKind, id: &str, at: Time, fact: Option<Fact>) -> bool {
        let object = invoice_hash(id);
        // A renegotiated promise may be broken again; anything else is lost once.
        let known = |l: &Loss| l.kind == kind && l.object == object && (kind != LossKind::Promise || l.at == at);
        if self.losses.iter().any(known) {
            return false;
        }
        push_tight(&mut self.losses, Loss { kind, object, at, fact });
        self.fell = true;
        self.losses.sort_by_key(|l| l.at);
        if self.losses.len() > LOSSES_MAX {
            self.losses.remove(0);
        }
        true
    }

    /// Takes back a loss: the last one of that object. True if there was one.
    pub fn forgive(&mut self, kind: LossKind, id: &str) -> bool {
        let object = invoice_hash(id);
        let place = self.losses.iter().rposition(|l| l.kind == kind && l.object == object);
        self.forgiven |= place.is_some();
        place.map(|place| self.losses.remove(place)).is_some()
    }

    /// Adds a good deed, or takes back one (`count` -1).
    pub fn gain(&mut self, count: f64, at: Time, rules: &TrustRules) {
        let h = rules.gain_half_life;
        if at >= self.gained_at {
            self.gained = fade(self.gained, at - self.gained_at, h) + count;
            self.gained_at = at;
        } else {
            self.gained += fade(count, self.gained_at - at, h);
        }
        const NOTHING: f64 = 1e-6;
        if self.gained < NOTHING {
            (self.gained, self.gained_at) = (0.0, Time::default());
        }
    }

    /// Takes in what the company's word lost and gained with the same customer under another name.
    pub(super) fn absorb(&mut self, other: Trust, rules: &TrustRules) {
        for loss in other.losses {
            let known = |l: &Loss| {
                l.kind == loss.kind && l.object == loss.object && (l.kind != LossKind::Promise || l.at == loss.at)
            };
            if !self.losses.iter().any(known) {
                self.fell = true;
                merge_in_order(&mut self.losses, thin_vec![loss], LOSSES_MAX, |l| l.at);
            }
        }
        if other.gained > 0.0 {
            self.gain(other.gained, other.gained_at, rules);
        }
        for hit in other.incidents {
            match self.incidents.iter().position(|known| known.id == hit.id) {
                Some(index) => self.join(index, hit, rules),
                None => {
                    if self.incidents.len() >= INCIDENTS_MAX {
                        self.incidents.remove(0);
                    }
                    push_tight(&mut self.incidents, hit);
                }
            }
        }
    }

    /// What is known of an incident under both names: they may have been told in time under the other.
    fn join(&mut self, index: usize, other: Hit, rules: &TrustRules) {
        let hit = &mut self.incidents[index];
        let in_time = |hit: &Hit| hit.fact.as_ref().is_some_and(|f| hit.notified <= f.time + rules.disclose_within);
        let counted = i32::from(in_time(hit)) + i32::from(in_time(&other));
        hit.fact = [hit.fact.take(), other.fact].into_iter().flatten().min_by_key(|fact| fact.time);
        hit.notified = hit.notified.min(other.notified);
        hit.missed |= other.missed;
        let (id, at, told) = (hit.id.clone(), hit.notified, in_time(hit));
        let forgiven = told && std::mem::take(&mut hit.missed);
        let gained = i32::from(told) - counted;
        if gained != 0 && at < Time::MAX {
            self.gain(f64::from(gained), at, rules);
        }
        if forgiven {
            self.forgive(LossKind::Incident, &id);
        }
    }

    /// What is left of gains and of losses at `time`. Gains are known as of the last one only: before it there were none.
    fn parts(&self, time: Time, rules: &TrustRules) -> (f64, f64) {
        let gained = if self.gained_at <= time { self.gained } else { 0.0 };
        let gains = rules.gain * fade(gained, time - self.gained_at, rules.gain_half_life);
        let losses = self.losses.iter().filter(|l| l.at <= time);
        let lost = losses.map(|l| fade(l.amount(rules), time - l.at, rules.loss_half_life)).sum();
        (gains, lost)
    }

    /// How much more was lost than gained at `time`.
    pub fn deficit(&self, time: Time, rules: &TrustRules) -> f64 {
        let (gains, lost) = self.parts(time, rules);
        lost - gains
    }

    /// When the deficit crosses `level` next if nothing happens, to the minute; `Time::MAX` if it does not.
    ///
    /// After `t` the deficit is `L u - G u^k`, with `u` what is left of a loss by then and `k` the ratio of the
    /// half-lives. For `k > 1` it rises to its peak where `L = k G u^(k-1)`, and falls from there to nothing.
    pub fn crosses(&self, level: f64, time: Time, rules: &TrustRules) -> Time {
        let (gains, lost) = self.parts(time, rules);
        let k = rules.loss_half_life.0 as f64 / rules.gain_half_life.0 as f64;
        let deficit = |u: f64| lost * u - gains * libm::pow(u, k);
        let peak = if k > 1.0 && gains > 0.0 { libm::pow(lost / (k * gains), 1.0 / (k - 1.0)).min(1.0) } else { 1.0 };
        // On each side of the peak the deficit goes one way.
        let (near, far) = match (deficit(1.0) > level, deficit(peak) > level) {
            (true, _) => (peak, 0.0),
            (false, true) => (1.0, peak),
            (false, false) => return Time::MAX,
        };
        let rises = far > 0.0;
        let (mut near, mut far) = (near, far);
        for _ in 0..60 {
            let middle = (near + far) / 2.0;
            if (deficit(middle) > level) == rises { far = middle } else { near = middle }
        }
        let left = -libm::log2(far.max(1e-9)) * rules.loss_half_life.0 as f64;
        // Past the line for sure.
        time + Span(libm::ceil(left) as i64) + Span::minutes(1)
    }

    fn hit(&mut self, id: &str) -> &mut Hit {
        let index = self.incidents.iter().position(|h| &*h.id == id).unwrap_or_else(|| {
            if self.incidents.len() >= INCIDENTS_MAX {
                self.incidents.remove(0);
            }
            push_tight(&mut self.incidents, Hit { id: id.into(), fact: None, notified: Time::MAX, missed: false });
            self.incidents.len() - 1
        });
        &mut self.incidents[index]
    }

    /// The customer was hit by the incident `id`.
    pub fn affected(&mut self, event: &Event<'_>, id: &str) -> Option<Notice> {
        let hit = self.hit(id);
        if hit.fact.is_some() {
            return None;
        }
        hit.fact = Some(Fact::new(event, None));
        // Told before it was known that they were hit.
        (hit.notified < Time::MAX).then_some(Notice::InTime)
    }

    /// The customer was told of the incident `id`.
    pub fn notified(&mut self, id: &str, at: Time, rules: &TrustRules) -> Option<Notice> {
        let hit = self.hit(id);
        let known = hit.notified;
        hit.notified = known.min(at);
        let limit = hit.fact.as_ref()?.time + rules.disclose_within;
        if at > limit || known <= limit {
            return None;
        }
        Some(if std::mem::take(&mut hit.missed) { Notice::InTimeAfterAll } else { Notice::InTime })
    }

    fn prune(&mut self, now: Time, rules: &TrustRules) {
        let spent = Span(rules.loss_half_life.0.saturating_mul(SPENT));
        self.losses.retain(|l| now - l.at <= spent);
        if now - self.gained_at > Span(rules.gain_half_life.0.saturating_mul(SPENT)) {
            (self.gained, self.gained_at) = (0.0, Time::default());
        }
        let last = |h: &Hit| h.fact.as_ref().map_or(h.notified, |fact| fact.time);
        self.incidents.retain(|h| now - last(h) <= REMEMBERED);
    }
}

impl Money {
    pub(super) fn prune_trust(&mut self, now: Time, rules: &TrustRules) {
        let Some(trust) = &mut self.trust else { return };
        trust.prune(now, rules);
        if **trust == Trust::default() {
            self.trust = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rules;

    fn day(n: i64) -> Time {
        Time(0) + Span::days(n)
    }

    #[test]
    fn what_is_lost_fades_three_times_as_slowly_as_what_is_gained() {
        let rules = Rules::default().money.trust;
        let mut trust = Trust::default();
        trust.lose(LossKind::Promise, "p", day(0), None);
        trust.gain(1.0, day(0), &rules);
        for (days, deficit) in [(0, 1.0 - 0.3), (30, 0.793_700_5 - 0.15), (90, 0.5 - 0.037_5)] {
            assert!((trust.deficit(day(days), &rules) - deficit).abs() < 1e-6, "{days}");
        }
        assert!(trust.forgive(LossKind::Promise, "p") && !trust.forgive(LossKind::Promise, "p"));
    }

    #[test]
    fn the_next_crossing_is_found_on_either_side_of_the_peak() {
        let rules = Rules::default().money.trust;
        for (losses, gains, level) in [(2, 0, 1.5), (3, 1, 1.5), (2, 2, 1.5), (3, 6, 1.5), (1, 0, 1.5), (2, 4, 1.5)] {
            let mut trust = Trust::default();
            for n in 0..losses {
                trust.lose(LossKind::Promise, &n.to_string(), day(0), None);
            }
            trust.gain(f64::from(gains), day(0), &rules);
            let above = |t: Time| trust.deficit(t, &rules) > level;
            let minute = |n: i64| Time(0) + Span::minutes(n);
            let first = (0..400 * 1_440).find(|n| above(minute(*n)) != above(day(0)));
            let found = trust.crosses(level, day(0), &rules);
            match first {
                Some(first) => assert!((found - minute(first)).0.abs() <= 120_000, "{losses} {gains}"),
                None => assert_eq!(found, Time::MAX, "{losses} {gains}"),
            }
        }
    }
}
