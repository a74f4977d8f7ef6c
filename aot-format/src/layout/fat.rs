//! A fat artifact: one `.aot` file for several machines, with a whole artifact for each. The artifacts inside
//! are as the rest of this folder describes them and know nothing of it.

use super::*;

/// First bytes of every fat artifact.
pub const FAT_MAGIC: [u8; 8] = *b"\x89FAT\r\n\x1a\n";
/// Bytes of a [`FatHeader`].
pub const FAT_HEADER_BYTES: usize = 32;

record! {
    /// The first [`FAT_HEADER_BYTES`] of a fat artifact. The slices' records follow.
    FatHeader {
        /// [`FAT_MAGIC`].
        magic: [u8; 8],
        /// [`FORMAT_VERSION`].
        format_version: u32,
        /// How many slices there are, from 1 to [`crate::limits::MAX_SLICES`].
        slice_count: u32,
        /// Length of the whole file.
        file_bytes: u64,
        /// XXH3-64 of header and records with this digest taken as zero.
        directory_digest: u64,
    }
}

record! {
    /// An artifact inside, in order of `offset`. Each begins at the first multiple of its page size behind the
    /// one before, the bytes between are zero; the last one ends the file.
    FatSlice {
        /// Code of the [`crate::cpu::Isa`], as in the artifact's own header.
        isa: u32,
        /// Binary logarithm of the alignment of `offset`, as in the artifact's own header.
        page_size_log2: u32,
        /// CPU features the code requires, as in the artifact's own header.
        cpu_features: u64,
        /// Where the artifact begins, in bytes from the start of the file.
        offset: u64,
        /// Its length in bytes.
        bytes: u64,
    }
}
