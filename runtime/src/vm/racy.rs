//! Copies to, from and within memories that other threads read and write at the same time.
//!
//! Every byte is moved by relaxed atomic accesses, by the word where both sides are aligned alike. What
//! comes of a race is a mixture of old and new bytes, as WebAssembly says for accesses that are not
//! atomic: no order is promised between two words.
//!
//! # Safety contract
//!
//! Ranges are valid for the accesses named. A range called shared is accessed atomically, or by compiled
//! code, wherever another thread accesses it meanwhile. Accesses of different widths meet there as they
//! do in compiled code: by the rules of the machine.

use core::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

const WORD: usize = size_of::<u64>();

/// Bytes before the first aligned word, and whole words, of a range.
fn split(start: *const u8, len: usize) -> (usize, usize) {
    let head = start.align_offset(WORD).min(len);
    (head, (len - head) / WORD)
}

unsafe fn move_byte(from: *const u8, to: *mut u8) {
    // SAFETY: by the callers: one byte that can be read, one that can be written.
    unsafe { AtomicU8::from_ptr(to).store(AtomicU8::from_ptr(from.cast_mut()).load(Relaxed), Relaxed) }
}

unsafe fn move_word(from: *const u8, to: *mut u8) {
    // SAFETY: by the callers: aligned words.
    unsafe {
        let word = AtomicU64::from_ptr(from.cast_mut().cast()).load(Relaxed);
        AtomicU64::from_ptr(to.cast()).store(word, Relaxed);
    }
}

/// Copies `len` bytes; the ranges may overlap.
///
/// # Safety
///
/// Both ranges are valid, and shared or the caller's own.
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    let alike = from.addr() % WORD == to.addr() % WORD;
    let (head, words) = if alike { split(from, len) } else { (len, 0) };
    let tail = head + words * WORD;
    // SAFETY: all offsets are below `len`; words are aligned on both sides. Going away from the
    // overlap, nothing is overwritten before it was read.
    unsafe {
        if to.cast_const() <= from || to.addr() >= from.addr() + len {
            (0..head).for_each(|at| move_byte(from.add(at), to.add(at)));
            (0..words).for_each(|word| move_word(from.add(head + word * WORD), to.add(head + word * WORD)));
            (tail..len).for_each(|at| move_byte(from.add(at), to.add(at)));
        } else {
            (tail..len).rev().for_each(|at| move_byte(from.add(at), to.add(at)));
            (0..words).rev().for_each(|word| move_word(from.add(head + word * WORD), to.add(head + word * WORD)));
            (0..head).rev().for_each(|at| move_byte(from.add(at), to.add(at)));
        }
    }
}

/// Sets `len` bytes.
///
/// # Safety
///
/// The range is valid, and shared or the caller's own.
pub(crate) unsafe fn fill(to: *mut u8, value: u8, len: usize) {
    let (head, words) = split(to, len);
    let tail = head + words * WORD;
    // SAFETY: all offsets are below `len`, and words are aligned.
    unsafe {
        (0..head).chain(tail..len).for_each(|at| AtomicU8::from_ptr(to.add(at)).store(value, Relaxed));
        let pattern = u64::from_ne_bytes([value; WORD]);
        (0..words).for_each(|word| AtomicU64::from_ptr(to.add(head + word * WORD).cast()).store(pattern, Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_those_of_slices_whatever_overlaps() {
        let fresh: Vec<u8> = (0..64).collect();
        for from in 0..24 {
            for to in 0..24 {
                for len in 0..40 {
                    let (mut ours, mut expected) = (fresh.clone(), fresh.clone());
                    expected.copy_within(from..from + len, to);
                    let base = ours.as_mut_ptr();
                    // SAFETY: within 64 bytes of this test.
                    unsafe { copy(base.add(from), base.add(to), len) };
                    assert_eq!(ours, expected, "{from} {to} {len}");
                }
            }
        }
    }

    #[test]
    fn fills_are_those_of_slices() {
        for start in 0..9 {
            for len in 0..30 {
                let (mut ours, mut expected) = ([0; 48], [0; 48]);
                expected[start..start + len].fill(7);
                // SAFETY: within 48 bytes of this test.
                unsafe { fill(ours.as_mut_ptr().add(start), 7, len) };
                assert_eq!(ours, expected, "{start} {len}");
            }
        }
    }
}
