//! Limits, each at it and past it, and what keeps verification linear: what would be verified over
//! and over if it could be shared cannot be shared.

mod common;

use std::time::{Duration, Instant};

use aot_format::FormatError;
use aot_format::layout::*;
use aot_format::limits::*;
use aot_format::types::*;
use aot_format::write::{self, ConstOp, Contents, Export, Function, Import};
use common::tally::{Tally, cause};
use common::{rewrite, sample, verify};

fn many_imports(name: &str) -> Contents<'static> {
    let ty = ExternType::Func(TypeIndex(0));
    let import = |index: usize| Import { module: format!("{name}{index:03}"), name: String::new(), ty };
    Contents { imports: (0..20).map(import).collect(), exports: vec![], funcrefs: vec![], ..sample::minimal() }
}

#[test]
fn long_names_cannot_be_shared() {
    let share = |contents: &Contents<'_>| {
        let bytes = contents.write().unwrap();
        let first = verify(&bytes).unwrap().section_range(SectionKind::Imports).start;
        let first = ImportRecord::decode(&bytes[first..]).unwrap().module;
        rewrite::<ImportRecord>(contents, SectionKind::Imports, |_, record| record.module = first)
    };
    let name = |letters: u32| std::iter::repeat_n('n', letters as usize - 3).collect::<String>();
    assert!(verify(&share(&many_imports(&name(MAX_SHARED_NAME_BYTES)))).is_ok());
    let error = verify(&share(&many_imports(&name(MAX_SHARED_NAME_BYTES + 1)))).unwrap_err();
    assert_eq!(error, FormatError::BadName { section: SectionKind::Imports, index: 1 });
    assert!(verify(&many_imports(&name(MAX_NAME_BYTES)).write().unwrap()).is_ok());
    let error = verify(&many_imports(&name(MAX_NAME_BYTES + 1)).write().unwrap()).unwrap_err();
    assert_eq!(cause(&error), "limit: bytes of a name");
}

#[test]
fn spans_cannot_be_shared() {
    let globals = vec![
        (GlobalType { content: ValType::I32, mutable: false }, vec![ConstOp::I32Const(1)]),
        (GlobalType { content: ValType::I32, mutable: false }, vec![ConstOp::I32Const(1)]),
    ];
    let contents = Contents { globals, ..sample::rich() };
    let contents = Contents { elements: vec![], tables: vec![], exports: vec![], ..contents };
    let zero = Span { start: 0, len: 1 };
    let causes = [
        cause(
            &verify(&rewrite(&contents, SectionKind::ConstExprs, |_, record: &mut ConstExprRecord| {
                record.ops = zero;
            }))
            .unwrap_err(),
        ),
        cause(
            &verify(&rewrite(&contents, SectionKind::Globals, |_, record: &mut DefinitionRecord| {
                record.init = 0;
            }))
            .unwrap_err(),
        ),
        cause(
            &verify(&rewrite(&sample::rich(), SectionKind::ElementSegments, |_, record: &mut ElementSegmentRecord| {
                record.items = zero;
            }))
            .unwrap_err(),
        ),
        cause(
            &verify(&rewrite(&sample::rich(), SectionKind::DataSegments, |_, record: &mut DataSegmentRecord| {
                record.data = zero;
            }))
            .unwrap_err(),
        ),
        cause(
            &verify(&rewrite(&sample::rich(), SectionKind::Types, |index, record: &mut TypeRecord| {
                if index > 1 {
                    record.first = zero;
                }
            }))
            .unwrap_err(),
        ),
    ];
    let expected = ["BadConstExpr", "BadConstExpr", "element segments: items", "data segments: data", "types: items"];
    assert_eq!(causes, expected);
}

#[test]
fn definitions_of_another_kind() {
    let func = ExternTypeFields { kind: 0, ty: 0, flags: 0, page_size_log2: 0, min: 0, max: 0 };
    for kind in [SectionKind::Tables, SectionKind::Memories, SectionKind::Globals, SectionKind::Tags] {
        let bytes = rewrite(&sample::rich(), kind, |_, record: &mut DefinitionRecord| record.ty = func);
        assert_eq!(cause(&verify(&bytes).unwrap_err()), format!("{}: kind", kind.label()));
    }
}

#[test]
fn nothing_but_a_header() {
    let mut bytes = sample::minimal().write().unwrap();
    bytes.truncate(HEADER_BYTES);
    bytes[24..32].copy_from_slice(&(HEADER_BYTES as u64).to_le_bytes());
    write::seal(&mut bytes);
    assert_eq!(cause(&verify(&bytes).unwrap_err()), "header: section count");
    bytes[96..100].copy_from_slice(&0u32.to_le_bytes());
    write::seal(&mut bytes);
    assert_eq!(verify(&bytes).unwrap_err(), FormatError::MissingSection { section: SectionKind::Module });
}

#[test]
fn limits_of_single_things() {
    let params = |count: u32| {
        let mut contents = sample::minimal();
        let ty = FuncType { params: vec![ValType::I32; count as usize], results: vec![] };
        contents.types[0].composite = CompositeType::Func(ty);
        contents
    };
    let fields = |count: u32| {
        let mut contents = sample::minimal();
        let mut ty = contents.types[0].clone();
        let field = FieldType { storage: StorageType::I8, mutable: false };
        (ty.composite, ty.group_start) = (CompositeType::Struct(vec![field; count as usize]), TypeIndex(1));
        contents.types.push(ty);
        contents
    };
    let tables = |count: u32| {
        let ty = TableType { element: RefType::EXTERNREF, index64: false, min: 0, max: None };
        Contents { tables: vec![(ty, None); count as usize], ..sample::minimal() }
    };
    // One operand more than fits, then the additions that leave one.
    let deep = |depth: usize| {
        let operators = std::iter::repeat_n(ConstOp::I32Const(0), depth);
        let expr = operators.chain(std::iter::repeat_n(ConstOp::I32Add, depth - 1)).collect();
        let ty = GlobalType { content: ValType::I32, mutable: false };
        Contents { globals: vec![(ty, expr)], ..sample::minimal() }
    };
    let long = |operators: usize| {
        let pairs = std::iter::repeat_n([ConstOp::I32Const(0), ConstOp::I32Add], operators / 2).flatten();
        let expr = std::iter::once(ConstOp::I32Const(0)).chain(pairs).collect();
        let ty = GlobalType { content: ValType::I32, mutable: false };
        Contents { globals: vec![(ty, expr)], ..sample::minimal() }
    };
    let subtypes = |depth: u32| {
        let mut contents = sample::minimal();
        contents.types[0].is_final = false;
        for index in 1..=depth {
            let (group_start, supertype) = (TypeIndex(index), Some(TypeIndex(index - 1)));
            contents.types.push(TypeDef { group_start, supertype, ..contents.types[0].clone() });
        }
        contents
    };
    let cases = [
        ("parameters", params(MAX_PARAMS), params(MAX_PARAMS + 1)),
        ("fields", fields(MAX_STRUCT_FIELDS), fields(MAX_STRUCT_FIELDS + 1)),
        ("tables", tables(MAX_TABLES), tables(MAX_TABLES + 1)),
        ("stack of a constant expression", deep(MAX_CONST_STACK), deep(MAX_CONST_STACK + 1)),
        ("operators of a constant expression", long(MAX_CONST_OPS as usize - 1), long(MAX_CONST_OPS as usize + 1)),
        ("depth of subtyping", subtypes(MAX_SUBTYPE_DEPTH), subtypes(MAX_SUBTYPE_DEPTH + 1)),
    ];
    for (what, at, over) in cases {
        let mut tally = Tally::default();
        tally.judge(&at.write().unwrap());
        tally.judge(&over.write().unwrap());
        assert_eq!((tally.accepted, tally.causes.get(&format!("limit: {what}"))), (1, Some(&1)), "{what}");
    }
}

/// Names of functions that are exported are found by bisection, not by looking at all exports.
#[test]
fn a_large_file_in_linear_time() {
    const COUNT: u32 = 200_000;
    let function = |index| Function { ty: TypeIndex(0), text_offset: index, text_bytes: 1 };
    let export = |index| Export { name: format!("export {index}"), kind: ExternKind::Func, index };
    let contents = Contents {
        functions: (0..COUNT).map(function).collect(),
        funcrefs: (0..COUNT).collect(),
        exports: (0..COUNT).map(export).collect(),
        text: vec![0; COUNT as usize],
        ..sample::minimal()
    };
    let bytes = contents.write().unwrap();
    let start = Instant::now();
    let mut tally = Tally::default();
    tally.judge(&bytes);
    tally.at_least(1, 0);
    let artifact = verify(&bytes).unwrap();
    assert_eq!(artifact.function_name(COUNT - 1).as_deref(), Some("export 199999"));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    println!("{} bytes in {:?}, {} bytes allocated", bytes.len(), start.elapsed(), tally.most_bytes);
}
