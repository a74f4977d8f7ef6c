//! 64-bit RISC-V.
//!
//! Compiled code traps by the all-zero instruction, which is illegal in every extension and which
//! Linux reports as SIGILL with its pc. Division never faults: it has defined results for a zero
//! divisor and for overflow, so the compiler puts checks in front, and there is no SIGFPE. The
//! psABI lets a frame pointer point *above* the saved pair, at the caller's stack pointer; the
//! code generator does not follow it: its s0 points *at* the pair, `[s0] = caller's s0`,
//! `[s0 + 8] = return address`, as on the other two ISAs. So frame walks work in compiled code and
//! must not wander into C or Rust frames. Instructions are two or four bytes, so an address inside a
//! call is found by going back one byte from its return address, never by going back one
//! instruction. `fence.i` orders stores before fetches on one hart only; for the others there is a
//! system call. Features come from the `riscv_hwprobe` call (Linux 6.4) and, on older kernels, from
//! the letters in `AT_HWCAP`, which do not know the multi-letter extensions. The code generator (Cranelift, up to
//! 0.135 at least) forgets that callers expect fs1 to be kept, so functions that return may have lost it.
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

/// Linux's number of `riscv_hwprobe(pairs, pair_count, cpusetsize, cpus, flags)`.
const SYS_RISCV_HWPROBE: libc::c_long = 258;
/// Linux's number of `riscv_flush_icache(start, end, flags)`.
const SYS_RISCV_FLUSH_ICACHE: libc::c_long = 259;

/// pc, sp and fp of an interrupted thread.
///
/// # Safety
/// `context` is what the kernel passed to a signal handler.
pub(crate) unsafe fn context_registers(context: *const libc::ucontext_t) -> Registers {
    // SAFETY: the caller vouches for the context.
    let gregs = unsafe { &(*context).uc_mcontext.__gregs };
    Registers { pc: gregs[libc::REG_PC] as usize, sp: gregs[libc::REG_SP] as usize, fp: gregs[libc::REG_S0] as usize }
}

/// Lets the interrupted thread go on at `to` when the signal handler returns.
///
/// # Safety
/// `context` is what the kernel passed to a signal handler; `to` is as for [`resume`].
pub(crate) unsafe fn redirect(context: *mut libc::ucontext_t, to: Registers) {
    // SAFETY: the caller vouches for the context.
    let gregs = unsafe { &mut (*context).uc_mcontext.__gregs };
    gregs[libc::REG_PC] = to.pc as libc::c_ulong;
    gregs[libc::REG_SP] = to.sp as libc::c_ulong;
    gregs[libc::REG_S0] = to.fp as libc::c_ulong;
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
            "mv sp, a1",
            "mv s0, a2",
            "jr a3",
            in("a3") to.pc,
            in("a1") to.sp,
            in("a2") to.fp,
            in("a0") payload,
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
            "addi sp, sp, -16",
            "sd s0, 0(sp)",
            "sd s1, 8(sp)",
            "lla t1, 2f",
            "sd sp, {entry_sp}(t0)",
            "sd t1, {entry_pc}(t0)",
            "li s0, 0",
            "jalr t2",
            "2:",
            "mv a1, s0",
            "ld s0, 0(sp)",
            "ld s1, 8(sp)",
            "addi sp, sp, 16",
            entry_sp = const offset_of!(VMStoreContext, entry_sp),
            entry_pc = const offset_of!(VMStoreContext, entry_pc),
            in("t2") entry,
            in("t0") store,
            inlateout("a0") funcref => value,
            inlateout("a1") v0 => unwound,
            in("a2") v1,
            in("a3") v2,
            in("a4") v3,
            in("a5") v4,
            out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
            out("s7") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _,
            out("fs0") _, out("fs1") _, out("fs2") _, out("fs3") _, out("fs4") _, out("fs5") _,
            out("fs6") _, out("fs7") _, out("fs8") _, out("fs9") _, out("fs10") _, out("fs11") _,
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
    unsafe { asm!("mv {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// The frame that called the one at `fp`.
///
/// # Safety
/// `fp` is the frame pointer of a live compiled function, and is a multiple of 8.
pub(crate) unsafe fn next_frame(fp: usize) -> CallerFrame {
    let frame = fp as *const usize;
    // SAFETY: the two words are the saved frame pointer and the return address.
    unsafe { CallerFrame { fp: frame.read(), return_address: frame.add(1).read() } }
}

/// Makes instruction fetch on every hart see what was stored.
///
/// # Safety
/// The bytes are readable.
pub(crate) unsafe fn publish_code(start: *const u8, bytes: usize) {
    // SAFETY: the call reads nothing; flags 0 means all threads of the process. It cannot fail for
    // a kernel that has it, and every kernel with this ISA has.
    unsafe { libc::syscall(SYS_RISCV_FLUSH_ICACHE, start, start.wrapping_add(bytes), 0usize) };
    // SAFETY: orders this hart's fetches after its stores.
    unsafe { asm!("fence.i", options(nostack, preserves_flags)) };
}

/// One question to `riscv_hwprobe` and its answer.
#[repr(C)]
struct HwprobePair {
    key: i64,
    value: u64,
}

/// The key whose value has a bit for each extension, as the kernel's `hwprobe.h` numbers them.
const HWPROBE_IMA_EXTENSIONS: i64 = 4;
const HWPROBE_BITS: &[(&str, u32)] = &[
    ("v", 2),
    ("zba", 3),
    ("zbb", 4),
    ("zbs", 5),
    ("zbc", 7),
    ("zbkb", 8),
    ("zfh", 27),
    ("zfhmin", 28),
    ("zfa", 32),
    ("zicond", 35),
    ("zca", 43),
    ("zcb", 44),
    ("zcd", 45),
];

fn hwprobe_extensions() -> u64 {
    let mut pair = HwprobePair { key: HWPROBE_IMA_EXTENSIONS, value: 0 };
    // SAFETY: one pair is passed, and the kernel writes to nothing else; no CPU set asks for what
    // all CPUs have in common.
    let status = unsafe {
        libc::syscall(SYS_RISCV_HWPROBE, &raw mut pair, 1usize, 0usize, core::ptr::null_mut::<libc::c_ulong>(), 0usize)
    };
    // A kernel that does not know the key sets it to -1.
    if status == 0 && pair.key == HWPROBE_IMA_EXTENSIONS { pair.value } else { 0 }
}

/// The features of this machine.
pub(crate) fn detect_features(bit: impl Fn(&str) -> u64) -> u64 {
    let (letters, _) = rustix::param::linux_hwcap();
    let has_letter = |letter: u8| letters >> (letter - b'a') & 1 != 0;
    // Linux runs on no hart without these two.
    let mut word = bit("zicsr") | bit("zifencei");
    for letter in ["m", "a", "f", "d", "v"] {
        if has_letter(letter.as_bytes()[0]) {
            word |= bit(letter);
        }
    }
    if has_letter(b'c') {
        word |= bit("zca");
        if has_letter(b'd') {
            word |= bit("zcd");
        }
    }
    let extensions = hwprobe_extensions();
    for (name, position) in HWPROBE_BITS {
        if extensions >> position & 1 != 0 {
            word |= bit(name);
        }
    }
    if word & bit("v") != 0 {
        let vector_bytes: usize;
        // SAFETY: 0xc22 is `vlenb`, readable where there is V.
        unsafe { asm!("csrr {}, 0xc22", out(reg) vector_bytes, options(nomem, nostack, preserves_flags)) };
        if vector_bytes >= 16 {
            word |= bit("zvl128b");
        }
        if vector_bytes >= 32 {
            word |= bit("zvl256b");
        }
    }
    word
}
