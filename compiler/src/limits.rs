//! Limits of the compiler's input. What an artifact can hold is limited by `aot_format::limits`, what one
//! function may be by the code generator.

/// Bytes of one module, binary or text, that the command reads.
pub const MAX_MODULE_BYTES: u64 = 1 << 30;
