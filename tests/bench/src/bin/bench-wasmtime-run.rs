//! The smallest runner of precompiled WASI programs that wasmtime allows: what `iwasm` is compared
//! with as a process. The compiler is linked, but switched off.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use bench::guest::Guest;
use bench::side::Side as _;
use bench::{Error, theirs};

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("usage: bench-wasmtime-run FILE.cwasm");
        return ExitCode::from(2);
    };
    match run(Path::new(&file)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn run(file: &Path) -> Result<(), Error> {
    let side = theirs::Theirs::without_compiler()?;
    let module = side.load(file)?;
    let mut run = side.link(&[("", &module)], Guest::new(&["hello"], Vec::new()))?;
    theirs::Theirs::start(&mut run)?;
    let written = std::io::stdout().write_all(&theirs::Theirs::guest(&run).output);
    written.map_err(|source| Error::File { path: "standard output".into(), source })
}
