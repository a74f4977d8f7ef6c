//! Types at run time: canonical identity across artifacts ([`registry`]) and the matching of
//! imports against exports ([`matching`]), and what compiled code sees of a type of objects
//! ([`descriptor`]); and types as errors show them ([`mod@describe`]).
//!
//! From here on a concrete heap type's index is a *canonical* one, of the engine, not of an
//! artifact. What artifacts themselves say about types lives in `aot_format::types`.

pub(crate) mod describe;
mod descriptor;
pub(crate) mod matching;
pub(crate) mod registry;

pub(crate) use registry::{CanonicalId, TypeRegistry};
