//! Every operator that the parser knows, by its own list, and the text form of those whose name says it.

use std::collections::BTreeMap;

use wasmparser::{Parser, Payload, for_each_operator};

/// An operator as the parser lists it.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// The proposal it came with, in the parser's words.
    pub proposal: &'static str,
    /// The parser's name of its variant: `I32Add`.
    pub variant: &'static str,
    /// The parser's name of its visitor: `visit_i32_add`.
    pub visit: &'static str,
    /// Names of its immediates.
    pub immediates: &'static [&'static str],
    /// Operands and results, where the parser says how many.
    pub arity: Option<(usize, usize)>,
}

/// Operators that no valid module has, and why.
pub const NEVER_VALID: &[(&str, &str)] = &[("TypedSelectMulti", "no valid module has a select of several types")];

/// Whether no valid module has an operator.
pub fn is_never_valid(variant: &str) -> bool {
    NEVER_VALID.iter().any(|(never, _)| *never == variant)
}

/// Proposals that are not compiled.
pub const REFUSED: [&str; 6] = [
    "custom_descriptors",
    "memory_control",
    "acquire_release_atomics",
    "shared_everything_threads",
    "stack_switching",
    "component_model",
];

macro_rules! list {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
        &[$( (stringify!($proposal), stringify!($op), stringify!($visit), &[$($(stringify!($arg)),*)?], stringify!($($ann)*)) ),*]
    };
}

type Row = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str);

const ALL: &[Row] = for_each_operator!(list);

/// All operators of proposals that are compiled.
pub fn all() -> Vec<Operator> {
    let compiled = ALL.iter().filter(|(proposal, ..)| !REFUSED.contains(proposal));
    compiled
        .map(|(proposal, variant, visit, immediates, annotation)| Operator {
            proposal,
            variant,
            visit,
            immediates,
            arity: arity(annotation),
        })
        .collect()
}

/// `arity 2 -> 1`, or `arity memarg 2 -> 1`.
fn arity(annotation: &str) -> Option<(usize, usize)> {
    let (operands, results) = annotation.split_once("->")?;
    Some((operands.split_whitespace().last()?.parse().ok()?, results.trim().parse().ok()?))
}

impl Operator {
    /// Its name in the text format, where the parser's name is made from that.
    pub fn text(&self) -> String {
        let name = self.visit.trim_start_matches("visit_");
        let text = match name.split_once("_atomic_") {
            Some((prefix, rest)) => match rest.split_once('_') {
                Some((kind, operation)) if kind.starts_with("rmw") => format!("{prefix}.atomic.{kind}.{operation}"),
                _ => format!("{prefix}.atomic.{rest}"),
            },
            None => name.replacen('_', ".", 1),
        };
        // Those of references and the like are spelled otherwise, and stand in modules of their own.
        text
    }
}

/// How often each operator stands in the functions of a module, by the parser's name of its variant.
pub fn count(wasm: &[u8]) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::CodeSectionEntry(body)) = payload else { continue };
        let Ok(operators) = body.get_operators_reader() else { continue };
        for operator in operators.into_iter().flatten() {
            *found.entry(crate::counting::variant(&operator)).or_insert(0) += 1;
        }
    }
    found
}
