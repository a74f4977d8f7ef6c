//! What has to be said once per instruction set. The files mirror each other function for
//! function; each begins with what is particular to its ISA.
//!
//! | function | what for |
//! |---|---|
//! | `context_registers` | pc, sp and fp at a fault, from the signal's context |
//! | `redirect` | makes the return from the signal go elsewhere |
//! | `resume` | the same from ordinary code |
//! | `enter` | calls an entry trampoline |
//! | `stack_pointer` | the current one |
//! | `next_frame` | one step of a frame-pointer walk |
//! | `publish_code` | makes freshly written code visible to instruction fetch |
//! | `detect_features` | bits of [`aot_format::cpu::Isa::feature_names`] |
//!
//! `enter` is where unwound wasm lands: it has put away what the host counts on. It enters wasm with zero in the frame
//! pointer, which walks over frames end at and wasm that returns gives back; whoever unwinds leaves [`UNWOUND`] there.
//!
//! Not here: trampolines. They are compiled code and stand in artifacts.

/// What stands in the frame pointer where wasm did not return, until the landing pad has looked: no address that a profiler which
/// walks over frames would follow.
pub(crate) const UNWOUND: usize = 1;

/// The three registers that say where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Registers {
    /// Program counter.
    pub(crate) pc: usize,
    /// Stack pointer.
    pub(crate) sp: usize,
    /// Frame pointer.
    pub(crate) fp: usize,
}

/// One step of a frame-pointer walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallerFrame {
    /// Where the function returns to.
    pub(crate) return_address: usize,
    /// The caller's frame pointer.
    pub(crate) fp: usize,
}

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::*;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::*;

#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "riscv64")]
pub(crate) use riscv64::*;

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))))]
compile_error!("the runtime is for Linux on x86_64, aarch64 and riscv64");
