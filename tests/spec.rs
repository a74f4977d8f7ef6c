//! The WebAssembly specification's test suite. Each module is compiled to an `.aot` file and loaded
//! from there; each `.wast` file runs in a process of its own, on a thread of its own. What does not
//! pass yet stands in `spec/listed.txt`; a table at the end gives the counts by proposal, the last line
//! printed all of them.
//!
//! Arguments: parts of file names to run only those, with every failure printed.
//!
//! Everything then runs a second time with other compiler options, [`OTHER_OPTIONS`], and must come
//! out the same.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tests::script::{self, Failure, Report};
use tests::spec_groups::{GROUPS, group_of};
use tests::spec_list::{self, Entry, List};
use tests::spec_suite::{self, SuiteFile};
use tests::{artifact, paths};
use wamrc::Options;

/// Failures printed for one file, unless it was asked for by name.
const SHOWN: usize = 8;

/// The options of the second run, as an artifact records them: explicit checks, no optimisation.
const OTHER_OPTIONS: &str = "--bounds-checks=1 --opt-level=0";

fn main() -> ExitCode {
    let (files, source) = spec_suite::files();
    if let Some((name, options)) = spec_suite::child_case() {
        return child(files, &name, &options);
    }
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let asked = |file: &SuiteFile| filters.is_empty() || filters.iter().any(|part| file.name.contains(part.as_str()));
    let files: Vec<SuiteFile> = files.into_iter().filter(asked).collect();
    let list = match std::fs::read_to_string(paths::tests().join("spec/listed.txt")) {
        Ok(text) => match spec_list::parse(&text) {
            Ok(list) => list,
            Err(errors) => return usage(&format!("spec/listed.txt: {}", errors.join("\n  "))),
        },
        Err(error) => return usage(&format!("spec/listed.txt: {error}")),
    };
    if let Err(message) = check_runner() {
        return usage(&message);
    }
    println!("spec: {} files from {source}", files.len());
    if files.is_empty() && !filters.is_empty() {
        println!("spec: 0 passed, 0 failed, 0 listed (no file has a name like that)");
        return ExitCode::SUCCESS;
    }
    let reports = run_all(&files, "");
    let others = run_all(&files, OTHER_OPTIONS);
    let shown = if filters.is_empty() { SHOWN } else { usize::MAX };
    let mut totals = Totals::default();
    for ((file, report), other) in files.iter().zip(&reports).zip(&others) {
        totals.add(&file.name, report, list.get(&file.name), shown);
        totals.compare(&file.name, report, other);
    }
    if filters.is_empty() {
        totals.check_names(&list, &files, &source);
    }
    totals.print_groups();
    println!("{}", totals.summary());
    if totals.failed == 0 && totals.stale == 0 && totals.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage(message: &str) -> ExitCode {
    println!("{message}\nspec: 0 passed, 0 failed, 0 listed (nothing ran)");
    ExitCode::FAILURE
}

/// Runs the script whose every assertion is wrong: each must be found to fail, and nothing else.
fn check_runner() -> Result<(), String> {
    let text = std::fs::read_to_string(paths::tests().join("spec/wrong.wast")).map_err(|error| error.to_string())?;
    let report = script::run(&text, Options::new().threads(1));
    let failed: BTreeSet<usize> = report.failures.iter().map(|failure| failure.line).collect();
    let wrong = |(_, line): &(usize, &str)| line.starts_with("(assert_");
    let should: BTreeSet<usize> = text.lines().enumerate().filter(wrong).map(|(number, _)| number + 1).collect();
    let differing: Vec<&usize> = failed.symmetric_difference(&should).collect();
    match differing.is_empty() && !should.is_empty() {
        true => Ok(()),
        false => {
            Err(format!("the runner is wrong about lines {differing:?} of spec/wrong.wast: {:?}", report.failures))
        }
    }
}

/// Runs one file on a thread with the standard stack, as an embedder's thread would have.
fn child(files: Vec<SuiteFile>, name: &str, options: &str) -> ExitCode {
    let Some(file) = files.into_iter().find(|file| file.name == name) else { return ExitCode::FAILURE };
    let options = artifact::options(options).threads(1);
    match std::thread::spawn(move || script::run(&file.text, options)).join() {
        Ok(report) => {
            println!("{}", spec_suite::to_json(&report));
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    }
}

/// Runs all files, as many at a time as there are CPUs, and gives the reports in their order.
fn run_all(files: &[SuiteFile], options: &str) -> Vec<Report> {
    let next = AtomicUsize::new(0);
    let reports: Vec<Mutex<Report>> = files.iter().map(|_| Mutex::default()).collect();
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < files.len())
                {
                    let report = spec_suite::run_in_child(&files[index].name, options);
                    if let Ok(mut place) = reports[index].lock() {
                        *place = report;
                    }
                }
            });
        }
    });
    reports.into_iter().map(|report| report.into_inner().unwrap_or_default()).collect()
}

#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    listed: usize,
    stale: usize,
    listed_files: usize,
    partly_listed_files: usize,
    files: usize,
    groups: BTreeMap<&'static str, Group>,
}

/// The part of [`Totals`] that one group of files has: with failures of both runs, and listed ones.
#[derive(Default)]
struct Group {
    files: usize,
    passed: usize,
    failed: usize,
    listed: usize,
}

impl Totals {
    fn add(&mut self, name: &str, report: &Report, entry: Option<&Entry>, shown: usize) {
        self.files += 1;
        self.passed += report.passed;
        let none = Entry::default();
        let entry = entry.unwrap_or(&none);
        let is_listed = |failure: &Failure| {
            let by_line = |line: &usize| entry.lines.contains(line);
            // Nothing excuses a file that cannot be run at all.
            failure.line != 0 && (entry.whole || by_line(&failure.line) || failure.cause.as_ref().is_some_and(by_line))
        };
        let (listed, unlisted): (Vec<&Failure>, Vec<&Failure>) = report.failures.iter().partition(|f| is_listed(f));
        self.listed += listed.len();
        self.listed_files += usize::from(entry.whole);
        self.partly_listed_files += usize::from(!entry.lines.is_empty());
        self.failed += unlisted.len();
        let group = self.groups.entry(group_of(name)).or_default();
        group.files += 1;
        group.passed += report.passed;
        group.failed += unlisted.len();
        group.listed += listed.len();
        for failure in unlisted.iter().take(shown) {
            println!("FAIL {name}:{}: {}", failure.line, failure.message);
        }
        if unlisted.len() > shown {
            println!("FAIL {name}: and {} more (run with `{name}` as argument to see all)", unlisted.len() - shown);
        }
        self.check_entry(name, report, entry);
    }

    /// With other options, the same directives must hold.
    fn compare(&mut self, name: &str, report: &Report, other: &Report) {
        let failing = |report: &Report| report.failures.iter().map(|failure| failure.line).collect::<BTreeSet<usize>>();
        for line in failing(report).symmetric_difference(&failing(other)) {
            self.failed += 1;
            self.groups.entry(group_of(name)).or_default().failed += 1;
            let message = other.failures.iter().find(|failure| failure.line == *line);
            let message = message.map_or("it holds", |failure| &failure.message);
            println!("FAIL {name}:{line}: not the same with {OTHER_OPTIONS}: {message}");
        }
    }

    fn check_entry(&mut self, name: &str, report: &Report, entry: &Entry) {
        if entry.whole && report.failures.is_empty() {
            self.stale += 1;
            println!("FAIL {name} passes: remove it from tests/spec/listed.txt");
        }
        let failing: BTreeSet<usize> = report.failures.iter().map(|failure| failure.line).collect();
        for line in entry.lines.difference(&failing) {
            self.stale += 1;
            println!("FAIL {name}:{line} passes: remove it from tests/spec/listed.txt");
        }
    }

    /// A listed file that is not in the suite is an error, except that the crate lacks some.
    fn check_names(&mut self, list: &List, files: &[SuiteFile], source: &str) {
        let missing = list.keys().filter(|name| !files.iter().any(|file| file.name == **name));
        for name in missing.filter(|_| source == spec_suite::FROM_CORPUS) {
            self.stale += 1;
            println!("FAIL {name} is no file of the suite: remove it from tests/spec/listed.txt");
        }
    }

    /// Counts by proposal.
    fn print_groups(&self) {
        println!("{:<20} {:>5} {:>7} {:>7} {:>7}", "", "files", "passed", "failed", "listed");
        for (name, group) in GROUPS.iter().filter_map(|name| Some((name, self.groups.get(name)?))) {
            let Group { files, passed, failed, listed } = group;
            println!("{name:<20} {files:>5} {passed:>7} {failed:>7} {listed:>7}");
        }
    }

    fn summary(&self) -> String {
        let Totals { passed, failed, listed, stale, listed_files, partly_listed_files, files, groups: _ } = self;
        let stale = if *stale > 0 { format!(", {stale} list entries to remove") } else { String::new() };
        format!(
            "spec: {passed} passed, {failed} failed, {listed} listed{stale} \
             (files: {files}, of them {listed_files} listed, {partly_listed_files} listed in part)"
        )
    }
}
