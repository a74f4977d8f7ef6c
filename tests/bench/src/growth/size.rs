//! The size of one module: time and memory to compile it, size of the artifact, time to load that.

use std::path::Path;

use super::rounds;
use crate::child::{beside, succeeding};
use crate::clock::Clock;
use crate::report::{Row, Shown, Table};
use crate::side::Side;
use crate::stats::Stats;
use crate::{Bench, Error, Pairs, error, generated};

const AXIS: &str = "wasm, bytes";

/// Bytes of wasm.
const POINTS: [usize; 9] = [10_000, 32_000, 100_000, 320_000, 1_000_000, 3_200_000, 10_000_000, 25_000_000, 50_000_000];
const QUICK: [usize; 3] = [10_000, 100_000, 1_000_000];

/// Measures all of it.
///
/// # Errors
///
/// When a side cannot compile or load a module.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let what = "one module of generated code, all CPUs";
    let mut tables = [
        Table::new("Growth with module size: compile time", "ms", format!("time that passes; {what}")),
        Table::new("Growth with module size: compile time, CPU", "ms", format!("CPU time of all threads; {what}")),
        Table::new("Growth with module size: memory to compile", "MiB", "most that a process has resident, once"),
        Table::new("Growth with module size: artifact", "bytes", "the .aot file and the .cwasm file"),
        Table::new(
            "Growth with module size: load time",
            "µs",
            "time that passes; from the file, warm, and freed again",
        ),
    ];
    let points: &[usize] = if bench.quick { &QUICK } else { &POINTS };
    for bytes in points {
        let wasm = generated::code(*bytes);
        eprintln!("growth: module of {} bytes", wasm.len());
        let rows = point(bench, &wasm)?;
        for (table, row) in tables.iter_mut().zip(rows) {
            table.rows.push(row.at(wasm.len() as f64));
        }
    }
    for table in &mut tables {
        table.note_exponents();
    }
    Ok(tables.into_iter().map(|table| table.of_growth(AXIS).into()).collect())
}

/// Rows of the five tables.
fn point(bench: &Bench, wasm: &[u8]) -> Result<[Row; 5], Error> {
    let name = format!("{} bytes", crate::report::number(wasm.len() as f64));
    let (mut wall, mut cpu) = (Pairs::default(), Pairs::default());
    for round in rounds(bench, 9) {
        let mut used = (0.0, 0.0);
        wall.measure(round, || time(&bench.ours, wasm, &mut used.0), || time(&bench.theirs, wasm, &mut used.1))?;
        cpu.measure(round, || Ok(used.0), || Ok(used.1))?;
    }
    let (memory, ours, theirs) = {
        let input = bench.folder.join("growth.wasm");
        error::write(&input, wasm)?;
        let (ours, theirs) = (bench.folder.join("growth.aot"), bench.folder.join("growth.cwasm"));
        let memory = [("iwasm", &ours), ("wasmtime", &theirs)].map(|(side, output)| {
            let args = ["compile".as_ref(), side.as_ref(), input.as_os_str(), output.as_os_str()];
            Ok::<_, Error>(Stats::exact(succeeding(&beside("bench-child")?, &args, None)?.resident_mib))
        });
        (memory, ours, theirs)
    };
    let [our_memory, their_memory] = memory;
    let memory = Row::new(&name, Some(our_memory?), Some(their_memory?));
    let size = |path: &Path| std::fs::metadata(path).ok().map(|data| Stats::exact(data.len() as f64));
    let size = Row::new(&name, size(&ours), size(&theirs));
    let mut load = Pairs::default();
    for round in rounds(bench, 301) {
        load.measure(round, || load_time(&bench.ours, &ours), || load_time(&bench.theirs, &theirs))?;
    }
    Ok([wall.row(&name, 1e-6), cpu.row(&name, 1e-6), memory, size, load.row(&name, 1e-3)])
}

/// Nanoseconds that pass, and those on CPUs.
fn time<S: Side>(side: &S, wasm: &[u8], cpu: &mut f64) -> Result<f64, Error> {
    let start = Clock::ProcessCpu.now();
    let (ns, compiled) = Clock::Wall.time(|| side.compile(wasm));
    *cpu = Clock::ProcessCpu.now() - start;
    compiled.map(|_| ns)
}

/// Nanoseconds to load a file and to free what was loaded.
pub(super) fn load_time<S: Side>(side: &S, path: &Path) -> Result<f64, Error> {
    let (ns, loaded) = Clock::Wall.time(|| side.load(path).map(drop));
    loaded.map(|()| ns)
}
