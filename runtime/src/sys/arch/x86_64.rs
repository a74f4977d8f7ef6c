//! 64-bit x86.
//!
//! Compiled code traps in two ways that are not memory faults: `ud2`, which Linux reports as
//! SIGILL, and the divide error `#DE`, raised by `div` and `idiv` both for a zero divisor and for a
//! quotient that does not fit, which Linux reports as SIGFPE. In both cases, as for a page fault,
//! the saved rip is that of the instruction itself. `int3` is different: it is reported as SIGTRAP
//! with rip *behind* it, and compiled code has none. An access to a non-canonical address raises
//! `#GP` and not a page fault; Linux then reports SIGSEGV with code `SI_KERNEL` and the address 0,
//! so such an address says nothing. `call` pushes the return address and a prologue pushes rbp
//! above which it stands, so a frame is `[rbp] = caller's rbp`, `[rbp + 8] = return address`. The
//! 128 bytes below rsp are the red zone of the interrupted function; we never return into a
//! function that was interrupted, so nothing has to respect it. Instruction fetch is coherent with
//! stores. A thread that runs with a user shadow stack (CET) could not be redirected like this:
//! the shadow stack would keep the frames we leave; Linux enables it only for programs in which
//! every object was built for it, and Rust does not build such objects.
//!
//! # Safety contract
//!
//! `context_registers` and `redirect` are for the context that the kernel passed to a signal
//! handler. `resume` and a redirected return leave frames without running anything in them: they
//! are for the registers an entry trampoline recorded, or those of an exception handler's landing
//! pad, and only compiled code may lie between.
//! `next_frame` is for a live frame of code that keeps frame pointers.

use core::arch::asm;
use core::ffi::c_void;

use super::{CallerFrame, Registers};
use crate::vm::structs::{EntryTrampoline, VMStoreContext, ValRaw};

/// pc, sp and fp of an interrupted thread.
///
/// # Safety
/// `context` is what the kernel passed to a signal handler.
pub(crate) unsafe fn context_registers(context: *const libc::ucontext_t) -> Registers {
    // SAFETY: the caller vouches for the context.
    let gregs = unsafe { &(*context).uc_mcontext.gregs };
    Registers {
        pc: gregs[libc::REG_RIP as usize] as usize,
        sp: gregs[libc::REG_RSP as usize] as usize,
        fp: gregs[libc::REG_RBP as usize] as usize,
    }
}

/// Lets the interrupted thread go on at `to` when the signal handler returns.
///
/// # Safety
/// `context` is what the kernel passed to a signal handler; `to` is as for [`resume`].
pub(crate) unsafe fn redirect(context: *mut libc::ucontext_t, to: Registers) {
    // SAFETY: the caller vouches for the context.
    let gregs = unsafe { &mut (*context).uc_mcontext.gregs };
    gregs[libc::REG_RIP as usize] = to.pc as i64;
    gregs[libc::REG_RSP as usize] = to.sp as i64;
    gregs[libc::REG_RBP as usize] = to.fp as i64;
}

/// Goes on at `to`, leaving every frame below `to.sp` as if it had never been. The landing pad of an
/// exception handler gets `payload` in the first payload register; others do not look at it.
///
/// # Safety
/// `to` is what a live entry trampoline of this thread recorded, or the landing pad of a live call of
/// compiled code, and the frames that are left hold nothing that has to be dropped.
pub(crate) unsafe fn resume(to: Registers, payload: usize) -> ! {
    // SAFETY: the landing pad expects exactly these registers; the caller vouches for them.
    unsafe {
        asm!(
            "mov rsp, rsi",
            "mov rbp, rdx",
            "jmp rdi",
            in("rdi") to.pc,
            in("rsi") to.sp,
            in("rdx") to.fp,
            in("rax") payload,
            options(noreturn),
        )
    }
}

/// Calls an entry trampoline.
///
/// # Safety
/// As for a call of `entry`.
#[inline(always)]
pub(crate) unsafe fn enter(
    entry: EntryTrampoline,
    vmctx: *mut c_void,
    code: *const u8,
    values: *mut ValRaw,
    store: *mut VMStoreContext,
) -> u32 {
    // SAFETY: the caller vouches for it.
    unsafe { entry(vmctx, code, values, store) }
}

/// The current stack pointer.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let sp;
    // SAFETY: reads one register.
    unsafe { asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// The frame that called the one at `fp`.
///
/// # Safety
/// `fp` is the frame pointer of a live function that keeps it, and is a multiple of 8.
pub(crate) unsafe fn next_frame(fp: usize) -> CallerFrame {
    let frame = fp as *const usize;
    // SAFETY: the two words are the saved frame pointer and the return address.
    unsafe { CallerFrame { fp: frame.read(), return_address: frame.add(1).read() } }
}

/// Nothing: instruction fetch sees what was stored.
///
/// # Safety
/// The bytes are readable.
pub(crate) unsafe fn publish_code(_start: *const u8, _bytes: usize) {}

/// The features of this machine.
pub(crate) fn detect_features(bit: impl Fn(&str) -> u64) -> u64 {
    let mut word = 0;
    macro_rules! detect {
        ($($name:literal = $feature:tt,)*) => {
            $(if std::arch::is_x86_feature_detected!($feature) { word |= bit($name) })*
        };
    }
    detect! {
        "sse3" = "sse3",
        "ssse3" = "ssse3",
        "cmpxchg16b" = "cmpxchg16b",
        "sse41" = "sse4.1",
        "sse42" = "sse4.2",
        "popcnt" = "popcnt",
        "avx" = "avx",
        "avx2" = "avx2",
        "fma" = "fma",
        "bmi1" = "bmi1",
        "bmi2" = "bmi2",
        "lzcnt" = "lzcnt",
        "avx512f" = "avx512f",
        "avx512vl" = "avx512vl",
        "avx512dq" = "avx512dq",
        "avx512bitalg" = "avx512bitalg",
        "avx512vbmi" = "avx512vbmi",
    }
    word
}
