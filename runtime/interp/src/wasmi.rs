//! The interpreter: wasmi as a [`Backend`], with the host functions of WASI.
//!
//! wasmi knows nothing of exceptions, threads, collected objects and typed function references; modules with these are
//! refused. Its NaNs are those of the machine it runs on.

use aot_format::abi::TrapCode;
use aot_format::types::{ExternKind, FuncType, GlobalType, MemoryType, RefType, TableType, ValType};
use iwasm::Error as HostFailure;
use iwasm_observe::plan::Detail;
use iwasm_observe::{Outcome, State, Value};
use iwasm_wasi::WasiCtx;
use wasmi::{
    AsContext, Caller, Config, Engine, Extern, Func, Instance, Module, Mutability, Store, StoreLimits,
    StoreLimitsBuilder, Val,
};

use crate::backend::{Backend, Limits, ModuleError};
use crate::set::Set;
use crate::shape::Shape;

/// Calls from the host to the interpreter that are inside one another, at most: each has a piece of the native stack.
const MAX_NESTING: usize = 100;
/// Bytes of the interpreter's own stack for each call that is inside another.
const STACK_BYTES_A_CALL: usize = 1 << 10;
const MAX_STACK_BYTES: usize = 1 << 28;

/// wasmi with a store.
pub struct Wasmi {
    engine: Engine,
    store: Store<Data>,
}

/// A module, with where wasmi lists each of its imports: not always in the module's own order.
pub struct WasmiModule {
    module: Module,
    places: Vec<usize>,
}

impl WasmiModule {
    fn new(module: Module, wasm: &[u8]) -> WasmiModule {
        let kinds: Vec<ExternKind> = module.imports().map(|import| Type::of(import.ty()).kind()).collect();
        let mut taken = vec![false; kinds.len()];
        let place = |import: &crate::shape::Import| {
            let place = kinds.iter().zip(&taken).position(|(kind, taken)| *kind == import.kind && !taken)?;
            taken[place] = true;
            Some(place)
        };
        let places = Shape::of(wasm).imports.iter().filter_map(place).collect();
        WasmiModule { module, places }
    }
}

/// The data of its store.
struct Data {
    wasi: WasiCtx,
    limits: StoreLimits,
    /// Where functions lead that stand in for others.
    forwards: Vec<Option<Func>>,
    nesting: usize,
}

/// The type of something that can be imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// A function.
    Func(FuncType),
    /// A global.
    Global(GlobalType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
}

/// An error of a host function, on its way through the interpreter.
#[derive(Debug)]
struct Passed(HostFailure);

impl std::fmt::Display for Passed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl wasmi::errors::HostError for Passed {}

impl Wasmi {
    /// A set over a new store with a context, and with the functions of WASI if these are needed.
    pub fn set(wasi: WasiCtx, needs_wasi: bool, limits: &Limits) -> Set<Wasmi> {
        let mut config = Config::default();
        config.set_max_recursion_depth(limits.depth);
        config.set_max_stack_height(limits.depth.saturating_mul(STACK_BYTES_A_CALL).clamp(1 << 20, MAX_STACK_BYTES));
        config.wasm_wide_arithmetic(true).wasm_custom_page_sizes(true).wasm_memory64(true).wasm_multi_memory(true);
        config.wasm_simd(true).wasm_relaxed_simd(true).wasm_tail_call(true).wasm_extended_const(true);
        config.consume_fuel(limits.fuel.is_some());
        let engine = Engine::new(&config);
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let store_limits = StoreLimitsBuilder::new()
            .memory_size(size(limits.memory_bytes))
            .table_elements(size(limits.table_elements))
            .build();
        let data = Data { wasi, limits: store_limits, forwards: Vec::new(), nesting: 0 };
        let mut store = Store::new(&engine, data);
        store.limiter(|data| &mut data.limits);
        if let Some(fuel) = limits.fuel {
            // It was configured to have some.
            let _ = store.set_fuel(fuel);
        }
        let mut set = Set::new(Wasmi { engine, store });
        for function in needs_wasi.then(iwasm_wasi::functions).unwrap_or_default() {
            let item = set.backend().wasi_function(function);
            set.define(function.module, function.name, item);
        }
        set
    }

    fn wasi_function(&mut self, function: iwasm_wasi::Function) -> Extern {
        let params: Vec<wasmi::ValType> = function.params.iter().map(|ty| number_type(*ty)).collect();
        let results = function.returns.then_some(wasmi::ValType::I32);
        let ty = wasmi::FuncType::new(params, results);
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
            let errno = done.map_err(|error| wasmi::Error::host(Passed(error)))?;
            if let Some(result) = results.first_mut() {
                *result = Val::I32(errno.cast_signed());
            }
            Ok(())
        };
        Func::new(&mut self.store, ty, call).into()
    }
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(value.cast_unsigned()),
        Val::I64(value) => value.cast_unsigned(),
        _ => 0,
    }
}

impl Backend for Wasmi {
    type Module = WasmiModule;
    type Instance = Instance;
    type Extern = Extern;
    type Type = Type;
    type Forward = usize;

    fn module(&self, wasm: &[u8]) -> Result<WasmiModule, ModuleError> {
        // What it does not know, it calls invalid: whether that is so, others must say.
        let all = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(wasm);
        all.map_err(|error| ModuleError::Invalid(error.to_string()))?;
        let module = Module::new(&self.engine, wasm);
        Ok(WasmiModule::new(module.map_err(|error| ModuleError::Unsupported(error.to_string()))?, wasm))
    }

    fn import_types(&self, module: &WasmiModule) -> Vec<Type> {
        let types: Vec<Type> = module.module.imports().map(|import| Type::of(import.ty())).collect();
        module.places.iter().filter_map(|place| types.get(*place).cloned()).collect()
    }

    fn export_type(&self, module: &WasmiModule, name: &str) -> Option<Type> {
        module.module.get_export(name).map(|ty| Type::of(&ty))
    }

    fn kind(&self, ty: &Type) -> ExternKind {
        ty.kind()
    }

    fn is_plain_function(&self, ty: &Type) -> bool {
        *ty == Type::Func(FuncType::default())
    }

    fn type_of(&self, item: &Extern) -> Type {
        match item {
            Extern::Func(func) => Type::Func(func_type(&func.ty(&self.store))),
            Extern::Global(global) => Type::of(&global.ty(&self.store).into()),
            Extern::Table(table) => Type::of(&table.ty(&self.store).into()),
            Extern::Memory(memory) => Type::of(&memory.ty(&self.store).into()),
        }
    }

    fn matches(&self, found: &Type, wanted: &Type) -> bool {
        let limits = |found: (u64, Option<u64>), wanted: (u64, Option<u64>)| {
            let max = match (found.1, wanted.1) {
                (_, None) => true,
                (Some(found), Some(wanted)) => found <= wanted,
                (None, Some(_)) => false,
            };
            found.0 >= wanted.0 && max
        };
        match (found, wanted) {
            (Type::Table(found), Type::Table(wanted)) => {
                (found.element, found.index64) == (wanted.element, wanted.index64)
                    && limits((found.min, found.max), (wanted.min, wanted.max))
            }
            (Type::Memory(found), Type::Memory(wanted)) => {
                (found.index64, found.page_size_log2) == (wanted.index64, wanted.page_size_log2)
                    && limits((found.min, found.max), (wanted.min, wanted.max))
            }
            (found, wanted) => found == wanted,
        }
    }

    fn describe(&self, ty: &Type) -> String {
        match ty {
            Type::Func(ty) => ty.to_string(),
            Type::Global(ty) => ty.to_string(),
            Type::Table(ty) => ty.to_string(),
            Type::Memory(ty) => ty.to_string(),
        }
    }

    fn forward(&mut self, ty: &Type) -> (Extern, usize) {
        let slot = self.store.data().forwards.len();
        self.store.data_mut().forwards.push(None);
        let (params, results) = match ty {
            Type::Func(ty) => (types_of(&ty.params), types_of(&ty.results)),
            _ => (Vec::new(), Vec::new()),
        };
        let call = move |mut caller: Caller<'_, Data>, args: &[Val], results: &mut [Val]| {
            let target = caller.data().forwards.get(slot).copied().flatten();
            let target = target.ok_or_else(|| wasmi::Error::new("called before it was there"))?;
            if caller.data().nesting == MAX_NESTING {
                return Err(wasmi::TrapCode::StackOverflow.into());
            }
            caller.data_mut().nesting += 1;
            let done = target.call(&mut caller, args, results);
            caller.data_mut().nesting -= 1;
            done
        };
        (Func::new(&mut self.store, wasmi::FuncType::new(params, results), call).into(), slot)
    }

    fn set_forward(&mut self, forward: &usize, target: &Extern) {
        if let (Some(slot), Extern::Func(func)) = (self.store.data_mut().forwards.get_mut(*forward), target) {
            *slot = Some(*func);
        }
    }

    fn instantiate(&mut self, module: &WasmiModule, imports: &[Extern]) -> Result<Instance, Outcome> {
        let mut placed: Vec<(usize, &Extern)> = module.places.iter().copied().zip(imports).collect();
        placed.sort_by_key(|(place, _)| *place);
        let imports: Vec<Extern> = placed.into_iter().map(|(_, import)| *import).collect();
        Instance::new(&mut self.store, &module.module, &imports).map_err(|error| outcome(&error))
    }

    fn export(&mut self, instance: &Instance, name: &str) -> Option<Extern> {
        instance.get_export(&self.store, name)
    }

    fn call(&mut self, func: &Extern, args: &[Value]) -> Result<Vec<Value>, Outcome> {
        let Extern::Func(func) = func else { return Err(Outcome::Unsupported("no function".to_owned())) };
        let ty = func.ty(&self.store);
        let args: Vec<Val> = ty.params().iter().zip(args).map(|(ty, value)| to_val(*value, *ty)).collect();
        let mut results: Vec<Val> = ty.results().iter().map(|ty| to_val(Value::Null, *ty)).collect();
        func.call(&mut self.store, &args, &mut results).map_err(|error| outcome(&error))?;
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
            Extern::Global(global) => State::Global(from_val(&global.get(&self.store))),
            Extern::Memory(memory) => {
                State::of_memory(memory.size(&self.store), memory.data(self.store.as_context()), detail)
            }
            Extern::Table(table) => {
                let is_null = |index| table.get(&self.store, index).is_some_and(|item| from_val(&item) == Value::Null);
                State::of_table(&(0..table.size(&self.store)).map(is_null).collect::<Vec<bool>>())
            }
            Extern::Func(_) => return None,
        })
    }
}

impl Type {
    fn kind(&self) -> ExternKind {
        match self {
            Type::Func(_) => ExternKind::Func,
            Type::Global(_) => ExternKind::Global,
            Type::Table(_) => ExternKind::Table,
            Type::Memory(_) => ExternKind::Memory,
        }
    }

    fn of(ty: &wasmi::ExternType) -> Type {
        match ty {
            wasmi::ExternType::Func(ty) => Type::Func(func_type(ty)),
            wasmi::ExternType::Global(ty) => Type::Global(GlobalType {
                content: value_type(ty.content()),
                mutable: ty.mutability() == Mutability::Var,
            }),
            wasmi::ExternType::Table(ty) => Type::Table(TableType {
                element: match ty.element() {
                    wasmi::ValType::ExternRef => RefType::EXTERNREF,
                    _ => RefType::FUNCREF,
                },
                index64: ty.is_64(),
                min: ty.minimum(),
                max: ty.maximum(),
            }),
            wasmi::ExternType::Memory(ty) => Type::Memory(MemoryType {
                index64: ty.is_64(),
                shared: false,
                page_size_log2: page_size_log2(*ty),
                min: ty.minimum(),
                max: ty.maximum(),
            }),
        }
    }
}

/// wasmi does not say, but can compare: there are pages of one byte, and others.
fn page_size_log2(ty: wasmi::MemoryType) -> u8 {
    let mut builder = wasmi::MemoryType::builder();
    builder.memory64(ty.is_64()).min(ty.minimum()).max(ty.maximum()).page_size_log2(0);
    match builder.build() {
        Ok(of_bytes) if of_bytes == ty => 0,
        _ => 16,
    }
}

fn func_type(ty: &wasmi::FuncType) -> FuncType {
    let types = |types: &[wasmi::ValType]| types.iter().map(|ty| value_type(*ty)).collect();
    FuncType { params: types(ty.params()), results: types(ty.results()) }
}

fn value_type(ty: wasmi::ValType) -> ValType {
    match ty {
        wasmi::ValType::I32 => ValType::I32,
        wasmi::ValType::I64 => ValType::I64,
        wasmi::ValType::F32 => ValType::F32,
        wasmi::ValType::F64 => ValType::F64,
        wasmi::ValType::V128 => ValType::V128,
        wasmi::ValType::FuncRef => ValType::Ref(RefType::FUNCREF),
        wasmi::ValType::ExternRef => ValType::Ref(RefType::EXTERNREF),
    }
}

fn types_of(types: &[ValType]) -> Vec<wasmi::ValType> {
    types.iter().map(|ty| number_type(*ty)).collect()
}

/// A type of wasmi's; of references there are two.
fn number_type(ty: ValType) -> wasmi::ValType {
    match ty {
        ValType::I32 => wasmi::ValType::I32,
        ValType::I64 => wasmi::ValType::I64,
        ValType::F32 => wasmi::ValType::F32,
        ValType::F64 => wasmi::ValType::F64,
        ValType::V128 => wasmi::ValType::V128,
        ValType::Ref(RefType::EXTERNREF) => wasmi::ValType::ExternRef,
        ValType::Ref(_) => wasmi::ValType::FuncRef,
    }
}

fn to_val(value: Value, ty: wasmi::ValType) -> Val {
    match value {
        Value::I32(value) => Val::I32(value.cast_signed()),
        Value::I64(value) => Val::I64(value.cast_signed()),
        Value::F32(bits) => Val::F32(wasmi::F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(wasmi::F64::from_bits(bits)),
        Value::V128(bits) => Val::V128(wasmi::V128::from(bits)),
        Value::Null | Value::Reference => Val::default(ty),
    }
}

/// A value of the interpreter, as it can be told to others.
fn from_val(value: &Val) -> Value {
    let reference = |is_null: bool| if is_null { Value::Null } else { Value::Reference };
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(value) => Value::F32(value.to_bits()),
        Val::F64(value) => Value::F64(value.to_bits()),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(value) => reference(value.is_null()),
        Val::ExternRef(value) => reference(value.is_null()),
    }
}

fn outcome(error: &wasmi::Error) -> Outcome {
    if let Some(Passed(error)) = error.downcast_ref::<Passed>() {
        return match error {
            HostFailure::Exit(status) => Outcome::Exited(*status),
            error => Outcome::Exhausted(error.to_string()),
        };
    }
    let Some(code) = error.as_trap_code() else {
        let text = error.to_string();
        return segment_trap(error).unwrap_or(Outcome::Exhausted(text));
    };
    let trapped = |code: TrapCode| Outcome::Trapped { code: code as u8, place: None };
    match code {
        wasmi::TrapCode::UnreachableCodeReached => trapped(TrapCode::Unreachable),
        wasmi::TrapCode::MemoryOutOfBounds => trapped(TrapCode::MemoryOutOfBounds),
        wasmi::TrapCode::TableOutOfBounds => trapped(TrapCode::TableOutOfBounds),
        wasmi::TrapCode::IndirectCallToNull => trapped(TrapCode::UninitializedElement),
        wasmi::TrapCode::IntegerDivisionByZero => trapped(TrapCode::IntegerDivideByZero),
        wasmi::TrapCode::IntegerOverflow => trapped(TrapCode::IntegerOverflow),
        wasmi::TrapCode::BadConversionToInteger => trapped(TrapCode::InvalidConversionToInteger),
        wasmi::TrapCode::StackOverflow => trapped(TrapCode::StackOverflow),
        wasmi::TrapCode::BadSignature => trapped(TrapCode::IndirectCallTypeMismatch),
        wasmi::TrapCode::OutOfFuel => Outcome::TimedOut,
        code => Outcome::Exhausted(code.trap_message().to_owned()),
    }
}

/// What is wrong with a segment that does not fit, which is no trap in wasmi's words.
fn segment_trap(error: &wasmi::Error) -> Option<Outcome> {
    use wasmi::errors::{ErrorKind, InstantiationError};
    match error.kind() {
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
            Some(Outcome::Trapped { code: TrapCode::TableOutOfBounds as u8, place: None })
        }
        _ => None,
    }
}
