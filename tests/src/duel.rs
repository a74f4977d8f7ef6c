//! Compiled code against the oracles: which of them is asked, what was compared, and what is done with a difference.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use iwasm::TrapCode;
use iwasm_observe::native::Native;
use iwasm_observe::plan::Plan;
use iwasm_observe::{Event, Observation, Outcome, State, exchange};
use wamrc::{Compiler, Options};
use wamrc_diff::compiled::{Compiled, Observer, Place};
use wamrc_diff::interpreted::Interpreted;
#[cfg(target_arch = "x86_64")]
use wamrc_diff::second::Second;
use wamrc_diff::shrink::{Pair, shrink};
use wamrc_diff::{Difference, Engine, EngineError, Nans, Set, Verdict, compare, report};

use crate::counting;

/// Bytes of stack for compiled code: more than the modules' fuel lets them use.
pub const STACK_BYTES: usize = 64 << 20;
/// The interpreter's NaNs are the machine's, the second oracle's are canonical, as ours.
const FIRST_NANS: Nans = Nans::Canonical;
/// Every so many sets, the second oracle votes as well.
const VOTE: u64 = 4;

/// Stands in for the second oracle where it is not built.
#[cfg(not(target_arch = "x86_64"))]
struct Second;

#[cfg(not(target_arch = "x86_64"))]
impl Second {
    fn new(_: usize) -> Result<Second, EngineError> {
        Ok(Second)
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Engine for Second {
    fn name(&self) -> String {
        "no second oracle".to_owned()
    }

    fn observe(&self, _: &Set, _: &Plan) -> Result<Observation, EngineError> {
        let reason = "it is not built for this machine".to_owned();
        Err(EngineError::Unsupported { engine: self.name(), module: String::new(), reason })
    }
}

/// What has been done.
#[derive(Clone, Default)]
pub struct Tally {
    /// Sets of modules.
    pub sets: u64,
    /// Modules in them.
    pub modules: u64,
    /// Calls that were compared, by oracle.
    pub calls: BTreeMap<&'static str, u64>,
    /// How calls ended, by kind.
    pub outcomes: BTreeMap<String, u64>,
    /// Sets that did not link, in all engines.
    pub refused: u64,
    /// Sets in which stack, memory or time was used up.
    pub poisoned: u64,
    /// Sets that no oracle knows how to run.
    pub unjudged: u64,
    /// Sets in which the interpreter stood against compiled code and the second oracle.
    pub outvoted: u64,
    /// The first of them, for people.
    pub outvoted_first: Option<String>,
    /// How often operators were executed, in the sets whose operators count themselves.
    pub operators: BTreeMap<String, u64>,
}

impl Tally {
    /// Calls that were compared.
    pub fn compared(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Adds another one's.
    pub fn add(&mut self, other: &Tally) {
        fn sum<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            from.iter().for_each(|(key, count)| *to.entry(key.clone()).or_insert(0) += count);
        }
        self.sets += other.sets;
        self.modules += other.modules;
        self.refused += other.refused;
        self.poisoned += other.poisoned;
        self.unjudged += other.unjudged;
        self.outvoted += other.outvoted;
        if self.outvoted_first.is_none() {
            self.outvoted_first.clone_from(&other.outvoted_first);
        }
        sum(&mut self.calls, &other.calls);
        sum(&mut self.outcomes, &other.outcomes);
        sum(&mut self.operators, &other.operators);
    }
}

/// A difference, as small as it could be made.
#[derive(Debug)]
pub struct Find {
    /// What it is, for people.
    pub report: String,
    /// The modules.
    pub set: Set,
    /// What is done with them.
    pub plan: Plan,
}

/// Compiled code and its oracles.
pub struct Duel {
    compiled: Compiled,
    interpreted: Interpreted,
    second: Second,
    /// Whether the code runs on another instruction set than this machine's.
    emulated: bool,
    /// Whether a difference is made smaller.
    pub shrinks: bool,
    /// What was done with them.
    pub tally: Tally,
}

impl Duel {
    /// With code made by these options, run here, or by an observer.
    ///
    /// # Panics
    ///
    /// When the options cannot be followed on this machine.
    pub fn new(options: Options, observer: Option<Observer>) -> Duel {
        let compiler = Compiler::new(options.threads(1)).expect("options that can be followed");
        let emulated = observer.is_some();
        let place = match observer {
            Some(observer) => Place::Process(observer),
            None => Place::Here(native()),
        };
        Duel {
            compiled: Compiled::new(compiler, place),
            interpreted: Interpreted,
            second: Second::new(STACK_BYTES).expect("wasmtime runs on this machine"),
            emulated,
            shrinks: true,
            tally: Tally::default(),
        }
    }

    /// Compares what compiled code and an oracle do; now and then, two oracles.
    ///
    /// # Errors
    ///
    /// With a difference.
    ///
    /// # Panics
    ///
    /// When compiled code cannot be had where an oracle can: modules are of supported proposals.
    pub fn fight(&mut self, set: &Set, plan: &Plan, number: u64) -> Result<(), Box<Find>> {
        self.tally.sets += 1;
        self.tally.modules += set.modules.len() as u64;
        let first = observed(self.interpreted.observe(set, plan));
        let second = if first.is_none() || number.is_multiple_of(VOTE) {
            observed(self.second.observe(set, plan))
        } else {
            None
        };
        if first.is_none() && second.is_none() {
            self.tally.unjudged += 1;
            return Ok(());
        }
        let found = match self.compiled.observe(set, plan) {
            Ok(found) => self.without_torn_stores(found),
            // Vectors, on a machine without.
            Err(EngineError::Refused { reason, .. }) if reason.contains("needs the V extension") => {
                self.tally.unjudged += 1;
                return Ok(());
            }
            Err(error) => return Err(self.refused(set, plan, &error)),
        };
        let is_refusal = |event: &Event| matches!(event, Event::NotInstantiated { outcome: Outcome::Refused(_), .. });
        self.tally.refused += u64::from(found.events.iter().any(is_refusal));
        let executed = counting::counted(&found);
        let by_first = first.as_ref().map(|expected| compare(expected, &found, FIRST_NANS));
        let by_second = second.as_ref().map(|expected| compare(expected, &found, Nans::Bits));
        if let Some(Verdict::Differ(difference)) = &by_second {
            return Err(self.small(&self.second, Nans::Bits, set, plan, difference));
        }
        if let (Some(verdict), Some(expected)) = (by_second, &second) {
            self.count("wasmtime", &verdict, expected);
        }
        // What differs is not counted: an oracle was wrong, or we were.
        if !matches!(by_first, Some(Verdict::Differ(_))) {
            executed
                .into_iter()
                .for_each(|(operator, count)| *self.tally.operators.entry(operator).or_insert(0) += count);
        }
        match (by_first, first) {
            (Some(Verdict::Differ(difference)), Some(_)) => self.vote(set, plan, &difference),
            (Some(verdict), Some(expected)) => {
                self.count("wasmi", &verdict, &expected);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The interpreter says something else than compiled code: whom does the second oracle believe?
    fn vote(&mut self, set: &Set, plan: &Plan, difference: &Difference) -> Result<(), Box<Find>> {
        let Some(second) = observed(self.second.observe(set, plan)) else {
            return Err(self.small(&self.interpreted, FIRST_NANS, set, plan, difference));
        };
        let found = match self.compiled.observe(set, plan) {
            Ok(found) => self.without_torn_stores(found),
            Err(error) => return Err(self.refused(set, plan, &error)),
        };
        if let Verdict::Differ(difference) = compare(&second, &found, Nans::Bits) {
            return Err(self.small(&self.second, Nans::Bits, set, plan, &difference));
        }
        self.tally.outvoted += 1;
        if self.tally.outvoted_first.is_none() {
            let text = report::describe(set, plan, difference, &self.interpreted, &self.compiled);
            self.tally.outvoted_first = Some(text);
        }
        Ok(())
    }

    fn count(&mut self, oracle: &'static str, verdict: &Verdict, expected: &Observation) {
        let calls = match verdict {
            Verdict::Same { calls } => *calls,
            Verdict::Poisoned { calls, .. } => {
                self.tally.poisoned += 1;
                *calls
            }
            Verdict::Differ(_) => 0,
        };
        *self.tally.calls.entry(oracle).or_insert(0) += calls;
        for event in &expected.events {
            let kind = match event {
                Event::Called(Outcome::Returned(_)) => "returned".to_owned(),
                Event::Called(outcome) => match outcome.trap() {
                    Some(code) => code.message().to_owned(),
                    None => "others".to_owned(),
                },
                _ => continue,
            };
            *self.tally.outcomes.entry(kind).or_insert(0) += 1;
        }
    }

    /// A difference made smaller.
    fn small(&self, expected: &dyn Engine, nans: Nans, set: &Set, plan: &Plan, difference: &Difference) -> Box<Find> {
        let found = &self.compiled;
        let mut text = report::describe(set, plan, difference, expected, found);
        if !self.shrinks {
            return Box::new(Find { report: text, set: set.clone(), plan: plan.clone() });
        }
        let pair = Pair { expected, found, nans };
        let (set, plan) = shrink(&pair, set, plan, difference.step, &mut |_, _| {});
        text += "made smaller:\n";
        text += &match pair.difference(&set, &plan) {
            Some(difference) => report::describe(&set, &plan, &difference, expected, found),
            None => "It cannot be seen a second time.\n".to_owned(),
        };
        for member in &set.modules {
            text += &format!(";; {}\n{}\n", member.name, report::text(&member.wasm).unwrap_or_default());
        }
        Box::new(Find { report: text, set, plan })
    }

    /// Known, and told in the README: on aarch64 and riscv64 a store that is partly past the end of a memory traps, but
    /// may have written the part that is not. So what memories hold after such a trap is not compared there.
    fn without_torn_stores(&self, mut found: Observation) -> Observation {
        let mut torn = false;
        for event in found.events.iter_mut().filter(|_| self.emulated) {
            match event {
                Event::Instantiated | Event::NotInstantiated { .. } => torn = false,
                Event::Called(outcome) => torn |= outcome.trap() == Some(TrapCode::MemoryOutOfBounds),
                Event::Seen(sights) if torn => {
                    for sight in sights {
                        if let State::Memory { pages, .. } = sight.state {
                            sight.state = State::untold_memory(pages);
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn refused(&self, set: &Set, plan: &Plan, error: &EngineError) -> Box<Find> {
        Box::new(Find { report: error.to_string(), set: set.clone(), plan: plan.clone() })
    }
}

/// Runs artifacts that were compiled in this process.
fn native() -> Native {
    crate::artifact::native(STACK_BYTES)
}

/// An observation; none where the engine does not know what a module uses.
fn observed(observation: Result<Observation, EngineError>) -> Option<Observation> {
    match observation {
        Ok(observation) => Some(observation),
        Err(EngineError::Unsupported { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

impl Find {
    /// Writes it to a folder of its own, for a case of `tests/regress` to be made of: modules, plan, report.
    ///
    /// # Errors
    ///
    /// When something cannot be written.
    pub fn save(&self, folder: &Path, name: &str) -> Result<PathBuf, exchange::ExchangeError> {
        let place = folder.join(name);
        exchange::write(&place, &self.plan, &[] as &[Vec<u8>])?;
        let write = |path: PathBuf, bytes: &[u8]| {
            std::fs::write(&path, bytes).map_err(|source| exchange::ExchangeError::File { path: path.clone(), source })
        };
        write(place.join("report.txt"), self.report.as_bytes())?;
        for (number, member) in self.set.modules.iter().enumerate() {
            write(place.join(format!("{number}.wasm")), &member.wasm)?;
        }
        Ok(place)
    }
}
