//! The end of the program, and giving way to others.

use iwasm::Error;

use crate::context::WasiCtx;
use crate::errno::Errno;

/// Unwinds to whoever called into the set.
pub(crate) fn proc_exit(code: u32) -> Result<(), Error> {
    Err(Error::Exit(code.cast_signed()))
}

pub(crate) fn sched_yield(_: &mut WasiCtx) -> Result<(), Errno> {
    std::thread::yield_now();
    Ok(())
}
