//! The options of WAMR's wamrc that have no counterpart here: those that are accepted, those that are
//! refused, and why. Options that shape the code stand in `args`, switches of features in `features`.

use clap::{Arg, ArgAction, ArgMatches, parser::ValueSource};

use crate::error::UsageError;

/// Switches that have nothing to switch: what they ask for is always on, or never needed.
const SWITCHES: &[&str] = &[
    "xip",
    "enable-lime1",
    "enable-dump-call-stack",
    "enable-perf-profiling",
    "enable-memory-profiling",
    "enable-linux-perf",
    "enable-indirect-mode",
    "enable-shared-heap",
    "enable-shared-chain",
    "enable-call-indirect-overlong",
    "disable-aux-stack-check",
    "disable-llvm-intrinsics",
    "disable-llvm-jump-tables",
    "disable-llvm-lto",
];

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

/// Whether an option was given.
pub fn given(matches: &ArgMatches, name: &str) -> bool {
    matches.value_source(name) == Some(ValueSource::CommandLine)
}
