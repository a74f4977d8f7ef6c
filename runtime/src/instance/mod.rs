//! An instance: its vmctx and what it owns. Made in three steps, so that functions of instances
//! that import each other can be linked before either has run:
//!
//! 1. [`InstanceData::allocate`]: the vmctx with its header and references to own functions.
//! 2. [`link`](mod@link): imports are patched in, memories, tables and globals are made.
//! 3. [`init`]: segments are copied, the start function runs.
//!
//! # Safety contract
//!
//! * The vmctx is allocated once, zeroed, 16-aligned, never moved, and as long as the layout of the
//!   verified artifact says; offsets come from that layout only. Those of a linked set stand in one
//!   block, which is freed with the last of them.
//! * `Vmctx::instance` points to the boxed `InstanceData` that owns the vmctx.
//! * `store` points to the store that owns the instance and outlives it.

mod builtins;
mod const_expr;
mod init;
mod link;

use std::cell::UnsafeCell;
use std::ops::Range;
use std::sync::Arc;

use aot_format::abi::{FuncRef, VmctxLayout};
use aot_format::types::{GlobalType, TypeIndex};

use crate::externs::{Func, Global, Memory, Table, Tag};
use crate::module::Module;
use crate::store::{InstanceId, Item, MemoryData, Owner, StoreId, StoreOpaque, TableData};
use crate::vm::structs::{VMFuncRef, VMHostContext, VMMemory, VMTable, VMTag, ValRaw, Vmctx};

/// Zeroed memory for the vmctx of one instance, or for those of a linked set.
#[derive(Clone)]
pub(crate) struct VmctxBlock(Arc<[UnsafeCell<u128>]>);

// SAFETY: it is reached through the instances of one store only, which one thread at a time uses.
unsafe impl Send for VmctxBlock {}
// SAFETY: as above.
unsafe impl Sync for VmctxBlock {}

impl VmctxBlock {
    /// So many bytes.
    pub(crate) fn new(bytes: u64) -> VmctxBlock {
        let words = (bytes as usize).div_ceil(size_of::<u128>());
        // SAFETY: zeros are integers.
        VmctxBlock(unsafe { Arc::new_zeroed_slice(words).assume_init() })
    }
}

/// Where a vmctx stands.
struct VmctxPlace {
    start: *mut u8,
    bytes: usize,
    /// Keeps it.
    _block: VmctxBlock,
}

impl VmctxPlace {
    /// So many bytes at an offset into a block; nothing if it does not have them.
    fn new(block: VmctxBlock, offset: u64, bytes: usize) -> Option<VmctxPlace> {
        let (offset, whole) = (usize::try_from(offset).ok()?, size_of_val::<[_]>(&block.0));
        if !offset.is_multiple_of(size_of::<u128>()) || offset.checked_add(bytes)? > whole {
            return None;
        }
        let start = UnsafeCell::raw_get(block.0.as_ptr()).cast::<u8>().wrapping_add(offset);
        Some(VmctxPlace { start, bytes, _block: block })
    }
}

/// An instance and everything it owns.
pub(crate) struct InstanceData {
    pub(crate) id: InstanceId,
    /// Its name in the store, else the module's own; for back traces and errors.
    pub(crate) name: String,
    pub(crate) module: Module,
    /// Kept alive by the embedder's wish, not only by importers.
    pub(crate) root: bool,
    /// The instances that its imports name, whoever defines what they pass on.
    pub(crate) dependencies: Vec<InstanceId>,
    store: *mut StoreOpaque,
    vmctx: VmctxPlace,
    /// Offset of the first funcref in the vmctx, and their number: every call from the host asks.
    funcrefs: (u32, u32),
    pub(crate) imports: Imports,
    pub(crate) memories: Vec<MemoryData>,
    pub(crate) tables: Vec<TableData>,
    /// Contexts of imported host functions; trampoline records point to them.
    #[expect(clippy::vec_box)]
    host_contexts: Vec<Box<VMHostContext>>,
    /// Elements of passive segments; empty once dropped.
    passive_elements: Vec<Box<[u64]>>,
    /// Which data segments `memory.init` can still use; empty where there are none.
    usable_data: Vec<bool>,
}

/// What an instance imports, by kind, in order.
#[derive(Default)]
pub(crate) struct Imports {
    pub(crate) funcs: Vec<Func>,
    pub(crate) tables: Vec<Table>,
    pub(crate) memories: Vec<Memory>,
    pub(crate) globals: Vec<Global>,
    pub(crate) tags: Vec<Tag>,
}

impl Imports {
    /// Every item, whatever its kind.
    pub(crate) fn items(&self) -> impl Iterator<Item = Item> {
        let funcs = self.funcs.iter().map(|item| item.0);
        let tables = self.tables.iter().map(|item| item.0);
        let memories = self.memories.iter().map(|item| item.0);
        let globals = self.globals.iter().map(|item| item.0);
        let tags = self.tags.iter().map(|item| item.0);
        funcs.chain(tables).chain(memories).chain(globals).chain(tags)
    }
}

impl InstanceData {
    /// An instance whose vmctx has its header and its own functions' references, and nothing else. The vmctx stands in
    /// the block, if there is one, where that of a member of its linked set does; nothing if there is no room.
    pub(crate) fn allocate(
        store: &mut StoreOpaque,
        module: &Module,
        name: &str,
        block: Option<VmctxBlock>,
    ) -> Option<Box<InstanceData>> {
        let layout = *module.layout();
        let vmctx = match (module.set(), block) {
            (Some((set, index)), Some(block)) => VmctxPlace::new(block, set.place(index), layout.size() as usize)?,
            _ => VmctxPlace::new(VmctxBlock::new(layout.size()), 0, layout.size() as usize)?,
        };
        let counts = layout.counts;
        let mut data = Box::new(InstanceData {
            // Set when the store takes it in.
            id: InstanceId { slot: u32::MAX, generation: 0 },
            name: name.to_string(),
            module: module.clone(),
            root: false,
            dependencies: Vec::new(),
            store: &raw mut *store,
            vmctx,
            funcrefs: (layout.funcref(0), counts.funcrefs),
            imports: Imports::default(),
            memories: Vec::with_capacity(counts.defined_memories as usize),
            tables: Vec::with_capacity(counts.defined_tables as usize),
            host_contexts: Vec::new(),
            passive_elements: Vec::new(),
            usable_data: Vec::new(),
        });
        let instance: *mut InstanceData = &raw mut *data;
        let header = Vmctx {
            store: store.vm_ptr(),
            builtins: builtins::table(),
            type_ids: module.type_ids().as_ptr(),
            descriptors: module.descriptors().as_ptr(),
            instance: instance.cast(),
        };
        let vmctx = data.vmctx_ptr();
        // SAFETY: a vmctx is at least as long as its header.
        unsafe { vmctx.write(header) };
        for (slot, function) in module.artifact().funcrefs().iter().enumerate() {
            let Some(own) = function.checked_sub(counts.imported_functions) else { continue };
            let Some(entry) = module.function(own) else { continue };
            let funcref = VMFuncRef {
                code: entry.code,
                vmctx: vmctx.cast(),
                entry: entry.entry_trampoline,
                type_id: entry.type_id,
                slot: slot as u32,
            };
            // SAFETY: the layout has a slot for each referenced function.
            unsafe { data.funcref_ptr(slot as u32).write(funcref) };
        }
        Some(data)
    }

    /// The instance of a vmctx.
    ///
    /// # Safety
    ///
    /// `vmctx` is that of an instance that stays alive for `'a`, and no `&mut` to it is in use.
    pub(crate) unsafe fn of_vmctx<'a>(vmctx: *mut Vmctx) -> &'a InstanceData {
        // SAFETY: the header leads to the owner of the vmctx.
        unsafe { &*(*vmctx).instance.cast::<InstanceData>() }
    }

    pub(crate) fn layout(&self) -> &VmctxLayout {
        self.module.layout()
    }

    /// The vmctx as compiled code gets it.
    pub(crate) fn vmctx_ptr(&self) -> *mut Vmctx {
        self.vmctx.start.cast()
    }

    /// A place in the vmctx.
    pub(crate) fn at<P>(&self, offset: u32) -> *mut P {
        debug_assert!(offset as usize + size_of::<P>() <= self.vmctx.bytes);
        self.vmctx_ptr().cast::<u8>().wrapping_add(offset as usize).cast()
    }

    /// The funcref in a slot, if there is one.
    #[inline]
    pub(crate) fn own_funcref(&self, slot: u32) -> Option<*mut VMFuncRef> {
        (slot < self.funcrefs.1).then(|| self.funcref_ptr(slot))
    }

    #[inline]
    fn funcref_ptr(&self, slot: u32) -> *mut VMFuncRef {
        self.at(self.funcrefs.0 + slot * FuncRef::SIZE)
    }

    /// Addresses in the vmctx; references that this instance makes have them.
    pub(crate) fn addresses(&self) -> Range<u64> {
        let start = self.vmctx.start.addr() as u64;
        start..start + self.vmctx.bytes as u64
    }

    fn item(&self, store: StoreId, index: u32) -> Item {
        Item { store, owner: Owner::Instance(self.id), index }
    }

    /// The own function with a funcref slot.
    pub(crate) fn func_of_slot(&self, store: StoreId, slot: u32) -> Func {
        Func(self.item(store, slot))
    }

    /// Function `index` of the index space, if references to it can be taken.
    pub(crate) fn func(&self, store: StoreId, index: u32) -> Option<Func> {
        match self.imports.funcs.get(index as usize) {
            Some(imported) => Some(*imported),
            None => Some(Func(self.item(store, self.module.funcref_slot(index)?))),
        }
    }

    /// Memory `index` of the index space.
    pub(crate) fn memory(&self, store: StoreId, index: u32) -> Memory {
        let own = index.wrapping_sub(self.layout().counts.imported_memories);
        self.imports.memories.get(index as usize).copied().unwrap_or(Memory(self.item(store, own)))
    }

    /// Table `index` of the index space.
    pub(crate) fn table(&self, store: StoreId, index: u32) -> Table {
        let own = index.wrapping_sub(self.layout().counts.imported_tables);
        self.imports.tables.get(index as usize).copied().unwrap_or(Table(self.item(store, own)))
    }

    /// Global `index` of the index space.
    pub(crate) fn global(&self, store: StoreId, index: u32) -> Global {
        let own = index.wrapping_sub(self.layout().counts.imported_globals);
        self.imports.globals.get(index as usize).copied().unwrap_or(Global(self.item(store, own)))
    }

    /// Tag `index` of the index space.
    pub(crate) fn tag(&self, store: StoreId, index: u32) -> Tag {
        let own = index.wrapping_sub(self.layout().counts.imported_tags);
        self.imports.tags.get(index as usize).copied().unwrap_or(Tag(self.item(store, own)))
    }

    /// Storage of own global `index`, and its type with canonical ids.
    pub(crate) fn own_global(&self, index: u32) -> Option<(*mut ValRaw, GlobalType)> {
        let ty = *self.module.own_globals().get(index as usize)?;
        Some((self.at(self.layout().global(index)), ty))
    }

    /// Own globals that hold managed references.
    pub(crate) fn managed_globals(&self) -> impl Iterator<Item = u32> + use<> {
        let module = self.module.clone();
        (0..module.managed_globals().len()).map(move |number| module.managed_globals()[number])
    }

    /// Own tag `index`.
    pub(crate) fn own_tag(&self, index: u32) -> *mut VMTag {
        self.at(self.layout().tag(index))
    }

    /// Tag `index` of the index space.
    pub(crate) fn vm_tag(&self, index: u32) -> *const VMTag {
        match index.checked_sub(self.layout().counts.imported_tags) {
            Some(own) => self.own_tag(own),
            // SAFETY: the slot was patched when the instance was linked.
            None => unsafe { self.at::<*const VMTag>(self.layout().imported_tag(index)).read() },
        }
    }

    /// The own tag at an address.
    pub(crate) fn tag_at(&self, store: StoreId, tag: *const VMTag) -> Tag {
        let offset = tag as usize - self.vmctx.start as usize - self.layout().tag(0) as usize;
        Tag(self.item(store, (offset / size_of::<VMTag>()) as u32))
    }

    /// Definition of memory `index` of the index space.
    fn vm_memory(&self, index: u32) -> *mut VMMemory {
        match index.checked_sub(self.layout().counts.imported_memories) {
            Some(own) => self.memories.get(own as usize).map_or(std::ptr::null_mut(), |memory| memory.vm),
            // SAFETY: the slot was patched when the instance was linked.
            None => unsafe { self.at::<*mut VMMemory>(self.layout().imported_memory(index)).read() },
        }
    }

    /// Definition of table `index` of the index space.
    fn vm_table(&self, index: u32) -> *mut VMTable {
        match index.checked_sub(self.layout().counts.imported_tables) {
            Some(own) => self.at(self.layout().table(own)),
            // SAFETY: the slot was patched when the instance was linked.
            None => unsafe { self.at::<*mut VMTable>(self.layout().imported_table(index)).read() },
        }
    }

    /// Storage of global `index` of the index space.
    fn vm_global(&self, index: u32) -> *mut ValRaw {
        match index.checked_sub(self.layout().counts.imported_globals) {
            Some(own) => self.at(self.layout().global(own)),
            // SAFETY: the slot was patched when the instance was linked.
            None => unsafe { self.at::<*mut ValRaw>(self.layout().imported_global(index)).read() },
        }
    }

    /// What a reference to function `index` of the index space points to; null if the compiler made
    /// no slot for it.
    fn vm_funcref(&self, index: u32) -> *mut VMFuncRef {
        match self.module.funcref_slot(index) {
            Some(slot) => self.funcref_ptr(slot),
            None => std::ptr::null_mut(),
        }
    }

    /// Canonical id of a type of the module.
    fn type_id(&self, ty: TypeIndex) -> u32 {
        self.module.type_ids().get(ty.0 as usize).copied().unwrap_or(u32::MAX)
    }
}
