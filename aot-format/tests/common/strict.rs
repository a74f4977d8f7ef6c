//! A reader that believes what verification guarantees, and panics where that is not so: the other
//! half of every test with wrong bytes. It shares no logic with the verifier.

use aot_format::layout::*;
use aot_format::limits::*;
use aot_format::read::{Artifact, SegmentMode};
use aot_format::types::*;
use aot_format::write::ConstOp;

/// The index spaces, by way of the accessors.
struct Spaces {
    types: Vec<TypeDef>,
    functions: Vec<TypeIndex>,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    globals: Vec<GlobalType>,
    tags: usize,
}

fn spaces(artifact: &Artifact<&[u8]>) -> Spaces {
    let types: Vec<TypeDef> =
        (0..artifact.type_count()).map(|index| artifact.type_def(TypeIndex(index)).expect("a type")).collect();
    let mut spaces = Spaces { types, functions: vec![], tables: vec![], memories: vec![], globals: vec![], tags: 0 };
    for import in artifact.imports() {
        match import.ty {
            ExternType::Func(ty) => spaces.functions.push(ty),
            ExternType::Table(ty) => spaces.tables.push(ty),
            ExternType::Memory(ty) => spaces.memories.push(ty),
            ExternType::Global(ty) => spaces.globals.push(ty),
            ExternType::Tag(_) => spaces.tags += 1,
        }
    }
    let counts = artifact.counts();
    assert_eq!(spaces.functions.len(), counts.imported_functions as usize);
    assert_eq!(spaces.globals.len(), counts.imported_globals as usize);
    spaces.functions.extend(artifact.functions().iter().map(|record| TypeIndex(record.ty)));
    spaces.tables.extend(artifact.tables().map(|(ty, _)| ty));
    spaces.memories.extend(artifact.memories());
    spaces.tags += artifact.tags().count();
    assert_eq!(spaces.tables.len(), (counts.imported_tables + counts.defined_tables) as usize);
    assert_eq!(spaces.memories.len(), (counts.imported_memories + counts.defined_memories) as usize);
    assert_eq!(spaces.tags, (counts.imported_tags + counts.defined_tags) as usize);
    spaces
}

/// Relies on everything that verification promises.
pub fn trust(artifact: &Artifact<&[u8]>) {
    let mut spaces = spaces(artifact);
    types(&spaces);
    for (ty, init) in artifact.tables() {
        match init {
            Some(init) => drop(evaluate(artifact, &spaces, init, ValType::Ref(ty.element))),
            None => assert!(ty.element.nullable),
        }
    }
    for (ty, init) in artifact.globals() {
        evaluate(artifact, &spaces, init, ty.content);
        spaces.globals.push(ty);
    }
    segments(artifact, &spaces);
    let sections = SectionKind::ALL.iter().map(|kind| artifact.section_range(*kind));
    assert!(sections.into_iter().all(|range| artifact.bytes().get(range).is_some()));
    let exports = artifact.exports();
    for export in &exports {
        assert_eq!(artifact.export(export.name), Some(*export));
        let all = match export.kind {
            ExternKind::Func => spaces.functions.len(),
            ExternKind::Table => spaces.tables.len(),
            ExternKind::Memory => spaces.memories.len(),
            ExternKind::Global => spaces.globals.len(),
            ExternKind::Tag => spaces.tags,
        };
        assert!((export.index as usize) < all);
        assert!(export.kind != ExternKind::Func || artifact.funcref_slot(export.index).is_some());
    }
    if let Some(start) = artifact.module().start {
        let ty = spaces.types[spaces.functions[start as usize].0 as usize].as_func().expect("a function");
        assert!(ty.params.is_empty() && ty.results.is_empty());
    }
    code(artifact, &spaces);
    images(artifact);
}

fn types(spaces: &Spaces) {
    for (index, ty) in spaces.types.iter().enumerate() {
        let group = ty.group_start.0 as usize..(ty.group_start.0 + ty.group_len) as usize;
        assert!(group.contains(&index) && group.end <= spaces.types.len());
        if let Some(TypeIndex(parent)) = ty.supertype {
            assert!((parent as usize) < index && !spaces.types[parent as usize].is_final);
        }
    }
    for ty in &spaces.functions {
        assert!(spaces.types[ty.0 as usize].as_func().is_some());
    }
}

/// What a value is, as far as anybody can tell without a store.
#[derive(PartialEq, Debug)]
enum Value {
    I32(i32),
    I64(i64),
    Other(ValType),
}

fn reference(heap: HeapType) -> Value {
    Value::Other(ValType::Ref(RefType { nullable: false, heap }))
}

fn element(spaces: &Spaces, ty: TypeIndex) -> FieldType {
    match spaces.types[ty.0 as usize].composite {
        CompositeType::Array(element) => element,
        _ => panic!("{ty:?} is no array type"),
    }
}

fn has_default(field: FieldType) -> bool {
    !matches!(field.storage, StorageType::Val(ValType::Ref(RefType { nullable: false, .. })))
}

/// Asserts that a value can be what a field or element holds.
fn holds(value: Option<Value>, field: FieldType) {
    match (value, field.storage) {
        (Some(Value::I32(_)), StorageType::I8 | StorageType::I16 | StorageType::Val(ValType::I32)) => {}
        (Some(Value::I64(_)), StorageType::Val(ValType::I64)) => {}
        (Some(Value::Other(ValType::Ref(value))), StorageType::Val(ValType::Ref(ty))) => {
            assert!(ty.nullable || !value.nullable);
        }
        (Some(Value::Other(value)), StorageType::Val(ty)) => assert_eq!(value, ty),
        (value, field) => panic!("{value:?} is no {field:?}"),
    }
}

fn evaluate(artifact: &Artifact<&[u8]>, spaces: &Spaces, index: u32, ty: ValType) -> Value {
    let mut stack: Vec<Value> = Vec::new();
    for op in artifact.const_expr(index) {
        let value = match op {
            ConstOp::I32Const(value) => Value::I32(value),
            ConstOp::I64Const(value) => Value::I64(value),
            ConstOp::F32Const(_) => Value::Other(ValType::F32),
            ConstOp::F64Const(_) => Value::Other(ValType::F64),
            ConstOp::V128Const(_) => Value::Other(ValType::V128),
            ConstOp::GlobalGet(global) => match spaces.globals[global as usize].content {
                ValType::I32 => Value::I32(1),
                ValType::I64 => Value::I64(1),
                other => Value::Other(other),
            },
            ConstOp::RefFunc(function) => {
                assert!(artifact.funcref_slot(function).is_some());
                Value::Other(ValType::Ref(RefType { nullable: false, heap: HeapType::Func }))
            }
            ConstOp::RefNull(ty) => Value::Other(ValType::Ref(ty)),
            ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => match (stack.pop(), stack.pop()) {
                (Some(Value::I32(right)), Some(Value::I32(left))) => Value::I32(left.wrapping_sub(right)),
                other => panic!("{op:?} of {other:?}"),
            },
            ConstOp::RefI31 => {
                assert!(matches!(stack.pop(), Some(Value::I32(_))));
                reference(HeapType::I31)
            }
            ConstOp::AnyConvertExtern | ConstOp::ExternConvertAny => match stack.pop() {
                Some(Value::Other(ValType::Ref(ty))) => {
                    let heap = if op == ConstOp::AnyConvertExtern { HeapType::Any } else { HeapType::Extern };
                    Value::Other(ValType::Ref(RefType { heap, ..ty }))
                }
                other => panic!("{op:?} of {other:?}"),
            },
            ConstOp::StructNew(ty) => {
                let CompositeType::Struct(fields) = &spaces.types[ty.0 as usize].composite else { panic!("{ty:?}") };
                fields.iter().rev().for_each(|field| holds(stack.pop(), *field));
                reference(HeapType::Concrete(ty))
            }
            ConstOp::StructNewDefault(ty) => {
                let CompositeType::Struct(fields) = &spaces.types[ty.0 as usize].composite else { panic!("{ty:?}") };
                fields.iter().for_each(|field| assert!(has_default(*field)));
                reference(HeapType::Concrete(ty))
            }
            ConstOp::ArrayNew(ty) => {
                assert!(matches!(stack.pop(), Some(Value::I32(_))));
                holds(stack.pop(), element(spaces, ty));
                reference(HeapType::Concrete(ty))
            }
            ConstOp::ArrayNewDefault(ty) => {
                assert!(matches!(stack.pop(), Some(Value::I32(_))) && has_default(element(spaces, ty)));
                reference(HeapType::Concrete(ty))
            }
            ConstOp::ArrayNewFixed(ty, length) => {
                (0..length).for_each(|_| holds(stack.pop(), element(spaces, ty)));
                reference(HeapType::Concrete(ty))
            }
            ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => match (stack.pop(), stack.pop()) {
                (Some(Value::I64(right)), Some(Value::I64(left))) => Value::I64(left.wrapping_sub(right)),
                other => panic!("{op:?} of {other:?}"),
            },
        };
        stack.push(value);
        assert!(stack.len() <= MAX_CONST_STACK);
    }
    let value = stack.pop().expect("an expression leaves a value");
    assert!(stack.is_empty());
    match (&value, ty) {
        (Value::I32(_), ValType::I32) | (Value::I64(_), ValType::I64) => {}
        (Value::Other(ValType::Ref(value)), ValType::Ref(ty)) => assert!(ty.nullable || !value.nullable),
        (Value::Other(value), ty) => assert_eq!(*value, ty),
        (value, ty) => panic!("{value:?} is no {ty:?}"),
    }
    value
}

fn segments(artifact: &Artifact<&[u8]>, spaces: &Spaces) {
    let index_type = |index64| if index64 { ValType::I64 } else { ValType::I32 };
    let mut count = 0;
    for segment in artifact.elements() {
        if let SegmentMode::Active { index, offset } = segment.mode {
            evaluate(artifact, spaces, offset, index_type(spaces.tables[index as usize].index64));
        }
        for item in segment.items.iter().map(ElementItem::from_code) {
            match item {
                ElementItem::Null => assert!(segment.ty.nullable),
                ElementItem::Func(function) => assert!(artifact.funcref_slot(function).is_some()),
                ElementItem::Expr(expr) => drop(evaluate(artifact, spaces, expr, ValType::Ref(segment.ty))),
            }
        }
        count += 1;
    }
    assert!(artifact.element_segment(count).is_none());
    let mut count = 0;
    for segment in artifact.data() {
        if let SegmentMode::Active { index, offset } = segment.mode {
            evaluate(artifact, spaces, offset, index_type(spaces.memories[index as usize].index64));
        }
        count += 1;
    }
    assert!(artifact.data_segment(count).is_none());
}

fn code(artifact: &Artifact<&[u8]>, spaces: &Spaces) {
    let text = artifact.text();
    for (index, record) in artifact.functions().iter().enumerate() {
        let start = record.text_offset as usize;
        if text[start..start + record.text_bytes as usize].is_empty() {
            // It was left out, so that nobody can come to call it.
            let function = artifact.counts().imported_functions + index as u32;
            assert_eq!(artifact.funcref_slot(function), None);
            continue;
        }
        assert_eq!(artifact.function_at(record.text_offset), Some(index as u32));
    }
    for (slot, function) in artifact.funcrefs().iter().enumerate() {
        assert!((function as usize) < spaces.functions.len());
        assert_eq!(artifact.funcref_slot(function), Some(slot as u32));
    }
    for record in artifact.trampolines().iter() {
        assert_eq!(artifact.trampoline(TypeIndex(record.ty)), Some(record));
        for place in [record.entry, record.host].into_iter().filter(|place| *place != NONE) {
            assert!(text.get(place as usize).is_some());
        }
    }
    let size = artifact.layout().size();
    assert!(size <= MAX_VMCTX_BYTES);
    assert!(u64::from(artifact.layout().funcref(artifact.counts().funcrefs)) <= size);
}

fn images(artifact: &Artifact<&[u8]>) {
    let memories: Vec<MemoryType> = artifact.memories().collect();
    let page = 1 << artifact.page_size_log2();
    let mut ends = vec![0; memories.len()];
    for image in artifact.images() {
        let ty = memories[image.memory as usize];
        let end = image.memory_offset + image.file_range.len() as u64;
        assert!(u128::from(end) <= u128::from(ty.min) << ty.page_size_log2);
        assert!(image.memory_offset >= ends[image.memory as usize], "images overlap");
        ends[image.memory as usize] = end;
        assert!(image.memory_offset.is_multiple_of(page as u64) && image.file_range.start.is_multiple_of(page));
        assert!(!image.file_range.is_empty() && image.file_range.len().is_multiple_of(page));
        assert!(image.file_range.end <= artifact.section_range(SectionKind::Images).end);
    }
}
