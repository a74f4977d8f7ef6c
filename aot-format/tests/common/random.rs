//! Random contents, such as a compiler makes of valid modules.

use aot_format::abi::TrapCode;
use aot_format::cpu::Isa;
use aot_format::types::*;
use aot_format::write::*;

use super::{Rng, sample};

const HEAPS: [HeapType; 12] = [
    HeapType::Func,
    HeapType::Extern,
    HeapType::Any,
    HeapType::Eq,
    HeapType::I31,
    HeapType::Struct,
    HeapType::Array,
    HeapType::Exn,
    HeapType::None,
    HeapType::NoFunc,
    HeapType::NoExtern,
    HeapType::NoExn,
];

fn reference(rng: &mut Rng, types: usize) -> RefType {
    let concrete = types > 0 && rng.one_in(4);
    let heap =
        if concrete { HeapType::Concrete(TypeIndex(rng.below(types) as u32)) } else { HEAPS[rng.below(HEAPS.len())] };
    RefType { nullable: concrete || !rng.one_in(4), heap }
}

fn value(rng: &mut Rng, types: usize) -> ValType {
    let plain = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
    plain.get(rng.below(7)).copied().unwrap_or_else(|| ValType::Ref(reference(rng, types)))
}

fn string(rng: &mut Rng) -> String {
    let letters: Vec<char> = "ab/ü€𝄞\n\0\"\u{202e}".chars().collect();
    let length = if rng.one_in(5) { 60 + rng.below(10) } else { rng.below(6) };
    (0..length).map(|_| letters[rng.below(letters.len())]).collect()
}

fn types(rng: &mut Rng) -> Vec<TypeDef> {
    // The first type is `(func)`: there is always something to define.
    let mut types = sample::minimal().types;
    for _ in 0..rng.below(6) {
        let group_start = types.len();
        let group_len = 1 + rng.below(3);
        let end = group_start + group_len;
        for index in group_start..end {
            let field = |rng: &mut Rng| FieldType {
                storage: match rng.below(4) {
                    0 => StorageType::I8,
                    1 => StorageType::I16,
                    _ => StorageType::Val(value(rng, end)),
                },
                mutable: rng.one_in(2),
            };
            let composite = match rng.below(4) {
                0 => CompositeType::Struct((0..rng.below(4)).map(|_| field(rng)).collect()),
                1 => CompositeType::Array(field(rng)),
                _ => CompositeType::Func(FuncType {
                    params: (0..rng.below(5)).map(|_| value(rng, end)).collect(),
                    results: (0..rng.below(3)).map(|_| value(rng, end)).collect(),
                }),
            };
            let parent = rng.below(index);
            let same = std::mem::discriminant(&types[parent].composite) == std::mem::discriminant(&composite);
            types.push(TypeDef {
                is_final: rng.one_in(2),
                supertype: (same && !types[parent].is_final).then_some(TypeIndex(parent as u32)),
                composite,
                group_start: TypeIndex(group_start as u32),
                group_len: group_len as u32,
            });
        }
    }
    types
}

fn table(rng: &mut Rng, types: usize) -> TableType {
    let index64 = rng.one_in(3);
    let most = if index64 { u64::MAX } else { u64::from(u32::MAX) };
    let min = if rng.one_in(9) { most } else { rng.next() % 100 };
    let max = rng.one_in(2).then(|| min.saturating_add(rng.next() % 3).min(most));
    TableType { element: reference(rng, types), index64, min, max }
}

fn memory(rng: &mut Rng) -> MemoryType {
    let index64 = rng.one_in(3);
    let page_size_log2 = if rng.one_in(3) { 0 } else { 16 };
    let most = match (index64, page_size_log2) {
        (false, 16) => 1 << 16,
        (false, _) => u64::from(u32::MAX),
        (true, 16) => 1 << 48,
        (true, _) => u64::MAX,
    };
    let min = if rng.one_in(9) { most } else { rng.next() % 4 };
    let shared = rng.one_in(4);
    let max = (shared || rng.one_in(2)).then(|| min.saturating_add(rng.next() % 3).min(most));
    MemoryType { index64, shared, page_size_log2, min, max }
}

fn func_type(rng: &mut Rng, types: &[TypeDef]) -> TypeIndex {
    let index = rng.below(types.len());
    TypeIndex(if types[index].as_func().is_some() { index as u32 } else { 0 })
}

/// An expression for a value of this type; none where only a function or a global could give one.
fn init(rng: &mut Rng, ty: ValType) -> Option<ConstExpr> {
    use ConstOp::*;
    Some(match ty {
        ValType::I32 if rng.one_in(3) => vec![I32Const(rng.next() as i32), I32Const(3), I32Mul],
        ValType::I64 if rng.one_in(3) => vec![I64Const(rng.next() as i64), I64Const(3), I64Sub],
        ValType::I32 => vec![I32Const(rng.next() as i32)],
        ValType::I64 => vec![I64Const(rng.next() as i64)],
        ValType::F32 => vec![F32Const(rng.next() as u32)],
        ValType::F64 => vec![F64Const(rng.next())],
        ValType::V128 => vec![V128Const(u128::from(rng.next()) << 64 | u128::from(rng.next()))],
        ValType::Ref(ty) if ty.nullable && rng.one_in(2) => vec![RefNull(ty)],
        ValType::Ref(RefType { heap: HeapType::Any | HeapType::Eq | HeapType::I31, .. }) => {
            vec![I32Const(rng.next() as i32), RefI31]
        }
        ValType::Ref(RefType { heap: HeapType::Extern, .. }) => vec![I32Const(1), RefI31, ExternConvertAny],
        ValType::Ref(ty) if ty.nullable => vec![RefNull(ty)],
        ValType::Ref(_) => return None,
    })
}

fn mode(rng: &mut Rng, spaces: &[bool]) -> SegmentMode {
    match rng.below(4) {
        0 => SegmentMode::Passive,
        1 => SegmentMode::Dropped,
        _ if spaces.is_empty() => SegmentMode::Passive,
        _ => {
            let index = rng.below(spaces.len());
            let ty = if spaces[index] { ValType::I64 } else { ValType::I32 };
            SegmentMode::Active { index: index as u32, offset: init(rng, ty).unwrap_or_default() }
        }
    }
}

fn call_site(rng: &mut Rng, return_offset: u32) -> CallSite {
    let handlers = (0..rng.below(3))
        .map(|_| Handler { tag: rng.one_in(2).then(|| rng.below(3) as u32), landing_pad: rng.below(4) as u32 });
    let handlers = handlers.collect();
    CallSite { return_offset, frame_bytes: rng.below(99) as u32, vmctx_offset: rng.below(99) as u32, handlers }
}

/// Fills in what stands in the text.
fn code(rng: &mut Rng, contents: &mut Contents<'_>) {
    let mut next = 16;
    for _ in 0..rng.below(5) {
        let text_bytes = 1 + rng.below(400) as u32;
        let ty = func_type(rng, &contents.types);
        contents.functions.push(Function { ty, text_offset: next, text_bytes });
        for at in next..next + text_bytes {
            if rng.one_in(20) {
                contents.traps.push((at, TrapCode::ALL[rng.below(TrapCode::ALL.len())]));
            }
            if rng.one_in(30) {
                contents.call_sites.push(call_site(rng, at));
            }
            if rng.one_in(30) {
                let slots = (0..rng.below(3) as u32).map(|slot| slot * 8).collect();
                contents.stack_maps.push(StackMap { return_offset: at, frame_bytes: rng.below(99) as u32, slots });
            }
            if at == next || rng.one_in(3) {
                contents.addresses.push((at, rng.next() as u32));
            }
        }
        next += text_bytes + rng.below(20) as u32;
    }
    contents.text = (0..next).map(|_| rng.next() as u8).collect();
    for (index, ty) in contents.types.iter().enumerate() {
        if ty.as_func().is_some() && rng.one_in(2) {
            let mut place = || rng.one_in(2).then(|| rng.below(16) as u32);
            contents.trampolines.push(Trampolines { ty: TypeIndex(index as u32), entry: place(), host: place() });
        }
    }
}

fn interface(rng: &mut Rng, contents: &mut Contents<'_>) {
    let types = contents.types.len();
    for _ in 0..rng.below(8) {
        let ty = match rng.below(5) {
            0 => ExternType::Func(func_type(rng, &contents.types)),
            1 => ExternType::Table(table(rng, types)),
            2 => ExternType::Memory(memory(rng)),
            3 => ExternType::Global(GlobalType { content: value(rng, types), mutable: rng.one_in(2) }),
            _ => ExternType::Tag(func_type(rng, &contents.types)),
        };
        contents.imports.push(Import { module: string(rng), name: string(rng), ty });
    }
    for _ in 0..rng.below(4) {
        let ty = table(rng, types);
        let expr = init(rng, ValType::Ref(ty.element));
        if let Some(expr) = expr {
            let shown = !ty.element.nullable || rng.one_in(2);
            contents.tables.push((ty, shown.then_some(expr)));
        }
        contents.memories.push(memory(rng));
        contents.tags.push(func_type(rng, &contents.types));
        let ty = GlobalType { content: value(rng, types), mutable: rng.one_in(2) };
        contents.globals.extend(init(rng, ty.content).map(|expr| (ty, expr)));
    }
}

fn segments(rng: &mut Rng, contents: &mut Contents<'_>) {
    let imported = |kind| move |import: &&Import| import.ty.kind() == kind;
    let memories = contents.imports.iter().filter_map(|import| match import.ty {
        ExternType::Memory(memory) => Some(memory),
        _ => None,
    });
    let memories: Vec<bool> = memories.chain(contents.memories.iter().copied()).map(|ty| ty.index64).collect();
    for _ in 0..rng.below(4) {
        let mode = mode(rng, &memories);
        let bytes: &[u8] = if rng.one_in(3) { b"" } else { b"some bytes" };
        contents.data.push(DataSegment { mode, bytes });
    }
    let functions = contents.imports.iter().filter(imported(ExternKind::Func)).count() + contents.functions.len();
    contents.funcrefs = (0..functions as u32).filter(|_| rng.one_in(2)).collect();
    for _ in 0..rng.below(4) {
        let mode = if rng.one_in(2) { SegmentMode::Passive } else { SegmentMode::Dropped };
        let ty = RefType { nullable: true, ..reference(rng, contents.types.len()) };
        let funcs = &contents.funcrefs;
        let segment = if funcs.is_empty() || rng.one_in(2) {
            let exprs = (0..rng.below(4)).map(|_| vec![ConstOp::RefNull(ty)]).collect();
            ElementSegment { mode, ty, items: ElementItems::Exprs(exprs) }
        } else {
            let items = (0..rng.below(5)).map(|_| funcs[rng.below(funcs.len())]).collect();
            let ty = RefType { nullable: false, heap: HeapType::Func };
            ElementSegment { mode, ty, items: ElementItems::Functions(items) }
        };
        contents.elements.push(segment);
    }
    for _ in 0..rng.below(6) {
        let name = string(rng);
        let unique = contents.exports.iter().all(|export| export.name != name);
        if let Some(index) = contents.funcrefs.get(rng.below(9)).copied().filter(|_| unique) {
            contents.exports.push(Export { name, kind: ExternKind::Func, index });
        }
    }
}

/// Contents that the verifier must accept.
pub fn contents(rng: &mut Rng) -> Contents<'static> {
    let isa = Isa::ALL[rng.below(3)];
    let mut contents = Contents {
        isa,
        cpu_features: rng.next(),
        name: string(rng),
        producer: string(rng),
        options: string(rng),
        guarded_memories: rng.one_in(2),
        types: types(rng),
        exports: vec![],
        functions: vec![],
        funcrefs: vec![],
        trampolines: vec![],
        ..sample::minimal()
    };
    interface(rng, &mut contents);
    code(rng, &mut contents);
    segments(rng, &mut contents);
    let page = 1u64 << isa.page_size_log2();
    for (index, memory) in contents.memories.iter().enumerate() {
        let pages = (u128::from(memory.min) << memory.page_size_log2) / u128::from(page);
        if pages > 0 && rng.one_in(2) {
            let memory_offset = (rng.below(pages.min(64) as usize) as u64) * page;
            contents.images.push(MemoryImage { memory: index as u32, memory_offset, bytes: vec![7; rng.below(50)] });
        }
    }
    for _ in 0..rng.below(3) {
        contents.custom_sections.push((string(rng), vec![1; rng.below(9)]));
    }
    let functions = contents.functions.len() as u32;
    for index in (0..functions).rev() {
        if rng.one_in(2) {
            contents.function_names.push((index, string(rng)));
        }
    }
    contents
}
