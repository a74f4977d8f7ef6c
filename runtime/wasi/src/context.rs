//! The context: what a guest was given, and how an embedder puts it together.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rustix::net::sockopt::socket_acceptconn;

use crate::budget::Budget;
use crate::descriptor::{Descriptor, Directory, Kind, Socket, Table};
use crate::dir::open_for_reading;
use crate::limits::{DEFAULT_MAX_DESCRIPTORS, DEFAULT_MAX_HOST_BYTES};
use crate::made_up::MadeUp;
use crate::stream::{InputStream, OutputStream};

/// What the modules of a store have of the world: arguments, environment and descriptors. Clones are the same
/// context, for the stores of further threads: what one opens, all can use.
#[derive(Clone)]
pub struct WasiCtx {
    pub(crate) args: Arc<[Box<[u8]>]>,
    /// Each `NAME=VALUE`.
    pub(crate) environment: Arc<[Box<[u8]>]>,
    pub(crate) table: Arc<Table>,
    pub(crate) budget: Budget,
    /// What time and chance are made of, if not of the system's.
    pub(crate) made_up: Option<Arc<MadeUp>>,
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
            sockets: Vec::new(),
            max_descriptors: DEFAULT_MAX_DESCRIPTORS,
            max_host_bytes: DEFAULT_MAX_HOST_BYTES,
            deterministic: false,
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
    /// A directory that is not there, or cannot be read.
    #[error("cannot open directory {path}: {source}", path = .path.display())]
    Preopen {
        /// The directory on the host.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A descriptor that was given as a socket, and is none.
    #[error("descriptor {number} of the guest should be a socket: {source}")]
    Socket {
        /// The number it would have had.
        number: usize,
        /// What the system says.
        source: io::Error,
    },
    /// More standard streams, directories and sockets than the limits allow.
    #[error("{given} descriptors are given to the guest, which is more than its limits allow")]
    Limits {
        /// How many.
        given: usize,
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
    preopens: Vec<Preopen>,
    sockets: Vec<OwnedFd>,
    max_descriptors: usize,
    max_host_bytes: usize,
    deterministic: bool,
}

/// A directory to be given.
struct Preopen {
    host: PathBuf,
    guest: String,
    read_only: bool,
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
    pub fn preopened_dir(self, host: impl AsRef<Path>, guest: impl Into<String>) -> Self {
        self.preopen(host.as_ref(), guest.into(), false)
    }

    /// The same for reading only: whatever would change something in it, or below it, gives the guest `EROFS`.
    pub fn preopened_dir_read_only(self, host: impl AsRef<Path>, guest: impl Into<String>) -> Self {
        self.preopen(host.as_ref(), guest.into(), true)
    }

    fn preopen(mut self, host: &Path, guest: String, read_only: bool) -> Self {
        self.preopens.push(Preopen { host: host.to_path_buf(), guest, read_only });
        self
    }

    /// Gives the guest a socket: one that listens, to accept connections on, or a connection. Sockets get the
    /// numbers that follow those of the directories, in their order, wherever they are added.
    pub fn preopened_socket(mut self, socket: impl Into<OwnedFd>) -> Self {
        self.sockets.push(socket.into());
        self
    }

    /// Limits the host's descriptors that are open for the guest at one time. A directory that is listed has two.
    pub fn max_descriptors(mut self, limit: usize) -> Self {
        self.max_descriptors = limit;
        self
    }

    /// Limits the bytes of the host's memory that are kept for the guest at one time; what is counted says
    /// [`DEFAULT_MAX_HOST_BYTES`].
    pub fn max_host_bytes(mut self, limit: usize) -> Self {
        self.max_host_bytes = limit;
        self
    }

    /// Makes time and random numbers up, the same in every run, for runs to be compared. Clocks begin at the same time
    /// and go on a little with each look; random numbers are no secret. Files keep the times they have.
    pub fn deterministic(mut self) -> Self {
        self.deterministic = true;
        self
    }

    /// The context.
    ///
    /// # Errors
    ///
    /// Strings that hold NUL bytes, directories that cannot be read, descriptors that are no sockets, and more of
    /// all than the limits allow.
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
        let budget = Budget::new(self.max_host_bytes, self.max_descriptors);
        let given = 3 + self.preopens.len() + self.sockets.len();
        let charge = || budget.descriptor().map_err(|_| BuildError::Limits { given });
        let mut descriptors = Vec::with_capacity(given);
        let input = if self.stdin.is_closed() { Kind::Closed } else { Kind::Input(self.stdin) };
        descriptors.push(Descriptor::given(input, false, charge()?));
        for stream in [self.stdout, self.stderr] {
            let output = if stream.is_closed() { Kind::Closed } else { Kind::Output(stream) };
            descriptors.push(Descriptor::given(output, false, charge()?));
        }
        for Preopen { host, guest, read_only } in self.preopens {
            check_nul("directory", guest.as_bytes())?;
            let directory = open_preopen(&host, guest)?;
            descriptors.push(Descriptor::given(Kind::Directory(directory), read_only, charge()?));
        }
        for fd in self.sockets {
            let number = descriptors.len();
            let listens = socket_acceptconn(&fd);
            let listens = listens.map_err(|error| BuildError::Socket { number, source: error.into() })?;
            descriptors.push(Descriptor::given(Kind::Socket(Socket { fd, listens }), false, charge()?));
        }
        let table = Arc::new(Table::new(descriptors));
        let made_up = self.deterministic.then(|| Arc::new(MadeUp::default()));
        Ok(WasiCtx { args: self.args.into(), environment: environment.into(), table, budget, made_up })
    }
}

fn open_preopen(host: &Path, guest: String) -> Result<Directory, BuildError> {
    let failed = |source| BuildError::Preopen { path: host.to_path_buf(), source };
    let dir = Dir::open_ambient_dir(host, ambient_authority()).map_err(failed)?;
    // The host opens a directory to resolve names in even if it cannot be read.
    open_for_reading(&dir).map_err(|error| failed(error.into()))?;
    Ok(Directory::new(dir, Some(guest)))
}

fn check_nul(what: &'static str, bytes: &[u8]) -> Result<(), BuildError> {
    match bytes.contains(&0) {
        true => Err(BuildError::Nul { what, value: String::from_utf8_lossy(bytes).into_owned() }),
        false => Ok(()),
    }
}
