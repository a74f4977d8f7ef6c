//! The command line → an [`Invocation`], checked before anything is read or written.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use wamrc::{Feature, OptLevel, Options, Target};

use crate::error::UsageError;
use crate::{compat, features};

/// Compiles WebAssembly modules to .aot artifacts, ahead of time.
#[derive(Parser, Debug)]
#[command(name = "wamrc", disable_version_flag = true)]
struct Command {
    /// Modules to compile, binary or text; `-` is standard input
    #[arg(value_name = "IN.wasm|IN.wat")]
    inputs: Vec<PathBuf>,

    /// File to write, `-` for standard output; for several inputs, or with a slash at the end, the folder to write to
    #[arg(short, long, value_name = "OUT.aot|DIR")]
    output: Option<PathBuf>,

    /// Compile all inputs together to one artifact that has all of them: what they import from each other is called and
    /// accessed directly. Each has the name of its file, or is given as NAME=FILE; the last one is the main module
    #[arg(long)]
    link: bool,

    #[command(flatten)]
    code: CodeArgs,

    /// What to write: `aot`, or `object`, an ELF file for objdump and perf
    #[arg(long, value_name = "aot|object", default_value = "aot")]
    format: String,

    /// Print what a phase makes of the module instead, to standard output or -o; aot-dump also takes an .aot
    #[arg(long, value_name = "WHAT", value_enum)]
    emit: Option<Emit>,

    /// Compile again by the options that this artifact records, and compare: exit 1 if it differs
    #[arg(long, value_name = "OUT.aot", conflicts_with_all = NOT_WITH_CHECK)]
    check: Option<PathBuf>,

    /// Threads to compile with (0: one for each CPU); the artifact is the same for any number
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    threads: usize,

    /// How much to say: 0 errors only; 1 and 2 notes and a progress bar, too; 3 to 5 a line for each file; `-v` is 3
    #[arg(short, long, value_name = "LEVEL", num_args = 0..=1, require_equals = true,
          default_value_t = 2, default_missing_value = "3", value_parser = clap::value_parser!(u8).range(0..=5))]
    verbose: u8,

    /// Print the version
    #[arg(short = 'V', long)]
    version: bool,
}

/// What shapes the code.
#[derive(Args, Debug)]
pub struct CodeArgs {
    /// Instruction sets: short names or triples; `help` lists them. Several give one fat artifact, of which a machine
    /// uses the first that it can run [default: this machine's]
    #[arg(long, value_name = "TARGET,...", value_delimiter = ',')]
    target: Vec<String>,

    /// Write a file for each target instead: app.x86_64.aot, app.aarch64.aot
    #[arg(long)]
    separate: bool,

    /// CPU the code may assume, or `native`; `help` lists them [default: the portable baseline]
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,

    /// CPU features to add and leave out, as in `+avx2,-bmi1`
    #[arg(long, value_name = "FEATURES", value_delimiter = ',', allow_hyphen_values = true)]
    cpu_features: Vec<String>,

    /// Optimisation: 0 none, 1 to 3 for speed (all three are the same today)
    #[arg(long, short = 'O', value_name = "LEVEL", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=3))]
    opt_level: u8,

    /// Above 0: for size, too, where that costs little speed
    #[arg(long, value_name = "LEVEL", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=3))]
    size_level: u8,

    /// 1: compare every memory access with the length in code; 0: rely on guard pages
    #[arg(long, value_name = "0|1", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    bounds_checks: u8,

    /// Stack overflow checks are always in the code; taken for compatibility
    #[arg(long, value_name = "0|1", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=1))]
    stack_bounds_checks: u8,

    /// Make every NaN that a float operation returns the canonical one
    #[arg(long)]
    enable_nan_canonicalization: bool,

    /// Leave every call of a function a call, for profilers and measurements
    #[arg(long)]
    no_inlining: bool,

    /// With --link: of the modules but the last, forget the exports of functions that no module of the set imports, and
    /// leave out what only those need in their module; `_initialize`, `malloc` and `free` stay
    #[arg(long, requires = "link")]
    internalize: bool,

    /// Custom sections to keep, by name
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    emit_custom_sections: Vec<String>,

    /// Let the code generator verify its intermediate code (slow; for reporting bugs)
    #[arg(long, hide = true)]
    verify_clif: bool,
}

/// The artifact says these itself, or nothing is written.
const NOT_WITH_CHECK: [&str; 15] = [
    "output",
    "emit",
    "format",
    "target",
    "separate",
    "cpu",
    "cpu_features",
    "opt_level",
    "size_level",
    "bounds_checks",
    "stack_bounds_checks",
    "enable_nan_canonicalization",
    "no_inlining",
    "internalize",
    "emit_custom_sections",
];

const EXAMPLES: &str = "\
Examples:
  wamrc app.wasm -o app.aot                      compile for this kind of machine
  wamrc --target=aarch64 app.wasm -o app.aot     compile for another
  wamrc --target=x86_64,aarch64,riscv64 app.wasm -o app.aot
                                                 for all three, in one file
  wamrc --cpu=native app.wasm -o app.aot         use all that this CPU has
  wamrc mA.wasm mB.wasm mC.wasm -o build/        compile several modules
  wamrc --link mA.wasm mB.wasm main.wasm -o app.aot
                                                 compile them together, to one artifact
  wamrc --link --internalize lib.wasm main.wasm -o app.aot
                                                 and keep of the others only what is used
  wamrc --emit=clif app.wat                      show the intermediate code
  wamrc --check app.aot app.wasm                 prove where an artifact came from

Exit status: 0 done, 1 an input was not compiled or differs, 2 wrong usage.
WAMR's switches that have nothing to switch here (--enable-indirect-mode, --xip, ...) are accepted without effect.";

/// What `--emit` prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Emit {
    WasmInfo,
    Clif,
    Asm,
    AotDump,
}

/// What comes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An artifact.
    Artifact,
    /// An ELF object.
    Object,
    /// A description of the module.
    WasmInfo,
    /// Cranelift's intermediate code.
    Clif,
    /// Machine code as text.
    Asm,
    /// A description of the artifact.
    AotDump,
}

/// What to do.
#[derive(Debug)]
pub enum Action {
    /// Print a text.
    Print(String),
    /// Compare an artifact with a new compilation.
    Check {
        /// The artifact.
        artifact: PathBuf,
        /// The module; of a linked set, each with its name.
        inputs: Vec<(String, PathBuf)>,
    },
    /// Compile modules together.
    Link {
        /// Inputs, each with its name.
        inputs: Vec<(String, PathBuf)>,
        /// The output; without one, standard output.
        output: Option<PathBuf>,
        /// What to write.
        kind: Kind,
    },
    /// Compile.
    Compile {
        /// Inputs, each with its output; without one, standard output.
        outputs: Vec<(PathBuf, Option<PathBuf>)>,
        /// Folder of the outputs, to be made if it is not there.
        folder: Option<PathBuf>,
        /// What to write.
        kind: Kind,
    },
}

/// A command line that makes sense.
#[derive(Debug)]
pub struct Invocation {
    /// What to do.
    pub action: Action,
    /// How to compile, for each target.
    pub options: Vec<Options>,
    /// Whether each target gets a file of its own.
    pub separate: bool,
    /// Threads for `--check`.
    pub threads: usize,
    /// How much to say.
    pub verbosity: u8,
}

/// Parses the process's arguments. The help, and what clap finds wrong, end the process here.
pub fn parse() -> Result<Invocation, UsageError> {
    let parser = Command::command().args(compat::args()).args(features::args());
    let parser = parser.after_help(format!("{}\n\n{EXAMPLES}", features::help()));
    let matches = parser.try_get_matches_from(std::env::args_os().map(verbosity)).unwrap_or_else(|error| leave(&error));
    let command = Command::from_arg_matches(&matches).unwrap_or_else(|error| leave(&error));
    compat::check(&matches)?;
    let switched_off = features::switched_off(&matches)?;
    if command.verbose > 0 {
        features::notes(&matches).iter().for_each(|note| eprintln!("note: {note}"));
    }
    invocation(&command, &switched_off)
}

/// `-v5`, which iwasm takes, as `-v=5`: without the sign, clap would take the next argument for a level.
fn verbosity(arg: OsString) -> OsString {
    match arg.to_str().and_then(|text| text.strip_prefix("-v")).map(str::as_bytes) {
        Some([level @ b'0'..=b'9']) => format!("-v={}", char::from(*level)).into(),
        _ => arg,
    }
}

/// Prints the help, or what is wrong, and ends the process.
pub fn leave(error: &clap::Error) -> ! {
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    let code = match printed {
        // A reader that has gone away has what it wanted.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("error: standard output cannot be written: {error}");
            i32::from(crate::FAILURE)
        }
        _ => error.exit_code(),
    };
    std::process::exit(code)
}

fn invocation(command: &Command, switched_off: &[Feature]) -> Result<Invocation, UsageError> {
    let asks_help = |value: &Option<String>| value.as_deref() == Some("help");
    let code = &command.code;
    let asks_target_help = code.target.iter().any(|name| name == "help");
    let text = if command.version {
        Some(format!("{}\nWebAssembly: {}\n", wamrc::codegen::emit::producer(), features::names()))
    } else if asks_target_help || asks_help(&code.cpu) || code.cpu_features.iter().any(|name| name == "help") {
        Some(wamrc::target_help())
    } else {
        None
    };
    let (action, options) = match text {
        Some(text) => (Action::Print(text), Vec::new()),
        None => (action(command)?, options(command, switched_off)?),
    };
    let separate = code.separate && options.len() > 1;
    Ok(Invocation { action, options, separate, threads: command.threads, verbosity: command.verbose })
}

/// The options for each target.
fn options(command: &Command, switched_off: &[Feature]) -> Result<Vec<Options>, UsageError> {
    let options = command.code.options(switched_off, command.verbose > 0)?;
    match command.format.as_str() {
        "object" if options.len() > 1 && !command.code.separate => Err(UsageError::FatObject),
        _ => Ok(options.into_iter().map(|options| options.threads(command.threads)).collect()),
    }
}

impl CodeArgs {
    /// The options for each target.
    ///
    /// # Errors
    ///
    /// When a target is none, or stands there twice.
    pub fn options(&self, switched_off: &[Feature], notes: bool) -> Result<Vec<Options>, UsageError> {
        let common = self.common_options(switched_off, notes);
        // `--cpu-features=` asks for none.
        let features: Vec<String> = self.cpu_features.iter().filter(|name| !name.is_empty()).cloned().collect();
        let resolve = |name| Target::resolve(name, self.cpu.as_deref(), &features).map_err(UsageError::Options);
        let targets: Vec<Target> = match self.target.as_slice() {
            [] => vec![resolve(None)?],
            names => names.iter().map(|name| resolve(Some(name))).collect::<Result<_, _>>()?,
        };
        for (index, target) in targets.iter().enumerate() {
            if targets[..index].iter().any(|other| other.isa == target.isa) {
                return Err(UsageError::SameTarget { target: target.isa.name() });
            }
        }
        Ok(targets.into_iter().map(|target| common.clone().target(target)).collect())
    }

    fn common_options(&self, switched_off: &[Feature], notes: bool) -> Options {
        let opt_level = match (self.opt_level, self.size_level) {
            (0, _) => OptLevel::None,
            (_, 0) => OptLevel::Speed,
            _ => OptLevel::SpeedAndSize,
        };
        if self.stack_bounds_checks == 0 && notes {
            eprintln!("note: stack overflow checks cannot be left out; --stack-bounds-checks=0 has no effect");
        }
        let options = switched_off.iter().fold(Options::new(), |options, feature| options.without(*feature));
        options
            .opt_level(opt_level)
            .explicit_bounds_checks(self.bounds_checks == 1)
            .nan_canonicalization(self.enable_nan_canonicalization)
            .inlining(!self.no_inlining)
            .internalize(self.internalize)
            .custom_sections(&self.emit_custom_sections)
            .verifier(self.verify_clif)
    }
}

fn action(command: &Command) -> Result<Action, UsageError> {
    let inputs = &command.inputs;
    if inputs.is_empty() {
        return Err(UsageError::NoInput);
    }
    if let Some(artifact) = &command.check {
        let artifact = artifact.clone();
        return match inputs.as_slice() {
            inputs if command.link => Ok(Action::Check { artifact, inputs: named(inputs)? }),
            [wasm] => Ok(Action::Check { artifact, inputs: vec![(String::new(), wasm.clone())] }),
            inputs => Err(UsageError::CheckInputs { count: inputs.len() }),
        };
    }
    let (kind, extension) = match (command.emit, command.format.as_str()) {
        (Some(Emit::WasmInfo), _) => (Kind::WasmInfo, "txt"),
        (Some(Emit::Clif), _) => (Kind::Clif, "clif"),
        (Some(Emit::Asm), _) => (Kind::Asm, "s"),
        (Some(Emit::AotDump), _) => (Kind::AotDump, "txt"),
        (None, "aot") => (Kind::Artifact, "aot"),
        (None, "object") => (Kind::Object, "o"),
        (None, format) => return Err(UsageError::Format { format: format.to_owned() }),
    };
    let stdout = command.output.as_deref() == Some(Path::new("-"));
    if stdout && command.emit.is_none() {
        if command.code.separate && command.code.target.len() > 1 {
            return Err(UsageError::SeparateToStdout);
        }
        match inputs.len() {
            _ if std::io::stdout().is_terminal() => return Err(UsageError::BinaryToTerminal),
            1 => {}
            _ if command.link => {}
            count => return Err(UsageError::SeveralToStdout { count }),
        }
    }
    if command.link {
        let inputs = named(inputs)?;
        let output = match &command.output {
            None if command.emit.is_none() => return Err(UsageError::NoOutput),
            Some(output) if !stdout => Some(output.clone()),
            _ => None,
        };
        if let Some(path) = output.clone().filter(|path| is_folder(&[], path)) {
            return Err(UsageError::LinkToFolder { path });
        }
        if let Some(path) = output.clone().filter(|path| inputs.iter().any(|(_, input)| same_file(input, path))) {
            return Err(UsageError::OutputIsInput { path });
        }
        return Ok(Action::Link { inputs, output, kind });
    }
    let outputs = match &command.output {
        _ if stdout => inputs.iter().map(|input| (input.clone(), None)).collect(),
        None if command.emit.is_some() => inputs.iter().map(|input| (input.clone(), None)).collect(),
        None => return Err(UsageError::NoOutput),
        Some(output) => outputs(inputs, output, extension)?,
    };
    let folder = command.output.clone().filter(|output| !stdout && is_folder(inputs, output));
    Ok(Action::Compile { outputs, folder, kind })
}

/// Gives each input of a set its name: that of the file, or the one before the sign in NAME=FILE.
fn named(inputs: &[PathBuf]) -> Result<Vec<(String, PathBuf)>, UsageError> {
    let mut names = BTreeSet::new();
    let name = |input: &PathBuf| {
        let given = input.to_str().filter(|_| !input.exists()).and_then(|text| text.split_once('='));
        let (name, path) = match given {
            Some((name, path)) => (name.to_owned(), PathBuf::from(path)),
            None => (input.file_stem().unwrap_or_default().to_string_lossy().into_owned(), input.clone()),
        };
        match names.insert(name.clone()) && !name.is_empty() && name != "-" {
            true => Ok((name, path)),
            false => Err(UsageError::LinkName { name }),
        }
    };
    inputs.iter().map(name).collect()
}

/// Whether the outputs go into this folder, which need not be there yet.
fn is_folder(inputs: &[PathBuf], output: &Path) -> bool {
    inputs.len() > 1 || output.is_dir() || output.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Gives each input its output.
fn outputs(inputs: &[PathBuf], output: &Path, extension: &str) -> Result<Vec<(PathBuf, Option<PathBuf>)>, UsageError> {
    let into_folder = is_folder(inputs, output);
    if inputs.len() > 1 && output.exists() && !output.is_dir() {
        return Err(UsageError::OutputIsFile { path: output.to_owned() });
    }
    let mut taken = BTreeSet::new();
    let mut outputs = Vec::new();
    for input in inputs {
        let path = if into_folder {
            let name = input.file_stem().filter(|_| input != Path::new("-"));
            let name = name.ok_or_else(|| UsageError::NotAFile { path: input.clone() })?;
            let mut name = name.to_owned();
            name.push(".");
            name.push(extension);
            output.join(name)
        } else {
            output.to_owned()
        };
        if inputs.iter().any(|input| same_file(input, &path)) {
            return Err(UsageError::OutputIsInput { path });
        }
        if !taken.insert(path.clone()) {
            return Err(UsageError::SameOutput { path });
        }
        outputs.push((input.clone(), Some(path)));
    }
    Ok(outputs)
}

fn same_file(left: &Path, right: &Path) -> bool {
    left == right || matches!((fs::canonicalize(left), fs::canonicalize(right)), (Ok(left), Ok(right)) if left == right)
}
