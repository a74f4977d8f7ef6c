//! Stands in for `diff` in a build without the feature of that name.

use std::ffi::OsString;
use std::process::ExitCode;

/// Says that there is no such command.
pub fn run(_: &[OsString]) -> ExitCode {
    eprintln!("error: this wamrc was built without `diff`; a file of that name is ./diff");
    ExitCode::from(crate::USAGE)
}
