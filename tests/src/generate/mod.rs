//! Sets of modules made from a seed: graphs whose modules, by wasm-smith, import each other's functions, globals,
//! memories, tables and tags. The same seed gives the same bytes on every machine. What becomes of them is compared
//! elsewhere, and so is whether they should link: some should not.
//!
//! * [`proposals`]: which parts of WebAssembly a set uses, by lot.
//! * [`pool`]: what a module may import from others, as wasm-smith wants it.
//! * [`graph`]: who imports from whom; circles; imports that are spoilt.

mod graph;
mod pool;
mod proposals;

use arbitrary::Unstructured;
use iwasm_observe::plan::{Plan, Refill};
use wamrc_diff::arguments::{Numbers, add_calls};
use wamrc_diff::{Member, Set};
use wasm_smith::{Config, Module};

pub use graph::Shape;
pub use proposals::Swarm;

/// What each module may call and loop within one call from outside, until it traps.
const FUEL: u32 = 300;
/// Bytes of entropy for a module: more make larger ones.
const ENTROPY_BYTES: usize = 3072;

/// Attempts at a module.
const ATTEMPTS: usize = 20;

/// A set of modules.
pub struct Made {
    /// How its modules hang together.
    pub shape: Shape,
    /// Whether something was done to it that may keep it from linking.
    pub spoilt: bool,
    /// The modules, each before those that import from it where there is such an order.
    pub modules: Vec<Member>,
    /// Globals that hold what the modules may still do.
    pub refills: Vec<Refill>,
}

/// The set of a seed.
///
/// # Panics
///
/// When wasm-smith makes what is no module.
pub fn set(seed: u64, swarm: Swarm) -> Made {
    graph::set(&mut Numbers(seed ^ 0x5e75_0000_0000_0000), swarm)
}

impl Made {
    /// A plan that calls each exported function of the set so many times, after each new instantiation.
    pub fn plan(&self, calls: u64, numbers: &mut Numbers) -> (Set, Plan) {
        let mut modules = self.modules.clone();
        let mut refills = self.refills.clone();
        // A main module that finds all others, or one after the other: both must come to the same.
        if numbers.below(2) == 0 {
            modules.reverse();
            refills.iter_mut().for_each(|refill| refill.module = modules.len() - 1 - refill.module);
        }
        let set = Set { modules };
        let callables = set.callables();
        let mut plan = set.plan(&callables);
        plan.refills = refills;
        plan.limits.memory_bytes = proposals::MAX_MEMORY_BYTES;
        for (function, callable) in callables.iter().enumerate() {
            add_calls(&mut plan, function, callable, calls, numbers);
        }
        if plan.steps.is_empty() {
            plan.steps = vec![iwasm_observe::Step::Instantiate, iwasm_observe::Step::Look];
        }
        (set, plan)
    }
}

/// A module, and the number of the global that holds its fuel.
fn module(numbers: &mut Numbers, config: Config, imports: Option<Vec<u8>>) -> (Vec<u8>, u32) {
    // Of what there is, it takes half.
    let max_imports = if imports.is_some() { 1000 } else { 0 };
    let config = Config { max_imports, available_imports: imports, ..config };
    // Some entropy is of no use to it.
    let module = (0..ATTEMPTS).find_map(|_| {
        let entropy: Vec<u8> = (0..ENTROPY_BYTES / 8).flat_map(|_| numbers.number().to_le_bytes()).collect();
        Module::new(config.clone(), &mut Unstructured::new(&entropy)).ok()
    });
    let mut module = module.expect("entropy suffices for a module");
    let fuel = module.ensure_termination(FUEL).expect("all of it was made by wasm-smith");
    (module.to_bytes(), fuel)
}
