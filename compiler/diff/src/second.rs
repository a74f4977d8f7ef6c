//! A second oracle: wasmtime as a [`Backend`], for what the interpreter does not know, and for another vote on what it
//! does. It shares the code generator with us, but neither translation nor runtime.

use aot_format::abi::TrapCode;
use aot_format::types::ExternKind;
use iwasm::Error as HostFailure;
use iwasm_interp::{Backend, Limits, ModuleError, Set as Linked, plan};
use iwasm_observe::plan::Detail;
use iwasm_observe::{Observation, Outcome, Plan, State, Value};
use iwasm_wasi::WasiCtx;
use wasmtime::{
    AsContextMut as _, Caller, Collector, Config, Engine as Compiler, Error, Extern, ExternType, Func, FuncType,
    HeapType, Instance, Module, Ref, Store, StoreLimits, StoreLimitsBuilder, ThrownException, Trap, Val, ValType,
};

use crate::engine::{Engine, EngineError};
use crate::interpreted::explain;
use crate::set::Set;

const NAME: &str = "wasmtime";
/// Calls from the host that are inside one another, at most.
const MAX_NESTING: usize = 100;

/// wasmtime.
pub struct Second {
    compiler: Compiler,
}

impl Second {
    /// One that makes canonical NaNs, and gives compiled code so many bytes of stack; the thread it runs on must have some
    /// more.
    ///
    /// # Errors
    ///
    /// When this machine cannot run it.
    pub fn new(stack_bytes: usize) -> Result<Second, EngineError> {
        let mut config = Config::new();
        config
            .cranelift_nan_canonicalization(true)
            .relaxed_simd_deterministic(true)
            .async_stack_size(stack_bytes.saturating_add(1 << 20))
            .max_wasm_stack(stack_bytes)
            .shared_memory(true)
            .collector(Collector::DeferredReferenceCounting)
            .wasm_custom_page_sizes(true)
            .wasm_exceptions(true)
            .wasm_extended_const(true)
            .wasm_function_references(true)
            .wasm_gc(true)
            .wasm_memory64(true)
            .wasm_multi_memory(true)
            .wasm_relaxed_simd(true)
            .wasm_tail_call(true)
            .wasm_threads(true)
            .wasm_wide_arithmetic(true);
        let compiler = Compiler::new(&config);
        let failed = |error: Error| EngineError::Plan { engine: NAME.to_owned(), reason: error.to_string() };
        Ok(Second { compiler: compiler.map_err(failed)? })
    }
}

impl Engine for Second {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn observe(&self, set: &Set, plan: &Plan) -> Result<Observation, EngineError> {
        let modules: Vec<&[u8]> = set.modules.iter().map(|member| &member.wasm[..]).collect();
        let limits = plan::limits(plan);
        let new = |wasi, needed| Wasmtime::set(&self.compiler, wasi, needed, &limits);
        plan::observe(plan, &modules, new).map_err(|error| explain(NAME, error))
    }
}

/// wasmtime with a store.
struct Wasmtime {
    store: Store<Data>,
}

struct Data {
    wasi: WasiCtx,
    limits: StoreLimits,
    forwards: Vec<Option<Func>>,
    nesting: usize,
}

/// An error of a host function, on its way.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Passed(HostFailure);

impl Wasmtime {
    fn set(compiler: &Compiler, wasi: WasiCtx, needs_wasi: bool, limits: &Limits) -> Linked<Wasmtime> {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let store_limits = StoreLimitsBuilder::new()
            .memory_size(size(limits.memory_bytes))
            .table_elements(size(limits.table_elements))
            .build();
        let data = Data { wasi, limits: store_limits, forwards: Vec::new(), nesting: 0 };
        let mut store = Store::new(compiler, data);
        store.limiter(|data| &mut data.limits);
        let mut set = Linked::new(Wasmtime { store });
        for function in needs_wasi.then(iwasm_wasi::functions).unwrap_or_default() {
            let item = set.backend().wasi_function(function);
            set.define(function.module, function.name, item);
        }
        set
    }

    fn wasi_function(&mut self, function: iwasm_wasi::Function) -> Extern {
        let number = |ty: &iwasm::ValType| if *ty == iwasm::ValType::I64 { ValType::I64 } else { ValType::I32 };
        let results = function.returns.then_some(ValType::I32);
        let ty = FuncType::new(self.store.engine(), function.params.iter().map(number), results);
        let call = move |mut caller: Caller<'_, Data>, args: &[Val], results: &mut [Val]| {
            let args: Vec<u64> = args.iter().map(bits).collect();
            let memory = caller.get_export("memory").and_then(Extern::into_memory);
            let done = match memory {
                Some(memory) => {
                    let (bytes, data) = memory.data_and_store_mut(&mut caller);
                    function.call(&mut data.wasi, Some(bytes), &args)
                }
                None => function.call(&mut caller.data_mut().wasi, None, &args),
            };
            let errno = done.map_err(|error| Error::new(Passed(error)))?;
            if let Some(result) = results.first_mut() {
                *result = Val::I32(errno.cast_signed());
            }
            Ok(())
        };
        Func::new(&mut self.store, ty, call).into()
    }
}

/// Whether a function's type is another, or was declared as a subtype of it, or of one that was.
fn is_subtype(found: &FuncType, wanted: &FuncType) -> bool {
    let mut ty = Some(found.clone());
    while let Some(found) = ty {
        if FuncType::eq(&found, wanted) {
            return true;
        }
        ty = found.supertype();
    }
    false
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(value.cast_unsigned()),
        Val::I64(value) => value.cast_unsigned(),
        _ => 0,
    }
}

impl Backend for Wasmtime {
    type Module = Module;
    type Instance = Instance;
    type Extern = Extern;
    type Type = ExternType;
    type Forward = usize;

    fn module(&self, wasm: &[u8]) -> Result<Module, ModuleError> {
        let all = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(wasm);
        all.map_err(|error| ModuleError::Invalid(error.to_string()))?;
        Module::new(self.store.engine(), wasm).map_err(|error| ModuleError::Unsupported(format!("{error:#}")))
    }

    fn import_types(&self, module: &Module) -> Vec<ExternType> {
        module.imports().map(|import| import.ty()).collect()
    }

    fn export_type(&self, module: &Module, name: &str) -> Option<ExternType> {
        module.get_export(name)
    }

    fn kind(&self, ty: &ExternType) -> ExternKind {
        match ty {
            ExternType::Func(_) => ExternKind::Func,
            ExternType::Global(_) => ExternKind::Global,
            ExternType::Table(_) => ExternKind::Table,
            ExternType::Memory(_) => ExternKind::Memory,
            ExternType::Tag(_) => ExternKind::Tag,
        }
    }

    fn is_plain_function(&self, ty: &ExternType) -> bool {
        ty.func().is_some_and(|ty| ty.params().len() == 0 && ty.results().len() == 0)
    }

    fn type_of(&self, item: &Extern) -> ExternType {
        let ty = item.ty(&self.store);
        // Of what is there already, the size counts that it has now.
        match (ty, item) {
            (ExternType::Memory(ty), Extern::Memory(memory)) => {
                let mut builder = wasmtime::MemoryTypeBuilder::default();
                builder.memory64(ty.is_64()).shared(ty.is_shared()).page_size_log2(ty.page_size_log2());
                builder.min(memory.size(&self.store)).max(ty.maximum());
                builder.build().map_or(ExternType::Memory(ty), ExternType::Memory)
            }
            (ExternType::Table(ty), Extern::Table(table)) => {
                let (element, size, max) = (ty.element().clone(), table.size(&self.store), ty.maximum());
                let narrow = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
                ExternType::Table(match ty.is_64() {
                    true => wasmtime::TableType::new64(element, size, max),
                    false => wasmtime::TableType::new(element, narrow(size), max.map(narrow)),
                })
            }
            (ty, _) => ty,
        }
    }

    fn matches(&self, found: &ExternType, wanted: &ExternType) -> bool {
        let limits = |found: (u64, Option<u64>), wanted: (u64, Option<u64>)| {
            let max = match (found.1, wanted.1) {
                (_, None) => true,
                (Some(found), Some(wanted)) => found <= wanted,
                (None, Some(_)) => false,
            };
            found.0 >= wanted.0 && max
        };
        match (found, wanted) {
            (ExternType::Func(found), ExternType::Func(wanted)) => is_subtype(found, wanted),
            (ExternType::Tag(found), ExternType::Tag(wanted)) => FuncType::eq(found.ty(), wanted.ty()),
            (ExternType::Global(found), ExternType::Global(wanted)) => {
                let both_ways = found.mutability().is_const() || wanted.content().matches(found.content());
                found.mutability() == wanted.mutability() && found.content().matches(wanted.content()) && both_ways
            }
            (ExternType::Table(found), ExternType::Table(wanted)) => {
                let (one, other) = (found.element(), wanted.element());
                one.matches(other)
                    && other.matches(one)
                    && found.is_64() == wanted.is_64()
                    && limits((found.minimum(), found.maximum()), (wanted.minimum(), wanted.maximum()))
            }
            (ExternType::Memory(found), ExternType::Memory(wanted)) => {
                (found.is_64(), found.is_shared(), found.page_size_log2())
                    == (wanted.is_64(), wanted.is_shared(), wanted.page_size_log2())
                    && limits((found.minimum(), found.maximum()), (wanted.minimum(), wanted.maximum()))
            }
            _ => false,
        }
    }

    fn describe(&self, ty: &ExternType) -> String {
        format!("{ty:?}")
    }

    fn forward(&mut self, ty: &ExternType) -> (Extern, usize) {
        let slot = self.store.data().forwards.len();
        self.store.data_mut().forwards.push(None);
        let none = || FuncType::new(self.store.engine(), [], []);
        let ty = ty.func().cloned().unwrap_or_else(none);
        let call = move |mut caller: Caller<'_, Data>, args: &[Val], results: &mut [Val]| {
            let target = caller.data().forwards.get(slot).copied().flatten();
            let Some(target) = target else { return Err(Error::msg("called before it was there")) };
            if caller.data().nesting == MAX_NESTING {
                return Err(Trap::StackOverflow.into());
            }
            caller.data_mut().nesting += 1;
            let done = target.call(&mut caller, args, results);
            caller.data_mut().nesting -= 1;
            done
        };
        (Func::new(&mut self.store, ty, call).into(), slot)
    }

    fn set_forward(&mut self, forward: &usize, target: &Extern) {
        if let (Some(slot), Extern::Func(func)) = (self.store.data_mut().forwards.get_mut(*forward), target) {
            *slot = Some(*func);
        }
    }

    fn instantiate(&mut self, module: &Module, imports: &[Extern]) -> Result<Instance, Outcome> {
        Instance::new(&mut self.store, module, imports).map_err(|error| outcome(&mut self.store, &error))
    }

    fn export(&mut self, instance: &Instance, name: &str) -> Option<Extern> {
        instance.get_export(&mut self.store, name)
    }

    fn call(&mut self, func: &Extern, args: &[Value]) -> Result<Vec<Value>, Outcome> {
        let Extern::Func(func) = func else { return Err(Outcome::Unsupported("no function".to_owned())) };
        let ty = func.ty(&self.store);
        let args: Vec<Val> = ty.params().zip(args).map(|(ty, value)| to_val(*value, &ty)).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        func.call(&mut self.store, &args, &mut results).map_err(|error| outcome(&mut self.store, &error))?;
        Ok(results.iter().map(from_val).collect())
    }

    fn set_global(&mut self, global: &Extern, value: i32) {
        if let Extern::Global(global) = global {
            // The plan says that it is one of that type.
            let _ = global.set(&mut self.store, Val::I32(value));
        }
    }

    fn state(&mut self, item: &Extern, detail: Detail) -> Option<State> {
        Some(match item {
            Extern::Global(global) => State::Global(from_val(&global.get(&mut self.store))),
            Extern::Memory(memory) => State::of_memory(memory.size(&self.store), memory.data(&self.store), detail),
            // Its bytes are other threads', and cannot be told without trusting them.
            Extern::SharedMemory(memory) => State::untold_memory(memory.size()),
            Extern::Table(table) => {
                let size = table.size(&self.store);
                let mut nulls = Vec::new();
                for index in 0..size {
                    nulls.push(table.get(&mut self.store, index).is_some_and(|item| item.is_null()));
                }
                State::of_table(&nulls)
            }
            Extern::Func(_) | Extern::Tag(_) => return None,
        })
    }
}

fn to_val(value: Value, ty: &ValType) -> Val {
    match value {
        Value::I32(value) => Val::I32(value.cast_signed()),
        Value::I64(value) => Val::I64(value.cast_signed()),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits.into()),
        Value::Null | Value::Reference => {
            let ty = ty.as_ref().map(|ty| ty.heap_type().top());
            Val::null_ref(&ty.unwrap_or(HeapType::Func))
        }
    }
}

fn from_val(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(bits) => Value::V128(bits.as_u128()),
        reference => match reference.ref_().is_some_and(|reference: Ref| reference.is_null()) {
            true => Value::Null,
            false => Value::Reference,
        },
    }
}

fn outcome(store: &mut Store<Data>, error: &Error) -> Outcome {
    if let Some(Passed(error)) = error.downcast_ref::<Passed>() {
        return match error {
            HostFailure::Exit(status) => Outcome::Exited(*status),
            error => Outcome::Exhausted(error.to_string()),
        };
    }
    if error.is::<ThrownException>() {
        // It waits in the store for somebody to take it.
        let _ = store.as_context_mut().take_pending_exception();
        return Outcome::Threw;
    }
    let trapped = |code: TrapCode| Outcome::Trapped { code: code as u8, place: None };
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => trapped(TrapCode::Unreachable),
        Some(Trap::MemoryOutOfBounds) => trapped(TrapCode::MemoryOutOfBounds),
        Some(Trap::TableOutOfBounds) => trapped(TrapCode::TableOutOfBounds),
        Some(Trap::IndirectCallToNull) => trapped(TrapCode::UninitializedElement),
        Some(Trap::BadSignature) => trapped(TrapCode::IndirectCallTypeMismatch),
        Some(Trap::IntegerOverflow) => trapped(TrapCode::IntegerOverflow),
        Some(Trap::IntegerDivisionByZero) => trapped(TrapCode::IntegerDivideByZero),
        Some(Trap::BadConversionToInteger) => trapped(TrapCode::InvalidConversionToInteger),
        Some(Trap::StackOverflow) => trapped(TrapCode::StackOverflow),
        Some(Trap::NullReference) => trapped(TrapCode::NullReference),
        Some(Trap::ArrayOutOfBounds) => trapped(TrapCode::ArrayOutOfBounds),
        Some(Trap::AllocationTooLarge) => trapped(TrapCode::HeapExhausted),
        Some(Trap::CastFailure) => trapped(TrapCode::CastFailure),
        Some(Trap::HeapMisaligned) => trapped(TrapCode::UnalignedAtomic),
        Some(Trap::AtomicWaitNonSharedMemory) => trapped(TrapCode::ExpectedSharedMemory),
        _ => Outcome::Exhausted(format!("{error:#}")),
    }
}
