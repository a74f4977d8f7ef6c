//! Constant expressions of globals, tables and segments. Objects they make are made without collecting, so
//! that the references on the stack here may be plain numbers.
//!
//! # Safety contract
//!
//! Verification has shown an expression to be well-typed up to the hierarchy of references; parts of a new
//! object are written as its own shape says, within the object.

use aot_format::abi::{Array, HOST_SHIFT, I31_TAG, TrapCode, storage_bytes};
use aot_format::types::{StorageType, TypeIndex};
use aot_format::write::ConstOp;

use crate::error::Error;
use crate::store::Allocator;
use crate::trap::Trap;
use crate::vm::objects::{Shape, VMObject, VMTypeDescriptor};
use crate::vm::structs::ValRaw;

use super::InstanceData;

const _: () = assert!(I31_TAG == 1 && HOST_SHIFT == 2);

impl InstanceData {
    /// The value of a constant expression.
    pub(super) fn evaluate(&self, expr: u32, allocator: &mut Allocator<'_>) -> Result<ValRaw, Error> {
        let mut stack: Vec<ValRaw> = Vec::with_capacity(2);
        for op in self.module.artifact().const_expr(expr) {
            let value = match op {
                ConstOp::I32Const(value) => ValRaw::from_i32(value),
                ConstOp::I64Const(value) => ValRaw::from_i64(value),
                ConstOp::F32Const(bits) => ValRaw::from_f32_bits(bits),
                ConstOp::F64Const(bits) => ValRaw::from_f64_bits(bits),
                ConstOp::V128Const(value) => ValRaw::from_v128(value),
                // SAFETY: the global exists: verification allows only those before, linking made them.
                ConstOp::GlobalGet(index) => unsafe { self.vm_global(index).read() },
                ConstOp::RefFunc(index) => ValRaw::from_funcref(self.vm_funcref(index)),
                ConstOp::RefNull(_) => ValRaw::from_ref(0),
                ConstOp::AnyConvertExtern | ConstOp::ExternConvertAny => continue,
                ConstOp::RefI31 => {
                    let value = pop(&mut stack).i32() as u32;
                    ValRaw::from_ref(u64::from(value << 1) | I31_TAG)
                }
                ConstOp::StructNew(_)
                | ConstOp::StructNewDefault(_)
                | ConstOp::ArrayNew(_)
                | ConstOp::ArrayNewDefault(_)
                | ConstOp::ArrayNewFixed(..) => self.new_object(op, &mut stack, allocator)?,
                op => {
                    let right = pop(&mut stack);
                    let left = pop(&mut stack);
                    arithmetic(op, left, right)
                }
            };
            stack.push(value);
        }
        Ok(pop(&mut stack))
    }

    fn new_object(&self, op: ConstOp, stack: &mut Vec<ValRaw>, allocator: &mut Allocator<'_>) -> Result<ValRaw, Error> {
        match op {
            ConstOp::StructNew(ty) | ConstOp::StructNewDefault(ty) => {
                let (descriptor, shape) = self.descriptor(ty)?;
                let object = make(allocator, descriptor, u64::from(shape.bytes), None)?;
                if matches!(op, ConstOp::StructNew(_)) {
                    for part in shape.parts.iter().rev() {
                        // SAFETY: a field of the new object.
                        unsafe { write(object, part.offset, part.ty.storage, pop(stack)) };
                    }
                }
                Ok(reference(object))
            }
            ConstOp::ArrayNew(ty) => {
                let length = pop(stack).i32() as u32;
                let value = pop(stack);
                self.new_array(ty, length, allocator, std::iter::repeat_n(value, length as usize))
            }
            ConstOp::ArrayNewDefault(ty) => {
                let length = pop(stack).i32() as u32;
                self.new_array(ty, length, allocator, std::iter::empty())
            }
            ConstOp::ArrayNewFixed(ty, length) => {
                let values = stack.split_off(stack.len().saturating_sub(length as usize));
                self.new_array(ty, length, allocator, values.into_iter())
            }
            _ => Ok(ValRaw::ZERO),
        }
    }

    fn new_array(
        &self,
        ty: TypeIndex,
        length: u32,
        allocator: &mut Allocator<'_>,
        values: impl Iterator<Item = ValRaw>,
    ) -> Result<ValRaw, Error> {
        let (descriptor, shape) = self.descriptor(ty)?;
        let bytes = Array::bytes(shape.element_bytes(), length);
        let array = make(allocator, descriptor, bytes, Some(length))?;
        if let Some(element) = shape.parts.first() {
            for (index, value) in (0..length).zip(values) {
                let offset = u64::from(element.offset) + u64::from(shape.element_bytes()) * u64::from(index);
                // SAFETY: an element of the new array.
                unsafe { write(array.cast::<u8>().wrapping_add(offset as usize).cast(), 0, element.ty.storage, value) };
            }
        }
        Ok(reference(array))
    }

    /// Descriptor and shape of a structure or array type of the module.
    fn descriptor(&self, ty: TypeIndex) -> Result<(*const VMTypeDescriptor, &Shape), Error> {
        let descriptor = self.module.descriptors().get(ty.0 as usize).copied().filter(|place| !place.is_null());
        // Verification admits no other type here.
        let descriptor = descriptor.ok_or(Error::StaleHandle { what: "type" })?;
        // SAFETY: a descriptor, and its shape, live as long as the module's engine.
        Ok((descriptor, unsafe { &*(*descriptor).data }))
    }
}

fn pop(stack: &mut Vec<ValRaw>) -> ValRaw {
    stack.pop().unwrap_or(ValRaw::ZERO)
}

fn reference(object: *mut VMObject) -> ValRaw {
    ValRaw::from_ref(object.expose_provenance() as u64)
}

fn make(
    allocator: &mut Allocator<'_>,
    descriptor: *const VMTypeDescriptor,
    bytes: u64,
    array: Option<u32>,
) -> Result<*mut VMObject, Error> {
    // SAFETY: the size is that of the descriptor's shape.
    let object = unsafe { allocator.make(descriptor, bytes, array) };
    object.ok_or_else(|| Error::Trap(Trap::new(TrapCode::HeapExhausted)))
}

/// # Safety
///
/// At this offset of the object stands a part that holds `storage`.
unsafe fn write(object: *mut VMObject, offset: u32, storage: StorageType, value: ValRaw) {
    // SAFETY: by the caller; parts are aligned no more than an object is.
    unsafe {
        let place = object.cast::<u8>().add(offset as usize);
        match storage_bytes(storage) {
            1 => place.write(value.i32() as u8),
            2 => place.cast::<u16>().write_unaligned(value.i32() as u16),
            4 => place.cast::<i32>().write_unaligned(value.i32()),
            16 => place.cast::<u128>().write_unaligned(value.v128()),
            _ => place.cast::<i64>().write_unaligned(value.i64()),
        }
    }
}

fn arithmetic(op: ConstOp, left: ValRaw, right: ValRaw) -> ValRaw {
    match op {
        ConstOp::I32Add => ValRaw::from_i32(left.i32().wrapping_add(right.i32())),
        ConstOp::I32Sub => ValRaw::from_i32(left.i32().wrapping_sub(right.i32())),
        ConstOp::I32Mul => ValRaw::from_i32(left.i32().wrapping_mul(right.i32())),
        ConstOp::I64Add => ValRaw::from_i64(left.i64().wrapping_add(right.i64())),
        ConstOp::I64Sub => ValRaw::from_i64(left.i64().wrapping_sub(right.i64())),
        ConstOp::I64Mul => ValRaw::from_i64(left.i64().wrapping_mul(right.i64())),
        _ => ValRaw::ZERO,
    }
}
