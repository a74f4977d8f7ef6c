//! How long compilation takes, and how large what it makes is.

use std::path::PathBuf;

use crate::clock::{Clock, Repeat};
use crate::report::{Row, Shown, Table};
use crate::side::Side;
use crate::stats::Stats;
use crate::{Bench, Error, Pairs, corpus, error};

/// Files of the corpus that are no programs of its list, with short names.
const MODULES: &[(&str, &str)] = &[
    ("web-tree-sitter", "multi/tree-sitter/web-tree-sitter.wasm"),
    ("tree-sitter-c", "multi/tree-sitter/tree-sitter-c.wasm"),
    ("javy-provider-v1", "multi/javy/javy_quickjs_provider_v1.wasm"),
    ("javy-provider-v2", "multi/javy/javy_quickjs_provider_v2.wasm"),
];

/// How many modules the quick run takes.
const QUICK: usize = 4;

/// Measures all modules.
///
/// # Errors
///
/// None: a module that cannot be compiled is a row that says so.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let same = "same optimisation level and CPU features, all CPUs, in memory";
    let mut wall = Table::new("Compile time", "ms", format!("time that passes; {same}"));
    let mut cpu = Table::new("Compile time, CPU", "ms", format!("CPU time of all threads; {same}"));
    let mut size = Table::new("Size of the artifact", "bytes", "the .aot file and the .cwasm file");
    let mut text = Table::new("Machine code in the artifact", "bytes", "the section with the code");
    match modules(bench) {
        Err(error) => wall.rows.push(Row::skipped("all", error)),
        Ok(None) => wall.rows.push(Row::skipped("all", "no corpus; CORPUS names its folder")),
        Ok(Some(modules)) => {
            let few = if bench.quick { QUICK } else { usize::MAX };
            for (name, path) in modules.iter().filter(|(name, _)| name.contains(&bench.filter)).take(few) {
                eprintln!("compile: {name}");
                match error::read(path).and_then(|wasm| module(bench, name, &wasm)) {
                    Ok([wall_row, cpu_row, size_row, text_row]) => {
                        wall.rows.push(wall_row);
                        cpu.rows.push(cpu_row);
                        size.rows.push(size_row);
                        text.rows.push(text_row);
                    }
                    Err(error) => wall.rows.push(Row::skipped(name, error)),
                }
            }
        }
    }
    let shown = [wall, cpu, size, text].into_iter().filter(|table| !table.rows.is_empty());
    Ok(shown.map(Table::of_ratios).map(Shown::from).collect())
}

/// Names and files of all different modules of the corpus that are measured anywhere; nothing without a corpus.
fn modules(bench: &Bench) -> Result<Option<Vec<(String, PathBuf)>>, Error> {
    let Some(corpus) = &bench.corpus else { return Ok(None) };
    let mut modules: Vec<(String, PathBuf)> = Vec::new();
    let programs = corpus::programs(corpus)?.cases.into_iter().map(|case| (case.name, case.wasm));
    let others = MODULES.iter().map(|(name, file)| ((*name).to_owned(), corpus.join(file)));
    for (name, path) in programs.chain(others) {
        if modules.iter().all(|(_, known)| *known != path) {
            modules.push((name, path));
        }
    }
    Ok(Some(modules))
}

/// Rows of the four tables.
fn module(bench: &Bench, name: &str, wasm: &[u8]) -> Result<[Row; 4], Error> {
    let ours = bench.ours.compile(wasm)?;
    let theirs = bench.theirs.compile(wasm)?;
    let exact = |size: usize| Some(Stats::exact(size as f64));
    let size = Row::new(name, exact(ours.len()), exact(theirs.len()));
    let text = Row::new(name, exact(bench.ours.text_bytes(&ours)?), exact(bench.theirs.text_bytes(&theirs)?));
    let (mut wall, mut cpu) = (Pairs::default(), Pairs::default());
    for round in Repeat::new(3, if bench.quick { 3 } else { 9 }, 6.0) {
        let mut used = (0.0, 0.0);
        wall.measure(round, || time(&bench.ours, wasm, &mut used.0), || time(&bench.theirs, wasm, &mut used.1))?;
        cpu.measure(round, || Ok(used.0), || Ok(used.1))?;
    }
    let row = |pairs: Pairs| pairs.row(name, 1e-6);
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
