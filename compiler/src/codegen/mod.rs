//! A validated module → bound machine code and the tables that go with it.
//!
//! * [`isa`]: our options as Cranelift's settings.
//! * `effort`: which functions Cranelift had better not optimise.
//! * `worker`: one function through translation and Cranelift, with what a thread reuses.
//! * `queue`: all functions, on all threads, with the same result for any number of them.
//! * `trampolines`: which function types need which trampolines; one body for each lowered shape.
//! * `text`: placement and binding; no relocation is left after it.
//! * [`image`]: which data segments become copy-on-write images.
//! * [`emit`]: all of it → [`aot_format::write::Contents`].
//!
//! Absent on purpose: opcodes ([`crate::translate`]) and byte layouts (`aot-format`).

mod effort;
pub mod emit;
pub mod image;
pub mod isa;
mod queue;
mod text;
mod trampolines;
mod worker;

use std::sync::atomic::{AtomicU64, Ordering};

use aot_format::abi::{Builtin, TrapCode};
use aot_format::types::TypeIndex;
use cranelift_codegen::ir;
use cranelift_codegen::isa::TargetIsa;

use crate::error::{Error, FunctionLabel};
use crate::module::{Body, Module};
use crate::translate::TranslateSettings;

pub use aot_format::write::{CallSite, StackMap, Trampolines};
pub use queue::Threads;

/// How far a compilation is, in bytes of function bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes compiled.
    pub done_bytes: u64,
    /// Bytes there are.
    pub total_bytes: u64,
}

/// Is told of progress, from any thread.
pub type ProgressHook<'a> = &'a (dyn Fn(Progress) + Sync);

/// Where the code of one function stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextRange {
    /// Bytes from the start of the text.
    pub offset: u32,
    /// Length in bytes.
    pub bytes: u32,
}

/// Bound machine code of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Machine code, with no relocations left.
    pub text: Vec<u8>,
    /// Where each function the module defines stands; offsets ascend.
    pub functions: Vec<TextRange>,
    /// Trampolines, types ascending.
    pub trampolines: Vec<Trampolines>,
    /// Where each trampoline stands, for printing.
    pub trampoline_ranges: Vec<(String, TextRange)>,
    /// Where each service trampoline stands, for printing.
    pub service_ranges: Vec<(String, TextRange)>,
    /// Trapping instructions, text offsets ascending.
    pub traps: Vec<(u32, TrapCode)>,
    /// Calls that have exception handlers, return offsets ascending.
    pub call_sites: Vec<CallSite>,
    /// Calls across which functions keep managed references, return offsets ascending.
    pub stack_maps: Vec<StackMap>,
    /// Text offset → wasm offset: where each run of one wasm offset begins.
    pub addresses: Vec<(u32, u32)>,
}

/// Everything functions are compiled with, whatever thread does it.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// What Cranelift generates code for.
    pub isa: &'a dyn TargetIsa,
    /// The same, for functions that are not to be optimised.
    pub unoptimised: &'a dyn TargetIsa,
    /// What the translation is told.
    pub settings: &'a TranslateSettings,
    /// Space functions out for speed, rather than packing them.
    pub align_functions: bool,
    /// Bytes that nobody executes behind each function, for tests of far branches.
    pub spread_text: u32,
    /// What is done to each function before Cranelift compiles it: only tests have something done.
    pub tamper: Option<crate::Tamper>,
}

/// Translates, compiles and binds all functions of a module.
///
/// # Errors
///
/// That of the function with the lowest index, for any number of threads.
pub fn generate(
    environment: Environment<'_>,
    module: &Module<'_>,
    threads: &Threads,
    progress: ProgressHook<'_>,
) -> Result<Code, Error> {
    let total_bytes = module.bodies.iter().map(body_bytes).sum();
    let done = AtomicU64::new(0);
    let weights: Vec<u64> = module.bodies.iter().map(body_bytes).collect();
    let compiled = queue::run(threads, &weights, worker::Worker::new, |worker, index| {
        let body = &module.bodies[index];
        let compiled = worker.compile(environment, module, body)?;
        let done_bytes = done.fetch_add(weights[index], Ordering::Relaxed) + weights[index];
        progress(Progress { done_bytes, total_bytes });
        Ok(compiled)
    })?;
    let indirect = compiled.iter().flat_map(|function| function.indirect_types.iter().copied());
    let plan = trampolines::Plan::new(module, indirect);
    let bodies = plan.compile(environment, module, threads)?;
    let services = trampolines::services(environment, &compiled)?;
    text::bind(environment, module, &compiled, &plan, &bodies, &services)
}

/// Translates all functions, one after the other, and gives each to `each`.
///
/// # Errors
///
/// That of the first function that has one, or what `each` returns.
pub fn for_each_clif(
    environment: Environment<'_>,
    module: &Module<'_>,
    mut each: impl FnMut(u32, &ir::Function) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut worker = worker::Worker::new();
    for body in &module.bodies {
        let function = worker.translate(environment, module, body)?;
        each(body.to_validate.index, &function)?;
    }
    Ok(())
}

/// Compiles all functions, one after the other, and gives each one's machine code as text to `each`.
///
/// # Errors
///
/// That of the first function that has one, or what `each` returns.
pub fn for_each_asm(
    environment: Environment<'_>,
    module: &Module<'_>,
    mut each: impl FnMut(u32, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut worker = worker::Worker::new();
    for body in &module.bodies {
        let text = worker.disassemble(environment, module, body)?;
        each(body.to_validate.index, &text)?;
    }
    Ok(())
}

/// The trampolines of all function types, and the service trampolines that a module may need.
pub fn trampoline_clif(environment: Environment<'_>, module: &Module<'_>) -> Vec<ir::Function> {
    let every_type = (0..module.types.len() as u32).map(TypeIndex);
    let mut all = trampolines::Plan::new(module, every_type).clif(environment, module);
    let objects = module.types.iter().any(|ty| ty.as_func().is_none());
    let may_need = |builtin: Builtin| match builtin {
        Builtin::Throw => !module.tags.is_empty(),
        Builtin::ObjectNew => objects || !module.tags.is_empty(),
        _ => objects,
    };
    let services = Builtin::ALL.iter().copied().filter(|builtin| builtin.walks_the_stack() && may_need(*builtin));
    all.extend(services.map(|builtin| crate::trampoline::service(builtin, environment.isa)));
    all
}

fn body_bytes(body: &Body<'_>) -> u64 {
    body.body.as_bytes().len() as u64
}

fn label(module: &Module<'_>, func_index: u32) -> FunctionLabel {
    FunctionLabel { index: func_index, name: module.function_name(func_index).map(str::to_owned) }
}
