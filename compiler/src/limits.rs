//! Limits of the compiler's input. What an artifact can hold is limited by `aot_format::limits`, what one
//! function may be by the code generator.

/// Bytes of one module, binary or text, that the command reads.
pub const MAX_MODULE_BYTES: u64 = 1 << 30;

/// Parameters, results and locals that functions may have in all, whatever the size of their module. Five bytes can
/// declare fifty thousand, and each costs time: a small module could take minutes.
pub const MIN_LOCALS: u64 = 1 << 24;

/// Parameters, results and locals that the functions of a module of `module_bytes` bytes may have in all.
pub fn max_locals(module_bytes: u64) -> u64 {
    MIN_LOCALS.max(module_bytes)
}

/// Operands that the operators of a function with a body of `body_bytes` bytes may push and pass on, and handlers its
/// calls may ask, in a module of so many functions. Two bytes of a call or a block can stand for thousands, and each
/// costs time and memory.
pub fn max_operands(body_bytes: u64, functions: u64) -> u64 {
    256 + (MANY_OPERANDS / functions.max(1)).min(1 << 16) + 16 * body_bytes
}

/// Operands that all functions of a module may pass on beyond what their bytes and a few for each allow.
const MANY_OPERANDS: u64 = 1 << 22;
