//! The command: chooses what to measure, prints tables, writes JSON, plots and a page.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench::report::{Shown, html};
use bench::{
    Bench, Error, calls, compile, error, growth, load, machine, peers, plot, process, project_file, steady, wasi,
};
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples (with make: make bench ARGS='...'):
  bench                                     all of it: an hour or more
  bench --quick                             few points and short series: some minutes
  bench --only steady --only peers          speed, against all that is here
  bench --only steady --filter sha256       one program
  bench --only growth --filter sets          one of size, sets, instances, functions, imports
  bench --only compile --keep kept          with the compiled files, to disassemble

Engines that `peers` and `peer-programs` look for, and variables that name others than those in PATH:
  clang (CLANG), gcc (GCC), wasmtime (WASMTIME), wasmer (WASMER), node (NODE), wasm2c (WASM2C, WASM2C_RUNTIME);
  WAMR's commands only by WAMRC and WAMR_IWASM, because this project's have the same names.

The corpus of real modules is named by --corpus or CORPUS; without it, what needs it is skipped, and says so.";

/// Compares this project with wasmtime in one process run, and with other engines as processes. Ratios are
/// iwasm ÷ wasmtime: below 1 is good. Progress goes to standard error, tables to standard output.
#[derive(Parser)]
#[command(after_help = EXAMPLES)]
struct Args {
    /// Measure only this (may be repeated).
    #[arg(long, value_enum)]
    only: Vec<Section>,
    /// Only what has this in its name, where there is much to choose from.
    #[arg(long, value_name = "PART")]
    filter: Option<String>,
    /// Fewer points, fewer and shorter measurements.
    #[arg(long)]
    quick: bool,
    /// Folder with real modules.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Our side without inlining, in what this process compiles itself: what inlining does is the difference between a
    /// run with and one without.
    #[arg(long)]
    no_inlining: bool,
    /// Keeps the compiled files in this folder, for disassemblers.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Where results.json, report.html and plots/ go; the default is bench in the target folder, and a folder in
    /// that for quick runs and parts, so that they replace no better numbers.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// What calls cost, by kind of call.
    Calls,
    /// From files to instances.
    Load,
    /// Compile time and sizes.
    Compile,
    /// Speed of compiled code.
    Steady,
    /// How cost grows with sizes and numbers.
    Growth,
    /// Hello world as a process.
    Process,
    /// What WASI costs above system calls.
    Wasi,
    /// Other engines and native compilers on this machine: kernels.
    Peers,
    /// Other engines on this machine: real programs, and compiling them.
    PeerPrograms,
}

type Measure = fn(&Bench) -> Result<Vec<Shown>, Error>;

const SECTIONS: [(Section, Measure); 9] = [
    (Section::Calls, calls::run),
    (Section::Load, load::run),
    (Section::Compile, compile::run),
    (Section::Steady, steady::run),
    (Section::Growth, growth::run),
    (Section::Process, process::run),
    (Section::Wasi, wasi::run),
    (Section::Peers, peers::run),
    (Section::PeerPrograms, peers::run_programs),
];

/// How to read the numbers.
const LEGEND: &str = "Medians of n samples, taken in turns; ± is the median distance from the median; ratios are \
                      iwasm ÷ wasmtime 48.0.8 where nothing else is said; ~ marks rows in which both sides vary more \
                      than they differ, or that have fewer than three samples.";

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Error> {
    let corpus = args.corpus.clone().or_else(|| std::env::var_os("CORPUS").map(PathBuf::from));
    let corpus = corpus.unwrap_or_else(|| project_file("../shared/corpus"));
    let mut bench = Bench::new(corpus, args.keep.clone(), args.quick, !args.no_inlining)?;
    bench.filter = args.filter.clone().unwrap_or_default();
    let mut head = vec![machine::describe(), LEGEND.to_owned()];
    if bench.corpus.is_none() {
        head.push("The corpus is not here (CORPUS names its folder): what needs it is skipped.".into());
    }
    head.iter().for_each(|line| println!("{line}"));
    let (mut parts, mut loads) = (Vec::new(), vec![machine::load()]);
    for (section, measure) in SECTIONS {
        if !args.only.is_empty() && !args.only.contains(&section) {
            continue;
        }
        for shown in measure(&bench)? {
            print!("{}", shown.text());
            let plot = plot::svg(&shown);
            parts.push((shown, plot));
        }
        loads.push(machine::load());
    }
    let loads_text: Vec<String> = loads.iter().map(|load| format!("{load:.1}")).collect();
    head.push(format!("Load average before, and after each section: {}.", loads_text.join(", ")));
    head.extend(machine::warning(loads.iter().copied().fold(0.0, f64::max)));
    println!();
    head.iter().skip(2).for_each(|line| println!("{line}"));
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&args));
    write(
        &folder,
        &head,
        &parts,
        json!({ "quick": args.quick, "inlining": !args.no_inlining, "filter": bench.filter, "loads": loads }),
    )
}

/// Writes JSON, plots and page.
fn write(folder: &Path, head: &[String], parts: &[(Shown, Option<String>)], run: Value) -> Result<(), Error> {
    let plots = folder.join("plots");
    std::fs::create_dir_all(&plots).map_err(|source| Error::File { path: plots.clone(), source })?;
    for (shown, plot) in parts {
        if let Some(plot) = plot {
            error::write(&plots.join(format!("{}.svg", file_name(&shown.title()))), plot.as_bytes())?;
        }
    }
    let tables: Vec<Value> = parts.iter().map(|(shown, _)| shown.json()).collect();
    let results = json!({ "head": head, "run": run, "tables": tables });
    error::write(&folder.join("results.json"), format!("{results:#}\n").as_bytes())?;
    error::write(&folder.join("report.html"), html::page(head, parts).as_bytes())?;
    println!("Written: {}, results.json and plots beside it.", folder.join("report.html").display());
    Ok(())
}

/// A title as the name of a file.
fn file_name(title: &str) -> String {
    let words = title.to_lowercase().replace('µ', "u");
    let words = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// `bench` in the target folder, or a folder in it.
fn default_folder(args: &Args) -> PathBuf {
    let target = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.to_path_buf()));
    let folder = target.unwrap_or_default().join("bench");
    match (args.quick, args.only.is_empty() && args.filter.is_none() && !args.no_inlining) {
        (true, _) => folder.join("quick"),
        (false, true) => folder,
        (false, false) => folder.join("part"),
    }
}
