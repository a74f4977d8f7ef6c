//! Limits of the compiler's input. What an artifact can hold is limited by `aot_format::limits`, what one
//! function may be by the code generator.

/// Bytes of one module, binary or text, that the command reads.
pub const MAX_MODULE_BYTES: u64 = 1 << 30;

/// Locals that functions may declare in all, whatever the size of their module. Five bytes can declare
/// fifty thousand, and each costs time: a small module could take minutes.
pub const MIN_LOCALS: u64 = 1 << 24;

/// Locals that the functions of a module of `module_bytes` bytes may declare in all.
pub fn max_locals(module_bytes: u64) -> u64 {
    MIN_LOCALS.max(module_bytes)
}
