//! Managed references as the host sees them: [`AnyRef`] and [`ExternRef`], which differ only in their
//! hierarchy, and the way between their raw form and the host's.
//!
//! # Safety contract
//!
//! A raw reference is read or written only where compiled code, or a checked value, put one; the reference
//! of a handle is that of a whole object of the handle's store.

use std::any::Any;

use aot_format::abi::{self, HOST_SHIFT, HOST_TAG, I31_TAG, REFERENCE_TAG_MASK};
use aot_format::types::{CompositeType, FieldType, HeapType, StorageType, TypeIndex, ValType};

use super::Handle;
use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::store::{StoreId, StoreOpaque};
use crate::value::Val;
use crate::vm::objects::{Part, Shape, VMArray, VMObject, VMTypeDescriptor};
use crate::vm::structs::ValRaw;

const STALE: Error = Error::StaleHandle { what: "reference" };

/// A managed reference that is not null, of either hierarchy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Managed {
    /// An integer of 31 bits, with its sign.
    I31(i32),
    /// Something of the host's.
    Host {
        store: StoreId,
        /// Position in the store's list.
        index: u32,
    },
    /// A structure or array.
    Object(Handle),
}

impl Managed {
    /// The reference compiled code holds as `raw`; none for null.
    pub(crate) fn from_raw(raw: u64, store: &StoreOpaque) -> Option<Managed> {
        if raw == 0 {
            return None;
        }
        Some(if raw & I31_TAG != 0 {
            Managed::I31(raw as i32 >> 1)
        } else if raw & REFERENCE_TAG_MASK == HOST_TAG {
            Managed::Host { store: store.id, index: (raw >> HOST_SHIFT) as u32 }
        } else {
            Managed::Object(store.handles.make(store.id, raw))
        })
    }

    /// As compiled code holds it.
    pub(crate) fn to_raw(self, store: &StoreOpaque) -> Result<u64, Error> {
        match self {
            Managed::I31(value) => Ok(u64::from((value as u32) << 1) | I31_TAG),
            Managed::Host { store: owner, index } if owner == store.id => Ok(u64::from(index) << HOST_SHIFT | HOST_TAG),
            Managed::Object(handle) if handle.store == store.id => store.handles.get(handle).ok_or(STALE),
            Managed::Host { .. } | Managed::Object(_) => Err(STALE),
        }
    }

    /// The heap type in the internal hierarchy of what it refers to, canonical; none if it is stale.
    pub(crate) fn heap_type(self, store: &StoreOpaque) -> Option<HeapType> {
        match self {
            Managed::I31(_) => Some(HeapType::I31),
            Managed::Host { store: owner, .. } => (owner == store.id).then_some(HeapType::Any),
            // SAFETY: the reference of a live handle is that of a whole object.
            Managed::Object(_) => Some(HeapType::Concrete(TypeIndex(unsafe { self.object(store)?.1 }.type_id))),
        }
    }

    /// Whether it can be used in `store`.
    pub(crate) fn is_of(self, store: &StoreOpaque) -> bool {
        self.to_raw(store).is_ok()
    }

    /// The object it refers to, and its shape.
    ///
    /// # Safety
    ///
    /// The shape is not used longer than the store's engine lives, the pointer not after a collection.
    unsafe fn object<'a>(self, store: &StoreOpaque) -> Option<(*mut VMObject, &'a Shape)> {
        let Managed::Object(_) = self else { return None };
        let object = std::ptr::with_exposed_provenance_mut::<VMObject>(self.to_raw(store).ok()? as usize);
        // SAFETY: the reference of a live handle is that of a whole object.
        Some((object, unsafe { VMObject::shape(object) }))
    }
}

/// A reference of the internal hierarchy (`any`): an integer of 31 bits, a structure, an array, or an
/// external reference that was converted. References that a host function gets, or makes, are given up
/// when it returns; others live as long as their store, or the [`Store::scoped`](crate::Store::scoped)
/// they were made in. Equality is that of handles: [`AnyRef::same`] compares what they refer to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AnyRef(pub(crate) Managed);

impl AnyRef {
    /// An integer of 31 bits: the low ones of `value`.
    pub fn from_i31(value: i32) -> AnyRef {
        AnyRef(Managed::I31(value << 1 >> 1))
    }

    /// The integer, with its sign, if it is one.
    pub fn i31(&self) -> Option<i32> {
        match self.0 {
            Managed::I31(value) => Some(value),
            _ => None,
        }
    }

    /// A new structure of a type with this (canonical) index.
    ///
    /// # Errors
    ///
    /// [`Error::BadValue`] if that is no structure type, or the values are not those of its fields;
    /// [`Error::Trap`] where the heap is exhausted.
    pub fn new_struct(mut store: impl AsContextMut, ty: TypeIndex, fields: &[Val]) -> Result<AnyRef, Error> {
        let store = store.as_context_mut().opaque();
        match store.engine.types().composite(ty.0) {
            Some(CompositeType::Struct(types)) if types.len() == fields.len() => {
                types.iter().zip(fields).try_for_each(|(ty, value)| check(store, *ty, value))?;
            }
            _ => return Err(bad(format!("type {} is no structure type of {} fields", ty.0, fields.len()))),
        }
        // SAFETY: the host holds no raw reference, and writes all fields.
        unsafe { store.make(ty, fields, None) }
    }

    /// A new array of a type with this (canonical) index.
    ///
    /// # Errors
    ///
    /// As [`AnyRef::new_struct`].
    pub fn new_array(mut store: impl AsContextMut, ty: TypeIndex, elements: &[Val]) -> Result<AnyRef, Error> {
        let store = store.as_context_mut().opaque();
        match store.engine.types().composite(ty.0) {
            Some(CompositeType::Array(element)) => {
                elements.iter().try_for_each(|value| check(store, element, value))?;
            }
            _ => return Err(bad(format!("type {} is no array type", ty.0))),
        }
        let length = u32::try_from(elements.len()).map_err(|_| bad("an array has at most 2^32 - 1 elements".into()))?;
        // SAFETY: the host holds no raw reference, and writes all elements.
        unsafe { store.make(ty, elements, Some(length)) }
    }

    /// The heap type of what it refers to: `i31`, the (canonical) type of a structure or array, or `any`.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`], as for all methods.
    pub fn heap_type(&self, store: impl AsContext) -> Result<HeapType, Error> {
        self.0.heap_type(store.as_context().opaque()).ok_or(STALE)
    }

    /// Whether it is a structure.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn is_struct(&self, store: impl AsContext) -> Result<bool, Error> {
        self.is_kind(store, abi::ObjectKind::Struct)
    }

    /// Whether it is an array.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn is_array(&self, store: impl AsContext) -> Result<bool, Error> {
        self.is_kind(store, abi::ObjectKind::Array)
    }

    fn is_kind(&self, store: impl AsContext, kind: abi::ObjectKind) -> Result<bool, Error> {
        let context = store.as_context();
        let store = context.opaque();
        if !self.0.is_of(store) {
            return Err(STALE);
        }
        // SAFETY: used at once.
        Ok(unsafe { self.0.object(store) }.is_some_and(|(_, shape)| shape.kind == kind))
    }

    /// Number of fields of a structure, or elements of an array.
    ///
    /// # Errors
    ///
    /// [`Error::BadValue`] if it is neither.
    pub fn len(&self, store: impl AsContext) -> Result<u32, Error> {
        let context = store.as_context();
        let store = context.opaque();
        // SAFETY: used at once.
        let (object, shape) = unsafe { self.0.object(store) }.ok_or_else(not_an_object)?;
        // SAFETY: a whole object of this shape.
        Ok(unsafe { length(object, shape) })
    }

    /// Whether it has neither fields nor elements.
    ///
    /// # Errors
    ///
    /// As [`AnyRef::len`].
    pub fn is_empty(&self, store: impl AsContext) -> Result<bool, Error> {
        Ok(self.len(store)? == 0)
    }

    /// Field `index` of a structure, or element `index` of an array. Packed integers are extended with
    /// zeros.
    ///
    /// # Errors
    ///
    /// [`Error::BadValue`] if it is neither, [`Error::OutOfBounds`].
    pub fn get(&self, store: impl AsContext, index: u32) -> Result<Val, Error> {
        let context = store.as_context();
        let store = context.opaque();
        // SAFETY: used before anything can be collected.
        let (object, shape) = unsafe { self.0.object(store) }.ok_or_else(not_an_object)?;
        // SAFETY: a whole object of this shape.
        let (place, ty) = unsafe { part(object, shape, index) }?;
        // SAFETY: the part holds a value of its type.
        Ok(unsafe { read_part(place, ty, store) })
    }

    /// Writes a field or element.
    ///
    /// # Errors
    ///
    /// As [`AnyRef::get`]; [`Error::BadValue`] if it is not mutable or the value is not of its type.
    pub fn set(&self, mut store: impl AsContextMut, index: u32, value: Val) -> Result<(), Error> {
        let store = store.as_context_mut().opaque();
        // SAFETY: used before anything can be collected: checking and converting make no object.
        let (object, shape) = unsafe { self.0.object(store) }.ok_or_else(not_an_object)?;
        // SAFETY: a whole object of this shape.
        let (place, ty) = unsafe { part(object, shape, index) }?;
        if !ty.mutable {
            return Err(bad("it is not mutable".into()));
        }
        check(store, ty, &value)?;
        let raw = value.to_raw(store)?;
        // SAFETY: the part is of this type.
        unsafe { write_part(place, ty, raw) };
        Ok(())
    }

    /// Whether two references are to the same thing, as `ref.eq` has it.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn same(&self, other: &AnyRef, store: impl AsContext) -> Result<bool, Error> {
        let context = store.as_context();
        let store = context.opaque();
        Ok(self.0.to_raw(store)? == other.0.to_raw(store)?)
    }

    /// The same as an external reference.
    pub fn to_extern(self) -> ExternRef {
        ExternRef(self.0)
    }
}

/// A reference of the external hierarchy (`extern`): to something of the host's, which lives as long as
/// its store, or an internal reference that was converted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef(pub(crate) Managed);

impl ExternRef {
    /// Gives `value` to the store.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> ExternRef {
        let store = store.as_context_mut().opaque();
        let index = store.extern_refs.len() as u32;
        store.extern_refs.push(Box::new(value));
        ExternRef(Managed::Host { store: store.id, index })
    }

    /// What of the host's it refers to; nothing in another store, or where it was an internal reference.
    pub fn data<'a, C: AsContext + ?Sized>(&self, store: &'a C) -> Option<&'a (dyn Any + Send + Sync)> {
        let store = store.as_context().opaque();
        match self.0 {
            Managed::Host { store: owner, index } if owner == store.id => {
                store.extern_refs.get(index as usize).map(|value| &**value)
            }
            _ => None,
        }
    }

    /// The same as an internal reference.
    pub fn to_any(self) -> AnyRef {
        AnyRef(self.0)
    }
}

fn bad(reason: String) -> Error {
    Error::BadValue { what: "reference", reason }
}

fn not_an_object() -> Error {
    bad("it is stale, or neither a structure nor an array".into())
}

/// Whether a value is what a field or element holds.
fn check(store: &StoreOpaque, ty: FieldType, value: &Val) -> Result<(), Error> {
    let wanted = match ty.storage {
        StorageType::I8 | StorageType::I16 => ValType::I32,
        StorageType::Val(ty) => ty,
    };
    match value.matches(store, wanted) {
        true => Ok(()),
        false => Err(bad(format!("a value of type {} is no {wanted}", value.type_name()))),
    }
}

/// # Safety
///
/// `object` is a whole object of this shape.
unsafe fn length(object: *const VMObject, shape: &Shape) -> u32 {
    match shape.kind {
        // SAFETY: by the caller, it is an array.
        abi::ObjectKind::Array => unsafe { VMArray::length_of(object.cast()) },
        abi::ObjectKind::Struct | abi::ObjectKind::Exception => shape.parts.len() as u32,
    }
}

/// Where a field or element stands, and what it holds.
///
/// # Safety
///
/// `object` is a whole object of this shape.
unsafe fn part(object: *mut VMObject, shape: &Shape, index: u32) -> Result<(*mut u8, FieldType), Error> {
    // SAFETY: by the caller.
    let size = u64::from(unsafe { length(object, shape) });
    let outside = Error::OutOfBounds { what: "object", offset: u64::from(index), len: 1, size };
    if u64::from(index) >= size {
        return Err(outside);
    }
    let (Part { offset, ty }, skipped) = match (shape.kind, &*shape.parts) {
        (abi::ObjectKind::Array, [element]) => (*element, u64::from(shape.element_bytes()) * u64::from(index)),
        (_, parts) => (*parts.get(index as usize).ok_or(outside)?, 0),
    };
    Ok((object.cast::<u8>().wrapping_add(offset as usize + skipped as usize), ty))
}

/// # Safety
///
/// The place holds a value of this type, of this store.
unsafe fn read_part(place: *const u8, ty: FieldType, store: &StoreOpaque) -> Val {
    // SAFETY: by the caller; parts are aligned no more than an object is.
    unsafe {
        let ty = match ty.storage {
            StorageType::I8 => return Val::I32(i32::from(place.read())),
            StorageType::I16 => return Val::I32(i32::from(place.cast::<u16>().read_unaligned())),
            StorageType::Val(ty) => ty,
        };
        let raw = match abi::storage_bytes(StorageType::Val(ty)) {
            4 => ValRaw::from_i32(place.cast::<i32>().read_unaligned()),
            16 => ValRaw::from_v128(place.cast::<u128>().read_unaligned()),
            _ => ValRaw::from_i64(place.cast::<i64>().read_unaligned()),
        };
        Val::from_raw(raw, ty, store)
    }
}

/// # Safety
///
/// The place is one for values of this type, and `raw` is one.
unsafe fn write_part(place: *mut u8, ty: FieldType, raw: ValRaw) {
    // SAFETY: by the caller; parts are aligned no more than an object is.
    unsafe {
        match abi::storage_bytes(ty.storage) {
            1 => place.write(raw.i32() as u8),
            2 => place.cast::<u16>().write_unaligned(raw.i32() as u16),
            4 => place.cast::<i32>().write_unaligned(raw.i32()),
            16 => place.cast::<u128>().write_unaligned(raw.v128()),
            _ => place.cast::<i64>().write_unaligned(raw.i64()),
        }
    }
}

impl StoreOpaque {
    /// Makes a structure, or an array of a length, from values that were checked.
    ///
    /// # Safety
    ///
    /// As a collection; the type is that of a structure or array with so many fields or elements.
    unsafe fn make(&mut self, ty: TypeIndex, values: &[Val], array: Option<u32>) -> Result<AnyRef, Error> {
        let descriptor: *const VMTypeDescriptor = self.engine.types().descriptors(&[ty.0])[0];
        // SAFETY: the type has objects, so it has a descriptor; the rest is the caller's promise.
        let (object, shape) = unsafe {
            let shape = &*(*descriptor).data;
            let bytes = match array {
                Some(length) => abi::Array::bytes(shape.element_bytes(), length),
                None => u64::from(shape.bytes),
            };
            (self.new_whole_object(descriptor, bytes, array)?, shape)
        };
        for (index, value) in values.iter().enumerate() {
            let raw = value.to_raw(self)?;
            // SAFETY: a whole object, and a value that was checked; nothing is collected meanwhile.
            unsafe {
                let (place, ty) = part(object, shape, index as u32)?;
                write_part(place, ty, raw);
            }
        }
        Ok(AnyRef(Managed::Object(self.handles.make(self.id, object.expose_provenance() as u64))))
    }

    /// A new object with its head, and of an array its length, and zeros.
    ///
    /// # Safety
    ///
    /// As a collection; the size is right for the descriptor.
    pub(crate) unsafe fn new_whole_object(
        &mut self,
        descriptor: *const VMTypeDescriptor,
        bytes: u64,
        array: Option<u32>,
    ) -> Result<*mut VMObject, Error> {
        use crate::trap::{Trap, TrapCode};
        // SAFETY: by the caller.
        let object = unsafe { self.new_object(bytes) };
        let object = object.ok_or_else(|| Error::Trap(Trap::new(TrapCode::HeapExhausted)))?;
        // SAFETY: there is room for so many bytes, at least a head and a length.
        unsafe { VMObject::initialize(object, descriptor, bytes, array) };
        Ok(object)
    }
}
