//! How fast compiled code runs: kernels of this folder, and real programs of the corpus.

use std::collections::BTreeMap;
use std::path::Path;

use crate::clock::{Clock, Repeat};
use crate::guest::Guest;
use crate::ours::Ours;
use crate::report::{Row, Table};
use crate::side::Side;
use crate::theirs::Theirs;
use crate::{Bench, Both, Error, Pairs, error};

macro_rules! kernels {
    ($($name:literal)*) => {
        &[$(($name, include_bytes!(concat!("../kernels/", $name, ".wasm")))),*]
    };
}

/// Each exports `run`, which does its work as often as it is told and returns a checksum.
const KERNELS: &[(&str, &[u8])] = kernels!(
    "copy" "crc32" "dispatch" "fib" "hashtable" "heapsort" "interpreter" "mandelbrot" "matmul" "nbody" "quicksort"
    "sha256" "sieve"
);

/// WASI programs, by folder of the corpus, file and arguments.
const PROGRAMS: &[(&str, &str, &[&str])] = &[
    ("bench/sightglass/blake3-scalar", "benchmark.wasm", &[]),
    ("bench/sightglass/bz2", "benchmark.wasm", &[]),
    ("bench/sightglass/intgemm-simd", "benchmark.wasm", &[]),
    ("bench/sightglass/pulldown-cmark", "benchmark.wasm", &[]),
    ("bench/sightglass/quicksort", "benchmark.wasm", &[]),
    ("bench/sightglass/rust-json", "benchmark.wasm", &[]),
    ("bench/sightglass/libsodium", "libsodium-box.wasm", &[]),
    ("bench/sightglass/libsodium", "libsodium-chacha20.wasm", &[]),
    ("bench/sightglass/libsodium", "libsodium-hash.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-ackermann.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-base64.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-ctype.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-fib2.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-gimli.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-heapsort.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-matrix.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-memmove.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-sieve.wasm", &[]),
    ("bench/sightglass/shootout", "shootout-switch.wasm", &[]),
    ("bench/wasm3/test/wasi/coremark", "coremark.wasm", &[]),
    ("bench/wasm3/test/wasi/mandelbrot", "mandel.wasm", &["128", "4e5"]),
    ("bench/wasm3/test/wasi/smallpt", "smallpt-ex.wasm", &["16", "64"]),
    ("gc/kotlin-richards", "kotlin-richards-core.wasm", &[]),
    ("gc/splay", "splay.wasm", &[]),
];

/// It runs until its own clock says that ten seconds are over, and says how many iterations that were.
const COREMARK: &str = "coremark";
/// By how much that clock is fast.
const COREMARK_CLOCK: f64 = 20.0;

/// Measures all of them.
///
/// # Errors
///
/// When a kernel cannot be run. A program that cannot be run is a row that says so.
pub fn run(bench: &Bench) -> Result<Vec<Table>, Error> {
    let method = "CPU time of the thread in one call, of the same work on both sides; results are compared";
    let mut kernels = Table::new("Steady state: kernels", "ms", method);
    kernels.mean = true;
    for (name, wasm) in KERNELS.iter().filter(|(name, _)| name.contains(&bench.filter)) {
        eprintln!("steady: {name}");
        kernels.rows.push(kernel(bench, name, wasm)?);
    }
    let method = "CPU time of the thread between `bench.start` and `bench.end`, or else in `_start`; a fresh \
                  instance each time; output is compared";
    let mut programs = Table::new("Steady state: WASI programs", "ms", method);
    programs.mean = true;
    for (folder, file, args) in PROGRAMS {
        let name = match *file {
            "benchmark.wasm" => folder.rsplit('/').next().unwrap_or(folder),
            _ => file.trim_end_matches(".wasm"),
        };
        if !name.contains(&bench.filter) {
            continue;
        }
        let Some(path) = bench.corpus_file(&format!("{folder}/{file}")) else {
            programs.rows.push(Row::skipped(name, "not in the corpus"));
            continue;
        };
        eprintln!("steady: {name}");
        let row = program(bench, name, &path, args);
        programs.rows.push(row.unwrap_or_else(|error| Row::skipped(name, error)));
    }
    Ok(vec![kernels, programs])
}

fn kernel(bench: &Bench, name: &str, wasm: &[u8]) -> Result<Row, Error> {
    let module = bench.modules(name, wasm)?;
    let mut ours = bench.ours.link(&[("", &module.ours)], Guest::default())?;
    let mut theirs = bench.theirs.link(&[("", &module.theirs)], Guest::default())?;
    let wanted_ns = 4e6;
    let mut work = 1;
    loop {
        let (ns, result) = Clock::ThreadCpu.time(|| Theirs::call(&mut theirs, "run", work, 1));
        let theirs = result?;
        let ours = Ours::call(&mut ours, "run", work, 1)?;
        if ours != theirs {
            return Err(Error::Disagreement { ours: ours.to_string(), theirs: theirs.to_string() });
        }
        if ns > wanted_ns || work > 1 << 28 {
            break;
        }
        work *= 2;
    }
    let mut pairs = Pairs::default();
    for round in Repeat::new(5, if bench.quick { 5 } else { 61 }, 10.0) {
        pairs.measure(round, || time_kernel::<Ours>(&mut ours, work), || time_kernel::<Theirs>(&mut theirs, work))?;
    }
    let (ours, theirs) = pairs.stats();
    Ok(Row::new(name, ours.map(|stats| stats.scaled(1e-6)), theirs.map(|stats| stats.scaled(1e-6))))
}

fn time_kernel<S: Side>(run: &mut S::Run, work: i32) -> Result<f64, Error> {
    let (ns, result) = Clock::ThreadCpu.time(|| S::call(run, "run", work, 1));
    result.map(|_| ns)
}

fn program(bench: &Bench, name: &str, path: &Path, args: &[&str]) -> Result<Row, Error> {
    let module = bench.modules(name, &error::read(path)?)?;
    let inputs = inputs(path)?;
    let arguments: Vec<&str> = std::iter::once(name).chain(args.iter().copied()).collect();
    let clock_speed = if name == COREMARK { COREMARK_CLOCK } else { 1.0 };
    let guest = || Guest::new(&arguments, inputs.clone()).with_clock_speed(clock_speed);
    let mut pairs = Pairs::default();
    for round in Repeat::new(if bench.quick { 1 } else { 5 }, if bench.quick { 1 } else { 15 }, 8.0) {
        let mut output = Both { ours: Vec::new(), theirs: Vec::new() };
        pairs.measure(
            round,
            || time_program(&bench.ours, &module.ours, guest(), &mut output.ours),
            || time_program(&bench.theirs, &module.theirs, guest(), &mut output.theirs),
        )?;
        // Coremark prints the time that it took.
        if name != COREMARK && output.ours != output.theirs {
            let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
            return Err(Error::Disagreement { ours: text(&output.ours), theirs: text(&output.theirs) });
        }
    }
    let (ours, theirs) = pairs.stats();
    Ok(Row::new(name, ours.map(|stats| stats.scaled(1e-6)), theirs.map(|stats| stats.scaled(1e-6))))
}

/// Files beside a program that are no programs: what it may read.
fn inputs(program: &Path) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let folder = program.parent().unwrap_or(program);
    let failed = |source| Error::File { path: folder.to_path_buf(), source };
    let mut inputs = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() && path.extension().is_none_or(|extension| extension != "wasm") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            inputs.insert(name, error::read(&path)?);
        }
    }
    Ok(inputs)
}

fn time_program<S: Side>(side: &S, module: &S::Module, guest: Guest, output: &mut Vec<u8>) -> Result<f64, Error> {
    let mut run = side.link(&[("", module)], guest)?;
    let (ns, result) = Clock::ThreadCpu.time(|| S::start(&mut run));
    result?;
    let guest = S::guest(&run);
    output.extend_from_slice(&guest.output);
    Ok(coremark_iteration(guest).or(guest.region).unwrap_or(ns))
}

/// Nanoseconds of a thousand iterations, of what Coremark printed.
fn coremark_iteration(guest: &Guest) -> Option<f64> {
    let output = String::from_utf8_lossy(&guest.output);
    let line = output.lines().find_map(|line| line.strip_prefix("Iterations/Sec"))?;
    let per_second: f64 = line.trim_start_matches([' ', ':']).trim().parse().ok()?;
    Some(1e12 / (per_second * COREMARK_CLOCK))
}
