//! Locals: one frontend variable each, which the SSA builder turns into values and block parameters; or, where those would
//! be too many ([`super::survey`]), places in the frame.

use cranelift_codegen::ir::{StackSlot, Type};
use cranelift_frontend::Variable;

/// Where a local is.
#[derive(Clone, Copy)]
pub enum Local {
    /// In whatever value it was last given.
    Variable(Variable),
    /// In the frame.
    Frame {
        /// The slot that all such locals share.
        slot: StackSlot,
        /// Bytes from its start.
        offset: i32,
        /// CLIF type.
        ty: Type,
    },
}

/// The locals, parameters first.
#[derive(Default)]
pub struct Locals {
    locals: Vec<Local>,
}

impl Locals {
    /// Removes everything; for the next function.
    pub fn clear(&mut self) {
        self.locals.clear();
    }

    /// Adds the next local.
    pub fn push(&mut self, local: Local) {
        self.locals.push(local);
    }

    /// How many there are so far.
    pub fn len(&self) -> usize {
        self.locals.len()
    }

    /// Where a local is.
    pub fn at(&self, index: u32) -> Local {
        match self.locals.get(index as usize) {
            Some(&local) => local,
            None => unreachable!("validation admits no local past the last"),
        }
    }
}
