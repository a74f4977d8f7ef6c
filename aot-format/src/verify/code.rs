//! Verification of what refers to the text, of memory images and of custom sections. The text itself
//! cannot be verified.

use alloc::vec;

use super::{Result, Verifier, bad};
use crate::cpu::Isa;
use crate::error::FormatError;
use crate::layout::*;
use crate::read::some;
use crate::types::TypeIndex;

impl Verifier<'_> {
    pub(super) fn funcrefs(&mut self) -> Result<()> {
        self.referenced = vec![false; self.functions.len()];
        let mut next = 0;
        let funcrefs = self.view.table::<u32>(SectionKind::FuncRefs);
        for (slot, function) in funcrefs.iter().enumerate() {
            let has_code = self.has_code(function);
            match self.referenced.get_mut(function as usize) {
                Some(referenced) if function >= next && has_code => *referenced = true,
                _ => return Err(bad(SectionKind::FuncRefs, slot, "function", function)),
            }
            // A function index is far below the limit of its type, or it would not be one.
            next = function + 1;
        }
        self.counts.funcrefs = funcrefs.len() as u32;
        Ok(())
    }

    /// Whether there is a function to be called: one that is imported, or was not left out as unused.
    fn has_code(&self, function: u32) -> bool {
        let Some(own) = function.checked_sub(self.counts.imported_functions) else { return true };
        let record = self.view.table::<FunctionRecord>(SectionKind::Functions).get(own as usize);
        record.is_some_and(|record| record.text_bytes > 0)
    }

    pub(super) fn trampolines(&self) -> Result<()> {
        const SECTION: SectionKind = SectionKind::Trampolines;
        let mut next = 0;
        for (index, record) in self.view.table::<TrampolineRecord>(SECTION).iter().enumerate() {
            if record.ty < next || !self.is_func_type(TypeIndex(record.ty)) {
                return Err(bad(SECTION, index, "type", record.ty));
            }
            next = record.ty + 1;
            for offset in [record.entry, record.host] {
                if some(offset).is_some_and(|offset| u64::from(offset) >= self.text_bytes) {
                    return Err(bad(SECTION, index, "text offset", offset));
                }
            }
        }
        Ok(())
    }

    pub(super) fn traps(&self) -> Result<()> {
        let codes = self.view.section(SectionKind::TrapCodes).len();
        if self.view.table::<u32>(SectionKind::TrapOffsets).len() != codes {
            return Err(FormatError::SectionLength { section: SectionKind::TrapCodes, bytes: codes as u64 });
        }
        Ok(())
    }

    pub(super) fn images(&self, isa: Isa) -> Result<()> {
        const SECTION: SectionKind = SectionKind::MemoryImages;
        let page = 1u64 << isa.page_size_log2();
        let images_bytes = self.view.section(SectionKind::Images).len() as u64;
        let own = self.memories.get(self.counts.imported_memories as usize..).unwrap_or(&[]);
        // The memory of the image before, and where that image ends.
        let mut last = (0, 0);
        for (index, record) in self.view.table::<MemoryImageRecord>(SECTION).iter().enumerate() {
            let memory = own.get(record.memory as usize).ok_or_else(|| bad(SECTION, index, "memory", record.memory))?;
            if record.reserved != 0 {
                return Err(bad(SECTION, index, "reserved field", record.reserved));
            }
            let aligned = |value: u64| value.is_multiple_of(page);
            if record.bytes == 0 || !aligned(record.bytes) {
                return Err(bad(SECTION, index, "length", record.bytes));
            }
            let whole = u128::from(memory.min) << memory.page_size_log2;
            let end = record.memory_offset.checked_add(record.bytes).filter(|end| u128::from(*end) <= whole);
            let end = end.filter(|_| aligned(record.memory_offset) && (record.memory, record.memory_offset) >= last);
            last = (record.memory, end.ok_or_else(|| bad(SECTION, index, "memory offset", record.memory_offset))?);
            let end = record.image_offset.checked_add(record.bytes);
            if !aligned(record.image_offset) || end.is_none_or(|end| end > images_bytes) {
                return Err(bad(SECTION, index, "image offset", record.image_offset));
            }
        }
        Ok(())
    }

    pub(super) fn custom_sections(&mut self) -> Result<()> {
        const SECTION: SectionKind = SectionKind::CustomSections;
        for (index, record) in self.view.table::<CustomSectionRecord>(SECTION).iter().enumerate() {
            self.name(record.name, SECTION, index)?;
            let bytes = self.view.span_bytes(SectionKind::CustomData, record.data);
            if bytes.is_none() || !self.custom_data.take(record.data) {
                return Err(bad(SECTION, index, "data", record.data.start));
            }
        }
        Ok(())
    }
}
