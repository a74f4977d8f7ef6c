//! What the command can fail with, besides what the library can.

use std::io;
use std::path::PathBuf;

use aot_format::FormatError;

/// The command line cannot be followed; nothing has been done.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// Options that contradict each other or the target.
    #[error("{0}")]
    Options(#[source] wamrc::Error),
    /// No input.
    #[error("no input file is given")]
    NoInput,
    /// Nowhere to write to.
    #[error("no output is given: add `-o OUT.aot` (or `-o DIR` for several inputs)")]
    NoOutput,
    /// `--check` with other than one input.
    #[error("--check compares one artifact with one input, but {count} are given")]
    CheckInputs {
        /// How many there are.
        count: usize,
    },
    /// An input would be overwritten.
    #[error("the output {} is also an input", .path.display())]
    OutputIsInput {
        /// The path.
        path: PathBuf,
    },
    /// Two inputs would be written to one file.
    #[error("two inputs would be written to {}", .path.display())]
    SameOutput {
        /// The path.
        path: PathBuf,
    },
    /// Several inputs, and the output is no folder.
    #[error("there are several inputs, so `-o {}` must be a folder, but it is a file", .path.display())]
    OutputIsFile {
        /// The path.
        path: PathBuf,
    },
    /// Two modules of one name, or one without.
    #[error("--link needs a name for each module, and each another: {name:?}; NAME=FILE gives one")]
    LinkName {
        /// The name.
        name: String,
    },
    /// A linked set goes to one file.
    #[error("--link writes one file, but `-o {}` is a folder", .path.display())]
    LinkToFolder {
        /// The output.
        path: PathBuf,
    },
    /// A name without a last part.
    #[error("{} is not the name of a file", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Several artifacts cannot be told apart in one stream.
    #[error("`-o -` takes one input, but {count} are given")]
    SeveralToStdout {
        /// How many there are.
        count: usize,
    },
    /// Several files cannot be told apart in one stream.
    #[error("`-o -` writes one stream: with --separate, there are several files")]
    SeparateToStdout,
    /// One instruction set, twice.
    #[error("--target names {target} twice")]
    SameTarget {
        /// The instruction set.
        target: &'static str,
    },
    /// An ELF object is for one machine.
    #[error("--format=object for several targets takes --separate: there are no fat objects")]
    FatObject,
    /// Nobody reads machine code off a terminal.
    #[error("`-o -` writes binary code to the terminal: send it to a file or a pipe")]
    BinaryToTerminal,
    /// An option of WAMR's that speaks to LLVM.
    #[error(
        "--{option} is for WAMR's LLVM and cannot be followed: {reason}; this compiler generates code with Cranelift"
    )]
    OfLlvm {
        /// The option.
        option: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A feature that is to be there, and is switched off.
    #[error("--{enable} and --{disable} contradict each other{reason}")]
    Contradiction {
        /// The one option.
        enable: &'static str,
        /// The other.
        disable: &'static str,
        /// What the one feature has to do with the other, where they are two.
        reason: String,
    },
    /// A format that is WAMR's, not ours.
    #[error("--format={format} is not available: there are `aot` and `object`")]
    Format {
        /// The name.
        format: String,
    },
}

/// One input failed; others go on.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The input or artifact cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    /// No file of this size can be a module.
    #[error("is over the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// One of the modules that are linked cannot be read.
    #[error("{}: {error}", .path.display())]
    Member {
        /// Its file.
        path: PathBuf,
        /// Why not.
        error: Box<InputError>,
    },
    /// Nothing in it.
    #[error("not a WebAssembly module: it is empty")]
    Empty,
    /// Neither wasm nor its text format.
    #[error("not a WebAssembly module: it begins with {begin}{hint}")]
    NotWasm {
        /// The first bytes, in hexadecimal.
        begin: String,
        /// What it may be instead.
        hint: &'static str,
    },
    /// Text in another encoding.
    #[error("the text is not UTF-8 at byte {offset:#x}")]
    NotUtf8 {
        /// The first byte that is not.
        offset: usize,
    },
    /// The text format is wrong.
    #[error("{0}")]
    Text(#[from] wat::Error),
    /// It does not compile.
    #[error("{0}")]
    Compile(#[from] wamrc::Error),
    /// It does not compile for one of several targets.
    #[error("for {target}: {error}")]
    ForTarget {
        /// The options that name the target.
        target: String,
        /// Why not.
        error: Box<InputError>,
    },
    /// The output cannot be written.
    #[error("{} cannot be written: {source}", .path.display())]
    Write {
        /// The output.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output's folder does not exist.
    #[error("{} cannot be written: there is no folder {}", .path.display(), .folder.display())]
    NoFolder {
        /// The output.
        path: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },
    /// The input to be shown is an artifact, but a wrong one.
    #[error("the artifact cannot be read: {0}")]
    Damaged(#[source] FormatError),
    /// The folder for outputs cannot be made.
    #[error("cannot be created: {0}")]
    Folder(#[source] io::Error),
    /// The output is a folder or the like.
    #[error("{} cannot be written: it is not a file", .path.display())]
    NotWritable {
        /// The output.
        path: PathBuf,
    },
    /// What was written is not what was to be written.
    #[error("{} was written, but is wrong when read back ({reason}); it has been removed", .path.display())]
    ReadBack {
        /// The output.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The artifact to check cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    ReadArtifact {
        /// The artifact.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The artifact to check is not one.
    #[error("{}: {source}", .path.display())]
    Artifact {
        /// The artifact.
        path: PathBuf,
        /// What is wrong.
        source: FormatError,
    },
    /// The artifact is of other modules, by their names.
    #[error("{} was compiled from modules named {recorded}, not {given}; give those of a linked set with --link", .path.display())]
    OtherMembers {
        /// The artifact.
        path: PathBuf,
        /// Names in the artifact.
        recorded: String,
        /// Names that were given.
        given: String,
    },
    /// The artifact was made from other wasm.
    #[error("{} was compiled from other wasm: its source has SHA-256 {recorded}, this has {actual}", .path.display())]
    OtherSource {
        /// The artifact.
        path: PathBuf,
        /// Digest in the artifact.
        recorded: String,
        /// Digest of the input.
        actual: String,
    },
    /// The artifact was made by another compiler.
    #[error("{} was compiled by {recorded}, this is {actual}: the same bytes cannot be expected", .path.display())]
    OtherProducer {
        /// The artifact.
        path: PathBuf,
        /// Compiler in the artifact.
        recorded: String,
        /// This compiler.
        actual: String,
    },
    /// Same source, same options, other bytes.
    #[error("{} differs from a new compilation from byte {offset:#x} on, in the {part}", .path.display())]
    Differs {
        /// The artifact.
        path: PathBuf,
        /// First difference.
        offset: usize,
        /// Section it is in.
        part: String,
    },
}

/// `wamrc diff` failed, which is not that there is a difference.
#[cfg(feature = "diff")]
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// Options of the compiler's that contradict each other.
    #[error("{0}")]
    Usage(#[source] UsageError),
    /// Several targets.
    #[error("code for one target is compared at a time")]
    Targets,
    /// Options that the target does not have.
    #[error("{0}")]
    Compiler(#[source] wamrc::Error),
    /// A module cannot be read.
    #[error("{}: {error}", .path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: InputError,
    },
    /// Two files for one module.
    #[error("two files are given for module {name:?}")]
    SameName {
        /// The module.
        name: String,
    },
    /// A name that is the host's.
    #[error("a module of a set cannot be called {name:?}: that is the host's; give the file another name")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// Neither engine could instantiate the set.
    #[error("nothing was called, in either way: {reason}")]
    NothingRan {
        /// Why not.
        reason: String,
    },
    /// No such export.
    #[error("no module of the set exports a function {name:?}")]
    NoFunction {
        /// The name.
        name: String,
    },
    /// More or fewer values than the function takes.
    #[error("function {name:?} takes {wanted} values, but {found} are given")]
    ValueCount {
        /// The function.
        name: String,
        /// Values it takes.
        wanted: usize,
        /// Values given.
        found: usize,
    },
    /// A text that is no value.
    #[error("{text:?} is no {ty}")]
    Value {
        /// The text.
        text: String,
        /// The parameter's type.
        ty: String,
    },
    /// A variable without a value.
    #[error("--env takes NAME=VALUE, not {text:?}")]
    Variable {
        /// What was given.
        text: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// This command does not know its own file.
    #[error("cannot find this command's own file, to start it a second time: {0}")]
    OwnPath(#[source] io::Error),
    /// Nothing to run code for another machine.
    #[error("code for {isa} is run by {}, which is not there; `make observers` builds it, and --observer names another", .path.display())]
    NoObserver {
        /// The instruction set.
        isa: &'static str,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// One of the engines cannot do it.
    #[error("{0}")]
    Engine(#[from] wamrc_diff::EngineError),
}

#[cfg(feature = "diff")]
impl DiffError {
    /// Whether it is the command line that is wrong.
    pub fn is_usage(&self) -> bool {
        match self {
            DiffError::Usage(_)
            | DiffError::Targets
            | DiffError::Compiler(_)
            | DiffError::SameName { .. }
            | DiffError::ReservedName { .. }
            | DiffError::NoFunction { .. }
            | DiffError::ValueCount { .. }
            | DiffError::Value { .. }
            | DiffError::Variable { .. } => true,
            DiffError::Module { .. }
            | DiffError::NothingRan { .. }
            | DiffError::File { .. }
            | DiffError::OwnPath(_)
            | DiffError::NoObserver { .. }
            | DiffError::Engine(_) => false,
        }
    }
}
