//! What was found once, and must not come back: the modules of `tests/regress/`, by all engines.

use tests::duel::Duel;
use tests::paths;
use wamrc::Options;
use wamrc_diff::arguments::{Numbers, add_calls};
use wamrc_diff::{Member, Set};

/// Calls of each function.
const CALLS: u64 = 50;

#[test]
fn nothing_comes_back() {
    let folder = paths::project().join("tests/regress");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("tests/regress")
        .map(|entry| entry.expect("entry of a folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat" || extension == "wasm"))
        .collect();
    files.sort();
    assert!(files.len() >= 2, "{files:?}");
    let mut duel = Duel::new(Options::new().nan_canonicalization(true), None);
    for path in &files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap_or_default();
        assert!(path.extension().is_some_and(|it| it == "wasm") || text.starts_with(";; Found by"), "{name}: by what?");
        let set = Set { modules: vec![Member { name: name.clone(), wasm: wat::parse_file(path).expect("a module") }] };
        let callables = set.callables();
        let mut plan = set.plan(&callables);
        for (function, callable) in callables.iter().enumerate() {
            assert!(add_calls(&mut plan, function, callable, CALLS, &mut Numbers(1)) > 0, "{name}: not called");
        }
        // A number of which the second oracle always has a vote.
        if let Err(find) = duel.fight(&set, &plan, 0) {
            panic!("{name}:\n{}", find.report);
        }
        assert_eq!(duel.tally.outvoted, 0, "{name}: {:?}", duel.tally.outvoted_first);
    }
}

/// wasmi lists imports by kind, not in the module's order: our interpreter compared each with another's type, and said
/// that a global imported before a memory does not link. Found by generated graphs.
#[test]
fn imports_of_several_kinds_in_any_order_link() {
    let member = |name: &str, text: &str| Member { name: name.into(), wasm: wat::parse_str(text).expect("a module") };
    let set = Set {
        modules: vec![
            member("a", r#"(module (memory (export "m") 1 2) (global (export "g") (mut i64) (i64.const 7)))"#),
            member(
                "b",
                r#"(module (import "a" "g" (global $g (mut i64))) (import "a" "m" (memory 1))
                    (func (export "f") (param i64) (result i64)
                        (global.set $g (local.get 0)) (i64.store (i32.const 0) (local.get 0))
                        (i64.add (global.get $g) (i64.load (i32.const 0)))))"#,
            ),
        ],
    };
    let callables = set.callables();
    let mut plan = set.plan(&callables);
    add_calls(&mut plan, 0, &callables[0], CALLS, &mut Numbers(1));
    let mut duel = Duel::new(Options::new().nan_canonicalization(true), None);
    if let Err(find) = duel.fight(&set, &plan, 0) {
        panic!("{}", find.report);
    }
    assert_eq!((duel.tally.outvoted, duel.tally.refused), (0, 0));
    assert!(duel.tally.calls.get("wasmi") == Some(&CALLS), "{:?}", duel.tally.calls);
}
