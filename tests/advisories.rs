//! What broke in code generators of our kind, held against this one: one file in `advisories/` for each kind of
//! miscompilation or escape from the sandbox that became known, run at every width, with guard pages and with
//! explicit bounds checks, for the portable baseline and for this machine's CPU, optimised and not. What is expected
//! is computed in Rust, from the definition of the operators, and never by compiled code.

#[path = "advisories/sheet.rs"]
mod sheet;

#[path = "advisories/address_folding.rs"]
mod address_folding;
#[path = "advisories/constant_division.rs"]
mod constant_division;
#[path = "advisories/extension_of_spilled_values.rs"]
mod extension_of_spilled_values;
#[path = "advisories/load_widening.rs"]
mod load_widening;
#[path = "advisories/vector_lanes.rs"]
mod vector_lanes;
