//! Wasmtime, configured as a user would who wants the same code: the same optimisation level and the
//! same CPU features, everything else its default.

use std::path::Path;

use wasmtime::{Caller, Config, Engine, Extern, Instance, InstancePre, Linker, Module, OptLevel, Store};

use crate::error::Error;
use crate::guest::{self, Guest, WASI};
use crate::side::Side;

/// Wasmtime.
pub struct Theirs {
    engine: Engine,
}

/// Instances in a store.
pub struct Run {
    store: Store<Guest>,
    main: Instance,
}

/// The configuration of both the compiler and of runs, which must agree.
///
/// # Errors
///
/// When wasmtime does not know this machine.
pub fn config() -> Result<Config, Error> {
    let mut config = Config::new();
    // Naming the target keeps wasmtime from using what else this machine has.
    if let Some(isa) = aot_format::cpu::Isa::HOST {
        let name = if isa == aot_format::cpu::Isa::Riscv64 { "riscv64gc" } else { isa.name() };
        config.target(&format!("{name}-unknown-linux-gnu"))?;
        for feature in isa.names_of(isa.baseline()).into_iter().flatten() {
            // SAFETY: code for this baseline is compiled and run by the other side as well.
            unsafe { config.cranelift_flag_enable(&format!("has_{feature}")) };
        }
    }
    config.cranelift_opt_level(OptLevel::Speed);
    config.wasm_gc(true).wasm_function_references(true).wasm_exceptions(true);
    Ok(config)
}

impl Theirs {
    /// With [`config`].
    ///
    /// # Errors
    ///
    /// When wasmtime does not know this machine.
    pub fn new() -> Result<Theirs, Error> {
        Ok(Theirs { engine: Engine::new(&config()?)? })
    }

    /// The same, but instances come from a pool made beforehand.
    ///
    /// # Errors
    ///
    /// When there is no room for the pool.
    pub fn pooling() -> Result<Theirs, Error> {
        let mut pool = wasmtime::PoolingAllocationConfig::new();
        pool.total_core_instances(16).total_memories(16).total_tables(16);
        let mut config = config()?;
        config.allocation_strategy(pool);
        Ok(Theirs { engine: Engine::new(&config)? })
    }

    /// For runs only.
    ///
    /// # Errors
    ///
    /// When wasmtime does not know this machine.
    pub fn without_compiler() -> Result<Theirs, Error> {
        let mut config = Config::new();
        config.enable_compiler(false);
        Ok(Theirs { engine: Engine::new(&config)? })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// A module of a file that this process (or the one that started it) compiled itself.
///
/// # Errors
///
/// When it cannot be loaded.
pub fn load(engine: &Engine, path: &Path) -> Result<Module, Error> {
    // SAFETY: the benchmark compiled the file itself and nobody has changed it since.
    Ok(unsafe { Module::deserialize_file(engine, path)? })
}

/// Defines the host functions that modules may import, of WASI's only those that are `wanted`.
///
/// # Errors
///
/// None: no name is defined twice.
pub fn define_host(linker: &mut Linker<Guest>, wanted: impl Fn(&str) -> bool) -> Result<(), Error> {
    macro_rules! define {
        ($name:ident($($param:ident: $ty:ty),*)) => {
            if wanted(stringify!($name)) {
                linker.func_wrap(WASI, stringify!($name), |mut caller: Caller<'_, Guest>, $($param: $ty),*| -> wasmtime::Result<i32> {
                let memory = caller.get_export("memory").and_then(Extern::into_memory);
                let memory = memory.ok_or_else(|| wasmtime::Error::msg("no memory"))?;
                let (memory, guest) = memory.data_and_store_mut(&mut caller);
                Ok(guest::$name(memory, guest, $($param),*))
            })?;
            }
        };
    }
    guest::for_each_function!(define);
    linker.func_wrap(WASI, "proc_exit", |mut caller: Caller<'_, Guest>, status: i32| -> wasmtime::Result<()> {
        caller.data_mut().status = Some(status);
        Err(wasmtime::Error::msg("proc_exit"))
    })?;
    linker.func_wrap("bench", "start", |mut caller: Caller<'_, Guest>| caller.data_mut().region_starts())?;
    linker.func_wrap("bench", "end", |mut caller: Caller<'_, Guest>| caller.data_mut().region_ends())?;
    linker.func_wrap("host", "f", |x: i32| x.wrapping_add(1))?;
    Ok(())
}

impl Side for Theirs {
    const NAME: &'static str = "wasmtime";
    const EXTENSION: &'static str = "cwasm";
    type Module = Module;
    type Run = Run;
    type Prepared = InstancePre<()>;
    type Alone = (Store<()>, Instance);

    fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.engine.precompile_module(wasm)?)
    }

    fn load(&self, path: &Path) -> Result<Module, Error> {
        load(&self.engine, path)
    }

    fn text_bytes(&self, compiled: &[u8]) -> Result<usize, Error> {
        // SAFETY: the bytes are those that `compile` gave.
        Ok(unsafe { Module::deserialize(&self.engine, compiled)? }.text().len())
    }

    fn link(&self, modules: &[(&str, &Module)], guest: Guest) -> Result<Run, Error> {
        let mut linker = Linker::new(&self.engine);
        define_host(&mut linker, |_| true)?;
        let mut store = Store::new(&self.engine, guest);
        let Some(((_, main), others)) = modules.split_last() else { return Err(Error::Export("main module".into())) };
        for (name, module) in others {
            let instance = linker.instantiate(&mut store, module)?;
            linker.instance(&mut store, name, instance)?;
        }
        let main = linker.instantiate(&mut store, main)?;
        Ok(Run { store, main })
    }

    fn prepare(&self, module: &Module) -> Result<InstancePre<()>, Error> {
        Ok(Linker::new(&self.engine).instantiate_pre(module)?)
    }

    fn instantiate(&self, prepared: &mut InstancePre<()>) -> Result<(Store<()>, Instance), Error> {
        let mut store = Store::new(&self.engine, ());
        let instance = prepared.instantiate(&mut store)?;
        Ok((store, instance))
    }

    fn call(run: &mut Run, export: &str, argument: i32, times: u32) -> Result<i32, Error> {
        let func = run.main.get_typed_func::<i32, i32>(&mut run.store, export)?;
        let mut value = argument;
        for _ in 0..times {
            value = func.call(&mut run.store, value)?;
        }
        Ok(value)
    }

    fn start(run: &mut Run) -> Result<(), Error> {
        let func = run.main.get_typed_func::<(), ()>(&mut run.store, "_start")?;
        let ended = func.call(&mut run.store, ());
        match run.store.data().status {
            Some(0) => Ok(()),
            Some(status) => Err(Error::Status { side: Self::NAME, status }),
            None => Ok(ended?),
        }
    }

    fn guest(run: &Run) -> &Guest {
        run.store.data()
    }
}
