//! The sizes and offsets that C programs were compiled for; `tests/c-api/layout.c` has the same numbers.

use std::mem::{offset_of, size_of};

use crate::arguments::InstantiationArgs;
use crate::beyond::Figures;
use crate::function::WasmVal;
use crate::global::{MemAllocInfo, MemAllocOption, RuntimeInitArgs};
use crate::imports::CExtern;
use crate::memory::{WasmGlobal, WasmTable};
use crate::module::LoadArgs;
use crate::natives::NativeSymbol;
use crate::types::{WasmExport, WasmImport};

const _: () = {
    assert!(size_of::<RuntimeInitArgs>() == 232);
    assert!(offset_of!(RuntimeInitArgs, mem_alloc_option) == 8);
    assert!(offset_of!(RuntimeInitArgs, native_symbols) == 48);
    assert!(offset_of!(RuntimeInitArgs, n_native_symbols) == 56);
    assert!(offset_of!(RuntimeInitArgs, enable_linux_perf) == 224);
    assert!(size_of::<MemAllocOption>() == 32);
    assert!(size_of::<MemAllocInfo>() == 12);
    assert!(size_of::<NativeSymbol>() == 32);
    assert!(size_of::<LoadArgs>() == 16);
    assert!(size_of::<InstantiationArgs>() == 12);
    assert!(size_of::<CExtern>() == 32);
    assert!(offset_of!(CExtern, of) == 24);
    assert!(size_of::<WasmVal>() == 16);
    assert!(offset_of!(WasmVal, of) == 8);
    assert!(size_of::<WasmImport>() == 32);
    assert!(offset_of!(WasmImport, linked) == 20);
    assert!(offset_of!(WasmImport, ty) == 24);
    assert!(size_of::<WasmExport>() == 24);
    assert!(size_of::<WasmGlobal>() == 16);
    assert!(size_of::<WasmTable>() == 24);
    assert!(offset_of!(WasmTable, elems) == 16);
    assert!(size_of::<Figures>() == 32);
};
