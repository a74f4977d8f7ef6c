//! Loads that a backend sinks into an operation whose operand is wider than what is loaded.
//!
//! * CVE-2026-24116 (x86-64): `f64.copysign` read 16 bytes for an operand of 8.
//! * CVE-2026-34944 (x86-64 without SSE3): so did `f64x2.splat`.
//!
//! What is loaded here are the last bytes of a memory: wider loads meet the guard, or the bounds check.

use super::sheet::{Expected, MEMORY_BYTES, Sheet, load, number_at};
use super::vector_lanes::{fold, has_vectors, with_fold};

/// Other operands.
const OPERANDS: [u64; 5] = [0, 1, 0x8000_0000_0000_0000, 0x4045_0000_4228_0000, 0x3ff0_0000_3f80_0000];

/// Last addresses at which so many bytes can be loaded, and the first at which they cannot.
fn ends(bytes: u64) -> [u64; 3] {
    [MEMORY_BYTES - bytes - 1, MEMORY_BYTES - bytes, MEMORY_BYTES - bytes + 1]
}

/// An operator, `1` at its end if it takes one operand only, and the same in Rust.
type Operator<'a, T> = (&'a str, &'a dyn Fn(T, T) -> u64);
/// What a load makes of the bits it has loaded.
type Narrow = fn(u64) -> u32;

/// A function of `$x`, the operand, and `$y`, the address, for each operator on an operand that is loaded.
fn add<T: Copy + 'static>(
    sheet: &mut Sheet,
    (load_text, operand, result): (&str, &str, &str),
    bytes: u64,
    of_bits: fn(u64) -> T,
    operators: &[Operator<'_, T>],
) {
    let loaded = format!("({load_text} (i32.wrap_i64 (local.get $y)))");
    for (operator, compute) in operators {
        for swapped in [false, true] {
            let (a, b) = if swapped { (operand, loaded.as_str()) } else { (loaded.as_str(), operand) };
            let unary = operator.ends_with('1');
            if unary && swapped {
                continue;
            }
            let name = operator.trim_end_matches('1');
            let applied = if unary { format!("({name} {loaded})") } else { format!("({name} {a} {b})") };
            let func = sheet.func(result.replace('@', &applied));
            for x in OPERANDS {
                for address in ends(bytes) {
                    let expected = match load(address.into(), bytes, false) {
                        Expected::Value(bits) => {
                            let (l, o) = (of_bits(bits), of_bits(x));
                            Expected::Value(if swapped { compute(o, l) } else { compute(l, o) })
                        }
                        trap => trap,
                    };
                    sheet.call(func, x, address, expected);
                }
            }
        }
    }
}

#[test]
fn floats() {
    // The bytes there are no NaN, whose bits an operation may choose.
    for address in ends(8).into_iter().chain(ends(4)).filter(|address| address + 8 <= MEMORY_BYTES) {
        assert!(!f64::from_bits(number_at(address, 8)).is_nan(), "{address:#x}");
    }
    let mut sheet = Sheet::new();
    let operand = "(f64.reinterpret_i64 (local.get $x))";
    let bits = |value: f64| value.to_bits();
    add(
        &mut sheet,
        ("f64.load", operand, "(i64.reinterpret_f64 @)"),
        8,
        f64::from_bits,
        &[
            ("f64.copysign", &|a, b| bits(a.copysign(b))),
            ("f64.add", &|a, b| bits(a + b)),
            ("f64.sub", &|a, b| bits(a - b)),
            ("f64.mul", &|a, b| bits(a * b)),
            ("f64.abs1", &|a, _| bits(a.abs())),
            ("f64.neg1", &|a, _| bits(-a)),
            ("f64.ceil1", &|a, _| bits(a.ceil())),
            ("f64.floor1", &|a, _| bits(a.floor())),
            ("f64.trunc1", &|a, _| bits(a.trunc())),
            ("f64.nearest1", &|a, _| bits(a.round_ties_even())),
        ],
    );
    add(
        &mut sheet,
        ("f64.load", operand, "(i64.extend_i32_u @)"),
        8,
        f64::from_bits,
        &[
            ("f64.eq", &|a, b| u64::from(a == b)),
            ("f64.lt", &|a, b| u64::from(a < b)),
            ("f64.ge", &|a, b| u64::from(a >= b)),
            ("i32.trunc_sat_f64_s1", &|a, _| u64::from((a as i32).cast_unsigned())),
            ("i32.trunc_sat_f64_u1", &|a, _| u64::from(a as u32)),
        ],
    );
    add(
        &mut sheet,
        ("f64.load", operand, "@"),
        8,
        f64::from_bits,
        &[
            ("i64.trunc_sat_f64_s1", &|a, _| (a as i64).cast_unsigned()),
            ("i64.trunc_sat_f64_u1", &|a, _| a as u64),
            ("i64.reinterpret_f641", &|a, _| bits(a)),
        ],
    );
    let operand = "(f32.reinterpret_i32 (i32.wrap_i64 (local.get $x)))";
    let single = |bits: u64| f32::from_bits(bits as u32);
    let bits = |value: f32| u64::from(value.to_bits());
    add(
        &mut sheet,
        ("f32.load", operand, "(i64.extend_i32_u (i32.reinterpret_f32 @))"),
        4,
        single,
        &[
            ("f32.copysign", &|a, b| bits(a.copysign(b))),
            ("f32.add", &|a, b| bits(a + b)),
            ("f32.mul", &|a, b| bits(a * b)),
            ("f32.abs1", &|a, _| bits(a.abs())),
            ("f32.floor1", &|a, _| bits(a.floor())),
        ],
    );
    add(
        &mut sheet,
        ("f32.load", operand, "(i64.reinterpret_f64 @)"),
        4,
        single,
        &[("f64.promote_f321", &|a, _| f64::from(a).to_bits())],
    );
    sheet.run();
}

#[test]
fn integers() {
    let mut sheet = Sheet::new();
    let operand = "(local.get $x)";
    add(
        &mut sheet,
        ("i64.load", operand, "@"),
        8,
        |bits| bits,
        &[
            ("i64.add", &|a: u64, b| a.wrapping_add(b)),
            ("i64.sub", &|a, b| a.wrapping_sub(b)),
            ("i64.mul", &|a, b| a.wrapping_mul(b)),
            ("i64.and", &|a, b| a & b),
            ("i64.or", &|a, b| a | b),
            ("i64.xor", &|a, b| a ^ b),
            ("i64.shl", &|a, b| a.wrapping_shl(b as u32)),
            ("i64.rotr", &|a, b| a.rotate_right(b as u32 % 64)),
            ("i64.clz1", &|a, _| a.leading_zeros().into()),
            ("i64.ctz1", &|a, _| a.trailing_zeros().into()),
            ("i64.popcnt1", &|a, _| a.count_ones().into()),
            ("i64.extend32_s1", &|a, _| i64::from(a as i32).cast_unsigned()),
        ],
    );
    let operand = "(i32.wrap_i64 (local.get $x))";
    let narrow: [(&str, u64, Narrow); 5] = [
        ("i32.load", 4, |bits| bits as u32),
        ("i32.load8_s", 1, |bits| (bits as i8 as i32).cast_unsigned()),
        ("i32.load8_u", 1, |bits| u32::from(bits as u8)),
        ("i32.load16_s", 2, |bits| (bits as i16 as i32).cast_unsigned()),
        ("i32.load16_u", 2, |bits| u32::from(bits as u16)),
    ];
    for (operator, bytes, extend) in narrow {
        // The other operand is a whole number of 32 bits, so it is brought in by the closure.
        let loaded = format!("({operator} (i32.wrap_i64 (local.get $y)))");
        type Compute = fn(u32, u32) -> u32;
        let operators: [(&str, Compute); 8] = [
            ("i32.add", u32::wrapping_add),
            ("i32.sub", u32::wrapping_sub),
            ("i32.mul", u32::wrapping_mul),
            ("i32.and", |a, b| a & b),
            ("i32.xor", |a, b| a ^ b),
            ("i32.lt_s", |a, b| u32::from(a.cast_signed() < b.cast_signed())),
            ("i32.lt_u", |a, b| u32::from(a < b)),
            ("i32.shr_s", |a, b| a.cast_signed().wrapping_shr(b).cast_unsigned()),
        ];
        for (name, compute) in operators {
            for swapped in [false, true] {
                let (a, b) = if swapped { (operand, loaded.as_str()) } else { (loaded.as_str(), operand) };
                let func = sheet.func(format!("(i64.extend_i32_u ({name} {a} {b}))"));
                for x in OPERANDS {
                    for address in ends(bytes) {
                        let expected = match load(address.into(), bytes, false) {
                            Expected::Value(bits) => {
                                let (l, o) = (extend(bits), x as u32);
                                Expected::Value(u64::from(if swapped { compute(o, l) } else { compute(l, o) }))
                            }
                            trap => trap,
                        };
                        sheet.call(func, x, address, expected);
                    }
                }
            }
        }
    }
    sheet.run();
}

/// Loads that fill a vector with less than 16 bytes, by an operator of their own or by a splat of what was loaded.
#[test]
fn vectors() {
    if !has_vectors() {
        println!("skipped: this machine has no vectors");
        return;
    }
    let mut sheet = with_fold();
    let repeat = |bits: u64, bytes: u32| (0..16 / bytes).fold(0u128, |all, _| all << (8 * bytes) | u128::from(bits));
    let address = "(i32.wrap_i64 (local.get $y))";
    let mut each = |text: &str, bytes: u64, compute: &dyn Fn(u64, u64) -> u128| {
        let func = sheet.func(format!("(call $fold {})", text.replace('@', address)));
        for x in OPERANDS {
            for at in ends(bytes) {
                let expected = match load(at.into(), bytes, false) {
                    Expected::Value(bits) => Expected::Value(fold(compute(bits, x))),
                    trap => trap,
                };
                sheet.call(func, x, at, expected);
            }
        }
    };
    each("(v128.load8_splat @)", 1, &|bits, _| repeat(bits, 1));
    each("(v128.load16_splat @)", 2, &|bits, _| repeat(bits, 2));
    each("(v128.load32_splat @)", 4, &|bits, _| repeat(bits, 4));
    each("(v128.load64_splat @)", 8, &|bits, _| repeat(bits, 8));
    each("(i8x16.splat (i32.load8_u @))", 1, &|bits, _| repeat(bits, 1));
    each("(i16x8.splat (i32.load16_u @))", 2, &|bits, _| repeat(bits, 2));
    each("(i32x4.splat (i32.load @))", 4, &|bits, _| repeat(bits, 4));
    each("(i64x2.splat (i64.load @))", 8, &|bits, _| repeat(bits, 8));
    each("(f32x4.splat (f32.load @))", 4, &|bits, _| repeat(bits, 4));
    each("(f64x2.splat (f64.load @))", 8, &|bits, _| repeat(bits, 8));
    each("(v128.load32_zero @)", 4, &|bits, _| bits.into());
    each("(v128.load64_zero @)", 8, &|bits, _| bits.into());
    let other = "(i64x2.splat (local.get $x))";
    let replaced = |x: u64, bits: u64, lane: u32, width: u32| {
        let mask = (1u128 << width) - 1;
        repeat(x, 8) & !(mask << (lane * width)) | u128::from(bits) << (lane * width)
    };
    for (width, last) in [(8, 15), (16, 7), (32, 3), (64, 1)] {
        for lane in [0, last] {
            each(&format!("(v128.load{width}_lane {lane} @ {other})"), u64::from(width) / 8, &|bits, x| {
                replaced(x, bits, lane, width)
            });
        }
    }
    each(&format!("(f64x2.replace_lane 1 {other} (f64.load @))"), 8, &|bits, x| replaced(x, bits, 1, 64));
    each(&format!("(f32x4.replace_lane 2 {other} (f32.load @))"), 4, &|bits, x| replaced(x, bits, 2, 32));
    each(&format!("(i16x8.replace_lane 5 {other} (i32.load16_s @))"), 2, &|bits, x| replaced(x, bits, 5, 16));
    let widen = |bits: u64, width: u32, signed: bool| {
        (0..64 / width).fold(0u128, |all, lane| {
            let part = bits >> (lane * width) & ((1u64 << width) - 1);
            let unused = 64 - width;
            let wide = if signed { ((part << unused).cast_signed() >> unused).cast_unsigned() } else { part };
            let mask = (1u128 << (2 * width)) - 1;
            all | (u128::from(wide) & mask) << (2 * width * lane)
        })
    };
    for (shape, width) in [("8x8", 8), ("16x4", 16), ("32x2", 32)] {
        for (suffix, signed) in [("s", true), ("u", false)] {
            each(&format!("(v128.load{shape}_{suffix} @)"), 8, &|bits, _| widen(bits, width, signed));
        }
    }
    // A whole vector as an operand: its 16 bytes and no more.
    let func = sheet.func(format!("(call $fold (v128.xor {other} (v128.load {address})))"));
    for x in OPERANDS {
        for at in ends(16) {
            let expected = match (load(at.into(), 8, false), load(u128::from(at) + 8, 8, false)) {
                (Expected::Value(low), Expected::Value(high)) => {
                    Expected::Value(fold((u128::from(high) << 64 | u128::from(low)) ^ repeat(x, 8)))
                }
                (_, trap) => trap,
            };
            sheet.call(func, x, at, expected);
        }
    }
    sheet.run();
}
