//! The options of WAMR's wamrc that have no counterpart here: those that are accepted, those that are
//! refused, and why. Options that shape the code stand in `args`.

use clap::{Arg, ArgAction, ArgMatches, parser::ValueSource};

use super::error::UsageError;

/// Switches that have nothing to switch: what they ask for is always on, or a module that uses it is
/// told what is missing.
const SWITCHES: &[&str] = &[
    "xip",
    "enable-bulk-memory",
    "enable-bulk-memory-opt",
    "enable-multi-thread",
    "enable-tail-call",
    "enable-gc",
    "enable-ref-types",
    "enable-simd",
    "enable-multi-memory",
    "enable-memory64",
    "enable-exce-handling",
    "enable-extended-const",
    "enable-lime1",
    "enable-dump-call-stack",
    "enable-perf-profiling",
    "enable-memory-profiling",
    "enable-linux-perf",
    "enable-indirect-mode",
    "enable-shared-heap",
    "disable-ref-types",
    "disable-bulk-memory",
    "disable-aux-stack-check",
    "disable-llvm-intrinsics",
    "disable-llvm-jump-tables",
    "disable-llvm-lto",
];

/// Switches for what this version lacks, which deserve a word: without it, only the module that needs
/// it would be told.
const LACKING: &[(&str, &str)] = &[("enable-gc", "garbage collection")];

/// Options with a value, or with an optional one, that change nothing.
const VALUED: &[&str] = &["enable-builtin-intrinsics", "enable-segue"];

/// Options that ask something of LLVM.
const OF_LLVM: &[(&str, &str)] = &[
    ("abi", "the ABI is part of the artifact's format"),
    ("mllvm", "there is no LLVM to pass options to"),
    ("stack-usage", "LLVM would write that file"),
    ("enable-llvm-passes", "there are no LLVM passes"),
    ("enable-llvm-pgo", "LLVM would use the profile"),
    ("use-prof-file", "LLVM would use the profile"),
];

/// All of them, for the parser; help does not list them.
pub fn args() -> impl Iterator<Item = Arg> {
    let hidden = |name: &&'static str| Arg::new(*name).long(*name).hide(true);
    let switches = SWITCHES.iter().map(move |name| hidden(name).action(ArgAction::SetTrue));
    let names = VALUED.iter().chain(OF_LLVM.iter().map(|(name, _)| name));
    let valued = move |name| {
        let arg = hidden(name).action(ArgAction::Append).num_args(0..=1).require_equals(true);
        arg.allow_hyphen_values(true).default_missing_value("")
    };
    switches.chain(names.map(valued))
}

/// Refuses what cannot be had.
pub fn check(matches: &ArgMatches) -> Result<(), UsageError> {
    match OF_LLVM.iter().find(|(name, _)| given(matches, name)) {
        Some((option, reason)) => Err(UsageError::OfLlvm { option, reason }),
        None => Ok(()),
    }
}

/// What is to be said of switches that were given, a line each.
pub fn notes(matches: &ArgMatches) -> Vec<String> {
    let lacking = LACKING.iter().filter(|(name, _)| given(matches, name));
    let note = |(name, what): &(&str, &str)| {
        format!("--{name} has no effect: this version lacks {what}, and refuses a module that uses it by that name")
    };
    lacking.map(note).collect()
}

fn given(matches: &ArgMatches, name: &str) -> bool {
    matches.value_source(name) == Some(ValueSource::CommandLine)
}
