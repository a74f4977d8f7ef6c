//! Bytes → [`Artifact`]. An `Artifact` exists only where verification succeeded; what it returns
//! refers to its bytes, nothing is copied but what is asked for.
//!
//! Tables that only a trap, a throw or a back trace needs (traps, call sites and handlers, address map,
//! names) are not verified: their readers are total. A wrong one gives a wrong answer to "where was that"
//! or "where does it go on", which is code's business and as trusted as the code itself. The
//! other accessors are total too, whatever becomes of the bytes after verification (a mapped file
//! can change); they then give nothing, or wrong answers, but do not panic.

mod table;
mod view;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

pub use table::Table;
pub(crate) use view::{View, const_op, directory_digest, extern_type, file_digest, segment_mode, some};

use crate::abi::{TrapCode, VmctxCounts, VmctxLayout};
use crate::addrmap;
use crate::cpu::Isa;
use crate::error::FormatError;
use crate::layout::*;
use crate::types::*;
use crate::verify;
use crate::write::{ConstOp, Handler, InlinedFrame};

/// How much of a file its digest is checked over. Either finds accidents, never attackers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Integrity {
    /// Header and directory only: the cost does not grow with the file.
    Directory,
    /// Every byte.
    #[default]
    Full,
}

/// A verified artifact over bytes of any ownership.
#[derive(Debug)]
pub struct Artifact<B> {
    bytes: B,
    directory: Directory,
}

/// What verification found out and every accessor needs.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) isa: Isa,
    pub(crate) cpu_features: u64,
    pub(crate) source_digest: [u8; 32],
    pub(crate) digest: [u8; 16],
    pub(crate) page_size_log2: u32,
    pub(crate) ranges: [Range<usize>; SECTION_SLOTS],
    pub(crate) layout: VmctxLayout,
}

/// One import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Import<'a> {
    /// The module it is imported from.
    pub module: &'a str,
    /// The name of the export there.
    pub name: &'a str,
    /// What is wanted.
    pub ty: ExternType,
}

/// One export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Export<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub kind: ExternKind,
    /// Index in that kind's index space.
    pub index: u32,
}

/// What happens to a segment at instantiation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SegmentMode {
    /// Copied into table or memory `index` at the value of constant expression `offset`.
    Active {
        /// The table or memory.
        index: u32,
        /// Index of the constant expression.
        offset: u32,
    },
    /// Kept for `table.init` or `memory.init`.
    Passive,
    /// Counts as dropped.
    Dropped,
}

/// One element segment.
#[derive(Clone, Copy, Debug)]
pub struct ElementSegment<'a> {
    /// What happens to it.
    pub mode: SegmentMode,
    /// Type of its elements.
    pub ty: RefType,
    /// Codes of its [`ElementItem`]s.
    pub items: Table<'a, u32>,
}

/// One data segment.
#[derive(Clone, Copy, Debug)]
pub struct DataSegment<'a> {
    /// What happens to it.
    pub mode: SegmentMode,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Initial contents of one of the module's own memories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryImage {
    /// The memory, counted without imports.
    pub memory: u32,
    /// Where the image goes in the memory, in bytes.
    pub memory_offset: u64,
    /// Where it stands in the file, in bytes; page-aligned, whole pages.
    pub file_range: Range<usize>,
}

/// A call that has exception handlers.
#[derive(Clone, Copy, Debug)]
pub struct CallSite<'a> {
    /// Text offset the call returns to.
    pub return_offset: u32,
    /// From the stack pointer at the call up to the frame pointer, in bytes.
    pub frame_bytes: u32,
    /// From the stack pointer at the call up to where the function keeps its vmctx, in bytes.
    pub vmctx_offset: u32,
    handlers: Table<'a, HandlerRecord>,
}

impl<'a> CallSite<'a> {
    /// Its handlers, in the order in which they are asked.
    pub fn handlers(&self) -> impl Iterator<Item = Handler> + use<'a> {
        self.handlers.iter().map(|record| Handler { tag: some(record.tag), landing_pad: record.landing_pad })
    }
}

/// A call across which a function keeps managed references.
#[derive(Clone, Copy, Debug)]
pub struct StackMap<'a> {
    /// Text offset the call returns to.
    pub return_offset: u32,
    /// From the stack pointer at the call up to the frame pointer, in bytes.
    pub frame_bytes: u32,
    slots: Table<'a, u32>,
}

impl<'a> StackMap<'a> {
    /// Where in the frame they stand, in bytes from the stack pointer at the call.
    pub fn slots(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.slots.iter()
    }
}

/// What there is once per module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleInfo<'a> {
    /// The module's own name; may be empty.
    pub name: &'a str,
    /// The compiler and its version.
    pub producer: &'a str,
    /// The options that shaped the code.
    pub options: &'a str,
    /// The start function.
    pub start: Option<u32>,
    /// Whether accesses to memories rely on guard pages.
    pub guarded_memories: bool,
}

impl<B: AsRef<[u8]>> Artifact<B> {
    /// Verifies `bytes`. Time is linear in the metadata (and in the file for [`Integrity::Full`]);
    /// it allocates at most twice as many bytes as the file has, and 1 MiB.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, for any bytes at all. Whether the machine can run the
    /// artifact is not asked here.
    pub fn verify(bytes: B, integrity: Integrity) -> Result<Artifact<B>, FormatError> {
        let directory = verify::verify(bytes.as_ref(), integrity, None)?;
        Ok(Artifact { bytes, directory })
    }

    /// Verifies a member of a linked set, whose code of `text_bytes` bytes stands elsewhere. As [`Artifact::verify`].
    ///
    /// # Errors
    ///
    /// As [`Artifact::verify`].
    pub fn verify_member(bytes: B, text_bytes: u64, integrity: Integrity) -> Result<Artifact<B>, FormatError> {
        let directory = verify::verify(bytes.as_ref(), integrity, Some(text_bytes))?;
        Ok(Artifact { bytes, directory })
    }

    pub(crate) fn view(&self) -> View<'_> {
        View { bytes: self.bytes.as_ref(), ranges: &self.directory.ranges }
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// What holds the bytes.
    pub fn get_ref(&self) -> &B {
        &self.bytes
    }

    /// What holds the bytes. Whoever changes them has an artifact that gives wrong answers.
    pub fn get_mut(&mut self) -> &mut B {
        &mut self.bytes
    }

    /// Instruction set of the text.
    pub fn isa(&self) -> Isa {
        self.directory.isa
    }

    /// CPU features the text requires, as bits of [`Isa::feature_names`].
    pub fn cpu_features(&self) -> u64 {
        self.directory.cpu_features
    }

    /// SHA-256 of the wasm this was compiled from.
    pub fn source_digest(&self) -> [u8; 32] {
        self.directory.source_digest
    }

    /// The digest in the header.
    pub fn digest(&self) -> [u8; 16] {
        self.directory.digest
    }

    /// Text and images are aligned to `1 << page_size_log2` bytes in the file.
    pub fn page_size_log2(&self) -> u32 {
        self.directory.page_size_log2
    }

    /// Where everything stands in the module's vmctx.
    pub fn layout(&self) -> &VmctxLayout {
        &self.directory.layout
    }

    /// How many of each thing there is.
    pub fn counts(&self) -> &VmctxCounts {
        &self.directory.layout.counts
    }

    /// Where a section stands in the file; empty if it is absent.
    pub fn section_range(&self, kind: SectionKind) -> Range<usize> {
        self.directory.ranges[kind as usize].clone()
    }

    /// The machine code; of a member of a linked set, none: it stands in the set's.
    pub fn text(&self) -> &[u8] {
        self.view().section(SectionKind::Text)
    }

    /// What there is once per module.
    pub fn module(&self) -> ModuleInfo<'_> {
        self.view().module().unwrap_or(ModuleInfo {
            name: "",
            producer: "",
            options: "",
            start: None,
            guarded_memories: false,
        })
    }

    /// The module's own name; may be empty.
    pub fn name(&self) -> &str {
        self.view().module_record().and_then(|record| self.view().str(record.name)).unwrap_or("")
    }

    /// The start function.
    pub fn start(&self) -> Option<u32> {
        some(self.view().module_record()?.start)
    }

    /// Number of type definitions.
    pub fn type_count(&self) -> u32 {
        self.view().table::<TypeRecord>(SectionKind::Types).len() as u32
    }

    /// Codes of the parameters and results of a defined function type that is final, alone in its group and without
    /// supertype, and refers to no other type. Any two of these with the same codes are one type.
    pub fn plain_func_type(&self, index: TypeIndex) -> Option<(Table<'_, u32>, Table<'_, u32>)> {
        let view = self.view();
        let record = view.table::<TypeRecord>(SectionKind::Types).get(index.0 as usize)?;
        let items = view.table(SectionKind::TypeItems);
        let (params, results) = (items.span(record.first)?, items.span(record.second)?);
        let refers = |code| match ValType::from_code(code) {
            Some(ValType::Ref(reference)) => matches!(reference.heap, HeapType::Concrete(_)),
            ty => ty.is_none(),
        };
        let alone = record.kind == TYPE_FUNC | TYPE_FINAL && record.supertype == NONE && record.group.len == 1;
        (alone && !params.iter().chain(results.iter()).any(refers)).then_some((params, results))
    }

    /// A type definition.
    pub fn type_def(&self, index: TypeIndex) -> Option<TypeDef> {
        self.view().type_def(index)
    }

    /// A defined function type.
    pub fn func_type(&self, index: TypeIndex) -> Option<FuncType> {
        match self.type_def(index)?.composite {
            CompositeType::Func(func) => Some(func),
            _ => None,
        }
    }

    /// Number of imports.
    pub fn import_count(&self) -> u32 {
        self.view().table::<ImportRecord>(SectionKind::Imports).len() as u32
    }

    /// Imports in order.
    pub fn imports(&self) -> impl Iterator<Item = Import<'_>> {
        let view = self.view();
        view.table::<ImportRecord>(SectionKind::Imports).iter().filter_map(move |record| view.import(record))
    }

    /// The export of this name.
    pub fn export(&self, name: &str) -> Option<Export<'_>> {
        let view = self.view();
        let exports = view.table::<ExportRecord>(SectionKind::Exports);
        let before = |record: ExportRecord| view.bytes_of(record.name).is_some_and(|bytes| bytes < name.as_bytes());
        let found = exports.get(exports.partition_point(before))?;
        view.export(found).filter(|export| export.name == name)
    }

    /// Exports in the module's own order.
    pub fn exports(&self) -> Vec<Export<'_>> {
        let view = self.view();
        let records = view.table::<ExportRecord>(SectionKind::Exports);
        // Verification found the ordinals to be a permutation, so every place is filled.
        let mut exports = vec![Export { name: "", kind: ExternKind::Func, index: NONE }; records.len()];
        for record in records.iter() {
            if let (Some(place), Some(export)) = (exports.get_mut(record.ordinal as usize), view.export(record)) {
                *place = export;
            }
        }
        exports
    }

    /// The module's own tables, with the constant expression of their initial element.
    pub fn tables(&self) -> impl Iterator<Item = (TableType, Option<u32>)> {
        self.definitions(SectionKind::Tables).filter_map(|(ty, init)| match ty {
            ExternType::Table(table) => Some((table, init)),
            _ => None,
        })
    }

    /// The module's own memories.
    pub fn memories(&self) -> impl Iterator<Item = MemoryType> {
        self.definitions(SectionKind::Memories).filter_map(|(ty, _)| match ty {
            ExternType::Memory(memory) => Some(memory),
            _ => None,
        })
    }

    /// The module's own globals, with the constant expression of their initial value.
    pub fn globals(&self) -> impl Iterator<Item = (GlobalType, u32)> {
        self.definitions(SectionKind::Globals).filter_map(|(ty, init)| match ty {
            ExternType::Global(global) => Some((global, init?)),
            _ => None,
        })
    }

    /// Types of the module's own tags.
    pub fn tags(&self) -> impl Iterator<Item = TypeIndex> {
        self.definitions(SectionKind::Tags).filter_map(|(ty, _)| match ty {
            ExternType::Tag(ty) => Some(ty),
            _ => None,
        })
    }

    fn definitions(&self, kind: SectionKind) -> impl Iterator<Item = (ExternType, Option<u32>)> {
        let records = self.view().table::<DefinitionRecord>(kind);
        records.iter().filter_map(|record| Some((extern_type(&record.ty)?, some(record.init))))
    }

    /// Operators of a constant expression, in postfix order.
    pub fn const_expr(&self, index: u32) -> impl Iterator<Item = ConstOp> {
        let ops = self.view().const_ops(index);
        ops.into_iter().flat_map(|ops| ops.iter().filter_map(const_op))
    }

    /// Element segments.
    pub fn elements(&self) -> impl Iterator<Item = ElementSegment<'_>> {
        let view = self.view();
        let records = view.table::<ElementSegmentRecord>(SectionKind::ElementSegments);
        records.iter().filter_map(move |record| view.element_segment(record))
    }

    /// Data segments.
    pub fn data(&self) -> impl Iterator<Item = DataSegment<'_>> {
        let view = self.view();
        let records = view.table::<DataSegmentRecord>(SectionKind::DataSegments);
        records.iter().filter_map(move |record| view.data_segment(record))
    }

    /// Element segment `index`.
    pub fn element_segment(&self, index: u32) -> Option<ElementSegment<'_>> {
        let view = self.view();
        view.element_segment(view.table(SectionKind::ElementSegments).get(index as usize)?)
    }

    /// Data segment `index`.
    pub fn data_segment(&self, index: u32) -> Option<DataSegment<'_>> {
        let view = self.view();
        view.data_segment(view.table(SectionKind::DataSegments).get(index as usize)?)
    }

    /// The segment modes (`SEGMENT_*`) of all data segments, without reading anything else of them.
    pub fn data_modes(&self) -> impl Iterator<Item = u32> + '_ {
        let section = self.view().section(SectionKind::DataSegments);
        section.chunks_exact(DataSegmentRecord::SIZE).filter_map(u32::decode)
    }

    /// Memory images.
    pub fn images(&self) -> impl Iterator<Item = MemoryImage> {
        let images = self.section_range(SectionKind::Images);
        self.view().table::<MemoryImageRecord>(SectionKind::MemoryImages).iter().filter_map(move |record| {
            let start = images.start.checked_add(usize::try_from(record.image_offset).ok()?)?;
            let end = start.checked_add(usize::try_from(record.bytes).ok()?)?;
            let (memory, memory_offset) = (record.memory, record.memory_offset);
            (end <= images.end).then_some(MemoryImage { memory, memory_offset, file_range: start..end })
        })
    }

    /// The module's own functions.
    pub fn functions(&self) -> Table<'_, FunctionRecord> {
        self.view().table(SectionKind::Functions)
    }

    /// Functions of which references can be taken; a position is a funcref slot of the vmctx.
    pub fn funcrefs(&self) -> Table<'_, u32> {
        self.view().table(SectionKind::FuncRefs)
    }

    /// The funcref slot of a function.
    pub fn funcref_slot(&self, function: u32) -> Option<u32> {
        let funcrefs = self.funcrefs();
        let slot = funcrefs.partition_point(|index| index < function);
        (funcrefs.get(slot) == Some(function)).then_some(slot as u32)
    }

    /// Trampolines, types ascending.
    pub fn trampolines(&self) -> Table<'_, TrampolineRecord> {
        self.view().table(SectionKind::Trampolines)
    }

    /// The trampolines of a type.
    pub fn trampoline(&self, ty: TypeIndex) -> Option<TrampolineRecord> {
        let trampolines = self.trampolines();
        trampolines.get(trampolines.partition_point(|record| record.ty < ty.0)).filter(|record| record.ty == ty.0)
    }

    /// Why the instruction at this text offset can trap.
    pub fn trap_at(&self, text_offset: u32) -> Option<TrapCode> {
        let offsets = self.view().table::<u32>(SectionKind::TrapOffsets);
        let index = offsets.partition_point(|offset| offset < text_offset);
        if offsets.get(index)? != text_offset {
            return None;
        }
        TrapCode::from_code(*self.view().section(SectionKind::TrapCodes).get(index)?)
    }

    /// The call that returns to this text offset, if it has exception handlers.
    pub fn call_site(&self, return_offset: u32) -> Option<CallSite<'_>> {
        let sites = self.view().table::<CallSiteRecord>(SectionKind::CallSites);
        let index = sites.partition_point(|record| record.return_offset < return_offset);
        let record = sites.get(index).filter(|record| record.return_offset == return_offset)?;
        self.call_site_of(record)
    }

    /// All calls that have exception handlers.
    pub fn call_sites(&self) -> impl Iterator<Item = CallSite<'_>> {
        let sites = self.view().table::<CallSiteRecord>(SectionKind::CallSites);
        sites.iter().filter_map(|record| self.call_site_of(record))
    }

    fn call_site_of(&self, record: CallSiteRecord) -> Option<CallSite<'_>> {
        let handlers = self.view().table::<HandlerRecord>(SectionKind::Handlers).span(record.handlers)?;
        let CallSiteRecord { return_offset, frame_bytes, vmctx_offset, .. } = record;
        Some(CallSite { return_offset, frame_bytes, vmctx_offset, handlers })
    }

    /// The call that returns to this text offset, if its function keeps managed references across it.
    pub fn stack_map(&self, return_offset: u32) -> Option<StackMap<'_>> {
        let maps = self.view().table::<StackMapRecord>(SectionKind::StackMaps);
        let index = maps.partition_point(|record| record.return_offset < return_offset);
        let record = maps.get(index).filter(|record| record.return_offset == return_offset)?;
        self.stack_map_of(record)
    }

    /// All calls across which functions keep managed references.
    pub fn stack_maps(&self) -> impl Iterator<Item = StackMap<'_>> {
        let maps = self.view().table::<StackMapRecord>(SectionKind::StackMaps);
        maps.iter().filter_map(|record| self.stack_map_of(record))
    }

    fn stack_map_of(&self, record: StackMapRecord) -> Option<StackMap<'_>> {
        let slots = self.view().table::<u32>(SectionKind::StackSlots).span(record.slots)?;
        Some(StackMap { return_offset: record.return_offset, frame_bytes: record.frame_bytes, slots })
    }

    /// The own function (counted without imports) whose code holds this text offset.
    pub fn function_at(&self, text_offset: u32) -> Option<u32> {
        let functions = self.functions();
        let after = functions.partition_point(|record| record.text_offset <= text_offset);
        let index = after.checked_sub(1)?;
        let record = functions.get(index)?;
        (text_offset.checked_sub(record.text_offset)? < record.text_bytes).then_some(index as u32)
    }

    /// The offset in the wasm module of the instruction at this text offset: that of the last entry
    /// of the address map up to there, if it is in the same function. Where code was inlined, the module is
    /// that of the first of [`Self::inlined_at`].
    pub fn wasm_offset_at(&self, text_offset: u32) -> Option<u32> {
        self.address_at(text_offset).map(|(_, wasm_offset)| wasm_offset)
    }

    /// The functions that a back trace names for the instruction at this text offset, if its code was inlined: innermost
    /// first, and last the one it was inlined into.
    pub fn inlined_at(&self, text_offset: u32) -> Option<impl Iterator<Item = InlinedFrame>> {
        let (entry, _) = self.address_at(text_offset)?;
        let inlined = self.view().table::<InlinedRecord>(SectionKind::Inlined);
        let index = inlined.partition_point(|record| record.text_offset < entry);
        self.frames_of(inlined.get(index).filter(|record| record.text_offset == entry)?)
    }

    /// All places whose code was inlined, with their functions.
    pub fn inlined(&self) -> impl Iterator<Item = (u32, impl Iterator<Item = InlinedFrame>)> {
        let inlined = self.view().table::<InlinedRecord>(SectionKind::Inlined);
        inlined.iter().filter_map(|record| Some((record.text_offset, self.frames_of(record)?)))
    }

    fn frames_of(&self, record: InlinedRecord) -> Option<impl Iterator<Item = InlinedFrame> + use<'_, B>> {
        let frames = self.view().table::<InlinedFrameRecord>(SectionKind::InlinedFrames).span(record.frames)?;
        let frame =
            |InlinedFrameRecord { member, function, wasm_offset }| InlinedFrame { member, function, wasm_offset };
        Some(frames.iter().map(frame))
    }

    /// The entry of the address map that an instruction belongs to: where it begins in the text, and its wasm offset.
    fn address_at(&self, text_offset: u32) -> Option<(u32, u32)> {
        let blocks = self.view().table::<AddressBlockRecord>(SectionKind::AddressBlocks);
        let map = self.view().section(SectionKind::AddressMap);
        let index = blocks.partition_point(|block| block.text_offset <= text_offset).checked_sub(1)?;
        let end = blocks.get(index + 1).map_or(map.len(), |next| next.map_offset as usize);
        let (entry, wasm_offset) = addrmap::lookup(map, blocks.get(index)?, end, text_offset)?;
        (self.function_at(entry)? == self.function_at(text_offset)?).then_some((entry, wasm_offset))
    }

    /// The offset in the wasm module at which the body of an own function begins, if it has code and entries in the
    /// address map.
    pub fn body_offset(&self, own: u32) -> Option<u32> {
        let record = self.functions().get(own as usize).filter(|record| record.text_bytes > 0)?;
        self.wasm_offset_at(record.text_offset)
    }

    /// The name of a function (imported too), from the name section or its first export.
    pub fn function_name(&self, function: u32) -> Option<Cow<'_, str>> {
        self.function_name_bytes(function).map(String::from_utf8_lossy)
    }

    /// The bytes of a function's name, which nobody has verified.
    pub(crate) fn function_name_bytes(&self, function: u32) -> Option<&[u8]> {
        let view = self.view();
        let names = view.table::<FunctionNameRecord>(SectionKind::FunctionNames);
        let index = names.partition_point(|record| record.function < function);
        let record = names.get(index).filter(|record| record.function == function)?;
        view.bytes_of(record.name)
    }

    /// Custom sections that were kept: name and bytes.
    pub fn custom_sections(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let view = self.view();
        view.table::<CustomSectionRecord>(SectionKind::CustomSections).iter().filter_map(move |record| {
            Some((view.str(record.name)?, view.span_bytes(SectionKind::CustomData, record.data)?))
        })
    }
}
