//! `--check`: was this artifact made from this wasm, by this compiler, with the options it records?

use std::path::Path;

use aot_format::layout::SectionKind;
use aot_format::{Artifact, Integrity};
use wamrc::codegen::emit;
use wamrc::{Compiler, Options};

use super::error::InputError;
use super::input;
use super::progress::Bar;

/// From this verbosity on, success is told, too.
const VERBOSE: u8 = 3;

/// Compiles `wasm_path` as the artifact says it was, and compares every byte.
pub fn check(artifact_path: &Path, wasm_path: &Path, threads: usize, verbosity: u8) -> Result<(), InputError> {
    let path = || artifact_path.to_owned();
    let bytes =
        input::read_artifact(artifact_path).map_err(|source| InputError::ReadArtifact { path: path(), source })?;
    let artifact =
        Artifact::verify(bytes, Integrity::Full).map_err(|source| InputError::Artifact { path: path(), source })?;
    let bar = Bar::new(wasm_path, verbosity);
    let wasm = input::read(wasm_path)?;
    let actual = emit::source_digest(&wasm);
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
    let again = Compiler::new(options.threads(threads))?.compile_with(&wasm, &|progress| bar.update(progress))?;
    match first_difference(artifact.bytes(), &again) {
        None => {
            if verbosity >= VERBOSE {
                let (artifact_path, wasm_path) = (artifact_path.display(), wasm_path.display());
                let options = artifact.module().options;
                eprintln!("{artifact_path} was compiled from {wasm_path} by these options: {options}");
            }
            Ok(())
        }
        Some(offset) => {
            let part = part_at(&artifact, offset);
            Err(InputError::Differs { path: path(), offset, part })
        }
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
