//! What is refused, and in which words: the place, the function, the proposal.

use wamrc::{Compiler, Error, Options, Target};

fn refuse(wat: &str) -> Error {
    let wasm = wat::parse_str(wat).unwrap();
    Compiler::new(Options::new()).unwrap().compile(&wasm).expect_err(wat)
}

#[test]
fn invalid_code_is_named_with_its_function_and_place() {
    let error = refuse("(module (func) (func $wrong (result i32) nop))");
    assert!(matches!(&error, Error::Invalid { function: Some(function), .. } if function.index == 1));
    let text = error.to_string();
    assert!(text.starts_with("at wasm offset 0x"), "{text}");
    assert!(text.contains("in function 1 (wrong): type mismatch"), "{text}");
}

#[test]
fn a_function_without_a_name_is_called_by_its_export() {
    let error = refuse("(module (func (export \"main\") (result i64) i32.const 1))");
    assert!(error.to_string().contains("in function 0 (main):"), "{error}");
}

#[test]
fn malformed_bytes_are_refused() {
    let compiler = Compiler::new(Options::new()).unwrap();
    for bytes in [&b""[..], b"\0as", b"\0asm\x02\0\0\0", b"(module)", b"\0asm\x01\0\0\0\x01\xff", b"\x7fELF"] {
        assert!(matches!(compiler.compile(bytes), Err(Error::Invalid { .. })), "{bytes:?}");
    }
    let component = wat::parse_str("(component)").unwrap();
    assert!(matches!(compiler.compile(&component), Err(Error::Unsupported { feature: "the component model", .. })));
}

#[test]
fn proposals_that_are_not_compiled_are_named() {
    let cases = [
        ("(module (memory i64 1))", "memory64"),
        ("(module (table i64 1 funcref))", "memory64"),
        ("(module (memory 1 (pagesize 1)))", "custom page sizes"),
        ("(module (type (struct (field i32))))", "garbage collection"),
        ("(module (type (array (mut i8))))", "garbage collection"),
        ("(module (func (param anyref)))", "garbage collection"),
        ("(module (global i31ref (ref.i31 (i32.const 1))))", "garbage collection"),
        ("(module (func (param externref) (drop (any.convert_extern (local.get 0)))))", "garbage collection"),
        ("(module (func try catch_all end))", "legacy exception handling"),
        (
            "(module (func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3))))",
            "wide arithmetic",
        ),
    ];
    for (wat, proposal) in cases {
        match refuse(wat) {
            Error::Unsupported { feature, .. } => assert!(feature.contains(proposal), "{wat}: {feature}"),
            error => panic!("{wat}: {error}"),
        }
    }
    let text = refuse("(module (type (struct)))").to_string();
    assert!(text.contains("the module uses garbage collection"), "{text}");
    assert!(text.contains(", which this version does not compile"), "{text}");
}

/// Each uses SIMD somewhere else.
const SIMD: &[(&str, &str)] = &[
    ("(module (func (result v128) unreachable))", "SIMD (fixed-width)"),
    ("(module (import \"m\" \"g\" (global v128)))", "SIMD (fixed-width)"),
    ("(module (func (drop (i32x4.add (v128.const i32x4 0 0 0 0) (v128.const i32x4 0 0 0 0)))))", "SIMD (fixed-width)"),
    ("(module (func (local v128)))", "SIMD (fixed-width)"),
    ("(module (func (if (i32.const 0) (then unreachable (i8x16.splat (i32.const 0)) drop))))", "SIMD (fixed-width)"),
    ("(module (memory 1) (func (v128.store (i32.const 0) (unreachable))))", "SIMD (fixed-width)"),
    ("(module (global v128 (v128.const i32x4 0 0 0 0)))", "SIMD (fixed-width)"),
];

#[test]
fn simd_needs_vectors_on_riscv64() {
    let compiler = |features: &[&str]| {
        let features: Vec<String> = features.iter().map(|name| name.to_string()).collect();
        let target = Target::resolve(Some("riscv64"), None, &features).unwrap();
        Compiler::new(Options::new().target(target)).unwrap()
    };
    for (wat, proposal) in SIMD {
        let wasm = wat::parse_str(wat).unwrap();
        match compiler(&[]).compile(&wasm).expect_err(wat) {
            Error::SimdNeedsV { feature, .. } => assert_eq!(feature, *proposal, "{wat}"),
            error => panic!("{wat}: {error}"),
        }
        compiler(&["+v"]).compile(&wasm).expect(wat);
    }
    let wasm = wat::parse_str("(module (func $f (param v128)))").unwrap();
    let text = compiler(&[]).compile(&wasm).unwrap_err().to_string();
    assert!(text.ends_with("SIMD needs the V extension on riscv64: --cpu-features=+v"), "{text}");
    let no_simd = wat::parse_str("(module (func (result i32) (i32.const 1)))").unwrap();
    compiler(&[]).compile(&no_simd).unwrap();
}

#[test]
fn simd_can_be_switched_off() {
    let without = Compiler::new(Options::new().simd(false)).unwrap();
    let with = Compiler::new(Options::new()).unwrap();
    for (wat, proposal) in SIMD {
        let wasm = wat::parse_str(wat).unwrap();
        match without.compile(&wasm).expect_err(wat) {
            Error::SimdSwitchedOff { feature, .. } => assert_eq!(feature, *proposal, "{wat}"),
            error => panic!("{wat}: {error}"),
        }
        with.compile(&wasm).expect(wat);
    }
    let other = wat::parse_str("(module (func (result i32) (i32.const 1)))").unwrap();
    assert_eq!(without.compile(&other).unwrap(), with.compile(&other).unwrap());
    // Of two proposals that are missing, the one that no option brings back is as good as the other;
    // where SIMD is admitted, it is never the one that is named.
    let memory64 = wat::parse_str("(module (memory i64 1) (func (param v128)))").unwrap();
    assert!(with.compile(&memory64).unwrap_err().to_string().contains("memory64"));
}

#[test]
fn of_several_wrong_functions_the_first_is_named() {
    let mut wat = String::from("(module ");
    for index in 0..400 {
        wat.push_str(if index % 100 == 50 { "(func (result i32) i64.const 0)" } else { "(func)" });
        wat.push_str(&"(func (param i32) (drop (i32.popcnt (local.get 0))))".repeat(3));
    }
    wat.push(')');
    let wasm = wat::parse_str(wat).unwrap();
    for threads in [1, 2, 8] {
        let error = Compiler::new(Options::new().threads(threads)).unwrap().compile(&wasm).unwrap_err();
        assert!(matches!(&error, Error::Invalid { function: Some(function), .. } if function.index == 200), "{error}");
    }
}
