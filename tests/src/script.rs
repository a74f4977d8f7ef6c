//! Runs one `.wast` script directive by directive and reports each that does not hold. Knows the
//! script format only; which failures are expected is decided by who called.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use iwasm::{Engine, Error, Instance, Linker, Module, Store, TrapCode, Val};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::{Id, Span};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use crate::artifact::{BuildError, Builder};
use crate::{spectest, values};

/// A directive that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Line of the directive, from 1; 0 for the file as a whole.
    pub line: usize,
    /// Line of the module without which this directive had no chance.
    pub cause: Option<usize>,
    /// What went wrong.
    pub message: String,
}

/// What became of a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Directives that hold.
    pub passed: usize,
    /// Those that do not.
    pub failures: Vec<Failure>,
}

/// What went wrong with one directive.
struct Wrong {
    cause: Option<usize>,
    message: String,
}

impl<T: Into<String>> From<T> for Wrong {
    fn from(message: T) -> Wrong {
        Wrong { cause: None, message: message.into() }
    }
}

/// Runs a script.
pub fn run(text: &str, options: wamrc::Options) -> Report {
    let mut report = Report::default();
    let whole = |message: String| Failure { line: 0, cause: None, message };
    let unread = |error: &wast::Error| Failure {
        line: error.span().linecol_in(text).0 + 1,
        cause: None,
        message: format!("the script cannot be parsed: {}", error.message()),
    };
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = match ParseBuffer::new_with_lexer(lexer) {
        Ok(buffer) => buffer,
        Err(error) => return Report { failures: vec![unread(&error)], ..report },
    };
    let script: Wast<'_> = match parser::parse(&buffer) {
        Ok(script) => script,
        Err(error) => return Report { failures: vec![unread(&error)], ..report },
    };
    let mut session = match Session::new(text, options) {
        Ok(session) => session,
        Err(error) => return Report { failures: vec![whole(format!("no session: {error}"))], ..report },
    };
    for directive in script.directives {
        let line = session.line(directive.span());
        let outcome = catch_unwind(AssertUnwindSafe(|| session.directive(directive, line)))
            .unwrap_or_else(|panic| Err(Wrong::from(format!("panicked: {}", panic_message(&panic)))));
        match outcome {
            Ok(()) => report.passed += 1,
            Err(Wrong { cause, message }) => report.failures.push(Failure { line, cause, message }),
        }
    }
    report
}

fn panic_message(panic: &Box<dyn std::any::Any + Send>) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

/// A module or instance of the script, or the line of the directive that should have made it.
type Made<T> = Result<T, usize>;

struct Session<'text> {
    text: &'text str,
    builder: Builder,
    engine: Engine,
    linker: Linker<()>,
    store: Store<()>,
    current: Option<Made<Instance>>,
    instances: HashMap<String, Made<Instance>>,
    last_definition: Option<Made<Module>>,
    definitions: HashMap<String, Made<Module>>,
    /// Names under which an instance should have been registered, but could not.
    missing_names: HashMap<String, usize>,
}

impl<'text> Session<'text> {
    fn new(text: &'text str, options: wamrc::Options) -> Result<Session<'text>, Error> {
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        let mut store = Store::new(&engine, ());
        spectest::define(&mut linker, &mut store)?;
        Ok(Session {
            text,
            builder: Builder::new(options),
            engine,
            linker,
            store,
            current: None,
            instances: HashMap::new(),
            last_definition: None,
            definitions: HashMap::new(),
            missing_names: HashMap::new(),
        })
    }

    fn line(&self, span: Span) -> usize {
        span.linecol_in(self.text).0 + 1
    }

    fn directive(&mut self, directive: WastDirective<'_>, line: usize) -> Result<(), Wrong> {
        match directive {
            WastDirective::Module(module) => self.module(module, line),
            WastDirective::ModuleDefinition(module) => self.define(module, line),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance(instance, module, line),
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => self.invoke(&invoke)?.map(drop).map_err(unexpected),
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results, line),
            WastDirective::AssertTrap { exec, message, .. } => self.assert_trap(exec, message, line),
            WastDirective::AssertExhaustion { call, message, .. } => match self.invoke(&call)? {
                Err(Error::Trap(trap)) if trap.code() == TrapCode::StackOverflow => expect_message(message, &trap),
                other => Err(format!("expected {message:?}, {}", describe(other)).into()),
            },
            WastDirective::AssertInvalid { mut module, message, .. } => self.assert_invalid(&mut module, message),
            WastDirective::AssertMalformed { mut module, message, .. } => self.assert_malformed(&mut module, message),
            WastDirective::AssertUnlinkable { module, message, .. } => self.assert_unlinkable(module, message, line),
            WastDirective::AssertException { exec, .. } => match self.execute(exec, line)? {
                Err(Error::Exception(_)) => Ok(()),
                other => Err(format!("expected an exception, {}", describe(other)).into()),
            },
            WastDirective::AssertSuspension { .. } => Err("stack switching is not supported".into()),
            WastDirective::Thread(_) | WastDirective::Wait { .. } => Err("threads are not supported".into()),
            WastDirective::AssertInvalidCustom { .. } | WastDirective::AssertMalformedCustom { .. } => {
                Err("assertions about custom sections are not supported".into())
            }
        }
    }

    /// `(module …)`: compile, load, instantiate, make current.
    fn module(&mut self, mut module: QuoteWat<'_>, line: usize) -> Result<(), Wrong> {
        let id = module.name().map(|id| id.name().to_owned());
        let made = self.load(&mut module).and_then(|module| self.instantiate(&module, id.as_deref(), line));
        self.set_current(id, made, line)
    }

    fn set_current(&mut self, id: Option<String>, made: Result<Instance, Wrong>, line: usize) -> Result<(), Wrong> {
        let (kept, outcome) = match made {
            Ok(instance) => (Ok(instance), Ok(())),
            Err(wrong) => (Err(wrong.cause.unwrap_or(line)), Err(wrong)),
        };
        if let Some(id) = id {
            self.instances.insert(id, kept);
        }
        self.current = Some(kept);
        outcome
    }

    fn define(&mut self, mut module: QuoteWat<'_>, line: usize) -> Result<(), Wrong> {
        let loaded = self.load(&mut module);
        let kept = loaded.as_ref().map(Module::clone).map_err(|_| line);
        if let Some(id) = module.name() {
            self.definitions.insert(id.name().to_owned(), kept.clone());
        }
        self.last_definition = Some(kept);
        loaded.map(drop)
    }

    fn instance(&mut self, instance: Option<Id<'_>>, module: Option<Id<'_>>, line: usize) -> Result<(), Wrong> {
        let definition = match module {
            Some(id) => self.definitions.get(id.name()),
            None => self.last_definition.as_ref(),
        };
        let module = definition.ok_or("there is no such module definition")?.clone().map_err(because_of)?;
        let id = instance.map(|id| id.name().to_owned());
        let made = self.instantiate(&module, id.as_deref(), line);
        self.set_current(id, made, line)
    }

    fn load(&mut self, module: &mut QuoteWat<'_>) -> Result<Module, Wrong> {
        let wasm = module.encode().map_err(|error| format!("cannot be encoded: {}", error.message()))?;
        Ok(self.builder.load(&self.engine, &wasm).map_err(|error| error.to_string())?)
    }

    fn instantiate(&mut self, module: &Module, id: Option<&str>, line: usize) -> Result<Instance, Wrong> {
        let cause = self.missing_import(module);
        self.try_instantiate(module, id, line)
            .map_err(|error| Wrong { cause, message: format!("not instantiated: {error}") })
    }

    /// The line of the module that should have been registered under a name this one imports from.
    fn missing_import(&self, module: &Module) -> Option<usize> {
        module.imports().iter().find_map(|import| self.missing_names.get(&import.module)).copied()
    }

    /// Every instance gets a name of its own, as one name has one instance in a store.
    fn try_instantiate(&mut self, module: &Module, id: Option<&str>, line: usize) -> Result<Instance, Error> {
        let name = format!("{}@{line}", id.unwrap_or("module"));
        self.linker.instantiate(&mut self.store, &name, module)
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Result<(), Wrong> {
        match self.find(module)? {
            Ok(instance) => {
                self.missing_names.remove(name);
                self.linker.define_instance(&self.store, name, instance);
                Ok(())
            }
            Err(line) => {
                self.missing_names.insert(name.to_owned(), line);
                Err(because_of(line))
            }
        }
    }

    fn find(&self, id: Option<Id<'_>>) -> Result<Made<Instance>, Wrong> {
        let found = match id {
            Some(id) => self.instances.get(id.name()),
            None => self.current.as_ref(),
        };
        Ok(found.cloned().ok_or("there is no such instance")?)
    }

    /// The outer error is the script's or the harness's, the inner one the runtime's answer.
    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Result<Vec<Val>, Error>, Wrong> {
        let instance = self.find(invoke.module)?.map_err(because_of)?;
        let func = instance.get_func(&self.store, invoke.name);
        let func = func.ok_or_else(|| format!("there is no exported function {:?}", invoke.name))?;
        let mut params = Vec::new();
        for arg in &invoke.args {
            params.push(values::argument(&mut self.store, arg)?);
        }
        Ok(func.call(&mut self.store, &params))
    }

    fn execute(&mut self, exec: WastExecute<'_>, line: usize) -> Result<Result<Vec<Val>, Error>, Wrong> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(module) => {
                let module = self.load(&mut QuoteWat::Wat(module))?;
                Ok(self.try_instantiate(&module, None, line).map(|_| Vec::new()))
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.find(module)?.map_err(because_of)?;
                let found = instance.get_global(&self.store, global);
                let found = found.ok_or_else(|| format!("there is no exported global {global:?}"))?;
                Ok(found.get(&self.store).map(|value| vec![value]))
            }
        }
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, expected: &[WastRet<'_>], line: usize) -> Result<(), Wrong> {
        let actual = self.execute(exec, line)?.map_err(unexpected)?;
        if actual.len() != expected.len() {
            return Err(format!("expected {} results, found {}", expected.len(), actual.len()).into());
        }
        for (expected, actual) in expected.iter().zip(&actual) {
            values::check(&self.store, expected, actual)?;
        }
        Ok(())
    }

    fn assert_trap(&mut self, exec: WastExecute<'_>, message: &str, line: usize) -> Result<(), Wrong> {
        match self.execute(exec, line)? {
            Err(Error::Trap(trap)) => expect_message(message, &trap),
            other => Err(format!("expected the trap {message:?}, {}", describe(other)).into()),
        }
    }

    /// The module must be a module's text or binary, and the compiler must say it is not valid.
    fn assert_invalid(&mut self, module: &mut QuoteWat<'_>, message: &str) -> Result<(), Wrong> {
        match module.encode() {
            Ok(wasm) => self.expect_refusal(&wasm, message),
            // The text format resolves identifiers before there is anything to validate.
            Err(_) => Ok(()),
        }
    }

    fn assert_malformed(&mut self, module: &mut QuoteWat<'_>, message: &str) -> Result<(), Wrong> {
        match module.encode() {
            Ok(wasm) => self.expect_refusal(&wasm, message),
            Err(_) => Ok(()),
        }
    }

    /// A module that uses what is not supported is refused too, but that shows nothing.
    fn expect_refusal(&self, wasm: &[u8], message: &str) -> Result<(), Wrong> {
        match self.builder.compile(wasm) {
            Err(BuildError::Invalid(_)) => Ok(()),
            Err(other) => Err(format!("expected {message:?}, found {other}").into()),
            Ok(_) => Err(format!("expected {message:?}, but it compiles").into()),
        }
    }

    fn assert_unlinkable(&mut self, module: Wat<'_>, message: &str, line: usize) -> Result<(), Wrong> {
        let module = self.load(&mut QuoteWat::Wat(module))?;
        let cause = self.missing_import(&module);
        let outcome = match self.try_instantiate(&module, None, line) {
            Err(Error::Link(errors)) => expect_link_errors(message, &errors),
            Err(error) => Err(format!("expected the link error {message:?}, found the error: {error}")),
            Ok(_) => Err(format!("expected the link error {message:?}, but it was instantiated")),
        };
        outcome.map_err(|message| Wrong { cause, message })
    }
}

fn because_of(line: usize) -> Wrong {
    Wrong { cause: Some(line), message: format!("the module of line {line} is missing") }
}

fn unexpected(error: Error) -> Wrong {
    Wrong::from(format!("failed: {error}"))
}

fn describe(outcome: Result<Vec<Val>, Error>) -> String {
    match outcome {
        Ok(values) => format!("but it returned {:?}", values.iter().map(values::show).collect::<Vec<_>>()),
        Err(error) => format!("found the error: {error}"),
    }
}

/// The suite gives the beginning of the message, sometimes followed by the number of an element.
fn expect_message(expected: &str, trap: &iwasm::Trap) -> Result<(), Wrong> {
    let actual = trap.code().message();
    let numbered = expected.strip_prefix(actual).is_some_and(|rest| rest.trim().parse::<u32>().is_ok());
    if actual.starts_with(expected) || numbered {
        return Ok(());
    }
    Err(format!("expected the trap {expected:?}, found {actual:?}").into())
}

/// The suite knows two link errors; each of ours must be of the kind it names.
fn expect_link_errors(expected: &str, errors: &iwasm::LinkErrors) -> Result<(), String> {
    use iwasm::LinkError as L;
    let fits = |error: &L| match expected {
        "unknown import" => matches!(error, L::MissingModule { .. } | L::MissingExport { .. }),
        "incompatible import type" => matches!(error, L::IncompatibleType { .. }),
        _ => false,
    };
    if !errors.0.is_empty() && errors.0.iter().all(fits) {
        return Ok(());
    }
    Err(format!("expected the link error {expected:?}, found {errors}"))
}
