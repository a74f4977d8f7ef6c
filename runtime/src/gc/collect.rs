//! A collection, by Cheney's algorithm ("A nonrecursive list compacting algorithm", CACM 13(11), 1970):
//! what the roots refer to is copied to the idle space, then what the copies refer to, in the order in
//! which they stand there. A copied object leaves its new address in its head. The collection is exact: a
//! frame's references stand where the artifact's stack maps say, and nowhere else.
//!
//! Roots are: frames of compiled code in all activations of the store; the host's handles; tables and
//! globals, of instances and of the host; passive element segments.
//!
//! # Safety contract
//!
//! A collection happens while compiled code of the store waits, if there is any, in a service trampoline
//! or a host function, so that the frames below are at calls; and while nobody on the host's side holds a
//! reference as a number. Stack maps are as trusted as the code they belong to.

use std::ops::Range;

use aot_format::abi::{ObjectKind, REFERENCE_TAG_MASK};
use aot_format::types::ValType;

use super::Heap;
use crate::store::StoreOpaque;
use crate::sys::enter::Frames;
use crate::vm::objects::{Holds, VMArray, VMObject};

/// Set in the head of an object that has moved; the rest is its new address.
const MOVED: u64 = 1;
/// What a stale reference finds in stress mode: no valid address.
const POISON: u8 = 0xf5;

impl StoreOpaque {
    /// Room for an object of so many bytes, after a collection if one is due; nothing if the heap is
    /// exhausted. The caller makes it a whole object before anything else happens.
    ///
    /// # Safety
    ///
    /// As the contract of this file says of a collection.
    pub(crate) unsafe fn new_object(&mut self, bytes: u64) -> Option<*mut VMObject> {
        let max_bytes = self.limits.max_heap_bytes;
        if !self.heap.is_due(&self.vm, bytes)
            && let Some(object) = self.heap.allocate(&mut self.vm, bytes, max_bytes)
        {
            return Some(object);
        }
        // SAFETY: by the caller.
        unsafe { self.collect_heap() };
        self.heap.allocate(&mut self.vm, bytes, max_bytes)
    }

    /// Frees the objects that nothing refers to.
    ///
    /// # Safety
    ///
    /// As the contract of this file says.
    pub(crate) unsafe fn collect_heap(&mut self) {
        let mut heap = std::mem::take(&mut self.heap);
        // SAFETY: by the caller.
        unsafe { self.collect_into(&mut heap) };
        self.heap = heap;
    }

    unsafe fn collect_into(&mut self, heap: &mut Heap) {
        let used = heap.used_bytes(&self.vm) as usize;
        let stress = heap.stress;
        let Some(spaces) = heap.spaces_for_collection(self.limits.max_heap_bytes) else { return };
        if spaces.idle.grow_to(used).is_err() {
            // No memory to copy to: the heap goes on as it is, until it is full.
            return;
        }
        let start = spaces.active.base().addr() as u64;
        let target = spaces.idle.base().expose_provenance() as u64;
        let mut copier = Copier { from: start..start + used as u64, next: target };
        // SAFETY: roots hold references of this store; objects in use are whole.
        unsafe {
            self.visit_roots(&mut |place| copier.forward(place));
            copier.scan(target);
        }
        if stress {
            // SAFETY: all that is alive was copied away.
            unsafe { spaces.active.base().write_bytes(POISON, used) };
        }
        std::mem::swap(&mut spaces.active, &mut spaces.idle);
        heap.collected(&mut self.vm, copier.next - target);
    }

    /// Gives every place outside the heap that holds a managed reference.
    ///
    /// # Safety
    ///
    /// As the contract of this file says.
    unsafe fn visit_roots(&mut self, visit: &mut dyn FnMut(*mut u64)) {
        // SAFETY: by the caller.
        unsafe { self.visit_frames(visit) };
        self.handles.places_mut().for_each(|place| visit(place));
        let types = self.engine.clone();
        let managed = |ty: ValType| types.types().holds(ty) == Holds::Managed;
        for table in self.objects.tables.iter_mut().filter(|table| managed(ValType::Ref(table.ty.element))) {
            table.elements.iter_mut().for_each(|place| visit(place));
        }
        for global in self.objects.globals.iter_mut().filter(|global| managed(global.ty.content)) {
            visit((&raw mut *global.storage).cast());
        }
        for data in self.live_mut() {
            for table in data.tables.iter_mut().filter(|table| managed(ValType::Ref(table.ty.element))) {
                table.elements.iter_mut().for_each(|place| visit(place));
            }
            for index in data.managed_globals() {
                if let Some((place, _)) = data.own_global(index) {
                    visit(place.cast());
                }
            }
            data.held_references_mut().for_each(|place| visit(place));
        }
    }

    /// The places in frames of compiled code.
    unsafe fn visit_frames(&mut self, visit: &mut dyn FnMut(*mut u64)) {
        // SAFETY: the store is alive, and compiled code of it waits on this thread, if anywhere.
        let frames = unsafe { Frames::of_host_call(self.vm_ptr()) };
        for (address, fp) in frames.with_frame_pointers() {
            let Some(text) = self.text_at(address) else { continue };
            // The address is that of the last byte of the call.
            let return_offset = (address - text.start) as u32 + 1;
            let Some(map) = text.module.artifact().stack_map(return_offset) else { continue };
            let Some(sp) = fp.checked_sub(map.frame_bytes as usize) else { continue };
            for slot in map.slots() {
                visit(std::ptr::with_exposed_provenance_mut(sp + slot as usize));
            }
        }
    }
}

/// Copies objects out of the space in use.
struct Copier {
    from: Range<u64>,
    /// Where the next copy goes.
    next: u64,
}

impl Copier {
    /// Copies what a place refers to, unless that was done, and writes where it is now.
    ///
    /// # Safety
    ///
    /// The place holds a managed reference, or null; the idle space has room for all objects in use.
    #[inline]
    unsafe fn forward(&mut self, place: *mut u64) {
        // SAFETY: by the caller.
        let reference = unsafe { place.read() };
        if reference & REFERENCE_TAG_MASK != 0 || !self.from.contains(&reference) {
            return;
        }
        let object = std::ptr::with_exposed_provenance_mut::<u64>(reference as usize);
        // SAFETY: an object begins with its head, and there is room for the copy.
        unsafe {
            let head = object.read();
            let moved = if head & MOVED != 0 { head & !MOVED } else { self.copy(object) };
            place.write(moved);
        }
    }

    /// # Safety
    ///
    /// As [`Copier::forward`].
    unsafe fn copy(&mut self, object: *mut u64) -> u64 {
        // SAFETY: by the caller, a whole object that has not moved.
        unsafe {
            let bytes = VMObject::bytes(object.cast(), VMObject::shape(object.cast()));
            let copy = std::ptr::with_exposed_provenance_mut::<u8>(self.next as usize);
            copy.copy_from_nonoverlapping(object.cast(), bytes as usize);
            let moved = self.next;
            object.write(moved | MOVED);
            self.next += bytes;
            moved
        }
    }

    /// Forwards the references in all copies from `start` on, which adds copies.
    ///
    /// # Safety
    ///
    /// As [`Copier::forward`]; from `start` to `next` stand copies without gaps.
    unsafe fn scan(&mut self, start: u64) {
        let mut scan = start;
        while scan < self.next {
            let object = std::ptr::with_exposed_provenance_mut::<u8>(scan as usize);
            // SAFETY: copies are whole objects; the places are those of their shape.
            unsafe {
                let shape = VMObject::shape(object.cast());
                if shape.kind == ObjectKind::Array {
                    if !shape.references.is_empty() {
                        let elements = object.add(shape.elements() as usize).cast::<u64>();
                        for index in 0..VMArray::length_of(object.cast()) as usize {
                            self.forward(elements.add(index));
                        }
                    }
                } else {
                    for offset in &shape.references {
                        self.forward(object.add(*offset as usize).cast());
                    }
                }
                scan += VMObject::bytes(object.cast(), shape);
            }
        }
    }
}
