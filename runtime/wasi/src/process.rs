//! The end of the program, and giving way to others.

use iwasm::Error;

use crate::context::WasiCtx;
use crate::errno::Errno;

/// Unwinds to whoever called into the set.
pub(crate) fn proc_exit(code: u32) -> Result<(), Error> {
    Err(Error::Exit(code.cast_signed()))
}

/// What a signal does to a program that has no handler for it, as none can have.
enum Action {
    Nothing,
    Exit,
    /// Nobody could have it go on.
    Stop,
}

/// By the numbers of the specification, which are not the host's.
fn action(signal: u32) -> Result<Action, Errno> {
    const CHLD: u32 = 16;
    const CONT: u32 = 17;
    const STOP: u32 = 18;
    const TTOU: u32 = 21;
    const URG: u32 = 22;
    const WINCH: u32 = 27;
    const SYS: u32 = 30;
    match signal {
        0 | CHLD | CONT | URG | WINCH => Ok(Action::Nothing),
        STOP..=TTOU => Ok(Action::Stop),
        ..=SYS => Ok(Action::Exit),
        _ => Err(Errno::Inval),
    }
}

/// The program is the guest's, not the process, which gets no signal. It ends as a shell says of one that a signal
/// has ended: with 128 and the number.
pub(crate) fn proc_raise(signal: u32) -> Result<u32, Error> {
    match action(signal) {
        Ok(Action::Nothing) => Ok(0),
        Ok(Action::Exit) => Err(Error::Exit(128 + signal.cast_signed())),
        Ok(Action::Stop) => Ok(u32::from(Errno::Notsup as u16)),
        Err(error) => Ok(u32::from(error as u16)),
    }
}

pub(crate) fn sched_yield(_: &mut WasiCtx) -> Result<(), Errno> {
    std::thread::yield_now();
    Ok(())
}
