//! What is measured in a process of its own: the memory that compiling takes, and that many instances take; and
//! wasmtime's library as a command that calls a function of a compiled file.

use std::process::ExitCode;

use bench::clock::Clock;
use bench::guest::Guest;
use bench::ours::Ours;
use bench::side::Side;
use bench::theirs::Theirs;
use bench::{Error, error};

const USAGE: &str = "usage: bench-child compile iwasm|wasmtime IN.wasm OUT
       bench-child instances iwasm|wasmtime FILE COUNT    prints nanoseconds and resident bytes of all
       bench-child call FILE.cwasm NUMBER                 prints what wasmtime's `run` returns";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["compile", "iwasm", input, output] => ours().and_then(|side| compile(&side, input, output)),
        ["compile", "wasmtime", input, output] => Theirs::new().and_then(|side| compile(&side, input, output)),
        ["instances", "iwasm", file, count] => ours().and_then(|side| instances(&side, file, count)),
        ["instances", "wasmtime", file, count] => {
            Theirs::without_compiler().and_then(|side| instances(&side, file, count))
        }
        ["call", file, number] => call(file, number),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-child: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ours() -> Result<Ours, Error> {
    Ours::new(aot_format::Integrity::Directory, true)
}

fn compile<S: Side>(side: &S, input: &str, output: &str) -> Result<(), Error> {
    error::write(output.as_ref(), &side.compile(&error::read(input.as_ref())?)?)
}

/// Makes instances of one module, each in a store of its own, and keeps them all.
fn instances<S: Side>(side: &S, file: &str, count: &str) -> Result<(), Error> {
    let module = side.load(file.as_ref())?;
    let mut prepared = side.prepare(&module)?;
    let count: usize = count.parse().unwrap_or(1);
    let mut kept = Vec::with_capacity(count);
    let before = resident();
    let start = Clock::Wall.now();
    for _ in 0..count {
        kept.push(side.instantiate(&mut prepared)?);
    }
    let ns = Clock::Wall.now() - start;
    let bytes = resident().saturating_sub(before);
    println!("{ns} {bytes}");
    // Freeing them is not what is measured.
    std::mem::forget(kept);
    Ok(())
}

/// Bytes of this process in memory, with its page tables.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| -> usize {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
    };
    (of("VmRSS:") + of("VmPTE:")) << 10
}

fn call(file: &str, number: &str) -> Result<(), Error> {
    let side = Theirs::without_compiler()?;
    let module = side.load(file.as_ref())?;
    let mut run = side.link(&[("", &module)], Guest::default())?;
    println!("{}", Theirs::call(&mut run, "run", number.parse().unwrap_or(0), 1)?);
    Ok(())
}
