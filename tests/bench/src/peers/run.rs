//! Measures all peers that there are: kernels; whole programs, and what building these took.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Absent, Built, Kernel, Peer, all};
use crate::child::{Usage, measured, succeeding};
use crate::clock::Repeat;
use crate::corpus::{self, COREMARK, Case};
use crate::guest::Guest;
use crate::report::{Matrix, Shown};
use crate::side::Side;
use crate::stats::Stats;
use crate::steady::{KERNELS, work_for};
use crate::theirs::Theirs;
use crate::{Bench, Error, error, project_file};

/// Measures the kernels.
///
/// # Errors
///
/// When this project or wasmtime's library cannot run a kernel. What another engine cannot do is said below the table.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let (peers, absent) = all();
    Ok(vec![kernels(bench, &peers, &absent, &folder(bench)?)?.into()])
}

/// Measures real programs, and compiling them.
///
/// # Errors
///
/// When the corpus cannot be read. What an engine cannot do is said below the table.
pub fn run_programs(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let (peers, _) = all();
    programs(bench, &peers, &folder(bench)?)
}

fn folder(bench: &Bench) -> Result<PathBuf, Error> {
    let folder = bench.folder.join("peers");
    std::fs::create_dir_all(&folder).map_err(|source| Error::File { path: folder.clone(), source })?;
    Ok(folder)
}

fn columns(peers: &[&dyn Peer]) -> Vec<String> {
    peers.iter().map(|peer| peer.name().to_owned()).collect()
}

/// Which versions were compared, and which engines were not there.
fn notes(peers: &[&dyn Peer], absent: &[Absent]) -> Vec<String> {
    let here = peers.iter().map(|peer| format!("{}: {}.", peer.name(), peer.version()));
    let missing = absent.iter().map(|absent| format!("Not here: {}: {}.", absent.name, absent.reason));
    here.chain(missing).collect()
}

/// Series of a row, one for each peer that could build it.
struct Line {
    built: Vec<Option<Built>>,
    series: Vec<Vec<f64>>,
}

impl Line {
    /// Builds with all peers; what fails is noted.
    fn new(
        peers: &[&dyn Peer],
        name: &str,
        failures: &mut Failures,
        build: impl Fn(&dyn Peer) -> Result<Built, Error>,
    ) -> Line {
        let built = peers.iter().map(|peer| failures.note(peer.name(), name, build(*peer))).collect();
        Line { built, series: peers.iter().map(|_| Vec::new()).collect() }
    }

    /// Measures all that were built, in an order that turns with the rounds. What fails is not measured again.
    fn measure(
        &mut self,
        round: usize,
        peers: &[&dyn Peer],
        name: &str,
        failures: &mut Failures,
        measure: impl Fn(&Built) -> Result<f64, Error>,
    ) {
        for turn in 0..peers.len() {
            let index = (round + turn) % peers.len();
            let Some(built) = &self.built[index] else { continue };
            match failures.note(peers[index].name(), name, measure(built)) {
                Some(value) => self.series[index].push(value),
                None => {
                    self.built[index] = None;
                    self.series[index].clear();
                }
            }
        }
    }

    fn stats(self) -> Vec<Option<Stats>> {
        self.series.into_iter().map(Stats::of).collect()
    }
}

/// What engines could not do: the rows, by engine and reason.
#[derive(Default)]
struct Failures(BTreeMap<(String, String), Vec<String>>);

impl Failures {
    /// What there is; or nothing, and that is noted.
    fn note<T>(&mut self, peer: &str, row: &str, result: Result<T, Error>) -> Option<T> {
        result
            .map_err(|error| self.0.entry((peer.to_owned(), error.to_string())).or_default().push(row.to_owned()))
            .ok()
    }

    fn sentences(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|((peer, reason), rows)| format!("Not by {peer}: {}: {reason}.", rows.join(", ")))
    }
}

fn kernels(bench: &Bench, peers: &[Box<dyn Peer>], absent: &[Absent], folder: &Path) -> Result<Matrix, Error> {
    let peers: Vec<&dyn Peer> = peers.iter().map(AsRef::as_ref).collect();
    let method = "CPU time of a process that does the work, less that of one that does none; results are compared; \
                  ×: by how many times the first column's";
    let mut matrix = Matrix::new("Peers: kernels", "ms", method, columns(&peers));
    matrix.notes = notes(&peers, absent);
    let mut failures = Failures::default();
    for (name, wasm) in KERNELS.iter().filter(|(name, _)| name.contains(&bench.filter)) {
        eprintln!("peers: {name}");
        let module = bench.modules(name, wasm)?;
        let mut ours = bench.ours.link(&[("", &module.ours)], Guest::default())?;
        let mut theirs = bench.theirs.link(&[("", &module.theirs)], Guest::default())?;
        let work = work_for(&mut ours, &mut theirs, if bench.quick { 1.5e7 } else { 6e7 })?;
        // Some kernels go on where they stopped: a process has a fresh one.
        let mut fresh = bench.theirs.link(&[("", &module.theirs)], Guest::default())?;
        let expected = Theirs::call(&mut fresh, "run", work, 1)?;
        let file = folder.join(format!("{name}.wasm"));
        error::write(&file, wasm)?;
        let source = project_file(&format!("tests/bench/kernels/{name}.c"));
        let kernel = Kernel { name, wasm: file, source };
        let mut line = Line::new(&peers, name, &mut failures, |peer| peer.kernel(&kernel, folder));
        for round in Repeat::new(3, if bench.quick { 3 } else { 15 }, 20.0) {
            line.measure(round, &peers, name, &mut failures, |built| {
                let nothing = call(built, 0, None)?;
                Ok(call(built, work, Some(expected))?.cpu_ms - nothing.cpu_ms)
            });
        }
        matrix.rows.push(((*name).to_owned(), line.stats()));
    }
    matrix.notes.extend(failures.sentences());
    Ok(matrix)
}

/// Runs a kernel.
fn call(built: &Built, work: i32, expected: Option<i32>) -> Result<Usage, Error> {
    let mut args = built.args.clone();
    args.push(work.to_string().into());
    let usage = succeeding(&built.program, &args, None)?;
    let printed = String::from_utf8_lossy(&usage.output).trim().to_owned();
    match (expected, number(&printed)) {
        (Some(expected), Some(value)) if expected == value => Ok(usage),
        (None, Some(_)) => Ok(usage),
        _ => Err(Error::Command {
            command: built.program.display().to_string(),
            reason: format!("printed {printed:?}, wanted {expected:?}"),
        }),
    }
}

/// A result as commands print it: -5, 31, 0x1f:i32.
fn number(printed: &str) -> Option<i32> {
    let word = printed.split(':').next()?.trim();
    match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(u32::cast_signed),
        None => word.parse().ok(),
    }
}

/// Programs of the corpus that need nothing but WASI, and end by themselves.
fn plain_programs(bench: &Bench) -> Result<Vec<Case>, Error> {
    let Some(corpus) = &bench.corpus else { return Ok(Vec::new()) };
    let mut cases = corpus::programs(corpus)?.cases;
    cases.retain(|case| {
        let plain = !case.has_region && case.preload.is_empty() && case.name != COREMARK;
        plain && case.name.contains(&bench.filter) && !(bench.quick && is_large(case))
    });
    Ok(cases)
}

/// Whether an engine that optimises much takes a minute or more to compile it.
fn is_large(case: &Case) -> bool {
    std::fs::metadata(&case.wasm).map_or(0, |data| data.len()) > 500_000
}

fn programs(bench: &Bench, peers: &[Box<dyn Peer>], folder: &Path) -> Result<Vec<Shown>, Error> {
    // C compilers have no sources of programs; of the others, ours comes first.
    let runs_wasi = |peer: &&dyn Peer| {
        ["wasm2c", "clang", "gcc", "wasmtime 48"].iter().all(|start| !peer.name().starts_with(start))
    };
    let peers: Vec<&dyn Peer> = peers.iter().map(AsRef::as_ref).filter(runs_wasi).collect();
    let matrix = |title: &str, unit, method: &str| Matrix::new(title, unit, method, columns(&peers));
    let method = "CPU time of the whole process, of a program compiled before (by V8: with compiling it); status and \
                  output are compared with this project's";
    let mut run = matrix("Peers: real programs", "ms", method);
    let mut build = matrix("Peers: compile time, CPU", "ms", "CPU time of the commands that compile, once");
    let mut memory = matrix("Peers: memory to compile", "MiB", "the most that the command has resident, once");
    let mut size = matrix("Peers: artifact", "bytes", "the file that is run");
    let mut failures = Failures::default();
    let cases = plain_programs(bench)?;
    if cases.is_empty() {
        run.notes.push("No programs: no corpus (CORPUS names its folder), or nothing of that name.".into());
    }
    for case in &cases {
        eprintln!("peers: {}", case.name);
        let mut line = Line::new(&peers, &case.name, &mut failures, |peer| peer.program(case, folder));
        let of = |what: fn(&Built) -> Option<f64>| -> Vec<Option<Stats>> {
            line.built.iter().map(|built| built.as_ref().and_then(what).map(Stats::exact)).collect()
        };
        build
            .rows
            .push((case.name.clone(), of(|built| built.steps.iter().map(|step| step.cpu_ms).reduce(|a, b| a + b))));
        memory
            .rows
            .push((case.name.clone(), of(|built| built.steps.iter().map(|step| step.resident_mib).reduce(f64::max))));
        size.rows.push((case.name.clone(), of(|built| file_bytes(built.steps.first().map(|_| &built.file)?))));
        let mut expected: Option<(i32, Vec<u8>)> = None;
        for round in Repeat::new(3, if bench.quick { 3 } else { 15 }, 20.0) {
            if round == 0 {
                let ours = line.built.first().and_then(Option::as_ref).map(|built| start(built, case));
                expected = ours.and_then(Result::ok).map(|usage| (usage.status, usage.output));
            }
            line.measure(round, &peers, &case.name, &mut failures, |built| {
                let usage = start(built, case)?;
                let is_wrong = expected.as_ref().is_some_and(|(status, output)| {
                    (usage.status, &usage.output) != (*status, output) || usage.status != case.exit
                });
                if is_wrong {
                    let output: String = String::from_utf8_lossy(&usage.output).chars().take(100).collect();
                    let command = built.program.display().to_string();
                    let reason = format!("status {}, or a wrong output: {output:?}", usage.status);
                    return Err(Error::Command { command, reason });
                }
                Ok(usage.cpu_ms)
            });
        }
        run.rows.push((case.name.clone(), line.stats()));
    }
    run.notes.extend(failures.sentences());
    Ok([run, build, memory, size].into_iter().map(Shown::from).collect())
}

fn start(built: &Built, case: &Case) -> Result<Usage, Error> {
    measured(&built.program, &built.args, case.stdin.as_deref())
}

fn file_bytes(file: &PathBuf) -> Option<f64> {
    std::fs::metadata(file).ok().map(|data| data.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_as_commands_print_them() {
        assert_eq!(number("-5"), Some(-5));
        assert_eq!(number("0x1f:i32"), Some(31));
        assert_eq!(number("0xffffffff:i32"), Some(-1));
        assert_eq!(number("no such export"), None);
    }
}
