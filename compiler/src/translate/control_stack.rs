//! The control stack: one frame per structured instruction, and where its label goes.

use cranelift_codegen::ir::{Block, Value};

use super::exception_legacy::Try;
use super::signature::ValueKind;

/// What opened a frame, and what only that kind needs.
pub enum FrameKind {
    /// The function body; its label returns.
    Function,
    /// `block`, or the `else` part of an `if`: the label is the end.
    Block,
    /// `loop`: the label is the start.
    Loop,
    /// `try_table`: the label is the end.
    TryTable {
        /// Depths of its clauses' labels, counted from outside it.
        labels: Vec<u32>,
    },
    /// `try`, its body or one of its clauses: the label is the end.
    Try(Try),
    /// The `then` part of an `if`.
    If {
        /// Where the false condition goes: `else`, or the end where there is none.
        else_block: Block,
        /// Parameters, for the `else` part to start with.
        params: Vec<Value>,
    },
    /// Anything opened in unreachable code: only counted, so that `end` finds its match.
    Skipped,
}

/// How something is reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// Not so far.
    Never,
    /// By edges that are seldom taken only.
    Cold,
    /// By others, too.
    Warm,
}

impl Reached {
    /// Adds an edge.
    pub fn by(&mut self, cold: bool) {
        *self = (*self).max(if cold { Reached::Cold } else { Reached::Warm });
    }
}

/// One frame.
pub struct Frame {
    /// What opened it.
    pub kind: FrameKind,
    /// CLIF block of its label: the end, or the start of a loop. Meaningless when skipped.
    pub label: Block,
    /// Number of values a branch to the label takes.
    pub label_arity: usize,
    /// Number of operands below its parameters.
    pub height: usize,
    /// Number of results it leaves.
    pub results: usize,
    /// Whether a branch goes to the end.
    pub end_reached: Reached,
    /// Whether what stands aside of its first part is cold: `else`, or landing pads.
    pub aside_cold: bool,
    /// Place in the handler stack where it was opened.
    pub outer_handlers: usize,
}

/// Kinds of a structured instruction's parameters and results.
pub struct BlockTypes {
    /// Parameters.
    pub params: Vec<ValueKind>,
    /// Results.
    pub results: Vec<ValueKind>,
}

/// Frames, the innermost last.
#[derive(Default)]
pub struct ControlStack {
    frames: Vec<Frame>,
}

impl ControlStack {
    /// Removes everything; for the next function.
    pub fn clear(&mut self) {
        self.frames.clear();
    }

    /// Number of open frames.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Opens a frame.
    pub fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
    }

    /// Closes the innermost frame.
    pub fn pop(&mut self) -> Frame {
        match self.frames.pop() {
            Some(frame) => frame,
            None => unreachable!("validation matches every end with a frame"),
        }
    }

    /// The frame a branch of this depth goes to; 0 is the innermost.
    pub fn at(&mut self, depth: u32) -> &mut Frame {
        let position = self.frames.len().checked_sub(depth as usize + 1);
        match position.and_then(|position| self.frames.get_mut(position)) {
            Some(frame) => frame,
            None => unreachable!("validation admits no branch past the function"),
        }
    }
}
