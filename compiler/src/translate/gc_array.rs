//! Arrays: single elements in place, everything else through the runtime.

use aot_format::abi::{Array, Builtin, TrapCode, storage_bytes};
use aot_format::types::TypeIndex;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::function::FuncTranslator;
use super::heap::Extension;
use super::regions::{self, Region, Storage};
use super::vector::VECTOR;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_array_new(&mut self, array_type_index: u32) -> Result<(), BodyError> {
        let (value, length) = self.state.stack.pop2();
        let array = self.array_of_zeros(array_type_index, length);
        if self.constant(value) != Some(0) {
            let start = self.index_const(0);
            self.fill(array, start, value, length);
        }
        self.push(array);
        Ok(())
    }

    pub(super) fn visit_array_new_default(&mut self, array_type_index: u32) -> Result<(), BodyError> {
        let length = self.pop();
        let array = self.array_of_zeros(array_type_index, length);
        self.push(array);
        Ok(())
    }

    fn array_of_zeros(&mut self, array_type_index: u32, length: Value) -> Value {
        let descriptor = self.descriptor(TypeIndex(array_type_index));
        self.call_allocating(Builtin::ArrayNew, &[descriptor, length], &[TrapCode::HeapExhausted])
    }

    pub(super) fn visit_array_new_fixed(&mut self, array_type_index: u32, array_size: u32) -> Result<(), BodyError> {
        let ty = TypeIndex(array_type_index);
        let storage = self.module.array_element(ty).storage;
        let values = self.pop_all(array_size as usize);
        let bytes = storage_bytes(storage);
        let descriptor = self.descriptor(ty);
        let array = self.new_object(descriptor, Array::bytes(bytes, array_size));
        self.store_array_length(array, array_size);
        let flags = regions::object(self.builder.func, Region::Elements(Storage::of(storage)));
        let mut offset = Array::elements(bytes);
        for value in values {
            self.store_part(value, array, offset, storage, flags);
            offset += bytes;
        }
        self.push(array);
        Ok(())
    }

    fn array_new_from(&mut self, builtin: Builtin, ty: u32, segment: u32, code: TrapCode) -> Result<(), BodyError> {
        let (offset, length) = self.state.stack.pop2();
        let args = [self.descriptor(TypeIndex(ty)), self.index_const(segment), offset, length];
        let array = self.call_allocating(builtin, &args, &[code, TrapCode::HeapExhausted]);
        self.push(array);
        Ok(())
    }

    pub(super) fn visit_array_new_data(
        &mut self,
        array_type_index: u32,
        array_data_index: u32,
    ) -> Result<(), BodyError> {
        self.array_new_from(Builtin::ArrayNewData, array_type_index, array_data_index, TrapCode::MemoryOutOfBounds)
    }

    pub(super) fn visit_array_new_elem(
        &mut self,
        array_type_index: u32,
        array_elem_index: u32,
    ) -> Result<(), BodyError> {
        self.array_new_from(Builtin::ArrayNewElem, array_type_index, array_elem_index, TrapCode::TableOutOfBounds)
    }

    fn array_get(&mut self, ty: u32, extension: Extension) -> Result<(), BodyError> {
        let element = self.module.array_element(TypeIndex(ty));
        let null = self.null_trap(1, TrapCode::NullArray);
        let (array, index) = self.state.stack.pop2();
        self.push_element(array, index, element, extension, null);
        Ok(())
    }

    pub(super) fn visit_array_get(&mut self, array_type_index: u32) -> Result<(), BodyError> {
        self.array_get(array_type_index, Extension::None)
    }

    pub(super) fn visit_array_get_s(&mut self, array_type_index: u32) -> Result<(), BodyError> {
        self.array_get(array_type_index, Extension::Signed)
    }

    pub(super) fn visit_array_get_u(&mut self, array_type_index: u32) -> Result<(), BodyError> {
        self.array_get(array_type_index, Extension::Unsigned)
    }

    pub(super) fn visit_array_set(&mut self, array_type_index: u32) -> Result<(), BodyError> {
        let element = self.module.array_element(TypeIndex(array_type_index));
        let null = self.null_trap(2, TrapCode::NullArray);
        let (array, index, value) = self.state.stack.pop3();
        self.store_element(value, array, index, element, null);
        Ok(())
    }

    pub(super) fn visit_array_len(&mut self) -> Result<(), BodyError> {
        let null = self.null_trap(0, TrapCode::NullArray);
        let array = self.pop();
        let length = self.array_length(array, null);
        self.push(length);
        Ok(())
    }

    pub(super) fn visit_array_fill(&mut self, _array_type_index: u32) -> Result<(), BodyError> {
        let null = self.null_trap(3, TrapCode::NullArray);
        let length = self.pop();
        let (array, start, value) = self.state.stack.pop3();
        self.check_null(array, null);
        self.fill(array, start, value, length);
        Ok(())
    }

    /// Writes a value to a range of an array that is not null.
    fn fill(&mut self, array: Value, start: Value, value: Value, length: Value) {
        let (low, high) = self.halves(value);
        let args = [array, start, low, high, length];
        self.call_checking(Builtin::ArrayFill, &args, &[TrapCode::ArrayOutOfBounds]);
    }

    /// The bits of an element as a builtin gets them.
    fn halves(&mut self, value: Value) -> (Value, Value) {
        let flags = MemFlagsData::new();
        let low = match self.builder.func.dfg.value_type(value) {
            types::I32 => self.builder.ins().uextend(types::I64, value),
            types::F32 => {
                let bits = self.builder.ins().bitcast(types::I32, flags, value);
                self.builder.ins().uextend(types::I64, bits)
            }
            types::F64 => self.builder.ins().bitcast(types::I64, flags, value),
            VECTOR => {
                self.push(value);
                let lanes = self.pop_lanes(types::I64X2);
                let low = self.builder.ins().extractlane(lanes, 0);
                return (low, self.builder.ins().extractlane(lanes, 1));
            }
            _ => value,
        };
        (low, self.i64_const(0))
    }

    pub(super) fn visit_array_copy(
        &mut self,
        _array_type_index_dst: u32,
        _array_type_index_src: u32,
    ) -> Result<(), BodyError> {
        let (to_null, from_null) = (self.null_trap(4, TrapCode::NullArray), self.null_trap(2, TrapCode::NullArray));
        let (from, from_index, length) = self.state.stack.pop3();
        let (to, to_index) = self.state.stack.pop2();
        self.check_null(to, to_null);
        self.check_null(from, from_null);
        let args = [to, to_index, from, from_index, length];
        self.call_checking(Builtin::ArrayCopy, &args, &[TrapCode::ArrayOutOfBounds]);
        Ok(())
    }

    fn array_init(&mut self, builtin: Builtin, segment: u32, code: TrapCode) -> Result<(), BodyError> {
        let null = self.null_trap(3, TrapCode::NullArray);
        let (start, offset, length) = self.state.stack.pop3();
        let array = self.pop();
        self.check_null(array, null);
        let args = [array, self.index_const(segment), start, offset, length];
        self.call_checking(builtin, &args, &[TrapCode::ArrayOutOfBounds, code]);
        Ok(())
    }

    pub(super) fn visit_array_init_data(
        &mut self,
        _array_type_index: u32,
        array_data_index: u32,
    ) -> Result<(), BodyError> {
        self.array_init(Builtin::ArrayInitData, array_data_index, TrapCode::MemoryOutOfBounds)
    }

    pub(super) fn visit_array_init_elem(
        &mut self,
        _array_type_index: u32,
        array_elem_index: u32,
    ) -> Result<(), BodyError> {
        self.array_init(Builtin::ArrayInitElem, array_elem_index, TrapCode::TableOutOfBounds)
    }
}
