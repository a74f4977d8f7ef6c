//! Host → wasm, and every way back: the call of an entry trampoline ([`call_entry`]), returns,
//! traps ([`trap_at`], from the signal handler), interruptions ([`interrupt_at`], from there too), errors
//! raised by the host ([`raise`]), and the walk over the wasm frames in between ([`Frames`]).
//!
//! Each call puts an [`Activation`] on the thread's list. It keeps what the store's context held
//! before, so that wasm → host → wasm nests to any depth, in one store or in several. A trap goes to
//! the innermost activation of its thread. Frames are collected where the fault happens: once the
//! thread is back in the host, nothing of them is left.
//!
//! Not here: what an address of compiled code means. A store's context has [`LookupFunctions`] that know.
//!
//! # Safety contract
//!
//! Between the call of an entry trampoline and its return only compiled code and its trampolines
//! stand on the stack, or host functions that themselves entered
//! wasm with [`call_entry`]. Unwinding therefore leaves no frame that has to be dropped: a trap
//! or an interruption happens in compiled code, and [`raise`] is called by a host-call trampoline after the host
//! function has returned. Host functions never unwind through compiled code. The innermost
//! activation of a thread is always the one that `THREAD.current` points to, and it lives on the
//! stack until `arch::enter` has returned.

use core::cell::{Cell, UnsafeCell};
use core::ptr;

use aot_format::abi::TrapCode;

pub(crate) use super::arch::Registers;

use super::arch::{self, CallerFrame};
use super::signals::{self, SignalError};
use super::stack::{self, StackBounds, StackError};
use super::trace::StackTrace;
use crate::vm::structs::{RegisterValues, VMFuncRef, VMStoreContext};

/// What the signal handler asks the owner of a store, whose context it passes. All are called from a signal handler: they
/// take no lock, allocate nothing, and do not panic.
#[derive(Debug)]
pub(crate) struct LookupFunctions {
    /// Says whether a fault is a trap: given the address of the faulting instruction and, for memory
    /// faults, the address it accessed. `None` means that the fault is not the guest's.
    ///
    /// With an address, the answer must be `None` unless that address is one that a guest memory
    /// reserves and that is not accessible. Without one, it is what the trap table says about the
    /// instruction.
    pub(crate) trap: unsafe fn(store: *const VMStoreContext, pc: usize, address: Option<usize>) -> Option<TrapCode>,
    /// Says whether an address lies in a function of compiled code, and not in a trampoline or elsewhere. The
    /// thread may have been interrupted anywhere, the store being changed.
    pub(crate) in_function: unsafe fn(store: *const VMStoreContext, pc: usize) -> bool,
    /// Says whether the store is to be stopped; the same holds of it.
    pub(crate) is_interrupted: unsafe fn(store: *const VMStoreContext) -> bool,
}

/// A trap, as the signal handler saw it.
#[derive(Clone, Debug)]
pub(crate) struct TrapRecord {
    /// What it was.
    pub(crate) code: TrapCode,
    /// Address of the trapping instruction; zero for a stack that was used up before wasm ran.
    #[cfg_attr(not(test), expect(dead_code, reason = "what the tests of the handler look at"))]
    pub(crate) pc: usize,
    /// The address a memory access faulted at.
    #[cfg_attr(not(test), expect(dead_code, reason = "what the tests of the handler look at"))]
    pub(crate) fault_address: Option<usize>,
    /// Addresses in compiled code, as [`Frames`] gives them.
    pub(crate) frames: StackTrace,
}

/// Why a call did not return.
#[derive(Debug)]
pub(crate) enum Unwound {
    /// Compiled code trapped.
    Trap(Box<TrapRecord>),
    /// The host raised an error, which lies where the host put it.
    Raised,
    /// Wasm was not entered, for the store was to be stopped.
    Interrupted,
    /// Wasm was not entered, for too many calls from the host are nested.
    TooDeep,
    /// Wasm was not entered.
    NotEntered(EnterError),
}

/// In a box, so that a call that returns says so by one null pointer.
#[cold]
pub(crate) fn unwound(why: Unwound) -> Box<Unwound> {
    Box::new(why)
}

/// Why wasm could not be entered.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// There is no stack for it.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// Traps could not be recognised.
    #[error(transparent)]
    Signal(#[from] SignalError),
}

/// What a store's context held before an activation.
#[derive(Clone, Copy, Debug)]
struct Saved {
    stack_limit: usize,
    entry_sp: usize,
    entry_pc: usize,
    exit_fp: usize,
}

impl Saved {
    /// What the context of a store holds in which nothing runs: the places to go on at and the stack limit say nothing
    /// then, and are not put back.
    const IDLE: Saved = Saved { stack_limit: 0, entry_sp: 0, entry_pc: 0, exit_fp: 0 };

    /// # Safety
    /// The context is alive and used by no other thread.
    #[inline(always)]
    unsafe fn of(store: *const VMStoreContext) -> Saved {
        // SAFETY: the caller vouches for it.
        let context = unsafe { &*store };
        Saved {
            stack_limit: context.stack_limit,
            entry_sp: context.entry_sp,
            entry_pc: context.entry_pc,
            exit_fp: context.exit_fp,
        }
    }

    /// # Safety
    /// The context is alive and used by no other thread.
    #[inline(always)]
    unsafe fn put_back(&self, store: *mut VMStoreContext) {
        // SAFETY: the caller vouches for it.
        let context = unsafe { &mut *store };
        context.stack_limit = self.stack_limit;
        context.entry_sp = self.entry_sp;
        context.entry_pc = self.entry_pc;
        context.exit_fp = self.exit_fp;
    }
}

/// One call from the host into wasm that has not come back yet.
#[derive(Debug)]
pub(crate) struct Activation {
    store: *mut VMStoreContext,
    saved: Saved,
    /// The activation this one is nested in, on the same thread.
    outer: *const Activation,
}

/// What the signal handler leaves for [`call_entry`].
struct PendingTrap {
    code: TrapCode,
    fault: Fault,
    frames: StackTrace,
}

/// All there is per thread. No destructor, so the signal handler can look at it at any time.
struct ThreadState {
    current: Cell<*const Activation>,
    /// Lowest stack pointer from which wasm is entered.
    lowest_entry: Cell<usize>,
    /// Bytes above it that are the thread's stack. Zero until the thread is prepared, so that one
    /// comparison says whether it is, and whether the stack is the right one and has room.
    entry_span: Cell<usize>,
    /// Lowest address wasm may use on this thread.
    floor: Cell<usize>,
    trapped: Cell<bool>,
    /// The system's number of the thread; zero until it is asked for.
    id: Cell<i32>,
    pending: UnsafeCell<PendingTrap>,
}

thread_local! {
    static THREAD: ThreadState = const {
        ThreadState {
            current: Cell::new(ptr::null()),
            lowest_entry: Cell::new(0),
            entry_span: Cell::new(0),
            floor: Cell::new(0),
            trapped: Cell::new(false),
            id: Cell::new(0),
            pending: UnsafeCell::new(PendingTrap {
                code: TrapCode::Unreachable,
                fault: Fault { pc: 0, fp: 0, address: None },
                frames: StackTrace::EMPTY,
            }),
        }
    };
}

/// The state of the current thread. A pointer and not a closure's argument: a closure around a whole
/// call would make it pass its arguments through memory.
#[inline(always)]
fn thread_state() -> *const ThreadState {
    THREAD.with(ptr::from_ref)
}

/// What a store's context is known to hold when wasm is entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Depth {
    /// No wasm of the store runs.
    Outermost,
    /// It may.
    Any,
}

/// Calls compiled code through its entry trampoline, with parameters, or the address of slots that also get the results,
/// in registers. On the outermost activation of a store on a thread, wasm gets at most `max_wasm_stack`
/// bytes of stack, and less where the thread has less; nested ones share that.
///
/// # Safety
///
/// `funcref` is that of a function of compiled code, with its entry trampoline; the registers hold its parameters as
/// that takes them. All of them, the code, and the store with what its lookup functions need stay alive and in place for
/// the duration. The code was compiled by a compiler that keeps the contract of [`aot_format::abi`].
#[inline(always)]
pub(crate) unsafe fn call_entry(
    funcref: *const VMFuncRef,
    values: RegisterValues,
    store: *mut VMStoreContext,
    max_wasm_stack: usize,
    depth: Depth,
) -> Result<u64, Box<Unwound>> {
    // SAFETY: it is this thread's, has no destructor, and the reference does not leave the thread.
    let thread = unsafe { &*thread_state() };
    let outer = thread.current.get();
    let sp = arch::stack_pointer();
    let unusual = sp.wrapping_sub(thread.lowest_entry.get()) >= thread.entry_span.get();
    let stack_limit = if unusual || !outer.is_null() {
        // SAFETY: the store's context is alive.
        unsafe { thread.prepare(store, sp, max_wasm_stack) }.map_err(unwound)?
    } else {
        sp.saturating_sub(max_wasm_stack).max(thread.floor.get())
    };
    let saved = match depth {
        Depth::Outermost => Saved::IDLE,
        // SAFETY: the store's context is alive, and only this thread uses it.
        Depth::Any => unsafe { Saved::of(store) },
    };
    let activation = Activation { store, saved, outer };
    thread.current.set(&raw const activation);
    // SAFETY: the caller vouches for the code and its arguments. What the trampoline and those it
    // calls changed in the context is put back, whether they returned or were unwound: of a store that
    // was idle, what says so, to whoever looks for frames in it.
    let (value, unwinds) = unsafe {
        (*store).stack_limit = stack_limit;
        let outcome = arch::enter(funcref, values, store);
        match depth {
            Depth::Outermost => ((*store).entry_sp, (*store).exit_fp) = (0, 0),
            Depth::Any => activation.saved.put_back(store),
        }
        outcome
    };
    thread.current.set(outer);
    if unwinds { Err(unwound(thread.take_unwound())) } else { Ok(value) }
}

impl ThreadState {
    /// The stack limit for an entry that is not the ordinary one: the first on this thread, a nested
    /// one, or one that must be refused.
    ///
    /// # Safety
    /// `store` is alive.
    #[cold]
    #[inline(never)]
    unsafe fn prepare(&self, store: *const VMStoreContext, sp: usize, max_wasm_stack: usize) -> Result<usize, Unwound> {
        if self.entry_span.get() == 0 {
            self.prepare_thread(sp).map_err(Unwound::NotEntered)?;
        }
        let room = sp.wrapping_sub(self.lowest_entry.get()) < self.entry_span.get();
        if !room && self.current.get().is_null() {
            let refused = StackBounds::of_current_thread().and_then(|bounds| bounds.check(sp));
            return Err(Unwound::NotEntered(refused.err().unwrap_or(StackError::ForeignStack).into()));
        }
        if !room {
            // Wasm and the host together went down the stack as far as they may.
            return Err(Unwound::Trap(Box::new(TrapRecord {
                code: TrapCode::StackOverflow,
                pc: 0,
                fault_address: None,
                // SAFETY: the store is alive and this thread is in a host function.
                frames: StackTrace::collect(unsafe { Frames::of_host_call(store) }),
            })));
        }
        let mut activation = self.current.get();
        // SAFETY: activations on the list are alive.
        while let Some(candidate) = unsafe { activation.as_ref() } {
            if ptr::eq(candidate.store, store) {
                // SAFETY: the store is alive. Its limit is of this stack, since it was entered here.
                return Ok(unsafe { (*store).stack_limit });
            }
            activation = candidate.outer;
        }
        Ok(sp.saturating_sub(max_wasm_stack).max(self.floor.get()))
    }

    /// Async-signal-safe.
    fn is_interrupted(&self) -> bool {
        let mut activation = self.current.get();
        // SAFETY: activations on the list are alive, and so are their stores and what these share.
        while let Some(candidate) = unsafe { activation.as_ref() } {
            // SAFETY: as above.
            if unsafe { ((*candidate.store).lookup.is_interrupted)(candidate.store) } {
                return true;
            }
            activation = candidate.outer;
        }
        false
    }

    fn prepare_thread(&self, sp: usize) -> Result<(), EnterError> {
        signals::install()?;
        signals::admit_interrupts();
        stack::ensure_signal_stack()?;
        let bounds = StackBounds::of_current_thread()?;
        bounds.check(sp)?;
        self.floor.set(bounds.floor);
        self.lowest_entry.set(bounds.lowest_entry());
        self.entry_span.set(bounds.high - bounds.lowest_entry());
        Ok(())
    }

    #[cold]
    fn take_unwound(&self) -> Unwound {
        if !self.trapped.take() {
            return Unwound::Raised;
        }
        // SAFETY: the handler wrote it before this thread came here, and does not run again before
        // wasm is entered again.
        let pending = unsafe { &*self.pending.get() };
        Unwound::Trap(Box::new(TrapRecord {
            code: pending.code,
            pc: pending.fault.pc,
            fault_address: pending.fault.address,
            frames: pending.frames,
        }))
    }
}

/// The system's number of this thread, by which others can send it signals.
#[inline]
pub(crate) fn thread_id() -> i32 {
    THREAD.with(|thread| match thread.id.get() {
        0 => {
            thread.id.set(rustix::thread::gettid().as_raw_nonzero().get());
            thread.id.get()
        }
        id => id,
    })
}

/// Whether a store that this thread runs in, at whatever depth, is to be stopped.
pub(crate) fn is_interrupted() -> bool {
    THREAD.with(ThreadState::is_interrupted)
}

/// Makes the thread as one on which wasm was never entered, for its signal stack is going away.
pub(super) fn forget_thread() {
    THREAD.with(|thread| thread.entry_span.set(0));
}

/// Where a thread faulted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    /// Address of the instruction.
    pub(super) pc: usize,
    /// The frame pointer there.
    pub(super) fp: usize,
    /// The address a memory access faulted at.
    pub(super) address: Option<usize>,
}

/// If the fault is a trap of this thread's innermost activation: notes it there and says where the
/// thread has to go on. Async-signal-safe.
///
/// # Safety
/// Called from a signal handler, for a fault of the thread it runs on.
pub(super) unsafe fn trap_at(fault: Fault) -> Option<Registers> {
    THREAD.with(|thread| {
        let current = thread.current.get();
        // SAFETY: the innermost activation is alive.
        let activation = unsafe { current.as_ref() }?;
        // A fault of the lookup itself is nobody's trap.
        thread.current.set(ptr::null());
        let store = activation.store;
        // SAFETY: whoever entered wasm vouched for the store and its lookup functions.
        let code = unsafe { ((*store).lookup.trap)(store, fault.pc, fault.address) };
        thread.current.set(current);
        // SAFETY: the pc is in compiled code under this activation.
        Some(unsafe { thread.unwind_from(code?, fault, activation) })
    })
}

/// If a store that this thread runs in is to be stopped, and the thread is in a function of compiled code:
/// notes a trap, and says where the thread has to go on. Async-signal-safe.
///
/// The innermost activation is the one that ends. Where it is not the one to be stopped, the host function
/// that it returns to gets an error, and is stopped in turn when it returns.
///
/// A function that was interrupted in its prologue or epilogue has no frame of its own: its caller is then
/// missing in the back trace.
///
/// # Safety
/// Called from a signal handler, with the registers of the thread it runs on.
pub(super) unsafe fn interrupt_at(pc: usize, fp: usize) -> Option<Registers> {
    THREAD.with(|thread| {
        // SAFETY: the innermost activation is alive.
        let activation = unsafe { thread.current.get().as_ref() }?;
        let store = activation.store;
        // SAFETY: whoever entered wasm vouched for the store and its lookup functions.
        let stops = thread.is_interrupted() && unsafe { ((*store).lookup.in_function)(store, pc) };
        // SAFETY: the pc is in a function of compiled code, and what is innermost on the thread is what runs.
        stops.then(|| unsafe { thread.unwind_from(TrapCode::Interrupted, Fault { pc, fp, address: None }, activation) })
    })
}

impl ThreadState {
    /// Notes a trap for [`call_entry`], and says where the thread goes on.
    ///
    /// # Safety
    /// In a signal handler, whose thread was in compiled code under this activation, its innermost.
    unsafe fn unwind_from(&self, code: TrapCode, fault: Fault, activation: &Activation) -> Registers {
        // SAFETY: by the caller. So the store's context is alive and says where wasm was entered,
        // the frame pointer is that of a compiled function, and `call_entry` is not reading what was pending.
        unsafe {
            let pending = &mut *self.pending.get();
            pending.frames = StackTrace::collect(Frames::of_fault(fault, activation));
            pending.code = code;
            pending.fault = fault;
            self.trapped.set(true);
            landing_pad(activation.store)
        }
    }
}

/// Where the host goes on whose call into wasm of a store is the innermost.
///
/// # Safety
/// The store is alive and wasm runs in it.
pub(crate) unsafe fn landing_pad(store: *const VMStoreContext) -> Registers {
    // SAFETY: the caller vouches for it.
    unsafe { Registers { pc: (*store).entry_pc, sp: (*store).entry_sp, fp: arch::UNWOUND } }
}

/// Unwinds to where wasm of the store was last entered. Host-call trampolines call it through
/// the store's context when a host function asked for it.
pub(crate) unsafe extern "C" fn raise(store: *mut VMStoreContext) -> ! {
    // SAFETY: a host-call trampoline was called by wasm of this store, so the host's call is
    // live, and there is only compiled code between the two.
    unsafe { arch::resume(landing_pad(store), 0) }
}

/// Goes on at the landing pad of an exception handler, or where wasm was last entered.
///
/// # Safety
/// `to` is what [`landing_pad`] gave, or the landing pad of a call in one of the [`ActivationFrames`];
/// the frames between are those of compiled code and of the builtin or trampoline that calls this.
pub(crate) unsafe fn land(to: Registers, exception: usize) -> ! {
    // SAFETY: the caller vouches for it.
    unsafe { arch::resume(to, exception) }
}

/// The frame of compiled code that called a trampoline of its to the host, by the trampoline's frame pointer; none if that
/// is not below where wasm was entered.
///
/// # Safety
/// The trampoline's frame is live, or the pointer is not below.
unsafe fn caller_of_trampoline(fp: usize, entry_sp: usize) -> CallerFrame {
    if fp == 0 || fp >= entry_sp || !fp.is_multiple_of(size_of::<usize>()) {
        return CallerFrame { return_address: 0, fp: 0 };
    }
    // SAFETY: by the caller.
    unsafe { arch::next_frame(fp) }
}

/// A walk over the frames of compiled code of the innermost activation, from the one that last left
/// compiled code, for an exception to find its handler. Each is given as the address that its callee
/// returns to, and its frame pointer.
///
/// As with [`Frames`], it reads nothing outside the stack between its start and where wasm was entered.
#[derive(Clone, Debug)]
pub(crate) struct ActivationFrames {
    pc: usize,
    fp: usize,
    entry_sp: usize,
}

impl ActivationFrames {
    /// # Safety
    /// The store is alive, and compiled code that ran in it on this thread waits for a builtin or a
    /// host function.
    pub(crate) unsafe fn of_host_call(store: *const VMStoreContext) -> ActivationFrames {
        // SAFETY: the caller vouches for the store, in which a trampoline waits.
        unsafe {
            let entry_sp = (*store).entry_sp;
            let CallerFrame { return_address, fp } = caller_of_trampoline((*store).exit_fp, entry_sp);
            ActivationFrames { pc: return_address, fp, entry_sp }
        }
    }
}

impl Iterator for ActivationFrames {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        if self.fp == 0 || self.fp >= self.entry_sp || !self.fp.is_multiple_of(size_of::<usize>()) {
            self.fp = 0;
            return None;
        }
        let frame = (self.pc, self.fp);
        // SAFETY: both words lie below where wasm was entered and not below a frame of
        // compiled code that called something still running: in use on this stack.
        let caller = unsafe { arch::next_frame(self.fp) };
        self.pc = caller.return_address;
        self.fp = if caller.fp > self.fp { caller.fp } else { 0 };
        Some(frame)
    }
}

/// A walk over the frames of compiled code of one store on this thread, innermost first, across all
/// its activations. Each is given as an address inside the instruction that the frame is at: the
/// trapping instruction itself, or the last byte of a call.
///
/// The walk reads nothing outside the stack between its start and where wasm was entered, whatever
/// stands there, and it ends: frame pointers must ascend.
#[derive(Clone, Debug)]
pub(crate) struct Frames {
    pc: usize,
    fp: usize,
    /// Where the current activation ends.
    entry_sp: usize,
    /// The activation that continues below the current one, or one in which to look for it.
    next: *const Activation,
    store: *const VMStoreContext,
}

impl Frames {
    /// Frames from a host function or what it called: from the last wasm function that called the
    /// host. Empty when no wasm of the store runs on this thread.
    ///
    /// # Safety
    /// The store is alive, the walk happens on the thread that called, and before it returns to
    /// wasm.
    pub(crate) unsafe fn of_host_call(store: *const VMStoreContext) -> Frames {
        let next = THREAD.with(|thread| thread.current.get());
        // SAFETY: the caller vouches for the store, in which a trampoline waits, if wasm runs.
        unsafe {
            let entry_sp = (*store).entry_sp;
            let CallerFrame { return_address, fp } = caller_of_trampoline((*store).exit_fp, entry_sp);
            Frames { pc: return_address.wrapping_sub(1), fp, entry_sp, next, store }
        }
    }

    /// # Safety
    /// The thread faulted in compiled code under this activation, its innermost.
    unsafe fn of_fault(fault: Fault, activation: &Activation) -> Frames {
        let store = activation.store;
        // SAFETY: the store of an activation is alive.
        let entry_sp = unsafe { (*store).entry_sp };
        Frames { pc: fault.pc, fp: fault.fp, entry_sp, next: activation, store }
    }

    /// Goes on where the activation that this one is nested in called the host.
    fn leave_activation(&mut self) -> bool {
        // SAFETY: activations on the list are alive.
        while let Some(activation) = unsafe { self.next.as_ref() } {
            self.next = activation.outer;
            if ptr::eq(activation.store, self.store) {
                let saved = &activation.saved;
                // SAFETY: where wasm had been entered, it waits in a trampoline.
                let caller = unsafe { caller_of_trampoline(saved.exit_fp, saved.entry_sp) };
                (self.pc, self.fp, self.entry_sp) = (caller.return_address.wrapping_sub(1), caller.fp, saved.entry_sp);
                return saved.entry_sp != 0;
            }
        }
        false
    }
}

impl Frames {
    /// The same walk, with the frame pointer of each frame.
    pub(crate) fn with_frame_pointers(mut self) -> impl Iterator<Item = (usize, usize)> {
        std::iter::from_fn(move || self.step())
    }

    fn step(&mut self) -> Option<(usize, usize)> {
        loop {
            while self.activation_ends() {
                if !self.leave_activation() {
                    // So that it stays ended.
                    self.next = ptr::null();
                    self.fp = 0;
                    return None;
                }
            }
            let (pc, fp) = (self.pc, self.fp);
            // SAFETY: both words lie below where wasm was entered and not below a frame of
            // compiled code that called something still running: in use on this stack.
            let caller = unsafe { arch::next_frame(fp) };
            self.pc = caller.return_address.wrapping_sub(1);
            self.fp = if caller.fp > fp { caller.fp } else { 0 };
            // The outermost frame is the entry trampoline's, where that did not leave its frame to the function.
            // SAFETY: the store is alive, and its wasm runs on this thread.
            if !self.activation_ends() || unsafe { ((*self.store).lookup.in_function)(self.store, pc) } {
                return Some((pc, fp));
            }
        }
    }

    /// Zero (which the first function found in the frame pointer) and whatever else is not below the stack of the host
    /// end an activation.
    fn activation_ends(&self) -> bool {
        self.fp == 0 || self.fp >= self.entry_sp || !self.fp.is_multiple_of(size_of::<usize>())
    }
}

impl Iterator for Frames {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.step().map(|(address, _)| address)
    }
}
