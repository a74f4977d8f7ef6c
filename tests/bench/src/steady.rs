//! How fast compiled code runs: kernels of this folder, and the real programs of the corpus.

use crate::clock::{Clock, Repeat};
use crate::corpus::{self, COREMARK, COREMARK_CLOCK, Case};
use crate::guest::Guest;
use crate::ours::Ours;
use crate::report::{Row, Shown, Table};
use crate::side::Side;
use crate::theirs::Theirs;
use crate::{Bench, Both, Error, Pairs, error};

macro_rules! kernels {
    ($($name:literal)*) => {
        &[$(($name, include_bytes!(concat!("../kernels/", $name, ".wasm")))),*]
    };
}

/// Each exports `run`, which does its work as often as it is told and returns a checksum.
pub const KERNELS: &[(&str, &[u8])] = kernels!(
    "copy" "crc32" "dispatch" "fib" "hashtable" "heapsort" "interpreter" "mandelbrot" "matmul" "nbody" "quicksort"
    "sha256" "sieve"
);

/// Programs that take longer are left out of the quick run.
const QUICK_SECONDS: f64 = 5.0;

/// Measures all of them.
///
/// # Errors
///
/// When a kernel cannot be run. A program that cannot be run is a row that says so.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let method = "CPU time of the thread in one call, of the same work on both sides; results are compared";
    let mut kernels = Table::new("Steady state: kernels", "ms", method).of_ratios();
    for (name, wasm) in KERNELS.iter().filter(|(name, _)| name.contains(&bench.filter)) {
        eprintln!("steady: {name}");
        kernels.rows.push(kernel(bench, name, wasm)?);
    }
    Ok(vec![kernels.into(), programs(bench).into()])
}

fn programs(bench: &Bench) -> Table {
    let method = "CPU time of the thread between `bench.start` and `bench.end`, or else in `_start`; a fresh \
                  instance each time; output and files written are compared";
    let mut table = Table::new("Steady state: real programs", "ms", method).of_ratios();
    let listed = bench.corpus.as_deref().map(corpus::programs);
    let programs = match listed {
        None => {
            table.rows.push(Row::skipped("all", "no corpus; CORPUS names its folder"));
            return table;
        }
        Some(Err(error)) => {
            table.rows.push(Row::skipped("all", error));
            return table;
        }
        Some(Ok(programs)) => programs,
    };
    for case in programs.cases.iter().filter(|case| case.name.contains(&bench.filter)) {
        if bench.quick && case.seconds > QUICK_SECONDS {
            table.rows.push(Row::skipped(&case.name, "takes long"));
            continue;
        }
        eprintln!("steady: {}", case.name);
        let row = program(bench, case);
        table.rows.push(row.unwrap_or_else(|error| Row::skipped(&case.name, error)));
    }
    let left_out: Vec<String> = programs.left_out.iter().map(|(name, reason)| format!("{name} ({reason})")).collect();
    table.notes.push(format!("Left out of the corpus's programs: {}.", left_out.join(", ")));
    table
}

/// How much work a kernel has to be given to take at least so many nanoseconds on our side. Both sides do that work.
///
/// # Errors
///
/// When a side cannot run it, or the two disagree.
pub fn work_for(ours: &mut <Ours as Side>::Run, theirs: &mut <Theirs as Side>::Run, ns: f64) -> Result<i32, Error> {
    let mut work = 1;
    loop {
        let (taken, result) = Clock::ThreadCpu.time(|| Ours::call(ours, "run", work, 1));
        let ours = result?;
        let theirs = Theirs::call(theirs, "run", work, 1)?;
        if ours != theirs {
            return Err(Error::Disagreement { ours: ours.to_string(), theirs: theirs.to_string() });
        }
        if taken > ns || work > 1 << 28 {
            return Ok(work);
        }
        work *= 2;
    }
}

fn kernel(bench: &Bench, name: &str, wasm: &[u8]) -> Result<Row, Error> {
    let module = bench.modules(name, wasm)?;
    let mut ours = bench.ours.link(&[("", &module.ours)], Guest::default())?;
    let mut theirs = bench.theirs.link(&[("", &module.theirs)], Guest::default())?;
    let work = work_for(&mut ours, &mut theirs, 4e6)?;
    let mut pairs = Pairs::default();
    for round in Repeat::new(5, if bench.quick { 5 } else { 61 }, 10.0) {
        pairs.measure(round, || time_kernel::<Ours>(&mut ours, work), || time_kernel::<Theirs>(&mut theirs, work))?;
    }
    Ok(pairs.row(name, 1e-6))
}

fn time_kernel<S: Side>(run: &mut S::Run, work: i32) -> Result<f64, Error> {
    let (ns, result) = Clock::ThreadCpu.time(|| S::call(run, "run", work, 1));
    result.map(|_| ns)
}

fn program(bench: &Bench, case: &Case) -> Result<Row, Error> {
    let main = bench.modules(&case.name, &error::read(&case.wasm)?)?;
    let mut modules = Both { ours: Vec::new(), theirs: Vec::new() };
    for (name, file) in &case.preload {
        let module = bench.modules(name, &error::read(file)?)?;
        modules.ours.push((name.as_str(), module.ours));
        modules.theirs.push((name.as_str(), module.theirs));
    }
    modules.ours.push(("", main.ours));
    modules.theirs.push(("", main.theirs));
    let expected = case.stdout.as_deref().map(error::read).transpose()?;
    let mut pairs = Pairs::default();
    for round in Repeat::new(if bench.quick { 3 } else { 5 }, if bench.quick { 3 } else { 15 }, 8.0) {
        let mut outcome = Both { ours: Vec::new(), theirs: Vec::new() };
        pairs.measure(
            round,
            || time_program(&bench.ours, &modules.ours, case, &mut outcome.ours),
            || time_program(&bench.theirs, &modules.theirs, case, &mut outcome.theirs),
        )?;
        // Coremark prints the time that it took.
        if case.name == COREMARK {
            continue;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        if outcome.ours != outcome.theirs {
            return Err(Error::Disagreement { ours: text(&outcome.ours), theirs: text(&outcome.theirs) });
        }
        if expected.as_ref().is_some_and(|expected| !outcome.ours.starts_with(expected)) {
            return Err(Error::Output { output: text(&outcome.ours) });
        }
    }
    let remark = if case.has_region { "" } else { "whole program" };
    Ok(pairs.row(&case.name, 1e-6).remark(remark))
}

/// Nanoseconds; puts the output, and behind it all files, into `outcome`.
fn time_program<S: Side>(
    side: &S,
    modules: &[(&str, S::Module)],
    case: &Case,
    outcome: &mut Vec<u8>,
) -> Result<f64, Error> {
    let modules: Vec<(&str, &S::Module)> = modules.iter().map(|(name, module)| (*name, module)).collect();
    let mut run = side.link(&modules, case.guest()?)?;
    let (ns, result) = Clock::ThreadCpu.time(|| S::start(&mut run));
    match result {
        Ok(()) if case.exit == 0 => {}
        Ok(()) => return Err(Error::Status { side: S::NAME, status: 0 }),
        Err(Error::Status { status, .. }) if status == case.exit => {}
        Err(error) => return Err(error),
    }
    let guest = S::guest(&run);
    outcome.extend_from_slice(&guest.output);
    guest.files().for_each(|content| outcome.extend_from_slice(content));
    Ok(coremark_iteration(guest).or(guest.region).unwrap_or(ns))
}

/// Nanoseconds of a thousand iterations, of what Coremark printed.
fn coremark_iteration(guest: &Guest) -> Option<f64> {
    let output = String::from_utf8_lossy(&guest.output);
    let line = output.lines().find_map(|line| line.strip_prefix("Iterations/Sec"))?;
    let per_second: f64 = line.trim_start_matches([' ', ':']).trim().parse().ok()?;
    Some(1e12 / (per_second * COREMARK_CLOCK))
}
