//! Values of 32 bits that are spilled to the stack and come back as 64, or as an address.
//!
//! CVE-2021-32629 (x86-64): one that had been zero-extended was reloaded sign-extended, under register pressure,
//! and an address went out of the sandbox.

use super::sheet::{Expected, MEMORY_BYTES, Sheet, load};

/// Values that live across a call at one time: more than any instruction set has registers.
const LIVE: u64 = 40;

/// Value `index` of a function: a sum of 32 bits that wraps.
fn value(x: u64, index: u64) -> u32 {
    (x as u32).wrapping_add((index as u32).wrapping_mul(0x3333_3333))
}

/// Sets the locals `$0` to `$39` to the values, calls something that uses every register, and then `then`.
fn spilled(then: &str) -> String {
    let locals: String = (0..LIVE).map(|index| format!("(local $v{index} i32) ")).collect();
    let sets: String = (0..LIVE)
        .map(|index| {
            let added = (index as u32).wrapping_mul(0x3333_3333);
            format!("(local.set $v{index} (i32.add (i32.wrap_i64 (local.get $x)) (i32.const {added})))\n")
        })
        .collect();
    format!("(local $sum i64) {locals} {sets} (call $press (local.get $y)) {then} (local.get $sum)")
}

fn sheet() -> Sheet {
    let mut sheet = Sheet::new();
    // Recursion, so that it is not inlined, and much to keep.
    let locals: String = (0..LIVE).map(|index| format!("(local $p{index} i64) ")).collect();
    let sets: String = (0..LIVE)
        .map(|index| format!("(local.set $p{index} (i64.mul (local.get $n) (i64.const {})))", index * 7 + 3))
        .collect();
    let uses: String = (0..LIVE)
        .map(|index| format!("(global.set $sink (i64.xor (global.get $sink) (local.get $p{index})))"))
        .collect();
    sheet.define(&format!(
        "(global $sink (mut i64) (i64.const 0))
        (func $press (param $n i64) {locals} {sets}
            (if (i64.gt_u (local.get $n) (i64.const 1)) (then (call $press (i64.sub (local.get $n) (i64.const 1)))))
            {uses})\n"
    ));
    sheet
}

const INPUTS: [u64; 8] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xcccc_cccd, 0xffff_ffff_0000_0000, u64::MAX];

#[test]
fn extended_to_64_bits() {
    let mut sheet = sheet();
    for (operator, extend) in [
        ("i64.extend_i32_u", (|value: u32| u64::from(value)) as fn(u32) -> u64),
        ("i64.extend_i32_s", |value| i64::from(value.cast_signed()).cast_unsigned()),
    ] {
        let adds: String = (0..LIVE)
            .map(|index| {
                let product = format!("(i64.mul ({operator} (local.get $v{index})) (i64.const {}))", index * 2 + 1);
                format!("(local.set $sum (i64.add (local.get $sum) {product}))\n")
            })
            .collect();
        let func = sheet.func(spilled(&adds));
        for x in INPUTS {
            for depth in [0, 3, 17] {
                let sum = (0..LIVE)
                    .map(|index| extend(value(x, index)).wrapping_mul(index * 2 + 1))
                    .fold(0, u64::wrapping_add);
                sheet.call(func, x, depth, Expected::Value(sum));
            }
        }
    }
    // Each of them as an address; the rest is alive until then.
    for index in 0..LIVE {
        for (operator, bytes) in [("load8_u", 1), ("load16_u", 2), ("load32_u", 4), ("load", 8)] {
            let keep: String =
                (0..LIVE).map(|other| format!("(global.set $sink (i64.extend_i32_u (local.get $v{other})))")).collect();
            let then = format!("(local.set $sum (i64.{operator} offset=5 (local.get $v{index}))) {keep}");
            let func = sheet.func(spilled(&then));
            for address in [0, 12_345, MEMORY_BYTES - bytes - 5, MEMORY_BYTES - bytes - 4, 0x8000_0000, 0xffff_fff8] {
                let x = u64::from((address as u32).wrapping_sub(value(0, index)));
                sheet.call(func, x, 2, load(u128::from(address) + 5, bytes, false));
            }
        }
    }
    sheet.run();
}
