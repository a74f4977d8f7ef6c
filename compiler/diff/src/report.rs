//! A difference for people: what was called, what each engine saw, where it is, and how to see it again.

use std::fmt::Write as _;

use iwasm_observe::plan::{Plan, Step};

use crate::compare::Difference;
use crate::engine::Engine;
use crate::set::{Callable, Set, function_offset};

/// Lines of a module's text that are shown.
const SHOWN_LINES: usize = 120;

/// The difference in words.
pub fn describe(set: &Set, plan: &Plan, difference: &Difference, expected: &dyn Engine, found: &dyn Engine) -> String {
    let mut text = String::new();
    let callables = set.callables();
    // What was seen at the end was done by a call before.
    let end = (difference.step + 1).min(plan.steps.len());
    let call = plan.steps[..end].iter().rev().find_map(|step| match step {
        Step::Call { function, args } => Some((*function, args)),
        _ => None,
    });
    // Writing to a string cannot fail.
    let _ = match call {
        Some((function, args)) => {
            let callable = callable(plan, &callables, function);
            let place = callable.map(|callable| place(set, callable)).unwrap_or_default();
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            writeln!(text, "  function  {}{place}\n  called    with ({})", named(plan, function), args.join(", "))
        }
        None => writeln!(text, "  in        the instantiation of the modules"),
    };
    if let Some(what) = &difference.what {
        let _ = writeln!(text, "  differs   {}", what.escape_debug());
    }
    for (engine, saw) in [(expected, &difference.expected), (found, &difference.found)] {
        let _ = writeln!(text, "  {}: {saw}", engine.name());
    }
    text
}

/// The command that shows it again, for module files of these names.
pub fn command(plan: &Plan, files: &[String]) -> String {
    let mut words = vec!["wamrc diff".to_owned()];
    words.extend(files.iter().cloned());
    let mut calls = plan.steps.iter().filter_map(|step| match step {
        Step::Call { function, args } => Some((*function, args)),
        _ => None,
    });
    if let (Some((function, args)), None) = (calls.next(), calls.next()) {
        let name = plan.functions.get(function).map(|function| {
            let module = plan.modules.get(function.module).map_or("", String::as_str);
            format!("${module}${}", function.name)
        });
        words.push(format!("--invoke {}", quoted(&name.unwrap_or_default())));
        words.extend(args.iter().map(|arg| match arg.to_string().split_once(':') {
            Some((bits, _)) => bits.to_owned(),
            None => arg.to_string(),
        }));
    }
    words.join(" ")
}

/// The text of a module, if it is short.
pub fn text(wasm: &[u8]) -> Option<String> {
    let text = wasmprinter::print_bytes(wasm).ok()?;
    (text.lines().count() <= SHOWN_LINES).then_some(text)
}

fn callable<'a>(plan: &Plan, callables: &'a [Callable], function: usize) -> Option<&'a Callable> {
    let function = plan.functions.get(function)?;
    callables.iter().find(|callable| callable.module == function.module && callable.name == function.name)
}

fn named(plan: &Plan, function: usize) -> String {
    let Some(function) = plan.functions.get(function) else { return "?".to_owned() };
    let module = plan.modules.get(function.module).map_or("?", String::as_str);
    format!("{:?} of module {:?}", function.name, module)
}

fn place(set: &Set, callable: &Callable) -> String {
    let offset = set.modules.get(callable.module).and_then(|member| function_offset(&member.wasm, callable.index));
    match offset {
        Some(offset) => format!(" (function {}, from {offset:#x} on)", callable.index),
        None => format!(" (function {}, imported)", callable.index),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
