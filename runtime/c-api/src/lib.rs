//! `libiwasm`: the runtime for C programs. The interface is `include/wasm_export.h`, whose functions have the names and
//! the meaning that WAMR's have; what is ours alone begins with `iwasm_`.
//!
//! * [`boundary`]: strings, error buffers, panics: what every function here does first.
//! * [`global`]: runtimes: engine, names, natives. [`reader`]: the module reader. [`allocator`]: the process's `malloc`.
//! * [`module`]: loading, registering, asking what a module imports and exports. [`types`]: types as C sees them.
//!   [`compile`]: from WebAssembly, where there is a compiler.
//! * [`shared`]: a store with its instances. [`instance`]: making and asking them. [`env`]: execution environments.
//!   [`arguments`]: what they are made with. [`imports`]: memories of the program's. [`threads`]: further threads of a set.
//! * [`function`]: look-up and calls. [`memory`], [`heap`]: addresses, and `malloc` inside of a module.
//! * [`natives`]: C functions that modules import. [`native_call`]: how they are called.
//! * [`external`]: what external references refer to. [`table`]: addresses that were given out. [`trace`]: exceptions and back traces as text.
//! * [`layout`]: what C programs were compiled for.
//! * `standard`: the standard interface, `include/wasm.h`, a feature.
//! * [`absent`]: functions that make no sense here, and say why. [`beyond`]: what WAMR does not have.
//!
//! # Safety contract
//!
//! Pointers that C passes are what the header says: null, or valid for what the function does with them. Null is checked
//! for; that a handle is still alive cannot be. One thread at a time uses an instance and what was got from it, but for
//! `wasm_runtime_terminate`; all else is guarded by a lock. References to a store are made anew in each function and not
//! kept while compiled code, or a C function, runs.
#![allow(clippy::missing_safety_doc, reason = "the header says what each function wants")]
#![allow(missing_docs, reason = "the header says what each function does")]

mod absent;
mod allocator;
mod arguments;
mod beyond;
mod boundary;
mod compile;
mod env;
mod external;
mod function;
mod global;
mod heap;
mod imports;
mod instance;
mod layout;
mod memory;
mod module;
mod native_call;
mod natives;
mod reader;
mod shared;
#[cfg(feature = "standard")]
mod standard;
mod table;
mod threads;
mod trace;
mod types;
#[cfg(feature = "wasi")]
mod wasi;
#[cfg(not(feature = "wasi"))]
#[path = "bare.rs"]
mod wasi;
#[cfg(feature = "wasi")]
mod wasi_threads;
