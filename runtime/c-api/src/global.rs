//! What a runtime knows that has no handle: the engine, the linker with its names and host functions, the module reader,
//! natives without a signature, limits. The process has one of its own, and a program may make more: each is a world of
//! names of its own. One lock guards each, and is never held while a C function or compiled code runs.
//!
//! A thread works in one runtime at a time, the process's own unless it enters another. A module remembers its runtime; what
//! is done with a module is done there, wherever the thread is.

use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use runtime::{Engine, Linker, Module, Names};

use crate::allocator::{Allocator, Functions, Pool};
use crate::boundary::{Out, Text, array, guard, put};
use crate::module::CModule;
use crate::natives::{self, Native, NativeSymbol};
use crate::reader::Reader;
use crate::shared::State;
use crate::table::Table;
use crate::threads::{DEFAULT_MOST, lock, wasm_runtime_set_max_thread_num};
use crate::wasi;

/// Log levels as the header has them.
const WARNING: u32 = 2;

/// The state of a runtime.
pub struct Global {
    pub engine: Engine,
    pub linker: Linker<State>,
    /// Natives whose type is that of whoever imports them, by module and name.
    pub untyped: Untyped,
    /// Names of the natives of each list, after its module and its address.
    pub native_lists: Vec<(String, usize, Vec<String>)>,
    pub reader: Option<Reader>,
    /// Modules that are registered, and under which name; the names of those that the reader found.
    pub registered: Names<usize>,
    /// Spawned environments that a set of instances may have at one time.
    pub most_threads: u32,
    /// How often the runtime was initialised and not destroyed.
    users: u32,
}

/// Natives by module and name.
#[derive(Default)]
pub struct Untyped(Names<Names<Native>>);

impl Untyped {
    /// The native of a module and a name.
    pub fn get(&self, module: &str, name: &str) -> Option<&Native> {
        self.0.get(module)?.get(name)
    }

    /// Sets it.
    pub fn insert(&mut self, module: &str, name: String, native: Native) {
        self.0.get_or_default(module).insert(name, native);
    }

    /// Takes it out.
    pub fn remove(&mut self, module: &str, name: &str) -> Option<Native> {
        self.0.get_mut(module)?.remove(name)
    }
}

/// What an `iwasm_runtime_t` points to. Nothing is in it before it is initialised, and after it was destroyed.
#[derive(Default)]
pub struct Runtime(Mutex<Option<Global>>);

/// The process's own.
static OWN: LazyLock<Arc<Runtime>> = LazyLock::new(Arc::default);
/// Those that the program made.
static MADE: Mutex<Vec<Arc<Runtime>>> = Mutex::new(Vec::new());
/// Handles of modules that are alive, and the runtimes that they belong to.
static MODULES: Mutex<Table<Arc<Runtime>>> = Mutex::new(Table::new());

thread_local! {
    /// The one that this thread is in, if not in the process's own.
    static CURRENT: RefCell<Option<Arc<Runtime>>> = const { RefCell::new(None) };
}

fn enter(runtime: Option<Arc<Runtime>>) -> Option<Arc<Runtime>> {
    CURRENT.with(|current| current.replace(runtime))
}

/// The runtime that this thread is in.
pub fn current() -> Arc<Runtime> {
    CURRENT.with(|current| current.borrow().clone()).unwrap_or_else(|| OWN.clone())
}

#[cold]
fn not_initialised() -> String {
    "the runtime is not initialised: call wasm_runtime_init first".to_owned()
}

/// Does something with the state of the runtime that this thread is in. Nothing of C's is to be called meanwhile.
pub fn with<R>(work: impl FnOnce(&mut Global) -> R) -> Result<R, String> {
    current().with(work)
}

impl Runtime {
    /// Does something with its state.
    pub fn with<R>(&self, work: impl FnOnce(&mut Global) -> R) -> Result<R, String> {
        let (mut work, mut done) = (Some(work), None);
        self.locked(&mut |state| done = work.take().map(|work| work(state)));
        done.ok_or_else(not_initialised)
    }

    /// The part of it that is the same for any work; nothing is done in a runtime that is not initialised.
    #[inline(never)]
    fn locked(&self, work: &mut dyn FnMut(&mut Global)) {
        if let Some(state) = lock(&self.0).as_mut() {
            work(state);
        }
    }

    /// Does something in this runtime, whichever the thread is in.
    pub fn entered<R>(self: &Arc<Self>, work: impl FnOnce() -> R) -> R {
        struct Back(Option<Arc<Runtime>>);
        impl Drop for Back {
            fn drop(&mut self) {
                enter(self.0.take());
            }
        }
        let _back = Back(enter(Some(self.clone())));
        work()
    }

    /// Initialises it once more; whether that was the first time.
    fn initialise(&self) -> bool {
        let mut state = lock(&self.0);
        let state = state.get_or_insert_with(Global::new);
        state.users += 1;
        state.users == 1
    }

    /// Ends it. To be called with nothing locked: buffers go back to the program now, which may free them by
    /// `wasm_runtime_free`.
    fn end(self: &Arc<Self>) {
        let linker = {
            let mut state = lock(&self.0);
            let Some(state) = state.as_mut() else { return };
            state.registered.clear();
            std::mem::replace(&mut state.linker, Linker::new(&state.engine))
        };
        let handles = lock(&MODULES).take(|_, runtime| Arc::ptr_eq(runtime, self));
        for (handle, _) in handles {
            // SAFETY: handles in the list are alive, and nobody has them any more.
            drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<CModule>(handle)) });
        }
        drop(linker);
        let ended = lock(&self.0).take();
        drop(ended);
        let mut source = lock(&SOURCE);
        source.runtimes = source.runtimes.saturating_sub(1);
        if Arc::ptr_eq(self, &OWN) {
            source.allocator = Allocator::System;
        }
    }
}

/// Takes a module's handle over, until it is unloaded or its runtime destroyed.
pub fn keep_module(handle: *mut CModule, runtime: &Arc<Runtime>) {
    lock(&MODULES).insert(handle.expose_provenance(), runtime.clone());
}

/// The runtime of a module that is alive; it is no longer kept.
pub fn forget_module(handle: *const CModule) -> Option<Arc<Runtime>> {
    lock(&MODULES).remove(handle.addr())
}

/// Whether a module's handle is alive.
pub fn knows_module(handle: *const CModule) -> bool {
    lock(&MODULES).get(handle.addr()).is_some()
}

/// Whether this is so of any module of the runtime that this thread is in.
pub fn any_module(so: impl Fn(&CModule) -> bool) -> bool {
    let here = current();
    lock(&MODULES).any(|handle, home| {
        // SAFETY: handles in the list are alive, and leave it before they are freed.
        Arc::ptr_eq(home, &here) && so(unsafe { &*std::ptr::with_exposed_provenance::<CModule>(handle) })
    })
}

static LOG_LEVEL: AtomicU32 = AtomicU32::new(WARNING);

/// Says something on the standard error stream, if the log level is so high.
pub fn log(level: u32, message: &str) {
    if LOG_LEVEL.load(Ordering::Relaxed) >= level {
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
        lock(&SOURCE).runtimes += 1;
        Global {
            engine,
            linker,
            untyped: Untyped::default(),
            native_lists: Vec::new(),
            reader: None,
            registered: Names::new(),
            most_threads: DEFAULT_MOST,
            users: 0,
        }
    }

    /// Names of the natives of a list.
    pub fn names_of_list(&mut self, module: &str, list: usize) -> &mut Vec<String> {
        let known = self.native_lists.iter().position(|(name, at, _)| name == module && *at == list);
        let place = known.unwrap_or_else(|| {
            self.native_lists.push((module.to_owned(), list, Vec::new()));
            self.native_lists.len() - 1
        });
        &mut self.native_lists[place].2
    }

    /// Gives a module a name for others to import from.
    pub fn register(&mut self, name: &str, module: &Module, handle: *mut CModule) -> Result<(), String> {
        self.linker.register(name, module).map_err(|error| error.to_string())?;
        self.registered.insert(name.to_owned(), handle.expose_provenance());
        Ok(())
    }

    /// The handle of the module of a name; null if there is none.
    pub fn registered(&self, name: &str) -> *mut CModule {
        self.registered.get(name).map_or(std::ptr::null_mut(), |known| std::ptr::with_exposed_provenance_mut(*known))
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

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_init() -> bool {
    guard(false, || {
        current().initialise();
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
        let runtime = current();
        let is_own = Arc::ptr_eq(&runtime, &OWN);
        if !is_own && !matches!(allocator, Allocator::System) {
            warn("wasm_runtime_full_init: the allocator is the process's, and not of a runtime that was made");
            return false;
        }
        if runtime.initialise() && is_own {
            lock(&SOURCE).allocator = allocator;
        }
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
        let runtime = current();
        let left = runtime.with(|state| {
            state.users = state.users.saturating_sub(1);
            state.users
        });
        if left == Ok(0) {
            runtime.end();
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn iwasm_runtime_new() -> *const Runtime {
    guard(std::ptr::null(), || {
        let made = Arc::new(Runtime::default());
        made.initialise();
        let place = Arc::as_ptr(&made);
        lock(&MADE).push(made);
        place
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn iwasm_runtime_enter(runtime: *const Runtime) -> *const Runtime {
    guard(std::ptr::null(), || {
        let wanted = lock(&MADE).iter().find(|made| std::ptr::eq(Arc::as_ptr(made), runtime)).cloned();
        let left = match wanted.is_none() && !runtime.is_null() {
            true => {
                warn("iwasm_runtime_enter: this is no runtime that was made, or it was deleted");
                CURRENT.with(|current| current.borrow().clone())
            }
            false => enter(wanted),
        };
        left.map_or(std::ptr::null(), |left| Arc::as_ptr(&left))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn iwasm_runtime_delete(runtime: *const Runtime) {
    guard((), || {
        if runtime.is_null() {
            return;
        }
        let known = {
            let mut made = lock(&MADE);
            let place = made.iter().position(|made| std::ptr::eq(Arc::as_ptr(made), runtime));
            place.map(|place| made.swap_remove(place))
        };
        let Some(known) = known else {
            return warn("iwasm_runtime_delete: this is no runtime that was made, or it was deleted before");
        };
        known.entered(|| known.end());
        if Arc::ptr_eq(&known, &current()) {
            enter(None);
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_log_level(level: u32) {
    LOG_LEVEL.store(level, Ordering::Relaxed);
}

/// Where `wasm_runtime_malloc` takes memory from: one source for the process, while any runtime is initialised.
struct ProcessSource {
    allocator: Allocator,
    runtimes: usize,
}

static SOURCE: Mutex<ProcessSource> = Mutex::new(ProcessSource { allocator: Allocator::System, runtimes: 0 });

// SAFETY: numbers that stand for addresses, and C functions, which any thread may call under the rules of the header.
unsafe impl Send for ProcessSource {}

/// Where memory comes from now, for work that needs no lock; the pool's work is done under it.
enum Source<R> {
    System,
    Functions(Functions),
    Pool(R),
}

fn from_source<R>(pool_s_work: impl FnOnce(&mut Pool) -> R) -> Option<Source<R>> {
    let mut source = lock(&SOURCE);
    if source.runtimes == 0 {
        return None;
    }
    Some(match &mut source.allocator {
        Allocator::System => Source::System,
        Allocator::Functions(functions) => Source::Functions(*functions),
        Allocator::Pool(pool) => Source::Pool(pool_s_work(pool)),
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_malloc(size: u32) -> *mut c_void {
    guard(std::ptr::null_mut(), || match from_source(|pool| pool.malloc(size)) {
        // SAFETY: any size is fine.
        Some(Source::System) => unsafe { libc::malloc(size.max(1) as usize) },
        // SAFETY: what the program gave as its malloc.
        Some(Source::Functions(functions)) => unsafe { (functions.malloc)(size) },
        Some(Source::Pool(memory)) => memory,
        None => std::ptr::null_mut(),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_realloc(old: *mut c_void, size: u32) -> *mut c_void {
    // SAFETY: by the header, it came from here.
    guard(std::ptr::null_mut(), || match from_source(|pool| unsafe { pool.realloc(old, size) }) {
        // SAFETY: by the header, it came from here.
        Some(Source::System) => unsafe { libc::realloc(old, size.max(1) as usize) },
        Some(Source::Functions(functions)) => match functions.realloc {
            // SAFETY: what the program gave as its realloc; by the header, the memory came from its malloc.
            Some(realloc) => unsafe { realloc(old, size) },
            None => std::ptr::null_mut(),
        },
        Some(Source::Pool(memory)) => memory,
        None => std::ptr::null_mut(),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_free(old: *mut c_void) {
    guard((), || match from_source(|pool| pool.free(old)) {
        // SAFETY: by the header, it came from here.
        Some(Source::System) => unsafe { libc::free(old) },
        // SAFETY: what the program gave as its free; by the header, the memory came from its malloc.
        Some(Source::Functions(functions)) if !old.is_null() => unsafe { (functions.free)(old) },
        Some(Source::Functions(_) | Source::Pool(())) | None => {}
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
        let figures = match &lock(&SOURCE).allocator {
            Allocator::Pool(pool) => Some(pool.figures()),
            _ => None,
        };
        let Some([total, free, most]) = figures else { return false };
        let narrow = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        put(
            info,
            MemAllocInfo { total_size: narrow(total), total_free_size: narrow(free), highmark_size: narrow(most) },
        )
    })
}
