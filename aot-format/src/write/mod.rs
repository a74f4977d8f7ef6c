//! [`Contents`] → the bytes of an artifact. The same contents give the same bytes, always.
//!
//! The writer does not judge: it checks only what it could not write (limits). Whoever writes a
//! file verifies the bytes with the reader before trusting them to anyone.

mod records;
mod writer;

use alloc::string::String;
use alloc::vec::Vec;

use crate::abi::TrapCode;
use crate::cpu::Isa;
use crate::error::FormatError;
use crate::layout::{DIGEST_OFFSET, DIRECTORY_DIGEST_OFFSET};
use crate::read;
use crate::types::*;

pub(crate) use records::{const_op_record, extern_type_fields};

/// An operator of a constant expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConstOp {
    /// Pushes an i32.
    I32Const(i32),
    /// Pushes an i64.
    I64Const(i64),
    /// Pushes the f32 with these bits.
    F32Const(u32),
    /// Pushes the f64 with these bits.
    F64Const(u64),
    /// Pushes a vector.
    V128Const(u128),
    /// Pushes the value of a global.
    GlobalGet(u32),
    /// Pushes a reference to a function.
    RefFunc(u32),
    /// Pushes null of this type.
    RefNull(RefType),
    /// i32 addition.
    I32Add,
    /// i32 subtraction.
    I32Sub,
    /// i32 multiplication.
    I32Mul,
    /// i64 addition.
    I64Add,
    /// i64 subtraction.
    I64Sub,
    /// i64 multiplication.
    I64Mul,
    /// i32 to an integer reference.
    RefI31,
    /// A structure of this type from a value for each field.
    StructNew(TypeIndex),
    /// A structure of this type, all fields zero or null.
    StructNewDefault(TypeIndex),
    /// An array of this type from an element and a length.
    ArrayNew(TypeIndex),
    /// An array of this type from a length, all elements zero or null.
    ArrayNewDefault(TypeIndex),
    /// An array of this type from so many elements.
    ArrayNewFixed(TypeIndex, u32),
    /// An external reference to an internal one.
    AnyConvertExtern,
    /// An internal reference to an external one.
    ExternConvertAny,
}

/// A constant expression, in postfix order.
pub type ConstExpr = Vec<ConstOp>;

/// One import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The module it is imported from.
    pub module: String,
    /// The name of the export there.
    pub name: String,
    /// What is wanted.
    pub ty: ExternType,
}

/// One export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ExternKind,
    /// Index in that kind's index space.
    pub index: u32,
}

/// What happens to a segment at instantiation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SegmentMode {
    /// Copied into table or memory `index` at `offset`.
    Active {
        /// The table or memory.
        index: u32,
        /// Where to.
        offset: ConstExpr,
    },
    /// Kept for `table.init` or `memory.init`.
    Passive,
    /// Declared, or already in a memory image.
    Dropped,
}

/// The items of an element segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ElementItems {
    /// References to functions.
    Functions(Vec<u32>),
    /// Constant expressions.
    Exprs(Vec<ConstExpr>),
}

/// One element segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ElementSegment {
    /// What happens to it.
    pub mode: SegmentMode,
    /// Type of the elements.
    pub ty: RefType,
    /// The elements.
    pub items: ElementItems,
}

/// One data segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataSegment<'a> {
    /// What happens to it.
    pub mode: SegmentMode,
    /// Its bytes; empty where an image has them.
    pub bytes: &'a [u8],
}

/// Initial contents of one of the module's own memories.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemoryImage {
    /// The memory, counted without imports.
    pub memory: u32,
    /// Where the image goes in the memory; a multiple of the target's page alignment.
    pub memory_offset: u64,
    /// The bytes; padded with zeros to whole pages when written, which must then be within the
    /// memory's initial length.
    pub bytes: Vec<u8>,
}

/// One function the module defines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its type.
    pub ty: TypeIndex,
    /// Its native entry, in bytes from the start of the text.
    pub text_offset: u32,
    /// Length of its code in bytes.
    pub text_bytes: u32,
}

/// The trampolines of one function type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trampolines {
    /// The type.
    pub ty: TypeIndex,
    /// Text offset of the entry trampoline.
    pub entry: Option<u32>,
    /// Text offset of the host-call trampoline.
    pub host: Option<u32>,
}

/// A call that has exception handlers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// Text offset the call returns to.
    pub return_offset: u32,
    /// From the stack pointer at the call up to the frame pointer, in bytes.
    pub frame_bytes: u32,
    /// From the stack pointer at the call up to where the function keeps its vmctx, in bytes.
    pub vmctx_offset: u32,
    /// Its handlers, in the order in which they are asked.
    pub handlers: Vec<Handler>,
}

/// One exception handler of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Handler {
    /// The tag it catches; none for one that catches everything.
    pub tag: Option<u32>,
    /// Text offset of its landing pad.
    pub landing_pad: u32,
}

/// A call across which a function keeps managed references.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StackMap {
    /// Text offset the call returns to.
    pub return_offset: u32,
    /// From the stack pointer at the call up to the frame pointer, in bytes.
    pub frame_bytes: u32,
    /// Where in the frame they stand, in bytes from the stack pointer at the call, ascending.
    pub slots: Vec<u32>,
}

/// Code of other functions that was inlined.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Inlined {
    /// Text offset of the entry of the address map that it belongs to.
    pub text_offset: u32,
    /// The functions that a back trace names there: innermost first, and last the one it was inlined into.
    pub frames: Vec<InlinedFrame>,
}

/// A function that a back trace names where code was inlined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InlinedFrame {
    /// The number of its module in the linked set; zero in a module alone.
    pub member: u32,
    /// Index in that module's function index space.
    pub function: u32,
    /// Offset in that module's wasm of the instruction, or of the call that was inlined.
    pub wasm_offset: u32,
}

/// Everything that stands in an artifact, as a compiler knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents<'a> {
    /// Instruction set of the text.
    pub isa: Isa,
    /// CPU features the text requires, as bits of [`Isa::feature_names`].
    pub cpu_features: u64,
    /// SHA-256 of the wasm.
    pub source_digest: [u8; 32],
    /// The module's own name; may be empty.
    pub name: String,
    /// The compiler and its version.
    pub producer: String,
    /// The options that shaped the code.
    pub options: String,
    /// Whether accesses to memories rely on guard pages.
    pub guarded_memories: bool,
    /// The type index space.
    pub types: Vec<TypeDef>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Exports in order.
    pub exports: Vec<Export>,
    /// Own tables and the initial value of their elements, if it is not null.
    pub tables: Vec<(TableType, Option<ConstExpr>)>,
    /// Own memories.
    pub memories: Vec<MemoryType>,
    /// Own globals and their initial values.
    pub globals: Vec<(GlobalType, ConstExpr)>,
    /// Types of own tags.
    pub tags: Vec<TypeIndex>,
    /// The start function.
    pub start: Option<u32>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// Data segments.
    pub data: Vec<DataSegment<'a>>,
    /// Memory images, in any order and without overlap; empty ones are left out.
    pub images: Vec<MemoryImage>,
    /// Own functions, text offsets ascending.
    pub functions: Vec<Function>,
    /// Functions (imported too) of which references can be taken, ascending.
    pub funcrefs: Vec<u32>,
    /// Trampolines, types ascending.
    pub trampolines: Vec<Trampolines>,
    /// Text offset and reason of each instruction that can trap, ascending.
    pub traps: Vec<(u32, TrapCode)>,
    /// Calls that have exception handlers, return offsets ascending.
    pub call_sites: Vec<CallSite>,
    /// Calls across which functions keep managed references, return offsets ascending.
    pub stack_maps: Vec<StackMap>,
    /// Text offset and wasm offset of each place a back trace may name, text offsets ascending.
    pub addresses: Vec<(u32, u32)>,
    /// Places of the address map whose code was inlined, text offsets ascending.
    pub inlined: Vec<Inlined>,
    /// Names of functions, in any order. An exported function without one gets that of its first
    /// export.
    pub function_names: Vec<(u32, String)>,
    /// Custom sections to keep.
    pub custom_sections: Vec<(String, Vec<u8>)>,
    /// Machine code, with no relocations left.
    pub text: Vec<u8>,
}

impl Contents<'_> {
    /// A module with nothing in it.
    pub fn empty(isa: Isa) -> Contents<'static> {
        Contents {
            isa,
            cpu_features: isa.baseline(),
            source_digest: [0; 32],
            name: String::new(),
            producer: String::new(),
            options: String::new(),
            guarded_memories: true,
            types: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            start: None,
            elements: Vec::new(),
            data: Vec::new(),
            images: Vec::new(),
            functions: Vec::new(),
            funcrefs: Vec::new(),
            trampolines: Vec::new(),
            traps: Vec::new(),
            call_sites: Vec::new(),
            stack_maps: Vec::new(),
            addresses: Vec::new(),
            inlined: Vec::new(),
            function_names: Vec::new(),
            custom_sections: Vec::new(),
            text: Vec::new(),
        }
    }

    /// The bytes of the artifact.
    ///
    /// # Errors
    ///
    /// [`FormatError::LimitExceeded`] where a section or the file would be larger than the format
    /// can say.
    pub fn write(&self) -> Result<Vec<u8>, FormatError> {
        writer::write(self)
    }
}

/// Puts both digests of `file` in place. Tests use it to make files that are wrong in other ways.
pub fn seal(file: &mut [u8]) {
    if let Some(digest) = read::directory_digest(file)
        && let Some(place) = file.get_mut(DIRECTORY_DIGEST_OFFSET..DIRECTORY_DIGEST_OFFSET + 8)
    {
        place.copy_from_slice(&digest.to_le_bytes());
    }
    let digest = read::file_digest(file);
    if let Some(place) = file.get_mut(DIGEST_OFFSET..DIGEST_OFFSET + 16) {
        place.copy_from_slice(&digest);
    }
}
