//! Shifts, extensions and additions that a backend folds into the address of a load.
//!
//! * CVE-2026-34971 (aarch64): the shift was masked by the width of what is loaded, not of what is shifted. Only loads
//!   narrower than 64 bits were wrong, and the one test loaded 64.
//! * CVE-2023-26489 (x86-64): an addition of 32 bits, which wraps, was folded into an address of 64, which does not.
//! * CVE-2026-34987: the upper half of a register that holds 32 bits was taken for zero.

use super::sheet::{Expected, MEMORY_BYTES, Sheet, load};

/// Loads: operator, bytes, whether it extends the sign; all are brought to i64 by `wrap`.
const LOADS: [(&str, u64, bool); 12] = [
    ("i64.extend_i32_s (i32.load8_s", 1, true),
    ("i64.extend_i32_u (i32.load8_u", 1, false),
    ("i64.extend_i32_s (i32.load16_s", 2, true),
    ("i64.extend_i32_u (i32.load16_u", 2, false),
    ("i64.extend_i32_u (i32.load", 4, false),
    ("i64.add (i64.const 0) (i64.load8_s", 1, true),
    ("i64.add (i64.const 0) (i64.load8_u", 1, false),
    ("i64.add (i64.const 0) (i64.load16_s", 2, true),
    ("i64.add (i64.const 0) (i64.load16_u", 2, false),
    ("i64.add (i64.const 0) (i64.load32_s", 4, true),
    ("i64.add (i64.const 0) (i64.load32_u", 4, false),
    ("i64.add (i64.const 0) (i64.load", 8, false),
];

const OFFSETS: [u64; 4] = [0, 1, 1 << 31, u32::MAX as u64];

/// Where accesses go: the beginning, the middle, the last place there is, one too far, and far out.
fn targets(bytes: u64) -> [u64; 5] {
    [0, 30_001, MEMORY_BYTES - bytes, MEMORY_BYTES - bytes + 1, 1 << 33]
}

/// From 32 bits to 64, or not.
type Extend = fn(u64) -> u64;

/// What is shifted: with and without its upper half.
const SHIFTED: [u64; 4] = [1, 0x8000_0001, 0xffff_ffff, 0xdead_beef_0000_0003];

/// Adds a function for each load and offset that uses an address made of `$x` and `$y`, and calls that put what is
/// added so that the access goes to each target. `address` is the same computation in Rust.
fn add(sheet: &mut Sheet, text: &str, address_bits: u32, address: impl Fn(u64, u64) -> u64) {
    let mask = if address_bits == 32 { u64::from(u32::MAX) } else { u64::MAX };
    for (operator, bytes, signed) in LOADS {
        for offset in OFFSETS {
            let func = sheet.func(format!("({operator} offset={offset} {text}))"));
            for x in SHIFTED {
                for target in targets(bytes) {
                    // What is to be added so that the address is the target less the offset.
                    let y = target.wrapping_sub(offset).wrapping_sub(address(x, 0)) & mask;
                    let found = u128::from(address(x, y) & mask) + u128::from(offset);
                    sheet.call(func, x, y, load(found, bytes, signed));
                }
            }
        }
    }
}

/// Addresses of 32 bits: everything wraps there, also what comes out of a shift or of 64 bits.
#[test]
fn addresses_of_32_bits() {
    for shift in [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 24, 31, 32, 33, 63] {
        let mut sheet = Sheet::new();
        let (x, y) = ("(i32.wrap_i64 (local.get $x))", "(i32.wrap_i64 (local.get $y))");
        let shifted = |x: u64| u64::from((x as u32).wrapping_shl(shift));
        let text = format!("(i32.add {y} (i32.shl {x} (i32.const {shift})))");
        add(&mut sheet, &text, 32, |x, y| shifted(x).wrapping_add(y));
        let text = format!("(i32.add (i32.shl {x} (i32.const {shift})) {y})");
        add(&mut sheet, &text, 32, |x, y| shifted(x).wrapping_add(y));
        let text = format!("(i32.sub {y} (i32.shl {x} (i32.const {shift})))");
        add(&mut sheet, &text, 32, |x, y| y.wrapping_sub(shifted(x)));
        let wide = format!("(i64.shl (local.get $x) (i64.const {shift}))");
        add(&mut sheet, &format!("(i32.wrap_i64 (i64.add (local.get $y) {wide}))"), 32, |x, y| {
            x.wrapping_shl(shift).wrapping_add(y)
        });
        let text = format!("(i32.add {y} (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const {shift}))))");
        add(&mut sheet, &text, 32, |x, y| x.wrapping_shr(shift).wrapping_add(y));
        sheet.run();
    }
}

/// Addresses of 64 bits, with what is shifted extended from 32 in either way, or not.
#[test]
fn addresses_of_64_bits() {
    for shift in [0, 1, 2, 3, 4, 5, 7, 8, 16, 31, 32, 33, 63] {
        let mut sheet = Sheet::memory64();
        let extensions: [(&str, Extend); 3] = [
            ("(i64.extend_i32_u (i32.wrap_i64 (local.get $x)))", |x| u64::from(x as u32)),
            ("(i64.extend_i32_s (i32.wrap_i64 (local.get $x)))", |x| i64::from(x as i32).cast_unsigned()),
            ("(local.get $x)", |x| x),
        ];
        for (text, extend) in extensions {
            let shifted = move |x: u64| extend(x).wrapping_shl(shift);
            let folded = format!("(i64.shl {text} (i64.const {shift}))");
            add(&mut sheet, &format!("(i64.add (local.get $y) {folded})"), 64, move |x, y| shifted(x).wrapping_add(y));
            add(&mut sheet, &format!("(i64.add {folded} (local.get $y))"), 64, move |x, y| shifted(x).wrapping_add(y));
        }
        // The shift in 32 bits, extended afterwards.
        let shifted = move |x: u64| u64::from((x as u32).wrapping_shl(shift));
        let folded = format!("(i64.extend_i32_u (i32.shl (i32.wrap_i64 (local.get $x)) (i32.const {shift})))");
        add(&mut sheet, &format!("(i64.add (local.get $y) {folded})"), 64, move |x, y| shifted(x).wrapping_add(y));
        sheet.run();
    }
}

/// Stores by the same addresses go where they should: what was written is loaded from where it must stand.
#[test]
fn stores() {
    let mut sheet = Sheet::new();
    for (store, load, bytes) in
        [("store8", "load8_u", 1), ("store16", "load16_u", 2), ("store32", "load32_u", 4), ("store", "load", 8)]
    {
        for shift in 0..32u32 {
            let mask = if bytes == 8 { u64::MAX } else { (1 << (8 * bytes)) - 1 };
            let func = sheet.func(format!(
                "(local $a i32) (local $old i64)
                (local.set $a (i32.wrap_i64 (i64.shr_u (local.get $y) (i64.const 32))))
                (local.set $old (i64.{load} (local.get $a)))
                (i64.{store} (i32.add (i32.wrap_i64 (local.get $y)) (i32.shl (i32.wrap_i64 (local.get $x)) (i32.const {shift})))
                    (i64.const 0x0123456789abcdef))
                (i64.{load} (local.get $a))
                (i64.{store} (local.get $a) (local.get $old))"
            ));
            for x in [1, 3, 0x8000_0001u64] {
                for target in [0, 30_001, MEMORY_BYTES - bytes] {
                    let added = (target as u32).wrapping_sub((x as u32).wrapping_shl(shift));
                    let y = target << 32 | u64::from(added);
                    sheet.call(func, x, y, Expected::Value(0x0123_4567_89ab_cdef & mask));
                }
            }
        }
    }
    sheet.run();
}
