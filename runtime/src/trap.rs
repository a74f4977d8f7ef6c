//! Traps: why execution stopped, and where, as a symbolic back trace through all modules.

use std::fmt;

pub use aot_format::abi::TrapCode;

use crate::externs::Instance;

/// One wasm function on the stack when something trapped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Name of the instance in its store, else the module's own name, else empty.
    pub module: String,
    /// Index in the module's function index space.
    pub function_index: u32,
    /// From the module's name section or exports.
    pub function_name: Option<String>,
    /// Offset in the wasm file of the instruction (or call), if the artifact has an address map.
    pub wasm_offset: Option<u32>,
    /// The same from where the function's body begins, its local declarations.
    pub function_offset: Option<u32>,
    /// The instance, if the store has no other of this module.
    pub instance: Option<Instance>,
    /// Frames that were left out just inside of this one: of a deep stack, only both ends are kept.
    pub omitted: usize,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module = if self.module.is_empty() { "<main>" } else { &self.module };
        let module = module.escape_debug();
        match &self.function_name {
            // Names are the guest's: nothing in them should reach a terminal as it is.
            Some(name) => write!(f, "{module}!{}", name.escape_debug())?,
            None => write!(f, "{module}!<function {}>", self.function_index)?,
        }
        match self.wasm_offset {
            Some(offset) => write!(f, " @ {offset:#x}"),
            None => Ok(()),
        }
    }
}

/// A trap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trap {
    code: TrapCode,
    /// What trapped, where it was no function.
    place: Option<Box<str>>,
    frames: Vec<Frame>,
}

impl Trap {
    /// A trap that a host function raises: the wasm frames are added when it reaches them.
    pub fn new(code: TrapCode) -> Trap {
        Trap { code, place: None, frames: Vec::new() }
    }

    /// A trap of something that is done at instantiation.
    pub(crate) fn at(code: TrapCode, place: String) -> Trap {
        Trap { code, place: Some(place.into()), frames: Vec::new() }
    }

    pub(crate) fn with_frames(code: TrapCode, frames: Vec<Frame>) -> Trap {
        Trap { code, place: None, frames }
    }

    /// Why.
    pub fn code(&self) -> TrapCode {
        self.code
    }

    /// The wasm functions on the stack, innermost first; of deep stacks, both ends.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    pub(crate) fn set_frames(&mut self, frames: Vec<Frame>) {
        if self.frames.is_empty() {
            self.frames = frames;
        }
    }
}

/// Writes a back trace, one line a frame; a frame that repeats itself gets one line, and so do frames
/// that were left out.
pub(crate) fn write_frames(f: &mut fmt::Formatter<'_>, frames: &[Frame]) -> fmt::Result {
    let mut depth = 0;
    for same in frames.chunk_by(|a, b| a == b) {
        let Some(frame) = same.first() else { continue };
        if frame.omitted > 0 {
            write!(f, "\n  ... {} frames left out", frame.omitted)?;
            depth += frame.omitted;
        }
        write!(f, "\n  #{depth} {frame}")?;
        if same.len() > 1 {
            write!(f, " ({} times)", same.len())?;
        }
        depth += same.len();
    }
    Ok(())
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.message())?;
        if let Some(place) = &self.place {
            write!(f, " in {}", place.escape_debug())?;
        }
        if f.alternate() { write_frames(f, &self.frames) } else { Ok(()) }
    }
}

impl std::error::Error for Trap {}
