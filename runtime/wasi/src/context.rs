//! The context: what a guest was given, and how an embedder puts it together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::descriptor::{Descriptor, Directory, Table};
use crate::limits::DEFAULT_MAX_DESCRIPTORS;
use crate::stream::{InputStream, OutputStream};

/// What the modules of a store have of the world: arguments, environment and descriptors. Clones are the same
/// context, for the stores of further threads: what one opens, all can use.
#[derive(Clone)]
pub struct WasiCtx {
    pub(crate) args: Arc<[Box<[u8]>]>,
    /// Each `NAME=VALUE`.
    pub(crate) environment: Arc<[Box<[u8]>]>,
    pub(crate) table: Arc<Table>,
}

impl WasiCtx {
    /// A context that grants nothing yet.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder {
            args: Vec::new(),
            environment: Vec::new(),
            stdin: InputStream::empty(),
            stdout: OutputStream::sink(),
            stderr: OutputStream::sink(),
            preopens: Vec::new(),
            max_descriptors: DEFAULT_MAX_DESCRIPTORS,
        }
    }
}

/// Why a context cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An argument, or the name or value of a variable, that a guest could not be told.
    #[error("{what} {value:?} holds a NUL byte")]
    Nul {
        /// "argument" or "environment variable".
        what: &'static str,
        /// The text.
        value: String,
    },
    /// A variable without a name, or with one that holds `=`.
    #[error("{name:?} cannot be the name of an environment variable")]
    VariableName {
        /// The name.
        name: String,
    },
    /// A directory that cannot be opened.
    #[error("cannot open directory {path}: {source}", path = .path.display())]
    Preopen {
        /// The directory on the host.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// An environment variable.
struct Variable {
    name: Box<[u8]>,
    value: Box<[u8]>,
}

/// Puts a [`WasiCtx`] together.
#[must_use]
pub struct WasiCtxBuilder {
    args: Vec<Box<[u8]>>,
    environment: Vec<Variable>,
    stdin: InputStream,
    stdout: OutputStream,
    stderr: OutputStream,
    preopens: Vec<(PathBuf, String)>,
    max_descriptors: usize,
}

impl WasiCtxBuilder {
    /// Adds an argument; the first is the program's name.
    pub fn arg(mut self, arg: impl AsRef<[u8]>) -> Self {
        self.args.push(arg.as_ref().into());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<[u8]>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Sets an environment variable; the last value for a name counts.
    pub fn env(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        self.environment.retain(|known| &*known.name != name);
        self.environment.push(Variable { name: name.into(), value: value.into() });
        self
    }

    /// Sets the standard input; without it there is an empty one.
    pub fn stdin(mut self, stream: InputStream) -> Self {
        self.stdin = stream;
        self
    }

    /// Sets the standard output; without it, output is dropped.
    pub fn stdout(mut self, stream: OutputStream) -> Self {
        self.stdout = stream;
        self
    }

    /// Sets the standard error; without it, output is dropped.
    pub fn stderr(mut self, stream: OutputStream) -> Self {
        self.stderr = stream;
        self
    }

    /// Gives the guest the standard streams of the process.
    pub fn inherit_stdio(self) -> Self {
        let (stdout, stderr) = (OutputStream::inherit_stdout(), OutputStream::inherit_stderr());
        self.stdin(InputStream::inherit()).stdout(stdout).stderr(stderr)
    }

    /// Gives the guest a directory of the host's, and everything below it, under a name.
    pub fn preopened_dir(mut self, host: impl AsRef<Path>, guest: impl Into<String>) -> Self {
        self.preopens.push((host.as_ref().to_path_buf(), guest.into()));
        self
    }

    /// Limits the descriptors open at one time.
    pub fn max_descriptors(mut self, limit: usize) -> Self {
        self.max_descriptors = limit;
        self
    }

    /// The context.
    ///
    /// # Errors
    ///
    /// Strings that hold NUL bytes, and directories that cannot be opened.
    pub fn build(self) -> Result<WasiCtx, BuildError> {
        for arg in &self.args {
            check_nul("argument", arg)?;
        }
        let mut environment = Vec::with_capacity(self.environment.len());
        for Variable { name, value } in &self.environment {
            check_nul("environment variable", name)?;
            check_nul("environment variable", value)?;
            if name.is_empty() || name.contains(&b'=') {
                return Err(BuildError::VariableName { name: String::from_utf8_lossy(name).into_owned() });
            }
            environment.push([name, &b"="[..], value].concat().into());
        }
        let mut descriptors =
            vec![Descriptor::Input(self.stdin), Descriptor::Output(self.stdout), Descriptor::Output(self.stderr)];
        for (host, guest) in self.preopens {
            check_nul("directory", guest.as_bytes())?;
            let dir = Dir::open_ambient_dir(&host, ambient_authority())
                .map_err(|source| BuildError::Preopen { path: host, source })?;
            descriptors.push(Descriptor::Directory(Directory::new(dir, Some(guest))));
        }
        let table = Arc::new(Table::new(descriptors, self.max_descriptors));
        Ok(WasiCtx { args: self.args.into(), environment: environment.into(), table })
    }
}

fn check_nul(what: &'static str, bytes: &[u8]) -> Result<(), BuildError> {
    match bytes.contains(&0) {
        true => Err(BuildError::Nul { what, value: String::from_utf8_lossy(bytes).into_owned() }),
        false => Ok(()),
    }
}
