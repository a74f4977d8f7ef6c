//! A WASI command: the host gives it a WASI context and calls `_start`. `iwasm hello.aot` does the same.

use iwasm::{Engine, Store};
use iwasm_wasi::WasiCtx;

fn main() -> samples::Result {
    let engine = Engine::default();
    let hello = samples::load(&engine, "hello", "hello")?;

    let mut linker = samples::linker(&engine, "hello")?;
    iwasm_wasi::add_to_linker(&mut linker, |wasi| wasi);

    // The store holds what the modules change, here also the WASI context: the standard streams are this program's.
    let mut store = Store::new(&engine, WasiCtx::builder().inherit_stdio().build()?);
    let instance = linker.instantiate(&mut store, "hello", &hello)?;
    let start = instance.get_func(&store, "_start").ok_or("no _start")?;
    start.typed::<(), ()>(&store)?.call(&mut store, ())?;
    Ok(())
}
