//! What instances are made with, and the functions that make them.

use std::ffi::{c_char, c_int, c_void};

use crate::boundary::{ErrorBuffer, Out, array, guard};
use crate::imports::CExtern;
use crate::instance::{CInstance, instantiate};
use crate::module::CModule;
use crate::wasi::WasiArgs;

/// As the header has it.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct InstantiationArgs {
    pub default_stack_size: u32,
    pub host_managed_heap_size: u32,
    pub max_memory_pages: u32,
}

/// What `wasm_runtime_instantiation_args_create` makes: arguments that can grow without breaking programs.
#[derive(Default)]
pub struct Arguments {
    pub sizes: InstantiationArgs,
    /// What is imported, by name.
    pub imports: Vec<CExtern>,
    pub custom_data: Option<*mut c_void>,
    /// Instead of the module's.
    pub wasi: Option<WasiArgs>,
}

fn instantiate_or_explain(module: Option<&CModule>, args: Option<&Arguments>, error: ErrorBuffer) -> *const CInstance {
    guard(std::ptr::null(), || {
        let made = match (module, args) {
            (None, _) => Err("the module is NULL".to_owned()),
            (_, None) => Err("the arguments are NULL".to_owned()),
            (Some(module), Some(args)) => module.home.entered(|| instantiate(module, args)),
        };
        let failed = |reason| format!("the module cannot be instantiated: {reason}");
        error.explain(made.map_err(failed)).unwrap_or(std::ptr::null())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_instantiate(
    module: Option<&CModule>,
    default_stack_size: u32,
    host_managed_heap_size: u32,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> *const CInstance {
    let sizes = InstantiationArgs { default_stack_size, host_managed_heap_size, max_memory_pages: 0 };
    // SAFETY: by the header.
    let error = unsafe { ErrorBuffer::new(error_buf, error_buf_size) };
    instantiate_or_explain(module, Some(&Arguments { sizes, ..Arguments::default() }), error)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_instantiate_ex(
    module: Option<&CModule>,
    args: *const InstantiationArgs,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> *const CInstance {
    // SAFETY: by the header.
    let (error, sizes) = unsafe { (ErrorBuffer::new(error_buf, error_buf_size), args.as_ref()) };
    let args = sizes.map(|sizes| Arguments { sizes: *sizes, ..Arguments::default() });
    instantiate_or_explain(module, args.as_ref(), error)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_instantiate_ex2(
    module: Option<&CModule>,
    args: Option<&Arguments>,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> *const CInstance {
    // SAFETY: by the header.
    let error = unsafe { ErrorBuffer::new(error_buf, error_buf_size) };
    instantiate_or_explain(module, args, error)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_instantiation_args_create(into: Out<'_, *mut Arguments>) -> bool {
    guard(false, || {
        let Some(into) = into else { return false };
        into.write(Box::into_raw(Box::default()));
        true
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_instantiation_args_destroy(args: *mut Arguments) {
    guard((), || {
        if !args.is_null() {
            // SAFETY: made above, and destroyed once, by the header.
            drop(unsafe { Box::from_raw(args) });
        }
    });
}

macro_rules! setters {
    ($($name:ident($args:ident $(, $value:ident: $ty:ty)*) $set:block)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(args: Option<&mut Arguments> $(, $value: $ty)*) {
            guard((), || {
                if let Some($args) = args $set
            });
        }
    )*};
}

setters! {
    wasm_runtime_instantiation_args_set_default_stack_size(args, size: u32) {
        args.sizes.default_stack_size = size;
    }
    wasm_runtime_instantiation_args_set_host_managed_heap_size(args, size: u32) {
        args.sizes.host_managed_heap_size = size;
    }
    wasm_runtime_instantiation_args_set_max_memory_pages(args, pages: u32) {
        args.sizes.max_memory_pages = pages;
    }
    wasm_runtime_instantiation_args_set_custom_data(args, data: *mut c_void) {
        args.custom_data = Some(data);
    }
    wasm_runtime_instantiation_args_set_wasi_arg(args, argv: *const *const c_char, argc: c_int) {
        // SAFETY: as many strings as it says, by the header.
        unsafe { args.wasi.get_or_insert_default().set_args(argv, argc) };
    }
    wasm_runtime_instantiation_args_set_wasi_env(args, env: *const *const c_char, count: u32) {
        // SAFETY: as above.
        unsafe { args.wasi.get_or_insert_default().set_environment(env, count) };
    }
    wasm_runtime_instantiation_args_set_wasi_dir(
        args,
        folders: *const *const c_char,
        folder_count: u32,
        mapped: *const *const c_char,
        mapped_count: u32
    ) {
        // SAFETY: as above.
        unsafe { args.wasi.get_or_insert_default().set_folders(folders, folder_count, mapped, mapped_count) };
    }
    wasm_runtime_instantiation_args_set_wasi_stdio(args, input: i64, output: i64, errors: i64) {
        args.wasi.get_or_insert_default().set_streams([input, output, errors]);
    }
    iwasm_instantiation_args_set_imports(args, imports: *const CExtern, count: u32) {
        // SAFETY: as many as it says, by the header.
        args.imports = unsafe { array(imports, count as usize) }.to_vec();
    }
}
