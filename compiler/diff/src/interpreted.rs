//! The interpreter as an engine.

use iwasm_interp::{ModuleError, Wasmi, plan};
use iwasm_observe::{Observation, Plan};

use crate::engine::{Engine, EngineError};
use crate::set::Set;

/// The interpreter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interpreted;

const NAME: &str = "the interpreter";

impl Engine for Interpreted {
    fn name(&self) -> String {
        format!("{NAME} (wasmi)")
    }

    fn observe(&self, set: &Set, plan: &Plan) -> Result<Observation, EngineError> {
        let modules: Vec<&[u8]> = set.modules.iter().map(|member| &member.wasm[..]).collect();
        let limits = plan::limits(plan);
        plan::observe(plan, &modules, |wasi, needed| Wasmi::set(wasi, needed, &limits))
            .map_err(|error| explain(NAME, error))
    }
}

/// Why an engine over a backend cannot do a plan.
pub(crate) fn explain(engine: &str, error: plan::PlanError) -> EngineError {
    let engine = engine.to_owned();
    match error {
        plan::PlanError::Module { module, error: ModuleError::Invalid(reason) } => {
            EngineError::Refused { engine, module, reason }
        }
        plan::PlanError::Module { module, error: ModuleError::Unsupported(reason) } => {
            EngineError::Unsupported { engine, module, reason }
        }
        plan::PlanError::World(error) => EngineError::Plan { engine, reason: error.to_string() },
    }
}
