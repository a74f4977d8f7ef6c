//! Linked sets: written from the artifacts of their members and the code of all, and read back. What is inside a member
//! is none of this file's business: it is verified as any other, by [`Artifact::verify_member`].

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::abi::ABI_HASH;
use crate::cpu::Isa;
use crate::error::FormatError;
use crate::layout::{
    FORMAT_VERSION, Header, MAGIC, Record, SECTION_ALIGN, SET_DIGEST_OFFSET, SET_HEADER_BYTES, SET_MAGIC, SectionKind,
    SectionRecord, SetHeader, SetMember, bytes_at,
};
use crate::limits::{MAX_FILE_BYTES, MAX_MEMBERS, MAX_NAME_BYTES};
use crate::read::{Artifact, Integrity};

/// Alignment of members without memory images: that of sections.
const ALIGN_LOG2: u32 = SECTION_ALIGN.ilog2();

/// A linked set, but for what is inside its members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Set {
    /// Instruction set of all members.
    pub isa: Isa,
    /// CPU features the code requires, as bits of [`Isa::feature_names`].
    pub cpu_features: u64,
    /// Its members, in the order of their vmctxs. The last one is the main module.
    pub members: Vec<Member>,
    /// Where the code of all members stands in the file.
    pub text: Range<usize>,
}

/// A member of a linked set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The name by which the others import from it.
    pub name: String,
    /// Where its artifact stands in the file.
    pub artifact: Range<usize>,
    /// Where its code stands in the text of the set.
    pub text: Range<usize>,
}

/// What a linked set is written from.
pub struct MemberContents {
    /// The name by which the others import from it.
    pub name: String,
    /// Its artifact, without text.
    pub artifact: Vec<u8>,
    /// Where its code stands in the text of the set, ascending and not overlapping.
    pub text: Range<usize>,
}

/// A member's name and its artifact, verified.
pub type NamedArtifact<'a> = (String, Artifact<&'a [u8]>);

/// Whether these bytes begin as a linked set does.
pub fn is_set(bytes: &[u8]) -> bool {
    bytes_at::<8>(bytes, 0) == Some(SET_MAGIC)
}

/// What stands where in a linked set.
///
/// # Errors
///
/// What is wrong with header, records and names, and with the digest that was asked for. Of the members, only
/// the headers are looked at.
pub fn read(bytes: &[u8], integrity: Integrity) -> Result<Set, FormatError> {
    let header = header(bytes)?;
    let isa = Isa::from_code(header.isa).ok_or(FormatError::UnknownIsa { code: header.isa })?;
    if header.page_size_log2 != isa.page_size_log2() {
        return Err(FormatError::BadHeader { field: "page size", value: header.page_size_log2.into() });
    }
    let records_end = SET_HEADER_BYTES + header.member_count as usize * SetMember::SIZE;
    let names_end = records_end as u64 + u64::from(header.names_bytes);
    let wrong_names = FormatError::BadHeader { field: "length of the names", value: header.names_bytes.into() };
    let directory = usize::try_from(names_end).ok().and_then(|end| bytes.get(..end)).ok_or(wrong_names)?;
    check_digests(bytes, directory, &header, integrity)?;
    let mut names = Names { directory, next: records_end };
    let mut members = Vec::with_capacity(header.member_count as usize);
    let (mut end, mut text_end) = (names_end, 0);
    for (index, record) in (0..).zip(directory[SET_HEADER_BYTES..records_end].chunks_exact(SetMember::SIZE)) {
        let bad = |field, value| FormatError::BadMember { index, field, value };
        let record = SetMember::decode(record).ok_or(bad("length", 0))?;
        let name = names.take(record.name_bytes).ok_or(bad("name", record.name_bytes.into()))?;
        if name.is_empty() || members.iter().any(|known: &Member| known.name == name) {
            return Err(bad("name", index.into()));
        }
        if record.align_log2 != ALIGN_LOG2 && record.align_log2 != header.page_size_log2 {
            return Err(bad("alignment", record.align_log2.into()));
        }
        let artifact = place(bytes, end, 1 << record.align_log2, record.bytes).ok_or(bad("offset", record.offset))?;
        if artifact.start as u64 != record.offset {
            return Err(bad("offset", record.offset));
        }
        end = artifact.end as u64;
        let inside = bytes.get(artifact.clone()).unwrap_or_default();
        let own = Header::decode(inside).filter(|own| own.magic == MAGIC).ok_or(bad("length", record.bytes))?;
        if align_log2(inside, header.page_size_log2) != Some(record.align_log2) {
            return Err(bad("alignment", record.align_log2.into()));
        }
        if (own.isa, own.cpu_features) != (header.isa, header.cpu_features) {
            return Err(bad("machine, which is not the set's,", own.isa.into()));
        }
        let stop = record.text_offset.checked_add(record.text_bytes).filter(|stop| *stop <= header.text_bytes);
        let stop = stop.filter(|_| record.text_offset >= text_end);
        text_end = stop.ok_or(bad("text offset", record.text_offset))?;
        members.push(Member { name, artifact, text: record.text_offset as usize..text_end as usize });
    }
    if names.next != directory.len() {
        return Err(FormatError::BadHeader { field: "length of the names", value: header.names_bytes.into() });
    }
    let text = place(bytes, end, 1 << header.page_size_log2, header.text_bytes);
    let text = text.filter(|text| text.start as u64 == header.text_offset && text.end == bytes.len());
    let text = text.ok_or(FormatError::BadHeader { field: "text offset", value: header.text_offset })?;
    Ok(Set { isa, cpu_features: header.cpu_features, members, text })
}

/// The artifacts of the members of a linked set, verified, in order.
///
/// # Errors
///
/// Those of [`read`], and [`FormatError::Member`] for the first member that is wrong.
pub fn members(bytes: &[u8], integrity: Integrity) -> Result<Vec<NamedArtifact<'_>>, FormatError> {
    let verify = |Member { name, artifact, text }: Member| {
        let own = bytes.get(artifact).unwrap_or_default();
        match Artifact::verify_member(own, text.len() as u64, integrity) {
            Ok(artifact) => Ok((name, artifact)),
            Err(error) => Err(FormatError::Member { name, error: Box::new(error) }),
        }
    };
    read(bytes, integrity)?.members.into_iter().map(verify).collect()
}

/// Where `bytes` bytes stand behind `end` in a file, aligned; nothing if they are not all in it, or what is left out is
/// not zero.
fn place(file: &[u8], end: u64, align: u64, bytes: u64) -> Option<Range<usize>> {
    let start = end.checked_next_multiple_of(align)?;
    let stop = start.checked_add(bytes).filter(|stop| *stop <= file.len() as u64)?;
    let padding = file.get(end as usize..start as usize)?;
    // Without an exit, which keeps the compiler from comparing many at once.
    let is_zero = padding.iter().fold(0, |all, byte| all | byte) == 0;
    is_zero.then_some(start as usize..stop as usize)
}

struct Names<'a> {
    directory: &'a [u8],
    next: usize,
}

impl Names<'_> {
    fn take(&mut self, bytes: u32) -> Option<String> {
        let end = self.next.checked_add(bytes as usize).filter(|_| bytes <= MAX_NAME_BYTES)?;
        let name = core::str::from_utf8(self.directory.get(self.next..end)?).ok()?;
        self.next = end;
        Some(name.into())
    }
}

fn header(bytes: &[u8]) -> Result<SetHeader, FormatError> {
    if let Some(found) = bytes_at::<8>(bytes, 0)
        && found != SET_MAGIC
    {
        return Err(FormatError::BadMagic { found });
    }
    let header = SetHeader::decode(bytes);
    let header = header.ok_or(FormatError::TooShort { bytes: bytes.len(), needed: SET_HEADER_BYTES })?;
    if header.format_version != FORMAT_VERSION {
        return Err(FormatError::UnsupportedVersion { found: header.format_version, supported: FORMAT_VERSION });
    }
    if header.abi_hash != ABI_HASH {
        return Err(FormatError::AbiMismatch { found: header.abi_hash, expected: ABI_HASH });
    }
    if header.file_bytes != bytes.len() as u64 {
        return Err(FormatError::LengthMismatch { header: header.file_bytes, actual: bytes.len() as u64 });
    }
    limit("file size", header.file_bytes, MAX_FILE_BYTES)?;
    limit("members", header.member_count.into(), MAX_MEMBERS.into())?;
    let reserved = u64::from(header.reserved) | header.reserved2.iter().fold(0, |all, byte| all | u64::from(*byte));
    if reserved != 0 {
        return Err(FormatError::BadHeader { field: "reserved field", value: reserved });
    }
    match header.member_count {
        0 => Err(FormatError::BadHeader { field: "member count", value: 0 }),
        _ => Ok(header),
    }
}

fn check_digests(bytes: &[u8], directory: &[u8], header: &SetHeader, integrity: Integrity) -> Result<(), FormatError> {
    let actual = directory_digest(header, directory);
    if actual != header.directory_digest {
        return Err(FormatError::DigestMismatch {
            part: "the directory of members",
            actual: alloc::format!("{actual:016x}"),
            expected: alloc::format!("{:016x}", header.directory_digest),
        });
    }
    let actual = match integrity {
        Integrity::Full => file_digest(bytes),
        Integrity::Directory => header.digest,
    };
    match actual == header.digest {
        true => Ok(()),
        false => {
            Err(FormatError::DigestMismatch { part: "the file", actual: hex(&actual), expected: hex(&header.digest) })
        }
    }
}

/// A linked set of these members, in this order, whose code is `text`.
///
/// # Errors
///
/// Members whose headers are wrong, and more than the limits allow.
pub fn write(members: &[MemberContents], text: &[u8]) -> Result<Vec<u8>, FormatError> {
    limit("members", members.len() as u64, MAX_MEMBERS.into())?;
    let none = FormatError::BadHeader { field: "member count", value: 0 };
    let first = &members.first().ok_or(none)?.artifact;
    let too_short = |artifact: &[u8]| FormatError::TooShort { bytes: artifact.len(), needed: Header::SIZE };
    let first = Header::decode(first).ok_or(too_short(first))?;
    let names_bytes: usize = members.iter().map(|member| member.name.len()).sum();
    let mut end = (SET_HEADER_BYTES + members.len() * SetMember::SIZE + names_bytes) as u64;
    let mut records = Vec::with_capacity(members.len());
    for MemberContents { name, artifact, text } in members {
        limit("bytes of a name", name.len() as u64, MAX_NAME_BYTES.into())?;
        let align_log2 = align_log2(artifact, first.page_size_log2).ok_or(too_short(artifact))?;
        let offset = end.next_multiple_of(1 << align_log2);
        records.push(SetMember {
            name_bytes: name.len() as u32,
            align_log2,
            offset,
            bytes: artifact.len() as u64,
            text_offset: text.start as u64,
            text_bytes: text.len() as u64,
        });
        end = offset + artifact.len() as u64;
    }
    let text_offset = end.next_multiple_of(1 << first.page_size_log2);
    let mut header = SetHeader {
        magic: SET_MAGIC,
        format_version: FORMAT_VERSION,
        member_count: members.len() as u32,
        abi_hash: ABI_HASH,
        file_bytes: text_offset + text.len() as u64,
        isa: first.isa,
        page_size_log2: first.page_size_log2,
        cpu_features: first.cpu_features,
        text_offset,
        text_bytes: text.len() as u64,
        names_bytes: names_bytes as u32,
        reserved: 0,
        directory_digest: 0,
        digest: [0; 16],
        reserved2: [0; 16],
    };
    limit("file size", header.file_bytes, MAX_FILE_BYTES)?;
    let mut out = Vec::with_capacity(header.file_bytes as usize);
    header.encode(&mut out);
    records.iter().for_each(|record| record.encode(&mut out));
    members.iter().for_each(|member| out.extend_from_slice(member.name.as_bytes()));
    header.directory_digest = directory_digest(&header, &out);
    for (record, member) in records.iter().zip(members) {
        out.resize(record.offset as usize, 0);
        out.extend_from_slice(&member.artifact);
    }
    out.resize(text_offset as usize, 0);
    out.extend_from_slice(text);
    put_header(&header, &mut out);
    header.digest = file_digest(&out);
    put_header(&header, &mut out);
    Ok(out)
}

/// Puts both digests of a linked set in place, as [`crate::write::seal`] does for an artifact; those of its members stay.
pub fn seal(file: &mut [u8]) {
    let Some(mut header) = SetHeader::decode(file) else { return };
    let records = (header.member_count as usize).saturating_mul(SetMember::SIZE);
    let end = SET_HEADER_BYTES.saturating_add(records).saturating_add(header.names_bytes as usize);
    if let Some(directory) = file.get(..end) {
        header.directory_digest = directory_digest(&header, directory);
        put_header(&header, file);
        header.digest = file_digest(file);
        put_header(&header, file);
    }
}

fn put_header(header: &SetHeader, out: &mut [u8]) {
    let mut bytes = Vec::with_capacity(SET_HEADER_BYTES);
    header.encode(&mut bytes);
    out[..SET_HEADER_BYTES].copy_from_slice(&bytes);
}

/// How a member is aligned: to pages, if it has memory images, which are mapped. Nothing if it is cut off.
fn align_log2(artifact: &[u8], page_size_log2: u32) -> Option<u32> {
    let header = Header::decode(artifact)?;
    let directory = artifact.get(Header::SIZE..)?;
    let mut records = directory.chunks_exact(SectionRecord::SIZE).take(header.section_count as usize);
    let is_images =
        |record: &[u8]| SectionRecord::decode(record).is_some_and(|it| it.kind == SectionKind::Images as u32);
    Some(if records.any(is_images) { page_size_log2 } else { ALIGN_LOG2 })
}

/// XXH3-64 of header, records and names, with the digests in the header taken as zero.
fn directory_digest(header: &SetHeader, directory: &[u8]) -> u64 {
    let mut bytes = Vec::with_capacity(directory.len());
    SetHeader { directory_digest: 0, digest: [0; 16], ..*header }.encode(&mut bytes);
    bytes.extend_from_slice(directory.get(SET_HEADER_BYTES..).unwrap_or_default());
    xxh3_64(&bytes)
}

/// XXH3-128 of a file without the digest itself.
fn file_digest(bytes: &[u8]) -> [u8; 16] {
    let mut hasher = Xxh3::new();
    hasher.update(bytes.get(..SET_DIGEST_OFFSET).unwrap_or(bytes));
    hasher.update(bytes.get(SET_DIGEST_OFFSET + 16..).unwrap_or_default());
    hasher.digest128().to_le_bytes()
}

fn hex(digest: &[u8; 16]) -> String {
    digest.iter().map(|byte| alloc::format!("{byte:02x}")).collect()
}

fn limit(what: &'static str, count: u64, limit: u64) -> Result<(), FormatError> {
    match count > limit {
        true => Err(FormatError::LimitExceeded { what, count, limit }),
        false => Ok(()),
    }
}
