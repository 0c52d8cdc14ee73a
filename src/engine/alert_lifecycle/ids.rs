//! How an alert is called: its dedup key, and an id that is the same in every run.

use crate::engine::hash::hash64;
use crate::model::{Kind, Time, customer};

/// Longest dedup key, bytes.
const DEDUP_KEY_MAX: usize = 255;

/// `tenant/scope/kind[/object]`; beyond 255 bytes its first 222 bytes, `~` and a hash of the whole in 32 hex digits.
pub(super) fn dedup_key(key: &str, kind: Kind, object: Option<&str>) -> String {
    let mut out = String::with_capacity(key.len() + 48);
    out.push_str(key);
    out.push('/');
    out.push_str(kind.name());
    if let Some(object) = object {
        out.push('/');
        customer::encode(&mut out, object);
    }
    if out.len() > DEDUP_KEY_MAX {
        let hash = [1, 2].map(|seed| hash64(out.as_bytes(), seed));
        let mut cut = 222;
        while !out.is_char_boundary(cut) {
            cut -= 1;
        }
        out.truncate(cut);
        out.push_str(&format!("~{:016x}{:016x}", hash[0], hash[1]));
    }
    out
}

/// ULID form: 48 bits of milliseconds, 80 bits that here are a hash, in Crockford's base 32. The number tells apart two
/// alerts with one dedup key that opened at one instant, the first having been retracted or expired at once.
pub(super) fn alert_id(dedup_key: &str, opened_at: Time, number: u32) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let time = (opened_at.0.max(0) as u128) & ((1 << 48) - 1);
    let seed = hash64(&number.to_le_bytes(), opened_at.0 as u64);
    let high = u128::from(hash64(dedup_key.as_bytes(), seed) & 0xffff);
    let low = u128::from(hash64(dedup_key.as_bytes(), !seed));
    let bits = time << 80 | high << 64 | low;
    let digits = (0..26).rev().map(|i| char::from(DIGITS[(bits >> (5 * i)) as usize & 31]));
    ["al_".to_owned(), digits.collect()].concat()
}

/// Names the alerts of one owner and kind that opened within the same 30 seconds of event time.
pub(super) fn batch(owner: &str, kind: Kind, opened_at: Time) -> String {
    let window = opened_at.0.div_euclid(30_000);
    let hash = hash64(owner.as_bytes(), hash64(kind.name().as_bytes(), window as u64));
    format!("ba_{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CustomerKey;

    #[test]
    fn a_dedup_key_keeps_parts_apart_and_within_its_length() {
        let key = CustomerKey::new("acme", "c/1");
        assert_eq!(dedup_key(key.as_str(), Kind::PromiseBroken, Some("p%7")), "acme/c%2F1/PROMISE_BROKEN/p%257");
        assert_eq!(dedup_key(key.as_str(), Kind::SilentDeparture, None), "acme/c%2F1/SILENT_DEPARTURE");
        let long = CustomerKey::new(&"ñ".repeat(64), &"x".repeat(128));
        let key = dedup_key(long.as_str(), Kind::PromiseBroken, Some("p"));
        assert!(key.len() <= DEDUP_KEY_MAX, "{}", key.len());
        assert_eq!(key.rfind('~'), Some(key.len() - 33));
        assert_ne!(key, dedup_key(long.as_str(), Kind::PromiseBroken, Some("q")));
    }

    #[test]
    fn alerts_of_one_owner_and_kind_within_thirty_seconds_are_a_batch() {
        let of = |owner, second: i64| batch(owner, Kind::PromiseBroken, Time(second * 1_000));
        assert_eq!(of("team:a", 30), of("team:a", 59));
        assert_ne!(of("team:a", 30), of("team:a", 60));
        assert_ne!(of("team:a", 30), of("team:b", 30));
    }

    #[test]
    fn an_alert_id_is_the_same_in_every_run_and_sorts_by_time() {
        let one = alert_id("acme/c/PROMISE_BROKEN/p", Time(1_772_636_531_000), 0);
        assert_eq!(one, alert_id("acme/c/PROMISE_BROKEN/p", Time(1_772_636_531_000), 0));
        assert_ne!(one, alert_id("acme/c/PROMISE_BROKEN/p", Time(1_772_636_531_000), 1));
        assert_eq!(one.len(), 29);
        assert!(one < alert_id("acme/c/PROMISE_BROKEN/a", Time(1_772_636_532_000), 0));
    }
}
