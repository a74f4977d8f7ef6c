//! Integer references, identity, and conversion between internal and external references. What the bits
//! of a managed reference mean is the ABI's business ([`aot_format::abi::REFERENCE_TAG_MASK`]).

use aot_format::abi::{I31_TAG, TrapCode};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::function::FuncTranslator;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_ref_i31(&mut self) -> Result<(), BodyError> {
        let value = self.pop();
        let shifted = self.builder.ins().ishl_imm_u(value, 1);
        let tagged = self.builder.ins().bor_imm_u(shifted, I31_TAG as i64);
        let reference = self.builder.ins().uextend(types::I64, tagged);
        self.push(reference);
        Ok(())
    }

    /// Pops an integer reference and gives its low 32 bits: the tag, and the integer above.
    fn pop_i31(&mut self) -> Value {
        let null = self.null_trap(0, TrapCode::NullI31);
        let reference = self.pop();
        self.check_null(reference, null);
        self.builder.ins().ireduce(types::I32, reference)
    }

    pub(super) fn visit_i31_get_s(&mut self) -> Result<(), BodyError> {
        let tagged = self.pop_i31();
        let value = self.builder.ins().sshr_imm_u(tagged, 1);
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_i31_get_u(&mut self) -> Result<(), BodyError> {
        let tagged = self.pop_i31();
        let value = self.builder.ins().ushr_imm_u(tagged, 1);
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_ref_eq(&mut self) -> Result<(), BodyError> {
        let (left, right) = self.state.stack.pop2();
        let same = self.builder.ins().icmp(IntCC::Equal, left, right);
        self.push_bool(same);
        Ok(())
    }

    pub(super) fn visit_any_convert_extern(&mut self) -> Result<(), BodyError> {
        Ok(())
    }

    pub(super) fn visit_extern_convert_any(&mut self) -> Result<(), BodyError> {
        Ok(())
    }
}
