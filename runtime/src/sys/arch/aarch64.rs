//! 64-bit Arm.
//!
//! Compiled code traps by `udf`, which Linux reports as SIGILL with the pc of the instruction.
//! Division never faults: a zero divisor gives zero and `INT_MIN / -1` wraps, so the compiler puts
//! checks in front, and there is no SIGFPE. `bl` leaves the return address in x30; a prologue
//! stores the pair (x29, x30) and points x29 at it, so a frame is `[x29] = caller's x29`,
//! `[x29 + 8] = return address`. That return address may carry a pointer authentication code in its
//! high bits where the code was compiled with it, so a walk strips it; `xpaclri` is in the hint
//! space and does nothing on machines without authentication. After an indirect branch the
//! processor remembers in PSTATE.BTYPE how it came; a fault at the target of such a branch saves
//! that, and it must not be carried over to the landing pad. Instruction and data caches need not
//! agree: fresh code is cleaned to the point of unification, stale instructions are invalidated,
//! and other cores have to pass a context synchronisation event, which `membarrier` forces. Pages
//! that come from a file need none of it, for the kernel does this when it maps them executable.
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

use rustix::thread::{MembarrierCommand, membarrier};

use super::{CallerFrame, Registers};
use crate::vm::structs::{EntryTrampoline, VMStoreContext, ValRaw};

/// PSTATE.BTYPE: how the last branch came.
const PSTATE_BTYPE: u64 = 0b11 << 10;

/// pc, sp and fp of an interrupted thread.
///
/// # Safety
/// `context` is what the kernel passed to a signal handler.
pub(crate) unsafe fn context_registers(context: *const libc::ucontext_t) -> Registers {
    // SAFETY: the caller vouches for the context.
    let machine = unsafe { &(*context).uc_mcontext };
    Registers { pc: machine.pc as usize, sp: machine.sp as usize, fp: machine.regs[29] as usize }
}

/// Lets the interrupted thread go on at `to` when the signal handler returns.
///
/// # Safety
/// `context` is what the kernel passed to a signal handler; `to` is as for [`resume`].
pub(crate) unsafe fn redirect(context: *mut libc::ucontext_t, to: Registers) {
    // SAFETY: the caller vouches for the context.
    let machine = unsafe { &mut (*context).uc_mcontext };
    machine.pc = to.pc as u64;
    machine.sp = to.sp as u64;
    machine.regs[29] = to.fp as u64;
    machine.pstate &= !PSTATE_BTYPE;
}

/// Goes on at `to`, leaving every frame below `to.sp` as if it had never been. The landing pad of an
/// exception handler gets `payload` in the first payload register; others do not look at it.
///
/// # Safety
/// `to` is what a live entry trampoline of this thread recorded, or the landing pad of a live call of
/// compiled code, and the frames that are left hold nothing that has to be dropped.
pub(crate) unsafe fn resume(to: Registers, payload: usize) -> ! {
    // SAFETY: the landing pad expects exactly these registers; the caller vouches for them.
    // A branch through x17 may land on any kind of branch target.
    unsafe {
        asm!(
            "mov sp, x16",
            "mov x29, x1",
            "br x17",
            in("x17") to.pc,
            in("x16") to.sp,
            in("x1") to.fp,
            in("x0") payload,
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
    unsafe { asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// The frame that called the one at `fp`.
///
/// # Safety
/// `fp` is the frame pointer of a live function that keeps it, and is a multiple of 8.
pub(crate) unsafe fn next_frame(fp: usize) -> CallerFrame {
    let frame = fp as *const usize;
    // SAFETY: the two words are the saved frame pointer and the return address.
    let (caller_fp, mut return_address) = unsafe { (frame.read(), frame.add(1).read()) };
    // SAFETY: `hint #7` is `xpaclri`, which changes x30 only.
    unsafe { asm!("hint #7", inout("x30") return_address, options(nomem, nostack, preserves_flags)) };
    CallerFrame { fp: caller_fp, return_address }
}

/// Makes instruction fetch on every core see what was stored.
///
/// # Safety
/// The bytes are readable.
pub(crate) unsafe fn publish_code(start: *const u8, bytes: usize) {
    let cache_type: u64;
    // SAFETY: Linux lets user space read this register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) cache_type, options(nomem, nostack, preserves_flags)) };
    let data_line = 4usize << (cache_type >> 16 & 0xf);
    let instruction_line = 4usize << (cache_type & 0xf);
    let (from, end) = (start as usize, start as usize + bytes);
    for line in (from & !(data_line - 1)..end).step_by(data_line) {
        // SAFETY: cleans a line of readable memory.
        unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for line in (from & !(instruction_line - 1)..end).step_by(instruction_line) {
        // SAFETY: invalidates a line of the instruction cache.
        unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
    // Kernels without the command (before 4.16) leave other cores to the context switch that a
    // thread goes through before it can learn of the new code.
    if membarrier(MembarrierCommand::RegisterPrivateExpeditedSyncCore).is_ok() {
        let _ = membarrier(MembarrierCommand::PrivateExpeditedSyncCore);
    }
}

/// The features of this machine.
pub(crate) fn detect_features(bit: impl Fn(&str) -> u64) -> u64 {
    let mut word = 0;
    macro_rules! detect {
        ($($name:literal = $feature:tt,)*) => {
            $(if std::arch::is_aarch64_feature_detected!($feature) { word |= bit($name) })*
        };
    }
    detect! {
        "lse" = "lse",
        "pauth" = "paca",
        "fp16" = "fp16",
        "dotprod" = "dotprod",
    }
    word
}
