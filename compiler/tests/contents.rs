//! What stands in an artifact, for modules small enough to say it by hand.

use aot_format::abi::TrapCode;
use aot_format::read::{DataSegment, SegmentMode};
use aot_format::types::{ExternKind, HeapType, RefType, TypeIndex, ValType};
use aot_format::write::ConstOp;
use aot_format::{Artifact, Integrity};
use wamrc::{Compiler, Options, Target};

fn compile_with(options: Options, wat: &str) -> Artifact<Vec<u8>> {
    let wasm = wat::parse_str(wat).unwrap();
    let target = Target::resolve(Some("x86_64"), None, &[]).unwrap();
    let bytes = Compiler::new(options.target(target).verifier(true)).unwrap().compile(&wasm).unwrap();
    Artifact::verify(bytes, Integrity::Full).unwrap()
}

fn compile(wat: &str) -> Artifact<Vec<u8>> {
    compile_with(Options::new(), wat)
}

fn const_expr(artifact: &Artifact<Vec<u8>>, index: u32) -> Vec<ConstOp> {
    artifact.const_expr(index).collect()
}

#[test]
fn constant_expressions_are_kept_in_postfix_order() {
    let artifact = compile(
        r#"(module
            (import "env" "base" (global $base i32))
            (global i32 (i32.sub (i32.mul (i32.const 3) (global.get $base)) (i32.const -1)))
            (global i64 (i64.add (i64.const 1) (i64.const -9223372036854775808)))
            (global f32 (f32.const nan:0x200001))
            (global f64 (f64.const -0.0))
            (global funcref (ref.func $f))
            (global externref (ref.null extern))
            (func $f))"#,
    );
    use ConstOp::*;
    let expected = [
        vec![I32Const(3), GlobalGet(0), I32Mul, I32Const(-1), I32Sub],
        vec![I64Const(1), I64Const(i64::MIN), I64Add],
        vec![F32Const(0x7fa0_0001)],
        vec![F64Const(1 << 63)],
        vec![RefFunc(0)],
        vec![RefNull(RefType::EXTERNREF)],
    ];
    let inits: Vec<Vec<ConstOp>> = artifact.globals().map(|(_, init)| const_expr(&artifact, init)).collect();
    assert_eq!(inits, expected);
    let funcrefs: Vec<u32> = artifact.funcrefs().iter().collect();
    assert_eq!(funcrefs, [0]);
}

#[test]
fn types_keep_their_indices_groups_and_supertypes() {
    let artifact = compile(
        r#"(module
            (type $a (func)) (type $b (func))
            (rec (type $c (sub (func (param (ref null $d))))) (type $d (sub final $c (func (param (ref null $d))))))
            (func (type $b)) (func (export "d") (type $d)))"#,
    );
    assert_eq!(artifact.type_count(), 4);
    let def = |index| artifact.type_def(TypeIndex(index)).unwrap();
    assert_eq!((def(1).group_start, def(1).group_len), (TypeIndex(1), 1));
    assert_eq!((def(3).group_start, def(3).group_len), (TypeIndex(2), 2));
    assert_eq!(def(3).supertype, Some(TypeIndex(2)));
    assert!(def(0).is_final && !def(2).is_final && def(3).is_final);
    let own = RefType { nullable: true, heap: HeapType::Concrete(TypeIndex(3)) };
    assert_eq!(artifact.func_type(TypeIndex(2)).unwrap().params, [ValType::Ref(own)]);
    let functions: Vec<u32> = artifact.functions().iter().map(|function| function.ty).collect();
    assert_eq!(functions, [1, 3]);
}

#[test]
fn trampolines_stand_for_what_can_cross_the_border() {
    let artifact = compile(
        r#"(module
            (import "env" "f" (func (param i32)))
            (import "env" "g" (func (param f64)))
            (table 1 funcref)
            (func (export "e") (param i64))
            (func $start)
            (func $private (param f32))
            (func $same (param externref) local.get 0 i32.const 0 call_indirect (param externref))
            (start $start))"#,
    );
    let ty = |param: &[ValType]| {
        let matches = |index: &u32| artifact.func_type(TypeIndex(*index)).unwrap().params == param;
        TypeIndex((0..artifact.type_count()).find(matches).unwrap())
    };
    let has = |param: &[ValType]| {
        let record = artifact.trampoline(ty(param));
        let none = aot_format::layout::NONE;
        record.map(|record| (record.entry != none, record.host != none))
    };
    assert_eq!(has(&[ValType::I32]), Some((false, true)), "imported");
    assert_eq!(has(&[ValType::F64]), Some((false, true)), "imported");
    assert_eq!(has(&[ValType::I64]), Some((true, true)), "exported");
    assert_eq!(has(&[]), Some((true, true)), "start: it has a funcref slot");
    assert_eq!(has(&[ValType::F32]), None, "private");
    let reference = [ValType::Ref(RefType::EXTERNREF)];
    assert_eq!(has(&reference), Some((false, true)), "called indirectly");
    let host = |param: &[ValType]| artifact.trampoline(ty(param)).unwrap().host;
    assert_eq!(host(&reference), host(&[ValType::I64]), "one shape, one trampoline");
}

#[test]
fn traps_and_addresses_lead_back_to_the_wasm() {
    let wat = r#"(module (memory 1)
        (func (export "f") (param i32 i32) (result i32)
            (i32.div_u (i32.load (local.get 0)) (local.get 1)))
        (func (export "g") unreachable))"#;
    let artifact = compile(wat);
    let functions: Vec<_> = artifact.functions().iter().collect();
    let traps_in = |artifact: &Artifact<Vec<u8>>, function: usize| -> Vec<(u32, TrapCode)> {
        let function = artifact.functions().get(function).unwrap();
        let offsets = function.text_offset..function.text_offset + function.text_bytes;
        offsets.filter_map(|offset| artifact.trap_at(offset).map(|code| (offset, code))).collect()
    };
    let codes: Vec<TrapCode> = traps_in(&artifact, 0).iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, [TrapCode::IntegerDivideByZero], "guarded accesses stand in no table");
    let unreachable = traps_in(&artifact, 1).into_iter().find(|(_, code)| *code == TrapCode::Unreachable).unwrap();
    let wasm = wat::parse_str(wat).unwrap();
    let wasm_offset = artifact.wasm_offset_at(unreachable.0).unwrap();
    assert_eq!(wasm[wasm_offset as usize], 0x00, "the opcode of unreachable");
    assert_eq!(artifact.function_at(functions[1].text_offset), Some(1));

    let checked = compile_with(Options::new().explicit_bounds_checks(true), wat);
    let codes = traps_in(&checked, 0);
    assert!(codes.iter().any(|(_, code)| *code == TrapCode::MemoryOutOfBounds), "{codes:?}");
}

#[test]
fn exports_and_names() {
    let artifact = compile(r#"(module $the_module (memory (export "m") 1) (func $inner) (func $f (export "f")))"#);
    assert_eq!(artifact.module().name, "the_module");
    assert_eq!(artifact.function_name(0).as_deref(), Some("inner"));
    let export = artifact.export("f").unwrap();
    assert_eq!((export.kind, export.index), (ExternKind::Func, 1));
    assert_eq!(artifact.export("m").unwrap().kind, ExternKind::Memory);
}

#[test]
fn custom_sections_are_kept_on_request() {
    let wat = r#"(module (@custom "one" "1") (@custom "two" "22") (@custom "one" "111"))"#;
    assert_eq!(compile(wat).custom_sections().count(), 0);
    let artifact = compile_with(Options::new().custom_sections(["one", "absent"]), wat);
    let kept: Vec<(&str, &[u8])> = artifact.custom_sections().collect();
    assert_eq!(kept, [("one", &b"1"[..]), ("one", &b"111"[..])]);
}

// Memory images.

/// Data of `bytes` bytes that is not zero, as a string of the text format.
fn data(bytes: usize) -> String {
    "x".repeat(bytes)
}

fn is_dropped(segment: &DataSegment<'_>) -> bool {
    segment.mode == SegmentMode::Dropped
}

#[test]
fn dense_data_becomes_an_image() {
    let (long, passive) = (data(40_000), data(3));
    let artifact = compile(&format!(
        r#"(module (memory 2) (data (i32.const 5000) "{long}") (data "{passive}")
            (data (i32.const 5001) "abc") (data (i32.const 131072) ""))"#
    ));
    let images: Vec<_> = artifact.images().collect();
    assert_eq!(images.len(), 1);
    assert_eq!((images[0].memory, images[0].memory_offset), (0, 4096));
    let bytes = &artifact.bytes()[images[0].file_range.clone()];
    assert_eq!(bytes.len(), 45_000usize.next_multiple_of(4096) - 4096);
    assert!(bytes[..904].iter().all(|byte| *byte == 0));
    assert_eq!(&bytes[904..909], b"xabcx", "later segments overwrite earlier ones");
    let dropped: Vec<bool> = artifact.data().map(|segment| is_dropped(&segment)).collect();
    assert_eq!(dropped, [true, false, true, true]);
}

#[test]
fn other_data_stays_in_segments() {
    let long = data(40_000);
    let cases = [
        ("little", format!(r#"(module (memory 1) (data (i32.const 0) "{}"))"#, data(100))),
        ("sparse", format!(r#"(module (memory 9) (data (i32.const 0) "{long}") (data (i32.const 500000) "x"))"#)),
        ("out of bounds", format!(r#"(module (memory 1) (data (i32.const 60000) "{long}"))"#)),
        (
            "empty, out of bounds",
            format!(r#"(module (memory 1) (data (i32.const 0) "{long}") (data (i32.const 65537) ""))"#),
        ),
        ("imported", format!(r#"(module (import "a" "b" (memory 1)) (data (i32.const 0) "{long}"))"#)),
        (
            "not constant",
            format!(r#"(module (import "a" "b" (global i32)) (memory 1) (data (global.get 0) "{long}"))"#),
        ),
        (
            "seen through an imported table",
            format!(
                r#"(module (import "a" "b" (table 1 funcref)) (memory 1) (func $f)
                    (elem (i32.const 0) $f) (data (i32.const 0) "{long}"))"#
            ),
        ),
    ];
    for (why, wat) in cases {
        let artifact = compile(&wat);
        assert_eq!(artifact.images().count(), 0, "{why}");
        assert!(artifact.data().all(|segment| !is_dropped(&segment)), "{why}");
    }
}
