//! What can do a plan.

use iwasm_observe::{Observation, Plan};

use crate::set::Set;

/// Something that does plans.
pub trait Engine {
    /// Its name, for people.
    fn name(&self) -> String;

    /// Does what a plan says with a set.
    ///
    /// # Errors
    ///
    /// When it cannot be begun. What goes wrong once it has is in the observation.
    fn observe(&self, set: &Set, plan: &Plan) -> Result<Observation, EngineError>;
}

/// Why a plan could not be begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A module does not compile, or is refused.
    #[error("{engine} refuses module {module:?}: {reason}")]
    Refused {
        /// The engine.
        engine: String,
        /// The module.
        module: String,
        /// Why.
        reason: String,
    },
    /// The module is fine, but has what this engine does not know.
    #[error("{engine} does not know what module {module:?} uses: {reason}")]
    Unsupported {
        /// The engine.
        engine: String,
        /// The module.
        module: String,
        /// What that is.
        reason: String,
    },
    /// The plan cannot be done here.
    #[error("{engine}: {reason}")]
    Plan {
        /// The engine.
        engine: String,
        /// Why.
        reason: String,
    },
    /// The process that should do it cannot be started.
    #[error("{command} cannot be started: {source}")]
    Start {
        /// The command.
        command: String,
        /// Why not.
        source: std::io::Error,
    },
    /// What the process printed is no observation.
    #[error("{command} did not tell what it saw: {reason}")]
    Answer {
        /// The command.
        command: String,
        /// What is wrong, with what it complained about.
        reason: String,
    },
    /// Files for the process cannot be written.
    #[error("files for {command}: {reason}")]
    Files {
        /// The command.
        command: String,
        /// What is wrong.
        reason: String,
    },
}
