//! Everything that can go wrong in a compilation: one variant per cause, each with its place in the
//! wasm. Files and command lines are not known here; the command has errors of its own.

use std::fmt;

use aot_format::FormatError;

use crate::module::{self, Admitted};

/// What is wrong at one place of the wasm, said by a phase that does not know in which function.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// Not valid WebAssembly.
    #[error("{}", .0.message())]
    Invalid(#[from] wasmparser::Error),
    /// Valid, but this version does not compile it.
    #[error("uses {feature}, which this version does not compile")]
    Unsupported {
        /// Name of the proposal, in words: `"SIMD (fixed-width)"`.
        feature: &'static str,
        /// Offset of the instruction in the wasm.
        offset: u64,
    },
    /// More than the code generator or the artifact can take.
    #[error("{what} is over the limit of {limit}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// Offset in the wasm.
        offset: u64,
    },
    /// A phase met what the one before it should not have let through.
    #[error("internal error: {what}")]
    Internal {
        /// What was met.
        what: &'static str,
        /// Offset in the wasm.
        offset: u64,
    },
}

impl BodyError {
    /// Completes the error with the function it is in, and names the proposal a module misses.
    pub fn explain(self, wasm: &[u8], function: Option<FunctionLabel>, admitted: Admitted) -> Error {
        match self {
            BodyError::Invalid(error) => module::explain(wasm, &error, function, admitted),
            BodyError::Unsupported { feature, offset } => module::explain_unsupported(wasm, feature, offset, function),
            BodyError::TooLarge { what, limit, offset } => Error::TooLarge { what, limit, offset, function },
            BodyError::Internal { what, offset } => Error::Internal { what: what.to_owned(), offset, function },
        }
    }
}

/// Why a module was not compiled.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not valid WebAssembly.
    #[error("{}: {message}", Place(*.offset, .function))]
    Invalid {
        /// What is wrong.
        message: String,
        /// Offset in the wasm.
        offset: u64,
        /// The function it is in.
        function: Option<FunctionLabel>,
    },
    /// Valid, but this version does not compile it.
    #[error("{}: the module uses {feature}, which this version does not compile", Place(*.offset, .function))]
    Unsupported {
        /// Name of the proposal.
        feature: &'static str,
        /// Offset in the wasm.
        offset: u64,
        /// The function it is in.
        function: Option<FunctionLabel>,
    },
    /// The module uses a feature, and whoever compiles it wants none.
    #[error("{}: the module uses {feature}, which is switched off by --{off}", Place(*.offset, .function))]
    SwitchedOff {
        /// Title of the feature.
        feature: &'static str,
        /// The option that did it, for that feature or for one it needs, without the dashes.
        off: &'static str,
        /// Offset in the wasm.
        offset: u64,
        /// The function it is in.
        function: Option<FunctionLabel>,
    },
    /// The module uses SIMD, and the target has no vectors.
    #[error(
        "{}: the module uses {feature}; SIMD needs the V extension on riscv64: --cpu-features=+v",
        Place(*.offset, .function)
    )]
    SimdNeedsV {
        /// Name of the proposal.
        feature: &'static str,
        /// Offset in the wasm.
        offset: u64,
        /// The function it is in.
        function: Option<FunctionLabel>,
    },
    /// Part of the wasm is more than the code generator or the artifact can take.
    #[error("{}: {what} is over the limit of {limit}", Place(*.offset, .function))]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// Offset in the wasm.
        offset: u64,
        /// The function it is in.
        function: Option<FunctionLabel>,
    },
    /// The module as a whole is more than an artifact can hold.
    #[error("{what} is {count}, over the limit of {limit}")]
    LimitExceeded {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        count: u64,
        /// The limit.
        limit: u64,
    },
    /// No instruction set of this name.
    #[error("unknown target `{name}`: this compiler knows x86_64, aarch64 and riscv64")]
    UnknownTarget {
        /// The name.
        name: String,
    },
    /// No CPU of this name.
    #[error("unknown CPU `{name}` for {isa}: known are {known}")]
    UnknownCpu {
        /// The name.
        name: String,
        /// The instruction set.
        isa: &'static str,
        /// Names that are known.
        known: String,
    },
    /// No CPU feature of this name.
    #[error("unknown CPU feature `{name}` for {isa}: known are {known}")]
    UnknownCpuFeature {
        /// The name.
        name: String,
        /// The instruction set.
        isa: &'static str,
        /// Names that are known.
        known: String,
    },
    /// Code without this feature would need what an artifact does not have.
    #[error("the CPU feature `{name}` is part of the baseline of {isa} and cannot be left out")]
    BaselineFeature {
        /// The feature.
        name: String,
        /// The instruction set.
        isa: &'static str,
    },
    /// `--cpu=native` for another machine than this.
    #[error("the CPU `native` needs the target {host}, but the target is {isa}")]
    NotNative {
        /// The target.
        isa: &'static str,
        /// What this machine is.
        host: &'static str,
    },
    /// The options an artifact records are not ours.
    #[error("the artifact records options that this compiler does not know: `{word}`")]
    RecordedOptions {
        /// The word that is not known.
        word: String,
    },
    /// The code generator does not take a setting.
    #[error("the code generator refuses the setting {setting}: {reason}")]
    Setting {
        /// The setting.
        setting: String,
        /// What it says.
        reason: String,
    },
    /// The code generator gave up on a function.
    #[error("{function}: the code generator failed: {reason}")]
    Codegen {
        /// The function.
        function: FunctionLabel,
        /// What it says.
        reason: String,
    },
    /// The code generator gave up on a trampoline.
    #[error("the {kind} trampoline of type {ty}: the code generator failed: {reason}")]
    Trampoline {
        /// `entry` or `host-call`.
        kind: &'static str,
        /// The type.
        ty: u32,
        /// What it says.
        reason: String,
    },
    /// The code generator gave up on a service trampoline.
    #[error("the {builtin:?} trampoline: the code generator failed: {reason}")]
    ServiceTrampoline {
        /// What it calls.
        builtin: aot_format::abi::Builtin,
        /// What it says.
        reason: String,
    },
    /// Code refers to something that cannot be bound at compile time.
    #[error("internal error: {function} has a relocation {kind} to {target}, which cannot be bound")]
    Relocation {
        /// Where the relocation is.
        function: String,
        /// Kind of relocation.
        kind: String,
        /// What it refers to.
        target: String,
    },
    /// A bug in this compiler or its code generator.
    #[error("{function}: internal error: the compiler panicked: {message}")]
    Panic {
        /// The function that was compiled.
        function: FunctionLabel,
        /// The panic's message.
        message: String,
    },
    /// The system starts no threads.
    #[error("worker threads cannot be started: {reason}")]
    Threads {
        /// What the system says.
        reason: String,
    },
    /// A phase met what the one before it should not have let through.
    #[error("{}: internal error: {what}", Place(*.offset, .function))]
    Internal {
        /// What was met.
        what: String,
        /// Offset in the wasm.
        offset: u64,
        /// The function it is in.
        function: Option<FunctionLabel>,
    },
    /// The code does not fit an object file.
    #[error("the object file cannot be written: {reason}")]
    Object {
        /// What the writer says.
        reason: String,
    },
    /// Modules that are to be linked do not fit.
    #[error(transparent)]
    Link(LinkErrors),
    /// In one of the modules that are linked.
    #[error("in module {module:?}: {error}")]
    InMember {
        /// The module's name.
        module: String,
        /// What is wrong.
        error: Box<Error>,
    },
    /// The artifact cannot be written, or the verifier refuses it.
    #[error("the artifact cannot be written: {0}")]
    Artifact(#[from] FormatError),
}

/// An import of a module that is linked with others.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("module {importer:?} imports {module:?}.{field:?} {wanted}")]
pub struct LinkSite {
    /// The module that imports.
    pub importer: String,
    /// The module it imports from.
    pub module: String,
    /// The name of the export there.
    pub field: String,
    /// The type wanted.
    pub wanted: String,
}

/// Why modules cannot be linked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// A member that nobody can import from.
    #[error("module {number} of the set has no name")]
    NoName {
        /// Its number, from 1.
        number: usize,
    },
    /// Two members of one name.
    #[error("two modules have the name {name:?}")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A WASI command from which others import.
    #[error("{site}: module {module:?} is a command (it exports _start); only a reactor can be imported from", module = .site.module)]
    CommandAsDependency {
        /// The first import from it.
        site: Box<LinkSite>,
    },
    /// Another WASI command that is not the main module.
    #[error("module {name:?} is a command (it exports _start), and not the main module, which is the last one")]
    CommandNotMain {
        /// Its name.
        name: String,
    },
    /// The member has no export of that name.
    #[error("{site}: module {module:?} does not export {field:?}", module = .site.module, field = .site.field)]
    MissingExport {
        /// The import.
        site: Box<LinkSite>,
    },
    /// The export has another kind or type.
    #[error("{site}: incompatible import type: found {found}")]
    IncompatibleType {
        /// The import.
        site: Box<LinkSite>,
        /// The type found.
        found: String,
    },
    /// Exports that are each other's imports, with nothing at the end.
    #[error("{site}: the export is an import of itself: {cycle}")]
    CircularReexport {
        /// The import.
        site: Box<LinkSite>,
        /// The way round.
        cycle: String,
    },
    /// Memories, tables, globals or tags that would have to exist before themselves.
    #[error(
        "circular import of something that must exist first, among {members}; only functions may be imported in a cycle"
    )]
    CircularImport {
        /// The modules.
        members: String,
    },
}

/// All the reasons why modules cannot be linked, in the order in which imports were met.
#[derive(Clone, PartialEq, Eq, Debug)]
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

/// A function in an error message: its index, and its name where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionLabel {
    /// Index in the function index space.
    pub index: u32,
    /// Name from the name section or the exports.
    pub name: Option<String>,
}

impl fmt::Display for FunctionLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "function {} ({name})", self.index),
            None => write!(f, "function {}", self.index),
        }
    }
}

/// A place in the wasm.
struct Place<'a>(u64, &'a Option<FunctionLabel>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at wasm offset {:#x}", self.0)?;
        match self.1 {
            Some(function) => write!(f, " in {function}"),
            None => Ok(()),
        }
    }
}
