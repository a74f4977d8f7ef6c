//! Locals: one frontend variable each, which the SSA builder turns into values and block parameters.

use cranelift_frontend::Variable;

/// Variables of the locals, parameters first.
#[derive(Default)]
pub struct Locals {
    variables: Vec<Variable>,
}

impl Locals {
    /// Removes everything; for the next function.
    pub fn clear(&mut self) {
        self.variables.clear();
    }

    /// Adds the next local.
    pub fn push(&mut self, variable: Variable) {
        self.variables.push(variable);
    }

    /// The variable of a local.
    pub fn at(&self, index: u32) -> Variable {
        match self.variables.get(index as usize) {
            Some(&variable) => variable,
            None => unreachable!("validation admits no local past the last"),
        }
    }
}
