//! What can go wrong: wrong usage, and failures of what was asked for.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use iwasm::{Error, LinkErrors, LoadError};

use crate::wasi::{GrantError, ThreadError};

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
    #[error("function {function:?} of type {ty} takes {}, but {}", values(*.wanted), given(*.found))]
    ValueCount { function: String, ty: String, wanted: usize, found: usize },
    /// A value that is none of the parameter's type.
    #[error("parameter {position} of {function:?} is {} {ty}; {value:?} is not", article(.ty))]
    Value { function: String, position: usize, ty: String, value: String },
    /// Two files for the module of one name.
    #[error("there can be one module {name:?}, but two files are given for it: {} and {}", .first.display(), .second.display())]
    SameName { name: String, first: PathBuf, second: PathBuf },
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
    /// A thread that the program spawned failed.
    #[error(transparent)]
    Thread(#[from] ThreadError),
    /// The time is up.
    #[error("timeout: the program was stopped after {milliseconds} ms{}", frames(.error))]
    TimedOut { milliseconds: u64, error: Error },
    /// A set does not link, and modules of it were not found.
    #[error("{errors}\n{}", searched(.folders, *.chosen))]
    NotFound { errors: LinkErrors, folders: Vec<PathBuf>, chosen: bool },
    /// A folder where a file is needed.
    #[error("{}: is a directory", .path.display())]
    Directory { path: PathBuf },
    /// A folder to find modules in that is none.
    #[error("--module-path={}: {reason}", .path.display())]
    ModulePath { path: PathBuf, reason: String },
    /// What the program was to be given cannot be had.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The function to call is not there.
    #[error("module {module:?} exports no function {function:?}{}", exports(.exported))]
    NoFunction { module: String, function: String, exported: Vec<String> },
    /// The instance whose function is to be called is not there.
    #[error("{function:?} names a function of module {module:?}, which the main module does not need")]
    NoInstance { module: String, function: String },
    /// Nothing to run in it.
    #[error("module {module:?} exports neither _start nor _initialize, and no function was named with -f{}{}",
        exports(.exported), order(*.misplaced))]
    NoEntry { module: String, exported: Vec<String>, misplaced: bool },
    /// A `_start` that takes parameters or gives results.
    #[error("module {module:?}: _start has type {ty}; a command's takes and gives nothing")]
    StartType { module: String, ty: String },
    /// A path without a file name.
    #[error("{path:?} does not name a file")]
    NoFileName { path: PathBuf },
    /// A thread with a stack of that size cannot be had.
    #[error("cannot start a thread with a stack of {bytes} bytes: {source}")]
    Stack { bytes: usize, source: io::Error },
    /// There is no thread to watch the time.
    #[error("cannot start a thread for --timeout: {0}")]
    Watch(io::Error),
    /// An option that the interpreter has no use for.
    #[cfg(feature = "interp")]
    #[error("{option} are not for the interpreter, which knows neither collected objects nor threads")]
    NotInterpreted { option: &'static str },
    /// What was interpreted did not return.
    #[cfg(feature = "interp")]
    #[error("{}", crate::interp::ended(.outcome))]
    Interpreted { outcome: iwasm_observe::Outcome },
    /// The time is up for the interpreter.
    #[cfg(feature = "interp")]
    #[error("timeout: the program was stopped after {milliseconds} ms")]
    InterpreterTimedOut { milliseconds: u64 },
    /// The standard output cannot be written.
    #[error("cannot write to the standard output: {0}")]
    Output(io::Error),
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Failure {
        Failure::Runtime(error.into())
    }
}

/// Where the program was, one line a function.
fn frames(error: &Error) -> String {
    let text = format!("{error:#}");
    text.find('\n').map_or("", |at| &text[at..]).to_owned()
}

/// The functions there are instead; of many, the first ones. The names are the module's: any text.
fn exports(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| name.escape_debug().to_string()).collect();
    match names.len() {
        0 => "; it exports none".into(),
        all if all > SHOWN => format!("; it exports {}, ... ({all} in all)", shown.join(", ")),
        _ => format!("; it exports {}", shown.join(", ")),
    }
}

/// For those who wrote options behind the file.
fn order(misplaced: bool) -> &'static str {
    if misplaced { "\nOptions stand before the file: what follows it is the program's" } else { "" }
}

/// Where modules were looked for.
fn searched(folders: &[PathBuf], chosen: bool) -> String {
    let name = |folder: &PathBuf| match folder.as_os_str().is_empty() {
        true => ".".into(),
        false => folder.display().to_string(),
    };
    let names: Vec<String> = folders.iter().map(name).collect();
    let how = if chosen { "as --module-path says" } else { "the main module's folder; --module-path names others" };
    format!("Modules were looked for in {} ({how})", names.join(", "))
}

fn values(count: usize) -> String {
    match count {
        0 => "no values".into(),
        1 => "1 value".into(),
        count => format!("{count} values"),
    }
}

fn given(count: usize) -> String {
    match count {
        0 => "none was given".into(),
        1 => "1 was given".into(),
        count => format!("{count} were given"),
    }
}

fn article(ty: &str) -> &'static str {
    if ty.starts_with(['a', 'e', 'i', 'f']) && !ty.starts_with("func") { "an" } else { "a" }
}
