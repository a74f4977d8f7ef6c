//! Every vector operator, from text to machine code for every target that has vectors and every
//! combination of settings; vectors in every place a value can be; and what casts cost: nothing.

use std::collections::BTreeSet;
use std::fmt::Write;

use wasmparser::{Operator, for_each_visit_simd_operator};

use super::test_support::{check_for, clif, vector_isas};

/// Names of the vector operators, as `Operator` has them.
fn all_operators() -> BTreeSet<&'static str> {
    macro_rules! names {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            [$( stringify!($op) ),*]
        };
    }
    for_each_visit_simd_operator!(names).into_iter().collect()
}

/// Names of all operators in a module's bodies.
fn operators(wat: &str) -> BTreeSet<String> {
    let wasm = wat::parse_str(wat).unwrap();
    let module = crate::module::parse(&wasm).unwrap();
    let mut names = BTreeSet::new();
    for body in &module.bodies {
        for operator in body.body.get_operators_reader().unwrap() {
            let operator: Operator<'_> = operator.unwrap();
            let text = format!("{operator:?}");
            names.insert(text.split([' ', '{']).next().unwrap().to_owned());
        }
    }
    names
}

/// One function that applies an operator to parameters and drops what it gives.
fn apply(wat: &mut String, op: &str, params: &str, results: &str) {
    let gets: String = (0..params.split_whitespace().count()).map(|index| format!("(local.get {index})")).collect();
    writeln!(wat, "(func (param {params}) (result {results}) ({op} {gets}))").unwrap();
}

const INTS: [&str; 4] = ["i8x16", "i16x8", "i32x4", "i64x2"];
const FLOATS: [&str; 2] = ["f32x4", "f64x2"];

fn scalar(lanes: &str) -> &str {
    match lanes {
        "i8x16" | "i16x8" => "i32",
        _ => &lanes[..3],
    }
}

fn integer_operators(wat: &mut String) {
    for (bits, lanes) in INTS.into_iter().enumerate() {
        for op in ["add", "sub", "eq", "ne", "lt_s", "gt_s", "le_s", "ge_s"] {
            apply(wat, &format!("{lanes}.{op}"), "v128 v128", "v128");
        }
        for op in ["abs", "neg"] {
            apply(wat, &format!("{lanes}.{op}"), "v128", "v128");
        }
        for op in ["shl", "shr_s", "shr_u"] {
            apply(wat, &format!("{lanes}.{op}"), "v128 i32", "v128");
            writeln!(wat, "(func (param v128) (result v128) ({lanes}.{op} (local.get 0) (i32.const 67)))").unwrap();
        }
        for op in ["all_true", "bitmask"] {
            apply(wat, &format!("{lanes}.{op}"), "v128", "i32");
        }
        if lanes != "i64x2" {
            for op in ["lt_u", "gt_u", "le_u", "ge_u", "min_s", "min_u", "max_s", "max_u"] {
                apply(wat, &format!("{lanes}.{op}"), "v128 v128", "v128");
            }
        }
        if bits < 2 {
            for op in ["add_sat_s", "add_sat_u", "sub_sat_s", "sub_sat_u", "avgr_u"] {
                apply(wat, &format!("{lanes}.{op}"), "v128 v128", "v128");
            }
            for sign in ["s", "u"] {
                apply(wat, &format!("{lanes}.narrow_{}_{sign}", INTS[bits + 1]), "v128 v128", "v128");
            }
        }
        if bits > 0 {
            let half = INTS[bits - 1];
            apply(wat, &format!("{lanes}.mul"), "v128 v128", "v128");
            for sign in ["s", "u"] {
                for part in ["low", "high"] {
                    apply(wat, &format!("{lanes}.extend_{part}_{half}_{sign}"), "v128", "v128");
                    apply(wat, &format!("{lanes}.extmul_{part}_{half}_{sign}"), "v128 v128", "v128");
                }
                if lanes != "i64x2" {
                    apply(wat, &format!("{lanes}.extadd_pairwise_{half}_{sign}"), "v128", "v128");
                }
            }
        }
        apply(wat, &format!("{lanes}.relaxed_laneselect"), "v128 v128 v128", "v128");
    }
    apply(wat, "i8x16.popcnt", "v128", "v128");
    for op in [
        "i16x8.q15mulr_sat_s",
        "i32x4.dot_i16x8_s",
        "i8x16.swizzle",
        "i8x16.relaxed_swizzle",
        "i16x8.relaxed_q15mulr_s",
        "i16x8.relaxed_dot_i8x16_i7x16_s",
        "v128.and",
        "v128.andnot",
        "v128.or",
        "v128.xor",
    ] {
        apply(wat, op, "v128 v128", "v128");
    }
    apply(wat, "i32x4.relaxed_dot_i8x16_i7x16_add_s", "v128 v128 v128", "v128");
    apply(wat, "v128.bitselect", "v128 v128 v128", "v128");
    apply(wat, "v128.not", "v128", "v128");
    apply(wat, "v128.any_true", "v128", "i32");
}

fn float_operators(wat: &mut String) {
    for lanes in FLOATS {
        for op in ["abs", "neg", "sqrt", "ceil", "floor", "trunc", "nearest"] {
            apply(wat, &format!("{lanes}.{op}"), "v128", "v128");
        }
        for op in [
            "add",
            "sub",
            "mul",
            "div",
            "min",
            "max",
            "pmin",
            "pmax",
            "eq",
            "ne",
            "lt",
            "gt",
            "le",
            "ge",
            "relaxed_min",
            "relaxed_max",
        ] {
            apply(wat, &format!("{lanes}.{op}"), "v128 v128", "v128");
        }
        for op in ["relaxed_madd", "relaxed_nmadd"] {
            apply(wat, &format!("{lanes}.{op}"), "v128 v128 v128", "v128");
        }
    }
    for sign in ["s", "u"] {
        for op in [
            format!("i32x4.trunc_sat_f32x4_{sign}"),
            format!("i32x4.trunc_sat_f64x2_{sign}_zero"),
            format!("i32x4.relaxed_trunc_f32x4_{sign}"),
            format!("i32x4.relaxed_trunc_f64x2_{sign}_zero"),
            format!("f32x4.convert_i32x4_{sign}"),
            format!("f64x2.convert_low_i32x4_{sign}"),
        ] {
            apply(wat, &op, "v128", "v128");
        }
    }
    apply(wat, "f32x4.demote_f64x2_zero", "v128", "v128");
    apply(wat, "f64x2.promote_low_f32x4", "v128", "v128");
}

fn lane_operators(wat: &mut String) {
    for lanes in INTS.into_iter().chain(FLOATS) {
        let scalar = scalar(lanes);
        apply(wat, &format!("{lanes}.splat"), scalar, "v128");
        apply(wat, &format!("{lanes}.replace_lane 1"), &format!("v128 {scalar}"), "v128");
        let signs = if matches!(lanes, "i8x16" | "i16x8") { &["_s", "_u"][..] } else { &[""] };
        for sign in signs {
            apply(wat, &format!("{lanes}.extract_lane{sign} 1"), "v128", scalar);
            apply(wat, &format!("{lanes}.extract_lane{sign} 0"), "v128", scalar);
        }
    }
    for lanes in [
        "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
        "16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31",
        "3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3",
        "0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23",
        "31 0 7 12 19 2 2 30 5 18 16 1 9 29 14 11",
        "4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
    ] {
        apply(wat, &format!("i8x16.shuffle {lanes}"), "v128 v128", "v128");
    }
    writeln!(wat, "(func (result v128) (v128.const i64x2 0x0123456789abcdef -1))").unwrap();
    writeln!(wat, "(func (result v128) (v128.const i64x2 0 0))").unwrap();
}

fn memory_operators(wat: &mut String) {
    let mut access = |op: &str, lane: &str, params: &str, results: &str| {
        for offset in [0u64, 40, 1 << 27, u64::from(u32::MAX)] {
            apply(wat, &format!("{op} offset={offset}{lane}"), params, results);
        }
        let value = if params.contains("v128") { "(local.get 0)" } else { "" };
        let param = if params.contains("v128") { "(param v128)" } else { "" };
        let at = |address: u32| {
            format!("(func {param} (result {results}) ({op} offset=4{lane} (i32.const {address}) {value}))\n")
        };
        wat.push_str(&at(8));
        wat.push_str(&at(u32::MAX));
    };
    for shape in ["8x8", "16x4", "32x2"] {
        for sign in ["s", "u"] {
            access(&format!("v128.load{shape}_{sign}"), "", "i32", "v128");
        }
    }
    for bits in [8, 16, 32, 64] {
        access(&format!("v128.load{bits}_splat"), "", "i32", "v128");
        access(&format!("v128.load{bits}_lane"), " 1", "i32 v128", "v128");
        access(&format!("v128.store{bits}_lane"), " 1", "i32 v128", "");
        access(&format!("v128.store{bits}_lane"), " 0", "i32 v128", "");
    }
    access("v128.load32_zero", "", "i32", "v128");
    access("v128.load64_zero", "", "i32", "v128");
    access("v128.load", "", "i32", "v128");
    access("v128.store", "", "i32 v128", "");
}

#[test]
fn every_operator_on_every_target() {
    let mut wat = String::from("(module (memory 1)\n");
    integer_operators(&mut wat);
    float_operators(&mut wat);
    lane_operators(&mut wat);
    memory_operators(&mut wat);
    wat.push(')');
    let tested = operators(&wat);
    let missing: Vec<_> = all_operators().into_iter().filter(|name| !tested.contains(*name)).collect();
    assert!(missing.is_empty(), "not tested: {missing:?}");
    check_for(&vector_isas(), &wat);
}

#[test]
fn vectors_in_every_place() {
    let params = "v128 i32 v128 f64 ".repeat(7);
    let results = "i64 v128 v128 ".repeat(6);
    let gets: String = (0..28).map(|index| format!("(local.get {index})")).collect();
    check_for(
        &vector_isas(),
        &format!(
            r#"(module
            (type $t (func (param {params}) (result {results})))
            (import "m" "f" (func $imported (type $t)))
            (import "m" "g" (global $ig (mut v128)))
            (import "m" "c" (global $ic v128))
            (table 10 funcref)
            (global $g (mut v128) (v128.const i32x4 1 2 3 4))
            (global $k v128 (v128.const i32x4 1 2 3 -4))
            (global $copy v128 (global.get $ic))
            (func $own (type $t) (call $imported {gets}))
            (func (type $t) (call $own {gets}))
            (func (type $t) (return_call $own {gets}))
            (func (type $t) (return_call $imported {gets}))
            (func (type $t) (call_indirect (type $t) {gets} (i32.const 3)))
            (func (type $t) (return_call_indirect (type $t) {gets} (i32.const 3)))
            (func (result v128 v128 v128 v128 v128) (local v128)
              (global.get $ig) (global.get $ic) (global.get $g) (global.get $k) (local.get 0))
            (func (param v128) (global.set $ig (local.get 0)) (global.set $g (local.get 0)))
            (func (param v128 v128 i32) (result v128) (select (local.get 0) (local.get 1) (local.get 2)))
            (func (param v128 v128 i32) (result v128)
              (select (result v128) (f32x4.add (local.get 0) (local.get 1)) (local.get 1) (local.get 2)))
            (func (param v128 i32) (result v128) (local v128)
              (local.get 0) (local.get 0)
              (loop $next (param v128 v128) (result v128)
                (i32x4.add)
                (local.tee 2) (local.get 2)
                (br_if $next (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))
                (drop)))
            (func (param v128 i32) (result v128)
              (block $a (result v128) (block $b (result v128)
                (br_table $a $b (f64x2.neg (local.get 0)) (local.get 1)))
                (f64x2.abs)))
            )"#
        ),
    );
}

#[test]
fn casts_between_the_same_lanes_cancel_out() {
    let casts = |body: &str| {
        let text = clif(&format!("(module (func (param v128 v128) (result v128) {body}))"));
        text.matches("bitcast").count()
    };
    // The sum becomes bytes, which nobody uses, and goes on as it is; each parameter is cast once a use.
    assert_eq!(casts("(i32x4.mul (i32x4.add (local.get 0) (local.get 1)) (local.get 1))"), 3 + 2);
    assert_eq!(casts("(v128.and (i8x16.add (local.get 0) (local.get 1)) (local.get 1))"), 0);
}
