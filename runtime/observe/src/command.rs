//! The command `iwasm-observe`: does the plans in some folders, and prints what it saw, a line for each.
//!
//! # Safety contract
//!
//! The artifacts in the folders are run: who gives the folders vouches for them.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::exchange;
use crate::native::Native;

const HELP: &str = "\
Does the plans that `wamrc diff` makes, and prints what can be seen of them.

Usage: iwasm-observe [--stack-size BYTES] FOLDER...

Prints one line of JSON for each FOLDER, which holds plan.json and the artifacts 0.aot, 1.aot, ...
An empty line on the standard output means that the plan could not be done; why is on the standard error.

Example:
  iwasm-observe --stack-size 1048576 /tmp/plan
";
const DEFAULT_STACK_BYTES: usize = 1 << 20;
/// What a thread needs besides the stack for wasm.
const HOST_STACK_BYTES: usize = 1 << 20;

/// Runs the command with arguments, without its name.
pub fn run(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut stack_bytes = DEFAULT_STACK_BYTES;
    let mut folders: Vec<PathBuf> = Vec::new();
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("-h" | "--help") => {
                // A reader that has gone away has what it wanted.
                let _ = std::io::stdout().write_all(HELP.as_bytes());
                return ExitCode::SUCCESS;
            }
            Some("--stack-size") => match args.next().and_then(|value| value.to_str()?.parse().ok()) {
                Some(bytes) => stack_bytes = bytes,
                None => return usage("--stack-size takes a number of bytes"),
            },
            Some(option) if option.starts_with('-') => return usage(&format!("there is no option {option}")),
            _ => folders.push(arg.into()),
        }
    }
    if folders.is_empty() {
        return usage("no folder is given");
    }
    let thread = std::thread::Builder::new().stack_size(stack_bytes.saturating_add(HOST_STACK_BYTES));
    match thread.spawn(move || observe(stack_bytes, &folders)).map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => usage(&format!("cannot start a thread with a stack of {stack_bytes} bytes: {error}")),
    }
}

fn observe(stack_bytes: usize, folders: &[PathBuf]) -> ExitCode {
    // SAFETY: who gave the folders vouches for what is in them.
    let native = unsafe { Native::new(stack_bytes) };
    let mut code = ExitCode::SUCCESS;
    for folder in folders {
        let line = exchange::observe(&native, folder).and_then(|observation| exchange::to_line(&observation));
        let line = line.unwrap_or_else(|error| {
            eprintln!("iwasm-observe: {}: {error}", folder.display());
            code = ExitCode::FAILURE;
            String::new()
        });
        let mut stdout = std::io::stdout().lock();
        if writeln!(stdout, "{line}").and_then(|()| stdout.flush()).is_err() {
            return ExitCode::FAILURE;
        }
    }
    code
}

fn usage(message: &str) -> ExitCode {
    eprintln!("iwasm-observe: {message}\nTry `iwasm-observe --help`.");
    ExitCode::from(2)
}
