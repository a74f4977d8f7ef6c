//! One input, or a set that is linked → one output of the kind that was asked for; for several targets, one fat artifact
//! or one file each.

use std::path::{Path, PathBuf};
use std::time::Instant;

use aot_format::layout::is_artifact;
use aot_format::{Artifact, Integrity, fat, set};
use wamrc::{Compiler, Error};

use crate::error::InputError;
use crate::output::{self, Expect};
use crate::progress::Bar;
use crate::{args::Kind, input};

/// From this verbosity on, a line about each input.
const VERBOSE: u8 = 3;

/// What is made of every input.
pub struct Job {
    /// One for each target, in the user's order.
    pub compilers: Vec<Compiler>,
    /// What to write.
    pub kind: Kind,
    /// Whether each target gets a file of its own, rather than a part of a fat artifact.
    pub separate: bool,
    /// How much to say.
    pub verbosity: u8,
}

impl Job {
    /// Compiles `input` and writes to `output`, or to standard output. Nothing is written if any target fails.
    pub fn compile(&self, input: &Path, output: Option<&Path>) -> Result<(), InputError> {
        let begun = Instant::now();
        let wasm = if self.kind == Kind::AotDump { input::read_or_artifact(input)? } else { input::read(input)? };
        if self.kind == Kind::AotDump && is_artifact(&wasm) {
            return output::write(output, dump(&wasm)?.as_bytes(), Expect::Bytes);
        }
        let products = self.for_each_target(|compiler| self.produce(compiler, &wasm, input))?;
        self.write(products, output, (begun, input, wasm.len()))
    }

    /// Links modules, each with its name, and writes to `output`, or to standard output. Nothing is written if any target
    /// fails.
    pub fn link(&self, inputs: &[(String, PathBuf)], output: Option<&Path>) -> Result<(), InputError> {
        let begun = Instant::now();
        let read = |(_, path): &(String, PathBuf)| {
            let wasm = input::read(path);
            wasm.map_err(|error| InputError::Member { path: path.clone(), error: error.into() })
        };
        let wasms = inputs.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let modules: Vec<(&str, &[u8])> =
            inputs.iter().zip(&wasms).map(|((name, _), wasm)| (name.as_str(), wasm.as_slice())).collect();
        let main = inputs.last().map_or(Path::new(""), |(_, path)| path);
        let products = self.for_each_target(|compiler| self.produce_set(compiler, &modules, main))?;
        self.write(products, output, (begun, main, wasms.iter().map(Vec::len).sum()))
    }

    /// Writes what each target made of an input.
    fn write(
        &self,
        mut products: Vec<Vec<u8>>,
        output: Option<&Path>,
        (begun, input, wasm_bytes): (Instant, &Path, usize),
    ) -> Result<(), InputError> {
        let write = |bytes: &[u8], path: Option<&Path>| -> Result<(), InputError> {
            output::write(path, bytes, if self.kind == Kind::Artifact { Expect::Artifact } else { Expect::Bytes })?;
            if self.verbosity >= VERBOSE {
                let to = path.map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
                let ms = begun.elapsed().as_secs_f64() * 1e3;
                let from = input.display();
                eprintln!("{from}: {wasm_bytes} bytes -> {to}: {} bytes, {ms:.1} ms", bytes.len());
            }
            Ok(())
        };
        match output {
            _ if products.len() == 1 => write(&products.remove(0), output),
            Some(output) if self.separate => products.iter().zip(&self.compilers).try_for_each(|(bytes, compiler)| {
                write(bytes, Some(&separate_path(output, compiler.target().isa.name())))
            }),
            output if self.kind == Kind::Artifact => write(&fat::write(&products).map_err(Error::from)?, output),
            output => write(&products.concat(), output),
        }
    }

    /// What each target makes of an input; where the target is no matter, one product.
    fn for_each_target(
        &self,
        produce: impl Fn(&Compiler) -> Result<Vec<u8>, InputError>,
    ) -> Result<Vec<Vec<u8>>, InputError> {
        let compilers = if self.kind == Kind::WasmInfo { &self.compilers[..1] } else { &self.compilers[..] };
        let several = compilers.len() > 1;
        let each = |compiler: &Compiler| {
            let target = compiler.target();
            let bytes = produce(compiler).map_err(|error| match several {
                true => InputError::ForTarget { target: target.canonical_options(), error: error.into() },
                false => error,
            })?;
            match self.kind {
                Kind::Clif | Kind::Asm | Kind::AotDump if several => {
                    Ok([format!(";; {}\n\n", target.canonical_options()).as_bytes(), &bytes, b"\n"].concat())
                }
                _ => Ok(bytes),
            }
        };
        compilers.iter().map(each).collect()
    }

    fn produce(&self, compiler: &Compiler, wasm: &[u8], input: &Path) -> Result<Vec<u8>, InputError> {
        let bar = Bar::new(input, self.verbosity);
        let progress = |progress| bar.update(progress);
        let text = match self.kind {
            Kind::Artifact => return Ok(compiler.compile_with(wasm, &progress)?),
            Kind::Object => return Ok(compiler.compile_object(wasm, &progress)?),
            Kind::WasmInfo => wamrc::info::describe(&wamrc::module::parse(wasm)?),
            Kind::Clif => compiler.clif(wasm)?,
            Kind::Asm => compiler.asm(wasm)?,
            Kind::AotDump => dump(&compiler.compile_with(wasm, &progress)?)?,
        };
        Ok(text.into_bytes())
    }

    fn produce_set(&self, compiler: &Compiler, modules: &[(&str, &[u8])], main: &Path) -> Result<Vec<u8>, InputError> {
        let bar = Bar::new(main, self.verbosity);
        let progress = |progress| bar.update(progress);
        let text = match self.kind {
            Kind::Artifact => return Ok(compiler.compile_set(modules, &progress)?),
            Kind::Object => return Ok(compiler.object_of(&compiler.link(modules)?, &progress)?),
            Kind::WasmInfo => {
                let set = compiler.link(modules)?;
                set.members().iter().map(|member| wamrc::info::describe(&member.module)).collect()
            }
            Kind::Clif => compiler.clif_of(&compiler.link(modules)?)?,
            Kind::Asm => compiler.asm_of(&compiler.link(modules)?)?,
            Kind::AotDump => dump(&compiler.compile_set(modules, &progress)?)?,
        };
        Ok(text.into_bytes())
    }
}

/// The description of an artifact, or of all in a fat one or a linked set.
fn dump(bytes: &[u8]) -> Result<String, InputError> {
    if set::is_set(bytes) {
        let members = set::members(bytes, Integrity::Full).map_err(InputError::Damaged)?;
        let describe = |(name, artifact): &(String, Artifact<&[u8]>)| {
            format!(";; member {name:?} of a linked set\n\n{}\n", aot_format::dump::dump(artifact))
        };
        return Ok(members.iter().map(describe).collect());
    }
    if !fat::is_fat(bytes) {
        let artifact = Artifact::verify(bytes, Integrity::Full).map_err(InputError::Damaged)?;
        return Ok(aot_format::dump::dump(&artifact));
    }
    let slices = fat::slices(bytes).map_err(InputError::Damaged)?;
    let mut text = String::new();
    for (index, slice) in (1..).zip(&slices) {
        let (isa, count, range) = (slice.isa.name(), slices.len(), &slice.range);
        text += &format!(";; artifact {index} of {count}, for {isa}, at {:#x}..{:#x}\n\n", range.start, range.end);
        text += &dump(&bytes[range.clone()])?;
        text += "\n";
    }
    Ok(text)
}

/// `app.aot` → `app.aarch64.aot`.
pub fn separate_path(output: &Path, target: &str) -> PathBuf {
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    name.push(".");
    name.push(target);
    if let Some(extension) = output.extension() {
        name.push(".");
        name.push(extension);
    }
    output.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_separate_files() {
        assert_eq!(separate_path(Path::new("a/app.aot"), "aarch64"), Path::new("a/app.aarch64.aot"));
        assert_eq!(separate_path(Path::new("app"), "x86_64"), Path::new("app.x86_64"));
    }
}
