//! A whole process that says "Hello, world!": time and memory. `bench-measure` starts the processes,
//! because the memory that Linux reports of a child is at least that of who started it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::clock::Repeat;
use crate::report::{Row, Table};
use crate::stats::Stats;
use crate::{Bench, Error};

/// What `bench-measure` prints of a process: wall ns, user µs, system µs, resident KiB, page faults.
const FIGURES: usize = 5;
const EXPECTED: &str = "Hello, world!\n";

/// Measures the processes.
///
/// # Errors
///
/// When a command is missing or does not do what it should.
pub fn run(bench: &Bench) -> Result<Vec<Table>, Error> {
    let method = "whole processes; warm; resident memory is the largest";
    let mut table = Table::new("Hello world as a process", "as said", method);
    let programs = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_path_buf));
    let programs = programs.unwrap_or_default();
    let needed = ["bench-measure", "iwasm", "bench-wasmtime-run"].map(|name| programs.join(name));
    if let Some(missing) = needed.iter().find(|path| !path.is_file()) {
        let name = missing.file_name().unwrap_or_default().to_string_lossy().into_owned();
        table.rows.push(Row::skipped("all", format!("{name} is not built")));
        return Ok(vec![table]);
    }
    let [measure, ours, theirs] = needed;
    let files = bench.files("hello", &wat::parse_str(include_str!("../process/hello.wat"))?)?;
    check(&ours, &files.ours)?;
    check(&theirs, &files.theirs)?;
    let mut series: [[Vec<f64>; 4]; 3] = Default::default();
    for round in Repeat::new(10, if bench.quick { 20 } else { 100 }, 20.0) {
        for turn in 0..3 {
            let which = (round + turn) % 3;
            let figures = match which {
                0 => child(&measure, &ours, Some(&files.ours))?,
                1 => child(&measure, &theirs, Some(&files.theirs))?,
                _ => child(&measure, Path::new("true"), None)?,
            };
            for (values, figure) in series[which].iter_mut().zip(figures) {
                values.push(figure);
            }
        }
    }
    let [ours, theirs, nothing] = series.map(|values| values.map(Stats::of));
    let names = ["time that passes, ms", "CPU time, ms", "resident memory, MiB", "page faults"];
    for (index, name) in names.into_iter().enumerate() {
        let floor = nothing[index].map_or(0.0, |stats| stats.median);
        table.rows.push(Row::new(name, ours[index], theirs[index]).remark(format!("`true`: {floor:.2}")));
    }
    table.notes.push("wasmtime: a small program that loads a .cwasm with the compiler switched off.".into());
    Ok(vec![table])
}

/// That the command says what it should.
fn check(program: &Path, file: &Path) -> Result<(), Error> {
    let failed = |reason: String| Error::Command { command: program.display().to_string(), reason };
    let output = Command::new(program).arg(file).output().map_err(|error| failed(error.to_string()))?;
    if output.stdout == EXPECTED.as_bytes() && output.status.success() {
        return Ok(());
    }
    Err(failed(format!("{}; {}", output.status, String::from_utf8_lossy(&output.stderr))))
}

/// Wall ms, CPU ms, resident MiB, page faults.
fn child(measure: &Path, program: &Path, file: Option<&PathBuf>) -> Result<[f64; 4], Error> {
    let failed = |reason: String| Error::Command { command: program.display().to_string(), reason };
    let output = Command::new(measure).arg(program).args(file).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let figures: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match figures[..] {
        [wall, user, system, resident, faults] if figures.len() == FIGURES => {
            Ok([wall / 1e6, (user + system) / 1e3, resident / 1024.0, faults])
        }
        _ => Err(failed(text)),
    }
}
