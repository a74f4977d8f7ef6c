//! Memories: addresses inside of a module and their places in the process, and `malloc` inside of a module.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use runtime::{Memory, MemoryType, SharedMemory, Val};

use crate::boundary::{Out, Text, array, guard, put};
use crate::function;
use crate::heap::Heap;
use crate::imports;
use crate::instance::CInstance;
use crate::shared::Shared;
use crate::threads::lock;
use crate::trace::PREFIX;

/// What a `wasm_memory_inst_t` points to.
pub struct CMemory {
    pub place: Place,
    pub ty: MemoryType,
}

/// Where a memory is.
pub enum Place {
    Store {
        shared: *const Shared,
        memory: Memory,
    },
    /// In no store.
    Shared(SharedMemory),
}

/// What is said of an address that is no good.
const OUT_OF_BOUNDS: &str = "out of bounds memory access";

/// Base and length of a memory of an instance.
fn extent(instance: &CInstance, memory: Memory) -> Option<(*mut u8, u64)> {
    instance.shared().with(|store| memory.base(&store)).ok()
}

/// The memory that addresses without further ado are in: the first.
#[inline]
pub fn first(instance: &CInstance) -> Option<Memory> {
    instance.shared().with(|store| instance.instance.memory_by_index(&store, 0))
}

fn first_extent(instance: &CInstance) -> Option<(*mut u8, u64)> {
    extent(instance, first(instance)?)
}

/// Where so many bytes at an address of the module are.
pub fn place(base: (*mut u8, u64), offset: u64, size: u64) -> Option<*mut u8> {
    let (start, bytes) = base;
    let end = offset.checked_add(size)?;
    (end <= bytes).then(|| start.wrapping_add(offset as usize))
}

/// Whether there is a NUL at or behind an address.
pub fn is_string(base: (*mut u8, u64), offset: u64) -> bool {
    let (start, bytes) = base;
    let Some(rest) = bytes.checked_sub(offset).filter(|rest| *rest > 0) else { return false };
    // SAFETY: so many bytes are there; compiled code does not run meanwhile, or another thread's may change them, as the
    // header warns.
    unsafe { !libc::memchr(start.add(offset as usize).cast(), 0, rest as usize).is_null() }
}

fn valid(instance: &CInstance, good: bool) -> bool {
    if !good {
        instance.shared().set_exception(Some(&format!("{PREFIX}{OUT_OF_BOUNDS}")));
    }
    good
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_validate_app_addr(instance: Option<&CInstance>, offset: u64, size: u64) -> bool {
    guard(false, || {
        instance.is_some_and(|instance| {
            valid(instance, first_extent(instance).and_then(|base| place(base, offset, size)).is_some())
        })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_validate_app_str_addr(instance: Option<&CInstance>, offset: u64) -> bool {
    guard(false, || {
        instance
            .is_some_and(|instance| valid(instance, first_extent(instance).is_some_and(|base| is_string(base, offset))))
    })
}

/// The address in the module of a place in the process.
fn offset_of(instance: &CInstance, pointer: *const u8) -> Option<u64> {
    let (start, bytes) = first_extent(instance)?;
    let offset = (pointer.addr() as u64).checked_sub(start.addr() as u64)?;
    (offset < bytes).then_some(offset)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_validate_native_addr(
    instance: Option<&CInstance>,
    pointer: *const u8,
    size: u64,
) -> bool {
    guard(false, || {
        instance.is_some_and(|instance| {
            let base = first_extent(instance);
            let good = offset_of(instance, pointer).zip(base).and_then(|(offset, base)| place(base, offset, size));
            valid(instance, good.is_some())
        })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_addr_app_to_native(instance: Option<&CInstance>, offset: u64) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        let place = instance.and_then(|instance| place(first_extent(instance)?, offset, 1));
        place.map_or(std::ptr::null_mut(), <*mut u8>::cast)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_addr_native_to_app(instance: Option<&CInstance>, pointer: *const u8) -> u64 {
    // SAFETY: by the header.
    guard(0, || instance.and_then(|instance| offset_of(instance, pointer)).unwrap_or(0))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_app_addr_range(
    instance: Option<&CInstance>,
    offset: u64,
    start: Out<'_, u64>,
    end: Out<'_, u64>,
) -> bool {
    guard(false, || {
        let base = instance.and_then(first_extent);
        let Some((_, bytes)) = base.filter(|(_, bytes)| offset < *bytes) else { return false };
        put(start, 0);
        put(end, bytes);
        true
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_native_addr_range(
    instance: Option<&CInstance>,
    pointer: *const u8,
    start: Out<'_, *mut u8>,
    end: Out<'_, *mut u8>,
) -> bool {
    guard(false, || {
        let Some(instance) = instance else { return false };
        let (Some((base, bytes)), Some(_)) = (first_extent(instance), offset_of(instance, pointer)) else {
            return false;
        };
        put(start, base);
        put(end, base.wrapping_add(bytes as usize));
        true
    })
}

/// Memory inside of a module: by its own `malloc` where it exports one, else of a range that is added to its memory.
fn allocate(instance: &CInstance, size: u64) -> Option<u64> {
    if let Some(own) = function::look_up(instance, "malloc") {
        // SAFETY: looked up just now.
        let results = unsafe { &*own }.call(&[Val::I32(u32::try_from(size).ok()?.cast_signed())]);
        return match results.ok()?.first()? {
            Val::I32(offset) if *offset != 0 => Some(u64::from(offset.cast_unsigned())),
            _ => None,
        };
    }
    let shared = instance.heap.borrow().clone();
    let mut heap = lock(&shared);
    if heap.is_none() {
        let memory = first(instance)?;
        let page = 1u64 << 16;
        let pages = u64::from(instance.heap_size.get()).div_ceil(page);

        let before = instance.shared().with(|store| memory.grow(store, pages));
        // Address zero is none.
        *heap = Some(Heap::new((before.ok()? * page).max(16), u64::from(instance.heap_size.get())));
    }
    heap.as_mut()?.allocate(size)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_module_malloc(
    instance: Option<&CInstance>,
    size: u64,
    native: Out<'_, *mut c_void>,
) -> u64 {
    guard(0, || {
        let Some(instance) = instance else { return 0 };
        let offset = allocate(instance, size);
        // By its own `malloc`, the memory may have moved.
        let place = offset.and_then(|offset| place(first_extent(instance)?, offset, size));
        put(native, place.map_or(std::ptr::null_mut(), <*mut u8>::cast));
        offset.filter(|_| place.is_some()).unwrap_or(0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_module_free(instance: Option<&CInstance>, offset: u64) {
    guard((), || {
        let Some(instance) = instance else { return };
        if offset == 0 {
            return;
        }
        if let Some(own) = function::look_up(instance, "free") {
            // SAFETY: looked up just now.
            let _ = unsafe { &*own }.call(&[Val::I32((offset as u32).cast_signed())]);
        } else if !lock(&instance.heap.borrow()).as_mut().is_some_and(|heap| heap.free(offset)) {
            crate::global::warn("wasm_runtime_module_free: no block begins at this address");
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_module_dup_data(
    instance: Option<&CInstance>,
    source: *const c_char,
    size: u64,
) -> u64 {
    guard(0, || {
        let mut native = MaybeUninit::new(std::ptr::null_mut());
        let offset = wasm_runtime_module_malloc(instance, size, Some(&mut native));
        if offset != 0 {
            // SAFETY: there is room for so many bytes, and by the header so many to copy.
            unsafe {
                let source = array(source.cast::<u8>(), size as usize);
                std::ptr::copy(source.as_ptr(), native.assume_init().cast(), source.len());
            }
        }
        offset
    })
}

/// A handle of a memory; the same each time.
fn handle(instance: &CInstance, memory: Option<Memory>) -> *const CMemory {
    let Some(memory) = memory else { return std::ptr::null() };
    let mut known = instance.memories.borrow_mut();
    if let Some(known) = known.iter().find(|known| known.is(memory)) {
        return &raw const **known;
    }

    let Ok(ty) = instance.shared().with(|store| memory.ty(&store)) else { return std::ptr::null() };
    let made = Box::new(CMemory { place: Place::Store { shared: instance.shared, memory }, ty });
    let place: *const CMemory = &raw const *made;
    known.push(made);
    place
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_lookup_memory(instance: Option<&CInstance>, name: Text) -> *const CMemory {
    guard(std::ptr::null(), || {
        let (Some(instance), Some(name)) = (instance, name.get()) else {
            return std::ptr::null();
        };

        handle(instance, instance.shared().with(|store| instance.instance.get_memory(&store, &name)))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_get_default_memory(instance: Option<&CInstance>) -> *const CMemory {
    wasm_runtime_get_memory(instance, 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_memory(instance: Option<&CInstance>, index: u32) -> *const CMemory {
    guard(std::ptr::null(), || {
        let Some(instance) = instance else { return std::ptr::null() };

        handle(instance, instance.shared().with(|store| instance.instance.memory_by_index(&store, index)))
    })
}

impl CMemory {
    fn is(&self, other: Memory) -> bool {
        matches!(self.place, Place::Store { memory, .. } if memory == other)
    }

    /// Asks the store about a memory in it, or the memory itself.
    fn ask<R>(
        &self,
        in_store: impl FnOnce(Memory, runtime::StoreContextMut<'_, crate::shared::State>) -> Option<R>,
        alone: impl FnOnce(&SharedMemory) -> Option<R>,
    ) -> Option<R> {
        match &self.place {
            // SAFETY: handles of memories are freed with what they share, or hold it; this thread uses the store.
            Place::Store { shared, memory } => unsafe { &**shared }.with(|store| in_store(*memory, store)),
            Place::Shared(memory) => alone(memory),
        }
    }

    fn pages(&self) -> u64 {
        self.ask(|memory, store| memory.size(&store).ok(), |memory| Some(memory.size())).unwrap_or(0)
    }

    fn grow(&self, pages: u64) -> bool {
        self.ask(|memory, store| memory.grow(store, pages).ok(), |memory| memory.grow(pages).ok()).is_some()
    }

    fn base(&self) -> Option<*mut u8> {
        let alone = |memory: &SharedMemory| Some(memory.data().as_ptr().cast::<u8>().cast_mut());
        self.ask(|memory, store| Some(memory.base(&store).ok()?.0), alone)
    }

    /// The shared memory that it is, if it is one.
    pub fn to_shared(&self) -> Option<SharedMemory> {
        self.ask(|memory, store| memory.shared(&store).ok()?, |memory| Some(memory.clone()))
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_get_cur_page_count(memory: Option<&CMemory>) -> u64 {
    // SAFETY: by the header.
    guard(0, || memory.map_or(0, CMemory::pages))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_get_max_page_count(memory: Option<&CMemory>) -> u64 {
    guard(0, || {
        memory.map_or(0, |memory| {
            let most = if memory.ty.index64 { 1 << 48 } else { 1 << 16 };
            memory.ty.max.unwrap_or(most)
        })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_get_bytes_per_page(memory: Option<&CMemory>) -> u64 {
    // SAFETY: by the header.
    guard(0, || memory.map_or(0, |memory| 1 << memory.ty.page_size_log2))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_get_shared(memory: Option<&CMemory>) -> bool {
    // SAFETY: by the header.
    guard(false, || memory.is_some_and(|memory| memory.ty.shared))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_get_base_address(memory: Option<&CMemory>) -> *mut c_void {
    guard(std::ptr::null_mut(), || memory.and_then(CMemory::base).map_or(std::ptr::null_mut(), <*mut u8>::cast))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_enlarge(memory: Option<&CMemory>, pages: u64) -> bool {
    // SAFETY: by the header.
    guard(false, || memory.is_some_and(|memory| memory.grow(pages)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_enlarge_memory(instance: Option<&CInstance>, pages: u64) -> bool {
    guard(false, || {
        let Some(instance) = instance else { return false };

        first(instance).is_some_and(|memory| instance.shared().with(|store| memory.grow(store, pages)).is_ok())
    })
}

/// A global as C sees it.
#[repr(C)]
pub struct WasmGlobal {
    pub kind: u8,
    pub is_mutable: bool,
    pub global_data: *mut c_void,
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_export_global_inst(
    instance: Option<&CInstance>,
    name: Text,
    into: Out<'_, WasmGlobal>,
) -> bool {
    guard(false, || {
        let (Some(instance), Some(name)) = (instance, name.get()) else {
            return false;
        };
        let found = instance.shared().with(|store| {
            let global = instance.instance.get_global(&store, &name)?;
            Some((global, global.ty(&store).ok()?, global.storage(&store).ok()?))
        });
        let Some((global, ty, place)) = found else { return false };
        imports::known(place.cast_const().cast(), instance.shared, global.into());
        let global =
            WasmGlobal { kind: crate::types::kind(ty.content), is_mutable: ty.mutable, global_data: place.cast() };
        put(into, global)
    })
}

/// A table as C sees it. `elems` is where the instance keeps it.
#[repr(C)]
pub struct WasmTable {
    pub elem_kind: u8,
    pub cur_size: u32,
    pub max_size: u32,
    pub elems: *const c_void,
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_export_table_inst(
    instance: Option<&CInstance>,
    name: Text,
    into: Out<'_, WasmTable>,
) -> bool {
    guard(false, || {
        let (Some(instance), Some(name)) = (instance, name.get()) else {
            return false;
        };
        let found = instance.shared().with(|store| {
            let table = instance.instance.get_table(&store, &name)?;
            Some((table, table.ty(&store).ok()?, table.size(&store).ok()?))
        });
        let Some((table, ty, size)) = found else { return false };
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let made = WasmTable {
            elem_kind: crate::types::kind(runtime::ValType::Ref(ty.element)),
            cur_size: narrow(size),
            max_size: ty.max.map_or(u32::MAX, narrow),
            elems: instance.keep_table(table).cast(),
        };
        imports::known(made.elems, instance.shared, table.into());
        put(into, made)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_get_func_inst(
    instance: Option<&CInstance>,
    table: *const WasmTable,
    index: u32,
) -> *const function::CFunction {
    guard(std::ptr::null(), || {
        // SAFETY: by the header.
        let (Some(instance), Some(table)) = (instance, unsafe { table.as_ref() }) else {
            return std::ptr::null();
        };
        let Some(table) = instance.kept_table(table.elems.cast()) else { return std::ptr::null() };

        let value = instance.shared().with(|store| table.get(&store, u64::from(index)));
        let Ok(Val::FuncRef(Some(func))) = value else { return std::ptr::null() };
        instance.keep_function(func)
    })
}
