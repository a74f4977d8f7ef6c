//! Contents written out by hand: one with something of everything, one with next to nothing.

use aot_format::abi::TrapCode;
use aot_format::cpu::Isa;
use aot_format::types::*;
use aot_format::write::*;

/// Nothing but one empty function, exported.
pub fn minimal() -> Contents<'static> {
    let func = CompositeType::Func(FuncType::default());
    Contents {
        source_digest: [0x5a; 32],
        name: "minimal".into(),
        producer: "aot-format tests".into(),
        types: vec![TypeDef {
            is_final: true,
            supertype: None,
            composite: func,
            group_start: TypeIndex(0),
            group_len: 1,
        }],
        exports: vec![Export { name: "run".into(), kind: ExternKind::Func, index: 0 }],
        functions: vec![Function { ty: TypeIndex(0), text_offset: 0, text_bytes: 1 }],
        funcrefs: vec![0],
        trampolines: vec![Trampolines { ty: TypeIndex(0), entry: Some(0), host: None }],
        text: vec![0xc3],
        ..Contents::empty(Isa::X86_64)
    }
}

/// A name that is too long to be shared.
pub fn long_name(letter: char) -> String {
    std::iter::repeat_n(letter, 100).collect()
}

fn single(index: u32, composite: CompositeType) -> TypeDef {
    TypeDef { is_final: true, supertype: None, composite, group_start: TypeIndex(index), group_len: 1 }
}

fn types() -> Vec<TypeDef> {
    let to_three = ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(TypeIndex(3)) });
    let func = |params: &[ValType], results: &[ValType]| {
        CompositeType::Func(FuncType { params: params.to_vec(), results: results.to_vec() })
    };
    let open = |index, supertype, composite| TypeDef {
        is_final: false,
        supertype,
        composite,
        group_start: TypeIndex(index),
        group_len: 2,
    };
    let field = |storage, mutable| FieldType { storage, mutable };
    vec![
        single(0, func(&[], &[])),
        single(1, func(&[ValType::I32, ValType::F64, ValType::V128], &[ValType::I64, ValType::F32])),
        open(2, None, func(&[to_three], &[])),
        open(2, Some(TypeIndex(2)), func(&[ValType::Ref(RefType::FUNCREF)], &[])),
        single(4, CompositeType::Struct(vec![field(StorageType::I8, true), field(StorageType::Val(to_three), false)])),
        single(5, CompositeType::Array(field(StorageType::I16, true))),
    ]
}

fn imports() -> Vec<Import> {
    let table = TableType { element: RefType::EXTERNREF, index64: true, min: 1, max: Some(u64::MAX) };
    let memory = MemoryType { index64: false, shared: true, page_size_log2: 16, min: 1, max: Some(65536) };
    let tys = [
        ExternType::Func(TypeIndex(1)),
        ExternType::Table(table),
        ExternType::Memory(memory),
        ExternType::Global(GlobalType { content: ValType::I32, mutable: false }),
        ExternType::Tag(TypeIndex(2)),
    ];
    let named = |(index, ty)| Import { module: "host".into(), name: format!("import {index}"), ty };
    let mut imports: Vec<Import> = tys.into_iter().enumerate().map(named).collect();
    // Twice the same long name: both stand in the file.
    let ty = ExternType::Func(TypeIndex(0));
    imports.push(Import { module: long_name('m'), name: long_name('n'), ty });
    imports.push(Import { module: long_name('m'), name: String::new(), ty });
    imports
}

fn globals() -> Vec<(GlobalType, ConstExpr)> {
    let constant = |content, init: &[ConstOp]| (GlobalType { content, mutable: false }, init.to_vec());
    let object = ValType::Ref(RefType { nullable: false, heap: HeapType::Any });
    let to_three = RefType { nullable: true, heap: HeapType::Concrete(TypeIndex(3)) };
    let anything = RefType { nullable: true, heap: HeapType::None };
    use ConstOp::*;
    vec![
        constant(ValType::I32, &[I32Const(-1), GlobalGet(0), I32Add, I32Const(2), I32Sub, I32Const(3), I32Mul]),
        constant(ValType::I64, &[I64Const(i64::MIN), I64Const(1), I64Sub, I64Const(1), I64Add, I64Const(7), I64Mul]),
        constant(ValType::F32, &[F32Const(0x7fc0_0001)]),
        constant(ValType::F64, &[F64Const(0x3ff0_0000_0000_0000)]),
        constant(ValType::V128, &[V128Const(u128::MAX - 5)]),
        constant(ValType::Ref(RefType { nullable: false, heap: HeapType::Func }), &[RefFunc(3)]),
        constant(ValType::Ref(RefType { nullable: true, heap: HeapType::Eq }), &[RefNull(anything)]),
        (GlobalType { content: ValType::I32, mutable: true }, vec![GlobalGet(1)]),
        constant(object, &[I32Const(7), RefNull(to_three), StructNew(TypeIndex(4))]),
        constant(object, &[StructNewDefault(TypeIndex(4))]),
        constant(object, &[I32Const(5), I32Const(3), ArrayNew(TypeIndex(5))]),
        constant(object, &[I32Const(3), ArrayNewDefault(TypeIndex(5))]),
        constant(object, &[I32Const(1), I32Const(2), ArrayNewFixed(TypeIndex(5), 2)]),
        constant(
            ValType::Ref(RefType { nullable: false, heap: HeapType::Extern }),
            &[I32Const(1), RefI31, ExternConvertAny],
        ),
        constant(ValType::Ref(RefType::ANYREF), &[RefNull(RefType::EXTERNREF), AnyConvertExtern]),
    ]
}

fn elements() -> Vec<ElementSegment> {
    let func = RefType { nullable: false, heap: HeapType::Func };
    let active = |index, offset| SegmentMode::Active { index, offset: vec![offset] };
    vec![
        ElementSegment {
            mode: active(1, ConstOp::I32Const(2)),
            ty: func,
            items: ElementItems::Functions(vec![3, 0, 3]),
        },
        ElementSegment {
            mode: SegmentMode::Passive,
            ty: RefType::FUNCREF,
            items: ElementItems::Exprs(vec![
                vec![ConstOp::RefNull(RefType::FUNCREF)],
                vec![ConstOp::GlobalGet(6)],
                vec![ConstOp::RefFunc(4)],
            ]),
        },
        ElementSegment {
            mode: active(0, ConstOp::I64Const(0)),
            ty: RefType::EXTERNREF,
            items: ElementItems::Exprs(vec![vec![ConstOp::RefNull(RefType::EXTERNREF)]]),
        },
        ElementSegment { mode: SegmentMode::Dropped, ty: func, items: ElementItems::Functions(vec![5]) },
    ]
}

/// Two calls with the same handlers, and one with a handler of its own.
fn call_sites() -> Vec<CallSite> {
    let handler = |tag, landing_pad| Handler { tag, landing_pad };
    let shared = vec![handler(Some(2), 70), handler(Some(0), 80), handler(None, 90)];
    let site = |return_offset, handlers| CallSite { return_offset, frame_bytes: 48, vmctx_offset: 16, handlers };
    vec![site(55, shared.clone()), site(58, shared), site(61, vec![handler(None, 99)])]
}

/// Two calls that keep references at the same places, and one that does at others.
fn stack_maps() -> Vec<StackMap> {
    let map = |return_offset, slots: &[u32]| StackMap { return_offset, frame_bytes: 64, slots: slots.to_vec() };
    vec![map(20, &[0, 8]), map(24, &[0, 8]), map(60, &[40])]
}

/// Two places with the same functions, and one with others.
fn inlined() -> Vec<Inlined> {
    let frame = |function, wasm_offset| InlinedFrame { member: 0, function, wasm_offset };
    let at = |text_offset, frames: &[InlinedFrame]| Inlined { text_offset, frames: frames.to_vec() };
    let frames = [frame(5, 700), frame(4, 30)];
    vec![at(60, &frames), at(62, &frames), at(70, &[frame(4, 60), frame(5, 710), frame(4, 30)])]
}

/// Every section has something in it.
pub fn rich() -> Contents<'static> {
    let page = 1 << Isa::X86_64.page_size_log2();
    let export = |name: &str, kind, index| Export { name: name.into(), kind, index };
    let func_table = TableType { element: RefType::FUNCREF, index64: false, min: 8, max: Some(16) };
    let exact_table = TableType {
        element: RefType { nullable: false, heap: HeapType::Concrete(TypeIndex(0)) },
        index64: false,
        min: 1,
        max: None,
    };
    let memory = |index64, page_size_log2, min, max| MemoryType { index64, shared: false, page_size_log2, min, max };
    Contents {
        isa: Isa::X86_64,
        cpu_features: Isa::X86_64.baseline() | 1 << 63,
        source_digest: std::array::from_fn(|index| index as u8),
        name: "rich".into(),
        producer: "aot-format tests 1.0".into(),
        options: "--everything \u{1b}[0m".into(),
        guarded_memories: false,
        types: types(),
        imports: imports(),
        // Not in order of name, which is the order of the file.
        exports: vec![
            export("run", ExternKind::Func, 3),
            export("memory", ExternKind::Memory, 1),
            export("", ExternKind::Table, 1),
            export("übergabe", ExternKind::Global, 7),
            export(&long_name('x'), ExternKind::Tag, 1),
            export("again", ExternKind::Func, 3),
            export("host", ExternKind::Func, 0),
        ],
        tables: vec![(func_table, None), (exact_table, Some(vec![ConstOp::RefFunc(4)]))],
        memories: vec![
            memory(false, 16, 2, Some(3)),
            memory(true, 16, 1 << 48, None),
            memory(false, 0, 5000, Some(u64::from(u32::MAX))),
            memory(true, 0, 0, Some(u64::MAX)),
        ],
        globals: globals(),
        tags: vec![TypeIndex(1), TypeIndex(3)],
        start: Some(4),
        elements: elements(),
        data: vec![
            DataSegment {
                mode: SegmentMode::Active { index: 1, offset: vec![ConstOp::I32Const(7)] },
                bytes: b"active",
            },
            DataSegment { mode: SegmentMode::Passive, bytes: b"passive" },
            DataSegment {
                mode: SegmentMode::Active { index: 2, offset: vec![ConstOp::I64Const(1 << 40)] },
                bytes: b"",
            },
            DataSegment { mode: SegmentMode::Dropped, bytes: b"" },
        ],
        images: vec![
            MemoryImage { memory: 2, memory_offset: 0, bytes: vec![4] },
            MemoryImage { memory: 0, memory_offset: 2 * page, bytes: vec![1, 2, 3] },
            MemoryImage { memory: 0, memory_offset: 0, bytes: vec![9; page as usize] },
            MemoryImage { memory: 0, memory_offset: page, bytes: vec![] },
        ],
        functions: vec![
            Function { ty: TypeIndex(1), text_offset: 16, text_bytes: 10 },
            Function { ty: TypeIndex(0), text_offset: 32, text_bytes: 16 },
            Function { ty: TypeIndex(2), text_offset: 48, text_bytes: 200 },
        ],
        funcrefs: vec![0, 3, 4, 5],
        trampolines: vec![
            Trampolines { ty: TypeIndex(0), entry: Some(0), host: Some(4) },
            Trampolines { ty: TypeIndex(1), entry: None, host: Some(0) },
            Trampolines { ty: TypeIndex(2), entry: Some(8), host: None },
        ],
        traps: vec![(17, TrapCode::Unreachable), (33, TrapCode::StackOverflow), (60, TrapCode::MemoryOutOfBounds)],
        call_sites: call_sites(),
        stack_maps: stack_maps(),
        inlined: inlined(),
        addresses: (0..190).map(|index| (49 + index, (index * index * 37) % 5000)).collect(),
        function_names: vec![(1, "imported".into()), (4, "start".into()), (5, long_name('f'))],
        custom_sections: vec![("note".into(), b"kept".to_vec()), (long_name('c'), vec![])],
        text: (0..250).map(|index| index as u8).collect(),
    }
}
