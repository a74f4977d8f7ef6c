//! Everything that can go wrong for an embedder: one variant per cause, with the names of modules
//! and fields. What can be wrong with an artifact's bytes is `aot_format::FormatError`.

use std::fmt;
use std::path::PathBuf;

use aot_format::FormatError;
use aot_format::types::ExternKind;

use crate::exception::Exception;
use crate::trap::{Frame, Trap, write_frames};

/// Any error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An artifact cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A module's imports cannot be satisfied. Nothing has run.
    #[error(transparent)]
    Link(#[from] LinkErrors),
    /// Execution trapped.
    #[error(transparent)]
    Trap(#[from] Trap),
    /// An exception that nothing caught. A host function that returns it throws it to its caller.
    #[error(transparent)]
    Exception(#[from] Box<Exception>),
    /// A guest asked to end the program with this status (WASI `proc_exit`).
    #[error("the program exited with status {0}")]
    Exit(i32),
    /// A host function failed.
    #[error(transparent)]
    Host(HostError),
    /// An artifact needs more than the store's limits or the system allow.
    #[error("{what} of module {module:?}: {reason}")]
    Resource {
        /// The instance's name.
        module: String,
        /// What could not be had.
        what: String,
        /// Why not.
        reason: String,
    },
    /// Parameters that are not of the function's type.
    #[error("the function takes {expected}, but was called with {found}")]
    Arguments {
        /// The function's type.
        expected: String,
        /// Types of the values.
        found: String,
    },
    /// A typed view of a function that has another type.
    #[error("the function has type {actual}, not {wanted}")]
    SignatureMismatch {
        /// The function's type.
        actual: String,
        /// The type asked for.
        wanted: String,
    },
    /// A value of another type than a global or table holds, or a global that cannot be written.
    #[error("{what}: {reason}")]
    BadValue {
        /// What was written.
        what: &'static str,
        /// Why it cannot be.
        reason: String,
    },
    /// An index past the end of a memory or table.
    #[error("{what}: {len} units at {offset} are past the end at {size}")]
    OutOfBounds {
        /// The memory or table.
        what: &'static str,
        /// First unit.
        offset: u64,
        /// Number of units.
        len: u64,
        /// Units there are.
        size: u64,
    },
    /// The bytes of a shared memory, as a slice.
    #[error("the memory is shared with other threads, so that its bytes cannot be borrowed; read and write copy them")]
    SharedMemory,
    /// A handle of another store, or of an instance that was freed.
    #[error("this {what} does not belong to the store, or its instance has been freed")]
    StaleHandle {
        /// Kind of handle.
        what: &'static str,
    },
    /// A name that is already taken, or reserved.
    #[error("the name {name:?} {reason}")]
    Name {
        /// The name.
        name: String,
        /// Why it cannot be used.
        reason: &'static str,
    },
    /// A module, or a linker, used with a store of another engine.
    #[error("module {module:?} ({origin}) belongs to another engine than the store or linker it is used with")]
    OtherEngine {
        /// The module's own name.
        module: String,
        /// The file it came from.
        origin: String,
    },
    /// No instance or module of this name.
    #[error("there is no module named {name:?}")]
    UnknownModule {
        /// The name.
        name: String,
    },
    /// The machine or process cannot run compiled code (signal handlers, stack).
    #[error("{0}")]
    System(String),
}

/// An error of a host function, with the wasm frames it went through.
#[derive(Debug)]
pub struct HostError {
    source: Box<dyn std::error::Error + Send + Sync>,
    frames: Vec<Frame>,
}

impl HostError {
    /// The error itself.
    pub fn get_ref(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.source
    }

    /// The wasm functions that were on the stack, innermost first.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)?;
        if f.alternate() { write_frames(f, &self.frames) } else { Ok(()) }
    }
}

impl std::error::Error for HostError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.source()
    }
}

impl Error {
    /// An error of a host function.
    pub fn host(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Host(HostError { source: error.into(), frames: Vec::new() })
    }

    /// The trap, if this is one.
    pub fn trap(&self) -> Option<&Trap> {
        match self {
            Error::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// The exception, if this is one.
    pub fn exception(&self) -> Option<&Exception> {
        match self {
            Error::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// Becomes the exception that caused it, if one did: a host function that wraps what it got in an
    /// error of its own does not stop an exception.
    pub(crate) fn unwrap_exception(&mut self) {
        let Error::Host(host) = &*self else { return };
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(host.get_ref());
        while let Some(error) = cause {
            let exception = match error.downcast_ref::<Error>() {
                Some(Error::Exception(exception)) => Some(&**exception),
                _ => error.downcast_ref::<Exception>(),
            };
            if let Some(exception) = exception {
                *self = Error::Exception(Box::new(exception.clone()));
                return;
            }
            cause = error.source();
        }
    }

    /// The wasm functions that were on the stack, innermost first; empty where nothing ran.
    pub fn frames(&self) -> &[Frame] {
        match self {
            Error::Trap(trap) => trap.frames(),
            Error::Host(error) => error.frames(),
            Error::Exception(exception) => exception.frames(),
            _ => &[],
        }
    }

    /// Adds the frames an error of a host function passes through.
    pub(crate) fn set_frames(&mut self, frames: Vec<Frame>) {
        match self {
            Error::Trap(trap) => trap.set_frames(frames),
            Error::Host(error) if error.frames.is_empty() => error.frames = frames,
            Error::Exception(exception) => exception.set_frames(frames),
            _ => {}
        }
    }

    /// Whether frames would be kept, so that they are worth collecting.
    pub(crate) fn wants_frames(&self) -> bool {
        matches!(self, Error::Trap(_) | Error::Host(_) | Error::Exception(_)) && self.frames().is_empty()
    }
}

/// Why an artifact cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read or mapped.
    #[error("{path}: {reason}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The bytes are not an artifact.
    #[error("{origin}: {error}")]
    Format {
        /// The file, or "bytes".
        origin: String,
        /// What is wrong.
        error: FormatError,
    },
    /// Code for another instruction set.
    #[error("{origin}: compiled for {artifact}, but this machine is {host}")]
    WrongIsa {
        /// The file.
        origin: String,
        /// Instruction set of the artifact.
        artifact: &'static str,
        /// Instruction set of the machine.
        host: &'static str,
    },
    /// Code that needs CPU features that are not there.
    #[error("{origin}: compiled for CPU features that this machine lacks: {missing}")]
    MissingCpuFeatures {
        /// The file.
        origin: String,
        /// Their names, comma separated.
        missing: String,
    },
    /// A fat artifact without one for this machine.
    #[error("{origin}: holds no artifact for this machine, which is {host}, but for {artifacts}")]
    NoSlice {
        /// The file.
        origin: String,
        /// What it holds, and what this machine lacks for it.
        artifacts: String,
        /// Instruction set of the machine.
        host: &'static str,
    },
    /// The module reader failed.
    #[error("module {name:?}: the module reader failed: {reason}")]
    Reader {
        /// The module asked for.
        name: String,
        /// Its error.
        reason: String,
    },
    /// There is a `.wasm` where an `.aot` is needed.
    #[error("module {name:?}: found {path}, but this runtime has no compiler; compile it with wamrc", path = .path.display())]
    NotCompiled {
        /// The module asked for.
        name: String,
        /// The wasm file.
        path: PathBuf,
    },
    /// A name that cannot be a file name.
    #[error("module name {name:?} cannot be a file name")]
    UnusableName {
        /// The name.
        name: String,
    },
    /// The code could not be made executable.
    #[error("{origin}: {reason}")]
    Text {
        /// The file.
        origin: String,
        /// Why.
        reason: String,
    },
}

/// Something imported, and by whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportSite {
    /// The importing module.
    pub importer: String,
    /// The module it imports from.
    pub module: String,
    /// The name of the export wanted.
    pub field: String,
    /// What is wanted.
    pub wanted: String,
}

impl fmt::Display for ImportSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module {:?} imports {:?}.{:?} {}", self.importer, self.module, self.field, self.wanted)
    }
}

/// One reason why a set of modules does not link.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// No module of that name is defined, registered or found by the reader.
    #[error("{site}: there is no module {module:?}", module = .site.module)]
    MissingModule {
        /// The import.
        site: Box<ImportSite>,
    },
    /// The module exists but cannot be loaded.
    #[error("{site}: {error}")]
    BrokenModule {
        /// The import.
        site: Box<ImportSite>,
        /// Why not.
        error: LoadError,
    },
    /// The module has no export of that name.
    #[error("{site}: module {module:?} does not export {field:?}", module = .site.module, field = .site.field)]
    MissingExport {
        /// The import.
        site: Box<ImportSite>,
    },
    /// The export has another kind or type.
    #[error("{site}: incompatible import type: found {found}")]
    IncompatibleType {
        /// The import.
        site: Box<ImportSite>,
        /// The kind found.
        kind: ExternKind,
        /// The type found.
        found: String,
    },
    /// Exports that are each other's imports, with nothing at the end.
    #[error("{site}: the export is an import of itself: {cycle}")]
    CircularReexport {
        /// The import.
        site: Box<ImportSite>,
        /// The way round.
        cycle: String,
    },
    /// A memory, table, global or tag that would have to exist before itself.
    #[error("circular import of something that must exist first: {cycle}; only functions may be imported in a cycle")]
    CircularImport {
        /// The modules and what they import, in a circle.
        cycle: String,
    },
    /// A WASI command as a dependency.
    #[error("{site}: module {module:?} is a command (it exports _start); only a reactor can be imported from", module = .site.module)]
    CommandAsDependency {
        /// The first import from it.
        site: Box<ImportSite>,
    },
    /// A member of a linked set has a name that is taken, by an instance of the store or another module of the set that
    /// is made.
    #[error("module {module:?} is a linked set with a member {member:?}, but another module has that name")]
    MemberTaken {
        /// The main module of the linked set.
        module: String,
        /// The member.
        member: String,
    },
    /// Explicit imports were given to the main module of a linked set, whose other members a linker makes.
    #[error("module {module:?} is a linked set, which only a linker instantiates")]
    LinkedSet {
        /// The main module of the linked set.
        module: String,
    },
    /// Explicit imports were given, but not one for each import.
    #[error("module {module:?} has {wanted} imports, but {found} were given")]
    ImportCount {
        /// The module.
        module: String,
        /// Imports it has.
        wanted: usize,
        /// Imports given.
        found: usize,
    },
}

/// All the reasons why a set of modules does not link, in the order in which imports were met.
#[derive(Debug)]
pub struct LinkErrors(pub Vec<LinkError>);

impl fmt::Display for LinkErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "link error: {one}"),
            all => {
                write!(f, "{} link errors:", all.len())?;
                all.iter().try_for_each(|error| write!(f, "\n  {error}"))
            }
        }
    }
}

impl std::error::Error for LinkErrors {}
