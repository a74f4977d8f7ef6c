//! The command: chooses what to measure, prints tables, writes JSON.

use std::path::PathBuf;
use std::process::ExitCode;

use bench::report::Table;
use bench::{Bench, Error, calls, compile, error, load, process, project_file, steady, wasi};
use clap::{Parser, ValueEnum};
use serde_json::json;

/// Compares this project with wasmtime in one process run. Ratios are iwasm ÷ wasmtime: below 1 is good.
#[derive(Parser)]
struct Args {
    /// Measure only this (may be repeated).
    #[arg(long, value_enum)]
    only: Vec<Section>,
    /// Compile and run only what has this in its name.
    #[arg(long)]
    filter: Option<String>,
    /// Fewer and shorter measurements.
    #[arg(long)]
    quick: bool,
    /// Folder with real modules; the default is what CORPUS says.
    #[arg(long)]
    corpus: Option<PathBuf>,
    /// Keeps the compiled files in this folder, for disassemblers.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Where the JSON goes; the default is bench/results.json in the target folder, results-quick.json for --quick.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// What calls cost.
    Calls,
    /// From files to instances.
    Load,
    /// Compile time and sizes.
    Compile,
    /// Speed of compiled code.
    Steady,
    /// Hello world as a process.
    Process,
    /// What WASI costs above system calls.
    Wasi,
}

type Measure = fn(&Bench) -> Result<Vec<Table>, Error>;

const SECTIONS: [(Section, Measure); 6] = [
    (Section::Calls, calls::run),
    (Section::Load, load::run),
    (Section::Compile, compile::run),
    (Section::Steady, steady::run),
    (Section::Process, process::run),
    (Section::Wasi, wasi::run),
];

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
    let corpus = args.corpus.or_else(|| std::env::var_os("CORPUS").map(PathBuf::from));
    let corpus = corpus.unwrap_or_else(|| project_file("../shared/corpus"));
    let mut bench = Bench::new(corpus, args.keep, args.quick)?;
    bench.filter = args.filter.unwrap_or_default();
    let path = args.json.unwrap_or_else(|| default_json(args.quick));
    println!("The results also go to {}.", path.display());
    let machine = machine();
    println!("{machine}");
    println!("Medians; ± is the median distance from the median; ratios are iwasm ÷ wasmtime 48.0.8.");
    if bench.corpus.is_none() {
        println!("The corpus is not here (CORPUS names its folder): rows that need it are skipped.");
    }
    let mut tables = Vec::new();
    for (section, measure) in SECTIONS {
        if !args.only.is_empty() && !args.only.contains(&section) {
            continue;
        }
        for table in measure(&bench)? {
            print!("{}", table.text());
            tables.push(table.json());
        }
    }
    let after = self::machine();
    println!("\nAfterwards: {after}");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| Error::File { path: folder.to_path_buf(), source })?;
    }
    let results = json!({ "machine": machine, "afterwards": after, "quick": args.quick, "tables": tables });
    error::write(&path, format!("{results:#}\n").as_bytes())?;
    eprintln!("written: {}", path.display());
    Ok(())
}

/// `bench/results.json` in the target folder. A quick run has a file of its own: the better numbers stay.
fn default_json(quick: bool) -> PathBuf {
    let target = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.to_path_buf()));
    target.unwrap_or_default().join("bench").join(if quick { "results-quick.json" } else { "results.json" })
}

/// CPU and load, for whoever reads the numbers later.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(0, |count| count.get());
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown CPU");
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("?");
    format!("{} x {}, load average {load}", cpus, model.trim_start_matches([' ', '\t', ':']))
}
