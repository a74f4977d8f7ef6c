//! Branches, jump tables and constants with more and more code between them and where they lead: from none to beyond what a
//! branch of two bytes spans on x86-64. What functions give is computed here as well; where they trap, the trap tells
//! the place. (Each distance about 128 bytes is for the unit tests of `codegen/relax.rs`.)

use std::fmt::Write as _;

use iwasm::{Engine, Error, Linker, Store, TrapCode};
use tests::artifact::Builder;
use wamrc::{OptLevel, Options};
use wasmparser::{Operator, Parser, Payload};

/// Fillers in a function: each is some bytes of code, so that the largest is far beyond what two bytes reach.
const MOST_FILLERS: u32 = 40;
/// A parameter with which functions trap.
const TRAPS: u32 = 1000;

/// What one filler does: constants of one byte and of four.
fn filler(number: u32) -> (u32, u32) {
    if number.is_multiple_of(3) { (3, 0x1234_5678 + number) } else { (5, number) }
}

fn filled(value: u32, fillers: u32) -> u32 {
    (0..fillers).map(filler).fold(value, |value, (factor, added)| (value.wrapping_mul(factor) ^ added).wrapping_add(1))
}

fn fillers(count: u32) -> String {
    (0..count).map(filler).fold(String::new(), |mut text, (factor, added)| {
        let product = format!("(i32.mul (local.get $s) (i32.const {factor}))");
        let _ = write!(text, "(local.set $s (i32.add (i32.xor {product} (i32.const {added})) (i32.const 1)))");
        text
    })
}

/// A function with branches over `count` fillers: forward, back, by two tables of different sizes, and to a trap.
fn function(count: u32) -> String {
    let fill = fillers(count);
    let (few, many) = (2 + count % 3, 5 + count % 7);
    let table = |cases: u32| {
        let blocks = "(block ".repeat(cases as usize);
        let labels: String = (0..cases).map(|case| format!("{case} ")).collect();
        let bodies: String = (0..cases - 1)
            .map(|case| {
                let add = case * 100 + 1;
                format!(") (local.set $s (i32.add (local.get $s) (i32.const {add}))) {fill} (br {})", cases - 2 - case)
            })
            .collect();
        format!("{blocks} (br_table {labels} (local.get $x)) {bodies} )")
    };
    format!(
        "(func (export \"f{count}\") (param $x i32) (result i32) (local $s i32) (local $i i32)
           (local.set $s (i32.add (local.get $x) (i32.const {count})))
           (if (i32.and (local.get $x) (i32.const 1)) (then {fill}) (else (local.set $s (i32.const 7))))
           (loop $again {fill} (local.set $i (i32.add (local.get $i) (i32.const 1)))
             (br_if $again (i32.lt_u (local.get $i) (i32.const 3))))
           {} {}
           (if (i32.eq (local.get $x) (i32.const {TRAPS})) (then {fill} (i32.store (i32.const 0) (local.get $s)) unreachable))
           (i32.add (local.get $s) (i32.trunc_sat_f64_u (f64.mul (f64.convert_i32_u (local.get $x)) (f64.const {count}.5)))))",
        table(few),
        table(many),
    )
}

/// What that function gives.
fn expected(count: u32, x: u32) -> u32 {
    let (few, many) = (2 + count % 3, 5 + count % 7);
    let mut value = if x & 1 == 1 { filled(x.wrapping_add(count), count) } else { 7 };
    for _ in 0..3 {
        value = filled(value, count);
    }
    for cases in [few, many] {
        if x < cases - 1 {
            value = filled(value.wrapping_add(x * 100 + 1), count);
        }
    }
    value.wrapping_add((f64::from(x) * (f64::from(count) + 0.5)) as u32)
}

fn module() -> Vec<u8> {
    let functions: String = (0..=MOST_FILLERS).map(function).collect();
    wat::parse_str(format!("(module $near (memory 1) {functions})")).unwrap()
}

/// Where each function's `unreachable` stands in the wasm.
fn places_of_traps(wasm: &[u8]) -> Vec<u64> {
    let mut places = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            let operators = body.get_operators_reader().unwrap().into_iter_with_offsets();
            let traps = operators.map(Result::unwrap).filter(|(operator, _)| matches!(operator, Operator::Unreachable));
            places.extend(traps.map(|(_, offset)| offset));
        }
    }
    places
}

fn check(options: Options) {
    let wasm = module();
    let engine = Engine::default();
    let module = Builder::new(options).load(&engine, &wasm).unwrap();
    let mut store = Store::new(&engine, ());
    let near = Linker::new(&engine).instantiate(&mut store, "near", &module).unwrap();
    let places = places_of_traps(&wasm);
    assert_eq!(places.len(), MOST_FILLERS as usize + 1);
    for (count, place) in (0..=MOST_FILLERS).zip(places) {
        let func = near.get_func(&store, &format!("f{count}")).unwrap().typed::<i32, i32>(&store).unwrap();
        for x in (0..16).chain([255, 0x8000_0001, u32::MAX]) {
            let value = func.call(&mut store, x.cast_signed()).unwrap().cast_unsigned();
            assert_eq!(value, expected(count, x), "f{count} of {x}");
        }
        let Err(Error::Trap(trap)) = func.call(&mut store, TRAPS.cast_signed()) else { panic!("f{count}: no trap") };
        assert_eq!(trap.code(), TrapCode::Unreachable);
        assert_eq!(trap.frames()[0].wasm_offset.map(u64::from), Some(place), "f{count}");
    }
}

#[test]
fn optimised() {
    check(Options::new().verifier(true));
}

#[test]
fn not_optimised() {
    check(Options::new().verifier(true).opt_level(OptLevel::None));
}

/// Every access and every comparison is another branch.
#[test]
fn with_explicit_bounds_checks() {
    check(Options::new().verifier(true).explicit_bounds_checks(true));
}
