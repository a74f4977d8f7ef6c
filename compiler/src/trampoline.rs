//! The two trampolines of a signature, as CLIF: into wasm from the host, and out of it; and those of the
//! runtime's services that look at the stack.
//!
//! What they must do is the ABI's business and stands in [`aot_format::abi`]. Here is how.
//!
//! The **entry trampoline** makes its call with `try_call_indirect` and one default handler, so that
//! Cranelift takes every register for lost on the exceptional edge: the landing pad needs nothing
//! but the frame and stack pointer, and the epilogue restores what the C convention wants preserved.
//! Whoever unwinds jumps there with the three values stored before the call; nobody walks frames.
//!
//! The **host-call trampoline** is a wasm function to its caller. It has the prologue's stack check
//! like any other, so that the host always starts with the headroom that is below the limit.
//!
//! A **service trampoline** is a wasm function to its caller, so that a throw in a `try_table` is a call
//! with handlers like any other. It notes its caller's frame for the unwinder, or for the collector, and
//! calls the builtin. It has no stack check: like a builtin, it lives on the headroom below the limit.
//!
//! Absent on purpose: when to call which; the runtime decides.

use aot_format::abi::{Builtin, ENTRY_RETURNED, ENTRY_UNWOUND, HostContext, StoreContext, TrapCode, VALUE_SIZE, Vmctx};
use aot_format::types::{FuncType, ValType};
use cranelift_codegen::ir::{
    AbiParam, BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, Function, InstBuilder, MemFlagsData,
    Signature, StackSlotData, StackSlotKind, UserFuncName, Value,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use crate::translate::{self, POINTER, TRAMPOLINE_NAMESPACE, c_i32, clif_type, trap, wasm_signature};

/// Flags of accesses to the runtime's structures and to value slots: aligned, and never trap.
fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
}

fn slot_offset(index: usize) -> i32 {
    // At most a thousand values (`limits::MAX_PARAMS`) of sixteen bytes.
    (index as u32 * VALUE_SIZE) as i32
}

fn load_values(builder: &mut FunctionBuilder<'_>, types: &[ValType], slots: Value) -> Vec<Value> {
    let load =
        |(index, &ty): (usize, &ValType)| builder.ins().load(clif_type(ty), trusted(), slots, slot_offset(index));
    types.iter().enumerate().map(load).collect()
}

fn store_values(builder: &mut FunctionBuilder<'_>, values: &[Value], slots: Value) {
    for (index, &value) in values.iter().enumerate() {
        builder.ins().store(trusted(), value, slots, slot_offset(index));
    }
}

/// Signature of entry trampolines: `fn(callee_vmctx, callee_code, values, store) -> u32`.
fn entry_signature(isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params = vec![AbiParam::new(POINTER); 4];
    signature.returns.push(c_i32());
    signature
}

/// The entry trampoline for functions of a type.
pub fn entry(ty: &FuncType, isa: &dyn TargetIsa) -> Function {
    let name = UserFuncName::user(TRAMPOLINE_NAMESPACE, 0);
    let mut func = Function::with_name_signature(name, entry_signature(isa));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut func, &mut context);
    let callee = builder.import_signature(wasm_signature(ty));

    let start = builder.create_block();
    builder.append_block_params_for_function_params(start);
    builder.switch_to_block(start);
    builder.seal_block(start);
    let &[vmctx, code, slots, store] = builder.block_params(start) else {
        unreachable!("the signature above has four parameters")
    };
    // The call gets a block of its own, because a handler's address is asked for by the block that
    // calls, and nothing may refer to the entry block.
    let call = builder.create_block();
    builder.ins().jump(call, &[]);
    builder.switch_to_block(call);
    builder.seal_block(call);
    let mut args = vec![vmctx];
    args.extend(load_values(&mut builder, &ty.params, slots));

    let returned = builder.create_block();
    let mut results = Vec::with_capacity(ty.results.len());
    for &result in &ty.results {
        results.push(builder.append_block_param(returned, clif_type(result)));
    }
    let unwound = builder.create_block();
    builder.set_cold_block(unwound);

    let pool = &mut builder.func.dfg.value_lists;
    let normal = BlockCall::new(returned, (0..results.len() as u32).map(BlockArg::TryCallRet), pool);
    let handler = ExceptionTableItem::Default(BlockCall::new(unwound, [], pool));
    let table = builder.func.dfg.exception_tables.push(ExceptionTableData::new(callee, normal, [handler]));

    let fp = builder.ins().get_frame_pointer(POINTER);
    let sp = builder.ins().get_stack_pointer(POINTER);
    let pc = builder.ins().get_exception_handler_address(POINTER, call, 0);
    builder.ins().store(trusted(), fp, store, StoreContext::ENTRY_FP as i32);
    builder.ins().store(trusted(), sp, store, StoreContext::ENTRY_SP as i32);
    builder.ins().store(trusted(), pc, store, StoreContext::ENTRY_PC as i32);
    builder.ins().try_call_indirect(code, &args, table);

    builder.switch_to_block(returned);
    builder.seal_block(returned);
    store_values(&mut builder, &results, slots);
    return_status(&mut builder, ENTRY_RETURNED);

    builder.switch_to_block(unwound);
    builder.seal_block(unwound);
    return_status(&mut builder, ENTRY_UNWOUND);

    builder.finalize(isa.frontend_config());
    func
}

fn return_status(builder: &mut FunctionBuilder<'_>, status: u32) {
    let status = builder.ins().iconst(cranelift_codegen::ir::types::I32, i64::from(status));
    builder.ins().return_(&[status]);
}

/// The host-call trampoline for functions of a type.
pub fn host_call(ty: &FuncType, isa: &dyn TargetIsa) -> Function {
    let name = UserFuncName::user(TRAMPOLINE_NAMESPACE, 1);
    let mut func = Function::with_name_signature(name, wasm_signature(ty));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut func, &mut context);
    let limit = translate::stack_limit_at(builder.func, HostContext::STORE);
    builder.func.stack_limit = Some(limit);

    let start = builder.create_block();
    builder.append_block_params_for_function_params(start);
    builder.switch_to_block(start);
    builder.seal_block(start);
    let params = builder.block_params(start).to_vec();
    let (host, params) = (params[0], &params[1..]);

    let count = ty.params.len().max(ty.results.len()).max(1);
    let size = slot_offset(count) as u32;
    let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, size, VALUE_SIZE.ilog2() as u8);
    let slot = builder.create_sized_stack_slot(slot);
    let slots = builder.ins().stack_addr(POINTER, slot, 0);
    store_values(&mut builder, params, slots);

    let store = builder.ins().load(POINTER, trusted(), host, HostContext::STORE as i32);
    record_exit(&mut builder, store);

    let call = builder.ins().load(POINTER, trusted(), host, HostContext::CALL as i32);
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params = vec![AbiParam::new(POINTER); 2];
    signature.returns.push(c_i32());
    let signature = builder.import_signature(signature);
    let call = builder.ins().call_indirect(signature, call, &[host, slots]);
    let status = builder.inst_results(call)[0];

    let (returned, unwinds) = (builder.create_block(), builder.create_block());
    builder.set_cold_block(unwinds);
    builder.ins().brif(status, unwinds, &[], returned, &[]);

    builder.switch_to_block(unwinds);
    builder.seal_block(unwinds);
    raise(&mut builder, isa, store);

    builder.switch_to_block(returned);
    builder.seal_block(returned);
    let results = load_values(&mut builder, &ty.results, slots);
    builder.ins().return_(&results);

    builder.finalize(isa.frontend_config());
    func
}

/// Notes the frame of the trampoline's caller.
fn record_exit(builder: &mut FunctionBuilder<'_>, store: Value) {
    // The frame pointer points at the caller's.
    let own_fp = builder.ins().get_frame_pointer(POINTER);
    let caller_fp = builder.ins().load(POINTER, trusted(), own_fp, 0);
    let caller_pc = builder.ins().get_return_address(POINTER);
    builder.ins().store(trusted(), caller_fp, store, StoreContext::EXIT_FP as i32);
    builder.ins().store(trusted(), caller_pc, store, StoreContext::EXIT_PC as i32);
}

/// The service trampoline of a builtin.
pub fn service(builtin: Builtin, isa: &dyn TargetIsa) -> Function {
    let name = UserFuncName::user(translate::SERVICE_NAMESPACE, builtin as u32);
    let mut func = Function::with_name_signature(name, translate::service_signature(builtin));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut func, &mut context);
    let start = builder.create_block();
    builder.append_block_params_for_function_params(start);
    builder.switch_to_block(start);
    builder.seal_block(start);
    let params = builder.block_params(start).to_vec();
    let store = builder.ins().load(POINTER, trusted(), params[0], Vmctx::STORE as i32);
    record_exit(&mut builder, store);
    let builtins = builder.ins().load(POINTER, trusted(), params[0], Vmctx::BUILTINS as i32);
    let code = builder.ins().load(POINTER, trusted(), builtins, builtin.offset() as i32);
    let signature = translate::builtin_signature(builtin, isa.default_call_conv());
    let signature = builder.import_signature(signature);
    let call = builder.ins().call_indirect(signature, code, &params);
    match builder.inst_results(call).to_vec() {
        // One that returns nothing does not return.
        results if results.is_empty() => drop(builder.ins().trap(trap::to_clif(TrapCode::Unreachable))),
        results => drop(builder.ins().return_(&results)),
    }
    builder.finalize(isa.frontend_config());
    func
}

/// Unwinds to the entry trampoline; the trap behind the call is never reached.
fn raise(builder: &mut FunctionBuilder<'_>, isa: &dyn TargetIsa, store: Value) {
    let raise = builder.ins().load(POINTER, trusted(), store, StoreContext::RAISE as i32);
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params.push(AbiParam::new(POINTER));
    let signature = builder.import_signature(signature);
    builder.ins().call_indirect(signature, raise, &[store]);
    builder.ins().trap(trap::to_clif(TrapCode::Unreachable));
}

#[cfg(test)]
mod tests {
    use cranelift_codegen::FinalizedMachExceptionHandler;

    use super::*;
    use crate::translate::test_support::{compile, isas, vector_isas};

    fn types() -> Vec<FuncType> {
        use ValType::*;
        let many = |count: usize| [I32, F64, I64, F32].into_iter().cycle().take(count).collect::<Vec<_>>();
        let shapes = [(0, 0), (1, 1), (3, 2), (0, 12), (70, 0), (100, 40)];
        shapes.map(|(params, results)| FuncType { params: many(params), results: many(results) }).into()
    }

    #[test]
    fn compile_for_every_isa() {
        for isa in isas() {
            for ty in types() {
                compile(&entry(&ty, &*isa), &*isa);
                compile(&host_call(&ty, &*isa), &*isa);
            }
            for &builtin in Builtin::ALL.iter().filter(|builtin| builtin.walks_the_stack()) {
                compile(&service(builtin, &*isa), &*isa);
            }
        }
    }

    #[test]
    fn entry_has_one_handler_in_its_own_code() {
        for isa in isas() {
            let ty = FuncType { params: vec![ValType::I32], results: vec![ValType::I64] };
            let code = compile(&entry(&ty, &*isa), &*isa);
            let call_sites: Vec<_> = code.buffer.call_sites().collect();
            assert_eq!(call_sites.len(), 1);
            let handlers = call_sites[0].exception_handlers;
            let &[FinalizedMachExceptionHandler::Default(offset)] = handlers else { panic!("{handlers:?}") };
            assert!(offset > call_sites[0].ret_addr && offset < code.buffer.data().len() as u32);
        }
    }

    #[test]
    fn vectors_go_both_ways() {
        for isa in vector_isas() {
            for (params, results) in [(1, 0), (0, 1), (12, 3), (3, 12)] {
                let ty = FuncType { params: vec![ValType::V128; params], results: vec![ValType::V128; results] };
                compile(&entry(&ty, &*isa), &*isa);
                compile(&host_call(&ty, &*isa), &*isa);
            }
        }
    }
}
