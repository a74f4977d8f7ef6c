//! What compiled code and the runtime share: the structures of `aot_format::abi` as Rust types
//! ([`structs`], [`objects`]) and the services compiled code calls ([`builtins`]).
//!
//! Not here: how wasm is entered and left (`crate::sys::enter`), and who owns the structures
//! (the instance and the store).

pub(crate) mod builtins;
pub(crate) mod objects;
pub(crate) mod racy;
pub(crate) mod structs;
