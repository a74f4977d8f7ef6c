//! What is refused, and in which words: the place, the function, the proposal.

use aot_format::features::FeatureSet;
use wamrc::{Compiler, Error, Feature, Options, Target};

/// For an instruction set that has vectors in its baseline, which not every host has.
fn with_vectors() -> Options {
    Options::new().target(Target::resolve(Some("x86_64"), None, &[]).unwrap())
}

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
    let atomic = "(module (type $t (struct (field (mut i32)))) (func (param (ref $t)) (result i32)
        (struct.atomic.get seqcst $t 0 (local.get 0))))";
    let cases = [
        ("(module (type (shared (struct))))", "shared-everything threads"),
        ("(module (func (param (ref (shared any)))))", "shared-everything threads"),
        (atomic, "shared-everything threads"),
    ];
    for (wat, proposal) in cases {
        match refuse(wat) {
            Error::Unsupported { feature, .. } => assert!(feature.contains(proposal), "{wat}: {feature}"),
            error => panic!("{wat}: {error}"),
        }
    }
    let text = refuse(cases[0].0).to_string();
    assert!(text.contains("the module uses shared-everything threads"), "{text}");
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
    let without = Compiler::new(with_vectors().without(Feature::Simd)).unwrap();
    let with = Compiler::new(with_vectors()).unwrap();
    for (wat, proposal) in SIMD {
        let wasm = wat::parse_str(wat).unwrap();
        match without.compile(&wasm).expect_err(wat) {
            Error::SwitchedOff { feature, off: "disable-simd", .. } => assert_eq!(feature, *proposal, "{wat}"),
            error => panic!("{wat}: {error}"),
        }
        with.compile(&wasm).expect(wat);
    }
    // Of two proposals that are missing, the one that no option brings back is as good as the other;
    // where SIMD is admitted, it is never the one that is named.
    let both = wat::parse_str("(module (memory 1 (pagesize 1)) (func (param v128)))").unwrap();
    let no_pages = Compiler::new(with_vectors().without(Feature::CustomPageSizes)).unwrap();
    assert!(no_pages.compile(&both).unwrap_err().to_string().contains("custom page sizes"));
}

/// For every feature that is compiled, a module that uses it and no other with a switch, but for those
/// it needs, and the title it is refused by. Each is valid with all features.
const USES: &[(Feature, &str)] = &[
    (Feature::MutableGlobal, "(module (global (export \"g\") (mut i32) (i32.const 0)))"),
    (Feature::SignExtension, "(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))"),
    (Feature::SaturatingFloatToInt, "(module (func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0))))"),
    (Feature::MultiValue, "(module (func (result i32 i32) (i32.const 0) (i32.const 1)))"),
    (Feature::BulkMemory, "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))"),
    (Feature::BulkMemory, "(module (memory 1) (data \"passive\"))"),
    (Feature::ReferenceTypes, "(module (func (param externref)))"),
    (Feature::ReferenceTypes, "(module (table 1 funcref) (func (drop (table.size 0))))"),
    (Feature::Simd, "(module (func (param v128)))"),
    (
        Feature::RelaxedSimd,
        "(module (func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
    ),
    (Feature::ExtendedConst, "(module (global i32 (i32.add (i32.const 1) (i32.const 1))))"),
    (Feature::TailCall, "(module (func $f (return_call $f)))"),
    (Feature::MultiMemory, "(module (memory 1) (memory 1))"),
    (Feature::MultiMemory, "(module (import \"m\" \"m\" (memory 1)) (memory 1))"),
    (Feature::Memory64, "(module (memory i64 1))"),
    (Feature::Memory64, "(module (table i64 1 funcref))"),
    (Feature::Memory64, "(module (import \"m\" \"m\" (memory i64 1)))"),
    (Feature::Exceptions, "(module (tag))"),
    (Feature::LegacyExceptions, "(module (func try catch_all end))"),
    (Feature::Gc, "(module (type (struct)))"),
    (Feature::Gc, "(module (func (param i31ref)))"),
    (Feature::Threads, "(module (memory 1 1 shared))"),
    (Feature::Threads, "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"),
    (Feature::FunctionReferences, "(module (type $t (func)) (func (param (ref null $t))))"),
    (Feature::CustomPageSizes, "(module (memory 1 (pagesize 1)))"),
    (Feature::CustomPageSizes, "(module (memory 1 (pagesize 65536)))"),
    (Feature::WideArithmetic, "(module (func (param i64) (drop (drop (i64.mul_wide_u (local.get 0) (local.get 0))))))"),
];

#[test]
fn every_feature_can_be_switched_off() {
    let with = Compiler::new(with_vectors()).unwrap();
    for feature in Feature::ALL.iter().filter(|feature| feature.is_compiled()) {
        assert!(USES.iter().any(|(used, _)| used == feature), "no module uses {feature:?}");
        let without = Compiler::new(with_vectors().without(*feature)).unwrap();
        for (used, wat) in USES {
            let wasm = wat::parse_str(wat).unwrap();
            let expected = with.compile(&wasm).expect(wat);
            if FeatureSet::NONE.with(*feature).takes_along(*used).is_some() {
                match without.compile(&wasm).expect_err(wat) {
                    Error::SwitchedOff { feature: title, off, .. } => {
                        // Of a feature and those that it needs, each is what the module uses.
                        let named = Feature::ALL.iter().find(|named| named.title() == title).unwrap();
                        assert!(FeatureSet::NONE.with(*named).takes_along(*used).is_some(), "{wat}: {title}");
                        assert_eq!(off, feature.disable_option(), "{wat}");
                    }
                    error => panic!("{wat} without {feature:?}: {error}"),
                }
            } else {
                let bytes = without.compile(&wasm).unwrap_or_else(|error| panic!("{wat} without {feature:?}: {error}"));
                assert!(bytes == expected, "{wat} without {feature:?} gives other bytes");
            }
        }
    }
    let wasm = wat::parse_str("(module (func $f (param v128)))").unwrap();
    let text = Compiler::new(with_vectors().without(Feature::Simd)).unwrap().compile(&wasm).unwrap_err().to_string();
    assert!(text.ends_with("the module uses SIMD (fixed-width), which is switched off by --disable-simd"), "{text}");
}

#[test]
fn what_is_invalid_is_invalid_whatever_is_switched_off() {
    let all = Feature::ALL.iter().fold(Options::new(), |options, feature| options.without(*feature));
    let bare = Compiler::new(all).unwrap();
    for wat in [
        "(module (memory i64 1) (func (drop (i32.load (i32.const 0)))))",
        "(module (func (result v128) (i32.const 0)))",
        "(module (memory 2 1))",
    ] {
        let wasm = wat::parse_str(wat).unwrap();
        let error = bare.compile(&wasm).expect_err(wat);
        assert!(matches!(error, Error::Invalid { .. }), "{wat}: {error}");
    }
    let first_version = "(module (memory 1) (table 1 funcref) (func $f (param i32) (result f32)
        (f32.load (i32.add (local.get 0) (i32.const 1)))) (export \"f\" (func $f)))";
    bare.compile(&wat::parse_str(first_version).unwrap()).unwrap();
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
