//! What programs have of the world, as `wasm_runtime_set_wasi_args` says it.

use std::ffi::{CStr, c_char, c_int};
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use iwasm_wasi::{InputStream, OutputStream, WasiCtx};
use runtime::Linker;

use crate::boundary::{array, guard};
use crate::instance::CInstance;
use crate::module::CModule;
use crate::shared::State;
use crate::threads::lock;
use crate::wasi_threads;
pub use crate::wasi_threads::spawns_threads;

/// The world of a store.
pub type World = WasiCtx;

/// What instances of a module will have.
#[derive(Clone, Default)]
pub struct WasiArgs {
    /// On the host, and for the guest.
    folders: Vec<(String, String)>,
    environment: Vec<(Vec<u8>, Vec<u8>)>,
    args: Vec<Vec<u8>>,
    streams: [Option<RawFd>; 3],
}

/// Gives modules the functions of WASI.
pub fn add_to_linker(linker: &mut Linker<State>) {
    iwasm_wasi::add_to_linker(linker, |state: &mut State| &mut state.world);
    wasi_threads::add_to_linker(linker);
}

/// A copy of a descriptor of the program's.
fn duplicate(fd: RawFd) -> Result<OwnedFd, String> {
    // SAFETY: the program said that it is open; if it is not, the system says so.
    let owned = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned();
    owned.map_err(|error| format!("descriptor {fd} cannot be a standard stream: {error}"))
}

impl WasiArgs {
    /// Folders of the host's under their own names, and those under others, each `GUEST::HOST`.
    ///
    /// # Safety
    ///
    /// The lists are null, or there are so many strings; so for the others.
    pub unsafe fn set_folders(
        &mut self,
        own: *const *const c_char,
        own_count: u32,
        mapped: *const *const c_char,
        mapped_count: u32,
    ) {
        // SAFETY: by the caller.
        let (own, mapped) = unsafe { (strings(own, own_count as usize), strings(mapped, mapped_count as usize)) };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.folders = own.iter().map(|folder| (text(folder), text(folder))).collect();
        for pair in &mapped {
            self.folders.push(match pair.windows(2).position(|two| two == b"::") {
                Some(at) => (text(&pair[at + 2..]), text(&pair[..at])),
                None => (text(pair), text(pair)),
            });
        }
    }

    /// Variables, each `NAME=VALUE`.
    ///
    /// # Safety
    ///
    /// As [`WasiArgs::set_folders`].
    pub unsafe fn set_environment(&mut self, list: *const *const c_char, count: u32) {
        let variable = |bytes: &Vec<u8>| match bytes.iter().position(|byte| *byte == b'=') {
            Some(at) => (bytes[..at].to_vec(), bytes[at + 1..].to_vec()),
            None => (bytes.clone(), Vec::new()),
        };
        // SAFETY: by the caller.
        self.environment = unsafe { strings(list, count as usize) }.iter().map(variable).collect();
    }

    /// Arguments; the first is the program's name.
    ///
    /// # Safety
    ///
    /// As [`WasiArgs::set_folders`].
    pub unsafe fn set_args(&mut self, list: *const *const c_char, count: c_int) {
        // SAFETY: by the caller.
        self.args = unsafe { strings(list, usize::try_from(count).unwrap_or(0)) };
    }

    /// Descriptors for the standard streams; those below zero are the process's.
    pub fn set_streams(&mut self, streams: [i64; 3]) {
        self.streams = streams.map(|fd| RawFd::try_from(fd).ok().filter(|fd| *fd >= 0));
    }

    /// The world of a new store.
    pub fn build(&self) -> Result<World, String> {
        let mut builder = WasiCtx::builder().inherit_stdio().args(&self.args);
        for (name, value) in &self.environment {
            builder = builder.env(name, value);
        }
        for (host, guest) in &self.folders {
            builder = builder.preopened_dir(host, guest.clone());
        }
        let [input, output, errors] = self.streams;
        if let Some(fd) = input {
            builder = builder.stdin(InputStream::fd(duplicate(fd)?));
        }
        if let Some(fd) = output {
            builder = builder.stdout(OutputStream::fd(duplicate(fd)?));
        }
        if let Some(fd) = errors {
            builder = builder.stderr(OutputStream::fd(duplicate(fd)?));
        }
        builder.build().map_err(|error| error.to_string())
    }
}

/// Strings of a list of C's; null ones are left out.
///
/// # Safety
///
/// `list` is null, or there are so many strings.
unsafe fn strings(list: *const *const c_char, count: usize) -> Vec<Vec<u8>> {
    // SAFETY: by the caller.
    unsafe {
        let list = array(list, count);
        list.iter().filter(|item| !item.is_null()).map(|item| CStr::from_ptr(*item).to_bytes().to_vec()).collect()
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_set_wasi_args_ex(
    module: Option<&CModule>,
    dir_list: *const *const c_char,
    dir_count: u32,
    map_dir_list: *const *const c_char,
    map_dir_count: u32,
    env: *const *const c_char,
    env_count: u32,
    argv: *const *const c_char,
    argc: c_int,
    stdinfd: i64,
    stdoutfd: i64,
    stderrfd: i64,
) {
    guard((), || {
        let Some(module) = module else { return };
        let mut wasi = WasiArgs::default();
        // SAFETY: by the header.
        unsafe {
            wasi.set_folders(dir_list, dir_count, map_dir_list, map_dir_count);
            wasi.set_environment(env, env_count);
            wasi.set_args(argv, argc);
        }
        wasi.set_streams([stdinfd, stdoutfd, stderrfd]);
        *lock(&module.wasi) = wasi;
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_set_wasi_args(
    module: Option<&CModule>,
    dir_list: *const *const c_char,
    dir_count: u32,
    map_dir_list: *const *const c_char,
    map_dir_count: u32,
    env: *const *const c_char,
    env_count: u32,
    argv: *const *const c_char,
    argc: c_int,
) {
    // SAFETY: by the header.
    unsafe {
        wasm_runtime_set_wasi_args_ex(
            module,
            dir_list,
            dir_count,
            map_dir_list,
            map_dir_count,
            env,
            env_count,
            argv,
            argc,
            -1,
            -1,
            -1,
        );
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_is_wasi_mode(instance: Option<&CInstance>) -> bool {
    guard(false, || {
        let Some(instance) = instance else { return false };

        let module = instance.shared().with(|store| instance.instance.module(&store));
        module.is_ok_and(|module| {
            module.imports().iter().any(|import| iwasm_wasi::MODULE_NAMES.contains(&import.module.as_str()))
        })
    })
}
