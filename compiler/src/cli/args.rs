//! The command line → an [`Invocation`], checked before anything is read or written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use wamrc::{OptLevel, Options, Target};

use super::error::UsageError;

/// Compiles WebAssembly modules to .aot artifacts, ahead of time.
#[derive(Parser, Debug)]
#[command(name = "wamrc", disable_version_flag = true, after_help = EXAMPLES)]
struct Command {
    /// Modules to compile, binary or text; `-` is standard input
    #[arg(value_name = "IN.wasm|IN.wat")]
    inputs: Vec<PathBuf>,

    /// File to write; for several inputs, the folder to write to
    #[arg(short, long, value_name = "OUT.aot|DIR")]
    output: Option<PathBuf>,

    #[command(flatten)]
    code: CodeArgs,

    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "aot")]
    format: String,

    /// Print what a phase makes of the module instead (to standard output, or to -o)
    #[arg(long, value_name = "WHAT", value_enum)]
    emit: Option<Emit>,

    /// Compile again as this artifact says it was made, and compare: exit 1 if it differs
    #[arg(long, value_name = "OUT.aot", conflicts_with_all = ["output", "emit"])]
    check: Option<PathBuf>,

    /// Threads to compile with (0: one for each CPU); the artifact is the same for any number
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    threads: usize,

    /// How much to say: 0 errors only ... 5; `-v` alone is 3
    #[arg(short, long, value_name = "LEVEL", num_args = 0..=1, require_equals = true,
          default_value_t = 2, default_missing_value = "3", value_parser = clap::value_parser!(u8).range(0..=5))]
    verbose: u8,

    /// Print the version
    #[arg(short = 'V', long)]
    version: bool,
}

/// What shapes the code.
#[derive(Args, Debug)]
struct CodeArgs {
    /// Instruction set: a short name or a triple; `help` lists them [default: this machine's]
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,

    /// CPU the code may assume, or `native`; `help` lists them [default: the portable baseline]
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,

    /// CPU features to add and leave out, as in `+avx2,-bmi1`
    #[arg(long, value_name = "FEATURES", value_delimiter = ',', allow_hyphen_values = true)]
    cpu_features: Vec<String>,

    /// Optimisation: 0 none, 1 to 3 for speed
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

    /// Refuse modules that use SIMD
    #[arg(long)]
    disable_simd: bool,

    /// Custom sections to keep, by name
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    emit_custom_sections: Vec<String>,

    /// Let the code generator verify its intermediate code (slow; for reporting bugs)
    #[arg(long, hide = true)]
    verify_clif: bool,
}

const EXAMPLES: &str = "\
Examples:
  wamrc app.wasm -o app.aot                      compile for this kind of machine
  wamrc --target=aarch64 app.wasm -o app.aot     compile for another
  wamrc --cpu=native app.wasm -o app.aot         use all that this CPU has
  wamrc mA.wasm mB.wasm mC.wasm -o build/        compile several modules
  wamrc --emit=clif app.wat                      show the intermediate code
  wamrc --check app.aot app.wasm                 prove where an artifact came from

Exit status: 0 done, 1 an input was not compiled or differs, 2 wrong usage.
WAMR's switches for what is always on (--enable-tail-call, --xip, ...) are accepted.";

/// WAMR's switches that have nothing to switch here: what they ask for is always on, or a module
/// that uses it is told what is missing.
const COMPATIBILITY: &[&str] = &[
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
        /// The module.
        wasm: PathBuf,
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
    /// How to compile.
    pub options: Options,
    /// Threads for `--check`.
    pub threads: usize,
    /// How much to say.
    pub verbosity: u8,
}

/// Parses the process's arguments. What clap finds wrong, it says itself, with exit code 2.
pub fn parse() -> Result<Invocation, UsageError> {
    let switches = COMPATIBILITY.iter().map(|name| Arg::new(*name).long(*name).hide(true).action(ArgAction::SetTrue));
    let matches = Command::command().args(switches).get_matches();
    let command = Command::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    invocation(&command)
}

fn invocation(command: &Command) -> Result<Invocation, UsageError> {
    let asks_help = |value: &Option<String>| value.as_deref() == Some("help");
    let code = &command.code;
    let text = if command.version {
        Some(format!("{}\n", wamrc::codegen::emit::producer()))
    } else if asks_help(&code.target) || asks_help(&code.cpu) || code.cpu_features.iter().any(|name| name == "help") {
        Some(wamrc::target_help())
    } else {
        None
    };
    let (action, options) = match text {
        Some(text) => (Action::Print(text), Options::new()),
        None => (action(command)?, options(command)?),
    };
    Ok(Invocation { action, options, threads: command.threads, verbosity: command.verbose })
}

fn options(command: &Command) -> Result<Options, UsageError> {
    let code = &command.code;
    let target = Target::resolve(code.target.as_deref(), code.cpu.as_deref(), &code.cpu_features);
    let opt_level = match (code.opt_level, code.size_level) {
        (0, _) => OptLevel::None,
        (_, 0) => OptLevel::Speed,
        _ => OptLevel::SpeedAndSize,
    };
    if code.stack_bounds_checks == 0 && command.verbose > 0 {
        eprintln!("note: stack overflow checks cannot be left out; --stack-bounds-checks=0 has no effect");
    }
    Ok(Options::new()
        .target(target.map_err(UsageError::Options)?)
        .opt_level(opt_level)
        .explicit_bounds_checks(code.bounds_checks == 1)
        .nan_canonicalization(code.enable_nan_canonicalization)
        .simd(!code.disable_simd)
        .custom_sections(&code.emit_custom_sections)
        .verifier(code.verify_clif)
        .threads(command.threads))
}

fn action(command: &Command) -> Result<Action, UsageError> {
    let inputs = &command.inputs;
    if inputs.is_empty() {
        return Err(UsageError::NoInput);
    }
    if let Some(artifact) = &command.check {
        return match inputs.as_slice() {
            [wasm] => Ok(Action::Check { artifact: artifact.clone(), wasm: wasm.clone() }),
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
    let outputs = match &command.output {
        None if command.emit.is_some() => inputs.iter().map(|input| (input.clone(), None)).collect(),
        None => return Err(UsageError::NoOutput),
        Some(output) => outputs(inputs, output, extension)?,
    };
    let folder = command.output.clone().filter(|_| inputs.len() > 1);
    Ok(Action::Compile { outputs, folder, kind })
}

/// Gives each input its output.
fn outputs(inputs: &[PathBuf], output: &Path, extension: &str) -> Result<Vec<(PathBuf, Option<PathBuf>)>, UsageError> {
    let into_folder = inputs.len() > 1 || output.is_dir();
    if inputs.len() > 1 && output.exists() && !output.is_dir() {
        return Err(UsageError::OutputIsFile { path: output.to_owned() });
    }
    let mut taken = BTreeSet::new();
    let mut outputs = Vec::new();
    for input in inputs {
        let path = if into_folder {
            let name = input.file_stem().ok_or_else(|| UsageError::NotAFile { path: input.clone() })?;
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
