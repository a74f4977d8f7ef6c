//! `wasi-threads`: the host function `wasi`.`thread-spawn`, and the group of threads that it makes.
//!
//! A thread is a store of its own, with fresh instances of the whole set of modules, on a thread of the
//! system. [`iwasm::StoreSeed`] says what these instances share with those of the main thread: shared
//! memories, whether imported or defined, by name. The context in the store's data is cloned, so threads have
//! the same descriptors. What runs in the thread is the main module's export `wasi_thread_start`, with the
//! thread's number and the argument given to `thread-spawn`.
//!
//! The group ends with the first of these: the main function returns, or fails; a thread traps, throws, or
//! fails otherwise; somebody calls `proc_exit`. Then all others are interrupted, wherever they are, and
//! [`Threads::run`] returns when the last is gone. A thread that returns ends nothing but itself.
//!
//! Threads can be spawned once the set is instantiated: not by start functions and `_initialize`.
//!
//! ```no_run
//! # use iwasm::{Artifact, Engine, Linker, Module, Store};
//! # use iwasm_wasi::WasiCtx;
//! use iwasm_wasi::threads::Threads;
//! # let engine = Engine::default();
//! # let module = unsafe { Module::new(&engine, Artifact::from_file("app.aot")?)? };
//!
//! let threads = Threads::new(8);
//! let mut linker = Linker::new(&engine);
//! iwasm_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
//! threads.add_to_linker(&mut linker);
//! let mut store = Store::new(&engine, WasiCtx::builder().inherit_stdio().build()?);
//! let app = threads.instantiate(&mut linker, &mut store, "app", &module)?;
//! let start = app.get_func(&store, "_start").ok_or("no _start")?;
//! threads.run(&mut store, |store| start.call(store, &[]))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;

use iwasm::{Caller, Error, Instance, InterruptHandle, Linker, Module, Store, StoreSeed};

use crate::descriptor::lock;
use crate::errno::Errno;

/// The module of `wasi-threads`.
pub const MODULE_NAME: &str = "wasi";
/// What a thread runs.
const ENTRY: &str = "wasi_thread_start";
/// The greatest number of a thread.
const MAX_THREAD_ID: u32 = (1 << 29) - 1;
/// What a thread needs besides the stack for wasm: host functions run on it, too.
const HOST_STACK_BYTES: usize = 512 << 10;

/// A group of threads that run one program, whose stores hold a `T`. Clones are the same group.
pub struct Threads<T: 'static>(Arc<Group<T>>);

impl<T> Clone for Threads<T> {
    fn clone(&self) -> Self {
        Threads(self.0.clone())
    }
}

/// Why a group ended, and in which thread: none is the main one.
#[derive(Debug, thiserror::Error)]
pub struct ThreadError {
    /// The thread's number.
    pub thread: Option<u32>,
    /// What happened there.
    #[source]
    pub error: Error,
}

impl fmt::Display for ThreadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(thread) = self.thread {
            write!(f, "thread {thread}: ")?;
        }
        self.error.fmt(f)
    }
}

struct Group<T: 'static> {
    max_threads: usize,
    state: Mutex<State<T>>,
}

struct State<T: 'static> {
    program: Option<Arc<Program<T>>>,
    phase: Phase,
    /// Threads that run, by number.
    members: Vec<(u32, Member)>,
    /// Threads that are about to end.
    finished: Vec<JoinHandle<()>>,
    last_id: u32,
}

/// What every thread is made from.
struct Program<T: 'static> {
    linker: Mutex<Linker<T>>,
    seed: StoreSeed,
    name: String,
    module: Module,
}

enum Phase {
    /// Nobody runs.
    Idle,
    /// The main thread runs, and may be stopped by this.
    Running(InterruptHandle),
    /// All are to stop: because of a thread other than the main one, or because that is done.
    Ended(Option<(u32, End)>),
}

struct Member {
    interrupt: InterruptHandle,
    /// Empty until the thread has been started.
    handle: Option<JoinHandle<()>>,
}

enum End {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

impl<T: Clone + Send + 'static> Threads<T> {
    /// A group of at most `max_threads` threads at one time, not counting the main one.
    pub fn new(max_threads: usize) -> Threads<T> {
        let (members, finished) = (Vec::new(), Vec::new());
        let state = State { program: None, phase: Phase::Idle, members, finished, last_id: 0 };
        Threads(Arc::new(Group { max_threads, state: Mutex::new(state) }))
    }

    /// Defines `wasi`.`thread-spawn` for this group. It fails (with a negative number) where no thread can be had,
    /// and when the group is gone: a linker keeps none alive.
    pub fn add_to_linker(&self, linker: &mut Linker<T>) {
        let group = Arc::downgrade(&self.0);
        linker.func(MODULE_NAME, "thread-spawn", move |caller: Caller<'_, T>, argument: i32| -> i32 {
            let spawned = group.upgrade().ok_or(Errno::Again);
            let spawned = spawned.and_then(|group| group.spawn(caller.data().clone(), argument));
            // Numbers have 29 bits.
            spawned.map_or_else(|errno| -i32::from(errno as u16), |id| id as i32)
        });
    }

    /// Instantiates the program in the main thread's store; the shared memories that it imports are made if
    /// nobody defines them. Threads are made of what `linker` then knows.
    ///
    /// # Errors
    ///
    /// As of [`Linker::instantiate`].
    pub fn instantiate(
        &self,
        linker: &mut Linker<T>,
        store: &mut Store<T>,
        name: &str,
        module: &Module,
    ) -> Result<Instance, Error> {
        linker.define_missing_shared_memories(&*store, module)?;
        let instance = linker.instantiate(&mut *store, name, module)?;
        let linker = Mutex::new(linker.for_threads(&*store));
        let program = Program { linker, seed: store.seed(), name: name.into(), module: module.clone() };
        lock(&self.0.state).program = Some(Arc::new(program));
        Ok(instance)
    }

    /// Runs the main thread, on this one. When it is done, so are all others: they have been interrupted if
    /// need be, and joined.
    ///
    /// # Errors
    ///
    /// That of `main`, or of the thread that ended the group before. A host function's panic on another thread
    /// goes on here.
    pub fn run<R>(
        &self,
        store: &mut Store<T>,
        main: impl FnOnce(&mut Store<T>) -> Result<R, Error>,
    ) -> Result<R, ThreadError> {
        lock(&self.0.state).phase = Phase::Running(store.interrupt_handle());
        let result = {
            // Also where `main` panics.
            let _joined = Joined(&self.0);
            main(store)
        };
        let phase = std::mem::replace(&mut lock(&self.0.state).phase, Phase::Idle);
        let Phase::Ended(Some((thread, end))) = phase else {
            return result.map_err(|error| ThreadError { thread: None, error });
        };
        // It was this group that interrupted it.
        store.clear_interrupt();
        match end {
            End::Error(error) => Err(ThreadError { thread: Some(thread), error }),
            End::Panic(payload) => resume_unwind(payload),
        }
    }
}

/// Ends a group and joins its threads when it goes.
struct Joined<'a, T: Clone + Send + 'static>(&'a Group<T>);

impl<T: Clone + Send + 'static> Drop for Joined<'_, T> {
    fn drop(&mut self) {
        lock(&self.0.state).end(None);
        loop {
            let mut state = lock(&self.0.state);
            // Those that still run go to `finished` by themselves, or are taken from here first.
            let finished = state.finished.pop();
            let handle = finished.or_else(|| state.members.iter_mut().find_map(|(_, member)| member.handle.take()));
            let Some(handle) = handle else { break };
            drop(state);
            // A thread's own panic is in the group's end.
            let _ = handle.join();
        }
    }
}

impl<T> State<T> {
    /// Ends the group, unless it has ended, and interrupts everyone.
    fn end(&mut self, because: Option<(u32, End)>) {
        let Phase::Running(main) = &self.phase else { return };
        if because.is_some() {
            main.interrupt();
        }
        self.members.iter().for_each(|(_, member)| member.interrupt.interrupt());
        self.phase = Phase::Ended(because);
    }

    /// A number that no thread has, and that was not used for long.
    fn next_id(&mut self) -> u32 {
        loop {
            self.last_id = self.last_id % MAX_THREAD_ID + 1;
            if !self.members.iter().any(|(id, _)| *id == self.last_id) {
                return self.last_id;
            }
        }
    }
}

impl<T: Clone + Send + 'static> Group<T> {
    fn spawn(self: &Arc<Self>, data: T, argument: i32) -> Result<u32, Errno> {
        let mut state = lock(&self.state);
        let Some(program) = state.program.clone() else { return Err(Errno::Again) };
        if !matches!(state.phase, Phase::Running(_)) || state.members.len() >= self.max_threads {
            return Err(Errno::Again);
        }
        // They have nothing left to do but to return.
        state.finished.drain(..).for_each(|handle| drop(handle.join()));
        let id = state.next_id();
        let store = Store::from_seed(&program.seed, data);
        let interrupt = store.interrupt_handle();
        let stack_size = store.engine().config().max_wasm_stack.saturating_add(HOST_STACK_BYTES);
        let group: Weak<Self> = Arc::downgrade(self);
        // Whoever runs the group waits for its threads: it is there as long as they are.
        let body = move || {
            let end = run_thread(&program, store, id, argument);
            if let Some(group) = group.upgrade() {
                group.finish(id, end);
            }
        };
        let thread = std::thread::Builder::new().name(format!("wasi-{id}")).stack_size(stack_size);
        // The thread can finish only when this lock is given up, so it is among the members then.
        let handle = thread.spawn(body).map_err(|_| Errno::Again)?;
        state.members.push((id, Member { interrupt, handle: Some(handle) }));
        Ok(id)
    }

    /// Takes note of a thread that has ended.
    fn finish(&self, id: u32, end: Option<End>) {
        let mut state = lock(&self.state);
        let place = state.members.iter().position(|(known, _)| *known == id);
        if let Some(handle) = place.and_then(|place| state.members.swap_remove(place).1.handle) {
            state.finished.push(handle);
        }
        if let Some(end) = end {
            state.end(Some((id, end)));
        }
    }
}

/// Runs a thread from its first instance to the end of its store; how it ended, if that ends the group.
fn run_thread<T: 'static>(program: &Program<T>, mut store: Store<T>, id: u32, argument: i32) -> Option<End> {
    let run = || {
        let mut linker = lock(&program.linker).for_threads(&store);
        let instance = linker.instantiate(&mut store, &program.name, &program.module)?;
        let entry = instance.get_func(&store, ENTRY).ok_or_else(|| Error::host(MissingEntry))?;
        entry.typed::<(i32, i32), ()>(&store)?.call(&mut store, (id as i32, argument))
    };
    let outcome = catch_unwind(AssertUnwindSafe(run));
    drop(store);
    match outcome {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(End::Error(error)),
        Err(payload) => Some(End::Panic(payload)),
    }
}

/// The main module spawned a thread that has nothing to run.
#[derive(Debug, thiserror::Error)]
#[error("the main module exports no function \"{ENTRY}\" for the thread to run")]
pub struct MissingEntry;
