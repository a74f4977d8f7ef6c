//! Verification of type definitions, and of the types of what is imported and defined.

use alloc::vec::Vec;

use super::{Result, Verifier, bad, limit};
use crate::layout::*;
use crate::limits::*;
use crate::read::{extern_type, some};
use crate::types::*;
use crate::write::extern_type_fields;

impl Verifier<'_> {
    pub(super) fn types(&mut self) -> Result<()> {
        const SECTION: SectionKind = SectionKind::Types;
        let records = self.view.table::<TypeRecord>(SECTION);
        limit("types", records.len() as u64, u64::from(MAX_TYPES))?;
        // Kinds of all types are needed at once: a recursion group refers forward.
        self.type_kinds = records.iter().map(|record| record.kind & !TYPE_FINAL).collect();
        let mut depths: Vec<u32> = Vec::with_capacity(records.len());
        let mut group = Span::default();
        for (index, record) in records.iter().enumerate() {
            if index as u64 >= u64::from(group.start) + u64::from(group.len) {
                group = Span { start: index as u32, len: record.group.len };
            }
            let group_end = u64::from(group.start) + u64::from(group.len);
            if record.group != group || group.len == 0 || group_end > records.len() as u64 {
                return Err(bad(SECTION, index, "recursion group", record.group.start));
            }
            if record.kind & !TYPE_FINAL > TYPE_ARRAY {
                return Err(bad(SECTION, index, "kind", record.kind));
            }
            let depth = match some(record.supertype) {
                None => 0,
                Some(supertype) => match (depths.get(supertype as usize), records.get(supertype as usize)) {
                    (Some(depth), Some(parent)) if parent.kind == record.kind & !TYPE_FINAL => depth + 1,
                    _ => return Err(bad(SECTION, index, "supertype", supertype)),
                },
            };
            limit("depth of subtyping", u64::from(depth), u64::from(MAX_SUBTYPE_DEPTH))?;
            depths.push(depth);
            self.type_items(index, &record, group_end)?;
        }
        Ok(())
    }

    fn type_items(&mut self, index: usize, record: &TypeRecord, group_end: u64) -> Result<()> {
        const SECTION: SectionKind = SectionKind::Types;
        let items = self.view.table::<u32>(SectionKind::TypeItems);
        let kind = record.kind & !TYPE_FINAL;
        let is_func = kind == TYPE_FUNC;
        let (first, second) = (u64::from(record.first.len), u64::from(record.second.len));
        if is_func {
            limit("parameters", first, u64::from(MAX_PARAMS))?;
            limit("results", second, u64::from(MAX_RESULTS))?;
        } else if second != 0 || kind == TYPE_ARRAY && first != 1 {
            return Err(bad(SECTION, index, "number of items", first));
        }
        limit("fields", first, u64::from(MAX_STRUCT_FIELDS))?;
        let mut defaultable = !is_func;
        for span in [record.first, record.second] {
            let known = items.span(span).filter(|_| self.type_items.take(span));
            let span = known.ok_or_else(|| bad(SECTION, index, "items", span.start))?;
            for code in span.iter() {
                let ty = if is_func {
                    ValType::from_code(code)
                } else {
                    FieldType::from_code(code).map(|field| match field.storage {
                        StorageType::Val(ty) => ty,
                        StorageType::I8 | StorageType::I16 => ValType::I32,
                    })
                };
                let known = match ty {
                    Some(ValType::Ref(RefType { heap: HeapType::Concrete(to), .. })) => u64::from(to.0) < group_end,
                    Some(_) => true,
                    None => false,
                };
                if !known {
                    return Err(bad(SECTION, index, "item", code));
                }
                defaultable &= !matches!(ty, Some(ValType::Ref(RefType { nullable: false, .. })));
            }
        }
        self.defaultable.push(defaultable);
        Ok(())
    }

    /// Checks what a type refers to and its limits.
    pub(super) fn extern_type(
        &self,
        section: SectionKind,
        index: usize,
        fields: &ExternTypeFields,
    ) -> Result<ExternType> {
        // What would be written otherwise has bits that mean nothing to this version.
        let ty = extern_type(fields)
            .filter(|ty| extern_type_fields(ty) == *fields)
            .ok_or_else(|| bad(section, index, "type", fields.ty))?;
        let fine = match ty {
            ExternType::Func(ty) | ExternType::Tag(ty) => self.is_func_type(ty),
            ExternType::Global(global) => self.val_type_exists(global.content),
            ExternType::Table(table) => {
                let most = table.most_elements();
                self.val_type_exists(ValType::Ref(table.element)) && limits_hold(table.min, table.max, most)
            }
            ExternType::Memory(memory) => {
                limits_hold(memory.min, memory.max, memory.most_pages()) && (!memory.shared || memory.max.is_some())
            }
        };
        if fine { Ok(ty) } else { Err(bad(section, index, "type", fields.ty)) }
    }

    pub(super) fn is_func_type(&self, ty: TypeIndex) -> bool {
        self.type_kinds.get(ty.0 as usize) == Some(&TYPE_FUNC)
    }

    pub(super) fn val_type_exists(&self, ty: ValType) -> bool {
        match ty {
            ValType::Ref(RefType { heap: HeapType::Concrete(index), .. }) => (index.0 as usize) < self.type_kinds.len(),
            _ => true,
        }
    }
}

/// Whether a length in pages or elements may begin at `min` and grow to `max`.
fn limits_hold(min: u64, max: Option<u64>, most: u64) -> bool {
    min <= max.unwrap_or(most) && max.unwrap_or(min) <= most
}
