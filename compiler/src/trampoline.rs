//! The two trampolines of a signature, as CLIF: into wasm from the host, and out of it; and those of the
//! runtime's services that look at the stack.
//!
//! What they must do is the ABI's business and stands in [`aot_format::abi`]. Here is how.
//!
//! Values of most types go through in registers, as integers of 64 bits. Where all of them are integers, each trampoline
//! is the same whatever the type, so that the module has one of each ([`Way::Integers`]): arguments that a function
//! does not have are in registers that nobody looks at. The **entry trampoline** is a tail call then.
//!
//! The **host-call trampoline** is a wasm function to its caller. With slots, it has the prologue's stack check
//! like any other, so that the host always starts with the headroom that is below the limit; without, it takes a few
//! words of that.
//!
//! A **service trampoline** is a wasm function to its caller, so that a throw in a `try_table` is a call
//! with handlers like any other. It notes its frame for the unwinder, or for the collector, and
//! calls the builtin. It has no stack check: like a builtin, it lives on the headroom below the limit.
//!
//! Absent on purpose: when to call which; the runtime decides.

use aot_format::abi::{
    self, Builtin, FuncRef, HostContext, REGISTER_VALUES, StoreContext, TrapCode, VALUE_SIZE, Vmctx,
};
use aot_format::types::{FuncType, ValType};
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Function, InstBuilder, MemFlagsData, Signature, StackSlotData, StackSlotKind, UserFuncName, Value,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use crate::translate::{self, POINTER, TRAMPOLINE_NAMESPACE, clif_type, trap, wasm_signature};

/// How values of a type go between host and wasm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// In registers, and all of them are integers to Cranelift.
    Integers,
    /// In registers.
    Registers,
    /// In slots.
    Slots,
}

impl Way {
    /// That of a type.
    pub fn of(ty: &FuncType) -> Way {
        let is_float = |ty: &ValType| matches!(ty, ValType::F32 | ValType::F64);
        match abi::in_registers(ty) {
            false => Way::Slots,
            true if ty.params.iter().chain(&ty.results).any(is_float) => Way::Registers,
            true => Way::Integers,
        }
    }
}

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

/// The signature with a pointer and values in registers, and one result.
fn register_signature(call_conv: CallConv) -> Signature {
    let mut signature = Signature::new(call_conv);
    signature.params = vec![AbiParam::new(I64); 1 + REGISTER_VALUES as usize];
    signature.returns.push(AbiParam::new(I64));
    signature
}

/// A value of a type, of the 64 bits that hold it.
fn from_register(builder: &mut FunctionBuilder<'_>, ty: ValType, bits: Value) -> Value {
    let narrow = |builder: &mut FunctionBuilder<'_>| builder.ins().ireduce(I32, bits);
    match ty {
        ValType::I32 => narrow(builder),
        ValType::F32 => {
            let bits = narrow(builder);
            builder.ins().bitcast(clif_type(ty), MemFlagsData::new(), bits)
        }
        ValType::F64 => builder.ins().bitcast(clif_type(ty), MemFlagsData::new(), bits),
        _ => bits,
    }
}

/// 64 bits that hold a value.
fn to_register(builder: &mut FunctionBuilder<'_>, ty: ValType, value: Value) -> Value {
    match ty {
        ValType::I32 => builder.ins().uextend(I64, value),
        ValType::F32 => {
            let bits = builder.ins().bitcast(I32, MemFlagsData::new(), value);
            builder.ins().uextend(I64, bits)
        }
        ValType::F64 => builder.ins().bitcast(I64, MemFlagsData::new(), value),
        _ => value,
    }
}

/// The entry trampoline for functions of a type.
pub fn entry(ty: &FuncType, isa: &dyn TargetIsa) -> Function {
    let name = UserFuncName::user(TRAMPOLINE_NAMESPACE, 0);
    let mut func = Function::with_name_signature(name, register_signature(CallConv::Tail));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut func, &mut context);
    let values = start(&mut builder);
    let (funcref, values) = (values[0], &values[1..]);
    let code = builder.ins().load(POINTER, trusted(), funcref, FuncRef::CODE as i32);
    let vmctx = builder.ins().load(POINTER, trusted(), funcref, FuncRef::VMCTX as i32);
    let mut args = vec![vmctx];
    match Way::of(ty) {
        Way::Integers => {
            args.extend(values);
            let callee = builder.import_signature(register_signature(CallConv::Tail));
            builder.ins().return_call_indirect(callee, code, &args);
        }
        Way::Registers => {
            let typed = ty.params.iter().zip(values);
            args.extend(typed.map(|(&ty, &bits)| from_register(&mut builder, ty, bits)));
            let callee = builder.import_signature(wasm_signature(ty));
            let call = builder.ins().call_indirect(callee, code, &args);
            let result = match (ty.results.first(), builder.inst_results(call).first()) {
                (Some(&ty), Some(&result)) => to_register(&mut builder, ty, result),
                _ => builder.ins().iconst(I64, 0),
            };
            builder.ins().return_(&[result]);
        }
        Way::Slots => {
            let slots = values[0];
            args.extend(load_values(&mut builder, &ty.params, slots));
            let callee = builder.import_signature(wasm_signature(ty));
            let call = builder.ins().call_indirect(callee, code, &args);
            let results = builder.inst_results(call).to_vec();
            store_values(&mut builder, &results, slots);
            let nothing = builder.ins().iconst(I64, 0);
            builder.ins().return_(&[nothing]);
        }
    }
    builder.finalize(isa.frontend_config());
    func
}

/// Begins a function; its parameters.
fn start(builder: &mut FunctionBuilder<'_>) -> Vec<Value> {
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.seal_block(block);
    builder.block_params(block).to_vec()
}

/// The host-call trampoline for functions of a type.
pub fn host_call(ty: &FuncType, isa: &dyn TargetIsa) -> Function {
    let way = Way::of(ty);
    let name = UserFuncName::user(TRAMPOLINE_NAMESPACE, 1);
    let signature = match way {
        Way::Integers => register_signature(CallConv::Tail),
        Way::Registers | Way::Slots => wasm_signature(ty),
    };
    let mut func = Function::with_name_signature(name, signature);
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut func, &mut context);
    if way == Way::Slots {
        let limit = translate::stack_limit_at(builder.func, HostContext::STORE);
        builder.func.stack_limit = Some(limit);
    }
    let params = start(&mut builder);
    let (host, params) = (params[0], &params[1..]);
    let mut args = vec![host];
    let mut slots = None;
    match way {
        Way::Integers => args.extend(params),
        Way::Registers => {
            let typed = ty.params.iter().zip(params);
            args.extend(typed.map(|(&ty, &value)| to_register(&mut builder, ty, value)));
        }
        Way::Slots => {
            let count = ty.params.len().max(ty.results.len()).max(1);
            let size = slot_offset(count) as u32;
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, size, VALUE_SIZE.ilog2() as u8);
            let slot = builder.create_sized_stack_slot(slot);
            let address = builder.ins().stack_addr(POINTER, slot, 0);
            store_values(&mut builder, params, address);
            args.push(address);
            slots = Some(address);
        }
    }
    let store = builder.ins().load(POINTER, trusted(), host, HostContext::STORE as i32);
    record_exit(&mut builder, store);

    let call = builder.ins().load(POINTER, trusted(), host, HostContext::CALL as i32);
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params = vec![AbiParam::new(I64); args.len()];
    signature.returns = vec![AbiParam::new(I64); 2];
    let signature = builder.import_signature(signature);
    let call = builder.ins().call_indirect(signature, call, &args);
    // The store comes back from the call, so that nothing has to be kept over it.
    let &[value, store] = builder.inst_results(call) else { unreachable!("the signature above has two results") };

    let (returned, unwinds) = (builder.create_block(), builder.create_block());
    builder.set_cold_block(unwinds);
    builder.ins().brif(store, unwinds, &[], returned, &[]);

    builder.switch_to_block(unwinds);
    builder.seal_block(unwinds);
    raise(&mut builder, isa, store);

    builder.switch_to_block(returned);
    builder.seal_block(returned);
    let results = match (way, slots) {
        (_, Some(slots)) => load_values(&mut builder, &ty.results, slots),
        (Way::Integers, _) => vec![value],
        _ => ty.results.iter().map(|&ty| from_register(&mut builder, ty, value)).collect(),
    };
    builder.ins().return_(&results);

    builder.finalize(isa.frontend_config());
    func
}

/// Notes the trampoline's frame, where a walk over the frames below finds its caller.
fn record_exit(builder: &mut FunctionBuilder<'_>, store: Value) {
    let own_fp = builder.ins().get_frame_pointer(POINTER);
    builder.ins().store(trusted(), own_fp, store, StoreContext::EXIT_FP as i32);
}

/// The service trampoline of a builtin.
pub fn service(builtin: Builtin, isa: &dyn TargetIsa) -> Function {
    let name = UserFuncName::user(translate::SERVICE_NAMESPACE, builtin as u32);
    let mut func = Function::with_name_signature(name, translate::service_signature(builtin));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut func, &mut context);
    let params = start(&mut builder);
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

/// Unwinds to where the host entered wasm; the trap behind the call is never reached.
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
    use super::*;
    use crate::translate::test_support::{compile, isas, vector_isas};

    fn types() -> Vec<FuncType> {
        use ValType::*;
        let many = |count: usize| [I32, F64, I64, F32].into_iter().cycle().take(count).collect::<Vec<_>>();
        let shapes = [(0, 0), (1, 1), (5, 1), (6, 1), (3, 2), (0, 12), (70, 0), (100, 40)];
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
    fn types_of_integers_have_the_same_trampolines() {
        use ValType::*;
        let types = [(vec![], vec![]), (vec![I32], vec![I64]), (vec![I64; 5], vec![]), (vec![I32, I64], vec![I32])];
        let types = types.map(|(params, results)| FuncType { params, results });
        for isa in isas() {
            let codes = |ty: &FuncType| {
                assert_eq!(Way::of(ty), Way::Integers, "{ty}");
                let [entry, host] = [entry(ty, &*isa), host_call(ty, &*isa)].map(|func| compile(&func, &*isa));
                (entry.buffer.data().to_vec(), host.buffer.data().to_vec())
            };
            let first = codes(&types[0]);
            assert!(types.iter().all(|ty| codes(ty) == first), "{}", isa.name());
        }
    }

    #[test]
    fn ways() {
        use ValType::*;
        let way = |params: &[ValType], results: &[ValType]| {
            Way::of(&FuncType { params: params.to_vec(), results: results.to_vec() })
        };
        assert_eq!(way(&[I32; 5], &[I64]), Way::Integers);
        assert_eq!(way(&[I32; 6], &[]), Way::Slots);
        assert_eq!(way(&[], &[I32; 2]), Way::Slots);
        assert_eq!(way(&[F64; 5], &[]), Way::Registers);
        assert_eq!(way(&[], &[F32]), Way::Registers);
        assert_eq!(way(&[V128], &[]), Way::Slots);
        assert_eq!(way(&[I32], &[V128]), Way::Slots);
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
