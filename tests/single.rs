//! Modules that execute one operator each: that none is missing, and that all do the same as other engines say.

use std::collections::BTreeSet;

use iwasm_observe::{Step, Value};
use tests::counting::{counted, counting};
use tests::single::{self, operators};
use wamrc::{Compiler, OptLevel, Options, Target};
use wamrc_diff::interpreted::Interpreted;
use wamrc_diff::{Engine as _, Member, Set};

#[test]
fn no_operator_is_missing() {
    let modules = single::modules();
    let present: BTreeSet<String> =
        modules.iter().flat_map(|single| operators::count(&single.wasm).into_keys()).collect();
    let all: Vec<&str> = operators::all().iter().map(|operator| operator.variant).collect();
    assert!(all.len() > 550, "the parser lists only {} operators", all.len());
    let missing: Vec<&&str> =
        all.iter().filter(|variant| !present.contains(**variant) && !operators::is_never_valid(variant)).collect();
    let needless: Vec<&str> = operators::NEVER_VALID
        .iter()
        .map(|(variant, _)| *variant)
        .filter(|variant| present.contains(*variant))
        .collect();
    assert!(missing.is_empty(), "no module in tests/single has {} operators: {missing:?}", missing.len());
    assert!(needless.is_empty(), "{needless:?} are there, and need no exception");
    let functions: usize = modules.iter().map(|single| single.functions.len()).sum();
    println!("{} operators in {} modules with {functions} functions", all.len(), modules.len());
}

#[test]
fn operators_count_themselves() {
    let text = "(module (memory 1) (func (export \"f\") (param i32) (result i32)
        (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 2))) (then (nop)) (else (i32.store8 (i32.const 0) (i32.const 0))))
            (br_if $l (local.get 0)))
        (i32.div_u (i32.const 1) (local.get 0))))";
    let set = Set { modules: vec![Member { name: "m".into(), wasm: wat::parse_str(text).unwrap() }] };
    let counting = counting(&set);
    let mut plan = counting.plan(&counting.callables());
    let call = Step::Call { function: 0, args: vec![Value::I32(7)] };
    // Two instances; each call ends in a trap.
    plan.steps = vec![Step::Instantiate, call.clone(), call.clone(), Step::Look, Step::Instantiate, call, Step::Look];
    let counts = counted(&Interpreted.observe(&counting, &plan).unwrap());
    let of = |name: &str| counts.get(name).copied().unwrap_or(0);
    // Of the seven times round, three are left with an odd number: 6, 4, 2 and 0 are even.
    assert_eq!([of("Loop"), of("BrIf"), of("I32Sub"), of("If")], [3, 21, 21, 21], "{counts:?}");
    assert_eq!([of("Nop"), of("Else"), of("I32Store8"), of("I32DivU"), of("Return")], [12, 9, 9, 3, 0], "{counts:?}");
}

/// They test nothing if they are compiled as all others are.
#[test]
fn extreme_functions_are_extreme() {
    // Any instruction set will do that has vectors.
    let target = Target::resolve(Some("x86_64"), None, &[]).unwrap();
    let compiler = |level| Compiler::new(Options::new().threads(1).opt_level(level).target(target)).unwrap();
    for (name, text) in single::extreme::modules() {
        let wasm = wat::parse_str(text).unwrap();
        let (optimised, as_it_is) = (compiler(OptLevel::Speed), compiler(OptLevel::None));
        match name {
            "deep loops" => assert_eq!(optimised.asm(&wasm).unwrap(), as_it_is.asm(&wasm).unwrap()),
            _ => assert!(optimised.clif(&wasm).unwrap().contains("locals in the frame"), "{name}"),
        }
    }
}
