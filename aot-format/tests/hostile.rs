//! Wrong bytes by the hundred thousand: whatever they are, verification gives `Ok` or a named error,
//! and what it accepts can be relied upon. Allocation is counted; nothing may grow faster than the
//! file. Files that are merely too large or too repetitive are in `linear.rs`.
//!
//! Each test also counts what it refused and accepted, so that it cannot pass by testing nothing.

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aot_format::dump::dump;
use aot_format::layout::*;
use aot_format::read::{Artifact, Integrity};
use aot_format::write;
use common::tally::Tally;
use common::{Rng, random, sample, strict, verify, walk};

/// The rich sample, its text and image short enough to be changed bit by bit.
fn small() -> Vec<u8> {
    let mut contents = sample::rich();
    contents.images.truncate(2);
    contents.write().unwrap()
}

/// Where the bytes of records stand: all but padding, text and images.
fn metadata(bytes: &[u8]) -> Vec<usize> {
    let artifact = verify(bytes).unwrap();
    let mut places: Vec<usize> = (0..HEADER_BYTES + SectionKind::ALL.len() * SectionRecord::SIZE).collect();
    let sections = SectionKind::ALL.iter().filter(|kind| !kind.page_aligned());
    places.extend(sections.flat_map(|kind| artifact.section_range(*kind)));
    places
}

#[test]
fn every_flipped_bit_is_noticed() {
    let mut bytes = small();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(verify(&bytes).is_err(), "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(verify(&bytes).is_ok());
}

#[test]
fn flipped_bits_without_the_full_digest() {
    let mut bytes = small();
    let (mut accepted, mut refused) = (0, 0);
    for at in metadata(&bytes) {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            match Artifact::verify(bytes.as_slice(), Integrity::Directory) {
                Ok(artifact) => {
                    strict::trust(&artifact);
                    accepted += 1;
                }
                Err(_) => refused += 1,
            }
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(accepted > 5_000 && refused > 10_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn flipped_bits_with_new_digests() {
    let good = small();
    let mut tally = Tally::default();
    for at in metadata(&good) {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            write::seal(&mut bytes);
            tally.judge(&bytes);
        }
    }
    tally.at_least(5_000, 10_000);
}

#[test]
fn truncated_at_every_byte() {
    let good = small();
    let mut tally = Tally::default();
    for length in 0..good.len() {
        assert!(verify(&good[..length]).is_err());
        // And with a header that owns up to the length.
        let mut bytes = good[..length].to_vec();
        if let Some(field) = bytes.get_mut(24..32) {
            field.copy_from_slice(&(length as u64).to_le_bytes());
        }
        write::seal(&mut bytes);
        tally.judge(&bytes);
    }
    tally.at_least(0, good.len() as u64);
}

/// Overwrites every field of 32 and 64 bits, one at a time; all stand at multiples of four.
fn every_field(good: &[u8], mut with: impl FnMut(&[u8])) {
    for at in metadata(good).into_iter().filter(|at| at % 4 == 0) {
        if let Some(old) = bytes_at::<4>(good, at).map(u32::from_le_bytes) {
            let others = [0, 1, 2, 3, 100, 0x7fff_ffff, u32::MAX, u32::MAX - 1];
            for new in others.into_iter().chain([old.wrapping_add(1), old.wrapping_sub(1)]) {
                let mut bytes = good.to_vec();
                bytes[at..at + 4].copy_from_slice(&new.to_le_bytes());
                write::seal(&mut bytes);
                with(&bytes);
            }
        }
        if let Some(old) = bytes_at::<8>(good, at).map(u64::from_le_bytes) {
            for new in [0, 1, u64::MAX, u64::MAX - 1, 1 << 63, old.wrapping_add(1), old.wrapping_sub(1)] {
                let mut bytes = good.to_vec();
                bytes[at..at + 8].copy_from_slice(&new.to_le_bytes());
                write::seal(&mut bytes);
                with(&bytes);
            }
        }
    }
}

#[test]
fn every_field_with_every_odd_value() {
    let mut tally = Tally::default();
    every_field(&small(), |bytes| tally.judge(bytes));
    tally.at_least(500, 5_000);
    let causes: BTreeSet<&str> = tally.causes.keys().map(String::as_str).collect();
    let missing: Vec<&&str> = EVERY_CAUSE.iter().filter(|cause| !causes.contains(**cause)).collect();
    assert!(missing.is_empty(), "never refused for {missing:?}, but for {causes:?}");
}

/// Checks that one wrong field can fail. What takes more is tested in `read.rs` and below.
const EVERY_CAUSE: &[&str] = &[
    "AbiMismatch",
    "BadConstExpr",
    "BadMagic",
    "DuplicateSection",
    "LengthMismatch",
    "SectionLength",
    "SectionRange",
    "UnknownIsa",
    "UnknownSection",
    "UnsupportedVersion",
    "custom sections: data",
    "data segments: data",
    "data segments: memory",
    "data segments: mode",
    "element segments: item",
    "element segments: items",
    "element segments: mode",
    "element segments: table",
    "element segments: type",
    "exports: function without reference",
    "exports: index",
    "exports: kind",
    "exports: name order",
    "exports: ordinal",
    "function references: function",
    "functions: text offset",
    "functions: type",
    "globals: initial value",
    "globals: kind",
    "globals: type",
    "header: header length",
    "header: page size",
    "header: reserved field",
    "header: reserved field of a section",
    "imports: type",
    "limit: bytes of a name",
    "limit: parameters",
    "limit: results",
    "limit: sections",
    "memories: initial value",
    "memories: type",
    "memory images: image offset",
    "memory images: length",
    "memory images: memory",
    "memory images: memory offset",
    "memory images: reserved field",
    "module: flags",
    "module: start function",
    "name: custom sections",
    "name: exports",
    "name: imports",
    "name: module",
    "tables: initial value",
    "tables: type",
    "tags: initial value",
    "tags: kind",
    "tags: type",
    "trampolines: text offset",
    "trampolines: type",
    "types: item",
    "types: items",
    "types: kind",
    "types: number of items",
    "types: recursion group",
    "types: supertype",
];

#[test]
fn splices_of_two_files() {
    let mut rng = Rng(0x7c5d_11e9_03ab_d46f);
    let mut tally = Tally::default();
    let files: Vec<Vec<u8>> = (0..30).map(|_| random::contents(&mut rng).write().unwrap()).chain([small()]).collect();
    for _ in 0..4_000 {
        let (front, back) = (&files[rng.below(files.len())], &files[rng.below(files.len())]);
        let cut = match rng.below(3) {
            0 => rng.below(front.len().min(back.len())),
            1 => rng.below(front.len().min(back.len()).min(2000)) & !3,
            _ => HEADER_BYTES + rng.below(10) * SectionRecord::SIZE,
        };
        let mut bytes = [&front[..cut], &back[cut..]].concat();
        if rng.one_in(2) {
            let length = bytes.len() as u64;
            bytes[24..32].copy_from_slice(&length.to_le_bytes());
        }
        write::seal(&mut bytes);
        tally.judge(&bytes);
    }
    tally.at_least(50, 1_000);
}

/// Changes a few bytes, mostly among the records.
fn mutate(bytes: &mut [u8], places: &[usize], rng: &mut Rng) {
    for _ in 0..=rng.below(4) {
        let at = places[rng.below(places.len())];
        match rng.below(4) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][rng.below(5)],
            2 => bytes[at] = bytes[at].wrapping_add(rng.below(9) as u8).wrapping_sub(4),
            // A word from elsewhere: likely an index, a length or an offset.
            _ => {
                let (from, to) = (places[rng.below(places.len())] & !3, at & !3);
                if from + 4 <= bytes.len() && to + 4 <= bytes.len() {
                    bytes.copy_within(from..from + 4, to);
                }
            }
        }
    }
}

#[test]
fn random_mutations_for_a_second() {
    let mut rng = Rng(0x2545_f491_4f6c_dd1d);
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut good = small();
    let mut places = metadata(&good);
    let mut files = 0u64;
    while start.elapsed() < Duration::from_secs(1) {
        if files % 500 == 499 {
            good = random::contents(&mut rng).write().unwrap();
            let sections = verify(&good).unwrap().section_range(SectionKind::Module).end;
            places = (0..good.len().min(sections + 2000)).collect();
        }
        let mut bytes = good.clone();
        mutate(&mut bytes, &places, &mut rng);
        write::seal(&mut bytes);
        tally.judge(&bytes);
        files += 1;
    }
    println!(
        "{files} files in {:?}: {} accepted, {} refused for {} causes, at most {} bytes allocated",
        start.elapsed(),
        tally.accepted,
        tally.refused,
        tally.causes.len(),
        tally.most_bytes
    );
    tally.at_least(20, 200);
}

#[test]
fn bytes_that_change_after_verification() {
    let good = small();
    let places = metadata(&good);
    let mut rng = Rng(0x5851_f42d_4c95_7f2d);
    let mut artifact = Artifact::verify(good.clone(), Integrity::Full).unwrap();
    for round in 0..3_000 {
        mutate(artifact.get_mut(), &places, &mut rng);
        walk(&artifact);
        assert!(!dump(&artifact).is_empty());
        if round % 50 == 0 {
            artifact.get_mut().copy_from_slice(&good);
        }
    }
    artifact.get_mut().fill(0xff);
    walk(&artifact);
    artifact.get_mut().clear();
    assert_eq!(walk(&artifact), 0);
}

/// The tests above must be able to fail: a reader that believes what nobody verified would be caught
/// by the same files. (One that believes what was verified is `strict::trust`.)
#[test]
fn a_careless_reader_would_be_caught() {
    let careful = |artifact: &Artifact<&[u8]>| {
        let section = |kind| &artifact.bytes()[artifact.section_range(kind)];
        let names = section(SectionKind::FunctionNames).chunks_exact(FunctionNameRecord::SIZE);
        let names = names.filter_map(FunctionNameRecord::decode).map(|record| record.name);
        let strings = section(SectionKind::Strings).len() as u64;
        names.into_iter().all(|name| u64::from(name.offset) + u64::from(name.bytes) <= strings)
    };
    let (mut caught, mut files) = (0, 0);
    every_field(&small(), |bytes| {
        if let Ok(artifact) = verify(bytes) {
            files += 1;
            caught += u32::from(!careful(&artifact));
        }
    });
    assert!(caught >= 10, "{caught} of {files}");
}
