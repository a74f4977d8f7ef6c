//! The `wamrc` command around the library: arguments, files, messages, exit codes.
//!
//! * `args`: the command line; `features`: switches of WebAssembly's features; `compat`: options of
//!   WAMR's that have no counterpart here.
//! * `input`: files → wasm bytes (text format too).
//! * `output`: bytes → files, all or nothing.
//! * `compile`, `check`: what is done for each input.
//! * `diff`: compiled code against the interpreter; `no_diff` stands there in a build without.
//! * `progress`: the bar.
//!
//! Exit codes: 0 done; 1 an input was not compiled, or differs; 2 wrong usage.
#![forbid(unsafe_code)]

mod args;
mod check;
mod compat;
mod compile;
#[cfg(feature = "diff")]
mod diff;
#[cfg(not(feature = "diff"))]
#[path = "no_diff.rs"]
mod diff;
mod error;
mod features;
mod input;
mod output;
mod progress;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use args::{Action, Invocation};
use compile::Job;
use error::{InputError, UsageError};
use output::Expect;
use wamrc::Compiler;

/// An input was not compiled, or differs.
const FAILURE: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    if args.first().is_some_and(|first| first == "diff") {
        return diff::run(&args[1..]);
    }
    match args::parse().and_then(|invocation| perform(&invocation)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("Try `wamrc --help`.");
            ExitCode::from(USAGE)
        }
    }
}

fn perform(invocation: &Invocation) -> Result<ExitCode, UsageError> {
    match &invocation.action {
        Action::Print(text) => {
            let Err(error) = output::write(None, text.as_bytes(), Expect::Bytes) else { return Ok(ExitCode::SUCCESS) };
            eprintln!("error: {error}");
            Ok(ExitCode::from(FAILURE))
        }
        Action::Check { artifact, inputs } => {
            let main = inputs.last().map_or(artifact, |(_, path)| path);
            Ok(report(main, check::check(artifact, inputs, invocation.threads, invocation.verbosity)))
        }
        Action::Link { inputs, output, kind } => {
            let main = inputs.last().map_or(Path::new(""), |(_, path)| path);
            Ok(report(main, job(invocation, *kind)?.link(inputs, output.as_deref())))
        }
        Action::Compile { outputs, folder, kind } => {
            let job = job(invocation, *kind)?;
            if let Some(folder) = folder
                && let Err(source) = std::fs::create_dir_all(folder)
            {
                return Ok(report(folder, Err(InputError::Folder(source))));
            }
            let mut code = ExitCode::SUCCESS;
            for (input, output) in outputs {
                if report(input, job.compile(input, output.as_deref())) != ExitCode::SUCCESS {
                    code = ExitCode::from(FAILURE);
                }
            }
            Ok(code)
        }
    }
}

fn job(invocation: &Invocation, kind: args::Kind) -> Result<Job, UsageError> {
    let compilers = invocation.options.iter().cloned().map(Compiler::new).collect::<Result<_, _>>();
    let compilers = compilers.map_err(UsageError::Options)?;
    Ok(Job { compilers, kind, separate: invocation.separate, verbosity: invocation.verbosity })
}

fn report(input: &Path, done: Result<(), InputError>) -> ExitCode {
    let Err(error) = done else { return ExitCode::SUCCESS };
    eprintln!("error: {}: {error}", input.display());
    ExitCode::from(FAILURE)
}
