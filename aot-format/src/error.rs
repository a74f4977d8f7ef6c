//! What can be wrong with the bytes of an artifact: one variant per cause.

use alloc::string::String;

use crate::layout::SectionKind;

/// Why bytes are not an artifact that this version can load.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Shorter than a header.
    #[error("the file has {bytes} bytes, less than the {needed} of a header: it is truncated or not an .aot file")]
    TooShort {
        /// Bytes there are.
        bytes: usize,
        /// Bytes of a header.
        needed: usize,
    },
    /// Other first bytes.
    #[error("not an .aot file of this toolchain: it begins with {found:02x?}{}", hint(.found))]
    BadMagic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// Written by another format version.
    #[error("the file has format version {found}, this runtime reads version {supported}: compile the module again")]
    UnsupportedVersion {
        /// Version of the file.
        found: u32,
        /// Version of this library.
        supported: u32,
    },
    /// Another contract between code and runtime.
    #[error(
        "the file was compiled for another runtime (ABI {found:016x}, this one has {expected:016x}): compile the module again"
    )]
    AbiMismatch {
        /// ABI hash of the file.
        found: u64,
        /// ABI hash of this library.
        expected: u64,
    },
    /// An instruction set without a name.
    #[error("the file is for an unknown instruction set (code {code})")]
    UnknownIsa {
        /// The code in the header.
        code: u32,
    },
    /// The header's length is not the file's.
    #[error(
        "the header says the file has {header} bytes, but it has {actual}: it is truncated or has been appended to"
    )]
    LengthMismatch {
        /// Length in the header.
        header: u64,
        /// Length of the bytes.
        actual: u64,
    },
    /// A header field has a value that no writer gives it.
    #[error("the header's {field} has the impossible value {value}")]
    BadHeader {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// The bytes are not those that were written.
    #[error("the file is corrupt: {part} has digest {actual}, the header says {expected}")]
    DigestMismatch {
        /// What was digested.
        part: &'static str,
        /// Digest of the bytes, in hexadecimal.
        actual: String,
        /// Digest in the header.
        expected: String,
    },
    /// A section of a kind that this version does not know.
    #[error("section {index} has the unknown kind {code}")]
    UnknownSection {
        /// Position in the directory.
        index: u32,
        /// Its kind.
        code: u32,
    },
    /// Two sections of one kind.
    #[error("there are two {} sections", .section.label())]
    DuplicateSection {
        /// The kind.
        section: SectionKind,
    },
    /// A section overlaps the one before, or leaves the file.
    #[error("the {} section ({bytes} bytes at {offset}) is misaligned, overlaps another or leaves the file", .section.label())]
    SectionRange {
        /// The section.
        section: SectionKind,
        /// Its offset.
        offset: u64,
        /// Its length.
        bytes: u64,
    },
    /// A section's length is not a multiple of its entries' size.
    #[error("the {} section has {bytes} bytes, which is no whole number of entries", .section.label())]
    SectionLength {
        /// The section.
        section: SectionKind,
        /// Its length.
        bytes: u64,
    },
    /// A section that must be there is not.
    #[error("the {} section is missing", .section.label())]
    MissingSection {
        /// The section.
        section: SectionKind,
    },
    /// A field of an entry has a value that it cannot have.
    #[error("entry {index} of the {} section: {field} has the impossible value {value}", .section.label())]
    BadEntry {
        /// The section.
        section: SectionKind,
        /// Position of the entry.
        index: u32,
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// A name is not UTF-8.
    #[error("entry {index} of the {} section has a name that is not UTF-8", .section.label())]
    BadName {
        /// The section.
        section: SectionKind,
        /// Position of the entry.
        index: u32,
    },
    /// A constant expression that leaves another type, or underflows.
    #[error("constant expression {index} is not well-typed")]
    BadConstExpr {
        /// Position of the expression.
        index: u32,
    },
    /// The record of an artifact inside a fat one has a value that it cannot have.
    #[error("artifact {index} of the fat file: its {field} has the impossible value {value}")]
    BadSlice {
        /// Position of the artifact.
        index: u32,
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// The record of a member of a linked set has a value that it cannot have.
    #[error("member {index} of the linked set: its {field} has the impossible value {value}")]
    BadMember {
        /// Position of the member.
        index: u32,
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// A member of a linked set is not as it must be.
    #[error("member {name:?} of the linked set: {error}")]
    Member {
        /// Its name.
        name: String,
        /// What is wrong with it.
        error: alloc::boxed::Box<FormatError>,
    },
    /// More of something than the limits allow.
    #[error("{what}: {count} is over the limit of {limit}")]
    LimitExceeded {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        count: u64,
        /// The limit.
        limit: u64,
    },
}

fn hint(found: &[u8; 8]) -> &'static str {
    match found {
        [0, b'a', b's', b'm', ..] => " (a WebAssembly module: compile it with wamrc first)",
        [0, b'a', b'o', b't', ..] => " (an .aot file of WAMR: compile the module again with this wamrc)",
        [0x7f, b'E', b'L', b'F', ..] => " (an ELF file)",
        [0x89, b'S', b'E', b'T', ..] => " (a linked set, of which no single artifact can be taken)",
        [0x89, b'F', b'A', b'T', ..] => " (a fat artifact, of which one artifact has to be chosen)",
        _ => "",
    }
}
