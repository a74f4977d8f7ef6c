//! Structures: `struct.new`, `struct.get` and their like.

use aot_format::abi::{Offset, StructLayout, TrapCode};
use aot_format::types::{StorageType, TypeIndex};
use cranelift_codegen::ir::Value;

use super::function::FuncTranslator;
use super::heap::Extension;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    /// A new structure from values for its fields.
    fn struct_new(&mut self, ty: TypeIndex, values: &[Value]) {
        let fields = self.module.struct_fields(ty);
        let layout = StructLayout::new(fields);
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
        let values: Vec<Value> = fields.iter().map(|field| self.default_of(field.storage)).collect();
        self.struct_new(ty, &values);
        Ok(())
    }

    /// Where a field stands and what it holds.
    fn field(&self, struct_type_index: u32, field_index: u32) -> (Offset, StorageType) {
        let fields = self.module.struct_fields(TypeIndex(struct_type_index));
        let index = field_index as usize;
        // Only the fields up to this one matter to where it stands.
        let layout = StructLayout::new(&fields[..=index]);
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
