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

/// Operands that the operators of a function with a body of `body_bytes` bytes may push and pass on. Two
/// bytes of a call or a block can stand for thousands, and each costs time and memory.
pub fn max_operands(body_bytes: u64) -> u64 {
    (1 << 16) + 16 * body_bytes
}
