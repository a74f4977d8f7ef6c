//! The entries of an artifact's sections, and what their fields may hold. Header and directory stand
//! one level up.

use alloc::vec::Vec;

use super::*;

/// A string: a range of the strings section.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StrRef {
    /// First byte.
    pub offset: u32,
    /// Length in bytes.
    pub bytes: u32,
}

impl Field for StrRef {
    const SIZE: usize = 8;
    fn get(bytes: &[u8], offset: usize) -> Option<Self> {
        Some(StrRef { offset: Field::get(bytes, offset)?, bytes: Field::get(bytes, offset + 4)? })
    }
    fn put(&self, out: &mut Vec<u8>) {
        self.offset.put(out);
        self.bytes.put(out);
    }
}

/// A run of entries of another section.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Index of the first entry.
    pub start: u32,
    /// Number of entries.
    pub len: u32,
}

impl Field for Span {
    const SIZE: usize = 8;
    fn get(bytes: &[u8], offset: usize) -> Option<Self> {
        Some(Span { start: Field::get(bytes, offset)?, len: Field::get(bytes, offset + 4)? })
    }
    fn put(&self, out: &mut Vec<u8>) {
        self.start.put(out);
        self.len.put(out);
    }
}

/// [`ModuleRecord::flags`]: accesses to memories are guarded by pages, so each must have the
/// reservation of `abi`. Without it, code checks every access against the current length.
pub const MODULE_GUARDED_MEMORIES: u32 = 1;

record! {
    /// What there is once per module.
    ModuleRecord {
        /// The module's own name, from its name section; may be empty.
        name: StrRef,
        /// The compiler and its version.
        producer: StrRef,
        /// The options that shaped the code.
        options: StrRef,
        /// The start function, or [`NONE`].
        start: u32,
        /// `MODULE_*` bits.
        flags: u32,
    }
}

/// [`TypeRecord::kind`] of a function type.
pub const TYPE_FUNC: u32 = 0;
/// [`TypeRecord::kind`] of a structure type.
pub const TYPE_STRUCT: u32 = 1;
/// [`TypeRecord::kind`] of an array type.
pub const TYPE_ARRAY: u32 = 2;
/// Set in [`TypeRecord::kind`] of a final type.
pub const TYPE_FINAL: u32 = 1 << 8;

record! {
    /// One type definition.
    TypeRecord {
        /// `TYPE_FUNC`, `TYPE_STRUCT` or `TYPE_ARRAY`, with [`TYPE_FINAL`].
        kind: u32,
        /// Declared supertype, or [`NONE`].
        supertype: u32,
        /// Its recursion group: a run of types.
        group: Span,
        /// Parameters or fields, as type items; of an array the one element.
        first: Span,
        /// Results, as type items; empty for structures and arrays.
        second: Span,
    }
}

/// [`ExternTypeFields::flags`]: there is a greatest length.
pub const EXTERN_HAS_MAX: u32 = 1;
/// [`ExternTypeFields::flags`]: a global that can be written.
pub const EXTERN_MUTABLE: u32 = 2;
/// [`ExternTypeFields::flags`]: a memory or table indexed by i64.
pub const EXTERN_INDEX64: u32 = 4;
/// [`ExternTypeFields::flags`]: a memory that threads share.
pub const EXTERN_SHARED: u32 = 8;

record! {
    /// A [`crate::types::ExternType`].
    ExternTypeFields {
        /// Code of the [`crate::types::ExternKind`].
        kind: u32,
        /// Type index of a function or tag, value type code of a global or table. Like all fields
        /// here, zero where it means nothing.
        ty: u32,
        /// `EXTERN_*` bits that mean something for this kind.
        flags: u32,
        /// Binary logarithm of a memory's page size: 0 or 16.
        page_size_log2: u32,
        /// Initial length of a memory in pages or table in elements.
        min: u64,
        /// Greatest length, where the flag says there is one.
        max: u64,
    }
}

impl Field for ExternTypeFields {
    const SIZE: usize = <ExternTypeFields as Record>::SIZE;
    fn get(bytes: &[u8], offset: usize) -> Option<Self> {
        Record::decode(bytes.get(offset..)?)
    }
    fn put(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
}

record! {
    /// One import.
    ImportRecord {
        /// The module it is imported from.
        module: StrRef,
        /// The name of the export there.
        name: StrRef,
        /// What is wanted.
        ty: ExternTypeFields,
    }
}

record! {
    /// One export.
    ExportRecord {
        /// Its name, unique in the module.
        name: StrRef,
        /// Code of the [`crate::types::ExternKind`].
        kind: u32,
        /// Index in that kind's index space.
        index: u32,
        /// Its position in the module's own order.
        ordinal: u32,
    }
}

record! {
    /// One table, memory, global or tag the module defines.
    DefinitionRecord {
        /// Its type.
        ty: ExternTypeFields,
        /// Constant expression of its initial value; [`NONE`] for null, and for memories and tags.
        init: u32,
    }
}

record! {
    /// One constant expression: a run of operators in postfix order.
    ConstExprRecord {
        /// Its operators.
        ops: Span,
    }
}

macro_rules! const_opcodes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// An operator of a constant expression.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum ConstOpcode { $($(#[$doc])* $name = $code,)* }
        impl ConstOpcode {
            /// All of them.
            pub const ALL: &'static [ConstOpcode] = &[$(ConstOpcode::$name,)*];
            /// The operator with this code.
            pub fn from_code(code: u32) -> Option<ConstOpcode> {
                match code { $($code => Some(ConstOpcode::$name),)* _ => None }
            }
        }
    };
}

const_opcodes! {
    /// Pushes the low 32 bits of `lo`.
    I32Const = 0,
    /// Pushes `lo`.
    I64Const = 1,
    /// Pushes the float whose bits are the low half of `lo`.
    F32Const = 2,
    /// Pushes the float whose bits are `lo`.
    F64Const = 3,
    /// Pushes `lo` and `hi`.
    V128Const = 4,
    /// Pushes global `arg`.
    GlobalGet = 5,
    /// Pushes a reference to function `arg`.
    RefFunc = 6,
    /// Pushes null; `arg` is the value type code.
    RefNull = 7,
    /// i32 addition.
    I32Add = 8,
    /// i32 subtraction.
    I32Sub = 9,
    /// i32 multiplication.
    I32Mul = 10,
    /// i64 addition.
    I64Add = 11,
    /// i64 subtraction.
    I64Sub = 12,
    /// i64 multiplication.
    I64Mul = 13,
    /// i32 to an integer reference.
    RefI31 = 14,
    /// A structure of type `arg` from a value for each field.
    StructNew = 15,
    /// A structure of type `arg`, all fields zero or null.
    StructNewDefault = 16,
    /// An array of type `arg` from an element and an i32 length.
    ArrayNew = 17,
    /// An array of type `arg` from an i32 length, all elements zero or null.
    ArrayNewDefault = 18,
    /// An array of type `arg` from `lo` elements.
    ArrayNewFixed = 19,
    /// An external reference to an internal one.
    AnyConvertExtern = 20,
    /// An internal reference to an external one.
    ExternConvertAny = 21,
}

record! {
    /// One operator of a constant expression.
    ConstOpRecord {
        /// Code of the [`ConstOpcode`].
        op: u32,
        /// Index or type the operator needs. Like all fields here, zero where it means nothing.
        arg: u32,
        /// Immediate.
        lo: u64,
        /// High half of a vector immediate.
        hi: u64,
    }
}

/// [`ElementSegmentRecord::mode`] and [`DataSegmentRecord::mode`]: copied at instantiation.
pub const SEGMENT_ACTIVE: u32 = 0;
/// Segment mode: copied by `table.init` or `memory.init`.
pub const SEGMENT_PASSIVE: u32 = 1;
/// Segment mode: only declares functions (element segments), or already stands in a memory image
/// (data segments). It counts as dropped from the start.
pub const SEGMENT_DROPPED: u32 = 2;

record! {
    /// One element segment.
    ElementSegmentRecord {
        /// `SEGMENT_*`.
        mode: u32,
        /// Table of an active segment, or [`NONE`].
        table: u32,
        /// Constant expression of an active segment's offset, or [`NONE`].
        offset: u32,
        /// Value type code of the elements.
        ty: u32,
        /// Its items.
        items: Span,
    }
}

/// One item of an element segment, in a u32: a function index below 2^31, a constant expression
/// with bit 31 set, or [`NONE`] for null.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElementItem {
    /// Null.
    Null,
    /// A reference to a function.
    Func(u32),
    /// The value of a constant expression.
    Expr(u32),
}

const ITEM_EXPR: u32 = 1 << 31;

impl ElementItem {
    /// The item with this code; every code is one.
    pub fn from_code(code: u32) -> ElementItem {
        match code {
            NONE => ElementItem::Null,
            code if code & ITEM_EXPR != 0 => ElementItem::Expr(code & !ITEM_EXPR),
            code => ElementItem::Func(code),
        }
    }

    /// Its code.
    pub fn code(self) -> u32 {
        match self {
            ElementItem::Null => NONE,
            ElementItem::Func(index) => index,
            ElementItem::Expr(index) => index | ITEM_EXPR,
        }
    }
}

record! {
    /// One data segment.
    DataSegmentRecord {
        /// `SEGMENT_*`.
        mode: u32,
        /// Memory of an active segment, or [`NONE`].
        memory: u32,
        /// Constant expression of an active segment's offset, or [`NONE`].
        offset: u32,
        /// Its bytes in the data section.
        data: Span,
    }
}

record! {
    /// One function the module defines.
    FunctionRecord {
        /// Its type.
        ty: u32,
        /// Its native entry, in bytes from the start of the text.
        text_offset: u32,
        /// Length of its code in bytes; zero if it was left out, as nothing refers to it.
        text_bytes: u32,
    }
}

record! {
    /// The trampolines of one function type. Types of one shape share their code.
    TrampolineRecord {
        /// The type.
        ty: u32,
        /// Text offset of the entry trampoline, or [`NONE`].
        entry: u32,
        /// Text offset of the host-call trampoline, or [`NONE`].
        host: u32,
    }
}

record! {
    /// Where a block of the address map begins.
    AddressBlockRecord {
        /// Text offset of the block's first entry.
        text_offset: u32,
        /// Its wasm offset.
        wasm_offset: u32,
        /// First byte in the address map after that entry.
        map_offset: u32,
    }
}

record! {
    /// The name of one function.
    FunctionNameRecord {
        /// The function, in the function index space.
        function: u32,
        /// Its name; not verified.
        name: StrRef,
    }
}

record! {
    /// A custom section of the source.
    CustomSectionRecord {
        /// Its name.
        name: StrRef,
        /// Its bytes in the custom data section.
        data: Span,
    }
}

record! {
    /// The initial contents of one of the module's own memories.
    MemoryImageRecord {
        /// The memory, counted without imports.
        memory: u32,
        /// Zero.
        reserved: u32,
        /// Where the image goes, in bytes from the start of the memory; page-aligned.
        memory_offset: u64,
        /// Where it stands, in bytes from the start of the images section; page-aligned.
        image_offset: u64,
        /// Its length in bytes, a multiple of the page size and not zero.
        bytes: u64,
    }
}

record! {
    /// A call that has exception handlers.
    CallSiteRecord {
        /// Text offset the call returns to.
        return_offset: u32,
        /// From the stack pointer at the call up to the frame pointer, in bytes.
        frame_bytes: u32,
        /// From the stack pointer at the call up to where the function keeps its vmctx, in bytes.
        vmctx_offset: u32,
        /// Its handlers, in the order in which they are asked.
        handlers: Span,
    }
}

record! {
    /// One exception handler of a call.
    HandlerRecord {
        /// The tag of the module that it catches, or [`NONE`] for one that catches everything.
        tag: u32,
        /// Text offset of its landing pad.
        landing_pad: u32,
    }
}

record! {
    /// A call across which a function keeps managed references.
    StackMapRecord {
        /// Text offset the call returns to.
        return_offset: u32,
        /// From the stack pointer at the call up to the frame pointer, in bytes.
        frame_bytes: u32,
        /// Where in the frame they stand, in bytes from the stack pointer at the call.
        slots: Span,
    }
}

record! {
    /// Code of other functions that was inlined, from an entry of the address map up to the next one.
    InlinedRecord {
        /// Text offset at which that entry begins.
        text_offset: u32,
        /// The functions that a back trace names there: innermost first, and last the one the code was inlined into.
        frames: Span,
    }
}

record! {
    /// A function that a back trace names where code was inlined.
    InlinedFrameRecord {
        /// The number of its module in the linked set; zero in a module alone.
        member: u32,
        /// Index in that module's function index space.
        function: u32,
        /// Offset in that module's wasm of the instruction, or of the call that was inlined.
        wasm_offset: u32,
    }
}

/// Every record of the format.
pub const RECORDS: &[RecordShape] = &[
    FatHeader::SHAPE,
    FatSlice::SHAPE,
    SetHeader::SHAPE,
    SetMember::SHAPE,
    Header::SHAPE,
    SectionRecord::SHAPE,
    ModuleRecord::SHAPE,
    TypeRecord::SHAPE,
    ExternTypeFields::SHAPE,
    ImportRecord::SHAPE,
    ExportRecord::SHAPE,
    DefinitionRecord::SHAPE,
    ConstExprRecord::SHAPE,
    ConstOpRecord::SHAPE,
    ElementSegmentRecord::SHAPE,
    DataSegmentRecord::SHAPE,
    FunctionRecord::SHAPE,
    TrampolineRecord::SHAPE,
    AddressBlockRecord::SHAPE,
    FunctionNameRecord::SHAPE,
    CustomSectionRecord::SHAPE,
    MemoryImageRecord::SHAPE,
    CallSiteRecord::SHAPE,
    HandlerRecord::SHAPE,
    StackMapRecord::SHAPE,
    InlinedRecord::SHAPE,
    InlinedFrameRecord::SHAPE,
];
