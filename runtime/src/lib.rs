//! The runtime: maps, verifies, links and runs `.aot` artifacts. It holds no compiler and never
//! sees wasm bytes.
//!
//! An [`Engine`] is shared by everything. An [`Artifact`] is a verified file; a [`Module`] is one
//! whose code the embedder trusts. A [`Linker`] knows names: of host functions, of registered
//! modules, and of modules its reader finds. It makes sets of instances in a [`Store`], which owns
//! all that can reach each other.
//!
//! ```no_run
//! use iwasm::{Artifact, DirReader, Engine, Linker, Module, Store};
//!
//! let engine = Engine::default();
//! let mut linker = Linker::new(&engine);
//! linker.func("env", "log", |value: i32| println!("guest says {value}"));
//! // SAFETY: the artifacts in this folder are our own compiler's.
//! unsafe { linker.set_module_reader(DirReader::new(["modules"])) };
//!
//! let artifact = Artifact::from_file("modules/main.aot")?;
//! // SAFETY: as above.
//! let module = unsafe { Module::new(&engine, artifact)? };
//! let mut store = Store::new(&engine, ());
//! let instance = linker.instantiate(&mut store, "main", &module)?;
//! let add = instance.get_func(&store, "add").expect("an export").typed::<(i32, i32), i32>(&store)?;
//! assert_eq!(add.call(&mut store, (1, 2))?, 3);
//! # Ok::<(), iwasm::Error>(())
//! ```
//!
//! * [`sys`]: the operating system and the instruction set: mappings, memories, signals, entry.
//! * [`vm`]: the structures that compiled code and the runtime share, and the built-in functions.
//! * [`types`]: canonical types and import matching.
//! * [`store`], [`instance`], [`linker`]: what they say. [`gc`]: the heap of collected objects.
//! * [`call`], [`host`]: the two directions across the boundary; [`unwind`]: from a throw to its handler.
//! * [`raw`]: the boundary without checks.
//! * [`names`]: values by name. [`text`]: values as people write them.
//! * [`interrupt`]: stopping what runs, from another thread; [`parking`]: where threads wait for each other.

mod artifact;
mod call;
mod context;
mod engine;
mod error;
mod exception;
mod externs;
#[doc(hidden)]
pub mod faults;
mod gc;
mod host;
mod instance;
mod interrupt;
pub mod limits;
mod linker;
mod module;
mod names;
mod parking;
pub mod raw;
mod store;
mod sys;
pub mod text;
mod trap;
mod typed;
mod types;
mod unwind;
mod value;
mod vm;

pub use aot_format::Integrity;
pub use aot_format::layout::{FORMAT_VERSION, is_artifact, said_version};
pub use aot_format::types::{
    ExternKind, ExternType, FuncType, GlobalType, HeapType, MemoryType, RefType, TableType, TypeIndex, ValType,
};

pub use artifact::Artifact;
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub use engine::{Config, Engine};
pub use error::{Error, HostError, ImportSite, LinkError, LinkErrors, LoadError};
pub use exception::{Exception, ExnRef};
pub use externs::{Extern, Func, Global, Instance, Memory, SharedMemory, Table, Tag, TypedFunc};
pub use gc::reference::{AnyRef, ExternRef};
pub use host::{Caller, HostFunction, HostResult, IntoHostFunc};
pub use interrupt::{InterruptHandle, is_interrupted};
pub use limits::StoreLimits;
pub use linker::{DirReader, Linker, ModuleReader, RESERVED_NAMES};
pub use module::{ExportType, ImportType, Module};
#[doc(hidden)] // The C library's tables are made of the same code.
pub use names::Names;
pub use parking::WaitResult;
pub use store::{Store, StoreSeed, Unloaded};
pub use trap::{Frame, Trap, TrapCode};
pub use typed::{WasmParams, WasmResults, WasmTy};
pub use value::Val;
