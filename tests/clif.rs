//! Snapshots of the CLIF that the translation makes, one case for each `clif/*.wat`: a module, and
//! under the line `;;= CLIF` what it translates to, as comments. A change of a bounds check or of a
//! calling sequence is seen as a difference of text; `BLESS=1` writes the new text into the files,
//! for review. What must not change by blessing stands in lines that begin with `;;!`:
//!
//! * `;;! options: --bounds-checks=1` compiler options, after `--target=x86_64`;
//! * `;;! show: trampolines` (default `functions`) which part of the output;
//! * `;;! has: text`, `;;! lacks: text`, `;;! count 2: text` what the shown part must hold.

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use tests::paths;
use wamrc::{Compiler, Options};

/// The line between a module and its CLIF.
const MARKER: &str = ";;= CLIF\n";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let files = paths::files_with_extension(&paths::tests().join("clif"), "wat");
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let trials: Vec<Trial> = files.into_iter().map(|path| Trial::test(name(&path), move || run(&path))).collect();
    assert!(!trials.is_empty(), "there are no snapshots");
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let (source, expected) = text.split_once(MARKER).unwrap_or((&text, ""));
    let actual = clif(source)?;
    check(source, &actual)?;
    let actual = comment(&actual);
    if actual == expected {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_some() {
        return Ok(std::fs::write(path, format!("{}\n\n{MARKER}{actual}", source.trim_end()))?);
    }
    let difference = first_difference(expected, &actual);
    Err(format!("{}: the CLIF is another ({difference}); if that is meant, run with BLESS=1", path.display()).into())
}

fn directives<'a>(source: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    source.lines().filter_map(move |line| line.strip_prefix(";;! ")?.strip_prefix(key)?.strip_prefix(": "))
}

/// The shown part of what `--emit=clif` prints.
fn clif(source: &str) -> Result<String, Failed> {
    let words = directives(source, "options").next().unwrap_or("");
    let options = Options::from_recorded(&format!("--target=x86_64 {words}"))?.threads(1);
    let wasm = wat::parse_str(source)?;
    let text = Compiler::new(options)?.clif(&wasm)?;
    let (functions, trampolines) = match text.find(";; trampoline") {
        Some(place) => text.split_at(place),
        None => (text.as_str(), ""),
    };
    match directives(source, "show").next() {
        None | Some("functions") => Ok(functions.to_owned()),
        Some("trampolines") => Ok(trampolines.to_owned()),
        Some(other) => Err(format!("there is no part `{other}` to show").into()),
    }
}

fn check(source: &str, actual: &str) -> Result<(), String> {
    for part in directives(source, "has") {
        if !actual.contains(part) {
            return Err(format!("the CLIF lacks `{part}`:\n{actual}"));
        }
    }
    for part in directives(source, "lacks") {
        if actual.contains(part) {
            return Err(format!("the CLIF has `{part}`:\n{actual}"));
        }
    }
    for line in source.lines().filter_map(|line| line.strip_prefix(";;! count ")) {
        let (count, part) = line.split_once(": ").ok_or("`count` needs a number and a text")?;
        let found = actual.matches(part).count();
        if count.parse() != Ok(found) {
            return Err(format!("the CLIF has `{part}` {found} times, not {count}:\n{actual}"));
        }
    }
    let known = ["options: ", "show: ", "has: ", "lacks: ", "count "];
    let unknown = source.lines().filter_map(|line| line.strip_prefix(";;!"));
    match unknown.map(str::trim_start).find(|line| !known.iter().any(|key| line.starts_with(key))) {
        Some(line) => Err(format!("there is no directive `{line}`")),
        None => Ok(()),
    }
}

fn comment(text: &str) -> String {
    text.trim_end().lines().map(|line| format!(";; {line}").trim_end().to_owned() + "\n").collect()
}

fn first_difference(expected: &str, actual: &str) -> String {
    let mut lines = expected.lines().zip(actual.lines()).enumerate();
    match lines.find(|(_, (expected, actual))| expected != actual) {
        Some((number, (expected, actual))) => {
            format!("line {} after the marker: expected `{expected}`, found `{actual}`", number + 1)
        }
        None => format!("{} lines expected, {} found", expected.lines().count(), actual.lines().count()),
    }
}
