//! What the sample programs share: where their precompiled modules lie, and how one is loaded. What a sample shows,
//! it shows in its own `main.rs`.
//!
//! # Safety contract
//!
//! Loading an artifact to *call* it is `unsafe`: its machine code runs with the rights of this process, and a digest
//! finds accidents, not attackers. The samples trust the `.aot` files in their folder because `make samples` (or the
//! test that runs them) has just written these with `wamrc`. A program of yours makes the same promise about the files
//! that it ships.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use iwasm::{Artifact, DirReader, Engine, Linker, Module};

/// What `main` of a sample returns: any error ends it, in a sentence, with exit status 1.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// Any error. Rust shows the error of `main` by its `Debug`, so that is the sentence here.
pub struct Failure(Box<dyn Error>);

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure(error.into())
    }
}

/// The folder of the `.aot` files of `sample`: the first command-line argument, else `samples/SAMPLE` beside the
/// folder of this program, which is where `make samples` puts them (`target/samples/SAMPLE`).
pub fn folder(sample: &str) -> Result<PathBuf> {
    if let Some(folder) = std::env::args_os().nth(1) {
        return Ok(PathBuf::from(folder));
    }
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("this program lies in no folder")?;
    Ok(target.join("samples").join(sample))
}

/// Loads `NAME.aot` from the folder of `sample`.
pub fn load(engine: &Engine, sample: &str, name: &str) -> Result<Module> {
    let artifact = Artifact::from_file(folder(sample)?.join(name).with_extension("aot"))?;
    // SAFETY: the folder holds what wamrc wrote, see the head of this file.
    Ok(unsafe { Module::new(engine, artifact)? })
}

/// A linker that finds the dependencies of a module as `NAME.aot` in the folder of `sample`.
pub fn linker<T: 'static>(engine: &Engine, sample: &str) -> Result<Linker<T>> {
    let mut linker = Linker::new(engine);
    // SAFETY: the folder holds what wamrc wrote, see the head of this file.
    unsafe { linker.set_module_reader(DirReader::new([folder(sample)?])) };
    Ok(linker)
}

/// The program in the README, as a doc test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
