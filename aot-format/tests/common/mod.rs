//! What the tests of the format share: sample contents, what an artifact says as contents again,
//! and walks over every accessor. Nothing here knows where a byte stands.

// Each test binary uses another part of this.
#![allow(dead_code)]

pub mod random;
pub mod sample;
pub mod strict;
pub mod tally;

use aot_format::layout::{ElementItem, FunctionRecord, NONE, Record, SectionKind};
use aot_format::read::{Artifact, Integrity, SegmentMode};
use aot_format::types::*;
use aot_format::write::{self, ConstExpr, ConstOp, Contents, ElementItems, Inlined};

/// Xorshift with 64 bits of state.
pub struct Rng(pub u64);

impl Rng {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// Verifies over borrowed bytes.
pub fn verify(bytes: &[u8]) -> Result<Artifact<&[u8]>, aot_format::FormatError> {
    Artifact::verify(bytes, Integrity::Full)
}

/// The file of these contents, with the records of one section changed by `with`, and sealed.
pub fn rewrite<R: Record>(contents: &Contents<'_>, kind: SectionKind, with: impl Fn(usize, &mut R)) -> Vec<u8> {
    let mut bytes = contents.write().unwrap();
    let range = verify(&bytes).unwrap().section_range(kind);
    let mut section = Vec::new();
    for (index, record) in bytes[range.clone()].chunks_exact(R::SIZE).enumerate() {
        let mut record = R::decode(record).unwrap();
        with(index, &mut record);
        record.encode(&mut section);
    }
    bytes[range].copy_from_slice(&section);
    write::seal(&mut bytes);
    bytes
}

/// Contents in the one form that reading gives back: element items as expressions, images padded,
/// names of functions completed.
pub fn normal<'a>(contents: &Contents<'a>) -> Contents<'a> {
    let mut contents = contents.clone();
    for segment in &mut contents.elements {
        let exprs: Vec<ConstExpr> = match &segment.items {
            ElementItems::Functions(functions) => {
                functions.iter().map(|index| vec![ConstOp::RefFunc(*index)]).collect()
            }
            ElementItems::Exprs(exprs) => exprs.clone(),
        };
        // The item for null does not say of which type.
        let null = |expr: ConstExpr| match expr.as_slice() {
            [ConstOp::RefNull(_)] => vec![ConstOp::RefNull(segment.ty)],
            _ => expr,
        };
        segment.items = ElementItems::Exprs(exprs.into_iter().map(null).collect());
    }
    let page = 1 << contents.isa.page_size_log2();
    contents.images.retain(|image| !image.bytes.is_empty());
    contents.images.sort_by_key(|image| (image.memory, image.memory_offset));
    for image in &mut contents.images {
        image.bytes.resize(image.bytes.len().next_multiple_of(page), 0);
    }
    for export in contents.exports.iter().filter(|export| export.kind == ExternKind::Func) {
        if !contents.function_names.iter().any(|(index, _)| *index == export.index) {
            contents.function_names.push((export.index, export.name.clone()));
        }
    }
    contents.function_names.sort();
    contents
}

/// What the artifact says, through accessors only. Text offsets cannot be listed: traps and
/// addresses are asked for at the offsets that `like` has.
pub fn contents_of<'a>(artifact: &'a Artifact<&[u8]>, like: &Contents<'_>) -> Contents<'a> {
    let module = artifact.module();
    let functions = artifact.counts().imported_functions + artifact.functions().len() as u32;
    Contents {
        isa: artifact.isa(),
        cpu_features: artifact.cpu_features(),
        source_digest: artifact.source_digest(),
        name: module.name.into(),
        producer: module.producer.into(),
        options: module.options.into(),
        guarded_memories: module.guarded_memories,
        types: (0..artifact.type_count()).filter_map(|index| artifact.type_def(TypeIndex(index))).collect(),
        imports: artifact.imports().map(import_of).collect(),
        exports: artifact.exports().into_iter().map(export_of).collect(),
        tables: artifact.tables().map(|(ty, init)| (ty, init.map(|init| expr_of(artifact, init)))).collect(),
        memories: artifact.memories().collect(),
        globals: artifact.globals().map(|(ty, init)| (ty, expr_of(artifact, init))).collect(),
        tags: artifact.tags().collect(),
        start: module.start,
        elements: elements_of(artifact),
        data: data_of(artifact),
        images: images_of(artifact),
        functions: artifact.functions().iter().map(function_of).collect(),
        funcrefs: artifact.funcrefs().iter().collect(),
        trampolines: trampolines_of(artifact),
        traps: like.traps.iter().filter_map(|(at, _)| Some((*at, artifact.trap_at(*at)?))).collect(),
        call_sites: artifact.call_sites().map(call_site_of).collect(),
        stack_maps: artifact.stack_maps().map(stack_map_of).collect(),
        inlined: artifact.inlined().map(|(at, frames)| Inlined { text_offset: at, frames: frames.collect() }).collect(),
        addresses: like.addresses.iter().filter_map(|(at, _)| Some((*at, artifact.wasm_offset_at(*at)?))).collect(),
        function_names: (0..functions)
            .filter_map(|index| Some((index, artifact.function_name(index)?.into_owned())))
            .collect(),
        custom_sections: artifact.custom_sections().map(|(name, bytes)| (name.into(), bytes.into())).collect(),
        text: artifact.text().into(),
    }
}

fn import_of(import: aot_format::read::Import<'_>) -> write::Import {
    write::Import { module: import.module.into(), name: import.name.into(), ty: import.ty }
}

fn export_of(export: aot_format::read::Export<'_>) -> write::Export {
    write::Export { name: export.name.into(), kind: export.kind, index: export.index }
}

fn stack_map_of(map: aot_format::read::StackMap<'_>) -> write::StackMap {
    let (return_offset, frame_bytes) = (map.return_offset, map.frame_bytes);
    write::StackMap { return_offset, frame_bytes, slots: map.slots().collect() }
}

fn call_site_of(site: aot_format::read::CallSite<'_>) -> write::CallSite {
    write::CallSite {
        return_offset: site.return_offset,
        frame_bytes: site.frame_bytes,
        vmctx_offset: site.vmctx_offset,
        handlers: site.handlers().collect(),
    }
}

fn function_of(record: FunctionRecord) -> write::Function {
    write::Function { ty: TypeIndex(record.ty), text_offset: record.text_offset, text_bytes: record.text_bytes }
}

fn expr_of<B: AsRef<[u8]>>(artifact: &Artifact<B>, index: u32) -> ConstExpr {
    artifact.const_expr(index).collect()
}

fn mode_of<B: AsRef<[u8]>>(artifact: &Artifact<B>, mode: SegmentMode) -> write::SegmentMode {
    match mode {
        SegmentMode::Active { index, offset } => {
            write::SegmentMode::Active { index, offset: expr_of(artifact, offset) }
        }
        SegmentMode::Passive => write::SegmentMode::Passive,
        SegmentMode::Dropped => write::SegmentMode::Dropped,
    }
}

fn elements_of(artifact: &Artifact<&[u8]>) -> Vec<write::ElementSegment> {
    let item = |ty: RefType, code| match ElementItem::from_code(code) {
        ElementItem::Null => vec![ConstOp::RefNull(ty)],
        ElementItem::Func(index) => vec![ConstOp::RefFunc(index)],
        ElementItem::Expr(index) => expr_of(artifact, index),
    };
    let segment = |segment: aot_format::read::ElementSegment<'_>| write::ElementSegment {
        mode: mode_of(artifact, segment.mode),
        ty: segment.ty,
        items: ElementItems::Exprs(segment.items.iter().map(|code| item(segment.ty, code)).collect()),
    };
    artifact.elements().map(segment).collect()
}

fn data_of<'a>(artifact: &'a Artifact<&[u8]>) -> Vec<write::DataSegment<'a>> {
    let segment = |segment: aot_format::read::DataSegment<'a>| write::DataSegment {
        mode: mode_of(artifact, segment.mode),
        bytes: segment.bytes,
    };
    artifact.data().map(segment).collect()
}

fn images_of(artifact: &Artifact<&[u8]>) -> Vec<write::MemoryImage> {
    let image = |image: aot_format::read::MemoryImage| write::MemoryImage {
        memory: image.memory,
        memory_offset: image.memory_offset,
        bytes: artifact.bytes()[image.file_range].into(),
    };
    artifact.images().map(image).collect()
}

fn trampolines_of(artifact: &Artifact<&[u8]>) -> Vec<write::Trampolines> {
    let place = |offset: u32| (offset != NONE).then_some(offset);
    let trampolines = |record: aot_format::layout::TrampolineRecord| write::Trampolines {
        ty: TypeIndex(record.ty),
        entry: place(record.entry),
        host: place(record.host),
    };
    artifact.trampolines().iter().map(trampolines).collect()
}

/// Calls every accessor and gives the number of things they gave. Must not panic over any bytes.
pub fn walk<B: AsRef<[u8]>>(artifact: &Artifact<B>) -> usize {
    let mut things = artifact.module().name.len() + artifact.exports().len() + artifact.text().len();
    for index in 0..artifact.type_count().min(300) {
        things += usize::from(artifact.type_def(TypeIndex(index)).is_some());
        things += usize::from(artifact.trampoline(TypeIndex(index)).is_some());
    }
    things += artifact.imports().filter(|import| artifact.export(import.name).is_some()).count();
    things += artifact.exports().iter().filter(|export| artifact.export(export.name).is_some()).count();
    things += artifact.tables().filter_map(|(_, init)| Some(artifact.const_expr(init?).count())).sum::<usize>();
    things += artifact.memories().count() + artifact.tags().count() + artifact.images().count();
    things += artifact.globals().map(|(_, init)| artifact.const_expr(init).count()).sum::<usize>();
    for (index, segment) in artifact.elements().enumerate() {
        things +=
            segment.items.iter().map(|code| usize::from(ElementItem::from_code(code).code() == code)).sum::<usize>();
        things += usize::from(artifact.element_segment(index as u32).is_some());
    }
    for (index, segment) in artifact.data().enumerate() {
        things += segment.bytes.len() + usize::from(artifact.data_segment(index as u32).is_some());
    }
    things += artifact.functions().iter().filter(|record| artifact.function_at(record.text_offset).is_some()).count();
    things += artifact.funcrefs().iter().filter(|index| artifact.funcref_slot(*index).is_some()).count();
    for at in [0, 1, 15, 16, 17, 31, 32, 48, 100, 4095, u32::MAX - 1, u32::MAX] {
        things += usize::from(artifact.trap_at(at).is_some()) + usize::from(artifact.wasm_offset_at(at).is_some());
        things += usize::from(artifact.function_name(at).is_some()) + usize::from(artifact.function_at(at).is_some());
    }
    things + artifact.custom_sections().map(|(name, bytes)| name.len() + bytes.len()).sum::<usize>()
}
