//! The `iwasm` command: runs `.aot` modules.
//!
//! * [`args`]: the command line → what to do, before anything is opened.
//! * [`run`]: loads, links, calls. [`source`]: files → modules.
//! * `interp`: the same by the interpreter, with the feature of that name.
//! * [`values`]: the parameters of a call.
//! * [`error`]: what can go wrong, and the exit status for it.
//! * [`version`]: what `--version` says.
//! * [`wasi`]: what a program is given of the world. The feature of that name, on by default, is what it takes;
//!   without it, `bare` stands there.
//!
//! Exit status: the guest's own; 1 for a trap and for whatever does not load or link; 2 for wrong
//! usage. What the guest writes goes straight to the standard streams, so nothing is left to flush.
//!
//! # Safety contract
//!
//! The code of artifacts is run natively. That it can be trusted is what the person says who runs
//! this command on it; `run` is the only file with `unsafe`, for saying so to the library.
#![deny(unsafe_code)]

mod args;
mod error;
#[cfg(feature = "interp")]
mod interp;
mod run;
mod source;
mod values;
mod version;
#[cfg_attr(not(feature = "wasi"), path = "bare.rs")]
mod wasi;

use std::io::{ErrorKind, Write};
use std::process::exit;

use args::{Command, Invocation};
use error::Failure;

/// A trap, or something that does not load or link.
const FAILURE: i32 = 1;
/// The command line is wrong.
const USAGE: i32 = 2;

fn main() {
    let done = match args::parse(std::env::args_os().skip(1)) {
        Ok(Command::Print(text)) => print(&text).map(|()| 0),
        Ok(Command::Run(invocation)) => start(*invocation),
        Err(error) => Err(error.into()),
    };
    exit(done.unwrap_or_else(|failure| report(&failure)));
}

/// Runs on this thread, or on one with as large a stack as was asked for.
fn start(invocation: Invocation) -> Result<i32, Failure> {
    let Some(stack) = run::thread_stack(&invocation) else { return engine(&invocation) };
    let thread = std::thread::Builder::new().stack_size(stack).spawn(move || engine(&invocation));
    let thread = thread.map_err(|source| Failure::Stack { bytes: stack, source })?;
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs by whichever engine was asked for.
fn engine(invocation: &Invocation) -> Result<i32, Failure> {
    #[cfg(feature = "interp")]
    if invocation.interp {
        return interp::run(invocation);
    }
    run::run(invocation)
}

/// Tells about a failure; the exit status for it.
fn report(failure: &Failure) -> i32 {
    let (text, status) = match failure {
        Failure::Usage(error) => (format!("iwasm: {error}\nTry `iwasm --help`.\n"), USAGE),
        failure => (format!("Exception: {failure:#}\n"), FAILURE),
    };
    // There is nobody left to tell if this fails.
    let _ = std::io::stderr().write_all(text.as_bytes());
    status
}

/// Prints to the standard output. A reader that has gone away is no error of ours.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}
