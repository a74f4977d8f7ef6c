//! One input → one output of the kind that was asked for.

use std::path::Path;
use std::time::Instant;

use aot_format::{Artifact, Integrity};
use wamrc::{Compiler, Error};

use super::error::InputError;
use super::output::{self, Expect};
use super::progress::Bar;
use super::{args::Kind, input};

/// From this verbosity on, a line about each input.
const VERBOSE: u8 = 3;

/// Compiles `input` and writes to `output`, or to standard output.
pub fn compile(
    compiler: &Compiler,
    kind: Kind,
    input: &Path,
    output: Option<&Path>,
    verbosity: u8,
) -> Result<(), InputError> {
    let begun = Instant::now();
    let wasm = if kind == Kind::AotDump { input::read_or_artifact(input)? } else { input::read(input)? };
    let (bytes, expect) = produce(compiler, kind, &wasm, input, verbosity)?;
    output::write(output, &bytes, expect)?;
    if verbosity >= VERBOSE {
        let to = output.map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
        let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
        eprintln!("{}: {} bytes -> {to}: {} bytes, {milliseconds:.1} ms", input.display(), wasm.len(), bytes.len());
    }
    Ok(())
}

fn produce(
    compiler: &Compiler,
    kind: Kind,
    wasm: &[u8],
    input: &Path,
    verbosity: u8,
) -> Result<(Vec<u8>, Expect), InputError> {
    let bar = Bar::new(input, verbosity);
    let progress = |progress| bar.update(progress);
    let text = match kind {
        Kind::Artifact => return Ok((compiler.compile_with(wasm, &progress)?, Expect::Artifact)),
        Kind::Object => return Ok((compiler.compile_object(wasm, &progress)?, Expect::Bytes)),
        Kind::WasmInfo => wamrc::info::describe(&wamrc::module::parse(wasm)?),
        Kind::Clif => compiler.clif(wasm)?,
        Kind::Asm => compiler.asm(wasm)?,
        Kind::AotDump => {
            if wasm.starts_with(&aot_format::layout::MAGIC) {
                aot_format::dump::dump(&Artifact::verify(wasm, Integrity::Full).map_err(InputError::Damaged)?)
            } else {
                let bytes = compiler.compile_with(wasm, &progress)?;
                aot_format::dump::dump(&Artifact::verify(bytes, Integrity::Full).map_err(Error::from)?)
            }
        }
    };
    Ok((text.into_bytes(), Expect::Bytes))
}
