//! The nightly run: compiled code against the oracles for as long, or as many calls, as one wants. What it did becomes
//! a line of the ledger.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wamrc::Options;
use wamrc_diff::arguments::Numbers;
use wamrc_diff::compiled::Observer;

use crate::counting::counting;
use crate::duel::{Duel, Find, Tally};
use crate::faults::Fault;
use crate::generate::{self, Swarm};
use crate::single::{self, Single};

/// What is generated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Generator {
    /// Modules of one operator each.
    Singles,
    /// Sets of modules.
    Sets,
    /// Both, in turns.
    Both,
}

/// What is to be done.
#[derive(Clone)]
pub struct Night {
    /// What is generated.
    pub generator: Generator,
    /// Of the modules of one operator, only those whose names contain this.
    pub only: String,
    /// Where the generators begin.
    pub seed: u64,
    /// Calls of each function of a single operator.
    pub calls_of_single: usize,
    /// Calls of each function of a set.
    pub calls_of_set: u64,
    /// The operators of every so many sets count themselves.
    pub count_every: u64,
    /// When to end.
    pub until: Until,
    /// Threads.
    pub threads: usize,
    /// How modules are compiled.
    pub options: Options,
    /// Who runs them, if not this process.
    pub observer: Option<Observer>,
    /// A fault to be planted.
    pub fault: Option<&'static Fault>,
    /// Where a thread writes what it is at, in case that kills the process.
    pub current: Option<PathBuf>,
}

/// When a run ends: at the first of these.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// Time.
    pub time: Duration,
    /// Calls.
    pub calls: u64,
    /// Units: single modules and sets.
    pub units: u64,
}

/// A difference, with the unit it was found in.
pub type Found = Option<(String, Box<Find>)>;

/// What came of it.
pub struct Outcome {
    /// What was done.
    pub tally: Tally,
    /// A difference, with the unit it was found in.
    pub find: Found,
    /// How long it took.
    pub time: Duration,
}

fn unit_name(generator: Generator, unit: u64) -> String {
    format!("{generator:?} {unit}").to_lowercase()
}

/// Does it. `tell` hears now and then how far it is.
///
/// # Panics
///
/// When an engine cannot be had at all.
pub fn run(night: &Night, tell: &(dyn Fn(&Tally, Duration) + Sync)) -> Outcome {
    let begun = Instant::now();
    let mut singles = if night.generator == Generator::Sets { Vec::new() } else { single::modules() };
    singles.retain(|single| single.name.contains(&night.only));
    assert!(night.generator == Generator::Sets || !singles.is_empty(), "no module is named like {:?}", night.only);
    let options = match night.fault {
        Some(fault) => fault.plant(night.options.clone()),
        None => night.options.clone(),
    };
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let whole: Mutex<(Tally, Found)> = Mutex::default();
    let work = |thread: usize| {
        let mut duel = Duel::new(options.clone(), night.observer.clone());
        // What a planted fault is, is known.
        duel.shrinks = night.fault.is_none();
        let mut numbers = Numbers(night.seed ^ (thread as u64) << 48);
        while !stop.load(Ordering::Relaxed) {
            let unit = next.fetch_add(1, Ordering::Relaxed);
            if unit >= night.until.units || begun.elapsed() >= night.until.time {
                break;
            }
            if let Some(folder) = &night.current {
                // What cannot be written is not told, should it come to that.
                let _ = std::fs::write(folder.join(thread.to_string()), unit.to_string());
            }
            if let Err((name, find)) = one(night, &mut duel, &singles, unit, &mut numbers) {
                stop.store(true, Ordering::Relaxed);
                let mut whole = whole.lock().expect("no thread panics with it");
                whole.1.get_or_insert((name, find));
            }
            let mut whole = whole.lock().expect("no thread panics with it");
            whole.0.add(&std::mem::take(&mut duel.tally));
            if whole.0.compared() >= night.until.calls {
                stop.store(true, Ordering::Relaxed);
            }
            tell(&whole.0, begun.elapsed());
        }
    };
    let work = &work;
    std::thread::scope(|scope| {
        for thread in 0..night.threads.max(1) {
            let builder = std::thread::Builder::new().stack_size(crate::duel::STACK_BYTES * 2 + (8 << 20));
            builder.spawn_scoped(scope, move || work(thread)).expect("a thread");
        }
    });
    let (tally, find) = whole.into_inner().expect("no thread panics with it");
    Outcome { tally, find, time: begun.elapsed() }
}

/// Does one unit.
fn one(
    night: &Night,
    duel: &mut Duel,
    singles: &[Single],
    unit: u64,
    numbers: &mut Numbers,
) -> Result<(), (String, Box<Find>)> {
    let as_single = match night.generator {
        Generator::Singles => Some(unit),
        Generator::Sets => None,
        Generator::Both => (unit.is_multiple_of(2)).then_some(unit / 2),
    };
    let mut number = night.seed.wrapping_add(unit);
    // In each turn at the single operators, others are counted.
    let turn = as_single.map_or(0, |unit| unit / singles.len().max(1) as u64);
    let counts = (unit + turn).is_multiple_of(night.count_every.max(1));
    let (mut set, mut plan) = match as_single {
        Some(unit) => {
            let count = singles.len() as u64;
            // In the order of the list, operators of one kind come one after the other: a short run should see all.
            // A planted fault is sought where modules were written for such.
            let stride = if night.fault.is_some() { 1 } else { stride(count) };
            let place = (unit % count * stride).wrapping_add(night.seed % count) % count;
            let single = &singles[place as usize];
            let (set, plan) = single.plan(night.calls_of_single, numbers);
            // Of what relaxed operators may return, wasmtime has chosen something else (a fused multiplication).
            number |= u64::from(single.name.contains("relaxed"));
            (set, plan)
        }
        None => {
            let seed = night.seed.wrapping_add(unit);
            // Vectors and what only the second oracle knows in their turn.
            let swarm = Swarm {
                interpreter: !seed.is_multiple_of(4),
                vectors: night.options_have_vectors() && seed.is_multiple_of(3),
            };
            generate::set(seed, swarm).plan(night.calls_of_set, numbers)
        }
    };
    if counts {
        set = counting(&set);
    }
    plan.limits.stack_bytes = crate::duel::STACK_BYTES;
    if night.observer.is_some() {
        plan.limits.run_ms = 600_000;
    }
    duel.fight(&set, &plan, number).map_err(|find| (unit_name(night.generator, unit), find))
}

/// A step by which all of so many places are come to.
fn stride(count: u64) -> u64 {
    let common = |mut one: u64, mut other: u64| {
        while other != 0 {
            (one, other) = (other, one % other);
        }
        one
    };
    (count / 3 + 1..).find(|step| common(*step, count) == 1).unwrap_or(1)
}

impl Night {
    /// Whether the code may use vectors: riscv64 has them only as an extension.
    fn options_have_vectors(&self) -> bool {
        self.options.recorded().is_ok_and(|recorded| !recorded.contains("riscv64"))
    }
}
