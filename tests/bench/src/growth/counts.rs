//! The number of functions of a module, and of functions that a module imports from another.

use super::rounds;
use super::size::load_time;
use crate::clock::Clock;
use crate::guest::Guest;
use crate::report::{Row, Shown, Table};
use crate::side::Side;
use crate::{Bench, Error, Pairs, generated};

const FUNCTIONS: [u32; 9] = [10, 32, 100, 320, 1000, 3200, 10_000, 32_000, 100_000];
const IMPORTS: [u32; 8] = [1, 3, 10, 32, 100, 320, 1000, 10_000];
const QUICK: [u32; 3] = [10, 100, 1000];

/// Smallest functions, all exported.
///
/// # Errors
///
/// When a side cannot compile or load a module.
pub fn functions(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let method = "CPU time of all threads; a module of smallest functions, all exported";
    let mut compile = Table::new("Growth with functions: compile time, CPU", "ms", method);
    let method = "time that passes; from the file, warm, and freed again";
    let mut load = Table::new("Growth with functions: load time", "µs", method);
    let points: &[u32] = if bench.quick { &QUICK } else { &FUNCTIONS };
    for count in points {
        eprintln!("growth: {count} functions");
        let name = format!("{count} functions");
        let wasm = generated::functions(*count);
        let mut compiles = Pairs::default();
        for round in rounds(bench, 9) {
            compiles.measure(round, || compile_time(&bench.ours, &wasm), || compile_time(&bench.theirs, &wasm))?;
        }
        compile.rows.push(compiles.row(&name, 1e-6).at(f64::from(*count)));
        let files = bench.files("functions", &wasm)?;
        let mut loads = Pairs::default();
        for round in rounds(bench, 301) {
            loads.measure(round, || load_time(&bench.ours, &files.ours), || load_time(&bench.theirs, &files.theirs))?;
        }
        load.rows.push(loads.row(&name, 1e-3).at(f64::from(*count)));
    }
    compile.note_exponents();
    load.note_exponents();
    Ok(vec![compile.of_growth("functions").into(), load.of_growth("functions").into()])
}

fn compile_time<S: Side>(side: &S, wasm: &[u8]) -> Result<f64, Error> {
    let (ns, compiled) = Clock::ProcessCpu.time(|| side.compile(wasm));
    compiled.map(|_| ns)
}

/// Functions that one module imports from another.
///
/// # Errors
///
/// When a side cannot compile or load a module.
pub fn imports(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let method = "time that passes; two modules, loaded before; a new linker and store, with two dozen host functions";
    let mut table = Table::new("Growth with imports: link and instantiate", "µs", method);
    let points: &[u32] = if bench.quick { &QUICK } else { &IMPORTS };
    for count in points {
        eprintln!("growth: {count} imports");
        let exporter = bench.modules("exporter", &generated::functions(*count))?;
        let importer = bench.modules("importer", &generated::importer(*count))?;
        let mut pairs = Pairs::default();
        let expected = count.cast_signed() - 1;
        let done = rounds(bench, 201).try_for_each(|round| {
            pairs.measure(
                round,
                || link_time(&bench.ours, &exporter.ours, &importer.ours, expected),
                || link_time(&bench.theirs, &exporter.theirs, &importer.theirs, expected),
            )
        });
        let name = format!("{count} imports");
        table.rows.push(match done {
            Ok(()) => pairs.row(name, 1e-3).at(f64::from(*count)),
            Err(error) => Row::skipped(name, error),
        });
    }
    table.note_exponents();
    Ok(vec![table.of_growth("imported functions").into()])
}

fn link_time<S: Side>(side: &S, exporter: &S::Module, importer: &S::Module, expected: i32) -> Result<f64, Error> {
    let set = [("all", exporter), ("", importer)];
    let (ns, run) = Clock::Wall.time(|| side.link(&set, Guest::default()));
    match S::call(&mut run?, "run", 0, 1)? {
        value if value == expected => Ok(ns),
        value => Err(Error::Disagreement { ours: value.to_string(), theirs: expected.to_string() }),
    }
}
