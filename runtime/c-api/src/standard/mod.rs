//! The standard C interface (`include/wasm.h`), on the same runtime as WAMR's: stores and everything in them are explicit,
//! and imports are given in order.
//!
//! * [`vec`](mod@vec): C's vectors. [`types`]: types of values and of what is imported and exported.
//! * [`refs`]: what every reference is: functions, globals, traps … [`value`]: values, and their way to the runtime's.
//! * [`func`], [`externs`], [`module`], [`instance`], [`trap`]: what one does with them.
//!
//! The safety contract is that of the crate. A reference keeps its store: C may delete that first.

pub mod externs;
pub mod func;
pub mod instance;
pub mod module;
pub mod refs;
pub mod trap;
pub mod types;
pub mod value;
pub mod vec;

use std::rc::Rc;

use runtime::{Engine, Store};

use crate::boundary::guard;
use crate::shared::{Shared, State};
use crate::wasi::WasiArgs;

/// What a `wasm_config_t` points to: there is nothing to configure.
pub struct Config;

/// What a `wasm_engine_t` points to.
pub struct CEngine(Engine);

/// What a `wasm_store_t` points to.
#[derive(Clone)]
pub struct CStore {
    pub shared: Rc<Shared>,
    pub engine: Engine,
}

/// Gives something up.
///
/// # Safety
///
/// `place` is null, or was made by `Box::into_raw` and is given up once.
pub unsafe fn delete<T>(place: *mut T) {
    guard((), || {
        if !place.is_null() {
            // SAFETY: by the caller.
            drop(unsafe { Box::from_raw(place) });
        }
    });
}

/// Gives something to C.
pub fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_config_new() -> *mut Config {
    give(Config)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_config_delete(config: *mut Config) {
    // SAFETY: by the header.
    unsafe { delete(config) }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_engine_new() -> *mut CEngine {
    guard(std::ptr::null_mut(), || give(CEngine(Engine::default())))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_engine_new_with_config(config: *mut Config) -> *mut CEngine {
    // SAFETY: by the header.
    unsafe { delete(config) };
    wasm_engine_new()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_engine_delete(engine: *mut CEngine) {
    // SAFETY: by the header.
    unsafe { delete(engine) }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_store_new(engine: Option<&CEngine>) -> *mut CStore {
    guard(std::ptr::null_mut(), || {
        let (Some(CEngine(engine)), Ok(world)) = (engine, WasiArgs::default().build()) else {
            return std::ptr::null_mut();
        };
        let store = Store::new(engine, State::new(world));
        give(CStore { shared: Shared::counted(store), engine: engine.clone() })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_store_delete(store: *mut CStore) {
    // SAFETY: by the header.
    unsafe { delete(store) }
}
