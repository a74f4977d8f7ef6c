//! Verification of what a module imports, defines and exports, and of its start function.

use alloc::vec;
use alloc::vec::Vec;

use super::{Result, Verifier, bad, limit};
use crate::error::FormatError;
use crate::layout::*;
use crate::limits::*;
use crate::read::some;
use crate::types::*;

impl<'a> Verifier<'a> {
    /// The record that every module has one of; gives the start function.
    pub(super) fn module(&mut self) -> Result<Option<u32>> {
        const SECTION: SectionKind = SectionKind::Module;
        let record = self.view.table::<ModuleRecord>(SECTION).get(0);
        let record = record.ok_or(FormatError::MissingSection { section: SECTION })?;
        for place in [record.name, record.producer, record.options] {
            self.name(place, SECTION, 0)?;
        }
        if record.flags & !MODULE_GUARDED_MEMORIES != 0 {
            return Err(bad(SECTION, 0, "flags", record.flags));
        }
        Ok(some(record.start))
    }

    pub(super) fn imports(&mut self) -> Result<()> {
        const SECTION: SectionKind = SectionKind::Imports;
        let records = self.view.table::<ImportRecord>(SECTION);
        limit("imports", records.len() as u64, u64::from(MAX_IMPORTS))?;
        for (index, record) in records.iter().enumerate() {
            self.name(record.module, SECTION, index)?;
            self.name(record.name, SECTION, index)?;
            let ty = self.extern_type(SECTION, index, &record.ty)?;
            let counts = &mut self.counts;
            match ty {
                ExternType::Func(ty) => {
                    push(&mut self.functions, ty.0, "functions", MAX_FUNCTIONS)?;
                    counts.imported_functions += 1;
                }
                ExternType::Table(table) => {
                    push(&mut self.tables, table, "tables", MAX_TABLES)?;
                    counts.imported_tables += 1;
                }
                ExternType::Memory(memory) => {
                    push(&mut self.memories, memory, "memories", MAX_MEMORIES)?;
                    counts.imported_memories += 1;
                }
                ExternType::Global(global) => {
                    push(&mut self.globals, global, "globals", MAX_GLOBALS)?;
                    counts.imported_globals += 1;
                }
                ExternType::Tag(_) => counts.imported_tags += 1,
            }
        }
        Ok(())
    }

    pub(super) fn functions(&mut self) -> Result<()> {
        const SECTION: SectionKind = SectionKind::Functions;
        let text_bytes = self.text_bytes;
        limit("bytes of text", text_bytes, u64::from(u32::MAX))?;
        let records = self.view.table::<FunctionRecord>(SECTION);
        let all = self.functions.len() + records.len();
        limit("functions", all as u64, u64::from(MAX_FUNCTIONS))?;
        self.functions.reserve_exact(records.len());
        let mut end = 0;
        for (index, record) in records.iter().enumerate() {
            if !self.is_func_type(TypeIndex(record.ty)) {
                return Err(bad(SECTION, index, "type", record.ty));
            }
            let stop = u64::from(record.text_offset) + u64::from(record.text_bytes);
            if u64::from(record.text_offset) < end || stop > text_bytes {
                return Err(bad(SECTION, index, "text offset", record.text_offset));
            }
            end = stop;
            self.functions.push(record.ty);
        }
        Ok(())
    }

    pub(super) fn definitions(&mut self) -> Result<()> {
        for (index, record) in self.own(SectionKind::Tables) {
            let ExternType::Table(table) = self.extern_type(SectionKind::Tables, index, &record.ty)? else {
                return Err(bad(SectionKind::Tables, index, "kind", record.ty.kind));
            };
            if record.init != NONE || !table.element.nullable {
                self.initial_value(SectionKind::Tables, index, ValType::Ref(table.element), record.init)?;
            }
            push(&mut self.tables, table, "tables", MAX_TABLES)?;
            self.counts.defined_tables += 1;
        }
        for (index, record) in self.own(SectionKind::Memories) {
            match self.extern_type(SectionKind::Memories, index, &record.ty)? {
                ExternType::Memory(memory) => push(&mut self.memories, memory, "memories", MAX_MEMORIES)?,
                _ => return Err(bad(SectionKind::Memories, index, "kind", record.ty.kind)),
            }
            no_initial_value(SectionKind::Memories, index, &record)?;
            self.counts.defined_memories += 1;
        }
        let globals = self.view.table::<DefinitionRecord>(SectionKind::Globals).len();
        limit("globals", (self.globals.len() + globals) as u64, u64::from(MAX_GLOBALS))?;
        self.globals.reserve_exact(globals);
        for (index, record) in self.own(SectionKind::Globals) {
            let ExternType::Global(global) = self.extern_type(SectionKind::Globals, index, &record.ty)? else {
                return Err(bad(SectionKind::Globals, index, "kind", record.ty.kind));
            };
            self.initial_value(SectionKind::Globals, index, global.content, record.init)?;
            push(&mut self.globals, global, "globals", MAX_GLOBALS)?;
            self.counts.defined_globals += 1;
        }
        for (index, record) in self.own(SectionKind::Tags) {
            if !matches!(self.extern_type(SectionKind::Tags, index, &record.ty)?, ExternType::Tag(_)) {
                return Err(bad(SectionKind::Tags, index, "kind", record.ty.kind));
            }
            no_initial_value(SectionKind::Tags, index, &record)?;
            self.counts.defined_tags += 1;
            limit("tags", self.tags(), u64::from(MAX_TAGS))?;
        }
        Ok(())
    }

    /// What the module itself defines of a kind.
    fn own(&self, section: SectionKind) -> impl Iterator<Item = (usize, DefinitionRecord)> + use<'a> {
        self.view.table::<DefinitionRecord>(section).iter().enumerate()
    }

    fn tags(&self) -> u64 {
        u64::from(self.counts.imported_tags) + u64::from(self.counts.defined_tags)
    }

    fn initial_value(&mut self, section: SectionKind, index: usize, ty: ValType, init: u32) -> Result<()> {
        let expr = some(init).ok_or_else(|| bad(section, index, "initial value", init))?;
        self.const_expr(expr, self.operand(ty))
    }

    pub(super) fn exports(&mut self) -> Result<()> {
        const SECTION: SectionKind = SectionKind::Exports;
        let records = self.view.table::<ExportRecord>(SECTION);
        limit("exports", records.len() as u64, u64::from(MAX_EXPORTS))?;
        let mut seen = vec![false; records.len()];
        let mut last: Option<&str> = None;
        for (index, record) in records.iter().enumerate() {
            let name = self.name(record.name, SECTION, index)?;
            if last.is_some_and(|last| last >= name) {
                return Err(bad(SECTION, index, "name order", record.name.offset));
            }
            last = Some(name);
            let count: usize = match ExternKind::from_code(record.kind) {
                Some(ExternKind::Func) => self.functions.len(),
                Some(ExternKind::Table) => self.tables.len(),
                Some(ExternKind::Memory) => self.memories.len(),
                Some(ExternKind::Global) => self.globals.len(),
                Some(ExternKind::Tag) => self.tags() as usize,
                None => return Err(bad(SECTION, index, "kind", record.kind)),
            };
            if record.index as usize >= count {
                return Err(bad(SECTION, index, "index", record.index));
            }
            if record.kind == ExternKind::Func as u32 && !self.is_referenced(record.index) {
                return Err(bad(SECTION, index, "function without reference", record.index));
            }
            match seen.get_mut(record.ordinal as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => return Err(bad(SECTION, index, "ordinal", record.ordinal)),
            }
        }
        Ok(())
    }

    pub(super) fn start(&self, function: Option<u32>) -> Result<()> {
        let Some(function) = function else { return Ok(()) };
        let types = self.view.table::<TypeRecord>(SectionKind::Types);
        let signature = self.functions.get(function as usize).and_then(|ty| types.get(*ty as usize));
        match signature {
            Some(ty) if ty.first.len == 0 && ty.second.len == 0 => Ok(()),
            _ => Err(bad(SectionKind::Module, 0, "start function", function)),
        }
    }
}

/// Appends to an index space within its limit.
fn push<T>(space: &mut Vec<T>, item: T, what: &'static str, most: u32) -> Result<()> {
    limit(what, space.len() as u64 + 1, u64::from(most))?;
    space.push(item);
    Ok(())
}

fn no_initial_value(section: SectionKind, index: usize, record: &DefinitionRecord) -> Result<()> {
    match some(record.init) {
        None => Ok(()),
        Some(init) => Err(bad(section, index, "initial value", init)),
    }
}
