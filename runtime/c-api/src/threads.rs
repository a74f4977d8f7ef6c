//! Further threads of a set. A thread has a store of its own, with instances of the same modules, linked as the first were,
//! which share the shared memories; so an environment that is spawned can be used by another thread at the same time.
//!
//! The stores of one set are a group: [`Program`] is what they are made of, and knows who there is; a [`Member`] is what
//! the others may touch of one. What ends one may end all: see [`Program::tell_others`].

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use runtime::{InterruptHandle, Linker, Module, Store, StoreSeed};

use crate::boundary::{Out, guard, put};
use crate::env::CExecEnv;
use crate::global::{Runtime, current, log, warn, with};
use crate::instance::{CInstance, make};
use crate::shared::{Shared, State};
use crate::table::Table;
use crate::trace::{PREFIX, hear};
use crate::wasi;

/// Spawned environments that a set may have at one time, unless it is said otherwise.
pub const DEFAULT_MOST: u32 = 256;

/// What a thread needs besides the stack for wasm: C functions run on it, too.
const HOST_STACK_BYTES: usize = 512 << 10;

/// Data of an instance under keys: addresses of the program's.
pub type Contexts = Arc<Mutex<Table<usize>>>;

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What ended another thread of the set, and with it this one.
#[derive(Clone)]
pub struct Told {
    pub exception: String,
    /// Where that was `proc_exit`: its status.
    pub exit: Option<u32>,
}

/// What other threads may touch of a store.
pub struct Member {
    pub interrupt: InterruptHandle,
    pub told: Mutex<Option<Told>>,
    /// By the instances' names.
    contexts: Mutex<Vec<(String, Contexts)>>,
}

impl Member {
    pub fn new(interrupt: InterruptHandle) -> Arc<Member> {
        Arc::new(Member { interrupt, told: Mutex::default(), contexts: Mutex::default() })
    }
}

/// What the threads of a set have in common; it is made in the runtime of the set's modules.
pub struct Program {
    home: Arc<Runtime>,
    linker: Mutex<Linker<State>>,
    module: Module,
    name: String,
    seed: StoreSeed,
    /// Whether what ends one thread ends all: there is a memory that all of them have, or they are WASI's.
    ends_together: bool,
    members: Mutex<Vec<Arc<Member>>>,
    /// Whether its threads are being ended, and no more can be made.
    ending: AtomicBool,
}

impl Program {
    /// That of a set that was made just now, and linked so.
    pub fn new(shared: &Shared, linker: Linker<State>, module: &Module, name: &str) -> Program {
        let instances = shared.instances.borrow();
        let shares = |known: &CInstance| {
            let memories = (0..).map_while(|index| shared.with(|store| known.instance.memory_by_index(&store, index)));
            memories.into_iter().any(|memory| shared.with(|store| memory.ty(&store)).is_ok_and(|ty| ty.shared))
        };
        let program = Program {
            home: current(),
            linker: Mutex::new(linker),
            module: module.clone(),
            name: name.to_owned(),
            seed: shared.set_up(|store| store.seed()),
            ends_together: wasi::spawns_threads(module) || instances.iter().any(|known| shares(known)),
            members: Mutex::default(),
            ending: AtomicBool::new(false),
        };
        program.enter(shared);
        program
    }

    /// The name of its main instance.
    #[cfg(feature = "wasi")]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn enter(&self, shared: &Shared) {
        let contexts = |known: &CInstance| (known.name.borrow().clone(), known.contexts.clone());
        *lock(&shared.member.contexts) = shared.instances.borrow().iter().map(|known| contexts(known)).collect();
        lock(&self.members).push(shared.member.clone());
    }

    /// Takes note of a store that is freed.
    pub fn leave(&self, member: &Arc<Member>) {
        lock(&self.members).retain(|known| !Arc::ptr_eq(known, member));
    }

    /// Stops what runs in all of its stores.
    pub fn terminate(&self) {
        for member in lock(&self.members).iter() {
            member.interrupt.interrupt();
        }
    }

    /// Ends all other threads with what this one ended with, if they end together. A memory that they have in common is as
    /// a thread left it that did not come to its end, and who waits there would wait for ever.
    pub fn tell_others(&self, own: &Arc<Member>, told: &Told) {
        if !self.ends_together {
            return;
        }
        for member in lock(&self.members).iter().filter(|member| !Arc::ptr_eq(member, own)) {
            // The first reason stays.
            lock(&member.told).get_or_insert_with(|| told.clone());
            member.interrupt.interrupt();
        }
    }

    /// Does something with the contexts of the instances of a name, of all threads.
    pub fn each_contexts(&self, name: &str, mut work: impl FnMut(&Contexts)) {
        for member in lock(&self.members).iter() {
            lock(&member.contexts).iter().filter(|(known, _)| known == name).for_each(|(_, contexts)| work(contexts));
        }
    }
}

/// Stores of spawned environments, by the environments' addresses. They are freed with these.
static SPAWNED: Mutex<Table<usize>> = Mutex::new(Table::new());

/// Makes a further store of an environment's set; the environment of the instance there that is as this one's here.
pub fn spawn(env: &CExecEnv) -> Result<*mut CExecEnv, String> {
    let instance = env.instance().ok_or("the environment has no instance")?;
    if instance.joined.get() {
        return Err("the instance joined its set, and has no counterpart in a further thread".to_owned());
    }
    let shared = instance.shared();
    let program = shared.program.get().ok_or("instances are still being made")?;
    let most = program.home.with(|global| global.most_threads).unwrap_or(DEFAULT_MOST);
    if lock(&program.members).len() > most as usize {
        return Err(format!(
            "the limit of {most} threads of a set of instances is reached: see wasm_runtime_set_max_thread_num"
        ));
    }
    let world = shared.with(|mut store| store.data_mut().world.clone());
    let made = Shared::new(Store::from_seed(&program.seed, State::new(world)));
    let mut linker = shared.with(|store| lock(&program.linker).for_threads(&store));
    let instances = shared.instances.borrow();
    program.home.entered(|| {
        make(&mut linker, &made, &program.name, &program.module, &|new, name| {
            if let Some(old) = instances.iter().find(|old| *old.name.borrow() == name) {
                new.inherit(old);
            }
        })
    })?;
    let name = instance.name.borrow();
    let spawned = made.instances.borrow().iter().find(|new| *new.name.borrow() == *name).map(|new| &raw const *new.env);
    let spawned = spawned.ok_or("the instance has no counterpart")?;
    program.enter(&made);
    let _set_once = made.program.set(program.clone());
    // SAFETY: it belongs to what was made just now.
    unsafe { &*spawned }.user_data.set(env.user_data.get());
    let made = Box::into_raw(made);
    lock(&SPAWNED).insert(spawned.addr(), made.expose_provenance());
    Ok(spawned.cast_mut())
}

/// The same for C. There is no error buffer: outside of a native function, whose caller an exception would end, the
/// instance tells why not.
fn spawn_or_say(function: &str, env: Option<&CExecEnv>) -> *mut CExecEnv {
    let Some(env) = env else { return std::ptr::null_mut() };
    spawn(env).unwrap_or_else(|reason| {
        warn(&format!("{function}: {reason}"));
        if let Some(shared) = env.instance().map(CInstance::shared).filter(|shared| shared.env.get().is_null()) {
            shared.set_exception(Some(&format!("{PREFIX}{reason}")));
        }
        std::ptr::null_mut()
    })
}

/// Frees a spawned environment with its store; false if it is none, or was freed before.
pub fn give_up(env: *const CExecEnv) -> bool {
    let Some(shared) = lock(&SPAWNED).remove(env.addr()) else { return false };
    // SAFETY: it was in the list, and is no more.
    drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<Shared>(shared)) });
    true
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_max_thread_num(most: u32) {
    guard((), || {
        let _ = with(|global| global.most_threads = most);
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_spawn_exec_env(env: Option<&CExecEnv>) -> *mut CExecEnv {
    guard(std::ptr::null_mut(), || spawn_or_say("wasm_runtime_spawn_exec_env", env))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_destroy_spawned_exec_env(env: *const CExecEnv) {
    guard((), || {
        if !env.is_null() && !give_up(env) {
            warn("wasm_runtime_destroy_spawned_exec_env: this was not spawned, or it was destroyed before");
        }
    });
}

/// A thread that was spawned, and not joined yet.
struct Thread {
    handle: JoinHandle<usize>,
    /// Whose it is.
    program: Arc<Program>,
    member: Arc<Member>,
    /// Whether the guest spawned it: nobody joins it, and it goes with the main function.
    is_wasi: bool,
}

/// The greatest number of a thread: `wasi-threads` has 29 bits for it.
const GREATEST: usize = (1 << 29) - 1;

static THREADS: Mutex<Table<Thread>> = Mutex::new(Table::new());
thread_local! {
    /// The number of this thread; zero for one that was not spawned.
    static THIS: Cell<usize> = const { Cell::new(0) };
}
static LAST_THREAD: AtomicUsize = AtomicUsize::new(0);

/// The number of this thread.
#[cfg(feature = "wasi")]
pub fn this() -> usize {
    THIS.get()
}

type Callback = unsafe extern "C" fn(*mut CExecEnv, *mut c_void) -> *mut c_void;

/// Starts a thread with an environment that was spawned just now; the thread's number.
pub fn start(env: *mut CExecEnv, callback: Callback, argument: usize, is_wasi: bool) -> Result<usize, String> {
    // SAFETY: spawned just now.
    let shared = unsafe { &*env }.instance().map(CInstance::shared).ok_or("the environment has no instance")?;
    let program = shared.program.get().ok_or("the environment was not spawned")?.clone();
    let member = shared.member.clone();
    let stack = program.module.engine().config().max_wasm_stack.saturating_add(HOST_STACK_BYTES);
    let (place, home) = (env.expose_provenance(), program.home.clone());
    // Whoever joins finds it there as soon as it knows the number.
    let mut threads = lock(&THREADS);
    if program.ending.load(Ordering::Relaxed) {
        return Err("the program is ending".to_owned());
    }
    // Nobody joins those, and they have nothing left to do.
    threads.take(|_, thread| thread.is_wasi && thread.handle.is_finished());
    let number = loop {
        let number = LAST_THREAD.fetch_add(1, Ordering::Relaxed) % GREATEST + 1;
        if threads.get(number).is_none() {
            break number;
        }
    };
    let body = move || {
        THIS.set(number);
        let env = std::ptr::with_exposed_provenance_mut(place);
        home.entered(|| {
            // SAFETY: what the program gave for this environment, which is alive until it returns.
            let returned = unsafe { callback(env, std::ptr::with_exposed_provenance_mut(argument)) };
            guard((), || {
                give_up(env);
            });
            returned.expose_provenance()
        })
    };
    let handle = std::thread::Builder::new().name(format!("wasm-{number}")).stack_size(stack).spawn(body);
    let handle = handle.map_err(|error| error.to_string())?;
    threads.insert(number, Thread { handle, program, member, is_wasi });
    Ok(number)
}

const FAILED: i32 = -1;

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_spawn_thread(
    env: Option<&CExecEnv>,
    thread: Out<'_, usize>,
    callback: Option<Callback>,
    argument: *mut c_void,
) -> i32 {
    guard(FAILED, || {
        let Some(callback) = callback else { return FAILED };
        let spawned = spawn_or_say("wasm_runtime_spawn_thread", env);
        if spawned.is_null() {
            return FAILED;
        }
        match start(spawned, callback, argument.expose_provenance(), false) {
            Ok(number) => {
                put(thread, number);
                0
            }
            Err(reason) => {
                log(1, &format!("wasm_runtime_spawn_thread: {reason}"));
                give_up(spawned);
                FAILED
            }
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_join_thread(thread: usize, returned: Out<'_, *mut c_void>) -> i32 {
    guard(libc::EINVAL, || {
        if thread != 0 && THIS.get() == thread {
            return libc::EDEADLK;
        }
        let found = lock(&THREADS).remove(thread);
        let Some(found) = found else { return libc::ESRCH };
        let Ok(result) = found.handle.join() else { return libc::EINVAL };
        put(returned, std::ptr::with_exposed_provenance_mut(result));
        0
    })
}

/// Stops the threads of a set that were spawned and not joined, and waits for them: all of them, for its first instance is
/// freed, or those that the guest spawned. None is made meanwhile.
pub fn end_threads(program: &Arc<Program>, all: bool) {
    let found = {
        let mut threads = lock(&THREADS);
        program.ending.store(true, Ordering::Relaxed);
        let this = THIS.get();
        threads
            .take(|number, thread| Arc::ptr_eq(&thread.program, program) && number != this && (all || thread.is_wasi))
    };
    for (_, thread) in &found {
        thread.member.interrupt.interrupt();
    }
    for (_, thread) in found {
        // What it returned, nobody asked for.
        let _ = thread.handle.join();
    }
    program.ending.store(false, Ordering::Relaxed);
}

/// The main function has ended, well or not, and with it the threads that the guest spawned; whether the program ended
/// well, which it did not if one of them had failed before.
pub fn end_program(shared: &Shared, done: bool) -> bool {
    let Some(program) = shared.program.get() else { return done };
    end_threads(program, false);
    match shared.told() {
        Some(told) if done => {
            hear(shared, &told);
            false
        }
        _ => done,
    }
}
