//! A hash that is the same on every machine and in every version: its values are stored and printed.

/// MurmurHash64A of `bytes` (Austin Appleby, public domain), with `seed`.
pub fn hash64(bytes: &[u8], seed: u64) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    const R: u32 = 47;
    let mut h = seed ^ (bytes.len() as u64).wrapping_mul(M);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut k = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
        k = k.wrapping_mul(M);
        k ^= k >> R;
        k = k.wrapping_mul(M);
        h ^= k;
        h = h.wrapping_mul(M);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let mut tail = [0; 8];
        tail[..rest.len()].copy_from_slice(rest);
        h ^= u64::from_le_bytes(tail);
        h = h.wrapping_mul(M);
    }
    h ^= h >> R;
    h = h.wrapping_mul(M);
    h ^ (h >> R)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_values_hold_and_every_byte_counts() {
        assert_eq!(hash64(b"", 0), 0);
        let base = hash64(b"zendesk/acme evt-9f1", 7);
        assert_eq!(base, hash64(b"zendesk/acme evt-9f1", 7));
        assert_ne!(base, hash64(b"zendesk/acme evt-9f2", 7));
        assert_ne!(base, hash64(b"zendesk/acme evt-9f1", 8));
        assert_ne!(hash64(b"a", 0), hash64(b"a\0", 0));
    }
}
