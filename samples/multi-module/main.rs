//! The multi-module sample: the host loads mC; the runtime finds mA and mB by name, through the host's module reader,
//! and links the three. See README.md in this folder.
//!
//! # Safety contract
//!
//! See the head of `samples/src/lib.rs`: what the folder of artifacts holds was written by wamrc, and is trusted.

use std::path::{Path, PathBuf};

use iwasm::{Artifact, Engine, Linker, LoadError, Module, Store, Unloaded, Val};
use iwasm_wasi::WasiCtx;

/// The bytes of one artifact, as the module reader hands them over. Dropping it is what WAMR calls the module
/// destroyer: the runtime does so when the last user of the module is gone.
struct FileBytes {
    name: String,
    bytes: Vec<u8>,
}

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for FileBytes {
    fn drop(&mut self) {
        println!("  destroyer: {}.aot is given back", self.name);
    }
}

/// Reads `NAME.aot`: `None` when there is no such file.
fn read(folder: &Path, name: &str) -> Result<Option<Artifact>, LoadError> {
    let path = folder.join(name).with_extension("aot");
    if !path.exists() {
        return Ok(None);
    }
    println!("  reader: {name}.aot");
    let bytes = std::fs::read(&path).map_err(|error| LoadError::File { path, reason: error.to_string() })?;
    Artifact::from_buffer(FileBytes { name: name.to_string(), bytes }).map(Some)
}

fn main() -> samples::Result {
    let folder: PathBuf = samples::folder("multi-module")?;
    let engine = Engine::default();
    let mut linker: Linker<WasiCtx> = Linker::new(&engine);
    iwasm_wasi::add_to_linker(&mut linker, |wasi| wasi);

    let reader_folder = folder.clone();
    // SAFETY: see the head of this file.
    unsafe { linker.set_module_reader(move |name: &str| read(&reader_folder, name)) };
    show_registry(&linker, "before anything is loaded");

    println!("load mC");
    let artifact = read(&folder, "mC")?.ok_or("there is no mC.aot")?;
    // SAFETY: see the head of this file.
    let module = unsafe { Module::new(&engine, artifact)? };

    println!("instantiate mC: the runtime asks for what it imports");
    let mut store = Store::new(&engine, WasiCtx::builder().inherit_stdio().build()?);
    let instance = linker.instantiate(&mut store, "mC", &module)?;
    show_registry(&linker, "mC, which the host loaded, has no name yet");
    linker.register("mC", &module)?;
    show_registry(&linker, "mC is registered");

    println!("call the exports of mC");
    for name in ["C1", "C2", "C3", "C4", "C5"] {
        let function = instance.get_func(&store, name).ok_or("no such export")?;
        println!("  {name}() = {}", show(&function.call(&mut store, &[])?));
    }

    println!("call exports of its dependencies");
    for name in ["$mA$A1", "$mB$B1", "$mB$B2"] {
        let function = store.lookup_func(instance, name).ok_or("no such export")?;
        println!("  {name}() = {}", show(&function.call(&mut store, &[])?));
    }

    println!("run mC as the WASI command that it is");
    let start = instance.get_func(&store, "_start").ok_or("no _start")?;
    start.typed::<(), ()>(&store)?.call(&mut store, ())?;

    // Two kinds of users are to go. Instances: unloading mC frees it and what only mC kept alive.
    if let Unloaded::Freed(names) = store.unload("mC")? {
        println!("unload mC: instances of {} are freed", names.join(", "));
    }
    // And handles of the modules: the registry's and our own. With the last one, the destroyer is called.
    drop(module);
    for name in ["mC", "mB", "mA"] {
        println!("unregister {name}");
        linker.unregister(name);
    }
    show_registry(&linker, "in the end");
    Ok(())
}

/// One line: which of the three modules is registered.
fn show_registry(linker: &Linker<WasiCtx>, when: &str) {
    let state = |name| format!("{name}: {}", if linker.find(name).is_some() { "found" } else { "not found" });
    println!("registry, {when}: {}, {}, {}", state("mA"), state("mB"), state("mC"));
}

/// Results, separated by commas.
fn show(results: &[Val]) -> String {
    let one = |value: &Val| match value {
        Val::I32(value) => value.to_string(),
        other => format!("{other:?}"),
    };
    results.iter().map(one).collect::<Vec<_>>().join(", ")
}
