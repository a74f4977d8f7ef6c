//! Calls, plain and tail.
//!
//! Every callee gets its own instance's vmctx: the caller's own for a function of the same module, that at a known
//! distance for one of another member of the set, what the import record or the function reference holds for any
//! other.
//!
//! A call through a table that likely reaches one function of the set, or one of a few that are inlined, compares what it
//! finds there with a reference to each. If it is one, its type is known to be right, and it is called directly.

use aot_format::abi::{Builtin, FuncRef, Offset, TrapCode};
use aot_format::types::{ExternKind, HeapType, RefType, TypeIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, Inst, InstBuilder, MemFlagsData, SigRef, Value, types};

use super::function::FuncTranslator;
use super::regions;
use super::signature::{POINTER, ValueKind};
use super::trap;
use super::vmctx::Place;
use crate::error::BodyError;
use crate::set::Definition;

/// Parameters and results of the largest type of which several functions are told apart: each call has all of them.
const MAX_VALUES: usize = 16;

/// A callee that is known at run time.
struct Indirect {
    signature: SigRef,
    code: Value,
    vmctx: Value,
}

/// A function of the set that a call through a table likely reaches.
struct Likely {
    /// The member whose reference to it the table has, and where that stands in its vmctx.
    member: usize,
    reference: Offset,
    definition: Definition,
}

impl FuncTranslator<'_, '_> {
    fn pop_args(&mut self, vmctx: Value, ty: TypeIndex) -> Vec<Value> {
        let count = self.module.func_type_at(ty).params.len();
        let mut args = Vec::with_capacity(count + 1);
        args.push(vmctx);
        args.append(&mut self.pop_all(count));
        args
    }

    fn imported_callee(&mut self, func_index: u32) -> Indirect {
        let signature = self.signature(self.module.functions[func_index as usize]);
        let (code, vmctx) = self.function_import(func_index);
        Indirect { signature, code, vmctx }
    }

    /// The callee behind a reference whose type is right; traps with `null` if it is null.
    fn referenced_callee(&mut self, ty: TypeIndex, reference: Value, null: TrapCode) -> Indirect {
        self.state.indirect_types.insert(ty);
        let signature = self.signature(ty);
        // Whichever load comes first finds the null; both name it, as neither may move before it.
        let flags = funcref_flags().with_trap_code(Some(trap::to_clif(null)));
        let funcref = Place { base: reference, offset: 0 };
        let code = self.load_at(funcref.field(FuncRef::CODE), POINTER, flags);
        self.locate_value(code);
        let vmctx = self.load_at(funcref.field(FuncRef::VMCTX), POINTER, funcref_flags());
        Indirect { signature, code, vmctx }
    }

    /// Whether every non-null element of a table of this type is a function of type `expected`.
    fn guarantees(&self, element: RefType, expected: TypeIndex) -> bool {
        let HeapType::Concrete(mut actual) = element.heap else { return false };
        loop {
            if actual == expected {
                return true;
            }
            match self.module.types[actual.0 as usize].supertype {
                Some(supertype) => actual = supertype,
                None => return false,
            }
        }
    }

    /// The callee of `call_indirect`: bounds, null and type are checked, in this order.
    fn table_callee(&mut self, type_index: u32, table_index: u32, index: Value) -> Indirect {
        let reference = self.table_element(table_index, index, TrapCode::UndefinedElement);
        self.element_callee(type_index, table_index, reference)
    }

    /// The callee that an element of a table is: null and type are checked.
    fn element_callee(&mut self, type_index: u32, table_index: u32, reference: Value) -> Indirect {
        let expected = TypeIndex(type_index);
        if !self.guarantees(self.module.tables[table_index as usize].element, expected) {
            self.check_type(reference, expected);
        }
        self.referenced_callee(expected, reference, TrapCode::UninitializedElement)
    }

    /// Traps unless a function reference is of the expected type or a subtype of it.
    fn check_type(&mut self, reference: Value, expected: TypeIndex) {
        let flags = funcref_flags().with_trap_code(Some(trap::to_clif(TrapCode::UninitializedElement)));
        let actual_id = self.load_at(Place { base: reference, offset: FuncRef::TYPE_ID }, types::I32, flags);
        self.locate_value(actual_id);
        let expected_id = self.type_id(expected.0);
        if self.module.types[expected.0 as usize].is_final {
            let differs = self.builder.ins().icmp(IntCC::NotEqual, actual_id, expected_id);
            self.trap_if(differs, TrapCode::IndirectCallTypeMismatch);
            return;
        }
        let same = self.builder.ins().icmp(IntCC::Equal, actual_id, expected_id);
        let (slow, matches) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(same, matches, &[], slow, &[]);
        self.builder.set_cold_block(slow);
        self.continue_in(slow);
        if let Some(is_subtype) = self.call_builtin(Builtin::IsSubtype, &[actual_id, expected_id]) {
            self.trap_if_zero(is_subtype, TrapCode::IndirectCallTypeMismatch);
        }
        self.builder.ins().jump(matches, &[]);
        self.continue_in(matches);
    }

    fn call_indirectly(&mut self, callee: &Indirect, ty: TypeIndex) {
        let args = self.pop_args(callee.vmctx, ty);
        if self.can_catch() {
            let results = &self.module.func_type_at(ty).results;
            self.try_call(callee.signature, results, |ins, table| ins.try_call_indirect(callee.code, &args, table));
            return;
        }
        let call = self.builder.ins().call_indirect(callee.signature, callee.code, &args);
        self.locate(call);
        self.push_results(call, ty);
    }

    /// Pushes what a call of a function of a type returns.
    fn push_results(&mut self, call: Inst, ty: TypeIndex) {
        let results = self.builder.inst_results(call).to_vec();
        self.push_made(&results, &self.module.func_type_at(ty).results);
    }

    fn return_call_indirectly(&mut self, callee: &Indirect, ty: TypeIndex) {
        let args = self.pop_args(callee.vmctx, ty);
        let call = self.builder.ins().return_call_indirect(callee.signature, callee.code, &args);
        self.locate(call);
        self.set_unreachable();
    }

    pub(super) fn visit_call(&mut self, function_index: u32) -> Result<(), BodyError> {
        let ty = self.module.functions[function_index as usize];
        let Some(definition) = self.definition(ExternKind::Func, function_index) else {
            let callee = self.imported_callee(function_index);
            self.call_indirectly(&callee, ty);
            return Ok(());
        };
        let callee = self.callee(definition, ty);
        let vmctx = self.vmctx_of(definition.member);
        let args = self.pop_args(vmctx, ty);
        if self.can_catch() {
            let signature = self.signature(ty);
            let results = &self.module.func_type_at(ty).results;
            self.try_call(signature, results, |ins, table| ins.try_call(callee, &args, table));
            return Ok(());
        }
        let call = self.builder.ins().call(callee, &args);
        self.locate(call);
        self.push_results(call, ty);
        Ok(())
    }

    pub(super) fn visit_return_call(&mut self, function_index: u32) -> Result<(), BodyError> {
        let ty = self.module.functions[function_index as usize];
        let Some(definition) = self.definition(ExternKind::Func, function_index) else {
            let callee = self.imported_callee(function_index);
            self.return_call_indirectly(&callee, ty);
            return Ok(());
        };
        let callee = self.callee(definition, ty);
        let vmctx = self.vmctx_of(definition.member);
        let args = self.pop_args(vmctx, ty);
        let call = self.builder.ins().return_call(callee, &args);
        self.locate(call);
        self.set_unreachable();
        Ok(())
    }

    pub(super) fn visit_call_indirect(&mut self, type_index: u32, table_index: u32) -> Result<(), BodyError> {
        let index = self.pop();
        let ty = TypeIndex(type_index);
        let likely = self.likely_callees(table_index, ty, index);
        if likely.is_empty() {
            let callee = self.table_callee(type_index, table_index, index);
            self.call_indirectly(&callee, ty);
        } else {
            self.call_likely(&likely, type_index, table_index, index);
        }
        Ok(())
    }

    /// The functions of the set that a call through a table likely reaches, if comparisons are worth it.
    fn likely_callees(&self, table_index: u32, ty: TypeIndex, index: Value) -> Vec<Likely> {
        if self.can_catch() || self.cold {
            return Vec::new();
        }
        let functions = self.set.likely((self.member, table_index), ty, self.constant(index));
        let likely = |(member, function)| {
            let module = self.set.module(member);
            let reference = module.layout.funcref(module.funcref_slot(function)?);
            let definition = self.set.definition(member, ExternKind::Func, function)?;
            Some(Likely { member, reference, definition })
        };
        let likely: Vec<Likely> = functions.into_iter().filter_map(likely).collect();
        // That one of several is called directly gains nothing unless it is inlined: indirect branches are predicted, too.
        let ty = self.module.func_type_at(ty);
        let are_worth_it = ty.params.len() + ty.results.len() <= MAX_VALUES
            && likely.iter().all(|likely| (self.inlined)(likely.definition));
        match likely.len() <= 1 || are_worth_it {
            true => likely,
            false => Vec::new(),
        }
    }

    fn call_likely(&mut self, likely: &[Likely], type_index: u32, table_index: u32, index: Value) {
        let ty = TypeIndex(type_index);
        let results = &self.module.func_type_at(ty).results;
        let kinds: Vec<ValueKind> = results.iter().map(|ty| ValueKind::of(*ty, self.module)).collect();
        let mut args = self.pop_args(self.vmctx, ty);
        let element = self.table_element(table_index, index, TrapCode::UndefinedElement);
        let done = self.create_block_with(&kinds);
        for Likely { member, reference, definition } in likely {
            let reference = self.place_of(*member, *reference);
            let reference = self.address(reference);
            let same = self.builder.ins().icmp(IntCC::Equal, element, reference);
            let (direct, other) = (self.builder.create_block(), self.builder.create_block());
            self.builder.ins().brif(same, direct, &[], other, &[]);

            self.continue_in(direct);
            let callee = self.callee(*definition, ty);
            args[0] = self.vmctx_of(definition.member);
            let call = self.builder.ins().call(callee, &args);
            self.return_to(done, call);

            self.continue_in(other);
        }
        if let Some(block) = self.builder.current_block() {
            self.builder.set_cold_block(block);
        }
        let callee = self.element_callee(type_index, table_index, element);
        args[0] = callee.vmctx;
        let call = self.builder.ins().call_indirect(callee.signature, callee.code, &args);
        self.return_to(done, call);

        self.continue_in(done);
        let values = self.builder.block_params(done).to_vec();
        self.push_made(&values, results);
    }

    /// Ends a block with a call, whose results are the parameters of the next.
    fn return_to(&mut self, next: Block, call: Inst) {
        self.locate(call);
        let results: Vec<BlockArg> = self.builder.inst_results(call).iter().map(|value| (*value).into()).collect();
        self.builder.ins().jump(next, &results);
    }

    pub(super) fn visit_return_call_indirect(&mut self, type_index: u32, table_index: u32) -> Result<(), BodyError> {
        let index = self.pop();
        let callee = self.table_callee(type_index, table_index, index);
        self.return_call_indirectly(&callee, TypeIndex(type_index));
        Ok(())
    }

    pub(super) fn visit_call_ref(&mut self, type_index: u32) -> Result<(), BodyError> {
        let reference = self.pop();
        let callee = self.referenced_callee(TypeIndex(type_index), reference, TrapCode::NullFunctionReference);
        self.call_indirectly(&callee, TypeIndex(type_index));
        Ok(())
    }

    pub(super) fn visit_return_call_ref(&mut self, type_index: u32) -> Result<(), BodyError> {
        let reference = self.pop();
        let callee = self.referenced_callee(TypeIndex(type_index), reference, TrapCode::NullFunctionReference);
        self.return_call_indirectly(&callee, TypeIndex(type_index));
        Ok(())
    }
}

/// Flags of loads from a function reference. It never changes, but its address is only valid where
/// it has been found not to be null, so that the load must stay where it is.
pub(super) fn funcref_flags() -> MemFlagsData {
    regions::trusted_readonly()
}
