//! From a hardware fault to a trap: one handler per signal and process, installed once. A fault of
//! compiled code under an activation of this thread becomes a trap of that activation; every other
//! signal is passed on to whom it was for before, or has its default effect. So a fault of the
//! host, a fault of compiled code outside every guest memory, and a signal that somebody sent all
//! end as they would without us.
//!
//! SIGSEGV comes from guarded memories, SIGILL and SIGFPE from trap and divide instructions. SIGBUS
//! and SIGTRAP are looked up by the pc alone, so they are traps only where an artifact says so. In
//! particular a SIGBUS in a memory is not an access out of bounds: it means that a mapped file was
//! truncated.
//!
//! One signal more does not come from a fault: [`send_interrupt`] sends it to a thread that is to leave what it
//! runs, with a value by which the handler knows it from that of others.
//!
//! And one is ignored, unless somebody has another use for it: SIGXFSZ, so that a file over the process's limit is an
//! error of the call that writes it, and no guest can end the process by writing.
//!
//! # Safety contract
//!
//! The handler runs between any two instructions of the process. Until it has decided that the
//! fault is ours it does nothing but read: the signal's own data, a thread-local without
//! destructor, and the activation that points to. It takes no lock and allocates nothing; the
//! activation's lookup function promises the same. A fault in the handler itself kills the process,
//! for the signal stays blocked meanwhile.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};
use std::io;
use std::sync::OnceLock;

use super::arch;
use super::enter::{self, Fault};

/// The signals could not be taken.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("cannot install the handler of signal {signal}: {}", io::Error::from_raw_os_error(*.code))]
pub struct SignalError {
    /// The signal.
    signal: i32,
    /// What the system says, as an error number.
    code: i32,
}

/// Sent to a thread that is to leave a store. Its default effect is none, few programs use it, and debuggers
/// pass it on without stopping.
const INTERRUPT: c_int = libc::SIGURG;

const SIGNALS: [c_int; 6] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, INTERRUPT];

/// `si_code` of a SIGSEGV whose address means something.
const SEGV_MAPERR: c_int = 1;
const SEGV_ACCERR: c_int = 2;

/// What was installed before us, in the order of [`SIGNALS`].
struct Previous([UnsafeCell<MaybeUninit<libc::sigaction>>; SIGNALS.len()]);

// SAFETY: each is written once, under `INSTALLED`, before the handler that reads it is installed.
unsafe impl Sync for Previous {}

static PREVIOUS: Previous = Previous([const { UnsafeCell::new(MaybeUninit::uninit()) }; SIGNALS.len()]);
/// Whether the previous handler was to run once and has run (SA_RESETHAND).
static USED_UP: [AtomicBool; SIGNALS.len()] = [const { AtomicBool::new(false) }; SIGNALS.len()];
static INSTALLED: OnceLock<Result<(), SignalError>> = OnceLock::new();

/// Installs the handlers, if they are not yet. They stay for the life of the process.
pub(crate) fn install() -> Result<(), SignalError> {
    *INSTALLED.get_or_init(|| {
        for (signal, previous) in SIGNALS.into_iter().zip(&PREVIOUS.0) {
            install_one(signal, previous).map_err(|error| {
                let code = error.raw_os_error().unwrap_or(0);
                SignalError { signal, code }
            })?;
        }
        ignore_file_size_signal();
        Ok(())
    })
}

/// Ignores SIGXFSZ where it would end the process. Without it, the write fails.
fn ignore_file_size_signal() {
    // SAFETY: all bytes zero are a valid value; the first call only asks, the second sets a disposition that runs nothing.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        if libc::sigaction(libc::SIGXFSZ, core::ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_DFL {
            action.sa_sigaction = libc::SIG_IGN;
            libc::sigaction(libc::SIGXFSZ, &action, core::ptr::null_mut());
        }
    }
}

fn install_one(signal: c_int, previous: &UnsafeCell<MaybeUninit<libc::sigaction>>) -> io::Result<()> {
    // SAFETY: all bytes zero are a valid value: no flags, no signals in the mask.
    let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
    action.sa_sigaction = handle as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // What was there is recorded before we are, so the handler never runs without it.
    // SAFETY: the first call only asks. Nothing reads the cell before the second one.
    let failed = unsafe {
        libc::sigaction(signal, core::ptr::null(), previous.get().cast()) != 0
            || libc::sigaction(signal, &action, core::ptr::null_mut()) != 0
    };
    if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The handler. Async-signal-safe.
unsafe extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes valid pointers to a handler with SA_SIGINFO.
    unsafe {
        let ours = match signal {
            INTERRUPT => become_interruption(info, context.cast()),
            _ => become_trap(signal, info, context.cast()),
        };
        if !ours {
            pass_on(signal, info, context);
        }
    }
}

/// What the value of a signal points to if we sent it.
static SENT_BY_US: u8 = 0;

/// The kernel's `siginfo_t` of a signal that is sent with a value. `libc` can read one, not make one.
#[repr(C)]
struct QueuedInfo {
    signal: c_int,
    errno: c_int,
    code: c_int,
    pad: c_int,
    pid: libc::pid_t,
    uid: libc::uid_t,
    value: usize,
    rest: [u64; 12],
}

const _: () = assert!(size_of::<QueuedInfo>() == size_of::<libc::siginfo_t>());

/// Sends the signal to a thread of this process. One that has ended does not get it, and one that took its
/// number finds that it is not meant.
pub(crate) fn send_interrupt(thread: i32) {
    let info = QueuedInfo {
        signal: INTERRUPT,
        errno: 0,
        code: libc::SI_QUEUE,
        pad: 0,
        pid: rustix::process::getpid().as_raw_nonzero().get(),
        uid: rustix::process::getuid().as_raw(),
        value: (&raw const SENT_BY_US).addr(),
        rest: [0; 12],
    };
    // SAFETY: the kernel reads the record. That the handler is installed is not needed: without it, the
    // signal has no effect.
    unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, info.pid, thread, INTERRUPT, &raw const info) };
}

/// Sees to it that this thread gets the signal, whatever mask it inherited.
pub(super) fn admit_interrupts() {
    // SAFETY: the set is initialised before it is used.
    unsafe {
        let mut set = MaybeUninit::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), INTERRUPT);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), core::ptr::null_mut());
    }
}

/// Redirects the thread to where it entered wasm if it is to leave, and where it can be left. False if the
/// signal is somebody else's.
///
/// # Safety
/// The arguments are those the kernel passed to the handler.
unsafe fn become_interruption(info: *const libc::siginfo_t, context: *mut libc::ucontext_t) -> bool {
    // SAFETY: a signal with this code has a value.
    let ours = unsafe {
        (*info).si_code == libc::SI_QUEUE && (*info).si_value().sival_ptr.addr() == (&raw const SENT_BY_US).addr()
    };
    if ours {
        // SAFETY: the caller vouches for the context, and returning from the handler goes where it says.
        unsafe {
            let at = arch::context_registers(context);
            if let Some(landing) = enter::interrupt_at(at.pc, at.fp) {
                arch::redirect(context, landing);
            }
        }
    }
    ours
}

/// Redirects the thread to where it entered wasm if the fault is a trap.
///
/// # Safety
/// The arguments are those the kernel passed to the handler.
unsafe fn become_trap(signal: c_int, info: *const libc::siginfo_t, context: *mut libc::ucontext_t) -> bool {
    // SAFETY: the caller vouches for both.
    let (code, at) = unsafe { ((*info).si_code, arch::context_registers(context)) };
    // Codes up to zero are of signals that somebody sent: no instruction faulted.
    if code <= 0 {
        return false;
    }
    let address = match (signal, code) {
        // SAFETY: these codes come with an address.
        (libc::SIGSEGV, SEGV_MAPERR | SEGV_ACCERR) => Some(unsafe { (*info).si_addr() }.addr()),
        (libc::SIGSEGV, _) => return false,
        _ => None,
    };
    // SAFETY: the thread is at a faulting instruction, and returning from the handler goes where
    // the redirected context says.
    match unsafe { enter::trap_at(Fault { pc: at.pc, fp: at.fp, address }) } {
        // SAFETY: the registers are those the activation recorded when wasm was entered.
        Some(landing) => unsafe {
            arch::redirect(context, landing);
            true
        },
        None => false,
    }
}

/// Does what would have been done without us.
///
/// # Safety
/// The arguments are those the kernel passed to the handler.
unsafe fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(index) = SIGNALS.iter().position(|known| *known == signal) else { return };
    // SAFETY: written before the handler was installed, and not since.
    let previous = unsafe { (*PREVIOUS.0[index].get()).assume_init_ref() };
    // SAFETY: the kernel's information is valid.
    let was_sent = unsafe { (*info).si_code } <= 0;
    let one_shot = previous.sa_flags & libc::SA_RESETHAND != 0;
    match previous.sa_sigaction {
        // SAFETY: nothing to vouch for.
        _ if one_shot && USED_UP[index].swap(true, Ordering::Relaxed) => unsafe { die_of(signal, was_sent) },
        // The kernel ignores ignored signals only if somebody sent them.
        libc::SIG_IGN if was_sent => {}
        libc::SIG_DFL if signal == INTERRUPT => {}
        // SAFETY: nothing to vouch for.
        libc::SIG_DFL | libc::SIG_IGN => unsafe { die_of(signal, was_sent) },
        // SAFETY: the handler and its flags are what its owner gave to the kernel.
        handler => unsafe {
            with_mask_of(signal, previous, || {
                if previous.sa_flags & libc::SA_SIGINFO != 0 {
                    let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                        core::mem::transmute(handler);
                    handler(signal, info, context);
                } else {
                    let handler: extern "C" fn(c_int) = core::mem::transmute(handler);
                    handler(signal);
                }
            });
        },
    }
}

/// Gives the signal its default effect, which is to kill the process: at the faulting instruction,
/// which runs again on return, or else by sending it again, to be delivered on return.
///
/// # Safety
/// Called from the handler of this signal.
unsafe fn die_of(signal: c_int, was_sent: bool) {
    // SAFETY: all bytes zero are the default action; the signal goes to this thread.
    unsafe {
        let default: libc::sigaction = core::mem::zeroed();
        libc::sigaction(signal, &default, core::ptr::null_mut());
        // A breakpoint does not run again: the pc is already behind it.
        if was_sent || signal == libc::SIGTRAP {
            libc::raise(signal);
        }
    }
}

/// Runs a handler with the signals blocked that its owner asked for. The mask goes back to what it
/// was before the signal when our own handler returns.
///
/// # Safety
/// Called from the handler of this signal.
unsafe fn with_mask_of(signal: c_int, action: &libc::sigaction, run: impl FnOnce()) {
    // SAFETY: the sets are initialised before they are used, and are the thread's own.
    unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, &action.sa_mask, core::ptr::null_mut());
        if action.sa_flags & libc::SA_NODEFER != 0 {
            let mut set = MaybeUninit::uninit();
            libc::sigemptyset(set.as_mut_ptr());
            libc::sigaddset(set.as_mut_ptr(), signal);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), core::ptr::null_mut());
        }
    }
    run();
}
