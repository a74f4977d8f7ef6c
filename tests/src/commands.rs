//! The two commands, `wamrc` and `iwasm`, as a user has them: built, and run as processes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// Its exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

/// Runs `wamrc` or `iwasm` in a folder.
///
/// # Panics
///
/// When the commands cannot be built or started.
pub fn run(command: &str, folder: &Path, args: &[&str]) -> Ran {
    run_with(command, folder, args, Stdio::null())
}

/// The same with a standard input.
///
/// # Panics
///
/// When the commands cannot be built or started.
pub fn run_with(command: &str, folder: &Path, args: &[&str], stdin: impl Into<Stdio>) -> Ran {
    let output = Command::new(path(command))
        .args(args)
        .current_dir(folder)
        .stdin(stdin)
        .env("FROM_THE_HOST", "not for guests")
        .output()
        .unwrap_or_else(|error| panic!("{command}: {error}"));
    let Output { status, stdout, stderr } = output;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// The path of `wamrc` or `iwasm`.
///
/// # Panics
///
/// When the commands cannot be built.
pub fn path(command: &str) -> PathBuf {
    folder_of_commands().join(command)
}

/// Where cargo put the commands, built now if they are not: this program's folder, or for a test the one above.
fn folder_of_commands() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let program = std::env::current_exe().expect("this program has a path");
        let own = program.parent().expect("programs are in folders");
        let folder = if own.ends_with("deps") { own.parent().unwrap_or(own) } else { own }.to_owned();
        // Built for another machine than cargo's, below `cross`: they are there already, or cannot be made.
        if folder.ancestors().nth(2).is_some_and(|folder| folder.ends_with("cross")) {
            assert!(folder.join("iwasm").is_file() && folder.join("wamrc").is_file(), "the commands are not built");
            return folder;
        }
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("release") => "release",
            _ => "dev",
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            // The Makefile's selection of packages, so that nothing is compiled with other features than there.
            .args(["build", "--quiet", "--profile", profile, "--workspace", "--exclude", "bench"])
            .args(["--bin", "wamrc", "--bin", "iwasm"])
            .current_dir(crate::paths::project())
            .output()
            .expect("cargo");
        assert!(built.status.success(), "cargo build: {}", String::from_utf8_lossy(&built.stderr));
        folder
    })
}
