//! `--check`: was this artifact made from this wasm, by this compiler, with the options it records?

use std::path::Path;

use aot_format::layout::SectionKind;
use aot_format::{Artifact, Integrity, fat};
use wamrc::codegen::emit;
use wamrc::{Compiler, Options};

use crate::error::InputError;
use crate::input;
use crate::progress::Bar;

/// From this verbosity on, success is told, too.
const VERBOSE: u8 = 3;

/// Compiles `wasm_path` as the artifact says it was, and compares every byte.
pub fn check(artifact_path: &Path, wasm_path: &Path, threads: usize, verbosity: u8) -> Result<(), InputError> {
    let path = || artifact_path.to_owned();
    let bytes =
        input::read_artifact(artifact_path).map_err(|source| InputError::ReadArtifact { path: path(), source })?;
    let wrong = |source| InputError::Artifact { path: path(), source };
    let wasm = input::read(wasm_path)?;
    let job = Job { artifact_path, wasm_path, wasm: &wasm, threads, verbosity };
    if !fat::is_fat(&bytes) {
        return job.check(&Artifact::verify(&bytes[..], Integrity::Full).map_err(wrong)?);
    }
    for slice in fat::slices(&bytes).map_err(wrong)? {
        job.check(&Artifact::verify(&bytes[slice.range], Integrity::Full).map_err(wrong)?)?;
    }
    Ok(())
}

/// What artifacts are compared with.
struct Job<'a> {
    artifact_path: &'a Path,
    wasm_path: &'a Path,
    wasm: &'a [u8],
    threads: usize,
    verbosity: u8,
}

impl Job<'_> {
    /// One artifact; of a fat one, one of those inside.
    fn check(&self, artifact: &Artifact<&[u8]>) -> Result<(), InputError> {
        let path = || self.artifact_path.to_owned();
        let bar = Bar::new(self.wasm_path, self.verbosity);
        let actual = emit::source_digest(self.wasm);
        if artifact.source_digest() != actual {
            let recorded = hex(&artifact.source_digest());
            return Err(InputError::OtherSource { path: path(), recorded, actual: hex(&actual) });
        }
        let producer = emit::producer();
        if artifact.module().producer != producer {
            let recorded = artifact.module().producer.to_owned();
            return Err(InputError::OtherProducer { path: path(), recorded, actual: producer });
        }
        let options = Options::from_recorded(artifact.module().options)?;
        let compiler = Compiler::new(options.threads(self.threads))?;
        let again = compiler.compile_with(self.wasm, &|progress| bar.update(progress))?;
        if let Some(offset) = first_difference(artifact.bytes(), &again) {
            return Err(InputError::Differs { path: path(), offset, part: part_at(artifact, offset) });
        }
        if self.verbosity >= VERBOSE {
            let (artifact_path, wasm_path) = (self.artifact_path.display(), self.wasm_path.display());
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
