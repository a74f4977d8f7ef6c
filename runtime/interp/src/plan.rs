//! Does a plan by any engine.

use iwasm::LinkErrors;
use iwasm_observe::native::{refusals, world};
use iwasm_observe::observation::Sight;
use iwasm_observe::plan::Step;
use iwasm_observe::{Event, Observation, Outcome, Plan, State};
use iwasm_wasi::{BuildError, MODULE_NAMES, OutputBuffer, WasiCtx};

use crate::backend::{Backend, Limits, ModuleError};
use crate::set::{Failure, Set};
use crate::shape::{Import, Shape};

/// What an interpreter does in a millisecond, in its own measure, and then some: time is for the plan to say, but what
/// runs cannot be stopped by the clock.
const FUEL_A_MILLISECOND: u64 = 100_000;
/// Bytes of stack that one call of compiled code takes, on the average: what is exhausted here should be there, too.
const STACK_BYTES_A_CALL: usize = 64;

/// Why a plan cannot be begun.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A module that the engine refuses.
    #[error("module {module:?}: {error}")]
    Module {
        /// Its name.
        module: String,
        /// Why.
        error: ModuleError,
    },
    /// What the modules are to be given is not there.
    #[error(transparent)]
    World(#[from] BuildError),
}

/// What a plan allows, in an interpreter's measures.
pub fn limits(plan: &Plan) -> Limits {
    Limits {
        memory_bytes: plan.limits.memory_bytes,
        table_elements: plan.limits.table_elements,
        depth: plan.limits.stack_bytes / STACK_BYTES_A_CALL,
        fuel: Some(plan.limits.run_ms.saturating_mul(FUEL_A_MILLISECOND)),
    }
}

/// Does a plan: `new` gives a set with nothing in it but the functions of WASI, if it is told that they are needed;
/// `modules` are those of the plan.
///
/// # Errors
///
/// When it cannot be begun.
pub fn observe<B: Backend>(
    plan: &Plan,
    modules: &[&[u8]],
    new: impl Fn(WasiCtx, bool) -> Set<B>,
) -> Result<Observation, PlanError> {
    let of_wasi = |import: &Import| MODULE_NAMES.contains(&&*import.module);
    let wasi = modules.iter().any(|wasm| Shape::of(wasm).imports.iter().any(of_wasi));
    let new = |context| new(context, wasi);
    let mut live: Option<Live<B>> = None;
    let mut events = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        events.push(match (step, &mut live) {
            (Step::Instantiate, _) => {
                // The old store goes first: two at a time would need twice the memory.
                drop(live.take());
                let (event, made) = instantiate(plan, modules, &new)?;
                live = Some(made);
                event
            }
            (_, None) => Event::Nothing,
            (Step::Call { function, args }, Some(live)) => match live.functions.get(*function) {
                Some(Some(func)) => {
                    for (global, value) in &live.refills {
                        live.set.backend().set_global(global, *value);
                    }
                    Event::Called(match live.set.call(func, args) {
                        Ok(values) => Outcome::Returned(values),
                        Err(outcome) => outcome,
                    })
                }
                _ => Event::Nothing,
            },
            (Step::Look, Some(live)) => live.look(plan),
        });
    }
    Ok(Observation { events })
}

struct Live<B: Backend> {
    set: Set<B>,
    functions: Vec<Option<B::Extern>>,
    refills: Vec<(B::Extern, i32)>,
    output: [OutputBuffer; 2],
}

fn instantiate<B: Backend>(
    plan: &Plan,
    modules: &[&[u8]],
    new: &impl Fn(WasiCtx) -> Set<B>,
) -> Result<(Event, Live<B>), PlanError> {
    let output = [OutputBuffer::new(plan.limits.output_bytes), OutputBuffer::new(plan.limits.output_bytes)];
    let mut set = new(world(&plan.world, &output)?);
    for (name, wasm) in plan.modules.iter().zip(modules) {
        set.register(name, wasm).map_err(|error| PlanError::Module { module: name.clone(), error })?;
    }
    let mut event = Event::Instantiated;
    for (module, name) in plan.modules.iter().enumerate() {
        if set.has_instance(name) {
            continue;
        }
        if let Err(failure) = set.instantiate(name) {
            let outcome = match failure {
                Failure::Link(LinkErrors(errors)) => Outcome::Refused(refusals(&errors)),
                Failure::Outcome(outcome) => outcome,
            };
            event = Event::NotInstantiated { module, outcome };
            break;
        }
    }
    let mut export = |module: usize, name: &str| set.export(plan.modules.get(module)?, name);
    let functions = plan.functions.iter().map(|function| export(function.module, &function.name)).collect();
    let refills = plan.refills.iter();
    let refills = refills.filter_map(|refill| Some((export(refill.module, &refill.global)?, refill.value))).collect();
    Ok((event, Live { set, functions, refills, output }))
}

impl<B: Backend> Live<B> {
    fn look(&mut self, plan: &Plan) -> Event {
        let mut sights = Vec::new();
        for module in &plan.modules {
            for field in self.set.exports(module) {
                let Some(item) = self.set.export(module, &field) else { continue };
                if let Some(state) = self.set.backend().state(&item, plan.detail) {
                    sights.push(Sight { name: format!("{module}.{field}"), state });
                }
            }
        }
        for (name, output) in ["standard output", "standard error"].into_iter().zip(&self.output) {
            let printed = output.contents();
            if !printed.is_empty() {
                sights.push(Sight { name: name.to_owned(), state: State::Output(printed) });
            }
        }
        Event::Seen(sights)
    }
}
