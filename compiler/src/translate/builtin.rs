//! Calls of the runtime's services through the vmctx.

use aot_format::abi::{Builtin, FIRST_OBJECT_ADDRESS, TrapCode, Vmctx};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::function::FuncTranslator;
use super::signature::{MANAGED, POINTER};
use super::vmctx::Place;

impl FuncTranslator<'_, '_> {
    /// Calls a builtin; its result, for one that has a result.
    pub(super) fn call_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Option<Value> {
        let signature = self.builtin_signature(builtin);
        let builtins = self.load_constant(self.own(Vmctx::BUILTINS), POINTER);
        let code = self.load_constant(Place { base: builtins, offset: builtin.offset() }, POINTER);
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(self.vmctx);
        all.extend_from_slice(args);
        let call = self.builder.ins().call_indirect(signature, code, &all);
        self.locate(call);
        self.builder.inst_results(call).first().copied()
    }

    /// Calls a builtin that looks at the stack; its result, for one that has a result.
    pub(super) fn call_service(&mut self, builtin: Builtin, args: &[Value]) -> Option<Value> {
        let service = self.service(builtin);
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(self.vmctx);
        all.extend_from_slice(args);
        let call = self.builder.ins().call(service, &all);
        self.locate(call);
        self.builder.inst_results(call).first().copied()
    }

    /// Calls a builtin that makes an object, or traps with one of `codes`.
    pub(super) fn call_allocating(&mut self, builtin: Builtin, args: &[Value], codes: &[TrapCode]) -> Value {
        let Some(result) = self.call_service(builtin, args) else { unreachable!("these builtins have a result") };
        let failed = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThan, result, i64::from(FIRST_OBJECT_ADDRESS));
        let (trapping, made) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(trapping);
        self.builder.ins().brif(failed, trapping, &[], made, &[]);
        self.continue_in(trapping);
        self.trap_with(result, codes);
        self.continue_in(made);
        self.note_kind(result, MANAGED);
        result
    }

    /// Calls a builtin that says whether to trap, and with which of `codes`.
    pub(super) fn call_checking(&mut self, builtin: Builtin, args: &[Value], codes: &[TrapCode]) {
        let Some(result) = self.call_builtin(builtin, args) else { return };
        let (trapping, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(trapping);
        self.builder.ins().brif(result, trapping, &[], done, &[]);
        self.continue_in(trapping);
        self.trap_with(result, codes);
        self.continue_in(done);
    }

    /// Traps with the code that a builtin returned; it is one of `codes`.
    fn trap_with(&mut self, result: Value, codes: &[TrapCode]) {
        let Some((last, others)) = codes.split_last() else { return };
        for &code in others {
            let this = self.builder.ins().icmp_imm_u(IntCC::Equal, result, code as i64);
            self.trap_if(this, code);
        }
        self.trap(*last);
    }

    /// Calls a builtin that says whether to trap. `code` is the only trap it can ask for.
    pub(super) fn call_trapping_builtin(&mut self, builtin: Builtin, args: &[Value], code: TrapCode) {
        if let Some(result) = self.call_builtin(builtin, args) {
            self.trap_if(result, code);
        }
    }

    /// Calls a builtin that has a result and pushes it, as a value of the index type.
    pub(super) fn push_builtin_index(&mut self, builtin: Builtin, args: &[Value], index64: bool) {
        if let Some(result) = self.call_builtin(builtin, args) {
            let result = self.reduce_to_index(result, index64);
            self.push(result);
        }
    }
}
