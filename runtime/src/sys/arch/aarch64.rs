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
//! are for the landing pad of an [`enter`] that is going on, or that of an exception handler,
//! and only compiled code may lie between.
//! `next_frame` is for a live frame of code that keeps frame pointers.

use core::arch::asm;
use core::mem::offset_of;

use rustix::thread::{MembarrierCommand, membarrier};

use super::{CallerFrame, Registers};
use crate::vm::structs::{RegisterValues, VMFuncRef, VMStoreContext};

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
/// `to` is where wasm that is live on this thread was entered, or the landing pad of a live call of
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

/// Calls a function of compiled code through its entry trampoline; what that returns, and whether wasm was unwound instead.
///
/// # Safety
/// The function reference has an entry trampoline and the values are those it takes. The store's context is that of the
/// function, alive, and gets where to land.
#[inline(always)]
pub(crate) unsafe fn enter(
    funcref: *const VMFuncRef,
    values: RegisterValues,
    store: *mut VMStoreContext,
) -> (u64, bool) {
    let [v0, v1, v2, v3, v4] = values;
    let value: u64;
    let unwound: usize;
    // SAFETY: the caller vouches for the code, which has the `tail` convention. When it returns, it has kept what that
    // says; when it is unwound, it has kept nothing.
    unsafe {
        let entry = (*funcref).entry;
        asm!(
            // Those that Rust cannot say are lost.
            "stp x29, x19, [sp, #-16]!",
            "adr x10, 2f",
            "mov x11, sp",
            "str x11, [x9, #{entry_sp}]",
            "str x10, [x9, #{entry_pc}]",
            "mov x29, xzr",
            "blr x8",
            "2:",
            "mov x3, x29",
            "ldp x29, x19, [sp], #16",
            entry_sp = const offset_of!(VMStoreContext, entry_sp),
            entry_pc = const offset_of!(VMStoreContext, entry_pc),
            in("x8") entry,
            in("x9") store,
            // The first two are not for arguments in this convention.
            inlateout("x2") funcref => value,
            inlateout("x3") v0 => unwound,
            in("x4") v1,
            in("x5") v2,
            in("x6") v3,
            in("x7") v4,
            out("x20") _, out("x21") _, out("x22") _, out("x23") _, out("x24") _,
            out("x25") _, out("x26") _, out("x27") _, out("x28") _,
            out("v8") _, out("v9") _, out("v10") _, out("v11") _,
            out("v12") _, out("v13") _, out("v14") _, out("v15") _,
            clobber_abi("C"),
        );
    }
    (value, unwound != 0)
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
