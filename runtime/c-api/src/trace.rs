//! What went wrong, as text: exceptions, and back traces.

use std::ffi::c_char;

use runtime::{Error, TrapCode};

use crate::boundary::{guard, write_text};
use crate::env::CExecEnv;
use crate::shared::Shared;
use crate::threads::Told;

/// What exceptions begin with.
pub const PREFIX: &str = "Exception: ";
/// What is said of a program that ended itself.
const EXITED: &str = "wasi proc exit";
/// What is said of one that was stopped.
const TERMINATED: &str = "terminated by user";

/// Keeps what a call ended with for C to ask.
pub fn keep(shared: &Shared, error: &Error) {
    shared.exited.set(false);
    let message = match error {
        Error::Exit(status) => {
            shared.exit_status.set(status.cast_unsigned());
            shared.exited.set(true);
            EXITED.to_owned()
        }
        // C functions say what went wrong by `wasm_runtime_set_exception`: that stays.
        Error::Host(host) if host.get_ref().is::<NativeFailed>() => {
            *shared.trace.borrow_mut() = frames(error);
            return;
        }
        Error::Trap(trap) if trap.code() == TrapCode::Interrupted => {
            *shared.trace.borrow_mut() = frames(error);
            let Some(told) = shared.told() else {
                return shared.set_exception(Some(&format!("{PREFIX}{TERMINATED}")));
            };
            return hear(shared, &told);
        }
        error => error.to_string(),
    };
    shared.set_exception(Some(&format!("{PREFIX}{message}")));
    *shared.trace.borrow_mut() = frames(error);
}

/// Takes over what ended another thread, and this one with it.
pub fn hear(shared: &Shared, told: &Told) {
    shared.heard.set(true);
    if let Some(status) = told.exit {
        shared.exit_status.set(status);
        shared.exited.set(true);
    }
    shared.set_exception(Some(&told.exception));
}

fn frames(error: &Error) -> String {
    let full = format!("{error:#}");
    // The first line is the message.
    full.split_once('\n').map_or_else(String::new, |(_, frames)| format!("{frames}\n"))
}

/// What a native function that set an exception returns with.
#[derive(Debug)]
pub struct NativeFailed;

impl std::fmt::Display for NativeFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a native function set an exception")
    }
}

impl std::error::Error for NativeFailed {}

/// The back trace of what went wrong last.
fn last(env: Option<&CExecEnv>) -> Option<String> {
    let trace = env?.instance()?.shared().trace.borrow().clone();
    (!trace.is_empty()).then_some(trace)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_get_call_stack_buf_size(env: Option<&CExecEnv>) -> u32 {
    // SAFETY: by the header.
    guard(0, || last(env).map_or(0, |trace| trace.len() as u32 + 1))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_dump_call_stack_to_buf(
    env: Option<&CExecEnv>,
    buffer: *mut c_char,
    length: u32,
) -> u32 {
    // SAFETY: by the header.
    guard(0, || match last(env) {
        // SAFETY: not null, and as long as it says.
        Some(trace) if !buffer.is_null() => unsafe { write_text(&trace, buffer, length as usize) as u32 },
        _ => 0,
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_dump_call_stack(env: Option<&CExecEnv>) {
    guard((), || {
        if let Some(trace) = last(env) {
            print(&trace);
        }
    });
}

/// Prints by way of C's standard output, so that it comes in order with what the program prints.
pub fn print(text: &str) {
    let text = crate::boundary::c_string(text);
    // SAFETY: the format wants one string.
    unsafe { libc::printf(c"%s".as_ptr(), text.as_ptr()) };
}
