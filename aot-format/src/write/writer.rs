//! Sections filled record by record, then placed in a file.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::abi::ABI_HASH;
use crate::layout::*;
use crate::{addrmap, limits};

/// The bytes of an artifact with these contents.
pub(super) fn write(contents: &Contents<'_>) -> Result<Vec<u8>, FormatError> {
    let mut writer = Writer::default();
    let module = ModuleRecord {
        name: writer.string(&contents.name)?,
        producer: writer.string(&contents.producer)?,
        options: writer.string(&contents.options)?,
        start: contents.start.unwrap_or(NONE),
        flags: if contents.guarded_memories { MODULE_GUARDED_MEMORIES } else { 0 },
    };
    writer.record(SectionKind::Module, &module);
    writer.types(&contents.types)?;
    writer.interface(&contents.imports, &contents.exports)?;
    writer.definitions(contents)?;
    writer.elements(&contents.elements)?;
    writer.data(&contents.data)?;
    writer.code_tables(contents)?;
    writer.custom_sections(&contents.custom_sections)?;
    writer.images(&contents.images, contents.isa)?;
    writer.section(SectionKind::Text).extend_from_slice(&contents.text);
    writer.finish(contents)
}

/// The sections as they grow.
#[derive(Default)]
struct Writer {
    sections: BTreeMap<SectionKind, Vec<u8>>,
    strings: BTreeMap<String, StrRef>,
}

fn to_u32(what: &'static str, value: usize) -> Result<u32, FormatError> {
    u32::try_from(value).map_err(|_| FormatError::LimitExceeded {
        what,
        count: value as u64,
        limit: u64::from(u32::MAX),
    })
}

impl Writer {
    fn section(&mut self, kind: SectionKind) -> &mut Vec<u8> {
        self.sections.entry(kind).or_default()
    }

    fn record(&mut self, kind: SectionKind, record: &impl Record) {
        record.encode(self.section(kind));
    }

    /// Entries a section has so far.
    fn count(&self, kind: SectionKind) -> Result<u32, FormatError> {
        let bytes = self.sections.get(&kind).map_or(0, Vec::len);
        to_u32(kind.label(), bytes / kind.entry_bytes())
    }

    /// Appends a string, unless it stands there and is short enough to be shared.
    fn string(&mut self, text: &str) -> Result<StrRef, FormatError> {
        if let Some(known) = self.strings.get(text) {
            return Ok(*known);
        }
        let section = self.section(SectionKind::Strings);
        let place = StrRef { offset: to_u32("strings", section.len())?, bytes: to_u32("name", text.len())? };
        section.extend_from_slice(text.as_bytes());
        if text.len() <= limits::MAX_SHARED_NAME_BYTES as usize {
            self.strings.insert(text.into(), place);
        }
        Ok(place)
    }

    /// Appends u32 entries and says where they stand.
    fn words(&mut self, kind: SectionKind, words: impl IntoIterator<Item = u32>) -> Result<Span, FormatError> {
        let start = self.count(kind)?;
        let section = self.section(kind);
        for word in words {
            word.encode(section);
        }
        Ok(Span { start, len: self.count(kind)? - start })
    }

    fn types(&mut self, types: &[TypeDef]) -> Result<(), FormatError> {
        for ty in types {
            let (kind, first, second): (u32, Vec<u32>, Vec<u32>) = match &ty.composite {
                CompositeType::Func(func) => (
                    TYPE_FUNC,
                    func.params.iter().map(|ty| ty.code()).collect(),
                    func.results.iter().map(|ty| ty.code()).collect(),
                ),
                CompositeType::Struct(fields) => {
                    (TYPE_STRUCT, fields.iter().map(|field| field.code()).collect(), Vec::new())
                }
                CompositeType::Array(field) => (TYPE_ARRAY, [field.code()].into(), Vec::new()),
            };
            let record = TypeRecord {
                kind: kind | if ty.is_final { TYPE_FINAL } else { 0 },
                supertype: ty.supertype.map_or(NONE, |index| index.0),
                group: Span { start: ty.group_start.0, len: ty.group_len },
                first: self.words(SectionKind::TypeItems, first)?,
                second: self.words(SectionKind::TypeItems, second)?,
            };
            self.record(SectionKind::Types, &record);
        }
        Ok(())
    }

    fn interface(&mut self, imports: &[Import], exports: &[Export]) -> Result<(), FormatError> {
        for import in imports {
            let record = ImportRecord {
                module: self.string(&import.module)?,
                name: self.string(&import.name)?,
                ty: extern_type_fields(&import.ty),
            };
            self.record(SectionKind::Imports, &record);
        }
        let mut sorted: Vec<_> = exports.iter().enumerate().collect();
        sorted.sort_by_key(|(_, export)| export.name.as_bytes());
        for (ordinal, export) in sorted {
            let record = ExportRecord {
                name: self.string(&export.name)?,
                kind: export.kind as u32,
                index: export.index,
                ordinal: to_u32("exports", ordinal)?,
            };
            self.record(SectionKind::Exports, &record);
        }
        Ok(())
    }

    fn definitions(&mut self, contents: &Contents<'_>) -> Result<(), FormatError> {
        for (ty, init) in &contents.tables {
            let init = init.as_ref().map_or(Ok(NONE), |init| self.const_expr(init))?;
            self.definition(SectionKind::Tables, &ExternType::Table(*ty), init);
        }
        for ty in &contents.memories {
            self.definition(SectionKind::Memories, &ExternType::Memory(*ty), NONE);
        }
        for (ty, init) in &contents.globals {
            let init = self.const_expr(init)?;
            self.definition(SectionKind::Globals, &ExternType::Global(*ty), init);
        }
        for ty in &contents.tags {
            self.definition(SectionKind::Tags, &ExternType::Tag(*ty), NONE);
        }
        Ok(())
    }

    fn definition(&mut self, kind: SectionKind, ty: &ExternType, init: u32) {
        self.record(kind, &DefinitionRecord { ty: extern_type_fields(ty), init });
    }

    /// Appends a constant expression and gives its index.
    fn const_expr(&mut self, ops: &[ConstOp]) -> Result<u32, FormatError> {
        let start = self.count(SectionKind::ConstOps)?;
        for op in ops {
            self.record(SectionKind::ConstOps, &const_op_record(*op));
        }
        let index = self.count(SectionKind::ConstExprs)?;
        let ops = Span { start, len: to_u32("constant operators", ops.len())? };
        self.record(SectionKind::ConstExprs, &ConstExprRecord { ops });
        Ok(index)
    }

    /// The mode, target and offset fields of a segment.
    fn segment_mode(&mut self, mode: &SegmentMode) -> Result<(u32, u32, u32), FormatError> {
        Ok(match mode {
            SegmentMode::Active { index, offset } => (SEGMENT_ACTIVE, *index, self.const_expr(offset)?),
            SegmentMode::Passive => (SEGMENT_PASSIVE, NONE, NONE),
            SegmentMode::Dropped => (SEGMENT_DROPPED, NONE, NONE),
        })
    }

    fn elements(&mut self, elements: &[ElementSegment]) -> Result<(), FormatError> {
        for segment in elements {
            let (mode, table, offset) = self.segment_mode(&segment.mode)?;
            let items: Vec<ElementItem> = match &segment.items {
                ElementItems::Functions(functions) => functions.iter().map(|index| ElementItem::Func(*index)).collect(),
                ElementItems::Exprs(exprs) => {
                    let mut items = Vec::with_capacity(exprs.len());
                    for expr in exprs {
                        items.push(match expr.as_slice() {
                            [ConstOp::RefFunc(index)] => ElementItem::Func(*index),
                            [ConstOp::RefNull(_)] => ElementItem::Null,
                            expr => ElementItem::Expr(self.const_expr(expr)?),
                        });
                    }
                    items
                }
            };
            let record = ElementSegmentRecord {
                mode,
                table,
                offset,
                ty: ValType::Ref(segment.ty).code(),
                items: self.words(SectionKind::ElementItems, items.into_iter().map(ElementItem::code))?,
            };
            self.record(SectionKind::ElementSegments, &record);
        }
        Ok(())
    }

    fn data(&mut self, segments: &[DataSegment<'_>]) -> Result<(), FormatError> {
        for segment in segments {
            let (mode, memory, offset) = self.segment_mode(&segment.mode)?;
            let data = self.blob(SectionKind::Data, segment.bytes)?;
            self.record(SectionKind::DataSegments, &DataSegmentRecord { mode, memory, offset, data });
        }
        Ok(())
    }

    /// Appends bytes and says where they stand.
    fn blob(&mut self, kind: SectionKind, bytes: &[u8]) -> Result<Span, FormatError> {
        let start = self.count(kind)?;
        self.section(kind).extend_from_slice(bytes);
        Ok(Span { start, len: to_u32(kind.label(), bytes.len())? })
    }

    fn code_tables(&mut self, contents: &Contents<'_>) -> Result<(), FormatError> {
        for function in &contents.functions {
            let record = FunctionRecord {
                ty: function.ty.0,
                text_offset: function.text_offset,
                text_bytes: function.text_bytes,
            };
            self.record(SectionKind::Functions, &record);
        }
        self.words(SectionKind::FuncRefs, contents.funcrefs.iter().copied())?;
        for trampolines in &contents.trampolines {
            let record = TrampolineRecord {
                ty: trampolines.ty.0,
                entry: trampolines.entry.unwrap_or(NONE),
                host: trampolines.host.unwrap_or(NONE),
            };
            self.record(SectionKind::Trampolines, &record);
        }
        self.words(SectionKind::TrapOffsets, contents.traps.iter().map(|(offset, _)| *offset))?;
        let codes = self.section(SectionKind::TrapCodes);
        codes.extend(contents.traps.iter().map(|(_, code)| *code as u8));
        self.call_sites(&contents.call_sites)?;
        self.stack_maps(&contents.stack_maps)?;
        let (blocks, map) = addrmap::encode(&contents.addresses);
        for block in &blocks {
            self.record(SectionKind::AddressBlocks, block);
        }
        *self.section(SectionKind::AddressMap) = map;
        self.inlined(&contents.inlined)?;
        self.function_names(contents)
    }

    /// Calls in one `try_table` often have the same handlers; those are written once.
    fn call_sites(&mut self, call_sites: &[CallSite]) -> Result<(), FormatError> {
        let mut known: BTreeMap<&[Handler], Span> = BTreeMap::new();
        for site in call_sites {
            let handlers = match known.get(site.handlers.as_slice()) {
                Some(span) => *span,
                None => {
                    let start = self.count(SectionKind::Handlers)?;
                    for handler in &site.handlers {
                        let Handler { tag, landing_pad } = *handler;
                        self.record(SectionKind::Handlers, &HandlerRecord { tag: tag.unwrap_or(NONE), landing_pad });
                    }
                    let span = Span { start, len: to_u32("handlers", site.handlers.len())? };
                    known.insert(&site.handlers, span);
                    span
                }
            };
            let record = CallSiteRecord {
                return_offset: site.return_offset,
                frame_bytes: site.frame_bytes,
                vmctx_offset: site.vmctx_offset,
                handlers,
            };
            self.record(SectionKind::CallSites, &record);
        }
        Ok(())
    }

    /// The instructions of one inlined body have few callers; those are written once.
    fn inlined(&mut self, inlined: &[Inlined]) -> Result<(), FormatError> {
        let mut known: BTreeMap<&[InlinedFrame], Span> = BTreeMap::new();
        for run in inlined {
            let frames = match known.get(run.frames.as_slice()) {
                Some(span) => *span,
                None => {
                    let start = self.count(SectionKind::InlinedFrames)?;
                    for frame in &run.frames {
                        let InlinedFrame { member, function, wasm_offset } = *frame;
                        let record = InlinedFrameRecord { member, function, wasm_offset };
                        self.record(SectionKind::InlinedFrames, &record);
                    }
                    let span = Span { start, len: to_u32("inlined frames", run.frames.len())? };
                    known.insert(&run.frames, span);
                    span
                }
            };
            self.record(SectionKind::Inlined, &InlinedRecord { text_offset: run.text_offset, frames });
        }
        Ok(())
    }

    /// Calls of one function often keep references at the same places; those are written once.
    fn stack_maps(&mut self, stack_maps: &[StackMap]) -> Result<(), FormatError> {
        let mut known: BTreeMap<&[u32], Span> = BTreeMap::new();
        for map in stack_maps {
            let slots = match known.get(map.slots.as_slice()) {
                Some(span) => *span,
                None => {
                    let span = self.words(SectionKind::StackSlots, map.slots.iter().copied())?;
                    known.insert(&map.slots, span);
                    span
                }
            };
            let record = StackMapRecord { return_offset: map.return_offset, frame_bytes: map.frame_bytes, slots };
            self.record(SectionKind::StackMaps, &record);
        }
        Ok(())
    }

    fn function_names(&mut self, contents: &Contents<'_>) -> Result<(), FormatError> {
        let mut names: BTreeMap<u32, &str> = BTreeMap::new();
        for (function, name) in &contents.function_names {
            names.entry(*function).or_insert(name);
        }
        for export in contents.exports.iter().filter(|export| export.kind == ExternKind::Func) {
            names.entry(export.index).or_insert(&export.name);
        }
        for (function, name) in names {
            let record = FunctionNameRecord { function, name: self.string(name)? };
            self.record(SectionKind::FunctionNames, &record);
        }
        Ok(())
    }

    fn custom_sections(&mut self, sections: &[(String, Vec<u8>)]) -> Result<(), FormatError> {
        for (name, bytes) in sections {
            let record =
                CustomSectionRecord { name: self.string(name)?, data: self.blob(SectionKind::CustomData, bytes)? };
            self.record(SectionKind::CustomSections, &record);
        }
        Ok(())
    }

    fn images(&mut self, images: &[MemoryImage], isa: Isa) -> Result<(), FormatError> {
        let page = 1usize << isa.page_size_log2();
        let mut images: Vec<&MemoryImage> = images.iter().filter(|image| !image.bytes.is_empty()).collect();
        images.sort_by_key(|image| (image.memory, image.memory_offset));
        for image in images {
            let section = self.section(SectionKind::Images);
            let image_offset = section.len() as u64;
            section.extend_from_slice(&image.bytes);
            section.resize(section.len().next_multiple_of(page), 0);
            let bytes = section.len() as u64 - image_offset;
            let record = MemoryImageRecord {
                memory: image.memory,
                reserved: 0,
                memory_offset: image.memory_offset,
                image_offset,
                bytes,
            };
            self.record(SectionKind::MemoryImages, &record);
        }
        Ok(())
    }

    /// Places the sections behind header and directory and digests the whole.
    fn finish(mut self, contents: &Contents<'_>) -> Result<Vec<u8>, FormatError> {
        let page = 1u64 << contents.isa.page_size_log2();
        self.sections.retain(|_, bytes| !bytes.is_empty());
        let mut next = (HEADER_BYTES + self.sections.len() * SectionRecord::SIZE) as u64;
        let mut directory = Vec::new();
        for (kind, bytes) in &self.sections {
            let offset = next.next_multiple_of(if kind.page_aligned() { page } else { SECTION_ALIGN });
            let bytes = bytes.len() as u64;
            directory.push(SectionRecord { kind: *kind as u32, reserved: 0, offset, bytes });
            next = offset + bytes;
        }
        if next > limits::MAX_FILE_BYTES {
            return Err(FormatError::LimitExceeded { what: "file size", count: next, limit: limits::MAX_FILE_BYTES });
        }
        let header = Header {
            magic: MAGIC,
            format_version: FORMAT_VERSION,
            header_bytes: HEADER_BYTES as u32,
            abi_hash: ABI_HASH,
            file_bytes: next,
            isa: contents.isa as u32,
            page_size_log2: contents.isa.page_size_log2(),
            cpu_features: contents.cpu_features,
            digest: [0; 16],
            source_digest: contents.source_digest,
            section_count: to_u32("sections", directory.len())?,
            reserved: 0,
            directory_digest: 0,
            reserved2: [0; 16],
        };
        let mut out = Vec::with_capacity(next as usize);
        header.encode(&mut out);
        for record in &directory {
            record.encode(&mut out);
        }
        for (record, bytes) in directory.iter().zip(self.sections.values()) {
            out.resize(record.offset as usize, 0);
            out.extend_from_slice(bytes);
        }
        seal(&mut out);
        Ok(out)
    }
}
