//! The nightly run, as a command: compiled code against the oracles, planted faults, and the report on both.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aot_format::cpu::Isa;
use serde_json::{Value, json};
use tests::duel::Tally;
use tests::night::{Generator, Night, Outcome, Until, run};
use tests::{faults, ledger, paths};
use wamrc::{Options, Target};
use wamrc_diff::compiled::Observer;

const HELP: &str = "\
Compares compiled code with the interpreter, and with wasmtime, on generated modules.

Usage: night run [OPTIONS]        compares until it is told to end, or finds a difference
       night faults [OPTIONS]     plants each known fault, one after the other, and wants it found
       night add KIND             adds a line of JSON from standard input to the ledger
       night report               makes docs/reliability.md from docs/ledger.jsonl

Options:
  --generator singles|sets|both   modules of one operator, sets of modules, or both in turns [default: both]
  --only TEXT                     of the modules of one operator, those whose names contain this
  --seconds N                     end after so many seconds (of faults: for each) [default: 60]
  --calls N                       end after so many compared calls
  --units N                       end after so many modules of one operator, and sets
  --seed N                        where the generators begin [default: 0]
  --threads N                     threads [default: one for each CPU]
  --isa NAME                      code for this instruction set, run by iwasm-observe-NAME beside this command
  --cpu-features LIST             what code may use beyond the instruction set's base, as for wamrc: +v
  --explicit-bounds-checks        compare every memory access in code
  --opt-level none                leave code as it is
  --fault NAME                    plant this fault; with `faults`: only this one
  --calls-of-single N             calls of each function about one operator [default: 200]
  --calls-of-set N                calls of each exported function of a set [default: 50]
  --count-every N                 operators of every Nth module or set count how often they are executed [default: 4]
  --ledger FILE                   add a line about the run to this file

Examples:
  night run --seconds 3600 --ledger docs/ledger.jsonl
  night run --isa riscv64 --calls 100000
  night run --generator singles --only i32.div --units 4
  night faults --seconds 600

Exit status: 0 no difference (or every fault found), 1 a difference (or a fault not found), 2 wrong usage.
A difference is made small and written to target/finds/.
";

/// What a worker's exit status says: it found a difference.
const FOUND: i32 = 3;

struct Args {
    verb: String,
    generator: Generator,
    only: String,
    until: Until,
    seed: u64,
    threads: usize,
    isa: Option<Isa>,
    features: Vec<String>,
    explicit: bool,
    unoptimised: bool,
    fault: Option<&'static faults::Fault>,
    calls_of_single: usize,
    calls_of_set: u64,
    count_every: u64,
    ledger: Option<PathBuf>,
    worker: bool,
    kind: String,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "-h" || word == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let args = match parse(&words) {
        Ok(args) => args,
        Err(message) => {
            eprintln!("night: {message}\nTry `night --help`.");
            return ExitCode::from(2);
        }
    };
    let done = match args.verb.as_str() {
        "run" if args.worker => return worker(&args),
        "run" => guard(&args, &words),
        "faults" => all_faults(&args),
        "report" => report(),
        "add" => add(&args),
        verb => Err(format!("there is no {verb:?}; there are run, faults, add and report")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("night: {message}");
            ExitCode::FAILURE
        }
    }
}

fn parse(words: &[String]) -> Result<Args, String> {
    let mut words = words.iter();
    let mut args = Args {
        verb: words.next().ok_or("nothing to do")?.clone(),
        generator: Generator::Both,
        only: String::new(),
        until: Until { time: Duration::from_secs(60), calls: u64::MAX, units: u64::MAX },
        seed: 0,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        isa: None,
        features: Vec::new(),
        explicit: false,
        unoptimised: false,
        fault: None,
        calls_of_single: 200,
        calls_of_set: 50,
        count_every: 4,
        ledger: None,
        worker: false,
        kind: String::new(),
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} takes a value"));
        let number = |text: &String| text.parse::<u64>().map_err(|_| format!("{text:?} is no number"));
        match word.as_str() {
            "--generator" => {
                args.generator = match value()?.as_str() {
                    "singles" => Generator::Singles,
                    "sets" => Generator::Sets,
                    "both" => Generator::Both,
                    other => return Err(format!("there is no generator {other:?}")),
                }
            }
            "--only" => args.only.clone_from(value()?),
            "--seconds" => args.until.time = Duration::from_secs(number(value()?)?),
            "--calls" => {
                args.until.calls = number(value()?)?;
                args.until.time = Duration::MAX;
            }
            "--units" => {
                args.until.units = number(value()?)?;
                args.until.time = Duration::MAX;
            }
            "--seed" => args.seed = number(value()?)?,
            "--threads" => args.threads = number(value()?)? as usize,
            "--isa" => {
                let name = value()?;
                let of_name = |isa: &&Isa| isa.name() == name;
                let isa = [Isa::X86_64, Isa::Aarch64, Isa::Riscv64];
                args.isa = Some(*isa.iter().find(of_name).ok_or_else(|| format!("no instruction set {name:?}"))?);
            }
            "--cpu-features" => args.features = value()?.split(',').map(str::to_owned).collect(),
            "--explicit-bounds-checks" => args.explicit = true,
            "--opt-level" => args.unoptimised = value()? == "none",
            "--fault" => {
                let name = value()?;
                args.fault = Some(faults::named(name).ok_or_else(|| format!("there is no fault {name:?}"))?);
            }
            "--calls-of-single" => args.calls_of_single = number(value()?)? as usize,
            "--calls-of-set" => args.calls_of_set = number(value()?)?,
            "--count-every" => args.count_every = number(value()?)?,
            "--ledger" => args.ledger = Some(value()?.into()),
            "--worker" => args.worker = true,
            kind if args.verb == "add" && !kind.starts_with('-') => args.kind = kind.to_owned(),
            other => return Err(format!("there is no option {other:?}")),
        }
    }
    Ok(args)
}

fn current_folder() -> PathBuf {
    std::env::temp_dir().join(format!("night-{}", std::process::id()))
}

/// Runs a worker process, which code that is wrong enough may kill, and tells what it was at then.
fn guard(args: &Args, words: &[String]) -> Result<bool, String> {
    let folder = current_folder();
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let status = Command::new(own).args(words).arg("--worker").env("NIGHT_CURRENT", &folder).status();
    let status = status.map_err(|error| error.to_string())?;
    let same = match status.code() {
        Some(0) => true,
        Some(_) => false,
        None => {
            let units: Vec<String> = std::fs::read_dir(&folder)
                .map_err(|error| error.to_string())?
                .flatten()
                .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
                .collect();
            let generator = format!("{:?}", args.generator).to_lowercase();
            println!(
                "night: the process was killed ({status}) at one of the units {} of {generator} with seed {}",
                units.join(", "),
                args.seed
            );
            false
        }
    };
    let _ = std::fs::remove_dir_all(&folder);
    Ok(same)
}

fn worker(args: &Args) -> ExitCode {
    let night = match night(args) {
        Ok(night) => night,
        Err(message) => {
            eprintln!("night: {message}");
            return ExitCode::FAILURE;
        }
    };
    // What is checked out may be something else when the run ends.
    let head = ledger::head("night", isa(args));
    let told = Mutex::new(Instant::now());
    let tell = |tally: &Tally, time: Duration| {
        let mut told = told.lock().expect("no thread panics with it");
        if std::io::stderr().is_terminal() && told.elapsed() > Duration::from_secs(1) {
            *told = Instant::now();
            eprint!("\r{:6.0} s  {:8} sets  {:12} calls compared", time.as_secs_f64(), tally.sets, tally.compared());
        }
    };
    let outcome = run(&night, &tell);
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    summary(args, &outcome);
    if let Some(path) = &args.ledger
        && args.fault.is_none()
        && let Err(error) = ledger::append(path, &line(args, head, &outcome))
    {
        eprintln!("night: {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    let Some((unit, find)) = &outcome.find else { return ExitCode::SUCCESS };
    println!("difference in unit {unit}:\n{}", find.report);
    if args.fault.is_none() {
        let folder = paths::project().join("target/finds");
        match find.save(&folder, &unit.replace(' ', "-")) {
            Ok(place) => println!("written to {}", place.display()),
            Err(error) => eprintln!("night: {error}"),
        }
    }
    ExitCode::from(FOUND as u8)
}

fn night(args: &Args) -> Result<Night, String> {
    let mut options = Options::new().nan_canonicalization(true).explicit_bounds_checks(args.explicit);
    if args.unoptimised {
        options = options.opt_level(wamrc::OptLevel::None);
    }
    let mut observer = None;
    if let Some(isa) = args.isa.filter(|isa| Isa::HOST != Some(*isa)) {
        let target = Target::resolve(Some(isa.name()), None, &args.features).map_err(|error| error.to_string())?;
        options = options.target(target);
        let found = Observer::find(isa, None);
        observer = Some(found.map_err(|path| format!("there is no {}; `make observers` builds it", path.display()))?);
    }
    Ok(Night {
        generator: args.generator,
        only: args.only.clone(),
        seed: args.seed,
        calls_of_single: args.calls_of_single,
        calls_of_set: args.calls_of_set,
        count_every: args.count_every,
        until: args.until,
        threads: args.threads,
        options,
        observer,
        fault: args.fault,
        current: std::env::var_os("NIGHT_CURRENT").map(PathBuf::from),
    })
}

fn isa(args: &Args) -> &'static str {
    args.isa.or(Isa::HOST).map_or("unknown", Isa::name)
}

fn summary(args: &Args, outcome: &Outcome) {
    let Tally { sets, modules, calls, refused, poisoned, unjudged, outvoted, outvoted_first, .. } = &outcome.tally;
    let calls: Vec<String> = calls.iter().map(|(oracle, count)| format!("{count} against {oracle}")).collect();
    println!(
        "night: {}: {sets} sets of {modules} modules in {:.1} s; calls compared: {}; {refused} sets refused by all, \
         {poisoned} poisoned, {unjudged} unjudged, {outvoted} in which the interpreter was outvoted",
        isa(args),
        outcome.time.as_secs_f64(),
        calls.join(", "),
    );
    if let Some(text) = outvoted_first {
        println!("the first in which the interpreter was outvoted:\n{text}");
    }
}

fn line(args: &Args, mut line: Value, outcome: &Outcome) -> Value {
    let tally = &outcome.tally;
    let more = json!({
        "generator": format!("{:?}", args.generator).to_lowercase(),
        "seed": args.seed,
        "options": format!("{}{}", if args.explicit { "explicit-bounds-checks " } else { "" },
            if args.unoptimised { "unoptimised" } else { "" }).trim(),
        "cpu-features": args.features.join(","),
        "seconds": (outcome.time.as_secs_f64() * 10.0).round() / 10.0,
        "sets": tally.sets, "modules": tally.modules, "calls": tally.calls, "outcomes": tally.outcomes,
        "refused": tally.refused, "poisoned": tally.poisoned, "unjudged": tally.unjudged, "outvoted": tally.outvoted,
        "executed": tally.operators, "differences": u64::from(outcome.find.is_some()),
    });
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}

/// Plants the faults, each in a process of its own.
fn all_faults(args: &Args) -> Result<bool, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut all_found = true;
    let wanted = |fault: &&faults::Fault| args.fault.is_none_or(|wanted| wanted.name == fault.name);
    for fault in faults::FAULTS.iter().filter(wanted) {
        let begun = Instant::now();
        let output = Command::new(&own)
            .args(["run", "--worker", "--fault", fault.name])
            .args(["--seconds", &args.until.time.as_secs().to_string(), "--seed", &args.seed.to_string()])
            .args(["--threads", &args.threads.to_string()])
            .output()
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let by = match output.status.code() {
            Some(FOUND) => text.lines().find(|line| line.starts_with("difference in unit")).unwrap_or("a difference"),
            Some(_) => "nothing",
            None => "the process was killed",
        };
        let by = by.trim_start_matches("difference in unit ").trim_end_matches(':').to_owned();
        let found =
            output.status.code() != Some(0) && (output.status.code() == Some(FOUND) || output.status.code().is_none());
        let seconds = (begun.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        println!("{:16} {} after {seconds:6.1} s by {by}", fault.name, if found { "found" } else { "NOT FOUND" });
        if !found && output.status.code() != Some(0) {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
        }
        all_found &= found;
        if let Some(path) = &args.ledger {
            let mut line = ledger::head("fault", isa(args));
            let more = json!({ "fault": fault.name, "what": fault.what, "found": found, "seconds": seconds, "by": by });
            if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
                line.extend(more);
            }
            ledger::append(path, &line).map_err(|error| error.to_string())?;
        }
    }
    Ok(all_found)
}

/// Adds a line that another program has printed.
fn add(args: &Args) -> Result<bool, String> {
    let path = args.ledger.as_deref().ok_or("--ledger names the file to add to")?;
    let text = std::io::read_to_string(std::io::stdin()).map_err(|error| error.to_string())?;
    let more: Value = serde_json::from_str(&text).map_err(|error| format!("no line of JSON: {error}"))?;
    let mut line = ledger::head(&args.kind, isa(args));
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    ledger::append(path, &line).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(true)
}

fn report() -> Result<bool, String> {
    let root = paths::project();
    let failed = |path: &str, error: std::io::Error| format!("{path}: {error}");
    let lines = ledger::read(&root.join(ledger::LEDGER)).map_err(|error| failed(ledger::LEDGER, error))?;
    write(&root.join(ledger::REPORT), &ledger::report(&lines)).map_err(|error| failed(ledger::REPORT, error))?;
    Ok(true)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
