//! A whole process that says "Hello, world!": time and memory.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child::{beside, succeeding};
use crate::clock::Repeat;
use crate::report::{Row, Shown, Table};
use crate::stats::Stats;
use crate::{Bench, Error};

const EXPECTED: &str = "Hello, world!\n";

/// Measures the processes.
///
/// # Errors
///
/// When a command is missing or does not do what it should.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let method = "whole processes; warm; resident memory is the largest";
    let mut table = Table::new("Hello world as a process", "as said", method);
    let programs = beside("iwasm").and_then(|ours| Ok((ours, beside("bench-wasmtime-run")?)));
    let (ours, theirs) = match programs {
        Ok(programs) => programs,
        Err(error) => {
            table.rows.push(Row::skipped("all", error));
            return Ok(vec![table.into()]);
        }
    };
    let files = bench.files("hello", &wat::parse_str(include_str!("../process/hello.wat"))?)?;
    check(&ours, &files.ours)?;
    check(&theirs, &files.theirs)?;
    let mut series: [[Vec<f64>; 4]; 3] = Default::default();
    for round in Repeat::new(10, if bench.quick { 20 } else { 100 }, 20.0) {
        for turn in 0..3 {
            let which = (round + turn) % 3;
            let figures = match which {
                0 => figures(&ours, &[&files.ours])?,
                1 => figures(&theirs, &[&files.theirs])?,
                _ => figures(Path::new("true"), &[])?,
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
    Ok(vec![table.into()])
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
fn figures(program: &Path, args: &[&PathBuf]) -> Result<[f64; 4], Error> {
    let usage = succeeding(program, args, None)?;
    Ok([usage.wall_ms, usage.cpu_ms, usage.resident_mib, usage.faults])
}
