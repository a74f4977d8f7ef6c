//! Every limit of the format, with its unit. The compiler refuses to write more, the verifier to
//! read more. Limits of a run (memory, stack, instances) are the embedder's and live in the runtime.

/// Bytes of one artifact.
pub const MAX_FILE_BYTES: u64 = 4 << 30;
/// Artifacts in a fat one.
pub const MAX_SLICES: u32 = 64;
/// Modules in a linked set.
pub const MAX_MEMBERS: u32 = 1_000;
/// Sections of one artifact.
pub const MAX_SECTIONS: u32 = 64;
/// Type definitions; wasm engines agree on this number.
pub const MAX_TYPES: u32 = 1_000_000;
/// Parameters of a function type.
pub const MAX_PARAMS: u32 = 1_000;
/// Results of a function type.
pub const MAX_RESULTS: u32 = 1_000;
/// Fields of a structure type.
pub const MAX_STRUCT_FIELDS: u32 = 10_000;
/// Depth of declared subtyping.
pub const MAX_SUBTYPE_DEPTH: u32 = 63;
/// Functions, imported and own.
pub const MAX_FUNCTIONS: u32 = 1_000_000;
/// Imports of all kinds.
pub const MAX_IMPORTS: u32 = 1_000_000;
/// Exports of all kinds.
pub const MAX_EXPORTS: u32 = 1_000_000;
/// Globals.
pub const MAX_GLOBALS: u32 = 1_000_000;
/// Tables.
pub const MAX_TABLES: u32 = 1_000;
/// Memories.
pub const MAX_MEMORIES: u32 = 1_000;
/// Tags.
pub const MAX_TAGS: u32 = 1_000_000;
/// Element segments.
pub const MAX_ELEMENT_SEGMENTS: u32 = 100_000;
/// Data segments.
pub const MAX_DATA_SEGMENTS: u32 = 100_000;
/// Bytes of one name of a module, import, export or custom section.
pub const MAX_NAME_BYTES: u32 = 100_000;
/// Bytes of a name that records can share. A longer one is written for each record that has it, so
/// that reading all names takes time in proportion to the file.
pub const MAX_SHARED_NAME_BYTES: u32 = 64;
/// Operators in one constant expression.
pub const MAX_CONST_OPS: u32 = 100_000;
/// Values on the stack of a constant expression.
pub const MAX_CONST_STACK: usize = 1_024;
/// Bytes of one vmctx.
pub const MAX_VMCTX_BYTES: u64 = 1 << 30;
/// Initial or greatest length of a table in elements that a runtime will allocate.
pub const MAX_TABLE_ELEMENTS: u64 = 10_000_000;
/// Pages of 64 KiB in a 32-bit memory.
pub const MAX_MEMORY32_PAGES: u64 = 1 << 16;
