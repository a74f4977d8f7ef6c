//! The number of instances of one module, each in a store of its own, all kept: in processes of their own, whose
//! memory is looked at before and after.

use std::path::Path;

use super::rounds;
use crate::child::{beside, succeeding};
use crate::report::{Row, Shown, Table};
use crate::{Bench, Error, Pairs, generated};

const POINTS: [usize; 9] = [1, 3, 10, 32, 100, 320, 1000, 3200, 10_000];
const QUICK: [usize; 3] = [1, 100, 1000];

/// Measures it.
///
/// # Errors
///
/// When a side cannot compile the module.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let method = "time that passes, divided by the number; a store each; the module has a memory of a page, a table, a \
                  global, a kilobyte of data";
    let mut time = Table::new("Growth with instances: time for one", "µs", method);
    let method = "growth of the process's resident memory and page tables, divided by the number";
    let mut memory = Table::new("Growth with instances: memory of one", "KiB", method);
    let files = bench.files("ordinary", &generated::ordinary())?;
    let points: &[usize] = if bench.quick { &QUICK } else { &POINTS };
    for count in points {
        eprintln!("growth: {count} instances");
        let name = format!("{count} instances");
        let (mut times, mut bytes) = (Pairs::default(), Pairs::default());
        let done = rounds(bench, 7).try_for_each(|round| {
            let mut resident = (0.0, 0.0);
            times.measure(
                round,
                || child("iwasm", &files.ours, *count, &mut resident.0),
                || child("wasmtime", &files.theirs, *count, &mut resident.1),
            )?;
            bytes.measure(round, || Ok(resident.0), || Ok(resident.1))
        });
        match done {
            Ok(()) => {
                time.rows.push(times.row(&name, 1e-3).at(*count as f64));
                memory.rows.push(bytes.row(&name, 1.0 / 1024.0).at(*count as f64));
            }
            Err(error) => time.rows.push(Row::skipped(&name, error)),
        }
    }
    memory.notes.push("A few instances take what the process had left over: only many say what one takes.".into());
    Ok(vec![time.of_growth("instances").into(), memory.of_growth("instances").into()])
}

/// Nanoseconds for each instance, and the bytes of each.
fn child(side: &str, file: &Path, count: usize, bytes: &mut f64) -> Result<f64, Error> {
    let program = beside("bench-child")?;
    let number = count.to_string();
    let args = ["instances".as_ref(), side.as_ref(), file.as_os_str(), number.as_ref()];
    let output = String::from_utf8_lossy(&succeeding(&program, &args, None)?.output).into_owned();
    let figures: Vec<f64> = output.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match figures[..] {
        [ns, resident] => {
            *bytes = resident / count as f64;
            Ok(ns / count as f64)
        }
        _ => Err(Error::Command { command: program.display().to_string(), reason: output }),
    }
}
