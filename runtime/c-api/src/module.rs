//! Modules: loading them and what they import from, names, and what C asks of them.

use std::ffi::{CString, c_char};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use runtime::{Artifact, Module, Names, RESERVED_NAMES};

use crate::boundary::{ErrorBuffer, Out, Text, array, c_string, guard, put};
use crate::compile;
use crate::global::{self, Runtime, current, log, warn, with};
use crate::types::{CType, FUNC, GLOBAL, WasmExport, WasmImport, extern_kind};
use crate::wasi::WasiArgs;

/// What a `wasm_module_t` points to.
pub struct CModule {
    pub module: Module,
    /// What is done with it is done there.
    pub home: Arc<Runtime>,
    /// The name it was given, or came with.
    pub name: Mutex<CString>,
    /// What its instances have of the world.
    pub wasi: Mutex<WasiArgs>,
    /// Whether it was compiled here.
    is_wasm: bool,
    imports: Box<[Import]>,
    exports: Box<[Export]>,
}

/// What a module imports, as C sees it.
pub struct Import {
    pub module: CString,
    pub name: CString,
    pub ty: CType,
    pub kind: u32,
}

struct Export {
    name: CString,
    ty: CType,
    kind: u32,
}

impl CModule {
    fn new(module: Module, name: &str, is_wasm: bool) -> CModule {
        let imports = module.imports().iter().map(|import| Import {
            module: c_string(&import.module),
            name: c_string(&import.name),
            ty: CType::of(&module, &import.ty),
            kind: extern_kind(&import.ty),
        });
        let exports = module.exports().into_iter().map(|export| Export {
            name: c_string(&export.name),
            ty: CType::of(&module, &export.ty),
            kind: extern_kind(&export.ty),
        });
        CModule {
            imports: imports.collect(),
            exports: exports.collect(),
            name: Mutex::new(c_string(name)),
            wasi: Mutex::default(),
            home: current(),
            is_wasm,
            module,
        }
    }

    /// What it imports, in order.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// A handle for C, alive until it is unloaded or the runtime destroyed.
    fn into_handle(self) -> Result<*mut CModule, String> {
        with(|_| ())?;
        let home = self.home.clone();
        let handle = Box::into_raw(Box::new(self));
        global::keep_module(handle, &home);
        Ok(handle)
    }
}

impl Drop for CModule {
    fn drop(&mut self) {
        crate::imports::forget(self);
    }
}

/// Makes a module of an artifact.
fn make(artifact: Artifact) -> Result<Module, String> {
    let engine = with(|global| global.engine.clone())?;
    // SAFETY: the program that gave the bytes trusts them: the header says so.
    unsafe { Module::new(&engine, artifact) }.map_err(|error| error.to_string())
}

/// A handle of a module, with what it imports from.
fn finish(module: Module, name: &str, is_wasm: bool) -> Result<*mut CModule, String> {
    let own = if name.is_empty() { module.name().to_owned() } else { name.to_owned() };
    read_dependencies(&module, if own.is_empty() { "<main>" } else { &own }, is_wasm)?;
    CModule::new(module, &own, is_wasm).into_handle()
}

/// Loads a module, and with the module reader what it imports from and is not registered.
pub fn load(bytes: &[u8], name: &str) -> Result<*mut CModule, String> {
    finish(make(compile::artifact(bytes, Artifact::from_bytes)?)?, name, compile::is_wasm(bytes))
}

/// The same from a file, of which no copy is made that is not needed.
pub fn load_file(path: &Path) -> Result<*mut CModule, String> {
    let artifact = Artifact::from_file(path).map_err(|error| error.to_string());
    match artifact {
        Err(_) if begins_as_wasm(path) => {
            let of = |reason: String| format!("{}: {reason}", path.display());
            compile::read(path).and_then(|wasm| load(&wasm, "")).map_err(of)
        }
        artifact => finish(make(artifact?)?, "", false),
    }
}

fn begins_as_wasm(path: &Path) -> bool {
    let mut bytes = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).is_ok() && compile::is_wasm(&bytes)
}

/// Asks the reader for modules that nobody registered. That there is none is not an error yet: the host may define what
/// is imported before an instance is made, which tells all that is missing.
///
/// The reader is told what its importer was: an artifact, or WebAssembly. What it gives may be either.
fn read_dependencies(module: &Module, importer: &str, is_wasm: bool) -> Result<(), String> {
    let mut wanted: Vec<(Module, String)> = vec![(module.clone(), importer.to_owned())];
    let mut absent = Names::new();
    while let Some((module, importer)) = wanted.pop() {
        crate::natives::define_untyped(&module)?;
        for import in module.wanted_imports() {
            let name = &import.module;
            let reader = with(|global| {
                let known = RESERVED_NAMES.contains(&name.as_str())
                    || global.linker.find(name).is_some()
                    || global.linker.defines(name, &import.name);
                if known { None } else { global.reader }
            })?;
            let Some(reader) = reader.filter(|_| !absent.contains(name)) else { continue };
            let Some(file) = reader.ask(name, if is_wasm { BYTECODE } else { AOT }) else {
                absent.insert(name.clone(), ());
                continue;
            };
            let of = |reason: String| format!("module {name:?}, from which {importer:?} imports: {reason}");
            let found_wasm = compile::is_wasm(file.as_ref());
            let found = compile::artifact(file, Artifact::from_buffer).and_then(make).map_err(of)?;
            let handle = CModule::new(found.clone(), name, found_wasm).into_handle()?;
            with(|global| global.register(name, &found, handle))??;
            wanted.push((found, name.clone()));
        }
    }
    Ok(())
}

/// As the header has it.
#[repr(C)]
pub struct LoadArgs {
    pub name: Text,
    pub clone_wasm_binary: bool,
    pub wasm_binary_freeable: bool,
    pub no_resolve: bool,
}

/// # Safety
///
/// As the header says of `wasm_runtime_load`.
unsafe fn load_buffer(buffer: *const u8, size: u32, name: &str, error: ErrorBuffer) -> *mut CModule {
    if buffer.is_null() {
        error.write("the buffer is NULL");
        return std::ptr::null_mut();
    }
    // SAFETY: by the caller.
    let bytes = unsafe { array(buffer, size as usize) };
    let failed = |reason| format!("the module cannot be loaded: {reason}");
    error.explain(load(bytes, name).map_err(failed)).unwrap_or(std::ptr::null_mut())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_load(
    buffer: *const u8,
    size: u32,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> *mut CModule {
    // SAFETY: by the header.
    guard(std::ptr::null_mut(), || unsafe {
        load_buffer(buffer, size, "", ErrorBuffer::new(error_buf, error_buf_size))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_load_ex(
    buffer: *const u8,
    size: u32,
    args: *const LoadArgs,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> *mut CModule {
    // SAFETY: by the header.
    guard(std::ptr::null_mut(), || unsafe {
        let name = args.as_ref().and_then(|args| args.name.get()).unwrap_or_default();
        load_buffer(buffer, size, &name, ErrorBuffer::new(error_buf, error_buf_size))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_unload(module: *mut CModule) {
    guard((), || {
        if module.is_null() {
            return;
        }
        let Some(home) = global::forget_module(module) else {
            return warn("wasm_runtime_unload: this is no module, or it was unloaded before");
        };
        let _ = home.with(|global| {
            let its = |(name, handle): (&str, &usize)| (*handle == module.addr()).then(|| name.to_owned());
            let names: Vec<String> = global.registered.iter().filter_map(its).collect();
            for name in names {
                global.registered.remove(&name);
                global.linker.unregister(&name);
            }
        });
        // SAFETY: it was in the list of handles that are alive, and is no more. Its instances keep its code.
        home.entered(|| drop(unsafe { Box::from_raw(module) }));
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_register_module(
    name: Text,
    module: Option<&CModule>,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> bool {
    // SAFETY: by the header.
    let error = unsafe { ErrorBuffer::new(error_buf, error_buf_size) };
    guard(false, || {
        let (Some(name), Some(handle)) = (name.get(), module) else {
            error.write("the name or the module is NULL");
            return false;
        };
        let registered = handle.home.with(|global| {
            let other = global
                .registered
                .iter()
                .find(|(known, at)| **at == std::ptr::from_ref(handle).addr() && **known != name);
            match other {
                Some((known, _)) => Err(format!("the module is registered as {known:?} already")),
                None => global.register(&name, &handle.module, std::ptr::from_ref(handle).cast_mut()),
            }
        });
        let done = error.explain(registered.and_then(|registered| registered)).is_some();
        if done {
            *handle.name.lock().unwrap_or_else(PoisonError::into_inner) = c_string(&name);
        }
        done
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_find_module_registered(name: Text) -> *mut CModule {
    guard(std::ptr::null_mut(), || {
        let Some(name) = name.get() else { return std::ptr::null_mut() };
        with(|global| global.registered(&name)).unwrap_or(std::ptr::null_mut())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_set_module_name(
    module: Option<&CModule>,
    name: Text,
    error_buf: *mut c_char,
    error_buf_size: u32,
) -> bool {
    guard(false, || {
        // SAFETY: by the header.
        let error = unsafe { ErrorBuffer::new(error_buf, error_buf_size) };
        let (Some(name), Some(module)) = (name.get(), module) else {
            error.write("the name or the module is NULL");
            return false;
        };
        *module.name.lock().unwrap_or_else(PoisonError::into_inner) = c_string(&name);
        true
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_module_name(module: Option<&CModule>) -> *const c_char {
    guard(c"".as_ptr(), || match module {
        Some(module) => module.name.lock().unwrap_or_else(PoisonError::into_inner).as_ptr(),
        None => c"".as_ptr(),
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_import_count(module: Option<&CModule>) -> i32 {
    guard(-1, || module.map_or(-1, |module| module.imports.len() as i32))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_import_type(module: Option<&CModule>, index: i32, into: Out<'_, WasmImport>) {
    guard((), || {
        let import = module.and_then(|module| Some((module, module.imports.get(usize::try_from(index).ok()?)?)));
        let Some((handle, import)) = import else { return };
        let linked = handle.home.with(|global| {
            let (module, name) = (import.module.to_string_lossy(), import.name.to_string_lossy());
            // What members of a set import from each other fits: it would not have been compiled.
            handle.module.member(&module).is_some()
                || (import.kind == FUNC && global.linker.defines(&module, &name))
                || exports(global.linker.find(&module), &name, import.kind)
        });
        put(
            into,
            WasmImport {
                module_name: import.module.as_ptr(),
                name: import.name.as_ptr(),
                kind: import.kind,
                linked: linked.unwrap_or(false),
                ty: &raw const import.ty,
            },
        );
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_export_count(module: Option<&CModule>) -> i32 {
    guard(-1, || module.map_or(-1, |module| module.exports.len() as i32))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_export_type(module: Option<&CModule>, index: i32, into: Out<'_, WasmExport>) {
    guard((), || {
        let export = module.and_then(|module| module.exports.get(usize::try_from(index).ok()?));
        let Some(export) = export else { return };
        put(into, WasmExport { name: export.name.as_ptr(), kind: export.kind, ty: &raw const export.ty });
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_custom_section(
    module: Option<&CModule>,
    name: Text,
    length: Out<'_, u32>,
) -> *const u8 {
    guard(std::ptr::null(), || {
        let (Some(module), Some(name)) = (module, name.get()) else {
            return std::ptr::null();
        };
        let found = module.module.custom_sections().find(|(known, _)| *known == name);
        let Some((_, bytes)) = found else { return std::ptr::null() };
        put(length, bytes.len() as u32);
        bytes.as_ptr()
    })
}

/// What a file is, as the header has it.
const BYTECODE: u32 = 0;
const AOT: u32 = 1;
const UNKNOWN: u32 = 0xffff;

fn package_type(bytes: &[u8]) -> u32 {
    match bytes {
        wasm if compile::is_wasm(wasm) => BYTECODE,
        _ if runtime::is_artifact(bytes) => AOT,
        _ => UNKNOWN,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_get_file_package_type(buffer: *const u8, size: u32) -> u32 {
    // SAFETY: by the header.
    guard(UNKNOWN, || package_type(unsafe { array(buffer, size as usize) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn get_package_type(buffer: *const u8, size: u32) -> u32 {
    // SAFETY: by the header.
    unsafe { wasm_runtime_get_file_package_type(buffer, size) }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_module_package_type(module: Option<&CModule>) -> u32 {
    match module {
        None => UNKNOWN,
        Some(module) if module.is_wasm => BYTECODE,
        Some(_) => AOT,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_get_file_package_version(buffer: *const u8, size: u32) -> u32 {
    guard(0, || {
        // SAFETY: by the header.
        let bytes = unsafe { array(buffer, size as usize) };
        let version = match bytes {
            [0, b'a', b's', b'm', a, b, c, d, ..] => Some(u32::from_le_bytes([*a, *b, *c, *d])),
            _ => runtime::said_version(bytes),
        };
        version.unwrap_or(0)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_module_package_version(module: Option<&CModule>) -> u32 {
    wasm_runtime_get_current_package_version(wasm_runtime_get_module_package_type(module))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_current_package_version(package_type: u32) -> u32 {
    match package_type {
        BYTECODE => 1,
        AOT => runtime::FORMAT_VERSION,
        _ => 0,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_is_underlying_binary_freeable(module: Option<&CModule>) -> bool {
    module.is_some()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_is_import_func_linked(module: Text, name: Text) -> bool {
    guard(false, || is_linked(module, name, FUNC))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_is_import_global_linked(module: Text, name: Text) -> bool {
    guard(false, || is_linked(module, name, GLOBAL))
}

/// Whether a module exports something of a kind.
fn exports(module: Option<&Module>, name: &str, kind: u32) -> bool {
    module.and_then(|module| module.export_type(name)).is_some_and(|ty| extern_kind(&ty) == kind)
}

/// Whether the host, a registered module or a member of a set has something for an import. The host has functions only.
fn is_linked(module: Text, name: Text, kind: u32) -> bool {
    let (Some(module), Some(name)) = (module.get(), name.get()) else { return false };
    let found = with(|global| {
        let untyped = || global.untyped.get(&module, &name).is_some();
        (kind == FUNC && (untyped() || global.linker.defines(&module, &name)))
            || exports(global.linker.find(&module), &name, kind)
    });
    found.is_ok_and(|found| found || global::any_module(|known| exports(known.module.member(&module), &name, kind)))
}

/// Says that a function did nothing.
pub fn say_absent(function: &str, reason: &str) {
    const DEBUG: u32 = 3;
    log(DEBUG, &format!("{function}: {reason}"));
}
