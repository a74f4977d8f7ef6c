//! Makes sets of modules for all instruction sets, with plans, for `iwasm-observe` to do on each of them. What this
//! writes must be the same on all machines, and so must be what is seen; who compares is `scripts/cross-diff.sh`.

use std::path::Path;
use std::process::ExitCode;

use iwasm_observe::exchange;
use tests::generate::{self, Swarm};
use wamrc::{Compiler, Options, Target};
use wamrc_diff::arguments::Numbers;

const HELP: &str = "\
Makes sets of modules for all instruction sets, and plans for what is to be called.

Usage: isa-diff FOLDER SETS      writes FOLDER/SEED/ with a plan and fat artifacts, for seeds from 0

Example:
  isa-diff /tmp/sets 100 && iwasm-observe /tmp/sets/*
";

/// The instruction sets, each at its baseline.
const TARGETS: [&str; 3] = ["x86_64", "aarch64", "riscv64"];
/// Calls of each function.
const CALLS: u64 = 3;
/// More than modules can use before their fuel is gone, whatever the size of a frame.
const STACK_BYTES: usize = 256 << 20;
/// Emulators take their time.
const RUN_MS: u64 = 600_000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["-h" | "--help"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        [folder, sets] => match sets.parse() {
            Ok(sets) => make(Path::new(folder), sets),
            Err(_) => Err(format!("{sets} is no number")),
        },
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    if let Err(message) = done {
        eprintln!("isa-diff: {message}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
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
        let (set, mut plan) =
            generate::set(seed, Swarm { interpreter: false, vectors: false }).plan(CALLS, &mut Numbers(seed));
        plan.limits.stack_bytes = STACK_BYTES;
        plan.limits.run_ms = RUN_MS;
        let fat = |member: &wamrc_diff::Member| {
            let parts: Result<Vec<Vec<u8>>, _> =
                compilers.iter().map(|compiler| compiler.compile(&member.wasm)).collect();
            let parts = parts.map_err(|error| format!("seed {seed}, {}: {error}", member.name))?;
            aot_format::fat::write(&parts).map_err(|error| format!("seed {seed}: {error}"))
        };
        let artifacts: Vec<Vec<u8>> = set.modules.iter().map(fat).collect::<Result<_, _>>()?;
        let place = folder.join(format!("{seed:06}"));
        exchange::write(&place, &plan, &artifacts).map_err(|error| error.to_string())?;
    }
    Ok(())
}
