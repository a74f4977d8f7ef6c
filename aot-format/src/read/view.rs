//! Sections over bytes and the decoding of their records: what verification and the accessors of an
//! artifact share. Every function here is total over any bytes.

use alloc::vec::Vec;
use core::ops::Range;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{DataSegment, ElementSegment, Export, Import, ModuleInfo, SegmentMode, Table};
use crate::layout::*;
use crate::types::*;
use crate::write::ConstOp;

/// Sections over bytes, before and after verification.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) ranges: &'a [Range<usize>; SECTION_SLOTS],
}

impl<'a> View<'a> {
    /// The bytes of a section. It is asked for in forty places, once for many records.
    #[inline(never)]
    pub(crate) fn section(&self, kind: SectionKind) -> &'a [u8] {
        self.bytes.get(self.ranges[kind as usize].clone()).unwrap_or(&[])
    }

    pub(crate) fn table<R: Record>(&self, kind: SectionKind) -> Table<'a, R> {
        Table::new(self.section(kind))
    }

    pub(crate) fn bytes_of(&self, place: StrRef) -> Option<&'a [u8]> {
        self.span_bytes(SectionKind::Strings, Span { start: place.offset, len: place.bytes })
    }

    pub(crate) fn str(&self, place: StrRef) -> Option<&'a str> {
        core::str::from_utf8(self.bytes_of(place)?).ok()
    }

    pub(crate) fn span_bytes(&self, kind: SectionKind, span: Span) -> Option<&'a [u8]> {
        let start = span.start as usize;
        self.section(kind).get(start..start.checked_add(span.len as usize)?)
    }

    pub(crate) fn module_record(&self) -> Option<ModuleRecord> {
        self.table(SectionKind::Module).get(0)
    }

    pub(crate) fn module(&self) -> Option<ModuleInfo<'a>> {
        let record = self.module_record()?;
        Some(ModuleInfo {
            name: self.str(record.name)?,
            producer: self.str(record.producer)?,
            options: self.str(record.options)?,
            start: some(record.start),
            guarded_memories: record.flags & MODULE_GUARDED_MEMORIES != 0,
        })
    }

    pub(crate) fn type_def(&self, index: TypeIndex) -> Option<TypeDef> {
        let record = self.table::<TypeRecord>(SectionKind::Types).get(index.0 as usize)?;
        let items = |span| Some(self.table::<u32>(SectionKind::TypeItems).span(span)?.iter());
        let composite = match record.kind & !TYPE_FINAL {
            TYPE_FUNC => CompositeType::Func(FuncType {
                params: items(record.first)?.map(ValType::from_code).collect::<Option<_>>()?,
                results: items(record.second)?.map(ValType::from_code).collect::<Option<_>>()?,
            }),
            TYPE_STRUCT => {
                CompositeType::Struct(items(record.first)?.map(FieldType::from_code).collect::<Option<_>>()?)
            }
            TYPE_ARRAY => CompositeType::Array(FieldType::from_code(items(record.first)?.next()?)?),
            _ => return None,
        };
        Some(TypeDef {
            is_final: record.kind & TYPE_FINAL != 0,
            supertype: some(record.supertype).map(TypeIndex),
            composite,
            group_start: TypeIndex(record.group.start),
            group_len: record.group.len,
        })
    }

    pub(crate) fn import(&self, record: ImportRecord) -> Option<Import<'a>> {
        Some(Import { module: self.str(record.module)?, name: self.str(record.name)?, ty: extern_type(&record.ty)? })
    }

    pub(crate) fn export(&self, record: ExportRecord) -> Option<Export<'a>> {
        Some(Export { name: self.str(record.name)?, kind: ExternKind::from_code(record.kind)?, index: record.index })
    }

    pub(crate) fn const_ops(&self, index: u32) -> Option<Table<'a, ConstOpRecord>> {
        let record = self.table::<ConstExprRecord>(SectionKind::ConstExprs).get(index as usize)?;
        self.table(SectionKind::ConstOps).span(record.ops)
    }

    pub(crate) fn element_segment(&self, record: ElementSegmentRecord) -> Option<ElementSegment<'a>> {
        let ValType::Ref(ty) = ValType::from_code(record.ty)? else { return None };
        Some(ElementSegment {
            mode: segment_mode(record.mode, record.table, record.offset)?,
            ty,
            items: self.table(SectionKind::ElementItems).span(record.items)?,
        })
    }

    pub(crate) fn data_segment(&self, record: DataSegmentRecord) -> Option<DataSegment<'a>> {
        Some(DataSegment {
            mode: segment_mode(record.mode, record.memory, record.offset)?,
            bytes: self.span_bytes(SectionKind::Data, record.data)?,
        })
    }
}

/// An index, unless it is [`NONE`].
pub(crate) fn some(index: u32) -> Option<u32> {
    (index != NONE).then_some(index)
}

/// The mode of a segment, with what only an active one has.
pub(crate) fn segment_mode(mode: u32, index: u32, offset: u32) -> Option<SegmentMode> {
    match (mode, some(index), some(offset)) {
        (SEGMENT_ACTIVE, Some(index), Some(offset)) => Some(SegmentMode::Active { index, offset }),
        (SEGMENT_PASSIVE, None, None) => Some(SegmentMode::Passive),
        (SEGMENT_DROPPED, None, None) => Some(SegmentMode::Dropped),
        _ => None,
    }
}

/// Decodes the type of an import or definition.
pub(crate) fn extern_type(fields: &ExternTypeFields) -> Option<ExternType> {
    let flag = |bit: u32| fields.flags & bit != 0;
    let max = flag(EXTERN_HAS_MAX).then_some(fields.max);
    Some(match ExternKind::from_code(fields.kind)? {
        ExternKind::Func => ExternType::Func(TypeIndex(fields.ty)),
        ExternKind::Tag => ExternType::Tag(TypeIndex(fields.ty)),
        ExternKind::Global => {
            ExternType::Global(GlobalType { content: ValType::from_code(fields.ty)?, mutable: flag(EXTERN_MUTABLE) })
        }
        ExternKind::Table => {
            let ValType::Ref(element) = ValType::from_code(fields.ty)? else { return None };
            ExternType::Table(TableType { element, index64: flag(EXTERN_INDEX64), min: fields.min, max })
        }
        ExternKind::Memory => ExternType::Memory(MemoryType {
            index64: flag(EXTERN_INDEX64),
            shared: flag(EXTERN_SHARED),
            page_size_log2: u8::try_from(fields.page_size_log2).ok().filter(|log2| matches!(log2, 0 | 16))?,
            min: fields.min,
            max,
        }),
    })
}

/// Decodes an operator of a constant expression.
pub(crate) fn const_op(record: ConstOpRecord) -> Option<ConstOp> {
    Some(match ConstOpcode::from_code(record.op)? {
        ConstOpcode::I32Const => ConstOp::I32Const(record.lo as i32),
        ConstOpcode::I64Const => ConstOp::I64Const(record.lo as i64),
        ConstOpcode::F32Const => ConstOp::F32Const(record.lo as u32),
        ConstOpcode::F64Const => ConstOp::F64Const(record.lo),
        ConstOpcode::V128Const => ConstOp::V128Const(u128::from(record.hi) << 64 | u128::from(record.lo)),
        ConstOpcode::GlobalGet => ConstOp::GlobalGet(record.arg),
        ConstOpcode::RefFunc => ConstOp::RefFunc(record.arg),
        ConstOpcode::RefNull => match ValType::from_code(record.arg)? {
            ValType::Ref(ty) => ConstOp::RefNull(ty),
            _ => return None,
        },
        ConstOpcode::I32Add => ConstOp::I32Add,
        ConstOpcode::I32Sub => ConstOp::I32Sub,
        ConstOpcode::I32Mul => ConstOp::I32Mul,
        ConstOpcode::I64Add => ConstOp::I64Add,
        ConstOpcode::I64Sub => ConstOp::I64Sub,
        ConstOpcode::I64Mul => ConstOp::I64Mul,
        ConstOpcode::RefI31 => ConstOp::RefI31,
        ConstOpcode::StructNew => ConstOp::StructNew(TypeIndex(record.arg)),
        ConstOpcode::StructNewDefault => ConstOp::StructNewDefault(TypeIndex(record.arg)),
        ConstOpcode::ArrayNew => ConstOp::ArrayNew(TypeIndex(record.arg)),
        ConstOpcode::ArrayNewDefault => ConstOp::ArrayNewDefault(TypeIndex(record.arg)),
        ConstOpcode::ArrayNewFixed => ConstOp::ArrayNewFixed(TypeIndex(record.arg), record.lo as u32),
        ConstOpcode::AnyConvertExtern => ConstOp::AnyConvertExtern,
        ConstOpcode::ExternConvertAny => ConstOp::ExternConvertAny,
    })
}

/// XXH3-128 of a file without the digest itself.
pub(crate) fn file_digest(bytes: &[u8]) -> [u8; 16] {
    let mut hasher = Xxh3::new();
    hasher.update(bytes.get(..DIGEST_OFFSET).unwrap_or(bytes));
    hasher.update(bytes.get(DIGEST_OFFSET + 16..).unwrap_or(&[]));
    hasher.digest128().to_le_bytes()
}

/// XXH3-64 of header and directory with both digests taken as zero; nothing if they are cut off.
pub(crate) fn directory_digest(bytes: &[u8]) -> Option<u64> {
    let header = Header::decode(bytes)?;
    let end = HEADER_BYTES.checked_add((header.section_count as usize).checked_mul(SectionRecord::SIZE)?)?;
    let directory = bytes.get(HEADER_BYTES..end)?;
    let mut copy = Vec::with_capacity(end);
    Header { digest: [0; 16], directory_digest: 0, ..header }.encode(&mut copy);
    copy.extend_from_slice(directory);
    Some(xxh3_64(&copy))
}
