//! Modules: artifacts in a store; WebAssembly is compiled to one.

use std::rc::Rc;
use std::sync::Arc;

use runtime::{Artifact, Module};

use super::refs::{Kind, Ref};
use super::types::{ExportType, ImportType};
use super::vec::CVec;
use super::{CStore, delete, give};
use crate::boundary::{Out, guard, put};
use crate::compile;

/// What a `wasm_shared_module_t` points to: bytes, of which each store makes its own.
pub struct SharedModule(Arc<[u8]>);

/// A module of a store; none if the bytes are no artifact for this machine, and nothing that can be compiled to one.
fn make(store: &CStore, bytes: &[u8]) -> Option<Ref> {
    let compiled;
    let bytes = match compile::is_wasm(bytes) {
        true => {
            compiled = compile::compile(bytes).ok()?;
            &compiled[..]
        }
        false => bytes,
    };
    let artifact = Artifact::from_bytes(bytes).ok()?;
    // SAFETY: the program that gave the bytes trusts them: the header says so.
    let module = unsafe { Module::new(&store.engine, artifact) }.ok()?;
    Some(Ref::new(store, Kind::Module(module, Rc::from(bytes))))
}

/// The module of a reference, and its bytes.
pub fn of(module: Option<&Ref>) -> Option<(&Module, &Rc<[u8]>)> {
    match &module?.object.kind {
        Kind::Module(module, bytes) => Some((module, bytes)),
        _ => None,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_module_new(store: Option<&CStore>, binary: Option<&CVec<u8>>) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let made = store.zip(binary).and_then(|(store, binary)| make(store, binary.as_slice()));
        made.map_or(std::ptr::null_mut(), give)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_module_validate(store: Option<&CStore>, binary: Option<&CVec<u8>>) -> bool {
    guard(false, || {
        store.zip(binary).is_some_and(|(_, binary)| compile::artifact(binary.as_slice(), Artifact::from_bytes).is_ok())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_module_imports(module: Option<&Ref>, out: Out<'_, CVec<*mut ImportType>>) {
    guard((), || {
        let imports = of(module).map_or(Vec::new(), |(module, _)| {
            module.imports().iter().map(|import| give(ImportType::of(module, import))).collect()
        });
        put(out, imports.into());
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_module_exports(module: Option<&Ref>, out: Out<'_, CVec<*mut ExportType>>) {
    guard((), || {
        let exports = of(module).map_or(Vec::new(), |(module, _)| {
            module.exports().iter().map(|export| give(ExportType::of(module, export))).collect()
        });
        put(out, exports.into());
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_module_serialize(module: Option<&Ref>, out: Out<'_, CVec<u8>>) {
    guard((), || {
        put(out, of(module).map_or(Vec::new(), |(_, bytes)| bytes.to_vec()).into());
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_module_deserialize(store: Option<&CStore>, binary: Option<&CVec<u8>>) -> *mut Ref {
    wasm_module_new(store, binary)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_module_share(module: Option<&Ref>) -> *mut SharedModule {
    guard(std::ptr::null_mut(), || {
        of(module).map_or(std::ptr::null_mut(), |(_, bytes)| give(SharedModule(Arc::from(&bytes[..]))))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_module_obtain(store: Option<&CStore>, shared: Option<&SharedModule>) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let made = store.zip(shared).and_then(|(store, shared)| make(store, &shared.0));
        made.map_or(std::ptr::null_mut(), give)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_shared_module_delete(shared: *mut SharedModule) {
    // SAFETY: by the header.
    unsafe { delete(shared) }
}
