//! Calls of the runtime's services through the vmctx.

use aot_format::abi::{Builtin, TrapCode, Vmctx};
use cranelift_codegen::ir::{InstBuilder, Value};

use super::function::FuncTranslator;
use super::signature::POINTER;
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
