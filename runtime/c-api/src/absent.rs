//! Functions of WAMR's that make no sense here, or not yet. They are present, so that programs link; each says why at
//! log level 3 and answers as for something that is not supported.

use std::ffi::{c_char, c_void};

use crate::boundary::{ErrorBuffer, guard};
use crate::env::CExecEnv;
use crate::instance::CInstance;
use crate::module::{CModule, say_absent};

macro_rules! absent {
    ($($name:ident($($ty:ty),*) $(-> $result:ty = $value:expr)?, $reason:literal;)*) => {
        $(
            #[unsafe(no_mangle)]
            pub extern "C" fn $name($(_: $ty),*) $(-> $result)? {
                guard((), || say_absent(stringify!($name), $reason));
                $($value)?
            }
        )*
    };
}

const NULL: *mut c_void = std::ptr::null_mut();

absent! {
    wasm_runtime_is_running_mode_supported(u32) -> bool = false, "code is compiled ahead of time: there are no modes";
    wasm_runtime_set_default_running_mode(u32) -> bool = false, "code is compiled ahead of time: there are no modes";
    wasm_runtime_set_running_mode(*const CInstance, u32) -> bool = true, "code is compiled ahead of time: there are no modes";
    wasm_runtime_get_running_mode(*const CInstance) -> u32 = 0, "code is compiled ahead of time: there are no modes";
    wasm_runtime_is_xip_file(*const u8, u32) -> bool = false, "text is mapped, not executed where the buffer is";
    wasm_runtime_resolve_symbols(*mut CModule) -> bool = true, "imports are resolved when an instance is made";
    wasm_runtime_get_module_hash(*mut CModule) -> *mut c_void = NULL, "remote attestation is not supported";
    wasm_runtime_set_wasi_addr_pool(*mut CModule, *const *const c_char, u32), "WASI preview 1 opens no sockets";
    wasm_runtime_set_wasi_ns_lookup_pool(*mut CModule, *const *const c_char, u32), "WASI preview 1 looks up no names";
    wasm_runtime_instantiation_args_set_wasi_addr_pool(*mut c_void, *const *const c_char, u32), "WASI preview 1 opens no sockets";
    wasm_runtime_instantiation_args_set_wasi_ns_lookup_pool(*mut c_void, *const *const c_char, u32), "WASI preview 1 looks up no names";
    wasm_runtime_start_debug_instance_with_port(*mut CExecEnv, i32) -> u32 = 0, "there is no debug server";
    wasm_runtime_start_debug_instance(*mut CExecEnv) -> u32 = 0, "there is no debug server";
    wasm_runtime_init_thread_env() -> bool = true, "threads need no preparation";
    wasm_runtime_destroy_thread_env(), "threads need no preparation";
    wasm_runtime_thread_env_inited() -> bool = true, "threads need no preparation";
    wasm_runtime_set_bounds_checks(*const CInstance, bool), "bounds checks cannot be switched off";
    wasm_runtime_is_bounds_checks_enabled(*const CInstance) -> bool = true, "bounds checks cannot be switched off";
    wasm_runtime_set_native_stack_boundary(*mut CExecEnv, *mut u8), "the bounds of each thread's stack are found by the runtime";
    wasm_runtime_dump_perf_profiling(*const CInstance), "use the system's profiler";
    wasm_runtime_sum_wasm_exec_time(*const CInstance) -> f64 = 0.0, "use the system's profiler";
    wasm_runtime_get_wasm_func_exec_time(*const CInstance, *const c_char) -> f64 = 0.0, "use the system's profiler";
    wasm_runtime_get_pgo_prof_data_size(*const CInstance) -> u32 = 0, "there are no counters in code";
    wasm_runtime_dump_pgo_prof_data_to_buf(*const CInstance, *mut c_char, u32) -> u32 = 0, "there are no counters in code";
    wasm_runtime_set_enlarge_mem_error_callback(*mut c_void, *mut c_void), "memory.grow that fails returns -1, and nobody is called";
    wasm_runtime_create_shared_heap(*mut c_void) -> *mut c_void = NULL, "memories are shared by import";
    wasm_runtime_attach_shared_heap(*const CInstance, *mut c_void) -> bool = false, "memories are shared by import";
    wasm_runtime_detach_shared_heap(*const CInstance), "memories are shared by import";
    wasm_runtime_shared_heap_malloc(*const CInstance, u64, *mut *mut c_void) -> u64 = 0, "memories are shared by import";
    wasm_runtime_shared_heap_free(*const CInstance, u64), "memories are shared by import";
    wasm_runtime_chain_shared_heaps(*mut c_void, *mut c_void) -> *mut c_void = NULL, "memories are shared by import";
    wasm_runtime_unchain_shared_heaps(*mut c_void, bool) -> *mut c_void = NULL, "memories are shared by import";
    wasm_runtime_reset_shared_heap_chain(*mut c_void) -> bool = false, "memories are shared by import";
    wasm_runtime_set_instruction_count_limit(*mut CExecEnv, i32), "compiled code counts no instructions: another thread can call wasm_runtime_terminate";
    wasm_runtime_aligned_alloc(u32, u32) -> *mut c_void = NULL, "only WAMR's pool has aligned blocks";
    wasm_runtime_begin_blocking_op(*mut CExecEnv) -> bool = true, "a signal ends system calls of a thread that is terminated";
    wasm_runtime_end_blocking_op(*mut CExecEnv), "a signal ends system calls of a thread that is terminated";
}

/// The same, and says it in the caller's buffer too.
///
/// # Safety
///
/// As [`ErrorBuffer::new`].
unsafe fn say_absent_in(error_buf: *mut c_char, error_buf_size: u32, function: &str, reason: &str) {
    // SAFETY: by the caller.
    let error = unsafe { ErrorBuffer::new(error_buf, error_buf_size) };
    guard((), || {
        say_absent(function, reason);
        error.write(&format!("{function} is not supported: {reason}"));
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_load_from_sections(
    _sections: *mut c_void,
    _is_aot: bool,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> *mut c_void {
    let name = "wasm_runtime_load_from_sections";
    // SAFETY: by the header.
    unsafe { say_absent_in(error_buf, error_buf_size, name, "artifacts are loaded whole") };
    NULL
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_copy_callstack(
    _env: *mut CExecEnv,
    _buffer: *mut c_void,
    _length: u32,
    _skip: u32,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> u32 {
    let reason = "iwasm_get_back_trace has the frames of a trap";
    // SAFETY: by the header.
    unsafe { say_absent_in(error_buf, error_buf_size, "wasm_copy_callstack", reason) };
    0
}
