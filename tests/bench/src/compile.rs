//! How long compilation takes, and how large what it makes is.

use crate::clock::{Clock, Repeat};
use crate::report::{Row, Table};
use crate::side::Side;
use crate::stats::Stats;
use crate::{Bench, Error, Pairs, error};

/// Files of the corpus, with short names. The first ones are for the quick run.
const MODULES: &[(&str, &str)] = &[
    ("bz2", "bench/sightglass/bz2/benchmark.wasm"),
    ("pulldown-cmark", "bench/sightglass/pulldown-cmark/benchmark.wasm"),
    ("rust-json", "bench/sightglass/rust-json/benchmark.wasm"),
    ("web-tree-sitter", "multi/tree-sitter/web-tree-sitter.wasm"),
    ("tree-sitter-c", "multi/tree-sitter/tree-sitter-c.wasm"),
    ("micropython", "apps/micropython/micropython-wasi.wasm"),
    ("tinygo-regex", "bench/sightglass/tinygo/tinygo-regex.wasm"),
    ("boolector", "apps/boolector/boolector.wasm"),
    ("quickjs", "apps/quickjs-ng/quickjs.wasm"),
    ("javy-provider-v1", "multi/javy/javy_quickjs_provider_v1.wasm"),
    ("resvg", "apps/resvg/resvg.wasm"),
];

/// Measures all modules.
///
/// # Errors
///
/// None: a module that cannot be compiled is a row that says so.
pub fn run(bench: &Bench) -> Result<Vec<Table>, Error> {
    let same = "same optimisation level and CPU features, all CPUs, in memory";
    let mut wall = Table::new("Compile time", "ms", format!("time that passes; {same}"));
    let mut cpu = Table::new("Compile time", "ms", format!("CPU time of all threads; {same}"));
    let mut size = Table::new("Size of the artifact", "bytes", "the .aot file and the .cwasm file");
    let mut text = Table::new("Machine code in the artifact", "bytes", "the section with the code");
    let modules = if bench.quick { &MODULES[..4] } else { MODULES };
    for (name, file) in modules.iter().filter(|(name, _)| name.contains(&bench.filter)) {
        let Some(path) = bench.corpus_file(file) else {
            wall.rows.push(Row::skipped(*name, "not in the corpus"));
            continue;
        };
        eprintln!("compile: {name}");
        match module(bench, name, &error::read(&path)?) {
            Ok([wall_row, cpu_row, size_row, text_row]) => {
                wall.rows.push(wall_row);
                cpu.rows.push(cpu_row);
                size.rows.push(size_row);
                text.rows.push(text_row);
            }
            Err(error) => wall.rows.push(Row::skipped(*name, error)),
        }
    }
    let mut tables = vec![wall, cpu, size, text];
    for table in &mut tables {
        table.mean = true;
    }
    Ok(tables)
}

/// Rows of the four tables.
fn module(bench: &Bench, name: &str, wasm: &[u8]) -> Result<[Row; 4], Error> {
    let ours = bench.ours.compile(wasm)?;
    let theirs = bench.theirs.compile(wasm)?;
    let exact = |size: usize| Some(Stats::exact(size as f64));
    let size = Row::new(name, exact(ours.len()), exact(theirs.len()));
    let text = Row::new(name, exact(bench.ours.text_bytes(&ours)?), exact(bench.theirs.text_bytes(&theirs)?));
    let (mut wall, mut cpu) = (Pairs::default(), Pairs::default());
    for round in Repeat::new(3, if bench.quick { 3 } else { 9 }, 12.0) {
        let mut used = (0.0, 0.0);
        wall.measure(round, || time(&bench.ours, wasm, &mut used.0), || time(&bench.theirs, wasm, &mut used.1))?;
        cpu.measure(round, || Ok(used.0), || Ok(used.1))?;
    }
    let row = |pairs: Pairs| {
        let (ours, theirs) = pairs.stats();
        Row::new(name, ours.map(|stats| stats.scaled(1e-6)), theirs.map(|stats| stats.scaled(1e-6)))
    };
    let remark = format!("{} bytes of wasm", wasm.len());
    Ok([row(wall).remark(&remark), row(cpu).remark(&remark), size.remark(&remark), text.remark(remark)])
}

/// Nanoseconds that pass, and those on CPUs.
fn time<S: Side>(side: &S, wasm: &[u8], cpu: &mut f64) -> Result<f64, Error> {
    let start = Clock::ProcessCpu.now();
    let (ns, compiled) = Clock::Wall.time(|| side.compile(wasm));
    *cpu = Clock::ProcessCpu.now() - start;
    compiled.map(|_| ns)
}
