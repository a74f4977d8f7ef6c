//! Functions: looking them up and calling them. C passes values in cells of 32 bits, or each with its kind.

use std::ffi::{c_char, c_void};

use runtime::raw::{Passing, RegisterValues, ValRaw};
use runtime::{Error, Extern, Func, FuncType, TrapCode, Val, ValType};

use crate::boundary::{Text, guard};
use crate::env::CExecEnv;
use crate::external;
use crate::instance::CInstance;
use crate::shared::Shared;
use crate::threads::end_program;
use crate::trace;
use crate::types::{EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, kind};

/// What a `wasm_function_inst_t` points to.
pub struct CFunction {
    shared: *const Shared,
    func: Func,
    pub ty: FuncType,
    /// Kinds of the parameters and results.
    params: Box<[u8]>,
    results: Box<[u8]>,
    /// Cells of the parameters and of the results; none where a value does not go into cells.
    cells: Option<(usize, usize)>,
    slots: usize,
    passing: Passing,
    has_references: bool,
    /// Whether it is the main function of a program, which ends with it.
    is_main: bool,
}

/// Calls with up to so many slots need no allocation.
const FEW: usize = 16;

/// Cells of a value; references of the external kind are numbers.
fn cells(kind: u8) -> Option<usize> {
    match kind {
        I32 | F32 | EXTERNREF => Some(1),
        I64 | F64 => Some(2),
        V128 => Some(4),
        _ => None,
    }
}

/// The value of a kind in cells, and the cell behind it. They need not be aligned to more than their four bytes.
///
/// # Safety
///
/// There are as many cells.
#[inline]
unsafe fn read_cells(kind: u8, cell: *const u32) -> (ValRaw, *const u32) {
    // SAFETY: by the caller.
    unsafe {
        match kind {
            F32 => (ValRaw::from_f32_bits(cell.read()), cell.add(1)),
            I64 | F64 => (ValRaw::from_i64(cell.cast::<i64>().read_unaligned()), cell.add(2)),
            V128 => (ValRaw::from_v128(cell.cast::<u128>().read_unaligned()), cell.add(4)),
            _ => (ValRaw::from_i32(cell.cast::<i32>().read()), cell.add(1)),
        }
    }
}

/// Writes a value into cells; the cell behind them.
///
/// # Safety
///
/// As [`read_cells`].
#[inline]
unsafe fn write_cells(kind: u8, cell: *mut u32, value: ValRaw) -> *mut u32 {
    // SAFETY: by the caller.
    unsafe {
        match kind {
            I64 | F64 => {
                cell.cast::<i64>().write_unaligned(value.i64());
                cell.add(2)
            }
            V128 => {
                cell.cast::<u128>().write_unaligned(value.v128());
                cell.add(4)
            }
            _ => {
                cell.cast::<i32>().write(value.i32());
                cell.add(1)
            }
        }
    }
}

impl CFunction {
    /// A handle for a function of a store.
    pub fn new(shared: &Shared, func: Func) -> Option<Box<CFunction>> {
        let ty = shared.with(|store| func.ty(&store)).ok()?;
        let kinds = |types: &[ValType]| types.iter().map(|ty| kind(*ty)).collect::<Box<[u8]>>();
        let (params, results) = (kinds(&ty.params), kinds(&ty.results));
        let sum = |kinds: &[u8]| kinds.iter().map(|kind| cells(*kind)).sum::<Option<usize>>();
        let cells = sum(&params).zip(sum(&results));
        let slots = params.len().max(results.len()).max(1);
        let passing = Passing::of(&ty);
        let has_references = params.iter().chain(&results).any(|kind| matches!(*kind, EXTERNREF | FUNCREF));
        Some(Box::new(CFunction {
            shared,
            func,
            ty,
            params,
            results,
            cells,
            slots,
            passing,
            has_references,
            is_main: false,
        }))
    }

    pub fn shared(&self) -> &Shared {
        // SAFETY: handles of functions are freed with what they share.
        unsafe { &*self.shared }
    }

    /// Whose it is, and what.
    pub fn place(&self) -> (*const Shared, Extern) {
        (self.shared, self.func.into())
    }

    /// Calls it with values in slots.
    #[inline]
    fn call_slots(&self, slots: &mut [ValRaw]) -> Result<(), Error> {
        // SAFETY: the slots were filled as the type has them.
        self.shared().with(|store| unsafe { self.func.call_raw(store, self.passing, slots) })
    }

    /// Calls it with cells, where results come back.
    ///
    /// # Safety
    ///
    /// There are as many cells as its parameters and results have.
    #[inline]
    unsafe fn call_cells(&self, argv: *mut u32) -> Result<(), Error> {
        if self.passing == Passing::Registers {
            let mut values = RegisterValues::default();
            let mut cell = argv.cast_const();
            for (value, kind) in values.iter_mut().zip(&self.params) {
                // SAFETY: by the caller.
                let (read, next) = unsafe { read_cells(*kind, cell) };
                (*value, cell) = (read.register(), next);
            }
            // SAFETY: they were filled as the type has them.
            let result = self.shared().with(|store| unsafe { self.func.call_in_registers(store, values) })?;
            if let Some(kind) = self.results.first() {
                // SAFETY: by the caller.
                unsafe { write_cells(*kind, argv, ValRaw::from_register(result)) };
            }
            return Ok(());
        }
        let mut few = [ValRaw::ZERO; FEW];
        let mut many = Vec::new();
        let slots = match few.get_mut(..self.slots) {
            Some(few) => few,
            None => {
                many.resize(self.slots, ValRaw::ZERO);
                &mut many[..]
            }
        };
        let mut cell = argv.cast_const();
        for (slot, kind) in slots.iter_mut().zip(&self.params) {
            // SAFETY: by the caller.
            (*slot, cell) = unsafe { read_cells(*kind, cell) };
        }
        self.call_slots(slots)?;
        let mut cell = argv;
        for (slot, kind) in slots.iter().zip(&self.results) {
            // SAFETY: by the caller.
            cell = unsafe { write_cells(*kind, cell, *slot) };
        }
        Ok(())
    }

    /// Calls it with values.
    pub fn call(&self, params: &[Val]) -> Result<Vec<Val>, Error> {
        self.shared().with(|store| self.func.call(store, params))
    }
}

/// Something about a call that C has wrong; what happened is that nothing was called.
pub fn refuse(shared: &Shared, reason: &str) -> bool {
    shared.set_exception(Some(&format!("{}{reason}", trace::PREFIX)));
    false
}

/// What a call ended with, for C.
pub fn end(shared: &Shared, outcome: Result<(), Error>) -> bool {
    match outcome {
        Ok(()) => true,
        Err(error) => {
            trace::keep(shared, &error);
            false
        }
    }
}

/// Runs a call of a function with an environment for the natives it leads to.
#[inline]
pub fn in_env(function: &CFunction, env: &CExecEnv, call: impl FnOnce() -> bool) -> bool {
    let shared = function.shared();
    let outer = shared.env.replace(env);
    if outer.is_null() {
        shared.forget_exception();
    }
    let done = call();
    shared.env.set(outer);
    if !done && outer.is_null() {
        shared.tell_others();
    }
    if function.is_main && outer.is_null() { end_program(shared, done) } else { done }
}

/// The main function of a program is the first of these.
const MAIN: [&str; 3] = ["_start", "__main_argc_argv", "main"];

/// The function `NAME` of an instance, or `$MODULE$NAME` of the instance of that name beside it.
pub fn look_up(instance: &CInstance, name: &str) -> Option<*const CFunction> {
    if let Some(known) = instance.functions.borrow().get(name) {
        return Some(&raw const **known);
    }
    let shared = instance.shared();
    let (of, function) = match name.strip_prefix('$').and_then(|qualified| qualified.split_once('$')) {
        Some((module, function)) => {
            let instances = shared.instances.borrow();
            (instances.iter().find(|other| *other.name.borrow() == module)?.instance, function)
        }
        None => (instance.instance, name),
    };

    let func = shared.with(|store| of.get_func(&store, function))?;
    let mut made = CFunction::new(shared, func)?;
    made.is_main = MAIN.contains(&name);
    let place: *const CFunction = &raw const *made;
    instance.functions.borrow_mut().insert(name.to_owned(), made);
    Some(place)
}

/// The signature that WAMR 1 had behind the name is not looked at, so that callers of WAMR 2's form may leave it out.
#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_lookup_function(instance: Option<&CInstance>, name: Text) -> *const CFunction {
    guard(std::ptr::null(), || {
        let (Some(instance), Some(name)) = (instance, name.get()) else {
            return std::ptr::null();
        };
        look_up(instance, &name).unwrap_or(std::ptr::null())
    })
}

/// The function at a place of an instance's first table; why there is none, in the words of a trap.
fn element(instance: &CInstance, index: u32) -> Result<*const CFunction, String> {
    let shared = instance.shared();
    let table = shared.with(|store| instance.instance.table_by_index(&store, 0)).ok_or("there is no table")?;
    match shared.with(|store| table.get(&store, u64::from(index))) {
        Ok(Val::FuncRef(Some(func))) => Ok(instance.keep_function(func)),
        Ok(Val::FuncRef(None)) => Err(format!("{} {index}", TrapCode::UninitializedElement.message())),
        Ok(_) => Err("the table is none of functions".to_owned()),
        Err(_) => Err(format!("{} {index}", TrapCode::UndefinedElement.message())),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_call_indirect(
    env: Option<&CExecEnv>,
    index: u32,
    argc: u32,
    argv: *mut u32,
) -> bool {
    guard(false, || {
        let Some(instance) = env.and_then(CExecEnv::instance) else { return false };
        match element(instance, index) {
            // SAFETY: the header wants of the arguments what is wanted there; the function was found just now.
            Ok(function) => unsafe { wasm_runtime_call_wasm(env, function.as_ref(), argc, argv) },
            Err(reason) => refuse(instance.shared(), &reason),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_call_wasm(
    env: Option<&CExecEnv>,
    function: Option<&CFunction>,
    argc: u32,
    argv: *mut u32,
) -> bool {
    guard(false, || {
        let Some(function) = function else { return false };
        let shared = function.shared();
        let Some(env) = env else {
            return refuse(shared, "the execution environment is NULL");
        };
        let Some((params, results)) = function.cells else {
            return refuse(
                shared,
                &format!("a function of type {} is not called with cells: see wasm_runtime_call_wasm_a", function.ty),
            );
        };
        if (argc as usize) < params {
            return refuse(
                shared,
                &format!(
                    "{argc} cells of arguments were given to a function of type {}, which takes {params}",
                    function.ty
                ),
            );
        }
        if argv.is_null() && params.max(results) > 0 {
            return refuse(shared, "the arguments are NULL");
        }
        // SAFETY: the arguments are there, and by the header there is room for the results.
        unsafe {
            in_env(function, env, || {
                let outcome = match function.has_references {
                    false => function.call_cells(argv),
                    true => call_with_references(function, argv),
                };
                end(shared, outcome)
            })
        }
    })
}

/// The slow way: external references are numbers in cells, and values in between.
///
/// # Safety
///
/// As [`CFunction::call_cells`].
unsafe fn call_with_references(function: &CFunction, argv: *mut u32) -> Result<(), Error> {
    let mut cell = argv.cast_const();
    let mut params = Vec::with_capacity(function.params.len());
    for kind in &function.params {
        // SAFETY: by the caller.
        unsafe {
            params.push(match *kind {
                I32 => Val::I32(cell.read().cast_signed()),
                F32 => Val::F32(cell.read()),
                I64 => Val::I64(cell.cast::<i64>().read_unaligned()),
                F64 => Val::F64(cell.cast::<u64>().read_unaligned()),
                V128 => Val::V128(cell.cast::<u128>().read_unaligned()),
                _ => external::value(function.shared(), cell.read()),
            });
            cell = cell.add(cells(*kind).unwrap_or(1));
        }
    }
    let results = function.call(&params)?;
    let mut cell = argv;
    for (value, kind) in results.iter().zip(&function.results) {
        // SAFETY: by the caller.
        unsafe {
            match value {
                Val::I32(value) => cell.write(value.cast_unsigned()),
                Val::F32(bits) => cell.write(*bits),
                Val::I64(value) => cell.cast::<i64>().write_unaligned(*value),
                Val::F64(bits) => cell.cast::<u64>().write_unaligned(*bits),
                Val::V128(value) => cell.cast::<u128>().write_unaligned(*value),
                value => cell.write(external::number(function.shared(), value)),
            }
            cell = cell.add(cells(*kind).unwrap_or(1));
        }
    }
    Ok(())
}

/// A value as `wasm.h` has it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct WasmVal {
    pub kind: u8,
    pub padding: [u8; 7],
    pub of: WasmOf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub union WasmOf {
    pub i32: i32,
    pub i64: i64,
    pub f32: u32,
    pub f64: u64,
    pub foreign: usize,
    pub reference: *mut c_void,
}

impl WasmVal {
    fn value(self, shared: &Shared) -> Option<Val> {
        // SAFETY: the kind says which member is set, and all bits are values of these types.
        unsafe {
            Some(match self.kind {
                I32 => Val::I32(self.of.i32),
                I64 => Val::I64(self.of.i64),
                F32 => Val::F32(self.of.f32),
                F64 => Val::F64(self.of.f64),
                EXTERNREF => external::of_pointer(shared, self.of.foreign),
                _ => return None,
            })
        }
    }

    fn of(value: &Val, kind: u8, shared: &Shared) -> WasmVal {
        let of = match value {
            Val::I32(value) => WasmOf { i64: i64::from(value.cast_unsigned()) },
            Val::I64(value) => WasmOf { i64: *value },
            Val::F32(bits) => WasmOf { i64: i64::from(*bits) },
            Val::F64(bits) => WasmOf { f64: *bits },
            value => WasmOf { foreign: external::pointer(shared, value) },
        };
        WasmVal { kind, padding: [0; 7], of }
    }
}

/// The fast way, for few numbers and no vectors; none where it is not to be gone.
///
/// # Safety
///
/// The environment is alive, there are as many arguments as parameters and room for as many results as there are.
#[inline]
unsafe fn call_with_numbers(
    env: &CExecEnv,
    function: &CFunction,
    args: &[WasmVal],
    results: *mut WasmVal,
) -> Option<bool> {
    let mut slots = [ValRaw::ZERO; FEW];
    let slots = slots.get_mut(..function.slots)?;
    for ((slot, arg), kind) in slots.iter_mut().zip(args).zip(&function.params) {
        if arg.kind != *kind {
            return None;
        }
        // SAFETY: all bits are values of these types.
        let (narrow, wide) = unsafe { (arg.of.i32, arg.of.i64) };
        *slot = match *kind {
            I32 | F32 => ValRaw::from_i32(narrow),
            I64 | F64 => ValRaw::from_i64(wide),
            _ => return None,
        };
    }
    if function.results.contains(&V128) {
        return None;
    }
    let shared = function.shared();
    // SAFETY: by the caller.
    unsafe {
        Some(in_env(function, env, || match function.call_slots(slots) {
            Ok(()) => {
                for (index, (slot, kind)) in slots.iter().zip(&function.results).enumerate() {
                    // What came in a register has anything in its upper half.
                    let bits = if matches!(*kind, I32 | F32) { i64::from(slot.f32_bits()) } else { slot.i64() };
                    results.add(index).write(WasmVal { kind: *kind, padding: [0; 7], of: WasmOf { i64: bits } });
                }
                true
            }
            Err(error) => end(shared, Err(error)),
        }))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_call_wasm_a(
    env: Option<&CExecEnv>,
    function: Option<&CFunction>,
    result_count: u32,
    results: *mut WasmVal,
    arg_count: u32,
    args: *const WasmVal,
) -> bool {
    guard(false, || {
        let Some(function) = function else { return false };
        let shared = function.shared();
        let Some(env) = env else {
            return refuse(shared, "the execution environment is NULL");
        };
        let (wanted, given) = (&function.ty, (arg_count as usize, result_count as usize));
        if given != (wanted.params.len(), wanted.results.len()) {
            let (args, results) = given;
            return refuse(
                shared,
                &format!("a function of type {wanted} was called with {args} arguments and room for {results} results"),
            );
        }
        if (args.is_null() && arg_count > 0) || (results.is_null() && result_count > 0) {
            return refuse(shared, "the arguments or the results are NULL");
        }
        // SAFETY: as many as it says, by the header.
        let args = unsafe { crate::boundary::array(args, arg_count as usize) };
        // SAFETY: the environment is alive by the header, and the numbers of both are right.
        let fast = || unsafe { call_with_numbers(env, function, args, results) };
        if let Some(done) = if function.has_references { None } else { fast() } {
            return done;
        }
        let params: Option<Vec<Val>> = args.iter().map(|arg| arg.value(shared)).collect();
        let Some(params) = params else {
            return refuse(shared, "an argument is of a kind that C has no values of");
        };
        // SAFETY: the environment is alive by the header.
        unsafe {
            in_env(function, env, || match function.call(&params) {
                Ok(values) => {
                    for (index, (value, kind)) in values.iter().zip(&function.results).enumerate() {
                        // There is room for as many results as the function has.
                        results.add(index).write(WasmVal::of(value, *kind, shared));
                    }
                    true
                }
                Err(error) => end(shared, Err(error)),
            })
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_func_get_param_count(function: Option<&CFunction>, _: Option<&CInstance>) -> u32 {
    guard(0, || function.map_or(0, |function| function.params.len() as u32))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_func_get_result_count(function: Option<&CFunction>, _: Option<&CInstance>) -> u32 {
    guard(0, || function.map_or(0, |function| function.results.len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_get_param_types(function: Option<&CFunction>, _: Option<&CInstance>, into: *mut u8) {
    // SAFETY: by the header, there is room for as many as there are.
    guard((), || unsafe { copy_kinds(function.as_ref().map(|function| &*function.params), into) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_get_result_types(
    function: Option<&CFunction>,
    _: Option<&CInstance>,
    into: *mut u8,
) {
    // SAFETY: by the header, there is room for as many as there are.
    guard((), || unsafe { copy_kinds(function.as_ref().map(|function| &*function.results), into) });
}

/// # Safety
///
/// `into` is null, or there is room for the kinds.
unsafe fn copy_kinds(kinds: Option<&[u8]>, into: *mut u8) {
    if let (Some(kinds), false) = (kinds, into.is_null()) {
        // SAFETY: by the caller.
        unsafe { std::ptr::copy_nonoverlapping(kinds.as_ptr(), into, kinds.len()) };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_application_execute_func(
    instance: Option<&CInstance>,
    name: Text,
    argc: i32,
    argv: *const Text,
) -> bool {
    guard(false, || {
        let (Some(instance), Some(name)) = (instance, name.get()) else {
            return false;
        };
        // SAFETY: as many strings as it says.
        let texts = unsafe { strings(argv, argc) };
        execute(instance, &name, &texts)
    })
}

/// Strings of a list of C's.
///
/// # Safety
///
/// `list` is null, or there are so many strings.
unsafe fn strings(list: *const Text, count: i32) -> Vec<String> {
    // SAFETY: by the caller.
    let list = unsafe { crate::boundary::array(list, usize::try_from(count).unwrap_or(0)) };
    list.iter().map(|item| item.get().unwrap_or_default().into_owned()).collect()
}

/// Calls a function with values as text, and prints what it returns as text.
fn execute(instance: &CInstance, name: &str, texts: &[String]) -> bool {
    let shared = instance.shared();
    let Some(function) = look_up(instance, name) else {
        return refuse(shared, &format!("there is no function {name:?}"));
    };
    // SAFETY: looked up just now.
    let function = unsafe { &*function };
    if texts.len() != function.ty.params.len() {
        return refuse(
            shared,
            &format!("function {name:?} of type {} was given {} arguments", function.ty, texts.len()),
        );
    }
    let Ok(module) = shared.with(|store| instance.instance.module(&store)) else {
        return refuse(shared, "the instance is gone");
    };
    let parse = |(text, ty): (&String, &ValType)| runtime::text::parse_value(module.engine(), *ty, text);
    let params: Option<Vec<Val>> = texts.iter().zip(&function.ty.params).map(parse).collect();
    let Some(params) = params else {
        return refuse(
            shared,
            &format!("an argument is no value of its type: function {name:?} is of type {}", function.ty),
        );
    };
    {
        in_env(function, &instance.env, || match function.call(&params) {
            Ok(results) => {
                if !results.is_empty() {
                    trace::print(&(runtime::text::format_results(&function.ty, &results) + "\n"));
                }
                true
            }
            Err(error) => end(shared, Err(error)),
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_application_execute_main(
    instance: Option<&CInstance>,
    argc: i32,
    argv: *mut *mut c_char,
) -> bool {
    guard(false, || {
        let Some(instance) = instance else { return false };
        let shared = instance.shared();
        let entry = MAIN.into_iter().find_map(|name| look_up(instance, name));
        let Some(function) = entry else {
            return refuse(shared, "there is no function _start or main");
        };
        // SAFETY: looked up just now.
        let function = unsafe { &*function };
        if !function.params.is_empty() {
            return refuse(
                shared,
                &format!(
                    "the main function is of type {}; only one without parameters can be called: arguments are given by wasm_runtime_set_wasi_args",
                    function.ty
                ),
            );
        }
        // SAFETY: the environment is alive; the first argument is where the header says that the result goes.
        let done = unsafe {
            in_env(function, &instance.env, || match function.call(&[]) {
                Ok(results) => {
                    if let (Some(Val::I32(status)), true) = (results.first(), argc > 0 && !argv.is_null()) {
                        argv.cast::<i32>().write(*status);
                    }
                    true
                }
                Err(error) => end(shared, Err(error)),
            })
        };
        // That a program ended itself is no failure; the status says whether that was well.
        if !done && shared.exited.take() {
            shared.set_exception(None);
            return true;
        }
        done
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_lookup_wasi_start_function(instance: Option<&CInstance>) -> *const CFunction {
    guard(std::ptr::null(), || instance.and_then(|instance| look_up(instance, "_start")).unwrap_or(std::ptr::null()))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_wasi_exit_code(instance: Option<&CInstance>) -> u32 {
    guard(0, || instance.map_or(0, |instance| instance.shared().exit_status.get()))
}
