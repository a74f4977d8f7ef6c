//! Compares instruction sets: makes sets of modules, compiled to fat artifacts for all three, and tells what they do
//! on the machine that it runs on. What it makes and what it tells must be equal on all machines; who compares is
//! `scripts/cross-diff.sh`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use iwasm::Module;
use tests::{artifact, generate, observe};
use wamrc::{Compiler, Options, Target};

const HELP: &str = "\
Makes sets of modules for all instruction sets, and tells what they do here.

Usage: isa-diff make FOLDER SETS      writes fat artifacts to FOLDER/SEED/, for seeds from 0
       isa-diff observe FOLDER        prints what the sets in FOLDER do

Example:
  isa-diff make /tmp/sets 100 && isa-diff observe /tmp/sets
";

/// The instruction sets, each at its baseline.
const TARGETS: [&str; 3] = ["x86_64", "aarch64", "riscv64"];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["make", folder, sets] => {
            sets.parse().map_err(|_| format!("{sets} is no number")).and_then(|sets| make(Path::new(folder), sets))
        }
        ["observe", folder] => observe_all(PathBuf::from(folder)),
        ["-h" | "--help"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("isa-diff: {message}");
            ExitCode::FAILURE
        }
    }
}

fn make(folder: &Path, sets: u64) -> Result<(), String> {
    let compilers: Vec<Compiler> = TARGETS
        .iter()
        .map(|name| {
            let target = Target::resolve(Some(name), None, &[]).expect("a target");
            // Which NaN comes out is the machine's affair otherwise.
            Compiler::new(Options::new().target(target).nan_canonicalization(true)).expect("options of a target")
        })
        .collect();
    for seed in 0..sets {
        let place = folder.join(seed.to_string());
        std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        for module in generate::set(seed) {
            let parts: Result<Vec<Vec<u8>>, _> =
                compilers.iter().map(|compiler| compiler.compile(&module.wasm)).collect();
            let parts = parts.map_err(|error| format!("seed {seed}, {}: {error}", module.name))?;
            let fat = aot_format::fat::write(&parts).map_err(|error| format!("seed {seed}: {error}"))?;
            let path = place.join(format!("{}.aot", module.name));
            std::fs::write(&path, fat).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

/// On a thread with as much stack as the modules may use.
fn observe_all(folder: PathBuf) -> Result<(), String> {
    let thread = std::thread::Builder::new().stack_size(observe::STACK_BYTES + (8 << 20));
    let thread = thread.spawn(move || observe_here(&folder)).map_err(|error| error.to_string())?;
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn observe_here(folder: &Path) -> Result<(), String> {
    let engine = observe::engine();
    for seed in 0.. {
        let place = folder.join(seed.to_string());
        if !place.is_dir() {
            return if seed == 0 { Err(format!("{}: no sets in it", folder.display())) } else { Ok(()) };
        }
        let mut modules: Vec<(String, Module)> = Vec::new();
        for index in 0.. {
            let path = place.join(format!("m{index}.aot"));
            if !path.is_file() {
                break;
            }
            let module = artifact::load_file(&engine, &path).map_err(|error| format!("{}: {error}", path.display()))?;
            modules.push((format!("m{index}"), module));
        }
        println!("== {seed}");
        print!("{}", observe::observe(&engine, seed, &modules));
    }
    Ok(())
}
