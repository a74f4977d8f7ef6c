//! The switches of WebAssembly's features: `--disable-NAME` and `--enable-NAME` for each of
//! [`Feature::ALL`], and what WAMR calls some of them. What is compiled is on, so that enabling
//! it changes nothing.

use aot_format::features::{Feature, FeatureSet};
use clap::{Arg, ArgAction, ArgMatches};

use crate::compat::given;
use crate::error::UsageError;

/// What WAMR calls them, where that is another name; the last two are switches of its build.
const WAMR: &[(Verb, &str, Feature)] = &[
    (Verb::Disable, "disable-ref-types", Feature::ReferenceTypes),
    (Verb::Enable, "enable-ref-types", Feature::ReferenceTypes),
    (Verb::Enable, "enable-bulk-memory-opt", Feature::BulkMemory),
    (Verb::Enable, "enable-multi-thread", Feature::Threads),
    (Verb::Enable, "enable-shared-memory", Feature::Threads),
    (Verb::Enable, "enable-exce-handling", Feature::LegacyExceptions),
];

/// What a switch does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Disable,
    Enable,
}

/// The options of a feature, ours first.
fn options(verb: Verb, feature: Feature) -> impl Iterator<Item = &'static str> {
    let own = if verb == Verb::Disable { feature.disable_option() } else { feature.enable_option() };
    let others = WAMR.iter().filter(move |(of_verb, _, of)| *of_verb == verb && *of == feature);
    std::iter::once(own).chain(others.map(|(_, option, _)| *option))
}

/// All switches, for the parser; help lists the features instead.
pub fn args() -> impl Iterator<Item = Arg> {
    let verbs = |feature: &Feature| options(Verb::Disable, *feature).chain(options(Verb::Enable, *feature));
    let options = Feature::ALL.iter().flat_map(verbs);
    options.map(|option| Arg::new(option).long(option).hide(true).action(ArgAction::SetTrue))
}

/// The first option that was given for a feature.
fn switch(matches: &ArgMatches, verb: Verb, feature: Feature) -> Option<&'static str> {
    options(verb, feature).find(|option| given(matches, option))
}

/// Features that are switched off.
///
/// # Errors
///
/// [`UsageError::Contradiction`] for one that is asked for and off, by itself or with what it needs.
pub fn switched_off(matches: &ArgMatches) -> Result<Vec<Feature>, UsageError> {
    let off: Vec<Feature> =
        Feature::ALL.iter().copied().filter(|feature| switch(matches, Verb::Disable, *feature).is_some()).collect();
    let set = off.iter().fold(FeatureSet::NONE, |set, feature| set.with(*feature));
    for feature in Feature::ALL {
        let Some(enable) = switch(matches, Verb::Enable, *feature) else { continue };
        let Some(needed) = set.takes_along(*feature) else { continue };
        let disable = switch(matches, Verb::Disable, needed).unwrap_or_default();
        let reason =
            if needed == *feature { String::new() } else { format!(": {} needs {}", feature.name(), needed.name()) };
        return Err(UsageError::Contradiction { enable, disable, reason });
    }
    Ok(off)
}

/// What is to be said of features that were asked for and are not there, a line each: without it, only
/// a module that needs one would be told.
pub fn notes(matches: &ArgMatches) -> Vec<String> {
    let lacking = Feature::ALL.iter().filter(|feature| !feature.is_compiled());
    let asked = lacking.filter_map(|feature| Some((switch(matches, Verb::Enable, *feature)?, feature.title())));
    let note = |(option, title): (&str, &str)| {
        format!("--{option} has no effect: this version lacks {title}, and refuses a module that uses it by that name")
    };
    asked.map(note).collect()
}

/// What this version compiles, in one line.
pub fn names() -> String {
    Feature::names(true).collect::<Vec<_>>().join(", ")
}

/// The part of the help about features.
pub fn help() -> String {
    let list = |compiled| Feature::names(compiled).collect::<Vec<_>>().join(" ");
    let mut text = String::from(
        "Features of WebAssembly, all on (--disable-FEATURE refuses modules that use it, or what needs it):\n  ",
    );
    text.push_str(&list(true));
    if Feature::names(false).next().is_some() {
        text.push_str("\nNot in this version:\n  ");
        text.push_str(&list(false));
    }
    text
}
