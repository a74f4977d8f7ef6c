//! Every family, from text to machine code for every ISA and every combination of settings; and, for
//! what matters about a translation beyond being valid, what its CLIF says.

use std::fmt::Write;

use super::TranslateSettings;
use super::test_support::{atomic_isas, check, check_for, clif, compile, isas, translate_with};
use crate::error::BodyError;

fn count(text: &str, pattern: &str) -> usize {
    text.matches(pattern).count()
}

#[test]
fn integers() {
    let mut wat = String::from("(module\n");
    for ty in ["i32", "i64"] {
        for op in [
            "add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl", "shr_s", "shr_u",
            "rotl", "rotr",
        ] {
            writeln!(wat, "(func (param {ty} {ty}) (result {ty}) ({ty}.{op} (local.get 0) (local.get 1)))").unwrap();
        }
        for op in ["clz", "ctz", "popcnt", "extend8_s", "extend16_s"] {
            writeln!(wat, "(func (param {ty}) (result {ty}) ({ty}.{op} (local.get 0)))").unwrap();
        }
        for op in ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"] {
            writeln!(wat, "(func (param {ty} {ty}) (result i32) ({ty}.{op} (local.get 0) (local.get 1)))").unwrap();
        }
        writeln!(wat, "(func (param {ty}) (result i32) ({ty}.eqz (local.get 0)))").unwrap();
        writeln!(wat, "(func (result {ty}) ({ty}.div_s ({ty}.const -1) ({ty}.const 0)))").unwrap();
    }
    wat.push_str("(func (param i64) (result i64) (i64.extend32_s (local.get 0))))");
    check(&wat);
}

#[test]
fn floats_and_conversions() {
    let mut wat = String::from("(module\n");
    for ty in ["f32", "f64"] {
        for op in ["add", "sub", "mul", "div", "min", "max", "copysign"] {
            writeln!(wat, "(func (param {ty} {ty}) (result {ty}) ({ty}.{op} (local.get 0) (local.get 1)))").unwrap();
        }
        for op in ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] {
            writeln!(wat, "(func (param {ty}) (result {ty}) ({ty}.{op} (local.get 0)))").unwrap();
        }
        for op in ["eq", "ne", "lt", "gt", "le", "ge"] {
            writeln!(wat, "(func (param {ty} {ty}) (result i32) ({ty}.{op} (local.get 0) (local.get 1)))").unwrap();
        }
        writeln!(wat, "(func (result {ty}) ({ty}.const -nan:0x200001))").unwrap();
        for int in ["i32", "i64"] {
            for sign in ["s", "u"] {
                writeln!(wat, "(func (param {int}) (result {ty}) ({ty}.convert_{int}_{sign} (local.get 0)))").unwrap();
                for op in ["trunc", "trunc_sat"] {
                    writeln!(wat, "(func (param {ty}) (result {int}) ({int}.{op}_{ty}_{sign} (local.get 0)))").unwrap();
                }
            }
        }
    }
    for (to, op, from) in [
        ("i32", "wrap_i64", "i64"),
        ("i64", "extend_i32_s", "i32"),
        ("i64", "extend_i32_u", "i32"),
        ("f32", "demote_f64", "f64"),
        ("f64", "promote_f32", "f32"),
        ("i32", "reinterpret_f32", "f32"),
        ("i64", "reinterpret_f64", "f64"),
        ("f32", "reinterpret_i32", "i32"),
        ("f64", "reinterpret_i64", "i64"),
    ] {
        writeln!(wat, "(func (param {from}) (result {to}) ({to}.{op} (local.get 0)))").unwrap();
    }
    wat.push(')');
    check(&wat);
}

#[test]
fn control() {
    check(
        r#"(module
        (func (param i32) (result i32)
          (block (result i32)
            (br_if 0 (i32.const 1) (local.get 0))
            (drop) (i32.const 2)))
        (func (param i32 i64) (result i32 i64)
          local.get 0 local.get 1
          (block (param i32 i64) (result i32 i64)
            (br_if 0 (local.get 0))
            (br 0)))
        (func (param i32) (result i32) (local i32)
          (loop $next (result i32)
            (local.set 1 (i32.add (local.get 1) (local.get 0)))
            (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
            (local.get 1)))
        (func (param i32) (result i32)
          local.get 0 i32.const 10
          (loop $next (param i32 i32) (result i32)
            (i32.mul) (i32.const 3) (br_if $next (local.get 0)) (drop)))
        (func (param i32) (result i32)
          (i32.const 7) (if (param i32) (result i32) (local.get 0) (then (i32.const 1) (i32.add))))
        (func (param i32) (result i32)
          (if (result i32) (local.get 0) (then (return (i32.const 1))) (else (unreachable))))
        (func (param i32) (result i32)
          (if (result i32) (local.get 0) (then (br 0 (i32.const 1))) (else (i32.const 2))))
        (func (param i32)
          (if (local.get 0) (then (unreachable) (if (i32.const 1) (then (nop)) (else (drop (i32.const 3)))) (drop (i32.add)) (block (br 0)))))
        (func (param i32) (result i32)
          (block $a (result i32) (block $b (result i32) (block $c (result i32)
            (br_table $a $b $c $a 3 $b (i32.const 5) (local.get 0)))
            (i32.const 1) (i32.add)) (i32.const 2) (i32.add)))
        (func (param i32)
          (block $a (block $b (br_table $a $b 2 $a (local.get 0))) (return)))
        (func (param i32) (loop $l (br_table $l $l (local.get 0))))
        (func (loop (br 0)))
        (func (result i32) (unreachable) (i32.add) (drop) (select) (i64.eqz))
        (func (param i64 i64 i32) (result i64) (select (local.get 0) (local.get 1) (local.get 2)))
        (func (param externref i32) (result externref)
          (select (result externref) (local.get 0) (ref.null extern) (local.get 1)))
        )"#,
    );
}

#[test]
fn every_kind_of_frame_in_dead_code() {
    check(
        r#"(module (func (param i32) (result i32)
          (block $b (result i32)
            (br $b (i32.const 1))
            (block (loop (if (i32.const 0) (then (br 0)) (else (br 1)))))
            (try_me)))
        )"#
        .replace("(try_me)", "(i32.const 2)")
        .as_str(),
    );
}

#[test]
fn many_parameters_and_results() {
    let params = "i32 f64 i64 f32 ".repeat(25);
    let results = "i64 f32 i32 f64 ".repeat(10);
    let gets: String = (0..100).map(|index| format!("(local.get {index})")).collect();
    let wat = format!(
        r#"(module
        (type $t (func (param {params}) (result {results})))
        (import "m" "f" (func $imported (type $t)))
        (table 10 funcref)
        (func $own (type $t) (call $imported {gets}))
        (func (type $t) (call $own {gets}))
        (func (type $t) (return_call $own {gets}))
        (func (type $t) (return_call $imported {gets}))
        (func (type $t) (return_call_indirect (type $t) {gets} (i32.const 3)))
        (func (type $t) (call_indirect (type $t) {gets} (i32.const 3)))
        (func (param funcref) (return_call $few))
        (func $few (unreachable))
        (func $grows (param i32) (result {results}) (return_call $own {args}))
        )"#,
        args = params.split_whitespace().map(|ty| format!("({ty}.const 1)")).collect::<String>(),
    );
    check(&wat);
}

#[test]
fn calls_and_references() {
    check(
        r#"(module
        (type $open (sub (func (param i32) (result i32))))
        (type $closed (sub final $open (func (param i32) (result i32))))
        (import "m" "f" (func $imported (param i32) (result i32)))
        (import "m" "t" (table $it 0 funcref))
        (table $t 10 10 funcref)
        (table $typed 10 20 (ref null $closed))
        (table $x 0 externref)
        (elem declare func $imported $own)
        (func $own (type $closed) (call $imported (local.get 0)))
        (func (param i32) (result i32) (call $own (local.get 0)))
        (func (param i32) (result i32) (return_call $own (local.get 0)))
        (func (param i32) (result i32) (return_call $imported (local.get 0)))
        (func (param i32) (result i32) (call_indirect $t (type $open) (i32.const 1) (local.get 0)))
        (func (param i32) (result i32) (call_indirect $it (type $closed) (i32.const 1) (local.get 0)))
        (func (param i32) (result i32) (call_indirect $typed (type $closed) (i32.const 1) (local.get 0)))
        (func (param i32) (result i32) (call_indirect $typed (type $open) (i32.const 1) (i32.const 3)))
        (func (param i32) (result i32) (return_call_indirect $t (type $open) (i32.const 1) (local.get 0)))
        (func (param (ref null $open)) (result i32) (call_ref $open (i32.const 1) (local.get 0)))
        (func (param (ref $closed)) (result i32) (return_call_ref $closed (i32.const 1) (local.get 0)))
        (func (result funcref) (ref.func $imported))
        (func (result i32) (ref.is_null (ref.null extern)))
        (func (param funcref) (result (ref func)) (ref.as_non_null (local.get 0)))
        (func (param funcref) (result i32)
          (block (drop (br_on_null 0 (local.get 0))) (return (i32.const 1))) (i32.const 0))
        (func (param funcref) (result (ref func)) (local (ref func))
          (local.set 1 (block (result (ref func)) (br_on_non_null 0 (local.get 0)) (unreachable)))
          (local.get 1))
        (func (param i32) (result externref) (table.get $x (local.get 0)))
        (func (param i32 externref) (table.set $x (local.get 0) (local.get 1)))
        (func (result funcref) (table.get $t (i32.const 9)))
        (func (result funcref) (table.get $t (i32.const 10)))
        (func (result i32) (i32.add (table.size $t) (table.size $it)))
        (func (param externref i32) (result i32) (table.grow $x (local.get 0) (local.get 1)))
        (func (param i32 externref i32) (table.fill $x (local.get 0) (local.get 1) (local.get 2)))
        (func (table.copy $t $it (i32.const 0) (i32.const 1) (i32.const 2)))
        (func (table.init $t $e (i32.const 0) (i32.const 1) (i32.const 2)) (elem.drop $e))
        (elem $e func $own $own)
        )"#,
    );
}

#[test]
fn memories_and_globals() {
    let mut wat = String::from(
        r#"(module
        (import "m" "m" (memory $im 1))
        (import "m" "g" (global $ig (mut i64)))
        (import "m" "c" (global $ic i32))
        (memory $m 1 10)
        (memory $fixed 2 2)
        (global $g (mut f32) (f32.const 1))
        (global $c i32 (i32.const -5))
        (global $f funcref (ref.func 0))
        (data $d "abc")
        (func (result i64 i32 f32 i32 funcref)
          (global.get $ig) (global.get $ic) (global.get $g) (global.get $c) (global.get $f))
        (func (param i64 f32) (global.set $ig (local.get 0)) (global.set $g (local.get 1)))
        (func (result i32 i32 i32) (memory.size $im) (memory.size $m) (memory.size $fixed))
        (func (result i32) (memory.grow $m (i32.const 1)))
        (func (memory.fill $m (i32.const 0) (i32.const 1) (i32.const 2)))
        (func (memory.copy $im $m (i32.const 0) (i32.const 1) (i32.const 2)))
        (func (memory.init $m $d (i32.const 0) (i32.const 1) (i32.const 2)) (data.drop $d))
        "#,
    );
    for memory in ["$im", "$m", "$fixed"] {
        for offset in [0u32, 8, 1 << 26, u32::MAX] {
            for op in [
                "i32.load",
                "i64.load",
                "f32.load",
                "f64.load",
                "i32.load8_s",
                "i32.load8_u",
                "i32.load16_s",
                "i32.load16_u",
                "i64.load8_s",
                "i64.load8_u",
                "i64.load16_s",
                "i64.load16_u",
                "i64.load32_s",
                "i64.load32_u",
            ] {
                writeln!(wat, "(func (param i32) (drop ({op} {memory} offset={offset} (local.get 0))))").unwrap();
                writeln!(wat, "(func (drop ({op} {memory} offset={offset} (i32.const 65530))))").unwrap();
            }
            for op in [
                "i32.store",
                "i64.store",
                "f32.store",
                "f64.store",
                "i32.store8",
                "i32.store16",
                "i64.store8",
                "i64.store16",
                "i64.store32",
            ] {
                let ty = &op[..3];
                let store = format!("{op} {memory} offset={offset}");
                writeln!(wat, "(func (param i32 {ty}) ({store} (local.get 0) (local.get 1)))").unwrap();
                writeln!(wat, "(func (param {ty}) ({store} (i32.const -1) (local.get 0)))").unwrap();
            }
        }
    }
    wat.push(')');
    check(&wat);
}

/// Both index types, both page sizes, own and imported; offsets past all that is there.
#[test]
fn memories_with_other_indices_and_pages() {
    let mut wat = String::from(
        r#"(module
        (import "m" "wide" (memory $iw i64 1))
        (import "m" "bytes" (memory $ib 1 (pagesize 1)))
        (memory $w i64 1 10)
        (memory $fixed i64 2 2)
        (memory $huge i64 0x1000000000000)
        (memory $b 100 (pagesize 1))
        (memory $wb i64 100 100 (pagesize 1))
        (memory $n 1)
        (table $t i64 4 funcref)
        (data $d "abc")
        (func (result i64 i32 i64 i64 i64 i32 i64)
          (memory.size $iw) (memory.size $ib) (memory.size $w) (memory.size $fixed) (memory.size $huge)
          (memory.size $b) (memory.size $wb))
        (func (param i64) (result i64) (memory.grow $w (local.get 0)))
        (func (param i64 i32 i32) (memory.copy $w $b (local.get 0) (local.get 1) (local.get 2)))
        (func (param i64 i64 i64) (memory.copy $w $wb (local.get 0) (local.get 1) (local.get 2)))
        (func (param i64 i32 i64) (memory.fill $wb (local.get 0) (local.get 1) (local.get 2)))
        (func (param i64 i32 i32) (memory.init $iw $d (local.get 0) (local.get 1) (local.get 2)))
        (func (param i64) (result funcref) (table.get $t (local.get 0)))
        (func (param i64) (call_indirect $t (local.get 0)))
        (func (param i64) (result i64) (table.grow $t (ref.null func) (local.get 0)))
        (func (param i64 i64) (loop (i64.store $w (local.get 0) (local.get 1)) (br_if 0 (i32.load8_u $b (i32.const 9)))))
        "#,
    );
    for (memory, index) in [
        ("$iw", "i64"),
        ("$ib", "i32"),
        ("$w", "i64"),
        ("$fixed", "i64"),
        ("$huge", "i64"),
        ("$b", "i32"),
        ("$wb", "i64"),
    ] {
        let offsets: &[u64] = &[0, 8, 1 << 26, u64::from(u32::MAX), 1 << 32, u64::MAX - 8, u64::MAX];
        for offset in offsets.iter().filter(|offset| index == "i64" || **offset <= u64::from(u32::MAX)) {
            for op in ["i32.load8_u", "i64.load", "f64.load", "i32.load16_s"] {
                writeln!(wat, "(func (param {index}) (drop ({op} {memory} offset={offset} (local.get 0))))").unwrap();
                writeln!(wat, "(func (drop ({op} {memory} offset={offset} ({index}.const 90))))").unwrap();
                writeln!(wat, "(func (drop ({op} {memory} offset={offset} ({index}.const -1))))").unwrap();
            }
            for op in ["i32.store8", "i64.store", "f32.store"] {
                let ty = &op[..3];
                let store = format!("{op} {memory} offset={offset}");
                writeln!(wat, "(func (param {index} {ty}) ({store} (local.get 0) (local.get 1)))").unwrap();
            }
        }
    }
    wat.push(')');
    check(&wat);
}

#[test]
fn wide_arithmetic() {
    check(
        "(module
        (func (param i64 i64 i64 i64) (result i64 i64)
          (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
        (func (param i64 i64) (result i64 i64) (i64.sub128 (local.get 0) (i64.const 0) (local.get 1) (i64.const -1)))
        (func (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
        (func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (i64.const 7)))
        (func (param i64 i64 i64) (result i64 i64)
          (i64.add128 (i64.mul_wide_u (local.get 0) (local.get 1)) (local.get 2) (i64.const 0)))
        (func (param i64 i64) (result i64) (drop (i64.mul_wide_s (local.get 0) (local.get 1))))
        (func (result i64 i64) (i64.sub128 (i64.const 0) (i64.const 0) (i64.const 1) (i64.const 0))))",
    );
}

/// Every atomic operator but `wait` and `notify`: name, type of operands, number of operands.
fn atomics() -> Vec<(String, &'static str, usize)> {
    let mut all = Vec::new();
    for (ty, widths) in [("i32", &["", "8", "16"][..]), ("i64", &["", "8", "16", "32"])] {
        for width in widths {
            let u = if width.is_empty() { "" } else { "_u" };
            all.push((format!("{ty}.atomic.load{width}{u}"), ty, 0));
            all.push((format!("{ty}.atomic.store{width}"), ty, 1));
            for op in ["add", "sub", "and", "or", "xor", "xchg"] {
                all.push((format!("{ty}.atomic.rmw{width}.{op}{u}"), ty, 1));
            }
            all.push((format!("{ty}.atomic.rmw{width}.cmpxchg{u}"), ty, 2));
        }
    }
    all
}

#[test]
fn atomics_compile_everywhere() {
    let mut functions = String::from("(func (atomic.fence))");
    let mut count = 0;
    for (op, ty, operands) in atomics() {
        for memory in ["$shared", "$own"] {
            for offset in ["", "offset=8", "offset=0xfffffff8"] {
                let (params, gets) = (format!(" {ty}").repeat(operands), ["(local.get 1)", "(local.get 2)"]);
                let drop = if op.contains("store") { "" } else { "drop" };
                let operands = gets[..operands].concat();
                for index in ["(local.get 0)", "(i32.const 16)"] {
                    functions +=
                        &format!("(func (param i32{params}) {index} {operands} {op} {memory} {offset} {drop})");
                }
                count += 1;
            }
        }
    }
    assert_eq!(count, 63 * 6);
    for memory in ["$shared", "$own"] {
        functions += &format!(
            "(func (param i32) (result i32 i32 i32)
               (memory.atomic.wait32 {memory} (local.get 0) (i32.const 1) (i64.const -1))
               (memory.atomic.wait64 {memory} offset=16 (local.get 0) (i64.const 1) (i64.const -1))
               (memory.atomic.notify {memory} offset=4 (local.get 0) (i32.const 1)))"
        );
    }
    check_for(&atomic_isas(), &format!("(module (memory $shared 1 2 shared) (memory $own 1) {functions})"));
}

#[test]
fn narrow_compare_and_exchange_is_a_loop_over_words_where_it_is_not_atomic() {
    for isa in isas() {
        let settings = TranslateSettings::new(&*isa);
        let wat = "(module (memory 1) (func (param i32 i32 i32) (result i32)
            (i32.atomic.rmw16.cmpxchg_u (local.get 0) (local.get 1) (local.get 2))))";
        let text = translate_with(wat, &settings).unwrap()[0].to_string();
        assert_eq!(text.contains("atomic_load.i32"), isa.name() == "riscv64", "{text}");
        assert_eq!(count(&text, "atomic_cas"), 1, "{text}");
    }
}

const LOAD: &str = "(func (param i32) (result i32) (i32.load offset=4 (local.get 0)))";

#[test]
fn guarded_access_has_no_check() {
    let text = clif(&format!("(module (memory 1) {LOAD})"));
    assert!(text.contains("load.i32 region0"), "{text}");
    assert_eq!(count(&text, "icmp"), 0, "{text}");
    assert!(text.contains("notrap aligned readonly can_move"), "{text}");
}

#[test]
fn unguarded_access_is_checked_and_masked() {
    let isa = &isas()[0];
    let settings = TranslateSettings { guarded_memories: false, ..TranslateSettings::new(&**isa) };
    let wat = format!("(module (memory 1) {LOAD})");
    let text = translate_with(&wat, &settings).unwrap()[0].to_string();
    assert!(text.contains("select_spectre_guard") && text.contains("load.i32 user2"), "{text}");
    let unmasked = TranslateSettings { spectre_heap: false, ..settings };
    let text = translate_with(&wat, &unmasked).unwrap()[0].to_string();
    assert!(text.contains("trapnz") && !text.contains("select_spectre_guard"), "{text}");
}

#[test]
fn constant_addresses() {
    let at = |address: i64| {
        clif(&format!("(module (memory 1) (func (result i32) (i32.load offset=4 (i32.const {address}))))"))
    };
    let inside = at(65528);
    assert!(inside.contains("load.i32 notrap") && inside.contains("+0xfffc"), "{inside}");
    // The trap code of a guard fault is the default one, which is not printed.
    assert!(at(65529).contains("load.i32 region0"), "{}", at(65529));
    assert!(at(-1).contains("load.i32 region0"), "{}", at(-1));
}

#[test]
fn constants_fold_globals() {
    let text = clif("(module (global i32 (i32.const 77)) (func (result i32) (global.get 0)))");
    assert!(text.contains("iconst.i32 77") && !text.contains("load.i32"), "{text}");
}

#[test]
fn typed_table_needs_no_type_check() {
    let module = |element: &str, ty: &str| {
        let types = "(type $open (sub (func))) (type $closed (sub final $open (func)))";
        clif(&format!(
            "(module {types} (table 2 9 {element}) (func (param i32) (call_indirect (type {ty}) (local.get 0))))"
        ))
    };
    assert_eq!(count(&module("(ref null $closed)", "$closed"), "icmp"), 1);
    assert_eq!(count(&module("(ref null $closed)", "$open"), "icmp"), 1);
    assert_eq!(count(&module("funcref", "$closed"), "icmp"), 2);
    assert_eq!(count(&module("funcref", "$closed"), "brif"), 0);
    assert!(module("funcref", "$open").contains("cold"));
}

#[test]
fn only_calls_and_traps_have_locations() {
    let text =
        clif("(module (memory 1) (func (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 1)))))");
    let located = |line: &&str| line.trim_start().starts_with('@');
    let lines: Vec<&str> = text.lines().filter(located).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].contains("load.i32"), "{text}");
}

#[test]
fn an_error_leaves_the_context_usable() {
    let isa = &isas()[0];
    let settings = TranslateSettings::new(&**isa);
    let wasm = wat::parse_str("(module (func (block (drop (i32.add (i64.const 1) (i32.const 1))))) (func))").unwrap();
    let set = crate::set::Set::alone(crate::module::parse(&wasm).unwrap());
    let mut cx = super::TranslateContext::new();
    let mut results = Vec::new();
    for body in &set.module(0).bodies {
        let of = &body.to_validate;
        let to_validate = wasmparser::FuncToValidate {
            resources: of.resources.clone(),
            index: of.index,
            ty: of.ty,
            features: of.features,
        };
        let mut validator = to_validate.into_validator(Default::default());
        let definition = crate::set::Definition { member: 0, index: of.index };
        let surroundings = super::Surroundings { set: &set, settings: &settings, inlined: &|_| false };
        results.push(super::translate_function(&mut cx, surroundings, definition, &body.body, &mut validator));
    }
    assert!(matches!(results[0], Err(BodyError::Invalid(_))));
    compile(results[1].as_ref().unwrap(), &**isa);
}

#[test]
fn compare_and_exchange_of_a_word_expects_what_was_loaded_on_aarch64_without_lse() {
    for isa in isas() {
        let loads = isa.name() == "aarch64";
        let settings = TranslateSettings::new(&*isa);
        let wat = "(module (memory 1) (func (param i32 i64 i64) (result i64)
            (i64.atomic.rmw32.cmpxchg_u (local.get 0) (local.get 1) (local.get 2))))";
        let text = translate_with(wat, &settings).unwrap()[0].to_string();
        assert_eq!(text.contains("atomic_load.i32"), loads, "{text}");
        assert_eq!(count(&text, "atomic_cas"), 1, "{text}");
    }
}
