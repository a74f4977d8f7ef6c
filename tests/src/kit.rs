//! What tests of the runtime's API begin with: an engine, a linker, a compiler, small modules.

use iwasm::{Engine, Error, Instance, LinkError, Linker, Module, Store, Val};
use wamrc::Options;

use crate::artifact::Builder;

/// An engine, a linker and a way to make modules.
pub struct Kit {
    /// What all stores share.
    pub engine: Engine,
    /// Names.
    pub linker: Linker<Vec<i32>>,
    /// Compiles.
    pub builder: Builder,
}

impl Kit {
    /// A kit with default options.
    ///
    /// # Panics
    ///
    /// When there is no room for temporary files.
    #[expect(clippy::new_without_default, reason = "a kit makes a folder, which a default should not")]
    pub fn new() -> Kit {
        let engine = Engine::default();
        let linker = Linker::new(&engine);
        Kit { engine, linker, builder: Builder::new(Options::new().threads(1)) }
    }

    /// A module, compiled to a file and loaded from there.
    ///
    /// # Panics
    ///
    /// When the text is no module, or does not compile.
    pub fn module(&mut self, wat: &str) -> Module {
        let wasm = wat::parse_str(wat).expect("the text is a module");
        self.builder.load(&self.engine, &wasm).expect("the module compiles")
    }

    /// A store.
    pub fn store(&self) -> Store<Vec<i32>> {
        Store::new(&self.engine, Vec::new())
    }

    /// An instance of `wat`, named `main`, whose imports the linker finds.
    ///
    /// # Errors
    ///
    /// Those of the linker.
    ///
    /// # Panics
    ///
    /// When the text is no module, or does not compile.
    pub fn main(&mut self, store: &mut Store<Vec<i32>>, wat: &str) -> Result<Instance, Error> {
        let module = self.module(wat);
        self.linker.instantiate(store, "main", &module)
    }
}

/// Calls a function by the name `lookup_func` takes.
///
/// # Errors
///
/// Those of the call.
///
/// # Panics
///
/// When there is no such function.
pub fn call(store: &mut Store<Vec<i32>>, instance: Instance, name: &str, params: &[Val]) -> Result<Vec<Val>, Error> {
    store.lookup_func(instance, name).unwrap_or_else(|| panic!("no function {name}")).call(store, params)
}

/// The link errors of an instantiation that must fail.
///
/// # Panics
///
/// When it did not fail, or otherwise.
pub fn link_errors(outcome: Result<Instance, Error>) -> Vec<LinkError> {
    match outcome {
        Err(Error::Link(errors)) => errors.0,
        Err(other) => panic!("expected link errors, found {other}"),
        Ok(_) => panic!("expected link errors, but it was instantiated"),
    }
}

/// Counts its calls, from 1.
pub const COUNTER: &str = r#"(module
    (global $n (mut i32) (i32.const 0))
    (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#;
