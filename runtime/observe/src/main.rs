//! The command `iwasm-observe`. It holds no compiler, so that it is quickly built for whatever machine the artifacts
//! are for.

use std::process::ExitCode;

fn main() -> ExitCode {
    iwasm_observe::command::run(std::env::args_os().skip(1))
}
