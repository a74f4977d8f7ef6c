//! The services that make objects and work on whole arrays.
//!
//! # Safety contract
//!
//! That of [`super`]; arrays and descriptors come from compiled code, which has checked that they are not
//! null, and are what their type says. An array's address is not used after anything was made.

use std::ptr;

use aot_format::abi::{Array, OBJECT_ALIGN, TrapCode};

use super::{BuiltinHost, MEMORY_OUT_OF_BOUNDS, OK, TABLE_OUT_OF_BOUNDS, in_bounds};
use crate::vm::objects::{Shape, VMArray, VMObject, VMTypeDescriptor};
use crate::vm::structs::Vmctx;

const ARRAY_OUT_OF_BOUNDS: u32 = TrapCode::ArrayOutOfBounds as u32;

/// What compiled code gets of a new object.
fn object_or_exhausted(object: *mut VMObject) -> u64 {
    if object.is_null() { TrapCode::HeapExhausted as u64 } else { object.expose_provenance() as u64 }
}

pub(super) unsafe extern "C" fn object_new<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    descriptor: *const VMTypeDescriptor,
    bytes: u64,
) -> u64 {
    debug_assert!(bytes.is_multiple_of(u64::from(OBJECT_ALIGN)));
    // SAFETY: compiled code passes its own vmctx, and the size of the type's objects.
    object_or_exhausted(unsafe { H::object_new(vmctx, descriptor, bytes, None) })
}

pub(super) unsafe extern "C" fn array_new<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    descriptor: *const VMTypeDescriptor,
    length: u32,
) -> u64 {
    // SAFETY: compiled code passes its own vmctx, and the descriptor of an array type.
    object_or_exhausted(unsafe { new_array::<H>(vmctx, descriptor, length) })
}

/// # Safety
///
/// As the contract of this file says.
unsafe fn new_array<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    descriptor: *const VMTypeDescriptor,
    length: u32,
) -> *mut VMObject {
    // SAFETY: a descriptor of an array type; the size is that of such an array of this length.
    unsafe {
        let bytes = Array::bytes((*(*descriptor).data).element_bytes(), length);
        H::object_new(vmctx, descriptor, bytes, Some(length))
    }
}

pub(super) unsafe extern "C" fn array_new_data<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    descriptor: *const VMTypeDescriptor,
    segment: u32,
    offset: u32,
    length: u32,
) -> u64 {
    // SAFETY: compiled code passes its own vmctx, an index of its module and an array type of numbers.
    unsafe {
        let data = H::data_segment(vmctx, segment);
        let bytes = u64::from((*(*descriptor).data).element_bytes()) * u64::from(length);
        if !in_bounds(u64::from(offset), bytes, data.len() as u64) {
            return u64::from(MEMORY_OUT_OF_BOUNDS);
        }
        let array = new_array::<H>(vmctx, descriptor, length);
        if !array.is_null() {
            let from = data.cast::<u8>().add(offset as usize);
            ptr::copy_nonoverlapping(from, element(array.cast(), 0), bytes as usize);
        }
        object_or_exhausted(array)
    }
}

pub(super) unsafe extern "C" fn array_new_elem<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    descriptor: *const VMTypeDescriptor,
    segment: u32,
    offset: u32,
    length: u32,
) -> u64 {
    // SAFETY: compiled code passes its own vmctx, an index of its module and an array type of references.
    unsafe {
        if !in_bounds(u64::from(offset), u64::from(length), H::elem_length(vmctx, segment)) {
            return u64::from(TABLE_OUT_OF_BOUNDS);
        }
        let array = new_array::<H>(vmctx, descriptor, length);
        if !array.is_null() {
            // The segment is read only now: its references may have moved.
            H::elem_read(vmctx, segment, u64::from(offset), u64::from(length), element(array.cast(), 0).cast());
        }
        object_or_exhausted(array)
    }
}

/// Where an element stands.
///
/// # Safety
///
/// `array` is an array and has this element, or ends there.
unsafe fn element(array: *mut VMArray, index: u32) -> *mut u8 {
    // SAFETY: by the caller.
    unsafe {
        let shape = shape_of(array);
        let offset = u64::from(shape.elements()) + u64::from(shape.element_bytes()) * u64::from(index);
        array.cast::<u8>().add(offset as usize)
    }
}

/// # Safety
///
/// `array` is an array.
unsafe fn shape_of<'a>(array: *const VMArray) -> &'a Shape {
    // SAFETY: an array is an object.
    unsafe { VMObject::shape(array.cast()) }
}

/// Whether a range lies within an array.
///
/// # Safety
///
/// `array` is an array.
unsafe fn is_within(array: *const VMArray, start: u32, length: u32) -> bool {
    // SAFETY: by the caller.
    in_bounds(u64::from(start), u64::from(length), u64::from(unsafe { VMArray::length_of(array) }))
}

pub(super) unsafe extern "C" fn array_copy(
    _vmctx: *mut Vmctx,
    to: *mut VMArray,
    to_index: u32,
    from: *mut VMArray,
    from_index: u32,
    length: u32,
) -> u32 {
    // SAFETY: arrays whose elements are of one size; `copy` allows the ranges to overlap.
    unsafe {
        if !is_within(to, to_index, length) || !is_within(from, from_index, length) {
            return ARRAY_OUT_OF_BOUNDS;
        }
        let bytes = u64::from(shape_of(to).element_bytes()) * u64::from(length);
        ptr::copy(element(from, from_index), element(to, to_index), bytes as usize);
    }
    OK
}

pub(super) unsafe extern "C" fn array_fill(
    _vmctx: *mut Vmctx,
    array: *mut VMArray,
    start: u32,
    low: u64,
    high: u64,
    length: u32,
) -> u32 {
    // SAFETY: an array, with as many elements from `start` on; they are aligned to their size, but for
    // vectors, which are aligned as an object is.
    unsafe {
        if !is_within(array, start, length) {
            return ARRAY_OUT_OF_BOUNDS;
        }
        let (place, length) = (element(array, start), length as usize);
        match shape_of(array).element_bytes() {
            1 => place.write_bytes(low as u8, length),
            2 => std::slice::from_raw_parts_mut(place.cast::<u16>(), length).fill(low as u16),
            4 => std::slice::from_raw_parts_mut(place.cast::<u32>(), length).fill(low as u32),
            8 => std::slice::from_raw_parts_mut(place.cast::<u64>(), length).fill(low),
            _ => std::slice::from_raw_parts_mut(place.cast::<[u64; 2]>(), length).fill([low, high]),
        }
    }
    OK
}

pub(super) unsafe extern "C" fn array_init_data<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    array: *mut VMArray,
    segment: u32,
    start: u32,
    offset: u32,
    length: u32,
) -> u32 {
    // SAFETY: compiled code passes its own vmctx, an index of its module and an array of numbers.
    unsafe {
        if !is_within(array, start, length) {
            return ARRAY_OUT_OF_BOUNDS;
        }
        let data = H::data_segment(vmctx, segment);
        let bytes = u64::from(shape_of(array).element_bytes()) * u64::from(length);
        if !in_bounds(u64::from(offset), bytes, data.len() as u64) {
            return MEMORY_OUT_OF_BOUNDS;
        }
        let from = data.cast::<u8>().add(offset as usize);
        ptr::copy_nonoverlapping(from, element(array, start), bytes as usize);
    }
    OK
}

pub(super) unsafe extern "C" fn array_init_elem<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    array: *mut VMArray,
    segment: u32,
    start: u32,
    offset: u32,
    length: u32,
) -> u32 {
    // SAFETY: compiled code passes its own vmctx, an index of its module and an array of references.
    unsafe {
        if !is_within(array, start, length) {
            return ARRAY_OUT_OF_BOUNDS;
        }
        if !in_bounds(u64::from(offset), u64::from(length), H::elem_length(vmctx, segment)) {
            return TABLE_OUT_OF_BOUNDS;
        }
        H::elem_read(vmctx, segment, u64::from(offset), u64::from(length), element(array, start).cast());
    }
    OK
}
