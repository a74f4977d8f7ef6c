//! What the program gives for imports: things of other instances, and memories that it makes; and lists of these.
//!
//! A thing of an instance, but for a shared memory, belongs to a store, and can be imported there alone. So the instance that
//! imports it is made there: it joins the set. Globals and tables are structures of C's, which say where they stand; whose
//! they are is found by that.
//!
//! A memory that is not shared belongs to a store, and can be imported there alone. So the first one that is made for a
//! module makes the store of the instance that will import it; whoever has a memory, or the instance, holds the store. A
//! shared memory belongs to no store, and any number of instances can import it.

use std::ffi::{c_char, c_void};
use std::sync::Mutex;

use runtime::{Extern, Linker, Memory, RESERVED_NAMES, SharedMemory, Store};

use crate::arguments::Arguments;
use crate::boundary::{Text, guard};
use crate::function::CFunction;
use crate::global::warn;
use crate::memory::{CMemory, Place, WasmGlobal, WasmTable};
use crate::module::CModule;
use crate::shared::{Shared, State};
use crate::table::Table;
use crate::threads::lock;
use crate::types::{CType, FUNC, GLOBAL, MEMORY, TABLE};

/// As the header has it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct CExtern {
    pub module_name: Text,
    pub field_name: Text,
    pub kind: u32,
    /// By the kind: a [`CFunction`], [`WasmTable`], [`CMemory`] or [`WasmGlobal`]; null for nothing.
    pub of: *const c_void,
}

/// Globals and tables that the program has asked for, by the address that C has of them, with the address of what their
/// instances share.
static ITEMS: Mutex<Table<(usize, Extern)>> = Mutex::new(Table::new());

/// The program has the address of a global or table.
pub fn known(address: *const c_void, shared: *const Shared, item: Extern) {
    lock(&ITEMS).insert(address.addr(), (shared.expose_provenance(), item));
}

/// What instances share is freed.
pub fn forget_items(shared: *const Shared) {
    lock(&ITEMS).take(|_, (known, _)| *known == shared.addr());
}

/// Whose something is that C has the address of, and what.
fn item(address: *const c_void) -> Option<(*const Shared, Extern)> {
    let (shared, item) = *lock(&ITEMS).get(address.addr())?;
    Some((std::ptr::with_exposed_provenance(shared), item))
}

/// Addresses of the memories that the program made and did not destroy.
static MEMORIES: Mutex<Vec<usize>> = Mutex::new(Vec::new());
/// Stores that have memories and no instance yet, by the modules that these were made for.
static PREPARED: Mutex<Table<usize>> = Mutex::new(Table::new());
/// Lists that were given out, each with the memories that were made for it.
static LISTS: Mutex<Table<List>> = Mutex::new(Table::new());

struct List {
    items: usize,
    memories: Vec<usize>,
}

/// Says that a store has its instance, or is to be freed.
pub fn taken(shared: *const Shared) {
    lock(&PREPARED).take(|_, known| *known == shared.addr());
}

/// A module is gone: another may be at its address.
pub fn forget(module: *const CModule) {
    lock(&PREPARED).remove(module.addr());
}

fn create(module: &CModule, ty: &CType) -> Result<*mut CMemory, String> {
    let CType::Memory(ty) = ty else { return Err("the type is none of a memory".to_owned()) };
    let place = match ty.shared {
        true => Place::Shared(SharedMemory::new(*ty).map_err(|error| error.to_string())?),
        false => {
            let key = std::ptr::from_ref(module).addr();
            let known = lock(&PREPARED).get(key).copied();
            let shared = match known {
                Some(known) => std::ptr::with_exposed_provenance_mut(known),
                None => {
                    let world = lock(&module.wasi).build()?;
                    Shared::of_c(Store::new(module.module.engine(), State::new(world)))
                }
            };
            // SAFETY: it was made just now, or a memory of it is alive.
            let made = unsafe { &*shared }.set_up(|store| Memory::new(store, *ty));
            match (made, known) {
                (Ok(memory), None) => {
                    lock(&PREPARED).insert(key, shared.expose_provenance());
                    Place::Store { shared, memory }
                }
                (Ok(memory), Some(_)) => {
                    // SAFETY: as above.
                    unsafe { &*shared }.hold();
                    Place::Store { shared, memory }
                }
                (Err(error), known) => {
                    if known.is_none() {
                        // SAFETY: it was made just now, and nobody else has it.
                        unsafe { Shared::release(shared) };
                    }
                    return Err(error.to_string());
                }
            }
        }
    };
    let made = Box::into_raw(Box::new(CMemory { place, ty: *ty }));
    lock(&MEMORIES).push(made.expose_provenance());
    Ok(made)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_create_memory(module: Option<&CModule>, ty: *const CType) -> *mut CMemory {
    guard(std::ptr::null_mut(), || {
        // SAFETY: null, or of a module that is loaded, by the header.
        let (Some(module), Some(ty)) = (module, unsafe { ty.as_ref() }) else { return std::ptr::null_mut() };
        create(module, ty).unwrap_or_else(|reason| {
            warn(&format!("wasm_runtime_create_memory: {reason}"));
            std::ptr::null_mut()
        })
    })
}

fn destroy(memory: *mut CMemory) -> bool {
    let known = {
        let mut memories = lock(&MEMORIES);
        let place = memories.iter().position(|known| *known == memory.addr());
        place.map(|place| memories.swap_remove(place))
    };
    if known.is_none() {
        return false;
    }
    // SAFETY: it was in the list, and is no more.
    let memory = unsafe { Box::from_raw(memory) };
    if let Place::Store { shared, .. } = memory.place {
        // SAFETY: held since the memory was made.
        unsafe { Shared::release(shared.cast_mut()) };
    }
    true
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_destroy_memory(_: Option<&CModule>, memory: *mut CMemory) {
    guard((), || {
        if !memory.is_null() && !destroy(memory) {
            warn(
                "wasm_runtime_destroy_memory: this was not made by wasm_runtime_create_memory, or was destroyed before",
            );
        }
    });
}

/// Whose something that is given is, and what; none for a shared memory, which is defined at once.
fn given(
    linker: &mut Linker<State>,
    item: &CExtern,
    module: &str,
    name: &str,
) -> Result<Option<(*const Shared, Extern)>, &'static str> {
    const GONE: &str = "it is of no instance that is alive, or was not asked for as an export";
    // SAFETY: what its kind says, and alive, by the header.
    unsafe {
        let found = match item.kind {
            FUNC => Some((&*item.of.cast::<CFunction>()).place()),
            GLOBAL => Some(self::item((*item.of.cast::<WasmGlobal>()).global_data).ok_or(GONE)?),
            TABLE => Some(self::item((*item.of.cast::<WasmTable>()).elems).ok_or(GONE)?),
            MEMORY => {
                let memory = &*item.of.cast::<CMemory>();
                match (memory.to_shared(), &memory.place) {
                    (None, Place::Store { shared, memory }) => Some((*shared, (*memory).into())),
                    (shared, _) => {
                        shared.iter().for_each(|shared| {
                            linker.define_shared_memory(module, name, shared);
                        });
                        None
                    }
                }
            }
            _ => return Err("its kind is none of the header's"),
        };
        Ok(found)
    }
}

/// Defines what a program gives to an instance; the store that it is to be made in, if there is one.
pub fn define(linker: &mut Linker<State>, args: &Arguments) -> Result<Option<*mut Shared>, String> {
    let mut prepared: Option<*mut Shared> = None;
    for item in args.imports.iter().filter(|item| !item.of.is_null()) {
        let (Some(module), Some(name)) = (item.module_name.get(), item.field_name.get()) else {
            return Err("an import has no name".to_owned());
        };
        let of = |reason: &str| format!("what is given for {module:?}.{name:?}: {reason}");
        let Some((shared, found)) = given(linker, item, &module, &name).map_err(of)? else { continue };
        // SAFETY: what was found belongs to it, and is alive.
        let set = unsafe { &*shared };
        if set.program.get().is_some() && set.mains.get() == 0 {
            return Err(of("its instance was freed, or is that of a spawned environment"));
        }
        if set.is_running() {
            return Err(of("calls are going on in its set of instances, which no instance can join meanwhile"));
        }
        if prepared.is_some_and(|known| !std::ptr::eq(known, shared)) {
            return Err(of(
                "it belongs to another set of instances than others that are given, or was made for another module",
            ));
        }
        prepared = Some(shared.cast_mut());
        linker.define(&module, &name, found);
    }
    Ok(prepared)
}

/// A list with an entry for each import; where a filter lets a module's name through, with a memory for each memory.
fn list(module: &CModule, lets_through: impl Fn(&str, *const c_char) -> bool) -> Result<*mut CExtern, String> {
    let mut made = List { items: 0, memories: Vec::new() };
    let mut items = Vec::new();
    for import in module.imports() {
        let mut of = std::ptr::null_mut();
        if import.kind == MEMORY && lets_through(&import.module.to_string_lossy(), import.module.as_ptr()) {
            of = create(module, &import.ty).inspect_err(|_| {
                made.memories.iter().for_each(|memory| {
                    destroy(std::ptr::with_exposed_provenance_mut(*memory));
                });
            })?;
            made.memories.push(of.expose_provenance());
        }
        items.push(CExtern {
            module_name: Text::of(&import.module),
            field_name: Text::of(&import.name),
            kind: import.kind,
            of: of.cast_const().cast(),
        });
    }
    if items.is_empty() {
        return Err("the module imports nothing".to_owned());
    }
    made.items = items.len();
    let place = Box::into_raw(items.into_boxed_slice()).cast::<CExtern>();
    lock(&LISTS).insert(place.expose_provenance(), made);
    Ok(place)
}

fn list_or_say(module: Option<&CModule>, filter: impl Fn(&str, *const c_char) -> bool) -> *mut CExtern {
    guard(std::ptr::null_mut(), || {
        let made = module.ok_or_else(|| "the module is NULL".to_owned()).and_then(|module| list(module, filter));
        made.unwrap_or_else(|reason| {
            warn(&format!("wasm_runtime_create_imports: {reason}"));
            std::ptr::null_mut()
        })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_create_imports(
    module: Option<&CModule>,
    filter: Option<unsafe extern "C" fn(*const c_char) -> bool>,
) -> *mut CExtern {
    // SAFETY: what the program gave for names of modules.
    list_or_say(module, |_, name| filter.is_none_or(|filter| unsafe { filter(name) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_create_imports_with_builtin(module: Option<&CModule>) -> *mut CExtern {
    list_or_say(module, |name, _| RESERVED_NAMES.contains(&name))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_destroy_imports(_: Option<&CModule>, imports: *mut CExtern) {
    guard((), || {
        if imports.is_null() {
            return;
        }
        let Some(List { items, memories }) = lock(&LISTS).remove(imports.addr()) else {
            return warn("wasm_runtime_destroy_imports: this is no list of imports, or it was destroyed before");
        };
        for memory in memories {
            // One that the program destroyed by itself is none any more.
            destroy(std::ptr::with_exposed_provenance_mut(memory));
        }
        // SAFETY: given out above, and in the list until now.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(imports, items)) });
    });
}
