//! The two sides of the comparison, behind one trait, so that both are measured by the same code.

use std::path::Path;

use crate::error::Error;
use crate::guest::Guest;

/// A compiler with its runtime.
pub trait Side {
    /// How error messages name it.
    const NAME: &'static str;
    /// Extension of its files, without the dot.
    const EXTENSION: &'static str;
    /// Loaded code.
    type Module;
    /// A store with linked instances, one of which is the main one.
    type Run;
    /// A module without imports, with all that can be done before it is instantiated.
    type Prepared;
    /// A store of its own with an instance.
    type Alone;

    /// Compiles wasm to the bytes of a file.
    ///
    /// # Errors
    ///
    /// When it cannot.
    fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Error>;

    /// Loads a compiled file.
    ///
    /// # Errors
    ///
    /// When it cannot.
    fn load(&self, path: &Path) -> Result<Self::Module, Error>;

    /// Bytes of machine code in a compiled file.
    ///
    /// # Errors
    ///
    /// When it is none.
    fn text_bytes(&self, compiled: &[u8]) -> Result<usize, Error>;

    /// Makes a store and links modules in it by their names, dependencies first, the main one last;
    /// with the host functions of [`crate::guest`], `bench.start`, `bench.end`, and `host.f`, which
    /// adds 1.
    ///
    /// # Errors
    ///
    /// When it cannot.
    fn link(&self, modules: &[(&str, &Self::Module)], guest: Guest) -> Result<Self::Run, Error>;

    /// Prepares a module that imports nothing.
    ///
    /// # Errors
    ///
    /// When it does import something.
    fn prepare(&self, module: &Self::Module) -> Result<Self::Prepared, Error>;

    /// Instantiates that in a store of its own.
    ///
    /// # Errors
    ///
    /// When it cannot.
    fn instantiate(&self, prepared: &mut Self::Prepared) -> Result<Self::Alone, Error>;

    /// Calls a function of type i32 → i32 of the main instance `times` times, each with the result
    /// of the call before.
    ///
    /// # Errors
    ///
    /// When there is no such function, or it traps.
    fn call(run: &mut Self::Run, export: &str, argument: i32, times: u32) -> Result<i32, Error>;

    /// Runs `_start` of the main instance.
    ///
    /// # Errors
    ///
    /// When there is none, it traps, or ends with another status than 0.
    fn start(run: &mut Self::Run) -> Result<(), Error>;

    /// What the run left behind.
    fn guest(run: &Self::Run) -> &Guest;
}
