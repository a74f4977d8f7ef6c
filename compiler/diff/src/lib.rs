//! Compares compiled modules with other engines: the same plan is done by all, and what each of them saw must be the
//! same. For users who want to know before they ship (`wamrc diff`), and for our own tests.
//!
//! * [`set`]: the modules, and what can be called of them. [`arguments`]: what it is called with.
//! * [`engine`]: what can do a plan: compiled code here, in a process of its own or on another instruction set
//!   ([`compiled`]), the interpreter ([`interpreted`]), and wasmtime (`second`), with the feature of its name.
//! * [`compare`]: two observations → whether they differ, and where.
//! * [`shrink`]: a difference → a smaller one. [`report`]: a difference for people.
//!
//! This crate stands above both the compiler and the runtime. Absent on purpose: command lines, and making up modules.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod compare;
pub mod compiled;
pub mod engine;
pub mod interpreted;
pub mod report;
#[cfg(feature = "wasmtime")]
pub mod second;
pub mod set;
pub mod shrink;

pub use compare::{Difference, Nans, Verdict, compare};
pub use engine::{Engine, EngineError};
pub use set::{Member, Set};
