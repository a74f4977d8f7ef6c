//! This project: `wamrc` and `iwasm`, as libraries.

use std::path::Path;

use aot_format::Integrity;
use iwasm::{Artifact, Caller, Engine, Instance, Linker, Module, Store};
use wamrc::{Compiler, Options};

use crate::error::Error;
use crate::guest::{self, Guest, WASI};
use crate::side::Side;

/// This project.
pub struct Ours {
    compiler: Compiler,
    engine: Engine,
    /// What [`Side::load`] checks of a file.
    integrity: Integrity,
}

/// Instances in a store.
pub struct Run {
    store: Store<Guest>,
    main: Instance,
}

impl Ours {
    /// For the portable baseline of this machine's instruction set, optimised for speed, all CPUs; with calls inlined or
    /// not. Files are loaded with as much `integrity`.
    ///
    /// # Errors
    ///
    /// When Cranelift does not know this machine.
    pub fn new(integrity: Integrity, inlining: bool) -> Result<Ours, Error> {
        let compiler = Compiler::new(Options::new().inlining(inlining))?;
        Ok(Ours { compiler, engine: Engine::default(), integrity })
    }

    /// Compiles modules to the bytes of a linked set, the main one last.
    ///
    /// # Errors
    ///
    /// When one is refused, or they do not link.
    pub fn compile_set(&self, modules: &[(&str, &[u8])]) -> Result<Vec<u8>, Error> {
        Ok(self.compiler.compile_set(modules, &|_| {})?)
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// A module of a file that this process compiled itself.
///
/// # Errors
///
/// When it cannot be loaded.
pub fn load(engine: &Engine, path: &Path, integrity: Integrity) -> Result<Module, Error> {
    let artifact = Artifact::from_file_with(path, integrity)?;
    // SAFETY: the benchmark compiled the file itself and nobody has changed it since.
    Ok(unsafe { Module::new(engine, artifact)? })
}

/// Defines the host functions that modules may import, of WASI's only those that are `wanted`.
pub fn define_host(linker: &mut Linker<Guest>, wanted: impl Fn(&str) -> bool) {
    macro_rules! define {
        ($name:ident($($param:ident: $ty:ty),*)) => {
            if wanted(stringify!($name)) {
                linker.func(WASI, stringify!($name), |mut caller: Caller<'_, Guest>, $($param: $ty),*| -> Result<i32, iwasm::Error> {
                let memory = caller.get_memory("memory").ok_or_else(|| iwasm::Error::host("no memory"))?;
                let (memory, guest) = caller.memory_and_data_mut(memory)?;
                Ok(guest::$name(memory, guest, $($param),*))
            });
            }
        };
    }
    guest::for_each_function!(define);
    linker.func(WASI, "proc_exit", |mut caller: Caller<'_, Guest>, status: i32| -> Result<(), iwasm::Error> {
        caller.data_mut().status = Some(status);
        Err(iwasm::Error::Exit(status))
    });
    linker.func("bench", "start", |mut caller: Caller<'_, Guest>| caller.data_mut().region_starts());
    linker.func("bench", "end", |mut caller: Caller<'_, Guest>| caller.data_mut().region_ends());
    linker.func("host", "f", |x: i32| x.wrapping_add(1));
}

impl Side for Ours {
    const NAME: &'static str = "iwasm";
    const EXTENSION: &'static str = "aot";
    type Module = Module;
    type Run = Run;
    type Prepared = (Linker<()>, Module);
    type Alone = (Store<()>, Instance);

    fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.compiler.compile(wasm)?)
    }

    fn load(&self, path: &Path) -> Result<Module, Error> {
        load(&self.engine, path, self.integrity)
    }

    fn text_bytes(&self, compiled: &[u8]) -> Result<usize, Error> {
        Ok(aot_format::Artifact::verify(compiled, Integrity::Full)?.text().len())
    }

    fn link(&self, modules: &[(&str, &Module)], guest: Guest) -> Result<Run, Error> {
        let mut linker = Linker::new(&self.engine);
        define_host(&mut linker, |_| true);
        let Some(((_, main), others)) = modules.split_last() else { return Err(Error::Export("main module".into())) };
        for (name, module) in others {
            linker.register(name, module)?;
        }
        let mut store = Store::new(&self.engine, guest);
        let main = linker.instantiate(&mut store, "", main)?;
        Ok(Run { store, main })
    }

    fn prepare(&self, module: &Module) -> Result<(Linker<()>, Module), Error> {
        Ok((Linker::new(&self.engine), module.clone()))
    }

    fn instantiate(&self, (linker, module): &mut (Linker<()>, Module)) -> Result<(Store<()>, Instance), Error> {
        let mut store = Store::new(&self.engine, ());
        let instance = linker.instantiate(&mut store, "", module)?;
        Ok((store, instance))
    }

    fn call(run: &mut Run, export: &str, argument: i32, times: u32) -> Result<i32, Error> {
        let func = run.main.get_func(&run.store, export).ok_or_else(|| Error::Export(export.into()))?;
        let func = func.typed::<i32, i32>(&run.store)?;
        let mut value = argument;
        for _ in 0..times {
            value = func.call(&mut run.store, value)?;
        }
        Ok(value)
    }

    fn start(run: &mut Run) -> Result<(), Error> {
        let func = run.main.get_func(&run.store, "_start").ok_or_else(|| Error::Export("_start".into()))?;
        match func.typed::<(), ()>(&run.store)?.call(&mut run.store, ()) {
            Ok(()) | Err(iwasm::Error::Exit(0)) => Ok(()),
            Err(iwasm::Error::Exit(status)) => Err(Error::Status { side: Self::NAME, status }),
            Err(error) => Err(error.into()),
        }
    }

    fn guest(run: &Run) -> &Guest {
        run.store.data()
    }
}
