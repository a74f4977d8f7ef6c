//! Instances: making and freeing them, and what C keeps with them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use runtime::{Func, Instance, Linker, Module, Names, Store, Table};

use crate::arguments::Arguments;
use crate::boundary::{Text, guard};
use crate::env::CExecEnv;
use crate::function::CFunction;
use crate::global::{self, warn, with};
use crate::heap::Heap;
use crate::imports;
use crate::memory::CMemory;
use crate::module::CModule;
use crate::shared::{Shared, State};
use crate::threads::{Contexts, Program, end_threads, lock};
use crate::wasi;

/// What a `wasm_module_inst_t` points to.
pub struct CInstance {
    pub shared: *const Shared,
    pub instance: Instance,
    /// The name by which others import from it; empty for one without.
    pub name: RefCell<String>,
    /// Whether it was made in a set that was there. Further threads have what that began with.
    pub joined: Cell<bool>,
    /// The module's handle, where it has one.
    module: Cell<*mut CModule>,
    pub env: Box<CExecEnv>,
    pub custom_data: Cell<*mut c_void>,
    pub contexts: Contexts,
    /// Functions that were looked up: a name gives the same handle each time.
    pub functions: RefCell<Names<Box<CFunction>>>,
    #[expect(clippy::vec_box, reason = "handles stay where they are")]
    pub memories: RefCell<Vec<Box<CMemory>>>,
    /// Tables that C has asked for, and functions that it found in them.
    #[expect(clippy::vec_box, reason = "C has their addresses")]
    tables: RefCell<Vec<Box<Table>>>,
    elements: RefCell<HashMap<Func, Box<CFunction>>>,
    /// Bytes that are to be divided up for `wasm_runtime_module_malloc`, and how, once the first were wanted.
    pub heap_size: Cell<u32>,
    pub heap: RefCell<Arc<Mutex<Option<Heap>>>>,
}

impl CInstance {
    /// A handle that nobody has yet.
    pub fn new(shared: *const Shared, instance: Instance) -> Box<CInstance> {
        let mut made = Box::new(CInstance {
            shared,
            instance,
            name: RefCell::default(),
            joined: Cell::new(false),
            module: Cell::new(std::ptr::null_mut()),
            env: Box::new(CExecEnv::new(std::ptr::null())),
            custom_data: Cell::new(std::ptr::null_mut()),
            contexts: Contexts::default(),
            functions: RefCell::default(),
            memories: RefCell::default(),
            tables: RefCell::default(),
            elements: RefCell::default(),
            heap_size: Cell::new(0),
            heap: RefCell::default(),
        });
        let place: *const CInstance = &raw const *made;
        made.env = Box::new(CExecEnv::new(place));
        made
    }

    /// What it shares with the other instances of its store.
    #[inline]
    pub fn shared(&self) -> &Shared {
        // SAFETY: handles are freed with what they share.
        unsafe { &*self.shared }
    }

    /// Takes over what the program gave to the instance on whose further thread this one is, and with a shared memory the
    /// list of what is used there.
    pub fn inherit(&self, old: &CInstance) {
        self.module.set(old.module.get());
        self.custom_data.set(old.custom_data.get());
        lock(&self.contexts).clone_from(&lock(&old.contexts));
        self.heap_size.set(old.heap_size.get());
        let memory = crate::memory::first(self);
        if memory.is_some_and(|memory| self.shared().with(|store| memory.ty(&store)).is_ok_and(|ty| ty.shared)) {
            self.heap.borrow_mut().clone_from(&old.heap.borrow());
        }
    }

    /// Keeps a table, at a place that stays.
    pub fn keep_table(&self, table: Table) -> *const Table {
        let mut tables = self.tables.borrow_mut();
        if let Some(known) = tables.iter().find(|known| ***known == table) {
            return &raw const **known;
        }
        let kept = Box::new(table);
        let place: *const Table = &raw const *kept;
        tables.push(kept);
        place
    }

    /// The table at a place; none if none is kept there.
    pub fn kept_table(&self, place: *const Table) -> Option<Table> {
        let tables = self.tables.borrow();
        tables.iter().find(|kept| std::ptr::eq(&raw const ***kept, place)).map(|kept| **kept)
    }

    /// A handle of a function that was found in a table.
    pub fn keep_function(&self, func: Func) -> *const CFunction {
        let mut elements = self.elements.borrow_mut();
        if let Some(known) = elements.get(&func) {
            return &raw const **known;
        }
        let Some(made) = CFunction::new(self.shared(), func) else { return std::ptr::null() };
        let place: *const CFunction = &raw const *made;
        elements.insert(func, made);
        place
    }
}

/// Handles of instances are not told apart from others by C; this makes freeing one twice a warning.
static MAIN_INSTANCES: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn mains() -> std::sync::MutexGuard<'static, Vec<usize>> {
    MAIN_INSTANCES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an instance of a module, and of all that it needs and the store has not. Each is introduced with its name, which it
/// has already.
pub fn make(
    linker: &mut Linker<State>,
    shared: &Shared,
    name: &str,
    module: &Module,
    introduce: &dyn Fn(&CInstance, &str),
) -> Result<*const CInstance, String> {
    let before: Vec<Instance> = shared.set_up(|store| all_named(store).map(|(_, instance)| instance).collect());
    // Natives that start functions call make handles of their callers.
    let made = shared.set_up(|store| linker.instantiate(store, name, module));
    let instance = made.map_err(|error| format!("{error:#}"))?;
    let mut named: Vec<(String, Instance)> = shared.set_up(|store| all_named(store).collect());
    named.retain(|(_, other)| *other != instance && !before.contains(other));
    named.push((name.to_owned(), instance));
    let mut main = std::ptr::null();
    for (name, instance) in &named {
        main = shared.handle_of(*instance);
        // SAFETY: it was made just now, and is freed with what it shares.
        let known = unsafe { &*main };
        name.clone_into(&mut known.name.borrow_mut());
        introduce(known, name);
    }
    Ok(main)
}

fn all_named(store: &Store<State>) -> impl Iterator<Item = (String, Instance)> {
    store.instance_names().filter_map(|name| Some((name.to_owned(), store.instance(name)?)))
}

/// The same for C, in a store of their own or in the one of something that they import. To be called in the module's
/// runtime.
pub fn instantiate(handle: &CModule, args: &Arguments) -> Result<*const CInstance, String> {
    let (mut linker, engine) = with(|global| (global.linker.without_reader(), global.engine.clone()))?;
    let world = match &args.wasi {
        Some(wasi) => wasi.build()?,
        None => lock(&handle.wasi).build()?,
    };
    let prepared = imports::define(&mut linker, args)?;
    let shared = match prepared {
        Some(shared) => shared,
        None => Shared::of_c(Store::new(&engine, State::new(world.clone()))),
    };
    // SAFETY: it was made just now, or something of it is alive.
    let here = unsafe { &*shared };
    let joins = here.program.get().is_some();
    here.set_up(|store| {
        if joins {
            return;
        }
        store.data_mut().world = world;
        if args.sizes.max_memory_pages > 0 {
            store.limits_mut().max_memory_bytes = u64::from(args.sizes.max_memory_pages) << 16;
        }
    });
    let give_up = || {
        if prepared.is_none() {
            // SAFETY: it was made just now.
            unsafe { Shared::release(shared) };
        }
    };
    let mut own = lock(&handle.name).to_string_lossy().into_owned();
    if joins && here.set_up(|store| store.instance(&own)).is_some() {
        own.clear();
    }
    let registered = |name: &str| with(|global| global.registered(name)).unwrap_or(std::ptr::null_mut());
    if wasi::spawns_threads(&handle.module) {
        if joins {
            return Err(
                "a program for wasi-threads cannot join a set of instances: its threads would not have it".to_owned()
            );
        }
        let defined = here.set_up(|store| linker.define_missing_shared_memories(&*store, &handle.module));
        if let Err(error) = defined {
            give_up();
            return Err(error.to_string());
        }
    }
    let made = make(&mut linker, here, &own, &handle.module, &|known, name| {
        let module = if name == own { std::ptr::from_ref(handle).cast_mut() } else { registered(name) };
        known.module.set(module);
        known.heap_size.set(args.sizes.host_managed_heap_size);
    });
    let main = match made {
        Ok(main) => main,
        Err(reason) => {
            give_up();
            return Err(reason);
        }
    };
    if joins {
        // SAFETY: made just now.
        unsafe { &*main }.joined.set(true);
    } else {
        let _set_once = here.program.set(Arc::new(Program::new(here, linker, &handle.module, &own)));
    }
    here.mains.set(here.mains.get() + 1);
    if prepared.is_some() {
        here.hold();
        imports::taken(shared);
    }
    if let Some(data) = args.custom_data {
        // SAFETY: made just now.
        unsafe { &*main }.custom_data.set(data);
    }
    mains().push(main.addr());
    Ok(main)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_deinstantiate(instance: *const CInstance) {
    guard((), || {
        if instance.is_null() {
            return;
        }
        let known = {
            let mut mains = mains();
            let place = mains.iter().position(|known| *known == instance.addr());
            place.map(|place| mains.swap_remove(place)).is_some()
        };
        if !known {
            return warn("wasm_runtime_deinstantiate: this is no main instance, or it was freed before");
        }
        // SAFETY: alive by the list; what it shares was leaked when it was made.
        unsafe {
            let shared = (*instance).shared.cast_mut();
            let left = (*shared).mains.get().saturating_sub(1);
            (*shared).mains.set(left);
            if let (Some(program), 0) = ((*shared).program.get(), left) {
                end_threads(program, true);
                program.leave(&(*shared).member);
            }
            let freed = |known: &CInstance| left == 0 || std::ptr::eq(known, instance);
            run_destructors(&*shared, freed);
            Shared::release(shared);
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_module(instance: Option<&CInstance>) -> *mut CModule {
    guard(std::ptr::null_mut(), || {
        let module = instance.map_or(std::ptr::null_mut(), |instance| instance.module.get());
        // It may have been unloaded.
        if global::knows_module(module) { module } else { std::ptr::null_mut() }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_custom_data(instance: Option<&CInstance>, data: *mut c_void) {
    guard((), || {
        if let Some(instance) = instance {
            instance.custom_data.set(data);
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_custom_data(instance: Option<&CInstance>) -> *mut c_void {
    guard(std::ptr::null_mut(), || instance.map_or(std::ptr::null_mut(), |instance| instance.custom_data.get()))
}

/// Kinds of contexts, by number from 1, and what is called for those of an instance that is freed.
type Destructor = unsafe extern "C" fn(*const CInstance, *mut c_void);
static CONTEXT_KEYS: Mutex<Vec<Option<Option<Destructor>>>> = Mutex::new(Vec::new());

fn keys() -> std::sync::MutexGuard<'static, Vec<Option<Option<Destructor>>>> {
    CONTEXT_KEYS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_key(key: *mut c_void) -> bool {
    key.addr().checked_sub(1).is_some_and(|index| keys().get(index).is_some_and(Option::is_some))
}

/// Those of the instances that are freed. One that others have joined is freed with the last of them.
fn run_destructors(shared: &Shared, freed: impl Fn(&CInstance) -> bool) {
    for instance in shared.instances.borrow().iter().filter(|known| freed(known)) {
        let contexts = std::mem::take(&mut *lock(&instance.contexts));
        for (key, context) in contexts.into_rows() {
            let context: *mut c_void = std::ptr::with_exposed_provenance_mut(context);
            let destructor = keys().get(key - 1).copied().flatten().flatten();
            if let (Some(destructor), false) = (destructor, context.is_null()) {
                // SAFETY: what the program gave for this, with the instance still whole.
                unsafe { destructor(&raw const **instance, context) };
            }
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_create_context_key(destructor: Option<Destructor>) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        let mut keys = keys();
        keys.push(Some(destructor));
        std::ptr::without_provenance_mut(keys.len())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_destroy_context_key(key: *mut c_void) {
    guard((), || {
        if let Some(place) = key.addr().checked_sub(1).and_then(|index| keys().get_mut(index).map(|place| place.take()))
        {
            let _ = place;
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_context(instance: Option<&CInstance>, key: *mut c_void, context: *mut c_void) {
    guard((), || {
        if let (Some(instance), true) = (instance, is_key(key)) {
            lock(&instance.contexts).insert(key.addr(), context.expose_provenance());
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_set_context_spread(
    instance: Option<&CInstance>,
    key: *mut c_void,
    context: *mut c_void,
) {
    wasm_runtime_set_context(instance, key, context);
    guard((), || {
        let known = instance.filter(|known| is_key(key) && !known.joined.get());
        if let Some((instance, program)) = known.and_then(|known| Some((known, known.shared().program.get()?))) {
            program.each_contexts(&instance.name.borrow(), |contexts| {
                lock(contexts).insert(key.addr(), context.expose_provenance());
            });
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_context(instance: Option<&CInstance>, key: *mut c_void) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        let context = instance.and_then(|instance| lock(&instance.contexts).get(key.addr()).copied());
        context.map_or(std::ptr::null_mut(), std::ptr::with_exposed_provenance_mut)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_exception(instance: Option<&CInstance>) -> *const c_char {
    guard(std::ptr::null(), || {
        let Some(shared) = instance.map(CInstance::shared) else { return std::ptr::null() };
        // What ended another thread ends the next call here: it can be known before.
        if !shared.has_exception()
            && !shared.heard.get()
            && let Some(told) = shared.told()
        {
            shared.heard.set(true);
            shared.set_exception(Some(&told.exception));
        }
        shared.exception()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_exception(instance: Option<&CInstance>, exception: Text) {
    guard((), || {
        let (Some(instance), message) = (instance, exception.get()) else { return };
        let message = message.unwrap_or_default();
        instance.shared().set_exception(Some(&format!("{}{message}", crate::trace::PREFIX)));
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_clear_exception(instance: Option<&CInstance>) {
    guard((), || {
        if let Some(instance) = instance {
            instance.shared().set_exception(None);
            instance.shared().clear_interrupt();
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_terminate(instance: Option<&CInstance>) {
    guard((), || {
        if let Some(instance) = instance {
            let shared = instance.shared();
            match shared.program.get() {
                Some(program) => program.terminate(),
                None => shared.member.interrupt.interrupt(),
            }
        }
    });
}
