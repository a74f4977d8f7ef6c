//! Fat artifacts: written from artifacts, read back, and the one to use chosen. What is inside an artifact is
//! none of this file's business: whoever uses one verifies it as any other.

use alloc::vec::Vec;
use core::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use crate::cpu::Isa;
use crate::error::FormatError;
use crate::layout::{
    FAT_HEADER_BYTES, FAT_MAGIC, FORMAT_VERSION, FatHeader, FatSlice, HEADER_BYTES, Header, MAGIC, Record, SET_MAGIC,
    SetHeader, bytes_at,
};
use crate::limits::{MAX_FILE_BYTES, MAX_SLICES};

/// An artifact inside a fat one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    /// Its instruction set.
    pub isa: Isa,
    /// Features it needs, as bits of [`Isa::feature_names`].
    pub cpu_features: u64,
    /// Where it stands.
    pub range: Range<usize>,
}

/// Whether these bytes begin as a fat artifact does.
pub fn is_fat(bytes: &[u8]) -> bool {
    bytes_at::<8>(bytes, 0) == Some(FAT_MAGIC)
}

/// The slices of a fat artifact, in order.
///
/// # Errors
///
/// What is wrong with header or records. The artifacts inside are not looked at, except for whether their headers
/// say the same of them.
pub fn slices(bytes: &[u8]) -> Result<Vec<Slice>, FormatError> {
    if let Some(found) = bytes_at::<8>(bytes, 0)
        && found != FAT_MAGIC
    {
        return Err(FormatError::BadMagic { found });
    }
    let header = FatHeader::decode(bytes);
    let header = header.ok_or(FormatError::TooShort { bytes: bytes.len(), needed: FAT_HEADER_BYTES })?;
    if header.format_version != FORMAT_VERSION {
        return Err(FormatError::UnsupportedVersion { found: header.format_version, supported: FORMAT_VERSION });
    }
    if header.file_bytes != bytes.len() as u64 {
        return Err(FormatError::LengthMismatch { header: header.file_bytes, actual: bytes.len() as u64 });
    }
    let count = u64::from(header.slice_count);
    limit("slices", count, u64::from(MAX_SLICES))?;
    limit("file size", header.file_bytes, MAX_FILE_BYTES)?;
    let wrong_count = FormatError::BadHeader { field: "slice count", value: count };
    let directory_bytes = FAT_HEADER_BYTES + header.slice_count as usize * FatSlice::SIZE;
    let directory = bytes.get(..directory_bytes).filter(|_| count > 0).ok_or(wrong_count)?;
    let digest = directory_digest(&header, directory);
    if digest != header.directory_digest {
        return Err(FormatError::DigestMismatch {
            part: "the directory of slices",
            actual: alloc::format!("{digest:016x}"),
            expected: alloc::format!("{:016x}", header.directory_digest),
        });
    }
    let mut slices = Vec::with_capacity(header.slice_count as usize);
    let mut end = directory_bytes as u64;
    for (index, record) in (0..).zip(directory[FAT_HEADER_BYTES..].chunks_exact(FatSlice::SIZE)) {
        let bad = |field, value| FormatError::BadSlice { index, field, value };
        let record = FatSlice::decode(record).ok_or(bad("length", 0))?;
        let isa = Isa::from_code(record.isa).ok_or(FormatError::UnknownIsa { code: record.isa })?;
        if record.page_size_log2 != isa.page_size_log2() {
            return Err(bad("page size", record.page_size_log2.into()));
        }
        let start = end.next_multiple_of(1 << record.page_size_log2);
        if record.offset != start {
            return Err(bad("offset", record.offset));
        }
        let padding = bytes.get(end as usize..start as usize).ok_or(bad("offset", record.offset))?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(bad("padding", 1));
        }
        let stop = start.checked_add(record.bytes).filter(|stop| *stop <= header.file_bytes);
        let stop = stop.ok_or(bad("length", record.bytes))?;
        let own = bytes.get(start as usize..stop as usize).unwrap_or_default();
        if machine(own).ok_or(bad("length", record.bytes))? != (record.isa, record.cpu_features) {
            return Err(bad("machine, which is not the artifact's own,", record.isa.into()));
        }
        slices.push(Slice { isa, cpu_features: record.cpu_features, range: start as usize..stop as usize });
        end = stop;
    }
    match end == header.file_bytes {
        true => Ok(slices),
        false => Err(FormatError::BadHeader { field: "file length", value: header.file_bytes }),
    }
}

/// The first slice that a machine can run.
pub fn choose(slices: &[Slice], isa: Isa, features: u64) -> Option<&Slice> {
    slices.iter().find(|slice| slice.isa == isa && slice.cpu_features & !features == 0)
}

/// A fat artifact of these artifacts, in this order: the first that a machine can run is the one it runs.
///
/// # Errors
///
/// Artifacts whose headers are wrong, and more of them than [`MAX_SLICES`].
pub fn write(artifacts: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, FormatError> {
    limit("slices", artifacts.len() as u64, u64::from(MAX_SLICES))?;
    let directory_bytes = FAT_HEADER_BYTES + artifacts.len() * FatSlice::SIZE;
    let mut records = Vec::with_capacity(artifacts.len());
    let mut end = directory_bytes as u64;
    for artifact in artifacts.iter().map(AsRef::as_ref) {
        let own = machine(artifact);
        let (code, cpu_features) = own.ok_or(FormatError::TooShort { bytes: artifact.len(), needed: HEADER_BYTES })?;
        let isa = Isa::from_code(code).ok_or(FormatError::UnknownIsa { code })?;
        let page_size_log2 = isa.page_size_log2();
        let offset = end.next_multiple_of(1 << page_size_log2);
        let bytes = artifact.len() as u64;
        records.push(FatSlice { isa: code, page_size_log2, cpu_features, offset, bytes });
        end = offset + bytes;
    }
    limit("file size", end, MAX_FILE_BYTES)?;
    let mut header = FatHeader {
        magic: FAT_MAGIC,
        format_version: FORMAT_VERSION,
        slice_count: records.len() as u32,
        file_bytes: end,
        directory_digest: 0,
    };
    let mut out = Vec::with_capacity(end as usize);
    header.encode(&mut out);
    records.iter().for_each(|record| record.encode(&mut out));
    header.directory_digest = directory_digest(&header, &out);
    out.clear();
    header.encode(&mut out);
    for record in &records {
        record.encode(&mut out);
    }
    for (record, artifact) in records.iter().zip(artifacts) {
        out.resize(record.offset as usize, 0);
        out.extend_from_slice(artifact.as_ref());
    }
    Ok(out)
}

/// The instruction set and the CPU features that an artifact or a linked set says it needs.
fn machine(artifact: &[u8]) -> Option<(u32, u64)> {
    match bytes_at(artifact, 0)? {
        MAGIC => Header::decode(artifact).map(|own| (own.isa, own.cpu_features)),
        SET_MAGIC => SetHeader::decode(artifact).map(|own| (own.isa, own.cpu_features)),
        _ => None,
    }
}

/// XXH3-64 of header and records, with the digest in the header taken as zero.
fn directory_digest(header: &FatHeader, directory: &[u8]) -> u64 {
    let mut bytes = Vec::with_capacity(directory.len());
    FatHeader { directory_digest: 0, ..*header }.encode(&mut bytes);
    bytes.extend_from_slice(directory.get(FAT_HEADER_BYTES..).unwrap_or_default());
    xxh3_64(&bytes)
}

fn limit(what: &'static str, count: u64, limit: u64) -> Result<(), FormatError> {
    match count > limit {
        true => Err(FormatError::LimitExceeded { what, count, limit }),
        false => Ok(()),
    }
}
