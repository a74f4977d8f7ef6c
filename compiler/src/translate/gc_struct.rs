//! Structures: `struct.new`, `struct.get` and their like.

use std::rc::Rc;

use aot_format::abi::{Offset, StructLayout, TrapCode};
use aot_format::types::{StorageType, TypeIndex};
use cranelift_codegen::ir::Value;

use super::function::FuncTranslator;
use super::heap::Extension;
use crate::error::BodyError;

/// Structures of defaults up to this size are written field by field; the runtime makes larger ones, in less code.
const MAX_BYTES_OF_STORES: u64 = 256;

impl FuncTranslator<'_, '_> {
    /// Where the fields of a structure stand.
    fn struct_layout(&mut self, ty: TypeIndex) -> Rc<StructLayout> {
        let fields = self.module.struct_fields(ty);
        Rc::clone(self.state.struct_layouts.entry(ty).or_insert_with(|| Rc::new(StructLayout::new(fields))))
    }

    /// A new structure from values for its fields.
    fn struct_new(&mut self, ty: TypeIndex, values: &[Value]) {
        let fields = self.module.struct_fields(ty);
        let layout = self.struct_layout(ty);
        let descriptor = self.descriptor(ty);
        let object = self.new_object(descriptor, u64::from(layout.bytes));
        for ((field, &offset), &value) in fields.iter().zip(&layout.offsets).zip(values) {
            self.store_field(value, object, offset, field.storage, None);
        }
        self.push(object);
    }

    pub(super) fn visit_struct_new(&mut self, struct_type_index: u32) -> Result<(), BodyError> {
        let ty = TypeIndex(struct_type_index);
        let values = self.pop_all(self.module.struct_fields(ty).len());
        self.struct_new(ty, &values);
        Ok(())
    }

    pub(super) fn visit_struct_new_default(&mut self, struct_type_index: u32) -> Result<(), BodyError> {
        let ty = TypeIndex(struct_type_index);
        let fields = self.module.struct_fields(ty);
        let bytes = u64::from(self.struct_layout(ty).bytes);
        if bytes > MAX_BYTES_OF_STORES {
            // All defaults are zeros.
            let descriptor = self.descriptor(ty);
            let object = self.new_zeroed_object(descriptor, bytes);
            self.push(object);
            return Ok(());
        }
        let values: Vec<Value> = fields.iter().map(|field| self.default_of(field.storage)).collect();
        self.struct_new(ty, &values);
        Ok(())
    }

    /// Where a field stands and what it holds.
    fn field(&mut self, struct_type_index: u32, field_index: u32) -> (Offset, StorageType) {
        let ty = TypeIndex(struct_type_index);
        let (fields, layout) = (self.module.struct_fields(ty), self.struct_layout(ty));
        let index = field_index as usize;
        (layout.offsets[index], fields[index].storage)
    }

    fn struct_get(&mut self, ty: u32, field: u32, extension: Extension) -> Result<(), BodyError> {
        let (offset, storage) = self.field(ty, field);
        let null = self.null_trap(0, TrapCode::NullStructure);
        let object = self.pop();
        self.push_field(object, offset, storage, extension, null);
        Ok(())
    }

    pub(super) fn visit_struct_get(&mut self, struct_type_index: u32, field_index: u32) -> Result<(), BodyError> {
        self.struct_get(struct_type_index, field_index, Extension::None)
    }

    pub(super) fn visit_struct_get_s(&mut self, struct_type_index: u32, field_index: u32) -> Result<(), BodyError> {
        self.struct_get(struct_type_index, field_index, Extension::Signed)
    }

    pub(super) fn visit_struct_get_u(&mut self, struct_type_index: u32, field_index: u32) -> Result<(), BodyError> {
        self.struct_get(struct_type_index, field_index, Extension::Unsigned)
    }

    pub(super) fn visit_struct_set(&mut self, struct_type_index: u32, field_index: u32) -> Result<(), BodyError> {
        let (offset, storage) = self.field(struct_type_index, field_index);
        let null = self.null_trap(1, TrapCode::NullStructure);
        let (object, value) = self.state.stack.pop2();
        self.store_field(value, object, offset, storage, null);
        Ok(())
    }
}
