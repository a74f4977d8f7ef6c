//! Runs a command and prints, on standard error: wall ns, user µs, system µs, largest resident KiB,
//! page faults, exit status. It is a small program of its own because Linux counts the memory of the
//! process that starts another as the other's until `exec`.
//!
//! # Safety contract
//!
//! The one call into C waits for a child that this process started and nobody else waits for.

use std::process::{Command, ExitCode};
use std::time::Instant;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let Some(program) = args.next() else {
        eprintln!("usage: bench-measure COMMAND [ARGUMENT...]");
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let child = match Command::new(&program).args(args).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("{}: {error}", program.display());
            return ExitCode::FAILURE;
        }
    };
    let mut status = 0;
    // SAFETY: all bytes zero is an `rusage`: it is made of integers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the child is ours, and both pointers are to live values of their types.
    let waited = unsafe { libc::wait4(child.id() as libc::pid_t, &raw mut status, 0, &raw mut usage) };
    let wall = start.elapsed().as_nanos();
    if waited < 0 || !libc::WIFEXITED(status) {
        eprintln!("{}: ended by a signal, wait status {status}", program.display());
        return ExitCode::FAILURE;
    }
    let micros = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    let (user, system) = (micros(usage.ru_utime), micros(usage.ru_stime));
    let code = libc::WEXITSTATUS(status);
    eprintln!("{wall} {user} {system} {} {} {code}", usage.ru_maxrss, usage.ru_minflt);
    ExitCode::SUCCESS
}
