//! What a program is given of the world in a build with WASI: the context made of the options, and its threads.
//! `bare` stands in for this file in a build without.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::ffi::OsStrExt;

use iwasm::{Error, Instance, Linker, Module, Store};
use iwasm_wasi::limits::DEFAULT_MAX_THREADS;
use iwasm_wasi::threads::Threads;
use iwasm_wasi::{BuildError, WasiCtx};

pub(crate) use iwasm_wasi::threads::ThreadError;

use crate::args::{Folder, Invocation};

/// What `--version` says of it.
pub(crate) const VERSION: &str = "preview 1, threads";

/// The data of a store.
pub(crate) type State = WasiCtx;

/// Why a program cannot be given what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GrantError {
    /// What is wrong with a folder, a variable or a limit.
    #[error(transparent)]
    Context(#[from] BuildError),
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// What the program is given.
pub(crate) fn state(invocation: &Invocation) -> Result<State, GrantError> {
    let mut builder = WasiCtx::builder().inherit_stdio();
    // Programs are told the name of their file, but not where it is on the host.
    builder = builder.arg(invocation.main.file_name().unwrap_or_default().as_bytes());
    if invocation.function.is_none() {
        builder = builder.args(invocation.args.iter().map(|arg| arg.as_bytes()));
    }
    for (name, value) in &invocation.environment {
        builder = builder.env(name.as_bytes(), value.as_bytes());
    }
    for Folder { host, guest, read_only } in &invocation.folders {
        builder = match read_only {
            true => builder.preopened_dir_read_only(host, guest),
            false => builder.preopened_dir(host, guest),
        };
    }
    for &address in &invocation.listen {
        let listener = TcpListener::bind(address).map_err(|source| GrantError::Listen { address, source })?;
        builder = builder.preopened_socket(listener);
    }
    if let Some(limit) = invocation.max_descriptors {
        builder = builder.max_descriptors(limit);
    }
    if let Some(limit) = invocation.max_host_memory {
        builder = builder.max_host_bytes(limit);
    }
    Ok(builder.build()?)
}

/// The program's threads, the main one included.
pub(crate) struct Group(Threads<State>);

impl Group {
    pub(crate) fn new(invocation: &Invocation) -> Group {
        Group(Threads::new(invocation.max_threads.unwrap_or(DEFAULT_MAX_THREADS)))
    }

    pub(crate) fn add_to_linker(&self, linker: &mut Linker<State>) {
        iwasm_wasi::add_to_linker(linker, |wasi: &mut WasiCtx| wasi);
        self.0.add_to_linker(linker);
    }

    pub(crate) fn instantiate(
        &self,
        linker: &mut Linker<State>,
        store: &mut Store<State>,
        name: &str,
        module: &Module,
    ) -> Result<Instance, Error> {
        self.0.instantiate(linker, store, name, module)
    }

    pub(crate) fn run<R>(
        &self,
        store: &mut Store<State>,
        run: impl FnOnce(&mut Store<State>) -> Result<R, Error>,
    ) -> Result<R, ThreadError> {
        self.0.run(store, run)
    }
}
