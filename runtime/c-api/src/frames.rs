//! The feature `no-symbolizer`: an unwinder's back trace that has no frames.
//!
//! The standard library prints a back trace below the message of a panic, if `RUST_BACKTRACE` asks for it. Where frames
//! have names from, it reads itself: DWARF, inflate, demangling, a fifth of what a device has, for panics that are bugs of
//! ours, in a library that was stripped of names. It asks the platform's unwinder for the frames, by a function of the C++
//! ABI, and gives it what is called for each. With the one below in its place, which calls nothing, nobody refers to the
//! symboliser any more, and it is not linked. Panics are caught and told as before, with an empty back trace.
//!
//! A release of Rust that asks otherwise makes the library larger, and no more than that: a test notices. The symbol is
//! for this library alone, so `scripts/shared-library.sh` makes it local in the archive, too. Unwinding itself, by
//! `_Unwind_RaiseException`, is the platform's.

use std::ffi::{c_int, c_void};

/// `_URC_END_OF_STACK`: there are no more frames.
const END_OF_STACK: c_int = 5;

#[unsafe(no_mangle)]
pub extern "C" fn _Unwind_Backtrace(_of_each_frame: *const c_void, _argument: *mut c_void) -> c_int {
    END_OF_STACK
}
