//! Traps, between the artifact's numbering and Cranelift's: the one place that knows both.
//!
//! A trap code of ours is Cranelift's "user" code with the same number, except where Cranelift's own
//! instruction selection raises a code of its own (division, conversion, the prologue's stack
//! check); those are used in both directions so that every cause has one code in CLIF.

use aot_format::abi;
use cranelift_codegen::ir;

/// What an access to a memory with a reservation carries: the hardware finds the trap, the runtime recognises
/// it by the faulting address, and the artifact's trap table need not list it.
pub const RESERVATION_FAULT: ir::TrapCode = ir::TrapCode::HEAP_OUT_OF_BOUNDS;
/// The same of a memory with a fence.
pub const FENCE_FAULT: ir::TrapCode = ir::TrapCode::unwrap_user(0xe0);

/// Whether a trap is found by a guard of the memory's.
pub fn is_guard_fault(code: ir::TrapCode) -> bool {
    matches!(code, RESERVATION_FAULT | FENCE_FAULT)
}

/// Cranelift's code for a trap of ours.
pub fn to_clif(code: abi::TrapCode) -> ir::TrapCode {
    use abi::TrapCode::*;
    match code {
        IntegerOverflow => ir::TrapCode::INTEGER_OVERFLOW,
        IntegerDivideByZero => ir::TrapCode::INTEGER_DIVISION_BY_ZERO,
        InvalidConversionToInteger => ir::TrapCode::BAD_CONVERSION_TO_INTEGER,
        StackOverflow => ir::TrapCode::STACK_OVERFLOW,
        Unreachable
        | MemoryOutOfBounds
        | TableOutOfBounds
        | UndefinedElement
        | UninitializedElement
        | IndirectCallTypeMismatch
        | NullReference
        | NullFunctionReference
        | NullExceptionReference
        | HeapExhausted
        | NullStructure
        | NullArray
        | NullI31
        | ArrayOutOfBounds
        | CastFailure
        | UnalignedAtomic
        | ExpectedSharedMemory
        | Interrupted => ir::TrapCode::unwrap_user(code as u8),
    }
}

/// Our code for a trap in compiled code; `None` for a code that nothing here emits.
pub fn from_clif(code: ir::TrapCode) -> Option<abi::TrapCode> {
    Some(match code {
        ir::TrapCode::INTEGER_OVERFLOW => abi::TrapCode::IntegerOverflow,
        ir::TrapCode::INTEGER_DIVISION_BY_ZERO => abi::TrapCode::IntegerDivideByZero,
        ir::TrapCode::BAD_CONVERSION_TO_INTEGER => abi::TrapCode::InvalidConversionToInteger,
        ir::TrapCode::STACK_OVERFLOW => abi::TrapCode::StackOverflow,
        guard if is_guard_fault(guard) => abi::TrapCode::MemoryOutOfBounds,
        user => return abi::TrapCode::from_code(user.as_raw().get()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for &code in abi::TrapCode::ALL {
            assert_eq!(from_clif(to_clif(code)), Some(code));
            assert!(!is_guard_fault(to_clif(code)));
        }
        for guard in [RESERVATION_FAULT, FENCE_FAULT] {
            assert_eq!(from_clif(guard), Some(abi::TrapCode::MemoryOutOfBounds));
        }
        assert_eq!(from_clif(ir::TrapCode::unwrap_user(200)), None);
    }
}
