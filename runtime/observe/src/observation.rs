//! What could be seen of a run, step by step.

use std::fmt;

use aot_format::abi::TrapCode;
use serde::{Deserialize, Serialize};

use crate::nan;
use crate::plan::Detail;
use crate::value::Value;

/// What came of a plan: one event for each of its steps.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Observation {
    /// The events.
    pub events: Vec<Event>,
}

/// What came of one step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Event {
    /// All modules were instantiated.
    Instantiated,
    /// One was not.
    NotInstantiated {
        /// Its number in the plan.
        module: usize,
        /// Why.
        outcome: Outcome,
    },
    /// A function was called.
    Called(Outcome),
    /// What there was to be seen.
    Seen(Vec<Sight>),
    /// The step made no sense: what it is about is not there.
    Nothing,
}

/// How a call, or an instantiation, ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// It returned.
    Returned(Vec<Value>),
    /// It trapped.
    Trapped {
        /// Number of the [`TrapCode`].
        code: u8,
        /// Where, if whoever ran it can tell.
        place: Option<Place>,
    },
    /// An exception came out.
    Threw,
    /// The program ended with this status.
    Exited(i32),
    /// The set does not link; why, one line each.
    Refused(Vec<Refusal>),
    /// The step took too long.
    TimedOut,
    /// The machine, or a limit that is not the specification's, ended it. No two machines need agree on it.
    Exhausted(String),
    /// Whoever ran it cannot run such a thing.
    Unsupported(String),
    /// The process that ran it died.
    Died(String),
}

/// Why an import is not satisfied.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of reason.
    pub reason: Reason,
    /// The importing module; empty where the reason is about several.
    pub importer: String,
    /// The module imported from.
    pub module: String,
    /// The export wanted.
    pub field: String,
}

/// Kinds of reasons why a set does not link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Reason {
    /// There is no such module.
    MissingModule,
    /// The module does not export it.
    MissingExport,
    /// It is of another type.
    IncompatibleType,
    /// It is an import of itself.
    CircularReexport,
    /// It would have to exist before itself.
    CircularImport,
    /// A command cannot be imported from.
    CommandAsDependency,
    /// Another one.
    Other,
}

/// A place in a module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The module's name.
    pub module: String,
    /// Number of the function in it.
    pub function: u32,
    /// Offset of the instruction in the wasm file.
    pub offset: Option<u32>,
}

/// Something that can be seen from outside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sight {
    /// `module.export`, or `standard output` and `standard error`.
    pub name: String,
    /// What it looks like.
    pub state: State,
}

/// What something looks like.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum State {
    /// A global.
    Global(Value),
    /// A memory.
    Memory {
        /// Its pages.
        pages: u64,
        /// Digest of its bytes, in hexadecimal; empty where that cannot be told.
        digest: String,
        /// The digest that does not tell one NaN from another, if it was asked for.
        blurred: Option<String>,
        /// All of it, if that was asked for.
        bytes: Option<Vec<u8>>,
    },
    /// A table: its size, and a digest of which elements are null.
    Table {
        /// Elements.
        size: u64,
        /// Digest, in hexadecimal.
        digest: String,
    },
    /// What was printed, as far as it was kept.
    Output(Vec<u8>),
}

impl State {
    /// What a memory looks like.
    pub fn of_memory(pages: u64, bytes: &[u8], detail: Detail) -> State {
        State::Memory {
            pages,
            digest: format!("{:032x}", nan::digest(bytes)),
            blurred: (detail != Detail::Digest).then(|| format!("{:032x}", nan::blurred_digest(bytes))),
            bytes: (detail == Detail::Whole).then(|| bytes.to_vec()),
        }
    }

    /// A memory of which only the size can be told.
    pub fn untold_memory(pages: u64) -> State {
        State::Memory { pages, digest: String::new(), blurred: None, bytes: None }
    }

    /// What a table looks like, by which elements are null.
    pub fn of_table(nulls: &[bool]) -> State {
        let bytes: Vec<u8> = nulls.iter().map(|is_null| u8::from(*is_null)).collect();
        State::Table { size: nulls.len() as u64, digest: format!("{:032x}", nan::digest(&bytes)) }
    }
}

impl Outcome {
    /// The trap, if it is one.
    pub fn trap(&self) -> Option<TrapCode> {
        match self {
            Outcome::Trapped { code, .. } => TrapCode::from_code(*code),
            _ => None,
        }
    }

    /// Whether two engines that are right may come to something else here, so that nothing after it says anything
    /// either: the stack, the memory or the time was used up.
    pub fn is_exhaustion(&self) -> bool {
        matches!(self, Outcome::TimedOut | Outcome::Exhausted(_))
            || matches!(self.trap(), Some(TrapCode::StackOverflow | TrapCode::HeapExhausted | TrapCode::Interrupted))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Returned(values) if values.is_empty() => f.write_str("returns"),
            Outcome::Returned(values) => {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                write!(f, "returns {}", values.join(", "))
            }
            Outcome::Trapped { code, place } => {
                match TrapCode::from_code(*code) {
                    Some(code) => write!(f, "traps: {}", code.message())?,
                    None => write!(f, "traps with the unknown code {code}")?,
                }
                place.as_ref().map_or(Ok(()), |place| write!(f, ", in {place}"))
            }
            Outcome::Threw => f.write_str("throws an exception"),
            Outcome::Exited(status) => write!(f, "exits with status {status}"),
            Outcome::Refused(refusals) => {
                f.write_str("does not link")?;
                refusals.iter().try_for_each(|refusal| write!(f, "; {refusal}"))
            }
            Outcome::TimedOut => f.write_str("takes too long"),
            Outcome::Exhausted(reason) => write!(f, "uses up what there is: {reason}"),
            Outcome::Unsupported(reason) => write!(f, "cannot be run: {reason}"),
            Outcome::Died(how) => write!(f, "kills the process: {how}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            Reason::MissingModule => "no such module",
            Reason::MissingExport => "no such export",
            Reason::IncompatibleType => "another type",
            Reason::CircularReexport => "an import of itself",
            Reason::CircularImport => return f.write_str("an import that must exist before itself"),
            Reason::CommandAsDependency => "a command",
            Reason::Other => "another reason",
        };
        write!(f, "{:?} imports {:?}.{:?}: {reason}", self.importer, self.module, self.field)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} function {}", self.module.escape_debug(), self.function)?;
        self.offset.map_or(Ok(()), |offset| write!(f, " at {offset:#x}"))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Global(value) => value.fmt(f),
            State::Memory { pages, digest, .. } => write!(f, "{pages} pages with digest {digest}"),
            State::Table { size, digest } => write!(f, "{size} elements with digest {digest}"),
            State::Output(bytes) => write!(f, "{:?}", String::from_utf8_lossy(bytes)),
        }
    }
}
