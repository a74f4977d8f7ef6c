//! What WAMR does not have: access to other instances of a set, all link errors, unregistering, live figures, files; and
//! what is small and belongs to no other file.

use std::ffi::{c_char, c_void};

use crate::boundary::{ErrorBuffer, Out, Text, guard, put, write_text};
use crate::env::CExecEnv;
use crate::global::with;
use crate::instance::CInstance;
use crate::module::CModule;
use crate::trace::print;

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_version(major: Out<'_, u32>, minor: Out<'_, u32>, patch: Out<'_, u32>) {
    guard((), || {
        let mut numbers = env!("CARGO_PKG_VERSION").split('.').map(|number| number.parse::<u32>().unwrap_or(0));
        for place in [major, minor, patch] {
            put(place, numbers.next().unwrap_or(0));
        }
    });
}

/// The instance of a set by its name; null if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn iwasm_get_instance(instance: Option<&CInstance>, name: Text) -> *const CInstance {
    guard(std::ptr::null(), || {
        let (Some(instance), Some(name)) = (instance, name.get()) else {
            return std::ptr::null();
        };
        let instances = instance.shared().instances.borrow();
        let found = instances.iter().find(|other| *other.name.borrow() == name);
        found.map_or(std::ptr::null(), |found| &raw const **found)
    })
}

/// Forgets a registered module; false if there is none of that name. Its handle and its instances stay.
#[unsafe(no_mangle)]
pub extern "C" fn iwasm_unregister_module(name: Text) -> bool {
    guard(false, || {
        let Some(name) = name.get() else { return false };
        let forgotten = with(|global| {
            global.linker.unregister(&name);
            global.registered.remove(name.as_ref()).is_some()
        });
        forgotten.unwrap_or(false)
    })
}

/// Loads a module from a file, whose text is mapped, not copied; it must not be changed while the module is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iwasm_load_file(path: Text, error_buf: *mut c_char, error_buf_size: u32) -> *mut CModule {
    guard(std::ptr::null_mut(), || {
        // SAFETY: by the header.
        let (error, path) = unsafe { (ErrorBuffer::new(error_buf, error_buf_size), path.get()) };
        let Some(path) = path else {
            error.write("the path is NULL");
            return std::ptr::null_mut();
        };
        let failed = |reason| format!("the module cannot be loaded: {reason}");
        error
            .explain(crate::module::load_file(std::path::Path::new(path.as_ref())).map_err(failed))
            .unwrap_or(std::ptr::null_mut())
    })
}

/// Figures of a set of instances.
#[repr(C)]
pub struct Figures {
    pub instances: u64,
    pub memory_bytes: u64,
    pub heap_bytes: u64,
    pub collections: u64,
}

#[unsafe(no_mangle)]
pub extern "C" fn iwasm_get_figures(instance: Option<&CInstance>, into: Out<'_, Figures>) -> bool {
    guard(false, || {
        let Some(instance) = instance else { return false };
        figures(instance).is_some_and(|figures| put(into, figures))
    })
}

fn figures(instance: &CInstance) -> Option<Figures> {
    let shared = instance.shared();
    let mut figures = shared.asked_from_outside(|store| Figures {
        instances: 0,
        memory_bytes: 0,
        heap_bytes: store.heap_bytes(),
        collections: store.collections(),
    })?;
    let mut seen = Vec::new();
    for known in shared.instances.borrow().iter() {
        figures.instances += 1;
        for index in 0.. {
            let memory = shared.with(|store| known.instance.memory_by_index(&store, index));
            let Some(memory) = memory else { break };
            if !seen.contains(&memory) {
                seen.push(memory);
                figures.memory_bytes += shared.with(|store| memory.base(&store)).map_or(0, |(_, bytes)| bytes);
            }
        }
    }
    Some(figures)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_dump_mem_consumption(env: Option<&CExecEnv>) {
    guard((), || {
        let instance = env.and_then(CExecEnv::instance);
        if let Some(Figures { instances, memory_bytes, heap_bytes, .. }) = instance.and_then(figures) {
            print(&format!(
                "instances: {instances}\nlinear memory: {memory_bytes} bytes\nobjects: {heap_bytes} bytes\n"
            ));
        }
    });
}

/// Bytes of native stack that a C function should leave for others.
const RESERVE: usize = 16 << 10;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_detect_native_stack_overflow(env: Option<&CExecEnv>) -> bool {
    wasm_runtime_detect_native_stack_overflow_size(env, RESERVE as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_detect_native_stack_overflow_size(env: Option<&CExecEnv>, size: u32) -> bool {
    guard(false, || {
        let marker = 0u8;
        let enough = runtime::raw::stack_left((&raw const marker).addr()) >= size as usize;
        if let (false, Some(instance)) = (enough, env.and_then(CExecEnv::instance)) {
            instance.shared().set_exception(Some("Exception: native stack overflow"));
        }
        enough
    })
}

/// The back trace that belongs to the last exception, for a set of instances.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iwasm_get_back_trace(instance: Option<&CInstance>, buffer: *mut c_char, size: u32) -> u32 {
    guard(0, || {
        let Some(instance) = instance else { return 0 };
        let trace = instance.shared().trace.borrow();
        match buffer.is_null() {
            true => trace.len() as u32 + 1,
            // SAFETY: not null, and as long as it says.
            false => unsafe { write_text(&trace, buffer, size as usize) as u32 },
        }
    })
}

/// WAMR's own list of natives is empty here.
#[unsafe(no_mangle)]
pub extern "C" fn get_base_lib_export_apis(list: Out<'_, *mut c_void>) -> u32 {
    guard(0, || {
        put(list, std::ptr::null_mut());
        0
    })
}
