//! Loads many hostile artifacts and prints one line of JSON with what became of them:
//! `hostile --loads 10000000 --seed N --threads 2 --seconds 3600`.

use std::time::{Duration, Instant};

use hostile::sweep::{self, Counts};

/// The number after a switch.
fn option(name: &str, default: u64) -> u64 {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    args.nth(1).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} {value}: no number")))
}

fn main() {
    let (loads, seed) = (option("--loads", 100_000), option("--seed", 1));
    let (threads, seconds) = (option("--threads", 1).max(1), option("--seconds", 86_400));
    let start = Instant::now();
    let run = |thread: u64| {
        let seed = seed.wrapping_add(thread).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let most = loads / threads + u64::from(thread < loads % threads);
        sweep::random(hostile::artifact_structured, seed, Duration::from_secs(seconds), most)
    };
    let mut counts = Counts::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        for thread in running {
            counts.merge(thread.join().expect("a find; the message is above"));
        }
    });
    let line = serde_json::json!({
        "loads": counts.total(), "accepted": counts.accepted, "modules": counts.loaded, "refused": counts.refused,
        "causes": counts.causes, "seconds": start.elapsed().as_secs_f64(), "seed": seed, "threads": threads,
    });
    println!("{line}");
}
