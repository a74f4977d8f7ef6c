//! What can go wrong: wrong usage, and failures of what was asked for.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use iwasm::LoadError;
use iwasm_wasi::BuildError;

/// A command line that makes no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    /// No module.
    #[error("no module to run")]
    NoModule,
    /// An option without its value, with one too many, or one that there is not.
    #[error(transparent)]
    Option(#[from] lexopt::Error),
    /// An option of WAMR's that has no meaning here.
    #[error("{option} is not supported: {reason}")]
    Unsupported { option: String, reason: &'static str },
    /// A value of another form than the option has.
    #[error("{option} takes {form}, not {value:?}")]
    Form { option: &'static str, form: &'static str, value: OsString },
    /// Too few or too many values for a function.
    #[error("function {function:?} of type {ty} takes {wanted} values, but {found} were given")]
    ValueCount { function: String, ty: String, wanted: usize, found: usize },
    /// A value that is none of the parameter's type.
    #[error("{value:?} is no value of type {ty}, which parameter {position} of function {function:?} has")]
    Value { function: String, position: usize, ty: String, value: String },
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line is wrong.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// Loading, linking or running failed.
    #[error(transparent)]
    Runtime(#[from] iwasm::Error),
    /// What the guest was to be given does not exist.
    #[error(transparent)]
    Wasi(#[from] BuildError),
    /// The function to call is not there.
    #[error("module {module:?} exports no function {function:?}{}", exports(.exported))]
    NoFunction { module: String, function: String, exported: Vec<String> },
    /// The instance whose function is to be called is not there.
    #[error("{function:?} names a function of module {module:?}, which the main module does not need")]
    NoInstance { module: String, function: String },
    /// A `_start` that takes parameters or gives results.
    #[error("module {module:?}: _start has type {ty}; a command's takes and gives nothing")]
    StartType { module: String, ty: String },
    /// A path without a file name.
    #[error("{path:?} does not name a file")]
    NoFileName { path: PathBuf },
    /// A thread with a stack of that size cannot be had.
    #[error("cannot start a thread with a stack of {bytes} bytes: {source}")]
    Thread { bytes: usize, source: io::Error },
    /// The standard output cannot be written.
    #[error("cannot write to the standard output: {0}")]
    Output(io::Error),
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Failure {
        Failure::Runtime(error.into())
    }
}

/// The functions there are instead; of many, the first ones.
fn exports(names: &[String]) -> String {
    const SHOWN: usize = 10;
    match names {
        [] => "; it exports none".into(),
        names if names.len() > SHOWN => {
            format!("; it exports {}, ... ({} in all)", names[..SHOWN].join(", "), names.len())
        }
        names => format!("; it exports {}", names.join(", ")),
    }
}
