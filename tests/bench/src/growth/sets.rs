//! The number of modules in a set: a chain, in which each imports a function from the one before.

use super::rounds;
use crate::clock::Clock;
use crate::guest::Guest;
use crate::report::{Row, Shown, Table};
use crate::side::Side;
use crate::{Bench, Error, Pairs, generated};

const POINTS: [usize; 7] = [1, 3, 10, 32, 100, 320, 1000];
const QUICK: [usize; 3] = [1, 10, 100];

/// Measures it.
///
/// # Errors
///
/// When a side cannot compile or load a module.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let points: &[usize] = if bench.quick { &QUICK } else { &POINTS };
    let most = points.last().copied().unwrap_or(0);
    eprintln!("growth: compiling {most} modules");
    let mut names = Vec::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for index in 0..most {
        let name = generated::chained_name(index);
        let module = bench.modules(&name, &generated::chained(index))?;
        names.push(name);
        ours.push(module.ours);
        theirs.push(module.theirs);
    }
    let method = "time that passes; modules are loaded; a new linker and store, with two dozen host functions defined";
    let mut table = Table::new("Growth with modules in a set: link and instantiate", "µs", method);
    for count in points {
        eprintln!("growth: set of {count} modules");
        let mut pairs = Pairs::default();
        let row = rounds(bench, 201).try_for_each(|round| {
            pairs.measure(
                round,
                || time(&bench.ours, &names, &ours, *count),
                || time(&bench.theirs, &names, &theirs, *count),
            )
        });
        let name = format!("{count} modules");
        table.rows.push(match row {
            Ok(()) => pairs.row(name, 1e-3).at(*count as f64),
            Err(error) => Row::skipped(name, error),
        });
    }
    table.note_exponents();
    Ok(vec![table.of_growth("modules").into()])
}

/// Nanoseconds to link the first `count` modules; they are then run, all of them, to see that they are linked.
fn time<S: Side>(side: &S, names: &[String], modules: &[S::Module], count: usize) -> Result<f64, Error> {
    let set: Vec<(&str, &S::Module)> = names.iter().map(String::as_str).zip(modules).take(count).collect();
    let (ns, run) = Clock::Wall.time(|| side.link(&set, Guest::default()));
    let mut run = run?;
    match S::call(&mut run, "run", 0, 1)? {
        value if usize::try_from(value) == Ok(count) => Ok(ns),
        value => Err(Error::Disagreement { ours: value.to_string(), theirs: count.to_string() }),
    }
}
