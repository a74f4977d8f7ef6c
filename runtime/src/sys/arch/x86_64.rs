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
//! are for the landing pad of an [`enter`] that is going on, or that of an exception handler,
//! and only compiled code may lie between.
//! `next_frame` is for a live frame of code that keeps frame pointers.

use core::arch::asm;
use core::mem::offset_of;

use super::{CallerFrame, Registers};
use crate::vm::structs::{RegisterValues, VMFuncRef, VMStoreContext};

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
/// `to` is where wasm that is live on this thread was entered, or the landing pad of a live call of
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
            "push rbx",
            "push rbp",
            "lea r11, [rip + 2f]",
            "mov [r10 + {entry_sp}], rsp",
            "mov [r10 + {entry_pc}], r11",
            "xor ebp, ebp",
            "call rax",
            "2:",
            "mov rdx, rbp",
            "pop rbp",
            "pop rbx",
            entry_sp = const offset_of!(VMStoreContext, entry_sp),
            entry_pc = const offset_of!(VMStoreContext, entry_pc),
            inlateout("rax") entry => value,
            in("r10") store,
            in("rdi") funcref,
            in("rsi") v0,
            inlateout("rdx") v1 => unwound,
            in("rcx") v2,
            in("r8") v3,
            in("r9") v4,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("sysv64"),
        );
    }
    (value, unwound != 0)
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
