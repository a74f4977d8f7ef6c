//! What is to be done with a set of modules.

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// What is to be done with a set of modules. Every step is done, whatever came of those before.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Names of the modules; the modules themselves are given beside the plan, in this order. All are registered,
    /// and instantiated in this order, each with what it needs.
    pub modules: Vec<String>,
    /// The functions that are called.
    pub functions: Vec<Function>,
    /// Exported globals that are set before each call: what a generated module may still do.
    pub refills: Vec<Refill>,
    /// What is done.
    pub steps: Vec<Step>,
    /// What the modules are given of the world.
    pub world: World,
    /// How much of it.
    pub limits: Limits,
    /// How much is told of memories.
    pub detail: Detail,
}

/// How much is told of memories.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Detail {
    /// A digest.
    #[default]
    Digest,
    /// Also a digest that does not tell one NaN from another.
    Blurred,
    /// All bytes, too.
    Whole,
}

/// An exported function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Function {
    /// The module's number in the plan.
    pub module: usize,
    /// The export.
    pub name: String,
}

/// A global of type `i32` that is set before each call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refill {
    /// The module's number in the plan.
    pub module: usize,
    /// The export.
    pub global: String,
    /// Its new value.
    pub value: i32,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Step {
    /// A new store, with new instances of all modules.
    Instantiate,
    /// A call.
    Call {
        /// Number of the function in the plan.
        function: usize,
        /// Its parameters.
        args: Vec<Value>,
    },
    /// Tells everything that the instances export, and what was printed.
    Look,
}

/// What the modules are given by way of WASI. Clocks and random numbers are the same in every run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct World {
    /// The program's arguments, its name first.
    pub args: Vec<String>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// What it can read from the standard input.
    pub input: Vec<u8>,
    /// Folders: of the host, for the guest.
    pub folders: Vec<(String, String)>,
}

/// What every run of a plan may use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of each memory.
    pub memory_bytes: u64,
    /// Elements of each table.
    pub table_elements: u64,
    /// Bytes of stack for compiled code; interpreters have another measure.
    pub stack_bytes: usize,
    /// Milliseconds that all steps up to the next instantiation may take.
    pub run_ms: u64,
    /// Bytes of output that are kept.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory_bytes: 1 << 30,
            table_elements: 1 << 20,
            stack_bytes: 1 << 20,
            run_ms: 10_000,
            output_bytes: 16 << 20,
        }
    }
}
