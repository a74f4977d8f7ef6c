//! Stacks of the current thread: how far wasm may go down the one it runs on, and the one that
//! signals are handled on.
//!
//! Wasm checks a limit in each prologue and traps cleanly when it is reached. Below the limit there
//! is a reserve that belongs to the host: entry and host-call trampolines with their argument
//! slots, host functions and built-in functions run there when wasm has used up its part.
//!
//! Signals need a stack of their own, for a fault may come when the thread's stack is used up. The
//! first entry on a thread makes one unless the thread has one that is large enough.
//!
//! # Safety contract
//!
//! The signal stack is memory of this file alone. The kernel stops using it before it is unmapped:
//! at thread exit, and only if the thread still has it.

use core::cell::RefCell;
use core::ptr::NonNull;
use std::io;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

/// Why wasm cannot be entered on this thread.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The system does not say where the thread's stack is.
    #[error("the bounds of the thread's stack are unknown")]
    UnknownBounds {
        /// What the system says.
        source: io::Error,
    },
    /// The stack pointer is outside the stack the system gave the thread.
    #[error("the thread runs on a stack that is not its own")]
    ForeignStack,
    /// The thread's stack is too small, or used up before wasm is entered.
    #[error("the thread's stack of {stack_bytes} bytes has {free_bytes} bytes left, too few to run WebAssembly")]
    TooSmall {
        /// Size of the stack.
        stack_bytes: usize,
        /// What is left of it.
        free_bytes: usize,
    },
    /// No signal stack could be made.
    #[error("cannot make a signal stack for the thread")]
    SignalStack {
        /// What the system says.
        source: io::Error,
    },
    /// The thread is being torn down.
    #[error("the thread is exiting")]
    ThreadExiting,
}

/// What the host keeps for itself at the end of a large stack.
const MAX_HOST_RESERVE: usize = 256 << 10;
/// What the host keeps for itself at the end of any stack: the largest frame of argument slots
/// (1,000 values of 16 bytes) and as much again.
const MIN_HOST_RESERVE: usize = 32 << 10;
/// Wasm is not entered with less than this.
const MIN_WASM_STACK: usize = 4 << 10;

/// Up to this limit the first thread's stack has all the room that the limit gives it: Linux keeps 128 MiB free, whatever
/// the limit (`mmap_base` in `mm/util.c`, and x86's own).
const SMALL_LIMIT: usize = 64 << 20;

/// The part of the current thread's stack that wasm may use: `[floor, high)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StackBounds {
    /// Lowest address of the stack.
    pub(super) low: usize,
    /// Lowest address for wasm.
    pub(super) floor: usize,
    /// One past the highest address.
    pub(super) high: usize,
}

impl StackBounds {
    /// Asks the system.
    pub(super) fn of_current_thread() -> Result<StackBounds, StackError> {
        let sp = super::arch::stack_pointer();
        match StackBounds::of_first_thread().filter(|bounds| bounds.check(sp).is_ok()) {
            Some(bounds) => Ok(bounds),
            None => StackBounds::of_thread(),
        }
    }

    /// Of the thread that the process began with, as far as the kernel's rules tell. For that thread the C library reads
    /// `/proc/self/maps`, which takes some thirty microseconds and is not there in every root.
    ///
    /// The stack ends with the name of the program and a null pointer (`bprm_mm_init` and `copy_string_kernel` in Linux's
    /// `fs/exec.c`), and may grow to what the limit says now. Where that is small, nothing else is mapped so near.
    fn of_first_thread() -> Option<StackBounds> {
        let name = rustix::param::linux_execfn().to_bytes_with_nul();
        let high = name.as_ptr_range().end.addr() + size_of::<*const u8>();
        let limit = usize::try_from(rustix::process::getrlimit(rustix::process::Resource::Stack).current?).ok()?;
        // The kernel's own, whatever size a test is to work with.
        let page = rustix::param::page_size();
        let is_known = high.is_multiple_of(page) && limit <= SMALL_LIMIT;
        is_known.then(|| limit - limit % page).map(|size| StackBounds::new(high - size, size))
    }

    /// Of any thread, as the C library knows it.
    fn of_thread() -> Result<StackBounds, StackError> {
        let failed = |code| StackError::UnknownBounds { source: io::Error::from_raw_os_error(code) };
        let mut attributes = core::mem::MaybeUninit::uninit();
        let (mut base, mut size) = (core::ptr::null_mut(), 0);
        // SAFETY: the first call initialises the attributes if it succeeds, the second reads them,
        // and the third frees them.
        unsafe {
            let code = libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr());
            if code != 0 {
                return Err(failed(code));
            }
            let code = libc::pthread_attr_getstack(attributes.as_ptr(), &mut base, &mut size);
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            if code != 0 {
                return Err(failed(code));
            }
        }
        Ok(StackBounds::new(base.addr(), size))
    }

    /// A quarter of the stack is the host's, within limits: most of a tiny stack is left to wasm,
    /// and no more than needed is taken from a large one.
    fn new(low: usize, size: usize) -> StackBounds {
        let reserve = (size / 4).clamp(MIN_HOST_RESERVE, MAX_HOST_RESERVE);
        StackBounds { low, floor: low + reserve.min(size), high: low + size }
    }

    /// Lowest stack pointer from which wasm can be entered.
    pub(super) fn lowest_entry(&self) -> usize {
        self.floor + MIN_WASM_STACK
    }

    /// Whether wasm can be entered with this stack pointer.
    pub(super) fn check(&self, sp: usize) -> Result<(), StackError> {
        if sp < self.low || sp >= self.high {
            return Err(StackError::ForeignStack);
        }
        if sp < self.lowest_entry() {
            return Err(StackError::TooSmall { stack_bytes: self.high - self.low, free_bytes: sp - self.low });
        }
        Ok(())
    }
}

/// The lowest address of this thread's stack, if the system tells.
pub(crate) fn lowest() -> Option<usize> {
    StackBounds::of_current_thread().ok().map(|bounds| bounds.low)
}

/// Size of the signal stacks made here. Only pages that are used cost memory.
const SIGNAL_STACK_BYTES: usize = 64 << 10;
/// What a signal handler needs beyond the kernel's frame: ours needs less than 1 KiB, what it may
/// chain to is unknown.
const HANDLER_BYTES: usize = 12 << 10;

/// A signal stack with a guard page below it.
struct SignalStack {
    base: NonNull<u8>,
    bytes: usize,
}

thread_local! {
    /// The signal stack made for this thread, if one was.
    static SIGNAL_STACK: RefCell<Option<SignalStack>> = const { RefCell::new(None) };
}

/// Sees to it that the current thread handles signals on a stack that is large enough.
pub(super) fn ensure_signal_stack() -> Result<(), StackError> {
    let kernel_frame = rustix::param::linux_minsigstksz().max(libc::MINSIGSTKSZ);
    // SAFETY: all bytes zero are a valid value.
    let mut current: libc::stack_t = unsafe { core::mem::zeroed() };
    // SAFETY: only asks.
    if unsafe { libc::sigaltstack(core::ptr::null(), &mut current) } != 0 {
        return Err(StackError::SignalStack { source: io::Error::last_os_error() });
    }
    if current.ss_flags & libc::SS_DISABLE == 0 && current.ss_size >= kernel_frame + HANDLER_BYTES {
        return Ok(());
    }
    let install = |slot: &RefCell<Option<SignalStack>>| {
        let stack = SignalStack::install(SIGNAL_STACK_BYTES.max(kernel_frame + HANDLER_BYTES))?;
        // One made before and replaced by others in between goes here.
        *slot.borrow_mut() = Some(stack);
        Ok(())
    };
    let installed: Result<(), io::Error> = SIGNAL_STACK.try_with(install).map_err(|_| StackError::ThreadExiting)?;
    installed.map_err(|source| StackError::SignalStack { source })
}

impl SignalStack {
    fn install(usable: usize) -> io::Result<SignalStack> {
        let page = super::page_size();
        let usable = usable.next_multiple_of(page);
        let bytes = usable + page;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the system chooses the place, so no existing mapping is touched.
        let base = unsafe { rustix::mm::mmap_anonymous(core::ptr::null_mut(), bytes, ProtFlags::empty(), flags)? };
        let base = NonNull::new(base.cast::<u8>()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        let stack = SignalStack { base, bytes };
        // SAFETY: the range is fresh, ours alone, and lives until it is no longer the signal stack.
        unsafe {
            let start = base.as_ptr().add(page).cast();
            rustix::mm::mprotect(start, usable, MprotectFlags::READ | MprotectFlags::WRITE)?;
            let description = libc::stack_t { ss_sp: start, ss_flags: 0, ss_size: usable };
            if libc::sigaltstack(&description, core::ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(stack)
    }

    fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base.as_ptr().addr()) < self.bytes
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        // From here on the thread is as one on which wasm was never entered.
        super::enter::forget_thread();
        // SAFETY: all bytes zero are a valid value.
        let mut current: libc::stack_t = unsafe { core::mem::zeroed() };
        // SAFETY: asks, and gives the stack up if the thread still has it. What was there before us
        // is not put back: at thread exit its owner may have freed it.
        unsafe {
            libc::sigaltstack(core::ptr::null(), &mut current);
            if self.contains(current.ss_sp.addr()) {
                let none =
                    libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: libc::SIGSTKSZ };
                libc::sigaltstack(&none, core::ptr::null_mut());
            }
        }
        // SAFETY: the kernel does not use it any more, and nothing else ever did.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_fits_the_stack() {
        let bounds = |size| StackBounds::new(1 << 30, size);
        assert_eq!(bounds(64 << 10).floor - (1 << 30), 32 << 10);
        assert_eq!(bounds(512 << 10).floor - (1 << 30), 128 << 10);
        assert_eq!(bounds(8 << 20).floor - (1 << 30), 256 << 10);
        assert_eq!(bounds(16 << 10).floor, bounds(16 << 10).high);
    }

    #[test]
    fn entry_is_refused_where_no_wasm_could_run() {
        let bounds = StackBounds::new(1 << 30, 64 << 10);
        assert!(bounds.check(bounds.high - 16).is_ok());
        assert!(bounds.check(bounds.floor + MIN_WASM_STACK).is_ok());
        assert!(matches!(bounds.check(bounds.floor + MIN_WASM_STACK - 1), Err(StackError::TooSmall { .. })));
        assert!(matches!(bounds.check(bounds.high), Err(StackError::ForeignStack)));
        assert!(matches!(bounds.check(bounds.low - 1), Err(StackError::ForeignStack)));
    }

    #[test]
    fn the_current_stack_holds_the_stack_pointer() {
        for stack_size in [64 << 10, 1 << 20] {
            let found = std::thread::Builder::new()
                .stack_size(stack_size)
                .spawn(|| (StackBounds::of_current_thread(), super::super::arch::stack_pointer()))
                .map(|thread| thread.join());
            let Ok(Ok((Ok(bounds), sp))) = found else { panic!("{found:?}") };
            assert!(bounds.low < sp && sp < bounds.high);
            assert!(bounds.high - bounds.low >= stack_size / 2);
        }
    }

    #[test]
    fn the_first_stack_is_where_the_kernel_says() -> Result<(), Box<dyn std::error::Error>> {
        let maps = std::fs::read_to_string("/proc/self/maps")?;
        let stack = maps.lines().find(|line| line.ends_with("[stack]")).ok_or("no stack")?;
        let bounds: Vec<&str> = stack.split([' ', '-']).take(2).collect();
        let [low, high] = [bounds[0], bounds[1]].map(|number| usize::from_str_radix(number, 16));
        let found = StackBounds::of_first_thread().ok_or("the first thread's stack is not found")?;
        assert_eq!(found.high, high?);
        // What has been used of it so far.
        assert!(found.low <= low?);
        // No test runs there.
        assert!(found.check(super::super::arch::stack_pointer()).is_err());
        assert_ne!(StackBounds::of_current_thread()?, found);
        Ok(())
    }

    #[test]
    fn a_small_signal_stack_is_replaced_and_given_up_at_exit() {
        let current = || {
            // SAFETY: all bytes zero are a valid value; only asks.
            unsafe {
                let mut stack: libc::stack_t = core::mem::zeroed();
                libc::sigaltstack(core::ptr::null(), &mut stack);
                stack
            }
        };
        let thread = std::thread::spawn(move || {
            assert!(ensure_signal_stack().is_ok());
            let made = current();
            assert_eq!(made.ss_flags & libc::SS_DISABLE, 0);
            assert!(made.ss_size >= HANDLER_BYTES);
            assert!(ensure_signal_stack().is_ok());
            assert_eq!(current().ss_sp, made.ss_sp, "made once");
            SIGNAL_STACK.with(|slot| slot.borrow_mut().take());
            assert_ne!(current().ss_flags & libc::SS_DISABLE, 0);
        });
        assert!(thread.join().is_ok());
    }
}
