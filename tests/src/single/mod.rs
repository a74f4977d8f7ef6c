//! Small modules that execute one operator each, in several shapes, for edges of its operands: what code generators get
//! wrong is often a single instruction, at one width, with an operand from a place that was not thought of.
//!
//! * [`extreme`]: functions that are compiled otherwise than most.
//! * [`operators`]: every operator the parser knows, and the ones that can be made up from their names.
//! * [`shapes`]: the functions around one. [`operands`]: what they are called with.
//!
//! Operators that need a context (control, references, objects, tables) stand in modules of their own,
//! `tests/single/*.wat`; a test sees to it that none of all is missing.

pub mod extreme;
pub mod operands;
pub mod operators;
pub mod shapes;

use aot_format::types::ValType;
use iwasm_observe::plan::{Plan, Step};
use wamrc_diff::arguments::Numbers;
use wamrc_diff::{Member, Set};

/// A module about one operator.
pub struct Single {
    /// The operator, with its immediates, and the memory it is about.
    pub name: String,
    /// The operator's name in the parser's list; none for hand-written modules, which are about several.
    pub operator: Option<&'static str>,
    /// The module.
    pub wasm: Vec<u8>,
    /// Its functions, each of which executes the operator once.
    pub functions: Vec<Shape>,
}

/// A function of such a module.
pub struct Shape {
    /// The export.
    pub export: String,
    /// Types of its parameters.
    pub params: Vec<ValType>,
    /// Whether the first parameter is an address.
    pub address: bool,
}

/// Calls between two looks at memories and globals.
const CALLS_A_LOOK: usize = 64;
/// Calls between two instantiations: what grows or is dropped must come back.
const CALLS_AN_INSTANCE: usize = 512;

impl Single {
    /// Whether results that are not exact may be rounded once or twice: a relaxed multiplication and addition may be
    /// fused or not. Both oracles fuse them, our code does not; the suite of the specification allows for either.
    fn is_licensed(&self) -> bool {
        self.name.contains("relaxed_madd") || self.name.contains("relaxed_nmadd")
    }

    /// A plan that calls each function with so many tuples of operands, ten times as many where a function is the only one
    /// that executes an operator.
    pub fn plan(&self, calls: usize, numbers: &mut Numbers) -> (Set, Plan) {
        let calls = if self.operator.is_none() { 10 * calls } else { calls };
        let set = Set { modules: vec![Member { name: "single".into(), wasm: self.wasm.clone() }] };
        let callables = set.callables();
        let mut plan = set.plan(&callables);
        let mut since = 0usize;
        for shape in &self.functions {
            let Some(function) = callables.iter().position(|callable| callable.name == shape.export) else { continue };
            for mut args in operands::tuples(&shape.params, shape.address, calls, numbers) {
                if self.is_licensed() {
                    args.iter_mut().for_each(|arg| *arg = operands::exact(*arg, self.name.contains("f64x2")));
                }
                if since.is_multiple_of(CALLS_AN_INSTANCE) {
                    plan.steps.push(Step::Look);
                    plan.steps.push(Step::Instantiate);
                } else if since.is_multiple_of(CALLS_A_LOOK) {
                    plan.steps.push(Step::Look);
                }
                since += 1;
                plan.steps.push(Step::Call { function, args });
            }
        }
        plan.steps.push(Step::Look);
        (set, plan)
    }
}

/// All modules: those that were written by hand, extreme ones, and those about one operator in the order of the parser's list.
pub fn modules() -> Vec<Single> {
    let derived = operators::all().into_iter().flat_map(|operator| shapes::modules(&operator));
    written().into_iter().chain(extreme()).chain(derived).collect()
}

/// The modules that are compiled otherwise than most.
///
/// # Panics
///
/// When one is no module.
fn extreme() -> Vec<Single> {
    let modules = extreme::modules().into_iter();
    modules.map(|(name, text)| written_module(name, wat::parse_str(text).expect("a module"))).collect()
}

/// A module all of whose functions are called.
fn written_module(name: &str, wasm: Vec<u8>) -> Single {
    let set = Set { modules: vec![Member { name: name.to_owned(), wasm: wasm.clone() }] };
    let shape =
        |callable: wamrc_diff::set::Callable| Shape { export: callable.name, params: callable.params, address: false };
    Single { name: name.to_owned(), operator: None, functions: set.callables().into_iter().map(shape).collect(), wasm }
}

/// The modules that were written by hand.
///
/// # Panics
///
/// When one is no module.
fn written() -> Vec<Single> {
    let folder = crate::paths::project().join("tests/single");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("entry of a folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let wasm = wat::parse_file(&path).unwrap_or_else(|error| panic!("{error}"));
            written_module(&path.file_stem().unwrap_or_default().to_string_lossy(), wasm)
        })
        .collect()
}
