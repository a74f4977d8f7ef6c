//! Execution environments: an instance, and what C keeps with it. Compiled code runs on the stack of the thread that
//! calls it, so that an environment has no stack of its own.

use std::cell::Cell;
use std::ffi::c_void;

use crate::boundary::guard;
use crate::instance::{self, CInstance};

/// What a `wasm_exec_env_t` points to.
pub struct CExecEnv {
    /// The instance; in a native function, the one that called it.
    pub instance: Cell<*const CInstance>,
    pub user_data: Cell<*mut c_void>,
    /// That of the native function that runs.
    pub attachment: Cell<*mut c_void>,
}

impl CExecEnv {
    /// An environment of an instance.
    pub fn new(instance: *const CInstance) -> CExecEnv {
        CExecEnv {
            instance: Cell::new(instance),
            user_data: Cell::new(std::ptr::null_mut()),
            attachment: Cell::new(std::ptr::null_mut()),
        }
    }
}

/// The environment of a handle; none for null.
///
/// # Safety
///
/// `env` is null, or alive.
#[inline]
pub unsafe fn of<'a>(env: *const CExecEnv) -> Option<&'a CExecEnv> {
    // SAFETY: by the caller.
    unsafe { env.as_ref() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_create_exec_env(instance: *const CInstance, _stack_size: u32) -> *mut CExecEnv {
    guard(std::ptr::null_mut(), || match instance.is_null() {
        true => std::ptr::null_mut(),
        false => Box::into_raw(Box::new(CExecEnv::new(instance))),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_destroy_exec_env(env: *mut CExecEnv) {
    // SAFETY: by the header, it was created above, and is destroyed once.
    guard((), || unsafe {
        if let Some(known) = of(env)
            && instance::of(known.instance.get()).is_some_and(|instance| !std::ptr::eq(&raw const *instance.env, env))
        {
            drop(Box::from_raw(env));
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_get_exec_env_singleton(instance: *const CInstance) -> *mut CExecEnv {
    // SAFETY: by the header.
    guard(std::ptr::null_mut(), || match unsafe { instance::of(instance) } {
        Some(instance) => (&raw const *instance.env).cast_mut(),
        None => std::ptr::null_mut(),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_get_module_inst(env: *const CExecEnv) -> *const CInstance {
    // SAFETY: by the header.
    guard(std::ptr::null(), || unsafe { of(env) }.map_or(std::ptr::null(), |env| env.instance.get()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_set_module_inst(env: *const CExecEnv, instance: *const CInstance) {
    // SAFETY: by the header.
    guard((), || {
        if let Some(env) = unsafe { of(env) } {
            env.instance.set(instance);
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_set_user_data(env: *const CExecEnv, user_data: *mut c_void) {
    // SAFETY: by the header.
    guard((), || {
        if let Some(env) = unsafe { of(env) } {
            env.user_data.set(user_data);
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_get_user_data(env: *const CExecEnv) -> *mut c_void {
    // SAFETY: by the header.
    guard(std::ptr::null_mut(), || unsafe { of(env) }.map_or(std::ptr::null_mut(), |env| env.user_data.get()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_get_function_attachment(env: *const CExecEnv) -> *mut c_void {
    // SAFETY: by the header.
    guard(std::ptr::null_mut(), || unsafe { of(env) }.map_or(std::ptr::null_mut(), |env| env.attachment.get()))
}
