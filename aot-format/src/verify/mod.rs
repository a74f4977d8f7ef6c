//! Verification: the one way from bytes to a [`Directory`], and so to an `Artifact`. Here the
//! header, digests and section directory, and the order of the rest; what sections hold is verified
//! in `types`, `interface`, `segments` and `code`.
//!
//! What it guarantees: every index, span and string that the loader follows is in bounds and of
//! the right kind, every limit holds, constant expressions are well-typed up to the hierarchy of
//! references, whoever is referred to has a function reference slot. What it cannot guarantee: that
//! the machine code does no harm. Only trusted code may be called.
//!
//! What makes it linear: sections that other records point into by [`Span`] are handed out once, in
//! order ([`Consecutive`]), so nothing can be made to be verified twice; and strings that records
//! share are short. No unknown bit is ignored: a record must be just what the writer would write.

mod code;
mod interface;
mod segments;
mod types;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::abi::{ABI_HASH, VmctxCounts, VmctxLayout};
use crate::cpu::Isa;
use crate::error::FormatError;
use crate::layout::*;
use crate::limits::*;
use crate::read::{Directory, Integrity, View, directory_digest, file_digest};
use crate::types::*;
use segments::Operand;

type Result<T, E = FormatError> = core::result::Result<T, E>;

/// `text_bytes` is how much code there is elsewhere, for a member of a linked set.
pub(crate) fn verify(bytes: &[u8], integrity: Integrity, text_bytes: Option<u64>) -> Result<Directory> {
    let header = header(bytes)?;
    let isa = Isa::from_code(header.isa).ok_or(FormatError::UnknownIsa { code: header.isa })?;
    if header.page_size_log2 != isa.page_size_log2() {
        return Err(FormatError::BadHeader { field: "page size", value: u64::from(header.page_size_log2) });
    }
    digests(bytes, &header, integrity)?;
    let ranges = sections(bytes, &header)?;
    let own_text = ranges[SectionKind::Text as usize].len() as u64;
    let text_bytes = match text_bytes {
        Some(_) if own_text > 0 => return Err(FormatError::DuplicateSection { section: SectionKind::Text }),
        Some(text_bytes) => text_bytes,
        None => own_text,
    };
    let layout = Verifier::new(View { bytes, ranges: &ranges }, text_bytes).run(isa)?;
    Ok(Directory {
        isa,
        cpu_features: header.cpu_features,
        source_digest: header.source_digest,
        digest: header.digest,
        page_size_log2: header.page_size_log2,
        ranges,
        layout,
    })
}

fn header(bytes: &[u8]) -> Result<Header> {
    // The magic first: a short file of another kind should be told apart from a truncated one.
    if let Some(found) = bytes_at::<8>(bytes, 0)
        && found != MAGIC
    {
        return Err(FormatError::BadMagic { found });
    }
    let header = Header::decode(bytes).ok_or(FormatError::TooShort { bytes: bytes.len(), needed: HEADER_BYTES })?;
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
    let reserved = u64::from(header.reserved) | header.reserved2.iter().fold(0, |all, byte| all | u64::from(*byte));
    for (field, value, expected) in
        [("header length", u64::from(header.header_bytes), HEADER_BYTES as u64), ("reserved field", reserved, 0)]
    {
        if value != expected {
            return Err(FormatError::BadHeader { field, value });
        }
    }
    limit("sections", u64::from(header.section_count), u64::from(MAX_SECTIONS))?;
    Ok(header)
}

fn digests(bytes: &[u8], header: &Header, integrity: Integrity) -> Result<()> {
    let directory = directory_digest(bytes)
        .ok_or(FormatError::BadHeader { field: "section count", value: u64::from(header.section_count) })?;
    if directory != header.directory_digest {
        return Err(FormatError::DigestMismatch {
            part: "the section directory",
            actual: format!("{directory:016x}"),
            expected: format!("{:016x}", header.directory_digest),
        });
    }
    if integrity == Integrity::Full {
        let digest = file_digest(bytes);
        if digest != header.digest {
            return Err(FormatError::DigestMismatch {
                part: "the file",
                actual: hex(&digest),
                expected: hex(&header.digest),
            });
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the directory: known kinds, once each and not empty, one right behind the other, up to the
/// end of the file.
fn sections(bytes: &[u8], header: &Header) -> Result<[Range<usize>; SECTION_SLOTS]> {
    let mut ranges: [Range<usize>; SECTION_SLOTS] = core::array::from_fn(|_| 0..0);
    let mut end = (HEADER_BYTES + header.section_count as usize * SectionRecord::SIZE) as u64;
    let page = 1u64 << header.page_size_log2;
    for index in 0..header.section_count {
        let at = HEADER_BYTES + index as usize * SectionRecord::SIZE;
        let record = bytes
            .get(at..)
            .and_then(SectionRecord::decode)
            .ok_or_else(|| FormatError::BadHeader { field: "section count", value: header.section_count.into() })?;
        let section =
            SectionKind::from_code(record.kind).ok_or(FormatError::UnknownSection { index, code: record.kind })?;
        let slot = &mut ranges[section as usize];
        if slot.end != 0 {
            return Err(FormatError::DuplicateSection { section });
        }
        if record.reserved != 0 {
            return Err(FormatError::BadHeader { field: "reserved field of a section", value: record.reserved.into() });
        }
        let align = if section.page_aligned() { page } else { SECTION_ALIGN };
        let stop = record.offset.checked_add(record.bytes);
        match stop {
            // `end` is within the file, so rounding it up cannot overflow.
            Some(stop) if record.offset == end.next_multiple_of(align) && stop <= header.file_bytes => end = stop,
            _ => {
                return Err(FormatError::SectionRange { section, offset: record.offset, bytes: record.bytes });
            }
        }
        if record.bytes == 0 || !record.bytes.is_multiple_of(section.entry_bytes() as u64) {
            return Err(FormatError::SectionLength { section, bytes: record.bytes });
        }
        *slot = record.offset as usize..end as usize;
    }
    if end != header.file_bytes {
        return Err(FormatError::BadHeader { field: "file length", value: header.file_bytes });
    }
    let section = SectionKind::Module;
    match ranges[section as usize].len() {
        ModuleRecord::SIZE => Ok(ranges),
        0 => Err(FormatError::MissingSection { section }),
        bytes => Err(FormatError::SectionLength { section, bytes: bytes as u64 }),
    }
}

fn limit(what: &'static str, count: u64, limit: u64) -> Result<()> {
    if count > limit { Err(FormatError::LimitExceeded { what, count, limit }) } else { Ok(()) }
}

fn bad(section: SectionKind, index: usize, field: &'static str, value: impl Into<u64>) -> FormatError {
    FormatError::BadEntry { section, index: index as u32, field, value: value.into() }
}

/// How much of a section has been handed out. Entries are, once each and in order.
#[derive(Default)]
struct Consecutive {
    next: u32,
}

impl Consecutive {
    /// Whether `span` is what comes next; then it has been handed out.
    fn take(&mut self, span: Span) -> bool {
        match span.start.checked_add(span.len) {
            Some(next) if span.start == self.next => {
                self.next = next;
                true
            }
            _ => false,
        }
    }
}

/// Collects the index spaces while checking the sections that fill them.
struct Verifier<'a> {
    view: View<'a>,
    text_bytes: u64,
    /// `TYPE_*` of each type.
    type_kinds: Vec<u32>,
    /// Whether all fields, or the elements, of each type can be zero or null.
    defaultable: Vec<bool>,
    /// Type index of each function, imported first.
    functions: Vec<u32>,
    /// Whether a function has a function reference slot.
    referenced: Vec<bool>,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    globals: Vec<GlobalType>,
    counts: VmctxCounts,
    type_items: Consecutive,
    const_exprs: Consecutive,
    const_ops: Consecutive,
    element_items: Consecutive,
    data: Consecutive,
    custom_data: Consecutive,
    /// Where the last string that cannot be shared ended.
    long_strings_end: u32,
    /// The stack of the constant expression at hand.
    stack: Vec<Operand>,
}

impl<'a> Verifier<'a> {
    fn new(view: View<'a>, text_bytes: u64) -> Self {
        Verifier {
            view,
            text_bytes,
            type_kinds: Vec::new(),
            defaultable: Vec::new(),
            functions: Vec::new(),
            referenced: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            counts: VmctxCounts::default(),
            type_items: Consecutive::default(),
            const_exprs: Consecutive::default(),
            const_ops: Consecutive::default(),
            element_items: Consecutive::default(),
            data: Consecutive::default(),
            custom_data: Consecutive::default(),
            long_strings_end: 0,
            stack: Vec::new(),
        }
    }

    /// The order is that in which the writer fills strings and constant expressions.
    fn run(mut self, isa: Isa) -> Result<VmctxLayout> {
        let start = self.module()?;
        self.types()?;
        self.imports()?;
        self.functions()?;
        self.funcrefs()?;
        self.definitions()?;
        self.exports()?;
        self.start(start)?;
        self.element_segments()?;
        self.data_segments()?;
        self.trampolines()?;
        self.traps()?;
        self.images(isa)?;
        self.custom_sections()?;
        self.nothing_is_left()?;
        let layout = VmctxLayout::new(self.counts);
        limit("bytes of the vmctx", layout.size(), MAX_VMCTX_BYTES)?;
        Ok(layout)
    }

    /// The name at `place`, at a cost that sums up to the size of the file over all calls.
    fn name(&mut self, place: StrRef, section: SectionKind, index: usize) -> Result<&'a str> {
        limit("bytes of a name", u64::from(place.bytes), u64::from(MAX_NAME_BYTES))?;
        let wrong = || FormatError::BadName { section, index: index as u32 };
        if place.bytes > MAX_SHARED_NAME_BYTES {
            if place.offset < self.long_strings_end {
                return Err(wrong());
            }
            self.long_strings_end = place.offset.saturating_add(place.bytes);
        }
        self.view.str(place).ok_or_else(wrong)
    }

    /// Checks that sections others point into hold no more than what was pointed to.
    fn nothing_is_left(&self) -> Result<()> {
        let handed_out = [
            (SectionKind::TypeItems, &self.type_items),
            (SectionKind::ConstExprs, &self.const_exprs),
            (SectionKind::ConstOps, &self.const_ops),
            (SectionKind::ElementItems, &self.element_items),
            (SectionKind::Data, &self.data),
            (SectionKind::CustomData, &self.custom_data),
        ];
        for (section, consecutive) in handed_out {
            let bytes = self.view.section(section).len() as u64;
            if u64::from(consecutive.next) * section.entry_bytes() as u64 != bytes {
                return Err(FormatError::SectionLength { section, bytes });
            }
        }
        Ok(())
    }
}
