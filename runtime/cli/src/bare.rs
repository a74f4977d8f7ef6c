//! What stands in for `wasi` in a build without WASI: programs are given nothing, and have one thread.

use iwasm::{Error, Instance, Linker, Module, Store};

use crate::args::Invocation;

/// What `--version` says of it.
pub(crate) const VERSION: &str = "none, as this iwasm was built without it";

/// The data of a store.
pub(crate) type State = ();

/// Nothing can be granted, so nothing fails to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GrantError {}

/// The end of a program, as of one with threads.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct ThreadError {
    /// There are no threads besides the main one.
    pub(crate) thread: Option<u32>,
    pub(crate) error: Error,
}

/// What the program is given.
pub(crate) fn state(_: &Invocation) -> Result<State, GrantError> {
    Ok(())
}

/// The program's one thread.
pub(crate) struct Group;

impl Group {
    pub(crate) fn new(_: &Invocation) -> Group {
        Group
    }

    pub(crate) fn add_to_linker(&self, _: &mut Linker<State>) {}

    pub(crate) fn instantiate(
        &self,
        linker: &mut Linker<State>,
        store: &mut Store<State>,
        name: &str,
        module: &Module,
    ) -> Result<Instance, Error> {
        linker.instantiate(store, name, module)
    }

    pub(crate) fn run<R>(
        &self,
        store: &mut Store<State>,
        run: impl FnOnce(&mut Store<State>) -> Result<R, Error>,
    ) -> Result<R, ThreadError> {
        run(store).map_err(|error| ThreadError { thread: None, error })
    }
}
