//! Linking: names → host functions, modules and instances, and the instantiation of whole sets.
//!
//! * [`host`]: what the host defines under the names of a module.
//! * [`reader`]: the module reader, for modules nobody registered.
//! * [`resolve`]: from a main module to all that it needs, every import resolved and checked. Finds
//!   all errors before anything is made.
//! * [`order`]: the order in which what was resolved is made and initialised.
//!
//! The rules:
//!
//! * An import `M.f` is satisfied by the first that has it: what the host defined as `M.f`; the
//!   instance named `M` in the store; the module registered as `M`; the module the reader gives for
//!   `M`. A name is asked of the reader once; that there is none is remembered.
//! * There is one instance per name and store, shared by all importers.
//! * What members of a linked set import from each other, by the names the set has for them, was decided when it was
//!   compiled, and comes before all that. With its main module all of its members are made, under those names.
//! * Functions may be imported in a circle: all instances are made and linked before any is
//!   initialised. Anything else must exist before it is imported; a circle is an error.
//! * Instances are initialised dependencies first, in the order of imports; in a circle, the module
//!   that is reached first is initialised last. Initialising copies the active segments, runs the
//!   start function, then a reactor's `_initialize`.
//! * So a memory or table that the set itself makes is matched by its declared length, not by what its
//!   owner's start function may grow it to; one that exists already, by its current length.
//! * An instance has its name when it is initialised, not before: nobody else links to it earlier.
//! * If that fails, what was new is given up again; writes to what existed before stay.
//!
//! # Safety contract
//!
//! What the module reader gives is made callable without asking again: whoever set the reader vouched for
//! it. Functions called here without parameters have been checked to have none.

mod host;
mod order;
mod reader;
mod resolve;

use std::sync::Arc;

use aot_format::types::{ExternType, FuncType, ValType};

use crate::context::{AsContext, AsContextMut};
use crate::engine::Engine;
use crate::error::{Error, ImportSite, LinkError, LinkErrors};
use crate::externs::{Extern, Func, Instance, SharedMemory};
use crate::faults::{Fault, is_planted};
use crate::host::{Caller, HostFunc, HostFunction, IntoHostFunc};
use crate::module::Module;
use crate::names::Names;
use crate::store::{InstanceId, StoreOpaque};
use crate::types::describe::describe;
use crate::types::matching::extern_matches;
use crate::value::Val;
use crate::vm::structs::{RegisterValues, ValRaw};

use host::{Definition, HostModule};

pub use reader::{DirReader, ModuleReader};

/// Names a module cannot be registered under: they are the host's.
pub const RESERVED_NAMES: [&str; 5] = ["", "env", "wasi", "wasi_unstable", "wasi_snapshot_preview1"];

/// Names → host functions and modules; makes sets of instances in stores of `T`, and of no other type:
///
/// ```compile_fail
/// fn longer<'a>(linker: iwasm::Linker<fn(&'a str)>) -> iwasm::Linker<fn(&'static str)> { linker }
/// fn shorter(linker: iwasm::Linker<fn(&'static str)>) -> iwasm::Linker<for<'a> fn(&'a str)> { linker }
/// ```
pub struct Linker<T: 'static> {
    engine: Engine,
    definitions: Names<HostModule>,
    modules: Names<Module>,
    /// Names the reader had nothing for.
    absent: Names<()>,
    reader: Option<Box<dyn ModuleReader + Send>>,
    /// Invariant: host functions know the `T` they were made for.
    data: std::marker::PhantomData<fn(T) -> T>,
}

impl<T: 'static> Linker<T> {
    /// A linker that knows nothing yet.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker {
            engine: engine.clone(),
            definitions: Names::new(),
            modules: Names::new(),
            absent: Names::new(),
            reader: None,
            data: std::marker::PhantomData,
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Registers a module under a name, for others to import from.
    ///
    /// # Errors
    ///
    /// [`Error::Name`] if the name is reserved for the host or taken by another module,
    /// [`Error::OtherEngine`] for a module of another engine.
    pub fn register(&mut self, name: &str, module: &Module) -> Result<(), Error> {
        module.check_engine(&self.engine)?;
        let reason = match self.modules.get(name) {
            _ if RESERVED_NAMES.contains(&name) => Some("is reserved for host modules"),
            Some(taken) if !taken.same(module) => Some("is taken by another module"),
            _ => None,
        };
        if let Some(reason) = reason {
            return Err(Error::Name { name: name.to_string(), reason });
        }
        self.modules.insert(name.to_string(), module.clone());
        self.absent.remove(name);
        Ok(())
    }

    /// The module registered under a name, by hand or because the reader found it.
    pub fn find(&self, name: &str) -> Option<&Module> {
        self.modules.get(name)
    }

    /// Names of all registered modules, sorted.
    pub fn registered(&self) -> impl Iterator<Item = &str> {
        self.modules.names()
    }

    /// Forgets a module (or that there is none); instances of it live on.
    pub fn unregister(&mut self, name: &str) -> Option<Module> {
        self.absent.remove(name);
        self.modules.remove(name)
    }

    /// Sets where modules come from that are not registered. Names found absent before are asked
    /// for again.
    ///
    /// # Safety
    ///
    /// Every artifact the reader gives is trusted code: see [`Module::new`].
    pub unsafe fn set_module_reader(&mut self, reader: impl ModuleReader + Send + 'static) {
        self.reader = Some(Box::new(reader));
        self.absent.clear();
    }

    /// Defines a host function from a closure; replaces one of the same name.
    pub fn func<Marker>(&mut self, module: &str, name: &str, func: impl IntoHostFunc<T, Marker>) -> &mut Self {
        self.insert(module, name, Definition::Func(func.into_host_func().func))
    }

    /// Defines a host function that gets and gives [`Val`]s.
    pub fn func_untyped(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> &mut Self {
        self.insert(module, name, Definition::Func(HostFunc::untyped(ty, func)))
    }

    /// Defines a host function whose parameters are integers, each in a slot, and which gives an `i32`, or nothing if not
    /// `returns`: for tables of functions, which become host functions by one piece of code. A parameter of another type
    /// is seen as the bits that it begins with.
    pub fn func_integers(
        &mut self,
        module: &str,
        name: &str,
        params: &[ValType],
        returns: bool,
        func: impl Fn(Caller<'_, T>, &[ValRaw]) -> Result<u32, Error> + Send + Sync + 'static,
    ) -> &mut Self {
        self.define_host(module, name, HostFunction::integers(params, returns, func).func)
    }

    /// Defines host functions that are made when somebody first asks for their name, mostly by importing it: `find` makes
    /// the one of a name, if there is one. For interfaces that are large, of which most modules import little. Replaces
    /// what was defined under the same names.
    ///
    /// `find` may be asked for any name, more than once and by several threads; what it says of a name must always be the
    /// same, and of functions that it makes more than once for a name, one is used.
    pub fn funcs_on_demand(
        &mut self,
        module: &str,
        find: impl Fn(&str) -> Option<HostFunction<T>> + Send + Sync + 'static,
    ) -> &mut Self {
        self.definitions.get_or_default(module).insert_on_demand(find);
        self
    }

    /// Defines something of a store under a name.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> &mut Self {
        self.insert(module, name, Definition::Item(item.into()))
    }

    /// Defines a shared memory under a name, for any number of stores.
    pub fn define_shared_memory(&mut self, module: &str, name: &str, memory: &SharedMemory) -> &mut Self {
        self.insert(module, name, Definition::Shared(memory.clone()))
    }

    /// Makes and defines a shared memory for each import of one that nothing else would satisfy: programs for
    /// `wasi-threads` leave theirs to the host, under whatever name.
    ///
    /// # Errors
    ///
    /// [`Error::Load`] if the module that an import names is broken, [`Error::Resource`] if the memory is over the
    /// store's limit or the system has no room.
    pub fn define_missing_shared_memories(&mut self, store: impl AsContext, module: &Module) -> Result<(), Error> {
        let store = store.as_context().opaque();
        for import in module.wanted_imports() {
            let ExternType::Memory(ty) = import.ty else { continue };
            let defined = self.defines(&import.module, &import.name);
            if ty.shared && !defined && store.named(&import.module).is_none() && self.load(&import.module)?.is_none() {
                let memory = SharedMemory::new(ty)?;
                if memory.bytes() > store.limits.max_memory_bytes {
                    let reason =
                        format!("the store's limit of {} bytes a memory is exceeded", store.limits.max_memory_bytes);
                    let what = format!("shared memory of {} pages", ty.min);
                    return Err(Error::Resource { module: module.name().into(), what, reason });
                }
                self.define_shared_memory(&import.module, &import.name, &memory);
            }
        }
        Ok(())
    }

    /// A linker for the stores of further threads, made by [`Store::from_seed`](crate::Store::from_seed): the same
    /// host functions, the modules known so far and no reader. Shared memories of `store` that were defined as
    /// items are those of all threads; other items of a store stay what they are, in that store alone.
    pub fn for_threads(&self, store: impl AsContext) -> Linker<T> {
        let store = store.as_context().opaque();
        let mut definitions = self.definitions.clone();
        for definition in definitions.values_mut().flat_map(HostModule::items_mut) {
            if let Definition::Item(Extern::Memory(memory)) = definition
                && let Some(shared) = store.memory(*memory).ok().and_then(|data| data.shared())
            {
                *definition = Definition::Shared(shared.clone());
            }
        }
        Linker { definitions, ..self.without_reader() }
    }

    /// Defines everything an instance exports, under a name.
    pub fn define_instance(&mut self, store: impl crate::AsContext, module: &str, instance: Instance) -> &mut Self {
        for (name, item) in instance.exports(store) {
            self.insert(module, &name, Definition::Item(item));
        }
        self
    }

    pub(crate) fn define_host(&mut self, module: &str, name: &str, func: Arc<HostFunc>) -> &mut Self {
        self.insert(module, name, Definition::Func(func))
    }

    /// Whether the host has defined something under this name.
    pub fn defines(&self, module: &str, name: &str) -> bool {
        self.definitions.get(module).is_some_and(|items| items.get(name).is_some())
    }

    /// Takes back what the host has defined under a name; whether it had.
    pub fn undefine(&mut self, module: &str, name: &str) -> bool {
        self.definitions.get_mut(module).is_some_and(|items| items.remove(name))
    }

    /// The same names, for the same definitions and modules, but no reader: for several to link at a time.
    pub fn without_reader(&self) -> Linker<T> {
        Linker {
            engine: self.engine.clone(),
            definitions: self.definitions.clone(),
            modules: self.modules.clone(),
            absent: self.absent.clone(),
            reader: None,
            data: std::marker::PhantomData,
        }
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition) -> &mut Self {
        self.definitions.get_or_default(module).insert(name, definition);
        self
    }

    /// Instantiates `module` under `name`, and everything it needs that the store does not have
    /// yet. An empty name is none: others cannot import from the instance.
    ///
    /// # Errors
    ///
    /// [`Error::Link`] with all reasons why the set does not link; nothing has been made then.
    /// [`Error::Name`] if the name is taken in the store, [`Error::OtherEngine`] if module, linker and
    /// store are not of one engine. [`Error::Resource`] where limits are
    /// exceeded, [`Error::Trap`] and others as what runs ends.
    pub fn instantiate(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        name: &str,
        module: &Module,
    ) -> Result<Instance, Error> {
        let store = store.as_context_mut().opaque();
        module.check_engine(&self.engine)?;
        module.check_engine(&store.engine)?;
        if !name.is_empty() && store.named(name).is_some() {
            return Err(Error::Name { name: name.to_string(), reason: "is taken by an instance of the store" });
        }
        let set = resolve::resolve(self, store, name, module)?;
        let mut made = Unfinished { store, ids: Vec::new() };
        set.make(&mut made)?;
        set.initialise(made.store, &made.ids)?;
        Ok(made.finish())
    }

    /// The module of this name: registered, or read now. The outer error is for a broken one.
    fn load(&mut self, name: &str) -> Result<Option<Module>, crate::LoadError> {
        if let Some(module) = self.modules.get(name) {
            return Ok(Some(module.clone()));
        }
        if self.absent.contains(name) || RESERVED_NAMES.contains(&name) {
            return Ok(None);
        }
        let Some(reader) = &mut self.reader else { return Ok(None) };
        match reader.read(name)? {
            Some(artifact) => {
                // SAFETY: who set the reader vouched for what it gives.
                let module = unsafe { Module::new(&self.engine, artifact)? };
                self.modules.insert(name.to_string(), module.clone());
                Ok(Some(module))
            }
            None => {
                self.absent.insert(name.to_string(), ());
                Ok(None)
            }
        }
    }
}

/// How errors name a module.
fn display_name<'a>(name: &'a str, module: &'a Module) -> &'a str {
    match (name, module.name()) {
        ("", "") => "<main>",
        ("", own) => own,
        (name, _) => name,
    }
}

fn site(importer: &str, module: &Module, import: usize) -> Box<ImportSite> {
    let import = &module.imports()[import];
    Box::new(ImportSite {
        importer: importer.to_string(),
        module: import.module.clone(),
        field: import.name.clone(),
        wanted: describe(module.engine().types(), &import.ty),
    })
}

/// Whether something of type `found` can be import number `import` of `module`, which is to be called `name`.
fn check_import(name: &str, module: &Module, import: usize, found: &ExternType) -> Result<(), LinkError> {
    let wanted = &module.imports()[import].ty;
    if !extern_matches(module.engine().types(), found, wanted) && !is_planted(Fault::ImportType) {
        return Err(LinkError::IncompatibleType {
            site: site(display_name(name, module), module, import),
            kind: found.kind(),
            found: describe(module.engine().types(), found),
        });
    }
    Ok(())
}

/// Instantiates a module with explicit imports, and runs its start function.
pub(crate) fn instantiate_with(
    store: &mut StoreOpaque,
    module: &Module,
    imports: &[Extern],
) -> Result<Instance, Error> {
    module.check_engine(&store.engine)?;
    let name = display_name("", module);
    let mut errors = Vec::new();
    if !module.others().is_empty() {
        errors.push(LinkError::LinkedSet { module: name.to_string() });
    } else if imports.len() != module.imports().len() {
        errors.push(LinkError::ImportCount {
            module: name.to_string(),
            wanted: module.imports().len(),
            found: imports.len(),
        });
    } else {
        for (index, import) in imports.iter().enumerate() {
            let found = store.extern_type(*import)?;
            errors.extend(check_import("", module, index, &found).err());
        }
    }
    if !errors.is_empty() {
        return Err(LinkErrors(errors).into());
    }
    let mut made = Unfinished { store, ids: Vec::new() };
    let id = made.store.new_instance(module, module.name(), None)?;
    made.ids.push(id);
    made.store.instance_mut(id)?.root = true;
    made.store.link_instance(id, imports)?;
    made.store.copy_segments(id)?;
    run_start(made.store, id)?;
    Ok(made.finish())
}

/// Instances that are being made. Unless they are finished, they are given up again: when something
/// fails, and when a host function panics.
struct Unfinished<'a> {
    store: &'a mut StoreOpaque,
    /// The first is the one asked for.
    ids: Vec<InstanceId>,
}

impl Unfinished<'_> {
    fn finish(mut self) -> Instance {
        let ids = std::mem::take(&mut self.ids);
        // Whoever made instances made at least the one asked for.
        let id = ids.first().copied().unwrap_or(InstanceId { slot: u32::MAX, generation: u32::MAX });
        Instance { store: self.store.id, id }
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.ids.is_empty() {
            std::mem::take(&mut self.ids).into_iter().for_each(|id| self.store.disown(id));
            self.store.sweep();
        }
    }
}

/// Runs the start function, if there is one.
fn run_start(store: &mut StoreOpaque, id: InstanceId) -> Result<(), Error> {
    let data = store.instance(id)?;
    let Some(start) = data.module.artifact().start() else { return Ok(()) };
    let func = data.func(store.id, start).ok_or(Error::StaleHandle { what: "function" })?;
    call_plain(store, func)
}

/// Calls a function without parameters and results.
fn call_plain(store: &mut StoreOpaque, func: Func) -> Result<(), Error> {
    // SAFETY: callers have checked the type: nothing in, nothing out.
    unsafe { store.call_in_registers(func, RegisterValues::default()) }.map(drop)
}
