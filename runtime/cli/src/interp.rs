//! `--interp`: runs the modules' WebAssembly by the interpreter, by the same rules and with the same WASI as compiled
//! code. Nothing is compiled, and no artifact is looked at.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aot_format::abi::TrapCode;
use iwasm::text::format_results;
use iwasm::{Engine, FuncType, LoadError, Val, ValType};
use iwasm_interp::wasmi::Type;
use iwasm_interp::{Failure as SetFailure, Limits, Set, Wasmi};
use iwasm_observe::native::from_val;
use iwasm_observe::{Outcome, Value};

use crate::args::{Invocation, VERBOSE};
use crate::error::Failure;
use crate::source::refuse_directory;
use crate::{print, run, values, wasi};

/// Calls that are inside one another, where nothing else is said.
const DEFAULT_DEPTH: usize = 20_000;
/// Bytes of `--stack-size` that allow for one of them.
const STACK_BYTES_A_CALL: usize = 64;

/// Runs a module; the exit status.
pub(crate) fn run(invocation: &Invocation) -> Result<i32, Failure> {
    if invocation.gc_heap_size.is_some() || invocation.max_threads.is_some() {
        return Err(Failure::NotInterpreted { option: "--gc-heap-size and --max-threads" });
    }
    let depth = invocation.stack_size.map_or(DEFAULT_DEPTH, |bytes| bytes / STACK_BYTES_A_CALL);
    let limits = Limits { memory_bytes: u64::MAX, table_elements: u64::MAX, depth, fuel: None };
    let mut set = Wasmi::set(wasi::state(invocation)?, true, &limits);
    let folders = run::module_folders(invocation)?;
    let searched = folders.clone();
    set.set_reader(Box::new(move |name| find(&folders, name)));
    for (name, file) in &invocation.preloads {
        register(&mut set, name, file)?;
    }
    refuse_directory(&invocation.main)?;
    let name = run::stem(&invocation.main)?;
    register(&mut set, &name, &invocation.main)?;
    if let Some(milliseconds) = invocation.timeout {
        stop_after(milliseconds)?;
    }
    let done = match &invocation.function {
        Some(function) => call(&mut set, invocation, &name, function),
        None => start(&mut set, invocation, &name),
    };
    match done {
        Err(Failure::Interpreted { outcome: Outcome::Exited(status) }) => Ok(status & 0xff),
        Err(Failure::Runtime(iwasm::Error::Link(errors))) => {
            Err(run::explain_link(errors, &searched, !invocation.module_path.is_empty()))
        }
        done => done.map(|()| 0),
    }
}

/// Reads `NAME.wasm` from folders, the first that has it.
fn find(folders: &[PathBuf], name: &str) -> Result<Option<Vec<u8>>, LoadError> {
    // The name comes from a guest: it names a file in the folder and nothing else.
    if name.is_empty() || name.contains(['/', '\\', '\0']) {
        return Err(LoadError::UnusableName { name: name.to_owned() });
    }
    let path = folders.iter().map(|folder| folder.join(format!("{name}.wasm"))).find(|path| path.is_file());
    let read =
        |path: PathBuf| std::fs::read(&path).map_err(|error| LoadError::File { path, reason: error.to_string() });
    path.map(read).transpose()
}

fn register(set: &mut Set<Wasmi>, name: &str, file: &Path) -> Result<(), Failure> {
    refuse_directory(file)?;
    let failed = |reason: String| LoadError::File { path: file.to_path_buf(), reason };
    let wasm = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    set.register(name, &wasm).map_err(|error| failed(format!("cannot be interpreted: {error}")).into())
}

/// The interpreter looks at no clock: the process ends when the time is up.
fn stop_after(milliseconds: u64) -> Result<(), Failure> {
    let wait = move || {
        std::thread::sleep(Duration::from_millis(milliseconds));
        crate::exit(crate::report(&Failure::InterpreterTimedOut { milliseconds }));
    };
    std::thread::Builder::new().name("timeout".into()).spawn(wait).map(drop).map_err(Failure::Watch)
}

fn start(set: &mut Set<Wasmi>, invocation: &Invocation, name: &str) -> Result<(), Failure> {
    if let Some(ty) = function_type(set, name, "_start").filter(|ty| *ty != FuncType::default()) {
        return Err(Failure::StartType { module: name.to_owned(), ty: ty.to_string() });
    }
    instantiate(set, invocation, name)?;
    if let Some(start) = set.export(name, "_start") {
        return finish(set.call(&start, &[])).map(drop);
    }
    if function_type(set, name, "_initialize").is_none() {
        let exported = functions(set, name);
        return Err(Failure::NoEntry { module: name.to_owned(), exported, misplaced: false });
    }
    Ok(())
}

fn call(set: &mut Set<Wasmi>, invocation: &Invocation, name: &str, function: &str) -> Result<(), Failure> {
    let texts: Vec<String> = invocation.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let types = Engine::default();
    let (module, export) = run::qualified(function).unwrap_or((name, function));
    // Wrong values should be told before anything runs; of other modules we do not know yet.
    if module == name {
        let ty = function_type(set, name, export).ok_or_else(|| no_function(set, name, export))?;
        values::parse(&types, function, &ty, &texts)?;
    }
    instantiate(set, invocation, name)?;
    if module != name && !set.has_instance(module) && invocation.preloads.iter().any(|(preload, _)| preload == module) {
        instantiate(set, invocation, module)?;
    }
    let Some(ty) = function_type(set, module, export) else {
        return Err(match set.has_instance(module) {
            true => no_function(set, module, export),
            false => Failure::NoInstance { module: module.into(), function: function.into() },
        });
    };
    let params: Vec<Value> = values::parse(&types, function, &ty, &texts)?.iter().map(from_val).collect();
    let Some(func) = set.export(module, export) else { return Err(no_function(set, module, export)) };
    let results = finish(set.call(&func, &params))?;
    let results: Vec<Val> = ty.results.iter().zip(results).map(|(ty, value)| shown(*ty, value, &types)).collect();
    match results.is_empty() {
        true => Ok(()),
        false => print(&(format_results(&ty, &results) + "\n")),
    }
}

/// A result as the runtime has it, for it to be shown alike. What a reference refers to is not shown.
fn shown(ty: ValType, value: Value, types: &Engine) -> Val {
    match value {
        Value::I32(value) => Val::I32(value.cast_signed()),
        Value::I64(value) => Val::I64(value.cast_signed()),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits),
        Value::Null | Value::Reference => Val::default_for(ty, types),
    }
}

fn instantiate(set: &mut Set<Wasmi>, invocation: &Invocation, name: &str) -> Result<(), Failure> {
    set.instantiate(name).map_err(|failure| match failure {
        SetFailure::Link(errors) => Failure::Runtime(errors.into()),
        SetFailure::Outcome(outcome) => Failure::Interpreted { outcome },
    })?;
    if invocation.verbosity >= VERBOSE {
        set.registered().for_each(|module| eprintln!("iwasm: module {} is interpreted", module.escape_debug()));
    }
    Ok(())
}

fn finish(done: Result<Vec<Value>, Outcome>) -> Result<Vec<Value>, Failure> {
    done.map_err(|outcome| Failure::Interpreted { outcome })
}

fn function_type(set: &Set<Wasmi>, module: &str, name: &str) -> Option<FuncType> {
    match set.export_type(module, name)? {
        Type::Func(ty) => Some(ty),
        _ => None,
    }
}

fn functions(set: &Set<Wasmi>, module: &str) -> Vec<String> {
    set.exports(module).into_iter().filter(|name| function_type(set, module, name).is_some()).collect()
}

fn no_function(set: &Set<Wasmi>, module: &str, function: &str) -> Failure {
    Failure::NoFunction { module: module.into(), function: function.into(), exported: functions(set, module) }
}

/// How something that was interpreted ended, in the words that compiled code has for it.
pub(crate) fn ended(outcome: &Outcome) -> String {
    match outcome.trap().map(TrapCode::message) {
        Some(message) => message.to_owned(),
        None => outcome.to_string(),
    }
}
