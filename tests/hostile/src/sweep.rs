//! Many inputs one after another, for a time or a number, from a seed or a place; with the counts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aot_format::write;

use crate::common::Rng;
use crate::make::{self, Good};
use crate::{Verdict, artifact};

/// What became of many inputs.
#[derive(Clone, Default, Debug)]
pub struct Counts {
    /// Inputs that were accepted.
    pub accepted: u64,
    /// Those of them that the runtime made modules of.
    pub loaded: u64,
    /// Inputs that were refused.
    pub refused: u64,
    /// How many each check refused.
    pub causes: BTreeMap<String, u64>,
    /// The most bytes that were allocated at one time for an input, by the bytes of that.
    pub allocated: f64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Accepted { loaded } => {
                self.accepted += 1;
                self.loaded += u64::from(loaded);
            }
            Verdict::Refused(cause) => {
                self.refused += 1;
                *self.causes.entry(cause).or_default() += 1;
            }
        }
    }

    /// Adds what another counted.
    pub fn merge(&mut self, other: Counts) {
        self.accepted += other.accepted;
        self.loaded += other.loaded;
        self.refused += other.refused;
        self.allocated = self.allocated.max(other.allocated);
        for (cause, count) in other.causes {
            *self.causes.entry(cause).or_default() += count;
        }
    }

    /// All inputs.
    pub fn total(&self) -> u64 {
        self.accepted + self.refused
    }
}

/// Calls a body with random choices until `budget` is over or `most` are done.
pub fn random(body: fn(&[u8]) -> Verdict, seed: u64, budget: Duration, most: u64) -> Counts {
    let (mut rng, mut counts, start) = (Rng(seed | 1), Counts::default(), Instant::now());
    let mut choices = [0; 512];
    while counts.total() < most && start.elapsed() < budget {
        choices.chunks_exact_mut(8).for_each(|chunk| chunk.copy_from_slice(&rng.next().to_le_bytes()));
        counts.add(body(&choices));
    }
    counts.allocated = crate::MOST_ALLOCATED.with(std::cell::Cell::get);
    counts
}

/// Flips every bit of the records of a file from bit `from` on, digests computed anew, until `budget`
/// is over. Gives the bit to go on from, or `None` at the end.
pub fn bits(good: &Good, from: usize, budget: Duration) -> (Counts, Option<usize>) {
    let (mut counts, start) = (Counts::default(), Instant::now());
    for bit in from..good.places.len() * 8 {
        if start.elapsed() >= budget {
            return (counts, Some(bit));
        }
        let mut bytes = good.bytes.clone();
        bytes[good.places[bit / 8]] ^= 1 << (bit % 8);
        write::seal(&mut bytes);
        counts.add(artifact(&bytes));
    }
    counts.allocated = crate::MOST_ALLOCATED.with(std::cell::Cell::get);
    (counts, None)
}

/// Cuts a file off at every byte from `from` on, once as it is and once with a header that owns up to
/// the length, until `budget` is over. Gives the length to go on from, or `None` at the end.
pub fn truncations(good: &Good, from: usize, budget: Duration) -> (Counts, Option<usize>) {
    let (mut counts, start) = (Counts::default(), Instant::now());
    for length in from..good.bytes.len() {
        if start.elapsed() >= budget {
            return (counts, Some(length));
        }
        counts.add(artifact(&good.bytes[..length]));
        let mut bytes = good.bytes[..length].to_vec();
        make::own_up(&mut bytes);
        write::seal(&mut bytes);
        counts.add(artifact(&bytes));
    }
    (counts, None)
}
