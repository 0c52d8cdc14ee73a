//! Features and their weights: buckets of eight, in one of which a feature is or is not.
//!
//! A feature that training has not seen is not found, where a plain hashed table would give it another one's weights. A
//! bucket that would overflow keeps the features that matter most.
//!
//! ```text
//!  bucket: u16 × 8, of each slot a check, 0 for none │ i8 × C × 8, the weights of each slot
//! ```

/// Slots of a bucket.
const SLOTS: usize = 8;
/// Bytes of a bucket's checks.
const CHECKS: usize = 2 * SLOTS;

/// Bytes of a table of `1 << bits` buckets with `C` weights a feature.
pub const fn size<const C: usize>(bits: u32) -> usize {
    (CHECKS + SLOTS * C) << bits
}

/// A table, read from its bytes.
#[derive(Clone, Copy)]
pub struct Table<'m, const C: usize> {
    bytes: &'m [u8],
    bits: u32,
}

impl<'m, const C: usize> Table<'m, C> {
    /// The table in `bytes`, of which there are [`size`].
    pub fn new(bytes: &'m [u8], bits: u32) -> Table<'m, C> {
        Table { bytes, bits }
    }

    /// The weights of `feature`, each an `i8`, if the table has it. One in ten thousand that it has not is taken for
    /// another one.
    pub fn find(self, feature: u32) -> Option<&'m [u8; C]> {
        let (bucket, check) = place(feature, self.bits);
        let bytes = &self.bytes[bucket * (CHECKS + SLOTS * C)..][..CHECKS + SLOTS * C];
        let (checks, weights) = bytes.split_at(CHECKS);
        let slot = checks.as_chunks::<2>().0.iter().position(|slot| u16::from_le_bytes(*slot) == check)?;
        Some(&weights.as_chunks::<C>().0[slot])
    }
}

/// The bucket of a feature, and its check, which is not 0.
fn place(feature: u32, bits: u32) -> (usize, u16) {
    let spread = u64::from(feature).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let check = (spread >> (48 - bits)) as u16;
    ((spread >> (64 - bits)) as usize, check.max(1))
}

/// A feature to be put into a table.
#[derive(Clone, Copy, Debug)]
pub struct Entry<const C: usize> {
    /// Its hash.
    pub feature: u32,
    /// Its weights.
    pub weights: [i8; C],
    /// What would be lost without it.
    pub worth: f32,
}

/// The bytes of a table of `1 << bits` buckets with `entries`.
pub fn build<const C: usize>(bits: u32, mut entries: Vec<Entry<C>>) -> Vec<u8> {
    let bucket = |entry: &Entry<C>| place(entry.feature, bits).0;
    entries.sort_unstable_by(|one, other| {
        let by_worth = other.worth.total_cmp(&one.worth);
        bucket(one).cmp(&bucket(other)).then(by_worth).then(one.feature.cmp(&other.feature))
    });
    let mut bytes = vec![0; size::<C>(bits)];
    for together in entries.chunk_by(|one, other| bucket(one) == bucket(other)) {
        let start = bucket(&together[0]) * (CHECKS + SLOTS * C);
        for (slot, entry) in together.iter().take(SLOTS).enumerate() {
            let check = place(entry.feature, bits).1;
            bytes[start + 2 * slot..][..2].copy_from_slice(&check.to_le_bytes());
            let weights = entry.weights.map(|weight| weight as u8);
            bytes[start + CHECKS + C * slot..][..C].copy_from_slice(&weights);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_found_and_nothing_else() {
        let entries =
            (0..1_000_u32).map(|n| Entry { feature: n * n + 7, weights: [n as i8, -1, 5], worth: 1.0 }).collect();
        let bytes = build::<3>(9, entries);
        let table = Table::<3>::new(&bytes, 9);
        for n in 0..1_000_u32 {
            assert_eq!(table.find(n * n + 7), Some(&[n as i8 as u8, 255, 5]), "{n}");
        }
        let found = (0..10_000_u32).filter(|n| table.find(u32::MAX - n).is_some()).count();
        assert!(found < 10, "{found}");
    }

    #[test]
    fn a_bucket_that_overflows_keeps_what_is_worth_most() {
        let entries = (1..=1_000_u32).map(|n| Entry { feature: n, weights: [1], worth: n as f32 }).collect();
        let bytes = build::<1>(4, entries);
        let table = Table::<1>::new(&bytes, 4);
        let kept = (1..=1_000_u32).filter(|n| table.find(*n).is_some()).count();
        assert!((120..=130).contains(&kept), "{kept}");
        assert!((990..=1_000).all(|n| table.find(n).is_some()));
    }
}
