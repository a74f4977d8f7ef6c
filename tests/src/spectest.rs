//! The host module `spectest` that the WebAssembly test suite imports from, with the values the
//! suite's own interpreter gives it.

use iwasm::{
    Error, Extern, Global, GlobalType, Linker, Memory, MemoryType, RefType, Store, Table, TableType, Val, ValType,
};

/// Defines `spectest` in a linker.
///
/// # Errors
///
/// Those of the runtime, for what every version must have. The 64-bit table and the shared memory
/// are left out where the runtime has none.
pub fn define<T: 'static>(linker: &mut Linker<T>, store: &mut Store<T>) -> Result<(), Error> {
    linker.func("spectest", "print", || {});
    linker.func("spectest", "print_i32", |_: i32| {});
    linker.func("spectest", "print_i64", |_: i64| {});
    linker.func("spectest", "print_f32", |_: f32| {});
    linker.func("spectest", "print_f64", |_: f64| {});
    linker.func("spectest", "print_i32_f32", |_: i32, _: f32| {});
    linker.func("spectest", "print_f64_f64", |_: f64, _: f64| {});
    let globals = [
        ("global_i32", ValType::I32, Val::I32(666)),
        ("global_i64", ValType::I64, Val::I64(666)),
        ("global_f32", ValType::F32, Val::F32(666.6f32.to_bits())),
        ("global_f64", ValType::F64, Val::F64(666.6f64.to_bits())),
    ];
    for (name, content, value) in globals {
        let global = Global::new(&mut *store, GlobalType { content, mutable: false }, value)?;
        linker.define("spectest", name, Extern::Global(global));
    }
    let ty = TableType { element: RefType::FUNCREF, index64: false, min: 10, max: Some(20) };
    let table = Table::new(&mut *store, ty, Val::FuncRef(None))?;
    linker.define("spectest", "table", Extern::Table(table));
    if let Ok(table) = Table::new(&mut *store, TableType { index64: true, ..ty }, Val::FuncRef(None)) {
        linker.define("spectest", "table64", Extern::Table(table));
    }
    let ty = MemoryType { index64: false, shared: false, page_size_log2: 16, min: 1, max: Some(2) };
    let memory = Memory::new(&mut *store, ty)?;
    linker.define("spectest", "memory", Extern::Memory(memory));
    if let Ok(memory) = Memory::new(&mut *store, MemoryType { shared: true, ..ty }) {
        linker.define("spectest", "shared_memory", Extern::Memory(memory));
    }
    Ok(())
}
