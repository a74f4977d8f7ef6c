//! What can go wrong in a measurement.

use std::path::PathBuf;

/// Any error of the benchmark.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A module's text is wrong.
    #[error(transparent)]
    Text(#[from] wat::Error),
    /// This project's compiler refuses a module.
    #[error("wamrc: {0}")]
    Compile(#[from] wamrc::Error),
    /// This project's artifact is not one.
    #[error("wamrc's artifact: {0}")]
    Format(#[from] aot_format::FormatError),
    /// This project's runtime cannot load an artifact.
    #[error("iwasm: {0}")]
    Load(#[from] iwasm::LoadError),
    /// This project's runtime fails.
    #[error("iwasm: {0}")]
    Run(#[from] iwasm::Error),
    /// Wasmtime fails.
    #[error("wasmtime: {0:?}")]
    Wasmtime(wasmtime::Error),
    /// A module has no such export.
    #[error("there is no export {0:?} of the type wanted")]
    Export(String),
    /// A WASI program says that it failed.
    #[error("{side}: the program exited with status {status}")]
    Status {
        /// Under which of the two.
        side: &'static str,
        /// What it says.
        status: i32,
    },
    /// The two did not compute the same.
    #[error("iwasm computed {ours}, the other side {theirs}")]
    Disagreement {
        /// By this project.
        ours: String,
        /// By the other.
        theirs: String,
    },
    /// A program printed something else than the corpus says.
    #[error("the output is wrong: {output}")]
    Output {
        /// Its beginning.
        output: String,
    },
    /// A command that is measured does not do what it should.
    #[error("{command}: {reason}")]
    Command {
        /// Which.
        command: String,
        /// What it did.
        reason: String,
    },
}

impl From<wasmtime::Error> for Error {
    fn from(error: wasmtime::Error) -> Error {
        Error::Wasmtime(error)
    }
}

/// Reads a file.
pub fn read(path: &std::path::Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File { path: path.to_path_buf(), source })
}

/// Writes a file.
pub fn write(path: &std::path::Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(|source| Error::File { path: path.to_path_buf(), source })
}
