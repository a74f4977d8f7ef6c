//! The second step of making an instance: imports patched into the vmctx, own memories, tables,
//! tags and globals made. Everything imported but functions exists already.
//!
//! # Safety contract
//!
//! Writes go to offsets of the verified layout. Pointers patched in are to definitions of items the
//! store found alive; the store keeps their owners alive as long as this instance imports from them.

use aot_format::abi::Guard;
use aot_format::types::{MemoryType, TableType};

use crate::error::Error;
use crate::externs::{Extern, Func, SharedMemory};
use crate::faults::{Fault, is_planted};
use crate::module::Module;
use crate::store::{InstanceId, Item, MemoryData, MemorySpace, Owner, StoreOpaque, TableData};
use crate::sys::memory::Reservation;
use crate::vm::structs::{VMFuncRef, VMFunctionImport, VMMemory, VMTable, VMTag, ValRaw};

/// Elements of a table that there is always room for.
const FEW_ELEMENTS: usize = 256;

impl StoreOpaque {
    /// Links instance `id` to `imports`, one for each import of its module and of its type.
    pub(crate) fn link_instance(&mut self, id: InstanceId, imports: &[Extern]) -> Result<(), Error> {
        for import in imports {
            let data = self.instance_mut(id)?;
            match import {
                Extern::Func(func) => data.imports.funcs.push(*func),
                Extern::Table(table) => data.imports.tables.push(*table),
                Extern::Memory(memory) => data.imports.memories.push(*memory),
                Extern::Global(global) => data.imports.globals.push(*global),
                Extern::Tag(tag) => data.imports.tags.push(*tag),
            }
        }
        self.patch_functions(id)?;
        self.patch_definitions(id)?;
        self.make_memories(id)?;
        self.make_tags(id)?;
        self.make_globals(id)?;
        self.make_tables(id)?;
        self.prepare_segments(id)
    }

    /// Trampoline records of imported functions, and references to them.
    fn patch_functions(&mut self, id: InstanceId) -> Result<(), Error> {
        let count = self.instance(id)?.imports.funcs.len();
        for index in 0..count as u32 {
            let data = self.instance(id)?;
            let Some(func) = data.imports.funcs.get(index as usize).copied() else { continue };
            let record = data.at::<VMFunctionImport>(data.layout().imported_function(index));
            let slot = data.module.funcref_slot(index).map(|slot| data.funcref_ptr(slot));
            let own = data.vmctx_ptr();
            let mut reference = self.imported_function(id, index, func)?;
            if is_planted(Fault::WrongInstance) {
                reference.vmctx = own.cast();
            }
            // SAFETY: both places are in the layout.
            unsafe {
                record.write(VMFunctionImport { code: reference.code, vmctx: reference.vmctx });
                if let Some(slot) = slot {
                    slot.write(reference);
                }
            }
        }
        Ok(())
    }

    /// What stands in the record and references of imported function `index`. A host function is
    /// called through the importer's own trampoline, with a context that names the importer.
    fn imported_function(&mut self, id: InstanceId, index: u32, func: Func) -> Result<VMFuncRef, Error> {
        if let Owner::Instance(_) = func.0.owner {
            let funcref = self.funcref(func)?;
            // SAFETY: the funcref stands in the vmctx of a live instance.
            return Ok(unsafe { funcref.read() });
        }
        let type_id = self.func_type_id(func)?;
        let caller = self.instance(id)?.vmctx_ptr();
        let mut context = self.host_context(func.0.index, caller).ok_or(Error::StaleHandle { what: "function" })?;
        let vmctx = (&raw mut *context).cast();
        let data = self.instance_mut(id)?;
        let code = data.module.import_trampoline(index).ok_or_else(|| Error::Resource {
            module: data.name.clone(),
            what: format!("host-call trampoline of imported function {index}"),
            reason: "the artifact has none".into(),
        })?;
        data.host_contexts.push(context);
        Ok(VMFuncRef { code, vmctx, entry: std::ptr::null(), type_id, slot: 0 })
    }

    /// Pointers to imported memories, tables, globals and tags.
    fn patch_definitions(&mut self, id: InstanceId) -> Result<(), Error> {
        let data = self.instance(id)?;
        let layout = data.layout();
        let mut patches: Vec<(*mut usize, usize)> = Vec::new();
        for (index, memory) in data.imports.memories.iter().enumerate() {
            patches.push((data.at(layout.imported_memory(index as u32)), self.vm_memory(memory.0)? as usize));
        }
        for (index, table) in data.imports.tables.iter().enumerate() {
            patches.push((data.at(layout.imported_table(index as u32)), self.vm_table(table.0)? as usize));
        }
        for (index, global) in data.imports.globals.iter().enumerate() {
            patches.push((data.at(layout.imported_global(index as u32)), self.global_place(*global)?.0 as usize));
        }
        for (index, tag) in data.imports.tags.iter().enumerate() {
            patches.push((data.at(layout.imported_tag(index as u32)), self.vm_tag(tag.0)? as usize));
        }
        for (place, address) in patches {
            // SAFETY: the place is in the layout.
            unsafe { place.write(address) };
        }
        Ok(())
    }

    /// Definition of a memory.
    pub(crate) fn vm_memory(&self, item: Item) -> Result<*mut VMMemory, Error> {
        Ok(self.memory(crate::Memory(item))?.vm)
    }

    fn vm_table(&self, item: Item) -> Result<*mut VMTable, Error> {
        Ok(self.table(crate::Table(item))?.vm)
    }

    pub(crate) fn vm_tag(&self, item: Item) -> Result<*mut VMTag, Error> {
        const STALE: Error = Error::StaleHandle { what: "tag" };
        if item.store != self.id {
            return Err(STALE);
        }
        match item.owner {
            Owner::Instance(id) => Ok(self.instance(id).map_err(|_| STALE)?.own_tag(item.index)),
            Owner::Host => {
                let tag = self.objects.tags.get(item.index as usize).ok_or(STALE)?;
                Ok((&raw const *tag.vm).cast_mut())
            }
        }
    }

    fn make_memories(&mut self, id: InstanceId) -> Result<(), Error> {
        let module = self.instance(id)?.module.clone();
        for (index, ty) in module.artifact().memories().enumerate() {
            let data = self.instance(id)?;
            let vm = data.at::<VMMemory>(data.layout().memory(index as u32));
            let adopted = self.origin.memory(data, index, &ty);
            let memory = match adopted {
                Some(shared) => Ok(self.adopt_memory(shared)),
                None => self.make_memory(ty, vm, None),
            };
            let memory = memory.map_err(|reason| Error::Resource {
                module: module_name(self, id),
                what: format!("memory {index} of {} pages", ty.min),
                reason,
            })?;
            if memory.shared().is_some() {
                // SAFETY: in the place of its definition, an own memory that is shared has a pointer.
                unsafe { vm.cast::<*mut VMMemory>().write(memory.vm) };
            }
            self.instance_mut(id)?.memories.push(memory);
        }
        self.map_images(id, &module)
    }

    /// Initial contents that are mapped. Those of a shared memory that another thread made are there.
    fn map_images(&mut self, id: InstanceId, module: &Module) -> Result<(), Error> {
        let of_thread = self.origin.is_of_thread();
        for image in module.artifact().images() {
            let data = self.instance_mut(id)?;
            let name = data.name.clone();
            if let Some(memory) = data.memories.get_mut(image.memory as usize)
                && (memory.made_here || !of_thread)
            {
                let Some(bytes) = module.mapping().image(image.file_range.clone()) else { continue };
                memory.map_image(image.memory_offset as usize, &bytes).map_err(|error| Error::Resource {
                    module: name,
                    what: "memory image".into(),
                    reason: error.to_string(),
                })?;
            }
        }
        Ok(())
    }

    /// A new memory whose definition stands at `vm`; the reason if there can be none.
    pub(crate) fn make_memory(
        &mut self,
        ty: MemoryType,
        vm: *mut VMMemory,
        own: Option<Box<VMMemory>>,
    ) -> Result<MemoryData, String> {
        if self.memories_alive >= self.limits.max_memories {
            return Err(format!("the store's limit of {} memories is reached", self.limits.max_memories));
        }
        let bytes = ty.min_bytes().filter(|bytes| *bytes <= self.limits.max_memory_bytes);
        let Some(bytes) = bytes else {
            return Err(format!("the store's limit of {} bytes a memory is exceeded", self.limits.max_memory_bytes));
        };
        if ty.shared {
            return SharedMemory::make(ty, self.limits.max_memory_bytes)
                .map(|memory| MemoryData { made_here: true, ..self.adopt_memory(memory) });
        }
        let length = usize::try_from(bytes).map_err(|error| error.to_string())?;
        let reservation = match Guard::of(&ty) {
            Guard::Reservation => Reservation::reused(length),
            Guard::Fence => Reservation::fenced(length),
            Guard::None => Reservation::checked(length),
        };
        let mut reservation = reservation.map_err(|error| error.to_string())?;
        reservation.grow_to(length).map_err(|error| error.to_string())?;
        // SAFETY: `vm` is the place of this memory's definition, in a vmctx or boxed.
        unsafe { vm.write(VMMemory { base: reservation.base(), length: bytes }) };
        self.memories_alive += 1;
        Ok(MemoryData { ty, space: MemorySpace::Own(reservation), vm, made_here: true, _own: own })
    }

    /// A shared memory as one of this store's.
    pub(crate) fn adopt_memory(&mut self, memory: SharedMemory) -> MemoryData {
        self.memories_alive += 1;
        let (ty, vm) = (memory.ty(), memory.definition());
        MemoryData { ty, space: MemorySpace::Shared(memory), vm, made_here: false, _own: None }
    }

    fn make_tags(&mut self, id: InstanceId) -> Result<(), Error> {
        let data = self.instance(id)?;
        for (index, ty) in data.module.artifact().tags().enumerate() {
            let type_id = data.type_id(ty);
            let descriptor = self.engine.types().exception_descriptor(type_id);
            // SAFETY: the place is in the layout.
            unsafe { data.own_tag(index as u32).write(VMTag { type_id, descriptor }) };
        }
        Ok(())
    }

    fn make_globals(&mut self, id: InstanceId) -> Result<(), Error> {
        let module = self.instance(id)?.module.clone();
        let (data, mut allocator) = self.instance_and_heap(id)?;
        for (index, (_, init)) in module.artifact().globals().enumerate() {
            let value = data.evaluate(init, &mut allocator)?;
            // SAFETY: the place is in the layout, and compiled code does not run yet.
            unsafe { data.at::<ValRaw>(data.layout().global(index as u32)).write(value) };
        }
        Ok(())
    }

    fn make_tables(&mut self, id: InstanceId) -> Result<(), Error> {
        let module: Module = self.instance(id)?.module.clone();
        for (index, (ty, init)) in module.artifact().tables().enumerate() {
            let (data, mut allocator) = self.instance_and_heap(id)?;
            let init = init.map(|init| data.evaluate(init, &mut allocator)).transpose()?.unwrap_or(ValRaw::ZERO);
            let vm = data.at::<VMTable>(data.layout().table(index as u32));
            let ty = TableType { element: crate::types::registry::canonical_ref(ty.element, module.type_ids()), ..ty };
            let table = self.make_table(ty, init.reference(), vm, None).map_err(|reason| Error::Resource {
                module: module_name(self, id),
                what: format!("table {index} of {} elements", ty.min),
                reason,
            })?;
            self.instance_mut(id)?.tables.push(table);
        }
        Ok(())
    }

    /// A new table whose definition stands at `vm`; the reason if there can be none.
    pub(crate) fn make_table(
        &mut self,
        ty: TableType,
        init: u64,
        vm: *mut VMTable,
        own: Option<Box<VMTable>>,
    ) -> Result<TableData, String> {
        if self.tables_alive >= self.limits.max_tables {
            return Err(format!("the store's limit of {} tables is reached", self.limits.max_tables));
        }
        if ty.min > self.limits.max_table_elements {
            return Err(format!("the store's limit of {} elements is exceeded", self.limits.max_table_elements));
        }
        let len = usize::try_from(ty.min).map_err(|error| error.to_string())?;
        let mut table = TableData { ty, elements: Vec::new(), vm, _own: own };
        if len > FEW_ELEMENTS {
            table.elements.try_reserve_exact(len).map_err(|error| error.to_string())?;
        }
        // A zeroed allocation costs nothing until it is touched, and one of this size can be had.
        match init {
            0 => table.elements = vec![0; len],
            init => table.elements.resize(len, init),
        }
        table.publish();
        self.tables_alive += 1;
        Ok(table)
    }
}

fn module_name(store: &StoreOpaque, id: InstanceId) -> String {
    store.instance(id).map(|data| data.name.clone()).unwrap_or_default()
}
