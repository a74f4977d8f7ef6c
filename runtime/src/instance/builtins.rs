//! What compiled code's built-in functions need of an instance. The arithmetic, and every bounds
//! check, is in `vm::builtins`.
//!
//! # Safety contract
//!
//! That of `BuiltinHost`: compiled code passes its own vmctx, and indices of its own module. The
//! store is not borrowed while compiled code runs, so these functions may use it through the
//! instance's pointer.

use std::time::Duration;

use crate::externs::SharedMemory;
use crate::externs::shared_memory::Expected;
use crate::interrupt::is_interrupted;
use crate::parking::WaitResult;
use crate::store::{MemoryData, Owner, StoreOpaque, TableData};
use crate::unwind;
use crate::vm::builtins::{BuiltinHost, VMBuiltins};
use crate::vm::objects::{VMObject, VMTypeDescriptor};
use crate::vm::structs::{VMException, VMMemory, VMTable, Vmctx};

use super::InstanceData;

struct Builtins;

static TABLE: VMBuiltins = VMBuiltins::of::<Builtins>();

/// The array every vmctx points to.
pub(super) fn table() -> *const VMBuiltins {
    &raw const TABLE
}

/// The calling instance, as the owner of what it may change in itself.
///
/// # Safety
///
/// `vmctx` is that of the calling instance, and no other reference to the instance is in use.
unsafe fn caller<'a>(vmctx: *mut Vmctx) -> &'a mut InstanceData {
    // SAFETY: the header leads to the owner of the vmctx.
    unsafe { &mut *(*vmctx).instance.cast::<InstanceData>() }
}

impl StoreOpaque {
    /// A memory wherever it is defined.
    pub(crate) fn memory_data(&mut self, owner: Owner, index: u32) -> Option<&mut MemoryData> {
        match owner {
            Owner::Instance(id) => self.instance_mut(id).ok()?.memories.get_mut(index as usize),
            Owner::Host => self.objects.memories.get_mut(index as usize),
        }
    }

    /// A table wherever it is defined.
    pub(crate) fn table_data(&mut self, owner: Owner, index: u32) -> Option<&mut TableData> {
        match owner {
            Owner::Instance(id) => self.instance_mut(id).ok()?.tables.get_mut(index as usize),
            Owner::Host => self.objects.tables.get_mut(index as usize),
        }
    }
}

impl InstanceData {
    /// Memory `index` of the index space, if it is shared.
    fn shared_memory(&self, index: u32) -> Option<&SharedMemory> {
        // SAFETY: the store outlives its instances and is not borrowed while compiled code runs.
        let store = unsafe { &*self.store };
        store.memory(self.memory(store.id, index)).ok()?.shared()
    }
}

// SAFETY: definitions come from the vmctx that linking filled, segments from the artifact, which
// lives as long as the instance.
unsafe impl BuiltinHost for Builtins {
    unsafe fn memory_grow(vmctx: *mut Vmctx, memory: u32, delta_pages: u64) -> i64 {
        // SAFETY: by the contract of the trait.
        let instance = unsafe { InstanceData::of_vmctx(vmctx) };
        // SAFETY: the store outlives its instances and is not borrowed while compiled code runs.
        let store = unsafe { &mut *instance.store };
        let item = instance.memory(store.id, memory).0;
        let limit = store.limits.max_memory_bytes;
        let grown = store.memory_data(item.owner, item.index).and_then(|memory| memory.grow(delta_pages, limit));
        grown.map_or(-1, |pages| pages as i64)
    }

    unsafe fn memory(vmctx: *mut Vmctx, memory: u32) -> *mut VMMemory {
        // SAFETY: by the contract of the trait.
        unsafe { InstanceData::of_vmctx(vmctx) }.vm_memory(memory)
    }

    unsafe fn is_shared(vmctx: *mut Vmctx, memory: u32) -> bool {
        // SAFETY: by the contract of the trait.
        unsafe { InstanceData::of_vmctx(vmctx) }.module.memory_is_shared(memory)
    }

    unsafe fn gives_up(vmctx: *mut Vmctx) -> bool {
        // SAFETY: by the contract of the trait; the store outlives its instances.
        let store = unsafe { &*InstanceData::of_vmctx(vmctx).store };
        if is_interrupted() {
            store.gave_up.set(true);
        }
        store.gave_up.get()
    }

    unsafe fn memory_wait(vmctx: *mut Vmctx, memory: u32, address: u64, expected: Expected, timeout: i64) -> i64 {
        // SAFETY: by the contract of the trait.
        let instance = unsafe { InstanceData::of_vmctx(vmctx) };
        // SAFETY: the store outlives its instances and is not borrowed while compiled code runs.
        let store = unsafe { &*instance.store };
        let Some(memory) = instance.shared_memory(memory) else { return -1 };
        let timeout = u64::try_from(timeout).ok().map(Duration::from_nanos);
        match memory.wait(address, expected, timeout) {
            Some(Some(WaitResult::Woken)) => 0,
            Some(Some(WaitResult::Mismatch)) => 1,
            Some(Some(WaitResult::TimedOut)) => 2,
            Some(None) => {
                store.gave_up.set(true);
                -1
            }
            None => -1,
        }
    }

    unsafe fn memory_notify(vmctx: *mut Vmctx, memory: u32, address: u64, count: u32) -> i64 {
        // SAFETY: by the contract of the trait.
        let instance = unsafe { InstanceData::of_vmctx(vmctx) };
        match instance.shared_memory(memory) {
            Some(memory) => memory.wake(address, count).map_or(-1, i64::from),
            None => {
                // SAFETY: linking made or patched the memory.
                let length = unsafe { VMMemory::load(instance.vm_memory(memory)) }.length;
                // Nobody can wait there.
                if address.checked_add(4).is_some_and(|end| end <= length) { 0 } else { -1 }
            }
        }
    }

    unsafe fn data_segment(vmctx: *mut Vmctx, segment: u32) -> *const [u8] {
        // SAFETY: by the contract of the trait.
        unsafe { InstanceData::of_vmctx(vmctx) }.data_segment(segment)
    }

    unsafe fn data_drop(vmctx: *mut Vmctx, segment: u32) {
        // SAFETY: by the contract of the trait.
        unsafe { caller(vmctx) }.drop_data(segment);
    }

    unsafe fn table_grow(vmctx: *mut Vmctx, table: u32, delta: u64, init: u64) -> i64 {
        // SAFETY: by the contract of the trait.
        let instance = unsafe { InstanceData::of_vmctx(vmctx) };
        // SAFETY: the store outlives its instances and is not borrowed while compiled code runs.
        let store = unsafe { &mut *instance.store };
        let item = instance.table(store.id, table).0;
        let limit = store.limits.max_table_elements;
        let grown = store.table_data(item.owner, item.index).and_then(|table| table.grow(delta, init, limit));
        grown.map_or(-1, |elements| elements as i64)
    }

    unsafe fn table(vmctx: *mut Vmctx, table: u32) -> *mut VMTable {
        // SAFETY: by the contract of the trait.
        unsafe { InstanceData::of_vmctx(vmctx) }.vm_table(table)
    }

    unsafe fn elem_length(vmctx: *mut Vmctx, segment: u32) -> u64 {
        // SAFETY: by the contract of the trait.
        unsafe { InstanceData::of_vmctx(vmctx) }.passive_elements(segment).len() as u64
    }

    unsafe fn elem_read(vmctx: *mut Vmctx, segment: u32, first: u64, len: u64, into: *mut u64) {
        // SAFETY: by the contract of the trait.
        let elements = unsafe { InstanceData::of_vmctx(vmctx) }.passive_elements(segment);
        if let Some(elements) = elements.get(first as usize..(first + len) as usize) {
            // SAFETY: `into` has room for `len` elements, and a segment lies in no table.
            unsafe { into.copy_from_nonoverlapping(elements.as_ptr(), elements.len()) };
        }
    }

    unsafe fn elem_drop(vmctx: *mut Vmctx, segment: u32) {
        // SAFETY: by the contract of the trait.
        unsafe { caller(vmctx) }.drop_elements(segment);
    }

    unsafe fn is_subtype(vmctx: *mut Vmctx, actual: u32, expected: u32) -> bool {
        // SAFETY: by the contract of the trait.
        let instance = unsafe { InstanceData::of_vmctx(vmctx) };
        instance.module.engine().types().is_subtype(actual, expected)
    }

    unsafe fn object_new(
        vmctx: *mut Vmctx,
        descriptor: *const VMTypeDescriptor,
        bytes: u64,
        array: Option<u32>,
    ) -> *mut VMObject {
        // SAFETY: by the contract of the trait.
        let instance = unsafe { InstanceData::of_vmctx(vmctx) };
        // SAFETY: the store outlives its instances and is not borrowed while compiled code runs; the caller
        // waits in a service trampoline.
        unsafe {
            let store = &mut *instance.store;
            match store.new_object(bytes) {
                Some(object) => {
                    VMObject::initialize(object, descriptor, bytes, array);
                    object
                }
                None => std::ptr::null_mut(),
            }
        }
    }

    unsafe fn throw(vmctx: *mut Vmctx, exception: *mut VMException) -> ! {
        // SAFETY: by the contract of the trait; the store outlives its instances.
        let store = unsafe { InstanceData::of_vmctx(vmctx) }.store;
        // SAFETY: the store is not borrowed while compiled code runs; the exception is alive.
        unsafe { unwind::throw(store, exception) }
    }
}
