//! Every byte of an artifact: here the header, the section directory and the kinds of sections; the
//! entries of sections stand in `records`, fat
//! artifacts in `fat`, linked sets in `set`. Writer, reader, verifier, dumper and
//! `docs/aot-format.md` all derive from this folder.
//!
//! All integers are little-endian. Records are read through [`bytes_at`] and nothing else.

mod fat;
mod records;
mod set;

use alloc::vec::Vec;

pub use fat::*;
pub use records::*;
pub use set::*;

/// First bytes of every artifact. The high bit and the line ends show a file mangled as text.
pub const MAGIC: [u8; 8] = *b"\x89AOT\r\n\x1a\n";
/// Version of this layout; a file of another version is refused.
pub const FORMAT_VERSION: u32 = 2;
/// Stands where an index or offset is absent.
pub const NONE: u32 = u32::MAX;
/// Sections other than page-aligned ones begin at multiples of this.
pub const SECTION_ALIGN: u64 = 8;

/// The one way from untrusted bytes to a value: `N` bytes at `offset`, or nothing.
pub fn bytes_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..offset.checked_add(N)?)?.try_into().ok()
}

/// Whether bytes begin as an artifact does: plain, fat or of a linked set. Says nothing of the rest.
pub fn is_artifact(bytes: &[u8]) -> bool {
    matches!(bytes_at(bytes, 0), Some(MAGIC | FAT_MAGIC | SET_MAGIC))
}

/// The format version that an artifact says, of whichever kind: in all versions it stands behind the magic.
pub fn said_version(bytes: &[u8]) -> Option<u32> {
    if is_artifact(bytes) { u32::get(bytes, MAGIC.len()) } else { None }
}

/// A little-endian integer (or array of bytes) in a record.
pub trait Field: Sized {
    /// Width in bytes.
    const SIZE: usize;
    /// Decodes the field at `offset`.
    fn get(bytes: &[u8], offset: usize) -> Option<Self>;
    /// Appends the field.
    fn put(&self, out: &mut Vec<u8>);
}

macro_rules! integer_field {
    ($($ty:ty)*) => {$(
        impl Field for $ty {
            const SIZE: usize = size_of::<$ty>();
            fn get(bytes: &[u8], offset: usize) -> Option<Self> {
                bytes_at(bytes, offset).map(<$ty>::from_le_bytes)
            }
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
integer_field!(u8 u32 u64);

impl<const N: usize> Field for [u8; N] {
    const SIZE: usize = N;
    fn get(bytes: &[u8], offset: usize) -> Option<Self> {
        bytes_at(bytes, offset)
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

/// Something of fixed size in a section.
pub trait Record: Copy {
    /// Width in bytes.
    const SIZE: usize;
    /// Decodes a record from its bytes, at least [`Self::SIZE`] of them.
    fn decode(bytes: &[u8]) -> Option<Self>;
    /// Appends the record.
    fn encode(&self, out: &mut Vec<u8>);
}

impl Record for u32 {
    const SIZE: usize = 4;
    fn decode(bytes: &[u8]) -> Option<Self> {
        Field::get(bytes, 0)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.put(out);
    }
}

impl Record for u8 {
    const SIZE: usize = 1;
    fn decode(bytes: &[u8]) -> Option<Self> {
        Field::get(bytes, 0)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.put(out);
    }
}

/// Name and width of one field of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldShape {
    /// Its name.
    pub name: &'static str,
    /// Width in bytes.
    pub bytes: usize,
}

/// A record as documents and tests see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordShape {
    /// Its name.
    pub name: &'static str,
    /// Width in bytes.
    pub bytes: usize,
    /// Its fields, in order and without gaps.
    pub fields: &'static [FieldShape],
}

macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }
        impl Record for $name {
            const SIZE: usize = 0 $(+ <$ty as Field>::SIZE)*;
            fn decode(bytes: &[u8]) -> Option<Self> {
                // Once, and not for each field.
                let bytes = bytes.get(..<Self as Record>::SIZE)?;
                let mut offset = 0;
                $(let $field = <$ty as Field>::get(bytes, offset)?; offset += <$ty as Field>::SIZE;)*
                let _ = offset;
                Some($name { $($field,)* })
            }
            fn encode(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }
        }
        impl $name {
            /// Name, width and fields.
            pub const SHAPE: RecordShape = RecordShape {
                name: stringify!($name),
                bytes: <$name as Record>::SIZE,
                fields: &[$(FieldShape { name: stringify!($field), bytes: <$ty as Field>::SIZE },)*],
            };
        }
    };
}
use record;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 128;
/// Where [`Header::digest`] stands; the digest covers every other byte of the file.
pub const DIGEST_OFFSET: usize = 48;
/// Where [`Header::directory_digest`] stands.
pub const DIRECTORY_DIGEST_OFFSET: usize = 104;

record! {
    /// The first [`HEADER_BYTES`] of the file.
    Header {
        /// [`MAGIC`].
        magic: [u8; 8],
        /// [`FORMAT_VERSION`].
        format_version: u32,
        /// [`HEADER_BYTES`].
        header_bytes: u32,
        /// [`crate::abi::ABI_HASH`] of the compiler that wrote the file.
        abi_hash: u64,
        /// Length of the whole file.
        file_bytes: u64,
        /// Code of the [`crate::cpu::Isa`].
        isa: u32,
        /// Text and images are aligned to `1 << page_size_log2` bytes in the file.
        page_size_log2: u32,
        /// CPU features the code requires, as bits of [`crate::cpu::Isa::feature_names`].
        cpu_features: u64,
        /// XXH3-128 of the file without these 16 bytes. It finds accidents, never attackers.
        digest: [u8; 16],
        /// SHA-256 of the wasm this was compiled from.
        source_digest: [u8; 32],
        /// Entries in the section directory, which follows the header.
        section_count: u32,
        /// Zero.
        reserved: u32,
        /// XXH3-64 of header and directory with both digests taken as zero.
        directory_digest: u64,
        /// Zero.
        reserved2: [u8; 16],
    }
}

record! {
    /// One entry of the section directory, in order of `offset`. Each section begins at the first
    /// multiple of its alignment behind the one before; the last one ends the file.
    SectionRecord {
        /// Code of the [`SectionKind`].
        kind: u32,
        /// Zero.
        reserved: u32,
        /// Where it begins, in bytes from the start of the file.
        offset: u64,
        /// Its length in bytes, at least 1.
        bytes: u64,
    }
}

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident = $code:literal : $label:literal, $entry:expr;)*) => {
        /// What a section holds. Each kind stands at most once; an absent one is an empty one.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u32)]
        pub enum SectionKind { $($(#[$doc])* $name = $code,)* }
        impl SectionKind {
            /// All of them, in the order in which they are written.
            pub const ALL: &'static [SectionKind] = &[$(SectionKind::$name,)*];
            /// The kind with this code.
            pub fn from_code(code: u32) -> Option<SectionKind> {
                match code { $($code => Some(SectionKind::$name),)* _ => None }
            }
            /// Its name in dumps and errors.
            pub fn label(self) -> &'static str {
                match self { $(SectionKind::$name => $label,)* }
            }
            /// Bytes of one entry; the section's length is a multiple of it.
            pub fn entry_bytes(self) -> usize {
                match self { $(SectionKind::$name => $entry,)* }
            }
        }
    };
}

sections! {
    /// One [`ModuleRecord`].
    Module = 1: "module", ModuleRecord::SIZE;
    /// UTF-8 bytes that [`StrRef`]s point into. Strings of up to [`crate::limits::MAX_SHARED_NAME_BYTES`]
    /// can be shared, each longer one stands behind the longer ones of the records before.
    Strings = 2: "strings", 1;
    /// [`TypeRecord`]s: the type index space.
    Types = 3: "types", TypeRecord::SIZE;
    /// u32 codes of parameters, results and fields: of each type once, in order.
    TypeItems = 4: "type items", 4;
    /// [`ImportRecord`]s in the module's order.
    Imports = 5: "imports", ImportRecord::SIZE;
    /// [`ExportRecord`]s sorted by name.
    Exports = 6: "exports", ExportRecord::SIZE;
    /// [`DefinitionRecord`]s of the module's own tables.
    Tables = 7: "tables", DefinitionRecord::SIZE;
    /// [`DefinitionRecord`]s of the module's own memories.
    Memories = 8: "memories", DefinitionRecord::SIZE;
    /// [`DefinitionRecord`]s of the module's own globals.
    Globals = 9: "globals", DefinitionRecord::SIZE;
    /// [`DefinitionRecord`]s of the module's own tags.
    Tags = 10: "tags", DefinitionRecord::SIZE;
    /// [`ConstExprRecord`]s, each referred to once, in the order of tables, globals, element
    /// segments (offset, then items), data segments.
    ConstExprs = 11: "constant expressions", ConstExprRecord::SIZE;
    /// [`ConstOpRecord`]s: of each expression once, in order.
    ConstOps = 12: "constant operators", ConstOpRecord::SIZE;
    /// [`ElementSegmentRecord`]s.
    ElementSegments = 13: "element segments", ElementSegmentRecord::SIZE;
    /// u32 [`ElementItem`]s: of each segment once, in order.
    ElementItems = 14: "element items", 4;
    /// [`DataSegmentRecord`]s.
    DataSegments = 15: "data segments", DataSegmentRecord::SIZE;
    /// Bytes of data segments: of each segment once, in order.
    Data = 16: "data", 1;
    /// [`FunctionRecord`]s of the module's own functions; text offsets ascend.
    Functions = 17: "functions", FunctionRecord::SIZE;
    /// u32 function indices, ascending: those of which references can be taken.
    FuncRefs = 18: "function references", 4;
    /// [`TrampolineRecord`]s sorted by type.
    Trampolines = 19: "trampolines", TrampolineRecord::SIZE;
    /// u32 text offsets of trapping instructions, ascending. Accesses to a guarded memory do not
    /// stand here: the address they fault at says what they are.
    TrapOffsets = 20: "trap offsets", 4;
    /// One [`crate::abi::TrapCode`] for each trap offset.
    TrapCodes = 21: "trap codes", 1;
    /// [`AddressBlockRecord`]s, ascending: entry points into the address map.
    AddressBlocks = 22: "address blocks", AddressBlockRecord::SIZE;
    /// Text offset → wasm offset, delta coded; see [`crate::addrmap`].
    AddressMap = 23: "address map", 1;
    /// [`FunctionNameRecord`]s sorted by function index. A function without a name is shown by its first
    /// export's name.
    FunctionNames = 24: "function names", FunctionNameRecord::SIZE;
    /// [`CustomSectionRecord`]s kept on request.
    CustomSections = 25: "custom sections", CustomSectionRecord::SIZE;
    /// Bytes of the custom sections: of each section once, in order.
    CustomData = 26: "custom data", 1;
    /// [`MemoryImageRecord`]s sorted by memory and place, without overlap.
    MemoryImages = 27: "memory images", MemoryImageRecord::SIZE;
    /// [`CallSiteRecord`]s of calls that have exception handlers, return offsets ascending.
    CallSites = 28: "call sites", CallSiteRecord::SIZE;
    /// [`HandlerRecord`]s: runs that call sites point to, and may share.
    Handlers = 29: "handlers", HandlerRecord::SIZE;
    /// [`StackMapRecord`]s of calls across which a function keeps managed references, return offsets
    /// ascending.
    StackMaps = 30: "stack maps", StackMapRecord::SIZE;
    /// u32: runs of places in frames that stack maps point to, and may share.
    StackSlots = 31: "stack slots", 4;
    /// [`InlinedRecord`]s of code that was inlined, text offsets ascending.
    Inlined = 32: "inlined code", InlinedRecord::SIZE;
    /// [`InlinedFrameRecord`]s: runs that records of inlined code point to, and may share.
    InlinedFrames = 33: "inlined frames", InlinedFrameRecord::SIZE;
    /// Machine code, page-aligned.
    Text = 34: "text", 1;
    /// Initial contents of memories, page-aligned.
    Images = 35: "images", 1;
}

/// Slots of an array indexed by section code; slot 0 is unused.
pub(crate) const SECTION_SLOTS: usize = SectionKind::ALL.len() + 1;

const _: () = {
    let mut slot = 1;
    while slot < SECTION_SLOTS {
        assert!(SectionKind::ALL[slot - 1] as usize == slot, "section codes count up from 1");
        slot += 1;
    }
};

impl SectionKind {
    /// Whether it begins at a page boundary of the target.
    pub fn page_aligned(self) -> bool {
        matches!(self, SectionKind::Text | SectionKind::Images)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_stand_where_the_constants_say() {
        assert_eq!(Header::SIZE, HEADER_BYTES);
        let mut bytes = Vec::new();
        Header {
            magic: MAGIC,
            format_version: FORMAT_VERSION,
            header_bytes: HEADER_BYTES as u32,
            abi_hash: 0,
            file_bytes: 0,
            isa: 0,
            page_size_log2: 0,
            cpu_features: 0,
            digest: [0xdd; 16],
            source_digest: [0; 32],
            section_count: 0,
            reserved: 0,
            directory_digest: u64::MAX,
            reserved2: [0; 16],
        }
        .encode(&mut bytes);
        assert_eq!(bytes_at(&bytes, DIGEST_OFFSET), Some([0xdd; 16]));
        assert_eq!(bytes_at(&bytes, DIRECTORY_DIGEST_OFFSET), Some([0xff; 8]));
    }

    #[test]
    fn record_sizes_are_those_of_the_document() {
        let sizes = [
            (SectionRecord::SIZE, 24),
            (ModuleRecord::SIZE, 32),
            (TypeRecord::SIZE, 32),
            (<ExternTypeFields as Record>::SIZE, 32),
            (ImportRecord::SIZE, 48),
            (ExportRecord::SIZE, 20),
            (DefinitionRecord::SIZE, 36),
            (ConstOpRecord::SIZE, 24),
            (ElementSegmentRecord::SIZE, 24),
            (DataSegmentRecord::SIZE, 20),
            (FunctionRecord::SIZE, 12),
            (TrampolineRecord::SIZE, 12),
            (AddressBlockRecord::SIZE, 12),
            (MemoryImageRecord::SIZE, 32),
            (CallSiteRecord::SIZE, 20),
            (HandlerRecord::SIZE, 8),
            (StackMapRecord::SIZE, 16),
            (InlinedRecord::SIZE, 12),
            (InlinedFrameRecord::SIZE, 12),
            (SetHeader::SIZE, SET_HEADER_BYTES),
            (SetMember::SIZE, 40),
        ];
        for (actual, documented) in sizes {
            assert_eq!(actual, documented);
        }
    }
}
