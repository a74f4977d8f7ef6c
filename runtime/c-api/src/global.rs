//! What all of a process shares: the engine, the linker with its names and host functions, the module reader, natives
//! without a signature, limits. One lock guards it, and is never held while a C function or compiled code runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{CString, c_char, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::{Engine, Linker, Module};

use crate::allocator::{Allocator, Functions, Pool};
use crate::boundary::{Out, Text, array, guard, put};
use crate::module::CModule;
use crate::natives::{self, Native, NativeSymbol};
use crate::shared::State;
use crate::threads::wasm_runtime_set_max_thread_num;
use crate::wasi;

/// Log levels as the header has them.
const WARNING: u32 = 2;

/// The state.
pub struct Global {
    pub engine: Engine,
    pub linker: Linker<State>,
    pub allocator: Allocator,
    /// Natives whose type is that of whoever imports them, by module and name.
    pub untyped: HashMap<(String, String), Native>,
    /// Names of the natives of each list, by module and address of the list.
    pub native_lists: HashMap<(String, usize), Vec<String>>,
    pub reader: Option<Reader>,
    /// Module handles that are alive.
    pub modules: BTreeSet<usize>,
    /// Those that are registered, and under which name; the names of those that the reader found.
    pub registered: BTreeMap<String, usize>,
    /// What is told to whom it may concern.
    pub log_level: u32,
    /// How often the runtime was initialised and not destroyed.
    users: u32,
}

/// The callbacks of a module reader.
#[derive(Clone, Copy)]
pub struct Reader {
    pub read: ReadFn,
    pub destroy: Option<DestroyFn>,
}

/// The two forms of a reader: WAMR 1's, and WAMR 2's, which is told what kind of file is wanted.
#[derive(Clone, Copy)]
pub enum ReadFn {
    One(unsafe extern "C" fn(*const c_char, *mut *mut u8, *mut u32) -> bool),
    Two(unsafe extern "C" fn(u32, *const c_char, *mut *mut u8, *mut u32) -> bool),
}

pub type DestroyFn = unsafe extern "C" fn(*mut u8, u32);

// SAFETY: numbers that stand for addresses, and C functions, which any thread may call under the rules of the header.
unsafe impl Send for Global {}

static GLOBAL: Mutex<Option<Global>> = Mutex::new(None);

/// The state, initialised or not. Not to be held while anything of C's is called.
pub fn lock() -> MutexGuard<'static, Option<Global>> {
    GLOBAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something with the state.
pub fn with<R>(work: impl FnOnce(&mut Global) -> R) -> Result<R, String> {
    lock().as_mut().map(work).ok_or_else(|| "the runtime is not initialised: call wasm_runtime_init first".to_owned())
}

/// Says something on the standard error stream, if the log level is so high.
pub fn log(level: u32, message: &str) {
    if lock().as_ref().map_or(WARNING, |global| global.log_level) >= level {
        eprintln!("iwasm: {message}");
    }
}

/// Warns.
pub fn warn(message: &str) {
    log(WARNING, message);
}

impl Global {
    fn new() -> Global {
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        wasi::add_to_linker(&mut linker);
        Global {
            engine,
            linker,
            allocator: Allocator::default(),
            untyped: HashMap::new(),
            native_lists: HashMap::new(),
            reader: None,
            modules: BTreeSet::new(),
            registered: BTreeMap::new(),
            log_level: WARNING,
            users: 0,
        }
    }

    /// Gives a module a name for others to import from.
    pub fn register(&mut self, name: &str, module: &Module, handle: *mut CModule) -> Result<(), String> {
        self.linker.register(name, module).map_err(|error| error.to_string())?;
        self.registered.insert(name.to_owned(), handle.expose_provenance());
        Ok(())
    }
}

/// As the header has it.
#[repr(C)]
pub struct RuntimeInitArgs {
    pub mem_alloc_type: u32,
    pub mem_alloc_option: MemAllocOption,
    pub native_module_name: Text,
    pub native_symbols: *mut NativeSymbol,
    pub n_native_symbols: u32,
    pub max_thread_num: u32,
    pub ip_addr: [c_char; 128],
    pub unused: i32,
    pub instance_port: i32,
    pub fast_jit_code_cache_size: u32,
    pub gc_heap_size: u32,
    pub running_mode: u32,
    pub llvm_jit_opt_level: u32,
    pub llvm_jit_size_level: u32,
    pub segue_flags: u32,
    pub enable_linux_perf: bool,
}

/// As the header has it: which member counts says the type beside it.
#[derive(Clone, Copy)]
#[repr(C)]
pub union MemAllocOption {
    pub pool: PoolOption,
    pub allocator: AllocatorOption,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct PoolOption {
    pub heap_buf: *mut c_void,
    pub heap_size: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct AllocatorOption {
    pub malloc_func: *mut c_void,
    pub realloc_func: *mut c_void,
    pub free_func: *mut c_void,
    pub user_data: *mut c_void,
}

const WITH_POOL: u32 = 0;
const WITH_ALLOCATOR: u32 = 1;

/// The allocator that was asked for; none if it is said wrongly.
///
/// # Safety
///
/// The member that `kind` names is set, to functions of `malloc`'s, `realloc`'s and `free`'s types or to a buffer.
unsafe fn allocator(kind: u32, option: MemAllocOption) -> Option<Allocator> {
    match kind {
        WITH_POOL => {
            // SAFETY: by the caller.
            let PoolOption { heap_buf, heap_size } = unsafe { option.pool };
            (!heap_buf.is_null()).then(|| Allocator::Pool(Pool::new(heap_buf, heap_size)))
        }
        WITH_ALLOCATOR => {
            // SAFETY: by the caller.
            let AllocatorOption { malloc_func, realloc_func, free_func, .. } = unsafe { option.allocator };
            // SAFETY: pointers of these types, or null, which is none of the option's.
            unsafe {
                Some(Allocator::Functions(Functions {
                    malloc: std::mem::transmute::<*mut c_void, Option<unsafe extern "C" fn(u32) -> *mut c_void>>(
                        malloc_func,
                    )?,
                    realloc: std::mem::transmute::<
                        *mut c_void,
                        Option<unsafe extern "C" fn(*mut c_void, u32) -> *mut c_void>,
                    >(realloc_func),
                    free: std::mem::transmute::<*mut c_void, Option<unsafe extern "C" fn(*mut c_void)>>(free_func)?,
                }))
            }
        }
        _ => Some(Allocator::System),
    }
}

fn initialise(allocator: Allocator) {
    let mut global = lock();
    let state = global.get_or_insert_with(Global::new);
    if state.users == 0 {
        state.allocator = allocator;
    }
    state.users += 1;
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_init() -> bool {
    guard(false, || {
        initialise(Allocator::System);
        true
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_full_init(init_args: *const RuntimeInitArgs) -> bool {
    guard(false, || {
        // SAFETY: null, or valid by the header.
        let Some(args) = (unsafe { init_args.as_ref() }) else { return false };
        // SAFETY: by the header, the members that the type names are set.
        let Some(allocator) = (unsafe { allocator(args.mem_alloc_type, args.mem_alloc_option) }) else { return false };
        initialise(allocator);
        if args.max_thread_num > 0 {
            wasm_runtime_set_max_thread_num(args.max_thread_num);
        }
        // SAFETY: as many symbols as it says.
        let symbols = unsafe { array(args.native_symbols.cast_const(), args.n_native_symbols as usize) };
        let name = args.native_module_name.get();
        let registered = match name {
            // SAFETY: natives by the header.
            Some(name) if !symbols.is_empty() => unsafe { natives::register(&name, symbols, false) }.is_ok(),
            _ => true,
        };
        if !registered {
            wasm_runtime_destroy();
        }
        registered
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_destroy() {
    guard((), || {
        let (modules, linker) = {
            let mut global = lock();
            let Some(state) = global.as_mut() else { return };
            state.users = state.users.saturating_sub(1);
            if state.users > 0 {
                return;
            }
            state.registered.clear();
            (std::mem::take(&mut state.modules), std::mem::replace(&mut state.linker, Linker::new(&state.engine)))
        };
        // Buffers go back to the program now, which may free them by `wasm_runtime_free`: the allocator is still there, and
        // the lock is free.
        for handle in modules {
            // SAFETY: handles in the list are alive, and nobody has the list any more.
            drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<CModule>(handle)) });
        }
        drop(linker);
        let ended = lock().take();
        drop(ended);
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_log_level(level: u32) {
    guard((), || {
        let _ = with(|global| global.log_level = level);
    });
}

/// Where memory comes from now, for work that needs no lock; the pool's work is done under it.
enum Source<R> {
    System,
    Functions(Functions),
    Pool(R),
}

fn from_source<R>(pool_s_work: impl FnOnce(&mut Pool) -> R) -> Result<Source<R>, String> {
    with(|global| match &mut global.allocator {
        Allocator::System => Source::System,
        Allocator::Functions(functions) => Source::Functions(*functions),
        Allocator::Pool(pool) => Source::Pool(pool_s_work(pool)),
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_malloc(size: u32) -> *mut c_void {
    guard(std::ptr::null_mut(), || match from_source(|pool| pool.malloc(size)) {
        // SAFETY: any size is fine.
        Ok(Source::System) => unsafe { libc::malloc(size.max(1) as usize) },
        // SAFETY: what the program gave as its malloc.
        Ok(Source::Functions(functions)) => unsafe { (functions.malloc)(size) },
        Ok(Source::Pool(memory)) => memory,
        Err(_) => std::ptr::null_mut(),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_realloc(old: *mut c_void, size: u32) -> *mut c_void {
    // SAFETY: by the header, it came from here.
    guard(std::ptr::null_mut(), || match from_source(|pool| unsafe { pool.realloc(old, size) }) {
        // SAFETY: by the header, it came from here.
        Ok(Source::System) => unsafe { libc::realloc(old, size.max(1) as usize) },
        Ok(Source::Functions(functions)) => match functions.realloc {
            // SAFETY: what the program gave as its realloc; by the header, the memory came from its malloc.
            Some(realloc) => unsafe { realloc(old, size) },
            None => std::ptr::null_mut(),
        },
        Ok(Source::Pool(memory)) => memory,
        Err(_) => std::ptr::null_mut(),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_free(old: *mut c_void) {
    guard((), || match from_source(|pool| pool.free(old)) {
        // SAFETY: by the header, it came from here.
        Ok(Source::System) => unsafe { libc::free(old) },
        // SAFETY: what the program gave as its free; by the header, the memory came from its malloc.
        Ok(Source::Functions(functions)) if !old.is_null() => unsafe { (functions.free)(old) },
        Ok(Source::Functions(_) | Source::Pool(())) | Err(_) => {}
    });
}

/// As the header has it.
#[repr(C)]
pub struct MemAllocInfo {
    pub total_size: u32,
    pub total_free_size: u32,
    pub highmark_size: u32,
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_mem_alloc_info(info: Out<'_, MemAllocInfo>) -> bool {
    guard(false, || {
        let figures = with(|global| match &global.allocator {
            Allocator::Pool(pool) => Some(pool.figures()),
            _ => None,
        });
        let Ok(Some([total, free, most])) = figures else { return false };
        let narrow = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        put(
            info,
            MemAllocInfo { total_size: narrow(total), total_free_size: narrow(free), highmark_size: narrow(most) },
        )
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_module_reader(
    reader: Option<unsafe extern "C" fn(*const c_char, *mut *mut u8, *mut u32) -> bool>,
    destroyer: Option<DestroyFn>,
) {
    set_reader(reader.map(ReadFn::One), destroyer);
}

/// What `wasm_runtime_set_module_reader` is under `WASM_RUNTIME_API_2`.
#[unsafe(no_mangle)]
pub extern "C" fn iwasm_set_module_reader_2(
    reader: Option<unsafe extern "C" fn(u32, *const c_char, *mut *mut u8, *mut u32) -> bool>,
    destroyer: Option<DestroyFn>,
) {
    set_reader(reader.map(ReadFn::Two), destroyer);
}

fn set_reader(read: Option<ReadFn>, destroy: Option<DestroyFn>) {
    guard((), || {
        let _ = with(|global| global.reader = read.map(|read| Reader { read, destroy }));
    });
}

/// A file that the reader gave, which goes back to it when nobody needs it any more.
pub struct ReadFile {
    start: *mut u8,
    size: u32,
    destroy: Option<DestroyFn>,
}

// SAFETY: the program gave the bytes away until they are destroyed, which by the header may be on any thread.
unsafe impl Send for ReadFile {}
// SAFETY: they are only read.
unsafe impl Sync for ReadFile {}

impl AsRef<[u8]> for ReadFile {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: what the reader said.
        unsafe { array(self.start, self.size as usize) }
    }
}

impl Drop for ReadFile {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: the program's own destroyer, for what its reader gave, once.
            unsafe { destroy(self.start, self.size) };
        }
    }
}

impl Reader {
    /// Asks for a module; none if there is none.
    pub fn ask(self, name: &str) -> Option<ReadFile> {
        const AOT: u32 = 1;
        let name = CString::new(name).ok()?;
        let (mut start, mut size) = (std::ptr::null_mut(), 0u32);
        // SAFETY: the program's own reader, with places for what it gives.
        let found = unsafe {
            match self.read {
                ReadFn::One(read) => read(name.as_ptr(), &raw mut start, &raw mut size),
                ReadFn::Two(read) => read(AOT, name.as_ptr(), &raw mut start, &raw mut size),
            }
        };
        // Only what was found goes back.
        (found && !start.is_null()).then(|| ReadFile { start, size, destroy: self.destroy })
    }
}
