//! What a store owns apart from instances: memories, tables, globals and tags (of instances, or
//! made by the host), and host functions with the structures through which compiled code calls
//! them.
//!
//! # Safety contract
//!
//! Definitions that compiled code points to (`VMMemory`, `VMTable`, `VMTag`, global storage) have
//! stable addresses: they stand in a vmctx or a shared memory, or are boxed here. The `vm` pointers are valid as long
//! as the object they stand in.

use std::ffi::c_void;
use std::sync::Arc;

use aot_format::types::{GlobalType, MemoryType, TableType};

use crate::error::Error;
use crate::externs::memory::grown_bytes;
use crate::externs::{Func, SharedMemory};
use crate::faults::{Fault, is_planted};
use crate::host::HostFunc;
use crate::module::Module;
use crate::sys::mapping::Image;
use crate::sys::memory::{MemoryError, Reservation};
use crate::types::CanonicalId;
use crate::vm::structs::{VMFuncRef, VMHostContext, VMMemory, VMStoreContext, VMTable, VMTag, ValRaw};

use super::{Item, Owner, StoreOpaque};

/// Where the bytes of a memory are.
pub(crate) enum MemorySpace {
    Own(Reservation),
    Shared(SharedMemory),
}

/// A linear memory.
pub(crate) struct MemoryData {
    pub(crate) ty: MemoryType,
    pub(crate) space: MemorySpace,
    /// Its definition, which of a shared one is the shared memory's.
    pub(crate) vm: *mut VMMemory,
    /// Whether this store made it, and so has to give it its initial contents.
    pub(crate) made_here: bool,
    /// Holds what `vm` points to, for a memory of the host's.
    pub(crate) _own: Option<Box<VMMemory>>,
}

/// A table.
pub(crate) struct TableData {
    /// With canonical ids.
    pub(crate) ty: TableType,
    pub(crate) elements: Vec<u64>,
    pub(crate) vm: *mut VMTable,
    /// Holds what `vm` points to, for a table of the host's.
    pub(crate) _own: Option<Box<VMTable>>,
}

/// A global of the host's.
pub(crate) struct GlobalData {
    /// With canonical ids.
    pub(crate) ty: GlobalType,
    pub(crate) storage: Box<ValRaw>,
}

/// A tag of the host's.
pub(crate) struct TagData {
    pub(crate) type_id: CanonicalId,
    pub(crate) vm: Box<VMTag>,
}

/// A host function in a store.
pub(crate) struct HostFuncEntry {
    pub(crate) def: Arc<HostFunc>,
    pub(crate) index: u32,
    pub(crate) type_id: CanonicalId,
    /// What references to it that the host makes point to.
    pub(crate) funcref: VMFuncRef,
    /// The context of those references: there is no importer.
    context: VMHostContext,
}

/// Everything the host made in a store.
#[derive(Default)]
pub(crate) struct HostObjects {
    pub(crate) memories: Vec<MemoryData>,
    pub(crate) tables: Vec<TableData>,
    pub(crate) globals: Vec<GlobalData>,
    pub(crate) tags: Vec<TagData>,
    // Boxed: contexts and funcrefs point to entries.
    #[expect(clippy::vec_box)]
    pub(crate) host_funcs: Vec<Box<HostFuncEntry>>,
    /// Sorted by the address of the definition.
    by_def: Vec<(usize, u32)>,
    /// Host functions of which compiled code may hold a reference without a trampoline yet.
    unresolved: Vec<u32>,
}

impl HostObjects {
    /// The index of a host function, taken into the store if it is new there.
    pub(crate) fn host_func(&mut self, def: &Arc<HostFunc>, type_id: CanonicalId, vm: *mut VMStoreContext) -> u32 {
        let key = Arc::as_ptr(def) as usize;
        let at = match self.by_def.binary_search_by_key(&key, |(def, _)| *def) {
            Ok(known) => return self.by_def[known].1,
            Err(at) => at,
        };
        let index = self.host_funcs.len() as u32;
        let mut entry = Box::new(HostFuncEntry {
            def: def.clone(),
            index,
            type_id,
            funcref: VMFuncRef {
                code: std::ptr::null(),
                vmctx: std::ptr::null_mut(),
                entry: std::ptr::null(),
                type_id,
                slot: 0,
            },
            context: VMHostContext {
                call: def.call(),
                store: vm,
                caller: std::ptr::null_mut(),
                data: std::ptr::null_mut(),
            },
        });
        let place: *mut HostFuncEntry = &raw mut *entry;
        entry.context.data = place.cast();
        entry.funcref.vmctx = (&raw mut entry.context).cast::<c_void>();
        self.host_funcs.push(entry);
        self.by_def.insert(at, (key, index));
        index
    }
}

impl StoreOpaque {
    /// What a reference to `func` points to.
    #[inline]
    pub(crate) fn funcref(&mut self, func: Func) -> Result<*mut VMFuncRef, Error> {
        // On the path of every call from the host.
        if let Owner::Instance(id) = func.0.owner
            && func.0.store == self.id
            && let Some(data) = self.live_instance(id)
            && let Some(funcref) = data.own_funcref(func.0.index)
        {
            return Ok(funcref);
        }
        self.other_funcref(func)
    }

    #[cold]
    fn other_funcref(&mut self, func: Func) -> Result<*mut VMFuncRef, Error> {
        const STALE: Error = Error::StaleHandle { what: "function" };
        if func.0.store != self.id || func.0.owner != Owner::Host {
            return Err(STALE);
        }
        self.resolve_host_funcref(func.0.index);
        let entry = self.objects.host_funcs.get_mut(func.0.index as usize).ok_or(STALE)?;
        Ok(&raw mut entry.funcref)
    }

    /// The canonical type of `func`.
    pub(crate) fn func_type_id(&self, func: Func) -> Result<CanonicalId, Error> {
        const STALE: Error = Error::StaleHandle { what: "function" };
        if func.0.store != self.id {
            return Err(STALE);
        }
        match func.0.owner {
            Owner::Instance(id) => {
                let funcref = self.instance(id).ok().and_then(|data| data.own_funcref(func.0.index)).ok_or(STALE)?;
                // SAFETY: the pointer is to a funcref in the vmctx of a live instance.
                Ok(unsafe { (*funcref).type_id })
            }
            Owner::Host => Ok(self.objects.host_funcs.get(func.0.index as usize).ok_or(STALE)?.type_id),
        }
    }

    /// The function a reference of compiled code refers to.
    ///
    /// # Safety
    ///
    /// `funcref` is null or points to a live `VMFuncRef` of this store.
    pub(crate) unsafe fn func_of(&self, funcref: *mut VMFuncRef) -> Option<Func> {
        if funcref.is_null() {
            return None;
        }
        // SAFETY: live, by the caller.
        let reference = unsafe { &*funcref };
        if reference.entry.is_null() {
            // SAFETY: without an entry trampoline it is a host function's, whose context leads to its entry.
            let entry = unsafe { &*(*reference.vmctx.cast::<VMHostContext>()).data.cast::<HostFuncEntry>() };
            return Some(Func(Item { store: self.id, owner: Owner::Host, index: entry.index }));
        }
        // SAFETY: the vmctx of a wasm function leads to its instance, which is alive as the vmctx is.
        let data = unsafe { crate::instance::InstanceData::of_vmctx(reference.vmctx.cast()) };
        Some(data.func_of_slot(self.id, reference.slot))
    }

    /// Finds a host-call trampoline for references to host function `index`. If no module of the
    /// store has one, none can call it; the first that comes later does.
    fn resolve_host_funcref(&mut self, index: u32) {
        let Some(entry) = self.objects.host_funcs.get(index as usize) else { return };
        if !entry.funcref.code.is_null() || self.objects.unresolved.contains(&index) {
            return;
        }
        self.objects.unresolved.push(index);
        let modules: Vec<Module> = self.texts.iter().map(|text| text.module.clone()).collect();
        modules.iter().for_each(|module| self.resolve_host_funcrefs(module));
    }

    /// Gives references that still have no trampoline that of `module`, where it has one.
    pub(crate) fn resolve_host_funcrefs(&mut self, module: &Module) {
        let objects = &mut self.objects;
        if objects.unresolved.is_empty() {
            return;
        }
        objects.unresolved.retain(|index| {
            let Some(entry) = objects.host_funcs.get_mut(*index as usize) else { return false };
            match module.host_trampoline_for(entry.type_id) {
                Some(code) => {
                    entry.funcref.code = code;
                    false
                }
                None => true,
            }
        });
    }

    /// Finds other trampolines for references that use one of `module`, whose text is going away.
    pub(super) fn abandon_trampolines(&mut self, module: &Module) {
        let text = module.text();
        for entry in &mut self.objects.host_funcs {
            if text.contains(&entry.funcref.code.addr()) {
                entry.funcref.code = std::ptr::null();
                self.objects.unresolved.push(entry.index);
            }
        }
        let modules: Vec<Module> = self.texts.iter().map(|text| text.module.clone()).collect();
        modules.iter().for_each(|module| self.resolve_host_funcrefs(module));
    }
}

impl MemoryData {
    /// Current length in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        // SAFETY: `vm` is valid as long as this object.
        unsafe { VMMemory::load(self.vm) }.length
    }

    /// The memory, if it is shared.
    pub(crate) fn shared(&self) -> Option<&SharedMemory> {
        match &self.space {
            MemorySpace::Own(_) => None,
            MemorySpace::Shared(memory) => Some(memory),
        }
    }

    /// Whether a fault at this address means that the guest went out of bounds. Async-signal-safe.
    pub(crate) fn faulted_at(&self, address: usize) -> bool {
        match &self.space {
            MemorySpace::Own(reservation) => reservation.is_inaccessible(address),
            MemorySpace::Shared(memory) => memory.faulted_at(address),
        }
    }

    /// Puts initial contents there. Nothing else uses the memory yet.
    pub(crate) fn map_image(&mut self, offset: usize, image: &Image<'_>) -> Result<(), MemoryError> {
        match &mut self.space {
            MemorySpace::Own(reservation) => reservation.map_image(offset, image),
            MemorySpace::Shared(memory) => memory.map_image(offset, image),
        }
    }

    /// Current length in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.bytes() >> self.ty.page_size_log2
    }

    /// Address of byte 0.
    pub(crate) fn base(&self) -> *mut u8 {
        // SAFETY: `vm` is valid as long as this object.
        unsafe { (*self.vm).base }
    }

    /// Grows by `delta` pages; the previous length in pages, or nothing if that cannot be.
    pub(crate) fn grow(&mut self, delta: u64, max_bytes: u64) -> Option<u64> {
        let old = self.pages();
        let reservation = match &mut self.space {
            MemorySpace::Own(_) if delta == 0 => return Some(old),
            MemorySpace::Own(reservation) => reservation,
            MemorySpace::Shared(memory) => return memory.grow_within(delta, max_bytes),
        };
        let bytes = grown_bytes(&self.ty, old, delta, max_bytes)?;
        reservation.grow_to(usize::try_from(bytes).ok()?).ok()?;
        // SAFETY: `vm` is valid as long as this object.
        unsafe {
            (*self.vm).base = reservation.base();
            if !is_planted(Fault::StaleLength) {
                (*self.vm).length = bytes;
            }
        }
        Some(old)
    }
}

impl TableData {
    /// Tells compiled code where the elements are.
    pub(crate) fn publish(&mut self) {
        // SAFETY: `vm` is valid as long as this object.
        unsafe { self.vm.write(VMTable { elements: self.elements.as_mut_ptr(), length: self.elements.len() as u64 }) };
    }

    /// Grows by `delta` elements; the previous length, or nothing if that cannot be.
    pub(crate) fn grow(&mut self, delta: u64, init: u64, max_elements: u64) -> Option<u64> {
        let old = self.elements.len() as u64;
        let len = old.checked_add(delta)?;
        if self.ty.max.is_some_and(|max| len > max) || len > max_elements {
            return None;
        }
        let additional = usize::try_from(delta).ok()?;
        self.elements.try_reserve(additional).ok()?;
        self.elements.resize(self.elements.len() + additional, init);
        self.publish();
        Some(old)
    }
}
