//! The `.aot` artifact: what stands in it, where, and what a byte of it may be.
//!
//! * [`layout`]: header, sections, records: every byte of the file, in one place.
//! * [`abi`]: the contract between compiled code and the runtime.
//! * [`types`]: WebAssembly types as artifacts hold them.
//! * [`cpu`]: instruction sets and their features.
//! * [`features`]: the features of WebAssembly that have a switch, by name.
//! * [`limits`]: every limit, on one page.
//! * [`write`]: [`write::Contents`] → bytes, deterministically.
//! * [`read`]: bytes → [`read::Artifact`], which can only be had by verification ([`verify`]).
//! * [`fat`]: several artifacts in one file, for several machines.
//! * [`set`]: several modules in one file, compiled together.
//! * [`dump`]: an artifact as text.
//!
//! Absent on purpose: wasm bytes, host addresses, files, `unsafe`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod abi;
pub mod addrmap;
pub mod cpu;
pub mod dump;
pub mod error;
pub mod fat;
pub mod features;
pub mod layout;
pub mod limits;
pub mod read;
pub mod set;
pub mod types;
mod verify;
pub mod write;

pub use error::FormatError;
pub use read::{Artifact, Integrity};
