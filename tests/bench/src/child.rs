//! Processes that are measured. `bench-measure` starts them, because the memory that Linux reports of a child is at
//! least that of who started it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;

/// What `bench-measure` prints of a process: wall ns, user µs, system µs, resident KiB, page faults, exit status.
const FIGURES: usize = 6;

/// What a process took.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Milliseconds that passed.
    pub wall_ms: f64,
    /// Milliseconds of all its threads on CPUs, also in the kernel.
    pub cpu_ms: f64,
    /// The most memory it had resident.
    pub resident_mib: f64,
    /// Page faults that needed no disk.
    pub faults: f64,
    /// Its exit status.
    pub status: i32,
    /// What it wrote to standard output.
    pub output: Vec<u8>,
}

/// A program that stands beside this one, if it is built.
pub fn beside(name: &str) -> Result<PathBuf, Error> {
    let folder = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_path_buf));
    let path = folder.unwrap_or_default().join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::Command { command: name.to_owned(), reason: "not built; `make bench` builds it".into() })
}

/// Runs a program and says what it took. It fails if the program cannot be started or dies of a signal, not if its
/// status is not 0.
///
/// # Errors
///
/// As said, with what it wrote to standard error.
pub fn measured<S: AsRef<OsStr>>(program: &Path, args: &[S], stdin: Option<&Path>) -> Result<Usage, Error> {
    let failed = |reason: String| Error::Command { command: program.display().to_string(), reason };
    let stdin = match stdin {
        Some(path) => std::fs::File::open(path).map_err(|error| failed(error.to_string()))?.into(),
        None => Stdio::null(),
    };
    let output = Command::new(beside("bench-measure")?).arg(program).args(args).stdin(stdin).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = errors.lines().last().unwrap_or_default();
    let figures: Vec<f64> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
    match figures[..] {
        [wall, user, system, resident, faults, status] if figures.len() == FIGURES && output.status.success() => {
            Ok(Usage {
                wall_ms: wall / 1e6,
                cpu_ms: (user + system) / 1e3,
                resident_mib: resident / 1024.0,
                faults,
                status: status as i32,
                output: output.stdout,
            })
        }
        _ => Err(failed(errors.trim().chars().take(300).collect())),
    }
}

/// The same, of a program that must end with status 0.
///
/// # Errors
///
/// As [`measured`], and when it does not.
pub fn succeeding<S: AsRef<OsStr>>(program: &Path, args: &[S], stdin: Option<&Path>) -> Result<Usage, Error> {
    let usage = measured(program, args, stdin)?;
    if usage.status == 0 {
        return Ok(usage);
    }
    // Once more for what it says, which is not kept of what is measured.
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let said = output.map_or(Vec::new(), |output| [output.stderr, output.stdout].concat());
    let said: String =
        String::from_utf8_lossy(&said).trim().lines().next().unwrap_or_default().chars().take(200).collect();
    let reason = format!("status {}: {said}", usage.status);
    Err(Error::Command { command: program.display().to_string(), reason })
}
