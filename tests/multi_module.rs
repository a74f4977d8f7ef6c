//! Sets of modules, linked by name from `.aot` files, one case for each `multi_module/*.wast`.
//!
//! A case is a script whose `(module $name …)` directives are *files*: each is compiled to
//! `name.aot` in a folder of the case. Then `main` is instantiated, its imports found in that folder
//! by a module reader, and the rest of the script runs in order. `invoke` takes names as
//! `lookup_func` does: `f` for an export of main, `$a$f` for one of module a. The host module `test`
//! has `log (param i32)`, which notes its argument, `mark`, which notes "mark", and `call (param
//! funcref)`, which calls the function and passes on what it fails with. Lines that begin with `;;!`
//! say what else must hold:
//!
//! * `;;! log: 1 2` what was noted up to here;
//! * `;;! reads: a b` the names the module reader was asked for up to here, sorted, each as often
//!   as it was asked for;
//! * `;;! frames: a!f main!g` the back trace of the last trap or uncaught exception, innermost first, all of it;
//! * `;;! values: i32 1 …` the arguments of the last uncaught exception;
//! * `;;! link-error: x | y` linking fails; one such line for each error, in any order, that holds x and y;
//! * `;;! start-trap: message` instantiation traps;
//! * `;;! listed: reason` the case cannot pass yet, and must be taken off when it does.
//!
//! * `;;! not linked: reason` the case is about what a linked set does not do.
//!
//! Every case runs four times: as files, and compiled together to one (`wamrc --link`), where the module reader is asked
//! for nothing, and what does not link is said by the compiler; and both with guard pages, and with explicit bounds
//! checks and a collection before every object that is made.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use iwasm::{Artifact, Caller, Config, Engine, Error, Exception, Frame, Func, Instance, Linker, LoadError, Store, Val};
use libtest_mimic::{Arguments, Failed, Trial};
use tests::artifact::{self, Builder};
use tests::{paths, values};
use wamrc::Options;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for path in paths::files_with_extension(&paths::tests().join("multi_module"), "wast") {
        let is_linked = |text: &str| !text.lines().any(|line| line.starts_with(";;! not linked: "));
        let linkable = std::fs::read_to_string(&path).is_ok_and(|text| is_linked(&text));
        for linked in [false, true].into_iter().filter(|linked| !linked || linkable) {
            for explicit in [false, true] {
                let ways = [(linked, " (linked)"), (explicit, " (explicit bounds checks)")];
                let suffix: String = ways.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
                let name = format!("{}{suffix}", path.file_stem().unwrap_or_default().to_string_lossy());
                let path = path.clone();
                trials.push(Trial::test(name, move || run(&path, linked, explicit)));
            }
        }
    }
    assert!(!trials.is_empty(), "there are no cases");
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(path: &Path, linked: bool, explicit: bool) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let outcome = Case::new(linked, explicit).run(&text);
    match (outcome, text.lines().find_map(|line| line.strip_prefix(";;! listed: "))) {
        (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
        (Ok(()), Some(reason)) => Err(format!("passes, though it says `listed: {reason}`: remove that line").into()),
        (Err(message), None) => Err(message.into()),
    }
}

/// What happens in a case, in the order of the file.
enum Step<'a> {
    Directive(WastDirective<'a>),
    Expect { key: &'a str, value: &'a str },
}

fn note(notes: &Mutex<Vec<String>>, text: &str) {
    notes.lock().expect("nobody panics with it").push(text.to_owned());
}

/// What the reader was asked for and the host was told.
#[derive(Default)]
struct Notes {
    log: Mutex<Vec<String>>,
    reads: Mutex<Vec<String>>,
}

struct Case {
    builder: Builder,
    /// What is to be linked, if it is.
    to_link: Option<Vec<(String, Vec<u8>)>>,
    engine: Engine,
    linker: Linker<()>,
    store: Store<()>,
    notes: Arc<Notes>,
    main: Option<Instance>,
    frames: Vec<Frame>,
    exception: Option<Exception>,
}

impl Case {
    fn new(linked: bool, explicit: bool) -> Case {
        let builder = Builder::new(Options::new().explicit_bounds_checks(explicit).threads(1));
        let engine = Engine::new(&Config { gc_stress: explicit, ..Config::default() });
        let store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        let notes = Arc::new(Notes::default());
        let (log, mark) = (notes.clone(), notes.clone());
        linker.func("test", "log", move |value: i32| note(&log.log, &value.to_string()));
        linker.func("test", "mark", move || note(&mark.log, "mark"));
        linker.func("test", "call", |mut caller: Caller<'_, ()>, func: Option<Func>| -> Result<(), Error> {
            func.ok_or_else(|| Error::host("there is nothing to call"))?.call(&mut caller, &[]).map(drop)
        });
        let (folder, asked) = (builder.folder().to_owned(), notes.clone());
        let reader = move |name: &str| -> Result<Option<Artifact>, LoadError> {
            note(&asked.reads, name);
            let path = folder.join(format!("{name}.aot"));
            if path.exists() { Artifact::from_file(&path).map(Some) } else { Ok(None) }
        };
        // SAFETY: the folder holds only what this case's compiler writes.
        unsafe { linker.set_module_reader(reader) };
        let to_link = linked.then(Vec::new);
        Case { builder, to_link, engine, linker, store, notes, main: None, frames: Vec::new(), exception: None }
    }

    fn run(mut self, text: &str) -> Result<(), String> {
        let buffer = ParseBuffer::new(text).map_err(|error| error.to_string())?;
        let script: Wast<'_> = parser::parse(&buffer).map_err(|error| error.to_string())?;
        let mut steps: Vec<(usize, Step<'_>)> = Vec::new();
        for directive in script.directives {
            let line = directive.span().linecol_in(text).0 + 1;
            match directive {
                WastDirective::Module(module) => self.write(module).map_err(|error| format!("line {line}: {error}"))?,
                other => steps.push((line, Step::Directive(other))),
            }
        }
        let expectations = text.lines().enumerate().filter_map(|(number, line)| {
            let (key, value) = line.strip_prefix(";;!")?.split_once(':')?;
            Some((number + 1, Step::Expect { key: key.trim(), value: value.trim() }))
        });
        steps.extend(expectations);
        steps.sort_by_key(|(line, _)| *line);
        self.instantiate(&steps)?;
        let mut checks = 0;
        for (line, step) in steps {
            checks += usize::from(!matches!(step, Step::Directive(WastDirective::Invoke(_))));
            self.step(step).map_err(|message| format!("line {line}: {message}"))?;
        }
        if checks == 0 { Err("the case expects nothing".to_owned()) } else { Ok(()) }
    }

    fn write(&mut self, mut module: QuoteWat<'_>) -> Result<(), String> {
        let name = module.name().ok_or("a module of a case needs a $name")?.name().to_owned();
        let wasm = module.encode().map_err(|error| error.to_string())?;
        if let Some(modules) = &mut self.to_link {
            // The last one is the main module.
            let place = modules.len() - usize::from(modules.last().is_some_and(|(last, _)| last == "main"));
            modules.insert(place, (name, wasm));
            return Ok(());
        }
        self.builder.write(&name, &wasm).map(drop).map_err(|error| error.to_string())
    }

    /// Instantiates main, and checks what is expected of that.
    fn instantiate(&mut self, steps: &[(usize, Step<'_>)]) -> Result<(), String> {
        let expected = |wanted: &str| -> Vec<&str> {
            let value = |(_, step): &_| match step {
                Step::Expect { key, value } if *key == wanted => Some(*value),
                _ => None,
            };
            steps.iter().filter_map(value).collect()
        };
        let (link_errors, traps) = (expected("link-error"), expected("start-trap"));
        if let Some(modules) = &self.to_link {
            match self.builder.write_set(modules) {
                Ok(_) => {}
                Err(wamrc::Error::Link(errors)) if !link_errors.is_empty() => {
                    return compare_link_errors(&link_errors, errors.0.iter().map(ToString::to_string).collect());
                }
                Err(error) => return Err(format!("the set was not linked: {error}")),
            }
        }
        let path = self.builder.folder().join("main.aot");
        let main = artifact::load_file(&self.engine, &path).map_err(|error| error.to_string())?;
        match self.linker.instantiate(&mut self.store, "main", &main) {
            Ok(instance) if link_errors.is_empty() && traps.is_empty() => self.main = Some(instance),
            Ok(_) => return Err("main was instantiated, though an error is expected".to_owned()),
            Err(Error::Link(errors)) if !link_errors.is_empty() => {
                compare_link_errors(&link_errors, errors.0.iter().map(ToString::to_string).collect())?;
            }
            Err(Error::Trap(trap)) if traps == [trap.code().message()] => self.frames = trap.frames().to_vec(),
            Err(error) => return Err(format!("main was not instantiated: {error}")),
        }
        Ok(())
    }

    fn step(&mut self, step: Step<'_>) -> Result<(), String> {
        match step {
            Step::Directive(WastDirective::Invoke(invoke)) => {
                self.invoke(&invoke)?.map(drop).map_err(|error| format!("failed: {error:#}"))
            }
            Step::Directive(WastDirective::AssertReturn { exec: WastExecute::Invoke(invoke), results, .. }) => {
                let actual = self.invoke(&invoke)?.map_err(|error| format!("failed: {error:#}"))?;
                if actual.len() != results.len() {
                    return Err(format!("expected {} results, found {}", results.len(), actual.len()));
                }
                results.iter().zip(&actual).try_for_each(|(want, have)| values::check(&self.store, want, have))
            }
            Step::Directive(WastDirective::AssertTrap { exec: WastExecute::Invoke(invoke), message, .. }) => {
                self.expect_trap(&invoke, message)
            }
            Step::Directive(WastDirective::AssertException { exec: WastExecute::Invoke(invoke), .. }) => {
                self.expect_exception(&invoke)
            }
            Step::Directive(WastDirective::AssertExhaustion { call, message, .. }) => self.expect_trap(&call, message),
            Step::Directive(_) => Err("cases have no such directive".to_owned()),
            Step::Expect { key, value } => self.expect(key, value),
        }
    }

    fn expect_trap(&mut self, invoke: &WastInvoke<'_>, message: &str) -> Result<(), String> {
        match self.invoke(invoke)? {
            Err(Error::Trap(trap)) if trap.code().message() == message => {
                self.frames = trap.frames().to_vec();
                Ok(())
            }
            Err(error) => Err(format!("expected the trap {message:?}, found: {error}")),
            Ok(_) => Err(format!("expected the trap {message:?}, but it returned")),
        }
    }

    fn expect_exception(&mut self, invoke: &WastInvoke<'_>) -> Result<(), String> {
        match self.invoke(invoke)? {
            Err(Error::Exception(exception)) => {
                self.frames = exception.frames().to_vec();
                self.exception = Some(*exception);
                Ok(())
            }
            Err(error) => Err(format!("expected an exception, found: {error}")),
            Ok(_) => Err("expected an exception, but it returned".to_owned()),
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Result<Vec<Val>, Error>, String> {
        let main = self.main.ok_or("there is no main to call")?;
        let func = self.store.lookup_func(main, invoke.name);
        let func = func.ok_or_else(|| format!("there is no function {:?}", invoke.name))?;
        let mut params = Vec::new();
        for arg in &invoke.args {
            params.push(values::argument(&mut self.store, arg)?);
        }
        Ok(func.call(&mut self.store, &params))
    }

    fn expect(&self, key: &str, value: &str) -> Result<(), String> {
        let noted = |notes: &Mutex<Vec<String>>| notes.lock().expect("nobody panics with it").clone();
        let mut items = match key {
            "log" => noted(&self.notes.log),
            // A set has them all.
            "reads" if self.to_link.is_some() => return Ok(()),
            "reads" => noted(&self.notes.reads),
            "frames" => self.frames.iter().map(frame_label).collect(),
            "values" => self.exception.iter().flat_map(Exception::values).map(values::show).collect(),
            "link-error" | "start-trap" | "listed" | "not linked" => return Ok(()),
            _ => return Err(format!("there is no expectation `{key}`")),
        };
        if key == "reads" {
            items.sort();
        }
        let actual = items.join(" ");
        if actual == value { Ok(()) } else { Err(format!("{key}: expected `{value}`, found `{actual}`")) }
    }
}

/// `module!function`, as in a case's expectations: the offset is another test's business.
fn frame_label(frame: &Frame) -> String {
    let function = frame.function_name.clone().unwrap_or_else(|| frame.function_index.to_string());
    format!("{}!{function}", frame.module)
}

/// Each expected line takes the first error that fits it and no other line took.
fn compare_link_errors(expected: &[&str], mut left: Vec<String>) -> Result<(), String> {
    let mut unmet = Vec::new();
    for line in expected {
        match left.iter().position(|found| line.split('|').all(|part| found.contains(part.trim()))) {
            Some(index) => drop(left.remove(index)),
            None => unmet.push(*line),
        }
    }
    if unmet.is_empty() && left.is_empty() {
        return Ok(());
    }
    Err(format!(
        "link errors expected but not found:\n  {}\nnot expected:\n  {}",
        unmet.join("\n  "),
        left.join("\n  ")
    ))
}
