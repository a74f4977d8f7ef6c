//! WASI preview 1 for the `iwasm` runtime: what a module imports from `wasi_snapshot_preview1` (and
//! from `wasi_unstable`, its predecessor), and the context those calls work on.
//!
//! ```
//! use iwasm::{Engine, Linker, Store};
//! use iwasm_wasi::{OutputBuffer, OutputStream, WasiCtx};
//!
//! let output = OutputBuffer::new(1 << 20);
//! let wasi = WasiCtx::builder().arg("hello").env("LANG", "C").stdout(OutputStream::buffer(&output)).build()?;
//! let engine = Engine::default();
//! let mut linker = Linker::new(&engine);
//! iwasm_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
//! let store = Store::new(&engine, wasi);
//! // … instantiate, call `_start`: then `output.contents()` is what the guest printed.
//! # let _ = store;
//! # Ok::<(), iwasm_wasi::BuildError>(())
//! ```
//!
//! One context belongs to a store and is shared by all its modules; clones of it are for the stores of further
//! threads. It grants nothing that it was
//! not given: no arguments, no environment, no files, and standard streams that are empty.
//!
//! * [`linker`]: the table of all 46 functions with their signatures.
//! * [`memory`]: guest pointers and how they are checked. Nothing else turns one into bytes.
//! * [`types`], [`errno`], [`rights`]: what crosses the boundary, as the specification lays it out.
//! * [`args`], [`clock`], [`fd`], [`fdstat`], [`dir`], [`path`], [`open`], [`times`], [`sock`], [`poll`], [`process`],
//!   [`random`]: the functions.
//! * [`context`], [`descriptor`], [`stream`]: what they work on.
//! * [`threads`]: `wasi-threads`: groups of threads, each with a store of its own.
//! * [`made_up`]: time and chance of runs that are to be compared.
//! * [`limits`]: every limit; [`budget`] counts what a guest has the host keep for it.
//!
//! What one guest does never becomes a signal to the process: sockets are written to without `SIGPIPE`, and the runtime
//! ignores `SIGXFSZ`. Pipes cannot be written so, and an embedder that gives some should ignore `SIGPIPE`, as Rust programs
//! do from the beginning.
//!
//! Absent on purpose: path logic. Names are resolved inside preopened directories by cap-std.
#![forbid(unsafe_code)]

mod args;
mod budget;
mod clock;
mod context;
mod descriptor;
mod dir;
mod errno;
mod fd;
mod fdstat;
pub mod limits;
mod linker;
mod made_up;
mod memory;
mod open;
mod path;
mod poll;
mod process;
mod random;
mod rights;
mod sock;
mod stream;
pub mod threads;
mod times;
mod types;

pub use context::{BuildError, WasiCtx, WasiCtxBuilder};
pub use linker::{Function, MODULE_NAMES, MissingMemory, add_to_linker, functions};
pub use stream::{InputStream, OutputBuffer, OutputStream};
