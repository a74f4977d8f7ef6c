//! Rules that one wrong field seldom breaks, each broken once on purpose: contents that no valid
//! module has, and records that no writer writes.

mod common;

use aot_format::layout::*;
use aot_format::types::*;
use aot_format::write::{self, ConstOp, Contents, DataSegment, SegmentMode, Trampolines};
use common::tally::cause;
use common::{rewrite, sample, verify};

#[track_caller]
fn refused(contents: &Contents<'_>, why: &str) {
    let error = verify(&contents.write().unwrap()).expect_err("no valid module has this");
    assert_eq!(cause(&error), why, "{error}");
}

#[track_caller]
fn refused_after<R: Record>(contents: &Contents<'_>, kind: SectionKind, with: impl Fn(usize, &mut R), why: &str) {
    let error = verify(&rewrite(contents, kind, with)).expect_err("no writer writes this");
    assert_eq!(cause(&error), why, "{error}");
}

#[test]
fn no_bit_without_a_meaning_is_set() {
    let rich = &sample::rich();
    // The first one is a function.
    let flag = |_: usize, record: &mut ImportRecord| record.ty.flags |= EXTERN_MUTABLE;
    refused_after(rich, SectionKind::Imports, flag, "imports: type");
    let maximum = |_: usize, record: &mut DefinitionRecord| record.ty.max = 5;
    refused_after(rich, SectionKind::Globals, maximum, "globals: type");
    for with in [
        |record: &mut ConstOpRecord| record.hi = 1,
        |record: &mut ConstOpRecord| record.arg = 1,
        |record: &mut ConstOpRecord| record.lo |= 1 << 40,
    ] {
        let contents = Contents { data: vec![active(0)], memories: vec![one_page()], ..sample::minimal() };
        let with = |_: usize, record: &mut ConstOpRecord| with(record);
        refused_after(&contents, SectionKind::ConstOps, with, "BadConstExpr");
    }
}

fn one_page() -> MemoryType {
    MemoryType { index64: false, shared: false, page_size_log2: 16, min: 1, max: None }
}

fn active(offset: i32) -> DataSegment<'static> {
    DataSegment { mode: SegmentMode::Active { index: 0, offset: vec![ConstOp::I32Const(offset)] }, bytes: b"data" }
}

#[test]
fn nothing_is_left_over() {
    let contents = Contents {
        data: vec![active(0)],
        memories: vec![one_page()],
        custom_sections: vec![("name".into(), vec![1, 2])],
        ..sample::minimal()
    };
    let data = |_: usize, record: &mut DataSegmentRecord| record.data.len -= 1;
    refused_after(&contents, SectionKind::DataSegments, data, "SectionLength");
    let custom = |_: usize, record: &mut CustomSectionRecord| record.data.len -= 1;
    refused_after(&contents, SectionKind::CustomSections, custom, "SectionLength");
    // A passive segment needs no expression.
    let passive = |_: usize, record: &mut DataSegmentRecord| {
        *record = DataSegmentRecord { mode: SEGMENT_PASSIVE, memory: NONE, offset: NONE, ..*record };
    };
    refused_after(&contents, SectionKind::DataSegments, passive, "SectionLength");
}

#[test]
fn sections_leave_no_room() {
    let good = sample::minimal().write().unwrap();
    let refused = |mut bytes: Vec<u8>| {
        let length = bytes.len() as u64;
        bytes[24..32].copy_from_slice(&length.to_le_bytes());
        write::seal(&mut bytes);
        cause(&verify(&bytes).expect_err("there is room"))
    };
    assert_eq!(refused([&good[..], &[0; 8]].concat()), "header: file length");
    // A page more before the text, which is the last section.
    let mut bytes = [&good[..4096], &[0; 4096], &good[4096..]].concat();
    let last = HEADER_BYTES + 8 * SectionRecord::SIZE;
    let record = SectionRecord::decode(&bytes[last..]).unwrap();
    assert_eq!((record.kind, record.offset), (SectionKind::Text as u32, 4096));
    let mut moved = Vec::new();
    SectionRecord { offset: 8192, ..record }.encode(&mut moved);
    bytes[last..last + moved.len()].copy_from_slice(&moved);
    assert_eq!(refused(bytes), "SectionRange");
}

#[test]
fn constant_expressions_read_immutable_globals() {
    let global = |mutable, op| (GlobalType { content: ValType::I32, mutable }, vec![op]);
    let reading = |mutable| Contents {
        globals: vec![global(mutable, ConstOp::I32Const(1)), global(false, ConstOp::GlobalGet(0))],
        ..sample::minimal()
    };
    assert!(verify(&reading(false).write().unwrap()).is_ok());
    refused(&reading(true), "BadConstExpr");
    let itself = Contents { globals: vec![global(false, ConstOp::GlobalGet(0))], ..sample::minimal() };
    refused(&itself, "BadConstExpr");
}

#[test]
fn types_refer_to_no_later_group() {
    let referring = |to: u32| {
        let mut contents = sample::rich();
        let ty = ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(TypeIndex(to)) });
        contents.types[2].composite = CompositeType::Func(FuncType { params: vec![ty], results: vec![] });
        contents
    };
    assert!(verify(&referring(3).write().unwrap()).is_ok());
    refused(&referring(4), "types: item");
    let mut contents = sample::rich();
    contents.types[2].supertype = Some(TypeIndex(3));
    refused(&contents, "types: supertype");
    contents.types[2].supertype = Some(TypeIndex(0));
    refused(&contents, "types: supertype");
}

#[test]
fn the_start_function_takes_and_gives_nothing() {
    let start = |params: &[ValType], results: &[ValType]| {
        let mut contents = Contents { start: Some(0), ..sample::minimal() };
        let ty = FuncType { params: params.to_vec(), results: results.to_vec() };
        contents.types[0].composite = CompositeType::Func(ty);
        contents
    };
    assert!(verify(&start(&[], &[]).write().unwrap()).is_ok());
    refused(&start(&[ValType::I32], &[]), "module: start function");
    refused(&start(&[], &[ValType::I32]), "module: start function");
    refused(&Contents { start: Some(1), ..sample::minimal() }, "module: start function");
}

#[test]
fn text_offsets_are_in_the_text() {
    let with = |entry: u32, text_bytes: usize| Contents {
        trampolines: vec![Trampolines { ty: TypeIndex(0), entry: Some(entry), host: None }],
        text: vec![0; text_bytes],
        ..sample::minimal()
    };
    assert!(verify(&with(9, 10).write().unwrap()).is_ok());
    refused(&with(10, 10), "trampolines: text offset");
    let mut contents = with(0, 10);
    contents.functions[0].text_bytes = 10;
    assert!(verify(&contents.write().unwrap()).is_ok());
    contents.functions[0].text_bytes = 11;
    refused(&contents, "functions: text offset");
}

#[test]
fn names_are_unique_and_in_order() {
    let swap = |index: usize, record: &mut TrampolineRecord| record.ty = [1, 0, 2][index];
    refused_after(&sample::rich(), SectionKind::Trampolines, swap, "trampolines: type");
    let mut contents = sample::rich();
    contents.exports[0].name = "memory".into();
    refused(&contents, "exports: name order");
    let same = |_: usize, record: &mut ExportRecord| record.ordinal = 0;
    refused_after(&sample::rich(), SectionKind::Exports, same, "exports: ordinal");
}
