//! WebAssembly types as they stand in an artifact: value types, reference types, type definitions
//! with their recursion groups, and the types of what modules import and export.
//!
//! Indices in these types are indices into *one artifact's* type section. Identity across artifacts
//! is not decided here: the runtime canonicalises recursion groups per engine.

use alloc::vec::Vec;
use core::fmt;

/// Index of a type definition in an artifact's type section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeIndex(pub u32);

/// Heap types of WebAssembly 3.0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Any host reference.
    Extern,
    /// Any internal reference.
    Any,
    /// References that can be compared.
    Eq,
    /// Unboxed 31-bit integers.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// An exception.
    Exn,
    /// Bottom of the internal hierarchy.
    None,
    /// Bottom of the function hierarchy.
    NoFunc,
    /// Bottom of the external hierarchy.
    NoExtern,
    /// Bottom of the exception hierarchy.
    NoExn,
    /// A defined type of the same artifact.
    Concrete(TypeIndex),
}

/// Abstract heap types in the order of their codes.
const ABSTRACT_HEAP_TYPES: [(HeapType, &str); 12] = [
    (HeapType::Func, "func"),
    (HeapType::Extern, "extern"),
    (HeapType::Any, "any"),
    (HeapType::Eq, "eq"),
    (HeapType::I31, "i31"),
    (HeapType::Struct, "struct"),
    (HeapType::Array, "array"),
    (HeapType::Exn, "exn"),
    (HeapType::None, "none"),
    (HeapType::NoFunc, "nofunc"),
    (HeapType::NoExtern, "noextern"),
    (HeapType::NoExn, "noexn"),
];

/// Heap codes below this are abstract; `CONCRETE_BASE + i` is the defined type `i`.
const CONCRETE_BASE: u32 = 32;

impl HeapType {
    /// The code of this heap type, below 2^23.
    pub fn code(self) -> u32 {
        if let HeapType::Concrete(TypeIndex(index)) = self {
            return CONCRETE_BASE.saturating_add(index);
        }
        ABSTRACT_HEAP_TYPES.iter().position(|(heap, _)| *heap == self).unwrap_or(0) as u32
    }

    /// The heap type with this code, if there is one. A concrete index is not checked here.
    pub fn from_code(code: u32) -> Option<HeapType> {
        match code.checked_sub(CONCRETE_BASE) {
            Some(index) => Some(HeapType::Concrete(TypeIndex(index))),
            None => ABSTRACT_HEAP_TYPES.get(code as usize).map(|(heap, _)| *heap),
        }
    }
}

/// A reference type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RefType {
    /// Whether null is a value of this type.
    pub nullable: bool,
    /// What is referred to.
    pub heap: HeapType,
}

impl HeapType {
    /// The top of the hierarchy of an abstract heap type; none for a defined type, whose hierarchy is
    /// that of functions or the internal one.
    pub fn top(self) -> Option<HeapType> {
        use HeapType::*;
        match self {
            Func | NoFunc => Some(Func),
            Extern | NoExtern => Some(Extern),
            Exn | NoExn => Some(Exn),
            Any | Eq | I31 | Struct | Array | None => Some(Any),
            Concrete(_) => Option::None,
        }
    }
}

impl RefType {
    /// `funcref`.
    pub const FUNCREF: RefType = RefType { nullable: true, heap: HeapType::Func };
    /// `externref`.
    pub const EXTERNREF: RefType = RefType { nullable: true, heap: HeapType::Extern };
    /// `exnref`.
    pub const EXNREF: RefType = RefType { nullable: true, heap: HeapType::Exn };
    /// `anyref`.
    pub const ANYREF: RefType = RefType { nullable: true, heap: HeapType::Any };
    /// `eqref`.
    pub const EQREF: RefType = RefType { nullable: true, heap: HeapType::Eq };
    /// `i31ref`.
    pub const I31REF: RefType = RefType { nullable: true, heap: HeapType::I31 };
    /// `structref`.
    pub const STRUCTREF: RefType = RefType { nullable: true, heap: HeapType::Struct };
    /// `arrayref`.
    pub const ARRAYREF: RefType = RefType { nullable: true, heap: HeapType::Array };
}

/// A value type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// Reference.
    Ref(RefType),
}

const KIND_I32: u32 = 0x7f;
const KIND_I64: u32 = 0x7e;
const KIND_F32: u32 = 0x7d;
const KIND_F64: u32 = 0x7c;
const KIND_V128: u32 = 0x7b;
const KIND_I8: u32 = 0x78;
const KIND_I16: u32 = 0x77;
const KIND_REF: u32 = 0x64;
const KIND_REF_NULL: u32 = 0x63;
const FIELD_MUTABLE: u32 = 1 << 31;

impl ValType {
    /// The 32-bit code of this type: the kind in the low byte (the binary format's own codes), the
    /// heap code in bits 8 to 30.
    pub fn code(self) -> u32 {
        match self {
            ValType::I32 => KIND_I32,
            ValType::I64 => KIND_I64,
            ValType::F32 => KIND_F32,
            ValType::F64 => KIND_F64,
            ValType::V128 => KIND_V128,
            ValType::Ref(RefType { nullable, heap }) => {
                (if nullable { KIND_REF_NULL } else { KIND_REF }) | heap.code() << 8
            }
        }
    }

    /// The type with this code, if there is one. A concrete heap index is not checked here.
    pub fn from_code(code: u32) -> Option<ValType> {
        let heap = code >> 8;
        let kind = code & 0xff;
        if !matches!(kind, KIND_REF | KIND_REF_NULL) && heap != 0 {
            return None;
        }
        Some(match kind {
            KIND_I32 => ValType::I32,
            KIND_I64 => ValType::I64,
            KIND_F32 => ValType::F32,
            KIND_F64 => ValType::F64,
            KIND_V128 => ValType::V128,
            KIND_REF | KIND_REF_NULL if heap < 1 << 23 => {
                ValType::Ref(RefType { nullable: kind == KIND_REF_NULL, heap: HeapType::from_code(heap)? })
            }
            _ => return None,
        })
    }

    /// Whether this is a reference type.
    pub fn is_ref(self) -> bool {
        matches!(self, ValType::Ref(_))
    }
}

/// What a field of a structure or array holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StorageType {
    /// Eight bits.
    I8,
    /// Sixteen bits.
    I16,
    /// A whole value.
    Val(ValType),
}

/// A field of a structure or array.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FieldType {
    /// What it holds.
    pub storage: StorageType,
    /// Whether it can be written after creation.
    pub mutable: bool,
}

impl FieldType {
    /// The 32-bit code: that of the storage type, with bit 31 set for a mutable field.
    pub fn code(self) -> u32 {
        let storage = match self.storage {
            StorageType::I8 => KIND_I8,
            StorageType::I16 => KIND_I16,
            StorageType::Val(val) => val.code(),
        };
        storage | if self.mutable { FIELD_MUTABLE } else { 0 }
    }

    /// The field type with this code, if there is one.
    pub fn from_code(code: u32) -> Option<FieldType> {
        let mutable = code & FIELD_MUTABLE != 0;
        let storage = match code & !FIELD_MUTABLE {
            KIND_I8 => StorageType::I8,
            KIND_I16 => StorageType::I16,
            val => StorageType::Val(ValType::from_code(val)?),
        };
        Some(FieldType { storage, mutable })
    }
}

/// A function type.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FuncType {
    /// Parameter types.
    pub params: Vec<ValType>,
    /// Result types.
    pub results: Vec<ValType>,
}

/// The structure of a defined type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CompositeType {
    /// A function.
    Func(FuncType),
    /// A structure.
    Struct(Vec<FieldType>),
    /// An array.
    Array(FieldType),
}

/// A type definition, in the order of the module's type index space.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TypeDef {
    /// Whether it can have no subtypes.
    pub is_final: bool,
    /// The declared supertype.
    pub supertype: Option<TypeIndex>,
    /// Its structure.
    pub composite: CompositeType,
    /// First type of the recursion group this definition belongs to.
    pub group_start: TypeIndex,
    /// Number of types in that group.
    pub group_len: u32,
}

impl TypeDef {
    /// The function type, if this is one.
    pub fn as_func(&self) -> Option<&FuncType> {
        match &self.composite {
            CompositeType::Func(func) => Some(func),
            _ => None,
        }
    }
}

/// The type of a global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GlobalType {
    /// Type of its value.
    pub content: ValType,
    /// Whether it can be written.
    pub mutable: bool,
}

/// The type of a table. Lengths are in elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableType {
    /// Type of the elements.
    pub element: RefType,
    /// Whether it is indexed by i64 rather than by i32.
    pub index64: bool,
    /// Initial length.
    pub min: u64,
    /// Greatest length.
    pub max: Option<u64>,
}

/// The type of a memory. Lengths are in pages of `1 << page_size_log2` bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryType {
    /// Whether it is indexed by i64 rather than by i32.
    pub index64: bool,
    /// Whether threads share it.
    pub shared: bool,
    /// Binary logarithm of the page size in bytes: 16, or 0 with custom page sizes.
    pub page_size_log2: u8,
    /// Initial length.
    pub min: u64,
    /// Greatest length.
    pub max: Option<u64>,
}

impl MemoryType {
    /// Bytes of a page.
    pub const fn page_bytes(&self) -> u64 {
        1 << self.page_size_log2
    }

    /// Initial length in bytes, which a memory never goes below; none past 64 bits.
    pub const fn min_bytes(&self) -> Option<u64> {
        self.min.checked_mul(self.page_bytes())
    }

    /// The most pages a memory with such an index and such pages can have.
    pub const fn most_pages(&self) -> u64 {
        match (self.index64, self.page_size_log2) {
            (false, log2) => (1 << 32) >> log2,
            // 2^64 bytes: in pages of one byte a u64 cannot say so.
            (true, 0) => u64::MAX,
            (true, log2) => 1 << (64 - log2),
        }
    }
}

impl TableType {
    /// The most elements a table with such an index can have.
    pub const fn most_elements(&self) -> u64 {
        if self.index64 { u64::MAX } else { u32::MAX as u64 }
    }
}

/// The type of something imported or exported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExternType {
    /// A function of a defined type.
    Func(TypeIndex),
    /// A global.
    Global(GlobalType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// An exception tag of a defined function type.
    Tag(TypeIndex),
}

/// The kinds of things that can be imported and exported, with the codes used in artifacts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u32)]
pub enum ExternKind {
    /// A function.
    Func = 0,
    /// A table.
    Table = 1,
    /// A memory.
    Memory = 2,
    /// A global.
    Global = 3,
    /// A tag.
    Tag = 4,
}

impl ExternKind {
    /// The kind with this code, if there is one.
    pub fn from_code(code: u32) -> Option<ExternKind> {
        use ExternKind::*;
        [Func, Table, Memory, Global, Tag].get(code as usize).copied()
    }
}

impl ExternType {
    /// Which kind of thing this is the type of.
    pub fn kind(&self) -> ExternKind {
        match self {
            ExternType::Func(_) => ExternKind::Func,
            ExternType::Global(_) => ExternKind::Global,
            ExternType::Table(_) => ExternKind::Table,
            ExternType::Memory(_) => ExternKind::Memory,
            ExternType::Tag(_) => ExternKind::Tag,
        }
    }
}

impl fmt::Display for ExternKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExternKind::Func => "function",
            ExternKind::Table => "table",
            ExternKind::Memory => "memory",
            ExternKind::Global => "global",
            ExternKind::Tag => "tag",
        })
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeapType::Concrete(TypeIndex(index)) => write!(f, "{index}"),
            abstract_type => match ABSTRACT_HEAP_TYPES.iter().find(|(heap, _)| heap == abstract_type) {
                Some((_, name)) => f.write_str(name),
                None => Err(fmt::Error),
            },
        }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            RefType::FUNCREF => f.write_str("funcref"),
            RefType::EXTERNREF => f.write_str("externref"),
            RefType::EXNREF => f.write_str("exnref"),
            RefType::ANYREF => f.write_str("anyref"),
            RefType::EQREF => f.write_str("eqref"),
            RefType::I31REF => f.write_str("i31ref"),
            RefType::STRUCTREF => f.write_str("structref"),
            RefType::ARRAYREF => f.write_str("arrayref"),
            RefType { nullable: true, heap } => write!(f, "(ref null {heap})"),
            RefType { nullable: false, heap } => write!(f, "(ref {heap})"),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(reference) => reference.fmt(f),
        }
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        for (keyword, types) in [("param", &self.params), ("result", &self.results)] {
            if !types.is_empty() {
                write!(f, " ({keyword}")?;
                for ty in types {
                    write!(f, " {ty}")?;
                }
                f.write_str(")")?;
            }
        }
        f.write_str(")")
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.mutable { "(mut " } else { "" })?;
        match self.storage {
            StorageType::I8 => f.write_str("i8"),
            StorageType::I16 => f.write_str("i16"),
            StorageType::Val(val) => val.fmt(f),
        }?;
        f.write_str(if self.mutable { ")" } else { "" })
    }
}

impl fmt::Display for CompositeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompositeType::Func(func) => func.fmt(f),
            CompositeType::Struct(fields) => {
                f.write_str("(struct")?;
                fields.iter().try_for_each(|field| write!(f, " (field {field})"))?;
                f.write_str(")")
            }
            CompositeType::Array(field) => write!(f, "(array {field})"),
        }
    }
}

impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mutable {
            true => write!(f, "(global (mut {}))", self.content),
            false => write!(f, "(global {})", self.content),
        }
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.index64 { "(table i64 " } else { "(table " })?;
        write!(f, "{}", self.min)?;
        if let Some(max) = self.max {
            write!(f, " {max}")?;
        }
        write!(f, " {})", self.element)
    }
}

impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.index64 { "(memory i64 " } else { "(memory " })?;
        write!(f, "{}", self.min)?;
        if let Some(max) = self.max {
            write!(f, " {max}")?;
        }
        if self.shared {
            f.write_str(" shared")?;
        }
        if self.page_size_log2 != 16 {
            write!(f, " (pagesize {})", 1u64 << self.page_size_log2)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for heap in ABSTRACT_HEAP_TYPES.iter().map(|(heap, _)| *heap).chain([HeapType::Concrete(TypeIndex(7))]) {
            for nullable in [false, true] {
                let ty = ValType::Ref(RefType { nullable, heap });
                assert_eq!(ValType::from_code(ty.code()), Some(ty));
            }
        }
        for ty in [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128] {
            assert_eq!(ValType::from_code(ty.code()), Some(ty));
            let field = FieldType { storage: StorageType::Val(ty), mutable: true };
            assert_eq!(FieldType::from_code(field.code()), Some(field));
        }
        assert_eq!(ValType::from_code(0x17f), None);
        assert_eq!(ValType::from_code(0x1f63), None);
    }
}
