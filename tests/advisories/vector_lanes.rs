//! Vector operations that were wrong in some lane: `i64x2.shr_s`, selection by bits and bytes, `swizzle`, shuffles.

use std::fmt::Write as _;

use aot_format::cpu::Isa;
use iwasm::Engine;

use super::sheet::{Expected, Sheet};

/// Whether this machine has vectors at all.
pub fn has_vectors() -> bool {
    let features = Engine::default().cpu_features();
    Isa::HOST != Some(Isa::Riscv64) || Isa::Riscv64.feature_bit("v").is_some_and(|bit| features & bit != 0)
}

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// What `$fold` makes of a vector.
pub fn fold(vector: u128) -> u64 {
    (vector as u64) ^ ((vector >> 64) as u64).wrapping_mul(MULTIPLIER)
}

/// A sheet with `$fold` and `$spread`, which makes a vector of two numbers.
pub fn with_fold() -> Sheet {
    let mut sheet = Sheet::new();
    sheet.define(&format!(
        "(func $fold (param v128) (result i64)
            (i64.xor (i64x2.extract_lane 0 (local.get 0))
                (i64.mul (i64x2.extract_lane 1 (local.get 0)) (i64.const {}))))
        (func $spread (param i64 i64) (result v128)
            (i64x2.replace_lane 1 (i64x2.splat (local.get 0)) (local.get 1)))\n",
        MULTIPLIER.cast_signed()
    ));
    sheet
}

const INPUTS: [(u64, u64); 6] = [
    (0, u64::MAX),
    (0x8000_0000_0000_0000, 0x7fff_ffff_ffff_ffff),
    (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210),
    (0x8080_8080_8080_8080, 0x7f7f_7f7f_8000_7fff),
    (1, 0x8000_0001_8000_0001),
    (0x1010_0f0f_ff7f_8000, 0x0001_0203_1011_2030),
];

fn vector(x: u64, y: u64) -> u128 {
    u128::from(y) << 64 | u128::from(x)
}

/// Applies a function to every lane of a width.
fn lanes(vector: u128, width: u32, each: impl Fn(u64) -> u64) -> u128 {
    let mask = (1u128 << width) - 1;
    (0..128 / width).fold(0, |all, lane| {
        let found = each((vector >> (lane * width) & mask) as u64);
        all | (u128::from(found) & mask) << (lane * width)
    })
}

fn shift(operator: &str, lane: u64, width: u32, amount: u32) -> u64 {
    let (amount, unused) = (amount % width, 64 - width);
    match operator {
        "shl" => lane << amount,
        "shr_u" => lane >> amount,
        _ => ((lane << unused).cast_signed() >> unused >> amount).cast_unsigned(),
    }
}

#[test]
fn shifts_by_constants_and_variables() {
    if !has_vectors() {
        println!("skipped: this machine has no vectors");
        return;
    }
    for operator in ["shl", "shr_s", "shr_u"] {
        let mut sheet = with_fold();
        for (shape, width) in [("i8x16", 8), ("i16x8", 16), ("i32x4", 32), ("i64x2", 64)] {
            for amount in (0..2 * width + 2).chain([127, 128, 255, 0x8000_0001, u32::MAX]) {
                let both = "(call $spread (local.get $x) (local.get $y))";
                let by = format!("(i32.const {})", amount.cast_signed());
                let constant = sheet.func(format!("(call $fold ({shape}.{operator} {both} {by}))"));
                // The amount from where no compiler looks.
                let loaded = sheet.func(format!(
                    "(i32.store (i32.const 0) {by})
                    (call $fold ({shape}.{operator} {both} (i32.load (i32.const 0))))"
                ));
                for (x, y) in INPUTS {
                    let found = lanes(vector(x, y), width, |lane| shift(operator, lane, width, amount));
                    sheet.call(constant, x, y, Expected::Value(fold(found)));
                    sheet.call(loaded, x, y, Expected::Value(fold(found)));
                }
            }
        }
        sheet.run();
    }
}

#[test]
fn bytes_are_chosen_as_they_should() {
    if !has_vectors() {
        println!("skipped: this machine has no vectors");
        return;
    }
    let mut sheet = with_fold();
    let constant = |bytes: [u8; 16]| {
        bytes.iter().fold(String::from("(v128.const i8x16"), |mut text, byte| {
            let _ = write!(text, " {byte}");
            text
        }) + ")"
    };
    let bytes = |vector: u128| vector.to_le_bytes();
    let both = "(call $spread (local.get $x) (local.get $y))";
    let turned = "(call $spread (local.get $y) (local.get $x))";
    let patterns: Vec<[u8; 16]> = vec![
        std::array::from_fn(|index| index as u8),
        std::array::from_fn(|index| 15 - index as u8),
        std::array::from_fn(|index| (index * 17) as u8),
        std::array::from_fn(|index| (index * 7 + 3) as u8 % 32),
        [0; 16],
        [15; 16],
        [16; 16],
        [0x80; 16],
        [255; 16],
        std::array::from_fn(|index| if index % 2 == 0 { 255 } else { index as u8 }),
    ];
    for pattern in &patterns {
        let mask = u128::from_le_bytes(*pattern);
        let swizzled = sheet.func(format!("(call $fold (i8x16.swizzle {both} {}))", constant(*pattern)));
        let by = sheet.func(format!("(call $fold (i8x16.swizzle {} {both}))", constant(*pattern)));
        let selected = sheet.func(format!("(call $fold (v128.bitselect {both} {turned} {}))", constant(*pattern)));
        let whole: Vec<u8> = pattern.iter().map(|byte| byte % 32).collect();
        let list = whole.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
        let shuffled = sheet.func(format!("(call $fold (i8x16.shuffle {list} {both} {turned}))"));
        for (x, y) in INPUTS {
            let (a, b) = (bytes(vector(x, y)), bytes(vector(y, x)));
            let pick = |from: [u8; 16], index: u8| from.get(usize::from(index)).copied().unwrap_or(0);
            let expect = |bytes: [u8; 16]| Expected::Value(fold(u128::from_le_bytes(bytes)));
            sheet.call(swizzled, x, y, expect(pattern.map(|index| pick(a, index))));
            sheet.call(by, x, y, expect(a.map(|index| pick(*pattern, index))));
            let bits = vector(x, y) & mask | vector(y, x) & !mask;
            sheet.call(selected, x, y, Expected::Value(fold(bits)));
            let from_both = |index: &u8| if *index < 16 { pick(a, *index) } else { pick(b, *index - 16) };
            let chosen: Vec<u8> = whole.iter().map(from_both).collect();
            sheet.call(shuffled, x, y, expect(std::array::from_fn(|index| chosen[index])));
        }
    }
    // Compared lanes as masks: all bits of a lane, or none.
    for (shape, width) in [("i8x16", 8), ("i16x8", 16), ("i32x4", 32), ("i64x2", 64)] {
        let masked =
            sheet.func(format!("(call $fold (v128.bitselect {both} {turned} ({shape}.lt_s {both} {turned})))"));
        for (x, y) in INPUTS {
            let (a, b) = (vector(x, y), vector(y, x));
            let (mask, unused) = ((1u128 << width) - 1, 128 - width);
            let signed = |vector: u128, lane: u32| ((vector >> (lane * width) & mask) << unused).cast_signed();
            let found = (0..128 / width).fold(0u128, |all, lane| {
                let from = if signed(a, lane) < signed(b, lane) { a } else { b };
                all | from & mask << (lane * width)
            });
            sheet.call(masked, x, y, Expected::Value(fold(found)));
        }
    }
    sheet.run();
}
