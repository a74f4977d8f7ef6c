//! A difference → a smaller one of the same kind: fewer steps, then fewer modules, then smaller modules. What counts
//! is that the two engines still differ, not where or how: a smaller difference is the same bug, or a simpler one.

use std::time::{Duration, Instant};

use iwasm_observe::plan::{Plan, Step};
use wasm_shrink::WasmShrink;

use crate::compare::{Difference, Nans, Verdict, compare};
use crate::engine::Engine;
use crate::set::Set;

/// Attempts at each module: more find smaller ones, and take longer.
const ATTEMPTS: u32 = 2_000;

/// How long a difference is made smaller for: what is left then is small enough, or will not become so.
const PATIENCE: Duration = Duration::from_secs(120);

/// Two engines that differ, the one that is believed first.
pub struct Pair<'a> {
    /// The one that is believed.
    pub expected: &'a dyn Engine,
    /// The other.
    pub found: &'a dyn Engine,
    /// Which NaNs are equal.
    pub nans: Nans,
}

impl Pair<'_> {
    /// Whether they differ; not where one of them cannot do the plan at all.
    pub fn difference(&self, set: &Set, plan: &Plan) -> Option<Difference> {
        let expected = self.expected.observe(set, plan).ok()?;
        let found = self.found.observe(set, plan).ok()?;
        match compare(&expected, &found, self.nans) {
            Verdict::Differ(difference) => Some(difference),
            _ => None,
        }
    }
}

/// Makes a set and a plan that two engines differ on smaller. `tell` hears of each success: bytes and steps left.
pub fn shrink(pair: &Pair<'_>, set: &Set, plan: &Plan, step: usize, tell: &mut dyn FnMut(usize, usize)) -> (Set, Plan) {
    let (mut set, mut plan) = (set.clone(), plan.clone());
    let deadline = Instant::now() + PATIENCE;
    fewer_steps(pair, &set, &mut plan, step);
    tell(set.bytes(), plan.steps.len());
    for number in (0..set.modules.len()).rev() {
        without_module(pair, &mut set, &mut plan, number);
    }
    for number in 0..set.modules.len() {
        smaller_module(pair, &mut set, &plan, number, deadline);
        tell(set.bytes(), plan.steps.len());
    }
    if let Some(difference) = pair.difference(&set, &plan) {
        fewer_steps(pair, &set, &mut plan, difference.step);
    }
    (set, plan)
}

/// Leaves out all steps but those from the last instantiation to the difference, then what else can go.
fn fewer_steps(pair: &Pair<'_>, set: &Set, plan: &mut Plan, step: usize) {
    let end = (step + 1).min(plan.steps.len());
    let begin = plan.steps[..end].iter().rposition(|step| *step == Step::Instantiate).unwrap_or(0);
    let with = |steps: Vec<Step>| Plan { steps, ..plan.clone() };
    let mut best = plan.steps.clone();
    let tail = plan.steps[begin..end].to_vec();
    if pair.difference(set, &with(tail.clone())).is_some() {
        best = tail;
    }
    let mut piece = best.len() / 2;
    while piece > 0 {
        let mut at = 1;
        while at < best.len() {
            let mut fewer = best.clone();
            fewer.drain(at..(at + piece).min(best.len()));
            if pair.difference(set, &with(fewer.clone())).is_some() {
                best = fewer;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    plan.steps = best;
}

/// Leaves out a module that no step and no other module needs.
fn without_module(pair: &Pair<'_>, set: &mut Set, plan: &mut Plan, number: usize) {
    if set.modules.len() < 2 {
        return;
    }
    let mut smaller = set.clone();
    smaller.modules.remove(number);
    let mut fewer = plan.clone();
    fewer.modules.remove(number);
    fewer.refills.retain(|refill| refill.module != number);
    fewer.refills.iter_mut().for_each(|refill| refill.module -= usize::from(refill.module > number));
    for function in &mut fewer.functions {
        // A number that no module has: calls of it do nothing.
        function.module = match function.module {
            module if module == number => usize::MAX,
            module if module > number && module != usize::MAX => module - 1,
            module => module,
        };
    }
    if pair.difference(&smaller, &fewer).is_some() {
        (*set, *plan) = (smaller, fewer);
    }
}

fn smaller_module(pair: &Pair<'_>, set: &mut Set, plan: &Plan, number: usize, deadline: Instant) {
    let original = set.modules[number].wasm.clone();
    let mut candidate = set.clone();
    let interesting = |wasm: &[u8]| {
        candidate.modules[number].wasm = wasm.to_vec();
        Ok(Instant::now() < deadline && pair.difference(&candidate, plan).is_some())
    };
    // It refuses modules with what it does not know: such a module stays as it is.
    if let Ok(done) = WasmShrink::default().attempts(ATTEMPTS).allow_empty(true).run(original, interesting) {
        set.modules[number].wasm = done.output;
    }
}
