//! `wamrc diff`: compiled code against the interpreter, on the user's own modules.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aot_format::cpu::Isa;
use clap::{Args, Parser};
use indicatif::{ProgressBar, ProgressStyle};
use iwasm::Engine as Types;
use iwasm_observe::plan::{Detail, Plan, Step, World};
use iwasm_observe::{Event, Observation, Value};
use wamrc::{Compiler, Options};
use wamrc_diff::arguments::{self, Numbers};
use wamrc_diff::compiled::{Compiled, Observer, Place};
use wamrc_diff::interpreted::Interpreted;
use wamrc_diff::set::{Callable, Member};
use wamrc_diff::shrink::{self, Pair};
use wamrc_diff::{Difference, Engine, Nans, Set, Verdict, compare, report};

use crate::args::CodeArgs;
use crate::error::{DiffError, InputError};
use crate::input;

/// Calls of each function, if nothing else is asked for.
const CALLS: u64 = 20;
/// Functions that are done between two steps of the bar.
const FUNCTIONS_AT_A_TIME: usize = 8;
/// The hidden word by which this command does the plans itself, in a process of its own.
const OBSERVE: &str = "--observe";

/// Compares what compiled modules do with what the interpreter says they do.
#[derive(Parser, Debug)]
#[command(name = "wamrc diff", after_help = EXAMPLES)]
struct Command {
    /// The modules of the set, binary or text, under the names of their files
    #[arg(value_name = "SET.wasm", required = true, num_args = 1..)]
    modules: Vec<PathBuf>,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    world: WorldArgs,

    #[command(flatten)]
    code: CodeArgs,

    /// Which NaNs are right: `class`, any where the interpreter has any; `canonical`, only the canonical one, which
    /// compiled code is told to make
    #[arg(long, value_name = "class|canonical", default_value = "class", value_parser = ["class", "canonical"])]
    nan: String,

    /// Where the values of --fuzz-args come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Milliseconds that each function may take; what takes longer is counted, and not compared
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    timeout: u64,

    /// What runs artifacts for another instruction set [default: iwasm-observe-ISA beside this command]
    #[arg(long, value_name = "FILE")]
    observer: Option<PathBuf>,

    /// Folder for the smallest modules that still show a difference
    #[arg(long, value_name = "DIR", default_value = "wamrc-diff")]
    save: PathBuf,

    /// Tell a difference as it is, without looking for a smaller one
    #[arg(long)]
    no_shrink: bool,
}

/// What is called.
#[derive(Args, Debug)]
#[group(multiple = false)]
struct What {
    /// Call one export, `NAME` of the last module or `$MODULE$NAME`, with these values; must come last
    #[arg(long, value_name = "NAME", num_args = 1.., allow_hyphen_values = true)]
    invoke: Vec<String>,

    /// Call every exported function of all modules, some times each
    #[arg(long)]
    all_exports: bool,

    /// The same, N times each, with values at the edges of their types and any others
    #[arg(long, value_name = "N")]
    fuzz_args: Option<u64>,
}

/// What a program is given.
#[derive(Args, Debug)]
struct WorldArgs {
    /// An argument for the program; repeatable
    #[arg(long = "arg", value_name = "ARG", allow_hyphen_values = true)]
    args: Vec<String>,

    /// An environment variable; repeatable
    #[arg(long = "env", value_name = "NAME=VALUE")]
    environment: Vec<String>,

    /// A file for the program's standard input
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,

    /// A folder for the program, as `GUEST::HOST` or one name for both. All runs use it, one after the other: what one
    /// writes there, the next finds
    #[arg(long = "dir", value_name = "DIR")]
    folders: Vec<String>,
}

const EXAMPLES: &str = "\
Without --invoke, --all-exports and --fuzz-args, the last module's _start is run, if it has one; else all exports are
called. Compared are results, kinds of traps, exit status, output, and after the calls of each function all exported
globals, memories and tables. Clocks and random numbers are the same in all runs.

Examples:
  wamrc diff app.wasm                                 run a program both ways
  wamrc diff math.wasm --fuzz-args 1000               call every export a thousand times
  wamrc diff mA.wasm mB.wasm mC.wasm --all-exports    a set of modules that import from each other
  wamrc diff math.wasm --invoke div_s -- -1 0         one call
  wamrc diff --target=aarch64 app.wasm                code for another machine, run by an emulator

Exit status: 0 no difference, 1 a difference, or something that could not be run, 2 wrong usage.";

/// Runs `wamrc diff` with what follows these two words.
pub fn run(args: &[OsString]) -> ExitCode {
    if args.first().is_some_and(|first| first == OBSERVE) {
        return iwasm_observe::command::run(args[1..].iter().cloned());
    }
    let words = std::iter::once(OsString::from("wamrc diff")).chain(args.iter().cloned());
    let command = Command::try_parse_from(words).unwrap_or_else(|error| crate::args::leave(&error));
    match command.compare() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(crate::FAILURE),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if error.is_usage() { crate::USAGE } else { crate::FAILURE })
        }
    }
}

/// Two engines and what they are to do.
struct Job {
    set: Set,
    callables: Vec<Callable>,
    compiled: Compiled,
    interpreted: Interpreted,
    nans: Nans,
}

/// What was done.
#[derive(Default)]
struct Tally {
    calls: u64,
    poisoned: u64,
    uncallable: u64,
    /// Why the modules were not instantiated, if they were not.
    stopped: Option<String>,
}

impl Command {
    /// Whether there is no difference.
    fn compare(&self) -> Result<bool, DiffError> {
        let job = self.job()?;
        let plans = self.plans(&job)?;
        let calls: usize = plans.iter().map(count_calls).sum();
        let bar = ProgressBar::new(calls as u64);
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} calls {eta}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(format!("{} against {}", job.compiled.name(), job.interpreted.name()));
        let mut tally = Tally { uncallable: uncallable(&job.callables), ..Tally::default() };
        for plan in &plans {
            let expected = job.interpreted.observe(&job.set, plan)?;
            let found = job.compiled.observe(&job.set, plan)?;
            tally.stopped = tally.stopped.or_else(|| stopped(&job, &expected));
            match compare(&expected, &found, job.nans) {
                Verdict::Same { calls } => tally.calls += calls,
                Verdict::Poisoned { calls, .. } => {
                    tally.calls += calls;
                    tally.poisoned += 1;
                }
                Verdict::Differ(difference) => {
                    bar.finish_and_clear();
                    self.tell(&job, plan, &difference)?;
                    return Ok(false);
                }
            }
            bar.inc(count_calls(plan) as u64);
        }
        bar.finish_and_clear();
        if let (0, Some(reason)) = (tally.calls, &tally.stopped) {
            return Err(DiffError::NothingRan { reason: reason.clone() });
        }
        tell_tally(&job, &tally);
        Ok(true)
    }

    fn job(&self) -> Result<Job, DiffError> {
        let mut modules = Vec::with_capacity(self.modules.len());
        for path in &self.modules {
            let failed = |error: InputError| DiffError::Module { path: path.clone(), error };
            let wasm = input::read(path).map_err(failed)?;
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            if iwasm::RESERVED_NAMES.contains(&&*name) {
                return Err(DiffError::ReservedName { name });
            }
            if modules.iter().any(|member: &Member| member.name == name) {
                return Err(DiffError::SameName { name });
            }
            modules.push(Member { name, wasm });
        }
        let set = Set { modules };
        let nans = if self.nan == "canonical" { Nans::Canonical } else { Nans::Class };
        let mut options = self.code.options(&[], true).map_err(DiffError::Usage)?;
        if options.len() != 1 {
            return Err(DiffError::Targets);
        }
        let mut options: Options = options.remove(0);
        if nans == Nans::Canonical {
            options = options.nan_canonicalization(true);
        }
        let compiler = Compiler::new(options).map_err(DiffError::Compiler)?;
        let place = Place::Process(self.observer(compiler.target().isa)?);
        let callables = set.callables();
        Ok(Job { set, callables, compiled: Compiled::new(compiler, place), interpreted: Interpreted, nans })
    }

    fn observer(&self, isa: Isa) -> Result<Observer, DiffError> {
        if Isa::HOST == Some(isa) && self.observer.is_none() {
            let program = std::env::current_exe().map_err(DiffError::OwnPath)?;
            return Ok(Observer { program, args: vec!["diff".into(), OBSERVE.into()] });
        }
        Observer::find(isa, self.observer.as_deref()).map_err(|path| DiffError::NoObserver { isa: isa.name(), path })
    }

    /// What is to be done, in pieces.
    fn plans(&self, job: &Job) -> Result<Vec<Plan>, DiffError> {
        let mut empty = job.set.plan(&job.callables);
        empty.world = self.world()?;
        empty.limits.run_ms = self.timeout;
        empty.detail = Detail::Blurred;
        let last = job.set.modules.len() - 1;
        let start = job.callables.iter().position(|callable| callable.module == last && callable.name == "_start");
        let chosen = self.what.all_exports || self.what.fuzz_args.is_some();
        if let [function, values @ ..] = self.what.invoke.as_slice() {
            let (function, args) = invoked(job, function, values)?;
            empty.steps = vec![Step::Instantiate, Step::Call { function, args }, Step::Look];
            return Ok(vec![empty]);
        }
        if let (Some(function), false) = (start, chosen) {
            empty.steps = vec![Step::Instantiate, Step::Call { function, args: Vec::new() }, Step::Look];
            return Ok(vec![empty]);
        }
        let calls = self.what.fuzz_args.unwrap_or(CALLS);
        let mut numbers = Numbers(self.seed);
        let mut plans = Vec::new();
        let mut plan = empty.clone();
        for (function, callable) in job.callables.iter().enumerate() {
            arguments::add_calls(&mut plan, function, callable, calls, &mut numbers);
            if (function + 1).is_multiple_of(FUNCTIONS_AT_A_TIME) {
                plans.push(std::mem::replace(&mut plan, empty.clone()));
            }
        }
        if plan.steps.is_empty() && plans.is_empty() {
            // Nothing can be called: that it can be instantiated is something, too.
            plan.steps = vec![Step::Instantiate, Step::Look];
        }
        plans.push(plan);
        Ok(plans)
    }

    fn world(&self) -> Result<World, DiffError> {
        let program = self.modules.last().and_then(|path| path.file_name()).unwrap_or_default();
        let mut args = vec![program.to_string_lossy().into_owned()];
        args.extend(self.world.args.iter().cloned());
        let variable = |text: &String| match text.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(DiffError::Variable { text: text.clone() }),
        };
        let environment = self.world.environment.iter().map(variable).collect::<Result<_, _>>()?;
        let read =
            |path: &PathBuf| std::fs::read(path).map_err(|source| DiffError::File { path: path.clone(), source });
        let input = self.world.stdin.as_ref().map(read).transpose()?.unwrap_or_default();
        let folder = |text: &String| match text.split_once("::") {
            Some((guest, host)) => (host.to_owned(), guest.to_owned()),
            None => (text.clone(), text.clone()),
        };
        Ok(World { args, environment, input, folders: self.world.folders.iter().map(folder).collect() })
    }

    /// Tells a difference, and the smallest that can be found.
    fn tell(&self, job: &Job, plan: &Plan, difference: &Difference) -> Result<(), DiffError> {
        let (expected, found): (&dyn Engine, &dyn Engine) = (&job.interpreted, &job.compiled);
        println!("difference:");
        print!("{}", report::describe(&job.set, plan, difference, expected, found));
        if self.no_shrink {
            return Ok(());
        }
        let bar = ProgressBar::new_spinner().with_message("looking for a smaller one");
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        let pair = Pair { expected, found, nans: job.nans };
        let mut tell = |bytes: usize, steps: usize| bar.set_message(format!("{bytes} bytes of wasm, {steps} steps"));
        let (set, mut plan) = shrink::shrink(&pair, &job.set, plan, difference.step, &mut tell);
        bar.finish_and_clear();
        plan.detail = Detail::Whole;
        let Some(difference) = pair.difference(&set, &plan) else {
            println!("It cannot be seen a second time.");
            return Ok(());
        };
        println!("\nthe same, or another one, with {} bytes of wasm:", set.bytes());
        print!("{}", report::describe(&set, &plan, &difference, expected, found));
        let files = save(&self.save, &set)?;
        println!("\nto see it again:\n  {}", report::command(&plan, &files));
        for (member, file) in set.modules.iter().zip(&files) {
            if let Some(text) = report::text(&member.wasm) {
                println!("\n;; {file}\n{text}");
            }
        }
        Ok(())
    }
}

/// Why the modules were not instantiated.
fn stopped(job: &Job, observation: &Observation) -> Option<String> {
    observation.events.iter().find_map(|event| match event {
        Event::NotInstantiated { module, outcome } => {
            let name = job.set.modules.get(*module).map_or("?", |member| &member.name);
            Some(format!("module {name:?} {outcome}"))
        }
        _ => None,
    })
}

fn count_calls(plan: &Plan) -> usize {
    plan.steps.iter().filter(|step| matches!(step, Step::Call { .. })).count()
}

/// Functions that nobody outside can call.
fn uncallable(callables: &[Callable]) -> u64 {
    let mut numbers = Numbers(0);
    callables.iter().filter(|callable| callable.params.iter().any(|ty| numbers.value(*ty).is_none())).count() as u64
}

/// The function, and the values it is to be called with.
fn invoked(job: &Job, name: &str, values: &[String]) -> Result<(usize, Vec<Value>), DiffError> {
    let (module, export) = match name.strip_prefix('$').and_then(|name| name.split_once('$')) {
        Some((module, export)) => (job.set.modules.iter().position(|member| member.name == module), export),
        None => (job.set.modules.len().checked_sub(1), name),
    };
    let is_it = |callable: &Callable| Some(callable.module) == module && callable.name == export;
    let function = job.callables.iter().position(is_it).ok_or_else(|| DiffError::NoFunction { name: name.into() })?;
    let callable = &job.callables[function];
    // What separates values that look like options from options.
    let values: Vec<&String> = values.iter().filter(|value| *value != "--").collect();
    if values.len() != callable.params.len() {
        let (wanted, found) = (callable.params.len(), values.len());
        return Err(DiffError::ValueCount { name: name.into(), wanted, found });
    }
    let types = Types::default();
    let value = |(ty, text): (&iwasm::ValType, &&String)| {
        let value = iwasm::text::parse_value(&types, *ty, text).map(|value| iwasm_observe::native::from_val(&value));
        value.ok_or_else(|| DiffError::Value { text: (*text).clone(), ty: ty.to_string() })
    };
    let args = callable.params.iter().zip(&values).map(value).collect::<Result<_, _>>()?;
    Ok((function, args))
}

/// Writes the modules of a set; their files.
fn save(folder: &Path, set: &Set) -> Result<Vec<String>, DiffError> {
    let failed = |path: &Path, source| DiffError::File { path: path.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let mut files = Vec::new();
    for member in &set.modules {
        let path = folder.join(format!("{}.wasm", member.name));
        std::fs::write(&path, &member.wasm).map_err(|source| failed(&path, source))?;
        files.push(path.display().to_string());
    }
    Ok(files)
}

fn tell_tally(job: &Job, tally: &Tally) {
    let modules = job.set.modules.len();
    println!(
        "no difference in {} calls of {} functions of {modules} module{}",
        tally.calls,
        job.callables.len() as u64 - tally.uncallable,
        if modules == 1 { "" } else { "s" }
    );
    if tally.uncallable > 0 {
        println!("  {} functions take references that cannot be null, and were not called", tally.uncallable);
    }
    if tally.poisoned > 0 {
        println!("  {} times stack, memory or time was used up, and what came after was not compared", tally.poisoned);
    }
}
