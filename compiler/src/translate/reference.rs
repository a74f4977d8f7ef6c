//! References: null, functions, null tests. A reference is a 64-bit address or host handle, and null
//! is zero. Branches on null are with the other branches in [`super::control`].

use aot_format::abi::TrapCode;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;

use super::function::FuncTranslator;
use super::signature::POINTER;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_ref_null(&mut self, _heap: wasmparser::HeapType) -> Result<(), BodyError> {
        let null = self.builder.ins().iconst(POINTER, 0);
        self.push(null);
        Ok(())
    }

    pub(super) fn visit_ref_is_null(&mut self) -> Result<(), BodyError> {
        let reference = self.pop();
        let truth = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        self.push_bool(truth);
        Ok(())
    }

    pub(super) fn visit_ref_func(&mut self, function_index: u32) -> Result<(), BodyError> {
        let Some(slot) = self.module.funcref_slot(function_index) else {
            let what = "a declared function without a funcref slot";
            return Err(BodyError::Internal { what, offset: self.offset });
        };
        let address = self.address(self.own(self.module.layout.funcref(slot)));
        self.push(address);
        Ok(())
    }

    pub(super) fn visit_ref_as_non_null(&mut self) -> Result<(), BodyError> {
        let reference = self.pop();
        self.trap_if_zero(reference, TrapCode::NullReference);
        self.push(reference);
        Ok(())
    }
}
