//! Bytes that may hold floats: which NaN an operation returns is not laid down, so that two right runs can leave
//! different ones. Here two pieces of memory are compared, or one is reduced to a digest, so that they do not count.

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

const CANONICAL_F32: u32 = 0x7fc0_0000;

/// Whether two slices are equal, but for aligned words that are NaNs in both, 32 bits or 64 wide.
pub fn same_but_for_nans(left: &[u8], right: &[u8]) -> bool {
    let words = |bytes: &[u8]| -> [u8; 8] {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        word
    };
    left.len() == right.len()
        && left.chunks(8).zip(right.chunks(8)).all(|(left, right)| {
            left == right || {
                let (left, right) = (u64::from_le_bytes(words(left)), u64::from_le_bytes(words(right)));
                let is_nan = |bits| f64::from_bits(bits).is_nan();
                let halves = [(left as u32, right as u32), ((left >> 32) as u32, (right >> 32) as u32)];
                (is_nan(left) && is_nan(right))
                    || halves.into_iter().all(|(left, right)| canonical(left) == canonical(right))
            }
        })
}

/// Whether `found` is equal to `expected`, but for aligned words that are NaNs in both: there, `found` has the canonical
/// one. For what compiled code must make of a NaN that another engine has made as it pleases.
pub fn canonical_where_nan(expected: &[u8], found: &[u8]) -> bool {
    const CANONICAL_F64: u64 = 0x7ff8_0000_0000_0000;
    let word = |bytes: &[u8]| bytes.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let half = |expected: u32, found: u32| {
        let nan = f32::from_bits(expected).is_nan() && found == CANONICAL_F32;
        expected == found || nan
    };
    let whole = |expected: u64, found: u64| f64::from_bits(expected).is_nan() && found == CANONICAL_F64;
    expected.len() == found.len()
        && expected.chunks(8).zip(found.chunks(8)).all(|(expected, found)| {
            let (expected, found) = (word(expected), word(found));
            whole(expected, found)
                || (half(expected as u32, found as u32) && half((expected >> 32) as u32, (found >> 32) as u32))
        })
}

/// A digest of bytes.
pub fn digest(bytes: &[u8]) -> u128 {
    xxh3_128(bytes)
}

/// A digest in which all aligned words of 32 bits count as one that could be a NaN, or the half of one that says so.
/// Weaker than [`digest`]: many small negative integers look like NaNs.
pub fn blurred_digest(bytes: &[u8]) -> u128 {
    let mut hasher = Xxh3::new();
    let mut block = [0; 4096];
    for piece in bytes.chunks(block.len()) {
        let block = &mut block[..piece.len()];
        block.copy_from_slice(piece);
        for word in block.chunks_exact_mut(4) {
            let bits = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            word.copy_from_slice(&canonical(bits).to_le_bytes());
        }
        hasher.update(block);
    }
    hasher.digest128()
}

fn canonical(bits: u32) -> u32 {
    if f32::from_bits(bits).is_nan() { CANONICAL_F32 } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nans_are_blurred() {
        let memory = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_le_bytes()).collect() };
        let one = memory(&[1, 0x7fc0_0000, 0, 0x7ff8_0000, 5]);
        let other = memory(&[1, 0xffc0_0001, 0, 0xfff8_0000, 5]);
        assert!(same_but_for_nans(&one, &other));
        assert_ne!(digest(&one), digest(&other));
        assert_eq!(blurred_digest(&one), blurred_digest(&other));
        for (at, word) in [(0, 2u32), (1, 0x7f80_0000), (2, 1), (4, 6)] {
            let mut wrong = other.clone();
            wrong[at * 4..at * 4 + 4].copy_from_slice(&word.to_le_bytes());
            assert_eq!(same_but_for_nans(&one, &wrong), at == 2, "{at}");
            assert_ne!(blurred_digest(&one), blurred_digest(&wrong), "{at}");
        }
    }
}
