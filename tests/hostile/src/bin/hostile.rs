//! Tries hostile input for a time or a number, and prints one line of JSON with what became of it, for the ledger.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use hostile::sweep::{self, Counts};
use hostile::{BODIES, body, make};

const HELP: &str = "\
Tries hostile input: bytes that are nearly right, as artifacts to load or as modules to compile. Nothing of it is called.

Usage: hostile [OPTIONS]

Options:
  --body NAME      what to try: artifact, artifact_structured, fat, wasm, wasm_structured [default: artifact_structured]
  --exhaustive     every bit of the records of every artifact flipped, and each cut off at every byte, instead of choices
  --loads N        end after so many inputs [default: 100000]
  --seconds N      or after so many seconds [default: 86400]
  --seed N         where the choices come from [default: 1]
  --threads N      threads [default: 1]

Examples:
  hostile --exhaustive --threads 2
  hostile --loads 10000000 --threads 2 | night add hostile --ledger docs/ledger.jsonl

A find is a panic, with what promise was not kept.
";

/// The word after a switch.
fn word(name: &str) -> Option<String> {
    std::env::args().skip_while(|arg| arg != name).nth(1)
}

/// The number after a switch.
fn option(name: &str, default: u64) -> u64 {
    word(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} {value}: no number")))
}

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--help" || arg == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let name = word("--body").unwrap_or_else(|| "artifact_structured".to_owned());
    let Some(tried) = body(&name) else {
        eprintln!("hostile: there is no body {name:?}, but {}", BODIES.join(", "));
        return ExitCode::from(2);
    };
    let (loads, seed) = (option("--loads", 100_000), option("--seed", 1));
    let (threads, seconds) = (option("--threads", 1).max(1), option("--seconds", 86_400));
    let start = Instant::now();
    let exhaustive = std::env::args().any(|arg| arg == "--exhaustive");
    let sweep = |thread: u64| {
        let mut counts = Counts::default();
        for good in make::good().iter().skip(thread as usize).step_by(threads as usize) {
            counts.merge(sweep::bits(good, 0, Duration::MAX).0);
            counts.merge(sweep::truncations(good, 0, Duration::MAX).0);
        }
        counts
    };
    let run = |thread: u64| {
        if exhaustive {
            return sweep(thread);
        }
        let seed = seed.wrapping_add(thread).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let most = loads / threads + u64::from(thread < loads % threads);
        sweep::random(tried, seed, Duration::from_secs(seconds), most)
    };
    let mut counts = Counts::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        for thread in running {
            counts.merge(thread.join().expect("a find; the message is above"));
        }
    });
    let line = serde_json::json!({
        "input": if exhaustive { "every bit and length".to_owned() } else { name }, "tried": counts.total(), "accepted": counts.accepted, "modules": counts.loaded,
        "refused": counts.refused, "causes": counts.causes.len(), "by_cause": counts.causes,
        "allocated": (counts.allocated * 100.0).round() / 100.0, "seconds": start.elapsed().as_secs_f64().round(),
        "seed": seed, "threads": threads,
    });
    println!("{line}");
    ExitCode::SUCCESS
}
