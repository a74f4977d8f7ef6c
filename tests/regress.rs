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
    assert!(files.len() >= 3, "{files:?}");
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
