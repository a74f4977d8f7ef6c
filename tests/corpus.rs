//! Real modules and module sets, none of them written for this project: the cases of the corpus's
//! `cases.json`, compiled to `.aot` files, run with WASI, their exit status, output and files
//! compared with what other engines recorded. `corpus/listed.txt` has those that cannot pass yet,
//! `corpus/slow.txt` those that run only with `--include-ignored`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use tests::expected::{self, Expected};
use tests::{child, judge, paths, plan, program};

/// Set in the process that runs one case: its id.
const CHILD_VARIABLE: &str = "CORPUS_CASE";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(corpus) = paths::corpus().filter(|corpus| corpus.join("cases.json").is_file()) else {
        println!("corpus: all cases skipped, as there is no corpus (set CORPUS to its folder)");
        return ExitCode::SUCCESS;
    };
    let cases = read_cases(&corpus);
    if let Ok(id) = std::env::var(CHILD_VARIABLE) {
        return run_child(&cases, &corpus, &id);
    }
    let (listed, slow) = (read_list("listed.txt"), read_list("slow.txt"));
    let known: BTreeSet<&str> = cases.iter().filter_map(|case| case["id"].as_str()).collect();
    if let Some(name) = listed.keys().chain(slow.keys()).find(|name| !known.contains(name.as_str())) {
        println!("corpus: {name} is listed, but there is no such case");
        return ExitCode::FAILURE;
    }
    let mut skipped = 0;
    let mut trials = Vec::new();
    for case in cases {
        let id = case["id"].as_str().unwrap_or_default().to_owned();
        let (reason, is_slow) = (listed.get(&id).cloned(), slow.contains_key(&id));
        skipped += usize::from(is_slow && !arguments.include_ignored && !arguments.ignored);
        trials.push(Trial::test(id, move || run(&case, reason.as_deref())).with_ignored_flag(is_slow));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    println!("corpus: {} cases listed as not passing yet, {skipped} slow ones skipped", listed.len());
    conclusion.exit_code()
}

fn read_cases(corpus: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(corpus.join("cases.json")).expect("cases.json");
    serde_json::from_str(&text).expect("cases.json is a list of cases")
}

fn read_list(name: &str) -> Expected {
    let text = std::fs::read_to_string(paths::tests().join("corpus").join(name)).expect(name);
    expected::parse(&text).unwrap_or_else(|errors| panic!("corpus/{name}: {}", errors.join("\n")))
}

/// Runs a case in a process of its own, and holds it against the list.
fn run(case: &Value, listed: Option<&str>) -> Result<(), Failed> {
    let id = case["id"].as_str().unwrap_or_default();
    let limit = Duration::from_secs(case["timeout"].as_u64().unwrap_or(120));
    // No list excuses a crash or an endless loop.
    let output = child::run(CHILD_VARIABLE, id, limit)?;
    match (output.trim(), listed) {
        ("passed", Some(_)) => Err("passes: remove it from corpus/listed.txt".into()),
        ("passed", None) | (_, Some(_)) => Ok(()),
        (message, None) => Err(message.into()),
    }
}

fn run_child(cases: &[Value], corpus: &Path, id: &str) -> ExitCode {
    let Some(case) = cases.iter().find(|case| case["id"] == id) else { return ExitCode::FAILURE };
    let outcome = match case["runner"].as_str() {
        Some("plan") => program::text(case, "wasm").and_then(|file| plan::run(&corpus.join(file))),
        _ => program::run(case, corpus),
    };
    match outcome.and_then(|outcome| judge::compare(case, corpus, &outcome)) {
        Ok(()) => println!("passed"),
        Err(message) => println!("{message}"),
    }
    ExitCode::SUCCESS
}
