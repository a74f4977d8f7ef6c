//! Types and signatures: wasm's as CLIF's. Nothing here emits an instruction.

use aot_format::abi::Builtin;
use aot_format::types::{FuncType, ValType};
use cranelift_codegen::ir::{AbiParam, ArgumentPurpose, Signature, Type, types};
use cranelift_codegen::isa::CallConv;

use super::vector::VECTOR;
use crate::module::Module;

/// CLIF type of addresses, of references, and of every pointer in the vmctx.
pub const POINTER: Type = types::I64;

/// CLIF type of a value of an artifact's value type.
pub fn clif_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::Ref(_) => POINTER,
        ValType::V128 => VECTOR,
    }
}

/// What the translation needs to know of the type of a value that it makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueKind {
    /// Its CLIF type.
    pub clif: Type,
    /// Whether the collector has to know of it.
    pub managed: bool,
}

/// The kind of managed references.
pub const MANAGED: ValueKind = ValueKind { clif: POINTER, managed: true };

impl ValueKind {
    /// The kind of values of a type.
    pub fn of(ty: ValType, module: &Module<'_>) -> ValueKind {
        ValueKind { clif: clif_type(ty), managed: module.is_managed(ty) }
    }

    /// The kind of values of a type that stands in a body.
    pub fn of_parsed(ty: wasmparser::ValType, module: &Module<'_>) -> ValueKind {
        // What cannot be converted has been refused by validation.
        let managed = ty.is_reference_type() && module.convert_type(ty, 0).is_ok_and(|ty| module.is_managed(ty));
        ValueKind { clif: clif_type_of_parsed(ty), managed }
    }
}

/// CLIF type of a value of wasmparser's value type.
pub fn clif_type_of_parsed(ty: wasmparser::ValType) -> Type {
    use wasmparser::ValType as Parsed;
    match ty {
        Parsed::I32 => types::I32,
        Parsed::I64 => types::I64,
        Parsed::F32 => types::F32,
        Parsed::F64 => types::F64,
        Parsed::Ref(_) => POINTER,
        Parsed::V128 => VECTOR,
    }
}

/// Signature of a compiled wasm function: the hidden vmctx, then the wasm parameters; every result
/// is a return value, and Cranelift's implicit return area takes what registers do not.
pub fn wasm_signature(ty: &FuncType) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.reserve(ty.params.len() + 1);
    signature.params.push(AbiParam::special(POINTER, ArgumentPurpose::VMContext));
    for &param in &ty.params {
        signature.params.push(AbiParam::new(clif_type(param)));
    }
    for &result in &ty.results {
        signature.returns.push(AbiParam::new(clif_type(result)));
    }
    signature
}

/// A 32-bit argument or result of a C function. The riscv64 C convention wants it sign-extended;
/// on the other ISAs the upper half is unspecified, so that extending is right there, too.
fn c_i32() -> AbiParam {
    AbiParam::new(types::I32).sext()
}

/// Signature of a builtin, from its letters.
pub fn builtin_signature(builtin: Builtin, call_conv: CallConv) -> Signature {
    let mut signature = Signature::new(call_conv);
    signature.params.push(AbiParam::new(POINTER));
    let mut in_results = false;
    for letter in builtin.signature().bytes() {
        let param = match letter {
            b':' => {
                in_results = true;
                continue;
            }
            b'l' | b'o' => AbiParam::new(types::I64),
            _ => c_i32(),
        };
        if in_results { signature.returns.push(param) } else { signature.params.push(param) }
    }
    signature
}

/// Signature of the service trampoline of a builtin: its parameters and results, in the wasm convention.
pub fn service_signature(builtin: Builtin) -> Signature {
    let mut signature = builtin_signature(builtin, CallConv::Tail);
    signature.params[0] = AbiParam::special(POINTER, ArgumentPurpose::VMContext);
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_letters() {
        let grow = builtin_signature(Builtin::MemoryGrow, CallConv::SystemV);
        assert_eq!(grow.to_string(), "(i64, i32 sext, i64) -> i64 system_v");
        let drop = builtin_signature(Builtin::DataDrop, CallConv::SystemV);
        assert_eq!(drop.to_string(), "(i64, i32 sext) system_v");
        let fill = builtin_signature(Builtin::TableFill, CallConv::SystemV);
        assert_eq!(fill.to_string(), "(i64, i32 sext, i64, i64, i64) -> i32 sext system_v");
    }
}
