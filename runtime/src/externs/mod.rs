//! Handles: what an embedder holds of a store's functions, memories, tables, globals, tags and
//! instances. A handle is a small copyable name; using it takes the store. One of another store, or
//! of an instance that was freed, is an error ([`Error::StaleHandle`](crate::Error::StaleHandle)),
//! never a dangling pointer.
//!

mod func;
mod global;
pub(crate) mod memory;
pub(crate) mod shared_memory;
mod table;

use aot_format::types::{ExternKind, ExternType, FuncType, TypeIndex};

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::module::Module;
use crate::store::{InstanceId, Item, Owner, StoreId, StoreOpaque, TagData};
use crate::vm::structs::VMTag;

pub use func::{Func, TypedFunc};
pub use global::Global;
pub use memory::Memory;
pub use shared_memory::SharedMemory;
pub use table::Table;

/// An exception tag.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag(pub(crate) Item);

/// Anything that can be imported and exported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
}

macro_rules! conversions {
    ($($kind:ident $accessor:ident)*) => {
        $(impl From<$kind> for Extern {
            fn from(item: $kind) -> Extern {
                Extern::$kind(item)
            }
        })*
        impl Extern {
            $(
                /// The item, if it is of this kind.
                pub fn $accessor(self) -> Option<$kind> {
                    match self {
                        Extern::$kind(item) => Some(item),
                        _ => None,
                    }
                }
            )*
        }
    };
}
conversions!(Func into_func Table into_table Memory into_memory Global into_global Tag into_tag);

impl Extern {
    /// Which kind it is.
    pub fn kind(&self) -> ExternKind {
        match self {
            Extern::Func(_) => ExternKind::Func,
            Extern::Table(_) => ExternKind::Table,
            Extern::Memory(_) => ExternKind::Memory,
            Extern::Global(_) => ExternKind::Global,
            Extern::Tag(_) => ExternKind::Tag,
        }
    }

    /// Its type; `min` of a memory or table is its current length. Concrete types are canonical.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn ty(&self, store: impl AsContext) -> Result<ExternType, Error> {
        store.as_context().opaque().extern_type(*self)
    }
}

impl Tag {
    /// A new tag, different from all others.
    pub fn new(mut store: impl AsContextMut, ty: &FuncType) -> Tag {
        let store = store.as_context_mut().opaque();
        let type_id = store.engine.types().intern_func(ty);
        let index = store.objects.tags.len() as u32;
        let descriptor = store.engine.types().exception_descriptor(type_id);
        store.objects.tags.push(TagData { type_id, vm: Box::new(VMTag { type_id, descriptor }) });
        Tag(Item { store: store.id, owner: Owner::Host, index })
    }

    /// The function type whose parameters are its arguments; concrete types in it are canonical.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn ty(&self, store: impl AsContext) -> Result<FuncType, Error> {
        store.as_context().opaque().tag_type(*self)
    }
}

impl StoreOpaque {
    /// The type of anything, with canonical ids and current lengths.
    pub(crate) fn extern_type(&self, item: Extern) -> Result<ExternType, Error> {
        Ok(match item {
            Extern::Func(func) => ExternType::Func(TypeIndex(self.func_type_id(func)?)),
            Extern::Table(table) => ExternType::Table(self.table_type(table)?),
            Extern::Memory(memory) => ExternType::Memory(self.memory_type(memory)?),
            Extern::Global(global) => ExternType::Global(self.global_place(global)?.1),
            Extern::Tag(tag) => ExternType::Tag(TypeIndex(self.tag_type_id(tag)?)),
        })
    }

    /// The host's own tag at an address.
    pub(crate) fn host_tag(&self, tag: *const VMTag) -> Option<Tag> {
        let index = self.objects.tags.iter().position(|data| std::ptr::eq(&raw const *data.vm, tag))?;
        Some(Tag(Item { store: self.id, owner: Owner::Host, index: index as u32 }))
    }

    pub(crate) fn tag_type_id(&self, tag: Tag) -> Result<u32, Error> {
        const STALE: Error = Error::StaleHandle { what: "tag" };
        if tag.0.store != self.id {
            return Err(STALE);
        }
        match tag.0.owner {
            Owner::Host => Ok(self.objects.tags.get(tag.0.index as usize).ok_or(STALE)?.type_id),
            Owner::Instance(id) => {
                let module = &self.instance(id).map_err(|_| STALE)?.module;
                match module.own_type(ExternKind::Tag, tag.0.index) {
                    Some(ExternType::Tag(ty)) => Ok(ty.0),
                    _ => Err(STALE),
                }
            }
        }
    }

    /// Item `index` of an index space of an instance.
    pub(crate) fn instance_item(&self, id: InstanceId, kind: ExternKind, index: u32) -> Option<Extern> {
        let data = self.instance(id).ok()?;
        Some(match kind {
            ExternKind::Func => Extern::Func(data.func(self.id, index)?),
            ExternKind::Table => Extern::Table(data.table(self.id, index)),
            ExternKind::Memory => Extern::Memory(data.memory(self.id, index)),
            ExternKind::Global => Extern::Global(data.global(self.id, index)),
            ExternKind::Tag => Extern::Tag(data.tag(self.id, index)),
        })
    }
}

/// An instance of a module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instance {
    pub(crate) store: StoreId,
    pub(crate) id: InstanceId,
}

impl Instance {
    /// Instantiates `module` with one import for each it asks for, in order, and runs its start
    /// function. The instance lives as long as its store. Names, dependencies and `_initialize` are
    /// the affair of [`Linker`](crate::Linker), not of this.
    ///
    /// # Errors
    ///
    /// [`Error::Link`] with all that do not fit, before anything runs; [`Error::Resource`] where
    /// limits are exceeded; [`Error::Trap`] and other errors of what runs.
    pub fn new(mut store: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance, Error> {
        crate::linker::instantiate_with(store.as_context_mut().opaque(), module, imports)
    }

    /// The export of this name.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        let store = store.as_context().opaque();
        let export = store.instance_of(*self).ok()?.module.artifact().export(name)?;
        let (kind, index) = (export.kind, export.index);
        store.instance_item(self.id, kind, index)
    }

    /// The exported function of this name.
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The exported memory of this name.
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The exported table of this name.
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The exported global of this name.
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// The exported tag of this name.
    pub fn get_tag(&self, store: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }

    /// All exports, in the module's order; none for a stale handle.
    pub fn exports(&self, store: impl AsContext) -> Vec<(String, Extern)> {
        let store = store.as_context().opaque();
        let Ok(data) = store.instance_of(*self) else { return Vec::new() };
        let exports = data.module.artifact().exports();
        let item = |export: &aot_format::read::Export<'_>| {
            Some((export.name.to_string(), store.instance_item(self.id, export.kind, export.index)?))
        };
        exports.iter().filter_map(item).collect()
    }

    /// Its module.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn module(&self, store: impl AsContext) -> Result<Module, Error> {
        Ok(store.as_context().opaque().instance_of(*self)?.module.clone())
    }

    /// A function by its index in the module's function index space, if the compiler made it
    /// referable: exported functions and those of which references are taken are.
    pub fn func_by_index(&self, store: impl AsContext, index: u32) -> Option<Func> {
        let store = store.as_context().opaque();
        store.instance_of(*self).ok()?;
        store.instance_item(self.id, ExternKind::Func, index)?.into_func()
    }
}
