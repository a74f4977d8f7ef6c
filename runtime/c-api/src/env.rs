//! Execution environments: an instance, and what C keeps with it. Compiled code runs on the stack of the thread that
//! calls it, so that an environment has no stack of its own.

use std::cell::Cell;
use std::ffi::c_void;

use crate::boundary::guard;
use crate::instance::CInstance;

/// What a `wasm_exec_env_t` points to.
pub struct CExecEnv {
    /// The instance; in a native function, the one that called it.
    pub instance: Cell<*const CInstance>,
    pub user_data: Cell<*mut c_void>,
    /// That of the native function that runs.
    pub attachment: Cell<*mut c_void>,
}

impl CExecEnv {
    /// The instance, if it has one.
    pub fn instance(&self) -> Option<&CInstance> {
        // SAFETY: null, or alive as long as the environment, by the header.
        unsafe { self.instance.get().as_ref() }
    }

    /// An environment of an instance.
    pub fn new(instance: *const CInstance) -> CExecEnv {
        CExecEnv {
            instance: Cell::new(instance),
            user_data: Cell::new(std::ptr::null_mut()),
            attachment: Cell::new(std::ptr::null_mut()),
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_create_exec_env(instance: Option<&CInstance>, _stack_size: u32) -> *mut CExecEnv {
    guard(std::ptr::null_mut(), || match instance {
        Some(instance) => Box::into_raw(Box::new(CExecEnv::new(instance))),
        None => std::ptr::null_mut(),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_destroy_exec_env(env: *mut CExecEnv) {
    guard((), || {
        // SAFETY: null, or alive by the header.
        let own = unsafe { env.as_ref() }.and_then(CExecEnv::instance).map(|instance| &raw const *instance.env);
        if own.is_some_and(|own| !std::ptr::eq(own, env)) {
            // SAFETY: by the header, it was created above, and is destroyed once.
            drop(unsafe { Box::from_raw(env) });
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_exec_env_singleton(instance: Option<&CInstance>) -> *mut CExecEnv {
    guard(std::ptr::null_mut(), || match instance {
        Some(instance) => (&raw const *instance.env).cast_mut(),
        None => std::ptr::null_mut(),
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_module_inst(env: Option<&CExecEnv>) -> *const CInstance {
    // SAFETY: by the header.
    guard(std::ptr::null(), || env.map_or(std::ptr::null(), |env| env.instance.get()))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_module_inst(env: Option<&CExecEnv>, instance: Option<&CInstance>) {
    guard((), || {
        if let Some(env) = env {
            env.instance.set(instance.map_or(std::ptr::null(), std::ptr::from_ref));
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_user_data(env: Option<&CExecEnv>, user_data: *mut c_void) {
    guard((), || {
        if let Some(env) = env {
            env.user_data.set(user_data);
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_user_data(env: Option<&CExecEnv>) -> *mut c_void {
    // SAFETY: by the header.
    guard(std::ptr::null_mut(), || env.map_or(std::ptr::null_mut(), |env| env.user_data.get()))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_function_attachment(env: Option<&CExecEnv>) -> *mut c_void {
    guard(std::ptr::null_mut(), || env.map_or(std::ptr::null_mut(), |env| env.attachment.get()))
}
