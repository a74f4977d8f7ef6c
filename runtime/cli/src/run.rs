//! Runs a module: loads it and what it needs, links, calls.
//!
//! # Safety contract
//!
//! `Module::new` and `set_module_reader` want someone to vouch for the code. It is the person who
//! gave this command the files and the folders to find them in.
#![expect(unsafe_code, reason = "it is here that the user's trust in the files is passed on")]

use std::ffi::OsString;
use std::io::ErrorKind;
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use iwasm::{
    Config, Engine, Error, ExternType, Func, FuncType, Instance, InterruptHandle, LinkError, LinkErrors, Linker,
    Module, RESERVED_NAMES, Store, TrapCode, Val,
};
use rustix::process::{Resource, getrlimit};

use crate::args::{Invocation, VERBOSE};
use crate::error::Failure;
use crate::source::{Source, refuse_directory};
use crate::wasi::{Group, State, ThreadError};
use crate::{print, values, wasi};

/// What a thread needs besides the stack for wasm: host functions run on it, too.
const HOST_STACK_BYTES: usize = 512 << 10;

/// The stack of a thread to run on, if the main thread's is too small for what was asked for.
pub(crate) fn thread_stack(invocation: &Invocation) -> Option<usize> {
    let wanted = invocation.stack_size?.saturating_add(HOST_STACK_BYTES);
    match getrlimit(Resource::Stack).current {
        Some(bytes) if bytes < wanted as u64 => Some(wanted),
        _ => None,
    }
}

/// Runs a module; the exit status.
pub(crate) fn run(invocation: &Invocation) -> Result<i32, Failure> {
    let mut config = Config::default();
    config.max_wasm_stack = invocation.stack_size.unwrap_or(config.max_wasm_stack);
    let engine = Engine::new(&config);
    // The process ends after this: let the system take back the memories, it does it at once.
    let mut linker = ManuallyDrop::new(Linker::new(&engine));
    let mut store = ManuallyDrop::new(Store::new(&engine, wasi::state(invocation)?));
    if let Some(bytes) = invocation.gc_heap_size {
        store.limits_mut().max_heap_bytes = bytes;
    }
    let threads = Group::new(invocation);
    threads.add_to_linker(&mut linker);
    let folders = module_folders(invocation)?;
    // What the program may write to must not be what it runs. Where its folders lead is not asked: links are many.
    let may_be_changed = invocation.folders.iter().any(|folder| !folder.read_only);
    let mut source = Source::new(folders.clone(), may_be_changed);
    for (name, file) in &invocation.preloads {
        let module = load(&engine, &mut source, file, name)?;
        linker.register(name, &module).map_err(Failure::Runtime)?;
    }
    refuse_directory(&invocation.main)?;
    let name = stem(&invocation.main)?;
    let module = load(&engine, &mut source, &invocation.main, &name)?;
    // SAFETY: the user trusts the modules in the folders given.
    unsafe { linker.set_module_reader(source) };
    let main = Main { module, name, invocation, folders, threads: &threads };
    if let Some(milliseconds) = invocation.timeout {
        stop_after(milliseconds, store.interrupt_handle())?;
    }
    // What is wrong with the command line or the set is not the group's affair: it comes out as a value.
    let run = |store: &mut Store<State>| match main.run(&mut linker, store) {
        Err(Failure::Runtime(error)) => Err(error),
        other => Ok(other),
    };
    match threads.run(&mut store, run) {
        // Guests give 32 bits, the system keeps eight.
        Err(ThreadError { error: Error::Exit(status), .. }) => Ok(status & 0xff),
        Err(ThreadError { thread: None, error }) => Err(match invocation.timeout {
            Some(milliseconds) if is_interruption(&error) => Failure::TimedOut { milliseconds, error },
            _ => Failure::Runtime(error),
        }),
        Err(of_thread) => Err(Failure::Thread(of_thread)),
        Ok(done) => done.map(|()| 0),
    }
}

/// Stops the program when its time is up. The thread for it ends with the process.
fn stop_after(milliseconds: u64, handle: InterruptHandle) -> Result<(), Failure> {
    let wait = move || {
        std::thread::sleep(Duration::from_millis(milliseconds));
        handle.interrupt();
    };
    std::thread::Builder::new().name("timeout".into()).spawn(wait).map(drop).map_err(Failure::Watch)
}

fn is_interruption(error: &Error) -> bool {
    error.trap().is_some_and(|trap| trap.code() == TrapCode::Interrupted)
}

/// Where to look for modules.
pub(crate) fn module_folders(invocation: &Invocation) -> Result<Vec<PathBuf>, Failure> {
    for path in &invocation.module_path {
        let reason = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => continue,
            Ok(_) => "is not a directory".to_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => "there is no such directory".to_owned(),
            Err(error) => error.to_string(),
        };
        return Err(Failure::ModulePath { path: path.clone(), reason });
    }
    Ok(match invocation.module_path.as_slice() {
        [] => vec![invocation.main.parent().map(Path::to_path_buf).unwrap_or_default()],
        folders => folders.to_vec(),
    })
}

/// The name by which others import from the module in a file.
pub(crate) fn stem(path: &Path) -> Result<String, Failure> {
    let stem = path.file_stem().ok_or_else(|| Failure::NoFileName { path: path.to_path_buf() })?;
    Ok(stem.to_string_lossy().into_owned())
}

/// A trusted module from a file.
fn load(engine: &Engine, source: &mut Source, file: &Path, name: &str) -> Result<Module, Failure> {
    let artifact = source.read(file, name)?;
    // SAFETY: the user trusts the files given.
    Ok(unsafe { Module::new(engine, artifact)? })
}

/// The main module, and what is to be done with it.
struct Main<'a> {
    module: Module,
    name: String,
    invocation: &'a Invocation,
    /// Where other modules are looked for.
    folders: Vec<PathBuf>,
    threads: &'a Group,
}

impl Main<'_> {
    fn run(&self, linker: &mut Linker<State>, store: &mut Store<State>) -> Result<(), Failure> {
        match &self.invocation.function {
            Some(function) => self.call(linker, store, function),
            None => self.start(linker, store),
        }
    }

    /// Calls `_start`.
    fn start(&self, linker: &mut Linker<State>, store: &mut Store<State>) -> Result<(), Failure> {
        let start = self.function_type("_start");
        if let Some(ty) = start.as_ref().filter(|ty| **ty != FuncType::default()) {
            return Err(Failure::StartType { module: self.name.clone(), ty: ty.to_string() });
        }
        let instance = self.instantiate(linker, store)?;
        if let Some(start) = instance.get_func(&*store, "_start") {
            start.call(store, &[])?;
            return Ok(());
        }
        if self.function_type("_initialize").is_none() {
            let misplaced = |arg: &OsString| arg.as_bytes().starts_with(b"-f") || arg == "--function";
            let misplaced = self.invocation.args.first().is_some_and(misplaced);
            let exported = functions(&self.module);
            return Err(Failure::NoEntry { module: self.name.clone(), exported, misplaced });
        }
        self.note(VERBOSE, || {
            format!("{} is a reactor: _initialize was run, and nothing else", self.name.escape_debug())
        });
        Ok(())
    }

    /// Calls a function and prints its results.
    fn call(&self, linker: &mut Linker<State>, store: &mut Store<State>, function: &str) -> Result<(), Failure> {
        let texts: Vec<String> = self.invocation.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        // Wrong values should be told before anything runs; of other modules we do not know yet.
        if !function.starts_with('$') {
            let ty =
                self.function_type(function).ok_or_else(|| self.no_function(&self.name, &self.module, function))?;
            values::parse(linker.engine(), function, &ty, &texts)?;
        }
        let instance = self.instantiate(linker, store)?;
        if let Some((module, _)) = qualified(function) {
            self.instantiate_preload(linker, store, module)?;
        }
        let found = self.find(store, instance, function)?;
        let ty = found.ty(&*store)?;
        let params: Vec<Val> = values::parse(linker.engine(), function, &ty, &texts)?;
        let results = found.call(store, &params)?;
        match results.is_empty() {
            true => Ok(()),
            false => print(&(iwasm::text::format_results(&ty, &results) + "\n")),
        }
    }

    fn instantiate(&self, linker: &mut Linker<State>, store: &mut Store<State>) -> Result<Instance, Failure> {
        let instance = self.threads.instantiate(linker, store, &self.name, &self.module);
        let instance = instance.map_err(|error| self.explain(error))?;
        for name in linker.registered() {
            let origin = linker.find(name).map_or("", Module::origin);
            self.note(VERBOSE, || format!("module {} is {origin}", name.escape_debug()));
        }
        Ok(instance)
    }

    /// Instantiates a preloaded module that the set did not need, for a function of it to be called.
    fn instantiate_preload(
        &self,
        linker: &mut Linker<State>,
        store: &mut Store<State>,
        name: &str,
    ) -> Result<(), Failure> {
        let preloaded = self.invocation.preloads.iter().any(|(preload, _)| preload == name);
        if let Some(module) = linker.find(name).cloned()
            && preloaded
            && store.instance(name).is_none()
        {
            linker.instantiate(store, name, &module).map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Says where modules were looked for, if one was not found.
    fn explain(&self, error: Error) -> Failure {
        match error {
            Error::Link(errors) => explain_link(errors, &self.folders, !self.invocation.module_path.is_empty()),
            error => error.into(),
        }
    }

    /// The function `NAME`, or `$MODULE$NAME`.
    fn find(&self, store: &Store<State>, instance: Instance, function: &str) -> Result<Func, Failure> {
        if let Some(found) = store.lookup_func(instance, function) {
            return Ok(found);
        }
        let Some((module, name)) = qualified(function) else {
            return Err(self.no_function(&self.name, &self.module, function));
        };
        Err(match store.instance(module) {
            Some(instance) => self.no_function(module, &instance.module(store)?, name),
            None => Failure::NoInstance { module: module.into(), function: function.into() },
        })
    }

    fn no_function(&self, name: &str, module: &Module, function: &str) -> Failure {
        Failure::NoFunction { module: name.into(), function: function.into(), exported: functions(module) }
    }

    /// The type of an exported function of the main module.
    fn function_type(&self, name: &str) -> Option<FuncType> {
        match self.module.export_type(name)? {
            ExternType::Func(ty) => self.module.func_type(ty),
            _ => None,
        }
    }

    /// Says something to those who want to hear as much.
    fn note(&self, level: u8, text: impl FnOnce() -> String) {
        if self.invocation.verbosity >= level {
            eprintln!("iwasm: {}", text());
        }
    }
}

/// Says where modules were looked for, if one was not found.
pub(crate) fn explain_link(errors: LinkErrors, folders: &[PathBuf], chosen: bool) -> Failure {
    let not_found = |error: &LinkError| match error {
        LinkError::MissingModule { site } => !RESERVED_NAMES.contains(&site.module.as_str()),
        _ => false,
    };
    match errors.0.iter().any(not_found) {
        true => Failure::NotFound { errors, folders: folders.to_vec(), chosen },
        false => Failure::Runtime(errors.into()),
    }
}

/// Module and function of `$MODULE$NAME`.
pub(crate) fn qualified(function: &str) -> Option<(&str, &str)> {
    function.strip_prefix('$')?.split_once('$')
}

/// Names of the functions that a module exports.
fn functions(module: &Module) -> Vec<String> {
    let functions = module.exports().into_iter().filter(|export| matches!(export.ty, ExternType::Func(_)));
    functions.map(|export| export.name).collect()
}
