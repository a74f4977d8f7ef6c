//! Other engines and compilers, as this machine has them: each is a file behind one trait, is built for by its own
//! command and runs as a process of its own. Which ones there are is found out; those that are not there are named,
//! with what would bring them in.

mod native;
mod ours;
mod run;
mod tools;
mod v8;
mod wamr;
mod wasm2c;
mod wasmer;
mod wasmtime_command;
mod wasmtime_library;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use run::{run, run_programs};

use crate::Error;
use crate::child::{Usage, succeeding};
use crate::corpus::Case;

/// One of them.
pub trait Peer {
    /// Its column's head.
    fn name(&self) -> &str;

    /// What is there, by what it says of itself.
    fn version(&self) -> &str;

    /// Builds a kernel; the command that results takes how often to do the work as its last argument, and prints
    /// what comes of it.
    ///
    /// # Errors
    ///
    /// When it cannot.
    fn kernel(&self, kernel: &Kernel, folder: &Path) -> Result<Built, Error>;

    /// Builds a WASI program.
    ///
    /// # Errors
    ///
    /// When it cannot.
    fn program(&self, case: &Case, folder: &Path) -> Result<Built, Error>;
}

/// A kernel, in both its forms.
pub struct Kernel {
    /// Its name.
    pub name: &'static str,
    /// The module.
    pub wasm: PathBuf,
    /// The source it was compiled from.
    pub source: PathBuf,
}

/// What building came to.
pub struct Built {
    /// The program to start.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The file that was built.
    pub file: PathBuf,
    /// What the commands that built it took.
    pub steps: Vec<Usage>,
}

impl Built {
    /// Of a file, with what building it took, if anything was built.
    fn new(program: &Path, file: PathBuf, steps: Vec<Usage>) -> Built {
        Built { program: program.to_path_buf(), args: Vec::new(), file, steps }
    }

    fn arg(mut self, arg: impl Into<OsString>) -> Built {
        self.args.push(arg.into());
        self
    }

    fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Built {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }
}

/// Runs a command that builds something.
fn step<S: Into<OsString>>(program: &Path, args: impl IntoIterator<Item = S>) -> Result<Usage, Error> {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    succeeding(program, &args, None)
}

/// Why a peer is not compared with: one line.
pub struct Absent {
    /// Its name.
    pub name: &'static str,
    /// What is missing.
    pub reason: String,
}

type Found = Result<Box<dyn Peer>, Absent>;

/// All that this machine has, and what it has not. The first is what the others are compared with: the best native
/// code that a compiler here makes, or else this project's.
pub fn all() -> (Vec<Box<dyn Peer>>, Vec<Absent>) {
    let finders: [fn() -> Found; 9] = [
        native::clang,
        native::gcc,
        ours::find,
        wasmtime_library::find,
        wasmtime_command::find,
        wamr::find,
        wasm2c::find,
        v8::find,
        wasmer::find,
    ];
    let (mut peers, mut absent) = (Vec::new(), Vec::new());
    for find in finders {
        match find() {
            Ok(peer) => peers.push(peer),
            Err(missing) => absent.push(missing),
        }
    }
    (peers, absent)
}

/// The error of a peer that cannot do something.
fn cannot(peer: &str, reason: &str) -> Error {
    Error::Command { command: peer.to_owned(), reason: reason.to_owned() }
}
