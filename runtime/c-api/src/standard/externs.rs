//! Globals, tables and memories: of the host's, and what one does with any.

use runtime::{Global, GlobalType, Memory, MemoryType, RefType, Table, TableType, ValType};

use super::refs::{Kind, Ref};
use super::types::{CExternType, val_type};
use super::value::{WasmVal, reference_to_val, val_to_reference};
use super::vec::Element;
use super::{CStore, give};
use crate::boundary::{Out, guard, put};
use crate::types::kind;

/// Pages have 64 KiB.
const PAGE_LOG2: u8 = 16;

fn global_of(global: Option<&Ref>) -> Option<(Global, &CStore)> {
    match global?.object.kind {
        Kind::Global(known) => Some((known, &global?.store)),
        _ => None,
    }
}

fn table_of(table: Option<&Ref>) -> Option<(Table, &CStore)> {
    match table?.object.kind {
        Kind::Table(known) => Some((known, &table?.store)),
        _ => None,
    }
}

fn memory_of(memory: Option<&Ref>) -> Option<(Memory, &CStore)> {
    match memory?.object.kind {
        Kind::Memory(known) => Some((known, &memory?.store)),
        _ => None,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_global_new(
    store: Option<&CStore>,
    ty: Option<&CExternType>,
    value: Option<&WasmVal>,
) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let make = || {
            let (store, ty, value) = (store?, ty?, value?);
            let wanted = GlobalType { content: val_type(ty.content.0)?, mutable: ty.mutability != 0 };
            let value = store.shared.with(|context| value.to_val(context))?;
            let global = store.shared.with(|context| Global::new(context, wanted, value)).ok()?;
            Some(give(Ref::new(store, Kind::Global(global))))
        };
        make().unwrap_or(std::ptr::null_mut())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_global_type(global: Option<&Ref>) -> *mut CExternType {
    guard(std::ptr::null_mut(), || {
        let ty = global_of(global).and_then(|(global, store)| store.shared.with(|context| global.ty(&context)).ok());
        ty.map_or(std::ptr::null_mut(), |ty| give(CExternType::of_global(&ty)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_global_get(global: Option<&Ref>, out: Out<'_, WasmVal>) {
    guard((), || {
        let value = global_of(global).and_then(|(global, store)| {
            store.shared.with(|context| {
                let (ty, value) = (global.ty(&context).ok()?, global.get(&context).ok()?);
                Some(WasmVal::of_val(store, &value, ty.content, &context))
            })
        });
        put(out, value.unwrap_or(WasmVal::NOTHING));
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_global_set(global: Option<&Ref>, value: Option<&WasmVal>) {
    guard((), || {
        if let (Some((global, store)), Some(value)) = (global_of(global), value)
            && let Some(value) = store.shared.with(|context| value.to_val(context))
            && let Err(error) = store.shared.with(|context| global.set(context, value))
        {
            crate::global::warn(&format!("wasm_global_set: {error}"));
        }
    });
}

/// The kind of a table's elements.
fn element_kind(table: Table, store: &CStore) -> Option<u8> {
    let ty = store.shared.with(|context| table.ty(&context)).ok()?;
    Some(kind(ValType::Ref(ty.element)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_table_new(store: Option<&CStore>, ty: Option<&CExternType>, init: Option<&Ref>) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let make = || {
            let (store, ty) = (store?, ty?);
            let ValType::Ref(element) = val_type(ty.content.0)? else { return None };
            let element: RefType = element;
            let wanted = TableType { element, index64: false, min: u64::from(ty.limits.min), max: ty.max() };
            let init = store.shared.with(|context| reference_to_val(ty.content.0, init, context));
            let table = store.shared.with(|context| Table::new(context, wanted, init)).ok()?;
            Some(give(Ref::new(store, Kind::Table(table))))
        };
        make().unwrap_or(std::ptr::null_mut())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_table_type(table: Option<&Ref>) -> *mut CExternType {
    guard(std::ptr::null_mut(), || {
        let ty = table_of(table).and_then(|(table, store)| store.shared.with(|context| table.ty(&context)).ok());
        ty.map_or(std::ptr::null_mut(), |ty| give(CExternType::of_table(&ty)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_table_get(table: Option<&Ref>, index: u32) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let found = table_of(table).and_then(|(table, store)| {
            store.shared.with(|context| {
                let value = table.get(&context, u64::from(index)).ok()?;
                val_to_reference(store, &value, &context)
            })
        });
        found.map_or(std::ptr::null_mut(), give)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_table_set(table: Option<&Ref>, index: u32, value: Option<&Ref>) -> bool {
    guard(false, || {
        let Some((table, store)) = table_of(table) else { return false };
        let Some(kind) = element_kind(table, store) else { return false };
        let value = store.shared.with(|context| reference_to_val(kind, value, context));
        store.shared.with(|context| table.set(context, u64::from(index), value)).is_ok()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_table_size(table: Option<&Ref>) -> u32 {
    guard(0, || {
        let size = table_of(table).and_then(|(table, store)| store.shared.with(|context| table.size(&context)).ok());
        size.map_or(0, |size| u32::try_from(size).unwrap_or(u32::MAX))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_table_grow(table: Option<&Ref>, delta: u32, init: Option<&Ref>) -> bool {
    guard(false, || {
        let Some((table, store)) = table_of(table) else { return false };
        let Some(kind) = element_kind(table, store) else { return false };
        let init = store.shared.with(|context| reference_to_val(kind, init, context));
        store.shared.with(|context| table.grow(context, u64::from(delta), init)).is_ok()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_new(store: Option<&CStore>, ty: Option<&CExternType>) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let make = || {
            let (store, ty) = (store?, ty?);
            let (min, max) = (u64::from(ty.limits.min), ty.max());
            let wanted = MemoryType { index64: false, shared: false, page_size_log2: PAGE_LOG2, min, max };
            let memory = store.shared.with(|context| Memory::new(context, wanted)).ok()?;
            Some(give(Ref::new(store, Kind::Memory(memory))))
        };
        make().unwrap_or(std::ptr::null_mut())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_type(memory: Option<&Ref>) -> *mut CExternType {
    guard(std::ptr::null_mut(), || {
        let ty = memory_of(memory).and_then(|(memory, store)| store.shared.with(|context| memory.ty(&context)).ok());
        ty.map_or(std::ptr::null_mut(), |ty| give(CExternType::of_memory(&ty)))
    })
}

fn extent(memory: Option<&Ref>) -> Option<(*mut u8, u64)> {
    let (memory, store) = memory_of(memory)?;
    store.shared.with(|context| memory.base(&context)).ok()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_data(memory: Option<&Ref>) -> *mut u8 {
    guard(std::ptr::null_mut(), || extent(memory).map_or(std::ptr::null_mut(), |(start, _)| start))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_data_size(memory: Option<&Ref>) -> usize {
    guard(0, || extent(memory).map_or(0, |(_, bytes)| bytes as usize))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_size(memory: Option<&Ref>) -> u32 {
    guard(0, || {
        let size =
            memory_of(memory).and_then(|(memory, store)| store.shared.with(|context| memory.size(&context)).ok());
        size.map_or(0, |size| u32::try_from(size).unwrap_or(u32::MAX))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memory_grow(memory: Option<&Ref>, delta: u32) -> bool {
    guard(false, || {
        let Some((memory, store)) = memory_of(memory) else { return false };
        store.shared.with(|context| memory.grow(context, u64::from(delta))).is_ok()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_extern_kind(item: Option<&Ref>) -> u8 {
    guard(0, || item.and_then(Ref::extern_kind).unwrap_or(0))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_extern_type(item: Option<&Ref>) -> *mut CExternType {
    guard(std::ptr::null_mut(), || match item.map(|item| &item.object.kind) {
        Some(Kind::Func(_)) => super::func::wasm_func_type(item),
        Some(Kind::Global(_)) => wasm_global_type(item),
        Some(Kind::Table(_)) => wasm_table_type(item),
        Some(Kind::Memory(_)) => wasm_memory_type(item),
        _ => std::ptr::null_mut(),
    })
}
