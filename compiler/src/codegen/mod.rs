//! Validated modules → bound machine code and the tables that go with it.
//!
//! * [`isa`]: our options as Cranelift's settings.
//! * `addresses`: what is changed before Cranelift optimises, by what `ranges` finds out.
//! * `back_edges`, `extensions`: what is changed after Cranelift optimised.
//! * `effort`: which functions Cranelift had better not optimise.
//! * `inline`: which functions are inlined, and what back traces say of them.
//! * `worker`: one function through translation and Cranelift, with what a thread reuses.
//! * `queue`: all functions, on all threads, with the same result for any number of them.
//! * `trampolines`: which function types need which trampolines; one body for each lowered shape.
//! * `relax`: shorter machine code for x86-64.
//! * `placement`: where in its cache line a function had better start.
//! * `text`: placement and binding; no relocation is left after it.
//! * [`image`]: which data segments become copy-on-write images.
//! * [`emit`]: all of it → [`aot_format::write::Contents`].
//!
//! Absent on purpose: opcodes ([`crate::translate`]) and byte layouts (`aot-format`).

mod addresses;
mod back_edges;
mod effort;
pub mod emit;
mod extensions;
pub mod image;
mod inline;
pub mod isa;
mod placement;
mod queue;
mod range;
mod ranges;
mod relax;
#[cfg(test)]
pub mod test_support;
mod text;
mod trampolines;
mod worker;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use aot_format::abi::{Builtin, TrapCode};
use aot_format::types::TypeIndex;
use cranelift_codegen::ir;
use cranelift_codegen::isa::TargetIsa;

use crate::error::{Error, FunctionLabel};
use crate::set::{Definition, Set};
use crate::translate::TranslateSettings;

pub use aot_format::write::{CallSite, Inlined, StackMap, Trampolines};
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

/// Bound machine code of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCode {
    /// Machine code of all members, with no relocations left.
    pub text: Vec<u8>,
    /// For each member, its code's range of the text, and what is known of it. Offsets are from where that begins.
    pub members: Vec<(Range<usize>, Code)>,
}

/// What is known of the machine code of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// The machine code of a module alone; that of a member of a set stands in the set's.
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
    /// Which of these were inlined, text offsets ascending.
    pub inlined: Vec<Inlined>,
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
    /// Whether small functions are inlined.
    pub inlines: bool,
    /// Bytes that nobody executes behind each function, for tests of far branches.
    pub spread_text: u32,
    /// What is done to each function before Cranelift compiles it: only tests have something done.
    pub tamper: Option<crate::Tamper>,
}

/// Translates, compiles and binds all functions of a set.
///
/// # Errors
///
/// That of the first function of the first member that has one, for any number of threads.
pub fn generate(
    environment: Environment<'_>,
    set: &Set<'_>,
    threads: &Threads,
    progress: ProgressHook<'_>,
) -> Result<SetCode, Error> {
    let inlinees = inlinees(environment, set, threads)?;
    let functions: Vec<Definition> = definitions(set).collect();
    let weights: Vec<u64> = functions.iter().map(|function| set.body_bytes(*function) as u64).collect();
    let total_bytes = weights.iter().sum();
    let done = AtomicU64::new(0);
    let compiled = queue::run(threads, &weights, worker::Worker::new, |worker, index| {
        let compiled =
            worker.compile(environment, set, &inlinees, functions[index]).map_err(in_member(set, functions[index]))?;
        let done_bytes = done.fetch_add(weights[index], Ordering::Relaxed) + weights[index];
        progress(Progress { done_bytes, total_bytes });
        Ok(compiled)
    })?;
    let mut compiled = compiled.into_iter();
    let mut parts = Vec::with_capacity(set.members().len());
    for (number, member) in set.members().iter().enumerate() {
        let functions: Vec<_> = compiled.by_ref().take(member.module.bodies.len()).collect();
        let indirect = functions.iter().flat_map(|function| function.indirect_types.iter().copied());
        let plan = trampolines::Plan::new(set, number, indirect);
        let trampolines = plan.compile(environment, set, &member.module, threads)?;
        let services = trampolines::services(environment, set, &functions)?;
        let used = vec![false; functions.len()];
        parts.push(text::Part { functions, used, plan, trampolines, services });
    }
    text::find_used(set, &mut parts);
    text::bind(environment, set, &parts)
}

/// The bodies that are inlined, if any are.
fn inlinees(environment: Environment<'_>, set: &Set<'_>, threads: &Threads) -> Result<inline::Bodies, Error> {
    match environment.inlines {
        true => inline::Bodies::of(environment, set, threads),
        false => Ok(inline::Bodies::default()),
    }
}

/// The functions that a set defines, member by member.
fn definitions(set: &Set<'_>) -> impl Iterator<Item = Definition> {
    let members = set.members().iter().enumerate();
    members.flat_map(|(member, of)| (0..of.module.bodies.len() as u32).map(move |index| Definition { member, index }))
}

/// Says which member an error is in, where there are several.
fn in_member(set: &Set<'_>, function: Definition) -> impl FnOnce(Error) -> Error {
    let module = (set.members().len() > 1).then(|| set.members()[function.member].name.clone());
    |error| match module {
        Some(module) => Error::InMember { module, error: Box::new(error) },
        None => error,
    }
}

/// Translates all functions, one after the other, and gives each to `each`.
///
/// # Errors
///
/// That of the first function that has one, or what `each` returns.
pub fn for_each_clif(
    environment: Environment<'_>,
    set: &Set<'_>,
    threads: &Threads,
    mut each: impl FnMut(Definition, &ir::Function) -> Result<(), Error>,
) -> Result<(), Error> {
    let inlinees = inlinees(environment, set, threads)?;
    let mut worker = worker::Worker::new();
    definitions(set)
        .try_for_each(|definition| each(definition, &worker.translate(environment, set, &inlinees, definition)?))
}

/// Compiles all functions, one after the other, and gives each one's machine code as text to `each`.
///
/// # Errors
///
/// That of the first function that has one, or what `each` returns.
pub fn for_each_asm(
    environment: Environment<'_>,
    set: &Set<'_>,
    threads: &Threads,
    mut each: impl FnMut(Definition, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    let inlinees = inlinees(environment, set, threads)?;
    let mut worker = worker::Worker::new();
    definitions(set)
        .try_for_each(|definition| each(definition, &worker.disassemble(environment, set, &inlinees, definition)?))
}

/// The trampolines of all function types, and the service trampolines that a module may need.
pub fn trampoline_clif(environment: Environment<'_>, set: &Set<'_>, member: usize) -> Vec<ir::Function> {
    let module = set.module(member);
    let every_type = (0..module.types.len() as u32).map(TypeIndex);
    let mut all = trampolines::Plan::new(set, member, every_type).clif(environment, module);
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

pub(crate) fn label(set: &Set<'_>, definition: Definition) -> FunctionLabel {
    let module = set.module(definition.member);
    let index = module.counts.imported_functions + definition.index;
    FunctionLabel { index, name: module.function_name(index).map(str::to_owned) }
}
