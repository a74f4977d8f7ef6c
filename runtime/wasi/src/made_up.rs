//! Time and chance for runs that are to be compared: the same in every run that asks for the same.

use std::sync::atomic::{AtomicU64, Ordering};

/// When clocks begin, in nanoseconds: 2020-01-01, a time that files and certificates take for one.
const BEGIN: u64 = 1_577_836_800_000_000_000;
/// By how much clocks go on when somebody looks, in nanoseconds.
const STEP: u64 = 1_000_000;

/// A clock that goes on when somebody looks, and numbers that are not random.
#[derive(Default)]
pub(crate) struct MadeUp {
    looks: AtomicU64,
    words: AtomicU64,
}

impl MadeUp {
    /// What a clock is precise to, in nanoseconds.
    pub(crate) const RESOLUTION: u64 = STEP;

    /// The time in nanoseconds, on any clock.
    pub(crate) fn now(&self) -> u64 {
        BEGIN.wrapping_add(STEP.wrapping_mul(self.looks.fetch_add(1, Ordering::Relaxed)))
    }

    /// Fills bytes with SplitMix64 (Steele, Lea and Flood 2014).
    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            let state = self.words.fetch_add(1, Ordering::Relaxed).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            piece.copy_from_slice(&(mixed ^ mixed >> 31).to_le_bytes()[..piece.len()]);
        }
    }
}
