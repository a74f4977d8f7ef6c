//! The same wasm and options give the same bytes, whatever the number of threads; and the bytes are
//! an artifact.

use std::fmt::Write as _;

use aot_format::{Artifact, Integrity};
use wamrc::{Compiler, Options, Target};

/// A module with enough functions, calls, traps and types for threads to get in each other's way.
fn module() -> Vec<u8> {
    let mut wat = String::from(r#"(module (import "env" "f" (func $f (param i64))) (memory 1) (table 64 funcref)"#);
    for index in 0..300u32 {
        let body = "local.get 0 i32.load local.get 0 i32.div_u ".repeat(1 + (index as usize * 37) % 50);
        let drops = "drop ".repeat(1 + (index as usize * 37) % 50);
        let callee = (index * 7 + 3) % 300;
        write!(wat, "(func $g{index} (param i32) (result i32) {body} {drops} local.get 0 call $g{callee}").unwrap();
        write!(wat, " i64.extend_i32_u call $f local.get 0 local.get 0 call_indirect (param i32) (result i32))")
            .unwrap();
        write!(wat, "(export \"e{index}\" (func $g{index}))").unwrap();
    }
    wat.push(')');
    wat::parse_str(wat).unwrap()
}

fn compile(wasm: &[u8], target: &str, threads: usize) -> Vec<u8> {
    let target = Target::resolve(Some(target), None, &[]).unwrap();
    Compiler::new(Options::new().target(target).threads(threads)).unwrap().compile(wasm).unwrap()
}

#[test]
fn threads_do_not_shape_the_artifact() {
    let wasm = module();
    for target in ["x86_64", "aarch64", "riscv64"] {
        let one = compile(&wasm, target, 1);
        for threads in [2, 8] {
            assert!(compile(&wasm, target, threads) == one, "{target}, {threads} threads");
        }
        let artifact = Artifact::verify(one, Integrity::Full).unwrap();
        assert_eq!(artifact.functions().len(), 300);
    }
}

#[test]
fn recorded_options_give_the_same_bytes() {
    let wasm = module();
    let target = Target::resolve(Some("x86_64"), Some("x86-64-v3"), &["-bmi1".to_owned()]).unwrap();
    let compiler = Compiler::new(Options::new().target(target).explicit_bounds_checks(true)).unwrap();
    let first = Artifact::verify(compiler.compile(&wasm).unwrap(), Integrity::Full).unwrap();
    let options = Options::from_recorded(first.module().options).unwrap();
    assert!(Compiler::new(options).unwrap().compile(&wasm).unwrap() == first.bytes());
    assert_eq!(first.cpu_features(), target.features);
    assert!(!first.module().guarded_memories);
}
