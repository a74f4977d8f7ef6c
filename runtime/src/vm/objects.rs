//! Objects of the collected heap as compiled code lays them out: heads, descriptors, and what a
//! descriptor says about the parts of an object ([`Shape`]).
//!
//! Not here: the heap itself and its collection (`crate::gc`), and which types there are
//! (`crate::types`).
//!
//! # Safety contract
//!
//! A descriptor stays where it is as long as its engine, and its `data` points to a [`Shape`] that lives
//! as long. An object's head is a descriptor's address, but for objects that a collection has moved.

use core::mem::{offset_of, size_of};

use aot_format::abi::{self, ObjectKind};
use aot_format::types::{CompositeType, FieldType, HeapType, StorageType, ValType};

use super::structs::assert_layout;
use crate::types::CanonicalId;

/// The head of everything on the heap.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct VMObject {
    /// Its descriptor.
    pub(crate) descriptor: *const VMTypeDescriptor,
}

assert_layout!(VMObject as Object { descriptor: DESCRIPTOR, });

/// The head of an array; its elements follow.
#[derive(Debug)]
#[repr(C, packed(4))]
pub(crate) struct VMArray {
    /// Its descriptor.
    pub(crate) descriptor: *const VMTypeDescriptor,
    /// Number of elements.
    pub(crate) length: u32,
}

assert_layout!(VMArray as Array { descriptor: DESCRIPTOR, length: LENGTH, });

/// What the objects of a type have in common; pointers to the descriptors of its supertypes follow.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct VMTypeDescriptor {
    /// An [`ObjectKind`].
    pub(crate) kind: u32,
    /// Number of supertypes.
    pub(crate) depth: u32,
    /// Where its references are.
    pub(crate) data: *const Shape,
}

assert_layout!(VMTypeDescriptor as TypeDescriptor { kind: KIND, depth: DEPTH, data: DATA, });

/// A part of an object: where it stands and what it holds. Concrete types are canonical.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) offset: u32,
    pub(crate) ty: FieldType,
}

/// What the parts of an object are.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Canonical id: of the structure or array type, or of the function type of an exception's tag.
    pub(crate) type_id: CanonicalId,
    /// What kind of object it is.
    pub(crate) kind: ObjectKind,
    /// Size in bytes of a structure or exception.
    pub(crate) bytes: u32,
    /// Fields of a structure, arguments of an exception, the element (where the first one stands) of an
    /// array.
    pub(crate) parts: Box<[Part]>,
    /// Offsets of managed references; of an array, of the first element if all are.
    pub(crate) references: Box<[u32]>,
    /// Offsets of function references, likewise.
    pub(crate) functions: Box<[u32]>,
}

/// Which references a value of this type is; `is_func` says whether a canonical type is a function type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Holds {
    /// None.
    Number,
    /// References to functions.
    Functions,
    /// References that the collector has to know of.
    Managed,
}

impl Holds {
    pub(crate) fn of(ty: ValType, is_func: impl Fn(CanonicalId) -> bool) -> Holds {
        let ValType::Ref(reference) = ty else { return Holds::Number };
        let function = match reference.heap {
            HeapType::Concrete(id) => is_func(id.0),
            heap => heap.top() == Some(HeapType::Func),
        };
        if function { Holds::Functions } else { Holds::Managed }
    }
}

impl Shape {
    /// The shape of a structure or array of a type with canonical ids; none for a function type.
    pub(crate) fn of_type(
        type_id: CanonicalId,
        composite: &CompositeType,
        is_func: impl Fn(CanonicalId) -> bool,
    ) -> Option<Shape> {
        match composite {
            CompositeType::Func(_) => None,
            CompositeType::Struct(fields) => {
                let layout = abi::StructLayout::new(fields);
                let parts = fields.iter().zip(layout.offsets).map(|(ty, offset)| Part { offset, ty: *ty });
                Some(Shape::new(type_id, ObjectKind::Struct, layout.bytes, parts.collect(), is_func))
            }
            CompositeType::Array(ty) => {
                let offset = abi::Array::elements(abi::storage_bytes(ty.storage));
                Some(Shape::new(type_id, ObjectKind::Array, 0, [Part { offset, ty: *ty }].into(), is_func))
            }
        }
    }

    /// The shape of exceptions whose tag has a function type with these parameters.
    pub(crate) fn of_exception(
        type_id: CanonicalId,
        params: &[ValType],
        is_func: impl Fn(CanonicalId) -> bool,
    ) -> Shape {
        let part = |(index, ty): (usize, &ValType)| Part {
            offset: abi::Exception::value(index as u32),
            ty: FieldType { storage: StorageType::Val(*ty), mutable: false },
        };
        let parts = params.iter().enumerate().map(part).collect();
        Shape::new(type_id, ObjectKind::Exception, abi::Exception::bytes(params.len() as u32), parts, is_func)
    }

    fn new(
        type_id: CanonicalId,
        kind: ObjectKind,
        bytes: u32,
        parts: Box<[Part]>,
        is_func: impl Fn(CanonicalId) -> bool,
    ) -> Shape {
        let offsets = |wanted: Holds| {
            let holds = |part: &&Part| match part.ty.storage {
                StorageType::Val(ty) => Holds::of(ty, &is_func) == wanted,
                StorageType::I8 | StorageType::I16 => false,
            };
            parts.iter().filter(holds).map(|part| part.offset).collect()
        };
        let (references, functions) = (offsets(Holds::Managed), offsets(Holds::Functions));
        Shape { type_id, kind, bytes, parts, references, functions }
    }

    /// Bytes of an element of an array.
    pub(crate) fn element_bytes(&self) -> u32 {
        self.parts.first().map_or(1, |part| abi::storage_bytes(part.ty.storage))
    }

    /// Offset of the first element of an array.
    pub(crate) fn elements(&self) -> u32 {
        self.parts.first().map_or(abi::Array::SIZE, |part| part.offset)
    }
}

impl VMObject {
    /// Writes the head of a new object, of an array its length, and zeros.
    ///
    /// # Safety
    ///
    /// There are so many bytes at `object`, and they are as many as an object with this descriptor, or an
    /// array of this length, has.
    pub(crate) unsafe fn initialize(
        object: *mut VMObject,
        descriptor: *const VMTypeDescriptor,
        bytes: u64,
        array: Option<u32>,
    ) {
        // SAFETY: by the caller.
        unsafe {
            object.cast::<u8>().write_bytes(0, bytes as usize);
            object.write(VMObject { descriptor });
            if let Some(length) = array {
                (&raw mut (*object.cast::<VMArray>()).length).write_unaligned(length);
            }
        }
    }

    /// The shape of an object.
    ///
    /// # Safety
    ///
    /// `object` is one that no collection has moved away, and its engine is alive for `'a`.
    pub(crate) unsafe fn shape<'a>(object: *const VMObject) -> &'a Shape {
        // SAFETY: the head is a descriptor's address; its data are its shape.
        unsafe { &*(*(*object).descriptor).data }
    }

    /// The size of an object of this shape in bytes.
    ///
    /// # Safety
    ///
    /// `object` is an object of this shape.
    pub(crate) unsafe fn bytes(object: *const VMObject, shape: &Shape) -> u64 {
        match shape.kind {
            ObjectKind::Struct | ObjectKind::Exception => u64::from(shape.bytes),
            // SAFETY: by the caller, it is an array.
            ObjectKind::Array => abi::Array::bytes(shape.element_bytes(), unsafe { VMArray::length_of(object.cast()) }),
        }
    }

    /// Places of an object at which one of these references stands: `offsets` are those of its shape.
    ///
    /// # Safety
    ///
    /// `object` is an object of this shape.
    pub(crate) unsafe fn places<'a>(
        object: *const VMObject,
        shape: &'a Shape,
        offsets: &'a [u32],
    ) -> impl Iterator<Item = *mut u64> + 'a {
        let repeats = match shape.kind {
            ObjectKind::Struct | ObjectKind::Exception => 1,
            // SAFETY: by the caller, it is an array.
            ObjectKind::Array => unsafe { VMArray::length_of(object.cast()) as usize },
        };
        let place = move |offset: u32| object.cast::<u8>().wrapping_add(offset as usize).cast_mut().cast::<u64>();
        // Of an array there is one offset, and its elements are eight bytes each.
        offsets.iter().flat_map(move |offset| (0..repeats).map(move |index| place(*offset).wrapping_add(index)))
    }
}

impl VMArray {
    /// The length of an array.
    ///
    /// # Safety
    ///
    /// `array` is an array.
    pub(crate) unsafe fn length_of(array: *const VMArray) -> u32 {
        // SAFETY: by the caller.
        unsafe { (&raw const (*array).length).read_unaligned() }
    }
}

#[cfg(test)]
mod tests {
    use aot_format::types::{RefType, TypeIndex};

    use super::*;

    #[test]
    fn a_shape_knows_its_references() {
        let field = |storage| FieldType { storage, mutable: true };
        let concrete =
            |id| StorageType::Val(ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(TypeIndex(id)) }));
        let reference = |ty| StorageType::Val(ValType::Ref(ty));
        let fields = vec![
            field(StorageType::I8),
            field(reference(RefType::ANYREF)),
            field(reference(RefType::FUNCREF)),
            field(concrete(1)),
            field(concrete(2)),
            field(StorageType::Val(ValType::V128)),
            field(reference(RefType::EXNREF)),
        ];
        // Type 1 is a function type.
        let shape = Shape::of_type(7, &CompositeType::Struct(fields), |id| id == 1).unwrap();
        assert_eq!(*shape.references, [16, 40, 64]);
        assert_eq!(*shape.functions, [24, 32]);
        assert_eq!((shape.bytes, shape.type_id), (72, 7));
        let array = Shape::of_type(8, &CompositeType::Array(field(StorageType::I8)), |_| false).unwrap();
        assert_eq!((array.elements(), array.element_bytes(), array.references.len()), (12, 1, 0));
        let array = Shape::of_type(9, &CompositeType::Array(field(reference(RefType::EXTERNREF))), |_| false).unwrap();
        assert_eq!((array.elements(), &*array.references), (16, &[16][..]));
        let exception = Shape::of_exception(1, &[ValType::I32, ValType::Ref(RefType::EXTERNREF)], |_| false);
        assert_eq!((exception.bytes, &*exception.references), (48, &[32][..]));
    }
}
