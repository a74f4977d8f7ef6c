//! Runs every sample as `make samples` does, and compares what it prints with the `expected.txt` beside it: the
//! modules are compiled by the `wamrc` command, the host program is the sample's own. The expected texts were written
//! by reasoning from the sources (and agree with V8 on the same modules); they are no recordings.

mod commands;
mod documents;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use commands::folder_of_commands;

/// Sources that wamrc takes, in the folder of a sample.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut sources: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the sample's folder")
        .map(|entry| entry.expect("entry of the sample's folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat" || extension == "wasm"))
        .collect();
    sources.sort();
    sources
}

/// Compiles the modules of the sample called `name`, runs its host program `program`, and compares.
fn check(name: &str, program: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let artifacts = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&artifacts).expect("a folder for the artifacts");

    let compiled = Command::new(folder_of_commands().join("wamrc"))
        .args(sources(&folder))
        .arg("-o")
        .arg(&artifacts)
        .output()
        .expect("wamrc starts");
    assert!(compiled.status.success(), "wamrc: {}\n{}", compiled.status, String::from_utf8_lossy(&compiled.stderr));

    let run = Command::new(program).arg(&artifacts).output().expect("the sample starts");
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{name}: {}\n{errors}", run.status);
    assert_eq!(errors, "", "{name} writes to standard error");

    let expected = fs::read_to_string(folder.join("expected.txt")).expect("expected.txt");
    let printed = String::from_utf8_lossy(&run.stdout);
    assert!(printed == expected, "{name} prints\n{printed}\nwhere expected.txt has\n{expected}");
}

macro_rules! samples {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            check($name, env!(concat!("CARGO_BIN_EXE_", $name)));
        })*

        const NAMES: &[&str] = &[$($name),*];
    };
}

samples! {
    hello: "hello",
    call_an_export: "call-an-export",
    host_functions: "host-functions",
    shared_memory: "shared-memory",
    shared_table: "shared-table",
    shared_global: "shared-global",
    function_cycle: "function-cycle",
    missing_import: "missing-import",
    trap_backtrace: "trap-backtrace",
    multi_module: "multi-module",
}

/// A folder with a host program is a sample, and a sample is run.
#[test]
fn every_sample_is_run() {
    let mut found: Vec<String> = fs::read_dir(env!("CARGO_MANIFEST_DIR"))
        .expect("the folder of the samples")
        .map(|entry| entry.expect("entry of the folder").path())
        .filter(|path| path.join("main.rs").exists())
        .map(|path| path.file_name().expect("folder has a name").to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut listed = NAMES.to_vec();
    listed.sort_unstable();
    assert_eq!(found, listed);
}
