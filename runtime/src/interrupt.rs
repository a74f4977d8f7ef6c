//! Stopping what runs in a store, from any thread and at no cost to compiled code.
//!
//! [`InterruptHandle::interrupt`] sets the store's flag, wakes its thread if that waits, and sends it a
//! signal. The handler finds the thread in one of three places:
//!
//! * **In a function of compiled code**: it goes on where the host entered wasm, as after a trap
//!   (`sys::enter::interrupt_at`).
//! * **In a builtin or host function**: nothing is done, since their frames cannot be left. A system call that
//!   blocks ends with `EINTR`. Long builtins look at the flag, waits look at it, and the thunk of a host
//!   function looks at it when the function returns.
//! * **In a trampoline, or anywhere between these looks**: nothing is done either.
//!
//! What was missed the first time is found the next: a helper thread, which exists only as long as there
//! is a store to stop, sends the signal again every few milliseconds until the store's thread has left it.
//!
//! The flag stays set. Whoever wants to use the store again clears it with `Store::clear_interrupt`, which
//! borrows the store: nothing runs in it then. Everything of the runtime's in the store is whole, for
//! only functions of the guest are left in the middle; what the guest makes of that is its affair.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering, compiler_fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::parking::Waiter;
use crate::sys;

/// Between two signals to a thread that has not left its store.
const RESEND: Duration = Duration::from_millis(2);

/// What a store and those who may interrupt it share.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    requested: AtomicBool,
    /// The system's number of the thread that runs in the store; zero while none does.
    thread: AtomicI32,
}

/// What threads wait with, by the system's numbers of the threads: one may wait in another store than the
/// one that is to be stopped, inside of it. A list, not a map: it is as long as there are threads that wait, and each
/// kind of map is five kilobytes of a device's library.
static WAITERS: Mutex<Vec<(i32, Arc<Waiter>)>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interrupt {
    #[inline]
    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Says that this thread runs in the store. To be followed by a look at the flag: either that finds
    /// it set, or whoever sets it finds the thread. No fence is needed here, for they have one that holds
    /// for all threads.
    #[inline]
    pub(crate) fn enter(&self) {
        self.thread.store(sys::enter::thread_id(), Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
    }

    /// Says that it has left.
    #[inline]
    pub(crate) fn leave(&self) {
        self.thread.store(0, Ordering::Release);
    }

    pub(crate) fn clear(&self) {
        self.requested.store(false, Ordering::Relaxed);
    }

    /// Wakes the thread that runs in the store and sends it the signal; false if there is none, or no more
    /// need to.
    fn signal(&self) -> bool {
        let thread = self.thread.load(Ordering::Acquire);
        if thread == 0 || !self.is_requested() {
            return false;
        }
        if let Some((_, waiter)) = lock(&WAITERS).iter().rfind(|(waits, _)| *waits == thread) {
            waiter.nudge();
        }
        sys::signals::send_interrupt(thread);
        true
    }
}

/// Runs a wait that an interruption of this thread nudges. If the nudge comes before the waiter can be found,
/// then the flag was set before, and the waiter finds that.
pub(crate) fn waiting<R>(wait: impl FnOnce(&Arc<Waiter>) -> R) -> R {
    let (thread, waiter) = (sys::enter::thread_id(), Arc::new(Waiter::default()));
    lock(&WAITERS).push((thread, waiter.clone()));
    let result = wait(&waiter);
    lock(&WAITERS).retain(|(waits, _)| *waits != thread);
    result
}

/// Stops what runs in a store. It keeps nothing of the store alive.
#[derive(Clone, Debug)]
pub struct InterruptHandle(pub(crate) Arc<Interrupt>);

impl InterruptHandle {
    /// Stops what runs in the store: the call that is going on, on whatever thread, ends with the trap
    /// [`TrapCode::Interrupted`](crate::TrapCode::Interrupted), and so does each call that is begun later,
    /// until [`Store::clear_interrupt`](crate::Store::clear_interrupt). Does not wait until that is done: a
    /// host function is not stopped but told ([`is_interrupted`]), and its caller is unwound when it returns.
    pub fn interrupt(&self) {
        self.0.requested.store(true, Ordering::SeqCst);
        let ordered = sys::barrier::all_threads();
        if self.0.signal() || !ordered {
            chase(self.0.clone());
        }
    }

    /// Whether the store was interrupted and not cleared since.
    pub fn is_interrupted(&self) -> bool {
        self.0.is_requested()
    }
}

/// Whether the WebAssembly that this thread runs was interrupted. For host functions that take long or
/// block: where this is true, they should return, whatever; their result is not looked at.
pub fn is_interrupted() -> bool {
    sys::enter::is_interrupted()
}

/// Stores whose threads have not left them yet, each with whether it was found idle once.
struct Chase {
    stores: Vec<(Arc<Interrupt>, bool)>,
    running: bool,
}

static CHASE: Mutex<Chase> = Mutex::new(Chase { stores: Vec::new(), running: false });

/// Sends the signal again until the store's thread has left it. Without a thread to do so, the one signal
/// that was sent, and the looks at the flag, have to do.
fn chase(store: Arc<Interrupt>) {
    let mut chase = lock(&CHASE);
    if chase.stores.iter().any(|(known, _)| Arc::ptr_eq(known, &store)) {
        return;
    }
    chase.stores.push((store, false));
    if !chase.running {
        let spawned = std::thread::Builder::new().name("interrupt".into()).spawn(run_chase);
        chase.running = spawned.is_ok();
        if !chase.running {
            chase.stores.clear();
        }
    }
}

fn run_chase() {
    loop {
        std::thread::sleep(RESEND);
        let mut chase = lock(&CHASE);
        // Given up when found idle twice: where there is no barrier, a thread that just entered shows
        // by the second look.
        chase.stores.retain_mut(|(store, idle)| {
            let running = store.signal();
            let keep = running || !*idle;
            *idle = !running;
            keep
        });
        if chase.stores.is_empty() {
            chase.running = false;
            return;
        }
    }
}
