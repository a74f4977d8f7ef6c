//! What a set of modules does, as data: a [`Plan`] says what is to be done with the set, an [`Observation`] what
//! could be seen of it from outside. Whatever can run a plan can be compared with everything else that can.
//!
//! * [`plan`]: the plan, step by step. [`value`]: the values in it.
//! * [`observation`]: what came of each step.
//! * [`nan`]: digests that do not tell one NaN from another.
//! * [`native`]: runs a plan on artifacts, by the `iwasm` runtime.
//! * [`exchange`]: plans and observations as files, for another process or another machine; [`command`] is what
//!   runs there.
//!
//! Absent on purpose: compiling, interpreting, and comparing.

pub mod command;
pub mod exchange;
pub mod nan;
pub mod native;
pub mod observation;
pub mod plan;
pub mod value;

pub use observation::{Event, Observation, Outcome, State};
pub use plan::{Plan, Step};
pub use value::Value;
