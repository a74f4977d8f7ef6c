//! What a call costs, by kind of call.

use std::collections::BTreeMap;

use aot_format::Integrity;

use crate::clock::{Clock, Repeat};
use crate::guest::Guest;
use crate::ours::Ours;
use crate::report::{Plot, Row, Shown, Table};
use crate::side::Side;
use crate::stats::Stats;
use crate::theirs::Theirs;
use crate::{Bench, Both, Error, Pairs, error};

/// A loop of `caller.wat`, with what a row calls it.
struct Loop {
    export: &'static str,
    name: &'static str,
    /// For a loop that is slow: fewer iterations.
    share: i32,
}

const fn row(export: &'static str, name: &'static str) -> Loop {
    Loop { export, name, share: 1 }
}

/// How the two modules come together, and what is called then. Each way has its own empty loop, which comes first
/// and is subtracted from the others.
struct Way {
    link: fn(&Bench) -> Result<Runs, Error>,
    loops: &'static [Loop],
}

type Runs = Both<<Ours as Side>::Run, <Theirs as Side>::Run>;

const WAYS: &[Way] = &[
    Way {
        link: modules_on_their_own,
        loops: &[
            row("empty", "loop without a call"),
            row("local", LOCAL),
            row("indirect", "call_indirect, local"),
            row("cross", CROSS),
            row("cross_indirect", "call_indirect, cross-module"),
            Loop { export: "host", name: "wasm → host function", share: 4 },
            row("local_work", LOCAL_WORK),
            row("cross_work", CROSS_WORK),
            Loop { export: "copy", name: "memory.copy, 16 bytes", share: 4 },
            Loop { export: "copy_some", name: "memory.copy, 16 bytes, length not known", share: 4 },
            Loop { export: "fill", name: "memory.fill, 16 bytes", share: 4 },
            Loop { export: "fill_some", name: "memory.fill, 16 bytes, length not known", share: 4 },
            Loop { export: "grow", name: "memory.grow by nothing", share: 4 },
        ],
    },
    Way {
        link: linked_set,
        loops: &[
            row("empty", "loop without a call, linked set"),
            row("local", "local call, inlined"),
            row("cross", LINKED),
            row("cross_work", "cross-module call that does some work, linked set, inlined"),
            row("likely", "call_indirect of the table's only function, inlined"),
        ],
    },
];

const LOCAL: &str = "local call";
const CROSS: &str = "cross-module call";
const LINKED: &str = "cross-module call, linked set, inlined";
const LOCAL_WORK: &str = "local call that does some work";
const CROSS_WORK: &str = "cross-module call that does the same";

/// Calls of a loop.
const ITERATIONS: i32 = 1_000_000;

const CALLEE: &str = include_str!("../calls/callee.wat");
const CALLER: &str = include_str!("../calls/caller.wat");

/// Each module compiled on its own, with every call a call, linked when it is loaded.
fn modules_on_their_own(bench: &Bench) -> Result<Runs, Error> {
    let plain = Ours::new(Integrity::Directory, false)?;
    Ok(Both { ours: two_modules(bench, &plain)?, theirs: two_modules(bench, &bench.theirs)? })
}

/// Ours as a linked set, in which small functions are inlined; wasmtime has no such thing.
fn linked_set(bench: &Bench) -> Result<Runs, Error> {
    // Also in a run without inlining: these rows are about it.
    let ours = Ours::new(Integrity::Directory, true)?;
    let (callee, caller) = (wat::parse_str(CALLEE)?, wat::parse_str(CALLER)?);
    let path = bench.folder.join("callee-and-caller.aot");
    error::write(&path, &ours.compile_set(&[("callee", &callee), ("caller", &caller)])?)?;
    let run = ours.link(&[("", &ours.load(&path)?)], Guest::default())?;
    Ok(Both { ours: run, theirs: two_modules(bench, &bench.theirs)? })
}

fn two_modules<S: Side>(bench: &Bench, side: &S) -> Result<S::Run, Error> {
    let module = |name: &str, text: &str| side.load(&bench.file(side, name, &wat::parse_str(text)?)?);
    side.link(&[("callee", &module("callee", CALLEE)?), ("", &module("caller", CALLER)?)], Guest::default())
}

/// Measures all kinds.
///
/// # Errors
///
/// When a side cannot run the loops.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let mut runs = WAYS.iter().map(|way| Ok((way, (way.link)(bench)?))).collect::<Result<Vec<_>, Error>>()?;
    let mut series: Vec<Vec<Pairs>> =
        WAYS.iter().map(|way| way.loops.iter().map(|_| Pairs::default()).collect()).collect();
    let entries = ITERATIONS.unsigned_abs() / 20;
    let mut entry = Pairs::default();
    eprintln!("calls");
    // Many short series: another program on the machine disturbs some of them, not the medians.
    for round in Repeat::new(7, if bench.quick { 15 } else { 151 }, 60.0) {
        for ((way, runs), series) in runs.iter_mut().zip(&mut series) {
            for (called, pairs) in way.loops.iter().zip(series) {
                let iterations = ITERATIONS / called.share;
                pairs.measure(
                    round,
                    || time::<Ours>(&mut runs.ours, called.export, iterations, 1),
                    || time::<Theirs>(&mut runs.theirs, called.export, iterations, 1),
                )?;
            }
        }
        if let Some((_, runs)) = runs.first_mut() {
            entry.measure(
                round,
                || time::<Ours>(&mut runs.ours, "local_f", 0, entries),
                || time::<Theirs>(&mut runs.theirs, "local_f", 0, entries),
            )?;
        }
    }
    Ok(vec![table(series, entry).into()])
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

fn table(series: Vec<Vec<Pairs>>, entry: Pairs) -> Table {
    let method = format!("CPU time of the thread; {ITERATIONS} calls in a loop, the empty loop subtracted");
    let mut table = Table::new("Calls", "ns", method);
    let mut whole = BTreeMap::new();
    for (way, series) in WAYS.iter().zip(series) {
        let stats: Vec<_> = series.into_iter().map(Pairs::stats).collect();
        let Some(empty) = stats.first().copied() else { continue };
        for (index, (called, (ours, theirs))) in way.loops.iter().zip(stats).enumerate() {
            whole.insert(called.name, (ours, theirs));
            table.rows.push(match index {
                0 => Row::new(called.name, ours, theirs),
                _ => Row::new(called.name, less(ours, empty.0), less(theirs, empty.1)),
            });
        }
    }
    let (ours, theirs) = entry.stats();
    table.rows.push(Row::new("host → wasm, typed", ours, theirs).remark("nothing subtracted"));
    table.plot = Plot::Ratios;
    let of = |name: &str| whole.get(name).copied().unwrap_or_default();
    let [local, cross, local_work, cross_work, linked] = [LOCAL, CROSS, LOCAL_WORK, CROSS_WORK, LINKED].map(of);
    table.notes.push(format!(
        "Cross-module call ÷ local call, with the loop in both: iwasm {}, wasmtime {}; with some work in the callee: \
         iwasm {}, wasmtime {}. Reach: at most 1.10.",
        quotient(cross.0, local.0),
        quotient(cross.1, local.1),
        quotient(cross_work.0, local_work.0),
        quotient(cross_work.1, local_work.1)
    ));
    table.notes.push(format!(
        "Inlined in a linked set ÷ local call that is none, with the loop in both: {}. Reach: at most 0.19.",
        quotient(linked.0, local.0)
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
