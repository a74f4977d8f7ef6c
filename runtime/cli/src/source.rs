//! Files → modules: artifacts as they are, and, with the feature `compiler`, WebAssembly compiled in memory for this CPU.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use iwasm::{Artifact, DirReader, LoadError, ModuleReader};

use crate::error::Failure;

/// Where modules come from.
pub(crate) struct Source {
    folders: DirReader,
    copies: bool,
    compiler: Compiler,
}

impl Source {
    /// Modules of these folders. With `copies`, files are copied instead of mapped: the program may write to them.
    pub(crate) fn new(folders: Vec<PathBuf>, copies: bool) -> Source {
        Source { folders: DirReader::new(folders).copying(copies), copies, compiler: Compiler::default() }
    }

    /// The artifact in a file, or of the WebAssembly in it.
    pub(crate) fn read(&mut self, file: &Path, name: &str) -> Result<Artifact, Failure> {
        refuse_directory(file)?;
        let artifact = if self.copies { Artifact::from_file_copy(file) } else { Artifact::from_file(file) };
        artifact.or_else(|error| match error {
            LoadError::Format { .. } if is_wasm(file) => Ok(self.compiler.compile(file, name)?),
            error => Err(error.into()),
        })
    }
}

impl ModuleReader for Source {
    fn read(&mut self, name: &str) -> Result<Option<Artifact>, LoadError> {
        match self.folders.read(name) {
            Err(LoadError::NotCompiled { path, .. }) => self.compiler.compile(&path, name).map(Some),
            found => found,
        }
    }
}

pub(crate) fn refuse_directory(path: &Path) -> Result<(), Failure> {
    match path.is_dir() {
        true => Err(Failure::Directory { path: path.to_path_buf() }),
        false => Ok(()),
    }
}

/// Whether a file is what the compiler takes, rather than what it makes.
fn is_wasm(file: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(file).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"\0asm"
}

/// Compiles for this CPU; made when it is first needed, which is seldom.
#[cfg(feature = "compiler")]
#[derive(Default)]
struct Compiler(Option<wamrc::Compiler>);

#[cfg(feature = "compiler")]
impl Compiler {
    fn compile(&mut self, file: &Path, name: &str) -> Result<Artifact, LoadError> {
        let wrong =
            |reason: String| LoadError::Reader { name: name.into(), reason: format!("{}: {reason}", file.display()) };
        let compiler = match &mut self.0 {
            Some(compiler) => compiler,
            empty => {
                let target =
                    wamrc::Target::resolve(None, Some("native"), &[]).map_err(|error| wrong(error.to_string()))?;
                let compiler = wamrc::Compiler::new(wamrc::Options::new().target(target));
                empty.insert(compiler.map_err(|error| wrong(error.to_string()))?)
            }
        };
        let wasm = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
        Artifact::from_bytes(compiler.compile(&wasm).map_err(|error| wrong(error.to_string()))?)
    }
}

/// There is none in this build.
#[cfg(not(feature = "compiler"))]
#[derive(Default)]
struct Compiler {}

#[cfg(not(feature = "compiler"))]
impl Compiler {
    fn compile(&self, file: &Path, name: &str) -> Result<Artifact, LoadError> {
        Err(LoadError::NotCompiled { name: name.into(), path: file.to_path_buf() })
    }
}
