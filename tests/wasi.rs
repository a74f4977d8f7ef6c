//! The preview 1 tests of wasi-testsuite, from the corpus, by way of the two commands: each is compiled to an
//! `.aot` file and run by `iwasm` in a fresh copy of its folder. `wasi/listed.txt` has those that cannot pass yet.
//!
//! Not here: what the functions do one by one (`runtime/wasi/tests`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use tests::expected::{self, Expected};
use tests::{commands, paths};

/// How many tests there are; fewer would be a corpus that is not whole.
const TESTS: usize = 72;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let suite = paths::corpus().map(|corpus| corpus.join("wasi/wasi-testsuite-p1")).filter(|suite| suite.is_dir());
    let Some(suite) = suite else {
        println!("wasi: all {TESTS} tests skipped, as there is no corpus (set CORPUS to its folder)");
        return ExitCode::SUCCESS;
    };
    let programs: Vec<PathBuf> = ["assemblyscript", "c", "rust"]
        .iter()
        .flat_map(|language| paths::files_with_extension(&suite.join(language), "wasm"))
        .collect();
    let listed = read_list();
    let names: Vec<String> = programs.iter().map(|program| name(&suite, program)).collect();
    if let Some(unknown) = listed.keys().find(|listed| !names.contains(listed)) {
        println!("wasi: {unknown} is listed, but there is no such test");
        return ExitCode::FAILURE;
    }
    if programs.len() < TESTS {
        println!("wasi: {} tests in the corpus, not {TESTS}", programs.len());
        return ExitCode::FAILURE;
    }
    let trials = names.into_iter().zip(programs).map(|(name, program)| {
        let reason = listed.get(&name).cloned();
        Trial::test(name, move || judge(&program, reason.as_deref()))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    println!("wasi: {} passed, {} listed as not passing yet", conclusion.num_passed, listed.len());
    conclusion.exit_code()
}

/// `language/test`.
fn name(suite: &Path, program: &Path) -> String {
    program.strip_prefix(suite).unwrap_or(program).with_extension("").to_string_lossy().into_owned()
}

fn read_list() -> Expected {
    let text = std::fs::read_to_string(paths::tests().join("wasi/listed.txt")).expect("wasi/listed.txt");
    expected::parse(&text).unwrap_or_else(|errors| panic!("wasi/listed.txt: {}", errors.join("\n")))
}

/// Runs a test and holds it against the list.
fn judge(program: &Path, listed: Option<&str>) -> Result<(), Failed> {
    match (run(program), listed) {
        (Ok(()), Some(_)) => Err("passes: remove it from wasi/listed.txt".into()),
        (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
        (Err(message), None) => Err(message.into()),
    }
}

fn run(program: &Path) -> Result<(), String> {
    let specification = specification(program)?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let source = program.to_str().ok_or("a path that is not in UTF-8")?;
    let compiled = commands::run("wamrc", folder.path(), &[source, "-o", "program.aot"]);
    if compiled.status != Some(0) {
        return Err(format!("wamrc: {}", compiled.stderr));
    }
    let mut args: Vec<String> = Vec::new();
    for (name, value) in specification["env"].as_object().into_iter().flatten() {
        args.push(format!("--env={name}={}", value.as_str().ok_or("a variable is no text")?));
    }
    if let Some(root) = specification["root"].as_str() {
        copy_folder(&program.with_file_name(root), &folder.path().join("root")).map_err(|error| error.to_string())?;
        args.push("--map-dir=/::root".into());
    }
    args.push("program.aot".into());
    for arg in specification["args"].as_array().into_iter().flatten() {
        args.push(arg.as_str().ok_or("an argument is no text")?.into());
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = commands::run("iwasm", folder.path(), &args);
    let exit = specification["exit_code"].as_i64().unwrap_or(0);
    if ran.status.map(i64::from) != Some(exit) {
        return Err(format!("exit status {:?}, not {exit}: {}", ran.status, ran.stderr));
    }
    for (stream, found) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        if let Some(wanted) = specification[stream].as_str()
            && found != wanted
        {
            return Err(format!("{stream} is {found:?}, not {wanted:?}"));
        }
    }
    Ok(())
}

/// What the suite says of a test, in its older form: the one that all of these have.
fn specification(program: &Path) -> Result<Value, String> {
    const KNOWN: [&str; 6] = ["args", "env", "exit_code", "root", "stderr", "stdout"];
    let path = program.with_extension("json");
    if !path.exists() {
        return Ok(Value::Object(Default::default()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let fields = value.as_object().ok_or("a specification that is no object")?;
    match fields.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        Some(unknown) => Err(format!("the specification has {unknown:?}, which this runner does not understand")),
        None => Ok(value),
    }
}

/// Copies a folder that may be for reading only to one that is not.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => std::fs::write(target, std::fs::read(entry.path())?)?,
        }
    }
    Ok(())
}
