//! References: functions, globals, tables, memories, instances, modules, traps and foreign objects are one structure, so
//! that going from one view to another is keeping the pointer. Copies of a reference are the same object, with one host
//! information.

use std::cell::Cell;
use std::ffi::c_void;
use std::rc::Rc;

use runtime::{Extern, Func, Global, Instance, Memory, Module, Table, Tag};

use super::trap::TrapData;
use super::types::{FUNC, GLOBAL, MEMORY, TABLE, TAG};
use super::{CStore, delete, give};
use crate::boundary::guard;

/// What a reference is to.
pub enum Kind {
    Func(Func),
    Global(Global),
    Table(Table),
    Memory(Memory),
    Tag(Tag),
    Instance(Instance),
    /// With the bytes that it was made of.
    Module(Module, Rc<[u8]>),
    Trap(TrapData),
    Foreign,
}

pub type Finalizer = unsafe extern "C" fn(*mut c_void);

/// The object of a reference. It does not hold the store, which may hold it: as an external reference.
pub struct Object {
    pub kind: Kind,
    host_info: Cell<*mut c_void>,
    finalizer: Cell<Option<Finalizer>>,
}

impl Drop for Object {
    fn drop(&mut self) {
        if let Some(finalizer) = self.finalizer.get() {
            // SAFETY: what C gave for this information.
            unsafe { finalizer(self.host_info.get()) };
        }
    }
}

/// What every reference points to.
#[derive(Clone)]
pub struct Ref {
    pub object: Rc<Object>,
    pub store: CStore,
}

impl Ref {
    /// A reference to a new object.
    pub fn new(store: &CStore, kind: Kind) -> Ref {
        let (host_info, finalizer) = (Cell::new(std::ptr::null_mut()), Cell::new(None));
        Ref { object: Rc::new(Object { kind, host_info, finalizer }), store: store.clone() }
    }

    /// A reference to what an instance exports.
    pub fn of_extern(store: &CStore, item: Extern) -> Ref {
        let kind = match item {
            Extern::Func(func) => Kind::Func(func),
            Extern::Global(global) => Kind::Global(global),
            Extern::Table(table) => Kind::Table(table),
            Extern::Memory(memory) => Kind::Memory(memory),
            Extern::Tag(tag) => Kind::Tag(tag),
        };
        Ref::new(store, kind)
    }

    /// What can be imported.
    pub fn to_extern(&self) -> Option<Extern> {
        Some(match &self.object.kind {
            Kind::Func(func) => Extern::Func(*func),
            Kind::Global(global) => Extern::Global(*global),
            Kind::Table(table) => Extern::Table(*table),
            Kind::Memory(memory) => Extern::Memory(*memory),
            Kind::Tag(tag) => Extern::Tag(*tag),
            _ => return None,
        })
    }

    /// The number of its kind, of what can be imported.
    pub fn extern_kind(&self) -> Option<u8> {
        Some(match &self.object.kind {
            Kind::Func(_) => FUNC,
            Kind::Global(_) => GLOBAL,
            Kind::Table(_) => TABLE,
            Kind::Memory(_) => MEMORY,
            Kind::Tag(_) => TAG,
            _ => return None,
        })
    }

    fn same(&self, other: &Ref) -> bool {
        Rc::ptr_eq(&self.object, &other.object)
            || match (&self.object.kind, &other.object.kind) {
                (Kind::Instance(one), Kind::Instance(two)) => one == two,
                (Kind::Module(one, _), Kind::Module(two, _)) => one.same(two),
                _ => self.to_extern().zip(other.to_extern()).is_some_and(|(one, two)| one == two),
            }
    }
}

macro_rules! is {
    ($($name:ident => $pattern:pat,)*) => {$(
        fn $name(reference: &Ref) -> bool {
            matches!(reference.object.kind, $pattern)
        }
    )*};
}

is! {
    is_func => Kind::Func(_),
    is_global => Kind::Global(_),
    is_table => Kind::Table(_),
    is_memory => Kind::Memory(_),
    is_instance => Kind::Instance(_),
    is_module => Kind::Module(..),
    is_trap => Kind::Trap(_),
    is_foreign => Kind::Foreign,
}

fn is_extern(reference: &Ref) -> bool {
    reference.extern_kind().is_some()
}

/// What all references have.
macro_rules! references {
    ($($delete:ident $copy:ident $same:ident $get:ident $set:ident $set_with:ident;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $delete(reference: *mut Ref) {
            // SAFETY: by the header.
            unsafe { delete(reference) }
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $copy(reference: Option<&Ref>) -> *mut Ref {
            guard(std::ptr::null_mut(), || reference.map_or(std::ptr::null_mut(), |reference| give(reference.clone())))
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $same(one: Option<&Ref>, other: Option<&Ref>) -> bool {
            guard(false, || match (one, other) {
                (Some(one), Some(other)) => one.same(other),
                (one, other) => one.is_none() && other.is_none(),
            })
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $get(reference: Option<&Ref>) -> *mut c_void {
            reference.map_or(std::ptr::null_mut(), |reference| reference.object.host_info.get())
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $set(reference: Option<&Ref>, info: *mut c_void) {
            $set_with(reference, info, None);
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $set_with(reference: Option<&Ref>, info: *mut c_void, finalizer: Option<Finalizer>) {
            if let Some(reference) = reference {
                reference.object.host_info.set(info);
                reference.object.finalizer.set(finalizer);
            }
        }
    )*};
}

references! {
    wasm_ref_delete wasm_ref_copy wasm_ref_same wasm_ref_get_host_info wasm_ref_set_host_info
        wasm_ref_set_host_info_with_finalizer;
    wasm_trap_delete wasm_trap_copy wasm_trap_same wasm_trap_get_host_info wasm_trap_set_host_info
        wasm_trap_set_host_info_with_finalizer;
    wasm_foreign_delete wasm_foreign_copy wasm_foreign_same wasm_foreign_get_host_info wasm_foreign_set_host_info
        wasm_foreign_set_host_info_with_finalizer;
    wasm_module_delete wasm_module_copy wasm_module_same wasm_module_get_host_info wasm_module_set_host_info
        wasm_module_set_host_info_with_finalizer;
    wasm_func_delete wasm_func_copy wasm_func_same wasm_func_get_host_info wasm_func_set_host_info
        wasm_func_set_host_info_with_finalizer;
    wasm_global_delete wasm_global_copy wasm_global_same wasm_global_get_host_info wasm_global_set_host_info
        wasm_global_set_host_info_with_finalizer;
    wasm_table_delete wasm_table_copy wasm_table_same wasm_table_get_host_info wasm_table_set_host_info
        wasm_table_set_host_info_with_finalizer;
    wasm_memory_delete wasm_memory_copy wasm_memory_same wasm_memory_get_host_info wasm_memory_set_host_info
        wasm_memory_set_host_info_with_finalizer;
    wasm_extern_delete wasm_extern_copy wasm_extern_same wasm_extern_get_host_info wasm_extern_set_host_info
        wasm_extern_set_host_info_with_finalizer;
    wasm_instance_delete wasm_instance_copy wasm_instance_same wasm_instance_get_host_info wasm_instance_set_host_info
        wasm_instance_set_host_info_with_finalizer;
}

/// Views of references: up to what is more general, and down to what it may be.
macro_rules! views {
    ($($is:ident: $up:ident $down:ident $up_const:ident $down_const:ident;)*) => {$(
        #[unsafe(no_mangle)]
        pub extern "C" fn $up(reference: *mut Ref) -> *mut Ref {
            reference
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $up_const(reference: *const Ref) -> *const Ref {
            reference
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $down(reference: Option<&mut Ref>) -> *mut Ref {
            reference.filter(|reference| $is(reference)).map_or(std::ptr::null_mut(), std::ptr::from_mut)
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $down_const(reference: Option<&Ref>) -> *const Ref {
            reference.filter(|reference| $is(reference)).map_or(std::ptr::null(), std::ptr::from_ref)
        }
    )*};
}

views! {
    is_trap: wasm_trap_as_ref wasm_ref_as_trap wasm_trap_as_ref_const wasm_ref_as_trap_const;
    is_foreign: wasm_foreign_as_ref wasm_ref_as_foreign wasm_foreign_as_ref_const wasm_ref_as_foreign_const;
    is_module: wasm_module_as_ref wasm_ref_as_module wasm_module_as_ref_const wasm_ref_as_module_const;
    is_func: wasm_func_as_ref wasm_ref_as_func wasm_func_as_ref_const wasm_ref_as_func_const;
    is_global: wasm_global_as_ref wasm_ref_as_global wasm_global_as_ref_const wasm_ref_as_global_const;
    is_table: wasm_table_as_ref wasm_ref_as_table wasm_table_as_ref_const wasm_ref_as_table_const;
    is_memory: wasm_memory_as_ref wasm_ref_as_memory wasm_memory_as_ref_const wasm_ref_as_memory_const;
    is_extern: wasm_extern_as_ref wasm_ref_as_extern wasm_extern_as_ref_const wasm_ref_as_extern_const;
    is_instance: wasm_instance_as_ref wasm_ref_as_instance wasm_instance_as_ref_const wasm_ref_as_instance_const;
    is_func: wasm_func_as_extern wasm_extern_as_func wasm_func_as_extern_const wasm_extern_as_func_const;
    is_global: wasm_global_as_extern wasm_extern_as_global wasm_global_as_extern_const wasm_extern_as_global_const;
    is_table: wasm_table_as_extern wasm_extern_as_table wasm_table_as_extern_const wasm_extern_as_table_const;
    is_memory: wasm_memory_as_extern wasm_extern_as_memory wasm_memory_as_extern_const wasm_extern_as_memory_const;
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_foreign_new(store: Option<&CStore>) -> *mut Ref {
    guard(std::ptr::null_mut(), || store.map_or(std::ptr::null_mut(), |store| give(Ref::new(store, Kind::Foreign))))
}
