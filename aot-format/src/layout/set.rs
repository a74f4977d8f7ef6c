//! A linked set: one `.aot` file with several modules that were compiled together. Each member is an artifact as the
//! rest of this folder describes them, but for its text: the texts of all members are one, at the end of the file, so
//! that one member calls another directly.

use super::*;

/// First bytes of every linked set.
pub const SET_MAGIC: [u8; 8] = *b"\x89SET\r\n\x1a\n";
/// Bytes of a [`SetHeader`].
pub const SET_HEADER_BYTES: usize = 112;
/// Where [`SetHeader::digest`] stands; it covers every other byte of the file.
pub const SET_DIGEST_OFFSET: usize = 80;

record! {
    /// The first [`SET_HEADER_BYTES`] of a linked set. The members' records follow, then their names, then the members,
    /// then the text.
    SetHeader {
        /// [`SET_MAGIC`].
        magic: [u8; 8],
        /// [`FORMAT_VERSION`].
        format_version: u32,
        /// How many members there are, from 1 to [`crate::limits::MAX_MEMBERS`].
        member_count: u32,
        /// [`crate::abi::ABI_HASH`] of the compiler that wrote the file.
        abi_hash: u64,
        /// Length of the whole file.
        file_bytes: u64,
        /// Code of the [`crate::cpu::Isa`], that of all members.
        isa: u32,
        /// Binary logarithm of the page size that text and images are aligned to.
        page_size_log2: u32,
        /// CPU features the code requires, those of all members.
        cpu_features: u64,
        /// Where the text begins in the file: at the first page boundary behind the last member.
        text_offset: u64,
        /// Its length in bytes; it ends the file.
        text_bytes: u64,
        /// Bytes of the members' names, which stand one behind the other.
        names_bytes: u32,
        /// Zero.
        reserved: u32,
        /// XXH3-64 of header, records and names with both digests taken as zero.
        directory_digest: u64,
        /// XXH3-128 of the file without these 16 bytes. It finds accidents, never attackers.
        digest: [u8; 16],
        /// Zero.
        reserved2: [u8; 16],
    }
}

record! {
    /// A member, in the order of their vmctxs: each begins at the next multiple of [`crate::abi::VMCTX_ALIGN`]
    /// behind the one before. The last one is the main module.
    SetMember {
        /// Bytes of its name, by which the others import from it; the names stand in the order of the members.
        name_bytes: u32,
        /// Binary logarithm of the alignment of `offset`: that of a page if it has memory images, else 3.
        align_log2: u32,
        /// Where its artifact begins, in bytes from the start of the file: at the first multiple of its alignment
        /// behind the names, or the member before.
        offset: u64,
        /// Its length in bytes.
        bytes: u64,
        /// Where its code begins in the text, behind that of the member before.
        text_offset: u64,
        /// The length of its code in bytes.
        text_bytes: u64,
    }
}
