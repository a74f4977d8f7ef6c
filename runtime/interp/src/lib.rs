//! Runs sets of WebAssembly modules by interpretation, by the rules of the `iwasm` runtime and with its WASI, but with
//! nothing of its code for either linking or running: what it says is a second opinion.
//!
//! * [`backend`]: what an engine must be able to do. [`wasmi`](mod@wasmi) is the interpreter's.
//! * [`set`]: names → modules and instances; the rules of linking, over any engine.
//! * [`shape`]: a module's imports and exports, and what leads from one to the other.
//! * [`sections`]: modules of which parts are changed. [`split`]: modules of which allocating and initialising are two steps, for circles of imports.
//! * [`plan`]: does an [`iwasm_observe::Plan`] by any engine.
//!
//! Absent on purpose: artifacts, machine code.
#![forbid(unsafe_code)]

pub mod backend;
pub mod plan;
pub mod sections;
pub mod set;
pub mod shape;
pub mod split;
pub mod wasmi;

pub use backend::{Backend, Limits, ModuleError};
pub use set::{Failure, Set};
pub use wasmi::Wasmi;
