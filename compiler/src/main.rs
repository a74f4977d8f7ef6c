//! The `wamrc` command. What it does stands in `cli`; what compiles is the library.
#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
