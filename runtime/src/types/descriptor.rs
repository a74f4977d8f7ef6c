//! Type descriptors: what compiled code and the collector see of a canonical type of objects. One is made
//! for each type when it is interned, and stays in place as long as the engine.
//!
//! The words of a descriptor are laid out as `aot_format::abi::TypeDescriptor` says, and hold addresses of
//! things that live as long as the engine: its own shape, and descriptors of types interned before.

use aot_format::abi::{MIN_DISPLAY, POINTER_SIZE, TypeDescriptor};

use crate::vm::objects::{Shape, VMTypeDescriptor};

/// A descriptor and the shape it points to.
#[derive(Debug)]
pub(super) struct Descriptor {
    words: Box<[u64]>,
    /// What the second word points to.
    _shape: Box<Shape>,
}

const HEAD_WORDS: usize = (TypeDescriptor::SIZE / POINTER_SIZE) as usize;

impl Descriptor {
    /// The descriptor of a type whose supertypes' descriptors, outermost first, are at these addresses.
    pub(super) fn new(shape: Shape, above: &[u64]) -> Descriptor {
        let shape = Box::new(shape);
        let display = (above.len() + 1).max(MIN_DISPLAY as usize);
        let mut words = vec![0; HEAD_WORDS + display].into_boxed_slice();
        words[0] = u64::from(shape.kind as u32) | (above.len() as u64) << 32;
        words[1] = (&raw const *shape).expose_provenance() as u64;
        words[HEAD_WORDS..HEAD_WORDS + above.len()].copy_from_slice(above);
        let own = words.as_ptr().expose_provenance() as u64;
        words[HEAD_WORDS + above.len()] = own;
        Descriptor { words, _shape: shape }
    }

    pub(super) fn as_ptr(&self) -> *const VMTypeDescriptor {
        std::ptr::with_exposed_provenance(self.words.as_ptr().expose_provenance())
    }

    pub(super) fn address(&self) -> u64 {
        self.words.as_ptr().addr() as u64
    }
}

#[cfg(test)]
mod tests {
    use aot_format::abi::ObjectKind;
    use aot_format::types::CompositeType;

    use super::*;

    #[test]
    fn a_descriptor_is_laid_out_as_the_abi_says() {
        let shape = |id| Shape::of_type(id, &CompositeType::Struct(Vec::new()), |_| false).unwrap();
        let parent = Descriptor::new(shape(1), &[]);
        let child = Descriptor::new(shape(2), &[parent.address()]);
        let word = |descriptor: &Descriptor, offset: u32| descriptor.words[(offset / POINTER_SIZE) as usize];
        assert_eq!(word(&parent, TypeDescriptor::ancestor(0)), parent.address());
        assert_eq!(word(&child, TypeDescriptor::ancestor(0)), parent.address());
        assert_eq!(word(&child, TypeDescriptor::ancestor(1)), child.address());
        assert_eq!(word(&child, TypeDescriptor::ancestor(MIN_DISPLAY - 1)), 0);
        assert_eq!(child.words[0], ObjectKind::Struct as u64 | 1 << 32, "kind and depth");
        assert_eq!(word(&child, TypeDescriptor::DATA), (&raw const *child._shape).addr() as u64);
    }
}
