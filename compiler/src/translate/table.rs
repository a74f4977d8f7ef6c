//! Tables: elements in place, everything else through the runtime.
//!
//! An index out of bounds traps in one of two ways. With the Spectre mitigation the element's
//! address is null for such an index, by a select that the processor cannot predict, and the access
//! traps; without, a branch does. An index that is known to be below the table's minimum needs
//! neither: tables never shrink.

use aot_format::abi::{Builtin, POINTER_SIZE, Table, TrapCode};
use aot_format::types::{ExternKind, TableType, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value};

use super::function::FuncTranslator;
use super::regions::{self, Region};
use super::signature::{POINTER, ValueKind};
use super::trap;
use super::vmctx::Place;
use crate::error::BodyError;

/// Binary logarithm of the size of an element.
const ELEMENT_SIZE_LOG2: i64 = POINTER_SIZE.ilog2() as i64;

impl FuncTranslator<'_, '_> {
    fn table_type(&self, index: u32) -> TableType {
        let own = self.module.tables[index as usize];
        let Some(definition) = self.definition(ExternKind::Table, index) else { return own };
        // What is defined may be known to be larger than what is asked for.
        let TableType { min, max, .. } = self.set.table_type(definition);
        TableType { min, max, ..own }
    }

    /// The table's definition, and the flags to load a field of it with. The definition of a table
    /// that cannot grow never changes.
    fn table(&mut self, index: u32) -> (Place, MemFlagsData) {
        let place = match self.definition(ExternKind::Table, index) {
            Some(definition) => {
                let offset = self.set.module(definition.member).layout.table(definition.index);
                self.place_of(definition.member, offset)
            }
            None => self.imported(self.module.layout.imported_table(index)),
        };
        let flags = match fixed_length(self.table_type(index)) {
            Some(_) => regions::constant(),
            None => regions::trusted(self.builder.func, Region::TableDefinitions),
        };
        (place, flags)
    }

    /// Length of a table in elements, 64 bits.
    fn table_length(&mut self, index: u32) -> Value {
        if let Some(length) = fixed_length(self.table_type(index)) {
            return self.i64_const(length);
        }
        let (table, flags) = self.table(index);
        self.load_at(table.field(Table::LENGTH), POINTER, flags)
    }

    /// Where an element is and how to access it; the access, or a trap before it, has the code
    /// `code` if the index is out of bounds.
    fn table_element_place(&mut self, table_index: u32, index: Value, code: TrapCode) -> (Value, MemFlagsData) {
        let ty = self.table_type(table_index);
        let in_bounds = self.constant(index).is_some_and(|constant| constant < ty.min);
        let index = self.extend_index(index);
        let (table, definition_flags) = self.table(table_index);
        let elements = self.load_at(table.field(Table::ELEMENTS), POINTER, definition_flags);
        let offset = self.builder.ins().ishl_imm_u(index, ELEMENT_SIZE_LOG2);
        let element = self.builder.ins().iadd(elements, offset);
        let trusted = regions::trusted(self.builder.func, Region::TableElements);
        if in_bounds {
            return (element, trusted);
        }
        let length = self.table_length(table_index);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        if !self.settings.spectre_table {
            self.trap_if(outside, code);
            return (element, trusted);
        }
        let null = self.i64_const(0);
        let element = self.builder.ins().select_spectre_guard(outside, null, element);
        (element, regions::nullable(self.builder.func, Region::TableElements, trap::to_clif(code)))
    }

    /// Loads an element.
    pub(super) fn table_element(&mut self, table_index: u32, index: Value, code: TrapCode) -> Value {
        let (address, flags) = self.table_element_place(table_index, index, code);
        let element = self.builder.ins().load(POINTER, flags, address, 0);
        if flags.trap_code().is_some() { self.locate_value(element) } else { element }
    }

    pub(super) fn visit_table_get(&mut self, table: u32) -> Result<(), BodyError> {
        let index = self.pop();
        let element = self.table_element(table, index, TrapCode::TableOutOfBounds);
        let kind = ValueKind::of(ValType::Ref(self.table_type(table).element), self.module);
        self.note_kind(element, kind);
        self.push(element);
        Ok(())
    }

    pub(super) fn visit_table_set(&mut self, table: u32) -> Result<(), BodyError> {
        let (index, value) = self.state.stack.pop2();
        let (address, flags) = self.table_element_place(table, index, TrapCode::TableOutOfBounds);
        let store = self.builder.ins().store(flags, value, address, 0);
        if flags.trap_code().is_some() {
            self.locate(store);
        }
        Ok(())
    }

    pub(super) fn visit_table_size(&mut self, table: u32) -> Result<(), BodyError> {
        let length = self.table_length(table);
        let length = self.reduce_to_index(length, self.table_type(table).index64);
        self.push(length);
        Ok(())
    }

    pub(super) fn visit_table_grow(&mut self, table: u32) -> Result<(), BodyError> {
        let (init, delta) = self.state.stack.pop2();
        let args = [self.index_const(table), self.extend_index(delta), init];
        self.push_builtin_index(Builtin::TableGrow, &args, self.table_type(table).index64);
        Ok(())
    }

    pub(super) fn visit_table_fill(&mut self, table: u32) -> Result<(), BodyError> {
        let (dst, value, len) = self.state.stack.pop3();
        let args = [self.index_const(table), self.extend_index(dst), value, self.extend_index(len)];
        self.call_trapping_builtin(Builtin::TableFill, &args, TrapCode::TableOutOfBounds);
        Ok(())
    }

    pub(super) fn visit_table_copy(&mut self, dst_table: u32, src_table: u32) -> Result<(), BodyError> {
        let args = self.bulk_args(dst_table, src_table);
        self.call_trapping_builtin(Builtin::TableCopy, &args, TrapCode::TableOutOfBounds);
        Ok(())
    }

    pub(super) fn visit_table_init(&mut self, elem_index: u32, table: u32) -> Result<(), BodyError> {
        let args = self.bulk_args(table, elem_index);
        self.call_trapping_builtin(Builtin::TableInit, &args, TrapCode::TableOutOfBounds);
        Ok(())
    }

    pub(super) fn visit_elem_drop(&mut self, elem_index: u32) -> Result<(), BodyError> {
        let args = [self.index_const(elem_index)];
        self.call_builtin(Builtin::ElemDrop, &args);
        Ok(())
    }
}

/// The length of a table that can neither grow nor, being what its type says, have another length;
/// import matching makes this true of imported tables, too.
fn fixed_length(ty: TableType) -> Option<u64> {
    (ty.max == Some(ty.min)).then_some(ty.min)
}
