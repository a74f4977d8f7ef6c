//! `--check`: was this artifact made from this wasm, by this compiler, with the options it records?

use std::path::{Path, PathBuf};

use aot_format::layout::SectionKind;
use aot_format::{Artifact, Integrity, fat, set};
use wamrc::codegen::emit;
use wamrc::{Compiler, Options};

use crate::error::InputError;
use crate::input;
use crate::progress::Bar;

/// From this verbosity on, success is told, too.
const VERBOSE: u8 = 3;

/// Compiles the inputs as the artifact says they were, and compares every byte. Those of a linked set have names.
pub fn check(
    artifact_path: &Path,
    inputs: &[(String, PathBuf)],
    threads: usize,
    verbosity: u8,
) -> Result<(), InputError> {
    let path = || artifact_path.to_owned();
    let bytes =
        input::read_artifact(artifact_path).map_err(|source| InputError::ReadArtifact { path: path(), source })?;
    let wrong = |source| InputError::Artifact { path: path(), source };
    let wasms = inputs.iter().map(|(_, path)| input::read(path)).collect::<Result<Vec<_>, _>>()?;
    let job = Job { artifact_path, inputs, wasms: &wasms, threads, verbosity };
    let parts = match fat::is_fat(&bytes) {
        true => fat::slices(&bytes).map_err(wrong)?.into_iter().map(|slice| &bytes[slice.range]).collect(),
        false => vec![&bytes[..]],
    };
    for part in parts {
        let members = match set::is_set(part) {
            true => set::members(part, Integrity::Full).map_err(wrong)?,
            false => vec![(String::new(), Artifact::verify(part, Integrity::Full).map_err(wrong)?)],
        };
        job.check(part, &members)?;
    }
    Ok(())
}

/// What artifacts are compared with.
struct Job<'a> {
    artifact_path: &'a Path,
    inputs: &'a [(String, PathBuf)],
    wasms: &'a [Vec<u8>],
    threads: usize,
    verbosity: u8,
}

impl Job<'_> {
    /// One artifact, or linked set, with its members; of a fat one, one of those inside.
    fn check(&self, bytes: &[u8], members: &[(String, Artifact<&[u8]>)]) -> Result<(), InputError> {
        let path = || self.artifact_path.to_owned();
        let main = self.inputs.last().map_or(Path::new(""), |(_, path)| path);
        let bar = Bar::new(main, self.verbosity);
        let names =
            |names: &mut dyn Iterator<Item = &String>| names.map(|name| format!("{name:?}")).collect::<Vec<_>>();
        let recorded = names(&mut members.iter().map(|(name, _)| name));
        let given = names(&mut self.inputs.iter().map(|(name, _)| name));
        if recorded != given {
            let (recorded, given) = (recorded.join(", "), given.join(", "));
            return Err(InputError::OtherMembers { path: path(), recorded, given });
        }
        for ((_, artifact), wasm) in members.iter().zip(self.wasms) {
            let actual = emit::source_digest(wasm);
            if artifact.source_digest() != actual {
                let recorded = hex(&artifact.source_digest());
                return Err(InputError::OtherSource { path: path(), recorded, actual: hex(&actual) });
            }
        }
        let Some((_, artifact)) = members.last() else { return Ok(()) };
        let producer = emit::producer();
        if artifact.module().producer != producer {
            let recorded = artifact.module().producer.to_owned();
            return Err(InputError::OtherProducer { path: path(), recorded, actual: producer });
        }
        let options = Options::from_recorded(artifact.module().options)?;
        let compiler = Compiler::new(options.threads(self.threads))?;
        let progress = |progress| bar.update(progress);
        let again = match self.wasms {
            [wasm] if !set::is_set(bytes) => compiler.compile_with(wasm, &progress)?,
            wasms => {
                let inputs = self.inputs.iter().zip(wasms);
                let modules: Vec<_> = inputs.map(|((name, _), wasm)| (name.as_str(), wasm.as_slice())).collect();
                compiler.compile_set(&modules, &progress)?
            }
        };
        if let Some(offset) = first_difference(bytes, &again) {
            let part = if set::is_set(bytes) { "linked set".to_owned() } else { part_at(artifact, offset) };
            return Err(InputError::Differs { path: path(), offset, part });
        }
        if self.verbosity >= VERBOSE {
            let (artifact_path, wasm_path) = (self.artifact_path.display(), main.display());
            let options = artifact.module().options;
            eprintln!("{artifact_path} was compiled from {wasm_path} by these options: {options}");
        }
        Ok(())
    }
}

/// Skips the header, whose digests differ whenever anything does, unless nothing else does.
fn first_difference(left: &[u8], right: &[u8]) -> Option<usize> {
    if left == right {
        return None;
    }
    let behind = aot_format::layout::HEADER_BYTES;
    let differs = |offset: &usize| left.get(*offset) != right.get(*offset);
    let end = left.len().max(right.len());
    (behind..end).find(differs).or_else(|| (0..behind).find(differs))
}

fn part_at<B: AsRef<[u8]>>(artifact: &Artifact<B>, offset: usize) -> String {
    let section = SectionKind::ALL.iter().find(|kind| artifact.section_range(**kind).contains(&offset));
    match section {
        Some(kind) => format!("{} section", kind.label()),
        None if offset < aot_format::layout::HEADER_BYTES => "header".to_owned(),
        None => "section directory or padding".to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
