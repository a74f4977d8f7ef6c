//! Compiled code against the interpreter and wasmtime, for a moment of what `night` does for hours; planted faults, of
//! which one by chance is planted in every run of the tests; `wamrc diff` and `iwasm --interp` as users have them.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tests::commands::{Ran, run as command};
use tests::night::{Generator, Night, Until, run};
use tests::{faults, ledger, paths};
use wamrc::{Compiler, OptLevel, Options};
use wamrc_diff::arguments::Numbers;
use wamrc_diff::compiled::{Compiled, Place};
use wamrc_diff::interpreted::Interpreted;
use wamrc_diff::shrink::{Pair, shrink};
use wamrc_diff::{Member, Nans, Set};

/// A moment of a nightly run, with another seed every day, which is printed.
fn moment(generator: Generator, options: Options, at_least: u64) {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() / 86_400);
    let seed = std::env::var("FUZZ_SEED").map_or(days * 1_000_000, |seed| seed.parse().expect("a number"));
    let seconds = std::env::var("FUZZ_SECONDS").map_or(4, |seconds| seconds.parse().expect("a number"));
    let night = Night {
        generator,
        only: String::new(),
        seed,
        calls_of_single: 40,
        calls_of_set: 10,
        count_every: 2,
        until: Until { time: Duration::from_secs(seconds), calls: u64::MAX, units: u64::MAX },
        threads: 1,
        options: options.nan_canonicalization(true),
        observer: None,
        fault: None,
        current: None,
    };
    let outcome = run(&night, &|_, _| {});
    if let Some((unit, find)) = outcome.find {
        panic!("seed {seed}, unit {unit}:\n{}", find.report);
    }
    let calls = outcome.tally.compared();
    println!("{generator:?} with seed {seed}: {calls} calls of {} modules", outcome.tally.modules);
    assert!(calls > at_least, "only {calls} calls were compared");
    let oracles = if cfg!(target_arch = "x86_64") { 2 } else { 1 };
    assert!(outcome.tally.calls.len() == oracles, "both oracles are asked: {:?}", outcome.tally.calls);
}

#[test]
fn single_operators_do_as_others_say() {
    moment(Generator::Singles, Options::new(), 2_000);
}

#[test]
fn single_operators_checked_in_code_and_not_optimised_do_as_others_say() {
    moment(Generator::Singles, Options::new().explicit_bounds_checks(true).opt_level(OptLevel::None), 2_000);
}

#[test]
fn sets_of_modules_do_as_others_say() {
    moment(Generator::Sets, Options::new(), 200);
}

#[test]
fn sets_of_modules_checked_in_code_do_as_others_say() {
    moment(Generator::Sets, Options::new().explicit_bounds_checks(true), 200);
}

/// The `night` command, built if it is not.
fn night() -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    let folder = own.parent().and_then(std::path::Path::parent).expect("programs are in folders");
    let night = folder.join("night");
    assert!(night.is_file(), "{} is built with the tests", night.display());
    night
}

#[test]
fn one_planted_fault_is_found() {
    let chosen = std::env::var("FAULT").unwrap_or_else(|_| {
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        faults::FAULTS[(nanoseconds % faults::FAULTS.len() as u128) as usize].name.to_owned()
    });
    println!("planted: {chosen}");
    // The order of units is the same in every run, and what finds each fault stands early in it.
    let output =
        Command::new(night()).args(["faults", "--seconds", "240", "--fault", &chosen]).output().expect("night");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("found after"), "{said}");
}

#[test]
fn a_difference_is_made_small() {
    let wat = r#"(module (memory (export "m") 1)
        (func $noise (param i64) (result i64) (i64.rotl (i64.mul (local.get 0) (i64.const 77)) (i64.const 3)))
        (func (export "unused") (param f64) (result f64) (f64.sqrt (local.get 0)))
        (func (export "f") (param i32 i32) (result i64) (local i64)
            (local.set 2 (call $noise (i64.extend_i32_u (local.get 0))))
            (i64.store (i32.const 8) (local.get 2))
            (if (i32.lt_s (local.get 0) (local.get 1)) (then (return (i64.const 1))))
            (local.get 2)))"#;
    let set = Set { modules: vec![Member { name: "m".into(), wasm: wat::parse_str(wat).expect("a module") }] };
    let fault = faults::named("compare").expect("a fault");
    let compiler = Compiler::new(fault.plant(Options::new().threads(1))).expect("options that can be followed");
    let compiled = Compiled::new(compiler, Place::Here(tests::artifact::native(1 << 20)));
    let callables = set.callables();
    let mut plan = set.plan(&callables);
    let mut numbers = Numbers(7);
    for (function, callable) in callables.iter().enumerate() {
        wamrc_diff::arguments::add_calls(&mut plan, function, callable, 100, &mut numbers);
    }
    let pair = Pair { expected: &Interpreted, found: &compiled, nans: Nans::Class };
    let difference = pair.difference(&set, &plan).expect("signs are compared wrongly");
    let (small, plan) = shrink(&pair, &set, &plan, difference.step, &mut |_, _| {});
    assert!(pair.difference(&small, &plan).is_some());
    assert!(plan.steps.len() <= 3, "{:?}", plan.steps);
    assert!(small.bytes() < set.bytes() / 2, "{} of {} bytes", small.bytes(), set.bytes());
}

fn told(ran: &Ran, status: i32, parts: &[&str]) {
    let text = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.status, Some(status), "{text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in:\n{text}"));
}

/// A folder with modules to compare.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write(
        "math.wat",
        r#"(module (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 3))
            (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
            (func (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#,
    );
    write(
        "user.wat",
        r#"(module (import "math" "div" (func $d (param i32 i32) (result i32)))
            (func (export "f") (param i32) (result i32) (call $d (i32.const 100) (local.get 0))))"#,
    );
    write(
        "hello.wat",
        r#"(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func $r (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32)))
            (memory (export "memory") 1) (data (i32.const 8) "\10\00\00\00\06\00\00\00hello\n")
            (func (export "_start") (drop (call $r (i32.const 100) (i32.const 64)))
                (drop (call $w (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0))) (call $x (i32.const 7))))"#,
    );
    write("alone.wat", r#"(module (import "nobody" "f" (func)) (func (export "g")))"#);
    write("loop.wat", r#"(module (func (export "f") (loop (br 0))))"#);
    write("gc.wat", r#"(module (type $s (struct)) (func (export "f") (drop (struct.new $s))))"#);
    for name in ["math", "user", "hello", "loop"] {
        let wasm = wat::parse_file(folder.path().join(format!("{name}.wat"))).expect("a module");
        std::fs::write(folder.path().join(format!("{name}.wasm")), wasm).expect("a file");
    }
    folder
}

#[test]
fn users_compare_their_modules() {
    let folder = folder();
    let diff = |args: &[&str]| command("wamrc", folder.path(), &[&["diff"], args].concat());
    told(&diff(&["math.wat", "--fuzz-args", "200"]), 0, &["no difference in 600 calls of 3 functions of 1 module\n"]);
    told(&diff(&["math.wat", "user.wat", "--all-exports", "--nan=canonical"]), 0, &["of 4 functions of 2 modules"]);
    told(&diff(&["math.wat", "--invoke", "div", "-7", "0"]), 0, &["no difference in 1 calls"]);
    told(&diff(&["hello.wat"]), 0, &["no difference in 1 calls"]);
    told(&diff(&["math.wat", "--invoke", "div", "7"]), 2, &["takes 2 values, but 1 are given"]);
    told(&diff(&["math.wat", "--invoke", "div", "7", "x"]), 2, &["\"x\" is no i32"]);
    told(&diff(&["math.wat", "--invoke", "nope"]), 2, &["exports a function \"nope\""]);
    told(&diff(&["alone.wat"]), 1, &["nothing was called", "no such module"]);
    told(&diff(&["none.wat"]), 1, &["none.wat: cannot be read"]);
    told(&diff(&["gc.wat"]), 1, &["does not know what module \"gc\" uses"]);
    told(&diff(&["math.wat", "math.wasm"]), 2, &["two files are given for module \"math\""]);
    told(&diff(&["loop.wat", "--timeout", "200"]), 0, &["was used up"]);
    told(&diff(&["math.wat", "--target=aarch64", "--observer", "nowhere"]), 1, &["nowhere, which is not there"]);
    told(&diff(&[]), 2, &["SET.wasm"]);
    told(&diff(&["--help"]), 0, &["Examples:", "wamrc diff app.wasm"]);
}

#[test]
fn users_interpret_their_modules() {
    let folder = folder();
    let iwasm = |args: &[&str]| command("iwasm", folder.path(), args);
    for engine in [&["--interp"][..], &[]] {
        let with = |args: &[&str]| iwasm(&[engine, args].concat());
        told(&with(&["hello.wasm"]), 7, &["hello\n"]);
        told(&with(&["-f", "f", "user.wasm", "7"]), 0, &["0xe:i32\n"]);
        told(&with(&["-f", "$math$div", "user.wasm", "-8", "2"]), 0, &["0xfffffffc:i32\n"]);
        told(&with(&["-f", "f", "user.wasm", "0"]), 1, &["Exception: integer divide by zero"]);
        told(&with(&["-f", "f", "user.wasm"]), 2, &["takes 1 value"]);
        told(&with(&["-f", "g", "user.wasm"]), 1, &["exports no function \"g\"; it exports f"]);
        told(&with(&["-f", "$who$g", "user.wasm"]), 1, &["which the main module does not need"]);
        told(&with(&["user.wasm"]), 1, &["exports neither _start nor _initialize"]);
        told(&with(&["--module-path=/", "-f", "f", "user.wasm", "1"]), 1, &["there is no module \"math\"", "in /"]);
        told(&with(&["--timeout=300", "-f", "f", "loop.wasm"]), 1, &["timeout: the program was stopped after 300 ms"]);
    }
    told(&iwasm(&["--interp", "math.wat"]), 1, &["math.wat: cannot be interpreted"]);
    told(&iwasm(&["--interp", "--max-threads=2", "math.wasm"]), 1, &["not for the interpreter"]);
    // A set of both: what is compiled already is taken as it is.
    told(&command("wamrc", folder.path(), &["math.wat", "-o", "math.aot"]), 0, &[]);
    std::fs::remove_file(folder.path().join("math.wasm")).expect("it is there");
    told(&iwasm(&["-f", "f", "user.wasm", "7"]), 0, &["0xe:i32\n"]);
    told(&iwasm(&["--interp", "-f", "f", "user.wasm", "7"]), 1, &["there is no module \"math\""]);
}

#[test]
fn the_report_is_made_from_the_ledger() {
    let root = paths::project();
    let lines = ledger::read(&root.join(ledger::LEDGER)).expect("a ledger");
    assert!(!lines.is_empty());
    let report = std::fs::read_to_string(root.join(ledger::REPORT)).expect("a report");
    assert!(report == ledger::report(&lines), "{} is not what `make reliability` makes", ledger::REPORT);
}
