//! Which function types need which trampolines, and their code. Types whose values go the same way
//! share one body.

use std::collections::{BTreeMap, BTreeSet};

use aot_format::abi::Builtin;
use aot_format::types::{ExternKind, FuncType, TypeIndex, ValType};
use cranelift_codegen::ir;

use super::Environment;
use super::queue::{self, Threads};
use super::worker::{Compiled, Target, Worker};
use crate::error::Error;
use crate::module::Module;
use crate::set::Set;
use crate::trampoline;

/// Direction of a trampoline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Direction {
    /// Host → wasm.
    Entry,
    /// wasm → host.
    Host,
}

impl Direction {
    /// In names and errors.
    pub fn label(self) -> &'static str {
        match self {
            Direction::Entry => "entry",
            Direction::Host => "host-call",
        }
    }
}

/// A function type as its trampolines see it: a letter for each parameter, a colon, one for each result (all references
/// are 64-bit integers to CLIF); or just that these are few integers.
pub type Shape = String;

/// What a trampoline weighs in the queue, in bytes of a function body that takes as long.
const TYPICAL_WEIGHT: u64 = 64;

fn shape(ty: &FuncType) -> Shape {
    if trampoline::Way::of(ty) == trampoline::Way::Integers {
        return "integers".into();
    }
    let letter = |ty: &ValType| match ty {
        ValType::I32 => 'i',
        ValType::I64 | ValType::Ref(_) => 'l',
        ValType::F32 => 'f',
        ValType::F64 => 'd',
        ValType::V128 => 'v',
    };
    ty.params.iter().map(letter).chain([':']).chain(ty.results.iter().map(letter)).collect()
}

/// The service trampoline of one builtin.
#[derive(Debug)]
pub struct Service {
    /// The builtin.
    pub builtin: Builtin,
    /// Its machine code.
    pub code: Compiled,
}

/// The service trampolines that these functions call, in order of the builtins.
///
/// # Errors
///
/// [`Error::ServiceTrampoline`] where the code generator fails.
pub fn services(environment: Environment<'_>, set: &Set<'_>, functions: &[Compiled]) -> Result<Vec<Service>, Error> {
    let relocations = functions.iter().flat_map(|function| &function.relocations);
    let wanted: BTreeSet<u32> = relocations
        .filter_map(|relocation| match relocation.target {
            Target::Service(builtin) => Some(builtin),
            _ => None,
        })
        .collect();
    let builtins = wanted.into_iter().filter_map(|builtin| Builtin::ALL.get(builtin as usize).copied());
    let mut worker = Worker::new();
    let compile = |builtin| {
        let code = worker.compile_trampoline(environment, set, || trampoline::service(builtin, environment.isa));
        code.map(|code| Service { builtin, code }).map_err(|reason| Error::ServiceTrampoline { builtin, reason })
    };
    builtins.map(compile).collect()
}

/// What is to be generated.
#[derive(Debug)]
pub struct Plan {
    /// Position in `bodies` of each trampoline of each type.
    pub uses: BTreeMap<(TypeIndex, Direction), usize>,
    /// One for each direction and shape.
    pub bodies: Vec<Body>,
}

/// A trampoline that several types may share.
#[derive(Debug)]
pub struct Body {
    /// Direction.
    pub direction: Direction,
    /// What all its types look like.
    pub shape: Shape,
    /// The first of them.
    ty: TypeIndex,
}

impl Body {
    fn clif(&self, environment: Environment<'_>, module: &Module<'_>) -> ir::Function {
        let func = module.func_type_at(self.ty);
        match self.direction {
            Direction::Entry => trampoline::entry(func, environment.isa),
            Direction::Host => trampoline::host_call(func, environment.isa),
        }
    }

    fn failed(&self, reason: String) -> Error {
        Error::Trampoline { kind: self.direction.label(), ty: self.ty.0, reason }
    }
}

impl Plan {
    /// Functions that the host can get hold of are called through entry trampolines. Functions of
    /// the host stand in imports, and wherever wasm calls indirectly; a reference to one can also be
    /// given back to the host as what an export of this type would be. An import that another member of the set
    /// defines is no function of the host's.
    pub fn new(set: &Set<'_>, member: usize, indirect: impl Iterator<Item = TypeIndex>) -> Plan {
        let module = set.module(member);
        let type_of = |func: &u32| module.functions[*func as usize];
        let referenced = module.funcrefs.iter().map(type_of);
        let entered = referenced.clone().chain(module.start.as_ref().map(type_of));
        let imported = (0..module.counts.imported_functions)
            .filter(|index| set.definition(member, ExternKind::Func, *index).is_none())
            .map(|index| type_of(&index));
        let mut plan = Plan { uses: BTreeMap::new(), bodies: Vec::new() };
        let mut known = BTreeMap::new();
        let entries = entered.map(|ty| (ty, Direction::Entry));
        let hosts = imported.chain(referenced).chain(indirect).map(|ty| (ty, Direction::Host));
        let mut wanted: Vec<(TypeIndex, Direction)> = entries.chain(hosts).collect();
        wanted.sort_unstable();
        wanted.dedup();
        for (ty, direction) in wanted {
            let Some(func) = module.types.get(ty.0 as usize).and_then(|ty| ty.as_func()) else { continue };
            let body = *known.entry((direction, shape(func))).or_insert_with_key(|(direction, shape)| {
                plan.bodies.push(Body { direction: *direction, shape: shape.clone(), ty });
                plan.bodies.len() - 1
            });
            plan.uses.insert((ty, direction), body);
        }
        plan
    }

    /// CLIF of each body.
    pub fn clif(&self, environment: Environment<'_>, module: &Module<'_>) -> Vec<ir::Function> {
        self.bodies.iter().map(|body| body.clif(environment, module)).collect()
    }

    /// Machine code of each body.
    pub fn compile(
        &self,
        environment: Environment<'_>,
        set: &Set<'_>,
        module: &Module<'_>,
        threads: &Threads,
    ) -> Result<Vec<Compiled>, Error> {
        let weights = vec![TYPICAL_WEIGHT; self.bodies.len()];
        queue::run(threads, &weights, Worker::new, |worker, index| {
            let body = &self.bodies[index];
            let compiled = worker.compile_trampoline(environment, set, || body.clif(environment, module));
            compiled.map_err(|reason| body.failed(reason))
        })
    }
}
