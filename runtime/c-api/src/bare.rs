//! Stands in for `wasi` in a build without it.

use std::ffi::{c_char, c_int};

use runtime::{Linker, Module};

use crate::instance::CInstance;
use crate::module::CModule;
use crate::shared::State;

/// The world of a store: nothing.
#[derive(Clone)]
pub struct World;

/// What instances of a module will have.
#[derive(Clone, Default)]
pub struct WasiArgs {}

/// Gives modules nothing.
pub fn add_to_linker(_: &mut Linker<State>) {}

/// Whether a module is a program for `wasi-threads`: none can be one.
pub fn spawns_threads(_: &Module) -> bool {
    false
}

impl WasiArgs {
    /// Nothing.
    ///
    /// # Safety
    ///
    /// There is nothing to it; so for the others.
    pub unsafe fn set_folders(&mut self, _: *const *const c_char, _: u32, _: *const *const c_char, _: u32) {
        say("wasm_runtime_instantiation_args_set_wasi_dir");
    }

    /// Nothing.
    ///
    /// # Safety
    ///
    /// As above.
    pub unsafe fn set_environment(&mut self, _: *const *const c_char, _: u32) {
        say("wasm_runtime_instantiation_args_set_wasi_env");
    }

    /// Nothing.
    ///
    /// # Safety
    ///
    /// As above.
    pub unsafe fn set_args(&mut self, _: *const *const c_char, _: c_int) {
        say("wasm_runtime_instantiation_args_set_wasi_arg");
    }

    /// Nothing.
    pub fn set_streams(&mut self, _: [i64; 3]) {
        say("wasm_runtime_instantiation_args_set_wasi_stdio");
    }

    /// The world of a new store.
    pub fn build(&self) -> Result<World, String> {
        Ok(World)
    }
}

fn say(function: &str) {
    crate::module::say_absent(function, "this library was built without WASI");
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_set_wasi_args_ex(
    _: Option<&CModule>,
    _: *const *const c_char,
    _: u32,
    _: *const *const c_char,
    _: u32,
    _: *const *const c_char,
    _: u32,
    _: *const *const c_char,
    _: c_int,
    _: i64,
    _: i64,
    _: i64,
) {
    say("wasm_runtime_set_wasi_args_ex");
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_set_wasi_args(
    _: Option<&CModule>,
    _: *const *const c_char,
    _: u32,
    _: *const *const c_char,
    _: u32,
    _: *const *const c_char,
    _: u32,
    _: *const *const c_char,
    _: c_int,
) {
    say("wasm_runtime_set_wasi_args");
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_is_wasi_mode(_: Option<&CInstance>) -> bool {
    false
}
