//! The store: all instances, host objects and host references that can reach each other, and the
//! embedder's data. One thread at a time runs in a store; the borrow checker sees to it.
//!
//! [`StoreInner`] is what everything points to. Its first bytes are the [`VMStoreContext`] that
//! compiled code sees, so a pointer to that context is a pointer to the store.
//!
//! # Safety contract
//!
//! * A `StoreInner` is boxed and never moves. Pointers into it that compiled code holds (context,
//!   host contexts, funcrefs) are to boxed or vmctx memory owned by it and freed with it, or by
//!   [`sweep`] once nothing refers to them.
//! * While compiled code runs, the `&mut` it was called with is dormant; host functions get theirs
//!   back from the context pointer, and no other reference is alive then.

mod objects;
mod seed;
mod sweep;

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, compiler_fence};

use crate::engine::Engine;
use crate::error::Error;
use crate::externs::{Func, Instance};
use crate::gc::{Handles, Heap};
use crate::host::HostFunc;
use crate::instance::{InstanceData, VmctxBlock};
use crate::interrupt::{Interrupt, InterruptHandle};
use crate::limits::StoreLimits;
use crate::module::Module;
use crate::names::Names;
use crate::vm::objects::{VMObject, VMTypeDescriptor};
use crate::vm::structs::{VMHostContext, VMStoreContext};

pub(crate) use objects::{GlobalData, HostFuncEntry, MemoryData, MemorySpace, TableData, TagData};
pub use seed::StoreSeed;
pub use sweep::Unloaded;

/// Tells stores apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct StoreId(u64);

impl StoreId {
    fn next() -> StoreId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        StoreId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// An instance in its store. The generation makes handles of a freed instance stale.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct InstanceId {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// Who defines something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Owner {
    /// An instance; the item's index counts what it defines itself.
    Instance(InstanceId),
    /// The host; the item's index is into the store's own lists.
    Host,
}

/// What all handles are made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Item {
    pub(crate) store: StoreId,
    pub(crate) owner: Owner,
    pub(crate) index: u32,
}

#[derive(Default)]
struct InstanceSlot {
    generation: u32,
    data: Option<Box<InstanceData>>,
}

/// Code of one module that some instance of this store runs.
pub(crate) struct TextRange {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) module: Module,
    /// Instances of it in this store.
    users: usize,
}

/// Makes objects without ever collecting, so that references may be held as numbers meanwhile.
pub(crate) struct Allocator<'a> {
    vm: &'a mut VMStoreContext,
    heap: &'a mut Heap,
    max_bytes: u64,
}

impl Allocator<'_> {
    /// A new object with its head, and of an array its length, and zeros; nothing if the heap is exhausted.
    ///
    /// # Safety
    ///
    /// The size is right for the descriptor.
    pub(crate) unsafe fn make(
        &mut self,
        descriptor: *const VMTypeDescriptor,
        bytes: u64,
        array: Option<u32>,
    ) -> Option<*mut VMObject> {
        let object = self.heap.allocate(self.vm, bytes, self.max_bytes)?;
        // SAFETY: there is room for so many bytes; the rest is the caller's promise.
        unsafe { VMObject::initialize(object, descriptor, bytes, array) };
        Some(object)
    }
}

/// Why compiled code was unwound, when it was the host that wanted it.
pub(crate) enum Pending {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

/// A store without the embedder's data.
#[repr(C)]
pub struct StoreOpaque {
    /// First, so that a pointer to it is a pointer to the store.
    pub(crate) vm: VMStoreContext,
    pub(crate) id: StoreId,
    pub(crate) limits: StoreLimits,
    instances: Vec<InstanceSlot>,
    free_slots: Vec<u32>,
    live_instances: usize,
    names: Names<InstanceId>,
    /// Sorted by address.
    pub(crate) texts: Vec<TextRange>,
    /// The above is being changed: the signal handler does not look at it.
    texts_changing: AtomicBool,
    pub(crate) extern_refs: Vec<Box<dyn Any + Send + Sync>>,
    pub(crate) objects: objects::HostObjects,
    pub(crate) heap: Heap,
    pub(crate) handles: Handles,
    /// Set by a host function that wants to unwind, taken by the call that entered.
    pub(crate) pending: Option<Pending>,
    /// Handles that there were before that host function ran.
    pub(crate) pending_handles: usize,
    /// Calls from host to wasm that are active.
    pub(crate) nesting: usize,
    /// Something was given up while wasm was running; see [`sweep`].
    pub(crate) sweep_wanted: bool,
    pub(crate) memories_alive: usize,
    pub(crate) tables_alive: usize,
    pub(crate) interrupt: Arc<Interrupt>,
    /// A builtin stopped halfway because of an interruption; compiled code traps next.
    pub(crate) gave_up: Cell<bool>,
    pub(crate) origin: seed::Origin,
    /// Last, so that when it goes, and this was its last user, all memories have gone before it.
    pub(crate) engine: Engine,
}

/// A store as compiled code and host functions find it.
#[repr(C)]
pub struct StoreInner<T: 'static> {
    pub(crate) opaque: StoreOpaque,
    pub(crate) data: T,
}

/// All instances that can reach each other, and the embedder's data.
///
/// Host functions know the `T` they were made for, so that a store is never one of another type:
///
/// ```compile_fail
/// fn longer<'a>(store: iwasm::Store<fn(&'static str)>) -> iwasm::Store<fn(&'a str)> { store }
/// fn shorter(store: iwasm::Store<for<'a> fn(&'a str)>) -> iwasm::Store<fn(&'static str)> { store }
/// ```
pub struct Store<T: 'static> {
    inner: Box<StoreInner<T>>,
    invariant: PhantomData<fn(T) -> T>,
}

// SAFETY: everything in a store that is not the embedder's data is owned by it and used by one
// thread at a time; what host functions capture is required to be Send and Sync, and so are the
// values behind external references.
unsafe impl<T: Send> Send for Store<T> {}

impl<T> Store<T> {
    /// An empty store.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        let opaque = StoreOpaque {
            vm: VMStoreContext::new(crate::unwind::raise, &crate::call::LOOKUP),
            id: StoreId::next(),
            engine: engine.clone(),
            limits: StoreLimits::default(),
            instances: Vec::new(),
            free_slots: Vec::new(),
            live_instances: 0,
            names: Names::new(),
            texts: Vec::new(),
            texts_changing: AtomicBool::new(false),
            extern_refs: Vec::new(),
            objects: objects::HostObjects::default(),
            heap: Heap::new(engine.config().gc_stress),
            handles: Handles::default(),
            pending: None,
            pending_handles: 0,
            nesting: 0,
            sweep_wanted: false,
            memories_alive: 0,
            tables_alive: 0,
            interrupt: Arc::default(),
            gave_up: Cell::new(false),
            origin: seed::Origin::default(),
        };
        Store { inner: Box::new(StoreInner { opaque, data }), invariant: PhantomData }
    }

    pub(crate) fn inner(&self) -> &StoreInner<T> {
        &self.inner
    }

    pub(crate) fn inner_mut(&mut self) -> &mut StoreInner<T> {
        &mut self.inner
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.inner.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.inner.data
    }

    /// The embedder's data, without the store.
    pub fn into_data(self) -> T {
        let StoreInner { data, .. } = *self.inner;
        data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.inner.opaque.engine
    }

    /// Limits of this store; changes hold for what is made or grown later.
    pub fn limits_mut(&mut self) -> &mut StoreLimits {
        &mut self.inner.opaque.limits
    }

    /// The instance with this name.
    pub fn instance(&self, name: &str) -> Option<Instance> {
        self.inner.opaque.named(name)
    }

    /// Names of all named instances, sorted.
    pub fn instance_names(&self) -> impl Iterator<Item = &str> {
        self.inner.opaque.names.names()
    }

    /// The function `function` of `instance`, or with `$module$function` that of the instance named
    /// `module`.
    pub fn lookup_func(&self, instance: Instance, name: &str) -> Option<Func> {
        let Some(qualified) = name.strip_prefix('$') else { return instance.get_func(self, name) };
        let (module, function) = qualified.split_once('$')?;
        self.instance(module)?.get_func(self, function)
    }

    /// What stops a call into this store from another thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle(self.inner.opaque.interrupt.clone())
    }

    /// Makes a store usable again that was interrupted. The runtime's part of it is whole; what the guest was
    /// doing is as it was left.
    pub fn clear_interrupt(&mut self) {
        self.inner.opaque.interrupt.clear();
    }

    /// Calls a function, and gives up the references to objects and exceptions that it got or made
    /// ([`AnyRef`](crate::AnyRef), [`ExternRef`](crate::ExternRef) to internal references,
    /// [`ExnRef`](crate::ExnRef)): they are stale afterwards, and no longer keep anything alive.
    pub fn scoped<R>(&mut self, body: impl FnOnce(&mut Store<T>) -> R) -> R {
        let mark = self.inner.opaque.handles.mark();
        let result = body(self);
        self.inner.opaque.handles.release(mark);
        result
    }

    /// Bytes of objects on the heap, those included that the next collection will free.
    pub fn heap_bytes(&self) -> u64 {
        self.inner.opaque.heap.used_bytes(&self.inner.opaque.vm)
    }

    /// How often the heap was collected.
    pub fn collections(&self) -> u64 {
        self.inner.opaque.heap.collections
    }

    /// Frees what nothing reaches any more, objects and instances, and gives the names of the instances
    /// that were freed. [`Store::unload`] does so by itself, and a heap that fills is collected by itself;
    /// this is for when something else let go, such as a table of the host's.
    pub fn collect(&mut self) -> Vec<String> {
        self.inner.opaque.sweep()
    }

    /// Gives up the instance named `name` and everything that only it kept alive. What others still
    /// import from it, or hold references to functions of, stays until they go.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownModule`] if there is no such instance.
    pub fn unload(&mut self, name: &str) -> Result<Unloaded, Error> {
        self.inner.opaque.unload(name)
    }
}

impl StoreOpaque {
    /// The instance with this name.
    pub(crate) fn named(&self, name: &str) -> Option<Instance> {
        self.names.get(name).map(|id| Instance { store: self.id, id: *id })
    }

    /// Gives an instance its name.
    pub(crate) fn set_name(&mut self, name: &str, id: InstanceId) {
        self.names.insert(name.to_string(), id);
        if let Ok(data) = self.instance_mut(id) {
            data.name = name.to_string();
        }
    }

    /// The instance of a handle, if it is of this store and alive.
    pub(crate) fn instance_of(&self, instance: Instance) -> Result<&InstanceData, Error> {
        match instance.store == self.id {
            true => self.instance(instance.id),
            false => Err(Error::StaleHandle { what: "instance" }),
        }
    }

    /// An instance, if it is alive.
    #[inline]
    pub(crate) fn live_instance(&self, id: InstanceId) -> Option<&InstanceData> {
        let slot = self.instances.get(id.slot as usize)?;
        if slot.generation == id.generation { slot.data.as_deref() } else { None }
    }

    /// An instance that is alive.
    pub(crate) fn instance(&self, id: InstanceId) -> Result<&InstanceData, Error> {
        self.live_instance(id).ok_or_else(|| Error::StaleHandle { what: "instance" })
    }

    /// An instance that is alive.
    pub(crate) fn instance_mut(&mut self, id: InstanceId) -> Result<&mut InstanceData, Error> {
        self.instances
            .get_mut(id.slot as usize)
            .filter(|slot| slot.generation == id.generation)
            .and_then(|slot| slot.data.as_deref_mut())
            .ok_or_else(|| Error::StaleHandle { what: "instance" })
    }

    /// All instances that are alive.
    pub(crate) fn live(&self) -> impl Iterator<Item = (InstanceId, &InstanceData)> {
        self.instances.iter().enumerate().filter_map(|(slot, entry)| {
            let id = InstanceId { slot: slot as u32, generation: entry.generation };
            Some((id, entry.data.as_deref()?))
        })
    }

    /// All instances that are alive.
    pub(crate) fn live_mut(&mut self) -> impl Iterator<Item = &mut InstanceData> {
        self.instances.iter_mut().filter_map(|entry| entry.data.as_deref_mut())
    }

    /// An instance that is alive, and what it needs to make objects.
    pub(crate) fn instance_and_heap(&mut self, id: InstanceId) -> Result<(&mut InstanceData, Allocator<'_>), Error> {
        let allocator = Allocator { vm: &mut self.vm, heap: &mut self.heap, max_bytes: self.limits.max_heap_bytes };
        let slot = self.instances.get_mut(id.slot as usize).filter(|slot| slot.generation == id.generation);
        let data = slot.and_then(|slot| slot.data.as_deref_mut());
        Ok((data.ok_or(Error::StaleHandle { what: "instance" })?, allocator))
    }

    /// Allocates an instance in the store, under no name yet; `label` is for messages. For a member of a linked set,
    /// `block` is where the vmctxs of the set's instances stand.
    pub(crate) fn new_instance(
        &mut self,
        module: &Module,
        label: &str,
        block: Option<VmctxBlock>,
    ) -> Result<InstanceId, Error> {
        if self.live_instances >= self.limits.max_instances {
            return Err(Error::Resource {
                module: label.to_string(),
                what: "the instance".into(),
                reason: format!("the store's limit of {} instances is reached", self.limits.max_instances),
            });
        }
        let data = InstanceData::allocate(self, module, label, block);
        let mut data = data.ok_or_else(|| Error::Resource {
            module: label.to_string(),
            what: "the vmctx".into(),
            reason: "it does not fit into that of its linked set".into(),
        })?;
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.instances.push(InstanceSlot::default());
            self.instances.len() as u32 - 1
        });
        let Some(entry) = self.instances.get_mut(slot as usize) else {
            return Err(Error::StaleHandle { what: "instance" });
        };
        let id = InstanceId { slot, generation: entry.generation };
        data.id = id;
        entry.data = Some(data);
        self.live_instances += 1;
        self.add_text(module);
        self.resolve_host_funcrefs(module);
        Ok(id)
    }

    /// Frees an instance to which nothing refers any more, and gives its name.
    fn remove_instance(&mut self, id: InstanceId) -> Option<String> {
        let entry = self.instances.get_mut(id.slot as usize)?;
        let data = entry.data.take()?;
        entry.generation = entry.generation.wrapping_add(1);
        self.free_slots.push(id.slot);
        self.live_instances -= 1;
        self.memories_alive -= data.memories.len();
        self.tables_alive -= data.tables.len();
        let start = data.module.text().start;
        if let Ok(position) = self.texts.binary_search_by_key(&start, |text| text.start) {
            self.texts[position].users -= 1;
            if self.texts[position].users == 0 {
                self.change_texts(|texts| drop(texts.remove(position)));
                self.abandon_trampolines(&data.module);
            }
        }
        Some(data.name.clone())
    }

    fn add_text(&mut self, module: &Module) {
        let range = module.text();
        match self.texts.binary_search_by_key(&range.start, |text| text.start) {
            Ok(position) => self.texts[position].users += 1,
            Err(_) if range.is_empty() => {}
            Err(position) => {
                let text = TextRange { start: range.start, end: range.end, module: module.clone(), users: 1 };
                self.change_texts(|texts| texts.insert(position, text));
            }
        }
    }

    /// Changes the list of texts, which a signal handler of this thread could look at meanwhile.
    fn change_texts(&mut self, change: impl FnOnce(&mut Vec<TextRange>)) {
        self.texts_changing.store(true, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        change(&mut self.texts);
        compiler_fence(Ordering::SeqCst);
        self.texts_changing.store(false, Ordering::Relaxed);
    }

    /// Whether an address lies in a function of a module. Async-signal-safe, whatever was interrupted.
    pub(crate) fn is_in_function(&self, pc: usize) -> bool {
        if self.texts_changing.load(Ordering::Relaxed) {
            return false;
        }
        let text = self.text_at(pc);
        text.is_some_and(|text| text.module.artifact().function_at((pc - text.start) as u32).is_some())
    }

    /// The module whose code holds this address.
    pub(crate) fn text_at(&self, pc: usize) -> Option<&TextRange> {
        let after = self.texts.partition_point(|text| text.start <= pc);
        self.texts.get(after.checked_sub(1)?).filter(|text| pc < text.end)
    }

    /// The store's context, as compiled code gets it.
    pub(crate) fn vm_ptr(&mut self) -> *mut VMStoreContext {
        // The whole store is reachable through this pointer, so it derives from the whole of it.
        (&raw mut *self).cast()
    }

    /// A host function as an object of this store.
    pub(crate) fn host_func(&mut self, def: &std::sync::Arc<HostFunc>) -> Func {
        let vm = self.vm_ptr();
        let type_id = self.engine.types().intern_func(def.ty());
        let index = self.objects.host_func(def, type_id, vm);
        Func(Item { store: self.id, owner: Owner::Host, index })
    }

    /// A context by which the instance at `caller` calls host function `entry`.
    pub(crate) fn host_context(
        &mut self,
        index: u32,
        caller: *mut crate::vm::structs::Vmctx,
    ) -> Option<Box<VMHostContext>> {
        let store = self.vm_ptr();
        let entry = self.objects.host_funcs.get_mut(index as usize)?;
        Some(Box::new(VMHostContext { call: entry.def.call(), store, caller, data: (&raw mut **entry).cast() }))
    }
}

#[cfg(test)]
mod tests {
    use aot_format::cpu::Isa;
    use aot_format::types::MemoryType;
    use aot_format::write::Contents;

    use super::*;
    use crate::sys;
    use crate::{Artifact, Linker};

    /// In a process of its own, since kept reservations are the process's.
    #[test]
    fn nothing_is_kept_when_all_is_gone() {
        sys::tests::run_in_child("store::tests::dropping");
    }

    #[test]
    #[ignore = "runs in a child process"]
    fn dropping() {
        let isa = Isa::HOST.unwrap_or_else(|| panic!("no instruction set"));
        let ty = MemoryType { min: 1, max: None, index64: false, shared: false, page_size_log2: 16 };
        let contents = Contents { memories: vec![ty], ..Contents::empty(isa) };
        let bytes = contents.write().unwrap_or_else(|error| panic!("{error}"));
        // The store goes last, or the engine; with the latter, something is there to be given back.
        for store_last in [true, false] {
            let engine = Engine::default();
            let artifact = Artifact::from_bytes(bytes.clone()).unwrap_or_else(|error| panic!("{error}"));
            // SAFETY: it has no code.
            let module = unsafe { Module::new(&engine, artifact) }.unwrap_or_else(|error| panic!("{error}"));
            let mut store = Store::new(&engine, ());
            assert!(Linker::new(&engine).instantiate(&mut store, "memory", &module).is_ok());
            drop(module);
            if store_last {
                drop((engine, store));
            } else {
                drop(store);
                drop(engine);
            }
            assert!(!sys::memory::give_back(), "{store_last}");
        }
    }
}
