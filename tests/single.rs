//! Modules that execute one operator each: that none is missing, and that all do the same as other engines say.

use std::collections::BTreeSet;

use tests::single::{self, operators};

/// Operators that need not be executed, and why.
const EXCLUDED: &[(&str, &str)] = &[("TypedSelectMulti", "no valid module has a select of several types")];

#[test]
fn no_operator_is_missing() {
    let modules = single::modules();
    let present: BTreeSet<String> =
        modules.iter().flat_map(|single| operators::count(&single.wasm).into_keys()).collect();
    let all: Vec<&str> = operators::all().iter().map(|operator| operator.variant).collect();
    assert!(all.len() > 550, "the parser lists only {} operators", all.len());
    let excluded = |variant: &str| EXCLUDED.iter().any(|(excluded, _)| *excluded == variant);
    let missing: Vec<&&str> = all.iter().filter(|variant| !present.contains(**variant) && !excluded(variant)).collect();
    let needless: Vec<&str> =
        EXCLUDED.iter().map(|(variant, _)| *variant).filter(|variant| present.contains(*variant)).collect();
    assert!(missing.is_empty(), "no module in tests/single has {} operators: {missing:?}", missing.len());
    assert!(needless.is_empty(), "{needless:?} are there, and need no exception");
    let functions: usize = modules.iter().map(|single| single.functions.len()).sum();
    println!("{} operators in {} modules with {functions} functions", all.len(), modules.len());
}
