//! What a call costs, by kind of call.

use crate::clock::{Clock, Repeat};
use crate::guest::Guest;
use crate::ours::Ours;
use crate::report::{Row, Table};
use crate::side::Side;
use crate::stats::Stats;
use crate::theirs::Theirs;
use crate::{Bench, Error, Pairs};

/// Loops of `caller.wat`, the empty one first.
const LOOPS: [(&str, &str); 8] = [
    ("empty", "loop without a call"),
    ("local", "local call"),
    ("indirect", "call_indirect, local"),
    ("cross", "cross-module call"),
    ("cross_indirect", "call_indirect, cross-module"),
    ("host", "wasm → host function"),
    ("local_work", "local call that does some work"),
    ("cross_work", "cross-module call that does the same"),
];

/// Measures all kinds.
///
/// # Errors
///
/// When a side cannot run the loops.
pub fn run(bench: &Bench) -> Result<Vec<Table>, Error> {
    let callee = bench.modules("callee", &wat::parse_str(include_str!("../calls/callee.wat"))?)?;
    let caller = bench.modules("caller", &wat::parse_str(include_str!("../calls/caller.wat"))?)?;
    let mut ours = bench.ours.link(&[("callee", &callee.ours), ("", &caller.ours)], Guest::default())?;
    let mut theirs = bench.theirs.link(&[("callee", &callee.theirs), ("", &caller.theirs)], Guest::default())?;
    // Many short series: another program on the machine disturbs some of them, not the medians.
    let iterations: i32 = 1_000_000;
    let entries = iterations.unsigned_abs() / 20;
    let mut pairs: [Pairs; LOOPS.len()] = Default::default();
    let mut entry = Pairs::default();
    for round in Repeat::new(7, if bench.quick { 15 } else { 151 }, 60.0) {
        for ((export, _), pairs) in LOOPS.iter().zip(&mut pairs) {
            // A host call takes longer.
            let iterations = if *export == "host" { iterations / 4 } else { iterations };
            pairs.measure(
                round,
                || time::<Ours>(&mut ours, export, iterations, 1),
                || time::<Theirs>(&mut theirs, export, iterations, 1),
            )?;
        }
        entry.measure(
            round,
            || time::<Ours>(&mut ours, "local_f", 0, entries),
            || time::<Theirs>(&mut theirs, "local_f", 0, entries),
        )?;
    }
    let method = format!("CPU time of the thread; {iterations} calls in a loop, the empty loop subtracted");
    Ok(vec![table(method, pairs, entry)])
}

/// Nanoseconds for each iteration, or for each of several calls from the host.
fn time<S: Side>(run: &mut S::Run, export: &str, argument: i32, times: u32) -> Result<f64, Error> {
    let (ns, result) = Clock::ThreadCpu.time(|| S::call(run, export, argument, times));
    let calls = if argument == 0 { times.cast_signed() } else { argument };
    let expected = if export.ends_with("work") { work(calls) } else { calls };
    match result? {
        value if value == expected => Ok(ns / f64::from(calls)),
        value => Err(Error::Disagreement { ours: value.to_string(), theirs: expected.to_string() }),
    }
}

/// What the functions that do some work make of 0 in so many calls.
fn work(calls: i32) -> i32 {
    let step = |x: u32| {
        let x = (x ^ x >> 16).wrapping_mul(0x85eb_ca6b);
        (x ^ x >> 13).wrapping_mul(0xc2b2_ae35) ^ 1
    };
    (0..calls).fold(0, |x, _| step(x)).cast_signed()
}

fn table(method: String, pairs: [Pairs; LOOPS.len()], entry: Pairs) -> Table {
    let mut table = Table::new("Calls", "ns", method);
    let stats = pairs.map(Pairs::stats);
    let empty = stats[0];
    for ((export, name), (ours, theirs)) in LOOPS.into_iter().zip(stats) {
        let row = match export {
            "empty" => Row::new(name, ours, theirs),
            _ => Row::new(name, less(ours, empty.0), less(theirs, empty.1)),
        };
        table.rows.push(row);
    }
    let (ours, theirs) = entry.stats();
    table.rows.push(Row::new("host → wasm, typed", ours, theirs).remark("nothing subtracted"));
    let [_, local, _, cross, _, _, local_work, cross_work] = stats;
    table.notes.push(format!(
        "Cross-module call ÷ local call, with the loop in both: iwasm {}, wasmtime {}; with some work in the callee: \
         iwasm {}, wasmtime {}. Reach: at most 1.10.",
        quotient(cross.0, local.0),
        quotient(cross.1, local.1),
        quotient(cross_work.0, local_work.0),
        quotient(cross_work.1, local_work.1)
    ));
    table
}

fn less(stats: Option<Stats>, empty: Option<Stats>) -> Option<Stats> {
    let (stats, empty) = (stats?, empty?);
    Some(Stats { median: stats.median - empty.median, min: stats.min - empty.min, ..stats })
}

fn quotient(one: Option<Stats>, other: Option<Stats>) -> String {
    one.zip(other).map_or("?".into(), |(one, other)| format!("{:.2}", one.median / other.median))
}
